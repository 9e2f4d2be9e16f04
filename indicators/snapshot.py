"""What is on file, by what it goes back to: so that an observation that comes is taken in without reading all others.

The rules of evidence look at one origin at a time, and a look for neighbours at one origin, one address and a few days.
`Snapshot` finds their rows among all; `add_rows` forms the evidence of the origins that rows touch, and puts it in
its place among the rest. What it gives is what `indicators.evidence.form_evidence` gives for all rows, to the last bit.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from db.read import by_content
from db.rows import EventRow, GradeRow, IndicatorRow, NewObservation, ObservationRow
from indicators.evidence import (
    Effective,
    Evidence,
    Member,
    Report,
    effective_of,
    happening,
    member_of,
    origin_of,
    reports_of,
    reports_of_event,
    sd_of,
)

_LATE = 500
"""Changed keys beyond which a mapping is written anew: reading two is then no longer faster than that."""
_COLUMNS = Effective._fields


@dataclass(frozen=True, slots=True)
class Layered[K, V]:
    """A mapping that stays as it is: putting something in makes another, which shares all but the latest few."""

    early: Mapping[K, V]
    late: Mapping[K, V] = field(default_factory=dict)

    def get(self, key: K, default: V) -> V:
        found = self.late.get(key)
        return self.early.get(key, default) if found is None else found

    def put(self, changes: Mapping[K, V]) -> "Layered[K, V]":
        late = {**self.late, **changes}
        return Layered(self.early, late) if len(late) <= _LATE else Layered({**self.early, **late})


type Observed = tuple[ObservationRow, ...]
type _Origin = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Observations by content, and where to find those of one origin or one address."""

    rows: Observed
    """In the order in which `db.read.read_observations` gives them."""
    indicators: tuple[str, ...]
    """Ids that rows name."""
    of_origin: Layered[_Origin, Observed]
    """By `_origin_key`: rows of one origin, and of others written alike."""
    at_address: Layered[str, Observed]

    def near(self, entry: NewObservation, days: int) -> Observed:
        """The rows within so many days of an entry, and at any distance those of its origin or address, in order.

        Of an origin, those written in other letters are among them, large for small.
        """
        found = {row.id: row for row in self._dated(entry.observed_on, timedelta(days))}
        found |= {row.id: row for row in self.of_origin.get(_origin_key(entry), ())}
        if entry.source_url:
            found |= {row.id: row for row in self.at_address.get(entry.source_url, ())}
        return tuple(sorted(found.values(), key=by_content))

    def alike(self, entry: NewObservation, row_key: str) -> Observed:
        """The rows that assert the very same, whose key is given."""
        content = entry.indicator_id, entry.observed_on, entry.known_on, row_key
        return self.rows[
            bisect_left(self.rows, content, key=by_content) : bisect_right(self.rows, content, key=by_content)
        ]

    def _dated(self, day: date, around: timedelta) -> Iterator[ObservationRow]:
        first, last = max(day, date.min + around) - around, min(day, date.max - around) + around
        for indicator in self.indicators:
            begin = bisect_left(self.rows, (indicator, first), key=_by_day)
            end = bisect_right(self.rows, (indicator, last), lo=begin, key=_by_day)
            yield from self.rows[begin:end]


def take_snapshot(rows: Observed) -> Snapshot:
    """The snapshot of rows in the order of `read_observations`."""
    return Snapshot(
        rows=rows,
        indicators=tuple(dict.fromkeys(row.indicator_id for row in rows)),
        of_origin=Layered(_Grouped(rows, _origin_key)),
        at_address=Layered(_Grouped(rows, _address)),
    )


class _Grouped[K](Mapping[K, Observed]):
    """Rows by a key of theirs, put together once somebody asks: after an import nobody may."""

    def __init__(self, rows: Observed, key_of: Callable[[ObservationRow], K | None]) -> None:
        self._rows, self._key_of = rows, key_of

    @cached_property
    def _groups(self) -> dict[K, Observed]:
        groups: dict[K, list[ObservationRow]] = {}
        for row in self._rows:
            key = self._key_of(row)
            if key is not None:
                groups.setdefault(key, []).append(row)
        return {key: tuple(found) for key, found in groups.items()}

    def __getitem__(self, key: K) -> Observed:
        return self._groups[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._groups)

    def __len__(self) -> int:
        return len(self._groups)


def _address(row: ObservationRow) -> str | None:
    return row.source_url or None


