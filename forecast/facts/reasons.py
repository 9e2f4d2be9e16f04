"""Why numbers differ: from their base rates, and from the scenarios of their names; what events taught."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from db.run_rows import ScenarioForecastRow, TargetForecastRow

TALKS = ("arms_control_talks", "denuclearisation_talks", "limits_talks")


@dataclass(frozen=True, slots=True)
class Weight:
    """By what factor an indicator's present level multiplies the rate, against a neutral one."""

    indicator_id: str
    name: str
    level: float
    """The present one, from −2 to +2."""
    factor: float
    taught: float | None = None
    """The share of the effect that events taught; None where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A forecast that is far from its base rate, and the facts behind it."""

    target: str
    horizon_days: int | None
    deadline: date | None
    mean: float
    base_rate: float
    documents_only: float | None
    history_only: float | None
    events: int
    """On record up to the as-of date."""
    since: date | None
    """From when on they are attested."""
    last_on: date | None
    days: int | None
    """From the last one to the as-of date."""
    levels: float | None
    """Factor of all present levels on the rate (of a deal: on its odds), by posterior means; None without effects."""
    weights: tuple[Weight, ...]
    """The indicators that move it most that way."""
    talks: float | None
    """Of a deal, which takes a meeting: the probability of talks of any framing in the window."""
    since_talks: int | None = None
    """Of talks and deals while talks are under way: days since the last meeting of any framing ended."""

    @property
    def factor(self) -> float:
        return self.mean / self.base_rate


SCENARIO_OF: Mapping[str, str] = {
    "arms_control_talks": "S2",
    "denuclearisation_talks": "S4",
    "deal": "S3",
    "contact": "S1",
    "crisis": "S5",
}


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


LEAST = 0.05
"""Of a smaller share it is said that documents have set the effect: what is left may be noise of the draws."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """The effect of an indicator on a target, per level, and the share of it that events taught."""

    target: str
    indicator_id: str
    mean: float
    """Log rate per level; of a deal log odds."""
    sd: float
    events_taught: float | None
    """None where the run keeps no effect by the documents alone."""


def share_taught(documents_sd: float, posterior_sd: float) -> float | None:
    """The share of the variance that events removed; None where there was none."""
    if documents_sd == 0:
        return None
    return min(max(1 - (posterior_sd / documents_sd) ** 2, 0.0), 1.0)


def taught_on(effects: Iterable[Taught], target: str) -> Mapping[str, Taught]:
    """The effects on one target, by indicator."""
    return {one.indicator_id: one for one in effects if one.target == target}
