"""A run made late is the run of its day: from what was recorded by its instant, to the last bit of every number."""

import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from schedule_worlds import Clock, install_toy_at, ledger_of, quietly, settings_of
from sizes import slow, soak
from sqlalchemy import ColumnElement, Connection, Table, select

from db import tables
from db.append import append_completeness, append_events, append_observations, append_run, append_run_status
from db.engine import Database, open_database
from db.kinds import BACKFILL, OFFICIAL
from db.progress import Progress
from db.rows import NewCompleteness, NewEvent, NewObservation
from db.when import When
from forecast.engine.assemble import inputs_hash, read_problem
from forecast.engine.rows import new_run
from forecast.schedule.jobs import Job, Made, enter, run_job
from forecast.schedule.leader import Leader, acquire, make_due
from forecast.schedule.slots import calendar_of
from indicators.content import EVENT_TYPES
from models.settings import SamplerSettings

SETTINGS = settings_of("06:00")
CALENDAR = calendar_of(SETTINGS.schedule)
FIRST = date(2020, 1, 3)
SAMPLER = SamplerSettings(chains=4, draws=800, tune=400)
STORED = (tables.target_forecasts, tables.scenario_forecasts, tables.indicator_states, tables.effects)
MICROSECOND = timedelta(microseconds=1)

type Numbers = dict[str, int]
"""Of the rows entered so far, by the name of the entry."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is entered at an instant, and the first scheduled day whose run is to read it."""

    at: datetime
    first: date
    append: Callable[[Connection, datetime, Numbers], None]


def observed(name: str, indicator: str, level: float, known_on: date) -> NewObservation:
    return NewObservation(
        case_id="toy",
        indicator_id=indicator,
        observed_on=known_on,
        known_on=known_on,
        level=level,
        source_title=f"Entry {name}",
        source_publisher="",
        source_url="",
        origin="",
        reliability="B",
        credibility=2,
        analyst="late",
        note=name,
    )


def adds(name: str, row: NewObservation) -> Callable[[Connection, datetime, Numbers], None]:
    def append(connection: Connection, at: datetime, numbers: Numbers) -> None:
        (numbers[name],) = append_observations(connection, [row], at)

    return append


def corrects(name: str, row: NewObservation) -> Callable[[Connection, datetime, Numbers], None]:
    """Revise or withdraw the newest version of an entry."""

    def append(connection: Connection, at: datetime, numbers: Numbers) -> None:
        (numbers[name],) = append_observations(connection, [replace(row, supersedes=numbers[name])], at)

    return append


def happened(name: str, started_on: date, known_on: date) -> Callable[[Connection, datetime, Numbers], None]:
    row = NewEvent(
        case_id="toy",
        event_id=name,
        type="contact",
        framing="none",
        started_on=started_on,
        ended_on=started_on,
        known_on=known_on,
        date_precision="day",
        level="envoy",
        format="bilateral",
        venue="",
        note="",
        source="",
        confidence="high",
    )
    return lambda connection, at, numbers: _nothing(append_events(connection, [row], at))


def attests(through: date, known_on: date) -> Callable[[Connection, datetime, Numbers], None]:
    rows = [
        NewCompleteness(
            case_id="toy",
            type=kind,
            complete_from=date(2010, 1, 1),
            complete_through=through,
            known_on=known_on,
            attested_by="late",
            note="",
        )
        for kind in EVENT_TYPES
    ]
    return lambda connection, at, numbers: _nothing(append_completeness(connection, rows, at))


def _nothing(numbers: Sequence[int]) -> None:
    """What is entered once is not corrected."""


def a_few_days() -> list[Entry]:
    """Every kind of entry, some at the very instant of a run, just after it, or before they could be known."""
    day = {number: date(2020, 1, number) for number in range(1, 9)}
    tone, posture = observed("tone", "press_tone", 2, day[2]), observed("posture", "border_posture", 2, day[3])
    withdrawn = replace(posture, retracted=True, reason="miscounted", known_on=day[5])
    slot = {number: CALENDAR.instant(day[number]) for number in range(3, 8)}
    return [
        Entry(slot[3] + timedelta(hours=3), day[4], adds("tone", tone)),
        Entry(slot[4], day[4], adds("posture", posture)),
        Entry(slot[4] + MICROSECOND, day[5], corrects("tone", replace(tone, level=-1.0, known_on=day[3]))),
        Entry(slot[4] + timedelta(hours=14), day[5], happened("C-late", date(2019, 11, 15), day[4])),
        Entry(slot[5] - timedelta(minutes=1), day[5], attests(day[4], day[4])),
        Entry(slot[5] + timedelta(hours=6), day[6], corrects("posture", withdrawn)),
        Entry(slot[6] - timedelta(hours=3), day[7], adds("today", observed("today", "press_tone", 0, day[6]))),
        Entry(slot[6] + timedelta(minutes=30), day[7], adds("after", observed("after", "harvest", 1, day[2]))),
    ]


