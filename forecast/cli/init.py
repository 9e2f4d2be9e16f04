"""The command that makes the database."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from db.append import append_zone
from db.engine import Database
from db.errors import StoreError
from db.migrate import create_database
from db.rows import NewZone
from db.tables import cases
from db.zone import has_zone, read_zone, zone_named
from forecast.cli.console import Json, database_url, now, print_json
from forecast.cli.render import print_install
from forecast.cli.streams import answering
from forecast.clock import system_zone
from forecast.desk.session import who
from indicators.folder import read_case_folder
from indicators.install import install_case
from indicators.shipped import shipped_case
from indicators.texts import kept_text

NEW = "set when the database was made"


def init(
    case: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="A case folder (default: the shipped case us_dprk).")
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(
            metavar="ZONE",
            help="The time zone whose days are the database's, such as Asia/Seoul (new: the system's; else: as it is).",
        ),
    ] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why the time zone changes.")] = None,
    json_: Json = False,
) -> None:
    """Make the database, load the case. Doing it again migrates the database and adds only what is new."""
    if reason is not None and zone is None:
        raise typer.BadParameter("says why the time zone changes; give --zone with it", param_hint="'--reason'")
    if zone is not None:
        _check_zone(zone)
    folder = read_case_folder(case or shipped_case())
    analyst, why = who(), kept_text(reason or "", "reason")
    with create_database(database_url()) as database:
        _set_zone(database, zone, analyst, why, json_)
        report = install_case(database, folder, now())
        with database.read() as connection:
            days = str(read_zone(connection))
        with answering(f"the database {database.url} is made, and its case loaded"):
            if json_:
                print_json({"database": database.url, "time_zone": days, **asdict(report)})
            else:
                print_install(database.url, report, days)


def _set_zone(database: Database, asked: str | None, analyst: str, reason: str, json_: bool) -> None:
    """A new database gets a zone; a database made before keeps the days it had until somebody says otherwise."""
    with database.read() as connection:
        fresh, before = _is_new(connection), read_zone(connection)
    if asked is None and fresh:
        asks = sys.stdin.isatty() and sys.stdout.isatty() and not json_
        asked = _ask_zone() if asks else system_zone()
    if asked is None or (asked == str(before) and not fresh):
        return
    with database.write() as connection:
        append_zone(connection, NewZone(asked, analyst, reason or (NEW if fresh else "")), now())


def _is_new(connection: Connection) -> bool:
    """Whether nothing was ever loaded into it."""
    return not has_zone(connection) and connection.execute(cases.select().limit(1)).first() is None


def _ask_zone() -> str:
    while True:
        said: str = typer.prompt("Time zone whose days this database counts", default=system_zone())
        try:
            return str(zone_named(said.strip()))
        except StoreError as error:
            typer.echo(f"error: {error}", err=True)


def _check_zone(zone: str) -> None:
    try:
        zone_named(zone)
    except StoreError as error:
        raise typer.BadParameter(str(error), param_hint="'--zone'") from None
