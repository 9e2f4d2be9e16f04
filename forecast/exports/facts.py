"""Rows of exports that come from what was asserted: every version of a fact, and the catalogue with its levels."""

from collections.abc import Iterator

from sqlalchemy import Connection, Table

from db import tables
from db.read import read_case, read_catalogue
from db.read_exports import FactsAsked, read_version_pages
from db.when import When
from forecast.exports.columns import Values, bind, names_of_own, read_cells
from forecast.exports.contents import Content
from forecast.exports.fact_columns import Catalogued

TABLES: dict[str, Table] = {
    table.name: table
    for table in (tables.observations, tables.events, tables.completeness, tables.documents, tables.judgements)
}
"""Of facts, by the word for them."""


def version_rows(connection: Connection, asked: FactsAsked, content: Content) -> Iterator[Values]:
    """Versions by number: what was asserted, and what ended it."""
    names = [name for name in names_of_own(content.columns) if name != "id"]
    read = bind(content.columns, ("id", *names))
    for page in read_version_pages(connection, asked, names):
        for row, ending in page:
            yield read(row, ending)


def indicator_rows(connection: Connection, case_id: str, when: When, content: Content) -> tuple[Values, ...]:
    """The indicators of the catalogue in its order, each with its level filtered from what was known by then."""
    from forecast.record.catalogue import read_indicator_list

    case = read_case(connection, case_id, when)
    listed = read_indicator_list(connection, when, case_id=case_id)
    entries = {entry.id: entry for entry in listed.indicators}
    return tuple(
        read_cells(content.columns, Catalogued(row, entries[row.indicator_id], case_id, when.as_of))
        for row in read_catalogue(connection, case)
    )
