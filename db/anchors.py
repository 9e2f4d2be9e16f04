"""Heads of the record: what to keep outside, and whether a database still continues from one that was kept.

A head is the hash of a seal, and thereby of all seals before it, each with the end of a table's chain. Whoever can
write to the database can make all hashes anew; they cannot change a head on paper or in somebody's mail.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from db.chain import Finding
from db.errors import StoreError
from db.tables import reports, seals

SHORTEST = 16
"""Hexadecimal digits of a head that say which: 64 bits."""


@dataclass(frozen=True, slots=True)
class Head:
    """The state of the record after one append."""

    hash: str
    seal: int
    """Number of the row in `seals` that has this hash."""
    recorded_at: datetime
    """Of that append, by the clock of the machine that made it."""

    @property
    def short(self) -> str:
        return self.hash[:SHORTEST]


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuation:
    """Whether a database has the state of a head within it, and only rows added since."""

    asked: str
    head: Head | None
    """None where no state of this database had that head."""
    rows: int
    """Up to the head."""
    rows_since: int
    broken: tuple[Finding, ...]
    """What is wrong with rows up to the head."""

    @property
    def continues(self) -> bool:
        return self.head is not None and not self.broken


def read_head(connection: Connection) -> Head | None:
    """Return the head of all that is stored, read from its last seal alone; None where nothing is."""
    return _first(connection, _heads().order_by(seals.c.id.desc()).limit(1))


def head_of_report(connection: Connection, number: int) -> Head | None:
    """Return the head just before the brief of this number was recorded, by its first form; now, where it is not yet.

    So all forms of a brief, which share a number, have one head.
    """
    at = select(func.max(seals.c.id)).where(seals.c.table_name == reports.name, seals.c.last_id == number)
    sealed = connection.execute(at).scalar()
    if sealed is None:
        return read_head(connection)
    return _first(connection, _heads().where(seals.c.id < sealed).order_by(seals.c.id.desc()).limit(1))


def find_head(connection: Connection, digits: str) -> Head | None:
    """Return the state whose head has these first digits, lower case; None if there was none.

    Raises StoreError where there were several.
    """
    query = _heads().where(seals.c.hash.startswith(digits, autoescape=True)).limit(2)
    if len(connection.execute(query).all()) > 1:
        raise StoreError(f"{digits} begins more than one head of this database; give more of its 64 digits")
    return _first(connection, query)


def read_ends(connection: Connection, head: Head) -> dict[str, int]:
    """Return the last row of each table as of a head."""
    query = select(seals.c.table_name, func.max(seals.c.last_id)).where(seals.c.id <= head.seal)
    ends = {row[0]: row[1] for row in connection.execute(query.group_by(seals.c.table_name))}
    return ends | {seals.name: head.seal}


def count_up_to(connection: Connection, head: Head) -> int:
    """Return how many rows a head stands for; rows are numbered without gaps, so that none is counted."""
    return sum(read_ends(connection, head).values())


def continue_from(connection: Connection, digits: str, found: Iterable[Finding]) -> Continuation:
    """Return whether the database continues from the head with these digits, given all that is wrong with its chain."""
    head, newest = find_head(connection, digits), read_head(connection)
    if head is None or newest is None:
        return Continuation(asked=digits, head=None, rows=0, rows_since=0, broken=())
    ends = read_ends(connection, head)
    rows = sum(ends.values())
    return Continuation(
        asked=digits,
        head=head,
        rows=rows,
        rows_since=count_up_to(connection, newest) - rows,
        broken=tuple(finding for finding in found if _concerns(finding, ends)),
    )


def _concerns(finding: Finding, ends: Mapping[str, int]) -> bool:
    """Whether it may be of rows up to these: an absent trigger has changed none; what names no row may be of any."""
    if finding.what.startswith("trigger"):
        return False
    return finding.row_id is None or finding.row_id <= ends.get(finding.table, 0)


def _first(connection: Connection, query: Select[*tuple[Any, ...]]) -> Head | None:
    row = connection.execute(query).first()
    return Head(hash=row.hash, seal=row.id, recorded_at=row.recorded_at) if row else None


def _heads() -> Select[*tuple[Any, ...]]:
    return select(seals.c.hash, seals.c.id, seals.c.recorded_at)
