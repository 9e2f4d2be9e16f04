"""Worlds in which codings go wrong: what the rules of disagreement are worth.

python -m benchmarks.worlds.miscoded --seeds 1 2 3 4 --origins 45            ten minutes on two cores

Every coding is, with a probability, of a level drawn at random. Half of the reports have two: by a second coder of one
origin, or by a second origin some days later. Rules are compared on the same rows: the grade alone; what is built,
where coders of one origin who disagree make a level less sure; and, beside it, rows of one indicator observed within
three days by different origins combined once before the filter, with their precisions, and with a variance that grows
by what they contradict each other (Birge's ratio). Its placebo combines them without that.

The last rule would take the place of what is built if, with second origins and on the fresh seeds 5 to 16, its expected
log score at 180 days were better by more than two paired standard errors, and its placebo's were not.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.worlds.case import write_world
from benchmarks.worlds.evidence import SDS, Report
from benchmarks.worlds.hidden import HORIZONS, LIMITS, Floats
from benchmarks.worlds.scoring import (
    Difference,
    World,
    chosen_origins,
    difference,
    expected_log_score,
    forecast_worlds,
    forecasts_of,
    world_problems,
)
from db.migrate import create_database
from db.when import When
from forecast.engine.assemble import assemble, read_rows
from forecast.evaluation.forecasters import LaplaceModel
from indicators import evidence
from indicators.folder import read_case_folder
from indicators.install import install_case
from models.spec import FOREVER, Horizon, Observations, Problem
from models.structure import SHIPPED

CODED_SEED = 17
MISCODED, TWICE = 0.15, 0.5
"""Probability that a coding is of any level, and that a report has a second one."""
NEAR_DAYS = 3
GRADE, BUILT, COMBINED, PLACEBO = "grade alone", "as built", "near origins combined", "combined as if they agreed"
type Second = Callable[[Report, np.random.Generator], Report]


def another_coder(report: Report, rng: np.random.Generator) -> Report:
    """The same report, as somebody else reads it."""
    return replace(report, source=f"{report.source}, again", origin=report.origin or report.source)


def another_origin(report: Report, rng: np.random.Generator) -> Report:
    """The same thing from a source of its own, with an error of its own, within three days."""
    days = int(rng.integers(0, NEAR_DAYS + 1))
    return replace(
        report,
        observed=report.observed + days,
        known=report.known + days,
        level=int(np.clip(np.rint(report.level + SDS[report.grade] * rng.standard_normal()), -2, 2)),
        source=f"Another on {report.source}",
        origin="",
    )


SECONDS: Mapping[str, Second] = {"coder": another_coder, "origin": another_origin}


def coded_twice(reports: Sequence[Report], second: Second, seed: int) -> list[Report]:
    """The reports with second codings, some of all of them wrong; in order of the day observed."""
    rng = np.random.default_rng([CODED_SEED, seed])
    out: list[Report] = []
    for report in reports:
        codings = [report]
        if rng.random() < TWICE:
            other = second(report, rng)
            codings = [replace(report, origin=other.origin or report.origin), other]
        out += [replace(one, level=int(rng.integers(-2, 3))) if rng.random() < MISCODED else one for one in codings]
    last = max(report.known for report in reports)
    return sorted((one for one in out if one.known <= last), key=lambda one: (one.observed, one.indicator, one.source))


def miscoded_problems(seed: int, origins: int, second: Second) -> dict[str, tuple[Problem, ...]]:
    """The world's problems at its last origins, by rule."""
    horizons = tuple(Horizon(days) for days in HORIZONS)
    found: dict[str, list[Problem]] = {GRADE: [], BUILT: [], COMBINED: [], PLACEBO: []}
    with (
        tempfile.TemporaryDirectory() as folder,
        create_database(f"sqlite:///{Path(folder) / 'parley.db'}") as database,
    ):
        truth = write_world(Path(folder) / "world", seed, tell=lambda told: coded_twice(told, second, seed))
        install_case(database, read_case_folder(Path(folder) / "world"), datetime.now(UTC))
        with database.read() as connection:
            for i in chosen_origins(truth, origins):
                rows = read_rows(connection, When(as_of=truth.origins[i]))
                told = (rows.observations, rows.catalogue, rows.grades)
                built = replace(assemble(rows, evidence.form_evidence(*told)), horizons=horizons)
                with _graded_alone():
                    alone = assemble(rows, evidence.form_evidence(*told)).observations
                found[BUILT].append(built)
                found[GRADE].append(replace(built, observations=alone))
                for name, most in ((COMBINED, np.inf), (PLACEBO, 1.0)):
                    found[name].append(replace(built, observations=combine_near(built.observations, most)))
    return {name: tuple(problems) for name, problems in found.items()}


