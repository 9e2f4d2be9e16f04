"""Killed at any moment, a command has stored all or nothing; what it said was stored is there; the next one works."""

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import SMALL_FIT, made_once
from kill_victims import SERVICES, TODAY, YEARS_BACK, Victim
from schedule_kills import SETTINGS
from schedule_worlds import days_of, install_toy_of_today, leader_of, leave_out, ledger_of, settings_of
from sizes import slow, soak
from sqlalchemy import insert, select

from db.engine import Database, open_database
from db.tables import CHAINED
from db.when import When
from forecast.clock import utc_now
from forecast.engine.update import update
from forecast.schedule.slots import calendar_of

type Plan = tuple[tuple[str, str], ...]

ENTRIES: Plan = (
    ("log", "at_any_moment"),
    ("log", "within"),
    ("log", "committing"),
    ("log", "acknowledged"),
    ("revise", "within"),
    ("revise", "acknowledged"),
    ("retract", "within"),
    ("retract", "acknowledged"),
    ("event add", "within"),
    ("event add", "committing"),
    ("event add", "acknowledged"),
    ("event revise", "at_any_moment"),
    ("event revise", "acknowledged"),
    ("event none", "within"),
    ("event none", "acknowledged"),
    ("import", "at_any_moment"),
    ("import", "within"),
    ("import", "committing"),
    ("import", "acknowledged"),
    ("backup", "at_any_moment"),
    ("backup", "acknowledged"),
)
FITS: Plan = (
    ("schedule once", "within"),
    ("schedule run", "acknowledged"),
    ("update", "within"),
    ("schedule once", "at_any_moment"),
    ("schedule run", "committing"),
    ("update", "at_any_moment"),
)
DAYS_LEARNT_FROM = 3
"""So many have a run, at most, when it is seen how the schedule goes; those that it is killed at have one at most."""
ONCE = Counter(any=21, acknowledged=8, within=6)
HALF = Counter(any=75, acknowledged=25, within=15)
"""Kills at each of the two kinds of database, so that together there are twice as many."""


def install(folder: Path) -> None:
    install_toy_of_today(folder, 0, years_back=YEARS_BACK)
    (folder / "parley.toml").write_text(SETTINGS, encoding="utf-8")


@pytest.fixture(scope="session")
def loaded_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a toy case that reaches up to these days."""
    return made_once(tmp_path_factory.getbasetemp(), "loaded_today", install)


@pytest.fixture(scope="session")
def forecast_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, with a published forecast."""

    def publish(folder: Path) -> None:
        install(folder)
        with open_database(f"sqlite:///{folder / 'parley.db'}") as database:
            assert update(database, When(as_of=TODAY), settings=SMALL_FIT).status == "published"

    return made_once(tmp_path_factory.getbasetemp(), "forecast_today", publish)


def copy_rows(source: Database, target: Database) -> None:
    with source.read() as old, target.write() as new:
        for table in CHAINED:
            if rows := [dict(row) for row in old.execute(select(table).order_by(table.c.id)).mappings()]:
                new.execute(insert(table), rows)


@contextmanager
def victim_at(url: str, folder: Path, template: Path, seed: int) -> Iterator[Victim]:
    """A desk at an empty database and in an empty folder, with all that another has, which is a file of SQLite."""
    shutil.copytree(template, folder, ignore=shutil.ignore_patterns("parley.db*"), dirs_exist_ok=True)
    with open_database(url) as database:
        with open_database(f"sqlite:///{template / 'parley.db'}") as source:
            copy_rows(source, database)
        yield Victim(url=url, folder=folder, database=database, draw=random.Random(seed))


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a database on a server the posteriors lie in the folder in which one is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARLEY_DATABASE_URL", database_url)


def kill_by_plan(victim: Victim, plan: Plan) -> Counter[str]:
    """Kill as planned, in any order; how many kills there were, and how many of each manner."""
    for name, manner in victim.draw.sample(plan, len(plan)):
        victim.strike(name, manner)
    assert victim.kills == Counter(plan)
    manners = Counter(any=victim.kills.total())
    for (_, manner), number in victim.kills.items():
        manners[manner] += number
    print(f"\nkills: {dict(manners)}; within a transaction after {dict(victim.held)}")
    assert victim.held.total() == manners["within"]
    return manners


def owe(victim: Victim, days: int) -> None:
    """Let so many days up to yesterday have no run."""
    leader = leader_of(victim.database, utc_now, settings_of())
    leave_out(leader, calendar_of(leader.settings.schedule).newest_due(utc_now()) - timedelta(days + 1))


def check_schedule(victim: Victim, owed: int) -> None:
    """Left alone, the service makes what is missing; every day has its run once."""
    victim.leave("schedule once")
    days = sorted(days_of(ledger_of(victim.database), "published", "rejected"))
    assert days == [days[0] + timedelta(n) for n in range(len(days))]
    assert len(days) >= owed


@pytest.mark.parametrize(
    ("database_url", "plan"),
    [("sqlite", ENTRIES[::2]), ("postgresql", ENTRIES[1::2])],
    ids=["sqlite", "postgresql"],
    indirect=["database_url"],
)
def test_commands_are_killed(database_url: str, plan: Plan, loaded_folder: Path, tmp_path: Path) -> None:
    with victim_at(database_url, tmp_path, loaded_folder, 1) as victim:
        kill_by_plan(victim, plan)
        assert not victim.told.runs


@pytest.mark.parametrize(
    ("database_url", "entries", "fits", "least"),
    [
        slow("sqlite", ENTRIES, FITS[:3], ONCE),
        slow("postgresql", ENTRIES, (), ONCE),
        soak("desk", "sqlite", 4 * ENTRIES, 3 * FITS, HALF),
        soak("desk", "postgresql", 4 * ENTRIES, 3 * FITS, HALF),
    ],
    ids=["sqlite", "postgresql", "sqlite-soak", "postgresql-soak"],
    indirect=["database_url"],
)
def test_commands_are_killed_often(
    database_url: str, entries: Plan, fits: Plan, least: Counter[str], forecast_folder: Path, tmp_path: Path
) -> None:
    """Each entry with its provisional forecast; updates and scheduled runs too."""
    with victim_at(database_url, tmp_path, forecast_folder, len(entries)) as victim:
        owed = sum(name in SERVICES for name, _ in fits) + DAYS_LEARNT_FROM
        owe(victim, owed)
        assert kill_by_plan(victim, entries + fits) >= least
        if fits:
            check_schedule(victim, owed)
