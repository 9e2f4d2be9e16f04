"""How much a forecast leans on each of its sources: the priors, the judgements, the record, one indicator, one text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace

import numpy as np

from models.density import Density, normal_priors
from models.gradient import compile_density
from models.parameters import SOFTNESS, Parameters, pack
from models.spec import Bools, Floats, Ints, Judgements, Observations, Problem

PRIORS = "all priors"
JUDGEMENTS = "judgements"
RECORD = "record of events"
GROUPS = {
    "prior: orientation": ("weight",),
    "prior: unit, slope and tilt": ("log_unit", "slope", "tilt", "deviation"),
    "prior: silence and memory": ("soft_duration", "memory", "logit_change"),
    "prior: regime": ("regime_z",),
    "prior: judgement sd": ("log_judgement_sd",),
}
OTHER = "prior: rates and the rest"
POWERS = (0.99, 1.01)
"""Powers at which the change is measured, next to 1."""
NOTABLE = 0.05
"""Sensitivity from which on a component is said to lead a forecast."""
SHUFFLES = 20


@dataclass(frozen=True, slots=True)
class Scaled:
    """How quantities answer to the power of one component, each (quantity,)."""

    sensitivity: Floats
    noise: Floats  # what a component that has nothing to do with the quantity would reach, 95 % of the time
    slope: Floats  # change of the mean per doubling of the power, by its derivative

    @property
    def leads(self) -> Bools:
        return (self.sensitivity > NOTABLE) & (self.sensitivity > self.noise)


def log_components(density: Density, parameters: Parameters) -> Mapping[str, Floats]:
    """Log density of every draw by component, each (draw,) and up to a constant.

    Priors are densities of the parameters in their own units; the Jacobians of their coordinates belong to no
    component.
    """
    theta = pack(parameters, density.structure)
    prior = _log_priors(density, theta, parameters)
    judged = _log_judgements(density, theta, parameters.judgement_sd)
    value = compile_density(density)
    whole = np.array([value(row)[0] for row in theta])
    all_priors = np.sum(list(prior.values()), axis=0)
    record = whole - all_priors - judged - _log_jacobian(density, theta, parameters)
    return {PRIORS: all_priors, **prior, JUDGEMENTS: judged, RECORD: record}


def _log_jacobian(density: Density, theta: Floats, p: Parameters) -> Floats:
    """Of duration, change and judgement sd by their coordinates, (draw,)."""
    steep = np.log(-np.expm1(-p.duration / SOFTNESS))
    return np.asarray(steep + np.log(p.change) + np.log1p(-p.change) + theta[:, -1])


def _log_priors(density: Density, theta: Floats, p: Parameters) -> dict[str, Floats]:
    mean, sd = normal_priors(density)
    s, (yes, no) = density.layout.slices, density.reference.change
    (centre, spread), scale = density.reference.duration, density.structure.priors.judgement_sd[1]
    each = np.empty_like(theta)
    each[:, : len(mean)] = -0.5 * np.square((theta[:, : len(mean)] - mean) / sd)
    each[:, s["soft_duration"].start] = -0.5 * np.square((p.duration - centre) / spread)
    each[:, s["logit_change"].start] = (yes - 1) * np.log(p.change) + (no - 1) * np.log1p(-p.change)
    each[:, -1] = -0.5 * np.square(np.exp(theta[:, -1]) / scale)
    group_of = {name: group for group, names in GROUPS.items() for name in names}
    out = {group: np.zeros(len(theta)) for group in (*GROUPS, OTHER)}
    for name, where in s.items():
        out[group_of.get(name, OTHER)] += each[:, where].sum(axis=1)
    return out


def _log_judgements(density: Density, theta: Floats, sigma: Floats) -> Floats:
    block = density.judgements
    residual = (block.value - theta[:, density.layout.slices["weight"]] @ block.design.T) / sigma[:, None]
    return np.asarray(-len(block.value) * np.log(sigma) - 0.5 * np.square(residual).sum(axis=1))


def scale_power(values: Floats, log_density: Floats, seed: int) -> Scaled:
    """Power-scaling sensitivity of each quantity to a component of the posterior.

    The component is raised to a power near 1 and the draws are reweighted, their weights smoothed; the sensitivity is
    the gradient of the cumulative Jensen-Shannon distance over log2 of the power (Kallioinen et al. 2023,
    doi:10.1007/s11222-023-10366-5). A normal whose mean moves by a quarter of its standard deviation per doubling has
    about `NOTABLE`. The estimate is never below 0: what chance makes of it is found by shuffling the draws.

    Parameters
    ----------
    values : (draw, quantity), one per draw
    log_density : (draw,) of the component
    seed : of the shuffles
    """
    centred = log_density - log_density.mean()
    slope = np.log(2) * (values - values.mean(axis=0)).T @ centred / len(values)
    if np.ptp(log_density) == 0:
        return Scaled(np.zeros(len(slope)), np.zeros(len(slope)), slope)
    rng = np.random.default_rng([seed, 7])
    weights = _power_weights(log_density)
    shuffled = [_sensitivities(values, tuple(w[order] for w in weights)) for order in _shuffles(len(values), rng)]
    return Scaled(_sensitivities(values, weights), np.quantile(shuffled, 0.95, axis=0), slope)


def _power_weights(log_density: Floats) -> tuple[Floats, ...]:
    from arviz_stats.base import array_stats

    weights = [np.exp(array_stats.power_scale_lw(log_density, alpha=power)) for power in POWERS]
    return tuple(weight / weight.sum() for weight in weights)


def _shuffles(draws: int, rng: np.random.Generator) -> Iterator[Ints]:
    return (rng.permutation(draws) for _ in range(SHUFFLES))


def _sensitivities(values: Floats, weights: tuple[Floats, ...]) -> Floats:
    """Of each column of ``values``; one that does not vary cannot be moved."""
    from arviz_stats.base import array_stats

    lower, upper = (weight[None] for weight in weights)
    return np.array(
        [
            float(array_stats.power_scale_sense(column[None], lower, upper, *POWERS)) if np.ptp(column) > 0 else 0.0
            for column in values.T
        ]
    )


def without_indicator(problem: Problem, indicator: int) -> Problem:
    """The problem with nothing observed of an indicator and nothing said about it; shapes stay."""
    return replace(
        problem,
        observations=_kept(problem.observations, problem.observations.indicator != indicator),
        judgements=_kept(problem.judgements, problem.judgements.indicator != indicator),
    )


def without_document(problem: Problem, document: int) -> Problem:
    """The problem without the judgements of a document."""
    return replace(problem, judgements=_kept(problem.judgements, problem.judgements.document != document))


def _kept[R: (Observations, Judgements)](rows: R, keep: Bools) -> R:
    return type(rows)(**{item.name: getattr(rows, item.name)[keep] for item in fields(rows)})
