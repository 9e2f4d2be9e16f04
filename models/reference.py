"""Documents only: what the texts alone would make of the base rate."""

import numpy as np

from models.baselines import RECENCY_HALF_LIFE
from models.density import Density
from models.exposure import Cells
from models.parameters import K, Parameters
from models.processes import BASES, EFFECT
from models.spec import FRAMINGS, Floats, Problem
from models.structure import ORIENTATION

HALF_NORMAL_MEDIAN = 0.6745


def documents_only_parameters(problem: Problem, density: Density, draws: int, seed: int) -> Parameters:
    """Effects drawn from orientation prior and judgements; no event informs them.

    Rates are such that the average intensity over the record, recent years weighing more for talks, is the base rate.
    """
    rng = np.random.default_rng([seed, 2])
    priors, n = density.structure.priors, density.layout.indicators
    weight = _weights(density, draws, rng)
    unit = np.exp(priors.log_unit[0] + priors.log_unit[1] * rng.standard_normal(draws))
    fraction = priors.fraction[0] + priors.fraction[1] * rng.standard_normal(draws)
    effect = unit[:, None, None] * weight.reshape(draws, K, n)
    nothing = np.zeros((draws, 2))
    return Parameters(
        weight=weight.reshape(draws, K, n),
        unit=unit,
        base=_bases(problem, density, effect, fraction, RECENCY_HALF_LIFE),
        pace=nothing,
        fraction=fraction,
        momentum=nothing,
        regime_z=np.zeros((draws, density.layout.knots)),
        judgement_sd=np.full(draws, priors.judgement_sd[0]),
    )


def constant_rates(problem: Problem, density: Density) -> Parameters:
    """Constant rates, one draw: of talks while dry by framing, of meetings while wet, of contacts, crises, deals."""
    effect, nothing = np.zeros((1, K, density.layout.indicators)), np.zeros((1, 2))
    none, one = np.zeros(1), np.ones(1)
    bases = _bases(problem, density, effect, none, np.inf)
    return Parameters(
        weight=effect,
        unit=one,
        base=bases,
        pace=nothing,
        fraction=none,
        momentum=nothing,
        regime_z=np.zeros((1, density.layout.knots)),
        judgement_sd=one,
    )


def _weights(density: Density, draws: int, rng: np.random.Generator) -> Floats:
    """Exact normal posterior of the weights given the judgements alone, (draw, target * indicator)."""
    priors, block = density.structure.priors, density.judgements
    sigma = priors.judgement_sd[0] + HALF_NORMAL_MEDIAN * priors.judgement_sd[1]
    prior = np.repeat(ORIENTATION, density.layout.indicators)
    precision = np.eye(len(prior)) / priors.weight_sd**2 + block.design.T @ block.design / sigma**2
    mean = np.linalg.solve(precision, prior / priors.weight_sd**2 + block.design.T @ block.value / sigma**2)
    root = np.linalg.cholesky(precision)
    return np.asarray(mean + np.linalg.solve(root.T, rng.standard_normal((len(prior), draws))).T)


def _bases(problem: Problem, density: Density, effect: Floats, fraction: Floats, half_life: float) -> Floats:
    """Intercepts at which the average of each intensity over the record equals its observed rate, (draw, base).

    ``half_life`` in days is of the weights of the years of talks.
    """
    exposure = density.exposure
    out = np.empty((len(effect), len(BASES)))
    for k in range(len(FRAMINGS)):
        out[:, k] = _level(problem, exposure.onset, exposure.onset.count[:, k], effect[:, k], half_life)
    wet = exposure.continuation
    led = np.where(wet.framing == 0, effect[:, 0] @ wet.states.mean.T, effect[:, 1] @ wet.states.mean.T)
    out[:, 2] = _rate(problem, wet, wet.count.sum(axis=1), fraction[:, None] * led, half_life)
    out[:, 3] = _level(problem, exposure.contact, exposure.contact.count, effect[:, EFFECT["contact"]], np.inf)
    out[:, 4] = _level(problem, exposure.crisis, exposure.crisis.count, effect[:, EFFECT["crisis"]], np.inf)
    share = (exposure.marked.sum() + 0.5) / (len(exposure.marked) + 1.0)
    centre = exposure.mark_states.mean.mean(axis=0) if len(exposure.marked) else np.zeros(effect.shape[2])
    out[:, 5] = np.log(share / (1 - share)) - effect[:, EFFECT["deal"]] @ centre
    return out


def _level(problem: Problem, cells: Cells, count: Floats, effect: Floats, half_life: float) -> Floats:
    return _rate(problem, cells, count, effect @ cells.states.mean.T, half_life)


def _rate(problem: Problem, cells: Cells, count: Floats, eta: Floats, half_life: float) -> Floats:
    """log(rate) - log(average of exp(eta)), (draw,), both over the exposure as weighted."""
    weight = np.exp2(-(problem.as_of - cells.start) / half_life)
    exposure = weight * cells.days
    rate = (float(weight @ count) + 0.5) / (float(exposure.sum()) + 365.25)
    if exposure.sum() == 0:
        return np.full(len(eta), np.log(rate))
    return np.asarray(np.log(rate) - np.log(np.exp(eta) @ exposure / exposure.sum()))
