"""Inserting chained rows as the driver takes them, many at a time.

SQLAlchemy would look at each value of each row anew; what it does to a value goes by its column alone.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, Date, Dialect, Table

from db.encode import Encoded, names_of

type Bind = Callable[[Any], Any]
"""What the driver is given in place of a value."""

_DAYS = 20_000
"""Days of which it is kept how the driver is given them: those of fifty years."""
_BINDS: dict[tuple[str, Table], tuple[tuple[int, Bind], ...]] = {}


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[tuple[int, str, Encoded]], recorded_at: datetime
) -> None:
    """Insert rows with their numbers and hashes, all recorded at one instant; the errors are SQLAlchemy's."""
    dialect, names = connection.dialect, names_of(table)
    number, instant = names.index("id"), names.index("recorded_at")
    binds = _binds(dialect, table)
    recorded = dict(binds).get(instant, _as_it_is)(recorded_at)
    given = [(place, bind) for place, bind in binds if place != instant]
    ready: list[tuple[Any, ...]] = []
    for id_, hash_, row in rows:
        values: list[Any] = [*row.values, hash_]
        for place, bind in given:
            values[place] = bind(values[place])
        values[number], values[instant] = id_, recorded
        ready.append(tuple(values))
    connection.exec_driver_sql(_statement(dialect.name, table), ready)


def _binds(dialect: Dialect, table: Table) -> tuple[tuple[int, Bind], ...]:
    """Of the columns whose values are not given as they are, their places among `names_of` and what becomes of them."""
    known = _BINDS.get((dialect.name, table))
    if known is None:
        types = [table.c[name].type.dialect_impl(dialect) for name in names_of(table)]
        found = ((place, each, each.bind_processor(dialect)) for place, each in enumerate(types))
        known = _BINDS[dialect.name, table] = tuple(
            (place, lru_cache(_DAYS)(bind) if isinstance(each, Date) else bind)  # of many rows few days differ
            for place, each, bind in found
            if bind is not None
        )
    return known


def _as_it_is(value: Any) -> Any:
    return value


@cache
def _statement(dialect: str, table: Table) -> str:
    names = (*names_of(table), "hash")
    mark = "?" if dialect == "sqlite" else "%s"
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join([mark] * len(names))})"
