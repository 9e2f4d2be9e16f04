"""An Excel workbook to fill in: drop-downs of the case's indicators and grades, and its criteria beside them."""

import io
import re
from collections.abc import Sequence
from datetime import date, datetime, time

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.utility import xl_rowcol_to_cell  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from db.rows import GradeRow, IndicatorRow
from indicators.coding import FIRST_YEAR, LONGEST_TEXT, OBSERVATION_COLUMNS, REQUIRED
from indicators.content import LEVELS
from indicators.workbook import SHEET

RELIABILITIES = {
    "A": "completely reliable",
    "B": "usually reliable",
    "C": "fairly reliable",
    "D": "not usually reliable",
    "E": "unreliable",
    "F": "reliability cannot be judged",
}
CREDIBILITIES = {
    1: "confirmed by other sources",
    2: "probably true",
    3: "possibly true",
    4: "doubtful",
    5: "improbable",
    6: "truth cannot be judged",
}
"""The Admiralty code: of the source, and of what it says."""

_WHAT_TO_WRITE = {
    "indicator": "The id of an indicator; the sheet criteria says what each asks.",
    "observed_on": "The day it happened.",
    "known_on": "The day it could be known; empty: the day it happened.",
    "level": "From -2 to 2 by the sheet criteria; 2 favours talks. A level between two, such as 0.5, may be typed.",
    "grade": "Reliability of the source and credibility of what it says, such as B2; see the sheet grades.",
    "source": "Who said it, and where: title and date.",
    "publisher": "Who published it.",
    "url": "The web address, with https:// or http://.",
    "origin": "A name that rows share which go back to one report: they count as one piece of evidence.",
    "analyst": "Who coded it; empty: whoever imports the file.",
    "note": f"Anything else, up to {LONGEST_TEXT['note']} characters.",
}
_WIDTHS = {"indicator": 26, "source": 44, "url": 30, "note": 50}
_CRITERIA, _GRADES = "criteria", "grades"
_LAST_ROW = 1_048_575  # of a sheet, counted from 0
_FORMULA_LIKE = re.compile(r"\s*[=+\-@]|[\t\r]")


