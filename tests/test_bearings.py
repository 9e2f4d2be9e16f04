"""What else an entry bears on: said by the case, checked when read, told where nothing on file speaks for it yet."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from toy_case import INDICATORS, write_toy_case

from forecast.cli import console
from forecast.cli.app import run
from indicators.errors import CaseError
from indicators.folder import read_case_folder

TODAY = date(2020, 3, 1)
DAY = date(2020, 2, 20)
BEARS_ON = {
    "press_tone": '["border_posture at -2, 2", "harvest naming bread, 小麦", "crisis at -2"]',
    "border_posture": '["crisis naming fired upon"]',
}
HEADER = "indicator,observed_on,level,grade,source,origin\n"

type Program = Callable[..., str]


def catalogue(bears_on: Mapping[str, str]) -> str:
    """The toy catalogue, some of whose indicators name what else an entry bears on."""
    text = INDICATORS
    for indicator, listed in bears_on.items():
        text = text.replace(f'id = "{indicator}"\n', f'id = "{indicator}"\nbears_on = {listed}\n', 1)
    return text


@pytest.fixture
def parley(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    """The program at a fresh database of the toy case: what it prints."""
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{tmp_path / 'parley.db'}")
    monkeypatch.setenv("PARLEY_ANALYST", "kim")
    monkeypatch.setenv("COLUMNS", "1000")
    monkeypatch.setattr(console, "utc_now", lambda: datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC))
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> str:
        code = run(arguments)
        said = capsys.readouterr()
        assert code == 0, said.err
        return said.out

    write_toy_case(tmp_path / "case", {"indicators.toml": catalogue(BEARS_ON)})
    call("init", "--case", "case")
    return call


def coded(indicator: str, level: float, day: date = DAY, **others: str) -> tuple[str, ...]:
    parts = {"source": "Leader", "grade": "B2", **others}
    options = [word for name, value in parts.items() for word in (f"--{name}", value)]
    return ("log", indicator, str(level), "--on", str(day), *options)


def reminded(answer: str) -> list[str]:
    """What a receipt in JSON says the entry bears on; its notes say the same."""
    found: dict[str, Any] = json.loads(answer)
    named = [each["indicator"] or each["event_type"] for each in found["bears_on"]]
    told = [note for note in found["notes"] if "bear on" in note]
    assert len(told) == len(named)
    for each, note in zip(found["bears_on"], told, strict=True):
        assert each["command"] in note
    return named


def test_the_case_says_what_else_an_entry_bears_on(parley: Program) -> None:
    assert json.loads(parley("indicators", "press_tone", "--json"))["bears_on"] == json.loads(BEARS_ON["press_tone"])
    assert json.loads(parley("indicators", "harvest", "--json"))["bears_on"] == []
    assert "border_posture at -2, 2; harvest naming bread, 小麦; crisis at -2" in parley("indicators", "press_tone")


def test_a_case_that_names_none_has_the_hash_it_had(tmp_path: Path) -> None:
    plain = read_case_folder(write_toy_case(tmp_path / "plain"))
    empty = dict.fromkeys(BEARS_ON, "[]")
    none = read_case_folder(write_toy_case(tmp_path / "none", {"indicators.toml": catalogue(empty)}))
    some = read_case_folder(write_toy_case(tmp_path / "some", {"indicators.toml": catalogue(BEARS_ON)}))
    assert none.case_hash == plain.case_hash
    assert some.case_hash != plain.case_hash


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ('["harvst at 2"]', r"'harvst' is neither an indicator nor a type of event .*; did you mean 'harvest'\?"),
        ('["crises"]', r"'crises' is neither an indicator nor a type of event .*; did you mean 'crisis'\?"),
        ('["press_tone"]', r"'press_tone' is this indicator itself; delete it"),
        ('["harvest at 3"]', r"'3' in 'harvest at 3' is not a level; write one of -2, -1, 0, 1, 2"),
        ('["harvest or crisis"]', r"'harvest or crisis' is not understood; write an indicator or a type of event"),
        ('["harvest naming"]', r"'harvest naming' is not understood"),
        ('"harvest"', r"'harvest' is of the wrong kind or size; write a list of strings"),
    ],
)
def test_what_a_case_cannot_mean_has_its_sentence(tmp_path: Path, said: str, sentence: str) -> None:
    folder = write_toy_case(tmp_path, {"indicators.toml": catalogue({"press_tone": said})})
    with pytest.raises(CaseError, match=rf"^indicators.toml: line \d+, key press_tone.bears_on: {sentence}"):
        read_case_folder(folder)


@pytest.mark.parametrize(
    ("level", "others", "expected"),
    [
        (-2, {}, ["border_posture", "crisis"]),
        (-1.5, {}, ["border_posture", "crisis"]),
        (2, {}, ["border_posture"]),
        (1, {}, []),
        (0, {"note": "no Bread in the shops"}, ["harvest"]),
        (0, {"source": "今年の小麦は不作"}, ["harvest"]),
        (0, {"note": "a sweetbread recipe"}, []),
    ],
)
def test_an_entry_says_what_else_it_bears_on(
    parley: Program, level: float, others: dict[str, str], expected: list[str]
) -> None:
    assert reminded(parley(*coded("press_tone", level, DAY, **others), "--json", "--dry-run")) == expected


def test_a_reminder_names_what_to_run(parley: Program) -> None:
    said = parley(*coded("press_tone", -2, origin="leader 20 Feb"))
    assert (
        f"note: does it bear on border_posture too? If so, run `parley log border_posture LEVEL --on {DAY} --origin"
        in said
    )
    assert (
        f"'leader 20 Feb'`\nnote: does it bear on an event of type crisis too? If so, run "
        f"`parley event add crisis --on {DAY}" in said
    )
    assert "--origin NAME` (if it is one report, give this entry the same --origin)" in parley(*coded("press_tone", 2))
    assert f"--on {DAY} --source TEXT`" in parley(*coded("press_tone", -2, source="Leader " * 50))


@pytest.mark.parametrize(
    ("there", "silent"),
    [
        (coded("border_posture", 0, source="Count"), True),
        (coded("border_posture", 0, DAY - timedelta(40), source="Count", origin="wire-1"), True),
        (coded("border_posture", 0, DAY - timedelta(3)), True),
        (coded("border_posture", 0, DAY + timedelta(2), source="Count", url="https://example.org/1"), True),
        (coded("border_posture", 0, DAY - timedelta(4)), False),
        (coded("border_posture", 0, DAY - timedelta(1), source="Count", origin="wire-2"), False),
        (coded("harvest", 0, source="Count", origin="wire-1"), False),
    ],
)
def test_what_is_on_file_is_not_called_to_mind(parley: Program, there: tuple[str, ...], silent: bool) -> None:
    parley(*there)
    entry = coded("press_tone", 2, origin="wire-1", url="https://example.org/1")
    assert reminded(parley(*entry, "--json")) == ([] if silent else ["border_posture"])


def test_a_withdrawn_row_does_not_speak_for_it(parley: Program) -> None:
    row = json.loads(parley(*coded("border_posture", 0, source="Count"), "--json"))["rows"][0]
    parley("retract", str(row), "--reason", "another day")
    assert reminded(parley(*coded("press_tone", 2), "--json")) == ["border_posture"]


def test_a_correction_says_so_and_a_withdrawal_does_not(parley: Program) -> None:
    row = json.loads(parley(*coded("press_tone", 0), "--json"))["rows"][0]
    (revised,) = json.loads(parley("revise", str(row), "--level", "2", "--json", "--dry-run"))["bears_on"]
    assert (revised["of"], revised["on"], revised["indicator"]) == ("press_tone", DAY.isoformat(), "border_posture")
    assert reminded(parley("retract", str(row), "--reason", "wrong page", "--json")) == []


@pytest.mark.parametrize("dispute", [(), ("--confidence", "low", "--reason", "denied")])
def test_an_event_reminds_of_the_indicators_that_name_its_type(parley: Program, dispute: tuple[str, ...]) -> None:
    crisis = ("event", "add", "crisis", "--on", str(DAY), "--source", "Gazette", *dispute, "--json")
    assert reminded(parley(*crisis, "--dry-run")) == ["press_tone"]
    assert reminded(parley(*crisis, "--dry-run", "--note", "Patrol fired upon")) == ["press_tone", "border_posture"]
    assert reminded(parley(*crisis)) == ["press_tone"]
    assert reminded(parley(*coded("press_tone", -2), "--json")) == ["border_posture"]
    contact = ("event", "add", "contact", "--on", str(DAY), "--source", "Gazette", "--json")
    assert reminded(parley(*contact)) == []


def test_an_observation_within_the_days_of_an_event_speaks_for_it(parley: Program) -> None:
    parley(*coded("press_tone", -1))
    until = str(DAY + timedelta(3))
    crisis = (
        "event",
        "add",
        "crisis",
        "--on",
        str(DAY - timedelta(3)),
        "--until",
        until,
        "--source",
        "Gazette",
        "--json",
    )
    assert reminded(parley(*crisis)) == []


def test_a_file_of_entries_is_summed_and_its_rows_speak_for_each_other(parley: Program, tmp_path: Path) -> None:
    days = [DAY - timedelta(7 * n) for n in range(4)]
    rows = [f"press_tone,{day},2,B2,Leader {day},\n" for day in days]
    rows += [f"border_posture,{days[0]},1,B2,Count,\n"]
    (tmp_path / "w.csv").write_text(HEADER + "".join(rows), encoding="utf-8")
    found = json.loads(parley("import", "w.csv", "--json"))
    assert [each["on"] for each in found["bears_on"]] == [day.isoformat() for day in days[1:]]
    told = [note for note in found["notes"] if "bear on" in note]
    assert len(told) == 1
    assert told[0].startswith(
        f"3 rows of press_tone, the latest of {days[1]}: does it bear on border_posture too? If so, run `parley log"
    )


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{tmp_path / 'parley.db'}")
    monkeypatch.setattr(console, "utc_now", lambda: datetime(2026, 11, 22, 12, tzinfo=UTC))
    monkeypatch.setenv("COLUMNS", "1000")

    def call(*arguments: str) -> str:
        code = run(arguments)
        said = capsys.readouterr()
        assert code == 0, said.err
        return said.out

    call("init")
    return call


def test_a_report_of_the_shipped_case_reminds_of_what_it_is_news_of(shipped: Program) -> None:
    on = ("--on", "2026-11-20", "--grade", "B2", "--analyst", "kim", "--dry-run", "--json")
    threat = shipped("log", "kcna_tone", "-2", "--source", "KCNA", *on)
    assert reminded(threat) == ["dprk_diplomatic_signalling", "dprk_weapons_testing"]
    launch = shipped("log", "kcna_tone", "-1", "--source", "KCNA on the missile launch", *on)
    assert reminded(launch) == ["dprk_weapons_testing"]
    test = shipped("log", "dprk_weapons_testing", "-2", "--source", "KCNA: nuclear test", *on)
    assert reminded(test) == ["crisis", "kcna_tone"]
    routine = shipped("log", "us_posture", "1", "--source", "White House briefing", *on)
    assert reminded(routine) == []
