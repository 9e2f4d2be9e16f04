"""Which runs a picture of the forecast shows, and where a history of them is broken."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from db.kinds import FULL_KINDS
from db.read_runs import read_run, read_runs
from db.rows import CaseRow
from db.run_rows import RunRow, ScenarioForecastRow, TargetForecastRow
from db.when import WHENEVER, When
from forecast.errors import NoForecast
from forecast.facts.pictures import Horizon
from forecast.words.english.plots import run_counts
from forecast.words.numbers import minute

UNPUBLISHED = ("rejected", "failed")


@dataclass(frozen=True, slots=True)
class Span:
    """Which runs of a history: as-of dates, kinds (empty: all), and what was on file by `when`."""

    first: date | None = None
    last: date | None = None
    kinds: Collection[str] = ()
    when: When = WHENEVER

    def holds(self, run: RunRow) -> bool:
        return (
            (self.first is None or run.as_of >= self.first)
            and (self.last is None or run.as_of <= self.last)
            and (not self.kinds or run.kind in self.kinds)
        )

    def had(self, run: RunRow) -> bool:
        """Whether the run, of that as-of date or an earlier one, and its outcome were on file."""
        return self.when.holds(run.as_of, max(run.issued_at, run.status_at or run.issued_at))


EVERY = Span()


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
        raise NoForecast(_nothing(span.when))
    found = tuple(run for run in published if span.holds(run))
    if not found:
        raise NoForecast(_none_in(span, published))
    refused = (run for run in on_file if run.status in UNPUBLISHED and span.holds(run))
    return found, tuple(refused)


def read_forecast_run(connection: Connection, case: CaseRow, *, run_id: int | None, when: When = WHENEVER) -> RunRow:
    """The published run of that number, or the last full one published by then.

    Raises
    ------
    NoForecast
        if there is none; the message says what to run
    db.errors.StoreError
        if there is no run of that number
    """
    wanted = Span(kinds=FULL_KINDS, when=when)
    found = read_runs(connection, case.case_id, kinds=FULL_KINDS, statuses=("published",), until=when.as_of)
    last = next((run for run in found if wanted.had(run)), None)
    if run_id is None:
        if last is None:
            raise NoForecast(_nothing(when))
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


def horizon_of(row: TargetForecastRow | ScenarioForecastRow) -> Horizon:
    horizon = row.deadline or row.horizon_days
    assert horizon is not None  # a rule of the table
    return horizon


def horizon_words(horizon: Horizon) -> str:
    """What `forecast.words.numbers.reach` says of its rows."""
    return f"in {horizon} d" if isinstance(horizon, int) else f"by {horizon}"


def longest(horizons: Collection[Horizon]) -> Horizon:
    """The longest rolling window of one or more; the last deadline where none is rolling."""
    rolling = [horizon for horizon in horizons if isinstance(horizon, int)]
    return max(rolling) if rolling else max(horizon for horizon in horizons if not isinstance(horizon, int))


def _nothing(when: When) -> str:
    if when.as_recorded is not None:
        return f"nothing had been published by {minute(when.as_recorded)}; name a later instant"
    if when != WHENEVER:
        return f"nothing was published as of {when.as_of} or before; run `parley update --as-of {when.as_of}`"
    return "nothing has been published yet; run `parley update`"


def _none_in(span: Span, published: Sequence[RunRow]) -> str:
    kinds = f"{' or '.join(span.kinds)} run" if span.kinds else "run"
    dates = {
        (True, True): f" as of {span.first} to {span.last}",
        (True, False): f" as of {span.first} or later",
        (False, True): f" as of {span.last} or before",
        (False, False): "",
    }[span.first is not None, span.last is not None]
    first, last = published[0].as_of, published[-1].as_of
    there = f"as of {first}" if first == last else f"as of {first} to {last}"
    return f"no published {kinds}{dates}; published: {run_counts([run.kind for run in published])}, {there}"