def with_added(snapshot: Snapshot, added: Sequence[ObservationRow]) -> Snapshot:
    """The snapshot with rows that have come, none of which corrects another."""
    origins: dict[_Origin, Observed] = {}
    addresses: dict[str, Observed] = {}
    for row in added:
        key, url = _origin_key(row), row.source_url
        origins[key] = (*(origins.get(key) or snapshot.of_origin.get(key, ())), row)
        if url:
            addresses[url] = (*(addresses.get(url) or snapshot.at_address.get(url, ())), row)
    return Snapshot(
        rows=_with_few(snapshot.rows, added),
        indicators=tuple(dict.fromkeys((*snapshot.indicators, *(row.indicator_id for row in added)))),
        of_origin=snapshot.of_origin.put(origins),
        at_address=snapshot.at_address.put(addresses),
    )


def merge_rows(rows: Observed, added: Sequence[ObservationRow]) -> Observed:
    """Rows with others that have come, all in the order of content; those of equal content in that in which they came.

    For a few, `with_added` has the rows of its snapshot in less time.
    """
    return tuple(sorted((*rows, *added), key=by_content))


def _with_few(rows: Observed, added: Sequence[ObservationRow]) -> Observed:
    """The same of a few, each put into its place."""
    merged = list(rows)
    for row in added:
        merged.insert(bisect_right(merged, by_content(row), key=by_content), row)
    return tuple(merged)


def _origin_key(row: NewObservation) -> _Origin:
    return (row.origin.casefold(),) if row.origin else origin_of(row)


def _by_day(row: ObservationRow) -> tuple[str, date]:
    return row.indicator_id, row.observed_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What else evidence depends on: indicators, grades, and events, of which only their reports matter."""

    catalogue: Sequence[IndicatorRow]
    grades: Sequence[GradeRow]
    events: Sequence[EventRow]


def add_rows(
    evidence: Evidence, before: Snapshot, after: Snapshot, added: Sequence[ObservationRow], beside: Beside
) -> tuple[Evidence, frozenset[int]] | None:
    """(the evidence with rows that have come, the indicators it differs in); None where all must be formed anew.

    Raises CaseError when a row carries a grade that the table does not hold.
    """
    position = {indicator.indicator_id: index for index, indicator in enumerate(beside.catalogue)}
    if not all(row.indicator_id in position for row in added):
        return None
    form = _former(position, beside)
    gone: Counter[Effective] = Counter()
    come: Counter[Effective] = Counter()
    for origin, key in {origin_of(row): _origin_key(row) for row in added}.items():
        old, new = (
            [row for row in each.of_origin.get(key, ()) if origin_of(row) == origin] for each in (before, after)
        )
        gone.update(form(old))
        come.update(form(new))
    left, new_ones = gone - come, come - gone
    differs = frozenset(one.indicator for one in (*left, *new_ones))
    return _exchanged(evidence, sorted(left.elements()), sorted(new_ones.elements())), differs


def _former(position: Mapping[str, int], beside: Beside) -> Callable[[Iterable[ObservationRow]], Iterable[Effective]]:
    """What forms the effective observations of the rows of one origin."""
    sd = {(grade.reliability, grade.credibility): grade.sd_levels for grade in beside.grades}
    told = [(event, reports_of_event(event)) for event in beside.events]

    def form(rows: Iterable[ObservationRow]) -> Iterable[Effective]:
        members: list[Member] = []
        reports: set[Report] = set()
        for row in rows:
            if row.indicator_id in position:
                member = member_of(row, position[row.indicator_id], sd_of(row, sd))
                if member.since < member.until:
                    members.append(member)
                    reports |= reports_of(row)
        happened = [happening(event) for event, names in told if names & reports]
        return effective_of([*members, *happened]) if members else ()

    return form


def _exchanged(evidence: Evidence, gone: Sequence[Effective], come: Sequence[Effective]) -> Evidence:
    """The evidence without some effective observations and with others, in its order."""
    columns = [getattr(evidence, name) for name in _COLUMNS]
    places: list[int] = []
    for k, one in enumerate(gone):
        places.append(_place(columns, one) + (k - gone.index(one)))
    columns = [np.delete(column, places) for column in columns] if places else columns
    at = [_place(columns, one) for one in come]
    changed: dict[str, Any] = {
        name: np.insert(column, at, [one[k] for one in come]) if at else column
        for k, (name, column) in enumerate(zip(_COLUMNS, columns, strict=True))
    }
    return replace(evidence, **changed)


def _place(columns: Sequence[np.ndarray[Any, Any]], one: Effective) -> int:
    """The first place before which all come earlier in the order of evidence."""
    low, high = 0, len(columns[0])
    for column, value in zip(columns, one, strict=True):
        within = column[low:high]
        low, high = (
            low + int(np.searchsorted(within, value, "left")),
            low + int(np.searchsorted(within, value, "right")),
        )
    return low
