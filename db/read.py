"""Reading a case as of a date, and optionally as recorded by an instant.

Which rows count, `db.when` says; the newest version among them is current, and a retraction removes it. As recorded by
an instant only corrections and retractions recorded by then count. So rows known after the day, or recorded after the
instant, leave a read exactly as it was. Order is by content, never by row id.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from itertools import batched
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Select, Table, func, select
from sqlalchemy.engine import Row

from db import tables
from db.encode import Encoded, names_of
from db.errors import StoreError
from db.garbage import uncollected
from db.rows import (
    CaseRow,
    CompletenessRow,
    DeadlineRow,
    DocumentRow,
    EventRow,
    GradeRow,
    IndicatorRow,
    JudgementRow,
    LevelRow,
    ObservationRow,
)
from db.types import to_utc
from db.when import WHENEVER, When, position, recorded_by, visible

_TABLES: dict[type, Table] = {
    DocumentRow: tables.documents,
    JudgementRow: tables.judgements,
    ObservationRow: tables.observations,
    EventRow: tables.events,
    CompletenessRow: tables.completeness,
}
_COLUMNS = {kind: tuple(item.name for item in fields(kind) if item.name in table.c) for kind, table in _TABLES.items()}


def read_case(connection: Connection, case_id: str | None = None, when: When = WHENEVER) -> CaseRow:
    """Return the newest version of the case by then, of the only one if `case_id` is None; StoreError if ambiguous."""
    cases = tables.cases.c
    query = select(*(cases[item.name] for item in fields(CaseRow))).where(recorded_by(tables.cases, when))
    query = query.order_by(cases.id)
    newest = {row.case_id: CaseRow(**row._mapping) for row in connection.execute(query)}
    if case_id is not None and case_id in newest:
        return newest[case_id]
    known = ", ".join(sorted(newest))
    if not newest:
        raise StoreError("the database holds no case; run `parley init`")
    if case_id is not None:
        raise StoreError(f"no case {case_id!r} in the database; known are {known}")
    if len(newest) > 1:
        raise StoreError(f"the database holds {len(newest)} cases; set PARLEY_CASE to one of {known}")
    return next(iter(newest.values()))


def read_positions(connection: Connection, when: When) -> dict[str, int]:
    """Return, of every table that a case is read from, the number of the last row recorded by then."""
    return {table.name: position(connection, table, when) for table in (tables.cases, *_TABLES.values())}


def read_positions_in_time(connection: Connection, instant: datetime) -> dict[str, int]:
    """Return, of the same tables, the number of the last row whose own clock said no later than `instant`."""
    return {
        table.name: connection.execute(select(func.max(table.c.id)).where(table.c.recorded_at <= instant)).scalar() or 0
        for table in (tables.cases, *_TABLES.values())
    }


def read_loading_instants(connection: Connection, case_id: str) -> frozenset[datetime]:
    """Return the instants at which versions of a case were loaded from a folder; no desk has made those."""
    cases = tables.cases.c
    query = select(cases.recorded_at).where(cases.case_id == case_id, cases.analyst.is_(None))
    return frozenset(connection.execute(query).scalars())


def read_catalogue(connection: Connection, case: CaseRow) -> tuple[IndicatorRow, ...]:
    """Return the indicators of this version of the case by position, levels from low to high."""
    levels = _levels(connection, case)
    names = [item.name for item in fields(IndicatorRow) if item.name != "levels"]
    columns = tables.indicators.c
    query = select(columns.id, *(columns[name] for name in names)).where(columns.case_row_id == case.id)
    return tuple(
        _indicator(row, levels.get(row.id, [])) for row in connection.execute(query.order_by(columns.position))
    )


def _levels(connection: Connection, case: CaseRow) -> dict[int, list[LevelRow]]:
    columns, owner = tables.level_criteria.c, tables.indicators.c
    query = (
        select(columns.indicator_row_id, columns.level, columns.criterion)
        .join_from(tables.level_criteria, tables.indicators)
        .where(owner.case_row_id == case.id)
        .order_by(columns.level)
    )
    levels: dict[int, list[LevelRow]] = {}
    for row_id, level, criterion in connection.execute(query):
        levels.setdefault(row_id, []).append(LevelRow(level, criterion))
    return levels


def _indicator(row: Row[*tuple[Any, ...]], levels: Sequence[LevelRow]) -> IndicatorRow:
    values: dict[str, Any] = dict(row._mapping)
    del values["id"]
    for name in ("typical_sources", "documents", "document_refs"):
        values[name] = tuple(values[name])
    values["bears_on"] = None if values["bears_on"] is None else tuple(values["bears_on"])
    return IndicatorRow(**values, levels=tuple(levels))


def read_grades(connection: Connection, case: CaseRow) -> tuple[GradeRow, ...]:
    """Return the Admiralty table of this version of the case, A1 first."""
    columns = tables.grades.c
    query = select(columns.reliability, columns.credibility, columns.sd_levels).where(columns.case_row_id == case.id)
    return tuple(GradeRow(*row) for row in sorted(tuple(row) for row in connection.execute(query)))


def read_deadlines(connection: Connection, case: CaseRow) -> tuple[date, ...]:
    """Return the fixed dates of this version of the case, in order."""
    columns = tables.deadlines.c
    query = select(columns.deadline).where(columns.case_row_id == case.id).order_by(columns.deadline)
    return tuple(connection.execute(query).scalars())


def read_deadline_rows(connection: Connection, case: CaseRow) -> tuple[DeadlineRow, ...]:
    """Return the same dates with what they mean."""
    columns = tables.deadlines.c
    query = select(columns.deadline, columns.meaning).where(columns.case_row_id == case.id).order_by(columns.deadline)
    return tuple(DeadlineRow(*row) for row in connection.execute(query))


def read_documents(connection: Connection, case_id: str, when: When) -> tuple[DocumentRow, ...]:
    """Return the documents known by then, in their version of then, by document_id."""
    rows = _current(connection, DocumentRow, case_id, when)
    return tuple(sorted(rows, key=lambda row: row.document_id))


def read_judgements(connection: Connection, case_id: str, when: When) -> tuple[JudgementRow, ...]:
    """Return the judgements of the documents that `read_documents` returns, by document, indicator and target."""
    published = {row.document_id for row in read_documents(connection, case_id, when)}
    rows = _current(connection, JudgementRow, case_id, when)
    heard = (row for row in rows if row.document_id in published)
    return tuple(sorted(heard, key=lambda row: (row.document_id, row.indicator_id, row.target)))


def read_events(connection: Connection, case_id: str, when: When, *, disputed: bool = False) -> tuple[EventRow, ...]:
    """Return the events known by then, by start and event_id; those in dispute then only with `disputed`."""
    rows = _current(connection, EventRow, case_id, when)
    rows = [row for row in rows if disputed or not row.disputed]
    return tuple(sorted(rows, key=lambda row: (row.started_on, row.event_id)))


def read_completeness(connection: Connection, case_id: str, when: When) -> tuple[CompletenessRow, ...]:
    """Return every attestation that stands as of the date, by type and reach; the last of a type reaches furthest.

    `complete_through` is as attested and may lie after the as-of date.
    """
    rows = _current(connection, CompletenessRow, case_id, when)
    return tuple(
        sorted(
            rows,
            key=lambda row: (
                row.type,
                row.complete_through,
                row.complete_from,
                row.known_on or date.min,
                row.attested_by,
                row.note,
            ),
        )
    )


def read_observations(
    connection: Connection,
    case_id: str,
    when: When,
    *,
    indicator_id: str | None = None,
) -> tuple[ObservationRow, ...]:
    """Return every observation valid on some day by then, superseded ones included, with its days of validity.

    Retractions are not returned; they end the validity of what they retract. Ordered by indicator, observed_on,
    known_on and content.
    """
    columns = tables.observations.c
    query = _select_visible(ObservationRow, case_id, when).where(columns.retracted.is_(False))
    if indicator_id is not None:
        query = query.where(columns.indicator_id == indicator_id)
    corrections = _seen_corrections(connection, tables.observations, case_id, when)
    with uncollected():
        found = list(_observations(connection.execute(query).all(), corrections))
        found.sort(key=by_content)
        return tuple(found)


def read_newest[R: (DocumentRow, JudgementRow, ObservationRow, EventRow, CompletenessRow)](
    connection: Connection, kind: type[R], case_id: str
) -> tuple[R, ...]:
    """Return the newest version of every fact of a kind, retractions included, whenever known: what to supersede."""
    table = _TABLES[kind]
    successor = table.alias()
    superseded = select(successor.c.id).where(successor.c.supersedes == table.c.id).exists()
    query = select_of(kind).where(table.c.case_id == case_id, ~superseded).order_by(table.c.id)
    return tuple(row_of(kind, row) for row in connection.execute(query))


@dataclass(frozen=True, slots=True)
class Version[R]:
    """One version of a fact, and the later one that holds instead of it or retracts it; None while it stands."""

    row: R
    ended_by: R | None


def read_versions[R: (DocumentRow, JudgementRow, ObservationRow, EventRow)](
    connection: Connection, kind: type[R], case_id: str, when: When
) -> tuple[Version[R], ...]:
    """Return every version visible as of the date, whether or not it stands, retractions as what ends others; by id.

    A version ends with the first later one of its fact to be known, so that what ended it stays the same ever after.
    """
    table = _TABLES[kind]
    corrections = _seen_corrections(connection, table, case_id, when)
    query = _select_visible(kind, case_id, when).order_by(table.c.id)
    rows = [row_of(kind, row) for row in connection.execute(query)]
    by_id: dict[int | None, R] = {row.id: row for row in rows}
    return tuple(Version(row, by_id.get(corrections.successor(row.id))) for row in rows if not row.retracted)


def read_history[R: (DocumentRow, JudgementRow, ObservationRow, EventRow, CompletenessRow)](
    connection: Connection, kind: type[R], row_id: int, when: When = WHENEVER
) -> tuple[R, ...]:
    """Return every version by then of the fact that row `row_id` belongs to, oldest first; StoreError if there is no
    such row."""
    table = _TABLES[kind]
    case_id = connection.execute(select(table.c.case_id).where(table.c.id == row_id)).scalar()
    if case_id is None:
        raise StoreError(f"{table.name} has no row {row_id}; list them to see the numbers")
    ids = _corrections(connection, table, case_id).versions(row_id)
    query = select_of(kind).where(table.c.id.in_(ids), visible(table, when)).order_by(table.c.id)
    return tuple(row_of(kind, row) for row in connection.execute(query))


def read_between[R: (DocumentRow, JudgementRow, ObservationRow, EventRow, CompletenessRow)](
    connection: Connection, kind: type[R], case_id: str, before: When, now: When
) -> tuple[R, ...]:
    """Return every row, corrections and retractions among them, visible by `now` and not by `before`; by number."""
    table = _TABLES[kind]
    query = _select_visible(kind, case_id, now).where(~visible(table, before)).order_by(table.c.id)
    return tuple(row_of(kind, row) for row in connection.execute(query))


def read_versions_between(connection: Connection, case_id: str, before: When, now: When) -> tuple[CaseRow, ...]:
    """Return the versions of the case recorded by `now` and not by `before`, oldest first."""
    cases = tables.cases
    query = select(*(cases.c[item.name] for item in fields(CaseRow))).where(cases.c.case_id == case_id)
    query = query.where(recorded_by(cases, now), ~recorded_by(cases, before)).order_by(cases.c.id)
    return tuple(CaseRow(**row._mapping) for row in connection.execute(query))


def read_added(connection: Connection, case_id: str, when: When, after: int) -> tuple[ObservationRow, ...] | None:
    """Return what `read_observations` gives beyond what it gave when row `after` was the last one, in its order.

    None where a later row corrects an earlier one: then all must be read again.
    """
    columns = tables.observations.c
    added = select_of(ObservationRow).where(columns.id > after, recorded_by(tables.observations, when))
    # The case is not asked of the database: SQLite would walk the index of its rows instead of the last few numbers.
    rows = [row for row in connection.execute(added) if row.case_id == case_id]
    if any(row.supersedes is not None for row in rows):
        return None
    new = [row_of(ObservationRow, row) for row in rows if when.known(row.known_on)]
    return tuple(sorted(new, key=by_content))


def appended_observations(
    encoded: Sequence[Encoded], ids: Sequence[int], recorded_at: datetime, when: When
) -> tuple[ObservationRow, ...]:
    """Return what `read_added` would of observations just appended, none of which corrects another."""
    names, instant = names_of(tables.observations), to_utc(recorded_at)
    columns = _COLUMNS[ObservationRow]
    picked = itemgetter(*(names.index(name) for name in columns))
    found: list[ObservationRow] = []
    for id_, row in zip(ids, encoded, strict=True):
        values: dict[str, Any] = dict(zip(columns, picked(row.values), strict=True))
        known_on = values["known_on"]
        if when.known(known_on):
            values |= {"id": id_, "recorded_at": instant, "valid_from": known_on, "valid_until": None}
            found.append(ObservationRow(**values))
    return tuple(sorted(found, key=by_content))


def by_content(row: ObservationRow) -> tuple[str, date, date, str]:
    """Return the key of the order in which `read_observations` gives rows."""
    return row.indicator_id, row.observed_on, row.known_on, row.row_key


def find_observations(connection: Connection, row_keys: Iterable[str]) -> dict[str, int]:
    """Return, by row_key, the first row of each fact that asserts what an observation of that key would."""
    columns = tables.observations.c
    found: dict[str, int] = {}
    for keys in batched(row_keys, 500, strict=False):
        query = select(columns.row_key, columns.id).where(columns.row_key.in_(keys), columns.supersedes.is_(None))
        found.update((row.row_key, row.id) for row in connection.execute(query))
    return found


def read_retracted(connection: Connection, case_id: str) -> frozenset[int]:
    """Return the first rows of the observations whose newest version is a retraction, whenever known."""
    corrections = _corrections(connection, tables.observations, case_id)
    columns = tables.observations.c
    withdrawn = connection.execute(select(columns.id).where(columns.case_id == case_id, columns.retracted)).scalars()
    return frozenset(corrections.fact(id_) for id_ in withdrawn if corrections.versions(id_)[-1] == id_)


def read_first_rows(
    connection: Connection, kind: type[ObservationRow] | type[EventRow], case_id: str
) -> Mapping[int, int]:
    """Return, by every row that corrects or retracts another, the first row of the fact that both are of."""
    return _corrections(connection, _TABLES[kind], case_id).first


@dataclass(frozen=True, slots=True)
class _Corrections:
    """The superseding rows of one table and case: (id, known_on) by the first row of their fact."""

    first: Mapping[int, int]
    """First row of the fact, by superseding row."""
    by_fact: Mapping[int, Sequence[tuple[int, date | None]]]

    def fact(self, row_id: int) -> int:
        return self.first.get(row_id, row_id)

    def versions(self, row_id: int) -> list[int]:
        fact = self.fact(row_id)
        return [fact, *(id_ for id_, _ in self.by_fact.get(fact, ()))]

    def seen(self, when: When, last: int) -> "_Corrections":
        """Return only those known by then and numbered up to `last`; facts stay what they are."""
        by_fact = {
            fact: [(id_, known_on) for id_, known_on in rows if id_ <= last and when.known(known_on)]
            for fact, rows in self.by_fact.items()
        }
        return _Corrections(self.first, by_fact)

    def ended(self, row_id: int) -> date | None:
        """Return the day from which a later version of the fact holds instead of this row, None if none does."""
        return min(self._later(row_id), default=(None, None))[0]

    def successor(self, row_id: int) -> int | None:
        """Return the later version of the fact that was first to hold instead of this row, None if none does."""
        return min(self._later(row_id), default=(None, None))[1]

    def _later(self, row_id: int) -> list[tuple[date, int]]:
        return [(known, id_) for id_, known in self.by_fact.get(self.fact(row_id), ()) if id_ > row_id and known]


def _seen_corrections(connection: Connection, table: Table, case_id: str, when: When) -> _Corrections:
    """The superseding rows known and recorded by then."""
    corrections = _corrections(connection, table, case_id)
    return corrections.seen(when, position(connection, table, when)) if corrections.by_fact else corrections


def _corrections(connection: Connection, table: Table, case_id: str) -> _Corrections:
    columns = table.c
    # Neither the case nor the order is asked of the database: SQLite then takes the small partial index on supersedes.
    wanted = columns.case_id, columns.id, columns.supersedes, columns.known_on
    rows = connection.execute(select(*wanted).where(columns.supersedes.is_not(None)))
    first: dict[int, int] = {}
    by_fact: dict[int, list[tuple[int, date | None]]] = {}
    for _, id_, supersedes, known_on in sorted(tuple(row) for row in rows if row.case_id == case_id):
        first[id_] = first.get(supersedes, supersedes)
        by_fact.setdefault(first[id_], []).append((id_, known_on))
    return _Corrections(first, by_fact)


def _current[R: (DocumentRow, JudgementRow, ObservationRow, EventRow, CompletenessRow)](
    connection: Connection, kind: type[R], case_id: str, when: When
) -> list[R]:
    """Return the version of each fact that holds as of the date, without retracted ones, in no set order.

    Ids grow along the history of a fact, so the last visible version is the one with the greatest id.
    """
    table = _TABLES[kind]
    corrections = _corrections(connection, table, case_id)
    query = _select_visible(kind, case_id, when).order_by(table.c.id)
    newest = {corrections.fact(row.id): row for row in connection.execute(query)}
    return [row_of(kind, row) for row in newest.values() if not row.retracted]


def _select_visible(kind: type, case_id: str, when: When) -> Select[*tuple[Any, ...]]:
    table = _TABLES[kind]
    return select_of(kind).where(table.c.case_id == case_id, visible(table, when))


def select_of(kind: type) -> Select[*tuple[Any, ...]]:
    """Return a query of a kind of fact, of all there is of it; `row_of` reads its rows."""
    return select(*(_TABLES[kind].c[name] for name in _COLUMNS[kind]))


def row_of[R: (DocumentRow, JudgementRow, ObservationRow, EventRow, CompletenessRow)](
    kind: type[R], row: Row[*tuple[Any, ...]]
) -> R:
    """Return the fact of a row of `select_of`, valid from when it was known; further columns are left out."""
    values: dict[str, Any] = dict(zip(_COLUMNS[kind], row, strict=False))  # half the time of `row._mapping`
    if kind is ObservationRow:
        values |= {"valid_from": row.known_on, "valid_until": None}
    return kind(**values)


def _observations(rows: Iterable[Row[*tuple[Any, ...]]], corrections: _Corrections) -> Iterator[ObservationRow]:
    names, untouched = _COLUMNS[ObservationRow], not corrections.by_fact
    for row in rows:
        values: dict[str, Any] = dict(zip(names, row, strict=False))  # half the time of `row._mapping`
        known_on = values["known_on"]
        until = None if untouched else corrections.ended(values["id"])
        if until is None or until > known_on:
            yield ObservationRow(**values, valid_from=known_on, valid_until=until)
