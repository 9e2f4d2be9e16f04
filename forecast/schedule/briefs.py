"""The brief by mail: when it is due, who has it, and handing it over.

That it is to go out is an alert like others, with a channel for each reader, so that each gets it once and is tried
again alone. The ledger names readers by their masked addresses.
"""

import os
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from db.append import append_alerts, append_delivery
from db.engine import Database
from db.read import read_case
from db.read_schedule import ScheduledValue, read_alerts, read_deliveries, read_scheduled_values
from db.run_rows import AlertRow, NewAlert, NewDelivery
from db.zone import Moment, read_zone
from forecast.brief.letter import Letter, as_message
from forecast.errors import ForecastError, NotSent
from forecast.facts.alerts import MOVEMENTS, BriefDue
from forecast.schedule.channels import Trial
from forecast.schedule.mail import send_message
from forecast.schedule.messages import alert_key
from forecast.schedule.settings import SMTP_PASSWORD, Email, Settings
from forecast.words.language import LANGUAGES
from forecast.words.masking import short_key
from forecast.words.numbers import minute

BRIEF = "brief"
"""The rule of alerts that are briefs."""
OLDEST = timedelta(days=7)
"""A forecast as of longer ago is not mailed any more: what it says is no news."""
KEPT = 4
"""Letters that are remembered, so that all readers get the same."""

type Compose = Callable[[Database, AlertRow, Settings, datetime], Letter]
_FAILURES = (ForecastError, ArithmeticError, LookupError, OSError, RuntimeError, TypeError, ValueError)
"""What may keep a brief from being written; it must not keep alerts from going out."""


def no_letters(database: Database, alert: AlertRow, settings: Settings, now: datetime) -> Letter:
    raise NotSent("this process writes no briefs; `parley schedule run` does")


def due_brief(connection: Connection, case_id: str, settings: Settings, now: datetime) -> NewAlert | None:
    """The brief that is to go out now, of the newest scheduled forecast; None where none is, or it is on record."""
    if settings.mail.brief == "never" or not settings.readers:
        return None
    case, horizon = read_case(connection, case_id), settings.alerts.horizon_days
    values = read_scheduled_values(connection, case_id, case.headline, horizon)
    today = Moment(instant=now, zone=read_zone(connection)).today
    if not values or today - values[-1].as_of > OLDEST:
        return None
    newest = values[-1]
    mailed = [alert for alert in read_alerts(connection, case_id, rules=(BRIEF,)) if "report" not in alert.facts]
    subject = _occasion(connection, case_id, settings.mail.brief, newest)
    if subject is None or any(alert.subject == subject or alert.run_id == newest.run_id for alert in mailed):
        return None
    before = next((alert.run_id for alert in mailed if str(alert.facts["as_of"]) < newest.as_of.isoformat()), None)
    due = BriefDue(case.headline, horizon, newest.mean, newest.as_of, newest.run_id)
    title, *lines = LANGUAGES[settings.alerts.language].alerts.brief_due(due)
    facts = {"as_of": newest.as_of.isoformat(), "language": settings.mail.language, "since_run_id": before}
    facts |= {"short": True} if settings.mail.short else {}
    return NewAlert(
        case_id=case_id,
        rule=BRIEF,
        subject=subject,
        run_id=newest.run_id,
        title=title,
        body="\n".join(lines),
        facts=facts,
        channels=tuple(settings.readers),
    )


def _occasion(connection: Connection, case_id: str, how_often: str, newest: ScheduledValue) -> str | None:
    """What a brief is named by, so that there is one of each; None where there is no occasion."""
    if how_often == "daily":
        return f"day {newest.as_of}"
    if how_often == "weekly":
        year, week, _ = _scheduled_for(newest).isocalendar()
        return f"week {year}-W{week:02}"
    moved = read_alerts(connection, case_id, rules=MOVEMENTS)
    return f"run {newest.run_id}" if any(alert.run_id == newest.run_id for alert in moved) else None


def _scheduled_for(value: ScheduledValue) -> date:
    """The run of a day is as of the one before."""
    return value.as_of + timedelta(days=1)


