"""How windows resolve: labels against one walked day by day, targets against the days of their events."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problems import DAY, Meeting, make_problem

from models.outcomes import attested_through, events_of, outcomes, scenarios_of
from models.spec import SCENARIOS, TARGETS, Problem

LAST = 100
meetings_of = st.lists(st.tuples(st.integers(0, LAST), st.integers(0, 9), st.integers(0, 1), st.booleans()), max_size=8)
days_of = st.lists(st.integers(0, LAST), max_size=6)


def problem_of(drawn: list[tuple[int, int, int, bool]], contacts: list[int], crises: list[int]) -> Problem:
    ordered = sorted(drawn)
    meetings: list[Meeting] = [(start, start + length, framing) for start, length, framing, _ in ordered]
    return make_problem(meetings, contacts, crises, deals=[deal for *_, deal in ordered], days=LAST + 1)


def walk(problem: Problem, start: int, days: int) -> str:
    """The label by looking at every day of the window in turn."""
    record, first, seen = problem.record, "", set[str]()
    of_type = {"crisis": record.crises.tolist(), "contact": record.contacts.tolist()}
    m = record.meetings
    begun = list(zip(m.started.tolist(), m.framing.tolist(), m.deal.tolist(), strict=True))
    for day in range(start + 1, start + days + 1):
        for _, framing, deal in (meeting for meeting in begun if meeting[0] == day):
            first = first or ("S2", "S4")[framing]
            seen |= {"deal"} if deal else set()
        seen |= {name for name, on in of_type.items() if day in on}
    if "deal" in seen:
        return "S3"
    return first or ("S5" if "crisis" in seen else "S1" if "contact" in seen else "S0")


@settings(max_examples=60, deadline=None)
@given(meetings=meetings_of, contacts=days_of, crises=days_of, days=st.integers(1, 40))
def test_labels_are_those_of_a_walk_through_the_days(
    meetings: list[tuple[int, int, int, bool]], contacts: list[int], crises: list[int], days: int
) -> None:
    problem = problem_of(meetings, contacts, crises)
    starts = np.arange(DAY - 5, DAY + LAST - days + 1)
    found = [SCENARIOS[label] for label in scenarios_of(problem.record, starts, days)]
    assert found == [walk(problem, start, days) for start in starts]


@settings(max_examples=40, deadline=None)
@given(meetings=meetings_of, contacts=days_of, crises=days_of, days=st.integers(1, 40))
def test_labels_and_targets_tell_one_story(
    meetings: list[tuple[int, int, int, bool]], contacts: list[int], crises: list[int], days: int
) -> None:
    problem = problem_of(meetings, contacts, crises)
    starts = np.arange(DAY, DAY + LAST - days + 1)
    label = np.array(SCENARIOS)[scenarios_of(problem.record, starts, days)]
    came = {target: outcomes(events_of(problem, target)[0], starts, days) for target in TARGETS}
    assert np.array_equal(np.isin(label, ("S2", "S3", "S4")), came["limits_talks"])
    assert np.array_equal(label == "S3", came["deal"])
    assert np.array_equal(came["limits_talks"], came["arms_control_talks"] | came["denuclearisation_talks"])
    assert np.all(came["arms_control_talks"][label == "S2"])
    assert np.all(came["denuclearisation_talks"][label == "S4"])
    assert np.all(came["crisis"][label == "S5"])
    assert not np.any(came["crisis"][np.isin(label, ("S0", "S1"))])
    assert not np.any(came["contact"][label == "S0"])


@pytest.mark.parametrize(
    ("meetings", "deals", "contacts", "crises", "label"),
    [
        ([], [], [], [], "S0"),
        ([], [], [10], [], "S1"),
        ([], [], [10], [12], "S5"),
        ([(20, 22, 0)], [False], [10], [12], "S2"),
        ([(20, 22, 1), (25, 25, 0)], [False, False], [], [], "S4"),
        ([(20, 22, 1), (25, 25, 0)], [False, True], [], [12], "S3"),  # a deal marks the second meeting
        ([(20, 22, 0), (31, 31, 0)], [False, True], [], [], "S2"),  # the deal's meeting begins after the window
        ([(0, 40, 1), (20, 22, 0)], [True, False], [], [], "S2"),  # the deal's meeting had begun before it
        ([(0, 40, 1)], [True], [], [], "S0"),  # and goes on through it
        ([(30, 99, 1)], [False], [], [], "S4"),  # the last day counts
    ],
)
def test_labels_in_their_order(
    meetings: list[Meeting], deals: list[bool], contacts: list[int], crises: list[int], label: str
) -> None:
    """Of the window of thirty days after the first."""
    record = make_problem(meetings, contacts, crises, deals=deals).record
    assert SCENARIOS[scenarios_of(record, np.array([DAY]), 30)[0]] == label


def test_the_record_is_attested_as_far_as_its_laggard() -> None:
    record = make_problem(days=500).record
    for name in ("talks_span", "contact_span", "crisis_span", "deal_span"):
        behind = replace(record, **{name: replace(getattr(record, name), last=DAY + 7)})
        assert attested_through(behind) == DAY + 7
    assert attested_through(record) == DAY + 499
