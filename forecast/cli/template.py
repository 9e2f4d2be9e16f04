"""The command that writes a workbook to fill in."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from db.read import read_case, read_catalogue, read_grades
from forecast.cli.console import Json, case_id, opened, print_json, today
from forecast.cli.outputs import written_as
from forecast.cli.streams import answering
from forecast.writing import check_place, write_file
from indicators.template import build_template


def template(
    file: Annotated[
        Path,
        typer.Argument(
            parser=written_as(".xlsx", example="observations"), metavar="FILE.xlsx", help="The workbook to write."
        ),
    ],
    force: Annotated[bool, typer.Option("--force", help="Replace FILE.xlsx if it exists.")] = False,
    json_: Json = False,
) -> None:
    """Write a workbook to fill in. Drop-downs for indicator, level and grade, and the criteria beside them."""
    check_place(file, force=force, example="observations.xlsx")
    with opened() as database, database.read() as connection:
        case = read_case(connection, case_id())
        day, grades = today(connection), read_grades(connection, case)
        catalogue = tuple(row for row in read_catalogue(connection, case) if row.in_use(day))
    write_file(build_template(case.name, catalogue, grades, today=day), file, force=force)
    command = f"parley import {shlex.quote(str(file))} --dry-run"
    with answering(f"wrote {file}"):
        if json_:
            count = {"indicators": len(catalogue), "grades": len(grades)}
            print_json({"file": str(file), "case": case.case_id, **count, "next": command})
        else:
            typer.echo(f"wrote {file}: {len(catalogue)} indicators; fill in its first sheet, then run `{command}`")
