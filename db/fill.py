"""Filling an empty database with all that a backup or another database holds, whichever of the two kinds each is.

It is filled whole or stays as it was. A new SQLite file is made aside, verified, synced and renamed. A database that is
there already is filled in one transaction, which also makes its tables; the rows are verified before it is committed.
Files of posteriors are named by their content: one that is there before the rows that name it does no harm.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import URL, Connection, delete, func, inspect, select

from db.access import beside, check_whole, header, size_of
from db.backup import DATABASE
from db.chain import head
from db.copying import copy_pages, copy_rows, make_one_file, sync, told
from db.engine import (
    LOCK_TIMEOUT_S,
    Database,
    folder_of,
    make_engine,
    parse_address,
    reading_engine,
    shown,
    stored_version,
)
from db.errors import BrokenChain, StoreError
from db.kept import why_stored
from db.migrate import migrated
from db.posteriors import SUFFIX, Posteriors, check_chosen, keep, opened, posteriors_of, prepare
from db.progress import Progress, silent
from db.read_runs import read_posterior_hashes
from db.sharing import check_own_folder, enter, entered
from db.tables import CHAINED, SCHEMA_VERSION, leases, runs
from db.verify import Verification, count_rows, verify_store

ASIDE = "parley-copy-"
"""How the folder begins in which a copy is made; one that is left behind was interrupted."""
NOTHING = "nothing was copied"
_BESIDE = ("-wal", "-shm", "-journal")

type Fetch = Callable[[str, Path], None]
"""Writes the posterior of a hash to a path; BadPosterior where there is none that can be read."""


class BadPosterior(StoreError):
    """A posterior that rows name is not there, or cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What a database was filled with."""

    source: str
    target: str
    schema: str
    """Of the source, which is migrated on the way."""
    runs: int
    contents: Verification
    """Of the target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a database is filled from."""

    name: str
    """What messages call it."""
    connection: Connection
    """A snapshot of its rows, of this schema."""
    fetch: Fetch
    instead: str
    """What to do where it is damaged."""


def copy_database(source: Database, to: str, report: Progress = silent) -> Copied:
    """Copy a database, as it is at one instant, into the empty one at the address `to`.

    Leases, which are of the moment, stay behind.

    Raises
    ------
    BrokenChain
        if the source is damaged
    StoreError
        if the target is not empty, is the source itself, or cannot be written; in any case it stays as it was
    """
    address = parse_address(to)
    if _is_same(source, address):
        raise StoreError(f"{source.url} is both source and target; name another target")
    check_empty(address)
    check_apart(address)
    posteriors = posteriors_for(address)
    with source.read() as connection:
        if _is_there_already(connection, source.posteriors, posteriors):
            enter(source)
        whence = Source(
            name=source.url,
            connection=connection,
            fetch=_from_store(source, connection),
            instead="run `parley verify` there for all",
        )
        return fill(address, whence, SCHEMA_VERSION, posteriors, report)


def _is_there_already(connection: Connection, source: Posteriors, target: Posteriors) -> bool:
    """Whether files of the source lie in the folder into which they are to be copied."""
    if target.in_database or source.folder != target.folder:
        return False
    return any((source.folder / f"{digest}{SUFFIX}").is_file() for digest in read_posterior_hashes(connection))


# The target


def check_empty(address: URL) -> None:
    """Raise StoreError unless a database can be made at the address, or one that holds nothing of Parley is there."""
    if address.get_backend_name() == "sqlite":
        path = Path(str(address.database))
        with told(str(path)):
            _check_file(path)
        if _is_new(address):
            return
    version, (tables, rows) = stored_version(address), _look(address)
    right = "name a file that is not there, or move it away"
    if address.get_backend_name() == "postgresql":
        right = "name an empty database, which `createdb NAME` makes"
    if version is None and tables:
        what = f"{shown(address)} holds tables of another program that are called as Parley's ({', '.join(tables)})"
        raise StoreError(f"{what}; {right}")
    if rows:
        raise StoreError(f"{shown(address)} is not empty: it holds {rows} rows of schema {version}; {right}")


def check_apart(address: URL) -> None:
    """Raise StoreError where another database lies in the folder in which an SQLite file is to be filled."""
    if address.get_backend_name() == "sqlite":
        check_own_folder(Path(str(address.database)))


def _check_file(path: Path) -> None:
    if not path.parent.is_dir():
        raise StoreError(f"folder {path.parent} does not exist; make it, or name a file elsewhere")
    if path.is_dir():
        raise StoreError(f"{path} is a folder; name a file in it, such as {path / DATABASE}")
    check_whole(path)
    if size_of(path):
        if not header(path):
            raise StoreError(f"{path} is no SQLite database; name a file that is not there")
        return
    for suffix in _BESIDE:
        if os.path.lexists(beside(path, suffix)):
            what = f"{beside(path, suffix)} is of a database that is gone, and would be taken for a part of this one"
            raise StoreError(f"{what}; move it away, or name another file")
    kept = why_stored(path)
    if kept is not None:
        raise StoreError(f"{path} {kept}")


def _is_new(address: URL) -> bool:
    """Whether a file is to be made; one without content is none yet."""
    return address.get_backend_name() == "sqlite" and not size_of(Path(str(address.database)))


def _look(address: URL) -> tuple[list[str], int]:
    """Which tables of the record are there, of whatever schema, and how many rows they hold; nothing is changed."""
    on_file = address.get_backend_name() == "sqlite"
    engine = reading_engine(address, lock_timeout_s=LOCK_TIMEOUT_S) if on_file else make_engine(address)
    with Database(shown(address), folder_of(address), engine) as database, database.read() as connection:
        there = set(inspect(connection).get_table_names())
        found = [table for table in CHAINED if table.name in there]
        counts = (select(func.count()).select_from(table) for table in found)
        return [table.name for table in found], sum(connection.execute(query).scalar() or 0 for query in counts)


def _is_same(source: Database, address: URL) -> bool:
    if shown(address) == source.url:
        return True
    if source.engine.dialect.name != "sqlite" or address.get_backend_name() != "sqlite":
        return False
    with suppress(OSError):
        return Path(source.url).samefile(str(address.database))
    return False


def posteriors_for(address: URL) -> Posteriors:
    """Return where the files of the database at an address go; DatabaseUnwritable if they were to go where none can."""
    found = posteriors_of(folder_of(address), on_server=address.get_backend_name() == "postgresql")
    check_chosen(found)
    return found


# Filling it


def fill(address: URL, source: Source, schema: str, posteriors: Posteriors, report: Progress) -> Copied:
    """Fill the empty database at an address; `schema` is that of the source before it was migrated, if it was."""
    with told(shown(address)), _taken_back(posteriors) as added, _written_in(address, posteriors):
        if _is_new(address):
            contents, number = _make_file(address, source, posteriors, added, report)
        else:
            contents, number = _take_in(address, source, posteriors, added, report, ready=added.clear)
    return Copied(source=source.name, target=shown(address), schema=schema, runs=number, contents=contents)


@contextmanager
def _written_in(address: URL, posteriors: Posteriors) -> Iterator[None]:
    """Have the database written in where its files go into a folder that others may use."""
    if posteriors.in_database:
        yield
        return
    with (
        Database(shown(address), folder_of(address), make_engine(address)) as database,
        entered(posteriors.folder, database),
    ):
        yield


def _make_file(
    address: URL, source: Source, posteriors: Posteriors, added: list[str], report: Progress
) -> tuple[Verification, int]:
    """Make a file aside, fill it, and give it its name."""
    file = Path(str(address.database))
    with aside_of(address) as aside, called(aside / DATABASE, str(file)):
        draft = aside / DATABASE
        paged = source.connection.dialect.name == "sqlite"
        if paged:
            copy_pages(source.connection, draft, str(file), report)
        with _of_source(source, paged):
            made = _take_in(address_of(draft), source, posteriors, added, report, paged=paged)
        make_one_file(draft)
        sync(draft)
        _check_file(file)  # another may have made one meanwhile
        check_own_folder(file)
        if not _is_new(address):
            raise StoreError(f"{file} was made meanwhile; name a file that is not there")
        added.clear()
        draft.replace(file)
        sync(file.parent)
    return made


def _take_in(
    address: URL,
    source: Source,
    posteriors: Posteriors,
    added: list[str],
    report: Progress,
    *,
    paged: bool = False,
    ready: Callable[[], None] = lambda: None,
) -> tuple[Verification, int]:
    """Fill tables, which are made or migrated, in one transaction; what is there already if `paged` is the rows.

    `ready` is called when all is verified, just before it is committed.
    """
    with migrated(address) as target:
        if paged:
            target.execute(delete(leases))
        elif count_rows(target):
            raise StoreError(f"{shown(address)} was filled meanwhile; name an empty database")
        else:
            copy_rows(source.connection, target, (source.name, shown(address)), report)
        _copy_posteriors(source, target, posteriors, added, report)
        contents = verify_store(target, posteriors, report)
        _check_whole(source, target, contents)
        number = target.execute(select(func.count()).select_from(runs)).scalar() or 0
        ready()
        target.commit()
    return contents, number


@contextmanager
def _of_source(source: Source, paged: bool) -> Iterator[None]:
    """Tell of pages that were torn where they came from, not where they are now."""
    try:
        yield
    except StoreError as error:
        if paged and (found := re.search(r"is not a sound SQLite database \((.*?)\)", str(error))):
            raise BrokenChain(f"{source.name} is damaged ({found[1]}): {NOTHING}; {source.instead}") from error
        raise


def _copy_posteriors(
    source: Source, target: Connection, posteriors: Posteriors, added: list[str], report: Progress
) -> None:
    hashes = sorted(read_posterior_hashes(target))
    for number, digest in enumerate(hashes):
        report("copying the posteriors", number, len(hashes), "")
        new = not posteriors.in_database and not os.path.lexists(posteriors.folder / f"{digest}{SUFFIX}")
        try:
            prepared = prepare(posteriors, partial(_write_checked, source.fetch, digest))
        except BadPosterior as error:
            raise BrokenChain(f"{source.name} is damaged ({error}): {NOTHING}; {source.instead}") from error
        if new:
            added.append(digest)
        keep(target, prepared)


def _write_checked(fetch: Fetch, digest: str, path: Path) -> None:
    fetch(digest, path)
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != digest:
            raise BadPosterior(f"posterior {digest[:12]}… has other content than its name says")


def _check_whole(source: Source, target: Connection, contents: Verification) -> None:
    """Raise unless the target is sound and holds what the source does."""
    if not contents.sound:
        first = next(iter((*map(str, contents.broken), *contents.damaged))).partition(";")[0]
        raise BrokenChain(f"{source.name} is damaged ({first}): {NOTHING}; {source.instead}")
    if contents.head != head(source.connection) or contents.rows != count_rows(source.connection):
        raise StoreError(f"the copy of {source.name} reads back otherwise than it was written; check the disk")


@contextmanager
def _taken_back(posteriors: Posteriors) -> Iterator[list[str]]:
    """Collect the hashes of files that are added, and remove these again unless all comes to its end.

    Who clears the list keeps them: from then on rows may name them.
    """
    added: list[str] = []
    new = not posteriors.folder.exists()
    try:
        yield added
    except BaseException:
        for digest in added:
            (posteriors.folder / f"{digest}{SUFFIX}").unlink(missing_ok=True)
        if new:
            with suppress(OSError):  # others have begun to use it, or it was never made
                posteriors.folder.rmdir()
        raise


@contextmanager
def aside_of(address: URL) -> Iterator[Path]:
    """A folder for what is not whole yet: beside a file, for it to be renamed; anywhere where there is a server."""
    near = Path(str(address.database)).parent if address.get_backend_name() == "sqlite" else None
    with TemporaryDirectory(prefix=ASIDE, dir=near, ignore_cleanup_errors=True) as aside:
        yield Path(aside)


@contextmanager
def called(place: Path, name: str) -> Iterator[None]:
    """Let errors call what lies aside by the name a reader knows."""
    try:
        yield
    except StoreError as error:
        raise type(error)(str(error).replace(str(place), name)) from error


def address_of(path: Path) -> URL:
    """Return the address of an SQLite file."""
    return URL.create("sqlite", database=str(path))


# Where posteriors come from


def _from_store(source: Database, connection: Connection) -> Fetch:
    def fetch(digest: str, path: Path) -> None:
        try:
            with opened(connection, source.posteriors, digest) as stored:
                _copy_file(stored, path)
        except StoreError as error:
            with source.read() as now:
                if digest not in read_posterior_hashes(now):
                    raise StoreError(f"{source.url} was thinned while it was copied; run the command again") from error
            raise BadPosterior(str(error).partition(";")[0]) from error

    return fetch


def _copy_file(stored: Path, path: Path) -> None:
    try:
        file = stored.open("rb")
    except OSError as error:
        raise StoreError(f"posterior {stored} cannot be read ({error.strerror})") from error
    with file, path.open("wb") as out:
        shutil.copyfileobj(file, out)
