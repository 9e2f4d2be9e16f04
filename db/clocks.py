"""Clocks that were wrong: rows whose instants cannot be, and whether the next row's would be one of them.

The order of rows is never in doubt; only their instants are. A clock that was set back leaves rows whose `recorded_at`
lies before that of a row above them; one that runs ahead leaves rows of the future. Such rows stay what they are and
count: `db.when` says as of which instant.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Table, func, select, text

from db.tables import CHAINED, seals
from db.types import to_utc
from db.when import effective_instants

TOLERANCE = timedelta(minutes=2)
"""Clocks of two desks differ by less, and a writer takes the time before it waits for the lock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFault:
    """Rows next to each other in a table, all of which say they were recorded earlier, or later, than they can have
    been; by `off` at most: positive for a clock that was ahead."""

    table: str
    first: int
    last: int
    off: timedelta

    @property
    def rows(self) -> str:
        return f"row {self.first}" if self.first == self.last else f"rows {self.first} to {self.last}"


def read_clock_faults(connection: Connection, now: datetime) -> tuple[ClockFault, ...]:
    """Return the rows whose own instants lie before one above them, or ahead of `now`, table by table in order."""
    return tuple(fault for table in CHAINED if table is not seals for fault in _of_table(connection, table, now))


def _of_table(connection: Connection, table: Table, now: datetime) -> Iterator[ClockFault]:
    effective = effective_instants(table)
    query = select(table.c.id, table.c.recorded_at, effective.c.effective_at)
    query = query.join(effective, effective.c.id == table.c.id).order_by(table.c.id)
    wrong = (table.c.recorded_at < effective.c.effective_at) | (table.c.recorded_at > now + TOLERANCE)
    open_: ClockFault | None = None
    for id_, said, earliest in connection.execute(query.where(wrong)):
        off = _off(said, earliest, now)
        if off is None:
            continue
        if open_ is not None and id_ == open_.last + 1 and (off > timedelta(0)) == (open_.off > timedelta(0)):
            open_ = ClockFault(table=table.name, first=open_.first, last=id_, off=max(open_.off, off, key=abs))
            continue
        if open_ is not None:
            yield open_
        open_ = ClockFault(table=table.name, first=id_, last=id_, off=off)
    if open_ is not None:
        yield open_


def _off(said: datetime, earliest: datetime, now: datetime) -> timedelta | None:
    """By how much the clock was off; None where that is no more than clocks differ."""
    if said > now + TOLERANCE:
        return said - now
    return said - earliest if earliest - said > TOLERANCE else None


def has_row_ahead(connection: Connection, now: datetime) -> bool:
    """Whether some row says it was recorded later than now."""
    latest = connection.execute(select(func.max(seals.c.recorded_at))).scalar()
    return latest is not None and latest > now + TOLERANCE


def doubt(connection: Connection, now: datetime) -> str:
    """Return why an entry made now would have a doubtful instant, "" where it would not.

    The last row is the measure, and on PostgreSQL the server's clock, which all desks share.
    """
    last = connection.execute(select(seals.c.recorded_at).order_by(seals.c.id.desc()).limit(1)).scalar()
    if last is not None and last - now > TOLERANCE:
        was = f"before the last row was recorded ({_minute(last)})"
        return f"this clock says {_minute(now)}, {_length(last - now)} {was}"
    if connection.dialect.name == "postgresql":
        there = to_utc(connection.execute(text("SELECT clock_timestamp()")).scalar_one())
        if abs(there - now) > TOLERANCE:
            side = "ahead of" if now > there else "behind"
            return f"this clock says {_minute(now)}, {_length(abs(there - now))} {side} the server's ({_minute(there)})"
    return ""


def _minute(instant: datetime) -> str:
    return f"{to_utc(instant):%Y-%m-%d %H:%M} UTC"


def _length(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{round(minutes / 60)} hours" if minutes < 48 * 60 else f"{round(minutes / 1440)} days"
