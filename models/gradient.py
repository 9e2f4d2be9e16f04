"""The log posterior and its gradient in compiled code, for the sampler.

PyTensor takes minutes to compile the model of `models.bayes` on a fresh machine and half a minute with a warm cache;
this kernel takes seconds once, runs without the interpreter's lock, and a test holds it equal to the PyMC model.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from models.density import Density
from models.parts import build_parts
from models.processes import PROCESSES
from models.spec import Floats, Ints
from models.structure import ORIENTATION, Structure


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
def _marks(mean, yes, offset, effect, slope, residual):  # type: ignore[no-untyped-def]
    """Bernoulli marks; adds d/d(effect) to ``slope``, leaves mark - probability in ``residual``."""
    value = 0.0
    for r in range(len(yes)):
        eta = offset[r]
        for i in range(len(effect)):
            eta += mean[r, i] * effect[i]
        residual[r] = yes[r] - 1.0 / (1.0 + np.exp(-eta))
        value += yes[r] * eta - np.logaddexp(0.0, eta)
        for i in range(len(effect)):
            slope[i] += residual[r] * mean[r, i]
    return value


@njit(cache=True, nogil=True)
def _evaluate(  # type: ignore[no-untyped-def]
    theta, grad, prior_mean, prior_sd, floor, excess_scale, root, design, said,
    starts, share, base, scale, regime_of, marks, terms, mean, days, count, knot, columns,
):  # fmt: skip
    """Value of the log density up to a constant; fills ``grad``.

    ``starts`` are the positions of unit and regime_z in theta, after the weights; share (process, target),
    base, scale (-1: none), regime_of, marks (process,) and terms (process, term) are the table of processes in
    positions of theta; the rest holds an array for each process.
    """
    w, z = starts
    n, knots, targets = mean[0].shape[1], root.shape[0], share.shape[1]
    weight = theta[:w].copy().reshape(targets, n)
    unit = np.exp(theta[w])
    effect, slope = unit * weight, np.zeros((targets, n))
    regime, regime_slope = root @ theta[z : z + knots], np.zeros(knots)
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

    for p in range(len(base)):
        mine, by_mine = np.zeros(n), np.zeros(n)
        for t in range(targets):
            if share[p, t] != 0.0:
                mine += share[p, t] * effect[t]
        left, offset = np.empty(len(days[p])), np.full(len(days[p]), theta[base[p]])
        if regime_of[p]:
            offset = offset + regime[knot[p]]
        used = columns[p].shape[1]
        for j in range(used):
            offset = offset + theta[terms[p, j]] * columns[p][:, j]
        if marks[p]:
            value += _marks(mean[p], count[p], offset, mine, by_mine, left)
        else:
            factor = theta[scale[p]] if scale[p] >= 0 else 1.0
            part, by_scale = _counts(mean[p], days[p], count[p], offset, mine, factor, by_mine, left)
            value += part
            if scale[p] >= 0:
                grad[scale[p]] += by_scale
        grad[base[p]] += left.sum()
        if used == 1:
            grad[terms[p, 0]] += left @ columns[p].reshape(-1)
        elif used > 1:
            grad[terms[p, 0] : terms[p, 0] + used] += left @ columns[p]
        if regime_of[p]:
            for r in range(len(left)):
                regime_slope[knot[p][r]] += left[r]
        for t in range(targets):
            if share[p, t] != 0.0:
                slope[t] += share[p, t] * by_mine

    grad[z : z + knots] += root.T @ regime_slope
    for t in range(targets):
        for i in range(n):
            grad[t * n + i] += unit * slope[t, i]
            grad[w] += effect[t, i] * slope[t, i]
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
    priors, s, layout = density.structure.priors, density.layout.slices, density.layout
    mean, sd = normal_priors(density)
    parts = [build_parts(density.exposure)[p.name] for p in PROCESSES]

    def each(name: str) -> tuple[object, ...]:
        return tuple(np.ascontiguousarray(getattr(part, name)) for part in parts)

    arrays = (
        mean,
        sd,
        priors.judgement_sd[0],
        priors.judgement_sd[1],
        np.ascontiguousarray(density.root),
        np.ascontiguousarray(density.judgements.design),
        density.judgements.value,
        (s["log_unit"].start, s["regime_z"].start),
        np.array([p.effect for p in PROCESSES]),
        np.array([layout.base(p) for p in PROCESSES]),
        np.array([s[p.scale].start if p.scale else -1 for p in PROCESSES]),
        np.array([p.regime for p in PROCESSES]),
        np.array([p.marks for p in PROCESSES]),
        _term_places(density),
        *(each(name) for name in ("mean", "days", "count", "knot", "columns")),
    )
    return CompiledDensity(arrays)


def _term_places(density: Density) -> Ints:
    """Positions in theta of the terms' coefficients, side by side for each process: (process, term); -1 for none."""
    places = np.full((len(PROCESSES), max(len(p.terms) for p in PROCESSES)), -1)
    for row, process in zip(places, PROCESSES, strict=True):
        row[: len(process.terms)] = [density.layout.coefficient(term) for term in process.terms]
    return places


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
