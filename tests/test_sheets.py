"""Files of observations: every way of saving one reads the same, and each bad file has its sentence."""

import csv
import io
import os
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.zone import Moment
from indicators.case_rows import new_observations
from indicators.coding import OBSERVATION_COLUMNS, REQUIRED, Rules, new_observation
from indicators.folder import read_case_folder
from indicators.sheets import read_sheet
from indicators.shipped import shipped_case
from indicators.tables import Problems, Row

TODAY = date(2026, 11, 22)
MOMENT = Moment(instant=datetime(2026, 11, 22, tzinfo=UTC))
RULES = Rules(
    case_id="toy", indicators=("us_posture", "kcna_tone"), grades=frozenset({"A1", "B2"}), moment=MOMENT, analyst="mori"
)
JAPANESE = "東京新聞「米朝協議は再開するか」、２０２６年"
KOREAN = "조선중앙통신 담화: 대화와 대결"
CELLS = ["us_posture", "2026-11-03", "1", "B2", "Gazette"]
LEVEL = REQUIRED.index("level")

type Value = str | float | bool | date | datetime | time | None

LEADS = "".join(map(chr, range(0xC2, 0xF5)))
"""With what follows, these may look like UTF-8 once read as another encoding, which is refused."""
texts = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters=f"\ufffd\ufffe\uffff?{LEADS}"), max_size=20
)


def _csv(*rows: Sequence[str]) -> str:
    lines = io.StringIO()
    csv.writer(lines).writerows(rows)
    return lines.getvalue()


def _read(path: Path, encoding: str | None = None) -> list[dict[str, str]]:
    problems = Problems()
    rows = read_sheet(path, problems, encoding=encoding)
    assert problems.lines == []
    return [row.cells for row in rows]


def _refused(path: Path, encoding: str | None = None) -> list[str]:
    problems = Problems()
    rows = read_sheet(path, problems, encoding=encoding)
    _ = [new_observation(row, RULES) for row in rows]
    return problems.lines


def _workbook(
    path: Path, *rows: Sequence[Value], sheet: str = "observations", top: int = 0, left: int = 0, others: int = 0
) -> Path:
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as workbook:
        workbook.set_properties({"created": datetime.combine(TODAY, time())})
        formats = {
            date: workbook.add_format({"num_format": "yyyy-mm-dd"}),
            datetime: workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            time: workbook.add_format({"num_format": "hh:mm"}),
        }
        for number in range(others):
            workbook.add_worksheet(f"other {number}").write(0, 0, "nothing of interest")
        written = workbook.add_worksheet(sheet)
        for line, row in enumerate(rows, start=top):
            for place, value in enumerate(row, start=left):
                if type(value) in formats:
                    written.write_datetime(line, place, value, formats[type(value)])
                elif isinstance(value, str) and value.startswith("=!"):
                    written.write_formula(line, place, "=1/0", None, value[2:])
                elif value is not None:
                    written.write(line, place, value)
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "may.csv"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "may.xlsx"


