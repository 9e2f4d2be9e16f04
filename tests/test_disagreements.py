"""Codings of one report or day, two levels or more apart: named wherever codings are, each with its analyst."""

import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from brief_worlds import store_run
from toy_programs import Program, entry, logged, program_on, written
from toy_runs import install_toy, toy_states

from db.engine import open_database

DAY = "2020-02-20"
OF_KIM, OF_LEE, OF_MORI = ("+2", "kim", "Leader"), ("−1", "lee", "Yonhap wire"), ("0", "mori", "Cables")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toy")
    with install_toy(folder) as database:
        at = datetime(2020, 2, 29, tzinfo=UTC)
        store_run(database, date(2020, 2, 28), at, states=toy_states())
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "desk"))


@pytest.fixture
def parley(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    return program_on(folder, monkeypatch, capsys)


def names(text: str, *codings: tuple[str, str, str], day: str = DAY) -> bool:
    """Whether a text names every one of the codings with level, analyst, source and day."""
    return day in text and all(part in text for coding in codings for part in coding)


def two_codings(parley: Program, *, first: int = 0) -> str:
    """Kim's +2 and Lee's −1 of one day, in either order; the second receipt as a person reads it."""
    entries = [entry(2, source="Leader"), entry(-1, source="Yonhap wire", analyst="lee")]
    parley(*entries[first])
    return parley(*entries[1 - first])[1]


# Where they are entered


@pytest.mark.parametrize("first", [0, 1])
def test_the_entry_that_differs_is_told_of_the_other_whichever_came_first(parley: Program, first: int) -> None:
    out = two_codings(parley, first=first)
    warning = next(line for line in out.splitlines() if "levels apart" in line)
    assert names(warning, OF_KIM, OF_LEE)
    assert "3 levels apart" in warning
    assert "stored as observation row" in out


def test_a_receipt_holds_every_coding_for_programs(parley: Program) -> None:
    parley(*entry(2))
    parley(*entry(0, source="Cables", analyst="mori"))
    (found,) = logged(parley, *entry(-1, source="Yonhap", analyst="lee"))["disagreements"]
    assert [(one["level"], one["analyst"]) for one in found["codings"]] == [(2.0, "kim"), (0.0, "mori"), (-1.0, "lee")]
    assert (found["indicator"], found["first_on"], found["last_on"]) == ("press_tone", DAY, DAY)
    assert found["levels_apart"] == 3
    rows = [one["row"] for one in found["codings"]]
    assert rows == [min(rows), min(rows) + 1, min(rows) + 2]
    assert {one["source_title"] for one in found["codings"]} == {"Leader", "Cables", "Yonhap"}


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("2", "0", True),
        ("1", "-1", True),
        ("1.15", "-0.85", True),
        ("0.7", "-1.3", True),
        ("0.3", "-1.7", True),
        ("1.5", "-0.4", False),
        ("2", "0.001", False),
        ("-2", "-0.01", False),
    ],
)
def test_the_boundary_is_two_levels_fractions_included(parley: Program, one: str, other: str, differ: bool) -> None:
    parley(*entry(one))
    assert bool(logged(parley, *entry(other, source="Cables", analyst="lee"))["disagreements"]) is differ


def test_one_report_on_two_days_is_one_report_where_its_origin_says_so(parley: Program) -> None:
    parley(*entry(2, origin="wire-1"))
    (found,) = logged(parley, *entry(-1, on="2020-02-24", source="Yonhap", analyst="lee", origin="wire-1"))[
        "disagreements"
    ]
    assert (found["origin"], found["first_on"], found["last_on"]) == ("wire-1", DAY, "2020-02-24")
    other = logged(parley, *entry(-1, on="2020-02-26", source="Yonhap", analyst="lee", origin="wire-2"))
    assert other["disagreements"] == []


def test_another_indicator_of_the_same_origin_may_say_otherwise(parley: Program) -> None:
    parley(*entry(2, origin="wire-1"))
    found = logged(parley, "log", "border_posture", "-2", *entry(origin="wire-1")[3:])
    assert found["disagreements"] == []


def test_a_revision_that_makes_the_difference_is_told(parley: Program) -> None:
    parley(*entry(1))
    row = logged(parley, *entry(1, source="Cables", analyst="lee"))["rows"][0]
    receipt = logged(parley, "revise", str(row), "--level", "-2", "--analyst", "lee")
    (found,) = receipt["disagreements"]
    assert [(one["level"], one["analyst"]) for one in found["codings"]] == [(1.0, "kim"), (-2.0, "lee")]
    assert any(names(text, ("+1", "kim", "Leader"), ("−2", "lee", "Cables")) for text in receipt["warnings"])


def test_an_import_tells_of_rows_that_differ_from_each_other_and_from_what_is_on_file(
    parley: Program, folder: Path
) -> None:
    parley(*entry(2))
    file = written(
        folder,
        f"press_tone,{DAY},-1,B2,Yonhap wire,,,,lee",
        "harvest,2020-02-01,2,B2,Office,,,,kim",
        "harvest,2020-02-01,-2,B2,Ministry,,,,lee",
        "border_posture,2020-02-01,1,B2,Count,,,,kim",
    )
    _, out, _ = parley("import", file, "--dry-run")
    notes = [line for line in out.splitlines() if "levels apart" in line]
    assert len(notes) == 2
    assert any(names(note, OF_KIM, OF_LEE) for note in notes)
    assert any(names(note, ("+2", "kim", "Office"), ("−2", "lee", "Ministry"), day="2020-02-01") for note in notes)
    receipt = logged(parley, "import", file)
    stored = {one["row"] for found in receipt["disagreements"] for one in found["codings"]}
    assert None not in stored


