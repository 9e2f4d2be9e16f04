"""Restoring a backup into an empty database of either kind, also one that an earlier version made."""

import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from db.backup import DATABASE, place_of
from db.copying import told
from db.engine import Database, check_version, make_engine, parse_address, shown, stored_version
from db.errors import DatabaseTooOld, StoreError
from db.fill import (
    NOTHING,
    BadPosterior,
    Copied,
    Fetch,
    Source,
    address_of,
    aside_of,
    called,
    check_apart,
    check_empty,
    fill,
    posteriors_for,
)
from db.migrate import migrated
from db.posteriors import Posteriors
from db.progress import Progress, silent

_RIGHT = "name a file that `parley backup` made"
_TORN = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What reading a damaged archive raises, or one that no backup is."""


def restore_backup(file: Path, to: str, report: Progress = silent, *, posteriors: Posteriors | None = None) -> Copied:
    """Fill the empty database at the address `to` with what a backup holds, also one made by an earlier version.

    Parameters
    ----------
    posteriors
        where their files go; where the database at that address looks for them unless it is given

    Raises
    ------
    DatabaseTooNew
        if a later version made the backup
    BrokenChain
        if what is in it is damaged
    StoreError
        if it is no backup, or the target is not empty or cannot be written; in any case it stays as it was
    """
    address = parse_address(to)
    check_empty(address)
    with told(shown(address)), _archive(file) as archive, aside_of(address) as aside:
        check_apart(address)
        copy = aside / f"backup-{DATABASE}"
        with called(copy, f"{DATABASE} in {file}"):
            schema = _unpack(archive, copy, file, report)
        with Database(str(file), aside, make_engine(address_of(copy))) as unpacked, unpacked.read() as connection:
            whence = Source(
                name=str(file),
                connection=connection,
                fetch=_from_archive(archive),
                instead=f"restore another, or `unzip {file}` in an empty folder for what is left",
            )
            return fill(address, whence, schema, posteriors or posteriors_for(address), report)


@contextmanager
def _archive(file: Path) -> Iterator[ZipFile]:
    if file.is_dir():
        raise StoreError(f"{file} is a folder; {_RIGHT}")
    try:
        archive = ZipFile(file)
    except FileNotFoundError:
        raise StoreError(f"{file} does not exist; {_RIGHT}") from None
    except OSError as error:
        raise StoreError(f"{file} cannot be read ({error.strerror}); allow reading it, or {_RIGHT}") from error
    except _TORN as error:
        raise StoreError(f"{file} is no ZIP file, or only a part of one ({error}); {_RIGHT}") from error
    with archive:
        yield archive


def _unpack(archive: ZipFile, copy: Path, file: Path, report: Progress) -> str:
    """Put the database of an archive there, migrated to this version; return the schema it had."""
    no_backup = f"{file} is no backup of Parley; {_RIGHT}"
    report("unpacking", 0, 0, "")
    try:
        with archive.open(DATABASE) as packed, copy.open("wb") as out:
            shutil.copyfileobj(packed, out)
    except KeyError:
        raise StoreError(f"{no_backup}: there is no {DATABASE} in it") from None
    except _TORN as error:
        raise StoreError(f"{file} is damaged ({error}): {NOTHING}; restore another backup") from error
    version = stored_version(address_of(copy))
    if version is None:
        raise StoreError(no_backup)
    try:
        check_version(version, str(file))
    except DatabaseTooOld:
        report("migrating", 0, 0, "")
        with migrated(address_of(copy)) as connection:
            connection.commit()
    return version


def _from_archive(archive: ZipFile) -> Fetch:
    def fetch(digest: str, path: Path) -> None:
        try:
            with archive.open(place_of(digest)) as packed, path.open("wb") as out:
                shutil.copyfileobj(packed, out)
        except KeyError:
            raise BadPosterior(f"posterior {digest[:12]}… is missing") from None
        except _TORN as error:
            raise BadPosterior(f"posterior {digest[:12]}… cannot be read ({error})") from error

    return fetch
