"""Reading what exports hold, page by page: what is in memory does not grow with what is on file.

All pages are to be read within one `Database.read`, so that they belong together. Runs come by as-of date and number,
versions of facts by number.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Integer,
    ScalarSelect,
    Select,
    Table,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    type_coerce,
)
from sqlalchemy.engine import Row

from db import tables
from db.read_runs import as_run, select_runs
from db.rows import CaseRow
from db.run_rows import RunRow
from db.when import WHENEVER, When, visible

RUNS_AT_ONCE = 64
FACTS_AT_ONCE = 1000
_CACHE_KIB = 4096

type Page = tuple[tuple[RunRow, ...], Mapping[int, list[Row[*tuple[Any, ...]]]]]
"""Runs, and by run id their rows, in no set order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsAsked:
    """Which runs of a case: of these kinds (none: all), as of days from `first` to `last`, and no later than `when`.

    A run has the status that had been recorded by then; `published` keeps those of that status.
    """

    case_id: str
    when: When = WHENEVER
    kinds: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    published: bool = True


@dataclass(frozen=True, slots=True)
class OfRuns:
    """Which rows of each run: of one table, of a target and horizon (days, or a deadline) where given."""

    table: Table
    columns: tuple[str, ...]
    target: str | None = None
    horizon: int | date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsAsked:
    """Which versions of a kind of fact: known and recorded by `when`, of days from `first` to `last`.

    `dated_by` names the column whose days those are; `target` keeps the judgements on one target.
    """

    table: Table
    dated_by: str
    case_id: str
    when: When = WHENEVER
    first: date | None = None
    last: date | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Extent:
    """How many rows there are, and the first and last of their days; None where there are none."""

    count: int
    first: date | None
    last: date | None


