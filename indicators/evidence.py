"""The evidence rules: which observations count as one, from when until when, at what level and variance.

Rows of one indicator that share an origin are one effective observation: the best grade present and the mean of the
levels that carry it, with the grade's variance and the variance between those levels: who codes one report +2 and
-2 knows less than who agrees on 0. An origin that feeds several indicators has its precision divided by their number,
and an event of the same report counts as one of them: one whose source is the origin or the address of a row, or its
title where both are of one day.
Without an origin a row stands alone, except that rows of one indicator, day and source share one. The effective
observations of an origin are formed anew on each day on which its rows change (one becomes known, is superseded or is
retracted).
"""

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from db.garbage import uncollected
from db.rows import EventRow, GradeRow, IndicatorRow, NewEvent, NewObservation, ObservationRow
from indicators.errors import CaseError

NEVER: int = date.max.toordinal()
SD_FLOOR = 0.3
DISPUTED_VARIANCE = 2.0
"""Most that disagreement makes of a variance: that of a level of which nothing is known (levels squared)."""
type Report = tuple[str, date | None]
"""What names a report: an origin or an address by itself, a title with the day it tells of."""
_HAPPENED = -1
"""Stands for what an origin feeds besides indicators: an event, which has no level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Effective observations, each valid on the days `since` ≤ day < `until`; arrays of shape (n,).

    Rows are ordered by `since` and then by content. Days are proleptic ordinals (`date.toordinal`).

    Attributes
    ----------
    indicator : index into the catalogue.
    observed : day it happened.
    entered : day it could be known; never after `since`, and before it where the origin's rows have changed meanwhile.
    since, until : first day valid, first day no longer valid (`NEVER` when it stays).
    level : in levels, -2…+2.
    variance : in squared levels; never below `SD_FLOOR`².
    catalogue_size : number of indicators.
    left_out : ids of indicators that rows name and the catalogue does not hold; their rows are not used.
    """

    indicator: NDArray[np.int64]
    observed: NDArray[np.int64]
    entered: NDArray[np.int64]
    since: NDArray[np.int64]
    until: NDArray[np.int64]
    level: NDArray[np.float64]
    variance: NDArray[np.float64]
    catalogue_size: int
    left_out: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.indicator)


class Member(NamedTuple):
    """One row, as its origin sees it."""

    indicator: int
    observed: int
    known: int
    since: int
    until: int
    level: float
    sd: float


class _State(NamedTuple):
    """An effective observation but for the days on which it is valid."""

    observed: int
    entered: int
    level: float
    variance: float


class Effective(NamedTuple):
    """One effective observation, its parts in the order by which evidence is sorted."""

    since: int
    indicator: int
    observed: int
    entered: int
    level: float
    variance: float
    until: int


def form_evidence(
    rows: Iterable[ObservationRow],
    catalogue: Sequence[IndicatorRow],
    grades: Iterable[GradeRow],
    events: Iterable[EventRow] = (),
) -> Evidence:
    """The effective observations of all rows, those no longer valid included; of events only their reports matter.

    Raises CaseError when a row carries a grade that the table does not hold.
    """
    with uncollected():
        return _form_evidence(rows, catalogue, grades, events)


def _form_evidence(
    rows: Iterable[ObservationRow],
    catalogue: Sequence[IndicatorRow],
    grades: Iterable[GradeRow],
    events: Iterable[EventRow],
) -> Evidence:
    position = {indicator.indicator_id: index for index, indicator in enumerate(catalogue)}
    sd = {(grade.reliability, grade.credibility): grade.sd_levels for grade in grades}
    origins: defaultdict[tuple[object, ...], list[Member]] = defaultdict(list)
    reported: defaultdict[Report, set[tuple[object, ...]]] = defaultdict(set)
    told = [(event, reports_of_event(event)) for event in events]
    names = {name for _, reports in told for name, _ in reports}
    left_out: set[str] = set()
    for row in rows:
        if row.indicator_id not in position:
            left_out.add(row.indicator_id)
            continue
        member = member_of(row, position[row.indicator_id], sd_of(row, sd))
        if member.since < member.until:
            origin = origin_of(row)
            origins[origin].append(member)
            if row.source_title in names or row.source_url in names or row.origin in names:
                for report in reports_of(row):
                    reported[report].add(origin)
    for event, reports in told:
        for origin in {origin for report in reports for origin in reported.get(report, ())}:
            origins[origin].append(happening(event))
    effective = sorted(one for members in origins.values() for one in effective_of(members))
    return _to_arrays(effective, len(catalogue), tuple(sorted(left_out)))


