"""Targets and scenarios that go by one name, or nearly: their numbers differ, and why is said wherever both stand.

A target asks for at least one in the window, whatever else happens there; of the scenarios exactly one holds.
"""

from collections.abc import Iterable
from datetime import date

from forecast.facts.reasons import SCENARIO_OF, Sibling
from forecast.words.names import target_name
from forecast.words.numbers import percent, reach

WHY = (
    "A target is at least one in the window, in any order; a scenario excludes the others: S2 and S4 go by the "
    "window's first meeting, where no limited deal follows (that is S3); S5 and S1 are without talks, S1 without a "
    "crisis too."
)


def differing(siblings: Iterable[Sibling], headline: str) -> tuple[Sibling, ...]:
    """Those of the longest rolling window whose numbers differ as shown, the headline first."""
    found = list(siblings)
    if not found:
        return ()
    last = max(found, key=lambda one: (one.horizon_days or 0, one.deadline or date.min))  # without one, a deadline
    window = (last.horizon_days, last.deadline)
    shown = [
        one
        for one in found
        if (one.horizon_days, one.deadline) == window and percent(one.p_target) != percent(one.p_scenario)
    ]
    order = list(SCENARIO_OF)
    return tuple(sorted(shown, key=lambda one: (one.target != headline, order.index(one.target))))


def siblings_sentence(siblings: Iterable[Sibling], headline: str) -> str:
    """Why they differ, and by how much; "" where no two numbers do."""
    shown = differing(siblings, headline)
    if not shown:
        return ""
    listed = "; ".join(
        f"{target_name(one.target)} {percent(one.p_target)}, {one.scenario} {percent(one.p_scenario)}" for one in shown
    )
    return f"{WHY} {reach(shown[0]).capitalize()}: {listed}."
