"""Is it there already? Three answers: `identity_of` what a row asserts, `same_row` asserts the very same,
`likely_duplicates` may report the same thing.

Whether two rows count as one piece of evidence is another question, of their origin: `indicators.evidence.same_origin`.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from db.append import observation_key
from db.read import find_observations, read_history
from db.rows import EventRow, NewEvent, NewObservation, ObservationRow
from forecast.engine.assemble import Rows
from forecast.errors import NotOnFile

NEAR_DAYS = 3
"""Reports of one thing are dated within so many days of each other."""


def identity_of(entry: NewObservation) -> str:
    """The hash of everything the row asserts, under which it is stored: rows of one identity are stored once."""
    return observation_key(entry)


def same_row(connection: Connection, rows: Rows, entry: NewObservation) -> int | None:
    """The row that asserts the very same, if there is one that stands.

    Raises
    ------
    NotOnFile
        if that row was superseded or retracted: to add it again would contradict the correction
    """
    key = identity_of(entry)
    there = standing_identities(rows).get(key)  # a revision may say the very same, too
    if there is not None:
        return there
    first = find_observations(connection, [key])
    if not first:
        return None
    number = next(iter(first.values()))
    newest = read_history(connection, ObservationRow, number)[-1]
    if newest.id == number:
        return number
    raise NotOnFile(f"the same row was stored as row {number}, and {how_it_ended(newest)}")


def new_among(
    connection: Connection, rows: Rows, entries: Mapping[str, NewObservation]
) -> tuple[list[NewObservation], frozenset[int]]:
    """Of many entries by identity those that are not there yet, and the first rows of the facts that others assert.

    What is there counts whether it stands or not: a row that was retracted is not added again by a file.
    """
    there, standing = find_observations(connection, entries), standing_identities(rows)
    new = [entry for identity, entry in entries.items() if identity not in there and identity not in standing]
    return new, frozenset(there.values())


def standing_identities(rows: Rows) -> dict[str, int]:
    """The numbers of the observations that stand, by what they assert."""
    standing = (row for row in rows.observations if row.valid_until is None or row.valid_until > rows.as_of)
    return {row.row_key: row.id for row in standing}


def likely_duplicates(standing: Iterable[ObservationRow], entry: NewObservation) -> list[ObservationRow]:
    """Rows of the same indicator, dated within NEAR_DAYS, with an origin, a URL or a title of the entry's."""
    return [
        row
        for row in standing
        if row.indicator_id == entry.indicator_id
        and abs((row.observed_on - entry.observed_on).days) <= NEAR_DAYS
        and _same_report(row, entry)
    ]


def _same_report(row: ObservationRow, entry: NewObservation) -> bool:
    return any(
        mine and mine.casefold() == theirs.casefold()
        for mine, theirs in (
            (entry.origin, row.origin),
            (entry.source_url, row.source_url),
            (entry.source_title, row.source_title),
        )
    )


def likely_same_events(events: Iterable[EventRow], entry: NewEvent) -> list[str]:
    """Ids of other events of the same type that began within NEAR_DAYS."""
    return [
        row.event_id
        for row in events
        if row.type == entry.type
        and row.event_id != entry.event_id
        and abs((row.started_on - entry.started_on).days) <= NEAR_DAYS
    ]


def how_it_ended(newest: ObservationRow | EventRow) -> str:
    """How a row came to its end, and what can be done instead."""
    if newest.retracted:
        again = "if it holds after all, log it anew with a note that says why"
        return f"retracted as row {newest.id} ({newest.reason}); {again}"
    return f"superseded by row {newest.id}; revise that one"
