"""Files a person asks for: there whole, or not at all."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from db.engine import is_full
from forecast.errors import NotWritten


def check_place(path: Path, *, force: bool, example: str) -> None:
    """Raise NotWritten unless a file may be written there: before long work, not after it."""
    try:
        problem = _problem(path, force, example)
    except OSError as error:  # a folder that may not be entered, a name too long
        raise NotWritten(_refusal(path, error)) from error
    if problem is not None:
        raise NotWritten(problem)


def _problem(path: Path, force: bool, example: str) -> str | None:
    if path.is_dir():
        return f"{path} is a folder; name a file, such as {path / example}"
    if path.exists() and not force:
        return f"{path} exists; give --force to replace it, or name another file"
    if not path.parent.is_dir():
        return f"the folder {path.parent} does not exist; make it, or name a file in one that does"
    return None


@contextmanager
def written(paths: Sequence[Path], *, force: bool = False) -> Iterator[tuple[BinaryIO, ...]]:
    """Files to write to, which take the places of `paths` together when the context ends; an exception leaves those
    places as they were.

    Raises
    ------
    NotWritten
        if a file stands there and is not to be replaced, or a place cannot be written
    """
    for path in paths:
        check_place(path, force=force, example=path.name)
    asides = tuple(path.with_name(f".{path.name}.{os.getpid()}") for path in paths)
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
            aside.replace(place)
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


def _refusal(path: Path, error: OSError) -> str:
    if is_full(error, path.parent):
        return f"{path} cannot be written: the disk is full; make room, or name a file on another disk"
    return f"{path} cannot be written ({error.strerror or error}); name another file, or allow writing there"
