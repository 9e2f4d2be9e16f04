"""Files as people have them: what is read, what is left out and said, and cells that are not what they were."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xlsxwriter.worksheet import Worksheet

from db.zone import Moment
from indicators.coding import REQUIRED, Rules, new_observation
from indicators.damage import refuse_damage
from indicators.grid import Grid
from indicators.sheets import read_grid, read_sheet
from indicators.tables import Problems

CASES = Path(__file__).parent / "cases" / "import"
MOMENT = Moment(instant=datetime(2026, 11, 22, tzinfo=UTC))
RULES = Rules(
    case_id="toy", indicators=("us_posture", "kcna_tone"), grades=frozenset({"B2"}), moment=MOMENT, analyst="kim"
)
CELLS = ["kcna_tone", "2026-11-03", "-1", "B2", "KCNA"]
NOVEMBER_3 = date(2026, 11, 3)


def _grid(path: Path, **options: str) -> Grid:
    problems = Problems()
    grid = read_grid(path, problems, **options)
    assert problems.lines == []
    assert grid
    return grid


def _problems(path: Path, **options: str) -> list[str]:
    problems = Problems()
    rows = read_sheet(path, problems, **options)
    _ = [new_observation(row, RULES) for row in rows]
    return problems.lines


def _entry(path: Path, **options: str) -> tuple[date, float, str]:
    problems = Problems()
    (row,) = read_sheet(path, problems, **options)
    entry = new_observation(row, RULES)
    assert problems.lines == []
    assert entry
    return entry.observed_on, entry.level, entry.source_title


READ_AS = {
    "d_dtime.csv": (-1, "KCNA"),
    "d_short.csv": (-1, "KCNA"),
    "d_jp.csv": (-1, "KCNA"),
    "d_kr.csv": (-1, "KCNA"),
    "semi.csv": (-0.5, "KCNA"),
    "e20_sep.csv": (-1, "KCNA"),
    "e21_tab.csv": (-1, "KCNA"),
    "e21b_utf16tab.csv": (-1, "KCNA"),
    "e22_cp1252.csv": (-1, "Kim’s statement"),
    "e22b_cp1252_accent.csv": (-1, "Café de la paix – déclaration"),
    "e22c_macroman.csv": (-1, "Kim’s statement – “no talks”"),
    "e22f_cp1251.csv": (-1, "ТАСС: заявление МИД"),
    "e30_zwsp.csv": (-1, "KCNA"),
    "e09_title_row.xlsx": (-1, "KCNA"),
    "x_isodate.xlsx": (-1, "KCNA commentary"),
}


@pytest.mark.parametrize("name", sorted(READ_AS))
def test_what_has_one_meaning_is_read(name: str) -> None:
    assert _entry(CASES / name) == (NOVEMBER_3, *READ_AS[name])


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("d_serial.csv", r"row 2, column observed_on: '46329' is a serial number of Excel, perhaps 2026-11-03"),
        ("d_two.csv", r"row 2, column observed_on: '11/3/26' may be 2011-03-26, 2026-03-11 or 2026-11-03"),
        ("d_dmy.csv", r"row 2, column observed_on: '03/11/2026' may be 2026-03-11 or 2026-11-03"),
        ("d_monyy.csv", r"row 2, column observed_on: 'Nov-26' names no day with its year"),
        ("e15_formula.xlsx", r"row 2, column level: holds a formula that was never calculated; open the file in Excel"),
    ],
)
def test_what_has_no_meaning_or_several_is_named(name: str, sentence: str) -> None:
    (line,) = _problems(CASES / name)
    assert re.match(rf"{re.escape(name)}: {sentence}", line)


def test_a_time_of_day_does_not_refuse_a_row() -> None:
    problems = Problems()
    entries = [new_observation(row, RULES) for row in read_sheet(CASES / "p_time.csv", problems)]
    assert problems.lines == []
    assert [entry.known_on for entry in entries if entry] == [NOVEMBER_3, date(2026, 11, 6)]


@pytest.mark.parametrize("name", ["e22_cp1252.csv", "e22b_cp1252_accent.csv", "e22c_macroman.csv", "e22f_cp1251.csv"])
def test_no_name_makes_garbage_of_a_file(name: str) -> None:
    for encoding in ("euc_kr", "shift_jis", "gb18030", "big5", "euc_jp", "johab"):
        (line,) = _problems(CASES / name, encoding=encoding)
        assert encoding not in line.partition("give --encoding")[2]


SAID = [
    ("semi.csv", "columns apart by semicolons; , is the decimal mark", ""),
    ("e20_sep.csv", "columns apart by commas, as its first line says", ""),
    ("e21_tab.csv", "columns apart by tabs", ""),
    ("e21b_utf16tab.csv", "read as utf-16", ""),
    ("e22c_macroman.csv", "read as mac_roman: 'Kim’s statement – “no talks”'", ""),
    ("e09_title_row.xlsx", "", "1 line above the header: 'Weekly log, November 2026'"),
    (
        "e18b_two_weeks.xlsx",
        "sheet 'week 44'",
        "sheet 'week 45', which has the same header; to read it: --sheet",
    ),
    ("e18_sheet_per_indicator.xlsx", "sheet 'kcna_tone'", "sheet 'us_posture', which has the same header"),
    (
        "e13_hidden.xlsx",
        "",
        "1 hidden row (3); to add it, show what is hidden and import again: nothing is",
    ),
]


@pytest.mark.parametrize(("name", "understood", "left_out"), SAID)
def test_how_a_file_was_read_is_said(name: str, understood: str, left_out: str) -> None:
    grid = _grid(CASES / name)
    assert any(sentence.startswith(understood) for sentence in grid.understood)
    assert [sentence[: len(left_out)] for sentence in grid.left_out] == ([left_out] if left_out else [])


def test_another_sheet_is_read_by_name_or_number() -> None:
    book = CASES / "e18b_two_weeks.xlsx"
    assert [_entry(book, sheet=name)[0].day for name in ("week 44", "Week 45 ", "1", "2")] == [3, 10, 3, 10]
    assert _grid(book).others == ("week 45",)
    assert _problems(book, sheet="3") == [
        "e18b_two_weeks.xlsx: has no sheet '3'; name one of 'week 44', 'week 45', or give its number, from 1"
    ]
    assert _problems(CASES / "semi.csv", sheet="1") == ["sheet: semi.csv is text and has no sheets; leave --sheet out"]


# --- text -------------------------------------------------------------------------------------------------------------


def _write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines), encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize("ending", ["csv", "tsv", "tab", "txt", "TXT"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_columns_stand_apart_by_any_usual_sign(tmp_path: Path, ending: str, separator: str) -> None:
    path = _write(tmp_path / f"may.{ending}", separator.join(REQUIRED), separator.join(CELLS))
    assert _entry(path) == (NOVEMBER_3, -1, "KCNA")
    assert _grid(path).separator == separator


cells = st.text(st.sampled_from("ab 1,;|\t\n\"'é2026-11"), min_size=1, max_size=9).filter(
    lambda cell: cell.strip() != ""
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.lists(cells, min_size=5, max_size=5), min_size=1, max_size=6), st.sampled_from(",;\t|"), st.booleans()
)
def test_whatever_the_cells_hold_their_columns_are_found(
    tmp_path: Path, rows: list[list[str]], separator: str, said: bool
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows([REQUIRED, *rows])
    (tmp_path / "any.csv").write_text((f"sep={separator}\n" if said else "") + text.getvalue(), newline="")
    grid = _grid(tmp_path / "any.csv")
    assert [cells for _, cells in grid.records] == [[cell.strip() for cell in row] for row in rows]
    assert grid.line == 1 + said


def test_a_sign_that_the_first_line_says_goes(tmp_path: Path) -> None:
    path = _write(tmp_path / "may.csv", "sep=~", "~".join(REQUIRED), "~".join(CELLS))
    assert _entry(path) == (NOVEMBER_3, -1, "KCNA")
    assert _grid(path).understood == ("read as utf-8", "columns apart by '~', as its first line says")


def test_lines_around_the_table_are_left_out_and_named(tmp_path: Path) -> None:
    table = [",".join(REQUIRED), ",".join(CELLS)]
    path = _write(
        tmp_path / "may.csv", "Weekly log", "", "made by kim,,,,", *table, "", "Source: KCNA, Yonhap", "* checked"
    )
    grid = _grid(path)
    assert (grid.line, [line for line, _ in grid.records]) == (4, [5])
    assert grid.left_out == (
        "2 lines above the header: 'Weekly log', 'made by kim'",
        "2 lines below the table: 'Source: KCNA Yonhap', '* checked'",
    )


def test_two_encodings_in_one_file_are_not_read_as_one(tmp_path: Path) -> None:
    (tmp_path / "may.csv").write_bytes(
        f"{','.join(REQUIRED)}\n{','.join(CELLS)} 성명\n".encode("cp949")
        + f"{','.join(CELLS)}、談話について\n".encode("cp932")
    )
    assert "may.csv: byte " in _problems(tmp_path / "may.csv")[0]


def test_a_row_that_lacks_cells_is_no_note(tmp_path: Path) -> None:
    for row in ("us_posture", "us_posture,,,,", ",,,,KCNA said so"):
        path = _write(tmp_path / "may.csv", ",".join(REQUIRED), ",".join(CELLS), row)
        assert _problems(path)[0].startswith("may.csv: row 3")


def test_the_header_of_a_foreign_table_is_found_by_its_width(tmp_path: Path) -> None:
    path = _write(tmp_path / "may.csv", "Missile tests", "Date,Name,Place,Outcome", "2016-03-10,Scud,Nampo,Success")
    assert _grid(path).header == ("Date", "Name", "Place", "Outcome")
    by_name = _write(tmp_path / "june.csv", "June,2016", "Datum,Ort", "2016-03-10,Nampo", "2016-03-18,Sukchon")
    problems = Problems()
    grid = read_grid(by_name, problems, known=frozenset({"datum", "ort"}))
    assert grid
    assert grid.header == ("June", "2016")  # as wide as the table: it may be the header of a table without one


# --- letters that are lost --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("?????? ??", "'?????? ??' has ? in place of letters that were lost"),
        ("??: ?? ??", "'??: ?? ??' has ? in place of letters that were lost"),
        ("KCNA (?????)", "'KCNA (?????)' has ? in place of letters that were lost"),
        ("Kwangmy?ngs?ng-3", "'Kwangmy?ngs?ng-3' has ? in place of letters that were lost"),
        ("KCNA \ufffd\ufffd", "'KCNA \ufffd\ufffd' holds U+FFFD, in place of letters that were lost"),
        *(
            (text.encode().decode(codec), f"is UTF-8 once read as another encoding, perhaps {text!r}")
            for text, codec in (
                ("Kim’s statement", "cp1252"),
                ("Café", "latin-1"),
                ("déclaration – Kim", "mac_roman"),
                ("заявление", "cp1251"),
                ("Kim’s", "cp1251"),
                ("「談話」", "latin-1"),
                ("북한", "latin-1"),
            )
        ),
    ],
)
def test_lost_letters_are_refused_in_a_source_and_named_elsewhere(tmp_path: Path, source: str, what: str) -> None:
    path = tmp_path / "may.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([[*REQUIRED, "note"], [*CELLS[:-1], source, ""]])
    (line,) = _problems(path)
    assert line.startswith("may.csv: row 2, column source: ")
    assert line.endswith(f"{what}; save it as CSV UTF-8 where it comes from, or write the text")
    grid, problems = _grid(path), Problems()
    assert refuse_damage(grid, ["", "", "", "", "note", ""], problems) == [line.replace("column note", "column source")]
    assert refuse_damage(grid, [""] * 6, problems) == problems.lines == []


@pytest.mark.parametrize(
    "source",
    [
        "Talks?",
        "Why now??",
        "https://example.org/a?b=1",
        "?",
        "Ça va – déjà vu",
        "São Paulo",
        "Ã",
        "РС",
        "北京",
        "№ 5",
        "«Да»",
    ],
)
def test_what_only_looks_lost_is_kept(tmp_path: Path, source: str) -> None:
    path = _write(tmp_path / "may.csv", ",".join(REQUIRED), ",".join([*CELLS[:-1], source]))
    assert _entry(path)[2] == source


@given(st.text(st.characters(min_codepoint=0xC0, max_codepoint=0xD7FF, categories=["L"]), min_size=1, max_size=8))
def test_real_words_are_hardly_ever_taken_for_lost_ones(word: str) -> None:
    """But where their letters are the bytes of UTF-8, which those of a real word hardly ever are."""
    problems = Problems()
    grid = Grid(file="f", line=1, header=("source",), records=[(2, [word])])
    assert refuse_damage(grid, ["source"], problems) == problems.lines == []


# --- workbooks --------------------------------------------------------------------------------------------------------


def _book(path: Path, fill: Callable[[Worksheet], None], rows: Sequence[Sequence[str]] = (), **options: object) -> Path:
    with xlsxwriter.Workbook(path, {"strings_to_urls": False, **options}) as workbook:
        sheet = workbook.add_worksheet("Week 46")
        for line, row in enumerate([[*REQUIRED], *rows]):
            sheet.write_row(line, 0, row)
        fill(sheet)
    return path


def _rows(number: int) -> list[list[str]]:
    return [[*CELLS[:-1], f"KCNA {n}"] for n in range(number)]


@pytest.mark.parametrize("ending", ["xlsx", "xlsm"])
def test_rows_hidden_by_a_filter_are_left_out_and_named(tmp_path: Path, ending: str) -> None:
    def filtered(sheet: Worksheet) -> None:
        sheet.autofilter(0, 0, 7, 4)
        sheet.filter_column("E", "x == KCNA*")
        for line in (2, 3, 4, 6):
            sheet.set_row(line, options={"hidden": True})
        sheet.write(3, 2, True)  # what is wrong with a row that is not read is no matter

    grid = _grid(_book(tmp_path / f"may.{ending}", filtered, _rows(7)))
    assert [line for line, _ in grid.records] == [2, 6, 8]
    assert grid.left_out == (
        "4 hidden rows (3–5, 7); to add them, clear the filter and import again: nothing is added twice",
    )
    assert grid.damage == ()


def test_hidden_columns_are_read_and_named(tmp_path: Path) -> None:
    path = _book(tmp_path / "may.xlsx", lambda sheet: sheet.set_column("D:XFD", None, None, {"hidden": True}), _rows(1))
    assert _entry(path)[2] == "KCNA 0"
    assert _grid(path).understood == ("sheet 'Week 46'", "hidden columns are read: grade, source")


def test_hidden_sheets_are_read_only_by_name(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "may.xlsx") as workbook:
        for name in ("old", "Week 46", "lists"):
            sheet = workbook.add_worksheet(name)
            sheet.write_row(0, 0, REQUIRED if name != "lists" else ["a", "b"])
            sheet.write_row(1, 0, [*CELLS[:-1], name])
        workbook.get_worksheet_by_name("Week 46").activate()
        workbook.get_worksheet_by_name("old").hide()
    assert _entry(tmp_path / "may.xlsx")[2] == "Week 46"
    assert _entry(tmp_path / "may.xlsx", sheet="old")[2] == "old"
    assert _grid(tmp_path / "may.xlsx").left_out == (
        "other sheets: 'lists'",
        "hidden sheets: 'old'",
    )


def _never_calculated(workbook: Path, cell: bytes) -> Path:
    """The file with a cell as another program writes it."""
    with zipfile.ZipFile(workbook) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    name = "xl/worksheets/sheet1.xml"
    parts[name], number = re.subn(rb'<c r="C2"[^>]*>.*?</c>', cell, parts[name])
    assert number == 1
    with zipfile.ZipFile(workbook, "w") as packed:
        for part, content in parts.items():
            packed.writestr(part, content)
    return workbook


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        (b'<c r="C2"><f>1-2</f></c>', False),
        (b'<c r="C2"><f>1-2</f><v></v></c>', False),
        (b'<c r="C2"><f>1-2</f><v/></c>', False),
        (b'<c r="C2"><f>1-2</f><v>0</v></c>', False),  # which libraries write, for Excel to calculate when it opens it
        (b'<c r="C2"><f t="shared" si="0"/></c>', False),
        (b'<c r="C2"><f>1-2</f><v>-1</v></c>', True),
        (b'<c r="C2" t="str"><f>"-"&amp;1</f><v>-1</v></c>', True),
    ],
)
def test_a_formula_counts_once_it_was_calculated(tmp_path: Path, cell: bytes, read: bool) -> None:
    path = _never_calculated(_book(tmp_path / "may.xlsx", lambda _sheet: None, _rows(2)[1:]), cell)
    if read:
        assert _entry(path) == (NOVEMBER_3, -1, "KCNA 1")
    else:
        assert _problems(path)[0].startswith(
            "may.xlsx: row 2, column level: holds a formula that was never calculated;"
        )


def test_merged_cells_are_named(tmp_path: Path) -> None:
    def header(sheet: Worksheet) -> None:
        sheet.merge_range("B1:C1", "observed_on")

    def body(sheet: Worksheet) -> None:
        sheet.merge_range("A2:A3", "kcna_tone")

    assert _problems(_book(tmp_path / "a.xlsx", header, _rows(2))) == [
        "a.xlsx: row 1: cells B1:C1 are merged; unmerge them and name each column in one cell of one row"
    ]
    assert _problems(_book(tmp_path / "b.xlsx", body, _rows(2))) == [
        "b.xlsx: row 2: cells A2:A3 are merged; unmerge them and fill each cell"
    ]


@pytest.mark.parametrize("since_1904", [False, True])
def test_cells_formatted_as_dates_are_days_unless_they_show_none(tmp_path: Path, since_1904: bool) -> None:
    path = tmp_path / "may.xlsx"
    with xlsxwriter.Workbook(path, {"date_1904": since_1904}) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, REQUIRED)
        for line, code in enumerate(
            ["yyyy-mm-dd", "d-mmm", 'yyyy"年"m"月"d"日"', "mmm-yy", "[$-409]mmm yyyy;@"], start=1
        ):
            sheet.write_row(line, 0, CELLS)
            day = NOVEMBER_3 if line <= 3 else date(2026, 11, 1)
            sheet.write_datetime(line, 1, datetime.combine(day, time()), workbook.add_format({"num_format": code}))
    assert [cells[1] for _, cells in _grid(path).records] == ["2026-11-03"] * 3 + ["2026-11"] * 2
    assert [line.partition(": '")[0] for line in _problems(path)] == [
        f"may.xlsx: row {row}, column observed_on" for row in (5, 6)
    ]


def test_a_damaged_column_that_is_ignored_refuses_nothing(tmp_path: Path) -> None:
    def more(sheet: Worksheet) -> None:
        sheet.write(0, 5, "checked")
        sheet.write(1, 5, True)

    grid, problems = _grid(_book(tmp_path / "may.xlsx", more, _rows(1))), Problems()
    assert refuse_damage(grid, [*REQUIRED, ""], problems) == problems.lines == []
    assert refuse_damage(grid, [*REQUIRED, "note"], problems) == []
    assert problems.lines == ["may.xlsx: row 2, column checked: TRUE is a truth value; write text or a number"]


_ODS = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" office:version="1.2">
<office:body><office:spreadsheet><table:table table:name="Week 46">{columns}{rows}</table:table>
</office:spreadsheet></office:body></office:document-content>"""


