"""Whether the clocks agree: that of this machine with the instants of what is stored."""

from datetime import timedelta

from sqlalchemy import func, select

from db.tables import CHAINED
from forecast.doctor.finding import PROBLEM, Finding, Found, Opened
from forecast.words.numbers import minute

CLOCK_AHEAD = timedelta(minutes=1)


def check_clock(opened: Opened) -> Found:
    """No row is of the future."""
    latest, name = opened.now, ""
    for table in CHAINED:
        newest = opened.connection.execute(select(func.max(table.c.recorded_at))).scalar()
        if newest and newest > latest:
            latest, name = newest, table.name
    if latest - opened.now > CLOCK_AHEAD:
        what = f"it is {minute(opened.now)} here, but a row of {name} was recorded at {minute(latest)}"
        yield Finding("clock", PROBLEM, what, "check the clock of this machine")
