"""The command that logs every row of a file."""

from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.console import Json
from forecast.cli.desk import Analyst, DryRun, answer, at_desk
from forecast.cli.progress import watched
from forecast.desk.actions import import_file
from indicators.sheets import ENCODINGS, find_encoding


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .csv or .xlsx file, such as a filled-in template.")],
    encoding: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of a .csv: utf-8 (default), shift_jis or euc_kr.")
    ] = None,
    analyst: Analyst = None,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Log every row of a file. All or none, with all problems at once; rows already there are not added again."""
    if encoding is not None and find_encoding(encoding) is None:
        known = ", ".join(ENCODINGS)
        raise typer.BadParameter(f"{encoding!r} is not known; use one of {known}", param_hint="'--encoding'")
    with at_desk(analyst) as desk:
        with watched() as report:
            receipt = import_file(desk, file, encoding=encoding, dry_run=dry_run, progress=report)
        answer(receipt, json_)
