"""Which two runs are compared: those named, or the newest and an earlier one."""

from datetime import date, timedelta

from sqlalchemy import Connection

from db.kinds import FULL_KINDS, PROVISIONAL, PUBLISHED
from db.read_reports import read_report_before
from db.read_runs import last_published, read_run, read_runs, read_standing
from db.run_rows import RunRow
from forecast.errors import NoForecast

BRIEF, WEEK = "brief", "week"
"""What a comparison may go back to, besides a day."""
WEEK_DAYS = 7


def choose_pair(
    connection: Connection,
    case_id: str,
    today: date,
    *,
    before: int | None = None,
    after: int | None = None,
    since: date | str | None = None,
) -> tuple[RunRow, RunRow]:
    """The earlier and the later run, both published full runs of the case.

    Without `after` the later one is the newest; without `before` the earlier one is that of `since` or, where nothing
    is asked for, the one before it.

    Raises
    ------
    NoForecast
        if there is no such pair
    db.errors.StoreError
        if there is no run of a number
    """
    later = _newest(connection, case_id, today) if after is None else _named(connection, case_id, after)
    if before is not None:
        return _in_order(_named(connection, case_id, before), later)
    if since is not None:
        return _in_order(_since(connection, later, since), later)
    return _before(connection, later), later


def _newest(connection: Connection, case_id: str, today: date) -> RunRow:
    run = read_standing(connection, case_id, today)
    if run is None:
        raise NoForecast("nothing has been published yet; `parley update` makes a forecast")
    return run


def _named(connection: Connection, case_id: str, run_id: int) -> RunRow:
    run = read_run(connection, run_id)
    if run.case_id != case_id:
        raise NoForecast(f"run {run_id} is of case {run.case_id}, not {case_id}; `parley runs` lists those of the case")
    if run.kind == PROVISIONAL:
        full = _posterior_of(connection, run)
        such_as = f", such as run {full}, whose posterior it goes by" if full else ""
        raise NoForecast(
            f"run {run_id} is provisional: a forecast without a fit; name a full run{such_as}, or make one with "
            "`parley update`"
        )
    if run.status != PUBLISHED:
        raise NoForecast(
            f"run {run_id} was not published ({run.status or 'started'}), so it has no forecast to explain; "
            f"{_neighbours(connection, run)}"
        )
    return run


def _posterior_of(connection: Connection, run: RunRow) -> int | None:
    """The full run whose posterior a provisional one rests on."""
    found = read_runs(connection, run.case_id, kinds=FULL_KINDS, statuses=(PUBLISHED,))
    return next((one.id for one in found if one.posterior_hash == run.posterior_hash), None)


def _neighbours(connection: Connection, run: RunRow) -> str:
    """The published runs next to it."""
    found = published_in_order(connection, run.case_id)
    earlier = [one.id for one in found if order_of(one) < order_of(run)][-1:]
    later = [one.id for one in found if order_of(one) > order_of(run)][:1]
    near = [str(number) for number in (*earlier, *later)]
    return f"published next to it: run {' and run '.join(near)}" if near else "`parley runs` lists what was published"


def published_in_order(connection: Connection, case_id: str) -> tuple[RunRow, ...]:
    """The published full runs of a case, by as-of date and number."""
    return tuple(sorted(read_runs(connection, case_id, kinds=FULL_KINDS, statuses=(PUBLISHED,)), key=order_of))


def order_of(run: RunRow) -> tuple[date, int]:
    return run.as_of, run.id


def run_before(connection: Connection, run: RunRow) -> RunRow | None:
    """The published full run before one, by as-of date and number; None where there is none."""
    found = read_runs(connection, run.case_id, kinds=FULL_KINDS, statuses=(PUBLISHED,), until=run.as_of)
    return max((one for one in found if order_of(one) < order_of(run)), key=order_of, default=None)


def _before(connection: Connection, run: RunRow) -> RunRow:
    found = run_before(connection, run)
    if found is None:
        raise NoForecast(
            f"run {run.id}, as of {run.as_of}, is the first that was published, so there is nothing to compare it "
            "with; the next `parley update` will have it"
        )
    return found


def _since(connection: Connection, later: RunRow, since: date | str) -> RunRow:
    if since == BRIEF:
        return _of_brief(connection, later)
    day = later.as_of - timedelta(days=WEEK_DAYS) if since == WEEK else since
    assert isinstance(day, date)
    if day >= later.as_of and since != WEEK:
        raise NoForecast(f"{day} is not before run {later.id}, as of {later.as_of}; name an earlier date")
    found = last_published(connection, later.case_id, day, kinds=FULL_KINDS)
    if found is None:
        first = published_in_order(connection, later.case_id)[0]
        raise NoForecast(
            f"nothing was published as of {day} or before; the first forecast is run {first.id}, as of {first.as_of}: "
            f"`parley why {first.id}`"
        )
    return found


def _of_brief(connection: Connection, later: RunRow) -> RunRow:
    """The run of the newest brief of an earlier one."""
    report = read_report_before(connection, later)
    found = read_run(connection, report.run_id) if report else None
    if found is None:
        raise NoForecast(
            f"no brief of a run before {later.id} is on record; `parley report` makes one, and "
            "`parley why --since week` goes back a week"
        )
    return found


def _in_order(before: RunRow, after: RunRow) -> tuple[RunRow, RunRow]:
    if before.id == after.id:
        raise NoForecast(f"run {after.id} is compared with itself; name two runs, `parley runs` lists them")
    if order_of(before) > order_of(after):
        raise NoForecast(
            f"run {before.id}, as of {before.as_of}, comes after run {after.id}, as of {after.as_of}; put the earlier "
            f"one first: `parley why {after.id} {before.id}`"
        )
    return before, after
