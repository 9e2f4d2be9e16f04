"""A sheet of very many rows, each put into its XML at once.

xlsxwriter takes a cell as a call, keeps it, and makes its XML of attributes when the row is over: of an export of a
hundred thousand rows that is most of the time. Here a value becomes its cell by the type of its column, and what comes
again is not made anew. Everything else about the sheet is xlsxwriter's.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.utility import xl_col_to_name  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from forecast.exports.cells import NUMBERS, Formats, check_text
from forecast.exports.columns import BOOLEAN, DATE, INSTANT, JSON, TEXT
from forecast.exports.text import is_formula

_REPEATED = 4096  # values of a column that are kept as cells
_SHORT = 200  # characters of a text that may be kept
_ESCAPE_LIKE = re.compile(r"_(?=x[0-9a-fA-F]{4}_)")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f]")

type Cell = Callable[[Any], str]
"""Makes of a value what follows the reference of its cell; raises `forecast.exports.cells.Unfit`."""


class BulkSheet(Worksheet):  # type: ignore[misc]
    """A worksheet, of a workbook in constant memory, that takes rows of XML after its header."""

    def begin_lines(self, columns: int) -> None:
        """Write what stands above; lines of so many columns come from now on, in order, and nothing else."""
        self._write_single_row(1)
        self._references = [f'<c r="{xl_col_to_name(place)}' for place in range(columns)]

    def put_line(self, line: int, cells: Sequence[str]) -> None:
        """Write a row, counted from the header, of what `cell_of` has made; "" is no cell."""
        number = f"{line + 1}"
        filled = [f"{start}{number}{cell}" for start, cell in zip(self._references, cells, strict=True) if cell]
        self.row_data_fh.write(f'<row r="{number}">{"".join(filled)}</row>')
        self.dim_rowmax, self.previous_row = line, line + 1


def cell_of(kind: str, formats: Formats) -> Cell:
    """How values of a column's type become cells."""
    if kind in (TEXT, JSON):
        return _text_cell(formats.cells[TEXT], formats.quoted)
    start = f'" s="{_number_of(formats.cells[kind])}"'
    if kind == BOOLEAN:
        return lambda value: f'{start} t="b"><v>{int(value)}</v></c>'
    convert = NUMBERS[kind]
    if kind in (DATE, INSTANT):
        return lru_cache(_REPEATED)(lambda value: f"{start}><v>{convert(value)!r}</v></c>")
    return lambda value: f"{start}><v>{convert(value)!r}</v></c>"


def _text_cell(plain: Format, quoted: Format) -> Cell:
    as_it_is, as_text = (f'" s="{_number_of(style)}" t="inlineStr"><is><t' for style in (plain, quoted))

    def make(text: str) -> str:
        check_text(text)
        start = as_text if is_formula(text) else as_it_is
        space = ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""
        return f"{start}{space}>{_written(text)}</t></is></c>"

    kept = lru_cache(_REPEATED)(make)

    def make_or_keep(value: object) -> str:
        text = str(value)
        return kept(text) if len(text) <= _SHORT else make(text)

    return make_or_keep


def _written(text: str) -> str:
    """Text as it stands in a part of a workbook: what XML cannot hold, or what looks like an escape, as _xHHHH_."""
    if text.isalnum() or (text.isprintable() and "_x" not in text):
        return escape(text)
    shown = _ESCAPE_LIKE.sub("_x005F_", text)
    return escape(_CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", shown))


def _number_of(style: Format) -> int:
    number: int = style._get_xf_index()
    return number
