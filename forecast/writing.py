"""Files a person asks for: there whole, or not at all, and never in the place of what is kept (`db.kept`)."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from db.kept import why_kept
from db.room import is_full
from forecast.errors import NotWritten


def check_kept(path: Path, *, database: Path | None = None, settings: Path | None = None) -> None:
    """Raise NotWritten if what stands there, or belongs there, is kept: no flag replaces that."""
    with _told(path):
        reason = why_kept(path, database=database, settings=settings)
    if reason is not None:
        raise NotWritten(f"{path} {reason}")


def check_place(path: Path, *, force: bool, example: str) -> None:
    """Raise NotWritten unless a file may be written there: before long work, not after it."""
    check_kept(path)
    with _told(path):
        problem = _problem(path, force, example)
    if problem is not None:
        raise NotWritten(problem)


def _problem(path: Path, force: bool, example: str) -> str | None:
    if path.is_dir():
        return f"{path} is a folder; name a file, such as {path / example}"
    if path.exists() and not force:
        return f"{path} exists; give --force to replace it, or name another file"
    folder = path.parent if path.parent.is_dir() else None
    if folder is None or not _followed(path).parent.is_dir():
        missing = path.parent if folder is None else _followed(path).parent
        return f"the folder {missing} does not exist; make it, or name a file in one that does"
    return None


def _followed(path: Path) -> Path:
    """Where a link leads: it stays, and what it names is written."""
    return Path(os.path.realpath(path))


@contextmanager
def written(paths: Sequence[Path], *, force: bool = False) -> Iterator[tuple[BinaryIO, ...]]:
    """Files to write to, which take the places of `paths` together when the context ends; an exception leaves those
    places as they were.

    Where a path is a link, the file it leads to is replaced.

    Raises
    ------
    NotWritten
        if a file stands there and is not to be replaced, is one that is kept, or a place cannot be written
    """
    for path in paths:
        check_place(path, force=force, example=path.name)
    asides = tuple(place.with_name(f".{place.name}.{os.getpid()}") for place in map(_followed, paths))
    place = paths[0]
    try:
        with ExitStack() as stack:
            files = tuple(stack.enter_context(aside.open("wb")) for aside in asides)
            yield files
            for file in files:
                file.flush()
                os.fsync(file.fileno())
        for path in paths:  # another may have written there meanwhile
            check_place(path, force=force, example=path.name)
        for place, aside in zip(paths, asides, strict=True):
            aside.replace(_followed(place))
    except OSError as error:
        raise NotWritten(_refusal(place, error)) from error
    finally:
        for aside in asides:
            with suppress(OSError):  # it is gone after the renaming, and was never there where its name is refused
                aside.unlink()


def write_file(content: bytes, path: Path, *, force: bool = False) -> None:
    """Write the content aside, sync it and rename it; NotWritten as `written` raises it."""
    with written([path], force=force) as (file,):
        file.write(content)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Tell of a folder that may not be entered or is gone, and of a name that is too long."""
    try:
        yield
    except FileNotFoundError as error:
        what = "the current folder no longer exists; change to one that does"
        raise NotWritten(f"{path} cannot be written: {what}") from error
    except OSError as error:
        raise NotWritten(_refusal(path, error)) from error


def _refusal(path: Path, error: OSError) -> str:
    if is_full(error, path.parent):
        return f"{path} cannot be written: the disk is full; make room, or name a file on another disk"
    return f"{path} cannot be written ({error.strerror or error}); name another file, or allow writing there"