def build_template(
    case_name: str, catalogue: Sequence[IndicatorRow], grades: Sequence[GradeRow], *, today: date
) -> bytes:
    """The workbook, ready to be written to a file; the same case and day give the same bytes."""
    content = io.BytesIO()
    with Workbook(content, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as workbook:
        workbook.set_properties({"title": f"Observations: {case_name}", "created": datetime.combine(today, time())})
        _add_observations(workbook, len(catalogue), len(grades))
        _add_criteria(workbook, catalogue)
        _add_grades(workbook, grades)
    return content.getvalue()


def write_text(sheet: Worksheet, row: int, column: int, text: str, plain: Format, quoted: Format) -> None:
    """Write text as text; `quoted`, with Excel's quote prefix, keeps what looks like a formula from becoming one."""
    sheet.write_string(row, column, text, quoted if _FORMULA_LIKE.match(text) else plain)


def _add_observations(workbook: Workbook, indicators: int, grades: int) -> None:
    sheet = workbook.add_worksheet(SHEET)
    required, optional = _header_formats(workbook)
    cells = {
        "level": workbook.add_format({"align": "center"}),
        **dict.fromkeys(("observed_on", "known_on"), workbook.add_format({"num_format": "yyyy-mm-dd"})),
    }
    text = workbook.add_format({"num_format": "@"})  # or Excel makes a date of a source such as 2026-11
    for place, column in enumerate(OBSERVATION_COLUMNS):
        sheet.set_column(place, place, _WIDTHS.get(column, 14), cells.get(column, text))
        sheet.write_string(0, place, column, required if column in REQUIRED else optional)
        must = "Required. " if column in REQUIRED else ""
        sheet.write_comment(0, place, must + _WHAT_TO_WRITE[column], {"x_scale": 1.6})
    sheet.freeze_panes(1, 1)
    for column, rule in _rules(indicators, grades).items():
        place = OBSERVATION_COLUMNS.index(column)
        sheet.data_validation(1, place, _LAST_ROW, place, {"error_title": f"Wrong {column}", **rule})


def _header_formats(workbook: Workbook) -> tuple[Format, Format]:
    """Of the columns that must be filled in, and of the others."""
    required = workbook.add_format({"bold": True, "bg_color": "#1f4e79", "font_color": "#ffffff", "border": 1})
    return required, workbook.add_format({"bg_color": "#dce6f1", "border": 1})


def _rules(indicators: int, grades: int) -> dict[str, dict[str, object]]:
    """What Excel lets one enter, by column; a level between two of the list is asked about, not refused."""
    observed_on = xl_rowcol_to_cell(1, OBSERVATION_COLUMNS.index("observed_on"), col_abs=True)
    to_today: dict[str, object] = {"validate": "date", "criteria": "between", "maximum": "=TODAY()"}
    return {
        "indicator": {
            **_one_of(_CRITERIA, indicators),
            "error_message": "Choose an indicator; the sheet criteria lists them.",
        },
        "observed_on": {
            **to_today,
            "minimum": date(FIRST_YEAR, 1, 1),
            "error_message": "Write a date up to today, as YYYY-MM-DD.",
        },
        "known_on": {
            **to_today,
            "minimum": f"={observed_on}",
            "error_message": "Write a date from observed_on up to today, or leave it empty.",
        },
        "level": {
            "validate": "list",
            "source": [str(level) for level in LEVELS],
            "error_type": "warning",
            "error_message": "Choose a level from -2 to 2. A number between two levels, such as 0.5, may be typed.",
        },
        "grade": {**_one_of(_GRADES, grades), "error_message": "Choose a grade; the sheet grades says what they mean."},
    }


def _one_of(sheet: str, count: int) -> dict[str, object]:
    """A drop-down of the first column of another sheet, below its header."""
    last = xl_rowcol_to_cell(max(count, 1), 0, row_abs=True, col_abs=True)
    return {"validate": "list", "source": f"={sheet}!$A$2:{last}"}


def _add_criteria(workbook: Workbook, catalogue: Sequence[IndicatorRow]) -> None:
    head = ("indicator", "name", "question", *(f"level {level:+d}" if level else "level 0" for level in LEVELS))
    rows = []
    for indicator in catalogue:
        criteria = {row.level: row.criterion for row in indicator.levels}
        described = [criteria.get(level, "") for level in LEVELS]
        rows.append([indicator.indicator_id, indicator.name, indicator.question, *described])
    _add_table(workbook, _CRITERIA, head, rows, (26, 28, 44, 32, 32, 32, 32, 32))


def _add_grades(workbook: Workbook, grades: Sequence[GradeRow]) -> None:
    head = ("grade", "the source is", "what it says is", "sd in levels")
    rows: list[list[str | float]] = [
        [
            f"{grade.reliability}{grade.credibility}",
            RELIABILITIES[grade.reliability],
            CREDIBILITIES[grade.credibility],
            grade.sd_levels,
        ]
        for grade in grades
    ]
    _add_table(workbook, _GRADES, head, rows, (8, 30, 30, 14))


def _add_table(
    workbook: Workbook,
    name: str,
    head: Sequence[str],
    rows: Sequence[Sequence[str | float]],
    widths: Sequence[int],
) -> None:
    sheet = workbook.add_worksheet(name)
    header, _ = _header_formats(workbook)
    plain = workbook.add_format({"text_wrap": True, "valign": "top"})
    quoted = workbook.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True})
    for place, (title, width) in enumerate(zip(head, widths, strict=True)):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, title, header)
    for line, cells in enumerate(rows, start=1):
        for place, cell in enumerate(cells):
            if isinstance(cell, str):
                write_text(sheet, line, place, cell, plain, quoted)
            else:
                sheet.write_number(line, place, cell, plain)
    sheet.freeze_panes(1, 1)
