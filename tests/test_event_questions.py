"""What an event leaves open is asked before it is stored; with nobody to ask it is stored, and the answer asks."""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from toy_programs import converse
from toy_runs import install_toy

from db.engine import Database
from db.when import When
from forecast.cli import console
from forecast.cli.app import run
from forecast.desk.actions import Desk, add_event, log, retract_event, revise_event
from forecast.engine.assemble import read_problem

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = date(2020, 3, 1)
TALKS = ("event", "add", "talks", "--framing", "arms_control", "--on", "2026-11-20", "--source", "Yonhap")
DEAL = ("event", "add", "deal", "--on", "2026-11-20", "--source", "State Department")

type Program = Callable[..., str]


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The program at the shipped case, in November 2026: what it prints; entries are tried, not stored."""
    folder = tmp_path_factory.mktemp("shipped")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{folder / 'parley.db'}")
        patch.setenv("PARLEY_ANALYST", "kim")
        patch.setenv("COLUMNS", "1000")
        patch.setattr(console, "utc_now", lambda: NOW)

        def call(*arguments: str) -> str:
            out = folder / "out"
            with out.open("w", encoding="utf-8") as file, pytest.MonkeyPatch.context() as screen:
                screen.setattr(sys, "stdout", file)
                assert run(arguments) == 0
            return out.read_text(encoding="utf-8")

        call("init")
        yield call


def asked(answer: str) -> list[str]:
    """The questions of a receipt in JSON; each stands among its notes too."""
    found: dict[str, Any] = json.loads(answer)
    assert set(found["questions"]) <= set(found["notes"])
    return list(found["questions"])


UNQUALIFIED = [
    ((), "what was on the agenda?"),
    (("--note", "Detainees and the remains of soldiers"), "what was on the agenda?"),
    (("--note", "food aid"), "what was on the agenda?"),
    (("--note", "nuclear envoys met over a consular matter"), "what was on the agenda?"),
    (("--note", "人道支援をめぐる協議"), "what was on the agenda?"),
    (("--note", "Freeze mentioned in passing [agenda: no]"), "the text says 'agenda: no'"),
    (("--note", "Broad talks on a freeze [agenda: unclear]"), "the text says 'agenda: unclear'"),
    (("--note", "Exchange of letters on a freeze"), "the text says 'exchange of letters'"),
    (("--note", "Track-1.5 seminar on a freeze"), "the text says 'track 1.5'"),
    (("--note", "A former president carried a freeze offer"), "the text says 'former president'"),
    (("--format", "four_party", "--note", "missile limits"), "the text says 'four party'"),
    (("--note", "Talks on a freeze will be held in March"), "the text says 'will be held'"),
]
QUALIFIED = [
    ("--note", "Freeze of testing against easing of sanctions"),
    ("--note", "food aid and a moratorium"),
    ("--note", "Inspections at Yongbyon"),
    ("--note", "the nuclear issue"),
    ("--note", "agreed to open talks on limits"),
    ("--note", "remains and detainees beside a declaration"),
    ("--note", "核問題と凍結"),
    ("--note", "비핵화 협상"),
    ("--note", "[agenda: yes]"),
    ("--source", "State Department: talks on denuclearization"),
]


@pytest.mark.parametrize(("parts", "question"), UNQUALIFIED)
def test_talks_without_a_qualifying_agenda_are_questioned(
    shipped: Program, parts: tuple[str, ...], question: str
) -> None:
    (found,) = asked(shipped(*TALKS, *parts, "--dry-run", "--json"))
    assert found.startswith(question)
    assert f"note: {found}" in shipped(*TALKS, *parts, "--dry-run")


@pytest.mark.parametrize("parts", QUALIFIED)
def test_talks_that_name_a_qualifying_agenda_are_not(shipped: Program, parts: tuple[str, ...]) -> None:
    assert asked(shipped(*TALKS, *parts, "--dry-run", "--json")) == []


@pytest.mark.parametrize(
    ("arguments", "question"),
    [
        (("contact", "--note", "envoys agreed on a verification protocol"), "the text says 'verif'"),
        (("contact", "--note", "a letter on denuclearisation"), None),
        (("contact", "--note", "detainees"), None),
        (("contact",), None),
        (("crisis", "--note", "one ICBM test"), "the text says 'ICBM'"),
        (("crisis", "--note", "nuclear test after an ICBM test"), None),
        (("crisis",), None),
    ],
)
def test_other_events_are_held_against_the_rules_too(
    shipped: Program, arguments: tuple[str, ...], question: str | None
) -> None:
    found = asked(shipped("event", "add", *arguments, "--on", "2026-11-20", "--source", "AP", "--dry-run", "--json"))
    assert [each.split(":")[0] for each in found] == ([] if question is None else [question])


def test_a_dispute_says_itself_what_is_open(shipped: Program) -> None:
    disputed = (*TALKS, "--confidence", "low", "--reason", "agenda unclear", "--dry-run", "--json")
    assert asked(shipped(*disputed)) == []


def test_where_nobody_can_be_asked_it_is_stored_with_the_question(shipped: Program) -> None:
    found = json.loads(shipped(*DEAL, "--json"))
    assert found["stored"]
    (question,) = found["questions"]
    assert question.startswith(
        "no meeting began by 2026-11-20 and ended in the 14 days before it, so this deal belongs to none and"
    )
    assert question.endswith("add the meeting first?")
    assert not [note for note in found["notes"] if "this one counts" in note]
    shipped(*TALKS, "--note", "freeze")
    assert asked(shipped(*DEAL, "--dry-run", "--json")) == []
    listed = json.loads(shipped("events", "--from", "2026-11-01", "--json"))
    assert sorted(each["type"] for each in listed["events"]) == ["deal", "talks"]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with install_toy(tmp_path) as installed:
        yield installed


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database, "kim", day=lambda: TODAY)


def marks(desk: Desk) -> int:
    """How many meetings bear the mark of a deal in the problem that forecasts are made from."""
    with desk.database.read() as connection:
        problem = read_problem(connection, When(as_of=TODAY))[2]
    return int(problem.record.meetings.deal.sum())


SIGNED = date(2020, 2, 10)


@pytest.mark.parametrize(
    "meetings",
    [
        [],
        [(0, 0)],
        [(14, 0)],
        [(15, 0)],
        [(16, 2)],
        [(17, 2)],
        [(1, 4)],
        [(-1, 0)],
        [(40, 35), (20, 0)],
        [(40, 0), (3, 1)],
    ],
)
def test_a_deal_is_questioned_just_where_it_marks_no_meeting(desk: Desk, meetings: list[tuple[int, int]]) -> None:
    """Held against the marks of the engine; meetings are given by the days they began before the deal, and lasted."""
    for before, days in meetings:
        on = SIGNED - timedelta(before)
        add_event(desk, "talks", on=on, until=on + timedelta(days), framing="arms_control", source="Gazette", note="x")
    unmarked = marks(desk)
    receipt = add_event(desk, "deal", on=SIGNED, source="Gazette")
    assert receipt.stored
    assert bool(receipt.questions) == (marks(desk) == unmarked)


def with_deal(desk: Desk) -> tuple[str, str]:
    """A meeting and the deal that marks it, by their ids."""
    add_event(desk, "talks", on=SIGNED, framing="arms_control", source="Gazette", note="arms", id="M")
    assert add_event(desk, "deal", on=SIGNED, source="Gazette", id="D").questions == ()
    return "M", "D"


def test_a_deal_that_loses_its_meeting_is_named(desk: Desk) -> None:
    meeting, deal = with_deal(desk)
    lost = "after this change no meeting began by 2020-02-10 and ended in the 14 days before it, so deal D would"
    for receipt in (
        retract_event(desk, meeting, "never held", dry_run=True),
        revise_event(desk, meeting, on="2020-01-05", until="2020-01-05", dry_run=True),
        revise_event(desk, meeting, confidence="low", reason="denied", dry_run=True),
    ):
        assert [each[: len(lost)] for each in receipt.questions] == [lost]
    assert revise_event(desk, meeting, venue="Strelsau", dry_run=True).questions == ()
    assert retract_event(desk, deal, "no text", dry_run=True).questions == ()
    (question,) = revise_event(desk, deal, on="2020-02-28", until="2020-02-28", dry_run=True).questions
    assert question.startswith("no meeting began by 2020-02-28")


def test_a_question_is_not_asked_twice(desk: Desk) -> None:
    bare = add_event(desk, "talks", on=SIGNED, framing="arms_control", source="Gazette", id="M")
    assert bare.questions[0].startswith("what was on the agenda?")
    assert revise_event(desk, "M", venue="Strelsau").questions == ()
    add_event(desk, "deal", on="2019-12-30", source="Gazette", id="D")
    assert revise_event(desk, "D", venue="Strelsau").questions == ()


def test_no_lock_is_held_while_a_person_thinks(desk: Desk, database: Database) -> None:
    """Another desk enters the meeting before the answer: then nothing is open any more."""
    other = Desk(database, "lee", day=lambda: TODAY)
    heard: list[tuple[str, ...]] = []

    def ask(questions: tuple[str, ...]) -> bool:
        heard.append(questions)
        add_event(other, "talks", on=SIGNED, framing="arms_control", source="Gazette", note="arms")
        log(other, "press_tone", 1, on=SIGNED, source="Leader", grade="B2")
        return True

    receipt = add_event(desk, "deal", on=SIGNED, source="Gazette", ask=ask)
    assert (len(heard), receipt.stored, receipt.questions) == (1, True, ())


def test_what_arises_while_a_person_thinks_is_told(desk: Desk, database: Database) -> None:
    meeting, _ = with_deal(desk)
    other = Desk(database, "lee", day=lambda: TODAY)

    def ask(questions: tuple[str, ...]) -> bool:
        retract_event(other, meeting, "never held")
        return True

    receipt = add_event(desk, "talks", on="2020-02-20", framing="arms_control", source="Gazette", ask=ask)
    assert receipt.questions[0] not in receipt.notes
    late = add_event(desk, "deal", on=SIGNED, source="Gazette", ask=lambda _: False)
    assert (late.stored, late.action, len(late.questions)) == (False, "unchanged", 1)
    assert "you chose not to store it" in late.notes


def test_on_a_terminal_it_asks_first_and_a_refusal_stores_nothing(tmp_path: Path) -> None:
    with install_toy(tmp_path) as database, database.read() as connection:
        events = len(read_problem(connection, When(as_of=TODAY))[0].events)

        def stored() -> int:
            with database.read() as again:
                return len(read_problem(again, When(as_of=TODAY))[0].events) - events

        talks = ["event", "add", "talks", "--framing", "arms_control", "--on", "2020-02-20", "--source", "Gazette"]
        for reply in ("n", ""):
            said, code = converse(talks, [reply], tmp_path, columns=1000)
            assert code == 0
            assert "question: what was on the agenda?" in said
            assert "Store it anyway? [y/N]:" in said
            assert "nothing was stored" in said
            assert "you chose not to store it" in said
            assert stored() == 0
        said, code = converse(talks, ["y"], tmp_path, columns=1000)
        assert (code, stored()) == (0, 1)
        assert said.count("what was on the agenda?") == 1
        said, code = converse([*talks, "--json", "--on", "2020-02-25"], [], tmp_path, columns=1000)
        assert (code, stored()) == (0, 2)
        assert "Store it" not in said
