"""Lists of observations and events, version by version: what was known and recorded by then, and nothing else."""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import pytest
from conftest import ATTESTATION, EVENT, NOW, OBSERVATION
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from db.append import append_completeness, append_events, append_observations
from db.engine import Database
from db.read import read_events, read_observations
from db.rows import NewEvent, NewObservation
from db.when import When
from forecast.errors import UnknownId
from forecast.facts.entries import Change, Ending, EventEntry, ObservationVersion
from forecast.record.entries import Wanted, read_event, read_event_list, read_observation_list

DAY = OBSERVATION.observed_on
EVER = date(2099, 1, 1)
ALL = Wanted(superseded=True, retracted=True)
FACTS = 3

type Entry = ObservationVersion | EventEntry
type Filled = tuple[Connection, dict[int, int]]


@dataclass(frozen=True, slots=True)
class Step:
    """One row put into the database: a version of a fact, or its retraction."""

    fact: int
    retracted: bool
    known_on: date
    recorded_at: datetime


@st.composite
def histories(draw: st.DrawFn) -> list[Step]:
    """Versions of a few facts, known in any order, recorded one after the other; a retraction has something before."""
    days, begun, steps = st.integers(0, 6), set[int](), list[Step]()
    for hour in range(draw(st.integers(1, 8))):
        fact = draw(st.integers(1, FACTS))
        gone = fact in begun and draw(st.booleans())
        begun.add(fact)
        steps.append(Step(fact, gone, DAY + timedelta(days=draw(days)), NOW + timedelta(hours=hour)))
    return steps


def observation(step: Step, number: int) -> NewObservation:
    return replace(OBSERVATION, observed_on=DAY, known_on=step.known_on, note=str(number), analyst=f"of {step.fact}")


def event(step: Step, number: int) -> NewEvent:
    began = replace(EVENT, started_on=DAY, ended_on=DAY, known_on=step.known_on, event_id=f"T{step.fact}")
    return replace(began, venue=str(number))


def visible(step: Step, when: When) -> bool:
    return step.known_on <= when.as_of and (when.as_recorded is None or step.recorded_at <= when.as_recorded)


def put(connection: Connection, steps: Sequence[tuple[int, Step]], table: str) -> dict[int, int]:
    """Store the steps as a desk would that never saw others; return the number of each step by its row, from 1 on."""
    newest: dict[int, int] = {}
    numbers: dict[int, int] = {}
    for number, step in steps:
        if step.retracted and step.fact not in newest:
            continue
        reason, before = "no" if step.retracted else "", newest.get(step.fact)
        if table == "observations":
            coded = replace(observation(step, number), supersedes=before, retracted=step.retracted, reason=reason)
            (id_,) = append_observations(connection, [coded], step.recorded_at)
        else:
            happened = replace(event(step, number), supersedes=before, retracted=step.retracted, reason=reason)
            (id_,) = append_events(connection, [happened], step.recorded_at)
        newest[step.fact] = id_
        numbers[id_] = number
    return numbers


def entries(connection: Connection, when: When, table: str, wanted: Wanted = ALL) -> tuple[Entry, ...]:
    if table == "observations":
        return read_observation_list(connection, when, wanted).observations
    return read_event_list(connection, when, wanted).events


def renumbered(found: Sequence[Entry], numbers: dict[int, int]) -> list[Entry]:
    """The entries with the numbers of their steps instead of their rows."""
    return [
        replace(
            entry,
            row=numbers[entry.row],
            ending=None if entry.ending is None else replace(entry.ending, row=numbers[entry.ending.row]),
        )
        for entry in found
    ]


def standing(connection: Connection, when: When, table: str) -> list[int]:
    """The rows that a forecast as of then reads."""
    if table == "events":
        return [row.id for row in read_events(connection, "small", when, disputed=True)]
    rows = read_observations(connection, "small", when)
    return [row.id for row in rows if row.valid_until is None]


class Undo(Exception):
    """Ends a transaction without a trace."""


@contextmanager
def put_for_now(database: Database, steps: Sequence[tuple[int, Step]], table: str) -> Iterator[Filled]:
    """The database with the steps in it, until the end of the block."""
    with suppress(Undo), database.write() as connection:
        yield connection, put(connection, steps, table)
        raise Undo


@pytest.mark.parametrize("table", ["observations", "events"])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=histories(), days=st.integers(0, 7), hours=st.none() | st.integers(0, 9))
def test_a_list_is_that_of_a_database_into_which_later_rows_were_never_put(
    small: Database, table: str, steps: list[Step], days: int, hours: int | None
) -> None:
    when = When(as_of=DAY + timedelta(days=days), as_recorded=None if hours is None else NOW + timedelta(hours=hours))
    every = list(enumerate(steps))
    by_then = [(number, step) for number, step in every if visible(step, when)]
    listed: list[list[Entry]] = []
    for rows, asked in ((every, when), (by_then, When(as_of=EVER))):
        with put_for_now(small, rows, table) as (connection, numbers):
            found = entries(connection, asked, table)
            listed.append(renumbered(found, numbers))
            stands = [entry.row for entry in found if entry.status == "stands"]
            assert sorted(stands) == sorted(standing(connection, asked, table))
            assert stands == [entry.row for entry in entries(connection, asked, table, Wanted())]
    assert listed[0] == listed[1]
    assert sorted(entry.row for entry in listed[0]) == [number for number, step in by_then if not step.retracted]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=histories())