class Letters:
    """Letters for alerts that are briefs, each written once in the life of a process."""

    def __init__(self, compose: Compose) -> None:
        self._compose = compose
        self._made: dict[int, Letter] = {}

    def send(self, channel: str, database: Database, settings: Settings, alert: AlertRow, now: datetime) -> str:
        """Hand a brief over for the reader of a channel. Raises NotSent."""
        email, reader = settings.alerts.email, settings.readers.get(channel)
        if email is None or reader is None:
            raise NotSent("the reader is no longer in the settings; add the address to [mail] to")
        letter = self._letter(database, settings, alert, now)
        return _hand_over(email, letter, reader, alert_key(alert), now)

    def _letter(self, database: Database, settings: Settings, alert: AlertRow, now: datetime) -> Letter:
        if alert.id not in self._made:
            try:
                made = self._compose(database, alert, settings, now)
            except NotSent:
                raise
            except _FAILURES as error:
                raise NotSent(f"the brief could not be written ({' '.join(str(error).split())})") from error
            self._made = dict([*self._made.items(), (alert.id, made)][-KEPT:])
        return self._made[alert.id]


def _hand_over(email: Email, letter: Letter, reader: str, key: str, now: datetime) -> str:
    message = as_message(letter, sender=email.sender, to=reader, key=key, now=now)
    return send_message(email, os.environ.get(SMTP_PASSWORD, ""), message)


def mail_now(
    database: Database, email: Email, letter: Letter, readers: Sequence[str], now: datetime, *, language: str = "en"
) -> tuple[Trial, ...]:
    """Mail a brief at once to those who do not have it, and enter what became of it; nobody is tried again.

    A brief is the same as long as its report has the same number, language and length. One that is not recorded goes
    to all, and is not entered. `language` is that of the alert that it is entered as.
    """
    channels = {f"mail {short_key(reader)}": reader for reader in readers}
    before = _mailed(database, letter)
    had = _who_has(database, before)
    tried = {
        channel: _try(channel, email, letter, reader, now) for channel, reader in channels.items() if channel not in had
    }
    if tried and letter.number is not None:
        title = LANGUAGES[language].alerts.brief_mailed(letter.number)
        _enter(database, letter, title, tuple(tried.values()), len(before) + 1, now)
    return tuple(tried.get(channel) or Trial(channel, "sent", had[channel]) for channel in channels)


def _mailed(database: Database, letter: Letter) -> tuple[AlertRow, ...]:
    """The times that this brief was mailed by hand."""
    if letter.number is None:
        return ()
    with database.read() as connection:
        alerts = read_alerts(connection, letter.case_id, rules=(BRIEF,))
    this = {"short": False, **_told(letter)}
    return tuple(alert for alert in alerts if {name: alert.facts.get(name, False) for name in this} == this)


def _told(letter: Letter) -> dict[str, object]:
    """Which form of which report a mail is; the long form is that of mails which say nothing of it."""
    short = {"short": True} if letter.short else {}
    return {"report": letter.number, "language": letter.language, **short}


def _who_has(database: Database, mailed: Sequence[AlertRow]) -> dict[str, str]:
    """Channels by which it was sent, and since when in words."""
    with database.read() as connection:
        rows = read_deliveries(connection, [alert.id for alert in mailed])
    return {row.channel: f"already at {minute(row.recorded_at)}" for row in rows if row.outcome == "sent"}


def _try(channel: str, email: Email, letter: Letter, reader: str, now: datetime) -> Trial:
    try:
        return Trial(channel, "sent", _hand_over(email, letter, reader, letter.key, now))
    except NotSent as error:
        return Trial(channel, "failed", str(error))


def _enter(database: Database, letter: Letter, title: str, tried: Sequence[Trial], time: int, now: datetime) -> None:
    again = f", {time}" if time > 1 else ""
    alert = NewAlert(
        case_id=letter.case_id,
        rule=BRIEF,
        subject=f"report {letter.number} {letter.language}{' short' if letter.short else ''}{again}",
        run_id=letter.run_id,
        title=title,
        body=letter.lead,
        facts=_told(letter),
        channels=tuple(one.channel for one in tried),
    )
    with database.write() as connection:
        (alert_id,) = append_alerts(connection, [alert], now)
        for one in tried:
            outcome = "sent" if one.outcome == "sent" else "abandoned"
            append_delivery(connection, NewDelivery(alert_id, one.channel, outcome, one.error), now)
