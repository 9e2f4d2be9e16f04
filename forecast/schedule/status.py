"""How the daily runs stand: whether the forecast is there, what is missing, who makes it, and the alerts.

Read from the database alone, so that it can be asked anywhere and while a run is being made.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from db.kinds import FULL_KINDS
from db.leases import read_lease
from db.read import read_case, read_completeness
from db.read_runs import last_published, read_run
from db.read_schedule import read_alerts, read_attempts, read_deliveries, read_undelivered
from db.run_rows import AlertRow, AttemptRow, DeliveryRow, LeaseRow, RunRow
from db.when import When
from db.zone import Moment, read_zone
from forecast.schedule.backups import Backups
from forecast.schedule.jobs import lease_name
from forecast.schedule.settings import Settings, form_doubt
from forecast.schedule.slots import Calendar, Due, Ledger, Slot, calendar_of, find_due, find_next, read_ledger, retry_at
from forecast.words.masking import masked
from forecast.words.numbers import counted, minute
from indicators.content import EVENT_TYPES

LAST = 7
"""Outcomes and alerts that are shown."""
_DAY = timedelta(days=1)
_MEANWHILE = "; `parley update` makes one meanwhile"


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether the forecast that should be there is."""

    stale: bool
    reason: str
    """A sentence without its full stop."""
    remedy: str
    """What to run, or what to wait for; "" where all is well."""


