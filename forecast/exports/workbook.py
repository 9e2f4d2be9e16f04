"""An export as an Excel workbook: an overview, its rows, what its columns mean, and of forecasts the headline."""

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import wrap
from typing import Any, BinaryIO, TextIO

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.exceptions import FileCreateError  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from forecast.errors import NotWritten
from forecast.exports.bulk import BulkSheet, Cell, cell_of
from forecast.exports.cells import (
    AS_TEXT,
    EXACT,
    Formats,
    Put,
    Unfit,
    add_formats,
    columns_of_sheet,
    exact_instant,
    first_widths,
    fit_page,
    put_into,
    widen,
)
from forecast.exports.columns import BOOLEAN, INSTANT, INTEGER, JSON, TEXT, Column, Export, Values
from forecast.exports.contents import CONTENTS
from forecast.exports.dictionary import HEADER
from forecast.exports.headlines import (
    Course,
    headline_columns,
    headline_row,
    note_headlines,
    read_course,
    read_notes,
)
from forecast.exports.overview import HEADLINE, Held, add_overview, fill_overview
from forecast.words.names import target_name
from forecast.words.numbers import counted

DICTIONARY = "columns"
"""The sheet after the rows, which is named as what they are."""
MOST_ROWS = 1_048_575
"""Below the header of a sheet."""
PRINTED_WIDTH = 256
"""Characters across a printed page: with more the letters would be too small to read."""

_DICTIONARY_WIDTHS = (24, 40, 14, 11, 96)  # characters
_LINE_HEIGHT = 15  # points
_NOWHERE = io.BytesIO()  # always there: garbage along with the ZIP file, it could be closed before that is


def write_workbook(export: Export, file: BinaryIO) -> None:
    """Write the export as .xlsx; its rows wait on disk beside the file, not in memory, until they are packed.

    Sheets: `overview`, on which it opens; the rows, named as what they are; `columns`; of forecasts also `headline`,
    unless no row is of the headline and a rolling horizon.

    Raises
    ------
    NotWritten
        if Excel cannot hold so many rows, or one of the values
    OSError
        if there is no room, or the folder cannot be written
    """
    _check_count(export.what, export.count)
    with _scratch(file) as scratch, _packed(file, scratch) as workbook:
        _describe(workbook, export)
        formats = add_formats(workbook)
        overview = add_overview(workbook)
        with (scratch / HEADLINE).open("w+", encoding="utf-8") as notes:
            rows = note_headlines(export, notes) if export.what == "forecasts" else export.rows
            _add_rows(workbook, export, rows, formats)
            _add_dictionary(workbook, export, formats)
            course = _add_headlines(workbook, notes, export.title, formats)
        fill_overview(workbook, overview, export, formats, course, _held(export, course))


def _check_count(what: str, count: int) -> None:
    if count > MOST_ROWS:
        raise NotWritten(
            f"{count} rows of {what} do not fit on an Excel sheet, which holds {MOST_ROWS}; "
            "narrow them with --from and --to, or write .parquet or .csv"
        )


@contextmanager
def _scratch(file: BinaryIO) -> Iterator[Path]:
    """A folder beside the file, where there must be room anyway; the system's for a file without a name."""
    name = getattr(file, "name", None)
    beside = Path(name).absolute().parent if isinstance(name, str | Path) else None
    with TemporaryDirectory(prefix=".workbook-", dir=beside) as folder:
        yield Path(folder)


class _Outlet:
    """The file as xlsxwriter sees it; abandoned, it swallows what a forgotten ZIP file still writes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def abandon(self) -> None:
        self._file = _NOWHERE


@contextmanager
def _packed(file: BinaryIO, scratch: Path) -> Iterator[Workbook]:
    """A workbook to fill row by row, packed into the file at the end; an exception leaves the file unfinished."""
    outlet = _Outlet(file)
    workbook = Workbook(outlet, {"constant_memory": True, "tmpdir": str(scratch)})
    workbook.use_zip64()
    try:
        yield workbook
        workbook.close()
    except FileCreateError as error:  # an OSError in xlsxwriter's wrapping
        raise error.args[0] from error
    finally:
        outlet.abandon()
        for sheet in workbook.worksheets():
            for part in (sheet.row_data_fh, sheet.fh):
                with suppress(OSError):  # of a full disk, which is told already
                    part.close()


def _describe(workbook: Workbook, export: Export) -> None:
    """Say in the document's properties what it holds and what wrote it."""
    size = f"{counted(export.count, 'row')} × {counted(len(export.columns), 'column')} of {export.what}"
    comments = "\n".join(f"{name}: {value}" for name, value in export.about.items())
    workbook.set_properties({"title": export.title, "subject": size, "author": "Parley", "comments": comments})


