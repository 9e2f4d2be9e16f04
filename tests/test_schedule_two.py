"""Two services at one database, through sixty days or ten: every day has one run, whoever makes it, and is killed."""

import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from ctypes import c_bool, c_double
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from signal import SIGKILL
from threading import Event, Semaphore

import pytest
from killed_commands import forked
from schedule_worlds import Clock, days_of, install_toy_at, leader_of, ledger_of, quietly, settings_of, wait_for
from sizes import slow, soak
from sqlalchemy import func, select

from db.engine import Database, open_database
from db.errors import LeaseHeld, LeaseLost
from db.leases import read_lease
from db.progress import Progress
from db.tables import runs
from db.verify import verify_store
from forecast.clock import utc_now
from forecast.schedule.jobs import Job, Made, lease_name
from forecast.schedule.leader import Leader, acquire, make_due, release
from forecast.schedule.service import Service, make_due_once, tick

START = datetime(2020, 1, 3, 5, tzinfo=UTC)
DAYS, TEN = 60, 10
BEGUN = START + timedelta(hours=1)
FIT_S = 0.25
"""How long a run takes at which a service is killed."""
PATIENCE_S = 300.0
END = START + timedelta(days=DAYS, hours=3)
SETTINGS = settings_of(lease_seconds=7200)
"""The lease lives for two hours of a clock that runs through one in some milliseconds: it often passes on."""


@dataclass(frozen=True, slots=True)
class Swift:
    """A clock that every process reads alike: so many hours of it in one second of ours."""

    zero: float
    hours_a_second: float

    def __call__(self) -> datetime:
        hours = (time.monotonic() - self.zero) * self.hours_a_second
        return min(max(START + timedelta(hours=hours), BEGUN), END)


def live(database: Database, clock: Callable[[], datetime], seed: int, over: Callable[[], bool]) -> Counter[str]:
    """A service that looks as often as it can and is restarted at times, with or without a word; what it met."""
    draw, met = random.Random(seed), Counter[str]()
    leader = named(seed, leader_of(database, clock, SETTINGS))
    while not over():
        try:
            acquire(leader)
            make_due(leader, quietly)
        except (LeaseHeld, LeaseLost) as error:
            met[type(error).__name__] += 1
        if draw.random() < 0.03:
            if draw.random() < 0.5:
                release(leader)
            leader = named(seed, leader_of(database, clock, SETTINGS))
            met["restarts"] += 1
    return met


def named(seed: int, leader: Leader) -> Leader:
    """Of the service with that seed."""
    leader.holder = f"{seed}:{leader.holder}"
    return leader


def live_in_process(url: str, clock: Swift, seed: int) -> Counter[str]:
    with open_database(url) as database:
        return live(database, clock, seed, lambda: clock() >= END)


def complete(database: Database) -> None:
    """Who comes later makes what the two have left, and finds nothing that was made twice."""
    leader = leader_of(database, Clock(END + timedelta(hours=3)), SETTINGS)
    acquire(leader)
    make_due(leader, quietly, eager=True)
    check(database, DAYS)


def check(database: Database, days: int) -> None:
    """Every day from the first to the last has one run, and one line of the ledger that says so."""
    rows = ledger_of(database)
    made = days_of(rows)
    assert sorted(made) == [START.date() + timedelta(n) for n in range(days + 1)]
    assert {row.outcome for row in rows} <= {"published", "failed"}
    assert {row.error.partition(" ")[2] for row in rows if row.outcome == "failed"} <= {
        "was not heard again while it made this run"
    }
    with database.read() as connection:
        stored = connection.execute(select(runs.c.as_of, func.count()).group_by(runs.c.as_of)).all()
        found = verify_store(connection, database.posteriors)
    assert Counter(dict(iter(stored))) == Counter(day - timedelta(1) for day in made)
    assert (found.broken, found.damaged) == ((), ())


