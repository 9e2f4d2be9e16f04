"""How an SQLite file may be opened: to read and write, only to read, or not at all.

A database that cannot be written is read without leaving anything beside it. Opened as usual, a reader would make the
files of the write-ahead log, in its own name, and the owner could not write any more. Where that log holds nothing, the
file alone is the database: it is opened as unchanging, and whether it has changed meanwhile is looked at afterwards.
"""

import os
import sqlite3
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from db.errors import DatabaseUnwritable, StoreError
from db.places import MAGIC, mount_of

KNOWN_FORMAT = 2  # of SQLite's header: 1 with a rollback journal, 2 with a write-ahead log
_HEADER = 20
_WRITE_VERSION, _READ_VERSION = 18, 19
_COPY = "copy it to a folder of yours"
WAL_HEADER = 32
"""Bytes of a write-ahead log that holds nothing yet."""
_HOT = bytes.fromhex("d9d505f920a163d7")
"""How a rollback journal begins whose changes are to be taken back."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """By what a changed file is known."""

    changed_ns: int
    size: int
    inode: int


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file that cannot be written is opened."""

    address: str
    stamp: Stamp | None
    """Of a file that is opened as unchanging; None where SQLite's own locks keep the snapshot."""


def stamp_of(path: Path) -> Stamp | None:
    """None for a file that is gone."""
    try:
        found = path.stat()
    except OSError:
        return None
    return Stamp(found.st_mtime_ns, found.st_size, found.st_ino)


def is_rewritten(path: Path, stamp: Stamp | None) -> bool:
    """Whether the file of that stamp has changed; one in whose place another lies, or none, stays what it was."""
    now = stamp_of(path)
    return stamp is not None and now is not None and now.inode == stamp.inode and now != stamp


def header(path: Path) -> bytes:
    """The beginning of an SQLite file; nothing of what is none or cannot be read."""
    found = _first_bytes(path, _HEADER)
    return found if len(found) == _HEADER and found.startswith(MAGIC) else b""


def is_hot(path: Path) -> bool:
    """Whether a rollback journal lies beside the file from which SQLite would take a change back."""
    journal = beside(path, "-journal")
    return _first_bytes(journal, len(_HOT)) == _HOT or (size_of(journal) > 0 and not may(journal, os.R_OK))