@pytest.mark.parametrize("text", [JAPANESE, KOREAN, "Gazette, “May”"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_utf8_reads_the_same_however_it_is_saved(file: Path, text: str, bom: bytes, end: str) -> None:
    table = _csv(REQUIRED, [*CELLS[:-1], text]).replace("\r\n", end)
    file.write_bytes(bom + table.encode())
    assert _read(file) == _read(file, "UTF-8") == [dict(zip(REQUIRED, [*CELLS[:-1], text], strict=True))]


@pytest.mark.parametrize(
    ("codec", "spelling", "text"),
    [
        ("shift_jis", "shift_jis", JAPANESE),
        ("shift_jis", "Shift-JIS", JAPANESE),
        ("cp932", "sjis", "①髙橋"),  # Windows knows more characters than the standard
        ("cp932", "cp932", JAPANESE),
        ("euc_kr", "euc_kr", KOREAN),
        ("euc_kr", "EUC-KR", KOREAN),
        ("cp949", "cp949", "똠방각하 펲시"),
        ("cp949", "ks_c_5601", KOREAN),
    ],
)
def test_japanese_and_korean_encodings(file: Path, codec: str, spelling: str, text: str) -> None:
    file.write_bytes(_csv(REQUIRED, [*CELLS[:-1], text]).encode(codec))
    assert _read(file, spelling)[0]["source"] == text


def test_utf8_is_never_read_as_another_encoding(file: Path) -> None:
    for text in (JAPANESE, KOREAN, "é"):
        file.write_bytes(_csv(REQUIRED, [*CELLS[:-1], text]).encode())
        assert _refused(file, "sjis") == ["may.csv: is UTF-8, not shift_jis; leave --encoding out"]
        assert _refused(file, "cp949") == ["may.csv: is UTF-8, not euc_kr; leave --encoding out"]


def test_a_damaged_utf8_file_is_not_taken_for_another_encoding(file: Path) -> None:
    file.write_bytes(_csv(REQUIRED, [*CELLS[:-1], KOREAN]).encode() + b"\xff")
    (line,) = _refused(file)
    assert line.endswith("is 0xff, which is not utf-8; the rest is UTF-8: mend that place")
    assert _refused(file, "sjis") == ["may.csv: is UTF-8, not shift_jis; leave --encoding out"]


def test_korean_given_as_japanese_is_refused_where_it_cannot_be(file: Path) -> None:
    file.write_bytes(_csv(REQUIRED, [*CELLS[:-1], KOREAN + "\xb7"]).encode("cp949") + b"\xff")
    (line,) = _refused(file, "euc_kr")
    assert "is 0xff, which is not euc_kr; " in line


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.lists(texts, min_size=11, max_size=11), min_size=1, max_size=4))
def test_both_kinds_of_file_give_the_cells_that_were_written(tmp_path: Path, cells: list[list[str]]) -> None:
    rows = [["us_posture", *row[1:]] for row in cells]
    plain = tmp_path / "any.csv"
    plain.write_text(_csv(OBSERVATION_COLUMNS, *rows), encoding="utf-8", newline="")
    book = _workbook(tmp_path / "any.xlsx", OBSERVATION_COLUMNS, *rows)
    stripped = [dict(zip(OBSERVATION_COLUMNS, map(str.strip, row), strict=True)) for row in rows]
    assert _read(plain) == stripped
    assert _read(book) == stripped


def test_columns_may_stand_in_any_order_and_case(file: Path) -> None:
    names = [*reversed([*REQUIRED, "note"])]
    file.write_text(_csv([f" {name.upper()} " for name in names], ["", *reversed(CELLS)]))
    assert _read(file) == [dict(zip([*REQUIRED, "note"], [*CELLS, ""], strict=True))]


def test_the_observations_of_the_shipped_case_can_be_imported() -> None:
    folder = read_case_folder(shipped_case())
    rules = Rules(
        case_id=folder.case.id,
        indicators=tuple(indicator.id for indicator in folder.indicators),
        grades=frozenset(f"{grade.reliability}{grade.credibility}" for grade in folder.grades),
        moment=MOMENT,
        analyst="mori",
    )
    problems = Problems()
    rows = read_sheet(shipped_case() / "observations.csv", problems)
    made = [new_observation(row, rules) for row in rows]
    assert problems.lines == []
    shipped = [(row.indicator_id, row.observed_on, row.level, row.reliability) for row in new_observations(folder)]
    assert [(row.indicator_id, row.observed_on, row.level, row.reliability) for row in made if row] == shipped


def test_commas_after_the_last_column_are_nothing(file: Path) -> None:
    file.write_text(_csv([*REQUIRED, "", ""], [*CELLS, "", ""], CELLS, [""] * 7))
    assert len(_read(file)) == 2


