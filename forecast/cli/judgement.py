"""Commands on what documents say: parley judgement add, revise, retract."""

from typing import Annotated

import typer

from forecast.cli.ask_case import agreed, ask_judgement
from forecast.cli.console import Analyst, Json
from forecast.cli.desk import DryRun, answer, at_desk, require
from forecast.cli.drafting import drafted
from forecast.desk.draft import JudgementDraft
from forecast.desk.judgements import add_judgement, retract_judgement, revise_judgement
from forecast.desk.receipt import learnt_sentence

Document = Annotated[str, typer.Argument(metavar="DOCUMENT", help="Document that says it (see `parley documents`).")]
Indicator = Annotated[str, typer.Argument(metavar="INDICATOR", help="Indicator it is about.")]
Target = Annotated[str, typer.Argument(metavar="TARGET", help="Target it is about.")]
TRIPLE = ("document", "indicator", "target")
NEEDED = (*TRIPLE, "weight", "basis")


@drafted(JudgementDraft, arguments=NEEDED[:-1])
def add(draft: JudgementDraft, dry_run: DryRun = False, json_: Json = False) -> None:
    """Enter a judgement. It says how strongly, according to a document, an indicator favours a target."""
    asks = require(draft, NEEDED, json_, arguments=NEEDED[:-1])
    with at_desk(draft.analyst) as desk:
        receipt = add_judgement(
            desk,
            ask_judgement(desk, draft) if asks else draft,
            confirm=lambda entry: not asks or agreed(learnt_sentence(entry), (), asks=not dry_run),
            dry_run=dry_run,
        )
        answer(receipt, json_, asked=asks)


@drafted(JudgementDraft, without=TRIPLE, corrects=True)
def revise(
    document: Document,
    indicator: Indicator,
    target: Target,
    draft: JudgementDraft,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Correct a judgement. Give only what changes; the old version stays on file."""
    with at_desk(draft.analyst) as desk:
        answer(revise_judgement(desk, document, indicator, target, draft, dry_run=dry_run), json_)


def retract(
    document: Document,
    indicator: Indicator,
    target: Target,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it is withdrawn.")],
    analyst: Analyst = None,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Withdraw a judgement. It stays on file, with the reason, but no longer counts."""
    with at_desk(analyst) as desk:
        answer(retract_judgement(desk, document, indicator, target, reason, dry_run=dry_run), json_)
