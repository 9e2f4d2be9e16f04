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
from indicators.coding import FIRST_YEAR, OBSERVATION_COLUMNS, REQUIRED
from indicators.content import LEVELS
from indicators.headings import labelled
from indicators.template_words import ENGLISH, Words

_WIDTHS = {"indicator": 26, "source": 44, "url": 30, "note": 50}
_NAMED_WIDTH = 60
_LAST_ROW = 1_048_575  # of a sheet, counted from 0
_FORMULA_LIKE = re.compile(r"\s*[=+\-@]|[\t\r]")


def build_template(
    case_name: str,
    catalogue: Sequence[IndicatorRow],
    grades: Sequence[GradeRow],
    *,
    today: date,
    words: Words = ENGLISH,
) -> bytes:
    """The workbook, ready to be written to a file; the same case, day and words give the same bytes."""
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(content, options | _default_format(words)) as workbook:
        workbook.set_properties({"title": words.title.format(case_name), "created": datetime.combine(today, time())})
        _add_observations(workbook, len(catalogue), len(grades), words)
        _add_criteria(workbook, catalogue, words)
        _add_grades(workbook, grades, words)
    return content.getvalue()


def _default_format(words: Words) -> dict[str, dict[str, str | int]]:
    return {"default_format_properties": {**_font(words), "font_size": 11}} if words.font else {}


def _font(words: Words) -> dict[str, str]:
    return {"font_name": words.font} if words.font else {}


def write_text(sheet: Worksheet, row: int, column: int, text: str, plain: Format, quoted: Format) -> None:
    """Write text as text; `quoted`, with Excel's quote prefix, keeps what looks like a formula from becoming one."""
    sheet.write_string(row, column, text, quoted if _FORMULA_LIKE.match(text) else plain)


def _add_observations(workbook: Workbook, indicators: int, grades: int, words: Words) -> None:
    sheet = workbook.add_worksheet(words.sheet)
    required, optional = _header_formats(workbook)
    cells = {
        "level": workbook.add_format({"align": "center"}),
        **dict.fromkeys(("observed_on", "known_on"), workbook.add_format({"num_format": "yyyy-mm-dd"})),
    }
    text = workbook.add_format({"num_format": "@"})  # or Excel makes a date of a source such as 2026-11
    widths = {**_WIDTHS, "indicator": _NAMED_WIDTH} if words.named else _WIDTHS
    for place, column in enumerate(OBSERVATION_COLUMNS):
        sheet.set_column(place, place, widths.get(column, 14), cells.get(column, text))
        sheet.write_string(0, place, words.headings[column], required if column in REQUIRED else optional)
        must = words.required if column in REQUIRED else ""
        sheet.write_comment(0, place, must + words.to_write[column], {"x_scale": 1.6, "y_scale": 1.3} | _font(words))
    sheet.freeze_panes(1, 1)
    for column, rule in _rules(indicators, grades, words).items():
        place = OBSERVATION_COLUMNS.index(column)
        title = words.wrong.format(words.headings[column])
        sheet.data_validation(1, place, _LAST_ROW, place, {"error_title": title, **rule})


def _header_formats(workbook: Workbook) -> tuple[Format, Format]:
    """Of the columns that must be filled in, and of the others."""
    required = workbook.add_format({"bold": True, "bg_color": "#1f4e79", "font_color": "#ffffff", "border": 1})
    return required, workbook.add_format({"bg_color": "#dce6f1", "border": 1})


def _rules(indicators: int, grades: int, words: Words) -> dict[str, dict[str, object]]:
    """What Excel lets one enter, by column; a level between two of the list is asked about, not refused."""
    observed_on = xl_rowcol_to_cell(1, OBSERVATION_COLUMNS.index("observed_on"), col_abs=True)
    to_today: dict[str, object] = {"validate": "date", "criteria": "between", "maximum": "=TODAY()"}
    return {
        "indicator": {
            **_one_of(words.criteria, indicators),
            "error_message": words.not_indicator,
        },
        "observed_on": {
            **to_today,
            "minimum": date(FIRST_YEAR, 1, 1),
            "error_message": words.not_observed_on,
        },
        "known_on": {
            **to_today,
            "minimum": f"={observed_on}",
            "error_message": words.not_known_on,
        },
        "level": {
            "validate": "list",
            "source": [str(level) for level in LEVELS],
            "error_type": "warning",
            "error_message": words.not_level,
        },
        "grade": {**_one_of(words.grades, grades), "error_message": words.not_grade},
    }


def _one_of(sheet: str, count: int) -> dict[str, object]:
    """A drop-down of the first column of another sheet, below its header."""
    last = xl_rowcol_to_cell(max(count, 1), 0, row_abs=True, col_abs=True)
    return {"validate": "list", "source": f"={sheet}!$A$2:{last}"}


def _add_criteria(workbook: Workbook, catalogue: Sequence[IndicatorRow], words: Words) -> None:
    levels = (words.level.format(f"{level:+d}" if level else "0") for level in LEVELS)
    rows = []
    for indicator in catalogue:
        criteria = {row.level: row.criterion for row in indicator.levels}
        described = [criteria.get(level, "") for level in LEVELS]
        choice = labelled(indicator.indicator_id, indicator.name) if words.named else indicator.indicator_id
        rows.append([choice, indicator.name, indicator.question, *described])
    widths = (_NAMED_WIDTH if words.named else _WIDTHS["indicator"], 28, 44, 32, 32, 32, 32, 32)
    _add_table(workbook, words.criteria, (*words.criteria_head, *levels), rows, widths)


def _add_grades(workbook: Workbook, grades: Sequence[GradeRow], words: Words) -> None:
    rows: list[list[str | float]] = [
        [
            f"{grade.reliability}{grade.credibility}",
            words.reliabilities[grade.reliability],
            words.credibilities[grade.credibility],
            grade.sd_levels,
        ]
        for grade in grades
    ]
    _add_table(workbook, words.grades, words.grades_head, rows, (8, 30, 30, 16))


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
