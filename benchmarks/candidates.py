"""Structures that are compared: those of the choice in docs/choice.md, and changes of one thing of what is built.

A structure by its name. The first model is none of them: its forecasts are kept in `benchmarks/first_model.nc`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from forecast.evaluation.forecasters import Forecaster, LaplaceModel
from models.assumptions import assumptions, own_reference, with_priors
from models.spec import FOREVER, Bools, Catalogue, Forecast, Ints, Judgements, Observations, Problem
from models.states import filter_states
from models.structure import Structure

AS_BUILT = "as built"
FIXED = 1e-3
"""Standard deviation, per level or of a share, of what a structure holds fixed: parameters keep their shapes."""
PRODUCT_SD = 0.3
PRODUCT_HALF_LIFE = 365.0


@dataclass(frozen=True, slots=True)
class Changed:
    """The model told something else: a change of the problem, by name."""

    change: str
    model: Forecaster

    def __call__(self, problem: Problem) -> Forecast:
        return self.model(CHANGES[self.change](problem))


def candidates() -> dict[str, Structure]:
    """The structures that docs/choice.md compares, by the names it gives them."""
    return {
        AS_BUILT: Structure(),
        "A2": with_priors(Structure(duration=False), slope=(0.1, FIXED), tilt=(0.1, FIXED), deviation_sd=0.1),
        "D17": with_priors(Structure(duration=False), deviation_sd=FIXED),
        "D11": with_priors(Structure(reference=own_reference()), deviation_sd=FIXED),
        "no indicators": Structure(indicators=False),
    }


def other_structures() -> dict[str, Structure]:
    """What is built with one choice changed that no sensitivity is told of: of its parts and their reach."""
    built = Structure()
    return {
        "no memory": replace(built, memory=False),
        "no regime": replace(built, regime=False),
        "regime e-folding 2 years": with_priors(built, regime_years=2.0),
        "regime e-folding 8 years": with_priors(built, regime_years=8.0),
        "regime not in contact": replace(built, contact_regime=False),
        "continuation without indicators": replace(built, continuation_effect=False),
        "continuation with the whole effect": with_priors(built, fraction=(1.0, FIXED)),
        "moment term": replace(built, moment_term=True),
    }


def variants() -> dict[str, Forecaster]:
    """One change each of what is built, as forecasters: of its structure, or of what it is told."""
    structures = assumptions() | other_structures()
    told = {name: Changed(name, LaplaceModel(Structure())) for name in CHANGES}
    return {**{name: LaplaceModel(structure) for name, structure in structures.items()}, **told}


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


CHANGES: Mapping[str, Callable[[Problem], Problem]] = {
    "half-lives halved": lambda problem: half_lives(problem, 0.5),
    "half-lives doubled": lambda problem: half_lives(problem, 2.0),
    "weapons tests at two half-lives": slow_and_fast,
    "recognition × formal goal": lambda problem: product(problem, "us_nuclear_recognition", "us_formal_goal"),
    "war × arms income": lambda problem: product(problem, "ukraine_war_state", "russian_arms_income_decline"),
}
