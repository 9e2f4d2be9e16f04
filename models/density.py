"""The model's log posterior in NumPy, with its gradient and Fisher information.

The same density as `models.bayes` builds in PyMC (a test holds them equal); here it serves the mode and Laplace's
approximation, where compiling would cost more than the answer. Every part of the likelihood is Poisson or Bernoulli in
a predictor eta(theta), so that gradient and information need only eta's Jacobian.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.exposure import Exposure
from models.parameters import Layout, Parameters, unpack
from models.parts import Part, build_parts
from models.processes import PROCESSES, Process
from models.spec import Floats, Ints
from models.structure import ORIENTATION, JudgementBlock, Structure

Jacobian = dict[int | slice, Floats | float]
"""Derivatives of a predictor by position in theta: a scalar, (row,) or (row, width of the slice)."""


@dataclass(frozen=True, slots=True)
class Quadratic:
    """Log density (up to a constant), gradient and information at one theta."""

    value: float
    gradient: Floats
    information: Floats


@dataclass(frozen=True, slots=True)
class Density:
    """Log posterior of one problem."""

    layout: Layout
    structure: Structure
    exposure: Exposure
    judgements: JudgementBlock
    root: Floats  # regime_root

    def at(self, theta: Floats, spread: Sequence[Floats] = ()) -> Quadratic:
        """Value, gradient and Fisher (Gauss-Newton) information at ``theta``, shape (layout.size,).

        With the ``spread`` of the predictors given, intensities are their means over a normal theta: exp(eta + v / 2).
        """
        out = _Sum(self.layout.size, spread)
        par = unpack(theta[None, :], self.layout, self.structure)
        self._add_priors(theta, out)
        self._add_judgements(theta, par, out)
        self._add_events(par, out)
        return Quadratic(out.value, out.gradient, out.information)

    def _add_events(self, par: Parameters, out: "_Sum") -> None:
        parts = build_parts(self.exposure)
        for process in sorted(PROCESSES, key=lambda p: (p.framing is None, p.framing or 0)):
            self._add_process(process, parts[process.name], par, out)

    def spread(self, theta: Floats, covariance: Floats) -> tuple[Floats, ...]:
        """Variance of every Poisson predictor, term by term, for a normal theta of this covariance."""
        out = _Sum(self.layout.size, ())
        self._add_events(unpack(theta[None, :], self.layout, self.structure), out)
        return tuple(np.sum(x @ covariance[np.ix_(index, index)] * x, axis=1) for x, index in out.designs)

    def _add_priors(self, theta: Floats, out: "_Sum") -> None:
        p, s = self.structure.priors, self.layout.slices
        out.normal(theta, s["weight"], np.repeat(ORIENTATION, self.layout.indicators), p.weight_sd)
        out.normal(theta, s["log_unit"], *p.log_unit)
        out.normal(theta, s["base"], np.array([b[0] for b in p.base]), np.array([b[1] for b in p.base]))
        out.normal(theta, s["pace"], 0.0, p.pace_sd)
        out.normal(theta, s["fraction"], *p.fraction)
        out.normal(theta, s["momentum"], *p.momentum)
        out.normal(theta, s["regime_z"], 0.0, 1.0)
        out.log_half_normal(theta, s["log_judgement_sd"], p.judgement_sd[1])

    def _add_judgements(self, theta: Floats, par: Parameters, out: "_Sum") -> None:
        block, sigma = self.judgements, float(par.judgement_sd[0])
        weight, scale = self.layout.slices["weight"], self.layout.slices["log_judgement_sd"].start
        residual = (block.value - block.design @ theta[weight]) / sigma
        n, grow = len(residual), sigma - self.structure.priors.judgement_sd[0]
        out.value += float(-n * np.log(sigma) - 0.5 * residual @ residual)
        out.gradient[weight] += block.design.T @ residual / sigma
        out.information[weight, weight] += block.design.T @ block.design / sigma**2
        out.gradient[scale] += (-n + residual @ residual) / sigma * grow
        out.information[scale, scale] += 2 * n * (grow / sigma) ** 2

    def _add_process(self, process: Process, part: Part, par: Parameters, out: "_Sum") -> None:
        s = self.layout.slices
        eta, jac = self._levels(process, part, par)
        if process.scale:
            whole, scale = eta, float(getattr(par, process.scale)[0])
            jac = {where: scale * value for where, value in jac.items()}
            jac[s[process.scale].start] = whole * float(self.structure.continuation_effect)
            eta = scale * whole
        eta = eta + par.base[0, process.base_place]
        jac[self.layout.base(process)] = 1.0
        for term, column in zip(process.terms, part.columns.T, strict=True):
            eta = eta + column * getattr(par, term.parameter)[0, term.place]
            jac[self.layout.coefficient(term)] = column
        if self.structure.has_regime(process):
            jac[s["regime_z"]] = self.root[part.knot]
            eta = np.asarray(eta + self.root[part.knot] @ par.regime_z[0])
        add = out.bernoulli if process.marks else out.poisson
        add(eta, jac, part.count, part.days)

    def _levels(self, process: Process, part: Part, par: Parameters) -> tuple[Floats, Jacobian]:
        """Sum of the indicators' effects and its Jacobian over weights and unit."""
        n, s = self.layout.indicators, self.layout.slices
        if not self.structure.indicators:
            return np.zeros(len(part.mean)), {}
        unit, beta = float(par.unit[0]), np.array(process.effect) @ par.effect[0]
        slope = part.mean + part.variance * beta if self.structure.moment_term else part.mean
        eta = part.mean @ beta
        if self.structure.moment_term:
            eta = eta + 0.5 * part.variance @ beta**2
        jac: Jacobian = {
            slice(s["weight"].start + t * n, s["weight"].start + (t + 1) * n): unit * share * slope
            for t, share in enumerate(process.effect)
            if share
        }
        return eta, jac | {s["log_unit"].start: slope @ beta}


