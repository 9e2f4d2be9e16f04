"""The desk at the command line: bad input has its sentence, JSON says what the screen says, a terminal is asked."""

import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import PUBLISHED_AS_OF
from toy_programs import converse
from toy_runs import install_toy

from db.engine import open_database
from db.read import read_history
from db.rows import ObservationRow
from forecast.cli import console
from forecast.cli.app import run

TODAY = date(2019, 7, 1)
LOG = ("log", "press_tone", "1", "--on", "2019-06-20", "--source", "Leader", "--grade", "B2", "--analyst", "kim")
HEADER = "indicator,observed_on,level,grade,source\n"

type Program = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toy")
    with install_toy(folder):
        return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path / "desk")
    return tmp_path / "desk"


@pytest.fixture
def parley(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    """The program in this process, on a day in July 2019: (exit code, stdout, stderr)."""
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{folder / 'parley.db'}")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(console, "utc_now", lambda: datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC))
    monkeypatch.chdir(folder)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def content(folder: Path) -> list[str]:
    connection = sqlite3.connect(folder / "parley.db")
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def replaced(*changes: tuple[str, str]) -> tuple[str, ...]:
    """The command with other values after some options or in other places."""
    arguments = list(LOG)
    for name, value in changes:
        if name in ("indicator", "level"):
            arguments[1 if name == "indicator" else 2] = value
        elif name in arguments:
            arguments[arguments.index(name) + 1] = value
        else:
            arguments += [name, value]
    return tuple(arguments)


BAD = [
    ([("level", "3")], r"level: '3' lies outside −2…2; write a number from -2 to 2"),
    ([("level", "-2.5")], r"level: '−2.5' lies outside −2…2; write a number from -2 to 2"),
    ([("level", "high")], r"level: 'high' is not a level; write a number from -2 to 2"),
    ([("level", "nan")], r"level: 'nan' is not a level"),
    ([("indicator", "pres_tone")], r"indicator: unknown indicator 'pres_tone'; did you mean 'press_tone'\?"),
    ([("--grade", "Z9")], r"grade: 'Z9' is not a grade of the case; use a letter A–F and a digit 1–6, such as B2"),
    ([("--known-on", "2019-06-19")], r"known_on: 2019-06-19 lies before observed_on 2019-06-20"),
    ([("--on", "2019-07-04")], r"observed_on: 2019-07-04 is in the future; the latest day anywhere is 2019-07-02"),
    ([("--known-on", "2020-01-01")], r"known_on: 2020-01-01 is in the future"),
    ([("--on", "20 June")], r"observed_on: '20 June' names no day with its year; write YYYY-MM-DD"),
    ([("--source", "  ")], r"source: is empty"),
    ([("--note", "x" * 10_000_000)], r"note: has 10000000 characters; write at most 10000"),
    ([("--note", "a\0b")], r"note: holds a null character; delete it"),
    ([("--source", "a\x07b")], r"source: holds the control character U\+0007; delete it"),
    ([("--url", "javascript:alert(1)")], r"url: 'javascript:alert\(1\)' is not a web address"),
    ([("--grade", "Ｚ９")], r"grade: 'Ｚ９' is not a grade"),
    ([("--analyst", "case")], r"analyst: 'case' stands for the rows of the case folder"),
]


@pytest.mark.parametrize(("changes", "sentence"), BAD)
def test_each_bad_entry_has_its_sentence_and_stores_nothing(
    parley: Program, folder: Path, changes: list[tuple[str, str]], sentence: str
) -> None:
    before = content(folder)
    code, out, err = parley(*replaced(*changes))
    assert (code, out) == (1, "")
    assert re.match(f"^error: {sentence}", err)
    assert content(folder) == before


def test_all_that_is_wrong_is_told_at_once(parley: Program) -> None:
    code, _, err = parley(*replaced(("level", "9"), ("--grade", "Z9"), ("--source", "")))
    assert code == 1
    assert sorted(line.split(":")[1].strip() for line in err.splitlines()) == ["grade", "level", "source"]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (
            ("log", "press_tone"),
            2,
            r"Invalid value: LEVEL, --on, --source, --grade are missing, and there is no terminal to ask on",
        ),
        (("retract", "99999", "--reason", "x"), 1, r"there is no observation row 99999; run `parley observations`"),
        (("retract", "1"), 2, r"Missing option '--reason'"),
        (("retract", "1", "--reason", " "), 1, r"reason: is empty; say why the row is withdrawn"),
        (("revise", "one"), 2, r"Invalid value for 'ID': 'one' is not a whole number from 1 on"),
        (("revise", "1"), 1, r"row 1 already says all of this; give what should change, such as --level"),
        (("event", "revise", "T1900-1"), 1, r"unknown event 'T1900-1'; "),
        (("event", "none", "--through", "2019-13-01"), 1, r"through: '2019-13-01' is not a date"),
        (("event", "none", "--through", "2019-08-01"), 1, r"through: 2019-08-01 is in the future"),
        (("import", "nothing.csv"), 1, r"nothing.csv: .*(does not exist|is missing|no such file)"),
        (
            ("import", "w.csv", "--encoding", "latin"),
            2,
            r"Invalid value for '--encoding': 'latin' is not known; use one of",
        ),
        (("template", "t.docx"), 2, r"Invalid value for 'FILE.xlsx': 't.docx' does not end in .xlsx"),
    ],
)
def test_bad_usage_and_unknown_ids(
    parley: Program, folder: Path, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    before = content(folder)
    found = parley(*arguments)
    assert (found[0], found[1]) == (code, "")
    assert re.match(f"^error: {sentence}", found[2])
    assert len(found[2].splitlines()) == 1
    assert content(folder) == before


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("w.csv", b"indicator,observed_on,level,source\npress_tone,2019-06-20,1,Leader\n", r"column grade: is missing"),
        ("w.csv", b"PK\x03\x04 not text", r"w.csv"),
        ("w.xlsx", HEADER.encode(), r"w.xlsx"),
        ("w.csv", (HEADER + "press_tone,2019-06-20,1,B2,").encode() + b"\x81\xff\x8d\n", r"w.csv: .*--encoding|UTF-8"),
        ("w.csv", b"", r"w.csv: is empty"),
        ("w.csv", HEADER.replace(",", ";").encode(), r"w.csv: holds no observation; write at least one row below"),
        ("w.csv", (HEADER + "press_tone,2019-06-20,1,B2,a\0b\n").encode(), r"row 2.*null character"),
    ],
)
def test_a_file_that_cannot_be_imported_has_its_sentence(
    parley: Program, folder: Path, name: str, data: bytes, sentence: str
) -> None:
    (folder / name).write_bytes(data)
    before = content(folder)
    code, out, err = parley("import", name)
    assert (code, out) == (1, "")
    assert re.search(sentence, err)
    assert err.startswith("error: ")
    assert content(folder) == before


