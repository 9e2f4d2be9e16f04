"""The time zone of the database: which day it is there, and which days have begun anywhere on earth.

Instants are UTC, days are somebody's. A database has one time zone, so that two analysts mean the same day by "today";
it is a row like any other, and changes from the row on. Databases without one are in UTC.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import Connection, select

from db.errors import StoreError
from db.tables import zones

DEFAULT = ZoneInfo("UTC")
_FIRST = timedelta(hours=14)
"""How far the clocks of the easternmost zone are ahead of UTC (Pacific/Kiritimati)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant, and the zone in which it is read."""

    instant: datetime
    zone: ZoneInfo = DEFAULT

    @property
    def today(self) -> date:
        """The day it is in the zone."""
        return self.instant.astimezone(self.zone).date()

    @property
    def latest(self) -> date:
        """The latest day that has begun somewhere on earth."""
        return (self.instant.astimezone(UTC) + _FIRST).date()

    def __str__(self) -> str:
        """Both clocks: the zone's, and UTC's where that is another."""
        there, utc = self.instant.astimezone(self.zone), self.instant.astimezone(UTC)
        if there.utcoffset() == timedelta(0):
            return f"{utc:%Y-%m-%d %H:%M} UTC"
        return f"{there:%Y-%m-%d %H:%M} in {self.zone}, {utc:%Y-%m-%d %H:%M} UTC"


def read_zone(connection: Connection) -> ZoneInfo:
    """Return the time zone of the database: the last one set, UTC where none was."""
    name = connection.execute(select(zones.c.zone).order_by(zones.c.id.desc()).limit(1)).scalar()
    return DEFAULT if name is None else zone_named(name)


def has_zone(connection: Connection) -> bool:
    """Whether a time zone was ever set."""
    return connection.execute(select(zones.c.id).limit(1)).first() is not None


def zone_named(name: str) -> ZoneInfo:
    """Return the time zone of that name; StoreError if this system knows none."""
    if name not in available_timezones():
        raise StoreError(f"time zone {name!r} is not known here; use a name such as Asia/Tokyo, or UTC")
    return ZoneInfo(name)
