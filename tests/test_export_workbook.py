"""An export as a workbook: what comes back from foreign readers, what a person sees, and what Excel cannot hold."""

import errno
import io
import os
import resource
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from conftest import NOW, OBSERVATION
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from xlsxwriter.utility import xl_cell_to_rowcol  # type: ignore[import-untyped]

from db.append import append_observations
from db.engine import Database
from db.when import When
from forecast.errors import NotWritten
from forecast.exports.cells import LARGEST_INTEGER, LONGEST_TEXT
from forecast.exports.columns import (
    BOOLEAN,
    DATE,
    INSTANT,
    INTEGER,
    JSON,
    NUMBER,
    PROBABILITY,
    TEXT,
    Column,
    Export,
    Value,
    Values,
    stored,
)
from forecast.exports.contents import CONTENTS
from forecast.exports.read import Wanted, read_export
from forecast.exports.workbook import MOST_ROWS, PRINTED_WIDTH, write_workbook
from forecast.words.english.news import overtaken_lines
from forecast.writing import written

few = settings(max_examples=25, deadline=None)
XML = {
    "m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
}
EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
INSTANT_OF = datetime(2026, 11, 22, 6, 0, 3, 123456, tzinfo=UTC)
COLUMNS = (
    stored("id", INTEGER, "Number of the row"),
    stored("on", DATE, "The day", nullable=True),
    stored("at", INSTANT, "When", nullable=True),
    stored("p", PROBABILITY, "A probability", nullable=True),
    stored("x", NUMBER, "A number", unit="levels", nullable=True),
    stored("sure", BOOLEAN, "Whether", nullable=True),
    stored("note", TEXT, "A text", nullable=True),
    stored("detail", JSON, "More", nullable=True),
    stored("seed", INTEGER, "The seed", nullable=True),
)
ROW: Values = (7, date(2026, 11, 21), INSTANT_OF, 0.143, -1.5, True, "北朝鮮", '{"a": [1, null]}', 2**63 - 1)
TEXTS = (
    "=1+1", "+49", "-1 day", "@cmd", " =x", "\t=1", "＝1", "001", "TRUE", "1e5", "2026-11-22", "#N/A", "'quoted",
    "https://example.org/a?b=c&d", "two\nlines", "two\r\nlines", "\r", "  around  ", "\u3000全角", "한국어", "北朝鮮",
    "🎯👩🏽‍🔬", "é", '<b>&amp;"', "<r>bold</r>", "<r><t>bold</t></r>", "_x0041_", "_x005F_x0041_",
    "_x0041_x0042_x0043_", "\x00\x01\x1f", "\x7f\x85\u2028", "x" * LONGEST_TEXT, "𝒙" * (LONGEST_TEXT // 2),
)  # fmt: skip


@dataclass(frozen=True)
class Opened:
    """A workbook, read by a foreign reader and by its parts."""

    content: bytes

    @property
    def sheets(self) -> list[str]:
        return CalamineWorkbook.from_filelike(io.BytesIO(self.content)).sheet_names

    def rows(self, sheet: str) -> list[list[object]]:
        """The cells of a sheet, its header first."""
        read = CalamineWorkbook.from_filelike(io.BytesIO(self.content)).get_sheet_by_name(sheet)
        return [[*row] for row in read.to_python(skip_empty_area=False)]

    def column(self, sheet: str, name: str) -> list[object]:
        head, *rows = self.rows(sheet)
        return [row[head.index(name)] for row in rows]

    def frame(self, sheet: str) -> pd.DataFrame:
        return pd.read_excel(
            io.BytesIO(self.content), sheet, engine="calamine", dtype={"seed": str}, keep_default_na=False
        )

    def part(self, name: str) -> ElementTree.Element:
        with zipfile.ZipFile(io.BytesIO(self.content)) as packed:
            return ElementTree.fromstring(packed.read(f"{name}.xml"))

    def sheet(self, number: int) -> ElementTree.Element:
        """By its place after the overview, which is 0."""
        return self.part(f"xl/worksheets/sheet{number + 1}")

    def cell(self, number: int, place: str) -> ElementTree.Element:
        (found,) = self.sheet(number).iterfind(f".//m:c[@r='{place}']", XML)
        return found

    def style(self, number: int, place: str) -> ElementTree.Element:
        styles = self.part("xl/styles").findall("m:cellXfs/m:xf", XML)
        return styles[int(self.cell(number, place).attrib["s"])]

    def number_format(self, number: int, place: str) -> str:
        of_cell = self.style(number, place).attrib["numFmtId"]
        builtin = {"0": "General", "1": "0", "49": "@"}
        formats = self.part("xl/styles").iterfind("m:numFmts/m:numFmt", XML)
        return (builtin | {each.attrib["numFmtId"]: each.attrib["formatCode"] for each in formats})[of_cell]


def an_export(
    rows: Iterable[Values], columns: tuple[Column, ...] = COLUMNS, *, what: str = "observations", count: int = 1
) -> Export:
    return Export(
        what=what,
        title="A case: a table",
        columns=columns,
        count=count,
        rows=iter(rows),
        about={"case": "toy", "as_of": "2026-11-22"},
    )


def written_out(export: Export) -> Opened:
    file = io.BytesIO()
    write_workbook(export, file)
    return Opened(file.getvalue())


def one_column(kind: str, values: Iterable[Value]) -> Opened:
    return written_out(an_export(((value,) for value in values), (stored("value", kind, "A value"),)))


def read_exactly(cell: ElementTree.Element) -> float:
    return float(cell.findtext("m:v", "", XML))


# What comes back


def test_a_row_comes_back_with_its_types() -> None:
    book = written_out(an_export([ROW]))
    head, row = book.rows("observations")
    assert head == ["id", "on", "at", "p", "x", "sure", "note", "detail", "seed", "at_exact"]
    milliseconds = INSTANT_OF.replace(microsecond=123000, tzinfo=None)
    seed, exact = "9223372036854775807", "2026-11-22T06:00:03.123456+00:00"
    assert row == [7, date(2026, 11, 21), milliseconds, 0.143, -1.5, True, "北朝鮮", '{"a": [1, null]}', seed, exact]
    assert [type(cell) for cell in row[:6]] == [float, date, datetime, float, float, bool]


def test_pandas_reads_the_same() -> None:
    other = (8, date(1945, 8, 15), INSTANT_OF + timedelta(days=1), 1 / 3, 0.1, False, "=1+1", "[]", 12)
    frame = written_out(an_export([ROW, other])).frame("observations")
    assert [*frame["on"]] == [pd.Timestamp("2026-11-21"), pd.Timestamp("1945-08-15")]
    assert [*frame["p"], *frame["x"], *frame["id"]] == [0.143, 1 / 3, -1.5, 0.1, 7, 8]
    assert [*frame["sure"]] == [True, False]
    assert [*frame["note"], *frame["detail"]] == ["北朝鮮", "=1+1", '{"a": [1, null]}', "[]"]
    assert [int(seed) for seed in frame["seed"]] == [2**63 - 1, 12]
    assert [*pd.to_datetime(frame["at_exact"])] == [INSTANT_OF, INSTANT_OF + timedelta(days=1)]


def test_what_is_empty_is_no_cell() -> None:
    book = written_out(an_export([(1, *[None] * 8), ROW]))
    assert [cell.attrib["r"] for cell in book.sheet(1).iterfind(".//m:row[@r='2']/m:c", XML)] == ["A2"]
    assert book.rows("observations")[1] == [1, *[""] * 9]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text)[:20])
