"""What is kept of a text that somebody enters: nothing that cannot be seen, whichever way it comes in."""

import json
import shutil
import sqlite3
import sys
import unicodedata
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from toy_case import toy_files, write_toy_case
from toy_programs import Program, entry, logged, program_on
from toy_runs import install_toy

from db.engine import open_database
from db.read import read_completeness, read_history
from db.rows import EventRow, NewEvent, NewObservation, ObservationRow
from db.when import When
from db.zone import Moment
from forecast.desk.actions import Desk, add_event, attest, log, retract, retract_event
from indicators.coding import EVENT_COLUMNS, OBSERVATION_COLUMNS, Rules, new_event, new_observation
from indicators.errors import CaseError
from indicators.folder import read_case_folder
from indicators.tables import Problems, Row

TODAY = date(2020, 3, 1)
UNSEEN = {"Cf", "Cc", "Zl", "Zp"}
"""Categories of characters that no stored text holds, but for tabs and line feeds of notes and reasons."""
ENTRY = {"indicator": "press_tone", "observed_on": "2020-02-20", "level": "1", "grade": "B2", "source": "Gazette"}
EVENT = {"type": "contact", "started_on": "2020-02-20", "source": "Gazette", "confidence": "low", "reason": "denied"}
TEXTS = ("source", "publisher", "origin", "analyst", "note")
EVENT_TEXTS = ("source", "format", "venue", "reason", "note", "analyst")
SEVERAL_LINES = ("note", "reason")
FORMAT = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) == "Cf"]
BIDI = "\u202e"

unseen = st.characters(categories=["Cf", "Cc", "Zl", "Zp"])
anything = st.text(st.characters(exclude_categories=["Cs"]) | unseen, max_size=30)


MOMENT = Moment(instant=datetime(2020, 3, 1, 12, tzinfo=UTC))
RULES = Rules(case_id="toy", indicators=("press_tone",), grades=frozenset({"B2"}), moment=MOMENT, analyst="kim")


def _observation(**cells: str) -> tuple[NewObservation | None, list[str]]:
    problems = Problems()
    return new_observation(Row("", 0, {**ENTRY, **cells}, problems), RULES), problems.lines


def _event(**cells: str) -> tuple[NewEvent | None, list[str]]:
    problems = Problems()
    return new_event(Row("", 0, {**EVENT, **cells}, problems), RULES), problems.lines


def seen(text: str, column: str) -> bool:
    """Whether every character of a stored text can be seen, or breaks a line where lines may be broken."""
    plain = text.replace("\n", "").replace("\t", "") if column in SEVERAL_LINES else text
    return not {unicodedata.category(character) for character in plain} & UNSEEN


STORED = {"source": "source_title", "publisher": "source_publisher"}


@given(column=st.sampled_from(TEXTS), text=anything)
@example(column="source", text=f"Ga{BIDI}zette")
@example(column="analyst", text="kim\nlee")
@example(column="origin", text="wire\u2028one")
def test_no_text_of_an_observation_holds_what_cannot_be_seen(column: str, text: str) -> None:
    made, wrong = _observation(**{column: text})
    assert (made is None) is bool(wrong)
    if made is not None:
        assert seen(getattr(made, STORED.get(column, column)), column)
    assert all(line.startswith(f"{column}: ") for line in wrong)


@given(column=st.sampled_from(EVENT_TEXTS), text=anything)
def test_no_text_of_an_event_holds_what_cannot_be_seen(column: str, text: str) -> None:
    made, wrong = _event(**{column: text})
    assert (made is None) is bool(wrong)
    if made is not None:
        assert seen(getattr(made, column), column)


def test_every_format_character_is_taken_out_of_every_text_and_leaves_the_rest() -> None:
    for character in FORMAT:
        for column in TEXTS:
            made, wrong = _observation(**{column: f"{character}wire{character} one{character}"})
            assert (wrong, made is not None) == ([], True), (hex(ord(character)), column)
            assert getattr(made, STORED.get(column, column)) == "wire one", (hex(ord(character)), column)


