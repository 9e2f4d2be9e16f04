"""Exports as text: CSV and JSON. What rows running have in common is turned into text once."""

import csv
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import batched, groupby
from typing import Any, BinaryIO

from forecast.exports.columns import BOOLEAN, INSTANT, JSON, TEXT, Column, Export, Value, Values

ROWS_AT_ONCE = 1000
_FORMULA = re.compile(r"\s*[=+\-@\t\r＝＋－＠]")
_BOOLEANS = {True: "true", False: "false", None: None}

type Group = tuple[Values, Sequence[Values], Values]
"""The first cells of rows running, the cells that differ, the last ones."""


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would run the text of a cell instead of showing it."""
    return _FORMULA.match(text) is not None


def write_csv(export: Export, file: BinaryIO, *, safe: bool = False) -> int:
    """Write the export as CSV and return how many of its cells a spreadsheet would take for formulas.

    UTF-8, a line feed after each row, numbers in full; empty cells are None. With `safe` an apostrophe stands before
    those cells; without it text is exact.
    """
    first, last = export.shared
    stop = len(export.columns) - last
    leading, middle, trailing = (
        _Lines(columns, safe) for columns in (export.columns[:first], export.columns[first:stop], export.columns[stop:])
    )
    file.write(_join([",".join(column.name for column in export.columns)], "", ""))
    for before, rows, after in _groups(export):
        prefix = "".join(f"{line}," for line in leading.of([before], len(rows)) if first)
        suffix = "".join(f",{line}" for line in trailing.of([after], len(rows)) if last)
        file.write(_join(middle.of(rows), prefix, suffix))
    return leading.formulas + middle.formulas + trailing.formulas


def write_json(export: Export, file: BinaryIO) -> None:
    """Write the export as an array with an object per row; cells of type json are the values they hold."""
    first, last = export.shared
    stop = len(export.columns) - last
    parts = export.columns[:first], export.columns[first:stop], export.columns[stop:]
    leading, middle, trailing = (_encoder(columns) for columns in parts)
    file.write(b"[")
    between = "\n"
    for before, rows, after in _groups(export):
        prefix, suffix = leading(before), trailing(after)
        objects = (", ".join(filter(None, (prefix, middle(row), suffix))) for row in rows)
        file.write((between + ",\n".join(f"{{{members}}}" for members in objects)).encode())
        between = ",\n"
    file.write(b"\n]\n")


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


@dataclass(slots=True)
class _Lines:
    """Cells of some columns as lines of CSV, without what ends a line; counts formulas."""

    columns: Sequence[Column]
    safe: bool
    formulas: int = 0
    _written: list[str] = field(default_factory=list)

    def write(self, line: str) -> None:
        """What `csv` calls, once for each row."""
        self._written.append(line[:-1])

    def of(self, rows: Sequence[Values], times: int = 1) -> list[str]:
        """The lines of rows that stand in the file so many times."""
        self._written = []
        csv.writer(self, lineterminator="\n").writerows(self._cells(rows, times))
        return self._written

    def _cells(self, rows: Sequence[Values], times: int) -> Iterator[list[Any]]:
        """Cells as `csv` writes them rightly: it knows numbers, dates, text and None."""
        turned = [(place, _TURNED[column.type]) for place, column in enumerate(self.columns) if column.type in _TURNED]
        texts = [place for place, column in enumerate(self.columns) if column.type == TEXT]
        for row in rows:
            cells: list[Any] = list(row)
            for place, turn in turned:
                cells[place] = turn(cells[place])
            for place in texts:
                if cells[place] and is_formula(cells[place]):
                    self.formulas += times
                    cells[place] = f"'{cells[place]}" if self.safe else cells[place]
            yield cells


def _join(lines: Sequence[str], prefix: str, suffix: str) -> bytes:
    return "".join([f"{prefix}{line}{suffix}\n" for line in lines]).encode()


def _instant(value: Any) -> str | None:
    return None if value is None else value.isoformat(timespec="microseconds")


_TURNED: dict[str, Callable[[Any], str | None]] = {BOOLEAN: _BOOLEANS.__getitem__, INSTANT: _instant}


def _encoder(columns: Sequence[Column]) -> Callable[[Values], str]:
    """A function that turns cells into the members of a JSON object, without its braces."""
    names = [column.name for column in columns]
    held = [place for place, column in enumerate(columns) if column.type == JSON]
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=_plain).encode

    def members(row: Values) -> str:
        cells: list[Any] = list(row)
        for place in held:
            cells[place] = None if cells[place] is None else json.loads(cells[place])
        return encode(dict(zip(names, cells, strict=True)))[1:-1]

    return members


def _plain(value: Value) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
