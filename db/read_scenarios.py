"""Reading saved scenarios, and what they were answered."""

from collections.abc import Collection
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Select, select
from sqlalchemy.engine import Row

from db import tables
from db.scenario_rows import ScenarioAnswerRow, ScenarioRow
from db.when import WHENEVER, When, visible


def read_scenarios(connection: Connection, case_id: str, when: When = WHENEVER) -> tuple[ScenarioRow, ...]:
    """Return the scenarios known by then, in their version of then, without retracted ones, by name."""
    query = _scenarios(case_id).where(visible(tables.scenarios, when))
    newest = {row.name: row for row in map(_scenario, connection.execute(query))}
    return tuple(row for _, row in sorted(newest.items()) if not row.retracted)


def read_scenario_history(connection: Connection, case_id: str, name: str) -> tuple[ScenarioRow, ...]:
    """Return every version of the scenario of that name, retractions included, oldest first; empty if there is none."""
    query = _scenarios(case_id).where(tables.scenarios.c.name == name)
    return tuple(map(_scenario, connection.execute(query)))


def read_scenario_answers(
    connection: Connection, case_id: str, scenario_ids: Collection[int] | None = None, run_id: int | None = None
) -> tuple[ScenarioAnswerRow, ...]:
    """Return the answers to these versions of scenarios, or to all, by day and number of the run that was asked."""
    answers, runs = tables.scenario_answers, tables.runs
    query = select(*(answers.c[item.name] for item in fields(ScenarioAnswerRow)))
    query = query.join(runs, runs.c.id == answers.c.run_id).where(answers.c.case_id == case_id)
    if scenario_ids is not None:
        query = query.where(answers.c.scenario_id.in_(scenario_ids))
    if run_id is not None:
        query = query.where(answers.c.run_id == run_id)
    rows = connection.execute(query.order_by(runs.c.as_of, runs.c.id, answers.c.id))
    return tuple(ScenarioAnswerRow(**row._mapping) for row in rows)


def _scenarios(case_id: str) -> Select[*tuple[Any, ...]]:
    """All versions, by number: numbers grow along the history of a scenario, so the last one seen is the newest."""
    columns = tables.scenarios.c
    query = select(*(columns[item.name] for item in fields(ScenarioRow)))
    return query.where(columns.case_id == case_id).order_by(columns.id)


def _scenario(row: Row[*tuple[Any, ...]]) -> ScenarioRow:
    return ScenarioRow(**{**row._mapping, "statements": tuple(row.statements)})
