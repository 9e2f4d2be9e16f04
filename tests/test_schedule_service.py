"""The service: it stands by, stays up, is woken in time, and from end to end publishes a forecast by itself."""

import json
import logging
import os
import pickle
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from threading import Event
from zoneinfo import ZoneInfo

import pytest
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger
from schedule_worlds import Clock, days_of, install_toy_at, leader_of, ledger_of, quietly, settings_of
from sqlalchemy import inspect, text
from toy_case import CASE, write_toy_case

from db.engine import Database, open_database
from db.errors import LeaseHeld
from db.leases import read_lease
from db.progress import Progress
from forecast.errors import BadSettings, FitFailed
from forecast.schedule.jobs import Job, Made, lease_name
from forecast.schedule.leader import Leader, acquire, is_gone, release
from forecast.schedule.service import Service, make_due_once, serve, tick
from forecast.schedule.settings import Settings
from forecast.schedule.slots import Calendar
from forecast.schedule.steps import record_alerts
from forecast.schedule.trigger import daily_trigger

STEPS = (record_alerts,)
DAY = date(2020, 1, 3)
PARLEY = Path(sys.executable).parent / "parley"


def toy_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'parley.db'}"


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Database]:
    url = toy_url(tmp_path)
    install_toy_at(url, tmp_path)
    with open_database(url, lock_timeout_s=0.1) as database:
        yield database


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2020, 1, 3, 7, tzinfo=UTC))


