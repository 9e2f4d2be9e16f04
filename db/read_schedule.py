"""Reading the ledger of scheduled runs, alerts and their deliveries."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from db import tables
from db.run_rows import AlertRow, AttemptRow, DeliveryRow


def read_attempts(
    connection: Connection,
    case_id: str,
    *,
    since: date | None = None,
    outcomes: Collection[str] | None = None,
    after: int = 0,
    limit: int | None = None,
) -> tuple[AttemptRow, ...]:
    """Return lines of the ledger, the latest recorded first.

    `since` keeps scheduled days from one on, `outcomes` those named, `after` lines of a higher number; `limit` the
    first so many.
    """
    attempts = tables.attempts.c
    query = select(*(attempts[item.name] for item in fields(AttemptRow)))
    query = query.where(attempts.case_id == case_id, attempts.id > after)
    if since is not None:
        query = query.where(attempts.scheduled_for >= since)
    if outcomes is not None:
        query = query.where(attempts.outcome.in_(outcomes))
    query = query.order_by(attempts.id.desc()).limit(limit)
    return tuple(AttemptRow(**row._mapping) for row in connection.execute(query))


@dataclass(frozen=True, slots=True)
class ScheduledValue:
    """The probability of one target within one horizon, as a scheduled run put it."""

    run_id: int
    as_of: date
    mean: float
    mcse: float
    said: float | None = None
    """What the run said, where `mean` is what a later model would have said in its place."""


def read_scheduled_values(
    connection: Connection, case_id: str, target: str, horizon_days: int
) -> tuple[ScheduledValue, ...]:
    """Return what the published scheduled runs said of a target, by scheduled day."""
    attempts, said = tables.attempts.c, tables.target_forecasts.c
    query = select(attempts.run_id, attempts.as_of, said.mean, said.mcse)
    query = query.join_from(tables.attempts, tables.target_forecasts, attempts.run_id == said.run_id)
    query = query.where(attempts.case_id == case_id, attempts.outcome == "published")
    query = query.where(said.target == target, said.horizon_days == horizon_days)
    rows = connection.execute(query.order_by(attempts.scheduled_for))
    return tuple(ScheduledValue(**row._mapping) for row in rows)


def read_days(connection: Connection, case_id: str) -> tuple[tuple[date, str, datetime], ...]:
    """Return of each line of the ledger its scheduled day, outcome and end, in the order they were recorded."""
    attempts = tables.attempts.c
    query = select(attempts.scheduled_for, attempts.outcome, attempts.ended_at)
    rows = connection.execute(query.where(attempts.case_id == case_id).order_by(attempts.id))
    return tuple((day, outcome, ended_at) for day, outcome, ended_at in rows)


def first_recorded(connection: Connection, case_id: str) -> datetime | None:
    """Return when the case was first loaded: before that there was nothing to forecast from."""
    cases = tables.cases.c
    found = connection.execute(select(cases.recorded_at).where(cases.case_id == case_id).order_by(cases.id).limit(1))
    return found.scalar()


def read_alerts(
    connection: Connection,
    case_id: str,
    *,
    rules: Collection[str] | None = None,
    since: datetime | None = None,
    limit: int | None = None,
) -> tuple[AlertRow, ...]:
    """Return alerts, the latest first; `since` keeps those raised from an instant on."""
    alerts = tables.alerts.c
    query = select(*(alerts[item.name] for item in fields(AlertRow))).where(alerts.case_id == case_id)
    if rules is not None:
        query = query.where(alerts.rule.in_(rules))
    if since is not None:
        query = query.where(alerts.recorded_at >= since)
    return _alerts(connection, query.order_by(alerts.id.desc()).limit(limit))


def read_undelivered(connection: Connection, case_id: str) -> tuple[AlertRow, ...]:
    """Return the alerts that were neither sent nor abandoned by every channel they go out by, the oldest first."""
    alerts, deliveries = tables.alerts.c, tables.deliveries.c
    ends = select(func.count()).where(deliveries.alert_id == alerts.id, deliveries.outcome != "failed")
    query = select(*(alerts[item.name] for item in fields(AlertRow))).where(alerts.case_id == case_id)
    query = query.where(func.json_array_length(alerts.channels) > ends.correlate(tables.alerts).scalar_subquery())
    return _alerts(connection, query.order_by(alerts.id))


def _alerts(connection: Connection, query: Select[*tuple[Any, ...]]) -> tuple[AlertRow, ...]:
    rows = connection.execute(query)
    return tuple(AlertRow(**{**row._mapping, "channels": tuple(row.channels)}) for row in rows)


def read_deliveries(connection: Connection, alert_ids: Collection[int]) -> tuple[DeliveryRow, ...]:
    """Return the tries to send these alerts, in the order they were made."""
    deliveries = tables.deliveries.c
    query = select(*(deliveries[item.name] for item in fields(DeliveryRow)))
    query = query.where(deliveries.alert_id.in_(alert_ids)).order_by(deliveries.id)
    return tuple(DeliveryRow(**row._mapping) for row in connection.execute(query))
