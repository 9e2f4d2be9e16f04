"""The log posterior and its gradient in compiled code, for the sampler.

PyTensor takes minutes to compile the model of `models.bayes` on a fresh machine and half a minute with a warm cache;
this kernel takes seconds once, runs without the interpreter's lock, and a test holds it equal to the PyMC model.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from oracles.first_model.density import Density
from oracles.first_model.exposure import Cells
from oracles.first_model.spec import Bools, Floats
from oracles.first_model.structure import ORIENTATION, Structure


@njit(cache=True, nogil=True)
def _counts(mean, days, count, offset, effect, scale, slope, residual):  # type: ignore[no-untyped-def]
    """Poisson cells with predictor offset + scale * mean @ effect.

    Adds d/d(effect) to ``slope``, leaves count - expected in ``residual``; returns the log likelihood and d/d(scale).
    """
    led = mean @ effect
    value, by_scale = 0.0, 0.0
    for r in range(len(days)):
        eta = offset[r] + scale * led[r]
        expected = days[r] * np.exp(eta)
        value += count[r] * eta - expected
        residual[r] = count[r] - expected
        by_scale += residual[r] * led[r]
    slope += scale * (residual @ mean)
    return value, by_scale


@njit(cache=True, nogil=True)
def _marks(mean, yes, base, effect, slope):  # type: ignore[no-untyped-def]
    """Bernoulli marks; adds d/d(effect) to ``slope``; returns the log likelihood and d/d(base)."""
    value, by_base = 0.0, 0.0
    for r in range(len(yes)):
        eta = base
        for i in range(len(effect)):
            eta += mean[r, i] * effect[i]
        p = 1.0 / (1.0 + np.exp(-eta))
        value += yes[r] * eta - np.logaddexp(0.0, eta)
        by_base += yes[r] - p
        for i in range(len(effect)):
            slope[i] += (yes[r] - p) * mean[r, i]
    return value, by_base


@njit(cache=True, nogil=True)
def _evaluate(  # type: ignore[no-untyped-def]
    theta, grad, prior_mean, prior_sd, floor, excess_scale, root, design, said,
    onset, onset_days, onset_count, onset_knot,
    wet_a, wet_a_days, wet_a_count, wet_a_pace, wet_d, wet_d_days, wet_d_count, wet_d_pace,
    contact, contact_days, contact_count, contact_knot, contact_recent,
    crisis, crisis_days, crisis_count, crisis_recent,
    mark, marked,
):  # fmt: skip
    """Value of the log density up to a constant; fills ``grad``. Positions follow `models.density.Layout`."""
    n, knots = onset.shape[1], root.shape[0]
    w = 5 * n
    base, pace, fraction = theta[w + 1 : w + 7], theta[w + 7 : w + 9], theta[w + 9]
    momentum, z = theta[w + 10 : w + 12], theta[w + 12 : w + 12 + knots]
    weight = theta[:w].copy().reshape(5, n)
    unit = np.exp(theta[w])
    effect, slope = unit * weight, np.zeros((5, n))
    regime, regime_slope = root @ z, np.zeros(knots)
    b = w + 1
    last = len(theta) - 1
    value = 0.0
    for j in range(last):  # the normal priors; the last coordinate is the logarithm of a half-normal
        deviation = (theta[j] - prior_mean[j]) / prior_sd[j]
        value -= 0.5 * deviation * deviation
        grad[j] = -deviation / prior_sd[j]
    excess = np.exp(theta[last])
    sigma = floor + excess
    square = (excess / excess_scale) ** 2
    residual = (said - design @ theta[:w]) / sigma
    quadratic = residual @ residual
    value += theta[last] - 0.5 * square - len(said) * np.log(sigma) - 0.5 * quadratic
    grad[last] = 1.0 - square + (quadratic - len(said)) / sigma * excess
    grad[:w] += design.T @ residual / sigma

    for k in range(2):
        left = np.empty(len(onset_days))
        offset = base[k] + regime[onset_knot]
        value += _counts(onset, onset_days, onset_count[:, k], offset, effect[k], 1.0, slope[k], left)[0]
        grad[b + k] += left.sum()
        for r in range(len(left)):
            regime_slope[onset_knot[r]] += left[r]
    for k in range(2):
        mean = wet_a if k == 0 else wet_d
        days = wet_a_days if k == 0 else wet_d_days
        count = wet_a_count if k == 0 else wet_d_count
        later = wet_a_pace if k == 0 else wet_d_pace
        left = np.empty(len(days))
        offset = base[2] + later @ pace
        part, by_fraction = _counts(mean, days, count, offset, effect[k], fraction, slope[k], left)
        value += part
        grad[w + 9] += by_fraction
        grad[b + 2] += left.sum()
        grad[w + 7 : w + 9] += left @ later
    left = np.empty(len(contact_days))
    offset = base[3] + regime[contact_knot] + momentum[0] * contact_recent
    value += _counts(contact, contact_days, contact_count, offset, effect[2], 1.0, slope[2], left)[0]
    grad[b + 3] += left.sum()
    grad[w + 10] += left @ contact_recent
    for r in range(len(left)):
        regime_slope[contact_knot[r]] += left[r]
    left = np.empty(len(crisis_days))
    offset = base[4] + momentum[1] * crisis_recent
    value += _counts(crisis, crisis_days, crisis_count, offset, effect[3], 1.0, slope[3], left)[0]
    grad[b + 4] += left.sum()
    grad[w + 11] += left @ crisis_recent
    part, by_base = _marks(mark, marked, base[5], effect[4], slope[4])
    value += part
    grad[b + 5] += by_base

    grad[w + 12 : w + 12 + knots] += root.T @ regime_slope
    for k in range(5):
        for i in range(n):
            grad[k * n + i] += unit * slope[k, i]
            grad[w] += effect[k, i] * slope[k, i]
    return value


@dataclass(frozen=True, slots=True)
class CompiledDensity:
    """One problem's density; call it with theta for the value and the gradient."""

    arrays: tuple[object, ...]

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        gradient = np.empty(len(theta))
        return float(_evaluate(theta, gradient, *self.arrays)), gradient


