"""Making and migrating the database: one transaction, after which every trigger stands."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection
from sqlalchemy.exc import DBAPIError

from db import triggers
from db.access import check_whole, check_writable
from db.engine import (
    Database,
    check_version,
    explain,
    lock_for_writing,
    make_engine,
    open_database,
    parse_address,
    shown,
    stored_version,
)
from db.errors import DatabaseMissing, DatabaseTooOld, StoreError


def create_database(url: str) -> Database:
    """Make the database at `url`, or migrate it to this version, and open it."""
    upgrade(url)
    return open_database(url)


def upgrade(url: str) -> None:
    """Make the database at `url`, or migrate it to this version; at this version already, only renew its triggers.

    Either all of it happens or none: on failure a file that was not there before is removed again. Raises
    DatabaseTooNew before anything is touched, and StoreError where tables of the same names exist already.
    """
    address = parse_address(url)
    fresh = _is_fresh(address)
    try:
        _migrate(address)
    except BaseException:
        if fresh:
            _remove(Path(str(address.database)))
        raise


def _is_fresh(address: URL) -> bool:
    """Tell whether an SQLite file has to be made; raise if the database cannot be written or is too new."""
    if address.get_backend_name() == "sqlite":
        path = Path(str(address.database))
        if not path.parent.is_dir():
            raise DatabaseMissing(
                f"folder {path.parent} does not exist; make it, or name another in PARLEY_DATABASE_URL"
            )
        check_writable(path)
        check_whole(path)
        if not path.exists():
            return True
    found = stored_version(address)
    if found is not None:
        _refuse_newer(found, shown(address))
    return False


def _refuse_newer(found: str, name: str) -> None:
    try:
        check_version(found, name)
    except DatabaseTooOld:
        return


@contextmanager
def rehearsed(url: str) -> Iterator[Connection]:
    """Yield a connection to the database at `url` as it would be after `upgrade`; at the end all of it is taken back.

    Raises DatabaseMissing where there is none yet, and DatabaseTooNew.
    """
    address = parse_address(url)
    if _is_fresh(address):
        raise DatabaseMissing(f"no database at {shown(address)} yet; run `parley init`")
    with migrated(address) as connection:
        yield connection
        connection.rollback()


def _migrate(address: URL) -> None:
    with migrated(address) as connection:
        connection.commit()


@contextmanager
def migrated(address: URL) -> Iterator[Connection]:
    """Yield a connection in a transaction in which everything is migrated, for the caller to end."""
    engine = make_engine(address, create=True)
    try:
        with engine.connect() as connection:
            _suspend_foreign_keys(connection)
            connection.begin()
            lock_for_writing(connection)
            _run_migrations(connection)
            _check_foreign_keys(connection)
            _renew_triggers(connection)
            yield connection
    except DBAPIError as error:
        raise explain(error.orig or error, shown(address)) from error
    finally:
        engine.dispose()


def _suspend_foreign_keys(connection: Connection) -> None:
    # Batch migrations drop and rename tables others refer to; the pragma is ignored once a transaction has begun.
    if connection.dialect.name == "sqlite":
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys=OFF")


def _run_migrations(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", "db:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _check_foreign_keys(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise StoreError(f"{broken[0]}: row {broken[1]} refers to a missing row of {broken[2]}; restore a backup")


def _renew_triggers(connection: Connection) -> None:
    # A batch migration drops the triggers of the table it rebuilds, without a word.
    triggers.install(connection)
    absent = triggers.missing(connection)
    if absent:
        raise StoreError(f"triggers {', '.join(absent)} could not be made; the tables would not be append-only")


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
