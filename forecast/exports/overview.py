"""The first sheet of a workbook: what it holds, the headline in a sentence, and the chart; one page when printed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle, islice
from math import ceil
from typing import Any

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from forecast.exports.cells import Formats, as_shown, extent, fit_page, put_into, write_text
from forecast.exports.columns import DATE, INTEGER, PROBABILITY, Export
from forecast.exports.headlines import Course
from forecast.words.english.news import overtaken_lines
from forecast.words.names import target_name
from forecast.words.numbers import counted, percent, percent_range

OVERVIEW, HEADLINE = "overview", "headline"
"""Names of sheets: the first, and the one with a row per as-of date."""

_WIDTHS = (17,) * 8  # characters; with the chart a page of A4 across
_TABLE = (
    ("days", INTEGER),
    ("to", DATE),
    ("probability", PROBABILITY),
    ("90 % from", PROBABILITY),
    ("90 % to", PROBABILITY),
    ("base rate", PROBABILITY),
)
_SIZE, _LINE_HEIGHT = 11, 15  # points
_SIZES = {"title": 14, "headline": 13}
_CHART = {"width": 980, "height": 320}  # pixels
_CHART_LINES = 17
_NEWS = 6
_GRID = "#d9d9d9"
_MARKED = 40  # points of a line; the markers of more would hide it
_LINES = (
    ("#0072B2", "solid", "circle"),
    ("#D55E00", "dash", "square"),
    ("#009E73", "round_dot", "diamond"),
    ("#CC79A7", "long_dash_dot", "triangle"),
    ("#E69F00", "long_dash", "x"),
)
"""Colours of `forecast.plots.style`, which would import Matplotlib; dashes and markers say the same in grey."""


@dataclass(frozen=True, slots=True)
class Held:
    """A sheet of the workbook, and what it holds."""

    sheet: str
    what: str


@dataclass(slots=True)
class _Page:
    """The sheet as it is filled from the top."""

    sheet: Worksheet
    formats: Formats
    looks: Mapping[str, tuple[Format, Format]]
    """By name: for text, and for text like a formula."""
    line: int = 0

    def say(self, text: str, look: str) -> None:
        """A paragraph over the whole width; the row is as high as it needs."""
        text = as_shown(text)
        self.sheet.set_row(self.line, _height(text, sum(_WIDTHS), _SIZES.get(look, _SIZE)))
        self.sheet.merge_range(self.line, 0, self.line, len(_WIDTHS) - 1, "", self.looks[look][0])
        write_text(self.sheet, self.line, 0, text, *self.looks[look])
        self.line += 1


def _height(text: str, width: int, size: int) -> float:
    """Of the row, in points; Excel would find out, other programs do not."""
    bold = 1.0 if size == _SIZE else 1.1
    lines = max(1, ceil(bold * extent(text) * size / _SIZE / width))
    return lines * _LINE_HEIGHT * size / _SIZE


def add_overview(workbook: Workbook) -> Worksheet:
    """Add the sheet before all others, so that the workbook opens on it."""
    return workbook.add_worksheet(OVERVIEW)


def fill_overview(
    workbook: Workbook, sheet: Worksheet, export: Export, formats: Formats, course: Course | None, held: Sequence[Held]
) -> None:
    """Fill the sheet: the headline and its chart where there is a course of it; what is held in any case."""
    for place, width in enumerate(_WIDTHS):
        sheet.set_column(place, place, width)
    sheet.hide_gridlines(2)
    page = _Page(sheet, formats, _looks(workbook))
    page.say(export.title, "title")
    page.say(_asked(export), "plain")
    for line in _overtaken(export):
        page.say(line, "warning")
    page.line += 1
    if course is not None:
        _add_headline(workbook, page, course)
    _add_sheets(page, held)
    fit_page(sheet, export.title, tall=1)
    sheet.print_area(0, 0, page.line, len(_WIDTHS) - 1)


def _looks(workbook: Workbook) -> dict[str, tuple[Format, Format]]:
    prose = {"text_wrap": True, "valign": "top", "align": "left"}
    looks = {
        "title": {**prose, "bold": True, "font_size": _SIZES["title"]},
        "plain": {**prose, "font_color": "#555555"},
        "warning": {**prose, "bold": True, "font_color": "#b03030"},
        "headline": {**prose, "bold": True, "font_size": _SIZES["headline"]},
        "link": {**prose, "font_color": "#0060a0", "underline": 1},
        "cell": prose,
    }
    return {
        name: (workbook.add_format(look), workbook.add_format({**look, "quote_prefix": True}))
        for name, look in looks.items()
    }


def _asked(export: Export) -> str:
    """How large the export is, and what was asked for."""
    size = f"{counted(export.count, 'row')} × {counted(len(export.columns), 'column')}"
    about = (f"{name.replace('_', ' ')} {value}" for name, value in export.about.items() if name != "since")
    return "; ".join((size, *about))


def _overtaken(export: Export) -> Iterator[str]:
    """That more is on file than the numbers take in: the first of it, and what to do."""
    if export.overtaken is None:
        return
    first, *news, last = overtaken_lines(export.overtaken)
    yield first
    yield from news[:_NEWS]
    if len(news) > _NEWS:
        yield f"… and {len(news) - _NEWS} more."
    yield last


def headline_sentence(course: Course) -> str:
    """The headline over the longest window: number, as of when, base rate."""
    day, longest = course.last, max(course.last.by_horizon)
    mean, low, high, base = day.by_horizon[longest]
    interval = "" if low is None or high is None else f" (90 % interval {percent_range(low, high)})"
    beside = "" if base is None else f"; base rate {percent(base)}"
    window = f"at least one in the {longest} days to {day.as_of + timedelta(days=longest)}"
    name = target_name(day.target)
    said = f"{name[:1].upper()}{name[1:]}, {window}: {percent(mean)}{interval}{beside}."
    return f"{said} As of {day.as_of}, run {day.run_id} ({day.kind})."


def _add_headline(workbook: Workbook, page: _Page, course: Course) -> None:
    page.say(headline_sentence(course), "headline")
    page.line += 1
    first = page.line
    _add_windows(page, course)
    chart = _by_date(workbook, course) if course.dates > 1 else _by_window(workbook, course, first, page.line - 1)
    chart.set_legend({"position": "bottom"})
    chart.set_size(_CHART)
    page.line += 1
    page.sheet.insert_chart(page.line, 0, chart, {"description": headline_sentence(course)})
    page.line += _CHART_LINES


def _add_windows(page: _Page, course: Course) -> None:
    """A row for each window of the last date, rolling ones first."""
    for place, (name, _) in enumerate(_TABLE):
        page.sheet.write_string(page.line, place, name, page.formats.header)
    puts = [put_into(page.sheet, place, kind, page.formats) for place, (_, kind) in enumerate(_TABLE)]
    for end, numbers in course.last.windows:
        page.line += 1
        for put, value in zip(puts, ((end - course.last.as_of).days, end, *numbers), strict=True):
            if value is not None:
                put(page.line, value)
    page.line += 1


def _by_date(workbook: Workbook, course: Course) -> Any:
    """Lines of the means by as-of date, which the sheet of the headline holds; not joined where the model changed."""
    chart, last = workbook.add_chart({"type": "line"}), course.dates
    looks = reversed([*islice(cycle(_LINES), len(course.horizons))])  # the longest has the plainest
    for place, (horizon, look) in enumerate(zip(course.horizons, looks, strict=True), start=3):
        chart.add_series(
            {
                "name": f"in {horizon} d",
                "categories": [HEADLINE, 1, 0, last, 0],
                "values": [HEADLINE, 1, place, last, place],
                **_line(*look, marked=last <= _MARKED),
                "points": _broken(course),
            }
        )
    _set_titles(chart, f"P({target_name(course.last.target)}): mean by as-of date")
    chart.set_x_axis(
        {"name": "as-of date", "date_axis": True, "num_format": "yyyy-mm-dd", "num_font": {"rotation": -45}}
    )
    return chart


def _broken(course: Course) -> list[dict[str, object] | None]:
    """The format of each point: none of its own but where the model changed, which no line leads to."""
    return [{"line": {"none": True}} if place in course.turns else None for place in range(course.dates)]


def _by_window(workbook: Workbook, course: Course, header: int, last: int) -> Any:
    """Columns by window beside the base rate, where one date makes no line."""
    chart = workbook.add_chart({"type": "column"})
    for place, name, (colour, *_) in ((2, "probability", _LINES[0]), (5, "base rate", _LINES[1])):
        chart.add_series(
            {
                "name": name,
                "categories": [OVERVIEW, header + 1, 0, last, 0],
                "values": [OVERVIEW, header + 1, place, last, place],
                "fill": {"color": colour},
            }
        )
    _set_titles(chart, f"P({target_name(course.last.target)}) by window, as of {course.last.as_of}")
    chart.set_x_axis({"name": "days"})
    return chart


def _set_titles(chart: Any, title: str) -> None:
    chart.set_title({"name": title, "name_font": {"size": 13}, "overlay": False})
    lines = {"visible": True, "line": {"color": _GRID}}
    chart.set_y_axis({"name": "probability", "min": 0, "num_format": "0%", "major_gridlines": lines})


def _line(colour: str, dash: str, marker: str, *, marked: bool) -> dict[str, object]:
    shape = {"type": marker, "size": 6, "fill": {"color": colour}, "border": {"color": colour}}
    return {
        "line": {"color": colour, "width": 2, "dash_type": dash},
        "marker": shape if marked else {"type": "none"},
    }


def _add_sheets(page: _Page, held: Sequence[Held]) -> None:
    """What the other sheets hold, each with a link to it."""
    page.sheet.write_string(page.line, 0, "sheet", page.formats.header)
    page.sheet.merge_range(page.line, 1, page.line, len(_WIDTHS) - 1, "holds", page.formats.header)
    link, _ = page.looks["link"]
    for one in held:
        page.line += 1
        page.sheet.write_url(page.line, 0, f"internal:'{one.sheet}'!A1", link, one.sheet)
        page.sheet.set_row(page.line, _height(one.what, sum(_WIDTHS[1:]), _SIZE))
        page.sheet.merge_range(page.line, 1, page.line, len(_WIDTHS) - 1, one.what, page.looks["cell"][0])