@dataclass(frozen=True, slots=True)
class Published:
    """The newest scheduled forecast that was published."""

    day: date
    as_of: date
    run_id: int
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A day whose run has failed, and is tried again."""

    slot: Slot
    failures: int
    retry_at: datetime


@dataclass(frozen=True, slots=True)
class Missing:
    """Days whose instant has come and that have no run."""

    due: tuple[Slot, ...]
    waiting: tuple[Waiting, ...]
    lapsed: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Behind:
    """Types of events that no one has attested for long."""

    types: tuple[str, ...]
    through: date | None
    """The last day attested; None if none ever was."""
    days_ago: int | None


@dataclass(frozen=True, slots=True)
class Holder:
    """Who makes the runs."""

    lease: LeaseRow
    alive: bool
    heard_s: float
    """Seconds since it was heard."""


@dataclass(frozen=True, slots=True)
class ChannelState:
    """How far an alert has come on one channel."""

    channel: str
    state: str
    """pending, sent, failed (it is tried again) or abandoned."""
    tries: int
    error: str
    """Of the last try."""


@dataclass(frozen=True, slots=True)
class AlertState:
    """An alert and its channels."""

    alert: AlertRow
    channels: tuple[ChannelState, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """All of it, at one moment."""

    case_id: str
    now: datetime
    calendar: Calendar
    next_day: date
    next_at: datetime
    standing: Standing
    published: Published | None
    stands: RunRow | None
    """The newest forecast of all, scheduled or not, by its as-of date."""
    missing: Missing
    attempts: tuple[AttemptRow, ...]
    """The latest recorded first."""
    completeness: tuple[Behind, ...]
    """Only what has fallen behind."""
    holder: Holder | None
    alerts: tuple[AlertState, ...]
    """The last ones, and every one that is not delivered; the latest first."""
    doubts: tuple[str, ...] = ()
    """What is doubtful about the settings, and what to change."""
    backups: Backups | None = None
    """How those of the service stand, where they were looked at and it is to make any."""


def read_status(
    connection: Connection, settings: Settings, now: datetime, case_id: str | None = None, *, last: int = LAST
) -> Status:
    """How the runs of a case stand at `now`, with the last so many lines of the ledger and alerts.

    Raises
    ------
    db.errors.StoreError
        if there is no such case
    """
    case = read_case(connection, case_id).case_id
    moment = Moment(instant=now, zone=read_zone(connection))
    calendar = calendar_of(settings.schedule, moment.zone)
    ledger = read_ledger(connection, case)
    owed = calendar.newest_due(now - timedelta(hours=settings.schedule.stale_after_hours))
    tries = read_attempts(connection, case, since=owed)
    published, holder = _read_published(connection, case), _read_holder(connection, case, now)
    stands = last_published(connection, case, kinds=FULL_KINDS)
    next_day, next_at = find_next(ledger, calendar, now)
    return Status(
        case_id=case,
        now=now,
        calendar=calendar,
        next_day=next_day,
        next_at=next_at,
        standing=_standing(
            _Look(
                ledger=ledger,
                calendar=calendar,
                now=now,
                owed=owed,
                recent=tries,
                published=published,
                stands=stands,
                holder=holder,
            )
        ),
        published=published,
        stands=stands,
        missing=_missing(find_due(ledger, calendar, now, catch_up_days=settings.schedule.catch_up_days), ledger),
        attempts=read_attempts(connection, case, limit=last),
        completeness=read_behind(connection, case, moment.today, settings.alerts.completeness_days),
        holder=holder,
        alerts=_read_alerts(connection, case, last),
        doubts=tuple(filter(None, (form_doubt(settings.alerts.webhook),))),
    )


def read_behind(connection: Connection, case_id: str, today: date, days: int) -> tuple[Behind, ...]:
    """The types of events attested through no day of the last so many, the furthest behind first."""
    rows = read_completeness(connection, case_id, When(as_of=today))
    through = {row.type: min(row.complete_through, today) for row in rows if row.complete_from <= today}
    groups = groupby(sorted(EVENT_TYPES, key=lambda kind: through.get(kind, date.min)), through.get)
    known = [Behind(tuple(kinds), day, (today - day).days if day else None) for day, kinds in groups]
    return tuple(one for one in known if one.days_ago is None or one.days_ago > days)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What decides whether the forecast is stale."""

    ledger: Ledger
    calendar: Calendar
    now: datetime
    owed: date
    """The newest day whose forecast has had the time it takes."""
    recent: Sequence[AttemptRow]
    """Of that day and later ones, the latest first."""
    published: Published | None
    stands: RunRow | None
    holder: Holder | None

    def covers(self, day: date) -> bool:
        """Whether that of a day is published, or some forecast, scheduled or not, is as of no earlier than it."""
        if self.published is not None and self.published.day >= day:
            return True
        return self.stands is not None and self.stands.as_of >= self.calendar.as_of(day)

    def owes(self, day: date) -> bool:
        """Whether the case was there when the run of a day was due."""
        loaded_at = self.ledger.loaded_at
        return loaded_at is not None and self.calendar.instant(day) >= loaded_at

    def tries(self, day: date) -> list[AttemptRow]:
        return [row for row in self.recent if row.scheduled_for == day]

    def so_far(self, day: date) -> str:
        """How long ago the run of a day was due, and what became of it."""
        due = f"has been due for {lasting(self.now - self.calendar.instant(day))}"
        return f"{due}: its run {fate(tries)}" if (tries := self.tries(day)) else due


def _standing(look: _Look) -> Standing:
    published, newest, due_at = look.published, look.calendar.newest_due(look.now), look.calendar.instant(look.owed)
    if published and published.day >= newest:
        return Standing(False, f"The forecast of {published.day}, as of {published.as_of}, is published", "")
    if look.covers(look.owed) or not look.owes(look.owed):
        return Standing(False, f"{_comes(look, newest)}{f'; {_what_stands(look)}' if look.stands else _MEANWHILE}", "")
    since = f"due since {minute(due_at)}, {lasting(look.now - due_at)} ago"
    missing = f"The forecast of {look.owed}, {since}, is missing: its run {fate(look.tries(look.owed))}"
    later = look.tries(newest) if newest > look.owed else []
    since_then = f"; that of {newest} {fate(later)}" if later else ""
    return Standing(True, f"{missing}{since_then}; {_what_stands(look)}", _remedy(look, newest))


