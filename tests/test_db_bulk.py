"""Many rows at once: the same guarantees, and no query that walks a whole table."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from time import process_time

import pytest
from conftest import NOW, OBSERVATION
from sqlalchemy import event, func, select

from db.append import append_observations
from db.chain import verify_chain
from db.engine import Database
from db.errors import Conflict
from db.read import read_history, read_observations
from db.rows import NewObservation, ObservationRow
from db.tables import observations, seals
from db.when import When

MANY = 12_000


def many(count: int) -> Iterator[NewObservation]:
    for number in range(count):
        day = OBSERVATION.observed_on + timedelta(days=number % 1000)
        yield replace(OBSERVATION, observed_on=day, known_on=day, level=number % 5 - 2.0, note=f"row {number}")


def test_a_long_append_is_one_chain_under_one_seal(small: Database) -> None:
    with small.write() as connection:
        assert append_observations(connection, tuple(many(MANY)), NOW) == list(range(1, MANY + 1))
    with small.read() as connection:
        assert verify_chain(connection) == ()
        mine = select(func.count()).select_from(seals).where(seals.c.table_name == "observations")
        assert connection.execute(mine).scalar() == 1
        assert len(read_observations(connection, "small", When(as_of=date(2099, 1, 1)))) == MANY


def test_a_row_that_comes_twice_far_apart_keeps_everything_out(small: Database) -> None:
    rows = [*many(MANY), next(many(1))]
    message = r"^observations: the same row is there already as row 1; supersede its newest version$"
    with pytest.raises(Conflict, match=message), small.write() as connection:
        append_observations(connection, rows, NOW)
    with small.read() as connection:
        assert connection.execute(select(func.count()).select_from(observations)).scalar() == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_checks_and_corrections_go_through_indexes(full: Database) -> None:
    asked: list[tuple[str, tuple[object, ...]]] = []
    event.listen(full.engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    with full.write() as connection:
        append_observations(connection, [replace(OBSERVATION, supersedes=1, known_on=date(2018, 1, 1))], NOW)
        append_observations(connection, [replace(OBSERVATION, note="new")], NOW)
        read_history(connection, ObservationRow, 1)
        read_observations(connection, "small", When(as_of=date(2020, 1, 1)))
    queries = [(sql, values) for sql, values in asked if sql.startswith("SELECT") and "observations" in sql]
    assert len(queries) >= 6
    with full.engine.connect() as connection:
        for sql, values in queries:
            steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all()
            scans = [step[3] for step in steps if step[3].startswith("SCAN") and "INDEX uq_observations" not in step[3]]
            assert not scans or "ORDER BY observations.id DESC" in sql, sql


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_100_000_observations_cost_no_more_each_than_10_000(small: Database) -> None:
    """How long they take is for `benchmarks.desk --imports`; here they must not take longer the more there are."""
    rows, cost = tuple(many(110_000)), []
    for batch in (rows[:10_000], rows[10_000:]):
        start = process_time()
        with small.write() as connection:
            append_observations(connection, batch, NOW)
        cost.append((process_time() - start) / len(batch))
    assert cost[1] < 2 * cost[0]
