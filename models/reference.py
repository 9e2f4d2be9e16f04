"""Documents only: what the texts alone would make of the base rate."""

from dataclasses import replace

import numpy as np

from models.baselines import RECENCY_HALF_LIFE
from models.density import Density
from models.exposure import Cells
from models.parameters import F, K, Parameters, draw_durations
from models.parts import shortness
from models.processes import BASE, BASES, EFFECT, RECURRENT
from models.spec import Floats, Problem
from models.structure import said_of_weights


def documents_only_parameters(problem: Problem, density: Density, draws: int, seed: int) -> Parameters:
    """Effects drawn from orientation prior and judgements; no event informs them.

    Rates are such that the average intensity over the record, recent years weighing more for talks, is the base rate.
    """
    rng = np.random.default_rng([seed, 2])
    drawn = _draw_said(density, draws, rng)
    base = _bases(problem, density, drawn, RECENCY_HALF_LIFE)
    base[:, BASE["framing"]] = _draw(density.structure.priors.later_base[0], draws, rng)
    return replace(drawn, base=base)


def draw_said(density: Density, draws: int, seed: int) -> Parameters:
    """The same draws with bases of zero: where only effects are asked for."""
    return _draw_said(density, draws, np.random.default_rng([seed, 2]))


def _draw_said(density: Density, draws: int, rng: np.random.Generator) -> Parameters:
    priors, n, size = density.structure.priors, density.layout.indicators, density.layout.knots
    mean, root = said_of_weights(density.judgements, priors)
    weight = (mean + np.linalg.solve(root.T, rng.standard_normal((len(mean), draws))).T).reshape(draws, K, n)
    nothing = np.zeros((draws, 2))
    return Parameters(
        weight=weight,
        unit=np.exp(_draw(priors.log_unit, draws, rng)),
        fraction=_draw(priors.fraction, draws, rng),
        slope=_draw(priors.slope, draws, rng),
        tilt=_draw(priors.tilt, draws, rng),
        deviation=priors.deviation_sd * rng.standard_normal((draws, F, n)),
        base=np.zeros((draws, len(BASES))),
        pace=nothing,
        momentum=nothing,
        memory=_draw(priors.memory, draws, rng),
        regime_z=np.zeros((draws, size)),
        duration=draw_durations(density.reference.duration, draws, rng),
        change=np.full(draws, density.reference.change[0] / sum(density.reference.change)),
        judgement_sd=np.full(draws, priors.judgement_sd[0]),
    )


def _draw(prior: tuple[float, float], draws: int, rng: np.random.Generator) -> Floats:
    return np.asarray(prior[0] + prior[1] * rng.standard_normal(draws))


def constant_rates(problem: Problem, density: Density) -> Parameters:
    """Constant rates, one draw: of talks while dry by framing, of meetings while wet, of contacts, crises, deals."""
    n, none, one, nothing = density.layout.indicators, np.zeros(1), np.ones(1), np.zeros((1, 2))
    constant = Parameters(
        weight=np.zeros((1, K, n)),
        unit=one,
        slope=none,
        tilt=none,
        deviation=np.zeros((1, F, n)),
        base=np.zeros((1, len(BASES))),
        pace=nothing,
        fraction=none,
        momentum=nothing,
        memory=none,
        regime_z=np.zeros((1, density.layout.knots)),
        duration=none,
        change=none,
        judgement_sd=one,
    )
    return replace(constant, base=_bases(problem, density, constant, np.inf))


def _bases(problem: Problem, density: Density, drawn: Parameters, half_life: float) -> Floats:
    """Intercepts at which the average of each intensity over the record equals its observed rate, (draw, base).

    ``half_life`` in days is of the weights of the years of talks.
    """
    exposure, effect, wet = density.exposure, drawn.effect, density.exposure.continuation
    onset, out = exposure.onset, np.empty((len(drawn.unit), len(BASES)))
    silence = drawn.duration[:, None] * shortness(onset.silence, density.structure.priors)
    eta = effect[:, :F].mean(axis=1) @ onset.states.mean.T + silence
    each = [_rate(problem, onset, onset.count[:, k], eta, half_life) for k in range(F)]
    out[:, BASE["onset"]], out[:, BASE["framing"]] = np.logaddexp(*each), each[0] - each[1]
    led = np.where(wet.framing == 0, effect[:, 0] @ wet.states.mean.T, effect[:, 1] @ wet.states.mean.T)
    out[:, BASE["continuation"]] = _rate(problem, wet, wet.count.sum(axis=1), drawn.fraction[:, None] * led, half_life)
    for name in RECURRENT:
        cells = getattr(exposure, name)
        out[:, BASE[name]] = _level(problem, cells, cells.count, effect[:, EFFECT[name]], np.inf)
    deals = exposure.deals
    share = (deals.marked.sum() + 0.5) / (len(deals.marked) + 1.0)
    centre = deals.states.mean.mean(axis=0) if len(deals.marked) else np.zeros(effect.shape[2])
    out[:, BASE["deal"]] = np.log(share / (1 - share)) - effect[:, EFFECT["deal"]] @ centre
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
