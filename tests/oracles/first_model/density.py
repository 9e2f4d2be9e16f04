"""The model's log posterior in NumPy, with its gradient and Fisher information.

The same density as `models.bayes` builds in PyMC (a test holds them equal); here it serves the mode and Laplace's
approximation, where compiling would cost more than the answer. Every part of the likelihood is Poisson or Bernoulli in
a predictor eta(theta), so that gradient and information need only eta's Jacobian.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.states import States
from oracles.first_model.exposure import PACE_FROM, Cells, Exposure
from oracles.first_model.spec import EFFECT_TARGETS, FRAMINGS, Bools, Floats, Ints, Problem
from oracles.first_model.structure import BASES, ORIENTATION, JudgementBlock, Structure

Jacobian = dict[int | slice, Floats | float]
"""Derivatives of a predictor by position in theta: a scalar, (cell,) or (cell, width of the slice)."""

K = len(EFFECT_TARGETS)
CONTACT, CRISIS, DEAL = 2, 3, 4
ONSET_AC, ONSET_DN, CONTINUATION, CONTACT_BASE, CRISIS_BASE, DEAL_BASE = range(len(BASES))


RECURRENT = ("contact", "crisis")
DIMS: dict[str, tuple[str, ...]] = {
    "weight": ("target", "indicator"),
    "unit": (),
    "base": ("process",),
    "pace": ("later_pace",),
    "fraction": (),
    "momentum": ("recurrent",),
    "regime_z": ("knot",),
    "judgement_excess": (),
}
"""The free parameters, in the order in which they lie in theta, and their named dimensions."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each named parameter lies in the unconstrained vector theta."""

    indicators: int
    knots: int

    @property
    def slices(self) -> dict[str, slice]:
        sizes = {
            "weight": K * self.indicators,
            "log_unit": 1,
            "base": len(BASES),
            "pace": 2,
            "fraction": 1,
            "momentum": 2,
            "regime_z": self.knots,
            "log_judgement_sd": 1,
        }
        ends = np.cumsum(list(sizes.values()))
        return {n: slice(int(e - s), int(e)) for (n, s), e in zip(sizes.items(), ends, strict=True)}

    @property
    def size(self) -> int:
        return int(self.slices["log_judgement_sd"].stop)


