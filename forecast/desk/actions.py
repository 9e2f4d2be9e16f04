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
from db.rows import NewCompleteness, NewEvent, NewObservation
from forecast.desk.entries import (
    attestations,
    event_cells,
    event_notes,
    observation_cells,
    read_event_entry,
    read_import,
    read_observation_entry,
    retraction,
    same_row,
    standing_attestation,
    standing_event,
    standing_observation,
)
from forecast.desk.preview import Preview, make_preview, startling
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

LOOKED_AT = 1000
"""Rows of an import up to which each is held against what is on file: a person cannot look at more."""

type Day = date | str
type Confirm = Callable[[Preview], bool]
type Progress = Callable[[str, int, int], None]


def _accept(preview: Preview) -> bool:
    return True


def _silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def log(
    desk: Desk,
    indicator: str,
    level: float | str,
    *,
    on: Day,
    source: str,
    grade: str,
    known_on: Day | None = None,
    publisher: str = "",
    url: str = "",
    origin: str = "",
    note: str = "",
    analyst: str = "",
    confirm: Confirm = _accept,
    dry_run: bool = False,
) -> Receipt:
    """Store an observation; without `known_on` it could be known on the day it was observed.

    `confirm` sees the entry before it is stored, with its surprise and warnings, and may refuse. The very same row
    again is not stored twice: the receipt names the one that is there.
    """
    cells = observation_cells(
        indicator=indicator,
        observed_on=on,
        known_on=known_on,
        level=level,
        grade=grade,
        source=source,
        publisher=publisher,
        url=url,
        origin=origin,
        analyst=analyst,
        note=note,
    )
    with desk.database.read() as connection:
        before = desk.reading(connection)
        entry = read_observation_entry(before.rows, cells, desk)
        there = same_row(connection, before.rows, entry)
        seen = make_preview(before.rows, before.problem, entry)
    if there is not None:
        note_ = f"the same row is there already as row {there}; nothing was added"
        return Receipt("unchanged", "observations", (there,), False, (entry,), seen, (note_,))
    if not confirm(seen):
        return Receipt("unchanged", "observations", (), False, (entry,), seen, ("not stored, as you wished",))
    return _observe(desk, "logged", entry, seen, dry_run)


def revise(
    desk: Desk,
    row: int,
    *,
    known_on: Day | None = None,
    reason: str = "",
    confirm: Confirm = _accept,
    dry_run: bool = False,
    **changes: Day | float | None,
) -> Receipt:
    """Supersede observation `row` by one that differs in `changes`, from `known_on` (today) on.

    Changes are named as in `log`: indicator, level, on, source, publisher, grade, url, origin, note, analyst.
    """
    with desk.database.read() as connection:
        before = desk.reading(connection)
        old = standing_observation(connection, row, before.rows.case.case_id)
        cells = observation_cells(
            old, known_on=known_on or _correction_day(desk, old.known_on), **_renamed(changes, _NAMES)
        )
        entry = replace(read_observation_entry(before.rows, cells, desk, old), supersedes=old.id, reason=reason.strip())
        others = tuple(each for each in before.rows.observations if each.id != old.id)
        without = take_reading(replace(before.rows, observations=others))
        seen = make_preview(without.rows, without.problem, entry)
    if not confirm(seen):
        return Receipt("unchanged", "observations", (), False, (entry,), seen, ("not stored, as you wished",))
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
    type: str,
    *,
    on: Day,
    source: str,
    until: Day | None = None,
    framing: str = "",
    id: str = "",
    known_on: Day | None = None,
    confidence: str = "",
    reason: str = "",
    level: str = "",
    format: str = "",
    venue: str = "",
    note: str = "",
    precision: str = "",
    analyst: str = "",
    dry_run: bool = False,
) -> Receipt:
    """Store an event; one of confidence low, with the reason, is in dispute and left out of forecasts until settled."""
    if reason and confidence.casefold() != "low":
        what = "marks a dispute; give --confidence low with it, or say it in --note"
        raise CaseError([f"reason: {reason!r} {what}"])
    cells = event_cells(
        id=id,
        type=type,
        framing=framing,
        started_on=on,
        ended_on=until,
        known_on=known_on,
        date_precision=precision,
        level=level,
        format=format,
        venue=venue,
        source=source,
        confidence=confidence,
        reason=reason,
        note=note,
        analyst=analyst,
    )
    return _happen(desk, "logged", lambda connection, rows: read_event_entry(connection, rows, cells, desk), dry_run)


