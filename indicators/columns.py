"""What the columns of a table mean: its rows under the names of `OBSERVATION_COLUMNS`."""

import re

from indicators.coding import OBSERVATION_COLUMNS, REQUIRED
from indicators.grid import Grid
from indicators.headings import column_of, id_in
from indicators.tables import Problems, Row, check_header, make_row
from indicators.texts import without_invisible

_SLASHED = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})")
_ALIASES = {
    "indicator_id": "indicator",
    "source_title": "source",
    "source_publisher": "publisher",
    "source_url": "url",
}
_HALVES = ("reliability", "credibility")  # of a grade, as the files of a case write it


def observation_rows(grid: Grid, problems: Problems) -> list[Row]:
    """The rows of a table of observations; empty where its columns are refused."""
    file, records = grid.file, grid.records
    names = [without_invisible(name).strip().casefold() for name in grid.header]
    header = _trimmed([_ALIASES.get(name) or column_of(name) or name for name in names], 0)
    halves = "grade" not in header and all(half in header for half in _HALVES)
    columns, required = (_halved(names) if halves else names for names in (OBSERVATION_COLUMNS, REQUIRED))
    if not check_header(file, grid.line, header, columns, required, problems):
        return []
    if not records:
        problems.add(file, "holds no observation; write at least one row below the names of its columns")
    rows = [make_row(file, at, header, _trimmed(cells, len(header)), problems) for at, cells in records]
    whole = [_with_id(_with_days(row)) for row in rows if row is not None]
    return [_with_grade(row) for row in whole] if halves else whole


def _with_days(row: Row) -> Row:
    """The days that Excel saves as 2026/11/3 in a .csv, written as this program does."""
    for column in ("observed_on", "known_on"):
        if found := _SLASHED.fullmatch(without_invisible(row.cells.get(column, ""))):
            row.cells[column] = f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}"
    return row


def _with_id(row: Row) -> Row:
    """The indicator by its id alone, also where its name stands beside it as in the workbook in Japanese."""
    row.cells["indicator"] = id_in(row.cells["indicator"])
    return row


def _trimmed(cells: list[str], width: int) -> list[str]:
    """The cells without empty ones at the end, which spreadsheets write, but at least `width` of them."""
    end = len(cells)
    while end > width and not cells[end - 1]:
        end -= 1
    return cells[:end]


def _halved(columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part for column in columns for part in (_HALVES if column == "grade" else (column,)))


def _with_grade(row: Row) -> Row:
    cells = {**row.cells, "grade": "".join(row.cells[half] for half in _HALVES)}
    return Row(row.file, row.line, cells, row.problems)
