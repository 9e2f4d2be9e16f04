"""A scheduled run as a job, and its making: the forecast and its line of the ledger are stored together, or neither."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic

from sqlalchemy import Connection

from db.append import append_attempt
from db.clocks import has_row_ahead
from db.engine import Database
from db.leases import mark_work
from db.progress import Progress
from db.read import read_positions_in_time
from db.read_runs import read_run
from db.run_rows import NewAttempt, RunRow
from db.when import When
from forecast.clock import Clock, utc_now
from forecast.identity import code_version, library_versions
from forecast.run_facts import failures_of
from forecast.schedule.slots import Slot
from models.settings import SamplerSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A run that is to be made, and for whom."""

    case_id: str
    slot: Slot
    sampler: SamplerSettings
    holder: str
    """Of the lease; if it has passed to another by the time the run is stored, the run is not."""
    started_at: datetime
    log: str
    """The file in which more can be read."""
    began: float = field(default_factory=monotonic)
    """When it was given, on the machine's clock that only goes forward."""

    @property
    def taken_s(self) -> float:
        """Seconds since it was given."""
        return monotonic() - self.began


@dataclass(frozen=True, slots=True)
class Made:
    """A run that was stored."""

    run_id: int
    outcome: str
    """published or rejected."""
    unexplained: str = ""
    """Why its step from the run before could not be stored; "" where it is, or there is none."""


def lease_name(case_id: str) -> str:
    return f"schedule of {case_id}"


def run_job(database: Database, job: Job, progress: Progress, clock: Clock = utc_now) -> Made:
    """Make the run and store it with its line of the ledger.

    Raises
    ------
    db.errors.LeaseLost
        if another holder has taken over; then nothing is stored, as for every other error
    db.errors.Conflict
        if the day has a run already
    """
    from forecast.engine.update import Outcome, update  # takes seconds to import, and only the fitting process needs it

    def store_beside(connection: Connection, outcome: Outcome, now: datetime) -> None:
        enter(connection, job, outcome.run_id, job.taken_s, now)

    outcome = update(
        database,
        when_due(database, job.slot, clock()),
        kind=job.slot.kind,
        settings=job.sampler,
        progress=progress,
        case_id=job.case_id,
        beside=store_beside,
        clock=clock,
    )
    return Made(outcome.run_id, outcome.status)


def when_due(database: Database, slot: Slot, now: datetime) -> When:
    """What the run of a day may read: what had been recorded by its instant.

    A row whose clock says later than now has not told the truth, and would hide every row after it: where there is one,
    the last row whose own clock says it came in time is the last that counts.
    """
    when = When(as_of=slot.as_of, as_recorded=slot.at)
    with database.read() as connection:
        if not has_row_ahead(connection, now):
            return when
        return replace(when, positions=read_positions_in_time(connection, slot.at))


def enter(connection: Connection, job: Job, run_id: int, wall_s: float, now: datetime) -> None:
    """Enter a run into the ledger, in the transaction that stores it: so the lease is asked once more, and last."""
    run = read_run(connection, run_id)
    assert run.status is not None
    mark_work(connection, lease_name(job.case_id), job.holder, None, now)
    why = "; ".join(failures_of(run))
    append_attempt(connection, new_attempt(job, now, wall_s, run.status, run=run, error=why), now)


def new_attempt(
    job: Job, ended_at: datetime, wall_s: float, outcome: str, *, run: RunRow | None = None, error: str = ""
) -> NewAttempt:
    """The line of the ledger that a job leaves; `run` where a fit was made."""
    found = run.detail.get("diagnostics") if run else None
    return NewAttempt(
        case_id=job.case_id,
        scheduled_for=job.slot.day,
        scheduled_at=job.slot.at,
        as_of=job.slot.as_of,
        kind=job.slot.kind,
        holder=job.holder,
        started_at=job.started_at,
        ended_at=ended_at,
        wall_s=wall_s,
        outcome=outcome,
        run_id=run.id if run else None,
        code_version=code_version(),
        versions=library_versions(),
        diagnostics=found if isinstance(found, dict) else {},
        error=error,
        log=job.log,
    )
