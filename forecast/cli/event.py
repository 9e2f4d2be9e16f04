"""Commands on what happened: parley event add, revise, retract, none."""

from typing import Annotated

import typer

from forecast.cli.console import Json, at_desk
from forecast.cli.desk import ActsOn, Analyst, DryRun, answer

app = typer.Typer(
    help="Record what happened. Or correct it, or attest that nothing else did.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
)

EventId = Annotated[str, typer.Argument(metavar="ID", help="Such as T2018-05 (`parley events`).")]
Framing = Annotated[
    str | None, typer.Option(metavar="FRAMING", help="arms_control or denuclearisation; talks must have one.")
]
Until = Annotated[str | None, typer.Option(metavar="DATE", help="When it ended (default: the day it began).")]
Known = Annotated[
    str | None, typer.Option("--known-on", metavar="DATE", help="When it could be known (default: the day it ended).")
]
Confidence = Annotated[
    str | None,
    typer.Option(metavar="WORD", help="high, medium (default) or low; low, with --reason, marks it as disputed."),
]
Reason = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Why it is disputed: unclear agenda, denied, framing.")
]
Precision = Annotated[str | None, typer.Option(metavar="WORD", help="day (default), month or year.")]
Level = Annotated[str | None, typer.Option(metavar="TEXT", help="Who met: leader, minister, envoy, working.")]
Format = Annotated[str | None, typer.Option(metavar="TEXT", help="bilateral, six-party …")]
Venue = Annotated[str | None, typer.Option(metavar="TEXT", help="Where.")]
Note = Annotated[str | None, typer.Option(metavar="TEXT", help="What a colleague should know about it.")]
Source = Annotated[str | None, typer.Option(metavar="TEXT", help="Where it is reported.")]


@app.command()
def add(
    type_: Annotated[str, typer.Argument(metavar="TYPE", help="talks, contact, deal or crisis.")],
    on: Annotated[str, typer.Option("--on", metavar="DATE", help="When it began.")],
    source: Annotated[str, typer.Option(metavar="TEXT", help="Where it is reported.")],
    until: Until = None,
    framing: Framing = None,
    known_on: Known = None,
    confidence: Confidence = None,
    reason: Reason = None,
    level: Level = None,
    format_: Annotated[str | None, typer.Option("--format", metavar="TEXT", help="bilateral, six-party …")] = None,
    venue: Venue = None,
    note: Note = None,
    precision: Precision = None,
    id_: Annotated[str | None, typer.Option("--id", metavar="ID", help="Its id (default: the next free one).")] = None,
    analyst: Analyst = None,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Record an event. It shows at once what that does to the forecast."""
    from forecast.desk.actions import add_event

    with at_desk(analyst) as desk:
        receipt = add_event(
            desk,
            type_,
            on=on,
            source=source,
            until=until,
            framing=framing or "",
            known_on=known_on,
            confidence=confidence or "",
            reason=reason or "",
            level=level or "",
            format=format_ or "",
            venue=venue or "",
            note=note or "",
            precision=precision or "",
            id=id_ or "",
            dry_run=dry_run,
        )
        answer(receipt, json_)


@app.command()
def revise(
    id_: EventId,
    type_: Annotated[str | None, typer.Option("--type", metavar="TYPE", help="talks, contact, deal, crisis.")] = None,
    on: Annotated[str | None, typer.Option("--on", metavar="DATE", help="When it began.")] = None,
    until: Until = None,
    source: Source = None,
    framing: Framing = None,
    known_on: ActsOn = None,
    confidence: Confidence = None,
    reason: Reason = None,
    level: Level = None,
    format_: Annotated[str | None, typer.Option("--format", metavar="TEXT", help="bilateral, six-party …")] = None,
    venue: Venue = None,
    note: Note = None,
    precision: Precision = None,
    analyst: Analyst = None,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Correct an event. It differs in what is given; --confidence medium or high settles a dispute."""
    from forecast.desk.actions import revise_event

    with at_desk(analyst) as desk:
        receipt = revise_event(
            desk,
            id_,
            type=type_,
            on=on,
            until=until,
            source=source,
            framing=framing,
            known_on=known_on,
            confidence=confidence,
            reason=reason,
            level=level,
            format=format_,
            venue=venue,
            note=note,
            precision=precision,
            dry_run=dry_run,
        )
        answer(receipt, json_)


@app.command()
def retract(
    id_: EventId,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it is withdrawn.")],
    known_on: ActsOn = None,
    analyst: Analyst = None,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Withdraw an event. With the reason; it stays on file and no longer counts."""
    from forecast.desk.actions import retract_event

    with at_desk(analyst) as desk:
        answer(retract_event(desk, id_, reason, known_on=known_on, dry_run=dry_run), json_)


@app.command()
def none(
    through: Annotated[str | None, typer.Option(metavar="DATE", help="The last day you vouch for.")] = None,
    types: Annotated[
        list[str] | None, typer.Option("--type", metavar="TYPE", help="Only of this type; may be repeated.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="The first day (default: on from the last attestation).")
    ] = None,
    note: Note = None,
    retracted: Annotated[
        int | None, typer.Option("--retract", metavar="ROW", help="Withdraw this attestation instead, with --reason.")
    ] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why it is withdrawn.")] = None,
    analyst: Analyst = None,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Attest that nothing else happened. Up to a day; silence counts as evidence only when a person attests it."""
    if (through is None) == (retracted is None):
        raise typer.BadParameter("give either --through DATE or, to withdraw an attestation, --retract ROW")
    from forecast.desk.actions import attest, retract

    with at_desk(analyst) as desk:
        if retracted is not None:
            receipt = retract(desk, retracted, reason or "", attestation=True, dry_run=dry_run)
        else:
            receipt = attest(desk, through or "", types=types or (), since=since, note=note or "", dry_run=dry_run)
        answer(receipt, json_)
