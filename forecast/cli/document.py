"""Commands on texts that were read: parley document add, revise, retract."""

from typing import Annotated

import typer

from forecast.cli.ask_case import agreed, ask_document
from forecast.cli.console import Analyst, Json, at_terminal
from forecast.cli.desk import DryRun, answer, at_desk, require
from forecast.cli.drafting import drafted
from forecast.desk.documents import add_document, retract_document, revise_document
from forecast.desk.draft import DocumentDraft
from forecast.desk.receipt import learnt_sentence

DocumentId = Annotated[
    str, typer.Argument(metavar="ID", help="Id of the document, such as lankov-2025 (see `parley documents`).")
]
NEEDED = ("title", "author", "published_on")


@drafted(DocumentDraft)
def add(draft: DocumentDraft, dry_run: DryRun = False, json_: Json = False) -> None:
    """Enter a document. It counts from today or, if that is later, from its publication."""
    asks = require(draft, NEEDED, json_)
    with at_desk(draft.analyst) as desk:
        receipt = add_document(
            desk,
            ask_document(desk, draft) if asks else draft,
            confirm=lambda entry, alike: (
                not at_terminal(json_)
                or agreed(learnt_sentence(entry), alike, asks=(asks or bool(alike)) and not dry_run)
            ),
            dry_run=dry_run,
        )
        answer(receipt, json_, asked=at_terminal(json_))


@drafted(DocumentDraft, without=("id",), corrects=True)
def revise(id_: DocumentId, draft: DocumentDraft, dry_run: DryRun = False, json_: Json = False) -> None:
    """Correct a document. Give only what changes; its judgements stay as they are."""
    with at_desk(draft.analyst) as desk:
        answer(revise_document(desk, id_, draft, dry_run=dry_run), json_)


def retract(
    id_: DocumentId,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it is withdrawn.")],
    analyst: Analyst = None,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Withdraw a document. It stays on file, with the reason, but its judgements no longer count."""
    with at_desk(analyst) as desk:
        answer(retract_document(desk, id_, reason, dry_run=dry_run), json_)
