"""Files that commands write: an option or argument for one is made here, so that none does without the checks.

Its ending is one of the command's own formats, and its place is none of what is kept, whatever flag is given: both are
seen as the command line is read, before a database is opened or anything is made.
"""

from collections.abc import Callable
from pathlib import Path

import typer

from db.engine import parse_address
from db.errors import StoreError
from forecast.cli.console import database_url, stem_of
from forecast.schedule.place import settings_file
from forecast.writing import check_kept


def written_as(*endings: str, example: str) -> Callable[[str | Path], Path]:
    """A parser of the name of a file to write, in one of the formats; `example` is a name without its ending."""

    def parse(given: str | Path) -> Path:
        out = Path(given)
        check_kept(out, database=database_file(), settings=settings_file())
        if out.suffix.casefold() not in endings and not out.is_dir():
            *others, last = endings
            right = f"{', '.join(others)} or {last}" if others else last
            raise typer.BadParameter(f"{out.name!r} does not end in {right}; write {stem_of(out, example)}{endings[0]}")
        return out

    return parse


def database_file() -> Path | None:
    """The file of the database in use, whether it is there or not; None where it is none."""
    try:
        address = parse_address(database_url())
    except StoreError:
        return None
    return Path(str(address.database)) if address.get_backend_name() == "sqlite" else None
