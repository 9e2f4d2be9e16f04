"""What the desk answers: the entry, its surprise, the warnings, and the headline before and after."""

from rich.text import Text

from forecast.cli.tables import bold, emit, grid, paragraph
from forecast.desk.preview import Preview
from forecast.desk.receipt import entry_sentence, forecast_title, moved_targets, shift_cells, surprise_sentence
from forecast.desk.session import Receipt
from forecast.words.names import target_name
from forecast.words.numbers import counted, level_text

SHOWN_ENTRIES = 5
_TABLE_NAMES = {"observations": "observation", "events": "event", "completeness": "attestation"}


def print_preview(seen: Preview) -> None:
    """What an analyst sees before an entry is stored."""
    lines: list[str | Text] = [*paragraph(entry_sentence(seen.entry))]
    if seen.criterion:
        lines += paragraph(f"{level_text(seen.entry.level)} means: {seen.criterion}")
    lines += paragraph(surprise_sentence(seen))
    for warning in seen.warnings:
        lines += paragraph(f"warning: {warning}")
    emit(lines)


def print_receipt(receipt: Receipt) -> None:
    """What came of it; an entry with a preview has been printed already."""
    lines: list[str | Text] = []
    if receipt.preview is None:
        for entry in receipt.entries[:SHOWN_ENTRIES]:
            lines += paragraph(entry_sentence(entry))
        more = len(receipt.entries) - SHOWN_ENTRIES
        if more > 0:
            lines.append(f"… and {more} more")
    lines += paragraph(outcome_sentence(receipt))
    for note in receipt.notes:
        lines += paragraph(f"note: {note}")
    if receipt.forecast is not None:
        lines += ["", bold(forecast_title(receipt.forecast, receipt.run))]
        for target in moved_targets(receipt):
            rows = [shift_cells(each) for each in receipt.forecast.by_target[target]]
            lines += grid((target_name(target), "before", "now", "change, points ± Monte Carlo"), rows)
        if not receipt.forecast.anchored:
            lines += paragraph(
                f"What run {receipt.forecast.source} had read cannot be read again: trust the changes, not the levels."
            )
    elif receipt.remark:
        lines += paragraph(receipt.remark)
    emit(lines)


def outcome_sentence(receipt: Receipt) -> str:
    what = _TABLE_NAMES[receipt.table]
    if receipt.action == "imported" or (receipt.action == "unchanged" and receipt.unchanged):
        return _import_sentence(receipt)
    if receipt.action == "unchanged":
        return "nothing was stored"
    if not receipt.stored:
        return (
            f"dry run: nothing was stored ({what} to be {'made' if receipt.action == 'attested' else receipt.action})"
        )
    rows = ", ".join(map(str, receipt.rows))
    return f"{receipt.action}: stored as {what} row{'' if len(receipt.rows) == 1 else 's'} {rows}"


def _import_sentence(receipt: Receipt) -> str:
    added = counted(len(receipt.entries), "observation")
    there = f"{receipt.unchanged} were there already" if receipt.unchanged else "none was there before"
    if not receipt.entries:
        return f"nothing to add: all {counted(receipt.unchanged, 'row')} are there already"
    if not receipt.stored:
        return f"dry run: nothing was stored ({added} to be added; {there})"
    first, last = receipt.rows[0], receipt.rows[-1]
    return f"{added} added as row {first}{'' if first == last else f' to {last}'}; {there}"
