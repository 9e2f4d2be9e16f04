"""A database in which nothing exists that was not known by a day: what reading as of that day is held against."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from db import tables
from db.when import When

CASE_TABLES = (tables.cases, tables.indicators, tables.level_criteria, tables.grades, tables.deadlines)
FACT_TABLES = (tables.documents, tables.judgements, tables.observations, tables.events, tables.completeness)

type Row = Mapping[str, Any]


def copy_known(source: Connection, target: Connection, as_of: date) -> int:
    """Copy into the empty database `target` the cases and the facts known by `as_of`; return how many rows stay behind.

    Rows keep their numbers and hashes, so the chain of the copy has gaps: it is for reading, not for keeping.
    """
    left = 0
    published: set[tuple[str, str]] = set()
    for table in (*CASE_TABLES, *FACT_TABLES):
        rows = [dict(row) for row in source.execute(select(table).order_by(table.c.id)).mappings()]
        kept = rows if table in CASE_TABLES else _known(table, rows, When(as_of=as_of), published)
        if table is tables.documents:
            published = {(row["case_id"], row["document_id"]) for row in kept}
        if kept:
            target.execute(insert(table), kept)
        left += len(rows) - len(kept)
    return left


def _known(table: Table, rows: Sequence[Row], when: When, published: set[tuple[str, str]]) -> list[dict[str, Any]]:
    """The rows known by the day; a judgement only with its document."""
    kept: dict[int, dict[str, Any]] = {}
    before = {row["id"]: row["supersedes"] for row in rows}
    for row in rows:
        known_on = row["known_on"] or row.get("published_on")
        heard = table is not tables.judgements or (row["case_id"], row["document_id"]) in published
        if heard and when.known(known_on):
            _keep(row, kept, before)
    return list(kept.values())


def _keep(row: Row, kept: dict[int, dict[str, Any]], before: Mapping[int, int | None]) -> None:
    """A correction replaces the last version known by then; where there is none, there is nothing to retract."""
    corrected = row["supersedes"]
    while corrected is not None and corrected not in kept:
        corrected = before[corrected]
    if corrected is not None or not row["retracted"]:
        kept[row["id"]] = {**row, "supersedes": corrected}
