"""The cells of a table under the columns of its kind: filters, words for levels, days, markers of what is missing.

What is done to cells on the way is said, a sentence each; a cell that nothing explains stays as it is, for the rules of
its kind to refuse.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from indicators.coding import parse_level
from indicators.columns import Columns, own_name
from indicators.days import read_day
from indicators.grid import Grid
from indicators.headings import id_in
from indicators.kinds import HALVES, STANDS
from indicators.mapping import FileMapping, fold
from indicators.missing import is_missing
from indicators.tables import Problems, Row

type Record = tuple[int, list[str]]

_NAMED = 4
_MANY = 20  # words beyond which a column is no scale
_INDICATOR, _LEVEL, _GRADE, _URL, _NOTE = "indicator", "level", "grade", "url", "note"
_APART = re.compile(r"[;|\n]+\s*|,?\s+(?=https?://)|,(?=https?://)", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://\S+$", re.IGNORECASE)


@dataclass(slots=True)
class Tally:
    """What is done to the cells of a table, counted."""

    empty: dict[str, Counter[str]] = field(default_factory=dict)
    """By column the markers read as empty."""
    words: Counter[str] = field(default_factory=Counter)
    """Levels that are words which nobody has explained."""
    days: dict[str, list[str]] = field(default_factory=dict)
    """By column what is left out of its days."""
    addresses: int = 0
    """Cells of which only the first address is kept as such."""

    def sentences(self) -> list[str]:
        """What is to be known of it."""
        found = [f"{_markers(markers)} in {column} read as empty" for column, markers in self.empty.items() if markers]
        for column, notes in self.days.items():
            more = f", and likewise in {len(notes) - 1} more" if len(notes) > 1 else ""
            found.append(f"{column}: {notes[0]}{more}")
        if self.addresses:
            found.append(
                f"url holds more than one address, or none, in {_counted(self.addresses, 'row')}: see the note"
            )
        return found


def make_rows(
    grid: Grid, columns: Columns, mapping: FileMapping, problems: Problems
) -> tuple[list[Row], list[str], list[str]]:
    """The rows of a table, what was done to their cells, and what was left out; what is wrong is in the problems."""
    left_out: list[str] = []
    records = _of_case(_chosen(grid, columns, problems, left_out), columns, left_out)
    tally = Tally()
    rows = plain_rows(grid.file, records, columns, problems)
    if not columns.exported:
        rows = _explained(rows, columns, mapping, tally, problems)
    return [graded(row) for row in rows], tally.sentences(), left_out


def plain_rows(file: str, records: Sequence[Record], columns: Columns, problems: Problems) -> list[Row]:
    """The rows of records with their cells as they stand."""
    return [row for record in records if (row := _row(file, record, columns, problems)) is not None]


def _chosen(grid: Grid, columns: Columns, problems: Problems, left_out: list[str]) -> list[Record]:
    """The records that pass the filters."""
    records = list(grid.records)
    for each in columns.filters:
        passed = [record for record in records if each.passes(_cell(record, each.place))]
        if records and not passed:
            held = Counter(_cell(record, each.place) for record in records)
            said = ", ".join(repr(value) for value, _ in held.most_common(_NAMED))
            more = ", …" if len(held) > _NAMED else ""
            problems.add(f"{grid.file}: --where {each.said}", f"leaves no row; the column holds {said}{more}")
        if len(passed) < len(records):
            left_out.append(f"{_counted(len(records) - len(passed), 'row')} by --where {each.said}")
        records = passed
    return records


def _cell(record: Record, place: int) -> str:
    return record[1][place] if place < len(record[1]) else ""


def _of_case(records: list[Record], columns: Columns, left_out: list[str]) -> list[Record]:
    """Of an export the rows that stood when it was written: those before them, and those withdrawn, are its history."""
    if not columns.exported:
        return records
    place = [own_name(name) for name in columns.header].index("status")
    standing = [record for record in records if place < len(record[1]) and record[1][place] == STANDS]
    if len(standing) < len(records):
        left_out.append(f"{_counted(len(records) - len(standing), 'row')} that had been superseded or retracted")
    return standing


def _row(file: str, record: Record, columns: Columns, problems: Problems) -> Row | None:
    """The cells of a record under our columns; None, and a problem, where there are more or fewer than names."""
    line, cells = record
    width = len(columns.header)
    while len(cells) > width and not cells[-1]:
        cells = cells[:-1]
    if len(cells) != width:
        what = f"has {len(cells)} cells; write {width}, one per column, and quote a cell that holds a comma"
        problems.add(f"{file}: row {line}", what)
        return None
    taken = {name: cells[place] for name, place in columns.places.items()}
    if _INDICATOR in taken:
        taken[_INDICATOR] = id_in(taken[_INDICATOR])
    return Row(file, line, {**taken, **columns.constants}, problems, columns.names)


def _explained(
    rows: Sequence[Row], columns: Columns, mapping: FileMapping, tally: Tally, problems: Problems
) -> list[Row]:
    """The rows with words for levels, days and markers of what is missing read as what they stand for."""
    kind, before = columns.kind, len(problems.lines)
    levels = _levels(mapping, problems)
    days = [name for name in kind.days if name in columns.places and mapping.dates]
    required = [name for name in columns.places if name in (*kind.required, *HALVES)]
    optional = [name for name in columns.places if name not in required]
    for row in rows:
        if _LEVEL in kind.required:
            _read_level(row, levels, tally)
        _read_days(row, days, mapping.dates == "dmy", tally)
        _empty(row, optional, kind.words, tally)
        if _URL in columns.places:
            _read_addresses(row, tally, foreign=_URL in columns.names)
    if tally.words and (levels or tally.words.total() * 2 > len(rows)):
        _tell_words(rows[0], tally.words, problems)
    if len(problems.lines) > before:
        return []
    wanted = {name: kind.wanted(name) for name in required}
    refused = [[_refuse_missing(row, name, what) for name, what in wanted.items()] for row in rows]
    return [row for row, wrong in zip(rows, refused, strict=True) if not any(wrong)]


def _levels(mapping: FileMapping, problems: Problems) -> dict[str, str]:
    """The levels of words, folded."""
    for word, level in mapping.levels.items():
        if parse_level(level) is None:
            what = f"{level!r} is no level; write a number from -2 to 2, as in {word}=1"
            problems.add(f"--level-map {word}={level}", what)
    return {fold(word): level for word, level in mapping.levels.items()}


def _read_level(row: Row, levels: Mapping[str, str], tally: Tally) -> None:
    text = row.cells.get(_LEVEL, "")
    if levels and (level := levels.get(fold(text))) is not None:
        row.cells[_LEVEL] = level
    elif text and not is_missing(text) and not any(map(str.isdigit, text)):
        tally.words[text] += 1


def _tell_words(row: Row, words: Counter[str], problems: Problems) -> None:
    """A column of words is a scale of somebody else's: told once, not for each row."""
    shown = words.most_common(_MANY)
    named = ", ".join(f"{word!r} ({number})" for word, number in shown[:_NAMED])
    more = ", …" if len(words) > _NAMED else ""
    flag = ",".join(f"{word}=…" for word, _ in shown[:_NAMED])
    name = row.names.get(_LEVEL, _LEVEL)
    place = f"{row.file}: {name}" if name.startswith("--") else f"{row.file}: column {name}"
    problems.add(place, f"holds words: {named}{more}; say which levels they are: --level-map '{flag}'")


