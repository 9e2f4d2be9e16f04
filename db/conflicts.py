"""Why rows are refused: looked up before inserting, so that the message can name the row that stands in the way.

All of this runs under the write lock, so nothing can change between the look and the insert.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import batched, chain

from sqlalchemy import Connection, Table, select
from sqlalchemy.exc import IntegrityError

from db import tables
from db.errors import Conflict, StoreError

KEYS: dict[str, tuple[str, ...]] = {
    "documents": ("case_id", "document_id"),
    "judgements": ("case_id", "document_id", "indicator_id", "target"),
    "observations": ("row_key",),
    "events": ("case_id", "event_id"),
    "completeness": ("row_key",),
    "scenarios": ("case_id", "name"),
}
"""The columns that name a fact, unique among the rows that supersede nothing.

A row_key covers the case, and stands alone: PostgreSQL counts on the uniqueness of an index over one column only, and
would otherwise scan a table it has no statistics of yet.
"""

FIXED: dict[str, tuple[str, ...]] = {**KEYS, "observations": ("case_id",), "completeness": ("case_id", "type")}
"""The columns a correction must share with the row it supersedes."""

LOOKED_AT = tuple(
    sorted({"case_id", "indicator_id", "document_id", "supersedes", *chain(*KEYS.values(), *FIXED.values())})
)
"""The columns that anything here looks at."""

_BATCH = 500  # values per query, well below what either database takes

type Values = Mapping[str, object]


def refuse_strangers(connection: Connection, table: Table, values: Sequence[Values]) -> None:
    """Raise StoreError where a row speaks of a case, indicator or document that is not in the database."""
    for case_id in dict.fromkeys(row["case_id"] for row in values):
        known = connection.execute(select(tables.cases.c.id).where(tables.cases.c.case_id == case_id)).scalars().all()
        if not known:
            raise StoreError(f"{table.name}: no case {case_id!r} in the database; run `parley init --case FOLDER`")
        mine = [row for row in values if row["case_id"] == case_id]
        if "indicator_id" in table.c:
            column = tables.indicators.c.indicator_id
            query = select(column).where(tables.indicators.c.case_row_id.in_(known))
            _refuse_unknown(table, "indicator_id", mine, set(connection.execute(query).scalars()))
        if table is tables.judgements:
            query = select(tables.documents.c.document_id).where(tables.documents.c.case_id == case_id)
            _refuse_unknown(table, "document_id", mine, set(connection.execute(query).scalars()))


def _refuse_unknown(table: Table, column: str, values: Sequence[Values], known: set[str]) -> None:
    unknown = next((row[column] for row in values if row[column] not in known), None)
    if unknown is not None:
        listed = ", ".join(sorted(known)) or "none"
        raise StoreError(f"{table.name}: {column} {unknown!r} is not in the case; known are {listed}")


def refuse_bad_corrections(connection: Connection, table: Table, values: Sequence[Values]) -> None:
    """Raise Conflict where a row supersedes one that is absent, superseded already, or another fact's."""
    corrections = [row for row in values if row["supersedes"] is not None]
    ids = [row["supersedes"] for row in corrections]
    stored = _by_id(connection, table, ids)
    successors = _successors(connection, table, ids)
    seen: set[object] = set()
    for row in corrections:
        id_ = row["supersedes"]
        if id_ not in stored:
            raise Conflict(f"{table.name} row {id_} does not exist; supersede a row that does")
        if id_ in successors:
            raise Conflict(f"{table.name} row {id_} is already superseded by row {successors[id_]}; supersede that one")
        if id_ in seen:
            raise Conflict(f"{table.name} row {id_} would be superseded twice; one row can replace it")
        seen.add(id_)
        _refuse_other_fact(table, row, stored[id_])


def _refuse_other_fact(table: Table, row: Values, stored: Values) -> None:
    for column in FIXED[table.name]:
        if row[column] != stored[column]:
            raise Conflict(
                f"{table.name} row {row['supersedes']} has {column} {stored[column]!r}, its correction {row[column]!r};"
                " give both the same, or retract the one and add the other"
            )


def refuse_repeats(connection: Connection, table: Table, values: Sequence[Values]) -> None:
    """Raise Conflict where a row that supersedes nothing names a fact that is there already, or comes twice."""
    columns = KEYS[table.name]
    keys = [tuple(row[name] for name in columns) for row in values if row["supersedes"] is None]
    seen: set[tuple[object, ...]] = set()
    for key in keys:
        if key in seen:
            raise Conflict(f"{table.name}: {_named(columns, key)} comes twice; give it once")
        seen.add(key)
    for id_, *stored in _stored_keys(connection, table, columns, keys):
        raise Conflict(
            f"{table.name}: {_named(columns, stored)} is there already as row {id_}; supersede its newest version"
        )


def _named(columns: Sequence[str], key: Sequence[object]) -> str:
    if "row_key" in columns:
        return "the same row"
    return ", ".join(f"{column} {value!r}" for column, value in zip(columns, key, strict=True) if column != "case_id")


def _stored_keys(
    connection: Connection, table: Table, columns: tuple[str, ...], keys: Sequence[tuple[object, ...]]
) -> Iterator[tuple[object, ...]]:
    # One IN over the last column per value of the others: over tuples, SQLite would scan the table.
    *outer, last = (table.c[name] for name in columns)
    groups: dict[tuple[object, ...], list[object]] = {}
    for *prefix, value in keys:
        groups.setdefault(tuple(prefix), []).append(value)
    for prefix_values, values in groups.items():
        same = [column == value for column, value in zip(outer, prefix_values, strict=True)]
        for batch in batched(values, _BATCH, strict=False):
            query = select(table.c.id, *outer, last).where(*same, last.in_(batch), table.c.supersedes.is_(None))
            yield from (tuple(row) for row in connection.execute(query))


def _by_id(connection: Connection, table: Table, ids: Sequence[object]) -> dict[object, Values]:
    columns = [table.c[name] for name in ("id", *FIXED[table.name])]
    found: dict[object, Values] = {}
    for batch in batched(ids, _BATCH, strict=False):
        query = select(*columns).where(table.c.id.in_(batch))
        found.update((row["id"], dict(row)) for row in connection.execute(query).mappings())
    return found


def _successors(connection: Connection, table: Table, ids: Sequence[object]) -> dict[object, int]:
    found: dict[object, int] = {}
    for batch in batched(ids, _BATCH, strict=False):
        query = select(table.c.supersedes, table.c.id).where(table.c.supersedes.in_(batch))
        found.update((row.supersedes, row.id) for row in connection.execute(query))
    return found


def explain_refusal(table: Table, error: IntegrityError) -> StoreError:
    """Return the one-line error for a constraint or trigger that refused a row of the table."""
    said = " ".join(str(error.orig).split())
    for name, sentence in tables.RULES.items():
        if name in said.replace('"', " ").replace(":", " ").split():
            return StoreError(f"{table.name}: {sentence}; nothing was stored")
    lowered = said.lower()
    if "foreign key" in lowered:
        return Conflict(f"{table.name}: a row refers to one that does not exist; add that one first")
    if "unique" in lowered or "append-only" in lowered:
        return Conflict(f"{table.name}: a row with the same key is there already ({said}); nothing was stored")
    if "not null" in lowered or "not-null" in lowered:
        return StoreError(f"{table.name}: a value is missing ({said}); nothing was stored")
    return StoreError(f"{table.name}: {said}; nothing was stored")
