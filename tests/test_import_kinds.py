"""Events and attestations from files, and what was exported, or shipped, come back in: nothing is added twice."""

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from import_worlds import NOW, Program, install_shipped, program

from indicators.shipped import shipped_case

EVENT = "type,framing,started_on,ended_on,source,confidence,reason,note"
TALKS = "talks,arms_control,2026-11-03,2026-11-04,KCNA,high,,limits were on the agenda"
CONTACT = "contact,,2026-11-10,,Yonhap,,,letters"
KINDS = ("observations", "events", "completeness")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shipped")
    install_shipped(folder)
    return folder


@pytest.fixture
def parley(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Program:
    return program(template, tmp_path / "desk", monkeypatch, capsys)


def entered(parley: Program) -> None:
    """A desk at which something of every kind was entered, corrected, withdrawn."""
    logged = ("--on", "2026-11-03", "--grade", "B2", "--analyst", "kim")
    commands = [
        ("log", "kcna_tone", "-1", "--source", "KCNA", "--origin", "NA", "--note", "=1+1, –", *logged),
        ("log", "us_posture", "0.5", "--source", "White House", "--known-on", "2026-11-05", *logged),
        ("log", "us_posture", "1", "--source", "Withdrawn", *logged),
        (
            "event",
            "add",
            "talks",
            "--framing",
            "arms_control",
            "--on",
            "2026-11-03",
            "--source",
            "KCNA",
            "--note",
            "limits",
        ),
        ("event", "add", "contact", "--on", "2026-11-04", "--source", "Yonhap", "--analyst", "lee"),
        ("event", "none", "--through", "2026-11-20", "--analyst", "kim", "--note", "all of it"),
        (
            "event",
            "add",
            "crisis",
            "--on",
            "2026-11-05",
            "--source",
            "Wire",
            "--confidence",
            "low",
            "--reason",
            "denied",
        ),
    ]
    for command in commands:
        code, _, err = parley(*command)
        assert code == 0, err
    observed = json.loads(parley("observations", "--json", "--from", "2026-11-01")[1])["observations"]
    numbers = {row["source_title"]: row["row"] for row in observed}
    assert parley("retract", str(numbers["Withdrawn"]), "--reason", "misread")[0] == 0
    assert (
        parley("revise", str(numbers["White House"]), "--level", "1", "--reason", "reread", "--analyst", "lee")[0] == 0
    )
    assert parley("event", "revise", "T2026-02", "--venue", "New York")[0] == 0


def facts(parley: Program, what: str, folder: Path) -> list[dict[str, str]]:
    """What stands, as an export has it, but for what tells one desk from another."""
    file = folder / f"{what}-facts.csv"
    file.unlink(missing_ok=True)
    assert parley("history", "--what", what, "--out", str(file))[0] == 0
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["status"] == "stands"]
    own = ("id", "recorded_at", "supersedes", "row_key") + (("reason",) if what != "events" else ())
    kept = [{name: text for name, text in row.items() if name not in own} for row in rows]
    return sorted(kept, key=lambda row: json.dumps(row))


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_an_export_comes_back_in_and_adds_nothing(parley: Program, ending: str) -> None:
    entered(parley)
    for what in KINDS:
        file = f"{what}{ending}"
        assert parley("history", "--what", what, "--out", file)[0] == 0
        found = parley.stored(file, "--ignore-other-columns")
        assert (found["action"], found["entries"], found["kind"]) == (
            "unchanged",
            [],
            {"completeness": "attestations"}.get(what, what),
        )
        assert any("had been superseded or retracted" in line for line in found["left_out"]) == (what != "completeness")
        assert any(line.startswith("an export of") for line in found["understood"])


def test_an_export_brings_the_same_facts_to_another_desk(parley: Program, template: Path) -> None:
    entered(parley)
    files = {what: parley.folder / f"{what}.csv" for what in KINDS}
    for what, file in files.items():
        assert parley("history", "--what", what, "--out", str(file))[0] == 0
    before = {what: facts(parley, what, parley.folder) for what in KINDS}
    shutil.copy(template / "parley.db", parley.folder / "parley.db")
    assert {what: facts(parley, what, parley.folder) for what in KINDS} != before
    for what in KINDS:
        assert parley.stored(str(files[what]))["new"] == {"observations": 2, "events": 3, "completeness": 4}[what]
    assert {what: facts(parley, what, parley.folder) for what in KINDS} == before


