"""As of which day the last forecast should be by now: one rule for every command."""

from datetime import date

from sqlalchemy import Connection

from db.zone import read_zone
from forecast.cli.console import now
from forecast.errors import BadSettings
from forecast.schedule.settings import ScheduleSettings, read_settings
from forecast.schedule.slots import owed_as_of


def owed(connection: Connection) -> date:
    """The day by the settings in force, whether or not a service makes the runs."""
    try:
        schedule = read_settings().schedule
    except BadSettings:  # which `parley doctor` tells of
        schedule = ScheduleSettings()
    return owed_as_of(schedule, read_zone(connection), now())
