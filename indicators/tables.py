"""The files of a case folder as rows of typed cells; every problem is collected with its place."""

import csv
import difflib
import functools
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from indicators.errors import CaseError
from indicators.texts import without_invisible

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_SHOWN = 8


@dataclass(slots=True)
class Problems:
    """Collects one line per problem, so that a folder is refused once with all of them."""

    lines: list[str] = field(default_factory=list)

    def add(self, place: str, what: str) -> None:
        self.lines.append(f"{place}: {what}")

    def raise_any(self) -> None:
        """Raise CaseError if there is a problem."""
        if self.lines:
            raise CaseError(self.lines)


@functools.lru_cache(maxsize=4096)
def suggest(value: str, choices: tuple[str, ...]) -> str:
    """The half sentence after "unknown …": the nearest choice, or the choices."""
    near = difflib.get_close_matches(value, choices, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    shown = ", ".join(choices[:_SHOWN])
    more = f", … ({len(choices)} in all)" if len(choices) > _SHOWN else ""
    return f"use one of {shown}{more}" if choices else "none is defined"


def suggest_id(value: str, ids: tuple[str, ...]) -> str:
    """What `suggest` says of an id, whatever the case it is written in."""
    sentences = [suggest(spelling, ids) for spelling in dict.fromkeys((value, value.lower(), value.upper()))]
    return next((sentence for sentence in sentences if sentence.startswith("did you mean")), sentences[0])


def parse_day(text: str) -> date | None:
    """The date written YYYY-MM-DD, or None when it is not one."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read_text(path: Path, problems: Problems) -> str | None:
    """The text of a UTF-8 file, with or without a byte order mark, lines ended by a line feed; None if unreadable."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        problems.add(path.name, f"is missing in {path.parent}; a case folder needs it")
    except UnicodeDecodeError as error:
        what = f"byte {error.start} is 0x{error.object[error.start]:02x}, which is not UTF-8; save the file as UTF-8"
        problems.add(path.name, what)
    except OSError as error:
        problems.add(path.name, f"cannot be read ({error.strerror}); make it a readable file")
    else:
        return plain_text(path.name, text, problems)
    return None


def plain_text(file: str, text: str, problems: Problems) -> str | None:
    """The text with lines ended by a line feed; None where a null character shows that it is not text."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" not in text:
        return text
    line = text.count("\n", 0, text.index("\0")) + 1
    problems.add(f"{file}: row {line}", "holds a null character; save the file as plain text")
    return None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file, or what was typed: its cells as text, the line it starts on, and where its problems go.

    A reader that finds a problem records it and returns a placeholder, so that one pass finds every problem; a folder
    with a problem is never returned. `file` is "" where the cells come from no file.
    """

    file: str
    line: int
    cells: dict[str, str]
    problems: Problems
    names: Mapping[str, str] = field(default_factory=dict)
    """How a column is named in the file, where that is not its own name; an option that sets it for all rows."""

    def refuse(self, column: str, what: str) -> None:
        self.problems.add(self.place(column), what)

    def place(self, column: str) -> str:
        """Where the cell stands; its column alone says so where there is no file."""
        name = self.names.get(column, column)
        if name.startswith("--"):
            return f"{self.file}: {name}"
        return f"{self.file}: row {self.line}, column {name}" if self.file else name

    def text(self, column: str) -> str:
        """The cell, which may be empty; a column that is not there is empty too."""
        return self.cells.get(column, "")

    def filled(self, column: str) -> str:
        """The cell, which may not be empty."""
        if not self.cells[column]:
            self.refuse(column, "is empty; write a value")
        return self.cells[column]

    def choice(self, column: str, choices: tuple[str, ...]) -> str:
        """The cell, one of a closed list."""
        value = self.cells[column]
        if value not in choices:
            self.refuse(column, f"{value!r} is not allowed; {suggest(value, choices)}")
        return value

    def known(self, column: str, kind: str, ids: frozenset[str] | None) -> str:
        """The cell, the id of something defined elsewhere; None = not to be checked, what defines it was refused."""
        value = self.cells[column]
        if ids is not None and value not in ids:
            self.refuse(column, f"unknown {kind} {value!r}; {suggest(value, tuple(sorted(ids)))}")
        return value

    def day(self, column: str) -> date:
        """The cell as a date; date.min stands for one that was refused."""
        value = parse_day(self.cells[column])
        if value is None:
            self.refuse(column, f"{self.cells[column]!r} is not a date; write YYYY-MM-DD, such as 2026-10-10")
        return value or date.min

    def day_or_none(self, column: str) -> date | None:
        return self.day(column) if self.cells[column] else None

    def number(self, column: str, low: float, high: float) -> float:
        """The cell as a number in [low, high]; `low` stands for one that was refused."""
        text = self.cells[column]
        value = float(text) if _NUMBER.fullmatch(text) else None
        if value is None or not low <= value <= high:
            self.refuse(column, f"{text!r} is not a number from {low:g} to {high:g}; write one, such as {high:g}")
            return low
        return value

    def whole(self, column: str, choices: Sequence[int], kind: str) -> int:
        """The cell as one of a few whole numbers; the first stands for one that was refused."""
        text = self.cells[column]
        value = float(text) if _NUMBER.fullmatch(text) else None
        if value is None or value not in choices:
            self.refuse(column, f"{text!r} is not a {kind}; write one of {', '.join(map(str, choices))}")
            return choices[0]
        return int(value)

    def ordered(self, later_column: str, later: date, earlier_column: str, earlier: date) -> None:
        """Refuse a `later` that lies before `earlier`; dates already refused are left alone."""
        if date.min not in (later, earlier) and later < earlier:
            what = f"{later} lies before {earlier_column} {earlier}; write {earlier} or a later day"
            self.refuse(later_column, what)


def read_table(path: Path, columns: tuple[str, ...], problems: Problems) -> list[Row]:
    """The rows of a CSV file that has exactly these columns, in any order; empty when the file is refused."""
    text = read_text(path, problems)
    if text is None:
        return []
    records = read_records(path.name, without_invisible(text), problems)
    if not records:
        if text.strip() == "":
            problems.add(path.name, f"is empty; its first line names the columns {', '.join(columns)}")
        return []
    line, header = records[0]
    if not check_header(path.name, line, header, columns, columns, problems):
        return []
    rows = [make_row(path.name, at, header, cells, problems) for at, cells in records[1:]]
    return [row for row in rows if row is not None]


def read_records(file: str, text: str, problems: Problems, separator: str = ",") -> list[tuple[int, list[str]]]:
    """(line it starts on, stripped cells) of every record that is not blank; empty when the CSV is malformed."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    records: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for raw in reader:
            cells = [cell.strip() for cell in raw]
            if any(cells):
                records.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        right = "close the quotes and double those inside a cell"
        if "field limit" in str(error):  # a quote left open may make one cell of all that follows
            what = f"has a cell of more than {csv.field_size_limit()} characters; shorten it, or {right}"
        else:
            what = f"malformed CSV ({error}); {right}"
        problems.add(f"{file}: row {line}", what)
        return []
    return records


def check_header(
    file: str, line: int, header: list[str], columns: tuple[str, ...], required: tuple[str, ...], problems: Problems
) -> bool:
    """Whether the header names known columns, each required one among them, and none twice.

    A near-miss is reported once, by the name it has.
    """
    before = len(problems.lines)
    missing = [column for column in columns if column not in header]
    for name in dict.fromkeys(header):
        place = f"{file}: row {line}, column {name}"
        if not name:
            problems.add(f"{file}: row {line}", "has a column without a name; name it, or delete the column")
        elif header.count(name) > 1:
            problems.add(place, "stands more than once in the header; name each column once")
        elif name not in columns:
            near = difflib.get_close_matches(name, missing, n=1)
            missing = [column for column in missing if column not in near]
            problems.add(place, f"unknown column {name!r}; {suggest(name, tuple(near) or columns)}")
    for column in (column for column in missing if column in required):
        problems.add(f"{file}: row {line}, column {column}", f"is missing; the columns are {', '.join(columns)}")
    return len(problems.lines) == before


def make_row(file: str, line: int, header: list[str], cells: list[str], problems: Problems) -> Row | None:
    """The cells under their columns; None, and a problem, where there are more or fewer of them."""
    if len(cells) != len(header):
        what = f"has {len(cells)} cells; write {len(header)}, one per column, and quote a cell that holds a comma"
        problems.add(f"{file}: row {line}", what)
        return None
    return Row(file, line, dict(zip(header, cells, strict=True)), problems)