def test_an_export_of_another_case_folder_is_not_signed_by_anybody_here(parley: Program) -> None:
    assert parley("history", "--what", "observations", "--out", "all.csv")[0] == 0
    rows = (parley.folder / "all.csv").read_text(encoding="utf-8-sig").splitlines()
    header, first = rows[0], next(row for row in rows if ",case," in row)
    place = header.split(",").index("level")
    (row,) = csv.reader([first])
    row[place] = "2" if row[place] != "2" else "1"
    with (parley.folder / "other.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header.split(","), row])
    (line,) = parley.refused("other.csv")
    assert "column analyst: comes from a case folder that is not loaded here; load it with `parley init" in line


def test_an_export_of_another_case_is_refused(parley: Program) -> None:
    assert parley("history", "--what", "events", "--out", "all.csv")[0] == 0
    text = (parley.folder / "all.csv").read_text(encoding="utf-8")
    (parley.folder / "all.csv").write_text(text.replace("us-dprk", "elsewhere"), encoding="utf-8")
    (line,) = parley.refused("all.csv")
    assert (
        line
        == "all.csv: holds rows of case elsewhere, but this desk belongs to case us-dprk; set PARLEY_CASE to elsewhere"
    )


@pytest.mark.parametrize("name", ["observations", "events", "completeness"])
def test_the_files_of_the_shipped_case_add_nothing(parley: Program, name: str) -> None:
    found = parley.stored(str(shipped_case() / f"{name}.csv"))
    assert (found["action"], found["entries"]) == ("unchanged", [])
    assert found["unchanged"] == found["file_rows"] > 0


def test_events_come_in_with_the_next_free_ids_and_their_questions(parley: Program) -> None:
    parley.table(EVENT, TALKS, CONTACT, "crisis,,2026-11-12,,Wire,low,denied,", TALKS)
    found = parley.stored("week.csv")
    assert found["table"] == "events"
    assert [each["event_id"] for each in found["entries"]] == ["T2026-01", "T2026-02", "C2026-11"]
    assert "1 row of the file is repeated and counts once" in found["notes"]
    assert any(note.startswith("C2026-11: in dispute (denied)") for note in found["notes"])
    assert found["doubtful"] == 1
    again = parley.stored("week.csv")
    assert (again["action"], again["unchanged"]) == ("unchanged", 4)


def test_what_an_event_of_a_file_asks_stands_in_the_receipt_as_at_the_desk(parley: Program) -> None:
    parley.table("type,framing,started_on,source", "talks,arms_control,2026-11-03,KCNA", "deal,,2026-11-06,KCNA")
    found = parley.read("week.csv")
    alone = json.loads(
        parley(
            *("event", "add", "talks", "--framing", "arms_control", "--on", "2026-11-03", "--source", "KCNA"),
            *("--dry-run", "--json"),
        )[1]
    )
    asked = {question.partition(": ")[2] for question in found["questions"]}
    assert set(alone["questions"]) <= asked
    assert not any("marks none" in question for question in asked)  # the meeting stands in the same file


def test_a_taken_id_is_there_already_or_refused_with_the_way_out(parley: Program) -> None:
    parley.table(f"id,{EVENT}", f"T2026-07,{TALKS}")
    assert parley.stored("week.csv")["new"] == 1
    assert parley.stored("week.csv")["unchanged"] == 1
    parley.table(f"id,{EVENT}", f"t2026-07,{TALKS.replace('KCNA', 'Yonhap')}")
    (line,) = parley.refused("week.csv")
    assert re.search(
        r"column id: 't2026-07' is taken by an event that differs in source; .*`parley event revise T2026-07`", line
    )
    parley.table(f"id,{EVENT}", f"X-1,{TALKS}", f"X-1,{CONTACT}")
    (line,) = parley.refused("week.csv")
    assert "'X-1' is used for different events in this file" in line


def test_an_event_that_was_revised_or_withdrawn_is_not_added_again(parley: Program) -> None:
    parley.table(EVENT, TALKS, CONTACT)
    parley.stored("week.csv")
    assert parley("event", "revise", "T2026-01", "--venue", "Geneva")[0] == 0
    assert parley("event", "retract", "T2026-02", "--reason", "misread")[0] == 0
    again = parley.stored("week.csv")
    assert (again["action"], again["unchanged"]) == ("unchanged", 2)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("talks,,2026-11-03,,KCNA,,,", r"row 2, column framing: is empty; write what the talks were about"),
        ("summit,,2026-11-03,,KCNA,,,", r"row 2, column type: 'summit' is not allowed"),
        ("contact,,2026-11-03,2026-11-01,KCNA,,,", r"row 2, column ended_on: 2026-11-01 lies before started_on"),
        ("contact,,2026-11-03,,KCNA,low,,", r"row 2, column reason: is empty, and confidence low marks a disputed"),
        ("contact,,2027-11-03,,KCNA,,,", r"row 2, column started_on: 2027-11-03 is in the future"),
        ("contact,,NA,,KCNA,,,", r"row 2, column started_on: 'NA' stands for a missing value"),
    ],
)
def test_a_bad_event_has_its_sentence_and_its_place(parley: Program, row: str, sentence: str) -> None:
    parley.table(EVENT, row)
    (line,) = parley.refused("week.csv")
    assert re.search(sentence, line)


