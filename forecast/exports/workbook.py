"""An export as an Excel workbook: its rows, what its columns mean, and for forecasts the headline with a chart."""

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from itertools import cycle, islice
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import wrap
from typing import Any, BinaryIO, TextIO

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.exceptions import FileCreateError  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from db.kinds import FULL_KINDS
from forecast.errors import NotWritten
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
    put_into,
    widen,
)
from forecast.exports.columns import (
    BOOLEAN,
    DATE,
    INSTANT,
    INTEGER,
    JSON,
    PROBABILITY,
    TEXT,
    Column,
    Export,
    Values,
    stored,
)
from forecast.exports.dictionary import HEADER
from forecast.words.names import target_name
from forecast.words.numbers import counted

DICTIONARY, HEADLINE = "columns", "headline"
"""Sheets after the first, which is named as what it holds."""
MOST_ROWS = 1_048_575
"""Below the header of a sheet."""

_DICTIONARY_WIDTHS = (24, 40, 14, 11, 96)  # characters
_HEADLINE_FIELDS = ("as_of", "run_id", "kind", "target", "headline", "horizon_days", "mean", "q05", "q95")
_LINES = (
    ("#0072B2", "solid", "circle"),
    ("#D55E00", "dash", "square"),
    ("#009E73", "round_dot", "diamond"),
    ("#CC79A7", "long_dash_dot", "triangle"),
    ("#E69F00", "long_dash", "x"),
)
"""Colours of `forecast.plots.style`, which would import Matplotlib; dashes and markers say the same in grey."""
_LINE_HEIGHT = 15  # points
_GRID = "#d9d9d9"
_NOWHERE = io.BytesIO()  # always there: garbage along with the ZIP file, it could be closed before that is
_MARKED = 40  # points of a line; the markers of more would hide it


@dataclass(frozen=True, slots=True)
class _Headline:
    """The headline of one as-of date: its mean and the ends of its 90 % interval by rolling horizon in days."""

    as_of: date
    run_id: int
    kind: str
    target: str
    by_horizon: dict[int, tuple[float, float, float]] = field(default_factory=dict)


