"""The analyst's desk: log, correct, attest, import, and see at once what it does to the forecast.

    desk = Desk(database, analyst="kim")
    receipt = log(desk, "us_posture", -1, on=date(2026, 11, 20), source="White House briefing", grade="A1")
    receipt.forecast.shifts  # the headline before and after, by horizon

Every action checks first, stores in one transaction and then answers with a provisional forecast; with `dry_run` the
same happens and nothing stays. A desk that is kept open answers in a fraction of a second. What is wrong with an entry
is told by `indicators.errors.CaseError`, all of it at once; a row that cannot be corrected by
`forecast.errors.NotOnFile`; what the database refuses by `db.errors.StoreError`. Then nothing is stored.
"""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Connection

from db.append import append_completeness, append_events, append_observations
from db.progress import Progress, silent
from db.rows import NewCompleteness, NewEvent, NewObservation
from forecast.desk.bearings import AlsoOn, bearing_notes, find_bearings
from forecast.desk.draft import Day, EventDraft, ObservationDraft, Said, columns_of, draft_of
from forecast.desk.duplicates import same_row
from forecast.desk.entries import (
    attestations,
    east_note,
    event_cells,
    event_notes,
    observation_cells,
    read_event_entry,
    read_import,
    read_observation_entry,
    retraction,
    standing_attestation,
    standing_event,
    standing_observation,
)
from forecast.desk.preview import Preview, make_preview, startling
from forecast.desk.questions import event_questions
from forecast.desk.session import Desk, Receipt, Stored, answer, submit
from forecast.engine.assemble import Rows
from forecast.engine.provisional import Reading, take_reading
from indicators.errors import CaseError

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

REFIT = "events and silence also teach the rates: that part of the answer comes with the next `parley update`"

REFUSED = "not stored, as you wished"

LOOKED_AT = 1000
"""Rows of an import up to which each is held against what is on file: a person cannot look at more."""

type Confirm = Callable[[Preview], bool]


type Ask = Callable[[tuple[str, ...]], bool]
"""Puts the questions that an event raises to a person: whether to store it all the same."""


def _accept(preview: Preview) -> bool:
    return True


def log(
    desk: Desk,
    indicator: ObservationDraft | str,
    level: float | str | None = None,
    *,
    confirm: Confirm = _accept,
    dry_run: bool = False,
    **parts: Said,
) -> Receipt:
    """Store an observation; without `known_on` it could be known on the day it was observed.

    It is given as a draft, or as indicator and level with the other parts of `ObservationDraft` by name. `confirm` sees
    the entry before it is stored, with its surprise and warnings, and may refuse. The very same row again is not stored
    twice: the receipt names the one that is there.
    """
    draft = draft_of(ObservationDraft, indicator, {"level": level, **parts}, first="indicator")
    cells = observation_cells(columns_of(draft))
    with desk.database.read() as connection:
        before = desk.reading(connection)
        entry = read_observation_entry(before.rows, cells, desk)
        there = same_row(connection, before.rows, entry)
        seen = make_preview(before.rows, before.problem, entry)
    if there is not None:
        note = f"the same row is there already as row {there}; nothing was added"
        return _unchanged((entry,), seen, note, rows=(there,))
    if not confirm(seen):
        return _unchanged((entry,), seen, REFUSED)
    return _observe(desk, "logged", entry, seen, dry_run)


def revise(
    desk: Desk,
    row: int,
    changes: ObservationDraft | None = None,
    *,
    reason: str = "",
    confirm: Confirm = _accept,
    dry_run: bool = False,
    **parts: Said,
) -> Receipt:
    """Supersede observation `row` by one that differs in `changes`, from its `known_on` (today) on.

    Changes are given as a draft, or by the names of its parts.
    """
    changed = columns_of(draft_of(ObservationDraft, changes, parts))
    with desk.database.read() as connection:
        before = desk.reading(connection)
        old = standing_observation(connection, row, before.rows.case.case_id)
        cells = observation_cells(_dated(desk, old.known_on, changed), old)
        entry = replace(read_observation_entry(before.rows, cells, desk, old), supersedes=old.id, reason=reason.strip())
        others = tuple(each for each in before.rows.observations if each.id != old.id)
        without = take_reading(replace(before.rows, observations=others))
        seen = make_preview(without.rows, without.problem, entry)
    if not confirm(seen):
        return _unchanged((entry,), seen, REFUSED)
    return _observe(desk, "revised", entry, seen, dry_run)


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
        find = standing_attestation if attestation else standing_observation
        old = find(connection, row, desk.reading(connection).rows.case.case_id)
    entry = retraction(old, reason, known_on or _correction_day(desk, old.known_on or desk.today()), desk)
    if isinstance(entry, NewCompleteness):
        return _attest(desk, "retracted", [entry], ("the attestation before it holds again",), dry_run)
    replaced = () if old.supersedes is None else (f"row {old.supersedes}, which it had replaced, does not come back",)
    return _observe(desk, "retracted", entry, None, dry_run, replaced)


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
        what = "marks a dispute; give --confidence low with it, or say it in --note"
        raise CaseError([f"reason: {draft.reason!r} {what}"])
    cells = event_cells(columns_of(draft))

    def make(connection: Connection, rows: Rows) -> NewEvent:
        return read_event_entry(connection, rows, cells, desk)

    return _happen(desk, "logged", make, ask, dry_run)


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

    def make(connection: Connection, rows: Rows) -> NewEvent:
        old = standing_event(connection, rows.case.case_id, event_id)
        cells = event_cells(_dated(desk, old.known_on, changed), old)
        return replace(read_event_entry(connection, rows, cells, desk, old), supersedes=old.id)

    return _happen(desk, "revised", make, ask, dry_run)


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

    return _happen(desk, "retracted", make, ask, dry_run)


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
    return _attest(desk, "attested", rows, notes, dry_run)


