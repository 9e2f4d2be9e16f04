"""Is it there already? Three answers: `identity_of` what a row asserts, `same_row` asserts the very same,
`likely_duplicates` and `duplicates_among` may report the same thing.

Whether two rows count as one piece of evidence is another question, of their origin: `indicators.evidence.same_origin`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection

from db.append import observation_key
from db.read import find_observations, read_history
from db.rows import EventRow, NewEvent, NewObservation, ObservationRow
from forecast.engine.assemble import Rows
from forecast.engine.reading import Reading
from forecast.errors import NotOnFile
from indicators.disagreements import standing_on
from indicators.evidence import same_origin
from indicators.likeness import address_key, title_key

NEAR_DAYS = 3
"""Reports of one thing are dated within so many days of each other."""
NEXT_DAYS = 1
"""Two wires tell of one thing on the same day, or on the next where one of them went to press earlier."""
ORIGIN, ADDRESS, TITLE, LEVEL = "origin", "address", "title", "level"
GROUNDS = (ORIGIN, ADDRESS, TITLE, LEVEL)
"""What two rows have in common by which one may report the same as the other, the strongest first."""
_SHARED: Mapping[str, tuple[str, Callable[[Any], object]]] = {
    ORIGIN: ("origin", title_key),
    ADDRESS: ("source_url", address_key),
    TITLE: ("source_title", title_key),
    LEVEL: ("level", float),
}
"""By ground the part of a row that tells, and what it is told by."""
_LOOKED_BACK = 20
"""Rows of near days among which a partner is sought: those between are one piece of evidence with the entry."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An entry and a row that may report the same thing: one on file, or another of the same file."""

    entry: NewObservation
    other: NewObservation
    ground: str
    """One of `GROUNDS`."""

    @property
    def counts_once(self) -> bool:
        """Whether the two are one piece of evidence already."""
        return same_origin(self.entry, self.other)

    @property
    def row(self) -> int | None:
        """The number of the other; None where it is of the same file."""
        return self.other.id if isinstance(self.other, ObservationRow) else None

    @property
    def days_apart(self) -> int:
        return abs((self.entry.observed_on - self.other.observed_on).days)


def identity_of(entry: NewObservation) -> str:
    """The hash of everything the row asserts, under which it is stored: rows of one identity are stored once."""
    return observation_key(entry)


def same_row(connection: Connection, before: Reading, entry: NewObservation) -> int | None:
    """The row that asserts the very same, if there is one that stands.

    Raises
    ------
    NotOnFile
        if that row was superseded or retracted: to add it again would contradict the correction
    """
    key = identity_of(entry)
    alike = standing_on(before.snapshot.alike(entry, key), before.rows.as_of)  # a revision may say the very same, too
    for there in alike:
        return there.id
    first = find_observations(connection, [key])
    if not first:
        return None
    number = next(iter(first.values()))
    newest = read_history(connection, ObservationRow, number)[-1]
    if newest.id == number:
        return number
    raise NotOnFile(f"the same row was stored as row {number}, and {how_it_ended(newest)}")


def standing_identities(rows: Rows) -> dict[str, int]:
    """The numbers of the observations that stand, by what they assert."""
    standing = (row for row in rows.observations if row.valid_until is None or row.valid_until > rows.as_of)
    return {row.row_key: row.id for row in standing}


def likely_duplicates(standing: Iterable[ObservationRow], entry: NewObservation) -> list[Duplicate]:
    """Rows that may report what the entry does, the likeliest first.

    They are of its indicator, dated within NEAR_DAYS, and have an equivalent origin, address or title; or they say the
    same level within NEXT_DAYS, in whatever words and from whichever wire, where their origins are not told apart.
    """
    near = (
        row
        for row in standing
        if row.indicator_id == entry.indicator_id and abs((row.observed_on - entry.observed_on).days) <= NEAR_DAYS
    )
    found = [Duplicate(entry, row, ground) for row in near if (ground := _ground(row, entry)) is not None]
    return sorted(found, key=lambda one: (GROUNDS.index(one.ground), one.days_apart, one.row or 0))


