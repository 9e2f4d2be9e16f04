"""The record cut into cells over which every intensity is taken as constant.

Cells split where the information or the situation changes: the day after an observation is known (plus its lag while
wet), at changes between dry and wet and of the pace since the last meeting, at the knots of the regime, and at least
every ``LONGEST_CELL`` days. States are left limits: a day uses what was known the day before.
"""

from dataclasses import dataclass

import numpy as np

from models.states import FilteredStates, States, filter_states
from oracles.first_model.spec import FOREVER, Bools, Calendar, Floats, Ints, Problem, Span

LONGEST_CELL = 10
KNOT_DAYS = 365.25
PACE_FROM = (1, 15, 46)
"""First day since the last meeting of each pace of continuation: within two weeks, within six, and later."""
MOMENTUM_DAYS = 90
"""For how long after a contact or a crisis the next one is counted as following it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Exposure of one kind of event, shape (cell,) or (cell, indicator)."""

    start: Ints
    days: Floats
    count: Floats  # (cell,) or (cell, framing) events on these days
    states: States
    knot: Ints
    framing: Ints  # of the process under way (continuation); 0 elsewhere
    pace: Ints  # index into PACE_FROM (continuation); 0 elsewhere
    recent: Bools  # an event of this kind within MOMENTUM_DAYS (contact, crisis)


@dataclass(frozen=True, slots=True)
class Clock:
    """Dry or wet on each day from ``first``, shape (day,)."""

    first: int
    since: Ints  # days since a meeting last ended; 0 while one is under way; a large number before the first
    framing: Ints  # of the last meeting begun before the day
    wet: Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """All that the likelihood of the events is made of."""

    filtered: FilteredStates
    onset: Cells
    continuation: Cells
    contact: Cells
    crisis: Cells
    mark_states: States  # of the day of each meeting, shape (meeting, indicator)
    marked: Floats  # (meeting,) 1 where a deal followed
    mark_framing: Ints


def knot_count(calendar: Calendar) -> int:
    return int(np.ceil((calendar.knots_until - calendar.record_from) / KNOT_DAYS))