def test_a_negative_level_is_a_level(parley: Program, folder: Path) -> None:
    code, out, _ = parley(*replaced(("level", "-1")))
    assert code == 0
    assert "−1 means: Hostile." in out
    assert stored(folder, out).level == -1.0


def stored(folder: Path, out: str) -> ObservationRow:
    found = re.search(r"stored as observation row (\d+)", out)
    assert found is not None
    with open_database(f"sqlite:///{folder / 'parley.db'}") as database, database.read() as connection:
        return read_history(connection, ObservationRow, int(found[1]))[-1]


@pytest.mark.parametrize("text", ['=HYPERLINK("http://x","y")', "+1", "@SUM(A1)", "-2+3", "社説 사설 ✓"])
def test_text_is_stored_as_typed(parley: Program, folder: Path, text: str) -> None:
    _, out, _ = parley(*replaced(("--note", text), ("--source", text)))
    found = stored(folder, out)
    assert (found.note, found.source_title) == (text.replace("-2+3", "-2+3"), text)


def test_without_a_forecast_the_entry_is_stored_and_one_line_says_what_gives_one(parley: Program) -> None:
    code, out, err = parley(*LOG)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "no forecast has been published yet; `parley update` will give one"


def test_warnings_never_block(parley: Program) -> None:
    parley(*LOG)
    code, out, _ = parley(*replaced(("--analyst", "lee")))
    assert code == 0
    assert "warning: likely duplicate of row" in out
    assert "stored as observation row" in out
    code, out, _ = parley(*LOG)
    assert code == 0
    assert "note: the same observation is already on file as row" in out


def test_a_day_at_the_desk(parley: Program, folder: Path) -> None:
    """Log, revise, retract, an event in and out of dispute, an attestation, an import: each is there and listed."""
    _, out, _ = parley(*LOG)
    row = stored(folder, out).id
    assert f"revised: stored as observation row {row + 1}" in parley("revise", str(row), "--level", "2")[1]
    assert "withdrawn on 2019-07-01: misread" in parley("retract", str(row + 1), "--reason", "misread")[1]
    code, _, err = parley("retract", str(row + 1), "--reason", "again")
    assert code == 1
    assert re.match(rf"error: row {row + 1} was retracted as row {row + 2} \(misread\)", err)
    added = parley("event", "add", "crisis", "--on", "2019-06-25", "--source", "Gazette", "--id", "C2019-x")
    assert added[0] == 0
    disputed = parley("event", "revise", "C2019-x", "--confidence", "low", "--reason", "denied")[1]
    assert "confidence low (disputed: denied)" in disputed
    assert "C2019-x" in parley("events", "--disputed", "--as-of", "2019-07-01")[1]
    (folder / "w.csv").write_text(HEADER + "press_tone,2019-06-21,0,A1,Leader\n", encoding="utf-8")
    assert "dry run: nothing was stored (1 observation would be added" in parley("import", "w.csv", "--dry-run")[1]
    assert "1 observation added as row" in parley("import", "w.csv")[1]
    assert "nothing to add: its one row is already on file" in parley("import", "w.csv")[1]
    assert parley("verify")[0] == 0


