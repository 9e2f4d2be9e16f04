"""What a receipt says, in words and as JSON, the same on every face."""

from dataclasses import asdict, is_dataclass
from typing import Any

from db.rows import IndicatorRow, NewCompleteness, NewDocument, NewEvent, NewJudgement, NewObservation
from forecast.desk.doubts import disagreements_json, duplicates_json, remedy
from forecast.desk.preview import GREAT, Preview, Surprise
from forecast.desk.session import Receipt
from forecast.desk.understood import Understood
from forecast.engine.answers import Provisional, Shift
from forecast.engine.hypotheticals import Supposed
from forecast.words.names import target_name
from forecast.words.numbers import counted, error_size, level_text, percent, signed
from indicators.content import NO_FRAMING


def entry_sentence(entry: object) -> str:
    """One line that names a row and what it asserts."""
    if isinstance(entry, NewObservation):
        grade = f"{entry.reliability}{entry.credibility}"
        parts = [entry.source_title, entry.source_publisher, entry.source_url]
        source = ", ".join(filter(None, parts))
        level = level_text(entry.level)
        origin = f", origin {entry.origin}" if entry.origin else ""
        if entry.retracted:
            return f"{entry.indicator_id} {level} on {entry.observed_on}, withdrawn on {entry.known_on}: {entry.reason}"
        return (
            f"{entry.indicator_id} {level} on {entry.observed_on}, known on {entry.known_on}, {grade}: {source}{origin}"
            f" (by {entry.analyst})"
        )
    if isinstance(entry, NewEvent):
        framing = "" if entry.framing == NO_FRAMING else f", {entry.framing}"
        days = (
            str(entry.started_on) if entry.started_on == entry.ended_on else f"{entry.started_on} to {entry.ended_on}"
        )
        dispute = f" (disputed: {entry.reason})" if entry.disputed else ""
        by = f" (by {entry.analyst})" if entry.analyst else ""
        if entry.retracted:
            return f"{entry.event_id}: {entry.type}{framing}, {days}, withdrawn on {entry.known_on}: {entry.reason}{by}"
        return (
            f"{entry.event_id}: {entry.type}{framing}, {days}, known on {entry.known_on}, confidence "
            f"{entry.confidence}{dispute}: {entry.source}{by}"
        )
    if isinstance(entry, NewDocument | NewJudgement | IndicatorRow):
        return learnt_sentence(entry)
    assert isinstance(entry, NewCompleteness)
    if entry.retracted:
        return f"{entry.type} complete through {entry.complete_through}, withdrawn on {entry.known_on}: {entry.reason}"
    note = f"; {entry.note}" if entry.note else ""
    reach = f"{entry.type} complete through {entry.complete_through}"
    return f"{reach}, known on {entry.known_on} (by {entry.attested_by}{note})"


def learnt_sentence(entry: NewDocument | NewJudgement | IndicatorRow) -> str:
    """One line that names what only a full update takes in."""
    if isinstance(entry, IndicatorRow):
        what = f"{entry.indicator_id}: {entry.name} ({entry.kind}, half-life {entry.half_life_days:g} d)"
        act = f"retired on {entry.retired_on}" if entry.retired_on else f"added on {entry.added_on}"
        return f"{what}, {act} by {entry.analyst}: {entry.reason}"
    what = _document_text(entry) if isinstance(entry, NewDocument) else _judgement_text(entry)
    by = f" (by {entry.analyst})" if entry.analyst else ""
    return f"{what}, withdrawn on {entry.known_on}: {entry.reason}{by}" if entry.retracted else f"{what}{by}"


def _document_text(entry: NewDocument) -> str:
    where = f", {entry.publisher}" if entry.publisher else ""
    return f"{entry.document_id}: {entry.author}, {entry.title}{where}, published {entry.published_on}"


def _judgement_text(entry: NewJudgement) -> str:
    place = f", {entry.location}" if entry.location else ""
    said = f"{level_text(entry.weight)} ({entry.basis}{place})"
    return f"{entry.document_id} on {entry.indicator_id} for {target_name(entry.target)}: {said}"


def understood_sentences(seen: Understood) -> list[str]:
    """How a file was read, what was left out, and the first entries that are new."""
    more = seen.new - len(seen.sample)
    return [
        f"{seen.file}: {counted(seen.rows, 'row')}, read as {seen.kind}",
        *(f"  {each}" for each in seen.understood),
        *(f"  left out: {each}" for each in seen.left_out),
        *(f"  {entry_sentence(entry)}" for entry in seen.sample),
        *([f"  … and {more} more"] if more else []),
    ]


def count_sentence(seen: Understood) -> str:
    """How many rows of a file are new."""
    doubtful = f", {seen.doubtful} of them in doubt" if seen.doubtful else ""
    return f"{seen.new} new{doubtful}; {seen.there} already on file, or repeated in this file"


def surprise_sentence(seen: Preview) -> str:
    """What the filter expects against what was entered."""
    if seen.surprise is None:
        return "no expectation yet: this is the indicator's first observation"
    found = seen.surprise
    expected = f"expected {signed(found.expected)} ± {found.sd:.2f} (sd), entered {level_text(found.level)}"
    return f"{expected}: {surprise_word(found)}"


