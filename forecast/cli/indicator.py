"""Commands on what is observed: parley indicator add, retire."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from forecast.cli.ask_case import agreed, ask_indicator
from forecast.cli.console import Analyst, Json, at_terminal
from forecast.cli.desk import DryRun, answer, at_desk
from forecast.desk.catalogue import add_indicators, retire_indicator
from forecast.desk.receipt import learnt_sentence

EXAMPLE = """\
# An indicator for `parley indicator add --from FILE.toml`: one table named by its id, and one with its criteria.
# +2 is the level most favourable to talks. kind: state = holds until observed otherwise, event = fades with time.
[new_indicator]
id = "new_indicator"
name = "What it is, in a few words"
question = "What is asked when it is coded?"
orientation = "+ = which way its levels point"
kind = "state"
group = "own"
half_life_days = 180
expected_cadence_days = 30
lag_days = 0
contested = false
typical_sources = ["where it is usually observed"]
documents = []
document_refs = []
note = ""
[new_indicator.levels]
"-2" = "Criterion for level -2."
"-1" = "Criterion for level -1."
"0" = "Criterion for level 0."
"1" = "Criterion for level 1."
"2" = "Criterion for level 2."
"""

Reason = Annotated[str | None, typer.Option(metavar="TEXT", help="Why it is added.")]


def add(
    id_: Annotated[str | None, typer.Argument(metavar="ID", help="Its id, if you enter it on a terminal.")] = None,
    file: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE.toml", help="File that describes it; --example prints one to fill in."),
    ] = None,
    reason: Reason = None,
    example: Annotated[bool, typer.Option("--example", help="Print a file to fill in and do nothing else.")] = False,
    analyst: Analyst = None,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Add an indicator. Its criteria come from a file or from your answers on a terminal; it counts from today."""
    if example:
        typer.echo(EXAMPLE, nl=False)
        return
    terminal = at_terminal(json_)
    if file is None and not terminal:
        raise typer.BadParameter(
            "is missing, and there is no terminal to ask on; give --from FILE.toml", param_hint="'--from'"
        )
    if file is not None and id_ is not None:
        raise typer.BadParameter("is already in the file; give --from alone", param_hint="'ID'")
    if reason is None and not terminal:
        raise typer.BadParameter("is missing; say why the indicator is added", param_hint="'--reason'")
    with at_desk(analyst) as desk:
        said: Path | Mapping[str, Any] = file if file is not None else ask_indicator(desk, id_)
        why = reason if reason is not None else typer.prompt("Reason for adding it", type=str)
        receipt = add_indicators(
            desk,
            said,
            why,
            confirm=lambda rows: (
                file is not None or agreed("\n".join(map(learnt_sentence, rows)), (), asks=not dry_run)
            ),
            dry_run=dry_run,
        )
        answer(receipt, json_, asked=file is None)


def retire(
    indicator: Annotated[
        str, typer.Argument(metavar="INDICATOR", help="Id of the indicator (see `parley indicators`).")
    ],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it is retired.")],
    analyst: Analyst = None,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Retire an indicator. From today it no longer counts; its history stays on file."""
    with at_desk(analyst) as desk:
        answer(retire_indicator(desk, indicator, reason, dry_run=dry_run), json_)
