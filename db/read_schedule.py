"""Reading the ledger of scheduled runs, alerts and their deliveries."""

from collections.abc import Collection
from dataclasses import fields
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from db import tables
from db.rows import AlertRow, AttemptRow, DeliveryRow


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


def first_scheduled(connection: Connection, case_id: str) -> date | None:
    """Return the earliest day for which a scheduled run was ever tried; None if none was."""
    attempts = tables.attempts.c
    return connection.execute(select(func.min(attempts.scheduled_for)).where(attempts.case_id == case_id)).scalar()


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
    rows = connection.execute(query.order_by(alerts.id.desc()).limit(limit))
    return tuple(AlertRow(**{**row._mapping, "channels": tuple(row.channels)}) for row in rows)


def read_deliveries(connection: Connection, alert_ids: Collection[int]) -> tuple[DeliveryRow, ...]:
    """Return the tries to send these alerts, in the order they were made."""
    deliveries = tables.deliveries.c
    query = select(*(deliveries[item.name] for item in fields(DeliveryRow)))
    query = query.where(deliveries.alert_id.in_(alert_ids)).order_by(deliveries.id)
    return tuple(DeliveryRow(**row._mapping) for row in connection.execute(query))
