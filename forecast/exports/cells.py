"""Values as cells of Excel: each is kept whole or refused; none changes in silence."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from math import isfinite
from typing import Any
from unicodedata import east_asian_width
from xml.sax.saxutils import escape

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from forecast.exports.columns import BOOLEAN, DATE, INSTANT, INTEGER, JSON, NUMBER, PROBABILITY, TEXT, Column, stored
from forecast.exports.text import is_formula

LONGEST_TEXT = 32_767
"""UTF-16 units in a cell."""
LONGEST_HEADING = 100
"""Characters of a title above a printed page; Excel holds 255, codes included."""
LONGEST_SHOWN = 1000
"""Characters of a paragraph on the overview."""
LARGEST_INTEGER = 2**53
"""Beyond it doubles, which are all a cell holds, miss some whole numbers."""
FIRST_DAY = date(1900, 3, 1)
"""Before it Excel counts a day that never was, and programs differ by one."""
EXACT = "_exact"
"""Ends the name of the text that gives an instant with its microseconds and zone."""
AS_TEXT = frozenset({"seed"})
"""Columns of integers that are names rather than quantities, and may have 64 bits."""

_EPOCH, _DAY = datetime(1899, 12, 30, tzinfo=UTC), timedelta(days=1)
_SHOWN = {
    TEXT: "@",  # or editing a source such as 2026-11 makes a date of it
    JSON: "@",
    INTEGER: "0",
    NUMBER: "0.0??",
    PROBABILITY: "[<0.001]0.000%;[>0.999]0.000%;0.0%",  # never a false 0 or 100
    BOOLEAN: '"TRUE";"TRUE";"FALSE"',  # as Excel shows them anyway, and not every program
    DATE: "yyyy-mm-dd",
    INSTANT: "yyyy-mm-dd hh:mm:ss",
}
_WIDTHS = {INTEGER: 8, NUMBER: 10, PROBABILITY: 9, BOOLEAN: 8, DATE: 11, INSTANT: 20}
_TEXT_LOOK = {"align": "left", "indent": 1}  # away from the numbers on its left
_WIDEST, _FILTER_BUTTON, _INDENT = 46, 3, 2
_UNWRITABLE = re.compile("[\ud800-\udfff\ufffe\uffff]")
_MISWRITTEN = re.compile(r"<r>.*</r>\Z|.*_x[0-9a-fA-F]{4}_x[0-9a-fA-F]{4}_", re.DOTALL)
_ESCAPE_LIKE = re.compile(r"(?=_x[0-9a-fA-F]{4}_)")

type Put = Callable[[int, Any], object]
"""Put a value into the cell of a line, counted from the header."""


class Unfit(ValueError):
    """Excel cannot hold the value; the message goes on after "COLUMN in row N"."""


class _AllDigits(float):
    """A number written so that it reads back as itself; xlsxwriter asks for 16 digits, and some need 17."""

    def __format__(self, _: str) -> str:
        return float.__repr__(self)


@dataclass(frozen=True, slots=True)
class Formats:
    """Of headers, of cells by the type of their column, of text like a formula, and of sentences."""

    header: Format
    cells: Mapping[str, Format]
    quoted: Format
    prose: Format


def add_formats(workbook: Workbook) -> Formats:
    return Formats(
        header=workbook.add_format({"bold": True, "bg_color": "#dce6f1", "bottom": 1, **_TEXT_LOOK}),
        cells={kind: workbook.add_format(_look(kind)) for kind in _SHOWN},
        quoted=workbook.add_format({**_look(TEXT), "quote_prefix": True}),
        prose=workbook.add_format({**_look(TEXT), "num_format": "General", "text_wrap": True}),
    )


def _look(kind: str) -> dict[str, object]:
    return {"num_format": _SHOWN[kind], "valign": "top", **(_TEXT_LOOK if kind in (TEXT, JSON) else {})}


def columns_of_sheet(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns as a sheet holds them; at its end the exact text of each instant."""
    held = (replace(column, type=TEXT) if column.name in AS_TEXT else column for column in columns)
    return (*held, *(_exact(column) for column in columns if column.type == INSTANT))


def _exact(column: Column) -> Column:
    meaning = f"{column.name} with microseconds and zone, which an Excel date-time does not keep"
    return stored(column.name + EXACT, TEXT, meaning, nullable=column.nullable)


def exact_instant(instant: Any) -> str | None:
    return None if instant is None else instant.astimezone(UTC).isoformat(timespec="microseconds")


