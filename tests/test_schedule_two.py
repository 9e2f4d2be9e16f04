"""Two services at one database, through sixty days: every day has one run, whoever makes it."""

import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from schedule_worlds import Clock, days_of, duty_of, install_toy_at, ledger_of, quietly, settings_of
from sqlalchemy import func, select

from db.engine import Database, open_database
from db.errors import LeaseHeld, LeaseLost
from db.leases import read_lease
from db.tables import runs
from db.verify import verify_store
from forecast.schedule.duty import Duty, lay_down, make_due, take_up
from forecast.schedule.orders import utc_now
from forecast.schedule.service import Service, make_due_once, tick

START = datetime(2020, 1, 3, 5, tzinfo=UTC)
DAYS = 60
END = START + timedelta(days=DAYS)
SETTINGS = settings_of(lease_seconds=7200)
"""The lease lives for two hours of a clock that runs through one in some milliseconds: it often passes on."""


@dataclass(frozen=True, slots=True)
class Swift:
    """A clock that every process reads alike: so many hours of it in one second of ours."""

    zero: float
    hours_a_second: float

    def __call__(self) -> datetime:
        return START + timedelta(hours=(time.monotonic() - self.zero) * self.hours_a_second)


def live(database: Database, clock: Callable[[], datetime], seed: int, over: Callable[[], bool]) -> Counter[str]:
    """A service that looks as often as it can and is restarted at times, with or without a word; what it met."""
    draw, met = random.Random(seed), Counter[str]()
    duty = duty_of(database, clock, SETTINGS)
    while not over():
        try:
            take_up(duty)
            met["runs"] += make_due(duty, quietly)
        except (LeaseHeld, LeaseLost) as error:
            met[type(error).__name__] += 1
        if draw.random() < 0.03:
            if draw.random() < 0.5:
                lay_down(duty)
            duty = duty_of(database, clock, SETTINGS)
            met["restarts"] += 1
    return met


def live_in_process(url: str, clock: Swift, seed: int) -> Counter[str]:
    with open_database(url) as database:
        return live(database, clock, seed, lambda: clock() >= END)


def complete(database: Database) -> None:
    """Who comes later makes what the two have left, and finds nothing that was made twice."""
    duty = duty_of(database, Clock(END + timedelta(days=0.1)), SETTINGS)
    take_up(duty)
    make_due(duty, quietly, eager=True)
    check(database)


def check(database: Database) -> None:
    """Every day from the first to the last has one run, and one line of the ledger that says so."""
    rows = ledger_of(database)
    made = days_of(rows)
    last = (END + timedelta(days=0.1)).date()
    assert sorted(made) == [date(2020, 1, 3) + timedelta(n) for n in range((last - date(2020, 1, 3)).days + 1)]
    assert {row.outcome for row in rows} <= {"published", "failed"}
    assert {row.error.partition(" ")[2] for row in rows if row.outcome == "failed"} <= {
        "was not heard again while it made this run"
    }
    with database.read() as connection:
        stored = connection.execute(select(runs.c.as_of, func.count()).group_by(runs.c.as_of)).all()
        found = verify_store(connection, database.folder)
    assert Counter(dict(iter(stored))) == Counter(day - timedelta(1) for day in made)
    assert (found.broken, found.damaged) == ((), ())


def check_both_worked(met: Sequence[Counter[str]], most_left: int, rows: int) -> None:
    """The test tests something: both made runs, stood in each other's way, and left little to who came later."""
    assert all(one["runs"] for one in met)
    assert sum(one["LeaseHeld"] + one["LeaseLost"] for one in met) > DAYS
    assert rows >= DAYS - most_left


@pytest.fixture
def toy(database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.chdir(tmp_path)
    install_toy_at(database_url, tmp_path)
    return database


@pytest.fixture
def begun(toy: Database) -> Database:
    """The first day has its run: days are owed from then on."""
    duty = duty_of(toy, Clock(START + timedelta(hours=1)), SETTINGS)
    take_up(duty)
    make_due(duty, quietly)
    lay_down(duty)
    return toy


def drive(clock: Clock, seed: int, steps_s: float) -> None:
    """Through the days in steps of up to three hours, and now and then one of two days."""
    draw = random.Random(seed)
    while clock.now < END:
        clock.forward(timedelta(days=2) if draw.random() < 0.005 else timedelta(hours=draw.uniform(0, 3)))
        time.sleep(steps_s)
    clock.now = END


def live_in_threads(database_url: str, seed: int, steps_s: float) -> list[Counter[str]]:
    """Two services, each with a database of its own, by a clock that a third moves."""
    clock, over = Clock(START + timedelta(hours=2)), Event()

    def serve(seed: int) -> Counter[str]:
        with open_database(database_url) as database:
            return live(database, clock, seed, over.is_set)

    with ThreadPoolExecutor(2) as pool:
        services: list[Future[Counter[str]]] = [pool.submit(serve, 2 * seed + k) for k in range(2)]
        drive(clock, seed, steps_s)
        over.set()
        return [service.result() for service in services]


def test_two_services_in_two_threads(begun: Database, database_url: str) -> None:
    met = live_in_threads(database_url, 1, 0.003)
    check_both_worked(met, 20, len(days_of(ledger_of(begun))))
    complete(begun)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 7))
def test_two_services_in_two_threads_often(begun: Database, database_url: str, seed: int) -> None:
    met = live_in_threads(database_url, seed, 0.01)
    check_both_worked(met, 10, len(days_of(ledger_of(begun))))
    complete(begun)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_two_services_in_two_processes(begun: Database, database_url: str, seed: int) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        clock = Swift(time.monotonic() + 4.0, 80.0)  # they take that long to begin
        services = [pool.apply_async(live_in_process, (database_url, clock, 10 * seed + k)) for k in range(2)]
        met = [service.get(120) for service in services]
    check_both_worked(met, 10, len(days_of(ledger_of(begun))))
    complete(begun)


def test_a_person_waits_for_the_service_and_the_service_for_a_person(toy: Database, database_url: str) -> None:
    service = Service(_on_duty(toy))
    tick(service, Event())
    assert service.on_duty
    with pytest.raises(LeaseHeld, match=f"{service.duty.holder} makes the runs of schedule of toy and was heard"):
        make_due_once(database_url, SETTINGS, case_id=None, progress=quietly)
    lay_down(service.duty)
    person = _on_duty(toy)
    take_up(person)
    before = len(ledger_of(toy))
    tick(service, Event())
    assert (service.on_duty, service.said) == (False, "standing by")
    assert len(ledger_of(toy)) == before
    lay_down(person)
    tick(service, Event())
    assert (service.on_duty, service.said) == (True, "")
    with toy.read() as connection:
        lease = read_lease(connection, person.lease)
    assert lease is not None
    assert lease.holder == service.duty.holder


def _on_duty(database: Database) -> Duty:
    return duty_of(database, utc_now, SETTINGS)
