"""The time zone of the database: which day it is there, and which days have begun anywhere on earth.

Instants are UTC, days are somebody's. A database has one time zone, so that two analysts mean the same day by "today";
it is a row like any other, and changes from the row on. Databases without one are in UTC.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import Connection, select

from db.errors import StoreError
from db.tables import zones

DEFAULT = ZoneInfo("UTC")
_FIRST = timedelta(hours=14)
"""How far the clocks of the easternmost zone are ahead of UTC (Pacific/Kiritimati)."""
_OFFSET = re.compile(r"(?:UTC|GMT)? ?([+-])([0-9]{1,2})(?::?([0-9]{2}))?")
_BY_OFFSET = {
    (0, 0): ("UTC",),
    (1, 0): ("Europe/Vienna", "Europe/Paris"),
    (3, 0): ("Europe/Moscow",),
    (5, 30): ("Asia/Kolkata",),
    (8, 0): ("Asia/Shanghai", "Asia/Singapore"),
    (9, 0): ("Asia/Seoul", "Asia/Tokyo"),
    (-4, 0): ("America/New_York",),
    (-5, 0): ("America/New_York",),
    (-8, 0): ("America/Los_Angeles",),
}
"""Zones of a standing offset where this program is used; of several, none is picked."""
_ABBREVIATIONS = {
    "JST": ("Asia/Tokyo",),
    "KST": ("Asia/Seoul",),
    "PYT": ("Asia/Pyongyang",),
    "CST": ("Asia/Shanghai", "America/Chicago"),
    "MSK": ("Europe/Moscow",),
    "IST": ("Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"),
    **dict.fromkeys(("ET", "EDT"), ("America/New_York",)),
    **dict.fromkeys(("PT", "PST", "PDT"), ("America/Los_Angeles",)),
    **dict.fromkeys(("CEST",), ("Europe/Vienna", "Europe/Paris")),
    **dict.fromkeys(("BST",), ("Europe/London",)),
    **dict.fromkeys(("Z", "ZULU"), ("UTC",)),
    **dict.fromkeys(("日本時間", "日本標準時", "東京"), ("Asia/Tokyo",)),
    **dict.fromkeys(("韓国時間", "한국시간", "한국 시간", "서울"), ("Asia/Seoul",)),
}
"""What people write for a zone, in capitals."""


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
    """Return the time zone of that name; StoreError, with those that may be meant, if this system knows none."""
    if name not in _available():
        meant = " or ".join(repr(each) for each in zones_meant(name) if each in _available())
        right = f"did you mean {meant}?" if meant else "use a name such as Asia/Tokyo, or UTC"
        raise StoreError(f"time zone {name!r} is not known here; {right}")
    return ZoneInfo(name)


@cache
def _available() -> frozenset[str]:
    return frozenset(available_timezones())


def zones_meant(said: str) -> tuple[str, ...]:
    """The time zones that somebody may mean by an abbreviation, an offset such as UTC+9, or a city."""
    folded = " ".join(said.replace("\u2212", "-").split()).upper()
    if found := _OFFSET.fullmatch(folded):
        hours, minutes = int(found[2]), int(found[3] or 0)
        return _BY_OFFSET.get((hours if found[1] == "+" else -hours, minutes), ())
    if folded in _ABBREVIATIONS:
        return _ABBREVIATIONS[folded]
    place = folded.replace(" ", "_")
    return tuple(sorted(each for each in _available() if place in (each.upper(), each.upper().split("/")[-1])))
