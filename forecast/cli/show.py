"""The command that shows a forecast."""

from datetime import date
from typing import Annotated

import typer

from db.engine import Database
from forecast.cli.console import AsOf, Json, case_id, opened, print_json, today, whole
from forecast.cli.console import Language as Lang
from forecast.cli.languages import language_of
from forecast.cli.owed import owed
from forecast.cli.render import print_summary
from forecast.record.summary import as_json, read_summary
from forecast.words.language import ENGLISH, Language


def show(
    as_of: AsOf = None,
    run: Annotated[
        int | None, typer.Option(parser=whole(1), metavar="ID", help="The number of a run (see `parley runs`).")
    ] = None,
    language: Lang = "en",
    json_: Json = False,
) -> None:
    """Show the published forecast. The latest, or that of a day or run; exit 1 if it was refused."""
    said_in = language_of(language)
    if as_of is not None and run is not None:
        raise typer.BadParameter("a run has its own as-of date; give one of --run and --as-of", param_hint="'--run'")
    with opened() as database:
        rejected = show_run(database, json_, run_id=run, as_of=as_of, language=said_in)
    if rejected:
        raise typer.Exit(1)


def show_run(
    database: Database,
    json_: bool,
    *,
    run_id: int | None = None,
    as_of: date | None = None,
    language: Language = ENGLISH,
) -> bool:
    """Print the summary of a run and return whether the run was refused."""
    with database.read() as connection:
        summary = read_summary(
            connection,
            today(connection),
            run_id=run_id,
            as_of=as_of,
            case_id=case_id(),
            posteriors=database.posteriors,
            owed=owed(connection),
        )
    if json_:
        print_json(as_json(summary, language))
    else:
        print_summary(summary, language)
    return summary.rejected
