"""Writing the brief that an alert is of. Apart from the delivery, for with pictures it takes seconds to import."""

from datetime import datetime

from db.engine import Database
from db.run_rows import AlertRow
from db.zone import read_zone
from forecast.brief.letter import Letter
from forecast.brief.mail import write_letter
from forecast.schedule.settings import Settings
from forecast.schedule.slots import owed_as_of


def compose_letter(database: Database, alert: AlertRow, settings: Settings, now: datetime) -> Letter:
    """The brief of the alert's run, compared with that of the mail before it.

    Raises what `forecast.brief.mail.write_letter` does.
    """
    with database.read() as connection:
        owed = owed_as_of(settings.schedule, read_zone(connection), now)
    before = alert.facts.get("since_run_id")
    return write_letter(
        database,
        now,
        language=str(alert.facts["language"]),
        short=alert.facts.get("short") is True,
        run_id=alert.run_id,
        since=before if isinstance(before, int) else None,
        case_id=alert.case_id,
        owed=owed,
    )
