"""Attestations in bulk: in the order of their days, each going on from the one before it, as at the desk."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime

from sqlalchemy import Connection

from db.read import read_newest
from db.rows import CompletenessRow, NewCompleteness
from forecast.desk.batch import Remarks, Sifted
from forecast.desk.entries import attestation_notes, check_span, furthest
from forecast.desk.session import Stored
from forecast.engine.assemble import Rows
from forecast.words.numbers import counted
from indicators.case_rows import CASE_ANALYST
from indicators.coding import Rules, new_attestation
from indicators.foreign import Table
from indicators.tables import Problems, Row

_COLUMNS = {"since": "complete_from", "through": "complete_through"}


@dataclass(frozen=True, slots=True)
class Made:
    """A row of a file as an attestation; without a first day it begins where the one before it does."""

    row: Row
    entry: NewCompleteness

    @property
    def begins(self) -> date | None:
        return self.entry.complete_from if self.row.text("complete_from") else None

    def says(self, old: NewCompleteness) -> bool:
        """Whether the row says what one on file does, as far as it says it."""
        mine, known = self.entry, self.row.text("known_on")
        same = mine.type == old.type and mine.complete_through == old.complete_through
        begins = self.begins in (None, old.complete_from)
        noted = not self.row.text("note") or mine.note == old.note
        return same and begins and noted and (not known or mine.known_on == old.known_on)


@dataclass(frozen=True, slots=True)
class AttestationBatch:
    """The rows of a file by type and days."""

    made: Sequence[Made]

    @property
    def number(self) -> int:
        return len(self.made)

    @property
    def entries(self) -> Sequence[NewCompleteness]:
        return [each.entry for each in self.made]

    def sift(self, connection: Connection, rows: Rows) -> Sifted[NewCompleteness]:
        """Those that are not there; CaseError where one reaches less far than what is attested, or leaves a gap."""
        on_file = read_newest(connection, CompletenessRow, rows.case.case_id)
        problems, there, new, notes = Problems(), [], [], []
        for each in self.made:
            same = next((old for old in on_file if each.says(old)), None)
            if same is not None:
                there.append(same)
                continue
            before = furthest(rows, each.entry.type)
            problems.lines += _wrong(each, before)
            begins = before.complete_from if before is not None and each.begins is None else each.entry.complete_from
            entry = replace(each.entry, complete_from=begins)
            new.append(entry)
            notes += attestation_notes(connection, rows, [entry], rows.as_of)
            rows = replace(rows, completeness=(*rows.completeness, _stored(entry)))
        problems.raise_any()
        gone = sum(old.retracted for old in there)
        if gone:
            notes.append(f"{counted(gone, 'row')} of the file had been withdrawn; that stays as it is")
        return Sifted(new, list(dict.fromkeys(notes)))


def _wrong(made: Made, before: CompletenessRow | None) -> Iterator[str]:
    """What is wrong with a row beside what is attested, with its place."""
    row, entry = made.row, made.entry
    if entry.attested_by == CASE_ANALYST:
        what = "comes from a case folder that is not loaded here; load it with `parley init --case FOLDER`"
        yield f"{row.place('attested_by')}: {what}, or attest it in your own name: --set attested_by=…"
    found = check_span(before, entry.type, entry.complete_through, made.begins, since="complete_from")
    yield from (f"{row.place(_COLUMNS[name])}: {what}" for name, what in found)


def _stored(entry: NewCompleteness) -> CompletenessRow:
    values = {item.name: getattr(entry, item.name) for item in fields(NewCompleteness)}
    return CompletenessRow(**values, id=0, recorded_at=datetime.now(UTC))


def read_attestation_rows(table: Table, rules: Rules, told: Callable[[int], None]) -> AttestationBatch:
    """The attestations of the rows of a table, in the order in which they go on from each other."""
    made = []
    for number, row in enumerate(table.rows, start=1):
        ours = table.exported and row.text("attested_by") == CASE_ANALYST
        cells = {name: text for name, text in row.cells.items() if not (ours and name == "attested_by")}
        entry = new_attestation(replace(row, cells=cells), rules)
        if entry is not None:
            made.append(Made(row, replace(entry, attested_by=CASE_ANALYST) if ours else entry))
        told(number)
    made.sort(key=lambda each: (each.entry.type, each.entry.complete_through))
    return AttestationBatch(made)


def remarks_on_attestations(stored: Stored, added: Sequence[NewCompleteness]) -> Remarks:
    """Nothing: what is to be known of attestations is said as they are sifted, beside those before them."""
    return Remarks()
