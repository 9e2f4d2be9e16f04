"""Documents and judgements at the desk: from when they count, what they leave alone, and what is refused."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_case import toy_files, write_toy_case
from toy_runs import add_run, install_toy

from db.chain import verify_chain
from db.engine import Database
from db.migrate import create_database
from db.read import read_documents, read_history, read_judgements, read_newest
from db.rows import JudgementRow, NewDocument
from db.when import When
from forecast.cli.render import print_summary
from forecast.desk.documents import add_document, retract_document, revise_document
from forecast.desk.judgements import add_judgement, retract_judgement, revise_judgement
from forecast.desk.session import Desk, Receipt
from forecast.engine.assemble import inputs_hash, read_problem
from forecast.engine.standing import needs_fit, takes_all_in
from forecast.errors import NotOnFile
from forecast.record.documents import read_document, read_document_list
from forecast.record.overtaken import overtaken_json, read_overtaken
from forecast.record.summary import as_json, read_summary
from forecast.words.english.news import overtaken_lines
from indicators.errors import CaseError
from indicators.folder import read_case_folder
from indicators.install import install_case
from indicators.judging import next_document_id

TODAY = date(2020, 3, 1)
LOADED = datetime(2020, 1, 2, 12, tzinfo=UTC)
DAYS = (date(2014, 1, 1), date(2018, 7, 1), date(2020, 1, 2), TODAY - timedelta(1))
TRIPLE = ("rassendyll-2015", "harvest", "deal")
TEXT = {"author": "S. Zapt", "published_on": date(2019, 11, 5), "publisher": "Strelsau Review"}


@pytest.fixture
def toy(database: Database, tmp_path: Path) -> Database:
    """A database with the toy case, of either kind."""
    install_case(database, read_case_folder(write_toy_case(tmp_path / "toy")), LOADED)
    return database


@pytest.fixture
def desk(toy: Database) -> Desk:
    return Desk(toy, "kim", day=lambda: TODAY)


@pytest.fixture
def light(tmp_path: Path) -> Iterator[Desk]:
    """A desk at an SQLite database."""
    with install_toy(tmp_path) as database:
        yield Desk(database, "kim", day=lambda: TODAY)


def judged(desk: Desk, *, weight: float | str = 1.5, **parts: str) -> Receipt:
    document, indicator, target = TRIPLE
    return add_judgement(
        desk, document, **{"indicator": indicator, "target": target, "weight": weight, "basis": "explicit", **parts}
    )


def hashes(database: Database, instant: datetime | None = None) -> list[str]:
    with database.read() as connection:
        return [
            inputs_hash(read_problem(connection, When(as_of=day, as_recorded=instant), case_id="toy")[2])
            for day in DAYS
        ]


def now_hash(database: Database, instant: datetime | None = None) -> str:
    with database.read() as connection:
        return inputs_hash(read_problem(connection, When(as_of=TODAY, as_recorded=instant), case_id="toy")[2])


def test_what_is_entered_today_leaves_every_earlier_day_and_every_earlier_read_as_it_was(desk: Desk) -> None:
    database = desk.database
    past, present, before = hashes(database), now_hash(database), datetime.now(UTC)
    add_document(desk, "The king", **TEXT)
    add_judgement(desk, "zapt-2019", indicator="harvest", target="deal", weight=-2, basis="inferred")
    judged(desk)
    assert hashes(database) == past
    assert now_hash(database) != present
    assert now_hash(database, before) == present, "as recorded before the entry there is nothing of it"
    with database.read() as connection:
        assert verify_chain(connection) == ()
        rows = read_newest(connection, JudgementRow, "toy")[-2:]
    assert {(row.analyst, row.known_on) for row in rows} == {("kim", TODAY)}


WEIGHTS = st.integers(-6, 6).map(lambda half: half / 2)


@settings(max_examples=5, deadline=None)
@given(weight=WEIGHTS, basis=st.sampled_from(("explicit", "inferred")), target=st.sampled_from(("deal", "contact")))
def test_a_judgement_is_the_same_from_the_desk_and_from_a_folder(
    tmp_path_factory: pytest.TempPathFactory, weight: float, basis: str, target: str
) -> None:
    line = f"rassendyll-2015,harvest,{target},{weight:g},{basis},p. 9,bread\n"
    files = {"judgements.csv": toy_files()["judgements.csv"] + line}
    place = tmp_path_factory.mktemp("both")
    with create_database(f"sqlite:///{place / 'folder.db'}") as by_folder:
        install_case(by_folder, read_case_folder(write_toy_case(place / "folder", files)), LOADED)
        shipped = now_hash(by_folder)
    with install_toy(place) as database:
        desk = Desk(database, "kim", day=lambda: TODAY)
        parts = {"indicator": "harvest", "target": target, "weight": weight, "basis": basis}
        add_judgement(desk, "rassendyll-2015", **parts, location="p. 9", note="bread")
        assert now_hash(database) == shipped


def test_a_document_is_the_same_from_the_desk_and_from_a_folder(light: Desk, tmp_path: Path) -> None:
    documents = toy_files()["documents.csv"] + "zapt-2019,S. Zapt,The king,Review,2019-11-05,,en,medium,\n"
    judgements = toy_files()["judgements.csv"] + "zapt-2019,harvest,deal,3,explicit,,\n"
    folder = write_toy_case(tmp_path / "six", {"documents.csv": documents, "judgements.csv": judgements})
    with create_database(f"sqlite:///{tmp_path / 'folder.db'}") as database:
        install_case(database, read_case_folder(folder), LOADED)
        shipped = now_hash(database)
        with database.read() as connection:
            ours = read_documents(connection, "toy", When(as_of=TODAY))[-1]
            assert read_documents(connection, "toy", When(as_of=date(2019, 11, 5)))[-1].document_id == "zapt-2019"
    add_document(light, "The king", author="S. Zapt", published_on="2019-11-05", publisher="Review", language="en")
    add_judgement(light, "zapt-2019", indicator="harvest", target="deal", weight=3, basis="explicit")
    assert now_hash(light.database) == shipped
    with light.database.read() as connection:
        theirs = read_documents(connection, "toy", When(as_of=TODAY))[-1]
        assert len(read_documents(connection, "toy", When(as_of=TODAY - timedelta(1)))) == 2
    same = {"id": ours.id, "recorded_at": ours.recorded_at, "known_on": None, "analyst": None}
    assert replace(theirs, **same) == ours


def test_a_receipt_says_from_when_it_counts_and_what_takes_it_in(desk: Desk) -> None:
    receipt = add_document(desk, "The king", **TEXT, reason="read this week")
    assert (receipt.action, receipt.table, receipt.stored, receipt.forecast) == ("logged", "documents", True, None)
    assert receipt.counts_from == TODAY
    assert receipt.remark == "counts from 2020-03-01, with the next full update: run `parley update`"
    (entry,) = receipt.entries
    assert isinstance(entry, NewDocument)
    assert (entry.document_id, entry.directness, entry.reason, entry.known_on) == (
        "zapt-2019",
        "medium",
        "read this week",
        TODAY,
    )
    notes = judged(desk).notes
    assert notes == ("it will bear on deal through harvest: 10 observations on file, the latest of 2019-12-31",) or (
        notes[0].startswith("it will bear on ") and "harvest" in notes[0]
    )


def test_a_dry_run_stores_nothing(desk: Desk) -> None:
    present = now_hash(desk.database)
    assert not add_document(desk, "The king", **TEXT, dry_run=True).stored
    document, indicator, target = TRIPLE
    receipt = add_judgement(
        desk, document, indicator=indicator, target=target, weight=1, basis="inferred", dry_run=True
    )
    assert (receipt.rows, receipt.stored, len(receipt.entries)) == ((), False, 1)
    assert now_hash(desk.database) == present


def test_a_revision_and_a_retraction_act_from_today(desk: Desk) -> None:
    past, present = hashes(desk.database), now_hash(desk.database)
    who = ("rassendyll-2015", "border_posture", "crisis")
    revise_judgement(desk, *who, weight=-1, reason="reread")
    revised = now_hash(desk.database)
    retract_judgement(desk, *who, "not in the text")
    revise_document(desk, "tarlenheim-2017", caveats="A translation.")
    retract_document(desk, "tarlenheim-2017", "a forgery")
    assert len({present, revised, now_hash(desk.database)}) == 3
    assert hashes(desk.database) == past
    with desk.database.read() as connection:
        assert [row.document_id for row in read_documents(connection, "toy", When(as_of=TODAY))] == ["rassendyll-2015"]
        assert len(read_judgements(connection, "toy", When(as_of=TODAY))) == 2
        assert len(read_judgements(connection, "toy", When(as_of=TODAY - timedelta(1)))) == 4
        assert verify_chain(connection) == ()


def test_a_retracted_judgement_can_be_entered_anew_and_a_document_under_another_id(light: Desk) -> None:
    judged(light)
    retract_judgement(light, *TRIPLE, "misread")
    receipt = judged(light, weight=-1)
    with light.database.read() as connection:
        history = read_history(connection, JudgementRow, receipt.rows[0])
    assert [(row.weight, row.retracted) for row in history] == [(1.5, False), (1.5, True), (-1.0, False)]
    add_document(light, "The king", **TEXT)
    retract_document(light, "zapt-2019", "a forgery")
    with pytest.raises(CaseError, match=r"^document_id: 'zapt-2019' is already the id of another document or"):
        add_document(light, "The king", id="zapt-2019", **TEXT)
    (again,) = add_document(light, "The king", **TEXT).entries
    assert getattr(again, "document_id", "") == "zapt-2019-2"


def test_the_same_document_again_is_not_stored_and_a_likeness_is_named(light: Desk) -> None:
    first = add_document(light, "The king", **TEXT)
    again = add_document(light, " The king\u200b", **TEXT)
    assert (again.action, again.rows, again.stored) == ("unchanged", first.rows, False)
    assert again.notes == (
        f"the same document is already on file as zapt-2019 (row {first.rows[0]}); nothing was added",
    )
    alike = add_document(light, "THE KING", **{**TEXT, "publisher": "Gazette"})
    assert alike.stored
    assert alike.notes[0] == (
        "likely duplicate of zapt-2019 (same title, author and day): if it is the same text, run "
        "`parley document retract zapt-2019-2 --reason TEXT`"
    )


WRONG_DOCUMENTS = [
    ({"title": ""}, "title: is empty; write a value"),
    ({"title": "\u200b \u202e"}, "title: is empty; write a value"),
    ({"author": " "}, "author: is empty; write a value"),
    ({"published_on": "2020-04-01"}, "published_on: 2020-04-01 is in the future; the latest day anywhere is"),
    ({"published_on": "1.2.2020"}, "published_on: '1.2.2020' may be 2020-01-02 or 2020-02-01"),
    ({"published_on": "0099-01-01"}, "published_on: 0099-01-01 lies before 1900; write a later year"),
    ({"information_cutoff": "2019-12-01"}, "published_on: 2019-11-05 lies before information_cutoff 2019-12-01"),
    ({"directness": "hi"}, "directness: 'hi' is not allowed; did you mean 'high'"),
    ({"id": "rassendyll-2015"}, "document_id: 'rassendyll-2015' is already the id of another document"),
    ({"id": "RASSENDYLL-2015"}, "document_id: 'RASSENDYLL-2015' is already the id of another document"),
    ({"id": "a b"}, "document_id: 'a b' is not an id; write letters, digits, - and ."),
    ({"analyst": "case"}, "analyst: 'case' stands for the rows of the case folder"),
    ({"title": "x" * 1001}, "title: has 1001 characters; write at most 1000"),
    ({"title": "a\x07b"}, r"title: holds the control character U+0007; delete it"),
]


@pytest.mark.parametrize(("parts", "sentence"), WRONG_DOCUMENTS)
def test_what_is_wrong_with_a_document_is_said(light: Desk, parts: dict[str, str], sentence: str) -> None:
    given: dict[str, object] = {"title": "The king", **TEXT, **parts}
    with pytest.raises(CaseError) as caught:
        add_document(light, **given)  # type: ignore[arg-type]
    assert caught.value.problems[0].startswith(sentence), caught.value.problems
    assert len(caught.value.problems) == 1


WRONG_JUDGEMENTS = [
    ({"indicator": "harvst"}, "indicator_id: unknown indicator 'harvst'; did you mean 'harvest'?"),
    ({"document": "rassendyl"}, "document_id: unknown document 'rassendyl'; did you mean 'rassendyll-2015'?"),
    ({"target": "peace"}, "target: unknown target 'peace'; "),
    ({"weight": "3.5"}, "weight: '3.5' is not a number from -3 to 3"),
    ({"weight": "-4"}, "weight: '-4' is not a number from -3 to 3"),
    ({"weight": "nan"}, "weight: 'nan' is not a number from -3 to 3"),
    ({"weight": ""}, "weight: '' is not a number from -3 to 3"),
    ({"basis": "explicitly"}, "basis: 'explicitly' is not allowed; did you mean 'explicit'"),
]


@pytest.mark.parametrize(("parts", "sentence"), WRONG_JUDGEMENTS)
def test_what_is_wrong_with_a_judgement_is_said(light: Desk, parts: dict[str, str], sentence: str) -> None:
    document, indicator, target = TRIPLE
    given = {"document": document, "indicator": indicator, "target": target, "weight": "1", "basis": "explicit"}
    with pytest.raises(CaseError) as caught:
        add_judgement(light, **{**given, **parts})
    assert caught.value.problems[0].startswith(sentence), caught.value.problems


@pytest.mark.parametrize(
    ("typed", "weight"), [("\u22122", -2.0), ("１．５", 1.5), ("-0", 0.0), ("+3", 3.0), ("0.5", 0.5)]
)
def test_a_weight_is_read_as_keyboards_write_it(light: Desk, typed: str, weight: float) -> None:
    (entry,) = judged(light, weight=typed, target="Arms-control talks").entries
    assert (getattr(entry, "weight", None), getattr(entry, "target", None)) == (weight, "arms_control_talks")


def test_a_second_judgement_is_refused_with_the_way_out(light: Desk) -> None:
    row = judged(light).rows[0]
    sentence = (
        rf"^rassendyll-2015 on harvest for deal: is already judged: \+1.5, explicit \(row {row}, by kim\); run "
        r"`parley judgement revise rassendyll-2015 harvest deal --weight WEIGHT`$"
    )
    for weight in (1.5, -1):
        with pytest.raises(NotOnFile, match=sentence):
            judged(light, weight=weight)


REFUSED: list[tuple[Callable[[Desk], object], str]] = [
    (lambda desk: retract_document(desk, "tarlenheim", "x"), r"^unknown document 'tarlenheim'; did you mean 'tarlenh"),
    (lambda desk: revise_document(desk, "tarlenheim-2017", author="F. Tarlenheim"), r"already says all of this; give"),
    (
        lambda desk: revise_judgement(desk, *TRIPLE, weight=1),
        r"has no judgement of harvest for deal; it judges border_pos",
    ),
    (lambda desk: retract_judgement(desk, "nobody", "harvest", "deal", "x"), r"^unknown document 'nobody'; "),
]


@pytest.mark.parametrize(("act", "sentence"), REFUSED)
def test_what_is_not_on_file_cannot_be_corrected(light: Desk, act: Callable[[Desk], object], sentence: str) -> None:
    with pytest.raises(NotOnFile, match=sentence):
        act(light)


def test_nothing_is_retracted_twice_or_without_a_reason(light: Desk) -> None:
    with pytest.raises(CaseError, match=r"^reason: is empty; say why the row is withdrawn$"):
        retract_document(light, "tarlenheim-2017", " ")
    retract_document(light, "tarlenheim-2017", "a forgery")
    with pytest.raises(
        NotOnFile, match=r"^document tarlenheim-2017 was retracted as row 3 \(a forgery\); add it again"
    ):
        retract_document(light, "tarlenheim-2017", "again")
    with pytest.raises(CaseError, match=r"^document_id: unknown document 'tarlenheim-2017'"):
        add_judgement(light, "tarlenheim-2017", indicator="harvest", target="deal", weight=1, basis="explicit")


def test_invisible_characters_are_taken_out_and_said(light: Desk) -> None:
    receipt = add_document(light, "The\u200b king\u202e", **TEXT)
    assert getattr(receipt.entries[0], "title", "") == "The king"
    assert receipt.notes[0] == "2 invisible characters (U+200B, U+202E) removed from title"


@pytest.mark.parametrize(
    ("author", "id_"),
    [
        ("Andrei Lankov (Kookmin University)", "lankov-2019"),
        ("Tarlenheim, Fritz; Sapt", "tarlenheim-2019"),
        ("José Müller and K. Lee", "muller-2019"),
        ("平岩俊司", "document-2019"),
        ("S. Zapt", "zapt-2019-3"),
    ],
)
def test_an_id_is_made_of_author_and_year(author: str, id_: str) -> None:
    assert next_document_id(author, "2019-11-05", ["ZAPT-2019", "zapt-2019-2"]) == id_


def test_the_list_shows_who_entered_it_from_when_it_counts_and_on_request_what_was_withdrawn(light: Desk) -> None:
    add_document(light, "The king", **TEXT)
    judged(light)
    retract_judgement(light, *TRIPLE, "misread")
    judged(light, weight=2)
    retract_document(light, "tarlenheim-2017", "a forgery")
    with light.database.read() as connection:
        when = When(as_of=TODAY)
        listed = read_document_list(connection, when)
        everything = read_document_list(connection, when, retracted=True)
        detail = read_document(connection, when, "rassendyll-2015", retracted=True)
        before = read_document_list(connection, When(as_of=TODAY - timedelta(1)))
    assert [(one.id, one.analyst, one.counts_from) for one in listed.documents] == [
        ("rassendyll-2015", "case", date(2015, 3, 1)),
        ("zapt-2019", "kim", TODAY),
    ]
    gone = next(one for one in everything.documents if one.status == "retracted")
    assert gone.ending is not None
    assert (gone.id, gone.ending.analyst, gone.ending.reason) == ("tarlenheim-2017", "kim", "a forgery")
    assert [one.id for one in before.documents] == ["rassendyll-2015", "tarlenheim-2017"]
    mine = [one for one in detail.judgements if one.analyst == "kim"]
    assert [(one.weight, one.status, one.counts_from) for one in mine] == [
        (1.5, "retracted", TODAY),
        (2.0, "stands", TODAY),
    ]


def test_a_run_says_what_came_since_and_that_only_a_full_update_takes_it_in(
    light: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    number = add_run(light.database, as_of=date(2020, 2, 29))
    add_document(light, "The king", **TEXT)
    judged(light, reason="reread")
    with light.database.read() as connection:
        summary = read_summary(connection, TODAY)
        found = read_overtaken(connection, "toy", TODAY)
        assert summary.forecast_of is not None
        assert needs_fit(connection, summary.forecast_of, TODAY)
        assert not takes_all_in(connection, summary.forecast_of, TODAY)
        assert takes_all_in(connection, summary.forecast_of, TODAY - timedelta(1))
    assert found is not None
    assert overtaken_lines(found)[2:] == [
        "document zapt-2019 (S. Zapt, 2019-11-05); entered by kim",
        "judgement of rassendyll-2015 on harvest for deal: +1.5, explicit; entered by kim (reread)",
        f"No forecast on file takes it in: run {number} knows nothing of it; only a full update takes in documents and "
        "judgements; run `parley update`.",
    ]
    told = overtaken_json(found)
    assert (told["taken_in_by"], told["needs_full_update"]) == (None, True)
    assert [one["id"] for one in told["documents"]] == ["zapt-2019"]
    since = as_json(summary)["since"]
    assert (since["taken_in"], since["needs_full_update"], len(since["judgements"])) == (False, True, 1)
    print_summary(summary)
    said = " ".join(capsys.readouterr().out.split())
    assert "judgement of rassendyll-2015 on harvest for deal" in said
    assert "NOT TAKEN IN: the numbers below know nothing of it; run `parley update`" in said
