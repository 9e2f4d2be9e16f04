"""A year of days by a clock that sleeps, jumps and goes back: one official run for each, and none missing."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from schedule_worlds import Clock, days_of, install_toy_at, leader_of, ledger_of, quietly, settings_of, store
from sizes import slow, soak
from sqlalchemy import func, select

from db.engine import Database, open_database
from db.errors import Conflict, LeaseHeld, LeaseLost
from db.kinds import BACKFILL, OFFICIAL
from db.progress import Progress
from db.tables import runs
from forecast.errors import FitFailed
from forecast.schedule.jobs import Job, Made
from forecast.schedule.leader import Leader, _job, acquire, make_due, read_due, release
from forecast.schedule.settings import Settings
from forecast.schedule.slots import Calendar, calendar_of, find_next, read_ledger

YEAR = (date(2020, 1, 3), date(2021, 1, 2))
ZONES = ("UTC", "Europe/Kyiv", "America/New_York", "Asia/Seoul", "Australia/Lord_Howe")


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'parley.db'}"
    install_toy_at(url, tmp_path)
    with open_database(url) as database:
        yield database


def every_day(first: date, last: date) -> list[date]:
    return [first + timedelta(n) for n in range((last - first).days + 1)]


def tick(leader: Leader) -> None:
    """What the service does, without its alerts."""
    acquire(leader)
    make_due(leader, quietly)


def live(database: Database, clock: Clock, settings: Settings, until: datetime, seed: int) -> None:
    """Ticks at odd moments, sleeps of up to three weeks, restarts with and without a word, clocks set back."""
    draw = random.Random(seed)
    leader = leader_of(database, clock, settings)
    while clock.now < until:
        tick(leader)
        what = draw.random()
        if what < 0.03:
            clock.forward(timedelta(days=draw.uniform(1, 21)))
        elif what < 0.08:
            clock.forward(-timedelta(hours=draw.uniform(0, 30)))
        else:
            clock.forward(timedelta(hours=draw.uniform(0, 14)))
        if what > 0.95:
            release(leader)
        if what > 0.9:
            leader = leader_of(database, clock, settings)
            clock.forward(timedelta(seconds=settings.schedule.lease_seconds + 1))
    clock.now = until
    clock.forward(timedelta(hours=1))
    tick(leader)


@pytest.mark.parametrize(
    ("zone", "at"),
    [
        slow("Europe/Kyiv", "03:30"),
        soak("schedule", "America/New_York", "02:30"),
        soak("schedule", "UTC", "06:00"),
    ],
)
def test_a_year_has_one_run_a_day(toy: Database, zone: str, at: str) -> None:
    """The hours that are left out and that come twice are those of 2020-03-29 and -10-25, -03-08 and -11-01."""
    settings, clock = settings_of(at, zone), Clock()
    calendar = Calendar(settings.schedule.at, settings.schedule.time_zone)
    live(toy, clock, settings, calendar.instant(YEAR[1]), seed=len(zone))
    rows = ledger_of(toy)
    first = min(row.scheduled_for for row in rows)
    assert first <= date(2020, 1, 24)  # a case of which nothing was ever forecast begins with the newest day
    assert sorted(days_of(rows)) == every_day(first, YEAR[1])
    assert date(2020, 2, 29) in days_of(rows)
    assert days_of(rows, "failed", "skipped", "rejected") == []
    with toy.read() as connection:
        stored = connection.execute(select(runs.c.as_of, func.count()).group_by(runs.c.as_of)).all()
    assert Counter(dict(iter(stored))) == Counter(every_day(first - timedelta(1), YEAR[1] - timedelta(1)))
    for row in rows:
        assert row.scheduled_at == calendar.instant(row.scheduled_for) <= row.started_at
        assert row.as_of == row.scheduled_for - timedelta(1)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", ["00:00", "02:00", "02:30", "03:30", "06:00", "23:59"])
def test_every_day_has_one_instant_and_they_come_in_order(zone: str, at: str) -> None:
    settings = settings_of(at, zone).schedule
    calendar = Calendar(settings.at, settings.time_zone)
    instants = [calendar.instant(day) for day in every_day(date(2019, 12, 31), date(2021, 1, 2))]
    gaps = [later - earlier for earlier, later in pairwise(instants)]
    assert min(gaps) >= timedelta(hours=23)
    assert max(gaps) <= timedelta(hours=25)
    for instant in instants:
        local = instant.astimezone(ZoneInfo(zone))
        day = calendar.newest_due(instant)
        assert calendar.instant(day) == instant
        assert calendar.newest_due(instant - timedelta(microseconds=1)) == day - timedelta(1)
        assert calendar.next_due(instant - timedelta(microseconds=1)) == (day, instant)
        assert local.date() == day
        assert (local.hour, local.minute) == (settings.at.hour, settings.at.minute) or gaps  # moved only in a gap


def test_the_hour_that_is_left_out_and_the_hour_that_comes_twice() -> None:
    kyiv = Calendar(settings_of("03:30").schedule.at, ZoneInfo("Europe/Kyiv"))
    assert kyiv.instant(date(2020, 3, 29)) == datetime(2020, 3, 29, 1, 30, tzinfo=UTC)  # 04:30 there
    assert kyiv.instant(date(2020, 10, 25)) == datetime(2020, 10, 25, 0, 30, tzinfo=UTC)  # the first 03:30
    york = Calendar(settings_of("01:30").schedule.at, ZoneInfo("America/New_York"))
    assert york.instant(date(2020, 11, 1)) == datetime(2020, 11, 1, 5, 30, tzinfo=UTC)


def test_a_later_hour_does_not_bring_a_day_twice(toy: Database) -> None:
    clock = Clock(datetime(2020, 3, 1, 9, tzinfo=UTC))
    tick(leader_of(toy, clock, settings_of()))
    clock.forward(timedelta(minutes=3))
    late = leader_of(toy, clock, settings_of("23:00"))
    with toy.read() as connection:
        following = find_next(read_ledger(connection, "toy"), calendar_of(late.settings.schedule), clock())
    assert following == (date(2020, 3, 2), datetime(2020, 3, 2, 23, tzinfo=UTC))
    clock.now = following[1] - timedelta(seconds=1)
    tick(late)
    clock.forward(timedelta(seconds=1))
    tick(late)
    assert days_of(ledger_of(toy)) == [date(2020, 3, 1), date(2020, 3, 2)]


def test_the_first_run_is_of_the_latest_day_alone(toy: Database) -> None:
    clock = Clock(datetime(2020, 3, 1, 9, tzinfo=UTC))
    tick(leader_of(toy, clock, settings_of()))
    assert [(row.scheduled_for, row.kind) for row in ledger_of(toy)] == [(date(2020, 3, 1), OFFICIAL)]


def test_before_the_case_was_loaded_nothing_was_due(toy: Database) -> None:
    clock = Clock(datetime(2020, 1, 2, 13, tzinfo=UTC))
    leader = leader_of(toy, clock, settings_of())
    tick(leader)
    assert ledger_of(toy) == []
    clock.now = datetime(2020, 1, 3, 6, tzinfo=UTC)
    tick(leader)
    assert days_of(ledger_of(toy)) == [date(2020, 1, 3)]


def test_thirty_days_off_are_thirty_runs_oldest_first(toy: Database) -> None:
    clock = Clock(datetime(2020, 1, 3, 7, tzinfo=UTC))
    leader = leader_of(toy, clock, settings_of())
    tick(leader)
    clock.forward(timedelta(days=30))
    tick(leader)
    made = ledger_of(toy)[1:]
    assert days_of(made) == every_day(date(2020, 1, 4), date(2020, 2, 2))
    assert [row.kind for row in made] == [BACKFILL] * 29 + [OFFICIAL]


def test_what_is_too_long_ago_is_skipped_and_the_ledger_says_so(toy: Database) -> None:
    clock = Clock(datetime(2020, 1, 3, 7, tzinfo=UTC))
    leader = leader_of(toy, clock, settings_of(catch_up_days=10))
    tick(leader)
    clock.forward(timedelta(days=30))
    tick(leader)
    made = ledger_of(toy)[1:]
    assert days_of(made, "skipped") == every_day(date(2020, 1, 4), date(2020, 1, 23))
    assert days_of(made) == every_day(date(2020, 1, 24), date(2020, 2, 2))
    assert {row.error for row in made if row.outcome == "skipped"} == {
        "more than 10 days back, the most that is caught up"
    }
    tick(leader)
    assert len(ledger_of(toy)) == len(made) + 1


def test_a_lease_is_taken_over_once_it_is_not_renewed(toy: Database) -> None:
    clock = Clock(datetime(2020, 1, 3, 7, tzinfo=UTC))
    first, second = (leader_of(toy, clock, settings_of(lease_seconds=60)) for _ in range(2))
    acquire(first)
    clock.forward(timedelta(seconds=59))
    with pytest.raises(LeaseHeld, match=r"holds the lease of the schedule of toy and was heard 59 s ago; stop it"):
        acquire(second)
    clock.forward(timedelta(seconds=1))
    tick(second)
    with pytest.raises(LeaseHeld, match=f"{second.holder} holds the lease"):
        acquire(first)
    clock.forward(-timedelta(hours=1))  # a heartbeat that lies ahead is of a clock that was wrong
    acquire(first)


def test_a_run_whose_lease_has_passed_on_is_not_stored(toy: Database) -> None:
    clock = Clock(datetime(2020, 1, 3, 7, tzinfo=UTC))
    slow, quick = (leader_of(toy, clock, settings_of()) for _ in range(2))
    storing = slow.make

    def overtaken(job: Job, progress: Progress, heartbeat: Callable[[], None]) -> Made:
        clock.forward(timedelta(hours=1))
        tick(quick)
        return storing(job, progress, lambda: None)

    slow.make = overtaken
    acquire(slow)
    with pytest.raises(LeaseLost, match="has passed from"):
        make_due(slow, quietly)
    rows = ledger_of(toy)
    assert [(row.outcome, row.holder) for row in rows] == [("failed", slow.holder), ("published", quick.holder)]
    assert rows[0].error == f"{slow.holder} was not heard again while it made this run"
    with toy.read() as connection:
        assert connection.execute(select(func.count()).select_from(runs)).scalar() == 1


def test_a_day_that_failed_waits_longer_each_time_and_keeps_no_other_from_its_run(toy: Database) -> None:
    clock = Clock(datetime(2020, 1, 3, 6, tzinfo=UTC))
    leader = leader_of(toy, clock, settings_of())
    storing, broken, tries = leader.make, [date(2020, 1, 3)], []

    def make(job: Job, progress: Progress, heartbeat: Callable[[], None]) -> Made:
        if job.slot.day in broken:
            tries.append(clock.now)
            raise FitFailed("the fitting process was ended by SIGSEGV")
        return storing(job, progress, heartbeat)

    leader.make = make
    for _ in range(12 * 24):
        tick(leader)
        clock.forward(timedelta(hours=1))
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert all(earlier <= later for earlier, later in pairwise(gaps))
    assert gaps[-1] == timedelta(days=1)
    rows = ledger_of(toy)
    assert days_of(rows) == every_day(date(2020, 1, 4), date(2020, 1, 14))
    assert set(days_of(rows, "failed")) == set(broken)
    assert read_due(leader, eager=True).slots[0].day == date(2020, 1, 3)
    broken.clear()
    clock.forward(timedelta(days=1))
    tick(leader)
    assert ledger_of(toy)[-2].kind == BACKFILL
    assert read_due(leader, eager=True).slots == ()


def test_a_day_is_entered_once_whoever_tries(toy: Database) -> None:
    clock = Clock(datetime(2020, 1, 3, 7, tzinfo=UTC))
    leader = leader_of(toy, clock, settings_of())
    acquire(leader)
    (slot,) = read_due(leader).slots
    store(toy, _job(leader, slot), clock())
    with pytest.raises(Conflict, match="a row with the same key is there already"):
        store(toy, _job(leader, slot), clock())
    with toy.read() as connection:
        assert connection.execute(select(func.count()).select_from(runs)).scalar() == 1
