"""Saved scenarios and their answers: versioned, chained, and read by no run."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from conftest import ANSWER, NOW, RUN, SUPPOSED
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from db import tables, triggers
from db.append import append_case, append_run, append_scenario_answer, append_scenarios
from db.chain import verify_chain
from db.engine import Database, open_database
from db.errors import Conflict, StoreError
from db.known import CASE_TABLES, FACT_TABLES
from db.migrate import create_database, upgrade
from db.read import read_case, read_positions
from db.read_scenarios import read_scenario_answers, read_scenario_history, read_scenarios
from db.rows import NewCase
from db.scenario_rows import NewScenario, NewScenarioAnswer, ScenarioRow
from db.when import WHENEVER, When

LATER = date(2016, 3, 1)
LATEST = date(2016, 9, 1)
HARSHER = replace(SUPPOSED, statements=({"see": "tone", "level": -1.5, "on": "2016-01-01"},), known_on=LATER)
OTHER = replace(SUPPOSED, name="a border opens", statements=({"do": "posture", "level": 2},))


def add(database: Database, *scenarios: NewScenario, days: int = 0) -> list[int]:
    with database.write() as connection:
        return append_scenarios(connection, scenarios, NOW + timedelta(days=days))


def standing(database: Database, when: When = WHENEVER) -> dict[str, ScenarioRow]:
    with database.read() as connection:
        return {row.name: row for row in read_scenarios(connection, "small", when)}


@pytest.fixture
def three(small: Database) -> Database:
    """A scenario, its correction and its retraction, each known and recorded later than the one before."""
    add(small, SUPPOSED)
    add(small, replace(HARSHER, supersedes=1), days=1)
    gone = replace(HARSHER, supersedes=2, retracted=True, reason="too harsh", known_on=LATEST)
    add(small, gone, days=2)
    return small


def test_what_is_saved_comes_back(small: Database) -> None:
    assert add(small, SUPPOSED, OTHER) == [1, 2]
    found = standing(small)
    assert list(found) == ["a border opens", "a milder press"], "by name"
    row = found["a milder press"]
    assert (row.id, row.recorded_at, row.known_on, row.analyst) == (1, NOW, SUPPOSED.known_on, "me")
    assert row.statements == SUPPOSED.statements
    assert NewScenario(**{name: getattr(row, name) for name in NewScenario.__dataclass_fields__}) == SUPPOSED
    with small.read() as connection:
        assert read_scenarios(connection, "large") == ()
        assert verify_chain(connection) == ()


def test_a_name_is_taken(small: Database) -> None:
    add(small, SUPPOSED)
    taken = r"^scenarios: name 'a milder press' is there already as row 1; supersede its newest version$"
    with pytest.raises(Conflict, match=taken):
        add(small, replace(SUPPOSED, statements=({"do": "tone", "level": 1},), analyst="you"))
    with pytest.raises(Conflict, match=r"^scenarios: name 'a border opens' comes twice; give it once$"):
        add(small, OTHER, OTHER)
    assert list(standing(small)) == ["a milder press"]


def test_another_case_has_names_of_its_own(small: Database, small_case: NewCase) -> None:
    with small.write() as connection:
        append_case(connection, replace(small_case, case_id="large"), NOW)
    assert add(small, SUPPOSED, replace(SUPPOSED, case_id="large")) == [1, 2]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (replace(HARSHER, supersedes=9), "row 9 does not exist; supersede a row that does"),
        (replace(HARSHER, supersedes=1), "row 1 is already superseded by row 2; supersede that one"),
        (replace(OTHER, supersedes=3), "row 3 has name 'a milder press', its correction 'a border opens'"),
        (replace(HARSHER, supersedes=3, retracted=True), "a retraction must name the row it supersedes and give a re"),
        (replace(OTHER, retracted=True, reason="r"), "a retraction must name the row it supersedes and give a reason"),
        (replace(OTHER, case_id="large"), "no case 'large' in the database; run `parley init --case FOLDER`"),
        (replace(OTHER, statements=({"level": float("nan")},)), r"statements is .*not JSON compliant"),
    ],
)
def test_scenarios_that_are_refused(three: Database, row: NewScenario, sentence: str) -> None:
    with pytest.raises(StoreError, match=f"^scenarios.*{sentence}"):
        add(three, row)


def test_a_scenario_is_read_as_of_a_day(three: Database) -> None:
    day = timedelta(days=1)
    assert standing(three, When(as_of=SUPPOSED.known_on - day)) == {}
    assert standing(three, When(as_of=LATER - day))["a milder press"].statements == SUPPOSED.statements
    assert standing(three, When(as_of=LATER))["a milder press"].statements == HARSHER.statements
    assert standing(three, When(as_of=LATEST)) == standing(three) == {}


def test_a_scenario_is_read_as_recorded_by_an_instant(three: Database) -> None:
    seen = [
        standing(three, When(as_of=date.max, as_recorded=NOW + timedelta(days=days, seconds=-1))) for days in range(4)
    ]
    assert [[row.id for row in rows.values()] for rows in seen] == [[], [1], [2], []]


def test_a_history_has_every_version(three: Database) -> None:
    add(three, replace(HARSHER, supersedes=3, known_on=LATEST), OTHER, days=3)
    with three.read() as connection:
        history = read_scenario_history(connection, "small", "a milder press")
        assert read_scenario_history(connection, "small", "a war") == ()
    assert [(row.id, row.retracted, row.reason) for row in history] == [
        (1, False, ""),
        (2, False, ""),
        (3, True, "too harsh"),
        (4, False, ""),
    ]
    assert list(standing(three)) == ["a border opens", "a milder press"], "a name that was withdrawn may come back"


def test_no_run_reads_a_scenario(three: Database) -> None:
    with three.read() as connection:
        assert set(read_positions(connection, WHENEVER)).isdisjoint({"scenarios", "scenario_answers"})
    assert tables.scenarios not in (*CASE_TABLES, *FACT_TABLES)
    assert tables.scenario_answers not in (*CASE_TABLES, *FACT_TABLES)
    assert {tables.scenarios, tables.scenario_answers} <= set(tables.CHAINED), "and all that is kept is kept of them"


@pytest.fixture
def asked(three: Database) -> Database:
    """Three runs, the second of them the earliest by its day; every version of the scenario asked of each."""
    with three.write() as connection:
        days = RUN.as_of, RUN.as_of - timedelta(days=1), RUN.as_of
        runs = [append_run(connection, replace(RUN, as_of=day), NOW) for day in days]
        for run_id in runs:
            for version in (2, 1):
                append_scenario_answer(connection, replace(ANSWER, scenario_id=version, run_id=run_id), NOW)
    return three


def test_answers_come_by_day_and_number_of_the_run(asked: Database) -> None:
    with asked.read() as connection:
        every = read_scenario_answers(connection, "small")
        of_one = read_scenario_answers(connection, "small", [1])
        of_run = read_scenario_answers(connection, "small", (1, 2), run_id=3)
        assert read_scenario_answers(connection, "small", ()) == ()
        assert read_scenario_answers(connection, "large") == ()
    assert [(row.run_id, row.scenario_id) for row in every] == [(2, 2), (2, 1), (1, 2), (1, 1), (3, 2), (3, 1)]
    assert [row.run_id for row in of_one] == [2, 1, 3]
    assert [row.scenario_id for row in of_run] == [2, 1]
    one = of_run[1]
    assert (one.id, one.recorded_at) == (6, NOW)
    stored = {name: getattr(one, name) for name in NewScenarioAnswer.__dataclass_fields__}
    assert NewScenarioAnswer(**stored) == replace(ANSWER, scenario_id=1, run_id=3)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (replace(ANSWER, run_id=1), "scenario row 1 has its answer for run 1 in row 2 already; save another version"),
        (replace(ANSWER, scenario_id=9), "a row refers to one that does not exist; add that one first"),
        (replace(ANSWER, scenario_id=3, run_id=9), "a row refers to one that does not exist; add that one first"),
        (replace(ANSWER, scenario_id=3, mode="think"), "mode must be one of see, do, both"),
        (replace(ANSWER, scenario_id=3, status="new"), "status must be one of exact, reweighted, refitted"),
        (replace(ANSWER, scenario_id=3, ess=float("inf")), "ess is inf; a finite number is needed"),
        (replace(ANSWER, scenario_id=3, case_id="large"), "no case 'large' in the database; run `parley init"),
    ],
)
def test_answers_that_are_refused(asked: Database, row: NewScenarioAnswer, sentence: str) -> None:
    with pytest.raises(StoreError, match=sentence), asked.write() as connection:
        append_scenario_answer(connection, row, NOW)


def test_an_exact_answer_weighs_no_draws(asked: Database) -> None:
    exact = replace(ANSWER, scenario_id=3, status="exact", pareto_k=None, ess=None)
    with asked.write() as connection:
        append_scenario_answer(connection, exact, NOW)
    with asked.read() as connection:
        (row,) = read_scenario_answers(connection, "small", [3])
    assert (row.pareto_k, row.ess) == (None, None)


@pytest.mark.parametrize("table", ["scenarios", "scenario_answers"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET hash = 'x'", "DELETE FROM {}"])
def test_no_row_changes_or_goes_away(asked: Database, table: str, statement: str) -> None:
    refused = f"{table} is append-only: {statement.split()[0]} refused"
    with pytest.raises(DBAPIError, match=refused), asked.write() as connection:
        connection.execute(text(statement.format(table)))


def test_a_database_of_before_there_were_any_is_the_same_afterwards(empty_url: str, small_case: NewCase) -> None:
    """Its rows verify, their hashes are what they were, and what could not be stored then can be."""
    with create_database(empty_url) as database:
        with database.write() as connection:
            append_case(connection, small_case, NOW)
        with database.engine.begin() as connection:
            for table in ("scenario_answers", "scenarios"):
                connection.exec_driver_sql(f"DROP TABLE {table}")
            connection.exec_driver_sql("ALTER TABLE cases DROP COLUMN stories")
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0012'")
            before = connection.execute(select(tables.cases.c.id, tables.cases.c.hash)).all()
    upgrade(empty_url)
    with open_database(empty_url) as database:
        with database.read() as connection:
            assert connection.execute(select(tables.cases.c.id, tables.cases.c.hash)).all() == before
            assert read_case(connection, "small").stories is None
            assert verify_chain(connection) == ()
            assert triggers.missing(connection) == ()
        assert add(database, SUPPOSED) == [1]