def test_excel_dates_and_text_dates_read_the_same(book: Path) -> None:
    day = date(2026, 11, 3)
    _workbook(
        book,
        OBSERVATION_COLUMNS,
        ["us_posture", day, datetime.combine(date(2026, 11, 4), time()), 1, "B2", "Gazette"],
        ["us_posture", "2026-11-03", "2026-11-04", "1", "B2", "Gazette"],
        ["us_posture", day, None, -0.5, "B2", 2026, None, None, 1.5],
    )
    first, second, third = _read(book)
    assert first == second
    assert (first["observed_on"], first["known_on"], first["level"]) == ("2026-11-03", "2026-11-04", "1")
    assert (third["known_on"], third["level"], third["source"], third["origin"]) == ("", "-0.5", "2026", "1.5")


def test_the_cached_value_of_a_formula_counts(book: Path) -> None:
    _workbook(book, REQUIRED, [*CELLS[:-1], "=!Gazette"])
    assert _read(book)[0]["source"] == "Gazette"


def test_the_sheet_named_observations_is_read_or_else_the_one_with_its_columns(book: Path) -> None:
    _workbook(book, REQUIRED, CELLS, others=2)
    assert len(_read(book)) == 1
    _workbook(book, REQUIRED, CELLS, sheet="Tabelle 1")
    assert len(_read(book)) == 1
    _workbook(book, REQUIRED, CELLS, sheet="Tabelle 1", others=1)
    assert len(_read(book)) == 1
    _workbook(book, ["notes"], sheet="Tabelle 1", others=1)
    assert _refused(book)[0].startswith("may.xlsx: holds 1 column (nothing of interest), none of the 5")


def test_rows_are_counted_as_excel_shows_them(book: Path) -> None:
    problems = Problems()
    _workbook(book, REQUIRED, CELLS, [], [None, " "], CELLS, [], top=3)
    assert [row.line for row in read_sheet(book, problems)] == [5, 8]
    _workbook(book, REQUIRED, CELLS, left=1)
    assert _refused(book) == [
        "may.xlsx: row 1: has a column without a name; name it, delete it, or give --ignore-other-columns"
    ]


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("level", True, "TRUE is a truth value; write text or a number"),
        ("source", False, "FALSE is a truth value; write text or a number"),
        ("level", "=!#REF!", "holds the error #REF!; mend the formula, or write the value itself"),
        ("source", "=!#DIV/0!", "holds the error #DIV/0!; mend the formula, or write the value itself"),
        ("observed_on", time(14, 30), "'14:30:00' is not a date; write YYYY-MM-DD, such as 2026-11-22"),
        (
            "observed_on",
            46329,
            "'46329' is a serial number of Excel, perhaps 2026-11-03; format the cell as a date",
        ),
        (
            "observed_on",
            date(2026, 12, 3),
            "2026-12-03 is in the future; the latest day anywhere is 2026-11-22, and here it is 2026-11-22 00:00 UTC",
        ),
        ("level", date(2026, 1, 2), "'2026-01-02' is not a level; write a number from -2 to 2"),
        ("level", 3, "'3' lies outside −2…2; write a number from -2 to 2"),
    ],
)
def test_a_bad_cell_of_a_workbook_is_told_with_its_place(book: Path, column: str, value: Value, sentence: str) -> None:
    row: list[Value] = [*CELLS]
    row[REQUIRED.index(column)] = value
    _workbook(book, REQUIRED, CELLS, row)
    assert _refused(book)[0].startswith(f"may.xlsx: row 3, column {column}: {sentence}")


def test_an_error_outside_the_table_is_told_by_its_letters(book: Path) -> None:
    _workbook(book, REQUIRED, [*CELLS, *[None] * 21, "=!#N/A"])
    assert _refused(book)[0].startswith("may.xlsx: row 2, column AA: holds the error #N/A; ")


def test_a_bad_cell_of_a_csv_file_is_told_with_its_place(file: Path) -> None:
    rows = [[*CELLS[:LEVEL], level, *CELLS[LEVEL + 1 :]] for level in ("1", "3", "x")]
    file.write_text(_csv(REQUIRED, *rows))
    assert _refused(file) == [
        "may.csv: row 3, column level: '3' lies outside −2…2; write a number from -2 to 2",
        "may.csv: row 4, column level: 'x' is not a level; write a number from -2 to 2",
    ]


