"""Which number a brief bears: its forms, written one after the other, share that of the first.

A brief is one run, compared with one other, of what is on file. Languages and formats of it are forms, each with a row
of its own in `reports`. The order in which tables grew is that of `seals`, which no clock disturbs: between two forms
of one brief lies no seal of any table but those that say what was done with a forecast.
"""

from sqlalchemy import Connection, func, select

from db.run_rows import ReportRow
from db.tables import reports, seals

SILENT = ("reports", "alerts", "deliveries")
"""Tables that tell of forecasts and change none."""


def number_of(connection: Connection, report: ReportRow) -> int:
    """Return the number of a brief that was written: that of its first form."""
    query = select(func.max(seals.c.id)).where(seals.c.table_name == "reports", seals.c.last_id == report.id)
    at = connection.execute(query).scalar()
    if at is None:
        return report.id
    return _first_form(connection, report.case_id, report.run_id, report.since_run_id, at) or report.id


def next_number(connection: Connection, case_id: str, run_id: int, since_run_id: int | None) -> int:
    """Return the number a brief written now bears; it holds only within the transaction that appends it."""
    latest = connection.execute(select(func.max(seals.c.id))).scalar() or 0
    first = _first_form(connection, case_id, run_id, since_run_id, latest)
    return first or (connection.execute(select(func.max(reports.c.id))).scalar() or 0) + 1


def _first_form(connection: Connection, case_id: str, run_id: int, since_run_id: int | None, upto: int) -> int | None:
    """The first row of the brief whose forms lie before a seal and after the last seal that changed something."""
    changed = select(func.max(seals.c.id)).where(seals.c.table_name.not_in(SILENT), seals.c.id <= upto)
    begin = connection.execute(changed).scalar() or 0
    query = (
        select(func.min(reports.c.id))
        .join(seals, (seals.c.table_name == "reports") & (seals.c.last_id == reports.c.id))
        .where(seals.c.id > begin, seals.c.id <= upto)
        .where(reports.c.case_id == case_id, reports.c.run_id == run_id)
        .where(reports.c.since_run_id.is_not_distinct_from(since_run_id))
    )
    return connection.execute(query).scalar()
