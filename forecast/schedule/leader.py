"""Making the runs that are due: whoever holds the lease of a case leads, and settles what the last one left.

Each step is a transaction of its own, and whatever is left undone by a crash between two of them is found in the
ledger or on the lease by the next on leader.
"""

import logging
import os
import socket
import traceback
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from time import monotonic

from sqlalchemy import Connection

from db.append import append_attempt
from db.engine import Database
from db.errors import LeaseLost, StoreError
from db.kinds import BACKFILL, OFFICIAL
from db.leases import keep_lease, mark_work, release_lease, take_lease
from db.progress import Progress
from db.read_schedule import read_attempts
from db.run_rows import LeaseRow, NewAttempt
from db.zone import read_zone
from forecast.clock import Clock, utc_now
from forecast.errors import FitFailed
from forecast.plan.overtaken import Unanswered
from forecast.schedule.explaining import Pair
from forecast.schedule.fitter import first_line
from forecast.schedule.jobs import Job, Made, lease_name, new_attempt
from forecast.schedule.settings import Settings
from forecast.schedule.slots import Due, Slot, calendar_of, find_due, read_ledger, why_skipped

HEARTBEATS = 4
"""Heartbeats within the life of a lease."""

type Make = Callable[[Job, Progress, Callable[[], None]], Made]
"""Makes a run and stores it; calls its third argument at least every second, and lets what that raises pass."""
type Explain = Callable[[Pair, Progress, Callable[[], None]], None]
type Answering = Callable[[Unanswered, Progress, Callable[[], None]], None]
"""Splits the difference between two runs and stores that, or raises NotExplained; its third argument as of `Make`."""

logger = logging.getLogger("parley.schedule")


class Stopped(Exception):
    """The service is to end."""


def never() -> bool:
    return False


