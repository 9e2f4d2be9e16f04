"""The workbook to fill in: what it offers, that filled in it reads back, and where it is written."""

import io
import json
import os
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from toy_runs import install_toy

from db.rows import NewCase
from db.zone import Moment
from forecast.cli.app import run
from forecast.errors import NotWritten
from forecast.writing import write_file
from indicators.case_rows import new_case
from indicators.coding import OBSERVATION_COLUMNS, REQUIRED, Rules, new_observation
from indicators.content import LEVELS
from indicators.folder import read_case_folder
from indicators.headings import ALIASES, HEADINGS, id_in, labelled
from indicators.languages import LANGUAGES, in_language
from indicators.sheets import read_sheet
from indicators.shipped import shipped_case
from indicators.tables import Problems
from indicators.template import build_template
from indicators.template_words import ENGLISH, WORDS

TODAY = date(2026, 11, 22)
MOMENT = Moment(instant=datetime(2026, 11, 22, tzinfo=UTC))
EXCEL_EPOCH = date(1899, 12, 30)
OBSERVATIONS = "xl/worksheets/sheet1.xml"

few = settings(max_examples=50, deadline=None)

type Program = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def case() -> NewCase:
    return new_case(read_case_folder(shipped_case()))


def _build(case: NewCase) -> bytes:
    return build_template(case.name, case.indicators, case.grades, today=TODAY)


def _sheet(content: bytes, name: str) -> list[list[object]]:
    return [[*row] for row in CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name(name).to_python()]


