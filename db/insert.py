"""Inserting chained rows as the driver takes them, many at a time.

SQLAlchemy would look at each value of each row anew; what it does to a value goes by its column alone.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table

from db.encode import Encoded, names_of

type Bind = Callable[[Any], Any]
"""What the driver is given in place of a value."""

_BINDS: dict[tuple[str, Table], tuple[tuple[int, Bind], ...]] = {}


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[tuple[int, str, Encoded]], recorded_at: datetime
) -> None:
    """Insert rows with their numbers and hashes, all recorded at one instant; the errors are SQLAlchemy's."""
    dialect, names = connection.dialect, names_of(table)
    number, instant = names.index("id"), names.index("recorded_at")
    binds = _binds(dialect, table)
    ready: list[tuple[Any, ...]] = []
    for id_, hash_, row in rows:
        values: list[Any] = [*row.values, hash_]
        values[number], values[instant] = id_, recorded_at
        for place, bind in binds:
            values[place] = bind(values[place])
        ready.append(tuple(values))
    connection.exec_driver_sql(_statement(dialect.name, table), ready)


def _binds(dialect: Dialect, table: Table) -> tuple[tuple[int, Bind], ...]:
    """Of the columns whose values are not given as they are, their places among `names_of` and what becomes of them."""
    known = _BINDS.get((dialect.name, table))
    if known is None:
        types = [table.c[name].type.dialect_impl(dialect) for name in names_of(table)]
        found = ((place, each.bind_processor(dialect)) for place, each in enumerate(types))
        known = _BINDS[dialect.name, table] = tuple((place, bind) for place, bind in found if bind is not None)
    return known


@cache
def _statement(dialect: str, table: Table) -> str:
    names = (*names_of(table), "hash")
    mark = "?" if dialect == "sqlite" else "%s"
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join([mark] * len(names))})"