def valid_on(evidence: Evidence, day: int) -> NDArray[np.bool_]:
    """Which rows are valid on `day` (an ordinal); shape (n,)."""
    return (evidence.since <= day) & (day < evidence.until)


def last_observed(evidence: Evidence, day: int) -> NDArray[np.int64]:
    """Per indicator, the latest `observed` of the rows valid on `day` (an ordinal); -1 where there is none."""
    latest = np.full(evidence.catalogue_size, -1, dtype=np.int64)
    valid = valid_on(evidence, day)
    np.maximum.at(latest, evidence.indicator[valid], evidence.observed[valid])
    return latest


def sd_of(row: ObservationRow, sd: Mapping[tuple[str, int], float]) -> float:
    """The standard deviation of a row's grade, in levels; CaseError where the table does not hold it."""
    value = sd.get((row.reliability, row.credibility))
    if value is None:
        grade = f"{row.reliability}{row.credibility}"
        known = ", ".join(sorted(f"{reliability}{credibility}" for reliability, credibility in sd))
        what = f"the grade {grade!r} of {row.indicator_id} on {row.observed_on} is not in the case's table"
        raise CaseError([f"{what}; revise it to one of {known}"])
    return value


def member_of(row: ObservationRow, indicator: int, sd: float) -> Member:
    """The row by the calendar of the database: what is known before its date happened where that date came first."""
    return Member(
        indicator=indicator,
        observed=min(row.observed_on, row.known_on).toordinal(),
        known=row.known_on.toordinal(),
        since=row.valid_from.toordinal(),
        until=NEVER if row.valid_until is None else row.valid_until.toordinal(),
        level=float(row.level),
        sd=sd,
    )


def happening(event: EventRow) -> Member:
    """An event, as the origin of its report sees it."""
    return Member(
        indicator=_HAPPENED,
        observed=event.started_on.toordinal(),
        known=event.known_on.toordinal(),
        since=event.known_on.toordinal(),
        until=NEVER,
        level=0.0,
        sd=0.0,
    )


def reports_of(row: NewObservation) -> set[Report]:
    """The names under which an event can be of the report that a row goes back to."""
    return {(name, None) for name in (row.origin, row.source_url) if name} | {(row.source_title, row.observed_on)}


def reports_of_event(event: NewEvent) -> set[Report]:
    """The same of an event; its source is all that names its report."""
    return {(event.source, None), (event.source, event.started_on)}


def origin_of(row: NewObservation) -> tuple[object, ...]:
    """What a row goes back to: its origin, or without one its own report on its own indicator and day."""
    if row.origin:
        return (row.origin,)
    return (row.indicator_id, row.observed_on, row.source_publisher, row.source_title)


def same_origin(one: NewObservation, other: NewObservation) -> bool:
    """Whether two rows are one piece of evidence: of one origin, or of one report on one indicator and day."""
    return origin_of(one) == origin_of(other)


def effective_of(members: list[Member]) -> Iterator[Effective]:
    """The effective observations of one origin, over time."""
    if len(members) == 1:
        (one,) = members
        yield Effective(
            since=one.since,
            indicator=one.indicator,
            observed=one.observed,
            entered=one.known,
            level=one.level,
            variance=_variance(one.sd, 1),
            until=one.until,
        )
        return
    origin = _Origin()
    for day, joining, leaving in _changes(members):
        yield from origin.change(day, joining, leaving)
    yield from origin.close()


def _changes(members: list[Member]) -> Iterator[tuple[int, list[Member], list[Member]]]:
    """(day, rows that become valid, rows that stop being valid), by day."""
    joining: defaultdict[int, list[Member]] = defaultdict(list)
    leaving: defaultdict[int, list[Member]] = defaultdict(list)
    for member in members:
        joining[member.since].append(member)
        if member.until < NEVER:
            leaving[member.until].append(member)
    for day in sorted(joining.keys() | leaving.keys()):
        yield day, joining[day], leaving[day]


def _variance(sd: float, fed: int, between: float = 0.0) -> float:
    """Variance of a grade's sd, with that between its codings, when their origin feeds that many indicators.

    Agreement gives the least there is.
    """
    agreed = max(sd, SD_FLOOR) ** 2
    return max(agreed, min(agreed + between, DISPUTED_VARIANCE)) * fed