@pytest.fixture
def service(toy: Database, clock: Clock) -> Service:
    return Service(leader=leader_of(toy, clock, settings_of(lease_seconds=60)), steps=STEPS)


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What the service has logged so far."""
    caplog.set_level(logging.INFO, logger="parley.schedule")
    return lambda: [record.getMessage() for record in caplog.records]


def raising(error: Exception) -> Callable[[Job, Progress, Callable[[], None]], Made]:
    def make(job: Job, progress: Progress, heartbeat: Callable[[], None]) -> Made:
        raise error

    return make


def holder_of(database: Database) -> str | None:
    with database.read() as connection:
        lease = read_lease(connection, lease_name("toy"))
    return lease.holder if lease else None


def test_one_that_does_not_lead_stands_by_and_says_so_once(
    toy: Database, clock: Clock, service: Service, said: Callable[[], list[str]]
) -> None:
    other, wake = leader_of(toy, clock, settings_of()), Event()
    acquire(other)
    for _ in range(3):
        tick(service, wake)
    assert said() == ["standing by"]
    assert (service.leading, wake.is_set(), ledger_of(toy)) == (False, False, [])
    release(other)
    tick(service, wake)
    assert days_of(ledger_of(toy)) == [DAY]
    assert (service.leading, wake.is_set(), service.said) == (True, True, "")
    clock.forward(timedelta(minutes=2))
    acquire(other)
    tick(service, wake)
    assert not service.leading
    assert said().count("standing by") == 2


def test_a_database_that_refuses_is_told_once_and_asked_again(
    toy: Database, service: Service, said: Callable[[], list[str]]
) -> None:
    with closing(sqlite3.connect(toy.url, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        for _ in range(3):
            tick(service, Event())
        writer.execute("ROLLBACK")
    assert said() == ["database refuses"]
    assert ledger_of(toy) == []
    tick(service, Event())
    assert days_of(ledger_of(toy)) == [DAY]


def test_whatever_goes_wrong_with_a_run_is_entered_and_it_waits_for_its_next_try(
    toy: Database, clock: Clock, service: Service, said: Callable[[], list[str]]
) -> None:
    making, service.leader.make = service.leader.make, raising(RuntimeError("nobody thought of that"))
    for _ in range(3):
        tick(service, Event())
    assert said() == ["run begun", "run failed", "alert"]
    assert [row.error for row in ledger_of(toy)] == ["RuntimeError: nobody thought of that"]
    service.leader.make = making
    clock.forward(timedelta(minutes=1))
    tick(service, Event())
    assert days_of(ledger_of(toy)) == [DAY]


def test_whatever_goes_wrong_in_a_tick_the_next_one_tries_again(
    toy: Database, service: Service, said: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object, **named: object) -> int:
        raise RuntimeError("nobody thought of that")

    with monkeypatch.context() as patch:
        patch.setattr("forecast.schedule.service.make_due", broken)
        tick(service, Event())
    assert said() == ["tick failed"]
    tick(service, Event())
    assert days_of(ledger_of(toy)) == [DAY]


def test_what_failed_before_the_start_is_tried_at_once_and_later_it_waits(
    toy: Database, clock: Clock, service: Service
) -> None:
    service.leader.make = raising(FitFailed("the fitting process was ended by SIGSEGV"))
    for _ in range(3):
        tick(service, Event())
    assert days_of(ledger_of(toy), "failed") == [DAY]
    restarted = Service(leader=leader_of(toy, clock, settings_of()), steps=STEPS)
    release(service.leader)
    tick(restarted, Event())
    assert days_of(ledger_of(toy)) == [DAY]


def test_alerts_are_raised_after_a_run_and_otherwise_not_at_each_tick(
    toy: Database, clock: Clock, service: Service
) -> None:
    wakes = []
    for _ in range(3):
        wake = Event()
        tick(service, wake)
        wakes.append(wake.is_set())
    clock.forward(timedelta(days=1))
    wake = Event()
    tick(service, wake)
    assert [*wakes, wake.is_set()] == [True, False, False, True]


def soon(seconds: int) -> tuple[Calendar, datetime]:
    """A calendar of which a run is scheduled in a moment, and when."""
    at = (datetime.now(UTC) + timedelta(seconds=seconds)).replace(microsecond=0)
    return Calendar(at.time(), ZoneInfo("UTC")), at


def jobs(database: Database) -> list[str]:
    with database.read() as connection:
        if not inspect(connection).has_table("apscheduler_jobs"):
            return []
        return list(connection.execute(text("SELECT id FROM apscheduler_jobs")).scalars())


def test_the_trigger_fires_at_its_time_and_its_job_is_in_the_database(database: Database) -> None:
    calendar, at = soon(3)
    with daily_trigger(database, "toy", calendar) as fired:
        assert fired.wait(10)
        assert timedelta(0) <= datetime.now(UTC) - at < timedelta(seconds=2)
        assert jobs(database) == ["forecast of toy"]
    with daily_trigger(database, "toy", calendar) as fired:  # it is set there, and tomorrow is its time
        assert not fired.wait(1)
    assert jobs(database) == ["forecast of toy"]


def wait_for(come: Callable[[], bool], seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not come():
        assert time.monotonic() < until
        time.sleep(0.05)


def hang(url: str, calendar: Calendar) -> None:
    """The trigger of another process; it ends with 0 if it came to no harm."""
    with open_database(url) as database, daily_trigger(database, "toy", calendar) as fired:
        fired.wait(5)


OLD_NAME = "forecast.schedule.bell:ring"
"""By which job stores of earlier versions name the daily job."""


def stored_reference(database: Database, id_: str) -> str:
    """What a job in the store is to call."""
    with database.read() as connection:
        state = connection.execute(text("SELECT job_state FROM apscheduler_jobs WHERE id = :id"), {"id": id_}).scalar()
    assert isinstance(state, bytes)
    return str(pickle.loads(state)["func"])


def store_by_old_name(database: Database, id_: str, at: datetime) -> None:
    """Leave a job as an earlier version did, which is then due."""
    scheduler = BackgroundScheduler(jobstores={"default": SQLAlchemyJobStore(engine=database.engine)}, timezone="UTC")
    scheduler.start(paused=True)
    scheduler.add_job(OLD_NAME, DateTrigger(at), args=["toy"], id=id_, misfire_grace_time=None)
    scheduler.shutdown()


def test_a_job_stored_by_its_old_name_still_loads_and_runs(database: Database) -> None:
    store_by_old_name(database, "of an earlier version", datetime.now(UTC) + timedelta(seconds=2))
    assert stored_reference(database, "of an earlier version") == OLD_NAME
    calendar, _ = soon(3600)
    with daily_trigger(database, "toy", calendar) as fired:
        assert fired.wait(10)
        wait_for(lambda: jobs(database) == ["forecast of toy"])  # it has run, and that once was all


def test_the_daily_job_of_an_earlier_version_is_replaced_by_the_present_one(database: Database) -> None:
    store_by_old_name(database, "forecast of toy", datetime.now(UTC) + timedelta(days=1))
    calendar, _ = soon(3600)
    with daily_trigger(database, "toy", calendar):
        wait_for(lambda: stored_reference(database, "forecast of toy") != OLD_NAME)
    assert stored_reference(database, "forecast of toy") == "forecast.schedule.trigger:fire"


def test_two_triggers_share_one_store(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """At least one fires: whose turn it is, the ledger says."""
    calendar, _ = soon(3)
    other = get_context("spawn").Process(target=hang, args=(database_url, calendar))
    other.start()
    with open_database(database_url) as database, daily_trigger(database, "toy", calendar):
        other.join(20)
        assert other.exitcode == 0
        assert jobs(database) == ["forecast of toy"]
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_once_with_nothing_due_makes_nothing_and_gives_the_lease_back(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'parley.db'}"
    install_toy_at(url, tmp_path, datetime.now(UTC))
    assert make_due_once(url, settings_of(), case_id=None, progress=quietly, steps=STEPS) == ()
    with open_database(url) as database:
        assert holder_of(database) is None


def test_once_beside_a_service_is_refused(toy: Database) -> None:
    other = Leader(database=toy, case_id="toy", settings=settings_of(), make=raising(FitFailed("never")))
    acquire(other)
    with pytest.raises(LeaseHeld, match=f"^{re.escape(other.holder)} holds the lease of the schedule of toy"):
        make_due_once(f"sqlite:///{toy.url}", settings_of(), case_id=None, progress=quietly, steps=STEPS)
    assert holder_of(toy) == other.holder


def test_once_tries_what_failed_again_at_once_and_says_what_it_entered(toy: Database) -> None:
    """The calendar of the toy case ended long before this day."""
    for _ in range(2):
        (row,) = make_due_once(f"sqlite:///{toy.url}", settings_of(), case_id=None, progress=quietly, steps=STEPS)
        assert (row.outcome, row.run_id) == ("failed", None)
        assert row.error == f"{row.as_of} lies beyond the case's calendar, which ends on 2024-01-01"
        assert row.log == str(toy.folder / "logs" / "schedule.log")
    assert len(ledger_of(toy)) == 2
    assert holder_of(toy) is None


def test_changed_settings_are_used_at_once_and_wrong_ones_are_not(
    toy: Database, tmp_path: Path, said: Callable[[], list[str]]
) -> None:
    """A schedule that is always yet to come: nothing is made, and the job moves with the settings."""
    now = Clock(datetime(2020, 1, 2, 13, tzinfo=UTC))
    stop, answers = Event(), [BadSettings("[schedule] att is not known")]
    hours = iter((*answers, *answers, settings_of("08:00", lease_seconds=2)))
    known: list[Settings] = []

    def reread() -> Settings:
        found = next(hours, None)
        if isinstance(found, BadSettings):
            raise found
        if found is None:
            stop.set()
            return known[-1]
        known.append(found)
        return found

    serve(
        toy_url(tmp_path), settings_of(lease_seconds=2), case_id=None, stop=stop, steps=STEPS, clock=now, reread=reread
    )
    assert said().count("settings not read") == 1
    assert said().count("settings changed") == 1
    assert said().count("service started") == said().count("service stopped") == 2
    assert holder_of(toy) is None
    assert ledger_of(toy) == []


def test_a_process_that_is_gone_holds_no_lease(toy: Database, clock: Clock) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    last, heir, other = (leader_of(toy, clock, settings_of(lease_seconds=3600)) for _ in range(3))
    last.holder = f"{socket.gethostname()}:{ended.pid}:0a1b2c3d"
    acquire(last)
    acquire(heir)
    assert holder_of(toy) == heir.holder
    with pytest.raises(LeaseHeld, match="stop it, or wait: a lease that is not renewed expires after 3600 s"):
        acquire(other)
    assert not is_gone(f"elsewhere:{ended.pid}:0a1b2c3d")
    assert not is_gone(other.holder)


@pytest.mark.slow
def test_from_a_fresh_folder_to_a_published_forecast_by_itself(tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    calendar = CASE.replace("2024-01-01", f"{today.year + 4}-01-01")
    write_toy_case(tmp_path / "case", {"case.toml": calendar}, through=today.year - 1)
    parley(tmp_path, "init", "--case", "case")
    at = datetime.now(UTC) + timedelta(minutes=1)
    (tmp_path / "parley.toml").write_text(f'[schedule]\nat = "{at:%H:%M:%S}"\n\n[alerts.file]\npath = "alerts.jsonl"\n')
    with (tmp_path / "stderr").open("w") as errors:
        service = subprocess.Popen([PARLEY, "schedule", "run"], cwd=tmp_path, env=surroundings(tmp_path), stderr=errors)
    try:
        with open_database(f"sqlite:///{tmp_path / 'parley.db'}") as database:
            wait_for(lambda: holder_of(database) is not None, 60)
            assert datetime.now(UTC) >= at or ledger_of(database) == []  # the case was loaded after yesterday's time
            wait_for(lambda: bool(ledger_of(database)) or service.poll() is not None, 400)
            (line,) = ledger_of(database)
            assert (line.outcome, line.kind, line.scheduled_for) == ("published", "official", at.date())
            assert line.scheduled_at == at.replace(microsecond=0)
            assert line.started_at - line.scheduled_at < timedelta(seconds=10)
            check_shown(tmp_path, at.date(), line.run_id)
            service.send_signal(signal.SIGTERM)
            assert service.wait(30) == 0
            assert holder_of(database) is None
    finally:
        service.kill()
        service.wait()
    log = (tmp_path / "logs" / "schedule.log").read_text()
    events = ["service started", f"run begun day={at.date()} kind=official", f"run published day={at.date()}"]
    where = [log.index(event) for event in [*events, "service stopped"]]
    assert where == sorted(where)
    assert "ERROR" not in log
    assert "Traceback" not in (tmp_path / "stderr").read_text()


def check_shown(folder: Path, day: date, run_id: int | None) -> None:
    """What a person and a monitor are told while the service runs."""
    shown = json.loads(parley(folder, "show", "--json"))
    assert shown["run"]["id"] == run_id
    assert shown["run"]["kind"] == "official"
    assert shown["run"]["status"] == "published"
    assert shown["run"]["as_of"] == str(day - timedelta(1))
    assert {row["run_id"] for row in shown["targets"]} == {run_id}
    status = json.loads(parley(folder, "schedule", "status", "--json"))
    assert (status["stale"], status["published"]["run_id"], status["lease"]["alive"]) == (False, run_id, True)
    assert status["attempts"][0]["run_id"] == run_id
    assert status["next"]["day"] == str(day + timedelta(1))


def surroundings(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    cache = {"PARLEY_CACHE": os.environ["PARLEY_CACHE"]} if "PARLEY_CACHE" in os.environ else {}
    return {**kept, **cache, "PARLEY_DATABASE_URL": f"sqlite:///{folder / 'parley.db'}"}


def parley(folder: Path, *arguments: str) -> str:
    """What the installed command says; it must end with 0."""
    found = subprocess.run(
        [PARLEY, *arguments], cwd=folder, env=surroundings(folder), capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    return found.stdout
