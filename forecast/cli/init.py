"""The command that makes the database."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from db.migrate import create_database
from forecast.cli.console import Json, database_url, print_json
from forecast.cli.render import print_install
from indicators.folder import read_case_folder
from indicators.install import install_case
from indicators.shipped import shipped_case


def init(
    case: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="A case folder (default: the shipped case us_dprk).")
    ] = None,
    json_: Json = False,
) -> None:
    """Make the database, load the case. Doing it again migrates the database and adds only what is new."""
    folder = read_case_folder(case or shipped_case())
    with create_database(database_url()) as database:
        report = install_case(database, folder, datetime.now(UTC))
        if json_:
            print_json({"database": database.url, **asdict(report)})
        else:
            print_install(database.url, report)
