"""Files a person asks for: there whole, or not at all."""

import os
from contextlib import suppress
from pathlib import Path

from forecast.errors import NotWritten


def check_place(path: Path, *, force: bool, example: str) -> None:
    """Raise NotWritten unless a file may be written there: before long work, not after it."""
    if path.is_dir():
        raise NotWritten(f"{path} is a folder; name a file, such as {path / example}")
    if path.exists() and not force:
        raise NotWritten(f"{path} exists; give --force to replace it, or name another file")
    if not path.parent.is_dir():
        raise NotWritten(f"the folder {path.parent} does not exist; make it, or name a file in one that does")


def write_file(content: bytes, path: Path, *, force: bool = False) -> None:
    """Write the content aside, sync it and rename it.

    Raises
    ------
    NotWritten
        if a file stands there and is not to be replaced, or the place cannot be written
    """
    check_place(path, force=force, example=path.name)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        raise NotWritten(
            f"{path} cannot be written ({error.strerror}); name another file, or allow writing there"
        ) from error
    finally:
        with suppress(OSError):  # it is gone after the renaming, and was never there where its name is refused
            aside.unlink()
