"""Rows of exports that come from what was asserted: every version of a fact, and the catalogue with its levels."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table
from sqlalchemy.engine import Row

from db import tables
from db.read import read_case, read_catalogue
from db.read_exports import FactsAsked, read_version_pages
from db.rows import IndicatorRow
from db.when import When
from forecast.exports.columns import Column, Values
from forecast.exports.runs import as_text

if TYPE_CHECKING:
    from forecast.record.payloads import IndicatorEntry

TABLES: dict[str, Table] = {
    table.name: table
    for table in (tables.observations, tables.events, tables.completeness, tables.documents, tables.judgements)
}
"""Of facts, by the word for them."""
_STANDS: Values = ("stands", None, None, "")


def version_rows(connection: Connection, asked: FactsAsked, columns: Sequence[Column]) -> Iterator[Values]:
    """Versions by number: what was asserted, and what ended it."""
    names = [column.name for column in columns[1 : -len(_STANDS)]]
    for page in read_version_pages(connection, asked, names):
        for row, ending in page:
            yield (*row, *(_STANDS if ending is None else _ended(ending)))


def _ended(ending: Row[*tuple[Any, ...]]) -> Values:
    return "retracted" if ending.retracted else "superseded", ending.known_on, ending.id, ending.reason


def indicator_rows(connection: Connection, case_id: str, when: When) -> tuple[Values, ...]:
    """The indicators of the catalogue in its order, each with its level filtered from what was known by then."""
    from forecast.record.catalogue import read_indicator_list

    case = read_case(connection, case_id, as_recorded=when.as_recorded)
    listed = read_indicator_list(connection, when, case_id=case_id)
    entries = {entry.id: entry for entry in listed.indicators}
    place = case_id, when.as_of
    return tuple(
        (*_described(row), *_level(entries[row.indicator_id]), *place) for row in read_catalogue(connection, case)
    )


def _described(row: IndicatorRow) -> Values:
    criteria = {level.level: level.criterion for level in row.levels}
    return (
        row.indicator_id,
        row.position,
        row.name,
        row.question,
        row.orientation,
        row.kind,
        row.group_name,
        row.half_life_days,
        row.expected_cadence_days,
        row.lag_days,
        row.contested,
        as_text(row.typical_sources),
        as_text(row.documents),
        as_text(row.document_refs),
        row.note,
        *(criteria.get(level, "") for level in range(-2, 3)),
    )


def _level(entry: "IndicatorEntry") -> Values:
    return (
        entry.mean if entry.active else None,
        entry.sd if entry.active else None,
        entry.active,
        entry.last_observed_on,
        entry.stale_days,
        entry.stale,
        entry.observations,
    )