def _ground(row: NewObservation, entry: NewObservation) -> str | None:
    """The strongest thing that two rows of one indicator and of near days have in common."""
    for ground in GROUNDS[:-1]:
        name, key_of = _SHARED[ground]
        mine, theirs = getattr(entry, name), getattr(row, name)
        if mine and theirs and key_of(mine) == key_of(theirs):
            return ground
    near = abs((row.observed_on - entry.observed_on).days) <= NEXT_DAYS
    return LEVEL if near and row.level == entry.level and _undecided(row, entry) else None


def _undecided(one: NewObservation, other: NewObservation) -> bool:
    """Whether nobody has said that two reports are one, or that they are two, by giving both an origin."""
    return not (one.origin and other.origin) and _two_origins(one, other)


def _two_origins(one: NewObservation, other: NewObservation) -> bool:
    return not same_origin(one, other)


def duplicates_among(standing: Iterable[ObservationRow], entries: Sequence[NewObservation]) -> list[Duplicate]:
    """Of many entries those that may report what a row on file or another entry does, and count beside it.

    Each is named once, with the likeliest of the others, and two of them as one pair. The time taken grows with the
    number of rows alone: rows are put together by what they have in common, and compared with their neighbours only.
    """
    rows = [*_near(standing, entries), *entries]
    days = [row.observed_on.toordinal() for row in rows]
    first = len(rows) - len(entries)
    found: dict[int, Duplicate] = {}
    for ground in GROUNDS:
        for group in _alike(rows, ground):
            group.sort(key=lambda place: (days[place], place))
            for new, other in _pairs(rows, days, group, first, ground):
                if other not in found or found[other].other is not rows[new]:
                    found.setdefault(new, Duplicate(rows[new], rows[other], ground))
    return [found[place] for place in sorted(found)]


def _near(standing: Iterable[ObservationRow], entries: Iterable[NewObservation]) -> list[ObservationRow]:
    """The rows of the entries' indicators and days, give or take some."""
    span = NEAR_DAYS + 1
    blocks = {(entry.indicator_id, entry.observed_on.toordinal() // span) for entry in entries}
    around = {(indicator, block + step) for indicator, block in blocks for step in (-1, 0, 1)}
    return [row for row in standing if (row.indicator_id, row.observed_on.toordinal() // span) in around]


def _alike(rows: Sequence[NewObservation], ground: str) -> Iterator[list[int]]:
    """Places of rows of one indicator that have what a ground asks for in common."""
    name, key_of = _SHARED[ground]
    first: dict[object, int] = {}
    groups: dict[int, list[int]] = {}
    for place, row in enumerate(rows):
        value = getattr(row, name)
        if value != "":
            before = first.setdefault((row.indicator_id, key_of(value)), place)
            if before != place:
                groups.setdefault(before, [before]).append(place)
    return iter(groups.values())


def _pairs(
    rows: Sequence[NewObservation], days: Sequence[int], group: list[int], first: int, ground: str
) -> Iterator[tuple[int, int]]:
    """(place of an entry, place of its nearest partner) in a group in order of days; entries begin at place `first`."""
    reach = NEXT_DAYS if ground == LEVEL else NEAR_DAYS
    apart = _undecided if ground == LEVEL else _two_origins
    for line in (group, group[::-1]):
        for at, (before, new) in enumerate(pairwise(line), start=1):
            if new < first or abs(days[new] - days[before]) > reach:
                continue
            for other in line[max(at - _LOOKED_BACK, 0) : at][::-1]:
                if abs(days[new] - days[other]) > reach:
                    break
                if apart(rows[new], rows[other]):
                    yield new, other
                    break


def likely_same_events(events: Iterable[EventRow], entry: NewEvent) -> list[str]:
    """Ids of other events of the same type that began within NEAR_DAYS."""
    return [
        row.event_id
        for row in events
        if row.type == entry.type
        and row.event_id != entry.event_id
        and abs((row.started_on - entry.started_on).days) <= NEAR_DAYS
    ]


def how_it_ended(newest: ObservationRow | EventRow, act: str = "revise") -> str:
    """How a row came to its end, and what can be done instead of the act that was meant."""
    if newest.retracted:
        again = "if it is right after all, log it again with a note that says why"
        return f"retracted as row {newest.id} ({newest.reason}); {again}"
    return f"superseded by row {newest.id}; {act} that one"