def test_text_stays_itself(text: str) -> None:
    book = one_column(TEXT, [text, text])
    assert book.column("observations", "value") == [text, text]
    assert book.cell(1, "A2").attrib["t"] == "inlineStr"


@few
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), min_size=1), max_size=20
    )
)
def test_any_text_stays_itself(texts: list[str]) -> None:
    assert one_column(TEXT, ["start", *texts]).column("observations", "value") == ["start", *texts]


@few
@given(st.lists(st.text(st.sampled_from("_x0041F<r>/t&; =")), max_size=20))
def test_no_text_is_taken_for_an_escape_or_for_marks_of_the_file(texts: list[str]) -> None:
    assert one_column(TEXT, ["start", *texts, "end"]).column("observations", "value") == ["start", *texts, "end"]


@few
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30))
def test_any_number_comes_back_to_the_last_digit(numbers: list[float]) -> None:
    assert one_column(NUMBER, numbers).column("observations", "value") == numbers
    assert one_column(PROBABILITY, numbers).column("observations", "value") == numbers


@few
@given(st.integers(-LARGEST_INTEGER, LARGEST_INTEGER))
def test_any_integer_that_a_double_holds_comes_back(number: int) -> None:
    assert one_column(INTEGER, [number]).column("observations", "value") == [number]


