"""Files of posteriors and backtests, named by their content.

Beside an SQLite database they lie in a folder; a server keeps them in its own table, in pieces, so that every desk has
them; PARLEY_POSTERIORS names a folder for either. A file is on disk and synced, or its pieces are stored in the same
transaction, before any row may name it.
"""

import hashlib
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from sqlalchemy import Connection, delete, insert, select

from db.access import unusable
from db.errors import DatabaseUnwritable, StoreError
from db.room import is_full
from db.tables import posterior_chunks

FOLDER = "posteriors"
SUFFIX = ".nc"
PLACE = "PARLEY_POSTERIORS"
"""The variable that names a folder for the files, wherever the database is."""
PIECE = 1_000_000
"""Bytes of a piece at most: a server sends and stores that at once without ado."""
REGISTER = "databases"
"""The folder in which databases are written in that share a folder (`db.sharing`)."""
_ASIDE = "aside-"


@dataclass(frozen=True, slots=True)
class Posteriors:
    """Where the files of a database lie."""

    folder: Path
    """That of the files; those of a server that are older than its table too."""
    in_database: bool = False
    """Whether new ones go into the table of pieces."""
    older: tuple[Path, ...] = ()
    """Folders in which earlier files may lie."""

    @property
    def shared(self) -> bool:
        """Whether somebody chose the folder, where other files may lie too."""
        return bool(self.older)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that is whole, for `keep` to store with the row that names it."""

    digest: str
    content: bytes | None
    """None where it lies in its folder already."""


def posteriors_of(folder: Path, *, on_server: bool) -> Posteriors:
    """Return where the files of a database lie whose own folder is `folder`; StoreError as from `chosen_folder`."""
    beside = folder / FOLDER
    if chosen := chosen_folder():
        return Posteriors(chosen, older=(beside,))
    return Posteriors(beside, in_database=on_server)


def chosen_folder() -> Path | None:
    """Return the folder that PARLEY_POSTERIORS names, whether it is there or not; None where the variable is unset.

    Raises
    ------
    StoreError
        if it is not named from the root on: that would be another in each current folder
    """
    given = os.environ.get(PLACE)
    if not given:
        return None
    folder = Path(os.path.expanduser(given))
    if not folder.is_absolute():
        raise StoreError(f"{PLACE}={given} is no whole path; write one, such as {folder.absolute()}")
    return folder


def prepare(posteriors: Posteriors, write: Callable[[Path], None], suffix: str = SUFFIX) -> Prepared:
    """Let `write` make a file and return it, for `keep` to store; what goes wrong is told as by `store_file`."""
    if not posteriors.in_database:
        return Prepared(store_file(posteriors.folder, write, suffix, chosen=posteriors.shared), None)
    with TemporaryDirectory(prefix=_ASIDE, ignore_cleanup_errors=True) as aside:
        draft = Path(aside) / f"posterior{suffix}"
        try:
            write(draft)
            content = draft.read_bytes()
        except (OSError, RuntimeError) as error:
            _explain(error, Path(aside))
            raise
    return Prepared(hashlib.sha256(content).hexdigest(), content)


def keep(connection: Connection, prepared: Prepared) -> str:
    """Store what was prepared, in the transaction and before the row that will name it; return its hash."""
    there = select(posterior_chunks.c.number).where(posterior_chunks.c.sha256 == prepared.digest).limit(1)
    if prepared.content is not None and connection.execute(there).first() is None:
        for number, start in enumerate(range(0, len(prepared.content), PIECE)):
            piece = prepared.content[start : start + PIECE]
            values = {"sha256": prepared.digest, "number": number, "content": piece}
            connection.execute(insert(posterior_chunks), values)
    return prepared.digest


@contextmanager
def opened(connection: Connection, posteriors: Posteriors, digest: str, suffix: str = SUFFIX) -> Iterator[Path]:
    """Yield a path where the file of this hash can be read until the end of the `with`.

    Raises
    ------
    StoreError
        if it is not there, or may not be looked at
    """
    if not _in_table(connection, digest):
        yield _found(connection, posteriors, digest, suffix)
        return
    with TemporaryDirectory(prefix=_ASIDE, ignore_cleanup_errors=True) as aside:
        path = Path(aside) / f"{digest}{suffix}"
        with path.open("wb") as file:
            for piece in _pieces(connection, digest):
                file.write(piece)
        yield path


def named(posteriors: Posteriors, digest: str) -> str:
    """What messages call the file of this hash."""
    return f"{digest[:12]}… in the database" if posteriors.in_database else str(posteriors.folder / f"{digest}{SUFFIX}")


def check_stored(connection: Connection, posteriors: Posteriors, digest: str, suffix: str = SUFFIX) -> None:
    """Raise StoreError unless the file of this hash is there, can be read and still has that content."""
    if not _in_table(connection, digest):
        check_path(_found(connection, posteriors, digest, suffix), digest)
        return
    found = hashlib.sha256()
    for piece in _pieces(connection, digest):
        found.update(piece)
    if found.hexdigest() != digest:
        raise _changed(named(posteriors, digest), found.hexdigest())


def remove_pieces(connection: Connection, digest: str) -> None:
    """Remove the pieces of this hash, within the transaction; a file goes by `db.sharing`, once it is committed."""
    if connection.dialect.name == "postgresql":
        connection.execute(delete(posterior_chunks).where(posterior_chunks.c.sha256 == digest))


def is_own(connection: Connection, posteriors: Posteriors, digest: str) -> bool:
    """Whether what is stored lies where new ones go, and not in a folder that is only read as one of before."""
    if _in_table(connection, digest):
        return True
    return not posteriors.in_database and _is_there(posteriors.folder / f"{digest}{SUFFIX}")


def _folders(posteriors: Posteriors) -> tuple[Path, ...]:
    return (posteriors.folder, *posteriors.older)


def unnamed_pieces(connection: Connection, named: Collection[str]) -> tuple[str, ...]:
    """Return the hashes in the table of pieces that no row names."""
    if connection.dialect.name != "postgresql":
        return ()
    there = connection.execute(select(posterior_chunks.c.sha256).distinct()).scalars()
    return tuple(sorted(set(there) - set(named)))


def _in_table(connection: Connection, digest: str) -> bool:
    if connection.dialect.name != "postgresql":
        return False
    first = select(posterior_chunks.c.number).where(posterior_chunks.c.sha256 == digest).limit(1)
    return connection.execute(first).first() is not None


def _pieces(connection: Connection, digest: str) -> Iterator[bytes]:
    """The content piece by piece; a piece that is missing shows in the hash of the whole."""
    mine = posterior_chunks.c.sha256 == digest
    numbers = connection.execute(select(posterior_chunks.c.number).where(mine).order_by("number")).scalars().all()
    for number in numbers:
        one = select(posterior_chunks.c.content).where(mine, posterior_chunks.c.number == number)
        yield bytes(connection.execute(one).scalar_one())


def _found(connection: Connection, posteriors: Posteriors, digest: str, suffix: str) -> Path:
    for folder in _folders(posteriors):
        if _is_there(folder / f"{digest}{suffix}"):
            return folder / f"{digest}{suffix}"
    if posteriors.in_database:
        raise _missing(f"{digest[:12]}… is neither in the database nor in {posteriors.folder}")
    if posteriors.shared:
        elsewhere = " nor in ".join(map(str, posteriors.older))
        raise _missing(f"{digest}{suffix} is neither in {posteriors.folder} ({PLACE}) nor in {elsewhere}")
    return path_of(posteriors.folder, digest, suffix)


def store_file(folder: Path, write: Callable[[Path], None], suffix: str = SUFFIX, *, chosen: bool = False) -> str:
    """Let `write` make a file, keep it in `folder` as its sha256, and return that hash.

    The file is written aside, synced, renamed and its folder synced: after a crash it is there whole or not at all.
    What `write` raises passes through unless it was the disk, and nothing is left behind. A folder that somebody has
    chosen must be there, any other is made.

    Raises
    ------
    DatabaseUnwritable
        if the folder cannot be written, the disk is full or a quota is used up
    """
    aside = _draft_folder(folder, chosen=chosen)
    draft = aside / f"posterior{suffix}"
    try:
        write(draft)
        return _keep(folder, draft, suffix)
    except (OSError, RuntimeError) as error:
        _explain(error, folder)
        raise
    finally:
        draft.unlink(missing_ok=True)
        aside.rmdir()


def _explain(error: Exception, folder: Path) -> None:
    """Raise what says it better, where it was the disk."""
    if is_full(error, folder):
        raise _full(folder) from error
    if "HDF error" in str(error):  # all that NetCDF says of a write that failed
        reason = "a quota is used up or the disk fails; see to it"
        raise DatabaseUnwritable(f"{folder} cannot be written ({error}): {reason}") from error


def check_place(posteriors: Posteriors) -> None:
    """Raise DatabaseUnwritable unless a file can be stored: before long work, not after it."""
    if not posteriors.in_database:
        _draft_folder(posteriors.folder, chosen=posteriors.shared).rmdir()


def check_chosen(posteriors: Posteriors) -> None:
    """Raise DatabaseUnwritable unless a folder that somebody has chosen is there and can be written."""
    if posteriors.shared and (why := unusable(posteriors.folder, PLACE)):
        raise DatabaseUnwritable(why)


def _draft_folder(folder: Path, *, chosen: bool) -> Path:
    if chosen and (why := unusable(folder, PLACE)):
        raise DatabaseUnwritable(why)
    try:
        if not chosen:
            folder.mkdir(exist_ok=True)
        return Path(mkdtemp(prefix=_ASIDE, dir=folder))
    except OSError as error:
        raise cannot_write(folder, error, f", or name another in {PLACE}" * chosen) from error


def cannot_write(folder: Path, error: OSError, instead: str = "") -> DatabaseUnwritable:
    """Return the one-line error for what the system said about a folder."""
    if is_full(error, folder):
        return _full(folder)
    return DatabaseUnwritable(f"{folder} cannot be written ({error.strerror}); allow writing there{instead}")


def _full(folder: Path) -> DatabaseUnwritable:
    return DatabaseUnwritable(f"{folder} cannot be written: the disk is full; make room, then run the command again")


def path_of(folder: Path, digest: str, suffix: str = SUFFIX) -> Path:
    """Return where in `folder` the file of this hash is; StoreError if it is not there, or may not be looked at."""
    path = folder / f"{digest}{suffix}"
    if not _is_there(path):
        raise _missing(f"{path} is missing")
    return path


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:
        raise _unreadable(path, error) from error


def _missing(what: str) -> StoreError:
    return StoreError(f"posterior {what}; {way_back('it')}")


def way_back(what: str) -> str:
    """How posteriors come back that are missing: those of before are made by no command."""
    again = "as it was then" if os.environ.get(PLACE) else "again, if it named a folder then"
    new = "`parley update` and `parley backtest` only make new ones"
    return f"restore {what} from a backup, or set {PLACE} {again} ({new})"


def check_path(path: Path, digest: str) -> None:
    """Raise StoreError unless the file at `path` can be read and has the content of this hash."""
    try:
        found, empty = _sha256(path), not path.stat().st_size
    except OSError as error:
        raise _unreadable(path, error) from error
    if empty:
        raise StoreError(f"posterior {path} is empty; restore it from a backup")
    if found != digest:
        raise _changed(str(path), found)


def _changed(what: str, found: str) -> StoreError:
    return StoreError(f"posterior {what} has content {found[:12]}…, not what its name says; restore it from a backup")


def _unreadable(path: Path, error: OSError) -> StoreError:
    return StoreError(f"posterior {path} cannot be read ({error.strerror}); allow reading it, or restore a backup")


def orphans(folder: Path, known_hashes: Collection[str]) -> tuple[Path, ...]:
    """Return what lies in the folder and no row names: unknown files, and drafts of a crashed write."""
    if not folder.is_dir():
        return ()
    known = {*known_hashes, REGISTER}
    return tuple(sorted(path for path in folder.iterdir() if path.name.split(".")[0] not in known))


def _keep(folder: Path, draft: Path, suffix: str) -> str:
    digest = _sha256(draft)
    _sync(draft)
    draft.replace(folder / f"{digest}{suffix}")
    _sync(folder)
    return digest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
