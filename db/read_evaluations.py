"""Reading what backtests and checks found."""

from dataclasses import fields

from sqlalchemy import Connection, select

from db import tables
from db.run_rows import EvaluationRow


def read_evaluations(
    connection: Connection, case_id: str, *, kind: str | None = None, limit: int | None = None
) -> tuple[EvaluationRow, ...]:
    """Return the evaluations of a case, the latest recorded first.

    `kind` keeps backtests or checks; `limit` the first so many.
    """
    evaluations = tables.evaluations.c
    query = select(*(evaluations[item.name] for item in fields(EvaluationRow))).where(evaluations.case_id == case_id)
    if kind is not None:
        query = query.where(evaluations.kind == kind)
    query = query.order_by(evaluations.id.desc()).limit(limit)
    return tuple(EvaluationRow(**row._mapping) for row in connection.execute(query))
