"""Which databases use a folder of posteriors, so that nothing of one is ever removed for another.

A copy of a database names the same files. Databases that lie beside the folder are found by looking there; any other
writes itself in before it stores a file: a small file each in `databases/`, so that two which come at once do not undo
each other. Who removes a file moves it aside and looks again before it is gone. So no lock is needed, which a share on
the network might not keep. What cannot be told counts as another database.
"""

import hashlib
import json
import os
import platform
import sqlite3
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from sqlalchemy import select, text

from db.access import WAL_HEADER, beside, size_of
from db.engine import Database
from db.errors import PosteriorsShared, StoreError
from db.places import MAGIC
from db.posteriors import FOLDER, REGISTER, SUFFIX, cannot_write, check_place
from db.read_runs import read_posterior_hashes
from db.tables import thinnings

GOING = "going-"
"""How the name of a file begins that is about to be removed."""
_UNKNOWN = "unknown"
_MACHINE_ID = Path("/etc/machine-id")
_HERE = ("", "localhost", "127.0.0.1", "::1")
_SIDE_FILES = ("-wal", "-shm", "-journal")
_PAGE = 512
"""Bytes of which the size of every SQLite file is a multiple."""
_OUR_TABLES = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('alembic_version', 'runs')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A database as it writes itself in. Two are one only where both `where` and `key` are the same."""

    database: str
    """Its address without password."""
    where: str
    """The machine of an SQLite file; host and port of a server, which on this machine is called as the machine."""
    key: str
    """The path of an SQLite file; the server's own number, the database's in it, and the schema."""
    device: int | None = None
    """The disk of an SQLite file, by its number."""
    filling: bool = False
    """Whether it is being made: then it counts although it is not there yet."""
    on_server: frozenset[str] = field(default=frozenset(), repr=False)
    """The keys of all databases that there are on its server, without schema; they are not written."""


@dataclass(frozen=True, slots=True)
class Other:
    """Another database that uses the folder, as messages call it, and by which file that is known."""

    name: str
    known_by: Path
    """The SQLite file that lies beside the folder, or the file by which it is written in."""
    lies_beside: bool


def others_of(database: Database) -> tuple[Other, ...]:
    """Return the other databases that use the folder of its posteriors; none where a server keeps them in its table."""
    posteriors = database.posteriors
    return () if posteriors.in_database else others_in(posteriors.folder, entry_of(database))


def check_alone(database: Database) -> None:
    """Raise PosteriorsShared where another database uses the folder of its posteriors too."""
    found = others_of(database)
    if found:
        raise PosteriorsShared("; ".join(how_shared(database.posteriors.folder, found)))


def how_shared(folder: Path, found: tuple[Other, ...]) -> tuple[str, str]:
    """(what is wrong with a folder that others use too, what to do)."""
    first, more = found[0], len(found) - 1
    named = f"{first.name}{f' and {more} more' if more else ''}"
    what = f"{folder} holds the posteriors of another database too ({named}), and nothing is removed there"
    right = "each database needs a folder of its own"
    if first.lies_beside:
        target = "sqlite:///FOLDER/parley.db"
        run = f"run `parley copy --from sqlite:///{first.name} --to {target}` and move {first.name} away"
    else:
        run = f"run `parley restore` with another PARLEY_POSTERIORS, or remove {first.known_by} if that one is gone"
    return what, f"{right}: {run} (docs/operations.md)"


def check_own_folder(file: Path) -> None:
    """Raise StoreError where another database lies in the folder in which an SQLite file is to be made."""
    found = others_in(file.parent / FOLDER, _entry_of_file(file))
    if found:
        what = f"{file.parent} is the folder of another database ({found[0].name}), beside which its posteriors lie"
        apart = file.parent / file.stem
        right = f"each needs a folder of its own: run `mkdir {apart}` and name sqlite:///{apart / file.name}"
        raise StoreError(f"{what}; {right}")


# What is found


def others_in(folder: Path, me: Entry) -> tuple[Other, ...]:
    """Return the databases but this one that use a folder of posteriors."""
    try:
        return (*_lying_beside(folder, me), *_written_in(folder, me))
    except OSError as error:
        what = f"{folder} may be used by another database, but cannot be looked at ({error.strerror})"
        raise StoreError(f"{what}; allow reading {error.filename}") from error


def _lying_beside(folder: Path, me: Entry) -> Iterator[Other]:
    """SQLite files of ours for which this is the folder beside them; links lead to such as have theirs elsewhere."""
    for place in dict.fromkeys((folder, folder.resolve())):
        if place.name.casefold() != FOLDER or not place.parent.is_dir():
            continue
        for path in sorted(place.parent.iterdir()):
            if path.is_symlink() or path.name.endswith(_SIDE_FILES) or not path.is_file() or _is_file_of(path, me):
                continue
            if _may_be_ours(path):
                yield Other(str(path), path, lies_beside=True)


def _is_file_of(path: Path, me: Entry) -> bool:
    with suppress(OSError):
        return me.device is not None and path.samefile(me.key)
    return False


def _may_be_ours(path: Path) -> bool:
    """Whether a file is an SQLite database with our tables, or may be one; it is neither locked nor changed."""
    opened = _open_here(path)
    if opened is not None:
        return _begins(opened)
    try:
        with path.open("rb") as file:
            begins = file.read(len(MAGIC))
    except OSError:
        return size_of(path) > 0 and size_of(path) % _PAGE == 0
    if begins != MAGIC:
        return False
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)) as connection:
            if connection.execute(_OUR_TABLES).fetchone() == (2,):
                return True
    except sqlite3.Error:
        return True
    return size_of(beside(path, "-wal")) > WAL_HEADER  # the tables may be in the log, which is not read without a lock


def _open_here(path: Path) -> int | None:
    """The number by which this process has the file open, if it has.

    To open such a file once more and close it would take away the locks that its other connections hold.
    """
    try:
        there = path.stat()
    except FileNotFoundError:
        return None
    with suppress(OSError):  # where the system lists none, it takes none away either
        for name in os.listdir("/dev/fd"):
            with suppress(OSError):
                if os.path.samestat(os.fstat(int(name)), there):
                    return int(name)
    return None


def _begins(opened: int) -> bool:
    try:
        return os.pread(opened, len(MAGIC), 0) == MAGIC
    except OSError:  # what is open only to be written, such as the output of this command
        return False


def _written_in(folder: Path, me: Entry) -> Iterator[Other]:
    if not (folder / REGISTER).is_dir():
        return
    for path in sorted((folder / REGISTER).glob("*.json")):
        entry = _read(path)
        if entry is None:
            yield Other(f"the one of {path}, which cannot be read", path, lies_beside=False)
        elif not _is_same(entry, me) and not _is_gone(entry, me):
            yield Other(_name(entry), path, lies_beside=False)


def _is_same(entry: Entry, me: Entry) -> bool:
    """Whether both are one database; a file may be called otherwise where capitals and small letters are the same."""
    if entry.where != me.where:
        return False
    return entry.key == me.key or (entry.device is not None and _is_file_of(Path(entry.key), me))


def _name(entry: Entry) -> str:
    on_other_machine = entry.device is not None and entry.where != _machine()
    return f"{entry.database} on {entry.where.partition(' ')[0]}" if on_other_machine else entry.database


def _is_gone(entry: Entry, me: Entry) -> bool:
    """Whether a database is certainly no more: not on another machine, nor on a disk that is not there just now."""
    if entry.filling:
        return False
    if entry.device is None:
        server, number = _server_of(entry), entry.key.rpartition("/")[0]
        return server is not None and server == _server_of(me) and number not in me.on_server
    file = Path(entry.key)
    if entry.where != _machine() or os.path.lexists(file):
        return False
    near = next(place for place in file.parents if place.exists())
    return near.stat().st_dev == entry.device


def _server_of(entry: Entry) -> tuple[str, str] | None:
    return None if entry.device is not None or entry.key == _UNKNOWN else (entry.where, entry.key.partition("/")[0])


# What is written


def enter(database: Database) -> None:
    """See that a file can be stored, before long work, and write the database in where it does not do so beside itself.

    Of files that are there before any is written in, and that it does not name, some unknown database is entered.

    Raises
    ------
    DatabaseUnwritable
        if nothing can be written there
    """
    folder = database.posteriors.folder
    check_place(database.posteriors)
    if not database.posteriors.in_database and not _is_beside(folder, database):
        _write_in(folder, entry_of(database), partial(_ever_named, database))


def _ever_named(database: Database) -> frozenset[str]:
    with database.read() as connection:
        thinned = connection.execute(select(thinnings.c.old_hash)).scalars()
        return read_posterior_hashes(connection).union(thinned)


@contextmanager
def entered(folder: Path, database: Database) -> Iterator[None]:
    """Have a database that is being filled written in from before its first file; taken back unless all goes well."""
    if _is_beside(folder, database):
        yield
        return
    entry = entry_of(database)
    path = _path_of(folder, entry)
    new = not path.exists()
    _write_in(folder, replace(entry, filling=True), frozenset)
    try:
        yield
    except BaseException:
        if new:
            with suppress(OSError):
                path.unlink()
                path.parent.rmdir()
        raise
    _write(path, entry)


def _is_beside(folder: Path, database: Database) -> bool:
    return database.engine.dialect.name == "sqlite" and folder.resolve() == database.folder.resolve() / FOLDER


def _write_in(folder: Path, entry: Entry, read_mine: Callable[[], frozenset[str]]) -> None:
    register = folder / REGISTER
    try:
        folder.mkdir(exist_ok=True)
        if not register.is_dir():
            mine = read_mine()
            strangers = any(path.stem not in mine for path in folder.glob(f"*{SUFFIX}"))
            register.mkdir(exist_ok=True)
            with suppress(OSError):  # of another user, who was faster
                register.chmod(stat.S_IMODE(folder.stat().st_mode))  # who may store a file may write in its database
            if strangers:
                name = f"unknown, which stored there before {register} was begun"
                _write(register / f"{_UNKNOWN}.json", Entry(database=name, where=_UNKNOWN, key=_UNKNOWN))
        _write(_path_of(folder, entry), entry)
    except OSError as error:
        raise cannot_write(register, error) from error


def _path_of(folder: Path, entry: Entry) -> Path:
    name = hashlib.sha256(f"{entry.where}\n{entry.key}".encode()).hexdigest()[:16]
    return folder / REGISTER / f"{name}.json"


def _write(path: Path, entry: Entry) -> None:
    """Put an entry there whole; one that is there already is not touched, as it may be another user's."""
    there = _read(path)
    if there is not None and replace(there, database=entry.database) == replace(entry, on_server=frozenset()):
        return
    values = asdict(entry)
    del values["on_server"]
    aside = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with aside.open("x", encoding="utf-8") as file:
            json.dump(values, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _read(path: Path) -> Entry | None:
    """None where there is none that can be read."""
    try:
        values: dict[str, Any] = json.loads(path.read_bytes())
        return Entry(**values)
    except (OSError, ValueError, TypeError):
        return None


# Who a database is


def entry_of(database: Database) -> Entry:
    """Return what tells a database from every other that may see the same folder, whatever its address is spelt like.

    A server says which one it is, since `localhost` or `db` is another for each machine. Host and port are part of it
    all the same: a server that was copied as files says the same as the one that it was copied from.
    """
    if database.engine.dialect.name == "sqlite":
        return _entry_of_file(Path(database.url))
    with database.read() as connection:
        driver: Any = connection.connection.driver_connection
        row = connection.execute(text(_WHICH)).one()
        numbers = connection.execute(text("SELECT oid FROM pg_database")).scalars()
        on_server = frozenset(f"{row.server}/{number}" for number in numbers)
    return Entry(
        database=database.url,
        where=_host(driver.info.host, driver.info.port),
        key=f"{row.server}/{row.number}/{row.schema}",
        on_server=on_server,
    )


_WHICH = """
SELECT (SELECT system_identifier FROM pg_control_system()) AS server, current_schema() AS schema,
       (SELECT oid FROM pg_database WHERE datname = current_database()) AS number
"""


def _host(host: str, port: int) -> str:
    name = host.casefold().rstrip(".")
    return f"{_machine() if name in _HERE or host.startswith(('/', '@')) else name}:{port}"


def _entry_of_file(file: Path) -> Entry:
    place = file if file.exists() else file.parent
    return Entry(database=str(file), where=_machine(), key=str(file), device=place.stat().st_dev)


def _machine() -> str:
    """What tells this machine from others: its name, which may be given twice, and where there is one its number."""
    with suppress(OSError):
        return f"{platform.node()} {hashlib.sha256(_MACHINE_ID.read_bytes()).hexdigest()[:8]}"
    return platform.node()


# What is removed


def remove_file(database: Database, digest: str) -> bool:
    """Remove the file of this hash from the folder in which a database stores; tell whether there was one.

    Raises
    ------
    PosteriorsShared
        if another database uses the folder, also one that came just now; the file is then where it was
    """
    path = database.posteriors.folder / f"{digest}{SUFFIX}"
    if database.posteriors.in_database or not path.is_file():
        return False
    check_alone(database)
    aside = path.with_name(f"{GOING}{path.name}")
    try:
        path.replace(aside)
    except FileNotFoundError:  # another process of this database was faster
        return False
    try:
        check_alone(database)
    except StoreError:
        aside.replace(path)
        raise
    aside.unlink(missing_ok=True)
    return True


def remove_moved(database: Database, hashes: Collection[str]) -> int:
    """Remove the files of these hashes that were moved aside and left there; return how many there were."""
    posteriors = database.posteriors
    if posteriors.in_database:
        return 0
    names = {f"{GOING}{digest}{SUFFIX}" for digest in hashes}
    left = [path for path in posteriors.folder.glob(f"{GOING}*") if path.name in names]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)
