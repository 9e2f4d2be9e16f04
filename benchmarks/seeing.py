"""What the desk answers to an entry, beside three fits that have read it.

python -m benchmarks.seeing            twenty minutes on two cores

The shipped case is installed and fitted as of a day, by three seeds. Each entry is made in a copy of each database, and
the desk's answers are held against fits by the same seeds whose likelihood holds the same unattested days: the mean of
three answers against that of three fits, since one answer begins at the number of one run, which has an error.
"""

import argparse
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from db.engine import Database, open_database
from db.migrate import create_database
from db.when import When
from forecast.desk.actions import Desk, Receipt, add_event, attest, log
from forecast.engine.assemble import Rows, reach_of_looking, read_problem
from forecast.engine.fit import Fit, fit_leaning, fit_problem, means_with_errors
from forecast.engine.looking import find_looked, reporting_of
from forecast.engine.update import update
from indicators.folder import read_case_folder
from indicators.install import install_case
from indicators.shipped import shipped_case
from models.laplace import build_density
from models.settings import SamplerSettings
from models.spec import TARGETS, Floats, Problem
from models.structure import SHIPPED

TODAY = date(2026, 11, 29)
DAYS = 365
SEEDS = (1, 2, 3)


def _talks(desk: Desk, framing: str) -> Receipt:
    return add_event(desk, "talks", on=date(2026, 11, 10), source="Press", framing=framing, note="on the freeze")


def _deal(desk: Desk) -> Receipt:
    return add_event(desk, "deal", on=date(2026, 11, 12), source="Press", framing="arms_control")


def _talks_and_deal(desk: Desk) -> Receipt:
    _talks(desk, "arms_control")
    return _deal(desk)


ENTRIES: Mapping[str, Callable[[Desk], Receipt]] = {
    "a strong observation": lambda desk: log(desk, "us_posture", -2, on=date(2026, 11, 28), source="AP", grade="A1"),
    "a late observation": lambda desk: log(desk, "us_posture", -2, on=date(2026, 9, 1), source="AP", grade="B2"),
    "a contact": lambda desk: add_event(desk, "contact", on=date(2026, 11, 10), source="Press"),
    "a crisis": lambda desk: add_event(desk, "crisis", on=date(2026, 11, 10), source="Press"),
    "talks on arms control": lambda desk: _talks(desk, "arms_control"),
    "talks on denuclearisation": lambda desk: _talks(desk, "denuclearisation"),
    "a deal, of talks that the run had read": _deal,
    "talks on arms control and a deal": _talks_and_deal,
    "an attestation": lambda desk: attest(desk, date(2026, 11, 25)),
    "two contacts in a month": lambda desk: [
        add_event(desk, "contact", on=date(2026, 11, day), source=f"Press {day}") for day in (3, 17)
    ][-1],
}

BEFORE: Mapping[str, Callable[[Desk], Receipt]] = {
    "a deal, of talks that the run had read": lambda desk: _talks(desk, "arms_control"),
}
"""What is entered, and read by a run, before the entry itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Where an entry begins: the run on file, and how far somebody had looked."""

    run: Fit
    reach: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One entry by one seed: probabilities at a year, (target,), as run, desk and fit say; the desk's remark."""

    before: Floats
    seen: Floats
    fitted: Floats
    attested: Floats | None
    remark: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", nargs="+", default=list(ENTRIES), choices=list(ENTRIES))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        begun = {}
        for seed in SEEDS:
            with _opened(Path(place) / str(seed), new=True) as database:
                install_case(database, read_case_folder(shipped_case()), datetime.now(UTC))
                begun[seed] = _run(database, seed)
        for number, name in enumerate(options.entries):
            rows = []
            for seed in SEEDS:
                copy = Path(shutil.copytree(Path(place) / str(seed), Path(place) / f"{seed} {number}"))
                with _opened(copy) as database:
                    rows.append(_measure(name, database, begun[seed], seed))
            _print(name, rows)


