"""Documents and judgements from files: what was exported, or shipped, comes back in, and nothing is added twice."""

from pathlib import Path

import pytest
from import_worlds import Program, install_shipped, program

from indicators.shipped import shipped_case

DOCUMENTS = "author,title,published_on,publisher,directness"
JUDGEMENTS = "document_id,indicator_id,target,weight,basis,location,note"
ZAPT = "S. Zapt,The king,2026-11-05,Review,high"
SAYS = "lankov-2025,kcna_tone,deal,−1.5,inferred,p. 3,"
REMARK = "counts from 2026-11-22, with the next full update: run `parley update`"


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
    """A desk at which documents and judgements were entered, corrected, withdrawn."""
    commands = [
        ("document", "add", "--title", "The king, =1+1", "--author", "S. Zapt", "--published-on", "2026-11-05"),
        ("judgement", "add", "zapt-2026", "kcna_tone", "deal", "2.5", "--basis", "explicit", "--note", "–"),
        (
            "judgement",
            "add",
            "zapt-2026",
            "us_posture",
            "deal",
            "-1",
            "--basis",
            "inferred",
            "--location",
            "\u00e9",
        ),
        ("judgement", "revise", "zapt-2026", "us_posture", "deal", "--weight", "0.5", "--reason", "reread"),
        ("judgement", "add", "zapt-2026", "us_posture", "crisis", "-1", "--basis", "inferred"),
        ("judgement", "retract", "zapt-2026", "us_posture", "crisis", "--reason", "misread"),
        ("document", "revise", "hiraiwa-2025", "--caveats", "Read twice."),
    ]
    for command in commands:
        code, _, err = parley(*command, "--analyst", "kim")
        assert code == 0, err


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_an_export_comes_back_in_and_adds_nothing(parley: Program, ending: str) -> None:
    entered(parley)
    for what in ("documents", "judgements"):
        file = f"{what}{ending}"
        assert parley("history", "--what", what, "--out", file)[0] == 0
        found = parley.stored(file)
        assert (found["action"], found["entries"], found["kind"]) == ("unchanged", [], what)


@pytest.mark.parametrize("name", ["documents", "judgements"])
def test_the_files_of_the_shipped_case_add_nothing(parley: Program, name: str) -> None:
    entered(parley)
    found = parley.stored(str(shipped_case() / f"{name}.csv"))
    assert (found["action"], found["entries"]) == ("unchanged", []), "superseded versions are recognised too"
    assert found["unchanged"] == found["file_rows"] == {"documents": 5, "judgements": 96}[name]


