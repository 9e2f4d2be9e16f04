"""Whether clocks and days agree: instants of rows, this machine's clock, the zones of database and schedule."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from db.clocks import ClockFault, read_clock_faults
from db.zone import Moment, read_zone
from forecast.doctor.finding import NOTICE, PROBLEM, Finding, Found, Opened
from forecast.errors import BadSettings
from forecast.schedule.settings import read_settings

SHOWN = 5
"""Stretches of rows that are named; of more only the number is told."""
_DAY = timedelta(days=1)


def check_clock(opened: Opened) -> Found:
    """No row is of the future, and none says that it came before the row above it."""
    faults = read_clock_faults(opened.connection, opened.now)
    here = Moment(instant=opened.now, zone=read_zone(opened.connection))
    if ahead := [fault for fault in faults if fault.off > timedelta(0)]:
        far = max(fault.off for fault in ahead)
        what = f"it is {here}, but {_rows(ahead)} are dated up to {_length(far)} later: a clock is or was wrong"
        yield Finding("clock", PROBLEM, what, "check the clock of this machine")
    if behind := [fault for fault in faults if fault.off < timedelta(0)]:
        far = max(-fault.off for fault in behind)
        what = f"{_rows(behind)} are dated up to {_length(far)} before the rows above them: a clock was set back"
        run = "nothing is lost: rows count in the order they were stored; keep this machine's clock right"
        yield Finding("clock", NOTICE, what, run)


def _rows(faults: Sequence[ClockFault]) -> str:
    named = [f"{fault.table} {fault.rows}" for fault in faults[:SHOWN]]
    more = len(faults) - SHOWN
    return ", ".join([*named, *([f"and {more} more ranges"] if more > 0 else [])])


def _length(span: timedelta) -> str:
    if span >= 2 * _DAY:
        return f"{span.days} days"
    minutes = round(span.total_seconds() / 60)
    return f"{minutes} minutes" if minutes < 120 else f"{round(minutes / 60)} hours"


def check_zone(opened: Opened) -> Found:
    """The days of the database are those of the zone in which the daily runs are timed."""
    with suppress(BadSettings):  # which is a finding of its own
        days, times = read_zone(opened.connection), read_settings().schedule.time_zone
        noon = Moment(instant=opened.now, zone=days).instant
        if noon.astimezone(days).utcoffset() != noon.astimezone(times).utcoffset():
            what = f"the schedule gives times of day in {times}, but the database counts days in {days}"
            run = f'set time_zone = "{days}" under [schedule] in the settings, or run `parley init --zone {times}`'
            yield Finding("zone", NOTICE, what, run)
