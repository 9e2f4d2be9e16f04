"""Rows put into the XML of a sheet at once are those that xlsxwriter would have put there cell by cell."""

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from xlsxwriter import Workbook  # type: ignore[import-untyped]

from forecast.exports.bulk import BulkSheet, cell_of
from forecast.exports.cells import LARGEST_INTEGER, add_formats, put_into
from forecast.exports.columns import BOOLEAN, DATE, INSTANT, INTEGER, JSON, NUMBER, PROBABILITY, TEXT

KINDS = (INTEGER, NUMBER, PROBABILITY, BOOLEAN, DATE, INSTANT, TEXT, JSON)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), max_size=12)
PLAIN = TEXTS.filter(lambda text: "_x" not in text and "<r>" not in text)
ROWS = st.tuples(
    st.none() | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    st.none() | st.floats(0, 1),
    st.none() | st.booleans(),
    st.none() | st.dates(date(1900, 3, 1), date(2300, 1, 1)),
    st.none() | st.integers(0, 10**16).map(lambda n: datetime(1901, 1, 1, tzinfo=UTC) + timedelta(microseconds=n)),
    st.none() | PLAIN | st.sampled_from(["=1+1", "+x", " around ", "two\nlines", "<&>", "\x01", "\t"]),
    st.none() | PLAIN,
)
type Row = tuple[object, ...]


def sheet_data(rows: Sequence[Row], *, at_once: bool) -> str:
    """The part of the sheet that holds a header and the rows."""
    file = io.BytesIO()
    workbook = Workbook(file, {"constant_memory": True})
    formats = add_formats(workbook)
    sheet = workbook.add_worksheet("rows", BulkSheet)
    for place, kind in enumerate(KINDS):
        sheet.write_string(0, place, kind, formats.header)
    if at_once:
        cells = [cell_of(kind, formats) for kind in KINDS]
        sheet.begin_lines(len(KINDS))
        for line, row in enumerate(rows, start=1):
            made = ["" if value is None else make(value) for make, value in zip(cells, row, strict=True)]
            sheet.put_line(line, made)
    else:
        puts = [put_into(sheet, place, kind, formats) for place, kind in enumerate(KINDS)]
        for line, row in enumerate(rows, start=1):
            for put, value in zip(puts, row, strict=True):
                if value is not None:
                    put(line, value)
    workbook.close()
    with zipfile.ZipFile(file) as parts:
        return parts.read("xl/worksheets/sheet1.xml").decode()


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(ROWS, min_size=1, max_size=6))
def test_the_sheet_is_that_of_cells_written_one_by_one(rows: list[Row]) -> None:
    filled = [row for row in rows if any(value is not None for value in row)]  # of an empty row xlsxwriter says nothing
    numbers = re.compile(r' s="\d+"')  # styles are numbered as they come into use
    at_once, one_by_one = (numbers.sub("", sheet_data(filled, at_once=way)) for way in (True, False))
    assert without_space(at_once) == without_space(one_by_one)


def without_space(sheet: str) -> str:
    """The sheet without the marks that keep blanks around a text, which hold for any text."""
    return sheet.replace(' xml:space="preserve"', "")
