"""What a workbook of OpenDocument says that calamine leaves out: errors, what is hidden, how far out cells lie."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

from indicators.openxml import Look, Place

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_EXTENDED = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_HIDDEN = ("collapse", "filter")


@dataclass(slots=True, kw_only=True)
class _Seen:
    """Of one sheet, as its rows pass by."""

    width: int = 0
    length: int = 0
    line: int = 0
    filtered: bool = False
    errors: dict[Place, str] = field(default_factory=dict)
    uncalculated: list[Place] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    columns: int = 0


def look_into_tables(packed: zipfile.ZipFile) -> dict[str, Look]:
    """What there is to know of each sheet, by its name."""
    looks: dict[str, Look] = {}
    seen, name = _Seen(), ""
    for event, element in ElementTree.iterparse(io.BytesIO(packed.read("content.xml")), ("start", "end")):
        if element.tag == f"{_TABLE}table":
            if event == "start":
                seen, name = _Seen(), element.get(f"{_TABLE}name", "")
            else:
                looks[name] = _look(seen)
        elif event == "end" and element.tag == f"{_TABLE}table-column":
            _see_column(seen, element)
        elif event == "end" and element.tag == f"{_TABLE}table-row":
            _see_row(seen, element)
            element.clear()
    return looks


def _look(seen: _Seen) -> Look:
    return Look(
        width=seen.width,
        length=seen.length,
        errors=seen.errors,
        uncalculated=tuple(seen.uncalculated),
        hidden_rows=frozenset(seen.hidden_rows),
        filtered=seen.filtered,
        hidden_columns=frozenset(seen.hidden_columns),
    )


def _see_column(seen: _Seen, column: ElementTree.Element) -> None:
    number = int(column.get(f"{_TABLE}number-columns-repeated", "1"))
    if column.get(f"{_TABLE}visibility") in _HIDDEN:
        seen.hidden_columns.update(range(seen.columns + 1, seen.columns + number + 1))
    seen.columns += number


def _see_row(seen: _Seen, row: ElementTree.Element) -> None:
    number = int(row.get(f"{_TABLE}number-rows-repeated", "1"))
    cells = list(_filled_cells(row))
    visibility = row.get(f"{_TABLE}visibility", "visible")
    if cells:
        seen.width = max(seen.width, cells[-1][0])
        seen.length = seen.line + number
        seen.filtered |= visibility == "filter"
        if visibility in _HIDDEN:
            seen.hidden_rows.update(range(seen.line + 1, seen.line + number + 1))
    for column, cell in cells:
        place = (seen.line + 1, column)
        if cell.get(f"{_EXTENDED}value-type") == "error":
            seen.errors[place] = "".join(cell.itertext()).strip()
        elif cell.get(f"{_OFFICE}value-type") is None:
            seen.uncalculated.append(place)
    seen.line += number


def _filled_cells(row: ElementTree.Element) -> Iterator[tuple[int, ElementTree.Element]]:
    """The cells with a value or a formula, by the number of the last column that they stand in."""
    column = 0
    for cell in row:
        if cell.tag not in _CELLS:
            continue
        column += int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
        if cell.get(f"{_OFFICE}value-type") is not None or cell.get(f"{_TABLE}formula") is not None:
            yield column, cell
