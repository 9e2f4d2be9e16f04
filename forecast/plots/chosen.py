"""Which runs a picture of the forecast shows, and where a history of them is broken."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from db.read_runs import FULL_KINDS, read_run, read_runs
from db.rows import CaseRow, RunRow, ScenarioForecastRow, TargetForecastRow
from forecast.errors import NoForecast
from forecast.words import counted

GAP_DAYS = 45
"""Longer than a month: monthly runs are joined, what was not forecast for longer is not."""
UNPUBLISHED = ("rejected", "failed")

type Horizon = int | date
"""A window of days, or one up to a deadline."""


@dataclass(frozen=True, slots=True)
class Span:
    """Which runs of a history: as-of dates, kinds (empty: all), as of D and as recorded by an instant."""

    first: date | None = None
    last: date | None = None
    kinds: Collection[str] = ()
    as_of: date | None = None
    as_recorded: datetime | None = None

    def holds(self, run: RunRow) -> bool:
        return (
            (self.first is None or run.as_of >= self.first)
            and (self.last is None or run.as_of <= self.last)
            and (not self.kinds or run.kind in self.kinds)
        )

    def had(self, run: RunRow) -> bool:
        """Whether the run and its outcome were on file."""
        settled = run.status_at or run.recorded_at
        return (self.as_of is None or run.as_of <= self.as_of) and (
            self.as_recorded is None or max(run.recorded_at, settled) <= self.as_recorded
        )


def read_span(connection: Connection, case: CaseRow, span: Span) -> tuple[tuple[RunRow, ...], tuple[RunRow, ...]]:
    """The published runs of a span, and those that were not published, by as-of date, then number.

    Raises
    ------
    NoForecast
        if no run in the span was published; it says what there is, or what to run
    """
    on_file = [run for run in read_runs(connection, case.case_id)[::-1] if span.had(run)]
    published = [run for run in on_file if run.status == "published"]
    if not published:
        raise NoForecast(_nothing(span.as_of, span.as_recorded))
    found = tuple(run for run in published if span.holds(run))
    if not found:
        raise NoForecast(_none_in(span, published))
    refused = (run for run in on_file if run.status in UNPUBLISHED and span.holds(run))
    return found, tuple(refused)


def read_forecast_run(
    connection: Connection, case: CaseRow, *, run_id: int | None, as_of: date | None, as_recorded: datetime | None
) -> RunRow:
    """The published run of that number, or the last published full one.

    Raises
    ------
    NoForecast
        if there is none; the message says what to run
    db.errors.StoreError
        if there is no run of that number
    """
    wanted = Span(kinds=FULL_KINDS, as_of=as_of, as_recorded=as_recorded)
    found = read_runs(connection, case.case_id, kinds=FULL_KINDS, statuses=("published",), until=as_of)
    last = next((run for run in found if wanted.had(run)), None)
    if run_id is None:
        if last is None:
            raise NoForecast(_nothing(as_of, as_recorded))
        return last
    run = read_run(connection, run_id)
    if run.case_id != case.case_id:
        raise NoForecast(f"run {run_id} is of case {run.case_id}, not of {case.case_id}; see `parley runs`")
    if run.status != "published":
        instead = f"the last published is run {last.id}" if last else "none was published; run `parley update`"
        raise NoForecast(f"run {run_id} was not published ({run.status or 'started'}) and holds no forecast; {instead}")
    return run


def leading(runs: Sequence[RunRow]) -> frozenset[int]:
    """Of each date the last recorded run that fitted the model: it carries line and band."""
    return frozenset({run.as_of: run.id for run in runs if run.kind in FULL_KINDS}.values())


def stretches(days: Sequence[date]) -> tuple[slice, ...]:
    """Where a history can be drawn through: between days that lie more than `GAP_DAYS` apart it is broken."""
    breaks = [i for i in range(1, len(days)) if (days[i] - days[i - 1]).days > GAP_DAYS]
    return tuple(slice(*ends) for ends in zip((0, *breaks), (*breaks, len(days)), strict=True)) if days else ()


def horizon_of(row: TargetForecastRow | ScenarioForecastRow) -> Horizon:
    horizon = row.deadline or row.horizon_days
    assert horizon is not None  # a rule of the table
    return horizon


def horizon_words(horizon: Horizon) -> str:
    """What `forecast.words.reach` says of its rows."""
    return f"in {horizon} d" if isinstance(horizon, int) else f"by {horizon}"


def days_to(as_of: date, horizon: Horizon) -> int:
    return horizon if isinstance(horizon, int) else (horizon - as_of).days


def longest(horizons: Collection[Horizon]) -> Horizon:
    """The longest rolling window of one or more; the last deadline where none is rolling."""
    rolling = [horizon for horizon in horizons if isinstance(horizon, int)]
    return max(rolling) if rolling else max(horizon for horizon in horizons if not isinstance(horizon, int))


def count_kinds(runs: Sequence[RunRow]) -> str:
    """The number of runs by kind: 3 official, 1 manual."""
    kinds = (*FULL_KINDS, "provisional")
    number = {kind: sum(run.kind == kind for run in runs) for kind in kinds}
    return ", ".join(f"{number[kind]} {kind}" for kind in kinds if number[kind])


def _nothing(as_of: date | None, as_recorded: datetime | None) -> str:
    if as_recorded is not None:
        return f"nothing had been published by {as_recorded.isoformat(timespec='seconds')}; name a later instant"
    if as_of is not None:
        return f"nothing was published as of {as_of} or before; run `parley update --as-of {as_of}`"
    return "nothing has been published yet; run `parley update`"


def _none_in(span: Span, published: Sequence[RunRow]) -> str:
    asked = [f"from {span.first}" if span.first else "", f"to {span.last}" if span.last else ""]
    kinds = f"{' or '.join(span.kinds)} run" if span.kinds else "run"
    words = " ".join(filter(None, ("no published", kinds, *asked)))
    there = f"{counted(len(published), 'run')} from {published[0].as_of} to {published[-1].as_of}"
    return (
        f"{words}; there are {there} ({count_kinds(published)})" if len(published) > 1 else f"{words}; there is {there}"
    )