def put_into(sheet: Worksheet, place: int, kind: str, formats: Formats) -> Put:
    """How values of a column's type get into its cells; what is put raises Unfit if Excel cannot hold it."""
    if kind in (TEXT, JSON):
        return lambda line, text: write_text(sheet, line, place, text, formats.cells[TEXT], formats.quoted)
    style = formats.cells[kind]
    if kind == BOOLEAN:
        return lambda line, value: sheet.write_boolean(line, place, value, style)
    convert = NUMBERS[kind]
    return lambda line, value: sheet.write_number(line, place, convert(value), style)


def write_text(sheet: Worksheet, line: int, place: int, value: object, plain: Format, quoted: Format) -> None:
    """Write text as text; `quoted` keeps what looks like a formula from becoming one when it is edited."""
    text = str(value)
    check_text(text)
    style = quoted if is_formula(text) else plain
    sheet.write_string(line, place, _as_runs(text) if _MISWRITTEN.match(text) else text, style)


def check_text(text: str) -> None:
    """Raise Unfit for text that no cell can hold."""
    if 2 * len(text) > LONGEST_TEXT and (units := len(text.encode("utf-16-le", "surrogatepass")) // 2) > LONGEST_TEXT:
        raise Unfit(f"has {units} characters, and an Excel cell holds {LONGEST_TEXT}")
    if not text.isascii() and (found := _UNWRITABLE.search(text)):
        raise Unfit(f"contains the character U+{ord(found[0]):04X}, which no workbook can hold")


def as_shown(text: str) -> str:
    """Text about the rows, for a cell: what no cell can hold is replaced, and of very much the beginning is kept."""
    plain = _UNWRITABLE.sub("\ufffd", text)
    return plain if len(plain) <= LONGEST_SHOWN else f"{plain[:LONGEST_SHOWN]}…"


def _as_runs(text: str) -> str:
    """Text as runs of rich text, which xlsxwriter writes as they stand.

    It takes text of the form <r>…</r> for runs already, and escapes only the first of two overlapping _xHHHH_.
    """
    return "".join(f'<r><t xml:space="preserve">{escape(part)}</t></r>' for part in _ESCAPE_LIKE.split(text) if part)


def _integer(value: int) -> int:
    if abs(value) > LARGEST_INTEGER:
        raise Unfit(f"is {value}; Excel holds whole numbers up to {LARGEST_INTEGER}")
    return value


def _number(value: float) -> _AllDigits:
    if not isfinite(value):
        raise Unfit(f"is {value}; Excel holds finite numbers only")
    return _AllDigits(value)


def _day(value: date) -> int:
    if value < FIRST_DAY:
        raise Unfit(f"is {value}; Excel counts days reliably from {FIRST_DAY}")
    return value.toordinal() - _EPOCH.toordinal()


def _instant(value: datetime) -> _AllDigits:
    """The double nearest to it, which tells microseconds apart until 2079."""
    _day(value.astimezone(UTC).date())
    return _AllDigits((value - _EPOCH) / _DAY)


NUMBERS: Mapping[str, Callable[[Any], float]] = {
    INTEGER: _integer,
    NUMBER: _number,
    PROBABILITY: _number,
    DATE: _day,
    INSTANT: _instant,
}


def first_widths(columns: Sequence[Column]) -> list[int]:
    """In characters: room for the names with their filter buttons, and for what is no text."""
    return [max(_WIDTHS.get(column.type, 0), len(column.name) + _INDENT + _FILTER_BUTTON) for column in columns]


def widen(widths: list[int], places: Sequence[int], row: Sequence[object]) -> None:
    """Make room for the texts at these places of a row, within reason."""
    for place in places:
        text = row[place]
        if isinstance(text, str) and 2 * len(text) + _INDENT > widths[place] < _WIDEST:
            widths[place] = min(max(widths[place], extent(text) + _INDENT), _WIDEST)


def extent(text: str) -> int:
    """The width of a text in characters; those of East Asian scripts take two."""
    return len(text) if text.isascii() else sum(2 if east_asian_width(letter) in "FW" else 1 for letter in text)


def fit_page(sheet: Worksheet, title: str, *, tall: int = 0) -> None:
    """Print on A4, across, one page wide and `tall` pages high (0: as many as it takes), with page numbers."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.7)  # inches
    sheet.fit_to_pages(1, tall)
    sheet.set_header(f"&L{_as_heading(title)}")
    sheet.set_footer("&L&A&RPage &P of &N")


def _as_heading(text: str) -> str:
    """Text in the header of a page, where & begins a code and a digit after one is a size."""
    plain = "".join(letter for letter in text if letter.isprintable())
    return plain[:LONGEST_HEADING].replace("&", "&&")
