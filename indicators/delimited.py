"""Text whose columns stand apart by commas, semicolons, tabs or bars: which it is, and its records."""

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from indicators.borders import Records, known_cells
from indicators.tables import Problems, read_records

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}

_SAID = re.compile(r'"?sep=([^\w\s"]|\t)"?[,;\t|]*\n', re.IGNORECASE)  # the first line, as Excel reads it
_LINES_TRIED, _CHARACTERS_TRIED = 100, 100_000
_HEADER_WITHIN = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Delimited:
    """The records of a text, and how it writes them."""

    records: Records
    separator: str
    decimal_comma: bool
    said: bool
    """Whether the first line says the separator."""

    @property
    def sentences(self) -> list[str]:
        """How it was read, where it is not plain CSV."""
        if self.separator == "," and not self.said:
            return []
        name = SEPARATORS.get(self.separator, repr(self.separator))
        said = ", as its first line says" if self.said else ""
        return [f"columns apart by {name}{said}" + ("; , is the decimal mark" if self.decimal_comma else "")]


def read_delimited(file: str, text: str, known: Collection[str], problems: Problems) -> Delimited:
    """The records of a text; none, and a problem, where it is malformed.

    Parameters
    ----------
    text
        with lines ended by a line feed
    known
        names, of small letters, that a header may hold
    """
    said = _SAID.match(text)
    if said:
        text = "\n" + text[said.end() :]  # lines keep their numbers
    head = _head(text)
    separator = said[1] if said else _find_separator(head, known)
    return Delimited(
        records=read_records(file, text, problems, separator),
        separator=separator,
        decimal_comma=separator != "," and _has_decimal_commas(head, separator),
        said=said is not None,
    )


def _head(text: str) -> str:
    return "\n".join(text[:_CHARACTERS_TRIED].split("\n", _LINES_TRIED)[:_LINES_TRIED])


def _find_separator(head: str, known: Collection[str]) -> str:
    """The one that makes the best table of the first lines; a comma where none makes one."""
    present = [separator for separator in SEPARATORS if separator in head]
    if len(present) < 2:
        return present[0] if present else ","
    return max(present, key=lambda separator: _fit(_parsed(head, separator), known))


def _parsed(head: str, separator: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=separator)
    rows: list[list[str]] = []
    try:
        rows.extend(row for row in reader if any(map(str.strip, row)))
    except csv.Error:  # a cell beyond all size, which is told when all is read
        return rows
    return rows


def _fit(rows: Sequence[Sequence[str]], known: Collection[str]) -> tuple[int, float, int]:
    """How well rows look like a table: names known in one row, rows of one width, that width."""
    named = max((known_cells(row, known) for row in rows[:_HEADER_WITHIN]), default=0)
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return (0, 0.0, 0)
    width, number = widths.most_common(1)[0]
    return (named if named > 1 else 0, round(number / len(rows), 1), width)


def _has_decimal_commas(head: str, separator: str) -> bool:
    cells = {cell.strip().strip('"') for line in head.split("\n") for cell in line.split(separator)}
    return any(map(_DECIMAL_COMMA.fullmatch, cells)) and not any(map(_DECIMAL_POINT.fullmatch, cells))


_DECIMAL_COMMA = re.compile("[-+\u2212]?[0-9]+,[0-9]+")
_DECIMAL_POINT = re.compile("[-+\u2212]?[0-9]+\\.[0-9]+")
