"""The compiled log posterior, process by process over whole arrays: what `models.compiled` must give in blocks."""

from dataclasses import dataclass

import numpy as np
from numba import njit

from models.density import Density, normal_priors
from models.parameters import SOFTNESS
from models.processes import PROCESSES
from models.spec import Floats, Ints
from models.structure import Structure


@njit(cache=True, nogil=True)
def _effects(theta, weights, slope, tilt, deviation, unit, index, apart):  # type: ignore[no-untyped-def]
    """Log intensity per level, (target, indicator): the two framings' first."""
    n = len(index)
    effect = np.empty((len(weights) // n, n))
    for t in range(effect.shape[0]):
        for i in range(n):
            if t < 2:
                side = 1.0 if t == 0 else -1.0
                effect[t, i] = theta[slope] * index[i] + side * theta[tilt] * apart[i] + theta[deviation + t * n + i]
            else:
                effect[t, i] = unit * weights[t * n + i]
    return effect


@njit(cache=True, nogil=True)
def _priors(  # type: ignore[no-untyped-def]
    theta, grad, mean, sd, duration_at, duration_prior, softness, change_at, change_prior
):  # fmt: skip
    """Log density of all priors but the judgements' error's, duration and its derivative by theta; sets ``grad``."""
    value = 0.0
    for j in range(len(mean)):
        deviation = (theta[j] - mean[j]) / sd[j]
        value -= 0.5 * deviation * deviation
        grad[j] = -deviation / sd[j]
    duration = softness * np.logaddexp(0.0, theta[duration_at] / softness)
    rise = -np.expm1(-duration / softness)
    deviation = (duration - duration_prior[0]) / duration_prior[1]
    value += np.log(rise) - 0.5 * deviation * deviation
    grad[duration_at] = (1.0 - rise) / softness - deviation / duration_prior[1] * rise
    both = change_prior[0] + change_prior[1]
    value += change_prior[0] * theta[change_at] - both * np.logaddexp(0.0, theta[change_at])
    grad[change_at] = change_prior[0] - both / (1.0 + np.exp(-theta[change_at]))
    return value, duration, rise


@njit(cache=True, nogil=True)
def _judgements(theta, grad, last, floor, excess_scale, design, said):  # type: ignore[no-untyped-def]
    """Log density of what the documents say and of their error; sets the latter's gradient, adds to the weights'."""
    weights = design.shape[1]
    excess = np.exp(theta[last])
    sigma, square = floor + excess, (excess / excess_scale) ** 2
    residual = (said - design @ theta[:weights]) / sigma
    quadratic = residual @ residual
    grad[last] = 1.0 - square + (quadratic - len(said)) / sigma * excess
    grad[:weights] += design.T @ residual / sigma
    return theta[last] - 0.5 * square - len(said) * np.log(sigma) - 0.5 * quadratic


@njit(cache=True, nogil=True)
def _poisson(eta, days, count, left):  # type: ignore[no-untyped-def]
    """Log density of counts in so many days each; what is left of them goes to ``left``."""
    value = 0.0
    for r in range(len(eta)):
        expected = days[r] * np.exp(eta[r])
        value += count[r] * eta[r] - expected
        left[r] = count[r] - expected
    return value


@njit(cache=True, nogil=True)
def _bernoulli(eta, count, left):  # type: ignore[no-untyped-def]
    """Log density of marks, and what is left of them."""
    value = 0.0
    for r in range(len(eta)):
        small = np.exp(-abs(eta[r]))
        value += count[r] * eta[r] - max(eta[r], 0.0) - np.log1p(small)
        left[r] = count[r] - (1.0 if eta[r] >= 0.0 else small) / (1.0 + small)
    return value


@njit(cache=True, nogil=True)
def _evaluate(  # type: ignore[no-untyped-def]
    theta, grad, slant, prior_mean, prior_sd, duration_prior, change_prior, softness, floor, excess_scale, root,
    design, said, starts, index, apart, share, base, scale, regime_of, marks, terms, bounds,
    mean, days, count, knot, columns,
):  # fmt: skip
    """Value of the log density up to a constant; fills ``grad``.

    ``slant``, (theta,), is added to the gradient everywhere. ``starts`` are places in theta of log_unit (which follows
    the weights), slope, tilt, deviation, regime_z, soft_duration, logit_change and log_judgement_sd. ``index`` and
    ``apart``, (indicator,), are what slope and tilt multiply. share (process, target), base, scale (-1: none),
    regime_of, marks (process,) and terms (process, term; -1: none) are the table of processes in places of theta. The
    rows of all processes stand one after the other in the rest, those of process p between bounds[p] and bounds[p + 1];
    columns (term, row).
    """
    w, slope_at, tilt_at, deviation_at, z, duration_at, change_at, last = starts
    n, knots, targets = len(index), root.shape[0], share.shape[1]
    unit = np.exp(theta[w])
    effect = _effects(theta, theta[:w], slope_at, tilt_at, deviation_at, unit, index, apart)
    slope, left = np.zeros((targets, n)), np.empty(len(days))
    regime, regime_slope = root @ theta[z : z + knots], np.zeros(knots)
    value, duration, rise = _priors(
        theta, grad, prior_mean, prior_sd, duration_at, duration_prior, softness, change_at, change_prior
    )
    value += _judgements(theta, grad, last, floor, excess_scale, design, said)
    for p in range(len(base)):
        rows = slice(bounds[p], bounds[p + 1])
        mine, mean_p, knot_p, left_p = np.zeros(n), mean[rows], knot[rows], left[rows]
        for t in range(targets):
            if share[p, t] != 0.0:
                mine += share[p, t] * effect[t]
        led, factor = mean_p @ mine, theta[scale[p]] if scale[p] >= 0 else 1.0
        eta = theta[base[p]] + factor * led
        for j in range(terms.shape[1]):
            at = terms[p, j]
            if at >= 0:
                eta += (duration if at == duration_at else theta[at]) * columns[j, rows]
        if regime_of[p]:
            eta += regime[knot_p]
        value += _bernoulli(eta, count[rows], left_p) if marks[p] else _poisson(eta, days[rows], count[rows], left_p)
        grad[base[p]] += left_p.sum()
        if scale[p] >= 0:
            grad[scale[p]] += left_p @ led
        for j in range(terms.shape[1]):
            at = terms[p, j]
            if at >= 0:
                grad[at] += (left_p @ columns[j, rows]) * (rise if at == duration_at else 1.0)
        if regime_of[p]:
            for r in range(len(left_p)):
                regime_slope[knot_p[r]] += left_p[r]
        by_mine = factor * (left_p @ mean_p)
        for t in range(targets):
            if share[p, t] != 0.0:
                slope[t] += share[p, t] * by_mine

    grad[z : z + knots] += root.T @ regime_slope
    _add_effects(grad, slope, effect, unit, index, apart, w, slope_at, tilt_at, deviation_at)
    grad += slant
    return value + slant @ theta


@njit(cache=True, nogil=True)
def _add_effects(grad, slope, effect, unit, index, apart, w, slope_at, tilt_at, deviation_at):  # type: ignore[no-untyped-def]
    """From derivatives by the effects, slope (target, indicator), to those by what effects are made of."""
    n = len(index)
    for t in range(slope.shape[0]):
        for i in range(n):
            if t < 2:
                side = 1.0 if t == 0 else -1.0
                grad[slope_at] += index[i] * slope[t, i]
                grad[tilt_at] += side * apart[i] * slope[t, i]
                grad[deviation_at + t * n + i] += slope[t, i]
            else:
                grad[t * n + i] += unit * slope[t, i]
                grad[w] += effect[t, i] * slope[t, i]


@dataclass(frozen=True, slots=True)
class CompiledDensity:
    """One problem's density; call it with theta for the value and the gradient."""

    arrays: tuple[object, ...]

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        gradient = np.empty(len(theta))
        return float(_evaluate(theta, gradient, *self.arrays)), gradient


def compile_density(density: Density) -> CompiledDensity:
    """Lay out the arrays of a problem; only the shipped structure has a compiled form."""
    priors, layout = density.structure.priors, density.layout
    if density.structure != Structure(priors=priors, reference=density.structure.reference):
        raise ValueError(f"only the shipped structure has compiled code, not {density.structure}")
    s, parts = layout.slices, [density.parts[p.name] for p in PROCESSES]
    starts = ("log_unit", "slope", "tilt", "deviation", "regime_z", *list(s)[-3:])

    places = _term_places(density)
    columns = [np.zeros((places.shape[1], len(part.days))) for part in parts]
    for wide, part in zip(columns, parts, strict=True):
        wide[: part.columns.shape[1]] = part.columns.T

    arrays = (
        np.zeros(layout.size) if density.slant is None else density.slant,
        *normal_priors(density),
        density.reference.duration,
        density.reference.change,
        SOFTNESS,
        *priors.judgement_sd,
        np.ascontiguousarray(density.root),
        np.ascontiguousarray(density.judgements.design),
        density.judgements.value,
        tuple(s[name].start for name in starts),
        density.directions.mean(axis=0),
        0.5 * (density.directions[0] - density.directions[1]),
        np.array([p.effect for p in PROCESSES]),
        np.array([layout.base(p) for p in PROCESSES]),
        np.array([s[p.scale].start if p.scale else -1 for p in PROCESSES]),
        np.array([p.regime for p in PROCESSES]),
        np.array([p.marks for p in PROCESSES]),
        places,
        np.cumsum([0, *(len(part.days) for part in parts)]),
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("mean", "days", "count", "knot")),
        np.concatenate(columns, axis=1),
    )
    return CompiledDensity(arrays)


def _term_places(density: Density) -> Ints:
    """Positions in theta of the terms' coefficients, side by side for each process: (process, term); -1 for none."""
    places = np.full((len(PROCESSES), max(len(p.terms) for p in PROCESSES)), -1)
    for row, process in zip(places, PROCESSES, strict=True):
        row[: len(process.terms)] = [density.layout.coefficient(term) for term in process.terms]
    return places
