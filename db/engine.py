"""Opening a database: addresses, transactions, and the checks that come before the first row is read."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from db.access import check_readable, check_whole, check_writable, is_rewritten, reading, refused_by_header, unwritable
from db.errors import (
    DatabaseLocked,
    DatabaseMissing,
    DatabaseTooNew,
    DatabaseTooOld,
    DatabaseUnwritable,
    StoreError,
)
from db.places import fault
from db.posteriors import Posteriors, posteriors_of
from db.room import is_full
from db.server import refusal
from db.tables import SCHEMA_VERSION

LOCK_TIMEOUT_S = 60.0  # SQLite lets waiting writers in by chance: among twenty at once, one may be passed over for long
_READS_ONLY = "parley_reads_only"
_STAMP = "parley_stamp"
_CACHE_KIB = 65536  # a bulk append touches the whole index of row keys, which SQLite's 2 MiB would keep rereading
WRITE_LOCK = 0x5041524C4559  # "PARLEY": advisory lock key, one per PostgreSQL database


@dataclass(frozen=True, slots=True)
class Database:
    """An opened database of the right schema version; closes its connections on `close` or at the end of a `with`."""

    url: str
    """Address without password, for messages."""
    folder: Path
    """Where files that lie beside the database go."""
    engine: Engine = field(repr=False)
    unwritable: str = ""
    """Why it can only be read, and what to do; "" where it can be written."""

    @property
    def posteriors(self) -> Posteriors:
        """Where the files of its posteriors and backtests lie."""
        return posteriors_of(self.folder, on_server=self.engine.dialect.name == "postgresql")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection that sees one snapshot, cannot write and blocks no writer."""
        with (
            _refusals(self.url),
            _reader(self.engine).connect() as connection,
            _unchanged(connection, self.url),
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield the connection of the only writer; commits at the end, rolls everything back on any exception."""
        self.check_writable()
        with _refusals(self.url), self.engine.begin() as connection:
            lock_for_writing(connection)
            yield connection

    @contextmanager
    def within(self, connection: Connection) -> Iterator[None]:
        """Mark a part of a transaction that may fail alone: any exception takes it back, and what came before stays.

        Whatever the database refuses comes as StoreError.
        """
        try:
            with connection.begin_nested():
                yield
        except DBAPIError as error:
            raise explain(error.orig or error, self.url) from error

    def check_writable(self) -> None:
        """Raise DatabaseUnwritable where it can only be read: before long work, not after it."""
        if self.unwritable:
            raise DatabaseUnwritable(self.unwritable)

    def close(self) -> None:
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_database(url: str, *, lock_timeout_s: float = LOCK_TIMEOUT_S) -> Database:
    """Open the database at `url`; `db.migrate.create_database` makes one.

    What cannot be written is opened to be read: `Database.unwritable` then says why. Raises DatabaseMissing,
    DatabaseTooOld, DatabaseTooNew, or StoreError for an address that is neither SQLite nor PostgreSQL and for what
    cannot be read; in none of these cases is a file made or changed.
    """
    address = parse_address(url)
    on_file = address.get_backend_name() == "sqlite"
    found, refused = _look(_existing(address)) if on_file else _ask(address)
    check_version(found, shown(address))
    engine = (reading_engine if on_file and refused else make_engine)(address, lock_timeout_s=lock_timeout_s)
    return Database(shown(address), folder_of(address), engine, refused)


def parse_address(url: str) -> URL:
    """Return the address with its driver and, for SQLite, an absolute path; StoreError if it is not one we can use."""
    try:
        address = make_url(url)
        backend = address.get_backend_name()
    except (ArgumentError, ValueError):
        raise StoreError(f"database address {_without_password(url)!r} is not a URL; {_RIGHT_ADDRESS}") from None
    if backend == "postgresql" and address.drivername in ("postgresql", "postgresql+psycopg"):
        return address.set(drivername="postgresql+psycopg")
    if address.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise StoreError(f"database address has the scheme {address.drivername!r}; {_RIGHT_ADDRESS}")
    if not address.database or address.database == ":memory:":
        raise StoreError(f"database address {url!r} names no file; {_RIGHT_ADDRESS}")
    return address.set(drivername="sqlite", database=str(_resolved(address.database)))


def _resolved(database: str) -> Path:
    try:
        found = Path(database).resolve()
        str(found).encode()  # SQLite's names are UTF-8
    except FileNotFoundError:
        raise StoreError(
            f"database {database!r} cannot be found: the current folder no longer exists; change to one that does"
        ) from None
    except ValueError:  # a null character, half a character, bytes that are none
        raise StoreError(f"database {database!r} cannot be the name of a database's file; {_RIGHT_ADDRESS}") from None
    return found


def _without_password(url: str) -> str:
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", url)


_RIGHT_ADDRESS = "use sqlite:///FILE or postgresql://USER@HOST/NAME in PARLEY_DATABASE_URL"


def shown(address: URL) -> str:
    """Return what messages call the database: the file, or the URL without password."""
    if address.get_backend_name() == "sqlite":
        return str(address.database)
    named = address._replace(drivername="postgresql", password=address.password or None)
    return named.render_as_string(hide_password=True)


def make_engine(address: URL, *, create: bool = False, lock_timeout_s: float = LOCK_TIMEOUT_S) -> Engine:
    """Return the engine for a parsed address; only with `create` may connecting make an SQLite file."""
    if address.get_backend_name() == "sqlite":
        return _sqlite_engine(address, create, lock_timeout_s)
    options = f"-c lock_timeout={round(1000 * lock_timeout_s)} -c timezone=UTC {address.query.get('options', '')}"
    return create_engine(address, pool_pre_ping=True, connect_args={"options": options.strip()})


def _sqlite_engine(address: URL, create: bool, lock_timeout_s: float) -> Engine:
    # A connection per use instead of a pool: nothing stays open across fork, thread or exit.
    file = URL.create("sqlite", database=f"file:{quote(str(address.database))}", query=_file_mode(create))
    engine = create_engine(file, poolclass=NullPool, connect_args={"timeout": lock_timeout_s})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _file_mode(create: bool) -> dict[str, str]:
    return {"mode": "rwc" if create else "rw", "uri": "true"}


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver's own BEGIN is deferred, and loses concurrent read-then-write
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "recursive_triggers=ON", f"cache_size=-{_CACHE_KIB}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get(_READS_ONLY):
        connection.exec_driver_sql("PRAGMA query_only=ON")
        connection.exec_driver_sql("BEGIN")
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def reading_engine(address: URL, *, lock_timeout_s: float) -> Engine:
    """The engine for an SQLite file that cannot be written; how it is opened is decided each time anew."""
    engine = create_engine("sqlite://", poolclass=NullPool)
    event.listen(engine, "do_connect", partial(_connect_to_read, Path(str(address.database)), lock_timeout_s))
    event.listen(engine, "connect", _prepare_reading)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _connect_to_read(
    path: Path, timeout_s: float, _dialect: Any, entry: ConnectionPoolEntry, _args: Any, _options: Any
) -> sqlite3.Connection:
    way = reading(path)
    entry.info[_STAMP] = way.stamp
    return sqlite3.connect(way.address, uri=True, timeout=timeout_s)


def _prepare_reading(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")


@contextmanager
def _unchanged(connection: Connection, name: str) -> Iterator[None]:
    """Tell where a file that was opened as unchanging has been written meanwhile: what was read may be of both."""
    stamp = connection.info.get(_STAMP)
    try:
        yield
    except (DBAPIError, StoreError, ValueError, TypeError, LookupError):
        if not is_rewritten(Path(name), stamp):
            raise
    if is_rewritten(Path(name), stamp):
        raise DatabaseLocked(f"{name} was written while it was read; run the command again")


def _reader(engine: Engine) -> Engine:
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{_READS_ONLY: True})
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def lock_for_writing(connection: Connection) -> None:
    """Wait until this transaction is the only writer; SQLite's BEGIN IMMEDIATE has seen to it already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITE_LOCK})


def folder_of(address: URL) -> Path:
    """Return where files that lie beside the database go."""
    return Path(str(address.database)).parent if address.get_backend_name() == "sqlite" else Path.cwd()


def _existing(address: URL) -> Path:
    path = Path(str(address.database))
    try:
        there = path.is_file()
    except OSError as error:  # a folder that may not be entered, a name too long
        check_writable(path)
        raise StoreError(f"{path} cannot be looked at ({error.strerror}); check PARLEY_DATABASE_URL") from error
    check_whole(path)
    if not there:
        raise DatabaseMissing(f"no database at {path}; run `parley init`")
    check_readable(path)
    return path


def stored_version(address: URL) -> str | None:
    """Return the schema version the database names, None if it names none; an SQLite file stays as it is."""
    if address.get_backend_name() == "sqlite":
        return _sqlite_version(Path(str(address.database)))
    return _ask(address)[0]


def _look(path: Path) -> tuple[str | None, str]:
    """(schema version, why the file cannot be written); what is found out only by trying is found out."""
    refused = unwritable(path)
    if not refused:
        try:
            return _sqlite_version(path), ""
        except DatabaseUnwritable as error:  # what has no room left, or is kept from it otherwise, may yet be read
            refused, cause = str(error), error
            try:
                return _sqlite_version(path, to_read=True), refused
            except StoreError:
                raise cause from None
    return _sqlite_version(path, to_read=True), refused


def _sqlite_version(path: Path, *, to_read: bool = False) -> str | None:
    try:
        file = reading(path).address if to_read else f"file:{quote(str(path))}?mode=rw"
        with closing(sqlite3.connect(file, uri=True, timeout=LOCK_TIMEOUT_S)) as connection:
            if not to_read:
                _try_to_write(connection)
            known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if known else None
            return str(row[0]) if row else None
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # what is damaged is told in messages as it is
        raise explain(error, str(path)) from error


def _try_to_write(connection: sqlite3.Connection) -> None:
    """Raise what SQLite raises where it cannot write; that another writes just now is no such thing."""
    connection.isolation_level = None
    patience = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    connection.execute("PRAGMA busy_timeout=0")
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if "is locked" not in str(error):
            raise
    connection.execute(f"PRAGMA busy_timeout={patience}")


def _ask(address: URL) -> tuple[str | None, str]:
    """(schema version, why rows cannot be added), of PostgreSQL."""
    engine = make_engine(address)
    try:
        with _refusals(shown(address)), engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None, ""
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            return found, refusal(connection, shown(address)) if found == SCHEMA_VERSION else ""
    finally:
        engine.dispose()


def check_version(found: str | None, name: str) -> None:
    """Raise unless the schema version `found` in the database called `name` is the one this program works with."""
    if found is None:
        raise DatabaseMissing(f"{name} holds no tables of Parley; run `parley init`")
    if found > SCHEMA_VERSION:
        raise DatabaseTooNew(
            f"{name} has schema {found}, made by a later version; this one knows up to {SCHEMA_VERSION}: update Parley"
        )
    if found < SCHEMA_VERSION:
        raise DatabaseTooOld(f"{name} has schema {found}; this version needs {SCHEMA_VERSION}: run `parley init`")


@contextmanager
def _refusals(name: str) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise explain(error.orig or error, name) from error
    except DBAPIError as error:
        if error.connection_invalidated or _is_corruption(error.orig) or _is_forbidden(error.orig):
            raise explain(error.orig or error, name) from error
        raise
    except (OverflowError, UnicodeError) as error:  # of the driver, on what is asked for or what the file says
        raise explain(error, name) from error


def _is_forbidden(error: BaseException | None) -> bool:
    """Whether PostgreSQL refuses for want of a right, or because nothing may be written."""
    return getattr(error, "sqlstate", None) in ("42501", "25006")


def _is_corruption(error: BaseException | None) -> bool:
    return type(error) is sqlite3.DatabaseError


def explain(error: BaseException, name: str) -> StoreError:
    """Return the one-line error for what the driver said about the database called `name`."""
    if isinstance(error, OverflowError):
        return StoreError(f"a number is too large for a database ({error}); give one below 2^63")
    if isinstance(error, UnicodeEncodeError):
        return StoreError(f"{error.object!r} is no text: it holds half a character; write it whole, or leave it out")
    told = error.object.decode(errors="replace") if isinstance(error, UnicodeDecodeError) else str(error)
    said = " ".join(told.split())
    if isinstance(error, sqlite3.Error) and not is_full(error, Path(name).parent):
        code = getattr(error, "sqlite_errorname", "")
        cause = refused_by_header(Path(name), code) or fault(Path(name), said, code)
        if cause:
            return DatabaseLocked(cause) if "is locked" in said else DatabaseUnwritable(cause)
    if "is locked" in said or "lock timeout" in said:
        return DatabaseLocked(f"{name} is locked by another process; wait for it to finish, then run the command again")
    if (
        "disk is full" in said
        or "No space left" in said
        or ("disk I/O error" in said and is_full(error, Path(name).parent))
    ):
        return DatabaseUnwritable(f"{name} cannot be written: the disk is full; make room, then run the command again")
    if "disk I/O error" in said:
        return DatabaseUnwritable(f"{name} cannot be used ({said}): a quota is used up or the disk fails; see to it")
    if "readonly" in said or "read-only" in said:
        return DatabaseUnwritable(
            f"{name} cannot be written ({said}); allow writing to the file and its folder, or copy it to one of yours"
        )
    if "permission denied" in said:
        return DatabaseUnwritable(f"{name} refuses the role ({said}); let the owner grant it that, or use another role")
    if any(word in said for word in ("unable to open", "connection failed", "connection is bad", "does not exist")):
        return DatabaseMissing(f"{name} cannot be opened ({said}); check PARLEY_DATABASE_URL, then run `parley init`")
    if "not a database" in said or "malformed" in said:
        return StoreError(f"{name} is not a sound SQLite database ({said}); restore a backup or name another file")
    return StoreError(f"{name}: {said}")