def revise_event(
    desk: Desk, event_id: str, *, known_on: Day | None = None, dry_run: bool = False, **changes: Day | None
) -> Receipt:
    """Supersede an event by one that differs in `changes`, named as in `add_event`, from `known_on` (today) on.

    A dispute is settled by a `confidence` of medium or high; its reason then goes, unless another is given.
    """

    def make(connection: Connection, rows: Rows) -> NewEvent:
        old = standing_event(connection, rows.case.case_id, event_id)
        day = known_on or _correction_day(desk, old.known_on)
        cells = event_cells(old, known_on=day, **_renamed(changes, _EVENT_NAMES))
        return replace(read_event_entry(connection, rows, cells, desk, old), supersedes=old.id)

    return _happen(desk, "revised", make, dry_run)


def retract_event(
    desk: Desk, event_id: str, reason: str, *, known_on: Day | None = None, dry_run: bool = False
) -> Receipt:
    """Withdraw an event, from `known_on` (today) on."""

    def make(connection: Connection, rows: Rows) -> NewEvent:
        old = standing_event(connection, rows.case.case_id, event_id)
        return retraction(old, reason, known_on or _correction_day(desk, old.known_on), desk)

    return _happen(desk, "retracted", make, dry_run)


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
        rows, notes = attestations(connection, desk.reading(connection).rows, desk, through, types, since, note)

    return _attest(desk, "attested", rows, notes, dry_run)


def import_file(
    desk: Desk, path: Path, *, encoding: str | None = None, dry_run: bool = False, progress: Progress = _silent
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

    def append(connection: Connection, before: Reading, at: datetime) -> list[int]:
        fresh, said = found.fresh(connection, before.rows)
        added.extend(fresh)
        notes.extend(said)
        progress("storing", 0, len(fresh))
        return append_observations(connection, fresh, at)

    stored = submit(desk, append, dry_run=dry_run)
    if len(added) <= LOOKED_AT:
        notes.extend(startling(stored.before.rows, stored.before.problem, added))
    progress("forecasting", 0, 0)
    receipt = _receipt(desk, stored, "imported", "observations", added, None, notes, dry_run)
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
    def append(connection: Connection, _: Reading, at: datetime) -> list[int]:
        return append_observations(connection, [entry], at)

    stored = submit(desk, append, dry_run=dry_run)
    return _receipt(desk, stored, action, "observations", [entry], seen, notes, dry_run)


def _attest(desk: Desk, action: str, rows: list[NewCompleteness], notes: Sequence[str], dry_run: bool) -> Receipt:
    def append(connection: Connection, _: Reading, at: datetime) -> list[int]:
        return append_completeness(connection, rows, at)

    stored = submit(desk, append, dry_run=dry_run)
    return _receipt(desk, stored, action, "completeness", rows, None, notes, dry_run)


def _happen(desk: Desk, action: str, make: Callable[[Connection, Rows], NewEvent], dry_run: bool) -> Receipt:
    """Made under the write lock: two desks must not give two events one id."""
    made: list[NewEvent] = []

    def append(connection: Connection, before: Reading, at: datetime) -> list[int]:
        made.append(make(connection, before.rows))
        return append_events(connection, made, at)

    stored = submit(desk, append, dry_run=dry_run)
    return _receipt(desk, stored, action, "events", made, None, event_notes(stored.before.rows, made[0]), dry_run)


def _receipt(
    desk: Desk,
    stored: Stored,
    action: str,
    table: str,
    entries: Sequence[object],
    seen: Preview | None,
    notes: Sequence[str],
    dry_run: bool,
) -> Receipt:
    if not stored.rows:
        return Receipt("unchanged", table, (), False, tuple(entries), seen, tuple(notes))
    first, last = stored.rows[0], stored.rows[-1]
    cause = f"{action} {table} row {first}" if first == last else f"{action} {table} rows {first} to {last}"
    forecast, run, remark = answer(desk, stored, cause, dry_run=dry_run)
    if forecast is not None and table != "observations":
        notes = (*notes, REFIT)
    rows = () if dry_run else stored.rows
    return Receipt(action, table, rows, not dry_run, tuple(entries), seen, tuple(notes), forecast, run, remark)


def _correction_day(desk: Desk, known_on: date) -> date:
    """A correction acts from today, and not before what it corrects."""
    return max(desk.today(), known_on)


_NAMES = {"on": "observed_on"}
_EVENT_NAMES = {"on": "started_on", "until": "ended_on", "precision": "date_precision"}


def _renamed(changes: Mapping[str, Day | float | None], names: Mapping[str, str]) -> dict[str, Day | float | None]:
    """The cells that are to change; None leaves one as it is."""
    return {names.get(name, name): value for name, value in changes.items() if value is not None}
