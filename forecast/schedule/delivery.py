"""Delivering alerts: what has not been sent is tried, each channel by itself, until it is or a week has passed.

What was tried stands in the table `deliveries`, and when the next try is due follows from there. An alert is sent once,
unless the program dies between the sending and its record: then once more, with the same id. What its receiver will
never take, and what may have arrived although nobody said so, is given up at once, in words.
"""

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from math import ceil
from threading import Event
from time import monotonic
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError

from db.append import append_delivery
from db.engine import Database
from db.errors import Conflict, StoreError
from db.read_schedule import read_deliveries, read_undelivered
from db.run_rows import AlertRow, DeliveryRow, NewDelivery
from db.types import to_utc
from forecast.errors import NotSent, NotTaken, PerhapsSent
from forecast.schedule.briefs import BRIEF, Compose, Letters, no_letters
from forecast.schedule.channels import send
from forecast.schedule.settings import Settings
from forecast.schedule.webhook import LONGEST_S
from forecast.words.masking import masked

SENT, FAILED, ABANDONED = "sent", "failed", "abandoned"
RETRY_FIRST, RETRY_LAST = timedelta(seconds=30), timedelta(hours=1)
KEPT = timedelta(days=7)
"""For how long it is tried to send an alert."""
LOOK_S = 15.0
"""How often it is looked for what is to be sent."""
WAKE_S = 0.5
"""How soon it is noticed that the thread is to end."""
_NOT_BEFORE = re.compile(r"; not before (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC, as it asks$")
"""How the record of a try ends whose receiver asked to be left alone for a while."""

logger = logging.getLogger("parley.schedule")

type Owed = list[tuple[NewDelivery, datetime]]
"""Tries that were made, and that the database would not take yet, with their instants."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An alert to be sent by a channel, and the tries so far."""

    alert: AlertRow
    channel: str
    tries: tuple[DeliveryRow, ...]


