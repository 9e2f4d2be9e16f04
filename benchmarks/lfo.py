"""Leave-future-out by importance sampling against exact refits: how far apart they lie, and what each costs.

    python -m benchmarks.lfo --from 2003-01-01 2018-01-01 2025-01-01 --origins 12

Every start begins a stretch of consecutive origins of the shipped case. Two exact fits from different seeds are the
yardstick: what lies within their distance is Monte-Carlo error. Markdown.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from db.migrate import create_database
from db.when import When
from forecast.engine.assemble import read_rows
from forecast.evaluation.lfo import SETTINGS, TOLERANCE, ExactModel, LeaveFutureOut
from forecast.evaluation.origins import monthly_origins, outcome_at, problems_at
from indicators.folder import read_case_folder
from indicators.install import install_case
from indicators.shipped import shipped_case
from models.importance import EFFECTIVE_SHARE, pareto_bound
from models.scores import log_score
from models.spec import Floats, Forecast, Horizon, Problem
from models.structure import SHIPPED

HORIZONS = (Horizon(30), Horizon(90), Horizon(180), Horizon(365))
TODAY = date(2026, 10, 10)
SEED, OTHER_SEED = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Consecutive origins, forecast three times. Arrays (origin, target, horizon)."""

    origins: tuple[date, ...]
    outcome: Floats
    reweighted: Floats
    exact: Floats
    other: Floats  # exact, from the other seed
    k: Floats  # (origin,); nan where fitted
    seconds: tuple[float, float]  # per origin, leave-future-out and exact

    def apart(self, one: Floats) -> Floats:
        """|difference| from the exact forecast at origins that were reweighted, (origin, target, horizon)."""
        return np.asarray(np.abs(one - self.exact)[~np.isnan(self.k)])


def main() -> None:
    options = _options()
    stretches = [
        _compare(problems, truth) for problems, truth in _stretches(options.first, options.origins, options.step)
    ]
    _print_summary(stretches)
    for stretch in stretches:
        _print_origins(stretch)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="first", nargs="+", type=date.fromisoformat, default=[date(2018, 1, 1)])
    parser.add_argument("--origins", type=int, default=12, help="of each stretch")
    parser.add_argument("--step", type=int, default=1, help="months between origins")
    return parser.parse_args()


def _stretches(firsts: Sequence[date], number: int, step: int) -> list[tuple[list[Problem], Problem]]:
    """The strict problems of every stretch, and the latest one, which resolves them."""
    with TemporaryDirectory() as folder, create_database(f"sqlite:///{Path(folder) / 'parley.db'}") as database:
        install_case(database, read_case_folder(shipped_case()), datetime.now(UTC))
        with database.read() as connection:
            today = read_rows(connection, When(as_of=TODAY))
            (truth,) = problems_at(connection, (TODAY,), HORIZONS, "strict", today)
            found = []
            for first in firsts:
                origins = monthly_origins(first, TODAY, step)[:number]
                found.append((list(problems_at(connection, origins, HORIZONS, "strict", today)), truth))
    return found


def _compare(problems: Sequence[Problem], truth: Problem) -> Stretch:
    reweighted, seconds = _timed(lambda: list(LeaveFutureOut(SHIPPED, SEED).series(problems)))
    exact, exact_seconds = _timed(lambda: [ExactModel(SHIPPED, SEED)(problem) for problem in problems])
    other = [ExactModel(SHIPPED, OTHER_SEED)(problem) for problem in problems]
    return Stretch(
        origins=tuple(date.fromordinal(problem.as_of) for problem in problems),
        outcome=np.array([outcome_at(problem.as_of, truth, HORIZONS) for problem in problems]),
        reweighted=np.stack([forecast.targets for forecast in reweighted]),
        exact=np.stack([forecast.targets for forecast in exact]),
        other=np.stack([forecast.targets for forecast in other]),
        k=np.array([forecast.pareto_k for forecast in reweighted]),
        seconds=(seconds / len(problems), exact_seconds / len(problems)),
    )


def _timed(work: Callable[[], list[Forecast]]) -> tuple[list[Forecast], float]:
    begun = time.perf_counter()
    return work(), time.perf_counter() - begun


def _log(stretch: Stretch, forecast: Floats) -> float:
    resolved = ~np.isnan(stretch.outcome)
    return float(log_score(forecast[resolved], stretch.outcome[resolved]).mean())


def _print_summary(stretches: Sequence[Stretch]) -> None:
    bound, share = pareto_bound(SETTINGS.chains * SETTINGS.draws), f"{EFFECTIVE_SHARE:.0%}"
    print(f"Stated tolerance {TOLERANCE}. Fitted anew where k passes {bound:.2f} or fewer than {share} count.\n")
    print("| origins | fits | largest k | abs. difference, mean / 99 % / max | of two exact fits | ", end="")
    print("log score, reweighted / exact / other seed | seconds an origin, reweighted / exact |")
    print("|---|---|---|---|---|---|---|")
    for one in stretches:
        logs = " / ".join(f"{_log(one, found):.4f}" for found in (one.reweighted, one.exact, one.other))
        print(
            f"| {one.origins[0]} … {one.origins[-1]} ({len(one.origins)}) | {int(np.isnan(one.k).sum())} "
            f"| {np.nanmax(one.k):.2f} | {_spread(one.apart(one.reweighted))} | {_spread(one.apart(one.other))} "
            f"| {logs} | {one.seconds[0]:.1f} / {one.seconds[1]:.1f} |"
        )


def _spread(apart: Floats) -> str:
    return f"{apart.mean():.4f} / {np.quantile(apart, 0.99):.4f} / {apart.max():.4f}" if apart.size else "none"


def _print_origins(stretch: Stretch) -> None:
    print(f"\n| origin, from {stretch.origins[0]} | k | largest difference | of two exact fits |")
    print("|---|---|---|---|")
    for i, origin in enumerate(stretch.origins):
        k = "fitted" if np.isnan(stretch.k[i]) else f"{stretch.k[i]:.2f}"
        apart = (np.abs(found - stretch.exact)[i].max() for found in (stretch.reweighted, stretch.other))
        print(f"| {origin} | {k} | {' | '.join(f'{value:.4f}' for value in apart)} |")


if __name__ == "__main__":
    main()
