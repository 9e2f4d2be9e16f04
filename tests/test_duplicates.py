"""What may be the same report: told from what is on file and within a file, with one key or option as the way out."""

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
from toy_programs import TODAY, Program, converse, entry, logged, program_on, written
from toy_runs import install_toy

from db.engine import open_database
from db.read import read_case, read_observations
from db.rows import ObservationRow
from db.when import When

REUTERS = {"source": "North Korea says it is open to talks", "publisher": "Reuters"}
YONHAP = {"source": "북한, 대화 용의 표명", "publisher": "연합뉴스", "analyst": "lee"}


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


def standing(folder: Path) -> dict[int, ObservationRow]:
    """The observations entered at the desk that stand, by their numbers."""
    with open_database(f"sqlite:///{folder / 'parley.db'}") as database, database.read() as connection:
        case = read_case(connection).case_id
        found = read_observations(connection, case, When(as_of=TODAY))
        return {row.id: row for row in found if row.analyst != "case" and row.valid_until is None}


def doubt(receipt: dict[str, Any]) -> str:
    """The warning that asks whether an entry is a report that is there already; "" where none does."""
    return next((text for text in receipt["warnings"] if "both count" in text), "")


# What is told


@pytest.mark.parametrize("day", ["2020-02-19", "2020-02-20", "2020-02-21"])
def test_another_wire_in_another_language_with_the_same_level_may_be_the_same_report(parley: Program, day: str) -> None:
    row = logged(parley, *entry(1, **REUTERS))["rows"][0]
    receipt = logged(parley, *entry(1, day, **YONHAP))
    assert f"may be the same report as row {row} (press_tone 2020-02-20, +1, B2, by kim)" in doubt(receipt)
    (found,) = receipt["likely_duplicates"]
    assert (found["ground"], found["other"]["row"], found["counts_once"]) == ("level", row, False)


@pytest.mark.parametrize(
    "other",
    [
        entry(1, "2020-02-22", **YONHAP),
        entry(0, **YONHAP),
        ["log", "border_posture", *entry(1, **YONHAP)[2:]],
        entry(1, **YONHAP, origin="yonhap-1"),
    ],
    ids=["two days later", "another level", "another indicator", "another origin, said to be"],
)
def test_what_is_another_report_is_not_doubted(parley: Program, other: list[str]) -> None:
    parley(*entry(1, **REUTERS, origin="reuters-1"))
    assert doubt(logged(parley, *other)) == ""


@pytest.mark.parametrize(
    "parts",
    [
        {"source": "NORTH KOREA says it is “open”\u00a0to talks"},
        {"source": "North Ko\u00adrea says it is open to talks\u200b"},
        {"source": "Ｎｏｒｔｈ Korea says it is open to talks…"},
        {"source": "Wire", "url": "http://www.example.org/a/?utm_source=feed&id=1#top"},
        {"source": "Wire", "url": "https://m.example.org:443/%61?fbclid=9&id=1"},
        {"source": "Wire", "origin": "WIRE 1"},
    ],
)
def test_an_equivalent_title_address_or_origin_is_told_whatever_the_level(
    parley: Program, parts: dict[str, str]
) -> None:
    row = logged(parley, *entry(1, **REUTERS, url="https://example.org/a?id=1", origin="wire-1"))["rows"][0]
    receipt = logged(parley, *entry(0, "2020-02-22", analyst="lee", **parts))
    assert f"likely duplicate of row {row} (press_tone 2020-02-20, +1, B2, by kim); both count" in doubt(receipt)
    assert "--origin wire-1" in doubt(receipt)


def test_one_address_written_in_two_ways_feeds_two_indicators(parley: Program) -> None:
    row = logged(parley, *entry(1, url="https://example.org/a"))["rows"][0]
    other = ["log", "border_posture", *entry(1, url="http://www.example.org/a/?utm_source=x")[2:]]
    assert any(f"the same URL is the source of row {row}" in text for text in logged(parley, *other)["warnings"])


