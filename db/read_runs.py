"""Reading runs and what they said."""

from collections.abc import Collection
from dataclasses import fields
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, func, select, union
from sqlalchemy.engine import Row

from db import tables
from db.errors import StoreError
from db.run_rows import EffectRow, IndicatorStateRow, NewRun, RunRow, ScenarioForecastRow, TargetForecastRow


def read_run(connection: Connection, run_id: int) -> RunRow:
    """Return one run with its newest status; StoreError if there is none of that number."""
    row = connection.execute(_runs().where(tables.runs.c.id == run_id)).first()
    if row is None:
        last = connection.execute(select(func.max(tables.runs.c.id))).scalar()
        known = f"runs go from 1 to {last}" if last else "there are none yet; run `parley update`"
        raise StoreError(f"no run {run_id}; {known}")
    return _run(row)


def read_runs(
    connection: Connection,
    case_id: str,
    *,
    kinds: Collection[str] | None = None,
    statuses: Collection[str] | None = None,
    as_of: date | None = None,
    until: date | None = None,
    limit: int | None = None,
) -> tuple[RunRow, ...]:
    """Return the runs of a case, newest as-of date first and, on one date, the latest recorded first.

    `kinds` and `statuses` keep those named; `as_of` keeps one date, `until` dates up to one; `limit` the first so many.
    """
    runs = tables.runs.c
    query = _runs().where(runs.case_id == case_id)
    if kinds is not None:
        query = query.where(runs.kind.in_(kinds))
    if statuses is not None:
        query = query.where(tables.run_statuses.c.status.in_(statuses))
    if as_of is not None:
        query = query.where(runs.as_of == as_of)
    if until is not None:
        query = query.where(runs.as_of <= until)
    query = query.order_by(runs.as_of.desc(), runs.id.desc()).limit(limit)
    return tuple(_run(row) for row in connection.execute(query))


def last_published(
    connection: Connection, case_id: str, as_of: date | None = None, *, kinds: Collection[str] | None = None
) -> RunRow | None:
    """Return the published run with the latest as-of date, up to `as_of` if given; None if nothing was published."""
    found = read_runs(connection, case_id, kinds=kinds, statuses=("published",), until=as_of, limit=1)
    return found[0] if found else None


def read_posterior_hashes(connection: Connection) -> frozenset[str]:
    """Return the hashes of all files among the posteriors that some run or evaluation refers to."""
    columns = tables.runs.c.posterior_hash, tables.evaluations.c.file_hash
    named = union(*(select(column).where(column.is_not(None)) for column in columns))
    return frozenset(connection.execute(named).scalars())


def read_targets(connection: Connection, run_id: int) -> tuple[TargetForecastRow, ...]:
    """Return the target forecasts of a run: rolling horizons from short to long, then deadlines."""
    query = _of_run(tables.target_forecasts, TargetForecastRow, run_id)
    rows = (TargetForecastRow(**row._mapping) for row in connection.execute(query))
    return tuple(sorted(rows, key=lambda row: (row.target, *_reach(row))))


def read_scenarios(connection: Connection, run_id: int) -> tuple[ScenarioForecastRow, ...]:
    """Return the scenario forecasts of a run, by horizon or deadline and scenario."""
    query = _of_run(tables.scenario_forecasts, ScenarioForecastRow, run_id)
    rows = (ScenarioForecastRow(*row) for row in connection.execute(query))
    return tuple(sorted(rows, key=lambda row: (*_reach(row), row.scenario)))


def read_states(connection: Connection, run_id: int) -> tuple[IndicatorStateRow, ...]:
    """Return the filtered indicator levels of a run, by indicator."""
    query = _of_run(tables.indicator_states, IndicatorStateRow, run_id)
    return tuple(
        sorted((IndicatorStateRow(*row) for row in connection.execute(query)), key=lambda row: row.indicator_id)
    )


def read_effects(connection: Connection, run_id: int) -> tuple[EffectRow, ...]:
    """Return the effects of a run, by target, indicator and source."""
    rows = (EffectRow(*row) for row in connection.execute(_of_run(tables.effects, EffectRow, run_id)))
    return tuple(sorted(rows, key=lambda row: (row.target, row.indicator_id, row.source)))


def _reach(row: TargetForecastRow | ScenarioForecastRow) -> tuple[bool, int, date]:
    return row.deadline is not None, row.horizon_days or 0, row.deadline or date.min


def _of_run(table: Table, kind: type, run_id: int) -> Select[*tuple[Any, ...]]:
    return select(*(table.c[item.name] for item in fields(kind))).where(table.c.run_id == run_id)


def _runs() -> Select[*tuple[Any, ...]]:
    runs, statuses = tables.runs, tables.run_statuses
    newest = select(func.max(statuses.c.id)).where(statuses.c.run_id == runs.c.id).correlate(runs).scalar_subquery()
    asserted = (runs.c[item.name] for item in fields(NewRun))
    status = statuses.c.status, statuses.c.recorded_at.label("status_at"), statuses.c.detail
    joined = runs.outerjoin(statuses, and_(statuses.c.run_id == runs.c.id, statuses.c.id == newest))
    return select(*asserted, runs.c.id, runs.c.recorded_at, *status).select_from(joined)


def _run(row: Row[*tuple[Any, ...]]) -> RunRow:
    values: dict[str, Any] = {**row._mapping, "detail": row.detail or {}}
    return RunRow(**values)
