"""Commands of the analyst's desk: log, revise, retract; and what the desk answers.

The answer is the entry, its surprise, the warnings, and the headline before and after.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Annotated

import typer
from rich.text import Text

from db.clocks import doubt
from db.engine import Database
from db.rows import ObservationRow
from forecast.cli.ask import ASKED, ask_draft, ask_one
from forecast.cli.console import Analyst, Json, at_terminal, case_id, now, opened, print_json, whole
from forecast.cli.drafting import drafted
from forecast.cli.lazy import Interrupted
from forecast.cli.streams import answering
from forecast.cli.tables import bold, emit, grid, paragraph
from forecast.desk import actions
from forecast.desk.actions import Desk, Receipt
from forecast.desk.draft import ACTS_ON, Draft, ObservationDraft
from forecast.desk.preview import GREAT, Preview
from forecast.desk.receipt import (
    duplicate_question,
    entry_sentence,
    forecast_title,
    moved_targets,
    receipt_json,
    shift_cells,
    surprise_sentence,
    understood_sentences,
)
from forecast.desk.session import who
from forecast.engine.hypotheticals import Supposed
from forecast.words.names import target_name
from forecast.words.numbers import counted, level_text

Row = Annotated[
    int,
    typer.Argument(parser=whole(1), metavar="ID", help="Row number of the observation (`parley observations`)."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would happen without storing anything.")]
ActsOn = Annotated[str | None, typer.Option("--known-on", metavar="DATE", help=ACTS_ON)]
OriginOf = Annotated[
    int | None,
    typer.Option(
        "--origin-of", parser=whole(1), metavar="ROW", help="Same report as this row: both are given one origin."
    ),
]
SHOWN_ENTRIES = 5
_TABLE_NAMES = {
    "observations": "observation",
    "events": "event",
    "completeness": "attestation",
    "documents": "document",
    "judgements": "judgement",
    "indicators": "case version",
}


@drafted(ObservationDraft, arguments=("indicator", "level"))
def log(draft: ObservationDraft, origin_of: OriginOf = None, dry_run: DryRun = False, json_: Json = False) -> None:
    """Log an observation. The answer shows how the forecast moves; on a terminal you are asked for missing parts."""
    terminal = at_terminal(json_)
    asks = require(draft, ASKED, json_, arguments=("indicator", "level"))
    with at_desk(draft.analyst) as desk:
        receipt = actions.log(
            desk,
            ask_draft(desk, draft) if asks else draft,
            origin_of=origin_of,
            confirm=lambda seen: not terminal or decided(seen, asks=asks and not dry_run, dry_run=dry_run),
            dry_run=dry_run,
        )
        answer(receipt, json_, asked=terminal)


@drafted(ObservationDraft, corrects=True)
def revise(
    row: Row,
    draft: ObservationDraft,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why it is corrected.")] = None,
    origin_of: OriginOf = None,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Correct an observation. Give only what changes; the old version stays on file."""
    with at_desk(draft.analyst) as desk:
        receipt = actions.revise(desk, row, draft, reason=reason or "", origin_of=origin_of, dry_run=dry_run)
        answer(receipt, json_)


