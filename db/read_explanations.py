"""Reading what made the difference between runs."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, select
from sqlalchemy.engine import Row

from db import tables
from db.run_rows import ExplanationRow
from db.when import WHENEVER, When, recorded_by


def read_explanation(
    connection: Connection, before_run_id: int, run_id: int, path: str, model_version: str
) -> ExplanationRow | None:
    """Return the step between two runs by a version of the model; None if there is none."""
    columns = tables.explanations.c
    query = _explanations().where(
        columns.before_run_id == before_run_id,
        columns.run_id == run_id,
        columns.path == path,
        columns.model_version == model_version,
    )
    row = connection.execute(query).first()
    return _row(row) if row else None


def read_steps_to(connection: Connection, run_id: int) -> tuple[ExplanationRow, ...]:
    """Return every step that leads to a run, the latest recorded first."""
    columns = tables.explanations.c
    query = _explanations().where(columns.run_id == run_id).order_by(columns.id.desc())
    return tuple(map(_row, connection.execute(query)))


def read_explanations(
    connection: Connection, case_id: str, *, first: date | None = None, last: date | None = None, when: When = WHENEVER
) -> Iterator[ExplanationRow]:
    """Return one after the other every step of a case recorded by then, by the day and number of the later run."""
    explanations, runs = tables.explanations, tables.runs
    query = _explanations().join(runs, runs.c.id == explanations.c.run_id)
    query = query.where(explanations.c.case_id == case_id, recorded_by(explanations, when))
    if first is not None:
        query = query.where(runs.c.as_of >= first)
    if last is not None:
        query = query.where(runs.c.as_of <= last)
    for row in connection.execute(query.order_by(runs.c.as_of, runs.c.id, explanations.c.id)):
        yield _row(row)


def _explanations() -> Select[*tuple[Any, ...]]:
    return select(*(tables.explanations.c[item.name] for item in fields(ExplanationRow)))


def _row(row: Row[*tuple[Any, ...]]) -> ExplanationRow:
    return ExplanationRow(**row._mapping)
