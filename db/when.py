"""The coordinate of time that every read has: as of a day, as recorded by an instant.

A row carries two times. `known_on` is the day from which it could be known in the world; `recorded_at` is the instant
at which this desk entered it, which may be years later. "As of D" asks what could be known by D. "As recorded by T"
asks moreover what the desk had entered by T: with both, a forecast can be made again from exactly what it was made of.
As nothing is updated or deleted, what is known later than D or recorded later than T changes nothing of such a read.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, FromClause, and_, func, or_, true


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A point in both times: known by the end of the day `as_of`, recorded no later than `as_recorded`.

    `as_recorded` has a time zone; None asks for whatever is on file, whenever recorded.
    """

    as_of: date
    as_recorded: datetime | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.as_of, date):
            raise TypeError(f"as_of {self.as_of!r} is no day; give a datetime.date, such as date(2026, 11, 20)")

    def known(self, known_on: date | None) -> bool:
        """Return whether what is known from that day on could be known by then; None is known at every day."""
        return known_on is None or known_on <= self.as_of

    def recorded(self, recorded_at: datetime) -> bool:
        """Return whether what was entered at that instant had been entered by then."""
        return self.as_recorded is None or recorded_at <= self.as_recorded

    def holds(self, known_on: date | None, recorded_at: datetime) -> bool:
        """Return whether a row of these two times was both known and recorded by then: `visible`, in Python.

        A document without `known_on` is known from its `published_on`, which the caller then gives.
        """
        return self.known(known_on) and self.recorded(recorded_at)


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
    """Return the condition that a row of any table with `recorded_at` had been recorded by then."""
    return true() if when.as_recorded is None else table.c.recorded_at <= when.as_recorded
