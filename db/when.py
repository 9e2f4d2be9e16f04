"""The coordinate of time that every read has: as of a day, as recorded by an instant, or up to a position.

A row carries two times. `known_on` is the day from which it could be known in the world; `recorded_at` is the instant
at which this desk entered it, which may be years later. "As of D" asks what could be known by D. "As recorded by T"
asks moreover what the desk had entered by T: with both, a forecast can be made again from exactly what it was made of.
As nothing is updated or deleted, what is known later than D or recorded later than T changes nothing of such a read.

Clocks go wrong, positions do not: rows of a table are numbered in the order in which they were recorded. A row's
*effective instant* is the latest `recorded_at` at or before it in its table, so that a clock that was set back never
makes an entry look earlier than the row before it. "Recorded by T" therefore means: before the first row whose clock
said later than T. A run keeps the positions up to which it read, and its read can be made again whatever clocks did.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, FromClause, Subquery, Table, and_, func, or_, select, true

LAST = 2**31 - 1
"""The position beyond which a table holds nothing: its rows are numbered by integers of the databases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A point in both times: known by the end of the day `as_of`, recorded no later than `as_recorded`.

    `as_recorded` has a time zone; None asks for whatever is on file, whenever recorded. `positions` says the same by
    the number of the last row of each table, and then alone decides what had been recorded.
    """

    as_of: date
    as_recorded: datetime | None = None
    positions: Mapping[str, int] | None = field(default=None, hash=False)

    def __post_init__(self) -> None:
        if not isinstance(self.as_of, date):
            raise TypeError(f"as_of {self.as_of!r} is no day; give a datetime.date, such as date(2026, 11, 20)")

    def known(self, known_on: date | None) -> bool:
        """Return whether what is known from that day on could be known by then; None is known at every day."""
        return known_on is None or known_on <= self.as_of

    def recorded(self, effective_at: datetime) -> bool:
        """Return whether a row of that effective instant had been recorded by then."""
        return self.as_recorded is None or effective_at <= self.as_recorded

    def holds(self, known_on: date | None, effective_at: datetime) -> bool:
        """Return whether a row of that day and effective instant was known and recorded by then.

        A document without `known_on` is known from its `published_on`, which the caller then gives.
        """
        return self.known(known_on) and self.recorded(effective_at)


WHENEVER = When(as_of=date.max)
"""Whatever is on file, whenever it could be known and whenever it was recorded."""


def visible(table: FromClause, when: When) -> ColumnElement[bool]:
    """Return the condition that a row of a table of facts, or of an alias of one, was known and recorded by then.

    A row without `known_on` is known at every day; a document without it from its `published_on` on. A judgement is
    known with its document, which is the caller's to ask for.
    """
    columns = table.c
    known_on = func.coalesce(columns.known_on, columns.published_on) if "published_on" in columns else columns.known_on
    return and_(or_(known_on.is_(None), known_on <= when.as_of), recorded_by(table, when))


def recorded_by(table: FromClause, when: When) -> ColumnElement[bool]:
    """Return the condition that a row of any table with `recorded_at`, or of an alias, had been recorded by then."""
    if when.positions is not None:
        return table.c.id <= when.positions.get(_named(table).name, LAST)
    if when.as_recorded is None:
        return true()
    later = _named(table).alias()
    first_later = select(func.min(later.c.id)).where(later.c.recorded_at > when.as_recorded).scalar_subquery()
    return table.c.id < func.coalesce(first_later, LAST)


def position(connection: Connection, table: Table, when: When) -> int:
    """Return the number of the last row of a table that had been recorded by then; 0 where none had."""
    return connection.execute(select(func.max(table.c.id)).where(recorded_by(table, when))).scalar() or 0


def effective_instants(table: Table) -> Subquery:
    """Return a query of every row's `id` and effective instant, as `effective_at`."""
    latest = func.max(table.c.recorded_at).over(order_by=table.c.id)
    return select(table.c.id, latest.label("effective_at")).subquery()


def _named(table: FromClause) -> Table:
    found = getattr(table, "element", table)
    assert isinstance(found, Table)
    return found
