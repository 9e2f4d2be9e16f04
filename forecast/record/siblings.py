"""Targets and scenarios that go by one name, or nearly: their numbers differ, and why is said wherever both stand.

A target asks for at least one in the window, whatever else happens there; of the scenarios exactly one holds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from db.run_rows import ScenarioForecastRow, TargetForecastRow
from forecast.words.names import target_name
from forecast.words.numbers import percent, reach

SCENARIO_OF: Mapping[str, str] = {
    "arms_control_talks": "S2",
    "denuclearisation_talks": "S4",
    "deal": "S3",
    "contact": "S1",
    "crisis": "S5",
}
WHY = (
    "A target is at least one in the window, in any order; a scenario excludes the others: S2 and S4 go by the "
    "window's first meeting, where no limited deal follows (that is S3); S5 and S1 are without talks, S1 without a "
    "crisis too."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sibling:
    """A target beside the scenario of its name, over one window."""

    target: str
    scenario: str
    horizon_days: int | None
    deadline: date | None
    p_target: float
    p_scenario: float


def siblings_of(targets: Iterable[TargetForecastRow], scenarios: Iterable[ScenarioForecastRow]) -> tuple[Sibling, ...]:
    """Every pair of a run, window by window; the order of targets is kept."""
    said = {(row.scenario, row.horizon_days, row.deadline): row.probability for row in scenarios}
    known = (row for row in targets if row.target in SCENARIO_OF)
    return tuple(
        Sibling(
            target=row.target,
            scenario=SCENARIO_OF[row.target],
            horizon_days=row.horizon_days,
            deadline=row.deadline,
            p_target=row.mean,
            p_scenario=share,
        )
        for row in known
        if (share := said.get((SCENARIO_OF[row.target], row.horizon_days, row.deadline))) is not None
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