def write_workbook(export: Export, file: BinaryIO) -> None:
    """Write the export as .xlsx; its rows wait on disk beside the file, not in memory, until they are packed.

    Sheets: the rows, named as what they are; `columns`; of forecasts also `headline`, unless no row is of the headline
    and a rolling horizon.

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
        with (scratch / HEADLINE).open("w+", encoding="utf-8") as notes:
            rows = _noting_headlines(export, notes) if export.what == "forecasts" else export.rows
            _add_rows(workbook, export, rows, formats)
            _add_dictionary(workbook, export.columns, formats)
            _add_headlines(workbook, notes, formats)


def _check_count(what: str, count: int) -> None:
    if count > MOST_ROWS:
        raise NotWritten(
            f"{count} rows of {what} do not fit into a sheet of Excel, which holds {MOST_ROWS}; "
            "narrow them by --from and --to, or write .parquet or .csv"
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
    sheet = workbook.add_worksheet(export.what)
    columns = columns_of_sheet(export.columns)
    _add_header(sheet, [column.name for column in columns], formats)
    puts = [put_into(sheet, place, column.type, formats) for place, column in enumerate(columns)]
    widths = first_widths(columns)
    texts = [place for place, column in enumerate(columns) if _is_read(column)]
    last = 0
    for last, row in enumerate(_with_exact_instants(rows, export.columns), start=1):
        _put_row(last, row, puts, columns)
        widen(widths, texts, row)
    _check_count(export.what, last)
    _set_widths(sheet, widths)
    sheet.autofilter(0, 0, last, len(columns) - 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{last + 1}"})


def _is_read(column: Column) -> bool:
    """Whether a person reads the texts of a column, so that there should be room for them: nobody reads hashes."""
    return column.type in (TEXT, JSON) and not column.name.endswith(("_hash", "_key"))


def _with_exact_instants(rows: Iterable[Values], columns: Sequence[Column]) -> Iterator[Values]:
    instants = [place for place, column in enumerate(columns) if column.type == INSTANT]
    return ((*row, *(exact_instant(row[place]) for place in instants)) for row in rows)


def _put_row(line: int, row: Values, puts: Sequence[Put], columns: Sequence[Column]) -> None:
    place = 0
    try:
        for place, put in enumerate(puts):
            if row[place] is not None:
                put(line, row[place])
    except Unfit as error:
        raise NotWritten(f"{columns[place].name} in row {line + 1} {error}; write .csv, .json or .parquet") from error


def _add_header(sheet: Worksheet, names: Iterable[str], formats: Formats) -> None:
    for place, name in enumerate(names):
        sheet.write_string(0, place, name, formats.header)
    sheet.freeze_panes(1, 0)
    sheet.set_paper(9)  # A4
    sheet.repeat_rows(0)


def _set_widths(sheet: Worksheet, widths: Iterable[int]) -> None:
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)


def _add_dictionary(workbook: Workbook, columns: Sequence[Column], formats: Formats) -> None:
    """The sheet that says what each column of the rows means."""
    sheet = workbook.add_worksheet(DICTIONARY)
    _add_header(sheet, HEADER, formats)
    _set_widths(sheet, _DICTIONARY_WIDTHS)
    for line, column in enumerate(columns_of_sheet(columns), start=1):
        texts = {0: column.name, 1: _type_words(column), 2: column.unit, 4: column.meaning}
        sheet.set_row(
            line, _LINE_HEIGHT * max(_lines(text, _DICTIONARY_WIDTHS[place]) for place, text in texts.items())
        )
        for place, text in texts.items():
            sheet.write_string(line, place, text, formats.prose)
        sheet.write_boolean(line, 3, column.nullable, formats.cells[BOOLEAN])
    _fit_page(sheet)


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


def _fit_page(sheet: Worksheet) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _noting_headlines(export: Export, notes: TextIO) -> Iterator[Values]:
    """Pass the rows on; the headline of each as-of date is noted when the date is over."""
    names = [column.name for column in export.columns]
    pick = itemgetter(*(names.index(name) for name in _HEADLINE_FIELDS))
    day: _Headline | None = None
    for row in export.rows:
        yield row
        as_of, run_id, kind, target, is_headline, horizon, *numbers = pick(row)
        if not is_headline or horizon is None:
            continue
        if day is not None and day.as_of != as_of:
            _note(day, notes)
            day = None
        if day is None or (day.run_id != run_id and _takes_over(kind, day.kind)):
            day = _Headline(as_of, run_id, kind, target)
        if day.run_id == run_id:
            day.by_horizon[horizon] = tuple(numbers)
    if day is not None:
        _note(day, notes)


def _takes_over(kind: str, before: str) -> bool:
    """Whether a later run of the same as-of date stands for it: a provisional one never does after a full one."""
    return kind in FULL_KINDS or before not in FULL_KINDS


def _note(day: _Headline, notes: TextIO) -> None:
    print(json.dumps([str(day.as_of), day.run_id, day.kind, day.target, [*day.by_horizon.items()]]), file=notes)


def _read_notes(notes: TextIO) -> Iterator[_Headline]:
    notes.seek(0)
    for line in notes:
        as_of, run_id, kind, target, by_horizon = json.loads(line)
        yield _Headline(date.fromisoformat(as_of), run_id, kind, target, dict(by_horizon))


def _add_headlines(workbook: Workbook, notes: TextIO, formats: Formats) -> None:
    """The sheet of the headline by as-of date, with its chart; none where nothing was noted."""
    horizons = sorted({horizon for day in _read_notes(notes) for horizon in day.by_horizon})
    if not horizons:
        return
    target = target_name(next(_read_notes(notes)).target)
    columns = _headline_columns(target, horizons)
    sheet = workbook.add_worksheet(HEADLINE)
    _add_header(sheet, [column.name for column in columns], formats)
    for place, column in enumerate(columns):
        sheet.write_comment(0, place, f"{column.meaning}.", {"x_scale": 2})
    _set_widths(sheet, [max(12, len(column.name) + 2) for column in columns])
    puts = [put_into(sheet, place, column.type, formats) for place, column in enumerate(columns)]
    last = 0
    for last, day in enumerate(_read_notes(notes), start=1):
        _put_row(last, _headline_row(day, horizons), puts, columns)
    _add_chart(workbook, sheet, target, horizons, last)
    _fit_page(sheet)


def _headline_columns(target: str, horizons: Sequence[int]) -> tuple[Column, ...]:
    longest = horizons[-1]
    return (
        stored("as_of", DATE, "What could be known by this day was used"),
        stored("run_id", INTEGER, "The last full run of the as-of date, or the last provisional one if none is full"),
        stored("kind", TEXT, "Kind of that run"),
        *(stored(f"mean_{days}d", PROBABILITY, f"Probability of {target} within {days} days") for days in horizons),
        stored(f"q05_{longest}d", PROBABILITY, f"Lower end of the 90 % interval of mean_{longest}d"),
        stored(f"q95_{longest}d", PROBABILITY, f"Upper end of the 90 % interval of mean_{longest}d"),
    )


def _headline_row(day: _Headline, horizons: Sequence[int]) -> Values:
    nothing = (None, None, None)
    means = (day.by_horizon.get(horizon, nothing)[0] for horizon in horizons)
    return day.as_of, day.run_id, day.kind, *means, *day.by_horizon.get(horizons[-1], nothing)[1:]


def _add_chart(workbook: Workbook, sheet: Worksheet, target: str, horizons: Sequence[int], last: int) -> None:
    """Lines of the means by as-of date, right of the table."""
    chart = workbook.add_chart({"type": "line"})
    looks = reversed([*islice(cycle(_LINES), len(horizons))])  # the longest has the plainest
    for place, (horizon, look) in enumerate(zip(horizons, looks, strict=True), start=3):
        chart.add_series(
            {
                "name": f"in {horizon} d",
                "categories": [HEADLINE, 1, 0, last, 0],
                "values": [HEADLINE, 1, place, last, place],
                **_line(*look, marked=last <= _MARKED),
            }
        )
    chart.set_title({"name": f"P({target}): mean by as-of date", "name_font": {"size": 13}, "overlay": False})
    chart.set_x_axis(
        {"name": "as-of date", "date_axis": True, "num_format": "yyyy-mm-dd", "num_font": {"rotation": -45}}
    )
    chart.set_y_axis(
        {
            "name": "probability",
            "min": 0,
            "num_format": "0%",
            "major_gridlines": {"visible": True, "line": {"color": _GRID}},
        }
    )
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 860, "height": 430})
    sheet.insert_chart(1, len(horizons) + 6, chart, {"description": f"Lines of P({target}) by as-of date"})


def _line(colour: str, dash: str, marker: str, *, marked: bool) -> dict[str, object]:
    shape = {"type": marker, "size": 6, "fill": {"color": colour}, "border": {"color": colour}}
    return {
        "line": {"color": colour, "width": 2, "dash_type": dash},
        "marker": shape if marked else {"type": "none"},
    }