def coordinates(problem: Problem, layout: Layout) -> dict[str, Any]:
    """Labels of every dimension a parameter has."""
    return {
        "target": EFFECT_TARGETS,
        "indicator": problem.catalogue.names,
        "process": BASES,
        "later_pace": tuple(f"from day {day}" for day in PACE_FROM[1:]),
        "recurrent": RECURRENT,
        "knot": np.arange(layout.knots),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Draws of the parameters in their own units; every array begins with the draw dimension."""

    weight: Floats  # (draw, target, indicator)
    unit: Floats  # (draw,)
    base: Floats  # (draw, base)
    pace: Floats  # (draw, 2)
    fraction: Floats  # (draw,)
    momentum: Floats  # (draw, 2)
    regime_z: Floats  # (draw, knot)
    judgement_sd: Floats  # (draw,)

    @property
    def effect(self) -> Floats:
        """Log intensity per level, (draw, target, indicator)."""
        return np.asarray(self.unit[:, None, None] * self.weight)

    def take(self, rows: slice | Ints) -> "Parameters":
        """Return some of the draws, as NumPy indexes them."""
        return Parameters(**{name: getattr(self, name)[rows] for name in self.__slots__})


def join_draws(parts: Sequence[Parameters]) -> Parameters:
    """Return the draws of all parts, one after the other."""
    return Parameters(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in Parameters.__slots__}
    )


def unpack(theta: Floats, layout: Layout, structure: Structure) -> Parameters:
    """Parameters of the rows of ``theta``, shape (draw, layout.size)."""
    part = {name: theta[:, where] for name, where in layout.slices.items()}
    floor = structure.priors.judgement_sd[0]
    on = float(structure.indicators)
    return Parameters(
        weight=part["weight"].reshape(-1, K, layout.indicators) * on,
        unit=np.exp(part["log_unit"][:, 0]),
        base=part["base"],
        pace=part["pace"],
        fraction=part["fraction"][:, 0] * float(structure.continuation_effect),
        momentum=part["momentum"],
        regime_z=part["regime_z"] * float(structure.regime),
        judgement_sd=floor + np.exp(part["log_judgement_sd"][:, 0]),
    )


def pack(parameters: Parameters, structure: Structure) -> Floats:
    """Theta of every draw, (draw, layout.size): the inverse of `unpack` where the structure leaves nothing out."""
    draws = len(parameters.unit)
    excess = parameters.judgement_sd - structure.priors.judgement_sd[0]
    columns = [
        parameters.weight.reshape(draws, -1),
        np.log(parameters.unit)[:, None],
        parameters.base,
        parameters.pace,
        parameters.fraction[:, None],
        parameters.momentum,
        parameters.regime_z,
        np.log(excess)[:, None],
    ]
    return np.concatenate(columns, axis=1)


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
        for k in range(len(FRAMINGS)):
            self._add_onset(k, par, out)
            self._add_continuation(k, par, out)
        self._add_recurrent(
            cells=self.exposure.contact,
            target=CONTACT,
            base=CONTACT_BASE,
            momentum=0,
            regime=self._contact_regime,
            par=par,
            out=out,
        )
        self._add_recurrent(
            cells=self.exposure.crisis, target=CRISIS, base=CRISIS_BASE, momentum=1, regime=False, par=par, out=out
        )
        self._add_marks(par, out)

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

    def _add_onset(self, k: int, par: Parameters, out: "_Sum") -> None:
        cells = self.exposure.onset
        eta, jac = self._effects(cells.states, k, par)
        eta += par.base[0, k]
        jac[self.layout.slices["base"].start + k] = 1.0
        eta = self._regime(eta, jac, cells.knot, par)
        out.poisson(eta, jac, cells.count[:, k], cells.days)

    def _add_continuation(self, k: int, par: Parameters, out: "_Sum") -> None:
        mine = self.exposure.continuation.framing == k
        cells = _take(self.exposure.continuation, mine)
        fraction = float(par.fraction[0])
        whole, jac = self._effects(cells.states, k, par)
        jac = {where: fraction * value for where, value in jac.items()}
        s = self.layout.slices
        jac[s["fraction"].start] = whole * float(self.structure.continuation_effect)
        jac[s["base"].start + CONTINUATION] = 1.0
        eta = fraction * whole + par.base[0, CONTINUATION]
        for j in range(2):
            later = (cells.pace == j + 1).astype(float)
            eta = eta + later * par.pace[0, j]
            jac[s["pace"].start + j] = later
        out.poisson(eta, jac, cells.count.sum(axis=1), cells.days)

    @property
    def _contact_regime(self) -> bool:
        return self.structure.regime and self.structure.contact_regime

    def _add_recurrent(
        self, cells: Cells, target: int, base: int, momentum: int, regime: bool, par: Parameters, out: "_Sum"
    ) -> None:
        eta, jac = self._effects(cells.states, target, par)
        s, recent = self.layout.slices, cells.recent.astype(float)
        eta = eta + par.base[0, base] + recent * par.momentum[0, momentum]
        jac[s["base"].start + base] = 1.0
        jac[s["momentum"].start + momentum] = recent
        if regime:
            eta = self._regime(eta, jac, cells.knot, par)
        out.poisson(eta, jac, cells.count, cells.days)

    def _add_marks(self, par: Parameters, out: "_Sum") -> None:
        eta, jac = self._effects(self.exposure.mark_states, DEAL, par)
        jac[self.layout.slices["base"].start + DEAL_BASE] = 1.0
        out.bernoulli(eta + par.base[0, DEAL_BASE], jac, self.exposure.marked)

    def _effects(self, states: States, target: int, par: Parameters) -> tuple[Floats, Jacobian]:
        """Sum of the indicators' effects and its Jacobian over weights and unit."""
        n, s = self.layout.indicators, self.layout.slices
        if not self.structure.indicators:
            return np.zeros(len(states.mean)), {}
        unit, beta = float(par.unit[0]), par.effect[0, target]
        slope = states.mean + states.variance * beta if self.structure.moment_term else states.mean
        eta = states.mean @ beta
        if self.structure.moment_term:
            eta = eta + 0.5 * states.variance @ beta**2
        where = slice(s["weight"].start + target * n, s["weight"].start + (target + 1) * n)
        return eta, {where: unit * slope, s["log_unit"].start: slope @ beta}

    def _regime(self, eta: Floats, jac: Jacobian, knot: Ints, par: Parameters) -> Floats:
        if not self.structure.regime:
            return eta
        jac[self.layout.slices["regime_z"]] = self.root[knot]
        return np.asarray(eta + self.root[knot] @ par.regime_z[0])


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

    def bernoulli(self, eta: Floats, jac: Jacobian, yes: Floats) -> None:
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


def _take(cells: Cells, rows: Bools) -> Cells:
    states = States(cells.states.mean[rows], cells.states.variance[rows], cells.states.active[rows])
    return Cells(
        start=cells.start[rows],
        days=cells.days[rows],
        count=cells.count[rows],
        states=states,
        knot=cells.knot[rows],
        framing=cells.framing[rows],
        pace=cells.pace[rows],
        recent=cells.recent[rows],
    )
