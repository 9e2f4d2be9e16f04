"""Documents, judgements and indicators at the command line: bad input, JSON, files that go out, a terminal asked."""

import csv
import json
from pathlib import Path

import pytest
from toy_programs import Program, converse, logged, program_on
from toy_runs import install_toy

from forecast.cli.indicator import EXAMPLE

DOCUMENT = ("document", "add", "--title", "The king", "--author", "S. Zapt", "--published-on", "2019-11-05")
JUDGEMENT = ("judgement", "add", "rassendyll-2015", "harvest", "deal", "-1.5", "--basis", "inferred")
TEXTS = ("--analyst", "kim")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    install_toy(tmp_path).close()
    (tmp_path / "new.toml").write_text(EXAMPLE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def parley(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    return program_on(folder, monkeypatch, capsys)


def test_a_document_and_what_it_says_are_entered_and_listed(parley: Program) -> None:
    code, out, err = parley(*DOCUMENT, *TEXTS, "--reason", "read this week")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "zapt-2019: S. Zapt, The king, published 2019-11-05 (by kim)",
        "logged: stored as document row 3",
        "note: enter what it says with `parley judgement add zapt-2019 INDICATOR TARGET WEIGHT --basis WORD`",
        "counts from 2020-03-01, with the next full update: run `parley update`",
    ]
    code, out, err = parley("judgement", "add", "zapt-2019", "harvest", "deal", "-1.5", "--basis", "inferred", *TEXTS)
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "zapt-2019 on harvest for limited deal: −1.5 (inferred) (by kim)"
    code, out, _ = parley("documents")
    assert code == 0
    (line,) = (line for line in out.splitlines() if line.startswith("zapt-2019"))
    assert line.split()[:5] == ["zapt-2019", "2019-11-05", "2020-03-01", "medium", "kim"]
    code, out, _ = parley("documents", "zapt-2019")
    assert "counts from" in out
    assert "entered by kim" in out


def test_corrections_and_withdrawals(parley: Program) -> None:
    assert parley(*JUDGEMENT, *TEXTS)[0] == 0
    triple = ("rassendyll-2015", "harvest", "deal")
    code, out, err = parley("judgement", "revise", *triple, "--weight", "-2", "--reason", "reread", *TEXTS)
    assert (code, err) == (0, "")
    assert "revised: stored as judgement row 6" in out
    code, out, err = parley("judgement", "retract", *triple, "--reason", "misread", *TEXTS)
    assert "withdrawn on 2020-03-01: misread (by kim)" in out
    assert parley("document", "revise", "tarlenheim-2017", "--caveats", "A letter to a friend.", *TEXTS)[0] == 0
    code, out, err = parley("document", "retract", "tarlenheim-2017", "--reason", "a forgery", *TEXTS)
    assert (code, err) == (0, "")
    assert "note: its 1 judgement no longer counts" in out
    assert "tarlenheim" not in parley("documents")[1]
    assert "retracted on 2020-03-01 by kim: a forgery" in parley("documents", "--retracted")[1]
    assert parley("verify")[0] == 0


def test_json_has_the_same_facts(parley: Program) -> None:
    told = logged(parley, *DOCUMENT, *TEXTS)
    assert (told["action"], told["table"], told["rows"], told["counts_from"]) == (
        "logged",
        "documents",
        [3],
        "2020-03-01",
    )
    assert told["remark"] == "counts from 2020-03-01, with the next full update: run `parley update`"
    assert (told["forecast"], told["entries"][0]["document_id"], told["entries"][0]["analyst"]) == (
        None,
        "zapt-2019",
        "kim",
    )
    assert logged(parley, *JUDGEMENT, "--dry-run")["stored"] is False
    told = logged(parley, "indicator", "add", "--from", "new.toml", "--reason", "new", *TEXTS)
    assert (told["action"], told["table"], told["entries"][0]["added_on"]) == ("added", "indicators", "2020-03-01")
    listed = json.loads(parley("indicators", "--json")[1])["indicators"]
    assert [(one["added_on"], one["analyst"], one["reason"]) for one in listed][-1] == ("2020-03-01", "kim", "new")


def test_an_indicator_is_added_observed_and_retired(parley: Program) -> None:
    code, out, err = parley("indicator", "add", "--from", "new.toml", "--reason", "new", *TEXTS)
    assert (code, err) == (0, "")
    assert "added: stored as case version row 2" in out
    entry = ("log", "new_indicator", "1", "--on", "2020-02-28", "--source", "Leader", "--grade", "B2", *TEXTS)
    assert parley(*entry)[0] == 0
    code, out, err = parley("indicator", "retire", "new_indicator", "--reason", "a mistake", *TEXTS)
    assert (code, err) == (0, "")
    code, _, err = parley(*entry)
    assert (code, err) == (
        1,
        "error: indicator: new_indicator was retired on 2020-03-01 by kim (a mistake); choose another, or add one "
        "under a new id\n",
    )
    assert "RETIRED on 2020-03-01 by kim: a mistake" in parley("indicators")[1]
    assert "RETIRED" in parley("indicators", "new_indicator")[1]
    assert parley("doctor")[1].count("is not the version in the database") == 0
    assert parley("verify")[0] == 0


def test_what_goes_out_has_the_new_columns_at_its_end(parley: Program, folder: Path) -> None:
    parley(*DOCUMENT, *TEXTS)
    parley(*JUDGEMENT, *TEXTS)
    for what in ("documents", "judgements"):
        assert parley("history", "--what", what, "--out", f"{what}.csv")[0] == 0
        with (folder / f"{what}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert list(rows[0])[-1] == "analyst"
        assert [row["analyst"] for row in rows[:2]] + [rows[-1]["analyst"], rows[-1]["known_on"]] == [
            "",
            "",
            "kim",
            "2020-03-01",
        ]


WRONG = [
    (
        ("document", "add", "--title", "The king"),
        2,
        "--author, --published-on are missing, and there is no",
    ),
    ((*DOCUMENT[:-1], "2020-04-01"), 1, "published_on: 2020-04-01 is in the future"),
    ((*DOCUMENT, "--id", "tarlenheim-2017"), 1, "document_id: 'tarlenheim-2017' is already the id of another document"),
    (("judgement", "add", "rassendyll-2015", "harvest"), 2, "TARGET, WEIGHT, --basis are missing, and there is no"),
    ((*JUDGEMENT[:2], "rassendyl", *JUDGEMENT[3:]), 1, "document_id: unknown document 'rassendyl'; did you mean"),
    ((*JUDGEMENT[:5], "4", *JUDGEMENT[6:]), 1, "weight: '4' is not a number from -3 to 3"),
    (
        ("judgement", "retract", "rassendyll-2015", "harvest", "deal", "--reason", "x"),
        1,
        "has no judgement of harvest for",
    ),
    (("indicator", "add"), 2, "'--from': is missing, and there is no terminal to ask on"),
    (("indicator", "add", "--from", "new.toml"), 2, "'--reason': is missing; say why the indicator is added"),
    (("indicator", "add", "x", "--from", "new.toml", "--reason", "y"), 2, "'ID': is already in the file"),
    (("indicator", "add", "--from", "no.toml", "--reason", "y"), 1, "no.toml: does not exist"),
    (("indicator", "retire", "harvst", "--reason", "y"), 1, "unknown indicator 'harvst'; did you mean 'harvest'?"),
    (("documents", "zapt"), 1, "unknown document 'zapt'"),
]


@pytest.mark.parametrize(("arguments", "code", "sentence"), WRONG)
def test_a_mistake_has_one_line(parley: Program, arguments: tuple[str, ...], code: int, sentence: str) -> None:
    found = parley(*arguments)
    assert (found[0], found[1]) == (code, "")
    assert sentence in found[2]
    assert found[2].count("\n") == 1


def test_an_example_is_printed_without_a_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program_on(tmp_path, monkeypatch, capsys)("indicator", "add", "--example") == (0, EXAMPLE, "")


def test_a_terminal_is_asked_for_a_document_and_its_judgement(folder: Path, parley: Program) -> None:
    answers = ["The king", "S. Zapt", "2020-04-01", "2019-11-05", "", "", "hi", "high", "", "", "read this week", "y"]
    said, code = converse(["document", "add", "--analyst", "kim"], answers, folder)
    assert code == 0, said
    assert "published_on: 2020-04-01 is in the future" in said
    assert "directness: 'hi' is not allowed" in said
    assert "stored as document row 3" in said
    answers = ["zapt-2019", "harvst", "harvest", "deal", "4", "2", "explicit", "p. 1", "", "y"]
    said, code = converse(["judgement", "add", "--analyst", "kim"], answers, folder)
    assert code == 0, said
    assert "How good was the harvest?" in said
    assert "arms_control_talks" in said
    assert "weight: '4' is not a number from -3 to 3" in said
    assert "stored as judgement row 5" in said
    assert parley("verify")[0] == 0


def test_a_terminal_is_asked_for_an_indicator_and_may_say_no(folder: Path, parley: Program) -> None:
    parts = [
        "Embassy",
        "embassy",
        "Staff",
        "How many?",
        "+ = more",
        "",
        "",
        "many",
        "90",
        "",
        "",
        "Gazette; Leader",
        "",
    ]
    criteria = ["All.", "Most.", "Half.", "Few.", "None."]
    said, code = converse(["indicator", "add", "--analyst", "kim"], [*parts, *criteria, "new", "y"], folder)
    assert code == 0, said
    assert "'Embassy' is not an identifier" in said
    assert "stored as case version row 2" in said
    (one,) = [each for each in json.loads(parley("indicators", "--json")[1])["indicators"] if each["id"] == "embassy"]
    assert (one["half_life_days"], one["kind"], one["reason"]) == (90.0, "state", "new")
    said, code = converse(
        ["judgement", "add", "rassendyll-2015", "embassy", "deal", "1"], ["explicit", "", "", "n"], folder
    )
    assert code == 0, said
    assert "nothing was stored" in said
