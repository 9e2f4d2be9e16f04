"""Which day's runs are due: from the calendar and the ledger alone, whatever a job store remembers or a clock did."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from db.kinds import BACKFILL, OFFICIAL
from db.read_schedule import first_recorded, read_days
from db.zone import DEFAULT
from forecast.schedule.settings import ScheduleSettings

RETRY_FIRST, RETRY_LAST = timedelta(minutes=1), timedelta(days=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Slot:
    """The run of one day: the forecast as of the day before, from what was recorded by the scheduled instant."""

    day: date
    at: datetime
    """UTC."""
    kind: str
    """official, or backfill for a day that is over."""
    shift: timedelta = timedelta(0)
    """From `day` to the day it then is at the database, whose time zone may be another."""

    @property
    def as_of(self) -> date:
        """The day before the one it then is at the database: the last that is over there."""
        return self.day + self.shift - _DAY


@dataclass(frozen=True, slots=True)
class Calendar:
    """A time of day in a time zone: one instant for each day, whatever the clocks do there."""

    at: time
    zone: ZoneInfo
    days: ZoneInfo = DEFAULT
    """The time zone of the database, whose days the as-of dates are; `zone` gives clock times only."""

    def slot(self, day: date, kind: str) -> Slot:
        """The run of a day."""
        at = self.instant(day)
        return Slot(day, at, kind, at.astimezone(self.days).date() - day)

    def as_of(self, day: date) -> date:
        """What day the run of a day is as of."""
        return self.slot(day, OFFICIAL).as_of

    def instant(self, day: date) -> datetime:
        """When the run of a day is scheduled, UTC: of an hour that comes twice the first, and of one that is left out
        as many minutes later."""
        return datetime.combine(day, self.at, self.zone).astimezone(UTC)

    def newest_due(self, now: datetime) -> date:
        """The latest day whose instant has come."""
        day = now.astimezone(self.zone).date()
        return day if self.instant(day) <= now else day - _DAY

    def next_due(self, now: datetime) -> tuple[date, datetime]:
        """The first day whose instant is still to come, and that instant."""
        day = self.newest_due(now) + _DAY
        return day, self.instant(day)

    def lag_days(self, now: datetime) -> int:
        """By how many UTC days the next run's instant comes after its as-of date."""
        day, at = self.next_due(now)
        return (at.date() - self.as_of(day)).days


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is on record of each scheduled day."""

    loaded_at: datetime | None
    """When the case came into the database: earlier days had nothing to forecast from."""
    first: date | None
    """The first day a run was ever tried for."""
    done: frozenset[date]
    """Published, rejected or skipped."""
    failures: Mapping[date, tuple[int, datetime]]
    """Of days that are not: how often the run failed, and when last."""


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be made now, oldest first, what waits for its next try, and what is too long ago."""

    slots: tuple[Slot, ...] = ()
    waiting: tuple[Slot, ...] = ()
    lapsed: tuple[Slot, ...] = ()


def calendar_of(settings: ScheduleSettings, days: ZoneInfo = DEFAULT) -> Calendar:
    """When the runs are due; `days` is the time zone of the database."""
    return Calendar(settings.at, settings.time_zone, days)


def owed_as_of(settings: ScheduleSettings, days: ZoneInfo, now: datetime) -> date:
    """As of which day the last forecast should be by now, scheduled or not: an older one is stale."""
    calendar = calendar_of(settings, days)
    return calendar.as_of(calendar.newest_due(now - timedelta(hours=settings.stale_after_hours)))


def read_ledger(connection: Connection, case_id: str) -> Ledger:
    """What is on record of the scheduled runs of a case."""
    days = read_days(connection, case_id)
    done = frozenset(day for day, outcome, _ in days if outcome != "failed")
    failures: dict[date, tuple[int, datetime]] = {}
    for day, _, ended_at in days:
        if day not in done:
            failures[day] = failures.get(day, (0,))[0] + 1, ended_at
    first = min((day for day, _, _ in days), default=None)
    return Ledger(first_recorded(connection, case_id), first, done, failures)


def find_due(ledger: Ledger, calendar: Calendar, now: datetime, *, catch_up_days: int, eager: bool = False) -> Due:
    """Every day up to the newest whose instant has come, from the first ever tried on, that has no run yet.

    Where none was ever tried, the newest alone. A day whose run failed is tried again after a minute, then after
    twice as long each time, up to a day; `eager` tries it at once.
    """
    newest = calendar.newest_due(now)
    slots, waiting, lapsed = [], [], []
    for day in _days(ledger.first or newest, newest):
        slot = calendar.slot(day, OFFICIAL if day == newest else BACKFILL)
        if day in ledger.done or ledger.loaded_at is None or slot.at < ledger.loaded_at:
            continue
        if (newest - day).days >= catch_up_days:
            lapsed.append(slot)
        elif eager or _is_ripe(ledger.failures.get(day), now):
            slots.append(slot)
        else:
            waiting.append(slot)
    return Due(tuple(slots), tuple(waiting), tuple(lapsed))


def find_next(ledger: Ledger, calendar: Calendar, now: datetime) -> tuple[date, datetime]:
    """The next day that is to come and has no run, and its instant: after a change of the time of day the next day that
    comes may have its run already."""
    day, _ = calendar.next_due(now)
    while day in ledger.done:
        day += _DAY
    return day, calendar.instant(day)


def retry_at(failures: int, last: datetime) -> datetime:
    """When a run that has failed so often is tried again."""
    doublings = min(failures - 1, 20)
    return last + min(RETRY_FIRST * (1 << doublings), RETRY_LAST)


def why_skipped(days: int) -> str:
    """Why a day that lies so far back is entered as skipped."""
    return f"more than {days} days back, the most that is caught up"


def read_skipped(error: str) -> int | None:
    """How many days back were caught up when a day was skipped; None where that was not why."""
    found = re.fullmatch(re.escape(why_skipped(0)).replace("0", r"(\d+)", 1), error)
    return int(found[1]) if found else None


def _is_ripe(failed: tuple[int, datetime] | None, now: datetime) -> bool:
    """A failure of the future is of a clock that has been set back, and says nothing about how long ago it was."""
    return failed is None or now >= retry_at(*failed) or now < failed[1]


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(n) for n in range((last - first).days + 1))
