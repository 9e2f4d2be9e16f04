"""The service: every day's run, whatever happened in between, and alerts of what is worth one.

    trigger or tick every few seconds → lease → due runs, by the fitting process → steps after them → delivery

The tick is what the promise rests on: it reads the ledger against the clock as it is, so that sleep, a restart or a
clock set back only delays it. The trigger makes it punctual. What is done after runs is handed
in as steps: the service knows none of them.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Thread
from time import monotonic

from db.engine import LOCK_TIMEOUT_S, Database, open_database
from db.errors import LeaseHeld, LeaseLost, StoreError
from db.progress import Progress
from db.read import read_case
from db.read_schedule import read_attempts
from db.run_rows import AttemptRow
from forecast.clock import Clock, utc_now
from forecast.errors import BadSettings
from forecast.evaluation.track import ISSUE_LAG_DAYS
from forecast.schedule.briefs import Compose, Letters, no_letters
from forecast.schedule.delivery import deliver, run_deliveries
from forecast.schedule.fitter import Fitter
from forecast.schedule.leader import Leader, Stopped, acquire, make_due, release
from forecast.schedule.log import logged
from forecast.schedule.settings import Settings
from forecast.schedule.slots import Calendar, calendar_of
from forecast.schedule.steps import Step
from forecast.schedule.trigger import daily_trigger

TICK_S = 15.0
"""Between two looks at the ledger, at most; a trigger fires in between."""
LOOK_S = 0.5
"""How often a waiting service looks whether it is to end."""
LOOK_AGAIN_S = 3600.0
"""How often it is looked for what has gone stale, where no run is made."""

logger = logging.getLogger("parley.schedule")


@dataclass(slots=True, kw_only=True)
class Service:
    """A leader, and what the service remembers between two ticks."""

    leader: Leader
    steps: Sequence[Step]
    """Taken after runs, in order."""
    leading: bool = False
    """Whether the lease was ours at the last tick: only then are alerts sent."""
    fresh: bool = True
    """Until the first pass: what failed before the start does not wait."""
    look_at: float = 0.0
    """When alerts are looked for again, on the clock that only goes forward."""
    said: str = ""
    """What hindered the last tick: it is logged once."""
    misread: str = ""
    """What is wrong with the settings file, where it has changed for the worse."""


def serve(
    url: str,
    settings: Settings,
    *,
    case_id: str | None,
    stop: Event,
    steps: Sequence[Step],
    clock: Clock = utc_now,
    reread: Callable[[], Settings] | None = None,
    compose: Compose = no_letters,
) -> None:
    """Make every day's run until `stop` is set, and take the steps after them; days due are asked of `clock`.

    `compose` writes the briefs that go out by mail.

    With `reread` the settings are read again every few seconds, and those that have changed are used at once.

    Raises
    ------
    db.errors.StoreError, forecast.errors.ForecastError
        for what is wrong at the start; whatever goes wrong later is logged, entered and tried again
    """
    with ExitStack() as stack:
        database, case = _open(stack, url, settings, case_id)
        while not stop.is_set():
            settings = _serve_by(
                settings=settings,
                database=database,
                case=case,
                url=url,
                stop=stop,
                steps=steps,
                clock=clock,
                reread=reread,
                compose=compose,
            )


def _serve_by(
    *,
    settings: Settings,
    database: Database,
    case: str,
    url: str,
    stop: Event,
    steps: Sequence[Step],
    clock: Clock,
    reread: Callable[[], Settings] | None,
    compose: Compose,
) -> Settings:
    """Make runs until the end, or until the settings change; return the newest."""
    with ExitStack() as stack:
        log = stack.enter_context(logged(settings.log, database.folder, stderr=True))
        fitter = stack.enter_context(Fitter(url, 60 * settings.schedule.fit_minutes))
        leader = Leader(
            database=database,
            case_id=case,
            settings=settings,
            make=fitter.make,
            explain=fitter.explain,
            answer=fitter.answer,
            log=str(log),
            clock=clock,
            stopped=stop.is_set,
        )
        service, wake, ended = Service(leader=leader, steps=steps), Event(), Event()
        calendar = calendar_of(settings.schedule)
        fired = stack.enter_context(daily_trigger(database, case, calendar))
        worker = Thread(
            target=run_deliveries,
            args=(database, case, settings),
            kwargs={
                "clock": clock,
                "stop": ended,
                "wake": wake,
                "may_send": lambda: service.leading,
                "compose": compose,
            },
            name="parley-delivery",
            daemon=True,
        )
        worker.start()
        logger.info("service started", extra={"case": case, "holder": leader.holder})
        _warn_of_late_hours(calendar, clock())
        newest = settings
        while not stop.is_set() and newest == settings:
            tick(service, wake)
            _wait(stop, fired, min(TICK_S, leader.heartbeat_s))
            newest = _read_again(service, settings, reread) if reread else settings
        ended.set()
        _end(service, worker)
        return newest


def _read_again(service: Service, settings: Settings, reread: Callable[[], Settings]) -> Settings:
    """The settings as they are now; those in force where the file has become wrong."""
    try:
        found = reread()
    except BadSettings as error:
        if service.misread != str(error):
            logger.error("settings not read", extra={"why": str(error)})
            service.misread = str(error)
        return settings
    if found != settings:
        logger.info("settings changed")
    return found


def make_due_once(
    url: str,
    settings: Settings,
    *,
    case_id: str | None,
    progress: Progress,
    steps: Sequence[Step],
    compose: Compose = no_letters,
) -> tuple[AttemptRow, ...]:
    """Make every run that is due now, those that wait for another try included, and send the alerts.

    Returns the lines it added to the ledger, oldest first.

    Raises
    ------
    db.errors.LeaseHeld
        if a service or another process makes the runs
    db.errors.StoreError, forecast.errors.ForecastError
        for what else is wrong
    """
    with ExitStack() as stack:
        database, case = _open(stack, url, settings, case_id)
        log = stack.enter_context(logged(settings.log, database.folder, stderr=False))
        fitter = stack.enter_context(Fitter(url, 60 * settings.schedule.fit_minutes))
        leader = Leader(
            database=database,
            case_id=case,
            settings=settings,
            make=fitter.make,
            explain=fitter.explain,
            answer=fitter.answer,
            log=str(log),
        )
        before = _newest(leader)
        acquire(leader)
        try:
            make_due(leader, progress, eager=True)
            _take(steps, leader)
            progress("sending alerts", 0, 0, "")
            deliver(database, case, settings, leader.clock, letters=Letters(compose))
        finally:
            with suppress(StoreError):
                release(leader)
        with database.read() as connection:
            return tuple(reversed(read_attempts(connection, case, after=before)))


def _open(stack: ExitStack, url: str, settings: Settings, case_id: str | None) -> tuple[Database, str]:
    """The database, which is waited for no longer than a lease lives, and the case."""
    patience = min(LOCK_TIMEOUT_S, settings.schedule.lease_seconds / 2)
    database = stack.enter_context(open_database(url, lock_timeout_s=patience))
    database.check_writable()
    with database.read() as connection:
        return database, read_case(connection, case_id).case_id


def _newest(leader: Leader) -> int:
    """Number of the last line of the ledger."""
    with leader.database.read() as connection:
        rows = read_attempts(connection, leader.case_id, limit=1)
    return rows[0].id if rows else 0


def tick(service: Service, wake: Event) -> None:
    """One look at what is due. What hinders it is logged, and the next one tries again."""
    try:
        _tick(service, wake)
        service.said = ""
    except Stopped:
        pass
    except (LeaseHeld, LeaseLost) as error:
        service.leading = False
        _hindered(service, logging.INFO, "standing by", error)
    except StoreError as error:
        _hindered(service, logging.ERROR, "database refuses", error)
    except Exception:
        logger.exception("tick failed")


def _tick(service: Service, wake: Event) -> None:
    leader = service.leader
    late = bool(leader.unwritten)
    acquire(leader)
    service.leading = True
    if late:  # the next try may make up for what failed, but it was worth an alert when it could not be
        _take(service.steps, leader)
    if make_due(leader, _logged, eager=service.fresh):
        service.look_at = 0.0
    service.fresh = False
    if monotonic() >= service.look_at:
        _take(service.steps, leader)
        service.look_at = monotonic() + LOOK_AGAIN_S
        wake.set()


def _take(steps: Sequence[Step], leader: Leader) -> None:
    for step in steps:
        step(leader)


def _logged(stage: str, done: int, total: int, remark: str) -> None:
    logger.debug(stage, extra={"done": done, "total": total, "remark": remark})


def _hindered(service: Service, level: int, what: str, error: Exception) -> None:
    """Say so once for as long as it lasts, which may be days; what went unnotified is looked for afterwards."""
    service.look_at = 0.0
    if what != service.said:
        logger.log(level, what, extra={"why": str(error)})
        service.said = what


def _warn_of_late_hours(calendar: Calendar, now: datetime) -> None:
    """A forecast that is issued too long after its as-of date is no track record."""
    lag = calendar.lag_days(now)
    if lag > ISSUE_LAG_DAYS:
        why = f"runs at this time are issued {lag} UTC days after their as-of date; choose an earlier time"
        logger.warning("runs are no track record", extra={"why": why})


def _wait(stop: Event, fired: Event, seconds: float) -> None:
    """Until it is time to look again, by the clock that only goes forward."""
    until = monotonic() + seconds
    while monotonic() < until and not fired.is_set():
        if stop.wait(LOOK_S):
            return
    fired.clear()


def _end(service: Service, worker: Thread) -> None:
    """Give the lease back, so that another need not wait for it to expire."""
    if service.leading:
        with suppress(StoreError):
            release(service.leader)
    worker.join(LOOK_S)
    logger.info("service stopped", extra={"holder": service.leader.holder})
