"""What changed since an earlier run: the headline, what was entered in between, and the levels that moved."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from math import hypot

from sqlalchemy import Connection

from db.kinds import FULL_KINDS, PROVISIONAL, PUBLISHED
from db.read import read_completeness, read_versions
from db.read_reports import had_come, last_run_before, read_reports
from db.read_runs import last_published, read_run, read_runs, read_states, read_targets
from db.report_numbers import number_of
from db.rows import EventRow, ObservationRow
from db.run_rows import IndicatorStateRow, ReportRow, RunRow, TargetForecastRow
from db.when import When
from forecast.errors import NoForecast
from forecast.facts.changes import (
    ASKED,
    FIRST,
    LEAST_MOVE,
    OLDER,
    OLDER_DAYS,
    REPORT,
    Changes,
    Entries,
    Move,
    Now,
    Since,
    Step,
)
from forecast.record.model_change import change_between
from forecast.run_facts import read_when

MOVERS = 4
_TAKEN_IN = ("observations", "events", "completeness")
"""Tables whose rows a forecast takes in without a fit."""


def choose_since(connection: Connection, run: RunRow, asked: date | int | None, shown: int | None = None) -> Since:
    """The earlier run to compare with: asked for by date or number, else that of the last brief, else an older one.

    `shown` is the run whose numbers are shown, where that is not `run`: the last brief may then be of the same run.

    Raises
    ------
    NoForecast
        if what was asked for is no published full run before this one
    db.errors.StoreError
        if there is no run of that number
    """
    if asked is not None:
        found = _asked(connection, run, asked)
        return Since(ASKED, found, None, found)
    for report in read_reports(connection, run.case_id):
        of = read_run(connection, report.run_id)
        told = _told(connection, report, of)
        if _order(of) <= _order(run) and told.id != (shown or run.id):
            return Since(REPORT, of, number_of(connection, report), told)
    older = last_published(connection, run.case_id, run.as_of - timedelta(days=OLDER_DAYS), kinds=FULL_KINDS)
    return Since(OLDER if older else FIRST, older, None, older)


def _told(connection: Connection, report: ReportRow, run: RunRow) -> RunRow:
    """The run whose numbers a brief told: the newest there was, by the order of rows, that stood on its run; the run
    itself where more had come on file by then."""
    last = last_run_before(connection, report)
    found = read_runs(connection, run.case_id, kinds=(PROVISIONAL,), statuses=(PUBLISHED,))
    on_it = [one for one in found if run.id < one.id <= last and one.posterior_hash == run.posterior_hash]
    newest = max(on_it, key=lambda one: one.id, default=run)
    read = {name: at for name, at in (newest.positions or {}).items() if name in _TAKEN_IN}
    return run if newest is not run and had_come(connection, report, read) else newest


def _asked(connection: Connection, run: RunRow, asked: date | int) -> RunRow:
    if isinstance(asked, int):
        return _earlier(run, check_full(read_run(connection, asked), run.case_id))
    if asked >= run.as_of:
        raise NoForecast(f"{asked} is not before run {run.id}, as of {run.as_of}; name an earlier date")
    found = last_published(connection, run.case_id, asked, kinds=FULL_KINDS)
    if found is None:
        raise NoForecast(f"nothing was published as of {asked} or before; `parley runs` lists what there is")
    return found


def _earlier(run: RunRow, found: RunRow) -> RunRow:
    if _order(found) >= _order(run):
        raise NoForecast(
            f"run {found.id}, as of {found.as_of}, is not before run {run.id}, as of {run.as_of}; name an earlier one"
        )
    return found


def check_full(run: RunRow, case_id: str) -> RunRow:
    """The same, if it is a published full run of the case: a brief is of no other."""
    if run.case_id != case_id:
        raise NoForecast(f"run {run.id} is of case {run.case_id}, not {case_id}; `parley runs` lists those of the case")
    if run.kind not in FULL_KINDS:
        raise NoForecast(f"run {run.id} is {run.kind}; name a full run, `parley runs` lists them")
    if run.status != "published":
        raise NoForecast(
            f"run {run.id} was not published ({run.status or 'started'}); name one that was: `parley runs`"
        )
    return run


def read_changes(connection: Connection, run: RunRow, since: Since, now: Now, names: dict[str, str]) -> Changes:
    """What differs between two runs; observations and events are counted as each run could read them.

    Parameters
    ----------
    now : what is shown, with what came after the run
    names : of the indicators, by id
    """
    before, told = since.run, since.told
    if before is None or told is None:
        return Changes(since=since)
    fits = _between(connection, before, run)
    then = read_when(told)
    attested = _attestations(connection, run.case_id, then)
    return Changes(
        since=since,
        steps=_steps(connection, told, now.headline),
        observations=_entries(connection, ObservationRow, run.case_id, then, now.when),
        events=_entries(connection, EventRow, run.case_id, then, now.when),
        attestations=len(_attestations(connection, run.case_id, now.when) - attested),
        fits_published=sum(fit.status == "published" for fit in fits),
        fits_rejected=sum(fit.status == "rejected" for fit in fits),
        case_changed=before.case_hash != run.case_hash,
        code_changed=before.code_version != run.code_version,
        moves=_moves(connection, told, now.states, names),
        model=change_between(connection, before, run),
    )


def _steps(connection: Connection, before: RunRow, now: Sequence[TargetForecastRow]) -> tuple[Step, ...]:
    headline = {row.target for row in now}
    then = {_reach(row): row for row in read_targets(connection, before.id) if row.target in headline}
    return tuple(_step(then[_reach(row)], row) for row in now if _reach(row) in then)


def _reach(row: TargetForecastRow) -> tuple[int | None, date | None]:
    return row.horizon_days, row.deadline


def _step(old: TargetForecastRow, new: TargetForecastRow) -> Step:
    return Step(*_reach(new), old.mean, new.mean, hypot(old.mcse, new.mcse))


def _entries[R: (ObservationRow, EventRow)](
    connection: Connection, kind: type[R], case_id: str, then: When, now: When
) -> Entries:
    seen = {row.id for row in _visible(connection, kind, case_id, then)}
    fresh = [row for row in _visible(connection, kind, case_id, now) if row.id not in seen]
    retracted = sum(row.retracted for row in fresh)
    added = sum(row.supersedes is None for row in fresh)
    return Entries(added, len(fresh) - added - retracted, retracted)


def _visible[R: (ObservationRow, EventRow)](
    connection: Connection, kind: type[R], case_id: str, when: When
) -> Collection[R]:
    """Every row that could be read by then, revisions and retractions included."""
    versions = read_versions(connection, kind, case_id, when)
    found = {version.row.id: version.row for version in versions}
    found.update((version.ended_by.id, version.ended_by) for version in versions if version.ended_by is not None)
    return found.values()


def _attestations(connection: Connection, case_id: str, when: When) -> set[int]:
    return {row.id for row in read_completeness(connection, case_id, when)}


def _between(connection: Connection, before: RunRow, run: RunRow) -> list[RunRow]:
    fits = read_runs(connection, run.case_id, kinds=FULL_KINDS, until=run.as_of)
    return [fit for fit in fits if _order(before) < _order(fit) <= _order(run)]


def _moves(
    connection: Connection, before: RunRow, now: Sequence[IndicatorStateRow], names: dict[str, str]
) -> tuple[Move, ...]:
    then = {row.indicator_id: row.mean for row in read_states(connection, before.id) if row.active}
    moves = [
        Move(row.indicator_id, names.get(row.indicator_id, row.indicator_id), then[row.indicator_id], row.mean)
        for row in now
        if row.active and row.indicator_id in then
    ]
    moves.sort(key=lambda move: -abs(move.change))
    return tuple(move for move in moves[:MOVERS] if abs(move.change) >= LEAST_MOVE)


def _order(run: RunRow) -> tuple[date, int]:
    return run.as_of, run.id
