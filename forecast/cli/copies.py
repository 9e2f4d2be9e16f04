"""Commands that fill an empty database: restore, copy; and what they print."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from db.engine import open_database
from db.errors import StoreError
from db.fill import Copied, copy_database
from db.restore import restore_backup
from db.tables import SCHEMA_VERSION
from forecast.cli.console import Json, database_url, print_json
from forecast.cli.keeping import contents_of
from forecast.cli.progress import watched
from forecast.cli.streams import answering
from forecast.cli.tables import bold, emit, facts
from forecast.words.numbers import counted

To = Annotated[
    str,
    typer.Option("--to", metavar="URL", help="The database to fill, such as sqlite:///FILE or postgresql://HOST/NAME."),
]
_MEANT = "PARLEY_DATABASE_URL"


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The ZIP file that `parley backup` made.")],
    to: To,
    json_: Json = False,
) -> None:
    """Restore a backup into an empty database. Either may be SQLite or PostgreSQL; an earlier schema is migrated.

    The copy is checked before it takes effect: the database is filled completely, or stays empty.
    """
    with _meaning("--to"), watched() as report:
        done = restore_backup(file, to, report)
    _tell(done, "Restored", json_)


def copy(
    to: To,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="URL", help="The database to copy (default: the one in PARLEY_DATABASE_URL)."),
    ] = None,
    json_: Json = False,
) -> None:
    """Copy a database into an empty one. Either may be SQLite or PostgreSQL; others can go on working meanwhile.

    Posteriors are copied too. The copy is checked before it takes effect: the database is filled completely, or stays
    empty.
    """
    with _meaning("--from" if from_ else _MEANT):
        source = open_database(from_ or database_url())
    with source, _meaning("--to"), watched() as report:
        done = copy_database(source, to, report)
    _tell(done, "Copied", json_)


@contextmanager
def _meaning(option: str) -> Iterator[None]:
    """Let errors about an address name the option that gave it."""
    try:
        yield
    except StoreError as error:
        if option == _MEANT:
            raise
        said = str(error).replace(f"check {_MEANT}, then run `parley init`", f"check {option}")
        if "no database at" in said or "no tables of Parley" in said:
            said = said.replace("run `parley init`", f"name another in {option}")
        raise type(error)(said.replace(_MEANT, option)) from error


def _tell(done: Copied, what: str, json_: bool) -> None:
    with answering(f"{what.casefold()} {done.source} to {done.target}"):
        if json_:
            about = {"from": done.source, "to": done.target, "schema": SCHEMA_VERSION, "schema_before": done.schema}
            print_json({**about, "runs": done.runs, "sound": done.contents.sound, **asdict(done.contents)})
        else:
            _print(done, what)


def _print(done: Copied, what: str) -> None:
    migrated = f" (was {done.schema})" if done.schema != SCHEMA_VERSION else ""
    holds = f"schema {SCHEMA_VERSION}{migrated}, {counted(done.runs, 'run')}"
    emit([bold(f"{what}: {done.source}"), *facts([("to", done.target), ("holds", holds), *contents_of(done.contents)])])
    emit(["", *_next(done.target)])


def _next(target: str) -> Iterator[str]:
    address = target if "://" in target else f"sqlite:///{target}"
    secret = ", with its password in place of ***" if "://" in target and ":***@" in target else ""
    yield f"To use it{secret}: PARLEY_DATABASE_URL={shlex.quote(address)}"