def surprise_word(found: Surprise) -> str:
    if abs(found.z) < 0.05:
        return "as expected"
    side = "above" if found.z > 0 else "below"
    weight = "" if abs(found.z) < 2 else ", a surprise" if abs(found.z) < GREAT else ", a great surprise: is it right?"
    return f"{abs(found.z):.1f} sd {side}{weight}"


def duplicate_question(receipt: Receipt) -> str:
    """What is still to be decided of an entry that was stored beside a row that may report the same; "" if nothing."""
    open_ = receipt.preview.undecided if receipt.preview else None
    if open_ is None or not receipt.stored:
        return ""
    command = remedy(open_, receipt.rows[0], open_.row)
    return f"is it the same report as row {open_.row}? If so, run `{command}`; if not, both rightly count"


def change_text(moved: Shift) -> str:
    """The change in percentage points, with its Monte-Carlo error."""
    if moved.old == moved.new:
        return "none"
    return f"{signed(100 * (moved.new - moved.old))} ± {error_size(moved.error)}"


def shift_cells(moved: Shift, *, approximate: bool = False) -> tuple[str, str, str, str]:
    """Window, old, new, change."""
    window = f"by {moved.deadline}" if moved.deadline else f"in {moved.horizon_days} d"
    if approximate:
        return window, percent(moved.old), f"≈ {percent(moved.new)}", f"≈ {signed(100 * (moved.new - moved.old))}"
    return window, percent(moved.old), percent(moved.new), change_text(moved)


def forecast_title(forecast: Provisional | Supposed, run: int | None) -> str:
    if isinstance(forecast, Supposed):
        return f"Approximate (≈), with the posterior of run {forecast.source}; a stored entry gets exact numbers"
    number = "" if run is None else f" (run {run})"
    return f"Provisional{number}, with the posterior of run {forecast.source}"


def moved_targets(receipt: Receipt) -> tuple[str, ...]:
    """The headline and, where an event or attestation is of another kind, what it is one of."""
    assert receipt.forecast is not None
    types = {entry.type for entry in receipt.entries if isinstance(entry, NewEvent | NewCompleteness)}
    own = [_TARGET_OF[type_] for type_ in sorted(types)]
    return tuple(dict.fromkeys((receipt.forecast.headline, *own)))


_TARGET_OF = {"talks": "limits_talks", "contact": "contact", "deal": "deal", "crisis": "crisis"}


def receipt_json(receipt: Receipt) -> dict[str, Any]:
    """The names other programs use: add, never rename."""
    seen = receipt.preview
    return {
        "action": receipt.action,
        "table": receipt.table,
        "stored": receipt.stored,
        "rows": list(receipt.rows),
        "entries": [_entry(entry) for entry in receipt.entries],
        "unchanged": receipt.unchanged,
        "criterion": seen.criterion if seen else None,
        "surprise": {**asdict(seen.surprise), "z": seen.surprise.z} if seen and seen.surprise else None,
        "warnings": list(seen.warnings) if seen else [],
        "likely_duplicates": duplicates_json(receipt.duplicates, receipt.numbers),
        "disagreements": disagreements_json(receipt.disagreements, receipt.numbers),
        "notes": list(receipt.notes),
        "questions": [*receipt.questions, *filter(None, [duplicate_question(receipt)])],
        "bears_on": [asdict(each) for each in receipt.bears_on],
        "forecast": _forecast(receipt.forecast, receipt.run) if receipt.forecast else None,
        "remark": receipt.remark,
        "counts_from": receipt.counts_from,
        **(_understood(receipt.understood) if receipt.understood else {}),
    }


def _understood(seen: Understood) -> dict[str, Any]:
    """How a file was read: parts that only an import has."""
    return {
        "file": seen.file,
        "kind": seen.kind,
        "file_rows": seen.rows,
        "new": seen.new,
        "doubtful": seen.doubtful,
        "understood": list(seen.understood),
        "left_out": list(seen.left_out),
        "sample": [_entry(entry) for entry in seen.sample],
        "mapping": dict(seen.mapping),
    }


def _entry(entry: object) -> dict[str, Any]:
    assert is_dataclass(entry)
    assert not isinstance(entry, type)
    values = {name: value for name, value in asdict(entry).items() if name not in ("id", "recorded_at", "row_key")}
    return {name: value for name, value in values.items() if name not in ("valid_from", "valid_until")}


def _forecast(forecast: Provisional | Supposed, run: int | None) -> dict[str, Any]:
    return {
        "headline": forecast.headline,
        "run": run,
        "posterior_of": forecast.source,
        "structure": forecast.structure,
        "anchored": forecast.anchored,
        "as_of": forecast.as_of,
        "approximate": isinstance(forecast, Supposed),
        "horizons": [_shift(each) for each in forecast.shifts],
        "targets": {target: [_shift(each) for each in moved] for target, moved in forecast.by_target.items()},
        "do": {target: [_shift(each) for each in moved] for target, moved in forecast.done.items()},
    }


def _shift(moved: Shift) -> dict[str, Any]:
    reach = {"horizon_days": moved.horizon_days} if moved.deadline is None else {"deadline": moved.deadline}
    return reach | {"old": moved.old, "new": moved.new, "error": moved.error}