@given(
    st.sampled_from([name for name in OBSERVATION_COLUMNS if name != "url"]),
    st.lists(st.sampled_from(FORMAT), min_size=1, max_size=4),
)
def test_what_cannot_be_seen_makes_no_other_entry(column: str, characters: list[str]) -> None:
    whole = {**ENTRY, "known_on": "2020-02-21", "origin": "wire-1", "analyst": "lee", "note": "n", "publisher": "Wire"}
    plain, _ = _observation(**whole)
    strewn = characters[0].join(whole[column]) + "".join(characters)
    assert _observation(**{**whole, column: strewn}) == (plain, [])


@given(st.sampled_from([name for name in EVENT_COLUMNS if name != "ended_on"]), st.sampled_from(FORMAT))
def test_nor_another_event(column: str, character: str) -> None:
    whole = {
        **EVENT,
        "id": "K1",
        "level": "envoy",
        "format": "bilateral",
        "venue": "Zenda",
        "note": "n",
        "analyst": "lee",
    }
    whole |= {"known_on": "2020-02-21", "date_precision": "day", "framing": "none"}
    plain, wrong = _event(**whole)
    assert wrong == []
    assert _event(**{**whole, column: character.join(whole[column])}) == (plain, [])


@pytest.mark.parametrize("column", ["source", "indicator", "grade", "level", "observed_on"])
def test_a_cell_of_nothing_that_can_be_seen_is_empty(column: str) -> None:
    made, wrong = _observation(**{column: "\u200b \u2060"})
    assert made is None
    assert wrong[0].startswith(f"{column}: is empty; write ")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\u2029", "\t", " \n\n ", "\n\t\u200b"])
def test_a_line_break_stays_in_a_note_and_is_a_blank_elsewhere(end: str) -> None:
    made, wrong = _observation(**dict.fromkeys(("source", "publisher", "origin", "analyst"), f"wire{end}one"))
    assert wrong == []
    assert made is not None
    assert {made.source_title, made.source_publisher, made.origin, made.analyst} == {"wire one"}
    noted, _ = _observation(note=f"wire{end}one")
    assert noted is not None
    assert noted.note.split() == ["wire", "one"]
    assert ("\n" in noted.note) is (end != "\t")


# Every way in


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toy")
    with install_toy(folder):
        return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "desk"))


