"""Files of rows of every kind: read as a person says, shown, and stored whole or not at all.

    receipt = import_file(desk, Path("week.csv"))
    mapping = FileMapping(columns={"observed_on": "Date"}, constants={"indicator": "dprk_weapons_testing"}, …)
    receipt = import_file(desk, Path("tests.csv"), mapping=mapping)

Rows that are on file already, of this file or entered otherwise, are not added again. The kinds of rows are those of
`KINDS`; a new kind is a new line there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from db.append import (
    append_completeness,
    append_documents,
    append_encoded_observations,
    append_events,
    append_judgements,
)
from db.garbage import uncollected
from db.progress import Progress, silent
from db.read import appended_observations
from db.rows import NewEvent, NewObservation
from db.when import When
from forecast.desk.batch import LOOKED_AT, Batch, ImportKind
from forecast.desk.bearings import AlsoOn, find_bearings
from forecast.desk.bulk_attestations import read_attestation_rows, remarks_on_attestations
from forecast.desk.bulk_events import read_event_rows, remarks_on_events
from forecast.desk.bulk_learnt import no_remarks, read_document_rows, read_judgement_rows
from forecast.desk.bulk_observations import read_observation_rows, remarks_on_observations
from forecast.desk.doubts import import_notes
from forecast.desk.duplicates import duplicates_among
from forecast.desk.entries import rules_of
from forecast.desk.learning import learnt_later
from forecast.desk.outcome import REFUSED, receipt_of, unchanged
from forecast.desk.session import Desk, Receipt, submit
from forecast.desk.understood import Understood
from forecast.engine.assemble import Rows
from forecast.engine.reading import Reading
from indicators.columns import known_names
from indicators.days import day_notes
from indicators.disagreements import standing_on
from indicators.errors import CaseError
from indicators.foreign import Table, read_table
from indicators.kinds import ATTESTATIONS, DOCUMENTS, EVENTS, JUDGEMENTS, OBSERVATIONS
from indicators.mapping import AS_NAMED, FileMapping, fold, said_of
from indicators.sheets import read_grid
from indicators.snapshot import Observed
from indicators.tables import Problems
from indicators.texts import mending_notes

KINDS: tuple[ImportKind[Any], ...] = (
    ImportKind(
        file=OBSERVATIONS,
        table="observations",
        read=read_observation_rows,
        append=append_encoded_observations,
        remarks=remarks_on_observations,
        appended=appended_observations,
    ),
    ImportKind(
        file=EVENTS,
        table="events",
        read=read_event_rows,
        append=append_events,
        remarks=remarks_on_events,
    ),
    ImportKind(
        file=ATTESTATIONS,
        table="completeness",
        read=read_attestation_rows,
        append=append_completeness,
        remarks=remarks_on_attestations,
    ),
    ImportKind(
        file=DOCUMENTS,
        table="documents",
        read=read_document_rows,
        append=append_documents,
        remarks=no_remarks,
        learnt=True,
    ),
    ImportKind(
        file=JUDGEMENTS,
        table="judgements",
        read=read_judgement_rows,
        append=append_judgements,
        remarks=no_remarks,
        learnt=True,
    ),
)
"""What can be imported; the first is what a table is taken for whose columns tell of none."""
SAMPLE = 3
"""Entries that are shown before they are stored."""
_CHECKED_AT_A_TIME = 5000

type Confirm = Callable[[Understood], bool]
"""Whether to store what was understood of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The rows of a file, and how they were read."""

    file: str
    kind: ImportKind[Any]
    table: Table
    batch: Batch[Any]
    mapping: FileMapping
    mended: tuple[str, ...]


def import_file(
    desk: Desk,
    path: Path,
    *,
    mapping: FileMapping = AS_NAMED,
    encoding: str | None = None,
    confirm: Confirm | None = None,
    dry_run: bool = False,
    progress: Progress = silent,
) -> Receipt:
    """Store the rows of a file: all of them, or none and every problem.

    Parameters
    ----------
    path
        a table as text, such as .csv, or a workbook, such as .xlsx
    mapping
        what a person says of the table; columns that are not named there go by their own names
    encoding
        of a text; None is what the mapping says, or what the text itself tells
    confirm
        sees what was understood, before anything is stored, and may refuse it

    Raises
    ------
    CaseError
        with every problem of the file and its place, if there is one
    """
    said = mapping if encoding is None else replace(mapping, encoding=encoding)
    with uncollected():
        return _import_file(desk, path, said, confirm, dry_run, progress)


def _import_file(
    desk: Desk, path: Path, said: FileMapping, confirm: Confirm | None, dry_run: bool, progress: Progress
) -> Receipt:
    """A function of its own: what it holds of the file is gone before the next search for cycles."""
    found = read_file(desk, path, said, progress)
    if confirm is not None and (seen := understand(desk, found)).new and not confirm(seen):
        return refused(found, seen)
    return store(desk, found, dry_run=dry_run, progress=progress)


def read_file(desk: Desk, path: Path, mapping: FileMapping, progress: Progress = silent) -> Found:
    """Read and check every row of a file; CaseError with all problems."""
    with desk.database.read() as connection:
        rows = desk.reading(connection).rows
    progress("reading", 0, 0, "")
    with uncollected():
        return _read_file(desk, path, mapping, rows, progress)


def _read_file(desk: Desk, path: Path, mapping: FileMapping, rows: Rows, progress: Progress) -> Found:
    problems = Problems()
    table = _read_table(path, mapping, rows, problems)
    kind = next(kind for kind in KINDS if kind.file.name == table.kind.name)

    def told(number: int) -> None:
        if number % _CHECKED_AT_A_TIME == 0:
            progress("checking", number, len(table.rows), "")

    batch = kind.read(table, rules_of(rows, desk), told)
    _raise_any(problems)
    days = day_notes((row.cells for row in table.rows), table.kind.days, desk.moment().latest)
    mended = (*days, *mending_notes(row.cells for row in table.rows))
    return Found(file=path.name, kind=kind, table=table, batch=batch, mapping=mapping, mended=mended)


def _read_table(path: Path, mapping: FileMapping, rows: Rows, problems: Problems) -> Table:
    kinds = [kind.file for kind in KINDS]
    known = {*known_names(kinds), *map(fold, (*mapping.columns, *mapping.columns.values(), *mapping.where))}
    grid = read_grid(
        path, problems, encoding=mapping.encoding or None, sheet=mapping.sheet or None, known=frozenset(known)
    )
    _raise_any(problems)
    if grid is None:
        raise CaseError([f"{path.name}: has no rows under its header; write one entry per row"])
    table = read_table(grid, mapping, kinds, {row.indicator_id: row.name for row in rows.catalogue}, problems)
    if table is None:  # what is wrong with single rows is told with all that is
        _raise_any(problems)
    assert table is not None
    others = [name for name in table.cases if name != rows.case.case_id]
    if others:
        there = f"this desk belongs to case {rows.case.case_id}; set PARLEY_CASE to {others[0]}"
        raise CaseError([f"{path.name}: holds rows of case {others[0]}, but {there}"])
    return table


def _raise_any(problems: Problems) -> None:
    """Raise what is wrong, each line once: what is set for all rows is wrong in all of them."""
    problems.lines[:] = dict.fromkeys(problems.lines)
    problems.raise_any()


def understand(desk: Desk, found: Found) -> Understood:
    """What storing the rows would add, by what is on file now."""
    with uncollected(), desk.database.read() as connection:
        rows = desk.reading(connection).rows
        sifted = found.batch.sift(connection, rows)
    observations = [each for each in sifted.new if isinstance(each, NewObservation)]
    likely = duplicates_among(list(standing_on(rows.observations, rows.as_of)), observations)
    return _understood(found, sifted.new, len(likely))


def refused(found: Found, seen: Understood) -> Receipt:
    """The receipt of a file that a person does not want stored."""
    return replace(unchanged((), None, REFUSED, table=found.kind.table), understood=seen)


def _understood(found: Found, new: Sequence[Any], likely: int) -> Understood:
    """What was read; `likely` of the new entries may report what another does."""
    return Understood(
        file=found.file,
        kind=found.kind.file.name,
        rows=found.batch.number,
        new=len(new),
        there=found.batch.number - len(new),
        doubtful=likely + sum(each.disputed for each in new if isinstance(each, NewEvent)),
        understood=(*found.table.understood, *found.mended),
        left_out=found.table.left_out,
        sample=tuple(new[:SAMPLE]),
        mapping=said_of(found.mapping),
    )


def store(desk: Desk, found: Found, *, dry_run: bool = False, progress: Progress = silent) -> Receipt:
    """Store the rows of a file that are not on file yet; CaseError where they contradict what is."""
    with uncollected():
        return _store(desk, found, dry_run, progress)


def _store(desk: Desk, found: Found, dry_run: bool, progress: Progress) -> Receipt:
    kind, added, said = found.kind, [], list(found.mended)
    bears_on: list[AlsoOn] = []
    ready: list[Any] = []

    def append(connection: Connection, before: Reading, at: datetime) -> list[int]:
        sifted = found.batch.sift(connection, before.rows)
        added.extend(sifted.new)
        said.extend(sifted.notes)
        if len(added) <= LOOKED_AT and kind.table in ("observations", "events"):
            bears_on.extend(find_bearings(connection, before, added))
        progress("storing", 0, len(added), "")
        ready.extend(sifted.new if sifted.ready is None else sifted.ready)
        return kind.append(connection, ready, at) if ready else []

    def appended(numbers: Sequence[int], when: When, at: datetime) -> Observed | None:
        return None if kind.appended is None else kind.appended(ready, numbers, at, when)

    stored = submit(desk, append, dry_run=dry_run, added=appended)
    remarks = kind.remarks(stored, added)
    progress("forecasting", 0, 0, "")
    notes = (*said, *remarks.notes)
    receipt = (
        learnt_later(desk, stored, "imported", kind.table, added, notes, dry_run=dry_run)
        if kind.learnt
        else receipt_of(desk, stored, "imported", kind.table, added, notes=notes, bears_on=bears_on, dry_run=dry_run)
    )
    doubts = import_notes(remarks.duplicates, remarks.disagreements, receipt.numbers)
    return replace(
        receipt,
        notes=(*receipt.notes, *doubts),
        unchanged=found.batch.number - len(added),
        duplicates=remarks.duplicates,
        disagreements=remarks.disagreements,
        questions=remarks.questions,
        understood=_understood(found, added, len(remarks.duplicates)),
    )
