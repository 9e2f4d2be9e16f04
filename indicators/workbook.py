"""One sheet of an Excel workbook as rows of text cells.

What calamine does not say is looked up in the sheet's XML first: which cells hold an error (it gives them as empty) and
how far out cells lie (it makes room for all cells between them).
"""

import io
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from posixpath import join
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineWorkbook

from indicators.tables import Problems

SHEET = "observations"
MOST_CELLS = 30_000_000
MOST_UNPACKED = 2_000_000_000
"""Bytes."""

_WORKBOOK, _RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_NO_WORKBOOK = "is packed like an Excel workbook, but is none or is damaged; open it in Excel and save it as .xlsx"
_BROKEN = (
    CalamineError,
    ElementTree.ParseError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    LookupError,  # a part that others name is not there, or an unknown encoding
    NotImplementedError,
    RuntimeError,
    ValueError,
)
_FLAGGED = (b't="e"', b"t='e'")
_ERROR = re.compile(rb"<(?:\w+:)?c\b([^>]*\bt=[\"']e[\"'][^>]*)>.*?<(?:\w+:)?v>([^<]*)<", re.DOTALL)
_PLACE = re.compile(rb"\br=[\"']([A-Z]{1,3})([0-9]{1,7})[\"']")
_FAR = re.compile(rb' r="(?:([A-Z]{2,3})([0-9]+)|[A-Z]([0-9]{6,7}))"')
_LETTERS, _ROWS = 26, 100_000  # a sheet without cells farther out than this is taken to be so wide and long
_EXACT = 1e15  # whole numbers below this are written without an exponent

type Value = str | float | bool | date | datetime | time | timedelta
type Place = tuple[int, int]
"""(row, column), counted from 1."""


def read_workbook(file: str, data: bytes, problems: Problems) -> list[tuple[int, list[str]]]:
    """(row as Excel counts, stripped cells) of every row that is not blank; empty when the workbook is refused.

    The sheet is the one named "observations", or else the first. Numbers read as they look, dates as YYYY-MM-DD.
    """
    before = len(problems.lines)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            name, xml = _find_sheet(file, packed, problems)
        _check_extent(file, xml, problems)
        values = _values(data, name) if len(problems.lines) == before else []
    except _BROKEN:
        problems.add(file, _NO_WORKBOOK)
        return []
    if len(problems.lines) == before and not values:
        problems.add(file, f"holds nothing in the sheet {name!r}; its first row names the columns")
    return _records(file, values, _errors(xml), problems)


def _find_sheet(file: str, packed: zipfile.ZipFile, problems: Problems) -> tuple[str, bytes]:
    """Name and XML of the sheet to read; ("", b"") where there is none or the workbook is too large."""
    size = sum(part.file_size for part in packed.infolist())
    if size > MOST_UNPACKED:
        problems.add(
            file, f"unpacks to {size / 1e6:.0f} MB; split it into files of at most {MOST_UNPACKED / 1e6:.0f} MB"
        )
        return "", b""
    parts = _sheet_parts(packed)
    if not parts:
        problems.add(file, f"holds no sheet with cells; write a sheet {SHEET!r}")
        return "", b""
    name = next((name for name in parts if name.strip().casefold() == SHEET), next(iter(parts)))
    return name, packed.read(parts[name])


def _sheet_parts(packed: zipfile.ZipFile) -> dict[str, str]:
    """The part of the package that holds each visible sheet, by the sheet's name, in the order of the workbook."""
    relations = ElementTree.fromstring(packed.read(_RELATIONS))
    targets = {
        relation.get("Id"): join("/xl", relation.get("Target", "")).lstrip("/")
        for relation in relations
        if relation.get("Type", "").endswith("/worksheet")
    }
    parts: dict[str, str] = {}
    for sheet in ElementTree.fromstring(packed.read(_WORKBOOK)).iterfind("{*}sheets/{*}sheet"):
        id_ = next((value for key, value in sheet.items() if key.endswith("}id")), None)
        if id_ in targets and sheet.get("state", "visible") == "visible":
            parts[sheet.get("name", "")] = targets[id_]
    return parts


def _check_extent(file: str, xml: bytes, problems: Problems) -> None:
    """Refuse a sheet with a cell so far out that the cells between would fill the memory."""
    far = _FAR.findall(xml)
    column = max((_column_number(letters) for letters, _, _ in far), default=0)
    row = max((int(wide or narrow) for _, wide, narrow in far), default=0)
    if max(column, _LETTERS) * max(row, _ROWS) > MOST_CELLS:
        place = f"column {_column_letters(column)}, row {row}" if column else f"row {row}"
        what = f"has cells as far out as {place}; delete all columns and rows outside the table, and save it again"
        problems.add(file, what)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * _LETTERS + letter - ord("A") + 1
    return number


def _column_letters(number: int) -> str:
    letters = ""
    while number:
        number, letter = divmod(number - 1, _LETTERS)
        letters = chr(ord("A") + letter) + letters
    return letters


def _errors(xml: bytes) -> dict[Place, str]:
    """The cells that hold an error, such as #REF!."""
    if not any(flag in xml for flag in _FLAGGED):
        return {}
    found = ((_PLACE.search(attributes), value) for attributes, value in _ERROR.findall(xml))
    return {(int(at[2]), _column_number(at[1])): value.decode() for at, value in found if at}


def _values(data: bytes, name: str) -> list[list[Value]]:
    with CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
        return workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)


def _records(
    file: str, values: Sequence[Sequence[Value]], errors: Mapping[Place, str], problems: Problems
) -> list[tuple[int, list[str]]]:
    records: list[tuple[int, list[str]]] = []
    for line, row in enumerate(values, start=1):
        cells = [value.strip() if type(value) is str else _text(value) for value in row]
        if any(cells):
            records.append((line, cells))
        if bool in map(type, row):
            flags = {(line, place): str(v).upper() for place, v in enumerate(row, start=1) if isinstance(v, bool)}
            _refuse(file, flags, "{} is a truth value; write text or a number", records, problems)
    _refuse(file, errors, "holds the error {}; mend the formula, or write the value itself", records, problems)
    return records


def _refuse(
    file: str,
    found: Mapping[Place, str],
    what: str,
    records: Sequence[tuple[int, list[str]]],
    problems: Problems,
) -> None:
    """Record a problem for each cell, under the name its column has in the first row, or else its letters."""
    header = records[0][1] if records else []
    for (line, place), value in found.items():
        name = header[place - 1] if place <= len(header) and line != records[0][0] else ""
        problems.add(f"{file}: row {line}, column {name or _column_letters(place)}", what.format(value))


@lru_cache(maxsize=1 << 14, typed=True)
def _text(value: Value) -> str:
    """A cell that is not text, as it looks."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return str(value)