def new_holder() -> str:
    """A name for this process that no other has."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def is_gone(holder: str) -> bool:
    """Whether the holder was a process of this machine that has ended: its lease need not be waited for.

    A machine that shares this one's name may be told so wrongly; then the lease is lost to its holder, and no run is
    made twice.
    """
    host, _, rest = holder.rpartition(":")[0].rpartition(":")
    if os.name != "posix" or host != socket.gethostname() or not rest.isdigit():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


@dataclass(slots=True, kw_only=True)
class Leader:
    """Who makes the runs of a case, and with what."""

    database: Database
    case_id: str
    settings: Settings
    make: Make
    explain: Explain | None = None
    """None where nobody says what moved a forecast."""
    answer: Answering | None = None
    """None where nobody answers saved scenarios."""
    log: str = ""
    holder: str = field(default_factory=new_holder)
    clock: Clock = utc_now
    stopped: Callable[[], bool] = never
    unwritten: list[NewAttempt] = field(default_factory=list)
    """Failed attempts that the database would not take yet."""
    unexplained: Counter[Pair] = field(default_factory=Counter)
    """How often a split was tried in vain."""
    unanswered: Counter[Unanswered] = field(default_factory=Counter)
    """How often a saved scenario was put to the newest run in vain."""
    last_heartbeat: float = 0.0
    """When the last heartbeat was written, on the clock that only goes forward."""

    @property
    def lease(self) -> str:
        return lease_name(self.case_id)

    @property
    def heartbeat_s(self) -> float:
        return self.settings.schedule.lease_seconds / HEARTBEATS

    def heartbeat(self) -> None:
        """Say that one is alive; a database that cannot be written for the moment does not end the work.

        Raises
        ------
        Stopped
            if the service is to end
        db.errors.LeaseLost
            if another has taken over
        """
        if self.stopped():
            raise Stopped("the service was stopped")
        if monotonic() - self.last_heartbeat < self.heartbeat_s:
            return
        self.last_heartbeat = monotonic()
        try:
            with self.database.write() as connection:
                keep_lease(connection, self.lease, self.holder, self.clock())
        except LeaseLost:
            raise
        except StoreError as error:
            logger.warning("heartbeat not written", extra={"error": str(error)})


def acquire(leader: Leader) -> None:
    """Take the lease or renew it, and write down what the last holder and this one could not.

    Raises
    ------
    db.errors.LeaseHeld
        if another holder is alive
    """
    now = leader.clock()
    with leader.database.write() as connection:
        ttl_s = leader.settings.schedule.lease_seconds
        before = take_lease(connection, leader.lease, leader.holder, ttl_s, now, is_gone=is_gone)
        if before is not None and before.holder != leader.holder:
            _settle(connection, leader, before)
        for attempt in leader.unwritten:
            _enter_failure(connection, attempt, now)
    leader.unwritten.clear()
    leader.last_heartbeat = monotonic()


def _settle(connection: Connection, leader: Leader, before: LeaseRow) -> None:
    """The run the last holder was making was never stored, or the lease would say so: it has failed."""
    logger.info("taken over", extra={"from": before.holder, "heard_at": before.beat_at.isoformat()})
    day, since = before.working_on, before.working_since
    if day is None or since is None:
        return
    calendar = calendar_of(leader.settings.schedule, read_zone(connection))
    slot = calendar.slot(day, OFFICIAL if calendar.newest_due(since) == day else BACKFILL)
    job = Job(
        case_id=leader.case_id,
        slot=slot,
        sampler=leader.settings.schedule.sampler,
        holder=before.holder,
        started_at=since,
        log=leader.log,
    )
    wall_s = max((before.beat_at - since).total_seconds(), 0.0)
    error = f"{before.holder} was not heard again while it made this run"
    attempt = new_attempt(job, max(before.beat_at, since), wall_s, "failed", error=error)
    append_attempt(connection, attempt, leader.clock())
    logger.warning("run failed", extra={"day": str(day), "error": error})


def read_due(leader: Leader, *, eager: bool = False) -> Due:
    """What the ledger says is due now."""
    with leader.database.read() as connection:
        ledger, zone = read_ledger(connection, leader.case_id), read_zone(connection)
    schedule = leader.settings.schedule
    calendar = calendar_of(schedule, zone)
    return find_due(ledger, calendar, leader.clock(), catch_up_days=schedule.catch_up_days, eager=eager)


def make_due(leader: Leader, progress: Progress, *, eager: bool = False) -> int:
    """Make every run that is due, oldest first, each once; how many were tried. `eager`: also those that wait.

    A run that fails does not keep the next from being made. The ledger is read again before each, so that a pass can
    end anywhere and a later one goes on from there.

    Raises
    ------
    Stopped, db.errors.LeaseLost, db.errors.StoreError
        where the pass cannot go on
    """
    tried: set[date] = set()
    while True:
        due = read_due(leader, eager=eager)
        _write_off(leader, due.lapsed)
        left = [slot for slot in due.slots if slot.day not in tried]
        if not left:
            return len(tried)
        where = f" ({len(tried) + 1} of {len(tried) + len(left)})" if len(tried) + len(left) > 1 else ""
        _make_one(leader, left[0], _about(progress, f"{left[0].day}{where}: "))
        tried.add(left[0].day)


def _about(progress: Progress, prefix: str) -> Progress:
    return lambda stage, done, total, remark: progress(prefix + stage, done, total, remark)


def _write_off(leader: Leader, lapsed: Sequence[Slot]) -> None:
    """Days further back than is caught up are never made, and the ledger says so."""
    if not lapsed:
        return
    error = why_skipped(leader.settings.schedule.catch_up_days)
    with leader.database.write() as connection:
        now = leader.clock()
        keep_lease(connection, leader.lease, leader.holder, now)
        for slot in lapsed:
            append_attempt(connection, new_attempt(_job(leader, slot), now, 0.0, "skipped", error=error), now)
    logger.warning("days skipped", extra={"first": str(lapsed[0].day), "last": str(lapsed[-1].day), "n": len(lapsed)})


def _make_one(leader: Leader, slot: Slot, progress: Progress) -> None:
    """Mark the lease, have the run made; a failure goes into the ledger."""
    with leader.database.write() as connection:
        # Under the write lock: whatever was recorded by the scheduled instant has been committed when the fit reads.
        job = _job(leader, slot)
        mark_work(connection, leader.lease, leader.holder, slot.day, job.started_at)
    logger.info("run begun", extra={"day": str(slot.day), "kind": slot.kind, "as_of": str(slot.as_of)})
    try:
        made = leader.make(job, progress, leader.heartbeat)
    except (Stopped, KeyboardInterrupt) as error:
        _fail(leader, job, str(error) or "stopped by hand", "")
        raise
    except LeaseLost:
        raise
    except FitFailed as error:
        _fail(leader, job, str(error), error.trace)
    except Exception as error:  # noqa: BLE001 - the job boundary: the day waits for its next try, and the next is made
        _fail(leader, job, first_line(error), traceback.format_exc())
    else:
        fields = {"day": str(slot.day), "run": made.run_id, "wall_s": round(job.taken_s, 1)}
        logger.info(f"run {made.outcome}", extra=fields)


def _job(leader: Leader, slot: Slot) -> Job:
    return Job(
        case_id=leader.case_id,
        slot=slot,
        sampler=leader.settings.schedule.sampler,
        holder=leader.holder,
        started_at=leader.clock(),
        log=leader.log,
    )


def _fail(leader: Leader, job: Job, line: str, trace: str) -> None:
    """Enter the failure; where the database does not take it, it is kept for the next time the lease is renewed."""
    logger.error("run failed", extra={"day": str(job.slot.day), "error": line, **({"trace": trace} if trace else {})})
    attempt = new_attempt(job, leader.clock(), job.taken_s, "failed", error=line)
    try:
        with leader.database.write() as connection:
            mark_work(connection, leader.lease, leader.holder, None, leader.clock())
            _enter_failure(connection, attempt, leader.clock())
    except LeaseLost:  # who took over has entered it
        raise
    except StoreError as error:
        logger.error("ledger not written", extra={"day": str(job.slot.day), "error": str(error)})
        leader.unwritten.append(attempt)


def _enter_failure(connection: Connection, attempt: NewAttempt, now: datetime) -> None:
    """Enter a failed attempt, unless it has its line: the fitting process died only after it had stored the run, or
    another took over and entered it."""
    lines = read_attempts(connection, attempt.case_id, since=attempt.scheduled_for)
    day = attempt.scheduled_for
    if (day, attempt.holder, attempt.started_at) in {(row.scheduled_for, row.holder, row.started_at) for row in lines}:
        logger.info("ledger has the run", extra={"day": str(day)})
    else:
        append_attempt(connection, attempt, now)


def release(leader: Leader) -> None:
    """Give the lease back."""
    with leader.database.write() as connection:
        release_lease(connection, leader.lease, leader.holder)
