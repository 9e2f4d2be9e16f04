"""Commands on what happened: parley event add, revise, retract, none."""

import sys
from typing import Annotated

import typer

from forecast.cli.ask import ask_questions
from forecast.cli.console import Analyst, Json, whole
from forecast.cli.desk import ActsOn, DryRun, answer, at_desk
from forecast.cli.drafting import drafted
from forecast.desk import actions
from forecast.desk.draft import EventDraft

EventId = Annotated[str, typer.Argument(metavar="ID", help="Id of the event, such as T2018-05 (see `parley events`).")]


@drafted(EventDraft, arguments=("type",), required=("type", "on", "source"))
def add(draft: EventDraft, dry_run: DryRun = False, json_: Json = False) -> None:
    """Record an event. The answer shows how the forecast moves."""
    with at_desk(draft.analyst) as desk:
        answer(actions.add_event(desk, draft, ask=_person(json_, dry_run), dry_run=dry_run), json_)


@drafted(EventDraft, without=("id",), corrects=True)
def revise(event: EventId, draft: EventDraft, dry_run: DryRun = False, json_: Json = False) -> None:
    """Correct an event. Give only what changes; --confidence medium or high settles a dispute."""
    with at_desk(draft.analyst) as desk:
        answer(actions.revise_event(desk, event, draft, ask=_person(json_, dry_run), dry_run=dry_run), json_)


def retract(
    id_: EventId,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it is withdrawn.")],
    known_on: ActsOn = None,
    analyst: Analyst = None,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Withdraw an event. It stays on file, with the reason, but no longer counts."""

    with at_desk(analyst) as desk:
        ask = _person(json_, dry_run)
        answer(actions.retract_event(desk, id_, reason, known_on=known_on, ask=ask, dry_run=dry_run), json_)


def none(
    through: Annotated[str | None, typer.Option(metavar="DATE", help="The last day you vouch for.")] = None,
    types: Annotated[
        list[str] | None,
        typer.Option("--type", metavar="TYPE", help="Attest this type only; may be repeated (default: all types)."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="First day attested (default: the day after the last attestation)."),
    ] = None,
    note: Annotated[str | None, typer.Option(metavar="TEXT", help="What a colleague should know about it.")] = None,
    retracted: Annotated[
        int | None,
        typer.Option(
            "--retract", parser=whole(1), metavar="ROW", help="Withdraw this attestation instead; needs --reason."
        ),
    ] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why it is withdrawn.")] = None,
    analyst: Analyst = None,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Attest that nothing else happened. Silence counts as evidence only up to the day that someone attests."""
    if (through is None) == (retracted is None):
        raise typer.BadParameter("give either --through DATE or, to withdraw an attestation, --retract ROW")
    with at_desk(analyst) as desk:
        if retracted is not None:
            receipt = actions.retract(desk, retracted, reason or "", attestation=True, dry_run=dry_run)
        else:
            receipt = actions.attest(
                desk, through or "", types=types or (), since=since, note=note or "", dry_run=dry_run
            )
        answer(receipt, json_)


def _person(json_: bool, dry_run: bool) -> actions.Ask | None:
    """Puts questions to the person at the terminal; None where there is none, or nothing is to be stored."""
    return ask_questions if sys.stdin.isatty() and sys.stdout.isatty() and not json_ and not dry_run else None
