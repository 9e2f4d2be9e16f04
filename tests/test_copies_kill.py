"""Killed at any moment, a copy or a restore has filled its target or left it empty; a backup is whole or not there.

The source stays as it was, nothing that a row does not name takes a name of its own, and the next command works.
"""

import hashlib
import random
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic, sleep
from uuid import uuid4
from zipfile import ZipFile

import pytest
from conftest import OBSERVATION, RUN
from killed_commands import COMMIT, End, Started, started
from schedule_worlds import LOADED, install_toy_at
from sizes import slow, soak
from sqlalchemy import URL, create_engine

from db.append import append_observations, append_run
from db.backup import ASIDE as BACKING_UP
from db.backup import write_backup
from db.chain import head
from db.engine import Database, make_engine, open_database, parse_address
from db.fill import ASIDE as COPYING
from db.posteriors import keep, prepare
from db.verify import count_rows, verify_store

MANNERS = ("any", "within", "committing")
JOBS = ("copy sqlite sqlite", "copy sqlite postgresql", "copy postgresql sqlite", "copy postgresql postgresql")
JOBS += ("restore zip sqlite", "restore zip postgresql", "backup sqlite zip", "backup postgresql zip")
COMMITTING_S = 0.03
"""Within which after its last commit a command renames what it has made, and says so."""
POSTERIORS = 3
MEGABYTE = 1_000_000