@pytest.fixture
def parley(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    return program_on(folder, monkeypatch, capsys)


def last[R: (ObservationRow, EventRow)](folder: Path, kind: type[R], row: int) -> R:
    """The newest version of the fact that a row is of."""
    with open_database(f"sqlite:///{folder / 'parley.db'}") as database, database.read() as connection:
        return read_history(connection, kind, row)[-1]


def test_an_entry_says_what_was_taken_out(parley: Program, folder: Path) -> None:
    receipt = logged(parley, *entry(source=f"Lea{BIDI}d\u200ber", origin="wire\none", analyst="\ufeffkim"))
    found = last(folder, ObservationRow, receipt["rows"][0])
    assert (found.source_title, found.origin, found.analyst) == ("Leader", "wire one", "kim")
    assert "2 invisible characters (U+202E, U+200B) removed from source" in receipt["notes"]
    assert "1 invisible character (U+FEFF) removed from analyst" in receipt["notes"]
    assert "1 line break or tab in origin became blank" in receipt["notes"]
    assert logged(parley, *entry(source="Leader", origin="wire one"))["action"] == "unchanged"


def test_the_name_of_the_environment_is_a_text_like_any_other(
    parley: Program, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLEY_ANALYST", f"ki{BIDI}m\nlee")
    arguments = [word for word in entry() if word not in ("--analyst", "kim")]
    receipt = logged(parley, *arguments)
    assert receipt["entries"][0]["analyst"] == "kim lee"
    monkeypatch.setenv("PARLEY_ANALYST", "\u200b")
    assert logged(parley, *arguments, "--note", "x")["entries"][0]["analyst"].isprintable()
    monkeypatch.setenv("PARLEY_ANALYST", "ki\x07m")
    for command in (arguments, ["retract", "1", "--reason", "wrong"], ["event", "none", "--through", "2020-02-20"]):
        code, out, err = parley(*command)
        assert (code, out) == (1, "")
        assert err == "error: analyst: holds the control character U+0007; delete it\n"


def test_reasons_attestations_and_events_are_texts_too(parley: Program, folder: Path) -> None:
    row = logged(parley, *entry())["rows"][0]
    newer = logged(parley, "revise", str(row), "--level", "2", "--reason", f"re{BIDI}ad again")["rows"][0]
    gone = logged(parley, "retract", str(newer), "--reason", f"mis{BIDI}read", "--analyst", "le\u200be\n")
    stored = last(folder, ObservationRow, gone["rows"][0])
    assert (stored.reason, stored.analyst) == ("misread", "lee")
    assert "1 invisible character (U+202E) removed from reason" in gone["notes"]
    added = logged(
        parley, "event", "add", "contact", "--on", "2020-02-20", "--source", f"Ga{BIDI}zette", "--id", "K\u200b1"
    )
    assert added["entries"][0]["source"] == "Gazette"
    assert "1 invisible character (U+202E) removed from source" in added["notes"]
    revised = logged(parley, "event", "revise", "K1\u200b", "--venue", f"Zen{BIDI}da")
    assert (revised["entries"][0]["event_id"], revised["entries"][0]["venue"]) == ("K1", "Zenda")
    lost = logged(parley, "event", "retract", "K1", "--reason", f"de{BIDI}nied")
    assert last(folder, EventRow, lost["rows"][0]).reason == "denied"
    said = logged(parley, "event", "none", "--through", "2020-02-25", "--note", f"a{BIDI}ll", "--analyst", f"l{BIDI}ee")
    assert any("removed from note" in note for note in said["notes"])
    with open_database(f"sqlite:///{folder / 'parley.db'}") as database, database.read() as connection:
        words = {
            (found.attested_by, found.note.partition(";")[0])
            for found in read_completeness(connection, "toy", When(as_of=TODAY))
            if found.attested_by != "case"
        }
    assert words == {("lee", "all")}


@pytest.mark.parametrize("reason", ["a\x07b", "a\ud83d", "x" * 10_001])
def test_a_reason_that_no_entry_may_have_is_no_reason_to_withdraw_or_correct(
    parley: Program, folder: Path, reason: str
) -> None:
    for command in (["retract", "1"], ["revise", "1", "--level", "2"], ["event", "retract", "T2019-1"]):
        code, out, err = parley(*command, "--reason", reason)
        assert (code, out) == (1, "")
        assert err.startswith("error: reason: ")
        assert err.count("\n") == 1


def test_a_file_is_read_without_what_cannot_be_seen(parley: Program, folder: Path) -> None:
    text = (
        "\ufeff\u200bindicator,observed_on\u200b,level,grade,source,origin,analyst\n"
        f"press\u200b_tone,\u200e2020/2/20\u200e,\u22121\u200e,B\u200b2,Lea{BIDI}der,wire\u200b-1,kim\n"
        'press_tone,2020-02-20,-1,B2,"Leader","wire-1","kim"\n'
    )
    (folder / "week.csv").write_text(text, encoding="utf-8")
    receipt = logged(parley, "import", "week.csv")
    assert [(one["source_title"], one["origin"]) for one in receipt["entries"]] == [("Leader", "wire-1")]
    assert "1 row of the file is repeated and counts once" in receipt["notes"]
    assert "1 invisible character (U+202E) removed from source" in receipt["notes"]


def test_a_case_folder_is_read_without_it(tmp_path: Path) -> None:
    files = toy_files()
    plain = read_case_folder(write_toy_case(tmp_path / "plain"))
    changed = {
        "case.toml": files["case.toml"].replace("Talks between", f"Talks\u200b bet{BIDI}ween"),
        "indicators.toml": files["indicators.toml"].replace("Graustark Gazette", "Graustark \\u202EGazette"),
        "events.csv": files["events.csv"].replace("Gazette", f"Gaz{BIDI}ette"),
        "observations.csv": files["observations.csv"].replace("Yearbook", "Year\u00adbook"),
    }
    strewn = read_case_folder(write_toy_case(tmp_path / "strewn", changed))
    assert strewn == plain


def test_who_sets_the_time_zone_and_why_are_texts_too(
    parley: Program, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLEY_ANALYST", f"ki{BIDI}m\nlee")
    code, _, err = parley("init", "--case", "toy", "--zone", "Asia/Tokyo", "--reason", f"the desk mo{BIDI}ved")
    assert (code, err) == (0, "")
    rows = [line for line in _everything(folder) if "Asia/Tokyo" in line]
    assert any("'kim lee'" in line and "'the desk moved'" in line for line in rows), rows
    code, out, err = parley("init", "--case", "toy", "--zone", "Asia/Seoul", "--reason", "a\x07b")
    assert (code, out, err) == (1, "", "error: reason: holds the control character U+0007; delete it\n")


def test_a_program_has_the_same_border(folder: Path) -> None:
    with open_database(f"sqlite:///{folder / 'parley.db'}") as database:
        with pytest.raises(CaseError, match=r"^analyst: holds a null character; delete it$"):
            Desk(database, "ki\0m")
        desk = Desk(database, f"k{BIDI}im")
        assert desk.analyst == "kim"
        (row,) = log(desk, "press_tone", 1, on="2020-02-20", source=f"L{BIDI}eader", grade="B2").rows
        retract(desk, row, f"mis{BIDI}read")
        add_event(desk, "contact", on="2020-02-20", source=f"G{BIDI}azette", id="K1")
        retract_event(desk, "K1", f"de{BIDI}nied")
        attest(desk, "2020-02-25", note=f"a{BIDI}ll")
    assert BIDI not in json.dumps(_everything(folder), ensure_ascii=False)


def _everything(folder: Path) -> list[str]:
    connection = sqlite3.connect(folder / "parley.db")
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


# What else an entry may not be


@pytest.mark.parametrize("value", [True, False])
def test_yes_and_no_are_no_levels(folder: Path, value: bool) -> None:
    with (
        open_database(f"sqlite:///{folder / 'parley.db'}") as database,
        pytest.raises(CaseError, match=rf"^level: '{value}' is not a level; write a number from -2 to 2$"),
    ):
        log(Desk(database, "kim"), "press_tone", value, on="2019-06-20", source="Leader", grade="B2")


def test_a_row_that_was_replaced_is_named_for_what_was_to_be_done_with_it(parley: Program) -> None:
    old = logged(parley, *entry())["rows"][0]
    new = logged(parley, "revise", str(old), "--level", "2")["rows"][0]
    for command, act in ((["retract", str(old), "--reason", "x"], "retract"), (["revise", str(old)], "revise")):
        code, _, err = parley(*command)
        assert (code, err) == (1, f"error: row {old} was superseded by row {new}; {act} that one\n")


@pytest.mark.parametrize(
    ("level", "sentence"),
    [
        ("boss", "use one of leader, minister, envoy, working, technical, letters_or_contact"),
        ("envoi", "did you mean 'envoy'?"),
    ],
)
@pytest.mark.parametrize("kind", ["talks", "contact", "deal"])
def test_who_met_is_one_of_a_few_words(parley: Program, kind: str, level: str, sentence: str) -> None:
    framing = ["--framing", "arms_control"] if kind == "talks" else []
    add = ["event", "add", kind, "--on", "2020-02-20", "--source", "Gazette", *framing, "--level"]
    code, out, err = parley(*add, level)
    assert (code, out, err) == (1, "", f"error: level: {level!r} is not allowed; {sentence}\n")
    assert parley(*add, "Envoy")[0] == 0


def test_what_a_crisis_was_is_in_the_cases_own_words(parley: Program) -> None:
    added = logged(parley, "event", "add", "crisis", "--on", "2020-02-20", "--source", "Gazette", "--level", "clash")
    assert added["entries"][0]["level"] == "clash"
