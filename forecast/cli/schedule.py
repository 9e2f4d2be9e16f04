"""Commands on the daily runs: parley schedule run, once, status, settings, install, test."""

import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout, suppress
from dataclasses import asdict
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
    from forecast.schedule.steps import Step

app = typer.Typer(
    help="Make the forecast every day. By itself, each day once, also after an interruption; and say how that stands.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
)
UNMADE = ("failed", "rejected")
STOPPING = b"ending; a second Ctrl-C ends at once\n"


def _parse_unit_name(text: str) -> str:
    """The name of a unit, with or without its ending."""
    name = text.removesuffix(".service")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}", name):
        raise typer.BadParameter(f"{text!r} is no name of a unit; use letters, digits, '.', '-' and '_', as parley-2")
    return name


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
        serve(database_url(), settings, case_id=case_id(), stop=stop, steps=_steps(), reread=read_settings)


def _steps() -> "tuple[Step, ...]":
    """What the service does after its runs."""
    from forecast.schedule.steps import record_alerts

    return (record_alerts,)


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
            made = make_due_once(database_url(), settings, case_id=case_id(), progress=progress, steps=_steps())
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
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write them into FILE instead.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")] = False,
    json_: Json = False,
) -> None:
    """Print the settings in force. As a file to save as parley.toml: each with what it means and its default."""
    from forecast.schedule.settings import DEFAULT_FILE, Settings, as_plain, read_settings
    from forecast.schedule.settings_file import render_settings
    from forecast.writing import check_place, write_file

    if out is not None:
        check_place(out, force=force, example=DEFAULT_FILE)
    found = Settings() if default else read_settings()
    if out is not None:
        write_file(render_settings(found).encode(), out, force=force)
        typer.echo(f"wrote {out}; change what you like in it", err=json_)
    if json_:
        print_json(as_plain(found))
    elif out is None:
        typer.echo(render_settings(found), nl=False)


@app.command()
def install(
    user: Annotated[bool, typer.Option("--user", help="For your own systemd, without sudo.")] = False,
    name: Annotated[
        str, typer.Option(parser=_parse_unit_name, metavar="NAME", help="Of the unit: one for each folder and case.")
    ] = "parley",
    json_: Json = False,
) -> None:
    """Print a systemd unit that runs the service. For this folder and its settings; stderr says what to do with it."""
    from db.read import read_case
    from forecast.schedule.settings import read_settings
    from forecast.schedule.unit import build_unit, words

    settings = read_settings()
    with opened() as database, database.read() as connection:
        read_case(connection, case_id())  # or the service could not start
    unit = build_unit(settings, database.folder, os.environ, folder=Path.cwd(), user=user, name=name)
    if json_:
        print_json({"unit": unit.text, "path": str(unit.path), "commands": unit.commands, "service": unit.service})
        return
    typer.echo(unit.text, nl=False)
    for line in words(unit, user=user):
        typer.echo(line, err=True)


@app.command("test")
def trial(json_: Json = False) -> None:
    """Send a test message by every channel. Past quiet hours, and nothing is recorded; exit 1 if one failed."""
    from db.read import read_case
    from forecast.errors import BadSettings, NotSent
    from forecast.schedule.channels import trial_alert, try_channels
    from forecast.schedule.settings import read_settings

    settings = read_settings().alerts
    if not settings.channels:
        raise BadSettings("no channel is set; add [alerts.webhook], [alerts.email] or [alerts.file] to the settings")
    with opened() as database, database.read() as connection:
        case = read_case(connection, case_id()).case_id
    alert = trial_alert(case, settings.channels, Path.cwd(), console.now())
    with redirect_stdout(sys.stderr) if json_ else nullcontext():  # a channel may be standard output
        trials = try_channels(settings, alert, database.folder, console.now())
    if json_:
        print_json({"case": case, "channels": [asdict(one) for one in trials]})
    else:
        from forecast.cli.schedule_tables import print_trials

        print_trials(trials)
    failed = [f"{one.channel} failed: {one.error}" for one in trials if one.outcome == "failed"]
    if failed:
        raise NotSent("; ".join(failed))


def _announcement(settings: "Settings") -> str:
    """What the service will do."""
    from db.read import read_case
    from forecast.schedule.slots import calendar_of, find_next, read_ledger
    from forecast.words.numbers import minute

    with opened() as database:
        with database.read() as connection:
            case = read_case(connection, case_id()).case_id
            ledger = read_ledger(connection, case)
        log = database.folder / settings.log.file
    _, at = find_next(ledger, calendar_of(settings.schedule), console.now())
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
    """What was made or why nothing was, the headline of the newest published, and when the next is due."""
    from forecast.record.summary import as_json, read_summary
    from forecast.schedule.status import attempt_json, read_status

    newest = max((row.run_id for row in made if row.outcome == "published" and row.run_id), default=None)
    with opened() as database, database.read() as connection:
        today = console.today()
        summary = read_summary(connection, today, run_id=newest, case_id=case_id()) if newest else None
        found = read_status(connection, settings, console.now(), case_id())
    standing, day, at = None if made else found.standing, found.next_day, found.next_at
    if json_:
        forecast = as_json(summary) if summary else None
        print_json(
            {
                "attempts": [attempt_json(row) for row in made],
                "forecast": forecast,
                "next": {"day": day, "at": at},
                "standing": asdict(standing) if standing else None,
            }
        )
    else:
        from forecast.cli.schedule_tables import print_made

        print_made(made, summary, day, at, standing.reason if standing else "")


def _unmade_sentence(unmade: "list[AttemptRow]") -> str:
    from forecast.schedule.status import fate

    said = "; ".join(f"the run of {row.scheduled_for} {fate([row])}" for row in unmade)
    return f"{said}; see `parley schedule status`"


def _lower(sentence: str) -> str:
    return f"{sentence[0].lower()}{sentence[1:]}"
