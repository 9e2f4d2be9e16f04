"""Commands on the daily runs: parley schedule run, once, status, settings, install."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from forecast.cli import console
from forecast.cli.console import Json, case_id, database_url, opened, print_json

if TYPE_CHECKING:
    from db.rows import AttemptRow
    from forecast.schedule.settings import Settings

app = typer.Typer(
    help="Make the forecast every day. By itself, each day once, also after an interruption; and say how that stands.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
)
UNMADE = ("failed", "rejected")
STOPPING = b"ending; a second Ctrl-C ends at once\n"


@app.command()
def run() -> None:
    """Make the forecast every day. A service that runs until Ctrl-C; days that were missed are caught up first."""
    from forecast.cache import use_compile_cache
    from forecast.schedule.settings import read_settings

    use_compile_cache()
    from forecast.schedule.service import serve

    settings = read_settings()
    typer.echo(_announcement(settings), err=True)
    with _stoppable() as stop:
        serve(database_url(), settings, case_id=case_id(), stop=stop)


@app.command()
def once(json_: Json = False) -> None:
    """Make every run that is due now. For cron; exit 1 if one failed or was rejected."""
    from forecast.cache import is_warm, use_compile_cache
    from forecast.schedule.settings import read_settings

    warm = is_warm()
    use_compile_cache()
    from forecast.cli.progress import watch
    from forecast.errors import NoForecast
    from forecast.schedule.service import make_due_once

    settings = read_settings()
    try:
        with watch(warm=warm) as progress:
            made = make_due_once(database_url(), settings, case_id=case_id(), progress=progress)
    except KeyboardInterrupt:
        typer.echo("error: stopped; runs made so far are stored, the next `parley schedule once` goes on", err=True)
        raise typer.Exit(130) from None
    _print_made(settings, made, json_)
    unmade = [row for row in made if row.outcome in UNMADE]
    if unmade:
        raise NoForecast(_unmade_sentence(unmade))


@app.command()
def status(
    last: Annotated[int, typer.Option(min=1, metavar="N", help="How many outcomes and alerts to show.")] = 7,
    json_: Json = False,
) -> None:
    """See how the daily runs stand. What is missing, who makes them, what was told; exit 1 if the forecast is stale."""
    from forecast.errors import NoForecast
    from forecast.schedule.settings import read_settings
    from forecast.schedule.status import as_json, read_status

    settings = read_settings()
    with opened() as database, database.read() as connection:
        found = read_status(connection, settings, console.now(), case_id(), last=last)
    if json_:
        print_json(as_json(found))
    else:
        from forecast.cli.schedule_tables import print_status

        print_status(found)
    if found.standing.stale:
        raise NoForecast(f"stale: {_lower(found.standing.reason)}; {found.standing.remedy}")


@app.command()
def settings(
    default: Annotated[bool, typer.Option("--default", help="As they are where nothing is set.")] = False,
    json_: Json = False,
) -> None:
    """Print the settings in force. As a file to save as parley.toml: each with what it means and its default."""
    from forecast.schedule.settings import Settings, as_plain, read_settings

    found = Settings() if default else read_settings()
    if json_:
        print_json(as_plain(found))
    else:
        from forecast.schedule.settings_file import render_settings

        typer.echo(render_settings(found), nl=False)


@app.command()
def install(
    user: Annotated[bool, typer.Option("--user", help="For your own systemd, without sudo.")] = False,
    json_: Json = False,
) -> None:
    """Print a systemd unit that runs the service. For this folder and its settings; stderr says what to do with it."""
    from db.engine import parse_address
    from forecast.schedule.settings import read_settings
    from forecast.schedule.unit import build_unit, words

    address = parse_address(database_url())
    file = address.database if address.get_backend_name() == "sqlite" else None
    folder = Path.cwd()
    unit = build_unit(read_settings(), Path(file).parent if file else folder, os.environ, folder=folder, user=user)
    if json_:
        print_json({"unit": unit.text, "path": str(unit.path), "commands": unit.commands})
        return
    typer.echo(unit.text, nl=False)
    for line in words(unit, user=user):
        typer.echo(line, err=True)


def _announcement(settings: "Settings") -> str:
    """What the service will do."""
    from db.read import read_case
    from forecast.schedule.slots import calendar_of
    from forecast.schedule.status import minute

    with opened() as database:
        with database.read() as connection:
            case = read_case(connection, case_id()).case_id
        log = database.folder / settings.log.file
    _, at = calendar_of(settings.schedule).next_due(console.now())
    when = f"every day at {settings.schedule.at:%H:%M} {settings.schedule.time_zone}"
    return f"makes the forecast of {case} {when}; next: {minute(at)}; log: {log}; Ctrl-C ends it"


@contextmanager
def _stoppable() -> Iterator[Event]:
    """An event that SIGTERM and Ctrl-C set; either, again, ends the process as it would without this."""
    stop = Event()

    def ask(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)
        if number == signal.SIGINT:
            with suppress(OSError):
                os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, STOPPING)

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _print_made(settings: "Settings", made: "tuple[AttemptRow, ...]", json_: bool) -> None:
    """What was made, the headline of the newest that was published, and when the next is due."""
    from forecast.schedule.slots import calendar_of
    from forecast.schedule.status import attempt_json
    from forecast.summary import as_json, read_summary

    newest = max((row.run_id for row in made if row.outcome == "published" and row.run_id), default=None)
    with opened() as database, database.read() as connection:
        today = console.today()
        summary = read_summary(connection, today, run_id=newest, case_id=case_id()) if newest else None
    day, at = calendar_of(settings.schedule).next_due(console.now())
    if json_:
        forecast = as_json(summary) if summary else None
        print_json(
            {
                "attempts": [attempt_json(row) for row in made],
                "forecast": forecast,
                "next": {"day": day, "at": at},
            }
        )
    else:
        from forecast.cli.schedule_tables import print_made

        print_made(made, summary, day, at)


def _unmade_sentence(unmade: "list[AttemptRow]") -> str:
    from forecast.schedule.status import fate

    said = "; ".join(f"the run of {row.scheduled_for} {fate([row])}" for row in unmade)
    return f"{said}; see `parley schedule status`"


def _lower(sentence: str) -> str:
    return f"{sentence[0].lower()}{sentence[1:]}"