@dataclass(slots=True)
class _Days:
    """A bag of days that knows its smallest; each day enters and leaves the heap once."""

    counts: Counter[int] = field(default_factory=Counter)
    heap: list[int] = field(default_factory=list)

    def add(self, day: int) -> None:
        if day not in self.counts:
            heapq.heappush(self.heap, day)
        self.counts[day] += 1

    def remove(self, day: int) -> None:
        self.counts[day] -= 1

    def smallest(self) -> int:
        while not self.counts[self.heap[0]]:
            del self.counts[heapq.heappop(self.heap)]
        return self.heap[0]


@dataclass(slots=True)
class _Bag:
    """The valid rows of one origin, indicator and grade; its cost does not grow with their number."""

    size: int = 0
    levels: Counter[float] = field(default_factory=Counter)
    known: _Days = field(default_factory=_Days)
    observed: _Days = field(default_factory=_Days)

    def add(self, member: Member) -> None:
        self.size += 1
        self.levels[member.level] += 1
        self.known.add(member.known)
        self.observed.add(member.observed)

    def remove(self, member: Member) -> None:
        self.size -= 1
        self.levels[member.level] -= 1
        self.known.remove(member.known)
        self.observed.remove(member.observed)

    def mean(self) -> float:
        """The mean level, free of the order in which rows came."""
        return math.fsum(level * count for level, count in self.levels.items()) / self.size

    def variance(self) -> float:
        """The sample variance of the levels, 0 of one; free of order too."""
        mean = self.mean()
        squares = math.fsum(count * (level - mean) ** 2 for level, count in self.levels.items())
        return squares / max(self.size - 1, 1)


@dataclass(slots=True)
class _Origin:
    """The rows of one origin that are valid now, and the effective observations they form."""

    bags: dict[int, dict[float, _Bag]] = field(default_factory=dict)
    current: dict[int, tuple[int, _State]] = field(default_factory=dict)

    def change(self, day: int, joining: list[Member], leaving: list[Member]) -> Iterator[Effective]:
        """Apply one day's changes; yield the effective observations that end on it."""
        fed = len(self.bags)
        for member in joining:
            self.bags.setdefault(member.indicator, {}).setdefault(member.sd, _Bag()).add(member)
        for member in leaving:
            self._remove(member)
        touched = {member.indicator for member in joining} | {member.indicator for member in leaving}
        if len(self.bags) != fed:
            touched = self.bags.keys() | self.current.keys()
        for indicator in sorted(touched):
            yield from self._replace(day, indicator)

    def close(self) -> Iterator[Effective]:
        """The effective observations that stay valid."""
        for indicator, (since, state) in self.current.items():
            yield Effective(since, indicator, *state, NEVER)

    def _remove(self, member: Member) -> None:
        bags = self.bags[member.indicator]
        bags[member.sd].remove(member)
        if not bags[member.sd].size:
            del bags[member.sd]
        if not bags:
            del self.bags[member.indicator]

    def _replace(self, day: int, indicator: int) -> Iterator[Effective]:
        """End the indicator's effective observation and begin the next, unless they say the same."""
        before, after = self.current.get(indicator), self._state(indicator)
        if before is not None and before[1] == after:
            return
        if before is not None:
            yield Effective(before[0], indicator, *before[1], day)
            del self.current[indicator]
        if after is not None:
            self.current[indicator] = (day, after)

    def _state(self, indicator: int) -> _State | None:
        bags = self.bags.get(indicator)
        if bags is None or indicator == _HAPPENED:
            return None
        sd = min(bags)
        bag = bags[sd]
        variance = _variance(sd, len(self.bags), bag.variance())
        return _State(bag.observed.smallest(), bag.known.smallest(), bag.mean(), variance)


def _to_arrays(effective: list[Effective], catalogue_size: int, left_out: tuple[str, ...]) -> Evidence:
    columns = dict(zip(Effective._fields, zip(*effective, strict=True), strict=True)) if effective else {}

    def column(name: str) -> NDArray[np.int64]:
        return np.array(columns.get(name, ()), dtype=np.int64)

    def numbers(name: str) -> NDArray[np.float64]:
        return np.array(columns.get(name, ()), dtype=np.float64)

    return Evidence(
        indicator=column("indicator"),
        observed=column("observed"),
        entered=column("entered"),
        since=column("since"),
        until=column("until"),
        level=numbers("level"),
        variance=numbers("variance"),
        catalogue_size=catalogue_size,
        left_out=left_out,
    )