def check_both_worked(met: Sequence[Counter[str]], database: Database) -> None:
    """The test tests something: both made runs, and stood in each other's way."""
    makers = Counter(row.holder.partition(":")[0] for row in ledger_of(database) if row.outcome == "published")
    print(f"\nruns {dict(makers)}, met {[dict(one) for one in met]}")
    assert len(makers) == 3  # with who began
    assert all(one["LeaseHeld"] + one["LeaseLost"] for one in met)


@pytest.fixture
def toy(database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.chdir(tmp_path)
    install_toy_at(database_url, tmp_path)
    return database


@pytest.fixture
def begun(toy: Database) -> Database:
    """The first day has its run: days are owed from then on."""
    leader = leader_of(toy, Clock(BEGUN), SETTINGS)
    acquire(leader)
    make_due(leader, quietly)
    release(leader)
    return toy


def drive(clock: Clock, seed: int, looked: Semaphore, most_hours: float) -> None:
    """Through the days, with each look of a service a step of up to so many hours, and now and then two days."""
    draw = random.Random(seed)
    while clock.now < END:
        assert looked.acquire(timeout=60)
        step = timedelta(days=2) if draw.random() < 0.005 else timedelta(hours=draw.uniform(0, most_hours))
        clock.forward(min(step, END - clock.now))


def live_in_threads(database_url: str, seed: int, most_hours: float = 3.0) -> list[Counter[str]]:
    """Two services, each with a database of its own, by a clock that a third moves."""
    clock, over, looked = Clock(BEGUN), Event(), Semaphore(0)

    def is_over() -> bool:
        looked.release()
        return over.is_set()

    def serve(seed: int) -> Counter[str]:
        with open_database(database_url) as database:
            return live(database, clock, seed, is_over)

    with ThreadPoolExecutor(2) as pool:
        services: list[Future[Counter[str]]] = [pool.submit(serve, 2 * seed + k) for k in range(2)]
        drive(clock, seed, looked, most_hours)
        over.set()
        return [service.result() for service in services]


def test_two_services_in_two_threads(begun: Database, database_url: str) -> None:
    check_both_worked(live_in_threads(database_url, 1, 8.0), begun)
    complete(begun)


def often(seeds: Sequence[int]) -> pytest.MarkDecorator:
    """One of the seeds on PostgreSQL, where two can write at once; all of them on both in the soak."""
    first, *others = [(kind, seed) for seed in seeds for kind in ("postgresql", "sqlite")]
    return pytest.mark.parametrize(
        ("database_url", "seed"),
        [slow(*first), *(soak("schedule", *other) for other in others)],
        indirect=["database_url"],
    )


@often(range(2, 7))
def test_two_services_in_two_threads_often(begun: Database, database_url: str, seed: int) -> None:
    check_both_worked(live_in_threads(database_url, seed), begun)
    complete(begun)


@often(range(3))
def test_two_services_in_two_processes(begun: Database, database_url: str, seed: int) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.map(time.sleep, (0.1, 0.1), 1)  # both are there
        clock = Swift(time.monotonic(), 100.0)
        services = [pool.apply_async(live_in_process, (database_url, clock, 10 * seed + k)) for k in range(2)]
        met = [service.get(120) for service in services]
    check_both_worked(met, begun)
    complete(begun)


@dataclass(frozen=True, slots=True)
class Shown:
    """A clock that one process sets and others read, without a lock: one that is killed would keep it."""

    seconds: c_double
    over: c_bool

    def __call__(self) -> datetime:
        return START + timedelta(seconds=self.seconds.value)

    def forward(self, step: timedelta) -> None:
        self.seconds.value += step.total_seconds()


def serve_by(url: str, clock: Shown) -> None:
    """A service that looks at what is due until all is over, and takes a while for a run."""
    with open_database(url) as database:
        leader = leader_of(database, clock, SETTINGS)
        store = leader.make

        def make(job: Job, progress: Progress, heartbeat: Callable[[], None]) -> Made:
            time.sleep(FIT_S)
            return store(job, progress, heartbeat)

        leader.make = make
        service = Service(leader=leader, steps=())
        while not clock.over.value:
            tick(service, Event())
            time.sleep(0.01)
        release(leader)


@dataclass(slots=True)
class Pair:
    """Two services as processes, of which the one that makes a run is killed and begun anew."""

    database: Database
    clock: Shown
    start: Callable[[], ForkServerProcess]
    services: list[ForkServerProcess] = field(default_factory=list)
    killed: int = 0

    def at_work(self) -> ForkServerProcess | None:
        """Who makes a run; where no one does, time goes on: a run that has failed waits for its next try."""
        with self.database.read() as connection:
            lease = read_lease(connection, lease_name("toy"))
        if lease is None or lease.working_on is None:
            self.clock.forward(timedelta(minutes=1))
            return None
        return next((each for each in self.services if f":{each.pid}:" in lease.holder), None)

    def has_made(self, day: date) -> bool:
        return day in days_of(ledger_of(self.database))

    def make(self, day: date, kills: int, draw: random.Random) -> None:
        """Have the day's run made, and the one that makes it killed so often, if it is not made before."""
        found = self.at_work
        while kills > 0 and not self.has_made(day):
            wait_for(lambda: found() is not None or self.has_made(day), PATIENCE_S, "a run")
            service = found()
            time.sleep(draw.uniform(0, 1.2 * FIT_S))  # by then it may have stored it
            if service is not None:
                self.kill(service)
                kills -= 1
        wait_for(lambda: found() is None and self.has_made(day), PATIENCE_S, "the day's run")

    def kill(self, service: ForkServerProcess) -> None:
        service.kill()
        service.join()
        assert service.exitcode == -SIGKILL
        self.killed += 1
        self.services.remove(service)
        self.services.append(self.start())


@pytest.fixture
def pair(begun: Database, database_url: str) -> Iterator[Pair]:
    clock = Shown(forked.RawValue(c_double, 3600.0), forked.RawValue(c_bool, False))

    def start() -> ForkServerProcess:
        service = forked.Process(target=serve_by, args=(database_url, clock), daemon=True)
        service.start()
        return service

    pair = Pair(begun, clock, start, [start(), start()])
    yield pair
    clock.over.value = True
    for service in pair.services:
        service.join(PATIENCE_S)
    assert [service.exitcode for service in pair.services] == [0, 0]


@pytest.mark.parametrize(
    ("database_url", "seed"),
    [slow("sqlite", 1), *(soak("schedule", kind, seed) for kind in ("sqlite", "postgresql") for seed in (2, 3))],
    indirect=["database_url"],
)
def test_of_two_services_the_one_at_work_is_killed(pair: Pair, seed: int) -> None:
    """The other takes over, and each of ten days is published once."""
    draw = random.Random(seed)
    for day in range(1, TEN + 1):
        pair.clock.forward(timedelta(days=1))
        pair.make(START.date() + timedelta(day), 1 + day % 2, draw)
    made = Counter(row.outcome for row in ledger_of(pair.database))
    print(f"\n{pair.killed} kills; runs {dict(made)}")
    assert pair.killed > TEN // 2
    check(pair.database, TEN)


def test_a_person_waits_for_the_service_and_the_service_for_a_person(toy: Database, database_url: str) -> None:
    service = Service(leader=_leading(toy), steps=())
    tick(service, Event())
    assert service.leading
    with pytest.raises(
        LeaseHeld, match=f"{service.leader.holder} holds the lease of the schedule of toy and was heard"
    ):
        make_due_once(database_url, SETTINGS, case_id=None, progress=quietly, steps=())
    release(service.leader)
    person = _leading(toy)
    acquire(person)
    before = len(ledger_of(toy))
    tick(service, Event())
    assert (service.leading, service.said) == (False, "standing by")
    assert len(ledger_of(toy)) == before
    release(person)
    tick(service, Event())
    assert (service.leading, service.said) == (True, "")
    with toy.read() as connection:
        lease = read_lease(connection, person.lease)
    assert lease is not None
    assert lease.holder == service.leader.holder


def _leading(database: Database) -> Leader:
    return leader_of(database, utc_now, SETTINGS)
