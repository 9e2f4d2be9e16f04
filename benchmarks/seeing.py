"""What the desk answers to an entry, beside three fits that have read it.

python -m benchmarks.seeing            fifteen minutes on two cores

The shipped case is installed and fitted as of a day. Each entry is made in a copy of that database, and the desk's
answer held against the mean of three fits, by three seeds, whose likelihood holds the same unattested days. An answer
begins at the number of the run on file, which has an error of its own: so the changes are compared too, of the answer
from that run and of the fits from three without the entry.
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
from forecast.identity import seed_of
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
    """Where an entry begins: the run on file, and three others of the same rows."""

    run: Fit
    reach: date | None
    fitted: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One entry: probabilities at a year, (target,), as the desk and as the mean of the fits say; its remark."""

    name: str
    before: Floats  # the run on file
    seen: Floats
    fitted: Floats  # three fits without the entry
    refitted: Floats  # and with it
    refit_error: Floats
    attested: Floats | None
    remark: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", nargs="+", default=list(ENTRIES), choices=list(ENTRIES))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        base = Path(place) / "base"
        with _opened(base, new=True) as database:
            install_case(database, read_case_folder(shipped_case()), datetime.now(UTC))
            begun = _run(database)
        for name in options.entries:
            copy = Path(shutil.copytree(base, Path(place) / f"entry {len(name)} {hash(name)}"))
            with _opened(copy) as database:
                _print(_measure(name, database, begun))


@contextmanager
def _opened(folder: Path, *, new: bool = False) -> Iterator[Database]:
    url = f"sqlite:///{folder / 'parley.db'}"
    folder.mkdir(exist_ok=True)
    with create_database(url) if new else open_database(url) as database:
        yield database


def _run(database: Database) -> Begun:
    """Publish a run of what is on file, and fit the same by other seeds."""
    update(database, When(as_of=TODAY))
    rows, problem = _read(database)
    run, *others = (
        fit_problem(problem, rows.case.headline, SamplerSettings(), seed, _silent)
        for seed in (seed_of(rows.case.case_id), *SEEDS)
    )
    fitted = np.mean([_at_a_year(fit) for fit in others], axis=0)
    return Begun(run=run, reach=reach_of_looking(rows), fitted=fitted)


def _silent(stage: str, done: int, total: int, said: str) -> None:
    """No progress."""


def _measure(name: str, database: Database, begun: Begun) -> Row:
    desk = Desk(database, "kim", day=lambda: TODAY)
    if name in BEFORE:
        BEFORE[name](desk)
        begun = _run(database)
    receipt = ENTRIES[name](desk)
    rows, problem = _read(database)
    assert receipt.forecast is not None, receipt.remark
    held = _held(rows, problem, begun)
    base = replace(begun.run, problem=held, density=build_density(held, SHIPPED))
    fits = [fit_leaning(held, base, rows.case.headline, SamplerSettings(), seed, _silent) for seed in SEEDS]
    attested = None
    if name == "an attestation":
        attested = _at_a_year(fit_problem(problem, rows.case.headline, SamplerSettings(), 1, _silent))
    means = np.array([_at_a_year(fit) for fit in fits])
    return Row(
        name=name,
        before=_at_a_year(begun.run),
        seen=np.array([_shown(receipt, target) for target in TARGETS]),
        fitted=begun.fitted,
        refitted=means.mean(axis=0),
        refit_error=means.std(axis=0, ddof=1) / np.sqrt(len(SEEDS)),
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


def _print(row: Row) -> None:
    print(f"\n{row.name}{f': {row.remark}' if row.remark else ''}")
    print("| | before | seen | three fits | seen − fits, points | change seen − change of the fits |")
    print("|---|---|---|---|---|---|")
    away, moved = row.seen - row.refitted, (row.seen - row.before) - (row.refitted - row.fitted)
    for t, target in enumerate(TARGETS):
        numbers = f"{100 * row.before[t]:.2f} | {100 * row.seen[t]:.2f}"
        fits = f"{100 * row.refitted[t]:.2f} ± {100 * row.refit_error[t]:.2f}"
        print(f"| {target} | {numbers} | {fits} | {100 * away[t]:+.2f} | {100 * moved[t]:+.2f} |", flush=True)
    if row.attested is not None:
        print("attested and fitted: " + ", ".join(f"{100 * value:.2f}" for value in row.attested), flush=True)


if __name__ == "__main__":
    main()