@contextmanager
def _opened(folder: Path, *, new: bool = False) -> Iterator[Database]:
    url = f"sqlite:///{folder / 'parley.db'}"
    folder.mkdir(exist_ok=True)
    with create_database(url) if new else open_database(url) as database:
        yield database


def _run(database: Database, seed: int) -> Begun:
    """Publish a run of what is on file, and make its fit again."""
    update(database, When(as_of=TODAY), seed=seed)
    rows, problem = _read(database)
    run = fit_problem(problem, rows.case.headline, SamplerSettings(), seed, _silent)
    return Begun(run=run, reach=reach_of_looking(rows))


def _silent(stage: str, done: int, total: int, said: str) -> None:
    """No progress."""


def _measure(name: str, database: Database, begun: Begun, seed: int) -> Row:
    desk = Desk(database, "kim", day=lambda: TODAY)
    if name in BEFORE:
        BEFORE[name](desk)
        begun = _run(database, seed)
    receipt = ENTRIES[name](desk)
    rows, problem = _read(database)
    assert receipt.forecast is not None, receipt.remark
    held = _held(rows, problem, begun)
    base = replace(begun.run, problem=held, density=build_density(held, SHIPPED))
    attested = None
    if name == "an attestation":
        attested = _at_a_year(fit_problem(problem, rows.case.headline, SamplerSettings(), seed, _silent))
    return Row(
        before=_at_a_year(begun.run),
        seen=np.array([_shown(receipt, target) for target in TARGETS]),
        fitted=_at_a_year(fit_leaning(held, base, rows.case.headline, SamplerSettings(), seed, _silent)),
        attested=attested,
        remark=receipt.remark,
    )


def _read(database: Database) -> tuple[Rows, Problem]:
    with database.read() as connection:
        rows, _, problem = read_problem(connection, When(as_of=TODAY))
    return rows, problem


def _held(rows: Rows, problem: Problem, begun: Begun) -> Problem:
    """From where the record of the run's fit ends, and looked at no further than it was then."""
    read = begun.run.problem.record
    record = replace(
        problem.record,
        talks_span=read.talks_span,
        contact_span=read.contact_span,
        crisis_span=read.crisis_span,
        deal_span=read.deal_span,
    )
    looked = find_looked(
        as_of=problem.as_of,
        reporting=reporting_of(rows.case.priors),
        attested=problem.record,
        fitted=record,
        reach=begun.reach,
    )
    return replace(problem, record=record, looked=looked)


def _at_a_year(fit: Fit) -> Floats:
    means, _ = means_with_errors(fit)
    return means[:, [horizon.days for horizon in fit.problem.horizons].index(DAYS)]


def _shown(receipt: Receipt, target: str) -> float:
    assert receipt.forecast is not None
    (found,) = (each.new for each in receipt.forecast.by_target[target] if each.horizon_days == DAYS)
    return found


def _print(name: str, rows: list[Row]) -> None:
    """In points; ± one standard error of the mean of the paired differences."""
    remarks = sorted({row.remark for row in rows if row.remark})
    print("\n" + "\n".join([name, *remarks]))
    print("| | before | seen | fits | seen − fits |")
    print("|---|---|---|---|---|")
    before, seen, fitted = (
        100 * np.array([getattr(row, what) for row in rows]) for what in ("before", "seen", "fitted")
    )
    away = seen - fitted
    error = away.std(axis=0, ddof=1) / np.sqrt(len(rows))
    for t, target in enumerate(TARGETS):
        means = " | ".join(f"{each[:, t].mean():.2f}" for each in (before, seen, fitted))
        print(f"| {target} | {means} | {away[:, t].mean():+.2f} ± {error[t]:.2f} |", flush=True)
    attested = [row.attested for row in rows if row.attested is not None]
    if attested:
        print(
            "attested and fitted: " + ", ".join(f"{100 * value:.2f}" for value in np.mean(attested, axis=0)), flush=True
        )


if __name__ == "__main__":
    main()
