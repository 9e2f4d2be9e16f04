"""Codings that contradict each other: of one indicator, of one report or one day, and two levels or more apart.

One report is what the rules of evidence take for one (`indicators.evidence.origin_of`). A contradiction is named with
all of its codings; what becomes of the level is for the rules of evidence.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from db.rows import NewObservation, ObservationRow
from indicators.evidence import origin_of

APART = 2.0
"""Levels from which on two codings contradict each other."""
_ROUNDING = 1e-12  # levels may be fractions, whose differences are not exact


@dataclass(frozen=True, slots=True)
class Disagreement[R: NewObservation]:
    """All codings of one report or one day, the lowest and the highest at least `APART` levels from each other."""

    codings: tuple[R, ...]
    """The highest level first."""

    @property
    def indicator_id(self) -> str:
        return self.codings[0].indicator_id

    @property
    def levels_apart(self) -> float:
        return round(self.codings[0].level - self.codings[-1].level, 9)

    @property
    def first_on(self) -> date:
        return min(one.observed_on for one in self.codings)

    @property
    def last_on(self) -> date:
        return max(one.observed_on for one in self.codings)

    @property
    def origin(self) -> str:
        """The origin that all of them go back to; "" where they are of one day."""
        origins = {one.origin for one in self.codings}
        return origins.pop() if len(origins) == 1 else ""


def standing_on(rows: Iterable[ObservationRow], day: date) -> Iterator[ObservationRow]:
    """The rows read as of a day that neither a revision nor a retraction has replaced by then."""
    return (row for row in rows if row.valid_until is None or row.valid_until > day)


def find_disagreements[R: NewObservation](rows: Iterable[R]) -> tuple[Disagreement[R], ...]:
    """Every disagreement among rows that stand, the newest day first, whatever order the rows are in.

    A group that lies within another is not named beside it.
    """
    groups: dict[object, list[R]] = {}
    for row in rows:
        for key in _shared(row):
            groups.setdefault(key, []).append(row)
    return _apart(groups.values())


def disagreements_with[R: NewObservation](entries: Iterable[R], standing: Iterable[R]) -> tuple[Disagreement[R], ...]:
    """The disagreements that entries take part in, with the rows that stand or with each other."""
    groups: dict[object, list[R]] = {}
    indicators: set[str] = set()
    for entry in entries:
        indicators.add(entry.indicator_id)
        for key in _shared(entry):
            groups.setdefault(key, []).append(entry)
    for row in standing:
        if row.indicator_id in indicators:
            for key in _shared(row):
                if key in groups:
                    groups[key].append(row)
    return _apart(groups.values())


def _shared(row: NewObservation) -> tuple[object, ...]:
    """What rows of one day, and rows of one report, have in common; a report without an origin is of one day."""
    day = (row.indicator_id, row.observed_on)
    return (day, (row.indicator_id, origin_of(row))) if row.origin else (day,)


def _apart[R: NewObservation](groups: Iterable[list[R]]) -> tuple[Disagreement[R], ...]:
    """The groups that contradict themselves, the newest day first."""
    found = sorted((group for group in groups if _is_apart(group)), key=len, reverse=True)
    whole: list[Disagreement[R]] = []
    named: dict[int, list[set[int]]] = {}
    for group in found:
        members = set(map(id, group))
        if not any(members <= other for other in named.get(id(group[0]), ())):
            whole.append(Disagreement(tuple(sorted(group, key=_by_level))))
            for member in members:
                named.setdefault(member, []).append(members)
    return tuple(sorted(whole, key=_newest_first))


def _is_apart(group: Sequence[NewObservation]) -> bool:
    if len(group) == 1:
        return False
    levels = [one.level for one in group]
    return max(levels) - min(levels) >= APART - _ROUNDING


def _by_level(one: NewObservation) -> tuple[object, ...]:
    """The highest first; of one level, by everything else that a coding says."""
    source = (one.source_title, one.source_publisher, one.source_url, one.origin)
    return (-one.level, one.observed_on, one.analyst, *source, one.reliability, one.credibility, one.known_on, one.note)


def _newest_first(one: Disagreement[NewObservation]) -> tuple[object, ...]:
    days = (-one.last_on.toordinal(), -one.first_on.toordinal())
    return (*days, one.indicator_id, one.origin, *map(_by_level, one.codings))
