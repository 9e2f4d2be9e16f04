"""Restoring and copying: an empty database gets all that another has, of either kind, whole or not at all."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest
from alembic import command
from alembic.config import Config
from conftest import ALERT, EVALUATION, NOW, OBSERVATION, RUN, TARGET, let_enter
from sqlalchemy import select

from db import triggers
from db.append import (
    append_alerts,
    append_case,
    append_evaluation,
    append_forecasts,
    append_observations,
    append_run,
    append_run_status,
    append_thinning,
)
from db.backup import write_backup
from db.chain import head, verify_chain
from db.copying import make_one_file
from db.engine import Database, make_engine, open_database, parse_address
from db.errors import BrokenChain, DatabaseMissing, DatabaseTooNew, DatabaseUnwritable, StoreError
from db.fill import ASIDE, Copied, copy_database
from db.leases import read_lease, take_lease
from db.migrate import create_database
from db.posteriors import keep, opened, prepare
from db.progress import Progress, silent
from db.read_runs import read_posterior_hashes
from db.restore import restore_backup
from db.rows import NewCase
from db.run_rows import NewThinning
from db.tables import CHAINED, SCHEMA_VERSION, posterior_chunks
from db.verify import verify_store

type Fill = Callable[..., Copied]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
to_sqlite = pytest.mark.parametrize("empty_url", ["sqlite"], indirect=True)
BIG = b"draws" * 500_000
"""More than two pieces of a posterior on a server."""


@pytest.fixture(autouse=True)
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of this test is the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PARLEY_POSTERIORS", raising=False)


@pytest.fixture
def desk(full: Database) -> Database:
    """A database with rows in every table, two files that rows name, and a lease."""
    draws, arrays = (prepare(full.posteriors, _writing(content)) for content in (BIG, b"arrays"))
    with full.write() as connection:
        append_run(connection, replace(RUN, posterior_hash=keep(connection, draws)), NOW)
        append_evaluation(connection, replace(EVALUATION, file_hash=keep(connection, arrays)), NOW)
        take_lease(connection, "runs of small", "me", 60.0, NOW)
    return full


def _writing(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


def by_copy(database: Database, to: str, report: Progress = silent) -> Copied:
    return copy_database(database, to, report)


def by_backup(database: Database, to: str, report: Progress = silent) -> Copied:
    write_backup(database, Path("kept.zip"), force=True)
    return restore_backup(Path("kept.zip"), to, report)


both_ways = pytest.mark.parametrize("fill", [by_copy, by_backup])


@pytest.fixture
def away(empty_url: str, tmp_path: Path) -> str:
    """An address at which there is nothing yet, in another folder than the database of the test."""
    if not empty_url.startswith("sqlite"):
        return empty_url
    (tmp_path / "away").mkdir()
    return f"sqlite:///{tmp_path / 'away' / 'new.db'}"


def rows_of(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.read() as connection:
        everything = ((table.name, select(table).order_by(table.c.id)) for table in CHAINED)
        return {name: [tuple(row) for row in connection.execute(query)] for name, query in everything}


def files_of(database: Database) -> dict[str, bytes]:
    """The content of every file that a row names."""
    found = {}
    with database.read() as connection:
        for digest in read_posterior_hashes(connection):
            with opened(connection, database.posteriors, digest) as path:
                found[digest] = path.read_bytes()
    return found


def left_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


# All of it arrives


@both_ways
def test_all_arrives_between_both_kinds_of_database(desk: Database, away: str, fill: Fill) -> None:
    before = rows_of(desk)
    done = fill(desk, away)
    with open_database(away) as copy:
        assert rows_of(copy) == rows_of(desk) == before
        assert files_of(copy) == files_of(desk)
        assert set(files_of(copy).values()) == {BIG, b"arrays"}
        with copy.read() as there, desk.read() as here:
            assert head(there) == head(here) == done.contents.head
            assert verify_store(there, copy.posteriors) == done.contents
            assert (done.contents.sound, done.contents.files, done.runs) == (True, 2, 2)
            assert triggers.missing(there) == ()
            assert read_lease(there, "runs of small") is None
            if there.dialect.name == "postgresql":
                assert len(there.execute(select(posterior_chunks.c.number)).all()) == 4
                assert not list(copy.folder.glob("away/posteriors"))
        goes_on(copy)
    assert (done.target, done.schema) == (copy.url, SCHEMA_VERSION)
    assert not list(Path.cwd().rglob(f"{ASIDE}*"))


def goes_on(copy: Database) -> None:
    """The next entry, run and alert are the next rows of their tables, and the chains hold."""
    last = {name: len(rows) for name, rows in rows_of(copy).items()}
    prepared = prepare(copy.posteriors, _writing(b"new draws"))
    with copy.write() as connection:
        (entry,) = append_observations(connection, [replace(OBSERVATION, note="afterwards")], NOW)
        run_id = append_run(connection, replace(RUN, posterior_hash=keep(connection, prepared)), NOW)
        append_run_status(connection, run_id, "published", {}, NOW)
        append_forecasts(connection, run_id, [TARGET], [], [], [], NOW)
        (alert,) = append_alerts(connection, [replace(ALERT, subject="afterwards")], NOW)
        take_lease(connection, "runs of small", "another", 60.0, NOW)
    assert (entry, run_id, alert) == (last["observations"] + 1, last["runs"] + 1, last["alerts"] + 1)
    with copy.read() as connection:
        assert verify_store(connection, copy.posteriors).sound


@on_sqlite
@pytest.mark.parametrize("empty_url", ["postgresql"], indirect=True)
def test_there_and_back_is_the_same(desk: Database, empty_url: str, tmp_path: Path) -> None:
    copy_database(desk, empty_url)
    (tmp_path / "back").mkdir()
    with open_database(empty_url) as server:
        copy_database(server, f"sqlite:///{tmp_path / 'back' / 'b.db'}")
    with open_database(f"sqlite:///{tmp_path / 'back' / 'b.db'}") as back:
        assert rows_of(back) == rows_of(desk)
        assert files_of(back) == files_of(desk)


@on_sqlite
def test_of_a_thinned_posterior_goes_along_what_is_left(desk: Database, away: str) -> None:
    prepared = prepare(desk.posteriors, _writing(b"few draws"))
    with desk.write() as connection:
        run_id = append_run(connection, replace(RUN, posterior_hash="e" * 64), NOW)
        append_thinning(connection, NewThinning(run_id, "e" * 64, keep(connection, prepared), "after 30 days"), NOW)
    assert copy_database(desk, away).contents.sound
    with open_database(away) as copy:
        assert set(files_of(copy).values()) == {BIG, b"arrays", b"few draws"}


@on_sqlite
@to_sqlite
@both_ways
def test_a_shared_folder_of_posteriors_is_used(
    desk: Database, away: str, fill: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shared").mkdir()
    named = files_of(desk)
    monkeypatch.setenv("PARLEY_POSTERIORS", str(tmp_path / "shared"))
    fill(desk, away)
    assert {path.stem for path in (tmp_path / "shared").glob("*.nc")} == set(named)
    assert left_in(tmp_path / "away") == {"new.db"}


@to_sqlite
@both_ways
def test_a_shared_folder_that_is_not_there_is_told_and_not_made(
    desk: Database, away: str, fill: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_backup(desk, Path("kept.zip"))
    monkeypatch.setenv("PARLEY_POSTERIORS", str(tmp_path / "gone"))
    with pytest.raises(DatabaseUnwritable, match=r"^folder .*gone does not exist; .* in PARLEY_POSTERIORS$"):
        copy_database(desk, away) if fill is by_copy else restore_backup(Path("kept.zip"), away)
    assert left_in(tmp_path / "away") == set()
    assert not (tmp_path / "gone").exists()


@on_sqlite
def test_it_is_a_copy_of_one_instant(desk: Database, away: str) -> None:
    with desk.read() as connection:
        before = head(connection)

    def write(stage: str, done: int, total: int, remark: str) -> None:
        with desk.write() as connection:
            append_observations(connection, [replace(OBSERVATION, note=f"{stage} {done}")], NOW)

    done = copy_database(desk, away, write)
    assert done.contents.head == before
    with desk.read() as connection:
        assert head(connection) != before


@on_sqlite
@to_sqlite
def test_progress_reaches_its_end(desk: Database, away: str) -> None:
    told: list[tuple[str, int, int, str]] = []
    write_backup(desk, Path("kept.zip"))
    restore_backup(Path("kept.zip"), away, lambda *said: told.append(said))
    stages = ["unpacking", "copying the database", "copying the posteriors", "walking the chain", "reading files"]
    assert list(dict.fromkeys(stage for stage, *_ in told)) == stages
    assert all(0 <= done <= total for _, done, total, _ in told)


# What is empty


@on_sqlite
def test_a_database_with_tables_and_no_rows_is_filled(desk: Database, away: str) -> None:
    create_database(away).close()
    copy_database(desk, away)
    with open_database(away) as copy:
        assert rows_of(copy) == rows_of(desk)
        assert files_of(copy) == files_of(desk)


@on_sqlite
def test_an_empty_database_of_an_earlier_schema_is_migrated_and_filled(desk: Database, away: str) -> None:
    make_old(away)
    copy_database(desk, away)
    with open_database(away) as copy:
        assert rows_of(copy) == rows_of(desk)


@on_sqlite
def test_a_file_without_content_is_no_database_yet(desk: Database, tmp_path: Path) -> None:
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "touched.db").touch()
    copy_database(desk, f"sqlite:///{tmp_path / 'away' / 'touched.db'}")
    with open_database(f"sqlite:///{tmp_path / 'away' / 'touched.db'}") as copy:
        assert rows_of(copy) == rows_of(desk)


@on_sqlite
def test_tables_of_another_program_are_left_alone(desk: Database, away: str) -> None:
    _run_sql(away, "CREATE TABLE others (what TEXT)", "INSERT INTO others VALUES ('x')")
    copy_database(desk, away)
    with open_database(away) as copy, copy.read() as connection:
        assert connection.exec_driver_sql("SELECT what FROM others").scalars().all() == ["x"]
        assert verify_chain(connection) == ()


def _run_sql(url: str, *statements: str) -> None:
    engine = make_engine(parse_address(url), create=True)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


# Earlier versions


def make_old(url: str, version: str = "0008") -> None:
    """Make the tables of an earlier schema."""
    engine = make_engine(parse_address(url), create=True)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", "db:migrations")
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    engine.dispose()


def test_a_backup_of_an_earlier_schema_is_migrated_and_restored(small_case: NewCase, away: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    make_old(url)
    _run_sql(url, "ALTER TABLE cases ADD COLUMN stories JSON")  # rows of a case are added with it now
    with Database("old", tmp_path, make_engine(parse_address(url))) as old, old.write() as connection:
        append_case(connection, small_case, NOW)
        append_observations(connection, [OBSERVATION], NOW)
        before = head(connection)
    _run_sql(url, "ALTER TABLE cases DROP COLUMN stories")
    with closing(sqlite3.connect("old.db")) as alone:
        alone.execute("PRAGMA journal_mode=DELETE")
    pack(Path("kept.zip"), Path("old.db"))
    done = restore_backup(Path("kept.zip"), away)
    assert (done.schema, done.contents.head, done.contents.sound) == ("0008", before, True)
    with open_database(away) as copy, copy.write() as connection:
        append_observations(connection, [replace(OBSERVATION, note="afterwards")], NOW)
        assert verify_chain(connection) == ()


def pack(file: Path, database: Path, **posteriors: bytes) -> None:
    """Make an archive as a backup is one."""
    with ZipFile(file, "w") as archive:
        archive.write(database, "parley.db")
        for digest, content in posteriors.items():
            archive.writestr(f"posteriors/{digest}.nc", content, ZIP_STORED)


@on_sqlite
@to_sqlite
def test_a_backup_of_a_later_schema_is_refused(desk: Database, away: str) -> None:
    with _altered_backup(desk) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    message = rf"^kept\.zip has schema 9999, made by a later version; this one knows up to {SCHEMA_VERSION}: update"
    with pytest.raises(DatabaseTooNew, match=message):
        restore_backup(Path("kept.zip"), away)
    assert_empty(away)


class _altered_backup:
    """The database within a backup, to be altered; the posteriors go with it as they are."""

    def __init__(self, database: Database) -> None:
        write_backup(database, Path("kept.zip"), force=True)

    def __enter__(self) -> sqlite3.Connection:
        with ZipFile("kept.zip") as archive:
            archive.extractall("inside")
        self.connection = sqlite3.connect("inside/parley.db")
        return self.connection

    def __exit__(self, *_: object) -> None:
        self.connection.commit()
        self.connection.close()
        found = {path.stem: path.read_bytes() for path in Path("inside/posteriors").iterdir()}
        pack(Path("kept.zip"), Path("inside/parley.db"), **found)
        shutil.rmtree("inside")


def assert_empty(url: str) -> None:
    """Nothing of Parley is there, and nothing is left in the folder."""
    address = parse_address(url)
    if address.get_backend_name() == "sqlite":
        assert list(Path(str(address.database)).parent.iterdir()) == []
        return
    with Database("target", Path.cwd(), make_engine(address)) as database, database.read() as connection:
        tables = connection.exec_driver_sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").scalar()
        assert tables == 0


# What is refused


@on_sqlite
def test_a_database_that_holds_something_is_left_as_it_is(desk: Database, away: str) -> None:
    copy_database(desk, away)
    with open_database(away) as taken:
        before, number = rows_of(taken), sum(map(len, rows_of(taken).values()))
        write_backup(desk, Path("kept.zip"))
        message = (
            rf"is not empty: it holds {number} rows of schema {SCHEMA_VERSION}; name (a file that is not there, or"
        )
        message += r" move it away|an empty database, which `createdb NAME` makes)$"
        for fill in (lambda: copy_database(desk, away), lambda: restore_backup(Path("kept.zip"), away)):
            with pytest.raises(StoreError, match=message):
                fill()
        assert rows_of(taken) == before


@on_sqlite
def test_tables_that_are_called_as_ours_are_not_filled(desk: Database, empty_url: str, tmp_path: Path) -> None:
    _run_sql(empty_url, "CREATE TABLE events (note TEXT)")
    if empty_url.startswith("sqlite"):
        make_one_file(tmp_path / "new.db")
    before = [path.read_bytes() for path in tmp_path.glob("new.db*")]
    message = r"holds tables of another program that are called as Parley's \(events\); name"
    with pytest.raises(StoreError, match=message):
        copy_database(desk, empty_url)
    assert [path.read_bytes() for path in tmp_path.glob("new.db*")] == before


def test_a_database_is_not_copied_into_itself(desk: Database, database_url: str) -> None:
    with pytest.raises(StoreError, match=r"is both source and target; name another target$"):
        copy_database(desk, database_url)


@on_sqlite
def test_nor_through_a_link(desk: Database, tmp_path: Path) -> None:
    (tmp_path / "linked.db").hardlink_to(tmp_path / "parley.db")
    with pytest.raises(StoreError, match=r"is both source and target; name another target$"):
        copy_database(desk, f"sqlite:///{tmp_path / 'linked.db'}")


@on_sqlite
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no/new.db", r"^folder .*no does not exist; make it, or name a file elsewhere$"),
        ("folder", r"^.*folder is a folder; name a file in it, such as .*folder/parley\.db$"),
        ("note.txt", r"^.*note\.txt is no SQLite database; name a file that is not there$"),
        ("gone.db", r"^.*gone\.db-journal is of a database that is gone, .*; move it away, or name another file$"),
        ("log.db", r"^.*log\.db-wal holds what was entered last, but .*log\.db is gone; put the database back"),
        ("posteriors/new.db", r"^.*new\.db lies among the posteriors; name a file elsewhere$"),
    ],
)
def test_a_place_that_cannot_be_is_refused(desk: Database, tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "note.txt").write_text("a note, and long enough to be a header")
    (tmp_path / "gone.db-journal").write_bytes(b"x")
    (tmp_path / "log.db-wal").write_bytes(b"x" * 100)
    before = left_in(tmp_path)
    with pytest.raises(StoreError, match=message):
        copy_database(desk, f"sqlite:///{tmp_path / name}")
    assert left_in(tmp_path) == before


@on_sqlite
def test_a_server_that_is_not_there_is_named(desk: Database) -> None:
    with pytest.raises(DatabaseMissing, match=r"^postgresql://nobody@127\.0\.0\.1:1/none cannot be opened \("):
        copy_database(desk, "postgresql://nobody@127.0.0.1:1/none")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda file: None, r"^kept\.zip does not exist; name a file that `parley backup` made$"),
        (lambda file: file.mkdir(), r"^kept\.zip is a folder; name a file that `parley backup` made$"),
        (lambda file: file.write_text("text"), r"^kept\.zip is no ZIP file, or only a part of one \("),
        (
            lambda file: pack_text(file, "note.txt"),
            r"^kept\.zip is no backup of Parley; .*: there is no parley\.db in it$",
        ),
        (lambda file: pack_text(file, "parley.db"), r"^parley\.db in kept\.zip is not a sound SQLite database"),
        (lambda file: pack_empty(file), r"^kept\.zip is no backup of Parley; name a file that `parley backup` made$"),
    ],
)
@to_sqlite
def test_what_is_no_backup_is_refused(away: str, make: Callable[[Path], object], message: str) -> None:
    make(Path("kept.zip"))
    with pytest.raises(StoreError, match=message):
        restore_backup(Path("kept.zip"), away)
    assert_empty(away)


def pack_text(file: Path, name: str) -> None:
    with ZipFile(file, "w") as archive:
        archive.writestr(name, "x" * 1000)


def pack_empty(file: Path) -> None:
    """A database without tables."""
    with closing(sqlite3.connect("empty.db")) as connection:
        connection.execute("VACUUM")
        connection.execute("CREATE TABLE others (what TEXT)")
    pack(file, Path("empty.db"))


@on_sqlite
@to_sqlite
def test_half_a_backup_is_refused(desk: Database, away: str) -> None:
    write_backup(desk, Path("kept.zip"))
    whole = Path("kept.zip").read_bytes()
    Path("kept.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreError, match="is no ZIP file, or only a part of one"):
        restore_backup(Path("kept.zip"), away)
    assert_empty(away)


@on_sqlite
@to_sqlite
def test_changed_bytes_of_a_backup_are_found(desk: Database, away: str) -> None:
    write_backup(desk, Path("kept.zip"))
    content = bytearray(Path("kept.zip").read_bytes())
    place = content.index(b"drawsdraws")
    content[place] ^= 1
    Path("kept.zip").write_bytes(content)
    with pytest.raises(BrokenChain, match=r"^kept\.zip is damaged \(posterior .* cannot be read \(Bad CRC-32.*unzip"):
        restore_backup(Path("kept.zip"), away)
    assert_empty(away)


@on_sqlite
@to_sqlite
@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE observations SET note = 'x' WHERE id = 2", "observations row 2: content does not match its hash"),
        ("DELETE FROM observations WHERE id = 3", "observations row 3: missing or replaced since it was sealed"),
        ("DELETE FROM seals WHERE id = (SELECT max(id) FROM seals)", "added without a seal"),
    ],
)
def test_altered_rows_are_not_restored(desk: Database, away: str, statement: str, message: str) -> None:
    with _altered_backup(desk) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)
    instead = r"nothing was copied; restore another, or `unzip kept\.zip` in an empty folder for what is left$"
    with pytest.raises(BrokenChain, match=rf"^kept\.zip is damaged \(.*{message}.*\): {instead}"):
        restore_backup(Path("kept.zip"), away)
    assert_empty(away)


@on_sqlite
@to_sqlite
@both_ways
def test_a_missing_or_altered_file_is_told_and_nothing_copied(
    desk: Database, away: str, fill: Fill, tmp_path: Path
) -> None:
    digest = max(files_of(desk))
    file = tmp_path / "posteriors" / f"{digest}.nc"
    file.write_bytes(b"other")
    with pytest.raises(BrokenChain, match=rf"is damaged \(posterior {digest[:12]}.* has other content"):
        fill(desk, away)
    assert_empty(away)
    file.unlink()
    with pytest.raises(BrokenChain, match=rf"is damaged \(posterior .*{digest[:12]}.* is missing"):
        fill(desk, away)
    assert_empty(away)


@on_sqlite
def test_torn_pages_are_told_of_the_source(desk: Database, away: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect("parley.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    image = bytearray((tmp_path / "parley.db").read_bytes())
    image[4096 * 20 :] = b"\xff" * (len(image) - 4096 * 20)
    (tmp_path / "parley.db").write_bytes(image)
    with pytest.raises(StoreError, match=rf"^{tmp_path}/parley\.db is (damaged|not a sound SQLite database) \("):
        copy_database(desk, away)
    assert_empty(away)


@on_sqlite
@to_sqlite
def test_a_copy_has_triggers_where_the_source_lost_one(desk: Database, away: str) -> None:
    with desk.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER runs_no_update")
    assert copy_database(desk, away).contents.sound


# Cut off


@on_sqlite
@pytest.mark.parametrize(
    ("fill", "stage"),
    [
        (by_copy, "copying the database"),
        (by_copy, "copying the posteriors"),
        (by_copy, "walking the chain"),
        (by_backup, "reading files"),
    ],
)
def test_what_is_interrupted_leaves_nothing(desk: Database, away: str, fill: Fill, stage: str) -> None:
    def strike(said: str, done: int, total: int, remark: str) -> None:
        if said == stage and (stage != "copying the posteriors" or done == 1):
            raise KeyboardInterrupt

    write_backup(desk, Path("kept.zip"))
    before, rows = left_in(Path.cwd()), rows_of(desk)
    with pytest.raises(KeyboardInterrupt):
        fill(desk, away, strike)
    assert_empty(away)
    assert (left_in(Path.cwd()), rows_of(desk)) == (before, rows)
    fill(desk, away)


@on_sqlite
@to_sqlite
def test_a_file_that_is_made_meanwhile_is_kept(desk: Database, away: str) -> None:
    file = Path(str(parse_address(away).database))

    def make(stage: str, done: int, total: int, remark: str) -> None:
        if stage == "walking the chain":
            file.write_text("somebody's work")

    with pytest.raises(
        StoreError, match=r"new\.db (is no SQLite database|was made meanwhile); name a file that is not"
    ):
        copy_database(desk, away, make)
    assert file.read_text() == "somebody's work"
    assert left_in(file.parent) == {"new.db"}


@on_sqlite
def test_a_database_that_is_filled_meanwhile_is_kept(desk: Database, away: str, small_case: NewCase) -> None:
    """Between the look at it and the transaction another has made an entry."""
    create_database(away).close()
    write_backup(desk, Path("kept.zip"))

    def enter(stage: str, done: int, total: int, remark: str) -> None:
        if stage == "unpacking":
            with open_database(away) as target, target.write() as connection:
                append_case(connection, small_case, NOW)

    with pytest.raises(StoreError, match=r"was filled meanwhile; name an empty database$"):
        restore_backup(Path("kept.zip"), away, enter)
    with open_database(away) as target, target.read() as connection:
        assert verify_chain(connection) == ()
        assert len(rows_of(target)["cases"]) == 1


@on_sqlite
@to_sqlite
def test_a_folder_that_cannot_be_written_is_told(
    desk: Database, away: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    let_enter(tmp_path)
    for path in (tmp_path, *tmp_path.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    (tmp_path / "away").chmod(0o555)
    request.getfixturevalue("unprivileged")
    with pytest.raises(StoreError, match=r"new\.db cannot be written \(Permission denied\); make room and allow"):
        copy_database(desk, away)