@few
@given(st.dates(date(1900, 3, 1)))
def test_any_day_comes_back(day: date) -> None:
    assert one_column(DATE, [day]).column("observations", "value") == [day]


@few
@given(st.datetimes(datetime(1990, 1, 1), datetime(2079, 6, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_cell_of_an_instant_tells_its_microseconds(instant: datetime) -> None:
    book = one_column(INSTANT, [instant])
    assert EPOCH + timedelta(days=read_exactly(book.cell(1, "A2"))) == instant
    assert book.column("observations", "value_exact") == [instant.isoformat(timespec="microseconds")]


def test_an_instant_is_written_in_utc_whatever_its_zone() -> None:
    seoul = INSTANT_OF.astimezone(timezone(timedelta(hours=9)))
    assert one_column(INSTANT, [seoul]).rows("observations") == one_column(INSTANT, [INSTANT_OF]).rows("observations")


def test_nothing_is_a_formula_or_a_link() -> None:
    book = written_out(an_export([(*ROW[:6], text, text, None) for text in TEXTS]))
    with zipfile.ZipFile(io.BytesIO(book.content)) as packed:
        assert not [name for name in packed.namelist() if "rels" in name and b"hyperlink" in packed.read(name)]
    assert not [*book.sheet(1).iter(f"{{{XML['m']}}}f")]
    assert not [*book.sheet(1).iter(f"{{{XML['m']}}}hyperlink")]


def test_editing_a_text_does_not_make_a_formula_of_it() -> None:
    book = one_column(TEXT, ["=1+1", "plain", " -1", "＠x", "<r>=</r>", "=_x0041_x0042_"])
    quoted = ["quotePrefix" in book.style(1, f"A{line}").attrib for line in range(2, 8)]
    assert quoted == [True, False, True, True, False, True]
    assert {book.number_format(1, f"A{line}") for line in range(2, 8)} == {"@"}


# What a person sees


def test_the_sheet_opens_well() -> None:
    book = written_out(an_export([ROW] * 3, count=3))
    (pane,) = book.sheet(1).iterfind(".//m:pane", XML)
    assert (pane.attrib["ySplit"], pane.attrib["xSplit"], pane.attrib["state"]) == ("1", "1", "frozen")
    assert [each.attrib["ref"] for each in book.sheet(1).iterfind("m:autoFilter", XML)] == ["A1:J4"]
    fonts = book.part("xl/styles").findall("m:fonts/m:font", XML)
    assert fonts[int(book.style(1, "A1").attrib["fontId"])].find("m:b", XML) is not None
    assert [book.number_format(1, f"{letter}2") for letter in "ABCDEGHI"] == [
        "0",
        "yyyy-mm-dd",
        "yyyy-mm-dd hh:mm:ss",
        "[<0.001]0.000%;[>0.999]0.000%;0.0%",
        "0.0??",
        "@",
        "@",
        "@",
    ]


def test_columns_are_as_wide_as_what_stands_in_them() -> None:
    rows = [(*ROW[:6], text, "{}", 1) for text in ("short", "北" * 15, "x")]
    widths = [
        float(each.attrib["width"]) for each in written_out(an_export(rows)).sheet(1).iterfind("m:cols/m:col", XML)
    ]
    assert 32 < widths[6] < 35
    rows.append((*ROW[:6], "y" * 2000, "{}", 1))
    widest = [
        float(each.attrib["width"]) for each in written_out(an_export(rows)).sheet(1).iterfind("m:cols/m:col", XML)
    ]
    assert 40 < widest[6] < 50
    assert widest[:6] == widths[:6]


def test_the_dictionary_names_the_columns_and_what_became_of_them() -> None:
    book = written_out(an_export([ROW]))
    head, *rows = book.rows("columns")
    assert head == ["column", "type", "unit", "nullable", "meaning"]
    assert [row[0] for row in rows] == book.rows("observations")[0]
    assert rows[4] == ["x", "number", "levels", True, "A number"]
    assert [row[1] for row in rows if row[0] == "seed"] == [
        "integer, as text: it may have more digits than a number of Excel"
    ]
    assert [row[1] for row in rows if row[0] == "at"] == ["instant, UTC; programs read milliseconds, at_exact has all"]
    assert [each.attrib["ySplit"] for each in book.sheet(2).iterfind(".//m:pane", XML)] == ["1"]


@pytest.mark.parametrize("what", CONTENTS)
def test_every_column_of_every_export_is_explained(what: str) -> None:
    columns = CONTENTS[what].columns
    meanings = {row[0]: row[4] for row in written_out(an_export([], columns, what=what, count=0)).rows("columns")[1:]}
    assert {column.name: column.meaning for column in columns}.items() <= meanings.items()
    assert {*meanings} - {column.name for column in columns} == {
        f"{column.name}_exact" for column in columns if column.type == INSTANT
    }


def test_the_document_says_what_it_is_of() -> None:
    book = written_out(an_export([ROW]))
    said = [*book.part("docProps/core").itertext()]
    assert {"A case: a table", "1 row × 9 columns of observations", "Parley"} <= {*said}
    assert any(text.startswith("case: toy\nas_of: 2026-11-22") for text in said)


# The headline

FORECASTS = CONTENTS["forecasts"].columns
REACHES = ((30, None), (365, None), (None, date(2029, 1, 20)))


def run_of(run_id: int, kind: str, as_of: date, mean: float, structure: int = 2) -> Iterator[Values]:
    """The rows of a run, as an export has them: the headline, and another target less likely."""
    for target, times in (("arms_control_talks", 1.0), ("contact", 0.5)):
        for days, deadline in REACHES:
            said: dict[str, Value] = {
                "run_id": run_id,
                "kind": kind,
                "as_of": as_of,
                "structure": structure,
                "target": target,
                "headline": target == "arms_control_talks",
                "horizon_days": days,
                "deadline": deadline,
                "mean": mean * times * (days or 800) / 365,
                "q05": mean / 4,
                "q95": mean * 2,
                "base_rate": None if kind == "provisional" else mean * 1.5,
            }
            yield tuple(said.get(column.name) for column in FORECASTS)


def headlines(*rows: Values) -> Opened:
    return written_out(an_export(rows, FORECASTS, what="forecasts", count=len(rows)))


def of_days(number: int) -> Opened:
    return headlines(
        *(row for day in range(number) for row in run_of(day, "official", date(2026, 1, 1) + timedelta(day), 0.1))
    )


@pytest.mark.parametrize(
    ("kinds", "stands"),
    [
        ("official", 0),
        ("official manual", 1),
        ("backfill provisional", 0),
        ("provisional provisional", 1),
        ("provisional official provisional", 1),
        ("manual provisional backfill provisional", 2),
    ],
)
def test_the_last_full_run_of_a_date_stands_for_it(kinds: str, stands: int) -> None:
    before, day, after = (date(2026, 11, 20) + timedelta(step) for step in range(3))
    runs = [run_of(10 + number, kind, day, 0.1 + number / 100) for number, kind in enumerate(kinds.split())]
    book = headlines(
        *run_of(1, "official", before, 0.3), *(row for run in runs for row in run), *run_of(99, "manual", after, 0.2)
    )
    assert book.sheets == ["overview", "forecasts", "columns", "headline"]
    head, *rows = book.rows("headline")
    assert head == ["as_of", "run_id", "kind", "mean_30d", "mean_365d", "q05_365d", "q95_365d", "structure"]
    mean = 0.1 + stands / 100
    assert [row[:2] for row in rows] == [[before, 1], [day, 10 + stands], [after, 99]]
    assert rows[1][2:] == [kinds.split()[stands], mean * 30 / 365, mean * 365 / 365, mean / 4, mean * 2, 2]


def test_a_horizon_that_came_later_has_a_column_and_no_numbers_before() -> None:
    early = [row for row in run_of(1, "official", date(2026, 1, 1), 0.1) if row[horizon_at()] == 30]
    book = headlines(*early, *run_of(2, "official", date(2026, 1, 2), 0.1))
    assert [row[3:] for row in book.rows("headline")[1:]] == [
        [0.1 * 30 / 365, "", "", "", 2],
        [0.1 * 30 / 365, 0.1, 0.025, 0.2, 2],
    ]


def horizon_at() -> int:
    return [column.name for column in FORECASTS].index("horizon_days")


@pytest.mark.parametrize("days", [2, 39, 400])
def test_the_chart_draws_every_day_of_every_horizon(days: int) -> None:
    chart = of_days(days).part("xl/charts/chart1")
    drawn = [*chart.iterfind(".//c:lineChart/c:ser", XML)]
    assert [each.findtext(".//c:tx//c:v", "", XML) for each in drawn] == ["in 30 d", "in 365 d"]
    a, d, e = (f"headline!${at}$2:${at}${days + 1}" for at in "ADE")
    assert [each.findtext("c:val//c:f", "", XML) for each in drawn] == [d, e]
    assert {each.findtext("c:cat//c:f", "", XML) for each in drawn} == {a}
    markers = [each.find("c:marker/c:symbol", XML) for each in drawn]
    assert len({marker.attrib["val"] for marker in markers if marker is not None}) == (2 if days < 40 else 1)
    dashes = [each.find(".//c:spPr//{*}prstDash", XML) for each in drawn]
    assert len({None if dash is None else dash.attrib["val"] for dash in dashes}) == 2


def test_the_chart_draws_no_line_to_the_first_date_of_another_model() -> None:
    days = [(0, 1), (1, 1), (2, 2), (3, 2)]
    rows = [run_of(n, "official", date(2026, 1, 1) + timedelta(n), 0.1, structure) for n, structure in days]
    chart = headlines(*(row for run in rows for row in run)).part("xl/charts/chart1")
    for series in chart.iterfind(".//c:lineChart/c:ser", XML):
        (point,) = series.iterfind("c:dPt", XML)
        assert [each.attrib["val"] for each in point.iterfind("c:idx", XML)] == ["2"]
        assert point.find(".//{*}ln/{*}noFill") is not None


def test_the_chart_has_a_date_axis_per_cents_from_nought_and_titles() -> None:
    chart = of_days(3).part("xl/charts/chart1")
    assert chart.find(".//c:dateAx", XML) is not None
    values = chart.find(".//c:valAx", XML)
    assert values is not None
    assert [values.find(f".//c:{name}", XML).attrib for name in ("min", "numFmt")] == [  # type: ignore[union-attr]
        {"val": "0"},
        {"formatCode": "0%", "sourceLinked": "0"},
    ]
    titles = ["".join(title.itertext()).strip() for title in chart.iterfind(".//c:title", XML)]
    assert titles == ["P(arms-control talks): mean by as-of date", "as-of date", "probability"]
    assert [each.attrib["val"] for each in chart.iterfind(".//c:legendPos", XML)] == ["b"]


def test_one_date_is_drawn_by_window_beside_its_base_rate() -> None:
    """A line needs two."""
    chart = of_days(1).part("xl/charts/chart1")
    drawn = [*chart.iterfind(".//c:barChart/c:ser", XML)]
    assert [each.findtext(".//c:tx//c:v", "", XML) for each in drawn] == ["probability", "base rate"]
    cells = [each.findtext("c:val//c:f", "", XML) for each in drawn]
    rows = of_days(1).rows("overview")
    head = next(line for line, row in enumerate(rows, start=1) if row[0] == "days")
    assert cells == [f"overview!${at}${head + 1}:${at}${head + 3}" for at in "CF"]
    assert [row[0] for row in rows[head : head + 3]] == [30, 365, (date(2029, 1, 20) - date(2026, 1, 1)).days]


# The overview


def words_of(book: Opened) -> str:
    return "\n".join(str(cell) for row in book.rows("overview") for cell in row if cell != "")


def test_it_opens_on_the_headline_and_its_chart() -> None:
    book = of_days(3)
    views = [view.attrib.get("activeTab", "0") for view in book.part("xl/workbook").iter(f"{{{XML['m']}}}workbookView")]
    assert (views, book.sheets[0]) == (["0"], "overview")
    (view,) = book.sheet(0).iterfind(".//m:sheetView", XML)
    assert (view.attrib["tabSelected"], view.attrib["showGridLines"]) == ("1", "0")
    assert [*book.sheet(0).iter(f"{{{XML['m']}}}drawing")]
    assert not any([*book.sheet(number).iter(f"{{{XML['m']}}}drawing")] for number in (1, 2, 3))
    lines = words_of(book).splitlines()
    assert lines[0] == "A case: a table"
    assert (
        "Arms-control talks, at least one in the 365 days to 2027-01-03: 10 % (90 % interval 2.5–20 %); base rate "
        "15 %. As of 2026-01-03, run 2 (official)."
    ) in lines


def test_the_overview_has_a_row_for_each_window_with_numbers_and_dates() -> None:
    rows = of_days(2).rows("overview")
    at = next(line for line, row in enumerate(rows) if row[0] == "days")
    assert rows[at][:6] == ["days", "to", "probability", "90 % from", "90 % to", "base rate"]
    deadline = date(2029, 1, 20)
    assert [row[:6] for row in rows[at + 1 : at + 4]] == [
        [30, date(2026, 2, 1), 0.1 * 30 / 365, 0.025, 0.2, 0.1 * 1.5],
        [365, date(2027, 1, 2), 0.1, 0.025, 0.2, 0.1 * 1.5],
        [(deadline - date(2026, 1, 2)).days, deadline, 0.1 * 800 / 365, 0.025, 0.2, 0.1 * 1.5],
    ]


def test_what_a_provisional_run_does_not_know_is_left_out() -> None:
    book = headlines(*run_of(1, "provisional", date(2026, 1, 1), 0.1))
    assert "base rate" not in next(
        line for line in words_of(book).splitlines() if line.startswith("Arms-control talks, at")
    )
    assert "As of 2026-01-01, run 1 (provisional)." in words_of(book)


@pytest.mark.parametrize("what", CONTENTS)
def test_every_export_says_what_it_is_and_what_its_sheets_hold(what: str) -> None:
    columns = CONTENTS[what].columns
    book = written_out(an_export([], columns, what=what, count=0))
    told = words_of(book)
    assert "0 rows" in told
    assert "as of 2026-11-22" in told
    assert f"one per {CONTENTS[what].row}" in told
    links = {each.attrib["location"] for each in book.sheet(0).iter(f"{{{XML['m']}}}hyperlink")}
    assert links == {f"'{sheet}'!A1" for sheet in book.sheets[1:]}


def test_what_has_overtaken_the_numbers_stands_on_the_overview(full: Database) -> None:
    with full.write() as connection:
        later = [
            replace(OBSERVATION, source_title=f"Wire {number:02}", known_on=date(2020, 6, 1)) for number in range(30)
        ]
        append_observations(connection, later, NOW + timedelta(days=1))
    wanted = Wanted(what="forecasts", when=When(as_of=date(2030, 1, 1)), today=date(2030, 1, 1))
    with full.read() as connection:
        export = read_export(connection, wanted)
        first, *news, last = overtaken_lines(export.overtaken) if export.overtaken else ("", "", "")
        told = words_of(written_out(export))
    assert len(news) > 6
    assert all(line in told for line in (first, *news[:6], f"… and {len(news) - 6} more.", last))
    assert news[7] not in told


@pytest.mark.parametrize("name", ["=1+1", "+cmd|' /C calc'!A1", "@x", "A & B", '"&12&K', "x" * 5000, "\uffff", "<b>"])
def test_no_name_of_a_case_harms_the_overview_or_the_heading(name: str) -> None:
    book = written_out(replace(an_export([ROW]), title=name))
    assert not [*book.sheet(0).iter(f"{{{XML['m']}}}f")]
    shown = str(book.rows("overview")[0][0])
    assert shown == (name if len(name) < 1000 else name[:1000] + "…").replace("\uffff", "\ufffd")
    heading = book.sheet(0).findtext("m:headerFooter/m:oddHeader", "", XML)
    assert heading == f"&L{''.join(c for c in name if c.isprintable())[:100].replace('&', '&&')}"
    assert len(heading) <= 255


# On paper


@pytest.mark.parametrize("what", CONTENTS)
def test_every_sheet_prints_across_a4_one_page_wide_with_numbers(what: str) -> None:
    empty = an_export([], CONTENTS[what].columns, what=what, count=0)
    book = of_days(2) if what == "forecasts" else written_out(empty)
    for number, name in enumerate(book.sheets):
        sheet = book.sheet(number)
        (page,) = sheet.iterfind("m:pageSetup", XML)
        assert (page.attrib["paperSize"], page.attrib["orientation"]) == ("9", "landscape"), name
        assert page.attrib.get("fitToWidth", "1") == "1"
        assert page.attrib.get("fitToHeight", "1") == ("1" if name == "overview" else "0")
        assert [each.attrib["fitToPage"] for each in sheet.iterfind("m:sheetPr/m:pageSetUpPr", XML)] == ["1"]
        assert sheet.findtext("m:headerFooter/m:oddFooter", "", XML) == "&L&A&RPage &P of &N"
    names = printed_names(book)
    assert {sheet for kind, sheet, _ in names if kind == "_xlnm.Print_Titles"} == {*book.sheets[1:]}
    assert all(area.endswith("!$1:$1") for kind, _, area in names if kind == "_xlnm.Print_Titles")
    assert {sheet for kind, sheet, _ in names if kind == "_xlnm.Print_Area"} == {"overview", what}


def printed_names(book: Opened) -> list[tuple[str, str, str]]:
    """What a workbook defines for printing: kind, sheet, range."""
    found = book.part("xl/workbook").iterfind("m:definedNames/m:definedName", XML)
    return [(each.attrib["name"], book.sheets[int(each.attrib["localSheetId"])], each.text or "") for each in found]


@few
@given(st.lists(st.integers(1, 60), min_size=1, max_size=60))
def test_letters_on_paper_stay_large_enough_to_read(lengths: list[int]) -> None:
    columns = tuple(stored("x" * length + str(place), TEXT, "A text") for place, length in enumerate(lengths))
    book = written_out(an_export([], columns, count=0))
    widths = [
        float(each.attrib["width"]) for each in book.sheet(1).iterfind("m:cols/m:col", XML) for _ in spanned(each)
    ]
    (area,) = (
        area for kind, sheet, area in printed_names(book) if (kind, sheet) == ("_xlnm.Print_Area", "observations")
    )
    last = area.partition(":")[2].split("$")[1] if ":" in area else "A"
    count = xl_cell_to_rowcol(f"{last}1")[1] + 1
    assert sum(widths[:count]) <= PRINTED_WIDTH + count or count == 1
    assert count == len(widths) or sum(widths[: count + 1]) > PRINTED_WIDTH


def spanned(column: ElementTree.Element) -> range:
    return range(int(column.attrib["min"]), int(column.attrib["max"]) + 1)


def test_without_rows_of_the_headline_there_is_no_such_sheet() -> None:
    rows = [row for row in run_of(1, "official", date(2026, 1, 1), 0.1) if row[horizon_at()] is None]
    assert headlines(*rows).sheets == ["overview", "forecasts", "columns"]
    assert written_out(an_export([ROW])).sheets == ["overview", "observations", "columns"]


# What Excel cannot hold


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (TEXT, "x" * (LONGEST_TEXT + 1), r"value in row 3 has 32768 characters, and an Excel cell holds 32767"),
        (TEXT, "𝒙" * 16384, r"value in row 3 has 32768 characters"),
        (TEXT, "a\uffffb", r"value in row 3 contains the character U\+FFFF, which no workbook can hold"),
        (TEXT, "\ud800", r"value in row 3 contains the character U\+D800"),
        (DATE, date(1900, 2, 28), r"value in row 3 is 1900-02-28; Excel counts days reliably from 1900-03-01"),
        (INSTANT, datetime(1899, 1, 1, tzinfo=UTC), r"value in row 3 is 1899-01-01"),
        (INTEGER, LARGEST_INTEGER + 1, r"value in row 3 is 9007199254740993; Excel holds whole numbers up to"),
        (NUMBER, float("nan"), r"value in row 3 is nan; Excel holds finite numbers only"),
        (PROBABILITY, float("inf"), r"value in row 3 is inf; Excel holds finite numbers only"),
    ],
)
def test_a_value_that_would_change_is_refused(kind: str, value: Value, message: str) -> None:
    with pytest.raises(NotWritten, match=message + ".*; write .csv, .json or .parquet instead$"):
        one_column(kind, [None, value])


def test_too_many_rows_are_refused_before_any_is_read() -> None:
    def unread() -> Iterator[Values]:
        pytest.fail("a row was read")
        yield ROW

    message = (
        r"^1048576 rows of observations do not fit .* 1048575; narrow them with --from and --to, or write .parquet"
    )
    with pytest.raises(NotWritten, match=message):
        write_workbook(an_export(unread(), count=MOST_ROWS + 1), io.BytesIO())


# Memory, room, and what stays behind


def test_rows_wait_on_disk_not_in_memory(tmp_path: Path) -> None:
    rows = ((1, *[None] * 5, f"{number}" + "x" * 20_000, None, None) for number in range(400))
    with (tmp_path / "out.xlsx").open("wb") as file:
        tracemalloc.start()
        try:
            write_workbook(an_export(rows, count=400), file)
            assert tracemalloc.get_traced_memory()[1] < 2_000_000  # of 8 MB
        finally:
            tracemalloc.stop()
    assert os.listdir(tmp_path) == ["out.xlsx"]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ValueError("broken row")])
