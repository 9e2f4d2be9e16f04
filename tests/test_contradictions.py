"""Which codings contradict each other: the rule, whatever the rows and their order."""

import itertools
import random
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from db.rows import NewObservation
from indicators.disagreements import disagreements_with, find_disagreements


def _coding(level: float, day: int, origin: str, analyst: str) -> NewObservation:
    return NewObservation(
        case_id="toy",
        indicator_id="press_tone",
        observed_on=date(2020, 1, 1) + timedelta(days=day),
        known_on=date(2020, 2, 1),
        level=level,
        source_title="Leader",
        source_publisher="",
        source_url="",
        origin=origin,
        reliability="B",
        credibility=2,
        analyst=analyst,
        note="",
    )


coding_rows = st.lists(
    st.builds(
        _coding,
        st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0]),
        st.integers(0, 3),
        st.sampled_from(["", "", "wire-1", "wire-2"]),
        st.sampled_from(["kim", "lee", "mori"]),
    ),
    max_size=9,
)


@given(coding_rows, st.randoms(use_true_random=False))
def test_two_codings_share_a_disagreement_if_and_only_if_they_contradict_each_other(
    rows: list[NewObservation], order: random.Random
) -> None:
    """And neither the order of the rows nor a third coding hides one."""
    found = find_disagreements(rows)
    together = [set(map(id, one.codings)) for one in found]
    for one, other in itertools.combinations(rows, 2):
        related = one.observed_on == other.observed_on or (one.origin and one.origin == other.origin)
        if related and abs(one.level - other.level) >= 2:
            assert any({id(one), id(other)} <= members for members in together)
    for group in found:
        days, origins = {each.observed_on for each in group.codings}, {each.origin for each in group.codings}
        assert len(days) == 1 or (len(origins) == 1 and "" not in origins)
        levels = [each.level for each in group.codings]
        assert levels == sorted(levels, reverse=True)
        assert levels[0] - levels[-1] == group.levels_apart >= 2
    shuffled = order.sample(rows, len(rows))
    assert find_disagreements(shuffled) == found
    assert not any(within < whole for within, whole in itertools.permutations(together, 2))


@given(coding_rows, coding_rows)
def test_an_entry_is_told_of_the_disagreements_it_takes_part_in(
    rows: list[NewObservation], entries: list[NewObservation]
) -> None:
    fresh = [replace(each) for each in entries]
    mine = set(map(id, fresh))
    told = disagreements_with(fresh, rows)
    expected = [one for one in find_disagreements([*rows, *fresh]) if mine & set(map(id, one.codings))]
    assert {frozenset(map(id, one.codings)) for one in told} == {frozenset(map(id, one.codings)) for one in expected}