BAD_TABLES = [
    (_csv(REQUIRED[:-1], CELLS[:-1]), "row 1, column source: is missing; the columns are indicator, observed_on, "),
    (_csv([*REQUIRED, "nota"], [*CELLS, ""]), "row 1, column nota: unknown column 'nota'; did you mean 'note'?"),
    (_csv([*REQUIRED, "level"], [*CELLS, ""]), "row 1, column level: stands more than once in the header; name each"),
    (_csv([*REQUIRED, "source_title"], [*CELLS, ""]), "row 1, column source: stands more than once in the header"),
    (_csv(REQUIRED, [*CELLS, "x"]), "row 2: has 6 cells; write 5, one per column, and quote a cell that holds a comma"),
    (_csv(REQUIRED, CELLS[:-1]), "row 2: has 4 cells; write 5, one per column, and quote a cell that holds a comma"),
    (_csv(REQUIRED), "holds no observation; write at least one row below the names of its columns"),
    (_csv(REQUIRED, CELLS) + '"open', "row 3: malformed CSV (unexpected end of data); close the quotes and double"),
    (_csv(REQUIRED, [*CELLS[:-1], "x" * 10_485_760]), "row 2: has a cell of more than 131072 characters; shorten it"),
    (_csv(REQUIRED, [*CELLS[:-1], "a\0b"]), "row 2: holds a null character; save the file as plain text"),
    ("", "is empty; its first line names the columns indicator, observed_on, known_on, level, grade, source, "),
    (" \n\n", "is empty; its first line names the columns indicator, observed_on, known_on, level, grade, source, "),
]


@pytest.mark.parametrize(("text", "sentence"), BAD_TABLES, ids=[sentence[:40] for _, sentence in BAD_TABLES])
def test_a_bad_table_is_refused_with_its_sentence(file: Path, text: str, sentence: str) -> None:
    file.write_text(text, newline="")
    (line,) = _refused(file)
    assert line.startswith(f"may.csv: {sentence}")


def _zipped(name: str = "word/document.xml") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        packed.writestr(name, "<a/>")
    return content.getvalue()


BAD_FILES = [
    ("may.csv", _zipped(), "is not text, but perhaps an Excel workbook; rename it to end in .xlsx, or save it as CSV"),
    ("may.csv", b"%PDF-1.7 ...", "is a PDF; give the table it was made from, as .csv or .xlsx"),
    ("may.xlsx", b"%PDF-1.7 ...", "is a PDF; give the table it was made from, as .csv or .xlsx"),
    ("may.xlsx", b"indicator,level\n", "is not an Excel workbook; if it is text, rename it to end in .csv, or else"),
    ("may.xlsx", b"", "is empty; its first line names the columns indicator"),
    ("may.xlsx", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504), "is an old .xls workbook or has a password; save it"),
    ("may.csv", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504), "is an old .xls workbook or has a password; save it"),
    ("may.xlsx", _zipped(), "is packed like an Excel workbook, but is none or is damaged; open it in Excel and save"),
    ("may.xlsx", b"PK\x03\x04" + bytes(80), "is packed like an Excel workbook, but is none or is damaged; open it in"),
    ("may.xls", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504), "is no workbook of the kind its name says, or is"),
    ("may.xls", b"<html><table>", "is a web page or text that ends in .xls; open it in Excel and save it as .xlsx"),
    ("may.xls", _zipped(), "is a newer workbook than its name says; rename it to end in .xlsx"),
    ("may.xlsx", _zipped("xl/workbook.bin"), "is a binary workbook (.xlsb); save it as .xlsx (Excel workbook)"),
    ("may.ods", b"x", "is not an Excel workbook; if it is text, rename it to end in .csv, or else save it as .xlsx"),
    ("may.xlsb", b"x", "ends in '.xlsb'; give a .csv or .xlsx file"),
    ("may.doc", b"x", "ends in '.doc'; give a .csv or .xlsx file"),
    ("may", b"x", "has no ending; give a .csv or .xlsx file"),
]