def test_what_ended_a_version_stays_the_same_ever_after(small: Database, steps: list[Step]) -> None:
    last: dict[int, Ending] = {}
    with put_for_now(small, list(enumerate(steps)), "observations") as (connection, _):
        for day in (DAY + timedelta(days=days) for days in range(8)):
            for entry in entries(connection, When(as_of=day), "observations"):
                assert entry.ending is not None or entry.row not in last
                if entry.ending is not None:
                    assert entry.ending == last.setdefault(entry.row, entry.ending)
                    assert entry.ending.row > entry.row
                    assert entry.ending.on <= day


def log(database: Database, *observations: NewObservation) -> None:
    with database.write() as connection:
        for each in observations:
            append_observations(connection, [each], NOW)


@pytest.fixture
def desk(small: Database) -> Database:
    """Rows 1 to 4 stand, 5 was revised as row 6, 7 withdrawn by row 8."""
    log(
        small,
        OBSERVATION,
        replace(OBSERVATION, indicator_id="posture", observed_on=DAY + timedelta(days=1), known_on=EVER, analyst="kim"),
        replace(OBSERVATION, source_title="북미 접촉", source_publisher="연합뉴스", analyst="Kim"),
        replace(OBSERVATION, source_url="https://example.org/Tass", origin="kcna-statement", analyst="case"),
        replace(OBSERVATION, note="first"),
        replace(OBSERVATION, note="second", supersedes=5, known_on=DAY + timedelta(days=9)),
        replace(OBSERVATION, note="third"),
        replace(OBSERVATION, note="third", analyst="kim", supersedes=7, retracted=True, reason="a double"),
    )
    return small


@pytest.fixture
def rows(desk: Database) -> Callable[..., list[int]]:
    """The rows a list holds, in its order."""

    def read(wanted: Wanted | None = None, *, indicators: Sequence[str] = (), limit: int | None = None) -> list[int]:
        with desk.read() as connection:
            found = read_observation_list(connection, When(as_of=EVER), wanted, indicators=indicators, limit=limit)
        return [entry.row for entry in found.observations]

    return read


def test_newest_first_by_day_observed_then_known_then_row(rows: Callable[..., list[int]]) -> None:
    assert rows() == [2, 6, 4, 3, 1]
    assert rows(limit=2) == [2, 6]
    assert rows(ALL) == [2, 6, 7, 5, 4, 3, 1]
    assert rows(Wanted(superseded=True)) == [2, 6, 5, 4, 3, 1]
    assert rows(Wanted(retracted=True)) == [2, 6, 7, 4, 3, 1]


def test_filters_of_observations(rows: Callable[..., list[int]]) -> None:
    found = [
        (Wanted(analysts=("KIM",)), [2, 3]),
        (Wanted(analysts=("kim", "case")), [2, 4, 3]),
        (Wanted(source="tass"), [4]),
        (Wanted(source="KCNA"), [4]),
        (Wanted(source="agency"), [2, 6, 4, 1]),
        (Wanted(source="statement"), [2, 6, 4, 1]),
        (Wanted(source=unicodedata.normalize("NFD", "연합")), [3]),
        (Wanted(first=DAY + timedelta(days=1)), [2]),
        (Wanted(last=DAY), [6, 4, 3, 1]),
        (Wanted(analysts=("kim",), last=DAY, source="접촉"), [3]),
    ]
    assert [(wanted, rows(wanted)) for wanted, _ in found] == found


def test_indicators_in_any_case(rows: Callable[..., list[int]]) -> None:
    assert rows(indicators=["Posture"]) == [2]
    assert rows(indicators=["posture", "TONE"]) == rows()
    with pytest.raises(UnknownId, match=r"unknown indicator 'postur'; did you mean 'posture'\?"):
        rows(indicators=["postur"])


EMPTY: tuple[tuple[Wanted, tuple[str, ...], str], ...] = (
    (
        Wanted(analysts=("lee",)),
        (),
        "--analyst lee leaves none of 5 observations on file; they were entered by me, kim, ",
    ),
    (
        Wanted(analysts=("me",)),
        ("posture",),
        "--analyst me leaves none of 1 observation with --indicator posture; they were entered by kim",
    ),
    (
        Wanted(source="Xinhua"),
        (),
        "--source 'Xinhua' leaves none of 5 observations on file; they were published by Agency, 연합뉴스",
    ),
    (
        Wanted(first=EVER),
        (),
        "--from 2099-01-01 leaves none of 5 observations on file; the last was observed on 2015-01-02",
    ),
    (
        Wanted(last=date(2000, 1, 1)),
        (),
        "--to 2000-01-01 leaves none of 5 observations on file; the first was observed on 2015-01-01",
    ),
)


