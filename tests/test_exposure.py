"""The record cut into cells: every day once, every event once, and nothing known before it was."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problems import DAY, Meeting, Solved, make_catalogue, make_observations, make_problem

from models.exposure import LONGEST_CELL, Cells, build_exposure, is_recent, knot_of, pace_of, read_clock
from models.spec import Problem

NEWS = make_observations([(0, 100, 103, 2.0, 0.3), (1, 200, 250, -1.0, 0.3), (1, 500, 500, 1.0, 0.3)])

starts = st.lists(
    st.tuples(st.integers(-200, 999), st.integers(0, 20), st.integers(0, 1)), max_size=12, unique_by=lambda m: m[0]
).map(lambda drawn: [(first, first + length, framing) for first, length, framing in drawn])
days_of = st.lists(st.integers(-50, 999), max_size=10, unique=True)


def _covered(*parts: Cells) -> list[int]:
    """Every day of all cells, sorted."""
    return sorted(
        day
        for part in parts
        for start, n in zip(part.start, part.days, strict=True)
        for day in range(start, start + int(n))
    )


def _dry_by_hand(problem: Problem, day: int) -> bool:
    """No meeting begun before the day is under way or ended in the last 90 days."""
    m = problem.record.meetings
    return all(day - end > 90 for start, end in zip(m.started, m.ended, strict=True) if start < day)


@settings(max_examples=40, deadline=None)
@given(meetings=starts, contacts=days_of, crises=days_of, attested=st.integers(0, 999))
def test_cells_hold_every_day_and_every_event_once(
    meetings: list[Meeting], contacts: list[int], crises: list[int], attested: int
) -> None:
    problem = make_problem(meetings, contacts, crises, attested=attested, observations=NEWS)
    cells = build_exposure(problem)
    span = list(range(DAY, DAY + attested + 1))
    assert _covered(cells.onset, cells.continuation) == span
    assert _covered(cells.contact) == span
    assert _covered(cells.crisis) == span
    within = [m for m in meetings if 0 <= m[0] <= attested]
    assert cells.onset.count.sum() + cells.continuation.count.sum() == len(within)
    for framing in range(2):
        counted = cells.onset.count[:, framing].sum() + cells.continuation.count[:, framing].sum()
        assert counted == sum(m[2] == framing for m in within)
    assert cells.contact.count.sum() == sum(0 <= day <= attested for day in contacts)
    assert cells.crisis.count.sum() == sum(0 <= day <= attested for day in crises)
    for part in (cells.onset, cells.continuation, cells.contact, cells.crisis):
        assert np.all((part.days >= 1) & (part.days <= LONGEST_CELL))


@settings(max_examples=30, deadline=None)
@given(meetings=starts)
def test_a_day_is_dry_unless_a_meeting_ended_in_the_last_ninety(meetings: list[Meeting]) -> None:
    problem = make_problem(meetings)
    cells = build_exposure(problem)
    assert _covered(cells.onset) == [day for day in range(DAY, DAY + 1000) if _dry_by_hand(problem, day)]


@pytest.mark.parametrize(("gap", "wet"), [(1, True), (90, True), (91, False), (300, False)])
def test_ninety_days_after_a_meeting_is_wet_and_ninety_one_dry(gap: int, wet: bool) -> None:
    problem = make_problem([(100, 104, 0), (104 + gap, 104 + gap, 1)])
    cells = build_exposure(problem)
    assert cells.continuation.count.sum() == wet
    assert cells.onset.count.sum() == 1 + (not wet)
    clock = read_clock(problem, DAY + 104 + gap, DAY + 104 + gap)
    assert (clock.since[0], clock.wet[0], clock.framing[0]) == (gap, wet, 0)


def test_a_meeting_under_way_is_wet_from_its_second_day() -> None:
    clock = read_clock(make_problem([(100, 110, 1)]), DAY + 100, DAY + 112)
    assert list(clock.wet) == [False] + [True] * 12
    assert list(clock.since[1:]) == [0] * 10 + [1, 2]
    assert list(pace_of(np.array([0, 1, 14, 15, 45, 46, 90]))) == [0, 0, 0, 1, 1, 2, 2]


def test_an_event_before_the_record_only_sets_the_clock() -> None:
    """T1992-01 of the shipped case: no exposure, no count, but wet days at the start of the record."""
    problem = make_problem([(-40, -30, 1)], [-5], [-5])
    cells = build_exposure(problem)
    for part in (cells.onset, cells.continuation, cells.contact, cells.crisis):
        assert part.count.sum() == 0
    assert _covered(cells.continuation) == list(range(DAY, DAY + 61))
    assert np.all(cells.continuation.framing == 1)
    assert cells.contact.days[cells.contact.recent].sum() == 86
    assert len(cells.deals.marked) == 0


def test_exposure_ends_where_completeness_ends() -> None:
    problem = make_problem([(100, 100, 0), (700, 700, 0)], [650], attested=600)
    cells = build_exposure(problem)
    assert max(_covered(cells.onset, cells.continuation)) == DAY + 600
    assert cells.onset.count.sum() == 1
    assert cells.contact.count.sum() == 0
    assert cells.deals.marked.shape == (1,)


def test_an_empty_span_has_no_cells() -> None:
    cells = build_exposure(make_problem([(100, 100, 0)], attested=-1))
    assert _covered(cells.onset, cells.continuation, cells.contact, cells.crisis) == []


def test_cells_begin_the_day_after_news_and_use_nothing_younger() -> None:
    """Onset acts on what was known the day before; a row known on day 103 first acts on day 104."""
    problem = make_problem(observations=NEWS)
    onset = build_exposure(problem).onset
    assert {DAY + 104, DAY + 251, DAY + 501} <= set(onset.start)
    active = onset.states.active[:, 0]
    assert np.array_equal(active, onset.start >= DAY + 104)
    now = np.flatnonzero(onset.start == DAY + 501)[0]
    assert np.sign(onset.states.mean[[now - 1, now], 1]).tolist() == [-1.0, 1.0]


def test_states_are_those_of_the_middle_of_the_cell() -> None:
    problem = make_problem(observations=NEWS)
    cells = build_exposure(problem)
    start, days = cells.onset.start, cells.onset.days
    expected = cells.filtered.at(start - 1, start + (days - 1) / 2)
    assert cells.onset.states.mean.tobytes() == expected.mean.tobytes()


@pytest.mark.parametrize("lag", [0, 1, 30, 75])
def test_continuation_sees_an_indicator_with_its_lag(lag: int) -> None:
    catalogue = make_catalogue([False], [180.0], [lag])
    problem = make_problem(
        [(0, 0, 0), (80, 80, 0), (160, 160, 0)],
        observations=make_observations([(0, 60, 60, 2.0, 0.3)]),
        catalogue=catalogue,
    )
    wet = build_exposure(problem).continuation
    first_use = DAY + 60 + max(lag, 1)
    assert np.array_equal(wet.states.active[:, 0], wet.start >= first_use)
    assert first_use in wet.start


def test_a_retraction_splits_cells_too() -> None:
    rows = make_observations([(1, 50, 50, 2.0, 0.3)], until=[300])
    onset = build_exposure(make_problem(observations=rows)).onset
    assert np.array_equal(onset.states.active[:, 1], (onset.start > DAY + 50) & (onset.start <= DAY + 300))


def test_later_rows_leave_earlier_cells_alone() -> None:
    problem = make_problem([(100, 100, 0)], [300], observations=NEWS)
    more = make_observations(
        [(0, 100, 103, 2.0, 0.3), (1, 200, 250, -1.0, 0.3), (1, 500, 500, 1.0, 0.3), (0, 10, 700, -2.0, 0.1)]
    )
    before, after = (build_exposure(p).onset for p in (problem, replace(problem, observations=more)))
    old = before.start < DAY + 700
    same = np.isin(after.start, before.start[old])
    assert np.array_equal(after.states.mean[same], before.states.mean[old])


def test_momentum_lasts_ninety_days_and_not_on_the_day_itself() -> None:
    days = np.array([99, 100, 101, 190, 191])
    assert is_recent(days, np.array([100])).tolist() == [False, False, True, True, False]
    assert is_recent(days, np.empty(0, dtype=np.int64)).tolist() == [False] * 5


def test_knots_are_years_from_the_beginning_of_the_record() -> None:
    calendar = make_problem().calendar
    days = DAY + np.array([0, 365, 366, 2999, 5000])
    assert knot_of(days, calendar).tolist() == [0, 0, 1, 8, 8]


def test_the_shipped_record_has_the_facts_its_quality_report_states(solved_shipped: Solved) -> None:
    """113 meetings, the first of which, T1992-01, only sets the clock; 21 beginnings after at least 90 dry days."""
    problem = solved_shipped.problem
    cells, meetings = solved_shipped.fit.density.exposure, problem.record.meetings
    assert cells.onset.count.sum() == 21
    assert cells.onset.count.sum() + cells.continuation.count.sum() == 112
    assert (cells.contact.count.sum(), cells.crisis.count.sum(), cells.deals.marked.sum()) == (72, 17, 7)
    assert len(meetings.started) == 113
    assert date.fromordinal(int(meetings.ended[-1])) == date(2019, 10, 5)
    span = problem.record.talks_span
    assert (date.fromordinal(span.first), date.fromordinal(span.last)) == (date(1993, 1, 1), date(2026, 10, 10))
    assert cells.onset.days.sum() + cells.continuation.days.sum() == span.last - span.first + 1
