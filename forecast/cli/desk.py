"""Commands of the analyst's desk: log, revise, retract."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from forecast.cli.console import Json, at_desk, print_json

if TYPE_CHECKING:
    from forecast.desk.actions import Desk, Receipt
    from forecast.desk.preview import Preview

Note = Annotated[str | None, typer.Option(help="What a colleague should know about the coding.")]
Analyst = Annotated[
    str | None, typer.Option(metavar="NAME", help="Who codes (default: PARLEY_ANALYST, else the system's user name).")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would happen, and store nothing.")]
KnownOn = Annotated[
    str | None, typer.Option("--known-on", metavar="DATE", help="When it could be known (default: the day observed).")
]
ActsOn = Annotated[
    str | None, typer.Option("--known-on", metavar="DATE", help="From when the correction holds (default: today).")
]
On = Annotated[str | None, typer.Option("--on", metavar="DATE", help="When it was observed.")]
Source = Annotated[str | None, typer.Option(metavar="TEXT", help="Title of the source.")]
Publisher = Annotated[str | None, typer.Option(metavar="TEXT", help="Who published the source.")]
Grade = Annotated[
    str | None,
    typer.Option(metavar="GRADE", help="Source A (reliable) to F (unknown), content 1 (confirmed) to 6 (unknown): B2."),
]
Url = Annotated[str | None, typer.Option(metavar="URL", help="Where the source can be read.")]
Origin = Annotated[
    str | None, typer.Option(metavar="TEXT", help="What it goes back to: rows of one origin are one piece of evidence.")
]
Reason = Annotated[str | None, typer.Option(metavar="TEXT", help="Why.")]


def log(
    indicator: Annotated[str | None, typer.Argument(metavar="[INDICATOR]", help="See `parley indicators`.")] = None,
    level: Annotated[str | None, typer.Argument(metavar="[LEVEL]", help="From -2 to 2.")] = None,
    on: On = None,
    source: Source = None,
    grade: Grade = None,
    known_on: KnownOn = None,
    publisher: Publisher = None,
    url: Url = None,
    origin: Origin = None,
    note: Note = None,
    analyst: Analyst = None,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Log an observation. It shows at once what that does to the forecast; a terminal is asked for what is missing."""
    given = {"indicator": indicator, "level": level, "on": on, "source": source, "grade": grade}
    missing = [name for name, value in given.items() if value is None]
    asks = bool(missing) and sys.stdin.isatty() and sys.stdout.isatty() and not json_
    if missing and not asks:
        raise typer.BadParameter(
            f"{', '.join(_spelled(name) for name in missing)} must be given where there is no terminal to ask on"
        )
    with at_desk(analyst) as desk:
        if asks:
            from forecast.cli.ask import ask_entry

            given = ask_entry(desk, given)
        others = {"known_on": known_on, "publisher": publisher, "url": url, "origin": origin, "note": note}
        answer(_log(desk, given, others, dry_run, asks, json_), json_)


def _log(
    desk: "Desk", given: dict[str, str | None], others: dict[str, str | None], dry_run: bool, asks: bool, json_: bool
) -> "Receipt":
    from forecast.desk import actions

    return actions.log(
        desk,
        given["indicator"] or "",
        given["level"] or "",
        on=given["on"] or "",
        source=given["source"] or "",
        grade=given["grade"] or "",
        known_on=others["known_on"],
        publisher=others["publisher"] or "",
        url=others["url"] or "",
        origin=others["origin"] or "",
        note=others["note"] or "",
        confirm=lambda seen: show(seen, json_, asks=asks and not dry_run),
        dry_run=dry_run,
    )


def revise(
    row: Annotated[int, typer.Argument(metavar="ID", help="Row number of the observation (`parley observations`).")],
    indicator: Annotated[str | None, typer.Option(metavar="ID", help="See `parley indicators`.")] = None,
    level: Annotated[str | None, typer.Option(metavar="LEVEL", help="From -2 to 2.")] = None,
    on: On = None,
    source: Source = None,
    grade: Grade = None,
    known_on: ActsOn = None,
    publisher: Publisher = None,
    url: Url = None,
    origin: Origin = None,
    note: Note = None,
    reason: Reason = None,
    analyst: Analyst = None,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Correct an observation. The new row differs in what is given; the old one stays on file."""
    from forecast.desk import actions

    with at_desk(analyst) as desk:
        receipt = actions.revise(
            desk,
            row,
            indicator=indicator,
            level=level,
            on=on,
            source=source,
            grade=grade,
            known_on=known_on,
            publisher=publisher,
            url=url,
            origin=origin,
            note=note,
            reason=reason or "",
            confirm=lambda seen: show(seen, json_, asks=False),
            dry_run=dry_run,
        )
        answer(receipt, json_)


def retract(
    row: Annotated[int, typer.Argument(metavar="ID", help="Row number of the observation (`parley observations`).")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it is withdrawn.")],
    known_on: ActsOn = None,
    analyst: Analyst = None,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Withdraw an observation. With the reason; it stays on file and no longer counts."""
    from forecast.desk import actions

    with at_desk(analyst) as desk:
        answer(actions.retract(desk, row, reason, known_on=known_on, dry_run=dry_run), json_)


def show(seen: "Preview", json_: bool, *, asks: bool) -> bool:
    """Print an entry before it is stored; a terminal may refuse it, and does by default what startles."""
    if not json_:
        from forecast.cli.desk_tables import print_preview

        print_preview(seen)
    if not asks:
        return True
    from forecast.desk.preview import GREAT

    plain = not seen.warnings and (seen.surprise is None or abs(seen.surprise.z) < GREAT)
    return typer.confirm("Store it?", default=plain)


def answer(receipt: "Receipt", json_: bool) -> None:
    """Print what an action did."""
    if json_:
        from forecast.desk.receipt import receipt_json

        print_json(receipt_json(receipt))
    else:
        from forecast.cli.desk_tables import print_receipt

        print_receipt(receipt)


def _spelled(name: str) -> str:
    return name.upper() if name in ("indicator", "level") else f"--{name}"