def _comes(look: _Look, newest: date) -> str:
    """How the newest scheduled run stands, or when the first is due of a case that was loaded after the last was."""
    if not look.owes(newest):
        first = "scheduled run" if look.stands else "forecast"
        return f"The first {first}, of {newest + _DAY}, is due at {minute(look.calendar.instant(newest + _DAY))}"
    if not look.stands:
        return f"The first forecast, of {newest}, {look.so_far(newest)}"
    if not look.covers(newest):
        return f"The forecast of {newest} {look.so_far(newest)}"
    tries = look.tries(newest)
    return f"The scheduled run of {newest} {fate(tries) if tries else look.so_far(newest)}"


def _what_stands(look: _Look) -> str:
    """The newest forecast there is, by its day where that was scheduled."""
    run, published = look.stands, look.published
    if run is None:
        return "none was ever published"
    if published and published.run_id == run.id:
        return f"that of {published.day} stands"
    return f"run {run.id}, {run.kind}, as of {run.as_of}, stands"


def fate(tries: Sequence[AttemptRow]) -> str:
    """What became of a day's run."""
    if not tries:
        return "was not made"
    last = tries[0]
    often = f" {counted(len(tries), 'time')}" if last.outcome == "failed" and len(tries) > 1 else ""
    was = "has failed" if last.outcome == "failed" else f"was {last.outcome}"
    return f"{was}{often}{f' ({last.error})' if last.error else ''}"


def _remedy(look: _Look, newest: date) -> str:
    """A rejected or skipped run is not made again; any other is, by whoever makes the runs."""
    last = next(iter(look.tries(newest if newest in look.ledger.done else look.owed)), None)
    if last and last.outcome != "failed":
        see = f"run `parley show --run {last.run_id}` to see why, then " if last.run_id is not None else "run "
        more = " --draws 4000" if last.outcome == "rejected" else ""
        following = look.calendar.next_due(look.now)[0]
        return f"{see}`parley update --as-of {last.as_of}{more}`; the next run is that of {following}"
    return f"{_who_makes_it(look, last)}{'' if look.stands else _MEANWHILE}"


def _who_makes_it(look: _Look, last: AttemptRow | None) -> str:
    """Who makes the missing run and when, or how someone does."""
    holder = look.holder
    if holder is None or not holder.alive:
        return "run `parley schedule run` and leave it running, or `parley schedule once`"
    log = f"see {last.log}" if last and last.log else "see its log"
    if holder.lease.working_on is not None:
        return f"{holder.lease.holder} is making the run of {holder.lease.working_on}; wait for it"
    if look.owed in look.ledger.failures:
        again = max(retry_at(*look.ledger.failures[look.owed]), look.now)
        return f"{holder.lease.holder} tries it again at {minute(again)}; {log}"
    return f"{holder.lease.holder} has not begun it; {log}"


def _missing(due: Due, ledger: Ledger) -> Missing:
    failed = ((slot, *ledger.failures[slot.day]) for slot in due.waiting)
    waiting = tuple(Waiting(slot, times, retry_at(times, when)) for slot, times, when in failed)
    return Missing(due.slots, waiting, due.lapsed)


def _read_published(connection: Connection, case_id: str) -> Published | None:
    lines = read_attempts(connection, case_id, outcomes=("published",))
    newest = max(lines, key=lambda line: line.scheduled_for, default=None)
    if newest is None or newest.run_id is None:
        return None
    issued = read_run(connection, newest.run_id).issued_at
    return Published(newest.scheduled_for, newest.as_of, newest.run_id, issued)


def _read_holder(connection: Connection, case_id: str, now: datetime) -> Holder | None:
    lease = read_lease(connection, lease_name(case_id))
    if lease is None:
        return None
    return Holder(lease, lease.is_alive(now), max((now - lease.beat_at).total_seconds(), 0.0))


