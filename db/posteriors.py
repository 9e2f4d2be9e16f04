"""Files of posteriors and backtests, named by their content: on disk and synced before any row may name them."""

import hashlib
import os
from collections.abc import Callable, Collection
from pathlib import Path
from tempfile import mkdtemp

from db.engine import is_full
from db.errors import DatabaseUnwritable, StoreError

FOLDER = "posteriors"
SUFFIX = ".nc"
_ASIDE = "aside-"


def store_file(folder: Path, write: Callable[[Path], None], suffix: str = SUFFIX) -> str:
    """Let `write` make a file, keep it under `folder`/posteriors as its sha256, and return that hash.

    The file is written aside, synced, renamed and its folder synced: after a crash it is there whole or not at all.
    What `write` raises passes through unless it was the disk, and nothing is left behind.

    Raises
    ------
    DatabaseUnwritable
        if the folder cannot be written, the disk is full or a quota is used up
    """
    store, aside = _draft_folder(folder)
    draft = aside / f"posterior{suffix}"
    try:
        write(draft)
        return _keep(store, draft, suffix)
    except (OSError, RuntimeError) as error:
        if is_full(error, store):
            raise _full(store) from error
        if "HDF error" in str(error):  # all that NetCDF says of a write that failed
            reason = "a quota is used up or the disk fails; see to it"
            raise DatabaseUnwritable(f"{store} cannot be written ({error}): {reason}") from error
        raise
    finally:
        draft.unlink(missing_ok=True)
        aside.rmdir()


def check_store(folder: Path) -> None:
    """Raise DatabaseUnwritable unless a file can be stored: before long work, not after it."""
    _draft_folder(folder)[1].rmdir()


def _draft_folder(folder: Path) -> tuple[Path, Path]:
    store = folder / FOLDER
    try:
        store.mkdir(exist_ok=True)
        return store, Path(mkdtemp(prefix=_ASIDE, dir=store))
    except OSError as error:
        if is_full(error, store):
            raise _full(store) from error
        raise DatabaseUnwritable(f"{store} cannot be written ({error.strerror}); allow writing there") from error


def _full(store: Path) -> DatabaseUnwritable:
    return DatabaseUnwritable(f"{store} cannot be written: the disk is full; make room, then run the command again")


def path_of(folder: Path, digest: str, suffix: str = SUFFIX) -> Path:
    """Return where the file of this hash is; StoreError if it is not there, or may not be looked at."""
    path = folder / FOLDER / f"{digest}{suffix}"
    try:
        there = path.is_file()
    except OSError as error:
        raise _unreadable(path, error) from error
    if not there:
        raise StoreError(
            f"posterior {path} is missing; restore it from a backup, or run `parley update` or `parley backtest` again"
        )
    return path


def check_file(folder: Path, digest: str, suffix: str = SUFFIX) -> None:
    """Raise StoreError unless the file of this hash is there, can be read and still has that content."""
    path = path_of(folder, digest, suffix)
    try:
        found, empty = _sha256(path), not path.stat().st_size
    except OSError as error:
        raise _unreadable(path, error) from error
    if empty:
        raise StoreError(f"posterior {path} is empty; restore it from a backup")
    if found != digest:
        raise StoreError(
            f"posterior {path} has content {found[:12]}…, not what its name says; restore it from a backup"
        )


def _unreadable(path: Path, error: OSError) -> StoreError:
    return StoreError(f"posterior {path} cannot be read ({error.strerror}); allow reading it, or restore a backup")


def orphans(folder: Path, known_hashes: Collection[str]) -> tuple[Path, ...]:
    """Return what lies among the posteriors and no row names: unknown files, and drafts of a crashed write."""
    store = folder / FOLDER
    if not store.is_dir():
        return ()
    return tuple(sorted(path for path in store.iterdir() if path.name.split(".")[0] not in known_hashes))


def _keep(store: Path, draft: Path, suffix: str) -> str:
    digest = _sha256(draft)
    _sync(draft)
    draft.replace(store / f"{digest}{suffix}")
    _sync(store)
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