def _part(content: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return packed.read(name)


def _fill(content: bytes, path: Path, *rows: Mapping[str, str | float | date]) -> Path:
    """The workbook with rows written below its header, as Excel writes them."""
    lines = "".join(
        f'<row r="{line}">{"".join(_cell(line, column, value) for column, value in row.items())}</row>'
        for line, row in enumerate(rows, start=2)
    )
    with zipfile.ZipFile(io.BytesIO(content)) as blank, zipfile.ZipFile(path, "w") as filled:
        for name in blank.namelist():
            part = blank.read(name)
            if name == OBSERVATIONS:
                part = part.replace(b"</sheetData>", f"{lines}</sheetData>".encode())
            filled.writestr(name, part)
    return path


def _cell(line: int, column: str, value: str | float | date) -> str:
    place = OBSERVATION_COLUMNS.index(column)
    at = f'r="{"ABCDEFGHIJK"[place]}{line}"'
    if isinstance(value, str):
        return f'<c {at} t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    number = (value - EXCEL_EPOCH).days if isinstance(value, date) else value
    return f'<c {at} s="{2 if isinstance(value, date) else 0}"><v>{number}</v></c>'


def test_the_filled_in_workbook_reads_back(case: NewCase, tmp_path: Path) -> None:
    path = _fill(
        _build(case),
        tmp_path / "may.xlsx",
        {"indicator": "us_posture", "observed_on": date(2026, 11, 3), "level": -1, "grade": "B2", "source": "労働新聞"},
        {
            "indicator": "us_posture",
            "observed_on": date(2026, 11, 3),
            "known_on": date(2026, 11, 4),
            "level": 0.5,
            "grade": "C3",
            "source": "=HYPERLINK(1)",
            "analyst": "김",
        },
    )
    problems = Problems()
    indicators = tuple(row.indicator_id for row in case.indicators)
    grades = frozenset(f"{row.reliability}{row.credibility}" for row in case.grades)
    rules = Rules(case_id=case.case_id, indicators=indicators, grades=grades, moment=MOMENT, analyst="mori")
    made = [new_observation(row, rules) for row in read_sheet(path, problems)]
    assert problems.lines == []
    first, second = (row for row in made if row is not None)
    assert (first.observed_on, first.known_on, first.level) == (date(2026, 11, 3), date(2026, 11, 3), -1.0)
    assert (first.source_title, first.analyst) == ("労働新聞", "mori")
    assert (second.known_on, second.level, second.reliability) == (date(2026, 11, 4), 0.5, "C")
    assert (second.source_title, second.analyst) == ("=HYPERLINK(1)", "김")


# In other languages

LANGUAGE = pytest.mark.parametrize("language", [name for name in WORDS if name != "en"])
LETTERS = {"ja": "[\u3041-\u30fe\u4e00-\u9fff]", "ko": "[\uac00-\ud7a3]"}
SHEETS = {"ja": ["観測", "基準", "等級"], "ko": ["관측", "기준", "등급"]}
REQUIRED_IN = {"ja": "必須。", "ko": "필수. "}
B2 = {"ja": ["通常は信頼できる", "おそらく事実である"], "ko": ["대체로 신뢰할 수 있음", "사실일 가능성이 높음"]}
FONTS = {"ja": "Yu Gothic", "ko": "Malgun Gothic"}
SOURCES = {"ja": "労働新聞", "ko": "노동신문"}


def _in_language(case: NewCase, language: str) -> bytes:
    catalogue = in_language(case.indicators, case.case_id, language)
    return build_template(case.name, catalogue, case.grades, today=TODAY, words=WORDS[language])


@LANGUAGE
@pytest.mark.parametrize("named", [True, False])
def test_what_is_filled_in_in_a_language_is_the_same_observation(
    case: NewCase, tmp_path: Path, language: str, named: bool
) -> None:
    """Whether the indicator is chosen from the list, with its name, or typed by its id alone."""
    shown = {row.indicator_id: row.name for row in in_language(case.indicators, case.case_id, language)}
    source = SOURCES[language]
    cells = {"observed_on": date(2026, 11, 3), "level": -1, "grade": "B2", "source": source, "analyst": "lee"}
    ours = [{"indicator": id_, **cells} for id_ in shown]
    theirs = [{"indicator": labelled(id_, name) if named else id_, **cells} for id_, name in shown.items()]
    problems = Problems()
    english = read_sheet(_fill(_build(case), tmp_path / "en.xlsx", *ours), problems)
    other = read_sheet(_fill(_in_language(case, language), tmp_path / "other.xlsx", *theirs), problems)
    assert problems.lines == []
    assert [row.cells for row in other] == [row.cells for row in english]
    assert len(english) == len(shown)


@LANGUAGE
def test_the_workbook_is_headed_and_explained_in_its_language(case: NewCase, language: str) -> None:
    content, (sheet, criteria, grades) = _in_language(case, language), SHEETS[language]
    assert CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names == SHEETS[language]
    assert _sheet(content, sheet) == [[WORDS[language].headings[column] for column in OBSERVATION_COLUMNS]]
    shown = in_language(case.indicators, case.case_id, language)
    assert _sheet(content, criteria)[1:] == [
        [
            labelled(row.indicator_id, row.name),
            row.name,
            row.question,
            *(level.criterion for level in row.levels),
        ]
        for row in shown
    ]
    assert _sheet(content, grades)[8] == ["B2", *B2[language], 0.39]
    comments = ElementTree.fromstring(_part(content, "xl/comments1.xml"))
    said = ["".join(comment.itertext()) for comment in comments.iterfind("{*}commentList/{*}comment")]
    required = [text.startswith(REQUIRED_IN[language]) for text in said]
    assert required == [column in REQUIRED for column in OBSERVATION_COLUMNS]
    assert all(re.search(LETTERS[language], text) for text in said)
    observations = _part(content, OBSERVATIONS).decode()
    rules = ElementTree.fromstring(observations).iterfind("{*}dataValidations/{*}dataValidation")
    assert all(re.search(LETTERS[language], rule.attrib["error"]) for rule in rules)
    assert f"{criteria}!$A$2:$A$" in observations


@LANGUAGE
def test_excel_shows_it_in_a_font_that_has_its_letters(case: NewCase, language: str) -> None:
    content = _in_language(case, language)
    cells = ElementTree.fromstring(_part(content, "xl/styles.xml")).iterfind("{*}fonts/{*}font/{*}name")
    names = {font.attrib["val"] for font in cells}
    assert names - {"Tahoma"} == {FONTS[language]}  # the writer lists Excel's font of comments in any case
    comments = ElementTree.fromstring(_part(content, "xl/comments1.xml")).iterfind(".//{*}rFont")
    assert {font.attrib["val"] for font in comments} == {FONTS[language]}


@LANGUAGE
def test_the_words_of_all_languages_are_of_the_same_things(language: str) -> None:
    words = WORDS[language]
    for name in ("headings", "to_write", "reliabilities", "credibilities"):
        assert list(getattr(words, name)) == list(getattr(ENGLISH, name))
    assert (len(words.criteria_head), len(words.grades_head)) == (3, 4)
    assert [*words.headings] == [*OBSERVATION_COLUMNS]
    assert {heading: ALIASES.get(heading, heading.casefold()) for heading in words.headings.values()} == {
        heading: column for column, heading in words.headings.items()
    }
    assert len(set(words.headings.values())) == len(OBSERVATION_COLUMNS)


def test_there_are_words_for_every_language_of_the_catalogue_and_headings_for_all_but_ours() -> None:
    assert tuple(WORDS) == LANGUAGES
    assert {"en", *HEADINGS} == set(WORDS)


def test_a_heading_of_an_older_workbook_is_still_understood() -> None:
    assert ALIASES["評価者"] == "analyst" == ALIASES["担当者"]


def test_excel_takes_the_messages_as_they_are() -> None:
    """It cuts or refuses a title of more than 32 characters, a message of more than 255."""
    for words in WORDS.values():
        assert all(len(words.wrong.format(heading)) <= 32 for heading in words.headings.values())
        messages = (getattr(words, name) for name in dir(words) if name.startswith("not_"))
        assert all(len(message) <= 255 for message in messages)


@few
@given(st.text(max_size=10), st.sampled_from(["", " ", "\u3000"]), st.sampled_from("|｜"))
def test_an_id_is_found_before_its_name(name: str, gap: str, separator: str) -> None:
    assert id_in(f"us_posture{gap}{separator}{name}") == "us_posture" == id_in(labelled("us_posture", name))
    assert id_in("us_posture") == "us_posture"


@LANGUAGE
@pytest.mark.parametrize("option", ["--language", "--lang"])
def test_the_command_writes_it_in_a_language(parley: Program, language: str, option: str) -> None:
    code, out, _ = parley("template", "5月.xlsx", option, language)
    assert code == 0
    assert out.splitlines()[1] == (
        "in the case's own words, since it has none in that language: press_tone, border_posture, harvest"
    )
    heading = WORDS[language].headings["indicator"]
    assert _sheet(Path("5月.xlsx").read_bytes(), SHEETS[language][0])[0][0] == heading
    _, out, _ = parley("template", "5月.xlsx", option, language, "--force", "--json")
    assert (json.loads(out)["language"], json.loads(out)["untranslated"][0]) == (language, "press_tone")


@LANGUAGE
def test_the_workbook_of_a_language_is_imported_by_the_command(parley: Program, language: str) -> None:
    assert parley("template", "blank.xlsx", "--language", language)[0] == 0
    label = str(_sheet(Path("blank.xlsx").read_bytes(), SHEETS[language][1])[1][0])
    source = SOURCES[language]
    cells = {"observed_on": date(2019, 11, 3), "level": 1, "grade": "B2", "source": source, "note": "=1+1"}
    _fill(
        Path("blank.xlsx").read_bytes(),
        Path("5月.xlsx"),
        {"indicator": label, **cells},
        {"indicator": "harvest", **cells},
    )
    code, _, err = parley("import", "5月.xlsx", "--analyst", "kim", "--json")
    assert code == 0, err
    listed = json.loads(parley("observations", "--analyst", "kim", "--json")[1])["observations"]
    assert {
        (one["indicator"], one["observed_on"], one["level"], one["source_title"], one["note"]) for one in listed
    } == {(name, "2019-11-03", 1.0, source, "=1+1") for name in ("press_tone", "harvest")}


def test_a_workbook_that_nobody_filled_in_is_refused(case: NewCase, tmp_path: Path) -> None:
    (tmp_path / "may.xlsx").write_bytes(_build(case))
    problems = Problems()
    assert read_sheet(tmp_path / "may.xlsx", problems) == []
    assert problems.lines == ["may.xlsx: holds no observation; write at least one row below the names of its columns"]


def test_the_sheets_say_what_the_case_says(case: NewCase) -> None:
    content = _build(case)
    assert _sheet(content, "observations") == [[*OBSERVATION_COLUMNS]]
    assert _sheet(content, "criteria")[1:] == [
        [row.indicator_id, row.name, row.question, *(level.criterion for level in row.levels)]
        for row in case.indicators
    ]
    grades = _sheet(content, "grades")[1:]
    assert [(row[0], row[3]) for row in grades] == [
        (f"{row.reliability}{row.credibility}", row.sd_levels) for row in case.grades
    ]
    assert grades[7] == ["B2", "usually reliable", "probably true", 0.39]


def test_excel_offers_the_indicators_levels_and_grades_of_the_case(case: NewCase) -> None:
    content = _build(case)
    rules = {
        str(rule.get("sqref")): (rule.get("type"), [formula.text for formula in rule])
        for rule in ElementTree.fromstring(_part(content, OBSERVATIONS)).iterfind(
            "{*}dataValidations/{*}dataValidation"
        )
    }
    count, most = len(case.indicators), 1_048_576
    assert rules == {
        f"A2:A{most}": ("list", [f"criteria!$A$2:$A${count + 1}"]),
        f"B2:B{most}": ("date", ["1", "TODAY()"]),
        f"C2:C{most}": ("date", ["$B2", "TODAY()"]),
        f"D2:D{most}": ("list", [f'"{",".join(str(level) for level in LEVELS)}"']),
        f"E2:E{most}": ("list", [f"grades!$A$2:$A${len(case.grades) + 1}"]),
    }


def test_every_column_says_what_to_write(case: NewCase) -> None:
    comments = ElementTree.fromstring(_part(_build(case), "xl/comments1.xml"))
    said = ["".join(comment.itertext()) for comment in comments.iterfind("{*}commentList/{*}comment")]
    assert len(said) == len(OBSERVATION_COLUMNS)
    required = [text.startswith("Required. ") for text in said]
    assert required == [column in REQUIRED for column in OBSERVATION_COLUMNS]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", ' =HYPERLINK("http://x")', "http://x"])
def test_no_text_of_the_case_becomes_a_formula_or_a_link(case: NewCase, text: str) -> None:
    first = replace(case.indicators[0], name=text, question=text)
    content = build_template(text, (first,), case.grades, today=TODAY)
    assert _sheet(content, "criteria")[1][1:3] == [text, text]
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        sheets = [packed.read(name) for name in packed.namelist() if name.startswith("xl/worksheets/sheet")]
        quoted = b"quotePrefix" in packed.read("xl/styles.xml")
    assert not any(b"<f>" in sheet or b"<hyperlink" in sheet for sheet in sheets)
    assert quoted == (text != "http://x")


def test_the_same_case_gives_the_same_bytes(case: NewCase) -> None:
    assert _build(case) == _build(case)


def test_an_indicator_without_some_criteria_has_empty_cells(case: NewCase) -> None:
    first = replace(case.indicators[0], levels=case.indicators[0].levels[1:2])
    content = build_template(case.name, (first,), case.grades, today=TODAY)
    assert _sheet(content, "criteria")[1][3:] == ["", first.levels[0].criterion, "", "", ""]


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "may.xlsx"
    write_file(b"one", path)
    with pytest.raises(NotWritten, match=r"may\.xlsx exists; give --force to replace it, or name another file$"):
        write_file(b"two", path)
    assert path.read_bytes() == b"one"
    write_file(b"two", path, force=True)
    assert path.read_bytes() == b"two"
    with pytest.raises(NotWritten, match=r"cannot be written \(File name too long\); name another file, or allow"):
        write_file(b"x", tmp_path / ("n" * 254))
    assert [found.name for found in tmp_path.iterdir()] == ["may.xlsx"]


@pytest.fixture
def parley(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    """The program in a folder whose database holds the toy case."""
    install_toy(tmp_path).close()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PARLEY_DATABASE_URL", raising=False)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_the_command_says_what_it_wrote_and_what_is_next(parley: Program) -> None:
    code, out, _ = parley("template", "may 2026.xlsx")
    assert code == 0
    next_ = "parley import 'may 2026.xlsx' --dry-run"
    assert out == f"wrote may 2026.xlsx: 3 indicators; fill in its first sheet, then run `{next_}`\n"
    assert [row[0] for row in _sheet(Path("may 2026.xlsx").read_bytes(), "criteria")[1:]] == [
        "press_tone",
        "border_posture",
        "harvest",
    ]
    code, out, _ = parley("template", "may 2026.xlsx", "--force", "--json")
    assert code == 0
    facts = {"file": "may 2026.xlsx", "case": "toy", "indicators": 3, "grades": 36, "next": next_}
    assert json.loads(out) == {**facts, "language": "en", "untranslated": []}


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["may.csv"], 2, "'may.csv' does not end in .xlsx; write may.xlsx"),
        ([], 2, "Missing argument 'FILE.xlsx'"),
        (["there.xlsx"], 1, "error: there.xlsx exists; give --force to replace it, or name another file\n"),
        (["folder.xlsx"], 1, "error: folder.xlsx is a folder; name a file, such as folder.xlsx/observations.xlsx\n"),
        (["no/may.xlsx"], 1, "error: the folder no does not exist; make it, or name a file in one that does\n"),
    ],
)
def test_a_bad_place_is_refused(parley: Program, arguments: list[str], code: int, sentence: str) -> None:
    Path("there.xlsx").write_text("x")
    Path("folder.xlsx").mkdir()
    ended, out, told = parley("template", *arguments)
    assert (ended, out) == (code, "")
    assert sentence in told
    assert Path("there.xlsx").read_text() == "x"
    assert sorted(os.listdir()) == ["folder.xlsx", "parley.db", "there.xlsx", "toy"]


def test_a_database_without_a_case_is_told(parley: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_CASE", "zenda")
    code, _, told = parley("template", "may.xlsx")
    assert (code, told) == (1, "error: no case 'zenda' in the database; known are toy\n")
    assert not Path("may.xlsx").exists()