@contextmanager
def _graded_alone() -> Iterator[None]:
    """Disagreement adds nothing to a variance meanwhile."""
    kept, evidence.DISPUTED_VARIANCE = evidence.DISPUTED_VARIANCE, 0.0
    try:
        yield
    finally:
        evidence.DISPUTED_VARIANCE = kept


def combine_near(rows: Observations, most: float) -> Observations:
    """Rows of one indicator observed within three days of the first of them, as one that grows as they come in.

    With precisions w, the mean of the levels, and variance max(1, R²) / Σw, R² = Σ w (y - mean)² / (n - 1), R² at most
    ``most``.
    """
    combined = [row for near in _near(rows) for row in _growing(rows, near, most)]
    columns = [np.array(column) for column in zip(*combined, strict=True)]
    return Observations(**dict(zip(Observations.__slots__, columns, strict=True)))


def _near(rows: Observations) -> Iterator[list[int]]:
    """Groups of rows, each in the order in which they count."""
    order = np.lexsort((rows.since, rows.observed, rows.indicator))
    group: list[int] = []
    for i in map(int, order):
        far = group and (
            rows.indicator[i] != rows.indicator[group[0]] or rows.observed[i] > rows.observed[group[0]] + NEAR_DAYS
        )
        if far:
            yield sorted(group, key=lambda j: (rows.since[j], j))
            group = []
        group.append(i)
    if group:
        yield sorted(group, key=lambda j: (rows.since[j], j))


def _growing(rows: Observations, near: list[int], most: float) -> Iterator[tuple[float, ...]]:
    """From each day on which one begins or ends to count, what is then known together."""
    days = sorted({int(day) for i in near for day in (rows.since[i], rows.until[i]) if day < FOREVER})
    for since, until in zip(days, [*days[1:], FOREVER], strict=True):
        there = np.array([i for i in near if rows.since[i] <= since < rows.until[i]], dtype=np.int64)
        if not len(there):
            continue
        weight, level = 1 / rows.variance[there], rows.level[there]
        mean = float(weight @ level / weight.sum())
        spread = float(weight @ (level - mean) ** 2) / max(len(there) - 1, 1)
        yield (
            rows.indicator[near[0]],
            rows.observed[there].max(),
            rows.entered[there].max(),
            since,
            until,
            mean,
            max(1.0, min(spread, most)) / float(weight.sum()),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4])
    parser.add_argument("--origins", type=int, default=45)
    parser.add_argument("--second", nargs="+", default=list(SECONDS), choices=list(SECONDS), help="who codes again")
    options = parser.parse_args()
    worlds = world_problems(options.seeds, options.origins)
    for title in options.second:
        by_seed = [miscoded_problems(seed, options.origins, SECONDS[title]) for seed in options.seeds]
        said = {
            name: forecasts_of(LIMITS, forecast_worlds(_with(worlds, by_seed, name), {"Parley": LaplaceModel(SHIPPED)}))
            for name in (GRADE, BUILT, COMBINED, PLACEBO)
        }
        for horizon in (180, 365):
            _print(f"A second {title}: talks on limits within {horizon} days", worlds, said, horizon)


def _with(worlds: Sequence[World], by_seed: list[dict[str, tuple[Problem, ...]]], name: str) -> tuple[World, ...]:
    return tuple(replace(world, problems=mine[name]) for world, mine in zip(worlds, by_seed, strict=True))


def _print(title: str, worlds: Sequence[World], said: dict[str, dict[str, Floats]], horizon: int) -> None:
    h = HORIZONS.index(horizon)
    true = np.array([world.true[:, h] for world in worlds])
    every = np.ones_like(true, dtype=bool)
    forecast = {name: each["Parley"][..., h] for name, each in said.items()}
    away = {name: np.abs(each - true) for name, each in forecast.items()}
    log = {name: expected_log_score(each, true) for name, each in forecast.items()}
    print(f"\n{title}, {true.size} origins\n")
    print(f"| | distance | less {BUILT} | expected log score | less {BUILT} |")
    print("|---|---|---|---|---|")
    for name in said:
        nearer, better = (difference(each[name] - each[BUILT], every) for each in (away, log))
        print(f"| {name} | {away[name].mean():.4f} | {_text(nearer)} | {log[name].mean():.4f} | {_text(better)} |")


def _text(found: Difference) -> str:
    return f"{found.mean:+.4f} ± {found.error:.4f} ({found.low:+.4f} to {found.high:+.4f})"


if __name__ == "__main__":
    main()