def _read_alerts(connection: Connection, case_id: str, last: int) -> tuple[AlertState, ...]:
    undelivered = read_undelivered(connection, case_id)
    alerts = {row.id: row for row in (*undelivered, *read_alerts(connection, case_id, limit=last))}
    tries = read_deliveries(connection, tuple(alerts))
    newest = [alerts[id_] for id_ in sorted(alerts, reverse=True)]
    return tuple(AlertState(row, tuple(_channel_states(row, tries))) for row in newest)


def _channel_states(alert: AlertRow, tries: Sequence[DeliveryRow]) -> list[ChannelState]:
    states = []
    for channel in alert.channels:
        own = [row for row in tries if row.alert_id == alert.id and row.channel == channel]
        state, error = (own[-1].outcome, masked(own[-1].error)) if own else ("pending", "")
        states.append(ChannelState(channel, state, len(own), error))
    return states


def lasting(span: timedelta) -> str:
    """A span of time for a reader, in the unit that suits it."""
    seconds = max(span.total_seconds(), 0.0)
    for unit, size, most in (("s", 1, 120), ("min", 60, 7200), ("h", 3600, 172800)):
        if seconds < most:
            return f"{seconds / size:.0f} {unit}"
    return counted(round(seconds / 86400), "day")


def as_json(status: Status) -> dict[str, Any]:
    """The names other programs use: add, never rename."""
    local = status.next_at.astimezone(status.calendar.zone)
    return {
        "case": status.case_id,
        "now": status.now,
        "stale": status.standing.stale,
        "reason": status.standing.reason,
        "remedy": status.standing.remedy,
        "next": {"day": status.next_day, "as_of": status.next_day - _DAY, "at": status.next_at, "local": local},
        "time_zone": str(status.calendar.zone),
        "published": asdict(status.published) if status.published else None,
        "stands": _run(status.stands) if status.stands else None,
        "missing": {
            "due": [_slot(slot) for slot in status.missing.due],
            "waiting": [
                _slot(one.slot) | {"failures": one.failures, "retry_at": one.retry_at} for one in status.missing.waiting
            ],
            "lapsed": [_slot(slot) for slot in status.missing.lapsed],
        },
        "attempts": [attempt_json(row) for row in status.attempts],
        "completeness": [asdict(one) for one in status.completeness],
        "lease": _holder(status.holder) if status.holder else None,
        "alerts": [_alert_json(one) for one in status.alerts],
        "doubts": list(status.doubts),
        "backups": asdict(status.backups) if status.backups else None,
    }


def attempt_json(row: AttemptRow) -> dict[str, Any]:
    """A line of the ledger, as JSON has it."""
    return {
        "id": row.id,
        "day": row.scheduled_for,
        "as_of": row.as_of,
        "kind": row.kind,
        "outcome": row.outcome,
        "run_id": row.run_id,
        "scheduled_at": row.scheduled_at,
        "started_at": row.started_at,
        "ended_at": row.ended_at,
        "wall_s": row.wall_s,
        "holder": row.holder,
        "error": row.error,
        "log": row.log,
    }


def _run(run: RunRow) -> dict[str, Any]:
    return {"run_id": run.id, "kind": run.kind, "as_of": run.as_of, "issued_at": run.issued_at}


def _slot(slot: Slot) -> dict[str, Any]:
    return {"day": slot.day, "as_of": slot.as_of, "at": slot.at, "kind": slot.kind}


def _holder(holder: Holder) -> dict[str, Any]:
    return asdict(holder.lease) | {"alive": holder.alive, "heard_s": holder.heard_s}


def _alert_json(state: AlertState) -> dict[str, Any]:
    alert = state.alert
    raised = {"id": alert.id, "raised_at": alert.recorded_at, "rule": alert.rule, "subject": alert.subject}
    said = {"run_id": alert.run_id, "title": alert.title, "body": alert.body}
    return raised | said | {"channels": [asdict(one) for one in state.channels]}