def test_an_interrupted_export_leaves_nothing(interruption: BaseException, tmp_path: Path) -> None:
    def rows() -> Iterator[Values]:
        yield from [ROW] * 500
        assert len(os.listdir(tmp_path)) == 3  # the old file, the new one aside, and the rows beside it
        raise interruption

    place = tmp_path / "out.xlsx"
    place.write_bytes(b"old")
    with pytest.raises((KeyboardInterrupt, ValueError)), written([place], force=True) as (file,):
        write_workbook(an_export(rows(), count=600), file)
    assert (os.listdir(tmp_path), place.read_bytes()) == (["out.xlsx"], b"old")


NO_ROOM = "out.xlsx cannot be written: the disk is full; make room, or name a file on another disk"


class Full(io.BytesIO):
    """A file on a disk with so much room."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        if self.tell() + len(data) > self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)


@pytest.mark.parametrize("room", [0, 100, 5000])
def test_a_disk_that_is_full_is_told_as_the_system_tells_it(room: int) -> None:
    with Full(room) as file, pytest.raises(OSError, match="No space left on device"):
        write_workbook(an_export([(*ROW[:6], os.urandom(50).hex(), "{}", 1) for _ in range(300)], count=300), file)


@pytest.mark.parametrize("room", [20_000, 400_000])
def test_no_room_for_rows_is_one_line(room: int, tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk; the rows take some 350 kB until they are packed."""
    script = """
import sys
from datetime import date
from forecast.errors import NotWritten
from forecast.exports.columns import Export, stored
from forecast.exports.workbook import write_workbook
from forecast.writing import written
from pathlib import Path

rows = ((f"{number:0900d}",) for number in range(350))
try:
    with written([Path("out.xlsx")]) as (file,):
        columns = (stored("note", "text", "A note"),)
        write_workbook(Export(what="events", title="T", columns=columns, count=350, rows=rows), file)
except NotWritten as error:
    sys.exit(str(error))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        preexec_fn=_limit(room),
        capture_output=True,
        text=True,
        check=False,
    )
    if room == 400_000:
        assert (done.returncode, done.stderr, os.listdir(tmp_path)) == (0, "", ["out.xlsx"])
    else:
        assert done.stderr == f"{NO_ROOM}\n"
        assert (done.returncode, os.listdir(tmp_path)) == (1, [])


def _limit(size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


# From the database


def test_the_forecasts_on_file_come_back(full: Database) -> None:
    with full.read() as connection:
        stored = [*read_export(connection, Wanted(what="forecasts", when=When(as_of=date(2030, 1, 1)))).rows]
        book = written_out(read_export(connection, Wanted(what="forecasts", when=When(as_of=date(2030, 1, 1)))))
    assert stored
    head, *rows = book.rows("forecasts")
    columns = CONTENTS["forecasts"].columns
    assert head[: len(columns)] == [column.name for column in columns]
    for row, values in zip(rows, stored, strict=True):
        for column, cell, value in zip(columns, row, values, strict=False):
            if column.type != INSTANT:
                assert cell == ("" if value is None else str(value) if column.name == "seed" else value), column.name