@dataclass(slots=True, kw_only=True)
class Job:
    """A command that is killed, what it reads, and what it fills."""

    command: tuple[str, ...]
    url: str
    source: str
    """What it reads: an address, or the file of a backup."""
    target: str
    """What it makes: the same."""
    folder: Path
    """In which it runs, and where an SQLite target is to be."""
    head: str
    """Of the source."""
    draw: random.Random
    before: str = ""
    """The fingerprint of the source."""
    seconds: float = 0.0
    """How long it takes."""
    steps: int = 0
    commits: int = 0
    fates: Counter[str] = field(default_factory=Counter)
    """What was there after a kill: nothing, or all."""

    def learn(self) -> None:
        """Leave it alone once."""
        self.before, begun = fingerprint(self.source), monotonic()
        with self.begun() as command:
            assert command.follow() is End.ENDED
            assert command.code == 0, command.errors
        self.seconds, self.steps = monotonic() - begun, len(command.steps)
        self.commits = sum(step.what == COMMIT for step in command.steps)
        assert self.look() == "all"
        self.clear()

    def begun(self, *, lives_on: bool = False) -> AbstractContextManager[Started]:
        return started(self.command, self.url, self.folder, lives_on=lives_on)

    def strike(self, manner: str) -> None:
        """Kill it, and see what holds."""
        while not KILLS[manner](self):
            assert self.look() == "all"
            self.clear()
        assert fingerprint(self.source) == self.before
        fate = self.look()
        self.fates[fate] += 1
        if fate == "all":
            self.clear()

    def look(self) -> str:
        """Whether the target is filled, or holds nothing; anything between has failed."""
        if self.command[0] == "backup":
            return self._look_at_archive()
        if self.target.startswith("sqlite") and not (self.folder / "parley.db").exists():
            assert all(is_left_over(path) for path in self.folder.iterdir()), list(self.folder.iterdir())
            return "nothing"
        if not self.target.startswith("sqlite") and not has_rows(self.target):
            return "nothing"
        with open_database(self.target) as database, database.read() as connection:
            found = verify_store(connection, database.posteriors)
        assert (found.sound, found.head, found.files) == (True, self.head, POSTERIORS)
        return "all"

    def _look_at_archive(self) -> str:
        file = Path(self.target)
        if not file.exists():
            assert all(is_left_over(path) for path in self.folder.iterdir()), list(self.folder.iterdir())
            return "nothing"
        with ZipFile(file) as archive:
            assert archive.testzip() is None
            assert len(archive.namelist()) == 1 + POSTERIORS
        return "all"

    def clear(self) -> None:
        """Let there be nothing again."""
        if self.target.startswith("postgresql"):
            run_sql(self.target, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
        shutil.rmtree(self.folder)
        self.folder.mkdir()


def is_left_over(path: Path) -> bool:
    """Whether it is known for what lay aside, or is a file of a name that says its content."""
    return path.name.startswith((COPYING, BACKING_UP)) or path.name == "posteriors"


def has_rows(url: str) -> bool:
    engine = make_engine(parse_address(url))
    with Database(url, Path(), engine) as database, database.read() as connection:
        there = connection.exec_driver_sql("SELECT to_regclass('seals') IS NOT NULL").scalar()
        return bool(there) and count_rows(connection) > 0


def run_sql(url: str, *statements: str) -> None:
    engine = make_engine(parse_address(url))
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def fingerprint(source: str) -> str:
    """Of all that a source holds."""
    if source.startswith("postgresql"):
        with open_database(source) as database, database.read() as connection:
            pieces = connection.exec_driver_sql("SELECT count(*) FROM posterior_chunks").scalar()
            return f"{head(connection)} {count_rows(connection)} {pieces}"
    file = Path(source.removeprefix("sqlite:///"))
    found = hashlib.sha256()
    for path in (file, *sorted((file.parent / "posteriors").glob("*.nc"))):
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()


# Manners of killing: whether it was killed before it had ended


def at_any_moment(job: Job) -> bool:
    begun = monotonic()
    with job.begun() as command:
        if command.follow(seconds=job.seconds * job.draw.random()) is End.ENDED:
            job.seconds = min(job.seconds, monotonic() - begun)
        return command.kill()


def within(job: Job) -> bool:
    """When it has written something and not committed it."""
    last = job.draw.randint(1, max(job.steps, 1))
    with job.begun() as command:
        return command.follow(hold=lambda each: len(each.steps) == last) is End.HELD and command.kill()


def committing(job: Job) -> bool:
    """While it commits, or after that: what it has made is renamed."""
    with job.begun(lives_on=True) as command:
        command.follow(heard=lambda each: sum(step.what == COMMIT for step in each.steps) >= job.commits)
        sleep(job.draw.uniform(0, COMMITTING_S))
        return command.kill()


KILLS: dict[str, Callable[[Job], bool]] = dict(zip(MANNERS, (at_any_moment, within, committing), strict=True))


# What is killed


@dataclass(frozen=True, slots=True)
class Places:
    """Where databases of a test can be."""

    folder: Path
    server: URL

    def make(self, kind: str, name: str) -> str:
        """Make an empty folder, and on a server an empty database; return its address."""
        (self.folder / name).mkdir()
        if kind == "sqlite":
            return f"sqlite:///{self.folder / name / 'parley.db'}"
        if kind == "zip":
            return str(self.folder / name / "kept.zip")
        unique = f"killed_{uuid4().hex[:8]}"
        engine = create_engine(self.server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {unique}")
        engine.dispose()
        return self.server.set(database=unique).render_as_string(hide_password=False)


@pytest.fixture
def places(tmp_path: Path, postgresql_server: URL, monkeypatch: pytest.MonkeyPatch) -> Places:
    monkeypatch.delenv("PARLEY_POSTERIORS", raising=False)
    monkeypatch.chdir(tmp_path)
    return Places(tmp_path, postgresql_server)


def job_of(name: str, places: Places) -> Job:
    """The toy case with some posteriors, and a command that reads it."""
    word, source, target = name.split()
    url = places.make("sqlite" if source == "zip" else source, "source")
    end = fill(url, places.folder / "source")
    to = places.make(target, "target")
    commands = {
        "copy": ("copy", "--to", to),
        "restore": ("restore", str(places.folder / "kept.zip"), "--to", to),
        "backup": ("backup", to),
    }
    if word == "restore":
        with open_database(url) as database:
            write_backup(database, places.folder / "kept.zip")
    read = str(places.folder / "kept.zip") if word == "restore" else url
    return Job(
        command=commands[word],
        url=url,
        source=read,
        target=to,
        folder=places.folder / "target",
        head=end,
        draw=random.Random(name),
    )


def fill(url: str, folder: Path) -> str:
    """Make a database with some entries and posteriors; return its head."""
    install_toy_at(url, folder)
    with open_database(url) as database:
        for number in range(POSTERIORS):
            content = random.Random(number).randbytes(MEGABYTE + number)
            prepared = prepare(database.posteriors, lambda path, content=content: path.write_bytes(content) and None)
            with database.write() as connection:
                digest = keep(connection, prepared)
                append_run(connection, replace(RUN, case_id="toy", posterior_hash=digest, seed=number), LOADED)
        with database.read() as connection:
            return head(connection)


@pytest.mark.parametrize("name", JOBS)
@pytest.mark.parametrize("kills", [slow(13), soak("desk", 60)], ids=["once", "often"])
def test_what_is_killed_is_whole_or_not_there(name: str, kills: int, places: Places) -> None:
    job = job_of(name, places)
    job.learn()
    manners = MANNERS if job.steps else MANNERS[:1]
    for number in range(kills):
        job.strike(manners[number % len(manners)])
    print(f"\n{name}: {kills} kills, after which there was {dict(job.fates)}")
    assert job.fates.total() == kills
    with job.begun() as command:
        assert command.follow() is End.ENDED
        assert command.code == 0, command.errors
    assert job.look() == "all"
    if job.target.startswith(("sqlite", "postgresql")):
        goes_on(job.target)


def goes_on(url: str) -> None:
    """The next entry is the next row."""
    with open_database(url) as database, database.write() as connection:
        append_observations(connection, [replace(OBSERVATION, case_id="toy", indicator_id="press_tone")], LOADED)
        assert verify_store(connection, database.posteriors).sound