def test_attestations_go_on_from_each_other(parley: Program) -> None:
    header = "type,complete_through,note"
    parley.table(header, "talks,2026-11-20,second", "talks,2026-11-01,first", "crisis,2026-11-10,")
    found = parley.stored("week.csv")
    assert found["kind"] == "attestations"
    assert [(each["type"], each["complete_through"], each["attested_by"]) for each in found["entries"]] == [
        ("crisis", "2026-11-10", "kim"),
        ("talks", "2026-11-01", "kim"),
        ("talks", "2026-11-20", "kim"),
    ]
    assert {each["known_on"] for each in found["entries"]} == {NOW.date().isoformat()}
    assert "talks: none from 2026-10-11 through 2026-11-01" in found["notes"]
    assert "talks: none from 2026-11-02 through 2026-11-20" in found["notes"]
    assert parley.stored("week.csv")["action"] == "unchanged"


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("talks,,2026-10-01,", r"column complete_through: talks is already attested through 2026-10-10; write a later"),
        (
            "talks,2026-11-01,2026-11-10,",
            r"column complete_from: talks is attested through 2026-10-10; start on the next",
        ),
        ("talks,,2026-12-01,", r"column complete_through: 2026-12-01 is in the future; the latest day"),
        ("talks,2026-11-12,2026-11-10,", r"column complete_through: 2026-11-10 lies before complete_from 2026-11-12"),
        ("talk,,2026-11-10,", r"column type: 'talk' is not allowed; did you mean 'talks'\?"),
        ("talks,,2026-11-10,2026-11-01", r"column known_on: 2026-11-01 lies before complete_through 2026-11-10"),
    ],
)
def test_what_cannot_be_attested_has_its_sentence(parley: Program, row: str, sentence: str) -> None:
    parley.table("type,complete_from,complete_through,known_on", row)
    (line,) = parley.refused("week.csv")
    assert re.search(sentence, line), line


def test_a_kind_is_named_where_the_columns_do_not_tell(parley: Program) -> None:
    parley.table("Was,Wann,Woher", "contact,2026-11-03,KCNA")
    mapped = ("--map", "type=Was", "started_on=Wann", "source=Woher")
    assert parley.read("week.csv", "--kind", "events", *mapped)["kind"] == "events"
    assert parley.read("week.csv", *mapped)["kind"] == "events"
    assert "required of events" in parley.refused("week.csv", "--kind", "event")[0]


def test_bulk_adds_what_single_commands_add(parley: Program, template: Path) -> None:
    """The same rows, typed one by one or from a file, are the same facts."""
    parley.table(f"id,{EVENT}", f"T2026-07,{TALKS}")
    parley.stored("week.csv")
    from_file = facts(parley, "events", parley.folder)
    shutil.copy(template / "parley.db", parley.folder / "parley.db")
    typed: list[Any] = ["event", "add", "talks", "--framing", "arms_control", "--on", "2026-11-03"]
    typed += ["--until", "2026-11-04", "--source", "KCNA", "--confidence", "high", "--id", "T2026-07"]
    assert parley(*typed, "--note", "limits were on the agenda", "--analyst", "kim")[0] == 0
    assert facts(parley, "events", parley.folder) == from_file
