"""Backups: everything of one instant, checked, in one file that unpacks into a working Parley."""

import hashlib
import multiprocessing
import os
import resource
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest
from conftest import EVALUATION, NOW, OBSERVATION, RUN, let_enter
from sqlalchemy import Connection, delete, select, update

from db import triggers
from db.append import append_evaluation, append_observations, append_run, append_run_status
from db.backup import write_backup
from db.chain import Finding, head, verify_chain
from db.engine import Database, open_database
from db.errors import BrokenChain, StoreError
from db.posteriors import keep, named, path_of, prepare, store_file
from db.tables import CHAINED, SCHEMA_VERSION, posterior_chunks
from db.verify import check_files, verify_store

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of this test is where posteriors lie, of PostgreSQL too."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def desk(full: Database) -> tuple[Database, tuple[str, ...]]:
    """A database with a row in every table and more, and the hashes of the files its rows name."""
    full = replace(full, folder=Path.cwd())
    files = [prepare(full.posteriors, _writing(text)) for text in ("draws", "arrays")]
    with full.write() as connection:
        hashes = tuple(keep(connection, file) for file in files)
        run_id = append_run(connection, replace(RUN, posterior_hash=hashes[0]), NOW)
        append_run_status(connection, run_id, "rejected", {}, NOW)
        append_evaluation(connection, replace(EVALUATION, file_hash=hashes[1]), NOW)
    return full, hashes


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An empty folder for backups."""
    folder = tmp_path / "kept here"
    folder.mkdir()
    return folder


def _spoil(database: Database, digest: str, content: str | None) -> None:
    """Lose the file of this hash, or give it another content."""
    if database.posteriors.in_database:
        with database.write() as connection:
            mine = posterior_chunks.c.sha256 == digest
            connection.execute(
                delete(posterior_chunks).where(mine)
                if content is None
                else update(posterior_chunks).where(mine).values(content=content.encode())
            )
    elif content is None:
        path_of(database.posteriors.folder, digest).unlink()
    else:
        path_of(database.posteriors.folder, digest).write_text(content)


def _writing(text: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text(text)

    return write


def _rows(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    everything = ((table.name, select(table).order_by(table.c.id)) for table in CHAINED)
    return {name: [tuple(row) for row in connection.execute(query)] for name, query in everything}


def _unpacked(file: Path, into: Path) -> Database:
    with ZipFile(file) as archive:
        assert archive.testzip() is None
        archive.extractall(into)
    return open_database(f"sqlite:///{into / 'parley.db'}")


def test_what_is_unpacked_is_what_was_there(desk: tuple[Database, tuple[str, ...]], out: Path) -> None:
    database, hashes = desk
    made = write_backup(database, out / "b.zip")
    with _unpacked(out / "b.zip", out / "new") as copy, copy.read() as there, database.read() as here:
        assert _rows(there) == _rows(here)
        assert verify_chain(there) == ()
        assert triggers.missing(there) == ()
        assert there.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        assert head(there) == head(here) == made.contents.head
        assert check_files(there, copy.posteriors, hashes) == ()
        assert verify_store(there, copy.posteriors) == made.contents == verify_store(here, database.posteriors)
    assert (made.contents.sound, made.contents.files, made.runs, made.schema) == (True, 2, 2, SCHEMA_VERSION)
    assert made.contents.rows == sum(map(len, _rows_of(database).values()))
    assert made.size == (out / "b.zip").stat().st_size


def _rows_of(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.read() as connection:
        return _rows(connection)


def test_the_archive_holds_the_database_as_one_file_and_the_posteriors_as_they_are(
    desk: tuple[Database, tuple[str, ...]], out: Path
) -> None:
    database, hashes = desk
    write_backup(database, out / "b.zip")
    with ZipFile(out / "b.zip") as archive:
        kept = {info.filename: info.compress_type for info in archive.infolist()}
        image = archive.read("parley.db")
    assert kept == {"parley.db": ZIP_DEFLATED, **{f"posteriors/{digest}.nc": ZIP_STORED for digest in hashes}}
    assert image[18:20] == b"\x01\x01"  # not in WAL mode: nothing can be missing beside it


@on_sqlite
def test_a_restored_parley_goes_on(desk: tuple[Database, tuple[str, ...]], out: Path) -> None:
    write_backup(desk[0], out / "b.zip")
    with _unpacked(out / "b.zip", out / "new") as copy:
        with copy.write() as connection:
            append_observations(connection, [replace(OBSERVATION, note="after the restoration")], NOW)
        with copy.read() as connection:
            assert verify_chain(connection) == ()


@on_sqlite
def test_unzip_unpacks_it(desk: tuple[Database, tuple[str, ...]], out: Path) -> None:
    write_backup(desk[0], out / "b.zip")
    (out / "new").mkdir()
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(out / "b.zip"), "."], cwd=out / "new", check=True)
    assert {path.name for path in (out / "new").iterdir()} == {"parley.db", "posteriors"}


@on_sqlite
def test_an_orphan_is_not_kept(desk: tuple[Database, tuple[str, ...]], out: Path) -> None:
    database, hashes = desk
    store_file(database.posteriors.folder, _writing("of no row"))
    write_backup(database, out / "b.zip")
    with ZipFile(out / "b.zip") as archive:
        assert len(archive.namelist()) == 1 + len(hashes)


@on_sqlite
def test_an_empty_database_can_be_kept(database: Database, out: Path) -> None:
    made = write_backup(database, out / "b.zip")
    assert (made.contents.rows, made.contents.head, made.runs) == (0, "", 0)
    with _unpacked(out / "b.zip", out / "new") as copy, copy.read() as connection:
        assert verify_chain(connection) == ()


@on_sqlite
def test_progress_reaches_its_end(desk: tuple[Database, tuple[str, ...]], out: Path) -> None:
    told: list[tuple[str, int, int, str]] = []
    write_backup(desk[0], out / "b.zip", report=lambda *said: told.append(said))
    assert list(dict.fromkeys(stage for stage, *_ in told)) == [
        "copying the database",
        "walking the chain",
        "packing",
        "checking the backup",
    ]
    assert all(0 <= done <= total for _, done, total, _ in told)


def _append_until(url: str, stop: threading.Event | None, ready: object) -> None:
    """Append rows until told to stop, each in a transaction of its own."""
    number = 0
    with open_database(url, lock_timeout_s=60) as database:
        while not stop.is_set():  # type: ignore[union-attr]
            with database.write() as connection:
                rows = [replace(OBSERVATION, note=f"{number} {k}") for k in range(20)]
                append_observations(connection, rows, NOW)
            number += 1
            ready.set()  # type: ignore[attr-defined]


def test_others_write_meanwhile_and_the_copy_is_a_prefix(
    desk: tuple[Database, tuple[str, ...]], database_url: str, out: Path
) -> None:
    database, _ = desk
    with database.write() as connection:
        append_observations(connection, [replace(OBSERVATION, note=f"ballast {n}") for n in range(1000)], NOW)
    context = multiprocessing.get_context("spawn")
    stop, ready = context.Event(), context.Event()
    writer = context.Process(target=_append_until, args=(database_url, stop, ready))
    writer.start()
    try:
        assert ready.wait(60)
        made = write_backup(database, out / "b.zip")
    finally:
        stop.set()
        writer.join()
    assert writer.exitcode == 0
    assert made.contents.sound
    now = _rows_of(database)
    with _unpacked(out / "b.zip", out / "new") as copy:
        then = _rows_of(copy)
    assert all(rows == now[name][: len(rows)] for name, rows in then.items())
    assert len(then["observations"]) < len(now["observations"])
    assert len(then["observations"]) % 20 == 3  # only whole transactions: 3 rows to begin with, then twenties


def test_a_missing_or_altered_file_is_told_and_the_rest_is_kept(
    desk: tuple[Database, tuple[str, ...]], out: Path
) -> None:
    database, (draws, arrays) = desk
    _spoil(database, draws, None)
    _spoil(database, arrays, "other")
    made = write_backup(database, out / "b.zip")
    assert set(made.contents.damaged) == {
        f"posterior {named(database.posteriors, draws)} is missing or cannot be read",
        f"posterior {named(database.posteriors, arrays)} has other content than its name says",
    }
    with _unpacked(out / "b.zip", out / "new") as copy:
        assert _rows_of(copy) == _rows_of(database)
        assert path_of(copy.posteriors.folder, arrays).read_text() == "other"


def test_tampered_rows_are_told_and_kept(force: Callable[..., Database], out: Path) -> None:
    database = force("UPDATE observations SET note = 'x' WHERE id = 2")
    made = write_backup(database, out / "b.zip")
    what = "content does not match its hash: changed, or not the row that stood here"
    assert Finding("observations", 2, what) in made.contents.broken
    with _unpacked(out / "b.zip", out / "new") as copy, copy.read() as connection:
        assert verify_chain(connection) == made.contents.broken


@on_sqlite
def test_a_damaged_store_never_replaces_an_earlier_backup(desk: tuple[Database, tuple[str, ...]], out: Path) -> None:
    database, (draws, _) = desk
    write_backup(database, out / "b.zip")
    before = (out / "b.zip").read_bytes()
    path_of(database.posteriors.folder, draws).unlink()
    message = rf"posterior .*{draws}\.nc is missing.*: .*b\.zip, an earlier backup, is left as it is; name another file"
    with pytest.raises(BrokenChain, match=message):
        write_backup(database, out / "b.zip", force=True)
    assert (out / "b.zip").read_bytes() == before
    assert [path.name for path in out.iterdir()] == ["b.zip"]


@on_sqlite
def test_an_existing_file_is_replaced_only_by_force(desk: tuple[Database, tuple[str, ...]], out: Path) -> None:
    (out / "b.zip").write_text("something else")
    with pytest.raises(StoreError, match=r"b\.zip exists; name another file, or give --force to replace it$"):
        write_backup(desk[0], out / "b.zip")
    assert (out / "b.zip").read_text() == "something else"
    write_backup(desk[0], out / "b.zip", force=True)
    with ZipFile(out / "b.zip") as archive:
        assert "parley.db" in archive.namelist()


@on_sqlite
def test_a_place_that_cannot_be_is_refused(desk: tuple[Database, tuple[str, ...]], out: Path) -> None:
    database, _ = desk
    for place, message in (
        (out / "no" / "b.zip", r"^folder .*no does not exist; make it, or name a file elsewhere$"),
        (out, r"^.*kept here is a folder; name a file in it$"),
        (database.folder / "posteriors" / "b.zip", r"b\.zip lies among the posteriors; name a file elsewhere$"),
    ):
        with pytest.raises(StoreError, match=message):
            write_backup(database, place, force=True)
    assert list(out.iterdir()) == []


@on_sqlite
@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
def test_the_database_is_not_overwritten_by_its_backup(desk: tuple[Database, tuple[str, ...]], suffix: str) -> None:
    database, _ = desk
    with pytest.raises(StoreError, match=r"is the database itself; name another file$"):
        write_backup(database, Path(f"parley.db{suffix}"), force=True)
    with database.read() as connection:
        assert verify_chain(connection) == ()


@on_sqlite
def test_a_folder_that_cannot_be_written_is_refused(
    desk: tuple[Database, tuple[str, ...]], tmp_path: Path, out: Path, request: pytest.FixtureRequest
) -> None:
    database, _ = desk
    _let_in(tmp_path)
    out.chmod(0o555)
    request.getfixturevalue("unprivileged")
    with pytest.raises(StoreError, match=r"b\.zip cannot be written \(Permission denied\); make room and allow"):
        write_backup(database, out / "b.zip")


def _let_in(folder: Path) -> None:
    """Let others read and write what this test made, and enter all folders above."""
    let_enter(folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)


def _limited(bytes_: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, bytes_))


@on_sqlite
@pytest.mark.parametrize(("room", "stopped_at"), [(50_000, "the copy"), (1_500_000, "the archive")])
def test_a_full_disk_leaves_nothing(
    desk: tuple[Database, tuple[str, ...]], out: Path, room: int, stopped_at: str
) -> None:
    """A limit on the size of files stands for the disk: writing past it fails in the same calls."""
    database, _ = desk
    digest = store_file(database.posteriors.folder, lambda path: path.write_bytes(os.urandom(2_000_000)))
    with database.write() as connection:
        append_run(connection, replace(RUN, posterior_hash=digest), NOW)
    program = (
        "import sys; from pathlib import Path; from db.engine import open_database; from db.errors import StoreError;"
        "from db.backup import write_backup\n"
        "with open_database(sys.argv[1]) as database:\n"
        "    try: write_backup(database, Path(sys.argv[2]))\n"
        "    except StoreError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, f"sqlite:///{database.url}", str(out / "b.zip")],
        preexec_fn=_limited(room),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == "", stopped_at
    assert done.stdout.startswith(f"{out / 'b.zip'} cannot be written (")
    assert done.stdout.endswith("); make room and allow writing there, or name a file elsewhere\n")
    assert list(out.iterdir()) == []


@on_sqlite
def test_a_database_of_torn_pages_is_refused(desk: tuple[Database, tuple[str, ...]], out: Path) -> None:
    database, _ = desk
    with sqlite3.connect(database.url) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    image = bytearray(Path(database.url).read_bytes())
    image[4096 * 4 :] = b"\xff" * (len(image) - 4096 * 4)
    Path(database.url).write_bytes(image)
    with pytest.raises(StoreError, match=r"parley\.db is not a sound SQLite database .*; restore a backup"):
        write_backup(database, out / "b.zip")
    assert list(out.iterdir()) == []


@on_sqlite
def test_a_file_that_cannot_be_read_is_a_finding(desk: tuple[Database, tuple[str, ...]]) -> None:
    database, (draws, _) = desk
    path = path_of(database.posteriors.folder, draws)
    path.write_text("other")
    with database.read() as connection:
        found = verify_store(connection, database.posteriors)
    (damaged,) = found.damaged
    assert damaged.startswith(f"posterior {path} has content {hashlib.sha256(b'other').hexdigest()[:12]}…")
    assert found.remedy.startswith("restore the files from a backup")


@on_sqlite
def test_what_to_do_depends_on_what_is_wrong(force: Callable[..., Database], tmp_path: Path) -> None:
    database = force()
    with database.read() as connection:
        assert verify_store(connection, database.posteriors).sound
    database = force("DELETE FROM observations WHERE id = 3")
    with database.read() as connection:
        assert verify_store(connection, database.posteriors).remedy.startswith("restore a backup (`unzip FILE`")


def test_missing_triggers_have_their_own_remedy(database: Database, tmp_path: Path) -> None:
    on_file = database.engine.dialect.name == "sqlite"
    with database.write() as connection:
        name = "runs_no_update" if on_file else "runs_append_only ON runs"
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    with database.read() as connection:
        found = verify_store(connection, database.posteriors)
    assert len(found.broken) == 1
    assert found.remedy == "run `parley init`, which makes the triggers again, then `parley verify`"
    with database.write() as connection:
        triggers.install(connection)


@on_sqlite
def test_an_index_that_lost_a_row_is_found(desk: tuple[Database, tuple[str, ...]], out: Path) -> None:
    database, _ = desk
    with closing(sqlite3.connect(database.url)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root = "SELECT rootpage FROM sqlite_master WHERE name = 'ix_observations_observed'"
        (page,) = connection.execute(root).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    image = bytearray(Path(database.url).read_bytes())
    start = image.index(b"tone", (page - 1) * size, page * size)
    image[start : start + 4] = b"zone"
    Path(database.url).write_bytes(image)
    with database.read() as connection:
        found = verify_store(connection, database.posteriors)
        assert verify_chain(connection) == ()
    assert any("ix_observations_observed" in finding.what for finding in found.broken)
    assert found.remedy.startswith("restore a backup")
    assert not write_backup(database, out / "b.zip").contents.sound
