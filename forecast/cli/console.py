"""What all commands share: their common options, the database, and how JSON and messages are written."""

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from db.engine import Database, open_database
from db.zone import Moment, read_zone
from forecast.cli.streams import can_be_written
from forecast.clock import moment_of, utc_now
from forecast.desk.draft import WHO
from forecast.errors import NotWritten
from indicators.languages import LANGUAGES
from indicators.tables import suggest

DEFAULT_URL = "sqlite:///parley.db"
LONGEST_SHOWN = 40
LONGEST_HORIZON = 10**6
"""Days, far beyond any that is forecast."""
_WHOLE = re.compile(r"[+-]?[0-9]{1,19}")


LARGEST = 2**63 - 1
"""What a database can number."""


def whole(least: int, most: int = LARGEST) -> Callable[[str | int], int]:
    """A parser of whole numbers from `least` to `most`."""

    def parse(given: str | int) -> int:
        text = str(given).replace("\u2212", "-")  # the minus with which arguments arrive (`forecast.cli.app`)
        if _WHOLE.fullmatch(text) and least <= int(text) <= most:
            return int(text)
        reach = f"from {least} on" if most == LARGEST else f"from {least} to {most}"
        raise typer.BadParameter(f"{shown(text)} is not a whole number {reach}; write one, such as {max(least, 1)}")

    return parse


def shown(text: str) -> str:
    """What was typed, for a message: in quotes, and of very much the beginning."""
    return repr(text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…")


def parse_day(text: str) -> date:
    """The date written YYYY-MM-DD."""
    try:
        if len(text) == len("YYYY-MM-DD"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise typer.BadParameter(f"{shown(text)} is not a date; write YYYY-MM-DD, such as 2026-10-10")


def parse_horizon(text: str) -> int | date:
    """Days, or a deadline written YYYY-MM-DD."""
    try:
        return parse_day(text) if "-" in text else whole(1, LONGEST_HORIZON)(text)
    except typer.BadParameter:
        right = "write days, such as 180, or a deadline, such as 2029-01-20"
        raise typer.BadParameter(f"{shown(text)} is not a horizon; {right}") from None


def parse_instant(text: str) -> datetime:
    """The instant written in ISO 8601, in UTC where it names no zone; a date means the end of that day."""
    try:
        if len(text) == len("YYYY-MM-DD"):
            return datetime.combine(date.fromisoformat(text), time.max, UTC)
        instant = datetime.fromisoformat(text)
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # in UTC it would lie before the first year, or after the last
        right = "write a UTC instant, such as 2026-10-10T12:00:00, or a date"
        raise typer.BadParameter(f"{shown(text)} is not an instant; {right}") from None


Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
AsOf = Annotated[
    date | None,
    typer.Option(
        "--as-of", parser=parse_day, metavar="DATE", help="Use only what could be known by this day (default: today)."
    ),
]
AsRecorded = Annotated[
    datetime | None,
    typer.Option(
        "--as-recorded",
        parser=parse_instant,
        metavar="INSTANT",
        help="Use only what this desk had recorded by this UTC instant (a date means its end).",
    ),
]

Analyst = Annotated[str | None, typer.Option(metavar="NAME", help=WHO)]
Language = Annotated[
    str,
    typer.Option(
        "--language", "--lang", metavar="|".join(LANGUAGES), help="Language of the answer: English, Japanese or Korean."
    ),
]


def check_language(language: str) -> None:
    """Refuse a language in which nothing is said."""
    if language not in LANGUAGES:
        raise typer.BadParameter(
            f"{shown(language)} is not known; use one of {', '.join(LANGUAGES)}", param_hint="'--language'"
        )


@contextmanager
def opened(*, to_write: bool = False) -> Iterator[Database]:
    """The database PARLEY_DATABASE_URL names; one that can only be read is refused at once where it is `to_write`."""
    with open_database(database_url()) as database:
        if to_write:
            database.check_writable()
        yield database


def stem_of(out: Path, example: str) -> str:
    """The name of a file without its ending, for a message; another where it has none to speak of."""
    return out.stem if out.stem[:1].isalnum() else example


def case_id() -> str | None:
    """The case PARLEY_CASE names; None: the only one in the database."""
    return os.environ.get("PARLEY_CASE") or None


def database_url() -> str:
    return os.environ.get("PARLEY_DATABASE_URL") or DEFAULT_URL


def now() -> datetime:
    return utc_now()


def today(connection: Connection) -> date:
    """The day it is in the time zone of the database."""
    return Moment(instant=now(), zone=read_zone(connection)).today


def today_of(database: Database) -> date:
    return moment_of(database, now).today


def check_choices(option: str, given: list[str] | None, choices: tuple[str, ...]) -> tuple[str, ...]:
    """The values of an option that takes a closed list; anything else is a mistake in usage."""
    for value in given or ():
        if value not in choices:
            raise typer.BadParameter(f"{value!r} is not known; {suggest(value, choices)}", param_hint=f"'{option}'")
    return tuple(given or ())


def at_terminal(json_: bool) -> bool:
    """Whether there is a person to ask."""
    return sys.stdin.isatty() and sys.stdout.isatty() and not json_


def print_json(payload: object) -> None:
    text = json_text(payload)
    if not can_be_written(text):  # JSON has a spelling of its own for what an encoding lacks
        text = json_text(payload, ascii_only=True)
    typer.echo(text)


def json_text(payload: object, *, ascii_only: bool = False) -> str:
    """The payload as JSON, in lines, without the last line break."""
    value = asdict(payload) if is_dataclass(payload) and not isinstance(payload, type) else payload
    return json.dumps(value, default=_plain, ensure_ascii=ascii_only, indent=2, allow_nan=False)


def print_file(text: str, otherwise: str) -> None:
    """Print a text that is to be saved as a file in UTF-8; refuse where the output would make another of it."""
    encoding = (sys.stdout.encoding or "utf-8").casefold().replace("_", "-")
    if not text.isascii() and encoding not in ("utf-8", "utf8"):
        raise NotWritten(f"this is a file in UTF-8, and standard output is in {encoding}; {otherwise}")
    typer.echo(text, nl=False)


def _plain(value: object) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
