"""Commands about the daily runs: parley schedule status, settings, install, test."""

import os
import re
import sys
from contextlib import nullcontext, redirect_stdout
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from db.read import read_case
from forecast.cli import console
from forecast.cli.console import Json, case_id, opened, print_file, print_json, whole
from forecast.cli.outputs import written_as
from forecast.cli.schedule_tables import print_status, print_trials
from forecast.cli.streams import answering
from forecast.errors import BadSettings, NoForecast, NotSent
from forecast.schedule.backups import read_backups
from forecast.schedule.channels import trial_alert, try_channels
from forecast.schedule.place import DEFAULT_FILE
from forecast.schedule.settings import Settings, as_plain, read_settings
from forecast.schedule.settings_file import render_settings
from forecast.schedule.status import as_json, read_status
from forecast.schedule.unit import build_unit, words
from forecast.writing import check_place, write_file


def _parse_unit_name(text: str) -> str:
    """The name of a unit, with or without its ending."""
    name = text.removesuffix(".service")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}", name):
        raise typer.BadParameter(f"{text!r} is no name of a unit; use letters, digits, '.', '-' and '_', as parley-2")
    return name


def status(
    last: Annotated[int, typer.Option(parser=whole(1), metavar="N", help="How many outcomes and alerts to show.")] = 7,
    json_: Json = False,
) -> None:
    """See how the daily runs stand. What is missing, who makes them, what was told; exit 1 if the forecast is stale."""
    settings = read_settings()
    with opened() as database, database.read() as connection:
        found = read_status(connection, settings, console.now(), case_id(), last=last)
        found = replace(found, backups=read_backups(connection, settings, database, console.now(), case_id()))
    if json_:
        print_json(as_json(found))
    else:
        print_status(found)
    if found.standing.stale:
        raise NoForecast(f"stale: {_lower(found.standing.reason)}; {found.standing.remedy}")


def settings(
    default: Annotated[bool, typer.Option("--default", help="As they are where nothing is set.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            parser=written_as(".toml", example="parley"),
            metavar="FILE.toml",
            help="Write them into FILE.toml instead.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE.toml if it exists.")] = False,
    json_: Json = False,
) -> None:
    """Print the settings in force. As a file to save as parley.toml: each with what it means and its default.

    What is printed has its addresses masked; --out writes them whole.
    """
    if out is not None:
        check_place(out, force=force, example=DEFAULT_FILE)
    found = Settings() if default else read_settings()
    if out is not None:
        write_file(render_settings(found).encode(), out, force=force)
        with answering(f"wrote {out}"):
            typer.echo(f"wrote {out}; change what you like in it", err=json_)
    if json_:
        with answering(f"wrote {out}") if out is not None else nullcontext():
            print_json(as_plain(found, whole=False))
    elif out is None:
        print_file(render_settings(found, whole=False), "give --out FILE.toml")


def install(
    user: Annotated[bool, typer.Option("--user", help="For your own systemd, without sudo.")] = False,
    name: Annotated[
        str, typer.Option(parser=_parse_unit_name, metavar="NAME", help="Of the unit: one for each folder and case.")
    ] = "parley",
    json_: Json = False,
) -> None:
    """Print a systemd unit that runs the service. For this folder and its settings; stderr says what to do with it."""
    settings = read_settings()
    with opened() as database, database.read() as connection:
        read_case(connection, case_id())  # or the service could not start
    unit = build_unit(settings, database.folder, os.environ, folder=Path.cwd(), user=user, name=name)
    if json_:
        print_json({"unit": unit.text, "path": str(unit.path), "commands": unit.commands, "service": unit.service})
        return
    print_file(unit.text, "set PYTHONIOENCODING=utf-8")
    for line in words(unit, user=user):
        typer.echo(line, err=True)


def trial(json_: Json = False) -> None:
    """Send a test message by every channel. Past quiet hours, and nothing is recorded; exit 1 if one failed."""
    settings = read_settings().alerts
    if not settings.channels:
        raise BadSettings("no channel is set; add [alerts.webhook], [alerts.email] or [alerts.file] to the settings")
    with opened() as database, database.read() as connection:
        case = read_case(connection, case_id()).case_id
    alert = trial_alert(case, settings, Path.cwd(), console.now())
    with redirect_stdout(sys.stderr) if json_ else nullcontext():  # a channel may be standard output
        trials = try_channels(settings, alert, database.folder, console.now())
    if json_:
        print_json({"case": case, "channels": [asdict(one) for one in trials]})
    else:
        print_trials(trials)
    failed = [f"{one.channel} failed: {one.error}" for one in trials if one.outcome == "failed"]
    if failed:
        raise NotSent("; ".join(failed))


def _lower(sentence: str) -> str:
    return f"{sentence[0].lower()}{sentence[1:]}"
