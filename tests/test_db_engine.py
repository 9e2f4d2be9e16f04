"""Opening databases, good and bad, and what transactions promise."""

import hashlib
import multiprocessing
import os
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import NOW, OBSERVATION, let_enter
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from db.append import append_observations
from db.engine import Database, open_database
from db.errors import (
    DatabaseLocked,
    DatabaseMissing,
    DatabaseTooNew,
    DatabaseTooOld,
    DatabaseUnwritable,
    StoreError,
)
from db.migrate import upgrade
from db.tables import SCHEMA_VERSION, observations

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def set_version(url: str, version: str) -> None:
    with open_database(url) as database, database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})


def test_a_missing_file_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(DatabaseMissing, match=r"^no database at .*none\.db; run `parley init`$"):
        open_database(f"sqlite:///{tmp_path / 'none.db'}")
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_tables_is_missing(empty_url: str) -> None:
    if empty_url.startswith("sqlite"):
        sqlite3.connect(empty_url.removeprefix("sqlite:///")).close()
        Path(empty_url.removeprefix("sqlite:///")).touch()
    with pytest.raises(DatabaseMissing, match=r"holds no tables of Parley; run `parley init`$"):
        open_database(empty_url)


def test_a_newer_database_is_refused_and_untouched(database_url: str) -> None:
    set_version(database_url, "9999")
    before = fingerprint(database_url)
    message = f"has schema 9999, made by a later version; this one knows up to {SCHEMA_VERSION}: update Parley$"
    with pytest.raises(DatabaseTooNew, match=message):
        open_database(database_url)
    with pytest.raises(DatabaseTooNew, match=message):
        upgrade(database_url)
    assert fingerprint(database_url) == before


def fingerprint(url: str) -> str | None:
    if not url.startswith("sqlite"):
        return None
    return hashlib.sha256(Path(url.removeprefix("sqlite:///")).read_bytes()).hexdigest()


def test_an_older_database_says_what_to_run(database_url: str) -> None:
    set_version(database_url, "0000")
    message = f"has schema 0000; this version needs {SCHEMA_VERSION}: run `parley init`$"
    with pytest.raises(DatabaseTooOld, match=message):
        open_database(database_url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("parley.db", "^database address 'parley.db' is not a URL; use sqlite:///FILE or postgresql://"),
        ("sqlite://", "^database address 'sqlite://' names no file; use sqlite:///FILE"),
        ("mysql://localhost/x", "^database address has the scheme 'mysql'; use sqlite:///FILE"),
        ("sqlite+aiosqlite:///x.db", r"^database address has the scheme 'sqlite\+aiosqlite'; use sqlite:///FILE"),
    ],
)
def test_an_address_of_another_kind_is_refused(url: str, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        open_database(url)


def test_a_file_that_is_no_database_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database " * 100)
    for attempt in (open_database, upgrade):
        with pytest.raises(StoreError, match=r"notes\.txt is not a sound SQLite database \(file is not a database\)"):
            attempt(f"sqlite:///{path}")
    assert path.read_text() == "not a database " * 100


@pytest.fixture
def shared_folder(tmp_path: Path) -> Path:
    """A folder that others may enter, as may be all above it that this session made."""
    tmp_path.chmod(0o755)
    let_enter(tmp_path)
    return tmp_path


@on_sqlite
@pytest.mark.parametrize("readonly", ["file", "folder"])
def test_a_read_only_place_can_be_read_and_no_more(
    database_url: str, shared_folder: Path, readonly: str, request: pytest.FixtureRequest
) -> None:
    file = shared_folder / "parley.db"
    file.chmod(0o444 if readonly == "file" else 0o666)
    shared_folder.chmod(0o777 if readonly == "file" else 0o555)
    request.getfixturevalue("unprivileged")
    named = file if readonly == "file" else shared_folder
    try:
        with pytest.raises(DatabaseUnwritable, match=f"^{named} cannot be written; allow writing"):
            upgrade(database_url)
        with open_database(database_url) as database:
            with database.read() as connection:
                assert connection.execute(select(func.count()).select_from(observations)).scalar() == 0
            with pytest.raises(DatabaseUnwritable, match=f"^{named} cannot be written; .* a folder of yours$"):
                append_and_fail(database)
    finally:
        if os.geteuid() == file.stat().st_uid:
            shared_folder.chmod(0o755)


def test_a_name_too_long_is_refused(tmp_path: Path) -> None:
    for attempt in (open_database, upgrade):
        with pytest.raises(DatabaseUnwritable, match=r"aa\.db cannot be written; allow writing, or set"):
            attempt(f"sqlite:///{tmp_path}/{'a' * 300}.db")


def test_reading_connections_cannot_write(small: Database) -> None:
    with pytest.raises((StoreError, DBAPIError), match=r"readonly|read-only"), small.read() as connection:
        append_observations(connection, [OBSERVATION], NOW)


def test_an_exception_rolls_everything_back(small: Database) -> None:
    with pytest.raises(RuntimeError, match=r"^changed my mind$"):
        append_and_fail(small)
    with small.read() as connection:
        assert connection.execute(select(func.count()).select_from(observations)).scalar() == 0


def append_and_fail(database: Database) -> None:
    with database.write() as connection:
        append_observations(connection, [OBSERVATION], NOW)
        raise RuntimeError("changed my mind")


def test_a_reader_keeps_its_snapshot_and_blocks_no_writer(small: Database) -> None:
    count = select(func.count()).select_from(observations)
    with small.read() as reader:
        assert reader.execute(count).scalar() == 0
        with small.write() as writer:
            append_observations(writer, [OBSERVATION], NOW)
        assert reader.execute(count).scalar() == 0
    with small.read() as reader:
        assert reader.execute(count).scalar() == 1


def test_a_second_writer_waits_and_then_says_locked(small: Database, database_url: str) -> None:
    message = "is locked by another process; wait for it to finish, then run the command again$"
    with (
        open_database(database_url, lock_timeout_s=0.1) as other,
        small.write(),
        pytest.raises(DatabaseLocked, match=message),
        other.write(),
    ):
        pass


def test_a_database_can_be_used_from_several_threads(small: Database) -> None:
    def append(number: int) -> None:
        with small.write() as connection:
            append_observations(connection, [replace(OBSERVATION, note=str(number))], NOW)

    threads = [threading.Thread(target=append, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with small.read() as connection:
        assert connection.execute(select(func.count()).select_from(observations)).scalar() == 8


def read_then_append(url: str, times: int) -> None:
    """Append rows whose note is the number of rows before them."""
    with open_database(url, lock_timeout_s=60) as database:
        for _ in range(times):
            with database.write() as connection:
                before = connection.execute(select(func.count()).select_from(observations)).scalar()
                append_observations(connection, [replace(OBSERVATION, note=str(before))], NOW)


def test_200_concurrent_reads_then_appends_lose_nothing(small: Database, database_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=read_then_append, args=(database_url, 50)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 4
    with small.read() as connection:
        notes = connection.execute(select(observations.c.note).order_by(observations.c.id)).scalars().all()
    assert notes == [str(number) for number in range(200)]


def test_files_lie_beside_the_database(small: Database, tmp_path: Path) -> None:
    on_file = small.engine.dialect.name == "sqlite"
    assert small.folder == (tmp_path if on_file else Path.cwd())