def test_an_attestation_can_be_withdrawn(parley: Program, folder: Path) -> None:
    """Given in July 2020, so that it goes on from the case's; then as if it had never been, from that day on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(console, "utc_now", lambda: datetime(2020, 7, 1, 12, tzinfo=UTC))
        code, out, _ = parley("event", "none", "--through", "2020-06-30", "--type", "crisis", "--analyst", "kim")
        assert code == 0
        assert "crisis complete through 2020-06-30, known on 2020-07-01 (by kim; from 2020-01-01 on)" in out
        late = parley("event", "add", "crisis", "--on", "2020-03-01", "--source", "Gazette")[1]
        assert (
            "kim had attested (row 5) that crisis is complete through 2020-06-30, but this event was\nmissing" in late
        )
        code, out, _ = parley("event", "none", "--retract", "5", "--reason", "one was missing")
        assert code == 0
        assert "crisis complete through 2020-06-30, withdrawn on 2020-07-01: one was missing" in out
        _, _, err = parley("event", "none", "--retract", "5", "--reason", "again")
        assert err.startswith("error: attestation 5 was withdrawn or replaced as row 6 (one was missing)")
        listed = json.loads(parley("events", "--json", "--as-of", "2020-07-01")[1])
        assert {span["complete_through"] for span in listed["complete"]} == {"2019-12-31"}
    code, _, err = parley("event", "none")
    assert code == 2
    assert "give either --through DATE or, to withdraw an attestation, --retract ROW" in err


FACTS = {"action", "table", "stored", "rows", "entries", "unchanged", "criterion", "surprise", "warnings", "notes"}
FACTS |= {"likely_duplicates", "disagreements", "counts_from"}


def test_json_says_what_the_screen_says(parley: Program) -> None:
    found: dict[str, Any] = json.loads(parley(*LOG, "--json")[1])
    assert set(found) == FACTS | {"questions", "bears_on", "forecast", "remark"}
    assert (found["action"], found["stored"], found["forecast"]) == ("logged", True, None)
    assert found["entries"][0]["indicator_id"] == "press_tone"
    screen = parley(*replaced(("--note", "again")))[1]
    assert found["criterion"] in screen
    assert set(found["surprise"]) == {"level", "expected", "sd", "z"}
    retracted = json.loads(parley("retract", str(found["rows"][0]), "--reason", "x", "--json")[1])
    assert (retracted["action"], retracted["entries"][0]["reason"]) == ("retracted", "x")


def test_the_provisional_forecast_stands_below_the_entry_and_in_show(
    published_folder: Path, folder: Path, parley: Program
) -> None:
    shutil.copytree(published_folder, folder, dirs_exist_ok=True)
    code, out, err = parley(*LOG, "--dry-run")
    assert (code, err) == (0, "")
    assert "Provisional, with the posterior of run 1" in out
    assert "arms-control talks  before" in out
    found = json.loads(parley(*LOG, "--json")[1])["forecast"]
    assert (found["run"], found["posterior_of"], found["as_of"]) == (2, 1, TODAY.isoformat())
    assert [list(each) for each in found["horizons"][:1]] == [["horizon_days", "old", "new", "error"]]
    shown = json.loads(parley("show", "--json")[1])
    assert shown["run"]["id"] == 1
    assert shown["run"]["as_of"] == PUBLISHED_AS_OF.isoformat()
    assert shown["provisional"]["run_id"] == 2
    news = sorted(each["new"] for each in found["horizons"])
    assert sorted(row["mean"] for row in shown["provisional"]["targets"]) == pytest.approx(news)
    text = parley("show")[1]
    assert text.index("press_tone +1 on 2019-06-20: Leader, by kim; entered") < text.index("P(arms-control talks")
    assert "This takes in what came since (run 2, provisional: without a fit). Before it, run 1 said" in text
    assert "levels and projection, with the posterior of run 1" in parley("show", "--run", "2")[1]


def test_on_a_terminal_it_asks_for_what_is_missing(folder: Path) -> None:
    """A real pseudo-terminal: criteria first, a wrong answer asked again, and the entry stored after a yes."""
    answers = ["y", "pres_tone", "press_tone", "7", "1", "2019-06-20", "Leader", "B2", "y"]
    said, code = converse(["log"], answers, folder, at=datetime(2019, 7, 1, tzinfo=UTC), columns=100)
    assert code == 0
    for expected in (
        "did you mean 'press_tone'?",
        "How hostile is the press?",
        "Calls for talks.",
        "lies outside −2…2",
        "Grade (source: A reliable",
        "expected",
        "Store it?",
        "stored as observation row",
    ):
        assert expected in said, said