def _read_days(row: Row, columns: Sequence[str], day_first: bool, tally: Tally) -> None:
    """Days in the order that a person gave, as this program writes them; what is none stays, to be refused."""
    for column in columns:
        text = row.cells[column]
        found = read_day(text, day_first=day_first)
        if found.day is not None:
            row.cells[column] = found.day.isoformat()
            if found.note:
                tally.days.setdefault(column, []).append(f"{text!r}: {found.note}")


def _empty(row: Row, columns: Sequence[str], words: Mapping[str, frozenset[str]], tally: Tally) -> None:
    for column in columns:
        text = row.cells[column]
        if text and is_missing(text) and text.casefold() not in words.get(column, ()):
            tally.empty.setdefault(column, Counter())[text] += 1
            row.cells[column] = ""


def _read_addresses(row: Row, tally: Tally, *, foreign: bool) -> None:
    """Of several addresses in a cell the first; the others, and in a foreign table what is none, go to the note."""
    parts = [part for part in _APART.split(row.cells[_URL]) if part]
    addresses = [part for part in parts if _ADDRESS.match(part)]
    if not parts or (len(parts) == 1 and addresses) or not (addresses or foreign):
        return
    rest = row.cells[_URL] if not addresses else row.cells[_URL].replace(addresses[0], "", 1).strip(" ;,|\n")
    row.cells[_URL] = addresses[0] if addresses else ""
    row.cells[_NOTE] = "; ".join(filter(None, (row.cells.get(_NOTE, ""), rest)))
    tally.addresses += 1


def _refuse_missing(row: Row, column: str, wanted: str) -> bool:
    """Whether a cell that may not be empty holds a marker of what is missing."""
    text = row.cells[column]
    if not is_missing(text):
        return False
    row.refuse(column, f"{text!r} stands for a missing value; write {wanted}")
    return True


def graded(row: Row) -> Row:
    """The row with its grade in one cell."""
    if _GRADE not in row.cells and all(half in row.cells for half in HALVES):
        row.cells[_GRADE] = "".join(row.cells.pop(half) for half in HALVES)
    return row


def _markers(found: Counter[str]) -> str:
    return ", ".join(f"{marker} ({number})" for marker, number in found.most_common(_NAMED))


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