def always() -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round of deliveries goes by."""

    database: Database
    settings: Settings
    clock: Callable[[], datetime]
    may_send: Callable[[], bool]
    owed: Owed
    letters: Letters


def deliver(
    database: Database,
    case_id: str,
    settings: Settings,
    clock: Callable[[], datetime],
    *,
    may_send: Callable[[], bool] = always,
    owed: Owed | None = None,
    letters: Letters | None = None,
) -> int:
    """Send every alert that is due, and give up those too old; return how many were sent.

    A channel that fails is left alone until the next call, so that it does not hold up the others. No transaction is
    open while a server is talked to.

    Parameters
    ----------
    may_send
        asked before each try: whether this process still is the one to send
    owed
        kept from one call to the next, so that what was sent is not sent again where only its record failed
    letters
        that go out with briefs, kept from one call to the next; without them no brief goes out

    Raises
    ------
    db.errors.StoreError
        if the database cannot be read or written; what was tried is then in `owed`
    """
    owed = [] if owed is None else owed
    _settle(database, owed)
    deliveries = read_pending(database, case_id)
    for delivery in deliveries:
        if is_too_old(delivery, clock()):
            _record(database, owed, _abandoned(delivery), clock())
    if is_quiet(settings.alerts.quiet, settings.schedule.time_zone, clock()):
        return 0
    round_ = Round(
        database=database,
        settings=settings,
        clock=clock,
        may_send=may_send,
        owed=owed,
        letters=letters or Letters(no_letters),
    )
    return sum(
        _send_all([delivery for delivery in deliveries if delivery.channel == channel], round_)
        for channel in (*settings.alerts.channels, *settings.readers)
    )


def read_pending(database: Database, case_id: str) -> tuple[Delivery, ...]:
    """What has neither been sent nor given up, the oldest alert first."""
    with database.read() as connection:
        alerts = read_undelivered(connection, case_id)
        rows = read_deliveries(connection, [alert.id for alert in alerts])
    tries: dict[tuple[int, str], list[DeliveryRow]] = {}
    for row in rows:
        tries.setdefault((row.alert_id, row.channel), []).append(row)
    deliveries = (
        Delivery(alert, channel, tuple(tries.get((alert.id, channel), ())))
        for alert in alerts
        for channel in alert.channels
    )
    return tuple(delivery for delivery in deliveries if all(row.outcome == FAILED for row in delivery.tries))


def is_quiet(quiet: tuple[time, time] | None, zone: ZoneInfo, now: datetime) -> bool:
    """Whether nothing is to be sent at this hour; the hours may span midnight, and their end is not among them."""
    if quiet is None:
        return False
    first, last = quiet
    hour = now.astimezone(zone).time()
    return first <= hour < last if first <= last else hour >= first or hour < last


def is_too_old(delivery: Delivery, now: datetime) -> bool:
    return now - delivery.alert.recorded_at >= KEPT


def next_try(delivery: Delivery) -> datetime | None:
    """When a delivery that has failed is tried again: after 30 s, then twice as long each time, up to an hour."""
    if not delivery.tries:
        return None
    doublings = min(len(delivery.tries) - 1, 20)
    return delivery.tries[-1].recorded_at + min(RETRY_FIRST * (1 << doublings), RETRY_LAST)


def is_due(delivery: Delivery, now: datetime) -> bool:
    """A try of the future is of a clock that has been set back, and says nothing about how long ago it was."""
    again = next_try(delivery)
    return not is_too_old(delivery, now) and (again is None or now >= again or now < delivery.tries[-1].recorded_at)


def is_held(deliveries: Sequence[Delivery], now: datetime) -> bool:
    """Whether the receiver of a channel has asked to be left alone until later, whatever the message."""
    last = [delivery.tries[-1] for delivery in deliveries if delivery.tries]
    return any(row.recorded_at <= now < _not_before(row) for row in last)


def _not_before(row: DeliveryRow) -> datetime:
    asked = _NOT_BEFORE.search(row.error)
    if asked is None:
        return row.recorded_at
    until = datetime.fromisoformat(asked[1]).replace(tzinfo=UTC)
    return min(until, row.recorded_at + timedelta(seconds=LONGEST_S))


def _send_all(deliveries: Sequence[Delivery], round_: Round) -> int:
    """Send what is due by one channel, up to the first failure; how many were sent."""
    sent = 0
    if is_held(deliveries, round_.clock()):
        return sent
    for delivery in deliveries:
        if not is_due(delivery, round_.clock()):
            continue
        if not round_.may_send():
            break
        tried = _try(delivery, round_)
        _record(round_.database, round_.owed, tried, round_.clock())
        if tried.outcome != SENT:
            break
        sent += 1
    return sent


def _try(delivery: Delivery, round_: Round) -> NewDelivery:
    named = {"alert": delivery.alert.id, "rule": delivery.alert.rule, "channel": delivery.channel}
    now = round_.clock()
    try:
        remark = _send(delivery, round_, now)
    except NotSent as error:
        outcome, why = _failure(error, now)
        logger.warning("alert not sent", extra={**named, "try": len(delivery.tries) + 1, "error": why})
        return NewDelivery(delivery.alert.id, delivery.channel, outcome, why)
    logger.info("alert sent", extra={**named, **({"remark": remark} if remark else {})})
    return NewDelivery(delivery.alert.id, delivery.channel, SENT, remark)


def _send(delivery: Delivery, round_: Round, now: datetime) -> str:
    if delivery.alert.rule == BRIEF:
        return round_.letters.send(delivery.channel, round_.database, round_.settings, delivery.alert, now)
    return send(delivery.channel, round_.settings.alerts, delivery.alert, round_.database.folder, now)


def _failure(error: NotSent, now: datetime) -> tuple[str, str]:
    """What becomes of a message that did not go out, and why in words."""
    if isinstance(error, NotTaken):
        return ABANDONED, f"{error}; not tried again: check [alerts.webhook], then run `parley schedule test`"
    if isinstance(error, PerhapsSent):
        return ABANDONED, f"{error}, and it is not sent again: look there"
    if error.wait_s:
        until = to_utc(now) + timedelta(seconds=ceil(error.wait_s))
        return FAILED, f"{error}; not before {until:%Y-%m-%d %H:%M:%S} UTC, as it asks"
    return FAILED, str(error)


def _abandoned(delivery: Delivery) -> NewDelivery:
    last = masked(delivery.tries[-1].error) if delivery.tries else "it was never tried"
    error = f"given up after {KEPT.days} days and {len(delivery.tries)} tries: {last}"
    logger.error("alert given up", extra={"alert": delivery.alert.id, "channel": delivery.channel, "error": error})
    return NewDelivery(delivery.alert.id, delivery.channel, ABANDONED, error)


def _record(database: Database, owed: Owed, tried: NewDelivery, at: datetime) -> None:
    owed.append((tried, at))
    _settle(database, owed)


def _settle(database: Database, owed: Owed) -> None:
    """Write down what was tried, in order."""
    while owed:
        tried, at = owed[0]
        try:
            with database.write() as connection:
                append_delivery(connection, tried, at)
        except Conflict:  # another service has sent it, or given it up: the record stands
            logger.warning("alert settled by another", extra={"alert": tried.alert_id, "channel": tried.channel})
        owed.pop(0)


def run_deliveries(
    database: Database,
    case_id: str,
    settings: Settings,
    *,
    clock: Callable[[], datetime],
    stop: Event,
    wake: Event,
    may_send: Callable[[], bool] = always,
    compose: Compose = no_letters,
) -> None:
    """Deliver again and again, at once on `wake`, until `stop`: the body of a thread.

    A database that does not answer is logged, and asked again. Ends within a channel's timeout of `stop`.
    """
    owed: Owed = []
    letters = Letters(compose)

    def may_go_on() -> bool:
        return not stop.is_set() and may_send()

    while not stop.is_set():
        wake.clear()
        try:
            if may_go_on():
                deliver(database, case_id, settings, clock, may_send=may_go_on, owed=owed, letters=letters)
        except (StoreError, SQLAlchemyError) as error:
            logger.warning("alerts not carried out", extra={"error": " ".join(str(error).split())})
        _rest(stop, wake)


def _rest(stop: Event, wake: Event) -> None:
    end = monotonic() + LOOK_S
    while not stop.is_set() and monotonic() < end and not wake.wait(WAKE_S):
        pass