@pytest.mark.parametrize(("name", "data", "sentence"), BAD_FILES)
def test_a_file_that_is_not_what_its_name_says_is_refused(
    tmp_path: Path, name: str, data: bytes, sentence: str
) -> None:
    (tmp_path / name).write_bytes(data)
    (line,) = _refused(tmp_path / name)
    assert line.startswith(f"{name}: {sentence}")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    assert _refused(tmp_path / "folder.csv") == ["folder.csv: is a folder; name a .csv or .xlsx file in it"]
    assert _refused(tmp_path / "pipe.csv") == ["pipe.csv: is a device, not a file; name a .csv or .xlsx file"]
    (line,) = _refused(tmp_path / "absent.csv")
    assert line == f"absent.csv: there is no such file in {tmp_path}; name a .csv or .xlsx file"
    (line,) = _refused(tmp_path / ("long" * 100 + ".csv"))
    assert line.endswith("cannot be read (File name too long); make it a readable file")


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "huge.csv").open("wb") as sparse:
        sparse.truncate(3_000_000_000)
    assert _refused(tmp_path / "huge.csv") == ["huge.csv: has 3000 MB; split it into files of at most 200 MB"]


@pytest.mark.parametrize("stray", ["XFD1048576", "AO1048576", "BZZ2"])
def test_a_stray_cell_far_out_is_refused_before_it_fills_the_memory(book: Path, stray: str) -> None:
    _workbook(book, REQUIRED, ["stray"])
    with zipfile.ZipFile(book) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    row = stray.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ").encode()
    parts[sheet] = parts[sheet].replace(b'"A2"', f'"{stray}"'.encode()).replace(b'<row r="2"', b'<row r="%s"' % row)
    with zipfile.ZipFile(book, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    (line,) = _refused(book)
    out = f"column {stray.removesuffix(row.decode())}, row {row.decode()}"
    assert line.startswith(f"may.xlsx: has cells as far out as {out}; delete all columns and rows outside the table")


def test_an_empty_workbook_is_refused(book: Path) -> None:
    _workbook(book)
    assert _refused(book) == ["may.xlsx: holds nothing in the sheet 'observations'; its first row names the columns"]


def test_a_workbook_without_a_sheet_of_cells_is_refused(book: Path) -> None:
    with xlsxwriter.Workbook(book) as workbook:
        workbook.add_worksheet("observations").hide()
        workbook.add_chartsheet("chart").activate()
        chart = workbook.add_chart({"type": "line"})
        chart.add_series({"values": "=observations!$A$1:$A$2"})
        workbook.get_worksheet_by_name("chart").set_chart(chart)
    assert _refused(book) == ["may.xlsx: holds no sheet with cells; write a sheet 'observations'"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_a_damaged_workbook_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    whole = _workbook(tmp_path / "whole.xlsx", REQUIRED, CELLS).read_bytes()
    at = data.draw(st.integers(4, len(whole) - 1))
    damage = data.draw(st.binary(min_size=1, max_size=8))
    (tmp_path / "damaged.xlsx").write_bytes(whole[:at] + damage + whole[at + len(damage) :])
    problems = Problems()
    rows = read_sheet(tmp_path / "damaged.xlsx", problems)
    assert rows or problems.lines


@given(st.binary(max_size=200), st.sampled_from([None, "sjis", "cp949", "latin1", "gbk", "koi8-r", "utf-16", "johab"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_bytes_are_read_or_refused(tmp_path: Path, data: bytes, encoding: str | None) -> None:
    path = tmp_path / "any.csv"
    path.write_bytes(b"indicator,observed_on,level,grade,source\n" + data)
    problems = Problems()
    rows: list[Row] = read_sheet(path, problems, encoding=encoding)
    assert rows or problems.lines
