"""Files that belong to rows: written aside, synced, renamed to their content hash, and only then named by a row."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Collection
from pathlib import Path

from db.errors import DatabaseUnwritable

FOLDER = "posteriors"
SUFFIX = ".nc"


def store_file(folder: Path, write: Callable[[Path], object]) -> str:
    """Let ``write`` fill a file; keep it under its sha256 in ``folder``/posteriors and return that hash."""
    home = folder / FOLDER
    try:
        home.mkdir(exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=home, prefix="writing-", suffix=SUFFIX)
    except OSError as error:
        raise DatabaseUnwritable(f"{home} cannot be written ({error.strerror}); allow writing or free space") from error
    os.close(descriptor)
    aside = Path(name)
    try:
        write(aside)
        content_hash = hashlib.sha256(aside.read_bytes()).hexdigest()
        _sync(aside)
        aside.replace(path_of(folder, content_hash))
        _sync(home)
    finally:
        aside.unlink(missing_ok=True)
    return content_hash


def path_of(folder: Path, content_hash: str) -> Path:
    return folder / FOLDER / f"{content_hash}{SUFFIX}"


def orphans(folder: Path, known: Collection[str]) -> tuple[Path, ...]:
    """Files that no row names: left by a crash between rename and commit."""
    return tuple(sorted(p for p in (folder / FOLDER).glob(f"*{SUFFIX}") if p.stem not in known))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