def _add_rows(workbook: Workbook, export: Export, rows: Iterable[Values], formats: Formats) -> None:
    sheet = workbook.add_worksheet(export.what, BulkSheet)
    columns = columns_of_sheet(export.columns)
    _add_header(sheet, [column.name for column in columns], formats)
    sheet.begin_lines(len(columns))
    cells = [cell_of(column.type, formats) for column in columns]
    widths = first_widths(columns)
    texts = [place for place, column in enumerate(columns) if _is_read(column)]
    last = 0
    for last, row in enumerate(_with_exact_instants(rows, export.columns), start=1):
        sheet.put_line(last, _cells(last, row, cells, columns))
        widen(widths, texts, row)
    _check_count(export.what, last)
    _set_widths(sheet, widths)
    sheet.autofilter(0, 0, last, len(columns) - 1)
    fit_page(sheet, export.title)
    sheet.print_area(0, 0, last, _printed(widths) - 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{last + 1}"})


def _printed(widths: Sequence[int]) -> int:
    """How many columns from the left can be read on a page; hashes and versions stand on the right."""
    return max(1, sum(reach <= PRINTED_WIDTH for reach in accumulate(widths)))


def _is_read(column: Column) -> bool:
    """Whether a person reads the texts of a column, so that there should be room for them: nobody reads hashes."""
    return column.type in (TEXT, JSON) and not column.name.endswith(("_hash", "_key"))


def _with_exact_instants(rows: Iterable[Values], columns: Sequence[Column]) -> Iterator[Values]:
    instants = [place for place, column in enumerate(columns) if column.type == INSTANT]
    return ((*row, *(exact_instant(row[place]) for place in instants)) for row in rows)


def _cells(line: int, row: Values, cells: Sequence[Cell], columns: Sequence[Column]) -> list[str]:
    made: list[str] = []
    try:
        for make, value in zip(cells, row, strict=True):
            made.append("" if value is None else make(value))
    except Unfit as error:
        raise _unfit(columns[len(made)], line, error) from error
    return made


def _unfit(column: Column, line: int, error: Unfit) -> NotWritten:
    return NotWritten(f"{column.name} in row {line + 1} {error}; write .csv, .json or .parquet instead")


def _put_row(line: int, row: Values, puts: Sequence[Put], columns: Sequence[Column]) -> None:
    place = 0
    try:
        for place, put in enumerate(puts):
            if row[place] is not None:
                put(line, row[place])
    except Unfit as error:
        raise _unfit(columns[place], line, error) from error


def _add_header(sheet: Worksheet, names: Iterable[str], formats: Formats) -> None:
    for place, name in enumerate(names):
        sheet.write_string(0, place, name, formats.header)
    sheet.freeze_panes(1, 1)
    sheet.repeat_rows(0)


def _set_widths(sheet: Worksheet, widths: Iterable[int]) -> None:
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)


def _add_dictionary(workbook: Workbook, export: Export, formats: Formats) -> None:
    """The sheet that says what each column of the rows means."""
    sheet = workbook.add_worksheet(DICTIONARY)
    _add_header(sheet, HEADER, formats)
    _set_widths(sheet, _DICTIONARY_WIDTHS)
    for line, column in enumerate(columns_of_sheet(export.columns), start=1):
        texts = {0: column.name, 1: _type_words(column), 2: column.unit, 4: column.meaning}
        sheet.set_row(
            line, _LINE_HEIGHT * max(_lines(text, _DICTIONARY_WIDTHS[place]) for place, text in texts.items())
        )
        for place, text in texts.items():
            sheet.write_string(line, place, text, formats.prose)
        sheet.write_boolean(line, 3, column.nullable, formats.cells[BOOLEAN])
    fit_page(sheet, export.title)


def _lines(text: str, width: int) -> int:
    """How many lines the text takes in a cell; Excel would find out, other programs do not."""
    return len(wrap(text, width)) or 1


def _type_words(column: Column) -> str:
    """A column's type, and what its cells make of it."""
    if column.name in AS_TEXT:
        return f"{INTEGER}, as text: it may have more digits than a number of Excel"
    if column.type == INSTANT:
        return f"{INSTANT}, UTC; programs read milliseconds, {column.name}{EXACT} has all"
    return column.type


def _add_headlines(workbook: Workbook, notes: TextIO, title: str, formats: Formats) -> Course | None:
    """The sheet of the headline by as-of date; none where nothing was noted."""
    course = read_course(notes)
    if course is None:
        return None
    columns = headline_columns(target_name(course.last.target), course.horizons)
    sheet = workbook.add_worksheet(HEADLINE)
    _add_header(sheet, [column.name for column in columns], formats)
    for place, column in enumerate(columns):
        sheet.write_comment(0, place, f"{column.meaning}.", {"x_scale": 2})
    _set_widths(sheet, [max(12, len(column.name) + 2) for column in columns])
    puts = [put_into(sheet, place, column.type, formats) for place, column in enumerate(columns)]
    for line, day in enumerate(read_notes(notes), start=1):
        _put_row(line, headline_row(day, course.horizons), puts, columns)
    fit_page(sheet, title)
    return course


def _held(export: Export, course: Course | None) -> list[Held]:
    """The sheets after the first, in their order."""
    rows = Held(export.what, f"{counted(export.count, 'row')}: one per {CONTENTS[export.what].row}")
    headline = Held(HEADLINE, "the headline by as-of date, from the last full run of each date, as charted")
    return [rows, Held(DICTIONARY, "what each column means, its type and its unit"), *([headline] if course else [])]