# Where they are shown


@pytest.mark.parametrize("command", [("indicators",), ("indicators", "press_tone"), ("disagreements",), ("doctor",)])
@pytest.mark.parametrize("first", [0, 1])
def test_every_list_names_both_whatever_their_order(parley: Program, command: tuple[str, ...], first: int) -> None:
    two_codings(parley, first=first)
    assert names(parley(*command)[1], OF_KIM, OF_LEE)
    assert names(json.dumps(json.loads(parley(*command, "--json")[1]), ensure_ascii=False), ("2", "kim", "Leader"))


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("ending", ["html", "md"])
@pytest.mark.parametrize("first", [0, 1])
def test_a_brief_names_both(parley: Program, folder: Path, language: str, ending: str, first: int) -> None:
    two_codings(parley, first=first)
    out = f"brief.{ending}"
    assert parley("report", "--out", out, "--lang", language)[0] == 0
    text = (folder / out).read_text(encoding="utf-8")
    told = [line for line in text.splitlines() if "kim" in line and "lee" in line]
    day = DAY if language == "en" else "2020年2月20日"
    assert any(names(line, OF_KIM, OF_LEE, day=day) for line in told), told


def test_a_brief_without_disagreements_says_nothing_of_them(parley: Program, folder: Path) -> None:
    assert parley("report", "--out", "brief.md")[0] == 0
    assert "codings differ" not in (folder / "brief.md").read_text(encoding="utf-8")


def test_the_latest_observations_of_a_day_are_all_cited(parley: Program, folder: Path) -> None:
    """One level apart is no contradiction, and still neither stands for the day."""
    parley(*entry(1, source="Leader"))
    parley(*entry(0, source="Yonhap wire", analyst="lee"))
    with open_database(f"sqlite:///{folder / 'parley.db'}") as database:
        store_run(database, date(2020, 3, 1), datetime(2020, 3, 1, 13, tzinfo=UTC), states=toy_states())
    for language in ("en", "ja"):
        parley("report", "--out", f"{language}.md", "--lang", language)
        text = (folder / f"{language}.md").read_text(encoding="utf-8")
        cited = [line for line in text.splitlines() if ("Leader" in line or "Yonhap" in line) and "B2" in line]
        assert any("kim" in line for line in cited), cited
        assert any("lee" in line for line in cited), cited


def test_a_list_that_ends_within_a_day_says_that_the_day_has_more(parley: Program) -> None:
    parley(*entry(1))
    parley(*entry(0, source="Cables", analyst="lee"))
    assert f"… and 1 more of {DAY}" in parley("indicators", "press_tone", "--last", "1")[1]
    assert "more of" not in parley("indicators", "press_tone", "--last", "2")[1]


def test_without_any_a_sentence_says_so(parley: Program) -> None:
    code, out, err = parley("disagreements")
    assert (code, err) == (0, "")
    assert "No codings of one report or one day stand 2 levels or more apart as of 2020-03-01" in out
    listed = json.loads(parley("disagreements", "--json")[1])
    assert listed["disagreements"] == []
    assert listed["nothing"]
    assert "levels apart" not in parley("doctor")[1]


def test_what_no_longer_stands_is_no_disagreement(parley: Program) -> None:
    two_codings(parley)
    listed = json.loads(parley("disagreements", "--json")[1])["disagreements"]
    row = next(one["row"] for one in listed[0]["codings"] if one["analyst"] == "lee")
    parley("revise", str(row), "--level", "1", "--analyst", "lee")
    assert json.loads(parley("disagreements", "--json")[1])["disagreements"] == []
    before = json.loads(parley("disagreements", "--as-of", "2020-02-29", "--json")[1])["disagreements"]
    assert [one["analyst"] for one in before[0]["codings"]] == ["kim", "lee"]
    recorded = json.loads(parley("disagreements", "--as-recorded", "2020-02-28", "--json")[1])
    assert recorded["disagreements"] == []


def test_a_list_keeps_the_indicators_that_are_asked_for(parley: Program) -> None:
    two_codings(parley)
    assert "1 disagreement" in parley("disagreements", "--indicator", "Press_Tone")[1]
    assert "0 disagreements" in parley("disagreements", "--indicator", "harvest")[1]
    code, _, err = parley("disagreements", "--indicator", "pres_tone")
    assert (code, err) == (1, "error: unknown indicator 'pres_tone'; did you mean 'press_tone'?\n")


def test_very_many_codings_are_counted_between_both_ends(parley: Program, folder: Path) -> None:
    rows = [f"press_tone,{DAY},{2 if n else -2},B2,Source {n},,,,kim" for n in range(40)]
    parley("import", written(folder, *rows))
    sentence = next(line for line in parley("doctor")[1].splitlines() if "levels apart" in line)
    assert "… 28 more …" in sentence
    assert "Source 0" in sentence
    assert len(json.loads(parley("disagreements", "--json")[1])["disagreements"][0]["codings"]) == 40
