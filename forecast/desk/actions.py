"""The analyst's desk: log, correct, attest, import, and see at once what it does to the forecast.

    desk = Desk(database, analyst="kim")
    receipt = log(desk, "us_posture", -1, on=date(2026, 11, 20), source="White House briefing", grade="A1")
    receipt.forecast.shifts  # the headline before and after, by horizon

Every action checks first, stores in one transaction and then answers with a provisional forecast; with `dry_run` the
same happens and nothing stays. A desk that is kept open answers in a fraction of a second. What is wrong with an entry
is told by `indicators.errors.CaseError`, all of it at once; a row that cannot be corrected by
`forecast.errors.NotOnFile`; what the database refuses by `db.errors.StoreError`. Then nothing is stored.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial

from sqlalchemy import Connection

from db.append import append_completeness, append_events, append_observations
from db.rows import CompletenessRow, NewCompleteness, NewEvent, NewObservation, ObservationRow
from forecast.desk.bearings import AlsoOn, find_bearings
from forecast.desk.draft import Day, EventDraft, ObservationDraft, Said, columns_of, draft_of
from forecast.desk.duplicates import same_row
from forecast.desk.entries import (
    attestations,
    event_cells,
    event_notes,
    observation_cells,
    read_event_entry,
    read_observation_entry,
    retraction,
    standing_attestation,
    standing_event,
    standing_observation,
)
from forecast.desk.importing import import_file as import_file
from forecast.desk.joining import check_changes, common_origin, given_origin, joined, one_with
from forecast.desk.outcome import REFUSED, cause_of, receipt_of, unchanged
from forecast.desk.preview import Preview, make_preview
from forecast.desk.questions import event_questions
from forecast.desk.session import Desk, Receipt, submit
from forecast.engine.assemble import Rows
from forecast.engine.reading import Reading, take_reading
from indicators.errors import CaseError
from indicators.texts import kept_text, mending_notes

__all__ = (
    "Desk",
    "Receipt",
    "add_event",
    "attest",
    "import_file",
    "log",
    "retract",
    "retract_event",
    "revise",
    "revise_event",
)

type Confirm = Callable[[Preview], bool | ObservationRow]
"""Whether to store an entry, given what is to be known of it; a row: yes, as one piece of evidence with that row."""


type Ask = Callable[[tuple[str, ...]], bool]
"""Puts the questions that an event raises to a person: whether to store it all the same."""


def _accept(preview: Preview) -> bool:
    return True


def log(
    desk: Desk,
    indicator: ObservationDraft | str,
    level: float | str | None = None,
    *,
    origin_of: int | None = None,
    confirm: Confirm = _accept,
    dry_run: bool = False,
    **parts: Said,
) -> Receipt:
    """Store an observation; without `known_on` it could be known on the day it was observed.

    It is given as a draft, or as indicator and level with the other parts of `ObservationDraft` by name. `origin_of` is
    the number of a row that it is one piece of evidence with: both are given one origin. `confirm` sees the entry
    before it is stored, with its surprise and warnings, and may refuse. The very same row again is not stored twice:
    the receipt names the one that is there.
    """
    draft = draft_of(ObservationDraft, indicator, {"level": level, **parts}, first="indicator")
    cells = observation_cells(columns_of(draft))
    with desk.database.read() as connection:
        before = desk.reading(connection)
        entry = read_observation_entry(before.rows, cells, desk)
        other = one_with(connection, before.rows, origin_of)
        if other is not None:
            entry = replace(entry, origin=common_origin(entry.origin, other))
            entry, before = joined(before, entry, other)
        there = same_row(connection, before, entry)
        seen = make_preview(before, entry)
    if there is not None:
        note = f"the same observation is already on file as row {there}; nothing was added"
        return unchanged((entry,), seen, note, rows=(there,))
    confirmed = confirm(seen)
    if not confirmed:
        return unchanged((entry,), seen, REFUSED)
    if isinstance(confirmed, ObservationRow):
        other = confirmed
        entry, before = joined(before, entry, other)
        seen = make_preview(before, entry)
    return _observe(desk, "logged", entry, seen, dry_run=dry_run, notes=mending_notes([cells]), other=other)


def revise(
    desk: Desk,
    row: int,
    changes: ObservationDraft | None = None,
    *,
    reason: str = "",
    origin_of: int | None = None,
    confirm: Confirm = _accept,
    dry_run: bool = False,
    **parts: Said,
) -> Receipt:
    """Supersede observation `row` by one that differs in `changes`, from its `known_on` (today) on.

    Changes are given as a draft, or by the names of its parts; `origin_of` is the number of a row that it is one piece
    of evidence with: both are given one origin.
    """
    changed = columns_of(draft_of(ObservationDraft, changes, parts))
    why = kept_text(reason, "reason")
    with desk.database.read() as connection:
        before = desk.reading(connection)
        old = standing_observation(connection, row, before.rows.case.case_id)
        other = one_with(connection, before.rows, origin_of, revised=old)
        if other is not None:
            changed["origin"] = common_origin(str(changed.get("origin", "")), other, old.origin)
            check_changes(changed, old, other)
        cells = observation_cells(_dated(desk, old.known_on, changed), old)
        entry = replace(read_observation_entry(before.rows, cells, desk, old), supersedes=old.id, reason=why)
        others = tuple(each for each in before.rows.observations if each.id != old.id)
        without = take_reading(replace(before.rows, observations=others))
        if other is not None:
            entry, without = joined(without, entry, other)
        seen = make_preview(without, entry)
    if not confirm(seen):
        return unchanged((entry,), seen, REFUSED)
    mended = mending_notes([{**cells, "reason": reason}])
    return _observe(desk, "revised", entry, seen, dry_run=dry_run, notes=mended, other=other)


def retract(
    desk: Desk,
    row: int,
    reason: str,
    *,
    attestation: bool = False,
    known_on: Day | None = None,
    dry_run: bool = False,
) -> Receipt:
    """Withdraw observation `row` (or attestation `row`), from `known_on` (today) on."""
    with desk.database.read() as connection:
        case_id = desk.reading(connection).rows.case.case_id
        old: CompletenessRow | ObservationRow = (
            standing_attestation(connection, row, case_id)
            if attestation
            else standing_observation(connection, row, case_id, act="retract")
        )
    mended = mending_notes([{"reason": reason}])
    entry = retraction(old, reason, known_on or _correction_day(desk, old.known_on or desk.today()), desk)
    if isinstance(entry, NewCompleteness):
        return _attest(desk, "retracted", [entry], [*mended, "the attestation before it applies again"], dry_run)
    if old.supersedes is not None:
        mended.append(f"row {old.supersedes}, which it had replaced, is not restored")
    return _observe(desk, "retracted", entry, None, dry_run=dry_run, notes=mended)


def add_event(
    desk: Desk,
    type: EventDraft | str,
    *,
    ask: Ask | None = None,
    dry_run: bool = False,
    **parts: Said,
) -> Receipt:
    """Store an event; one of confidence low, with the reason, is in dispute and left out of forecasts until settled.

    It is given as a draft, or as its type with the other parts of `EventDraft` by name. What it leaves open, such as
    the agenda of talks, `ask` puts to a person before it is stored; with nobody to ask it stands in the receipt.
    """
    draft = draft_of(EventDraft, type, parts, first="type")
    if draft.reason and (draft.confidence or "").casefold() != "low":
        what = "marks a dispute; give --confidence low as well, or put it in --note"
        raise CaseError([f"reason: {draft.reason!r} {what}"])
    cells = event_cells(columns_of(draft))

    def make(connection: Connection, rows: Rows) -> NewEvent:
        return read_event_entry(connection, rows, cells, desk)

    return _happen(desk, "logged", make, ask, dry_run, mending_notes([cells]))


def revise_event(
    desk: Desk,
    event_id: str,
    changes: EventDraft | None = None,
    *,
    ask: Ask | None = None,
    dry_run: bool = False,
    **parts: Said,
) -> Receipt:
    """Supersede an event by one that differs in `changes`, from its `known_on` (today) on.

    Changes are given as a draft, or by the names of its parts. A dispute is settled by a `confidence` of medium or
    high; its reason then goes, unless another is given.
    """
    changed = columns_of(draft_of(EventDraft, changes, parts))
    mended = mending_notes([{name: said for name, said in changed.items() if isinstance(said, str)}])

    def make(connection: Connection, rows: Rows) -> NewEvent:
        old = standing_event(connection, rows.case.case_id, event_id)
        cells = event_cells(_dated(desk, old.known_on, changed), old)
        return replace(read_event_entry(connection, rows, cells, desk, old), supersedes=old.id)

    return _happen(desk, "revised", make, ask, dry_run, mended)


def retract_event(
    desk: Desk,
    event_id: str,
    reason: str,
    *,
    known_on: Day | None = None,
    ask: Ask | None = None,
    dry_run: bool = False,
) -> Receipt:
    """Withdraw an event, from `known_on` (today) on."""

    def make(connection: Connection, rows: Rows) -> NewEvent:
        old = standing_event(connection, rows.case.case_id, event_id)
        return retraction(old, reason, known_on or _correction_day(desk, old.known_on), desk)

    return _happen(desk, "retracted", make, ask, dry_run, mending_notes([{"reason": reason}]))


def attest(
    desk: Desk,
    through: Day,
    *,
    types: Sequence[str] = (),
    since: Day | None = None,
    note: str = "",
    dry_run: bool = False,
) -> Receipt:
    """Attest that all events of the types (all types) up to `through` are on file, and that there were no others.

    Without `since` an attestation goes on from the one before it.
    """
    with desk.database.read() as connection:
        before = desk.reading(connection).rows
        rows, notes = attestations(connection, before, desk, through, types=types, since=since, note=note)
    return _attest(desk, "attested", rows, [*mending_notes([{"note": note}]), *notes], dry_run)


def _observe(
    desk: Desk,
    action: str,
    entry: NewObservation,
    seen: Preview | None,
    *,
    dry_run: bool,
    notes: Sequence[str] = (),
    other: ObservationRow | None = None,
) -> Receipt:
    """Store an entry; a row that it is one piece of evidence with is given its origin in the same transaction."""
    also = given_origin(other, entry.origin, desk.analyst, desk.today()) if other is not None else None
    entries = [entry] if also is None else [entry, also]
    bears_on: list[AlsoOn] = []

    def append(connection: Connection, before: Reading, at: datetime) -> list[int]:
        bears_on.extend(find_bearings(connection, before, [entry]))
        return append_observations(connection, entries, at)

    plain = also is None and entry.supersedes is None
    cause = partial(cause_of, action, "observations") if plain else None
    stored = submit(desk, append, dry_run=dry_run, at_once=cause)
    if other is not None:
        notes = [*notes, f"counts as one piece of evidence with row {other.id}: both have origin {entry.origin!r}"]
    receipt = receipt_of(
        desk, stored, action, "observations", entries, seen=seen, notes=notes, bears_on=bears_on, dry_run=dry_run
    )
    return receipt if seen is None else replace(receipt, duplicates=seen.duplicates, disagreements=seen.disagreements)


def _attest(desk: Desk, action: str, rows: list[NewCompleteness], notes: Sequence[str], dry_run: bool) -> Receipt:
    def append(connection: Connection, _: Reading, at: datetime) -> list[int]:
        return append_completeness(connection, rows, at)

    stored = submit(desk, append, dry_run=dry_run)
    return receipt_of(desk, stored, action, "completeness", rows, notes=notes, dry_run=dry_run)


def _happen(
    desk: Desk,
    action: str,
    make: Callable[[Connection, Rows], NewEvent],
    ask: Ask | None,
    dry_run: bool,
    mended: Sequence[str],
) -> Receipt:
    """Made under the write lock: two desks must not give two events one id.

    A person who thinks about a question must not hold up other desks, so it is made once before, without the lock; what
    only arises from what they enter meanwhile stands in the receipt.
    """
    with desk.database.read() as connection:
        rows = desk.reading(connection).rows
        planned = make(connection, rows)
        asked = event_questions(rows, planned) if ask is not None else ()
    if ask is not None and asked and not ask(asked):
        return replace(unchanged((planned,), None, REFUSED, table="events"), questions=asked)
    made: list[NewEvent] = []
    bears_on: list[AlsoOn] = []

    def append(connection: Connection, before: Reading, at: datetime) -> list[int]:
        made.append(make(connection, before.rows))
        bears_on.extend(find_bearings(connection, before, made))
        return append_events(connection, made, at)

    stored = submit(desk, append, dry_run=dry_run)
    questions = event_questions(stored.before.rows, made[0])
    notes = (*mended, *(each for each in questions if each not in asked), *event_notes(stored.before.rows, made[0]))
    receipt = receipt_of(desk, stored, action, "events", made, notes=notes, bears_on=bears_on, dry_run=dry_run)
    return replace(receipt, questions=questions)


def _correction_day(desk: Desk, known_on: date) -> date:
    """A correction acts from today, and not before what it corrects."""
    return max(desk.today(), known_on)


def _dated(desk: Desk, known_on: date, changed: Mapping[str, Said]) -> dict[str, Said]:
    """The cells that are to change, with the day from which on they do."""
    return {**changed, "known_on": changed.get("known_on") or _correction_day(desk, known_on)}