class _Sum:
    """Accumulates the terms of a log density."""

    def __init__(self, size: int, spread: Sequence[Floats]) -> None:
        self.spread = spread
        self.designs: list[tuple[Floats, Ints]] = []  # of the Poisson terms, in the order of ``spread``
        self.value = 0.0
        self.gradient = np.zeros(size)
        self.information = np.zeros((size, size))

    def normal(self, theta: Floats, where: slice, mean: Floats | float, sd: Floats | float) -> None:
        z = (theta[where] - mean) / sd
        self.value -= 0.5 * float(z @ z)
        self.gradient[where] -= z / sd
        index = np.arange(where.start, where.stop)
        self.information[index, index] += np.broadcast_to(1 / np.square(sd), index.shape)

    def log_half_normal(self, theta: Floats, where: slice, scale: float) -> None:
        """Half-normal on exp(theta), with the Jacobian of the logarithm."""
        i, square = where.start, float(np.exp(2 * theta[where.start])) / scale**2
        self.value += float(theta[i]) - 0.5 * square
        self.gradient[i] += 1 - square
        self.information[i, i] += 2 * square + 1e-3  # the curvature alone vanishes as the scale does

    def poisson(self, eta: Floats, jac: Jacobian, count: Floats, exposure: Floats) -> None:
        x, index = _design(jac, len(count))
        spread = self.spread[len(self.designs)] if self.spread else 0.0
        self.designs.append((x, index))
        mean = exposure * np.exp(eta + 0.5 * spread)
        self.value += float(count @ eta - mean.sum())
        self._chain(x, index, count - mean, mean)

    def bernoulli(self, eta: Floats, jac: Jacobian, yes: Floats, exposure: Floats) -> None:
        p = 1 / (1 + np.exp(-eta))
        self.value += float(yes @ eta - np.logaddexp(0, eta).sum())
        self._chain(*_design(jac, len(yes)), yes - p, p * (1 - p))

    def _chain(self, x: Floats, index: Ints, score: Floats, weight: Floats) -> None:
        self.gradient[index] += x.T @ score
        self.information[np.ix_(index, index)] += x.T @ (weight[:, None] * x)


def _design(jac: Jacobian, rows: int) -> tuple[Floats, Ints]:
    """The Jacobian as a matrix, (row, column), and the position of each column in theta."""
    x = np.concatenate([_columns(value, rows) for value in jac.values()], axis=1)
    index = [np.arange(w.start, w.stop) if isinstance(w, slice) else np.array([w]) for w in jac]
    return x, np.concatenate(index)


def _columns(value: Floats | float, rows: int) -> Floats:
    value = np.asarray(value, dtype=float)
    return value if value.ndim == 2 else np.broadcast_to(value, (rows,))[:, None]
