"""Commands for files of observations: template, import."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.console import Json, at_desk, case_id, opened, print_json, today
from forecast.cli.desk import Analyst, DryRun, answer


def template(
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", help="The workbook to write.")],
    force: Annotated[bool, typer.Option("--force", help="Replace FILE.xlsx if it exists.")] = False,
    json_: Json = False,
) -> None:
    """Write a workbook to fill in. Drop-downs for indicator, level and grade, and the criteria beside them."""
    if file.suffix.casefold() != ".xlsx":
        raise typer.BadParameter(
            f"{file.name!r} does not end in .xlsx; write {file.stem}.xlsx", param_hint="'FILE.xlsx'"
        )
    from db.read import read_case, read_catalogue, read_grades
    from forecast.writing import check_place, write_file
    from indicators.template import build_template

    check_place(file, force=force, example="observations.xlsx")
    with opened() as database, database.read() as connection:
        case = read_case(connection, case_id())
        catalogue, grades = read_catalogue(connection, case), read_grades(connection, case)
    write_file(build_template(case.name, catalogue, grades, today=today()), file, force=force)
    command = f"parley import {shlex.quote(str(file))} --dry-run"
    if json_:
        count = {"indicators": len(catalogue), "grades": len(grades)}
        print_json({"file": str(file), "case": case.case_id, **count, "next": command})
    else:
        typer.echo(f"wrote {file}: {len(catalogue)} indicators; fill in its first sheet, then run `{command}`")


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
    from indicators.sheets import ENCODINGS, find_encoding

    if encoding is not None and find_encoding(encoding) is None:
        known = ", ".join(ENCODINGS)
        raise typer.BadParameter(f"{encoding!r} is not known; use one of {known}", param_hint="'--encoding'")
    with at_desk(analyst) as desk:
        from forecast.cli.progress import watched
        from forecast.desk.actions import import_file

        with watched() as report:
            receipt = import_file(desk, file, encoding=encoding, dry_run=dry_run, progress=report)
        answer(receipt, json_)
