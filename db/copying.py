"""Copying what is stored: an SQLite file page by page, any database row by row, ids and hashes included.

Copied rows are as they were, so that their chains hold in the copy too, and the next row of a table gets the number
after its last.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Table, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from db.access import let_write
from db.engine import explain
from db.errors import StoreError
from db.progress import Progress
from db.tables import CHAINED
from db.verify import count_rows

COPYING = "copying the database"
"""What is said while rows or pages are copied."""
_PAGES = 2000  # of SQLite, copied between two reports of progress
_ROWS = 2000  # copied at a time


def copy_pages(source: Connection, copy: Path, name: str, report: Progress) -> None:
    """Copy an SQLite file as it is; the read transaction keeps the snapshot, so that no writer makes it start anew.

    `name` is what messages call the place that is written.
    """
    source.exec_driver_sql("SELECT count(*) FROM sqlite_master")
    driver = source.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)

    def tell(_status: int, remaining: int, total: int) -> None:
        report(COPYING, total - remaining, total, "")

    with told(name), closing(sqlite3.connect(copy)) as target:
        driver.backup(target, pages=_PAGES, progress=tell)
    with told(name):
        let_write(copy)


def copy_rows(source: Connection, target: Connection, names: tuple[str, str], report: Progress) -> None:
    """Copy every row of the record into tables that hold none, tables that others refer to first.

    `names` are what messages call source and target.
    """
    whence, name = names
    done = 0
    with _blamed(whence):
        total = count_rows(source)
    for table in CHAINED:
        for rows in _batches(source, table, whence):
            report(COPYING, done, total, "")
            with told(name):
                target.execute(insert(table), rows)
            done += len(rows)


def _batches(source: Connection, table: Table, whence: str) -> Iterator[list[dict[str, object]]]:
    with _blamed(whence):
        rows = source.execute(select(table).order_by(table.c.id), execution_options={"yield_per": _ROWS})
        for batch in rows.mappings().partitions():
            yield [dict(row) for row in batch]


@contextmanager
def _blamed(whence: str) -> Iterator[None]:
    """Let what hinders reading be told of the source, within whatever transaction of the target."""
    try:
        yield
    except DBAPIError as error:
        raise explain(error.orig or error, whence) from error


def make_one_file(copy: Path) -> None:
    """Leave the journal mode in which Parley opens databases: nothing of the copy may lie in a file beside it."""
    with closing(sqlite3.connect(copy, isolation_level=None)) as alone:
        alone.execute("PRAGMA journal_mode=DELETE")


@contextmanager
def told(name: str) -> Iterator[None]:
    """Tell in one line of what hinders writing to the place that messages call so."""
    try:
        yield
    except IntegrityError as error:
        raise StoreError(f"a row cannot be copied ({_said(error.orig)}); run `parley verify`") from error
    except DBAPIError as error:
        if not isinstance(error.orig, sqlite3.Error):
            raise
        raise _unwritable(name, _said(error.orig)) from error
    except sqlite3.Error as error:
        raise _unwritable(name, _said(error)) from error
    except OSError as error:
        raise _unwritable(name, error.strerror or _said(error)) from error


def _said(error: BaseException | None) -> str:
    return " ".join(str(error).split())


def _unwritable(name: str, said: str) -> StoreError:
    return StoreError(f"{name} cannot be written ({said}); make room and allow writing there, or name a file elsewhere")


def sync(place: Path) -> None:
    """Have the system write a file, or the names in a folder, to the disk."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