def a_month(seed: int) -> list[Entry]:
    """Entries of all kinds at random, in the order in which they are made."""
    draw, made, entries = random.Random(seed), dict[str, NewObservation](), []
    for number in range(30):
        day = FIRST + timedelta(number)
        at = CALENDAR.instant(day) + draw.choice((timedelta(0), MICROSECOND, timedelta(hours=draw.uniform(0.1, 23.9))))
        read = day if at == CALENDAR.instant(day) else day + timedelta(1)
        known = read - timedelta(draw.randint(1, 3))
        name, kind = f"entry {number}", draw.choice(("new", "new", "revise", "withdraw", "event", "attest"))
        if kind in ("revise", "withdraw") and made:
            name = draw.choice(sorted(made))
            known = max(known, made[name].known_on)
            made[name] = replace(made[name], level=draw.uniform(-2, 2), known_on=known)
            row = made.pop(name) if kind == "withdraw" else made[name]
            gone = {"retracted": True, "reason": "wrong"} if kind == "withdraw" else {}
            entries.append(Entry(at, read, corrects(name, replace(row, **gone))))
        elif kind == "event":
            entries.append(Entry(at, read, happened(name, date(2019, 1, 1) + timedelta(11 * number), known)))
        elif kind == "attest":
            through = day - timedelta(1)  # further each time, or it would move nothing
            entries.append(Entry(at, read, attests(through, through)))
        else:
            made[name] = observed(name, draw.choice(("press_tone", "border_posture")), draw.uniform(-2, 2), known)
            entries.append(Entry(at, read, adds(name, made[name])))
    return entries


def making(
    database: Database, clock: Clock, fitted: Sequence[date]
) -> Callable[[Job, Progress, Callable[[], None]], Made]:
    """Makes the runs of some days by a fit; of the others only what it would be fitted to is on record."""

    def make(job: Job, progress: Progress, heartbeat: Callable[[], None]) -> Made:
        if job.slot.day in fitted:
            return run_job(database, replace(job, sampler=SAMPLER), progress, clock)
        with database.read() as connection:
            rows, _, problem = read_problem(
                connection, When(as_of=job.slot.as_of, as_recorded=job.slot.at), case_id=job.case_id
            )
        with database.write() as connection:
            run = new_run(rows, problem, 0.5, kind=job.slot.kind, seed=1)
            run_id = append_run(connection, run, clock())
            append_run_status(connection, run_id, "published", {}, clock())
            enter(connection, job, run_id, 1.0, clock())
        return Made(run_id, "published")

    return make


@dataclass(slots=True)
class World:
    """A desk at a database, and the service, to which the days come one by one or all at once."""

    database: Database
    entries: list[Entry]
    fitted: Sequence[date]
    numbers: Numbers

    def go_to(self, now: datetime) -> None:
        """Enter all that is entered by then, each at its instant; then make what is due."""
        while self.entries and self.entries[0].at <= now:
            entry = self.entries.pop(0)
            with self.database.write() as connection:
                entry.append(connection, entry.at, self.numbers)
        clock = Clock(now)
        leader = Leader(
            database=self.database,
            case_id="toy",
            settings=SETTINGS,
            make=making(self.database, clock, self.fitted),
            clock=clock,
        )
        clock.forward(timedelta(hours=1))  # the lease of the last service has expired
        acquire(leader)
        make_due(leader, quietly)


def two_worlds(folder: Path, entries: list[Entry], days: int, fitted: Sequence[date]) -> tuple[Path, Path]:
    """Databases of a service that was always on, and of one that was off after its first day."""
    files = folder / "on" / "parley.db", folder / "off" / "parley.db"
    for file in files:
        file.parent.mkdir()
    install_toy_at(f"sqlite:///{files[0]}", folder)
    shutil.copy(*files)
    evenings = [CALENDAR.instant(FIRST + timedelta(n)) + timedelta(minutes=1) for n in range(days)]
    for file, moments in zip(files, (evenings, [evenings[0], evenings[-1]]), strict=True):
        with open_database(f"sqlite:///{file}") as database:
            world = World(database, list(entries), fitted, {})
            for moment in moments:
                world.go_to(moment)
    return files


