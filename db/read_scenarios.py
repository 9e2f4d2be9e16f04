"""Reading what is supposed, and what it was answered."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Select, select

from db import tables
from db.scenario_rows import ScenarioAnswerRow, ScenarioRow
from db.when import WHENEVER, When, recorded_by


def read_scenarios(connection: Connection, case_id: str, when: When = WHENEVER) -> tuple[ScenarioRow, ...]:
    """Return of each scenario the version that stands by then, by name; those retracted by then are left out."""
    newest: dict[str, ScenarioRow] = {}
    for row in _read(connection, case_id, when):
        newest[row.name] = row  # versions come in the order of their numbers
    return tuple(row for _, row in sorted(newest.items()) if not row.retracted)


def read_scenario_history(
    connection: Connection, case_id: str, name: str, when: When = WHENEVER
) -> tuple[ScenarioRow, ...]:
    """Return every version by then of the scenario of a name, retractions included, oldest first."""
    return tuple(row for row in _read(connection, case_id, when) if row.name == name)


def _read(connection: Connection, case_id: str, when: When) -> list[ScenarioRow]:
    table = tables.scenarios
    query = _select(table, ScenarioRow).where(table.c.case_id == case_id, recorded_by(table, when))
    rows = [ScenarioRow(**row._mapping) for row in connection.execute(query.order_by(table.c.id))]
    return [row for row in rows if when.known(row.known_on)]


def read_scenario_answers(
    connection: Connection, case_id: str, scenario_ids: Sequence[int] | None = None, run_id: int | None = None
) -> tuple[ScenarioAnswerRow, ...]:
    """Return the answers to some scenarios, or to all, by one run or by any, in the order of the runs' days."""
    answers, runs = tables.scenario_answers, tables.runs
    query = _select(answers, ScenarioAnswerRow).join(runs, runs.c.id == answers.c.run_id)
    query = query.where(answers.c.case_id == case_id)
    if scenario_ids is not None:
        query = query.where(answers.c.scenario_id.in_(scenario_ids))
    if run_id is not None:
        query = query.where(answers.c.run_id == run_id)
    rows = connection.execute(query.order_by(runs.c.as_of, runs.c.id, answers.c.id))
    return tuple(ScenarioAnswerRow(**row._mapping) for row in rows)


def _select(table: Any, kind: type[Any]) -> Select[Any]:
    return select(*(table.c[item.name] for item in fields(kind)))
