"""Reading what all runs of a case said, in one pass: a query per run looks through the whole table each time."""

from collections import defaultdict
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlalchemy.engine import Row

from db import tables
from db.run_rows import ScenarioForecastRow, TargetForecastRow


def read_all_targets(connection: Connection, case_id: str) -> dict[int, tuple[TargetForecastRow, ...]]:
    """Return the target forecasts of every run of a case that has any, by run id, in no set order within a run."""
    found: defaultdict[int, list[TargetForecastRow]] = defaultdict(list)
    names = [item.name for item in fields(TargetForecastRow)]
    for run_id, *values in _of_case(connection, tables.target_forecasts, TargetForecastRow, case_id):
        found[run_id].append(TargetForecastRow(**dict(zip(names, values, strict=True))))
    return {run_id: tuple(rows) for run_id, rows in found.items()}


def read_all_scenarios(connection: Connection, case_id: str) -> dict[int, tuple[ScenarioForecastRow, ...]]:
    """Return the scenario forecasts of every run of a case that has any, by run id, in no set order within a run."""
    found: defaultdict[int, list[ScenarioForecastRow]] = defaultdict(list)
    for run_id, *values in _of_case(connection, tables.scenario_forecasts, ScenarioForecastRow, case_id):
        found[run_id].append(ScenarioForecastRow(*values))
    return {run_id: tuple(rows) for run_id, rows in found.items()}


def _of_case(connection: Connection, table: Table, kind: type, case_id: str) -> list[Row[*tuple[Any, ...]]]:
    runs = tables.runs.c
    columns = (table.c[item.name] for item in fields(kind))
    query = select(table.c.run_id, *columns).join(tables.runs, runs.id == table.c.run_id)
    return list(connection.execute(query.where(runs.case_id == case_id)))