def test_an_empty_list_says_which_filter_leaves_nothing(desk: Database) -> None:
    with desk.read() as connection:
        for wanted, indicators, said in EMPTY:
            found = read_observation_list(connection, When(as_of=EVER), wanted, indicators=indicators)
            assert (found.matching, found.observations) == (0, ())
            assert found.nothing.startswith(said)


def test_before_anything_was_known_there_is_nothing(desk: Database) -> None:
    when = When(as_of=DAY - timedelta(days=1))
    with desk.read() as connection:
        found = read_observation_list(connection, when), read_event_list(connection, when)
    assert [each.nothing for each in found] == [
        f"no {noun} is on file as of 2014-12-31; name a later day, or log one" for noun in ("observation", "event")
    ]


def test_what_no_longer_stands_is_asked_for(small: Database) -> None:
    with small.write() as connection:
        append_events(connection, [EVENT], NOW)
        append_events(connection, [replace(EVENT, supersedes=1, retracted=True, reason="a rumour")], NOW)
    with small.read() as connection:
        found = read_event_list(connection, When(as_of=EVER))
        asked = read_event_list(connection, When(as_of=EVER), ALL)
    assert found.nothing == "no event stands as of 2099-01-01; --superseded --retracted lists 1 that did"
    assert [(entry.row, entry.status) for entry in asked.events] == [(1, "retracted")]


def test_a_dispute_is_listed_and_settled_by_a_later_version(small: Database) -> None:
    doubtful = replace(EVENT, confidence="low", reason="denied", analyst="kim")
    settled = replace(doubtful, confidence="high", reason="", supersedes=1, known_on=date(2015, 4, 1))
    with small.write() as connection:
        append_events(connection, [doubtful], NOW)
        append_events(connection, [settled], NOW)
    with small.read() as connection:
        (then,) = read_event_list(connection, When(as_of=EVENT.known_on), disputed=True).events
        (now,) = read_event_list(connection, When(as_of=EVER), Wanted(analysts=("kim",))).events
        nothing = read_event_list(connection, When(as_of=EVER), disputed=True).nothing
        unread = read_events(connection, "small", When(as_of=EVENT.known_on))
    assert (then.disputed, then.reason, then.analyst, then.status) == (True, "denied", "kim", "stands")
    assert (now.disputed, now.reason, now.row) == (False, "", 2)
    assert nothing == "--disputed leaves none of 1 event on file; none of them is in dispute"
    assert unread == (), "a forecast leaves it out"


def test_the_history_of_an_event_says_who_changed_what(small: Database) -> None:
    steps = [
        EVENT,
        replace(EVENT, venue="", note="moved", supersedes=1, known_on=date(2015, 4, 1), analyst="kim"),
        replace(EVENT, supersedes=2, retracted=True, reason="a rumour", known_on=date(2015, 5, 1), analyst="lee"),
        replace(EVENT, supersedes=3, known_on=date(2015, 6, 1), analyst="kim"),
    ]
    for hours, step in enumerate(steps):
        with small.write() as connection:
            append_events(connection, [step], NOW + timedelta(hours=hours))
    with small.read() as connection:
        found = [read_event(connection, When(as_of=date(2015, month, 1)), "t1") for month in (4, 5, 6)]
        early = read_event(connection, When(as_of=EVER, as_recorded=NOW + timedelta(hours=1)), "t1")
    last = found[-1].history
    assert [(each.row, each.what, each.analyst, each.reason) for each in last] == [
        (1, "entered", "case", ""),
        (2, "revised", "kim", ""),
        (3, "retracted", "lee", "a rumour"),
        (4, "restored", "kim", ""),
    ]
    assert [each.recorded_at for each in last] == [NOW + timedelta(hours=hours) for hours in range(4)]
    assert [len(each.history) for each in found] == [2, 3, 4]
    assert last[1].changes == (Change("venue", "Oslo", ""), Change("note", "", "moved"))
    assert last[3].changes == (Change("venue", "", "Oslo"), Change("note", "moved", ""))
    assert early.history == found[0].history
    assert [(each.event.row, each.event.status) for each in found] == [(2, "stands"), (2, "retracted"), (4, "stands")]
    assert found[1].event.ending == Ending(3, date(2015, 5, 1), "a rumour", "lee")


def test_coverage_names_its_attestation(small: Database) -> None:
    further = replace(ATTESTATION, complete_through=date(2016, 1, 1), known_on=date(2016, 1, 1), attested_by="kim")
    with small.write() as connection:
        append_completeness(connection, [ATTESTATION, further], NOW)
    with small.read() as connection:
        spans = [read_event_list(connection, When(as_of=day)).complete[0] for day in (date(2015, 12, 31), EVER)]
    assert [(span.row, span.attested_by) for span in spans] == [(1, "me"), (2, "kim")]