def import_file(
    desk: Desk, path: Path, *, encoding: str | None = None, dry_run: bool = False, progress: Progress = silent
) -> Receipt:
    """Store the observations of a CSV or XLSX file: all of them, or none and every problem.

    Rows that are there already, of this file or entered otherwise, are not added again.
    """
    with _uncollected():
        return _import(desk, path, encoding, dry_run, progress)


def _import(desk: Desk, path: Path, encoding: str | None, dry_run: bool, progress: Progress) -> Receipt:
    with desk.database.read() as connection:
        rows = desk.reading(connection).rows
    found = read_import(rows, path, encoding, desk, progress)
    added: list[NewObservation] = []
    notes: list[str] = []
    bears_on: list[AlsoOn] = []

    def append(connection: Connection, before: Reading, at: datetime) -> list[int]:
        fresh, said = found.fresh(connection, before.rows)
        added.extend(fresh)
        notes.extend(said)
        if len(fresh) <= LOOKED_AT:
            bears_on.extend(find_bearings(connection, before.rows, fresh))
        progress("storing", 0, len(fresh), "")
        return append_observations(connection, fresh, at)

    stored = submit(desk, append, dry_run=dry_run)
    if len(added) <= LOOKED_AT:
        notes.extend(startling(stored.before.rows, stored.before.problem, added))
    progress("forecasting", 0, 0, "")
    receipt = _receipt(desk, stored, "imported", "observations", added, notes=notes, bears_on=bears_on, dry_run=dry_run)
    return replace(receipt, unchanged=found.number - len(added))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Spare a bulk of rows, among which there are no cycles, being walked again and again in search of some."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _observe(
    desk: Desk, action: str, entry: NewObservation, seen: Preview | None, dry_run: bool, notes: Sequence[str] = ()
) -> Receipt:
    bears_on: list[AlsoOn] = []

    def append(connection: Connection, before: Reading, at: datetime) -> list[int]:
        bears_on.extend(find_bearings(connection, before.rows, [entry]))
        return append_observations(connection, [entry], at)

    stored = submit(desk, append, dry_run=dry_run)
    return _receipt(
        desk, stored, action, "observations", [entry], seen=seen, notes=notes, bears_on=bears_on, dry_run=dry_run
    )


def _attest(desk: Desk, action: str, rows: list[NewCompleteness], notes: Sequence[str], dry_run: bool) -> Receipt:
    def append(connection: Connection, _: Reading, at: datetime) -> list[int]:
        return append_completeness(connection, rows, at)

    stored = submit(desk, append, dry_run=dry_run)
    return _receipt(desk, stored, action, "completeness", rows, notes=notes, dry_run=dry_run)


def _happen(
    desk: Desk, action: str, make: Callable[[Connection, Rows], NewEvent], ask: Ask | None, dry_run: bool
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
        return replace(_unchanged((planned,), None, REFUSED, table="events"), questions=asked)
    made: list[NewEvent] = []
    bears_on: list[AlsoOn] = []

    def append(connection: Connection, before: Reading, at: datetime) -> list[int]:
        made.append(make(connection, before.rows))
        bears_on.extend(find_bearings(connection, before.rows, made))
        return append_events(connection, made, at)

    stored = submit(desk, append, dry_run=dry_run)
    questions = event_questions(stored.before.rows, made[0])
    notes = (*(each for each in questions if each not in asked), *event_notes(stored.before.rows, made[0]))
    receipt = _receipt(desk, stored, action, "events", made, notes=notes, bears_on=bears_on, dry_run=dry_run)
    return replace(receipt, questions=questions)


def _receipt(
    desk: Desk,
    stored: Stored,
    action: str,
    table: str,
    entries: Sequence[object],
    *,
    seen: Preview | None = None,
    notes: Sequence[str],
    bears_on: Sequence[AlsoOn] = (),
    dry_run: bool,
) -> Receipt:
    if not stored.rows:
        return _unchanged(tuple(entries), seen, *notes, table=table)
    first, last = stored.rows[0], stored.rows[-1]
    cause = f"{action} {table} row {first}" if first == last else f"{action} {table} rows {first} to {last}"
    notes = (*notes, *bearing_notes(bears_on), *east_note(entries, desk.moment()), *clock_note(stored))
    forecast, run, remark = answer(desk, stored, cause, dry_run=dry_run)
    if forecast is not None and table != "observations":
        notes = (*notes, REFIT)
    return Receipt(
        action=action,
        table=table,
        rows=() if dry_run else stored.rows,
        stored=not dry_run,
        entries=tuple(entries),
        preview=seen,
        notes=tuple(notes),
        bears_on=tuple(bears_on),
        forecast=forecast,
        run=run,
        remark=remark,
    )


def clock_note(stored: Stored) -> tuple[str, ...]:
    return (f"is this clock right? {stored.doubt}: set it right before the next entry",) if stored.doubt else ()


def _unchanged(
    entries: tuple[object, ...],
    seen: Preview | None,
    *notes: str,
    table: str = "observations",
    rows: tuple[int, ...] = (),
) -> Receipt:
    """The receipt of an action that stored nothing; `rows` are there already."""
    return Receipt(action="unchanged", table=table, rows=rows, stored=False, entries=entries, preview=seen, notes=notes)


def _correction_day(desk: Desk, known_on: date) -> date:
    """A correction acts from today, and not before what it corrects."""
    return max(desk.today(), known_on)


def _dated(desk: Desk, known_on: date, changed: Mapping[str, Said]) -> dict[str, Said]:
    """The cells that are to change, with the day from which on they do."""
    return {**changed, "known_on": changed.get("known_on") or _correction_day(desk, known_on)}