def retract(
    row: Row,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it is withdrawn.")],
    known_on: ActsOn = None,
    analyst: Analyst = None,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Withdraw an observation. It stays on file, with the reason, but no longer counts."""
    with at_desk(analyst) as desk:
        answer(actions.retract(desk, row, reason, known_on=known_on, dry_run=dry_run), json_)


@contextmanager
def at_desk(analyst: str | None) -> Iterator[Desk]:
    """The desk of an analyst (None: PARLEY_ANALYST, else the system's user) at the database of the environment."""
    with opened(to_write=True) as database:  # or a terminal would be asked for what is missing first
        ask_about_clock(database)
        desk = Desk(database, who() if analyst is None else analyst, case_id=case_id(), clock=now)
        try:
            yield desk
        except KeyboardInterrupt:
            if desk.stored is None:
                raise
            raise Interrupted(f"stopped; what you entered is stored (row {desk.stored.rows[0]} on)") from None


def ask_about_clock(database: Database) -> None:
    """Ask a terminal whether to go on where this machine's clock is doubtful: what is stored keeps its instant."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return
    with database.read() as connection:
        doubtful = doubt(connection, now())
    if doubtful:
        typer.echo(f"{doubtful}; the entry would be stored with a wrong time, which cannot be changed later")
        typer.confirm("Go on with this clock?", default=False, abort=True)


def decided(seen: Preview, *, asks: bool, dry_run: bool) -> bool | ObservationRow:
    """Whether to store an entry; of a row that may report the same, and would count beside it, a terminal is asked."""
    if seen.undecided is None or dry_run:
        return confirmed(seen, asks=asks)
    confirmed(seen, asks=False)
    return ask_one(seen.undecided)


def confirmed(seen: Preview, *, asks: bool) -> bool:
    """Print an entry before it is stored; a terminal may refuse it, and does by default what startles."""
    print_preview(seen)
    if not asks:
        return True
    plain = not seen.warnings and (seen.surprise is None or abs(seen.surprise.z) < GREAT)
    return typer.confirm("Store it?", default=plain)


def answer(receipt: Receipt, json_: bool, *, asked: bool = False) -> None:
    """Print what an action did, before it the entry, after it what is still to be decided: what was not asked.

    Where nobody is asked the entry is shown when it is stored: that does not wait for a reader.
    """
    with answering(outcome_sentence(receipt)) if receipt.stored else nullcontext():
        if json_:
            print_json(receipt_json(receipt))
            return
        if receipt.preview is not None and not asked and receipt.action != "unchanged":
            print_preview(receipt.preview)
        print_receipt(receipt, asked=asked)


def require(draft: Draft, needed: Sequence[str], json_: bool, *, arguments: Sequence[str] = ()) -> bool:
    """Whether a terminal is to be asked for parts that an entry needs; a mistake in usage where there is none."""
    missing = [name for name in needed if getattr(draft, name) is None]
    if missing and not at_terminal(json_):
        spelled = [name.upper() if name in arguments else f"--{name.replace('_', '-')}" for name in missing]
        verb = "is" if len(missing) == 1 else "are"
        raise typer.BadParameter(f"{', '.join(spelled)} {verb} missing, and there is no terminal to ask on")
    return bool(missing)


def print_preview(seen: Preview) -> None:
    """What an analyst sees before an entry is stored."""
    lines: list[str | Text] = [*paragraph(entry_sentence(seen.entry))]
    if seen.criterion:
        lines += paragraph(f"{level_text(seen.entry.level)} means: {seen.criterion}")
    lines += paragraph(surprise_sentence(seen))
    for warning in seen.warnings:
        lines += paragraph(f"warning: {warning}")
    emit(lines)


def print_receipt(receipt: Receipt, *, asked: bool = False) -> None:
    """What came of it, and what is still to be decided; an entry with a preview has been printed already."""
    lines: list[str | Text] = []
    question = "" if asked else duplicate_question(receipt)
    if receipt.understood is not None:
        lines += (
            [] if asked else [line for each in understood_sentences(receipt.understood) for line in paragraph(each)]
        )
    elif receipt.preview is None:
        for entry in receipt.entries[:SHOWN_ENTRIES]:
            lines += paragraph(entry_sentence(entry))
        more = len(receipt.entries) - SHOWN_ENTRIES
        if more > 0:
            lines.append(f"… and {more} more")
    lines += paragraph(outcome_sentence(receipt))
    told = receipt.understood.understood if receipt.understood else ()
    for note in (each for each in receipt.notes if each not in told):
        lines += paragraph(f"note: {note}")
    if question:
        lines += paragraph(f"question: {question}")
    if receipt.forecast is not None:
        lines += ["", bold(forecast_title(receipt.forecast, receipt.run))]
        for target in moved_targets(receipt):
            rough = isinstance(receipt.forecast, Supposed)
            rows = [shift_cells(each, approximate=rough) for each in receipt.forecast.by_target[target]]
            change = "change, points" if rough else "change, points ± Monte Carlo"
            lines += grid((target_name(target), "before", "now", change), rows)
        if not receipt.forecast.anchored:
            lines += paragraph(
                f"The inputs of run {receipt.forecast.source} cannot be read again: trust the changes, not the levels."
            )
    lines += paragraph(receipt.remark)
    emit(lines)


def outcome_sentence(receipt: Receipt) -> str:
    what = _TABLE_NAMES[receipt.table]
    if receipt.action == "imported" or (receipt.action == "unchanged" and receipt.unchanged):
        return _import_sentence(receipt)
    if receipt.action == "unchanged":
        return "nothing was stored"
    if not receipt.stored:
        action = "made" if receipt.action == "attested" else receipt.action
        return f"dry run: nothing was stored (the {what} would be {action})"
    rows = ", ".join(map(str, receipt.rows))
    return f"{receipt.action}: stored as {what} row{'' if len(receipt.rows) == 1 else 's'} {rows}"


def _import_sentence(receipt: Receipt) -> str:
    added = counted(len(receipt.entries), _TABLE_NAMES[receipt.table])
    others = counted(receipt.unchanged, "other row")
    there = f"{others} already on file, or repeated in this file" if receipt.unchanged else "none was on file before"
    if not receipt.entries:
        alone = receipt.unchanged == 1
        return f"nothing to add: {'its one row is' if alone else f'all {receipt.unchanged} rows are'} already on file"
    if not receipt.stored:
        return f"dry run: nothing was stored ({added} would be added; {there})"
    first, last = receipt.rows[0], receipt.rows[-1]
    return f"{added} added as row {first}{'' if first == last else f' to {last}'}; {there}"