# The way out


def test_with_an_origin_on_file_the_warning_gives_the_very_option(parley: Program, folder: Path) -> None:
    logged(parley, *entry(1, **REUTERS, origin="wire of 20 Feb"))
    seen = logged(parley, *entry(1, **YONHAP), "--dry-run")
    option = re.search(r"give --origin '(.*?)'", doubt(seen))
    assert option is not None
    receipt = logged(parley, *entry(1, **YONHAP, origin=option[1]))
    assert doubt(receipt) == ""
    assert {row.origin for row in standing(folder).values()} == {"wire of 20 Feb"}


def test_without_a_terminal_it_is_stored_with_the_question_and_the_command_that_answers_it(
    parley: Program, folder: Path
) -> None:
    parley(*entry(1, **REUTERS))
    code, out, _ = parley(*entry(1, **YONHAP))
    assert code == 0
    assert "stored as observation row" in out
    question = next(line for line in out.splitlines() if line.startswith("question: is it the same report as row"))
    command = re.search("`parley (.*?)`", question)
    assert command is not None
    assert parley(*command[1].split())[0] == 0
    rows = standing(folder).values()
    assert len(rows) == 2
    assert len({row.origin for row in rows}) == 1
    assert "" not in {row.origin for row in rows}
    assert "kim" in {row.analyst for row in rows}


@pytest.mark.parametrize("origins", [("", ""), ("a 1", ""), ("", "b'2"), ("a 1", "b'2")])
def test_the_remedy_of_a_receipt_makes_both_one_whichever_had_an_origin(
    parley: Program, folder: Path, origins: tuple[str, str]
) -> None:
    mine, theirs = ({"origin": origin} if origin else {} for origin in origins)
    parley(*entry(1, **REUTERS, url="https://example.org/a", **theirs))
    receipt = logged(parley, *entry(1, **YONHAP, url="https://example.org/a/", **mine))
    (found,) = receipt["likely_duplicates"]
    code, out, err = parley(*shlex.split(found["remedy"])[1:])
    assert (code, err) == (0, ""), out
    assert {row.origin for row in standing(folder).values()} == {
        origins[1] or origins[0] or next(iter(standing(folder).values())).origin
    }
    again = logged(parley, *entry(1, "2020-02-20", source="Third", publisher="AP", analyst="mori"), "--dry-run")
    assert {one["other"]["origin"] for one in again["likely_duplicates"]} == {
        row.origin for row in standing(folder).values()
    }


def test_an_entry_may_say_at_once_which_row_it_is_one_with(parley: Program, folder: Path) -> None:
    row = logged(parley, *entry(1, **REUTERS))["rows"][0]
    receipt = logged(parley, *entry(1, **YONHAP), "--origin-of", str(row))
    assert doubt(receipt) == ""
    assert len(receipt["rows"]) == 2
    rows = standing(folder)
    assert set(rows) == set(receipt["rows"])
    kept = next(each for each in rows.values() if each.supersedes == row)
    assert (kept.analyst, kept.source_publisher, kept.level) == ("kim", "Reuters", 1.0)
    assert "lee takes it for one report with another" in kept.reason
    assert len({each.origin for each in rows.values()}) == 1
    assert parley("verify")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--origin-of", "99999"], "error: there is no observation row 99999; run `parley observations` to list them"),
        (["--origin-of", "{old}"], "error: row {old} was superseded by row {new}; name that one"),
        (
            ["--origin-of", "{new}", "--origin", "b"],
            "error: origin: 'b' is not the origin of row {new}, 'wire-1'; give either --origin or --origin-of",
        ),
    ],
)
def test_a_row_that_it_cannot_be_one_with_is_told(parley: Program, arguments: list[str], sentence: str) -> None:
    old = logged(parley, *entry(1, **REUTERS))["rows"][0]
    new = logged(parley, "revise", str(old), "--origin", "wire-1")["rows"][0]
    given = [word.format(old=old, new=new) for word in arguments]
    code, out, err = parley(*entry(1, **YONHAP), *given)
    assert (code, out, err) == (1, "", sentence.format(old=old, new=new) + "\n")


