"""The time; who needs another clock hands it in."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import available_timezones

import tzlocal

from db.engine import Database
from db.zone import Moment, read_zone

type Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """This instant."""
    return datetime.now(UTC)


def moment_of(database: Database, clock: Clock = utc_now) -> Moment:
    """This instant in the time zone of the database, which says what day it is there."""
    with database.read() as connection:
        return Moment(instant=clock(), zone=read_zone(connection))


def system_zone() -> str:
    """The name of the time zone of this system; UTC where it has none by name."""
    try:
        name = tzlocal.get_localzone_name()
    except (OSError, LookupError, ValueError):  # TZ names what is no zone, or the system has none
        return "UTC"
    return name if name in available_timezones() and name != "Etc/UTC" else "UTC"