def read_said(file: Path) -> dict[date, dict[str, list[dict[str, object]]]]:
    """By scheduled day, all that was stored of its run but numbers and instants of rows, and the kind."""
    said: dict[date, dict[str, list[dict[str, object]]]] = {}
    with open_database(f"sqlite:///{file}") as database, database.read() as connection:
        for line in ledger_of(database):
            assert line.outcome != "failed"
            assert line.run_id is not None
            assert line.scheduled_for not in said
            run = _rows(connection, tables.runs, tables.runs.c.id == line.run_id, "kind")
            parts = {table.name: _rows(connection, table, table.c.run_id == line.run_id) for table in STORED}
            said[line.scheduled_for] = {"run": run, **parts}
    return said


def _rows(connection: Connection, table: Table, which: ColumnElement[bool], *without: str) -> list[dict[str, object]]:
    left_out = {"id", "run_id", "recorded_at", "hash", *without}
    columns = [column for column in table.c if column.name not in left_out]
    return [dict(row._mapping) for row in connection.execute(select(*columns).where(which).order_by(table.c.id))]


def kinds(file: Path) -> list[str]:
    with open_database(f"sqlite:///{file}") as database:
        return [line.kind for line in ledger_of(database)]


def check_entries_move_runs(folder: Path, entries: Sequence[Entry], days: int) -> None:
    """Each entry, added to those before it, moves the first run that reads it, and none before."""
    url = f"sqlite:///{folder / 'parley.db'}"
    install_toy_at(url, folder)
    numbers: Numbers = {}
    with open_database(url) as database:
        before = hashes(database, days)
        for entry in entries:
            with database.write() as connection:
                entry.append(connection, entry.at, numbers)
            after = hashes(database, days)
            moved = [day for day in after if after[day] != before[day]]
            assert moved[:1] == [entry.first] * (entry.first in after)
            before = after


def hashes(database: Database, days: int) -> dict[date, str]:
    """Of what the run of each day is made from."""
    found = {}
    with database.read() as connection:
        for day in (FIRST + timedelta(n) for n in range(days)):
            _, _, problem = read_problem(
                connection, When(as_of=day - timedelta(1), as_recorded=CALENDAR.instant(day)), case_id="toy"
            )
            found[day] = inputs_hash(problem)
    return found


def test_days_off_are_made_as_they_would_have_been_on_the_day(tmp_path: Path) -> None:
    fitted = date(2020, 1, 5)
    on, off = two_worlds(tmp_path, a_few_days(), 4, [fitted])
    assert kinds(on) == [OFFICIAL] * 4
    assert kinds(off) == [OFFICIAL, BACKFILL, BACKFILL, OFFICIAL]
    said = read_said(on)
    assert read_said(off) == said
    assert said[fitted]["run"][0]["posterior_hash"] is not None
    assert all(said[fitted][table.name] for table in STORED)


def test_an_entry_moves_the_first_run_after_it_and_none_before(tmp_path: Path) -> None:
    check_entries_move_runs(tmp_path, a_few_days(), 5)


@pytest.mark.parametrize(("seed", "fitted"), [slow(1, (10, 29)), soak("schedule", 2, (1, 10, 20, 29))])
def test_thirty_days_off_are_made_as_they_would_have_been_on_the_day(
    tmp_path: Path, seed: int, fitted: tuple[int, ...]
) -> None:
    """All of what a run reads is compared on every day; what a fit makes of it, on some."""
    on, off = two_worlds(tmp_path, a_month(seed), 30, [FIRST + timedelta(n) for n in fitted])
    assert kinds(on) == [OFFICIAL] * 30
    assert kinds(off) == [OFFICIAL, *[BACKFILL] * 28, OFFICIAL]
    assert read_said(off) == read_said(on)


@pytest.mark.parametrize("seed", [slow(1), *(soak("schedule", seed) for seed in range(2, 6))])
def test_each_of_a_months_entries_moves_the_first_run_after_it(tmp_path: Path, seed: int) -> None:
    check_entries_move_runs(tmp_path, a_month(seed), 31)
