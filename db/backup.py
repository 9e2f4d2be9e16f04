"""One file that holds everything: the database as SQLite and the posteriors, as unpacked beside each other.

The copy is of one instant, whoever writes meanwhile. The files are those its rows name: they were there before the rows
were; where one is thinned before it is packed, the copy is made anew. The archive is made aside, checked, synced and
renamed, so that a file of the name asked for is whole or not there.
"""

import hashlib
import os
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from sqlalchemy import URL, Connection, Table, func, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from db.access import let_write
from db.engine import Database, make_engine
from db.errors import BrokenChain, StoreError
from db.kept import why_kept
from db.migrate import create_database
from db.posteriors import FOLDER, SUFFIX, Posteriors, named, opened
from db.progress import Progress, silent
from db.read_runs import read_posterior_hashes
from db.room import is_full
from db.tables import CHAINED, SCHEMA_VERSION, runs
from db.verify import Verification, count_rows, verify_rows

DATABASE = "parley.db"
"""What the database is called in the archive: the name Parley looks for by default."""
ASIDE = "parley-backup-"
"""How the folder begins in which a backup is made; one that is left behind was interrupted."""
_PAGES = 2000  # of SQLite, copied between two reports of progress
_BLOCK = 1 << 20  # bytes read at a time
_ROWS = 2000  # copied at a time from PostgreSQL


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds."""

    file: str
    size: int
    """In bytes."""
    schema: str
    runs: int
    contents: Verification
    """Of what is in the archive: what is damaged there was damaged in the store."""


def write_backup(database: Database, file: Path, *, force: bool = False, report: Progress = silent) -> Backup:
    """Write the database and its posteriors into one ZIP file and check it.

    A damaged store is backed up as far as it can be read, and what is wrong is in `contents`; but it never replaces an
    earlier backup, which may be the last good one. Nor does a backup ever replace what is kept (`db.kept`).

    Raises
    ------
    BrokenChain
        if the store is damaged and `file` exists
    StoreError
        if `file` exists and `force` is not given, cannot be written, or is one that is kept; or if the database
        cannot be read. Then nothing was changed.
    """
    with _told(file):
        check_place(database, file, force=force)
        place = (
            Path(os.path.realpath(file)) if file.is_symlink() else file
        )  # a link stays, and what it names is written
        contents, runs_kept = _make(database, place, force, report)
        return Backup(str(file), file.stat().st_size, SCHEMA_VERSION, runs_kept, contents)


def _make(database: Database, file: Path, force: bool, report: Progress) -> tuple[Verification, int]:
    with TemporaryDirectory(prefix=ASIDE, dir=file.parent, ignore_cleanup_errors=True) as aside:
        copy, draft = Path(aside) / DATABASE, Path(aside) / "backup.zip"
        while True:
            _copy_database(database, copy, file, report)
            checked, runs_kept, hashes = _read_copy(copy, database, report)
            _as_one_file(copy)
            left_out = _pack(draft, copy, database, hashes, report)
            if not _are_thinned(database, left_out):
                break
            copy.unlink()
        contents = replace(checked, damaged=_check_archive(draft, copy, database.posteriors, hashes, report))
        _put(draft, file, contents, force)
    return contents, runs_kept


def _are_thinned(database: Database, hashes: Collection[str]) -> bool:
    """Whether a file was thinned between the copy of the rows that name it and its packing."""
    with database.read() as connection:
        return not set(hashes) <= read_posterior_hashes(connection)


def check_place(database: Database, file: Path, *, force: bool) -> None:
    """Raise StoreError unless a backup of the database may be written there."""
    reason = why_kept(file, database=Path(database.url) if database.engine.dialect.name == "sqlite" else None)
    if reason is not None:
        raise StoreError(f"{file} {reason}")
    if not file.parent.is_dir():
        raise StoreError(f"folder {file.parent} does not exist; make it, or name a file elsewhere")
    if file.is_dir():
        raise StoreError(f"{file} is a folder; name a file in it")
    if not force and os.path.lexists(file):
        raise StoreError(f"{file} exists; name another file, or give --force to replace it")


@contextmanager
def _told(file: Path) -> Iterator[None]:
    """Tell of what hinders writing in one line."""
    try:
        yield
    except IntegrityError as error:
        raise StoreError(f"a row cannot be copied ({_said(error.orig)}); run `parley verify`") from error
    except DBAPIError as error:
        if not isinstance(error.orig, sqlite3.Error):
            raise
        raise _unwritable(file, _said(error.orig)) from error
    except sqlite3.Error as error:
        raise _unwritable(file, _said(error)) from error
    except OSError as error:
        raise _unwritable(file, error.strerror or _said(error)) from error


def _said(error: BaseException | None) -> str:
    return " ".join(str(error).split())


def _unwritable(file: Path, said: str) -> StoreError:
    return StoreError(f"{file} cannot be written ({said}); make room and allow writing there, or name a file elsewhere")


def _copy_database(database: Database, copy: Path, file: Path, report: Progress) -> None:
    with database.read() as source:
        if source.dialect.name == "sqlite":
            _copy_pages(source, copy, file, report)
        else:
            _copy_rows(source, copy, file, report)


def _copy_pages(source: Connection, copy: Path, file: Path, report: Progress) -> None:
    """Copy an SQLite file as it is; the read transaction keeps the snapshot, so that no writer makes it start anew."""
    source.exec_driver_sql("SELECT count(*) FROM sqlite_master")
    driver = source.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)

    def tell(_status: int, remaining: int, total: int) -> None:
        report("copying the database", total - remaining, total, "")

    with _told(file), closing(sqlite3.connect(copy)) as target:
        driver.backup(target, pages=_PAGES, progress=tell)
    with _told(file):
        let_write(copy)


def _copy_rows(source: Connection, copy: Path, file: Path, report: Progress) -> None:
    """Make an SQLite database and copy every row, ids and hashes included: the chain holds in the copy too."""
    create_database(URL.create("sqlite", database=str(copy)).render_as_string()).close()
    total, done = count_rows(source), 0
    with _opened(copy, str(file)) as opened, opened.write() as target:
        for table in CHAINED:
            for rows in _batches(source, table):
                report("copying the database", done, total, "")
                with _told(file):
                    target.execute(insert(table), rows)
                done += len(rows)


def _batches(source: Connection, table: Table) -> Iterator[list[dict[str, object]]]:
    rows = source.execute(select(table).order_by(table.c.id), execution_options={"yield_per": _ROWS})
    for batch in rows.mappings().partitions():
        yield [dict(row) for row in batch]


def _opened(copy: Path, name: str) -> Database:
    """The copy, under the name by which messages call it."""
    return Database(name, copy.parent, make_engine(URL.create("sqlite", database=str(copy))))


def _read_copy(copy: Path, database: Database, report: Progress) -> tuple[Verification, int, frozenset[str]]:
    """Check the rows of the copy; how many runs it has, and the hashes of the files its rows name."""
    with _opened(copy, database.url) as opened, opened.read() as connection:
        checked = verify_rows(connection, report)
        counted = connection.execute(select(func.count()).select_from(runs)).scalar() or 0
        return checked, counted, read_posterior_hashes(connection)


def _as_one_file(copy: Path) -> None:
    """Leave the journal mode in which Parley opens databases: nothing of the copy may lie in a file beside it."""
    with closing(sqlite3.connect(copy, isolation_level=None)) as alone:
        alone.execute("PRAGMA journal_mode=DELETE")


def _pack(draft: Path, copy: Path, database: Database, hashes: Collection[str], report: Progress) -> tuple[str, ...]:
    """Put the database and the files that can be read into the archive; posteriors are compressed already.

    Returns the hashes of the files that cannot.
    """
    left_out = []
    with ZipFile(draft, "w", strict_timestamps=False) as archive, database.read() as connection:
        report("packing", 0, len(hashes) + 1, "")
        archive.write(copy, DATABASE, ZIP_DEFLATED)
        for number, digest in enumerate(sorted(hashes), start=1):
            report("packing", number, len(hashes) + 1, "")
            try:
                with opened(connection, database.posteriors, digest) as path, path.open("rb"):
                    archive.write(path, _place(digest), ZIP_STORED)
            except (StoreError, OSError) as error:
                if is_full(error, draft.parent):
                    raise
                left_out.append(digest)
    return tuple(left_out)


def _place(digest: str) -> str:
    return f"{FOLDER}/{digest}{SUFFIX}"


def _check_archive(
    draft: Path, copy: Path, posteriors: Posteriors, hashes: Collection[str], report: Progress
) -> tuple[str, ...]:
    """Read the archive back; return a sentence for each file that is not in it or not what its name says."""
    with ZipFile(draft) as archive, copy.open("rb") as database:
        if _sha256_in(archive, DATABASE) != _sha256(database):
            raise StoreError(f"{draft} reads back otherwise than it was written; check the disk")
        packed, damaged = set(archive.namelist()), []
        for number, digest in enumerate(sorted(hashes)):
            report("checking the backup", number, len(hashes), "")
            if _place(digest) not in packed:
                damaged.append(f"posterior {named(posteriors, digest)} is missing or cannot be read")
            elif _sha256_in(archive, _place(digest)) != digest:
                damaged.append(f"posterior {named(posteriors, digest)} has other content than its name says")
    return tuple(damaged)


def _sha256_in(archive: ZipFile, name: str) -> str:
    try:
        with archive.open(name) as entry:
            return _sha256(entry)
    except BadZipFile as error:
        return f"none: {error}"


def _sha256(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _put(draft: Path, file: Path, contents: Verification, force: bool) -> None:
    """Sync the finished archive and give it its name."""
    if os.path.lexists(file) and not contents.sound:
        first = next(iter((*map(str, contents.broken), *contents.damaged))).partition(";")[0]
        kept = f"{file}, an earlier backup, is left as it is; name another file to keep what is left"
        raise BrokenChain(f"what is stored is damaged ({first}): {kept}, and run `parley verify` for all")
    if os.path.lexists(file) and not force:
        raise StoreError(f"{file} exists by now; name another file, or give --force to replace it")
    _sync(draft)
    draft.replace(file)
    _sync(file.parent)


def _sync(place: Path) -> None:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
