"""Reading runs and what they said."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, bindparam, func, select, union
from sqlalchemy.engine import Row

from db import tables
from db.errors import StoreError
from db.kinds import FULL_KINDS, PUBLISHED
from db.run_rows import EffectRow, IndicatorStateRow, NewRun, RunRow, ScenarioForecastRow, TargetForecastRow
from db.when import WHENEVER, When, effective_instants, recorded_by


def read_run(connection: Connection, run_id: int) -> RunRow:
    """Return one run with its newest status; StoreError if there is none of that number."""
    row = connection.execute(select_runs().where(tables.runs.c.id == run_id)).first()
    if row is None:
        last = connection.execute(select(func.max(tables.runs.c.id))).scalar()
        known = f"runs go from 1 to {last}" if last else "there are none yet; run `parley update`"
        raise StoreError(f"no run {run_id}; {known}")
    return as_run(row)


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
    query = select_runs().where(*_wanted(case_id, kinds, statuses, as_of, until))
    query = query.order_by(runs.as_of.desc(), runs.id.desc()).limit(limit)
    return tuple(as_run(row) for row in connection.execute(query))


def count_runs(
    connection: Connection,
    case_id: str,
    *,
    kinds: Collection[str] | None = None,
    statuses: Collection[str] | None = None,
    as_of: date | None = None,
) -> int:
    """Return how many runs `read_runs` would return without a limit."""
    found = select_runs().where(*_wanted(case_id, kinds, statuses, as_of, None))
    return connection.execute(found.with_only_columns(func.count(), maintain_column_froms=True)).scalar_one()


def _wanted(
    case_id: str,
    kinds: Collection[str] | None,
    statuses: Collection[str] | None,
    as_of: date | None,
    until: date | None,
) -> Iterator[ColumnElement[bool]]:
    runs = tables.runs.c
    yield runs.case_id == case_id
    if kinds is not None:
        yield runs.kind.in_(kinds)
    if statuses is not None:
        yield tables.run_statuses.c.status.in_(statuses)
    if as_of is not None:
        yield runs.as_of == as_of
    if until is not None:
        yield runs.as_of <= until


def last_published(
    connection: Connection, case_id: str, as_of: date | None = None, *, kinds: Collection[str] | None = None
) -> RunRow | None:
    """Return the published run with the latest as-of date, up to `as_of` if given; None if nothing was published."""
    found = read_runs(connection, case_id, kinds=kinds, statuses=("published",), until=as_of, limit=1)
    return found[0] if found else None


def read_standing(connection: Connection, case_id: str, today: date) -> RunRow | None:
    """Return the published full run with the latest as-of date up to today; None if nothing was published.

    What a clock that ran ahead has made of a day that lies ahead stands only where there is nothing else.
    """
    by_today = last_published(connection, case_id, as_of=today, kinds=FULL_KINDS)
    return by_today or last_published(connection, case_id, kinds=FULL_KINDS)


def full_run_since(connection: Connection, after: int) -> bool:
    """Return whether a full run, of whatever case, has got a status after the one of that number."""
    return connection.execute(_FULL_SINCE, {"after": after}).first() is not None


_FULL_SINCE = (
    select(tables.run_statuses.c.id)
    .join_from(tables.run_statuses, tables.runs, tables.runs.c.id == tables.run_statuses.c.run_id)
    .where(tables.run_statuses.c.id > bindparam("after"), tables.runs.c.kind.in_(FULL_KINDS))
    .limit(1)
)


def read_published_details(connection: Connection, case_id: str) -> dict[int, Mapping[str, object]]:
    """Return what was stored with every published full run of a case, by run id: the newest as-of date first."""
    runs, statuses = tables.runs, tables.run_statuses
    newest = select(func.max(statuses.c.id)).where(statuses.c.run_id == runs.c.id).correlate(runs).scalar_subquery()
    query = select(runs.c.id, statuses.c.detail).join_from(runs, statuses, statuses.c.id == newest)
    query = query.where(runs.c.case_id == case_id, runs.c.kind.in_(FULL_KINDS), statuses.c.status == PUBLISHED)
    rows = connection.execute(query.order_by(runs.c.as_of.desc(), runs.c.id.desc()))
    return {run_id: detail or {} for run_id, detail in rows}


def read_posterior_hashes(connection: Connection) -> frozenset[str]:
    """Return the hashes of all files among the posteriors that should be there.

    Those that some run or evaluation refers to, and for posteriors that were thinned what stands for them since.
    """
    columns = tables.runs.c.posterior_hash, tables.evaluations.c.file_hash
    named = set(connection.execute(union(*(select(column).where(column.is_not(None)) for column in columns))).scalars())
    thinned = connection.execute(select(tables.thinnings.c.old_hash, tables.thinnings.c.new_hash))
    instead = {row.old_hash: row.new_hash for row in thinned if row.old_hash in named}
    return frozenset((named - instead.keys()) | set(instead.values()))


def read_run_names(
    connection: Connection, run_ids: Collection[int], when: When = WHENEVER
) -> Mapping[int, tuple[str, ...]]:
    """Return the names that people had given to these runs by then, oldest first, by run id; others are left out."""
    if not run_ids:
        return {}
    names = tables.run_names
    query = select(names.c.run_id, names.c.name).where(names.c.run_id.between(min(run_ids), max(run_ids)))
    found: dict[int, tuple[str, ...]] = {}
    for run_id, name in connection.execute(query.where(recorded_by(names, when)).order_by(names.c.id)):
        found[run_id] = (*found.get(run_id, ()), name)
    return {run_id: found[run_id] for run_id in run_ids if run_id in found}


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


def select_runs(when: When = WHENEVER) -> Select[*tuple[Any, ...]]:
    """Return a query of the runs recorded by then, with the newest status they had by then; `as_run` reads its rows."""
    runs, statuses = tables.runs, tables.run_statuses
    of_run = statuses.c.run_id == runs.c.id
    newest = select(func.max(statuses.c.id)).where(of_run, recorded_by(statuses, when)).correlate(runs)
    issued, settled = effective_instants(runs), effective_instants(statuses)
    joined = runs.join(issued, issued.c.id == runs.c.id)
    joined = joined.outerjoin(tables.thinnings, tables.thinnings.c.old_hash == runs.c.posterior_hash)
    joined = joined.outerjoin(statuses, and_(of_run, statuses.c.id == newest.scalar_subquery()))
    joined = joined.outerjoin(settled, settled.c.id == statuses.c.id)
    asserted = (runs.c[item.name] for item in fields(NewRun))
    instants = runs.c.recorded_at, issued.c.effective_at.label("issued_at")
    status = statuses.c.status, settled.c.effective_at.label("status_at"), statuses.c.detail
    stands = tables.thinnings.c.new_hash.label("thinned_hash")
    thinned = stands, tables.thinnings.c.recorded_at.label("thinned_at"), tables.thinnings.c.rule.label("thinned_by")
    query = select(*asserted, runs.c.id, *instants, *status, *thinned).select_from(joined)
    return query.where(recorded_by(runs, when))


def as_run(row: Row[*tuple[Any, ...]]) -> RunRow:
    """The run of a row of `select_runs`."""
    values: dict[str, Any] = {**row._mapping, "detail": row.detail or {}}
    return RunRow(**values)