def bound_memory(connection: Connection) -> None:
    """Have SQLite keep few pages in memory: a row is read once, so that more of them only grow with the file."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA cache_size=-{_CACHE_KIB}")


def read_case_versions(connection: Connection, case_id: str) -> tuple[CaseRow, ...]:
    """Return every version of a case, oldest first."""
    cases = tables.cases.c
    query = select(*(cases[item.name] for item in fields(CaseRow))).where(cases.case_id == case_id).order_by(cases.id)
    return tuple(CaseRow(**row._mapping) for row in connection.execute(query))


def read_run_pages(connection: Connection, asked: RunsAsked, size: int = RUNS_AT_ONCE) -> Iterator[tuple[RunRow, ...]]:
    """Yield the runs asked for by as-of date and number, at most `size` at once."""
    runs = tables.runs.c
    query = _select_runs(asked).order_by(runs.as_of, runs.id).limit(size)
    page = tuple(as_run(row) for row in connection.execute(query))
    while page:
        yield page
        after = tuple_(literal(page[-1].as_of, Date), literal(page[-1].id, Integer))
        page = tuple(as_run(row) for row in connection.execute(query.where(tuple_(runs.as_of, runs.id) > after)))


def read_pages_of_runs(
    connection: Connection, asked: RunsAsked, wanted: OfRuns, size: int = RUNS_AT_ONCE
) -> Iterator[Page]:
    """Yield the runs asked for, at most `size` at once, with their rows."""
    for runs in read_run_pages(connection, asked, size):
        yield runs, read_of_runs(connection, [run.id for run in runs], wanted)


def read_of_runs(
    connection: Connection, run_ids: Sequence[int], wanted: OfRuns
) -> Mapping[int, list[Row[*tuple[Any, ...]]]]:
    """Return the rows of some runs by run id, in no set order: the columns named, and last the run id."""
    columns = wanted.table.c
    query = select(*(columns[name] for name in wanted.columns), columns.run_id).where(columns.run_id.in_(run_ids))
    found: defaultdict[int, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for condition in _conditions(wanted):
        for row in connection.execute(query.where(condition)).all():
            found[row[-1]].append(row)
    return found


def count_unobserved(connection: Connection, run_ids: Sequence[int], days: Mapping[str, float]) -> dict[int, int]:
    """Return, by run id, how many indicators had gone unobserved for more than so many days on the as-of date.

    A run that holds no levels is left out; an indicator that `days` does not name is not counted.
    """
    states, runs = tables.indicator_states, tables.runs
    since = _days_between(connection, runs.c.as_of, states.c.last_observed_on)
    late = case((since > case(days, value=states.c.indicator_id), 1), else_=0) if days else literal(0)
    query = select(states.c.run_id, func.sum(late)).join(runs, runs.c.id == states.c.run_id)
    found = connection.execute(query.where(states.c.run_id.in_(run_ids)).group_by(states.c.run_id))
    return {run_id: int(number) for run_id, number in found}


def _days_between(
    connection: Connection, later: ColumnElement[date], earlier: ColumnElement[date]
) -> ColumnElement[Any]:
    if connection.dialect.name == "sqlite":
        return func.julianday(later) - func.julianday(earlier)
    return type_coerce(later, Integer) - type_coerce(earlier, Integer)  # PostgreSQL subtracts dates to whole days


def count_runs(connection: Connection, asked: RunsAsked) -> Extent:
    """Return how many runs were asked for, and the first and last day they are as of."""
    found = _select_runs(asked).subquery()
    query = select(func.count(), func.min(found.c.as_of), func.max(found.c.as_of))
    return Extent(*connection.execute(query).one())


def count_of_runs(connection: Connection, asked: RunsAsked, wanted: OfRuns) -> int:
    """Return how many rows the runs asked for have."""
    columns, runs = wanted.table.c, _select_runs(asked).subquery()
    query = select(func.count()).where(columns.run_id.in_(select(runs.c.id)), or_(*_conditions(wanted)))
    return int(connection.execute(query).scalar_one())


def read_horizons(connection: Connection, case_id: str, table: Table) -> tuple[int | date, ...]:
    """Return every horizon that a table has forecasts for: days from short to long, then deadlines."""
    columns, runs = table.c, tables.runs
    query = select(columns.horizon_days, columns.deadline).join(runs, runs.c.id == columns.run_id).distinct()
    found = [days or deadline for days, deadline in connection.execute(query.where(runs.c.case_id == case_id))]
    days = sorted(one for one in found if isinstance(one, int))
    return (*days, *sorted(one for one in found if isinstance(one, date)))


def read_targets_of(connection: Connection, case_id: str, table: Table) -> tuple[str, ...]:
    """Return every target that a table of a case or of its runs speaks of, by name."""
    query = select(table.c.target).distinct().order_by(table.c.target)
    if table is tables.judgements:
        query = query.where(table.c.case_id == case_id)
    else:
        query = query.join(tables.runs, tables.runs.c.id == table.c.run_id).where(tables.runs.c.case_id == case_id)
    return tuple(connection.execute(query).scalars())


def read_version_pages(
    connection: Connection, asked: FactsAsked, names: Sequence[str], size: int = FACTS_AT_ONCE
) -> Iterator[list[tuple[Row[*tuple[Any, ...]], Row[*tuple[Any, ...]] | None]]]:
    """Yield the versions asked for, id and the columns named, and what ended each: id, known_on, reason, retracted.

    As in `db.read.read_versions`, retractions are what ends others, and a version ends with the first later one of its
    fact to be known. A judgement is known with its document, whose author and published_on may be named too.
    """
    query = _select_versions(asked, names).order_by(asked.table.c.id).limit(size)
    page = connection.execute(query).all()
    while page:
        endings = _read_endings(connection, asked, page[0].id, page[-1].id)
        yield [(row, endings.get(row.id)) for row in page]
        page = connection.execute(query.where(asked.table.c.id > page[-1].id)).all()


def count_versions(connection: Connection, asked: FactsAsked) -> Extent:
    """Return how many versions were asked for, and the first and last of their days."""
    found = _select_versions(asked, [asked.dated_by]).subquery()
    day = found.c[asked.dated_by]
    return Extent(*connection.execute(select(func.count(), func.min(day), func.max(day))).one())


def _select_runs(asked: RunsAsked) -> Select[*tuple[Any, ...]]:
    """Runs with the newest status they had by the instant."""
    runs = tables.runs.c
    query = select_runs(asked.when).where(runs.case_id == asked.case_id, runs.as_of <= asked.when.as_of)
    if asked.kinds:
        query = query.where(runs.kind.in_(asked.kinds))
    if asked.published:
        query = query.where(tables.run_statuses.c.status == "published")
    return _between(query, runs.as_of, asked.first, asked.last)


def _conditions(wanted: OfRuns) -> list[ColumnElement[bool]]:
    """Conditions that exclude each other and together find the rows.

    Rolling horizons and deadlines are looked for apart, each in the index on its own, which leaves the others out.
    """
    columns, horizon = wanted.table.c, wanted.horizon
    of_target = true() if wanted.target is None else columns.target == wanted.target
    if "horizon_days" not in columns:
        return [of_target]
    if isinstance(horizon, date):
        return [and_(of_target, columns.deadline == horizon)]
    if horizon is not None:
        return [and_(of_target, columns.horizon_days == horizon)]
    return [and_(of_target, columns.horizon_days.is_not(None)), and_(of_target, columns.deadline.is_not(None))]


def _between(
    query: Select[*tuple[Any, ...]], day: ColumnElement[date], first: date | None, last: date | None
) -> Select[*tuple[Any, ...]]:
    if first is not None:
        query = query.where(day >= first)
    return query if last is None else query.where(day <= last)


def _select_versions(asked: FactsAsked, names: Sequence[str]) -> Select[*tuple[Any, ...]]:
    """Versions by id; a judgement with its document as that is known by then."""
    table = asked.table
    query = select(table.c.id, *(_column(table, name) for name in names)).select_from(table)
    if table is tables.judgements:
        query = query.join(tables.documents, tables.documents.c.id == _newest_document(asked))
    query = query.where(table.c.case_id == asked.case_id, table.c.retracted.is_(False), visible(table, asked.when))
    if asked.target is not None:
        query = query.where(table.c.target == asked.target)
    return _between(query, _column(table, asked.dated_by), asked.first, asked.last)


def _column(table: Table, name: str) -> ColumnElement[Any]:
    return table.c[name] if name in table.c else tables.documents.c[name]


def _newest_document(asked: FactsAsked) -> ScalarSelect[int]:
    document, judgement = tables.documents.alias(), tables.judgements.c
    same = document.c.case_id == judgement.case_id, document.c.document_id == judgement.document_id
    query = select(func.max(document.c.id)).where(*same, visible(document, asked.when))
    return query.correlate(tables.judgements).scalar_subquery()


def _read_endings(connection: Connection, asked: FactsAsked, first: int, last: int) -> dict[int, Row[*tuple[Any, ...]]]:
    """What ended the versions numbered `first` to `last`: of all later versions of a fact the first to be known."""
    table, next_one, further = asked.table, asked.table.alias(), asked.table.alias()
    direct = select(next_one.c.supersedes.label("version"), next_one.c.id)
    later = direct.where(next_one.c.supersedes.between(first, last)).cte("later", recursive=True)
    later = later.union_all(select(later.c.version, further.c.id).where(further.c.supersedes == later.c.id))
    ending = table.c.id, table.c.known_on, table.c.reason, table.c.retracted
    query = select(later.c.version, *ending).join(table, table.c.id == later.c.id).where(visible(table, asked.when))
    latest_first = query.order_by(later.c.version, table.c.known_on.desc(), table.c.id.desc())
    return {row.version: row for row in connection.execute(latest_first)}