def test_an_export_brings_the_same_texts_to_another_desk_from_the_day_of_its_import(
    parley: Program, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entered(parley)
    for what in ("documents", "judgements"):
        assert parley("history", "--what", what, "--out", str(tmp_path / f"{what}.csv"))[0] == 0
    text = (tmp_path / "documents.csv").read_text(encoding="utf-8-sig").replace("Read twice.", "")
    rows = [line for line in text.splitlines() if "hiraiwa-2025" not in line]
    (tmp_path / "documents.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    other = program(template, tmp_path / "other", monkeypatch, capsys)
    found = other.stored(str(tmp_path / "documents.csv"))
    assert [(each["document_id"], each["known_on"], each["analyst"]) for each in found["entries"]] == [
        ("zapt-2026", "2026-11-22", "kim")
    ]
    found = other.stored(str(tmp_path / "judgements.csv"))
    assert sorted((each["indicator_id"], each["weight"]) for each in found["entries"]) == [
        ("kcna_tone", 2.5),
        ("us_posture", 0.5),
    ]
    assert found["remark"] == REMARK
    assert other("verify")[0] == 0


def test_rows_of_a_file_are_entries_like_any_other(parley: Program) -> None:
    parley.table(DOCUMENTS, ZAPT, "平岩俊司,新しい論文,2026-11-06,,medium", ZAPT, "S. Zapt,More,2026-10-01,,low")
    found = parley.stored("week.csv")
    assert found["kind"] == found["table"] == "documents"
    assert [each["document_id"] for each in found["entries"]] == ["zapt-2026", "document-2026", "zapt-2026-2"]
    assert (found["forecast"], found["remark"], found["unchanged"]) == (None, REMARK, 1)
    assert "1 row of the file repeated; each counts once" in found["notes"]
    assert parley.stored("week.csv")["action"] == "unchanged"
    parley.table(JUDGEMENTS, SAYS, SAYS, name="said.csv")
    found = parley.stored("said.csv")
    assert [(each["weight"], each["analyst"]) for each in found["entries"]] == [(-1.5, "kim")]
    assert parley.stored("said.csv")["action"] == "unchanged"


WRONG = [
    ((DOCUMENTS, ",T,2026-11-05,,high"), "week.csv: row 2, column author: is empty; write a value"),
    ((DOCUMENTS, "A,T,2026-12-05,,high"), "week.csv: row 2, column published_on: 2026-12-05 is in the future"),
    (
        (f"document_id,{DOCUMENTS}", f"lankov-2025,{ZAPT}"),
        "week.csv: row 2, column document_id: 'lankov-2025' is",
    ),
    (
        (JUDGEMENTS, SAYS.replace("lankov", "lankow")),
        "column document_id: unknown document 'lankow-2025'; did",
    ),
    ((JUDGEMENTS, SAYS.replace("1.5", "4")), "column weight: '-4' is not a number from -3 to 3"),
    ((JUDGEMENTS, SAYS, SAYS.replace("1.5", "2")), "row 3, column weight: is in the file more than once"),
    (
        (JUDGEMENTS, "lankov-2025,kcna_tone,arms_control_talks,3,explicit,,"),
        "column weight: is already judged: +1, explicit (row 1, by the case); run `parley judgement revise",
    ),
]


@pytest.mark.parametrize(("rows", "sentence"), WRONG)
def test_what_is_wrong_has_its_sentence_and_its_place(parley: Program, rows: tuple[str, ...], sentence: str) -> None:
    parley.table(*rows)
    (line,) = parley.refused("week.csv")
    assert sentence in line


def test_a_judgement_that_was_withdrawn_is_not_added_again_and_another_takes_its_place(parley: Program) -> None:
    parley.table(JUDGEMENTS, SAYS)
    parley.stored("week.csv")
    retract = ("judgement", "retract", "lankov-2025", "kcna_tone", "deal", "--reason", "misread", "--analyst", "kim")
    assert parley(*retract)[0] == 0
    found = parley.stored("week.csv")
    assert (found["action"], found["notes"]) == (
        "unchanged",
        ["1 row of the file had been retracted; that stays as it is"],
    )
    parley.table(JUDGEMENTS, SAYS.replace("1.5", "2"))
    (entry,) = parley.stored("week.csv")["entries"]
    assert (entry["weight"], entry["supersedes"]) == (-2.0, 98)


def test_days_and_weights_are_read_in_the_ways_people_write_them_and_once(parley: Program) -> None:
    rows = ("A. Eins,One,20 Nov 2026", "B. Zwei,Two,2026/11/02", "C. Drei,Three,2026年11月3日")
    parley.table("author,title,published_on", *rows)
    found = parley.stored("week.csv")
    assert [each["published_on"] for each in found["entries"]] == ["2026-11-20", "2026-11-02", "2026-11-03"]
    again = parley.stored("week.csv")
    assert (again["action"], again["entries"]) == ("unchanged", []), "an empty directness is the usual one"
    parley.table("document_id;indicator_id;target;weight;basis", "eins-2026;kcna_tone;contact;0,25;explicit")
    assert [each["weight"] for each in parley.stored("week.csv")["entries"]] == [0.25]
    assert parley.stored("week.csv")["action"] == "unchanged"