def compile_density(density: Density) -> CompiledDensity:
    """Lay out the arrays of a problem; only the shipped structure has a compiled form."""
    if density.structure != Structure(priors=density.structure.priors):
        raise ValueError(f"only the shipped structure has compiled code, not {density.structure}")
    priors, exposure = density.structure.priors, density.exposure
    mean, sd = normal_priors(density)
    arms, denuc = (_wet(exposure.continuation, exposure.continuation.framing == k) for k in range(2))
    arrays = (
        mean,
        sd,
        priors.judgement_sd[0],
        priors.judgement_sd[1],
        density.root,
        density.judgements.design,
        density.judgements.value,
        exposure.onset.states.mean,
        exposure.onset.days,
        exposure.onset.count,
        exposure.onset.knot,
        *arms,
        *denuc,
        exposure.contact.states.mean,
        exposure.contact.days,
        exposure.contact.count,
        exposure.contact.knot,
        exposure.contact.recent.astype(float),
        exposure.crisis.states.mean,
        exposure.crisis.days,
        exposure.crisis.count,
        exposure.crisis.recent.astype(float),
        exposure.mark_states.mean,
        exposure.marked,
    )
    return CompiledDensity(tuple(np.ascontiguousarray(a) if isinstance(a, np.ndarray) else a for a in arrays))


def _wet(cells: Cells, mine: Bools) -> tuple[Floats, Floats, Floats, Floats]:
    pace = np.stack([cells.pace[mine] == 1, cells.pace[mine] == 2], axis=1).astype(float)
    return cells.states.mean[mine], cells.days[mine], cells.count[mine].sum(axis=1), pace


def normal_priors(density: Density) -> tuple[Floats, Floats]:
    """Means and standard deviations of all coordinates but the last, in the order of the layout."""
    p, s = density.structure.priors, density.layout.slices
    mean, sd = np.zeros(density.layout.size), np.ones(density.layout.size)
    mean[s["weight"]], sd[s["weight"]] = np.repeat(ORIENTATION, density.layout.indicators), p.weight_sd
    mean[s["log_unit"]], sd[s["log_unit"]] = p.log_unit
    mean[s["base"]], sd[s["base"]] = np.array(p.base).T
    sd[s["pace"]] = p.pace_sd
    mean[s["fraction"]], sd[s["fraction"]] = p.fraction
    mean[s["momentum"]], sd[s["momentum"]] = p.momentum
    return mean, sd
