"""Exports as text: CSV and JSON. Cells are turned column by column, and what rows running share only once."""

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched, groupby
from json.encoder import encode_basestring
from math import isfinite
from typing import Any, BinaryIO

from forecast.exports.columns import (
    BOOLEAN,
    DATE,
    INSTANT,
    INTEGER,
    JSON,
    NUMBER,
    PROBABILITY,
    TEXT,
    Column,
    Export,
    Value,
    Values,
)

ROWS_AT_ONCE = 1000
_FORMULA = re.compile(r"\s*[=+\-@\t\r＝＋－＠]")
_QUOTED = re.compile(r'[",\r\n]')

type Turn = Callable[[Any], str]
"""Turns a cell that is not None into text."""
type Group = tuple[Values, Sequence[Values], Values]
"""The first cells of rows running, the cells in which they differ, the last ones."""


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would run the text of a cell instead of showing it."""
    return _FORMULA.match(text) is not None


def write_csv(export: Export, file: BinaryIO, *, safe: bool = False, bom: bool = False) -> int:
    """Write the export as CSV and return how many of its cells a spreadsheet would take for formulas.

    UTF-8, a line feed after each row, numbers with all their digits; an empty cell is None. With `safe` an apostrophe
    stands before those cells; without it text is exact. With `bom` a byte order mark stands first, by which Excel
    tells that it is UTF-8.
    """
    *most, last = export.columns
    pieces = [*("%s," for _ in most), "%s\n"]
    parts = _parts(export, pieces, _SAFE_CSV if safe else _CSV, "")
    file.write(BOM_UTF8 if bom else b"")
    file.write((",".join(column.name for column in (*most, last)) + "\n").encode())
    formulas = 0
    for group in _groups(export):
        file.write("".join(_lines(parts, group)).encode())
        formulas += _count_formulas(parts, group)
    return formulas


def write_json(export: Export, file: BinaryIO) -> None:
    """Write the export as an array with an object per row; cells of type json are the values they hold.

    Raises
    ------
    ValueError
        if a number is not finite, for which JSON has no form
    """
    *most, last = (f"{encode_basestring(column.name)}: %s" for column in export.columns)
    first, *others = (*(f"{member}, " for member in most), f"{last}}}")
    parts = _parts(export, [f"{{{first}", *others], _JSON, "null")
    between = "[\n"
    for group in _groups(export):
        file.write((between + ",\n".join(_lines(parts, group))).encode())
        between = ",\n"
    file.write(b"\n]\n")


@dataclass(frozen=True, slots=True)
class _Part:
    """Columns that stand side by side, and how their cells become text."""

    columns: Sequence[Column]
    turns: Sequence[Turn]
    template: str
    empty: str
    """What None becomes."""

    def lines(self, rows: Sequence[Values]) -> list[str]:
        """The text of each row; of nothing where there are no columns."""
        turned = [self._turned(*each) for each in zip(self.columns, self.turns, zip(*rows, strict=True), strict=True)]
        return [self.template % cells for cells in zip(*turned, strict=True)]

    def _turned(self, column: Column, turn: Turn, cells: Sequence[Value]) -> list[str]:
        if column.nullable:
            return [self.empty if cell is None else turn(cell) for cell in cells]
        return list(map(turn, cells))

    def count_formulas(self, rows: Sequence[Values]) -> int:
        texts = (
            cells for column, cells in zip(self.columns, zip(*rows, strict=True), strict=True) if column.type == TEXT
        )
        return sum(1 for cells in texts for cell in cells if cell and _FORMULA.match(cell))


def _parts(export: Export, pieces: Sequence[str], turns: Mapping[str, Turn], empty: str) -> tuple[_Part, _Part, _Part]:
    """The first columns that rows share, those in which they differ, and the last ones."""
    first, last = export.shared
    stop = len(export.columns) - last
    found = (
        _Part(columns, [turns[column.type] for column in columns], "".join(some), empty)
        for columns, some in (
            (export.columns[part], pieces[part]) for part in (slice(first), slice(first, stop), slice(stop, None))
        )
    )
    leading, middle, trailing = found
    return leading, middle, trailing


def _groups(export: Export) -> Iterator[Group]:
    """Rows as they come, those with the same first and last cells together."""
    first, last = export.shared
    stop = len(export.columns) - last
    if not first and not last:
        yield from (((), rows, ()) for rows in batched(export.rows, ROWS_AT_ONCE, strict=False))
        return
    for (before, after), rows in groupby(export.rows, key=lambda row: (row[:first], row[stop:])):
        for some in batched(rows, ROWS_AT_ONCE, strict=False):
            yield before, [row[first:stop] for row in some], after


def _lines(parts: tuple[_Part, _Part, _Part], group: Group) -> list[str]:
    leading, middle, trailing = parts
    before, rows, after = group
    prefix, suffix = "".join(leading.lines([before])), "".join(trailing.lines([after]))
    return [f"{prefix}{line}{suffix}" for line in middle.lines(rows)]


def _count_formulas(parts: tuple[_Part, _Part, _Part], group: Group) -> int:
    leading, middle, trailing = parts
    before, rows, after = group
    shared = leading.count_formulas([before]) + trailing.count_formulas([after])
    return middle.count_formulas(rows) + len(rows) * shared


def _quoted(text: str) -> str:
    return f'"{text.replace('"', '""')}"' if _QUOTED.search(text) else text


def _safe(text: str) -> str:
    return _quoted(f"'{text}" if is_formula(text) else text)


def _instant(value: Any) -> str:
    text: str = value.isoformat(timespec="microseconds")
    return text


def _finite(value: float) -> str:
    if not isfinite(value):
        raise ValueError(f"{value} has no JSON form")
    return repr(value)


_CSV: dict[str, Turn] = {
    TEXT: _quoted,
    INTEGER: str,
    NUMBER: repr,
    PROBABILITY: repr,
    BOOLEAN: {True: "true", False: "false"}.__getitem__,
    DATE: str,
    INSTANT: _instant,
    JSON: _quoted,
}
_SAFE_CSV = _CSV | {TEXT: _safe}
_JSON = _CSV | {
    TEXT: encode_basestring,
    NUMBER: _finite,
    PROBABILITY: _finite,
    DATE: '"{}"'.format,
    INSTANT: lambda value: f'"{_instant(value)}"',
    JSON: str,
}
