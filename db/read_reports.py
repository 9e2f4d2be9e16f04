"""Reading which briefs were written."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from db import tables
from db.run_rows import ReportRow, RunRow
from db.shapes import metadata


def read_reports(connection: Connection, case_id: str, *, limit: int | None = None) -> tuple[ReportRow, ...]:
    """Return the briefs of a case, the latest recorded first; `limit` the first so many."""
    query = _reports().where(tables.reports.c.case_id == case_id)
    query = query.order_by(tables.reports.c.id.desc()).limit(limit)
    return tuple(ReportRow(**row._mapping) for row in connection.execute(query))


def read_report_before(connection: Connection, run: RunRow) -> ReportRow | None:
    """Return the newest brief of an earlier run, by as-of date and number; None if there is none."""
    reports, runs = tables.reports.c, tables.runs.c
    query = _reports().join(tables.runs, reports.run_id == runs.id).where(reports.case_id == run.case_id)
    query = query.where(or_(runs.as_of < run.as_of, and_(runs.as_of == run.as_of, runs.id < run.id)))
    row = connection.execute(query.order_by(reports.id.desc()).limit(1)).first()
    return ReportRow(**row._mapping) if row else None


def last_run_before(connection: Connection, report: ReportRow) -> int:
    """Return the number of the last run there was when a brief was recorded, by the order in which tables grew."""
    seals = tables.seals.c
    of_report = select(func.max(seals.id)).where(seals.table_name == "reports", seals.last_id == report.id)
    runs = select(func.max(seals.last_id)).where(seals.table_name == "runs", seals.id < of_report.scalar_subquery())
    return connection.execute(runs).scalar() or 0


def had_come(connection: Connection, report: ReportRow, positions: Mapping[str, int]) -> bool:
    """Return whether, when a brief was recorded, tables had rows of its case behind these positions."""
    seals = tables.seals.c
    of_report = select(func.max(seals.id)).where(seals.table_name == "reports", seals.last_id == report.id)
    for name, position in positions.items():
        table = metadata.tables[name]
        last = select(func.max(seals.last_id)).where(seals.table_name == name, seals.id < of_report.scalar_subquery())
        came = select(table.c.id).where(table.c.case_id == report.case_id, table.c.id > position)
        if connection.execute(came.where(table.c.id <= last.scalar_subquery()).limit(1)).first() is not None:
            return True
    return False


def next_report_id(connection: Connection) -> int:
    """Return the number the next brief gets; it holds only within the transaction that appends it."""
    return (connection.execute(select(func.max(tables.reports.c.id))).scalar() or 0) + 1


def _reports() -> Select[*tuple[Any, ...]]:
    return select(*(tables.reports.c[item.name] for item in fields(ReportRow)))
