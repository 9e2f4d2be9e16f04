"""The command that makes the database."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from db.append import append_zone
from db.engine import Database
from db.errors import DatabaseMissing, DatabaseTooOld, StoreError
from db.migrate import create_database, rehearsed
from db.rows import NewZone
from db.tables import cases
from db.zone import has_zone, read_zone, zone_named
from forecast.cli.console import Json, at_terminal, database_url, now, opened, print_json
from forecast.cli.render import print_install
from forecast.cli.streams import answering
from forecast.cli.tables import emit, paragraph
from forecast.cli.upgrade import upgrade_json, upgrade_lines
from forecast.clock import system_zone
from forecast.desk.session import who
from indicators.content import CaseFolder
from indicators.folder import read_case_folder
from indicators.install import CasePlan, install_case, plan_case
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
            help="Time zone in which the database counts days, such as Asia/Seoul (default: the system's, if new).",
        ),
    ] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why the time zone changes.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change without changing anything.")
    ] = False,
    json_: Json = False,
) -> None:
    """Create the database and load the case. Run again, it migrates the database and adds only what is new.

    If the database holds another version of the case, the changes are listed first; on a terminal you confirm them.
    """
    if reason is not None and zone is None:
        raise typer.BadParameter("is the reason for a new time zone; give --zone with it", param_hint="'--reason'")
    if zone is not None:
        _check_zone(zone)
    folder = read_case_folder(case or shipped_case())
    if dry_run:
        _tell(folder, json_)
        return
    analyst, why = who(), kept_text(reason or "", "reason")
    with create_database(database_url()) as database:
        _set_zone(database, zone, analyst, why, json_)
        with database.read() as connection:
            plan = plan_case(connection, folder, now())
            days = str(read_zone(connection))
        if plan.upgrade and not json_:
            emit(upgrade_lines(plan))
            if not _wanted(json_):
                typer.echo("nothing was changed")
                return
        report = install_case(database, folder, now())
        with answering(f"the database {database.url} is ready and its case is loaded"):
            if json_:
                print_json({"database": database.url, "time_zone": days, **asdict(report), **upgrade_json(plan)})
            else:
                print_install(database.url, report, days)


def _wanted(json_: bool) -> bool:
    """Whether a person at a terminal lets another version in; elsewhere it is what `init` was asked for."""
    return not at_terminal(json_) or typer.confirm("Load it?", default=True)


def _tell(folder: CaseFolder, json_: bool) -> None:
    """What loading the folder would do."""
    plan = _plan(folder)
    if json_:
        told = upgrade_json(plan) if plan else {"upgrade": False, "changes": {}}
        report = asdict(plan.report) if plan else {"case_id": folder.case.id, "case_hash": folder.case_hash}
        print_json({"dry_run": True, "database_there": plan is not None, **report, **told})
        return
    case = f"case {folder.case.id}, version {folder.case_hash[:8]}"
    if plan is None or (plan.version is not None and not plan.upgrade):
        typer.echo(f"dry run: nothing was changed ({case} would be loaded for the first time)")
    elif plan.version is None:
        typer.echo(f"dry run: {case} is already loaded; nothing would change")
    else:
        emit([*upgrade_lines(plan), *paragraph("dry run: nothing was changed")])


def _plan(folder: CaseFolder) -> CasePlan | None:
    """What loading the folder would do to the database, migrated if need be; None where there is none yet."""
    try:
        with opened() as database, database.read() as connection:
            return plan_case(connection, folder, now())
    except DatabaseMissing:
        return None
    except DatabaseTooOld:
        with rehearsed(database_url()) as connection:
            return plan_case(connection, folder, now())


def _set_zone(database: Database, asked: str | None, analyst: str, reason: str, json_: bool) -> None:
    """A new database gets a zone; a database made before keeps the days it had until somebody says otherwise."""
    with database.read() as connection:
        fresh, before = _is_new(connection), read_zone(connection)
    if asked is None and fresh:
        asked = _ask_zone() if at_terminal(json_) else system_zone()
    if asked is None or (asked == str(before) and not fresh):
        return
    with database.write() as connection:
        append_zone(connection, NewZone(asked, analyst, reason or (NEW if fresh else "")), now())


def _is_new(connection: Connection) -> bool:
    """Whether nothing was ever loaded into it."""
    return not has_zone(connection) and connection.execute(cases.select().limit(1)).first() is None


def _ask_zone() -> str:
    while True:
        said: str = typer.prompt("Time zone in which this database counts days", default=system_zone())
        try:
            return str(zone_named(said.strip()))
        except StoreError as error:
            typer.echo(f"error: {error}", err=True)


def _check_zone(zone: str) -> None:
    try:
        zone_named(zone)
    except StoreError as error:
        raise typer.BadParameter(str(error), param_hint="'--zone'") from None