def _first_bytes(path: Path, number: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(number)
    except OSError:
        return b""


def reading(path: Path) -> Reading:
    """Choose how to read what cannot be written.

    Raises StoreError where the file alone is not the whole database, and what lies beside it cannot be read from here:
    what is old would look as if it were all.
    """
    stamp = stamp_of(path)
    log, index = beside(path, "-wal"), beside(path, "-shm")
    if is_hot(path):
        what = f"{path} was left in the middle of a change, which {path.name}-journal would take back"
        raise StoreError(f"{what}; run `parley doctor` where both can be written, or copy both to a folder of yours")
    if size_of(log) <= WAL_HEADER:
        return Reading(_address(path, "mode=ro&immutable=1"), stamp)
    if not (may(index, os.R_OK) and may(log, os.R_OK)):
        what = f"{log} holds changes that are not in {path.name} yet and cannot be read from here"
        raise StoreError(f"{what}; run `parley doctor` where the folder can be written, or copy both to one of yours")
    return Reading(_address(path, "mode=ro"), None)


def beside(path: Path, suffix: str) -> Path:
    """A file that SQLite keeps beside its own: -wal, -shm or -journal."""
    return path.with_name(path.name + suffix)


def size_of(path: Path) -> int:
    """In bytes; 0 of what is not there or may not be looked at."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _address(path: Path, mode: str) -> str:
    return f"file:{quote(str(path))}?{mode}"


def unwritable(path: Path) -> str:
    """Why the rights to the existing SQLite file do not let it be written, and what to do; "" where they do."""
    for place in (path.parent, path, *filter(os.path.lexists, (beside(path, "-wal"), beside(path, "-shm")))):
        if not may(place, os.W_OK):
            mount = mount_of(place)
            if mount is not None and mount.read_only:
                return f"{path} cannot be written: {mount.point} is mounted read-only; {_COPY}"
            return f"{place} cannot be written; allow writing{_of_whom(place)}, or {_COPY}"
    return ""


def refused_by_header(path: Path, code: str) -> str:
    """Why SQLite itself refuses the file, by what its header says, and what to do; "" where that is not the cause.

    Parameters
    ----------
    code : the name of SQLite's extended code. Nothing but a refusal may make this process open the file by itself: as
        it closes it again, the system takes away the locks that other connections of the process hold.
    """
    if code not in ("SQLITE_READONLY", "SQLITE_NOTADB"):
        return ""
    write, read = tuple(header(path)[_WRITE_VERSION:]) or (0, 0)
    if read > KNOWN_FORMAT:
        what = f"{path} is of a later SQLite format (read version {read}) than SQLite {sqlite3.sqlite_version} reads"
        return f"{what}; use Parley where SQLite is newer, or restore a backup"
    if write > KNOWN_FORMAT:
        what = f"{path} is made for reading only by its header (write version {write})"
        return f"{what}; `parley backup FILE` and `unzip FILE` in a folder of yours give one that can be written"
    return ""


def let_write(path: Path) -> None:
    """Take from the header of a fresh copy, which none has open, what would make it one for reading only."""
    if header(path)[_WRITE_VERSION:][:1] > bytes((KNOWN_FORMAT,)):
        with path.open("r+b") as file:
            file.seek(_WRITE_VERSION)
            file.write(header(path)[_READ_VERSION:])


def check_writable(path: Path) -> None:
    """Raise DatabaseUnwritable unless the file (where it exists) and its folder can be written: SQLite needs both."""
    for place in (path.parent, path):
        if _exists(place) and not may(place, os.W_OK):
            raise DatabaseUnwritable(f"{place} cannot be written; allow writing, or set PARLEY_DATABASE_URL elsewhere")


def check_whole(path: Path) -> None:
    """Raise StoreError where only the log of a database is left: SQLite would take the file for new, and discard it."""
    log = beside(path, "-wal")
    if not size_of(path) and size_of(log) > WAL_HEADER:
        what = f"{log} holds what was entered last, but {path} is {'empty' if _exists(path) else 'gone'}"
        raise StoreError(f"{what}; put the database back beside it, or move that file away, before anything else")


def check_readable(path: Path) -> None:
    """Raise StoreError for a file that may not be read."""
    if not may(path, os.R_OK):
        raise StoreError(
            f"{path} cannot be read; allow reading{_of_whom(path)}, or name another file in PARLEY_DATABASE_URL"
        )


def may(place: Path, right: int) -> bool:
    """Whether this process has the right to the place, as the system sees it just now."""
    return os.access(place, right, effective_ids=os.access in os.supports_effective_ids)


def unusable(folder: Path, setting: str, *, to_write: bool = True) -> str:
    """Why nothing can be put into the folder that a setting names, and what to do; "" where it can.

    It is never made: it could then lie beneath a disk that is not mounted. Who is not `to_write` needs no right to.
    """
    try:
        if not stat.S_ISDIR(folder.stat().st_mode):
            return f"{folder} is no folder; name one in {setting}"
    except FileNotFoundError:
        return f"folder {folder} does not exist; make it or mount its disk, or name another in {setting}"
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        return f"folder {folder} cannot be looked at ({reason}); mend that, or name another in {setting}"
    if not to_write or may(folder, os.W_OK | os.X_OK):
        return ""
    return f"folder {folder} cannot be written; allow writing there, or name another in {setting}"


def _of_whom(place: Path) -> str:
    """Whose it is, where it is another's."""
    with suppress(OSError, KeyError, NotImplementedError):
        if place.stat().st_uid != os.geteuid():
            return f" (it belongs to {place.owner()})"
    return ""


def _exists(place: Path) -> bool:
    try:
        return place.exists()
    except OSError:  # what may not be looked at, or has a name too long, cannot be written either
        return True
