"""Every change of the model that was tried, as forecasters: of its structure and priors, or of what it is told."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from forecast.evaluation.forecasters import Forecaster, LaplaceModel
from models.spec import FOREVER, Bools, Catalogue, Forecast, Ints, Judgements, Observations, Problem
from models.states import filter_states
from models.structure import Structure

PRODUCT_SD = 0.3
PRODUCT_HALF_LIFE = 365.0


@dataclass(frozen=True, slots=True)
class Changed:
    """The model told something else: a change of the problem, by name."""

    change: str
    model: Forecaster

    def __call__(self, problem: Problem) -> Forecast:
        return self.model(CHANGES[self.change](problem))


def candidates(start: Structure | None = None) -> dict[str, Forecaster]:
    """Changes of one thing at a time from ``start``, and a few of two."""
    start = start or Structure()

    def prior(**changes: object) -> LaplaceModel:
        return LaplaceModel(replace(start, priors=replace(start.priors, **changes)))  # type: ignore[arg-type]

    unit = {f"unit {u}": prior(log_unit=(float(np.log(u)), 0.5)) for u in (0.03, 0.05, 0.2)}
    changed = {name: Changed(name, LaplaceModel(start)) for name in CHANGES}
    return {
        "start": LaplaceModel(start),
        "no indicators": LaplaceModel(replace(start, indicators=False)),
        "continuation without indicators": LaplaceModel(replace(start, continuation_effect=False)),
        "continuation with the whole effect": prior(fraction=(1.0, 0.01)),
        **unit,
        "no regime": LaplaceModel(replace(start, regime=False)),
        "regime sd 1.0": prior(regime_sd=1.0),
        "regime sd 1.4": prior(regime_sd=1.4),
        "regime e-folding 2 years": prior(regime_years=2.0),
        "regime sd 1.0, e-folding 2 years": prior(regime_sd=1.0, regime_years=2.0),
        "regime sd 1.0, e-folding 8 years": prior(regime_sd=1.0, regime_years=8.0),
        "regime at two scales": prior(fast_sd=0.7),
        "regime not in contact": LaplaceModel(replace(start, contact_regime=False)),
        "regime not in contact, sd 1.0": LaplaceModel(
            replace(start, contact_regime=False, priors=replace(start.priors, regime_sd=1.0))
        ),
        "regime not in contact, sd 1.4": LaplaceModel(
            replace(start, contact_regime=False, priors=replace(start.priors, regime_sd=1.4))
        ),
        "no indicators, regime not in contact, sd 1.0": LaplaceModel(
            replace(start, indicators=False, contact_regime=False, priors=replace(start.priors, regime_sd=1.0))
        ),
        "moment term": LaplaceModel(replace(start, moment_term=True)),
        **changed,
    }


def half_lives(problem: Problem, factor: float) -> Problem:
    """Every half-life times a factor."""
    return replace(problem, catalogue=replace(problem.catalogue, half_life=problem.catalogue.half_life * factor))


def slow_and_fast(problem: Problem, name: str = "dprk_weapons_testing", factor: float = 6.0) -> Problem:
    """An indicator twice, its copy remembering longer; each holds half the precision."""
    if name not in problem.catalogue.names:
        return problem
    rows, said = problem.observations, problem.judgements
    i, size = problem.catalogue.names.index(name), problem.catalogue.size
    mine = rows.indicator == i
    doubled = replace(rows, variance=np.where(mine, 2 * rows.variance, rows.variance))
    half_life = float(problem.catalogue.half_life[i]) * factor
    copied = _append_rows(doubled, mine, np.full(int(mine.sum()), size))
    judged = said.indicator == i
    return replace(
        problem,
        catalogue=_with_indicator(problem.catalogue, f"{name}, slow", bool(problem.catalogue.fades[i]), half_life),
        observations=copied,
        judgements=Judgements(
            np.append(said.document, said.document[judged]),
            np.append(said.indicator, np.full(int(judged.sum()), size)),
            np.append(said.target, said.target[judged]),
            np.append(said.weight, said.weight[judged]),
            np.append(said.explicit, said.explicit[judged]),
        ),
    )


def product(problem: Problem, one: str, other: str) -> Problem:
    """A new indicator: half the product of two filtered levels, read whenever either is observed."""
    names = problem.catalogue.names
    if one not in names or other not in names:
        return problem
    pair = np.array([names.index(one), names.index(other)])
    rows = problem.observations
    mine = np.flatnonzero(np.isin(rows.indicator, pair) & (rows.until == FOREVER))
    days = np.unique(np.maximum(rows.entered, rows.since)[mine])
    states = filter_states(rows, problem.catalogue).at(days, days.astype(float))
    both = states.active[:, pair].all(axis=1)
    level = states.mean[both][:, pair].prod(axis=1) / 2
    n, size = int(both.sum()), problem.catalogue.size
    return replace(
        problem,
        catalogue=_with_indicator(problem.catalogue, f"{one} × {other}", False, PRODUCT_HALF_LIFE),
        observations=Observations(
            indicator=np.append(rows.indicator, np.full(n, size)),
            observed=np.append(rows.observed, days[both]),
            entered=np.append(rows.entered, days[both]),
            since=np.append(rows.since, days[both]),
            until=np.append(rows.until, np.full(n, FOREVER)),
            level=np.append(rows.level, level),
            variance=np.append(rows.variance, np.full(n, PRODUCT_SD**2)),
        ),
    )


def _with_indicator(catalogue: Catalogue, name: str, fades: bool, half_life: float) -> Catalogue:
    return Catalogue(
        (*catalogue.names, name),
        np.append(catalogue.fades, fades),
        np.append(catalogue.half_life, half_life),
        np.append(catalogue.lag, 0),
    )


def _append_rows(rows: Observations, mine: Bools, indicator: Ints) -> Observations:
    columns = {name: getattr(rows, name) for name in Observations.__slots__}
    copied = {name: np.append(values, values[mine]) for name, values in columns.items()}
    copied["indicator"] = np.append(rows.indicator, indicator)
    return Observations(**copied)


CHANGES: dict[str, Callable[[Problem], Problem]] = {
    "half-lives halved": lambda problem: half_lives(problem, 0.5),
    "half-lives doubled": lambda problem: half_lives(problem, 2.0),
    "weapons tests at two half-lives": slow_and_fast,
    "recognition × formal goal": lambda problem: product(problem, "us_nuclear_recognition", "us_formal_goal"),
    "war × arms income": lambda problem: product(problem, "ukraine_war_state", "russian_arms_income_decline"),
}
