"""A clock that can be moved, and runs stored without a fit: everything else of a schedule is the real thing."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import monotonic, sleep
from zoneinfo import ZoneInfo

from toy_case import CASE, write_toy_case
from toy_runs import SOUND, toy_scenarios, toy_states, toy_targets

from db.append import append_attempt, append_forecasts, append_run, append_run_status
from db.engine import Database
from db.kinds import BACKFILL
from db.migrate import create_database
from db.progress import Progress
from db.read_schedule import read_attempts
from db.run_rows import AttemptRow, NewRun
from forecast.schedule.jobs import Job, Made, enter, new_attempt
from forecast.schedule.leader import Leader
from forecast.schedule.settings import ScheduleSettings, Settings
from forecast.schedule.slots import Slot, calendar_of
from indicators.folder import read_case_folder
from indicators.install import install_case
from models.processes import STRUCTURE

LOADED = datetime(2020, 1, 2, 12, tzinfo=UTC)


@dataclass(slots=True)
class Clock:
    """Says what it was last told, however far back that is."""

    now: datetime = LOADED
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, step: timedelta) -> None:
        with self.lock:
            self.now += step


def install_toy_at(url: str, folder: Path, at: datetime = LOADED) -> None:
    """The toy case, loaded at an instant."""
    with create_database(url) as database:
        install_case(database, read_case_folder(write_toy_case(folder / "toy")), at)


def quietly(stage: str, done: int, total: int, remark: str) -> None:
    """Progress that nobody watches."""


def run_of(job: Job) -> NewRun:
    return NewRun(
        case_id=job.case_id,
        kind=job.slot.kind,
        as_of=job.slot.as_of,
        as_recorded=job.slot.at,
        seed=1,
        inputs_hash="1" * 64,
        case_hash="2" * 64,
        code_version="0.1.0",
        versions={},
        posterior_hash=None,
        dry=True,
        days_since_talks=255,
        complete_through=date(2019, 12, 31),
        p_dry_now=0.97,
    )


def store(database: Database, job: Job, now: datetime, status: str = "published", *, whole: bool = True) -> Made:
    """What a fit leaves, by the same rows in the same transaction."""
    with database.write() as connection:
        run_id = append_run(connection, run_of(job), now)
        detail = {"diagnostics": SOUND, "failures": [], "structure": STRUCTURE}
        append_run_status(connection, run_id, status, detail, now)
        if status == "published" and whole:
            append_forecasts(connection, run_id, toy_targets(), toy_scenarios(), toy_states(), (), now)
        enter(connection, job, run_id, 1.0, now)
    return Made(run_id, status)


def storing(
    database: Database, clock: Callable[[], datetime], *, whole: bool = True
) -> Callable[[Job, Progress, Callable[[], None]], Made]:
    """Makes runs without a fit; they are quicker to store if not `whole`."""

    def make(job: Job, progress: Progress, heartbeat: Callable[[], None]) -> Made:
        heartbeat()
        return store(database, job, clock(), whole=whole)

    return make


def settings_of(
    at: str = "06:00", zone: str = "UTC", *, catch_up_days: int = 90, lease_seconds: float = 120.0
) -> Settings:
    schedule = ScheduleSettings(
        at=time.fromisoformat(at), time_zone=ZoneInfo(zone), catch_up_days=catch_up_days, lease_seconds=lease_seconds
    )
    return Settings(schedule=schedule)


def leader_of(database: Database, clock: Callable[[], datetime], settings: Settings, *, whole: bool = False) -> Leader:
    """A service that has just been started."""
    return Leader(
        database=database, case_id="toy", settings=settings, make=storing(database, clock, whole=whole), clock=clock
    )


def ledger_of(database: Database) -> list[AttemptRow]:
    """Its lines in the order in which they were written."""
    with database.read() as connection:
        return list(reversed(read_attempts(connection, "toy")))


def days_of(rows: Sequence[AttemptRow], *outcomes: str) -> list[date]:
    return [row.scheduled_for for row in rows if row.outcome in (outcomes or ("published",))]


def install_toy_of_today(folder: Path, missing: int, *, before_days: int = 60, years_back: int = 1) -> str:
    """A database with the toy case, loaded some days ago, that is owed the runs of so many days up to this one.

    Its last events are of the year so many before this one.
    """
    url, now = f"sqlite:///{folder / 'parley.db'}", datetime.now(UTC)
    calendar = CASE.replace("2024-01-01", f"{now.year + 4}-01-01")
    case = write_toy_case(folder / "toy", {"case.toml": calendar}, through=now.year - years_back)
    with create_database(url) as database:
        install_case(database, read_case_folder(case), now - timedelta(days=before_days))
        leader = leader_of(database, lambda: now, settings_of())
        newest = calendar_of(leader.settings.schedule).newest_due(now)
        leave_out(leader, newest - timedelta(days=missing))
    return url


def leave_out(leader: Leader, day: date) -> None:
    """Enter a day as skipped: the ledger begins with it."""
    slot = Slot(day, calendar_of(leader.settings.schedule).instant(day), BACKFILL)
    job = Job(
        case_id=leader.case_id,
        slot=slot,
        sampler=leader.settings.schedule.sampler,
        holder=leader.holder,
        started_at=leader.clock(),
        log="",
    )
    attempt = new_attempt(job, leader.clock(), 0.0, "skipped", error="the ledger begins here")
    with leader.database.write() as connection:
        append_attempt(connection, attempt, leader.clock())


def wait_for(what: Callable[[], bool], seconds: float, name: str) -> None:
    """Until it is so; a test that waits longer has failed."""
    until = monotonic() + seconds
    while not what():
        assert monotonic() < until, f"{name} did not come within {seconds:g} s"
        sleep(0.05)