def _ods(path: Path, rows: str, columns: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("META-INF/manifest.xml", "<manifest/>")
        packed.writestr("content.xml", _ODS.format(rows=rows, columns=columns))
    return path


def _ods_row(cells: Sequence[str], **attributes: str) -> str:
    inner = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in cells
    )
    own = "".join(f' table:{name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f"<table:table-row{own}>{inner}</table:table-row>"


def test_open_documents_are_read_as_workbooks_of_excel_are(tmp_path: Path) -> None:
    rows = (
        _ods_row(REQUIRED)
        + _ods_row(CELLS)
        + _ods_row(CELLS, visibility="filter")
        + _ods_row(CELLS, visibility="collapse")
    )
    grid = _grid(_ods(tmp_path / "may.ods", rows, '<table:table-column table:visibility="collapse"/>'))
    assert [line for line, _ in grid.records] == [2]
    assert grid.understood == ("sheet 'Week 46'", "hidden columns are read: indicator")
    assert grid.left_out[0].startswith("2 hidden rows (3–4); to add them, clear the filter")


def test_what_open_documents_hold_that_is_no_value_is_named(tmp_path: Path) -> None:
    wrong = (
        '<table:table-cell table:formula="of:=1/0" office:value-type="string" calcext:value-type="error">'
        "<text:p>#DIV/0!</text:p></table:table-cell>",
        '<table:table-cell table:formula="of:=1-2"/>',
    )
    rows = "".join(_ods_row(CELLS[:2]).replace("</table:table-row>", f"{cell}</table:table-row>") for cell in wrong)
    problems = _problems(_ods(tmp_path / "may.ods", _ods_row(REQUIRED) + rows))
    assert problems[0].startswith("may.ods: row 2, column level: holds the error #DIV/0!")
    assert problems[1].startswith("may.ods: row 3, column level: holds a formula that was never calculated")
    far = _ods_row([], number_rows_repeated="1048000") + _ods_row(["x"] * 40)
    assert _problems(_ods(tmp_path / "far.ods", _ods_row(REQUIRED) + far))[0].startswith(
        "far.ods: has cells as far out"
    )
    locked = tmp_path / "locked.ods"
    with zipfile.ZipFile(locked, "w") as packed:
        packed.writestr("META-INF/manifest.xml", "<manifest:encryption-data/>")
    assert _problems(locked) == ["locked.ods: has a password; save it without one"]