def knot_of(day: Ints, calendar: Calendar) -> Ints:
    """Index of the regime's knot on a day; later days keep the last one."""
    index = ((day - calendar.record_from) // KNOT_DAYS).astype(np.int64)
    return np.clip(index, 0, knot_count(calendar) - 1)


def read_clock(problem: Problem, first: int, last: int) -> Clock:
    """The dry/wet clock on the days first…last, both included, from the meetings begun before each day."""
    meetings, days = problem.record.meetings, np.arange(first, last + 1)
    since = np.full(len(days), 10**6)
    framing = np.zeros(len(days), dtype=np.int64)
    for start, end, kind in zip(meetings.started, meetings.ended, meetings.framing, strict=True):
        after = days > start
        since[after] = np.minimum(since[after], np.maximum(days[after] - end, 0))
        framing[after] = kind
    return Clock(first, since, framing, since <= problem.calendar.dry_after)


def pace_of(since: Ints) -> Ints:
    return np.maximum(np.searchsorted(np.array(PACE_FROM), since, side="right") - 1, 0)


def build_exposure(problem: Problem) -> Exposure:
    """Filter the observations and cut the record as known on ``problem.as_of``."""
    filtered = filter_states(problem.observations, problem.catalogue)
    record, lag = problem.record, problem.catalogue.lag
    clock = read_clock(problem, record.talks_span.first, record.talks_span.last)
    fresh, lagged = _news_days(problem, np.zeros_like(lag)), _news_days(problem, lag)
    dry = _talks_cells(problem, filtered, clock, ~clock.wet, fresh, np.zeros_like(lag))
    wet = _talks_cells(problem, filtered, clock, clock.wet, lagged, lag)
    contact = _recurrent_cells(problem, filtered, record.contacts, record.contact_span, fresh)
    crisis = _recurrent_cells(problem, filtered, record.crises, record.crisis_span, fresh)
    marks = _within(record.meetings.started, record.deal_span)
    day = record.meetings.started[marks]
    return Exposure(
        filtered=filtered,
        onset=dry,
        continuation=wet,
        contact=contact,
        crisis=crisis,
        mark_states=filtered.at(day - 1, day.astype(float)),
        marked=record.meetings.deal[marks].astype(float),
        mark_framing=record.meetings.framing[marks],
    )


def _within(day: Ints, span: Span) -> Bools:
    return (day >= span.first) & (day <= span.last)


def _news_days(problem: Problem, lag: Ints) -> Ints:
    """First days on which a row (or its replacement) can act."""
    rows = problem.observations
    delay = np.maximum(lag[rows.indicator], 1)
    begins = np.maximum(rows.entered, rows.since) + delay
    ends = (rows.until + delay)[rows.until < FOREVER]
    return np.unique(np.concatenate([begins, ends]))


def _cut(problem: Problem, span: Span, splits: Ints, changes: Ints) -> tuple[Ints, Ints]:
    """First day and length of the cells of a span, given days that must begin one."""
    n = max(span.last - span.first + 1, 0)
    if n == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    begins = np.zeros(n, dtype=bool)
    begins[0] = True
    begins[changes] = True
    inside = splits[_within(splits, span)] - span.first
    begins[inside] = True
    days = np.arange(span.first, span.last + 1)
    knot = knot_of(days, problem.calendar)
    begins[1:] |= knot[1:] != knot[:-1]
    begins |= (days - problem.calendar.record_from) % LONGEST_CELL == 0
    start = np.flatnonzero(begins)
    return start + span.first, np.diff(np.append(start, n))


def _changes(*series: Ints | Bools) -> Ints:
    """Positions at which any of the daily series differs from the day before."""
    return np.unique(np.concatenate([np.flatnonzero(s[1:] != s[:-1]) + 1 for s in series]))


def _states(filtered: FilteredStates, start: Ints, days: Ints, lag: Ints) -> States:
    """States at the middle of each cell, from rows known the day before it begins (less the lag)."""
    known = start[:, None] - np.maximum(lag, 1)[None, :]
    middle = (start + (days - 1) / 2)[:, None] - lag[None, :]
    return filtered.at(known, middle)


def _talks_cells(
    problem: Problem, filtered: FilteredStates, clock: Clock, exposed: Bools, news: Ints, lag: Ints
) -> Cells:
    """Cells of onset (while dry; counts per framing) or of continuation (while wet)."""
    record = problem.record
    pace = pace_of(clock.since)
    span = record.talks_span
    started = record.meetings.started[_within(record.meetings.started, span)]
    changes = _changes(clock.wet, clock.framing, np.where(clock.wet, pace, 0))
    start, days = _cut(problem, span, np.concatenate([news, started + 1]), changes)
    held = exposed[start - span.first] if len(start) else np.empty(0, dtype=bool)
    cell = np.searchsorted(start, record.meetings.started, side="right") - 1
    count = np.zeros((len(start), 2))
    inside = _within(record.meetings.started, span)
    np.add.at(count, (cell[inside], record.meetings.framing[inside]), 1)
    start, days, count = start[held], days[held], count[held]
    at = start - span.first
    return Cells(
        start=start,
        days=days.astype(float),
        count=count,
        states=_states(filtered, start, days, lag),
        knot=knot_of(start, problem.calendar),
        framing=clock.framing[at],
        pace=pace[at],
        recent=np.zeros(len(start), dtype=bool),
    )


def _recurrent_cells(problem: Problem, filtered: FilteredStates, events: Ints, span: Span, news: Ints) -> Cells:
    """Cells of contact or crisis, over dry and wet days alike."""
    days_of_span = np.arange(span.first, span.last + 1)
    recent_days = is_recent(days_of_span, events)
    splits = np.concatenate([news, events + 1])
    start, days = _cut(problem, span, splits, _changes(recent_days) if len(recent_days) else np.empty(0, np.int64))
    inside = events[_within(events, span)]
    cell = np.searchsorted(start, inside, side="right") - 1
    count = np.bincount(cell, minlength=len(start)).astype(float) if len(start) else np.empty(0)
    zero = np.zeros(len(start), dtype=np.int64)
    states = _states(filtered, start, days, np.zeros(problem.catalogue.size, dtype=np.int64))
    knot = knot_of(start, problem.calendar)
    return Cells(
        start=start,
        days=days.astype(float),
        count=count,
        states=states,
        knot=knot,
        framing=zero,
        pace=zero,
        recent=recent_days[start - span.first],
    )


def is_recent(day: Ints, events: Ints) -> Bools:
    """Whether an event began at most MOMENTUM_DAYS before each day, the day itself not counted."""
    last = np.searchsorted(events, day, side="left") - 1
    since = np.where(last >= 0, day - events[np.maximum(last, 0)] if len(events) else 10**6, 10**6)
    return since <= MOMENTUM_DAYS