@pytest.mark.parametrize(
    ("key", "stored", "origins"), [("o", 2, 1), ("y", 2, 1), ("n", 1, 1), ("", 1, 1), ("maybe\nO", 2, 1)]
)
def test_on_a_terminal_one_key_decides(parley: Program, folder: Path, key: str, stored: int, origins: int) -> None:
    parley(*entry(1, **REUTERS))
    said, code = converse(entry(1, **YONHAP), key.split("\n"), folder)
    assert code == 0, said
    assert "Is it the same report as row" in said
    rows = standing(folder).values()
    assert len(rows) == stored
    found = {row.origin for row in rows}
    assert len(found) == origins
    assert (found == {""}) is ("o" not in key.casefold())


def test_on_a_terminal_nothing_is_asked_where_nothing_is_doubtful(parley: Program, folder: Path) -> None:
    parley(*entry(1, **REUTERS))
    said, code = converse(entry(0, **YONHAP), [], folder)
    assert code == 0, said
    assert "stored as observation row" in said
    assert "o, y or n" not in said


# Files


def test_a_file_tells_of_rows_that_may_be_on_file_or_twice_in_itself(parley: Program, folder: Path) -> None:
    row = logged(parley, *entry(1, **REUTERS))["rows"][0]
    file = written(
        folder,
        "press_tone,2020-02-21,1,B2,북한 대화 용의,연합뉴스,,,lee",
        "harvest,2020-02-01,1,B2,Office,,https://example.org/h?utm_source=a,,kim",
        "harvest,2020-02-02,0,B2,Ministry,,http://www.example.org/h/,,lee",
        "border_posture,2020-02-01,1,B2,Count,,,,kim",
    )
    dry = logged(parley, "import", file, "--dry-run")
    assert len(dry["likely_duplicates"]) == 2
    assert {one["other"]["row"] for one in dry["likely_duplicates"]} == {row, None}
    assert sum("both count" in note for note in dry["notes"]) == 2
    receipt = logged(parley, "import", file)
    remedies = [one["remedy"] for one in receipt["likely_duplicates"]]
    for remedy in remedies:
        assert parley(*remedy.split()[1:])[0] == 0
    by_indicator: dict[str, set[str]] = {}
    for each in standing(folder).values():
        by_indicator.setdefault(each.indicator_id, set()).add(each.origin)
    assert {name: len(found) for name, found in by_indicator.items()} == {
        "press_tone": 1,
        "harvest": 1,
        "border_posture": 1,
    }
    assert by_indicator["border_posture"] == {""}


@pytest.mark.parametrize("origins", [("one", "one"), ("one", "two")])
def test_the_column_origin_settles_it(parley: Program, folder: Path, origins: tuple[str, str]) -> None:
    rows = [
        f"harvest,2020-02-01,1,B2,{name},{name},,{origin},kim"
        for name, origin in zip(("Office", "Ministry"), origins, strict=True)
    ]
    receipt = logged(parley, "import", written(folder, *rows))
    assert (receipt["likely_duplicates"], receipt["notes"]) == ([], [])


def test_very_many_doubts_are_counted(parley: Program, folder: Path) -> None:
    rows = [f"harvest,2020-02-01,1,B2,Source {n},,,,kim" for n in range(300)]
    receipt = logged(parley, "import", written(folder, *rows))
    assert len(receipt["likely_duplicates"]) == 100
    told = [note for note in receipt["notes"] if "duplicate" in note or "same report" in note]
    assert 2 <= len(told) <= 20
    assert re.fullmatch(r"\d+ more likely duplicates among the rows of the file", told[-1])
    json.dumps(receipt)
