"""The command that writes a workbook to fill in."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from db.read import read_case, read_catalogue, read_grades
from forecast.cli.console import Json, Language, case_id, check_language, opened, print_json, today
from forecast.cli.outputs import written_as
from forecast.cli.streams import answering
from forecast.writing import check_place, write_file
from indicators.languages import in_language, untranslated
from indicators.names import read_names
from indicators.template import build_template
from indicators.template_words import WORDS


def template(
    file: Annotated[
        Path,
        typer.Argument(
            parser=written_as(".xlsx", example="observations"), metavar="FILE.xlsx", help="The workbook to write."
        ),
    ],
    language: Language = "en",
    force: Annotated[bool, typer.Option("--force", help="Replace FILE.xlsx if it exists.")] = False,
    json_: Json = False,
) -> None:
    """Write a workbook to fill in. Drop-downs for indicator, level and grade, and the criteria beside them.

    `--language ja` heads and explains it in Japanese, `ko` in Korean; `parley import` reads it as it is.
    """
    check_language(language)
    check_place(file, force=force, example="observations.xlsx")
    with opened() as database, database.read() as connection:
        case = read_case(connection, case_id())
        day, grades = today(connection), read_grades(connection, case)
        catalogue = tuple(row for row in read_catalogue(connection, case) if row.in_use(day))
    shown = in_language(catalogue, case.case_id, language)
    kept = () if language == "en" else untranslated(catalogue, shown)
    name = read_names(case.case_id, language).get(("case", case.case_id), case.name)
    write_file(build_template(name, shown, grades, today=day, words=WORDS[language]), file, force=force)
    command = f"parley import {shlex.quote(str(file))} --dry-run"
    with answering(f"wrote {file}"):
        if json_:
            count = {"indicators": len(catalogue), "grades": len(grades)}
            said = {"language": language, "untranslated": kept}
            print_json({"file": str(file), "case": case.case_id, **count, **said, "next": command})
        else:
            typer.echo(f"wrote {file}: {len(catalogue)} indicators; fill in its first sheet, then run `{command}`")
            if kept:
                typer.echo(f"in the case's own words, since it has none in that language: {', '.join(kept)}")
