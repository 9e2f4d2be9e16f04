"""One file that holds everything: the database as SQLite and the posteriors, as unpacked beside each other.

The copy is of one instant, whoever writes meanwhile. The files are those its rows name: they were there before the rows
were; where one is thinned before it is packed, the copy is made anew. The archive is made aside, checked, synced and
renamed, so that a file of the name asked for is whole or not there.
"""

import hashlib
import os
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from sqlalchemy import URL, Connection, func, select

from db.copying import copy_pages, copy_rows, make_one_file, sync, told
from db.engine import Database, make_engine
from db.errors import BrokenChain, StoreError
from db.kept import why_kept
from db.migrate import create_database
from db.posteriors import FOLDER, SUFFIX, Posteriors, named, opened
from db.progress import Progress, silent
from db.read_runs import read_posterior_hashes
from db.room import is_full
from db.tables import SCHEMA_VERSION, runs
from db.verify import Verification, verify_rows

DATABASE = "parley.db"
"""What the database is called in the archive: the name Parley looks for by default."""
ASIDE = "parley-backup-"
"""How the folder begins in which a backup is made; one that is left behind was interrupted."""
_BLOCK = 1 << 20  # bytes read at a time


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
    with told(str(file)):
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
            make_one_file(copy)
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


def _copy_database(database: Database, copy: Path, file: Path, report: Progress) -> None:
    with database.read() as source:
        if source.dialect.name == "sqlite":
            copy_pages(source, copy, str(file), report)
        else:
            _copy_from_server(source, copy, (database.url, str(file)), report)


def _copy_from_server(source: Connection, copy: Path, names: tuple[str, str], report: Progress) -> None:
    """Make an SQLite database and copy every row."""
    create_database(URL.create("sqlite", database=str(copy)).render_as_string()).close()
    with _opened(copy, names[1]) as opened, opened.write() as target:
        copy_rows(source, target, names, report)


def _opened(copy: Path, name: str) -> Database:
    """The copy, under the name by which messages call it."""
    return Database(name, copy.parent, make_engine(URL.create("sqlite", database=str(copy))))


def _read_copy(copy: Path, database: Database, report: Progress) -> tuple[Verification, int, frozenset[str]]:
    """Check the rows of the copy; how many runs it has, and the hashes of the files its rows name."""
    with _opened(copy, database.url) as opened, opened.read() as connection:
        checked = verify_rows(connection, report)
        counted = connection.execute(select(func.count()).select_from(runs)).scalar() or 0
        return checked, counted, read_posterior_hashes(connection)


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
                    archive.write(path, place_of(digest), ZIP_STORED)
            except (StoreError, OSError) as error:
                if is_full(error, draft.parent):
                    raise
                left_out.append(digest)
    return tuple(left_out)


def place_of(digest: str) -> str:
    """Return where in the archive the file of a hash lies."""
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
            if place_of(digest) not in packed:
                damaged.append(f"posterior {named(posteriors, digest)} is missing or cannot be read")
            elif _sha256_in(archive, place_of(digest)) != digest:
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
    sync(draft)
    draft.replace(file)
    sync(file.parent)
