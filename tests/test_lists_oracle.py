"""Lists cut by the database are those of the rows read whole and then cut, whatever was entered and asked for."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from conftest import NOW, OBSERVATION
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracles.lists import read_observation_list as read_whole
from sqlalchemy import Connection, event

from db.append import append_observations
from db.engine import Database
from db.when import When
from forecast.record.entries import Wanted, read_observation_list

DAY = OBSERVATION.observed_on
ANALYSTS = ("kim", "Kim", "lee", "KIM\u0130")
SOURCES = ("", "KCNA", "kcna Watch", "조선중앙통신", "Straße")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A new fact, or a version of the one that was entered so many before; days and hours after the first."""

    back: int
    retracted: bool
    observed: int
    later: int
    clock: int
    indicator: str
    analyst: str
    source: str


ROWS = st.builds(
    Row,
    back=st.integers(0, 6),
    retracted=st.booleans(),
    observed=st.integers(0, 2),
    later=st.integers(0, 3),
    clock=st.integers(0, 5),
    indicator=st.sampled_from(["posture", "tone"]),
    analyst=st.sampled_from(ANALYSTS),
    source=st.sampled_from(SOURCES),
)
DAYS = st.none() | st.integers(-1, 4).map(lambda days: DAY + timedelta(days=days))
ASKED = st.builds(
    Wanted,
    analysts=st.lists(st.sampled_from([*ANALYSTS, "me"]), max_size=2).map(tuple),
    source=st.sampled_from(["", "", "kcna", "통신", "strasse", "xinhua"]),
    first=DAYS,
    last=DAYS,
    superseded=st.booleans(),
    retracted=st.booleans(),
)
WHEN = st.builds(
    When,
    as_of=st.integers(-1, 8).map(lambda days: DAY + timedelta(days=days)),
    as_recorded=st.none() | st.integers(0, 6).map(lambda hours: NOW + timedelta(hours=hours)),
)
type Question = tuple[When, Wanted, list[str], int | None]
QUESTIONS = st.tuples(
    WHEN, ASKED, st.lists(st.sampled_from(["posture", "TONE"]), max_size=2), st.none() | st.integers(0, 4)
)


def put(connection: Connection, rows: Sequence[Row]) -> None:
    """Store the rows in turn; only the newest version of a fact can be corrected."""
    newest: list[tuple[int, int, str]] = []
    for number, row in enumerate(rows):
        before = newest[-row.back] if 0 < row.back <= len(newest) else None
        gone = row.retracted and before is not None
        first = DAY + timedelta(days=row.observed)
        entry = replace(
            OBSERVATION,
            observed_on=first,
            known_on=first + timedelta(days=row.later),
            indicator_id=row.indicator,
            analyst=row.analyst,
            source_publisher=row.source,
            note=str(number),
            supersedes=before and before[0],
            retracted=gone,
            reason="no" if gone else "",
        )
        (id_,) = append_observations(connection, [entry], NOW + timedelta(hours=row.clock))
        if before is not None:
            newest.remove(before)
        newest.append((id_, number, row.indicator))


class Undo(Exception):
    """Ends a transaction without a trace."""


def check(database: Database, rows: Sequence[Row], questions: Sequence[Question]) -> None:
    with suppress(Undo), database.write() as connection:
        put(connection, rows)
        for when, wanted, indicators, limit in questions:
            found = read_observation_list(connection, when, wanted, indicators=indicators, limit=limit)
            assert found == read_whole(connection, when, wanted, indicators=indicators, limit=limit)
        raise Undo


HISTORIES = st.lists(ROWS, max_size=10)
SIX = st.lists(QUESTIONS, min_size=6, max_size=6)
REAL = [HealthCheck.function_scoped_fixture]


@settings(max_examples=8, deadline=None, suppress_health_check=REAL)
@given(rows=HISTORIES, questions=SIX)
def test_a_list_is_what_is_left_of_all_rows(small: Database, rows: list[Row], questions: list[Question]) -> None:
    check(small, rows, questions)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=REAL)
@given(rows=HISTORIES, questions=SIX)
def test_so_it_is_of_many_histories(small: Database, rows: list[Row], questions: list[Question]) -> None:
    check(small, rows, questions)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_list_reads_no_more_rows_than_it_shows(small: Database) -> None:
    """Cut, counted and ordered by an index alone; only by the source are rows looked through."""
    days = [DAY + timedelta(days=number) for number in range(50)]
    with small.write() as connection:
        append_observations(connection, [replace(OBSERVATION, observed_on=day, known_on=day) for day in days], NOW)
    said: list[tuple[str, tuple[object, ...]]] = []
    event.listen(small.engine, "before_cursor_execute", lambda *call: said.append((call[2], call[3])))
    asked = Wanted(analysts=("me",), first=days[3], last=days[40])
    with small.read() as connection:
        found = read_observation_list(connection, When(as_of=days[30]), asked, indicators=["posture", "tone"], limit=3)
    assert (found.matching, len(found.observations)) == (28, 3)
    with small.engine.connect() as connection:
        plans = {
            sql: [step[3] for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
            for sql, values in tuple(said)
            if "FROM observations" in sql
        }
    (counted,) = (plan for sql, plan in plans.items() if "count(*)" in sql)
    (cut,) = (plan for sql, plan in plans.items() if "LIMIT" in sql)
    assert any(step.startswith("SEARCH observations USING COVERING INDEX") for step in counted)
    assert any(step.startswith("SEARCH observations USING INDEX ix_observations_observed (case_id=?") for step in cut)
    assert "USE TEMP B-TREE FOR ORDER BY" not in cut[: next(n for n, step in enumerate(cut) if "SUBQUERY" in step)]
    assert not any(
        step.startswith("SCAN observations") and "INDEX" not in step for plan in plans.values() for step in plan
    )
