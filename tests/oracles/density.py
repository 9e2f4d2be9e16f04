"""The log posterior, gradient and information from the whole Jacobian of every row: what `models.density` must give."""

from collections.abc import Sequence

import numpy as np
from scipy.special import expit, logit

from models.density import Density, Quadratic, normal_priors
from models.parameters import SOFTNESS, F, Parameters, soft, unpack
from models.parts import Part
from models.processes import BASE, PROCESSES, Process
from models.spec import Floats, Ints

Jacobian = dict[int | slice, Floats | float]
"""Derivatives of a predictor by position in theta: a scalar, (row,) or (row, width of the slice)."""


class WholeDensity(Density):
    """The density of a problem, worked out row by row."""

    def at(self, theta: Floats, spread: Sequence[Floats] = ()) -> Quadratic:
        """Value, gradient and Fisher (Gauss-Newton) information at ``theta``, shape (layout.size,).

        With the ``spread`` of the predictors given, intensities are their means over a normal theta: exp(eta + v / 2).
        """
        out = _Sum(self.layout.size, spread)
        self._add_priors(theta, out)
        par = unpack(theta[None, :], self.layout, self.structure)
        self._add_judgements(theta, par, out)
        self._add_events(par, out)
        if self.slant is not None:
            out.value += float(self.slant @ theta)
            out.gradient += self.slant
        return Quadratic(out.value, out.gradient, out.information)

    def _add_events(self, par: Parameters, out: "_Sum") -> None:
        fitted = par.aimed(self.directions)
        for process in PROCESSES:
            if process.base != "change" or self.structure.change:
                self._add_process(process, self.parts[process.name], fitted, out)

    def spread(self, theta: Floats, covariance: Floats) -> tuple[Floats, ...]:
        """Variance of every Poisson predictor, term by term, for a normal theta of this covariance."""
        out = _Sum(self.layout.size, ())
        self._add_events(unpack(theta[None, :], self.layout, self.structure), out)
        return tuple(np.sum(x @ covariance[np.ix_(index, index)] * x, axis=1) for x, index in out.designs)

    def _add_priors(self, theta: Floats, out: "_Sum") -> None:
        p, s = self.structure.priors, self.layout.slices
        mean, sd = normal_priors(self)
        out.normal(theta, slice(0, self.layout.normal), mean, sd)
        out.soft_normal(theta, s["soft_duration"].start, *self.reference.duration)
        out.beta(theta, s["logit_change"].start, *self.reference.change)
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
            jac[s[process.scale].start] = whole * float(self.structure.has(process.scale))
            eta = scale * whole
        eta = eta + (par.base[0, BASE[process.base]] if process.base in BASE else float(logit(par.change[0])))
        jac[self.layout.base(process)] = 1.0
        for term, column in zip(process.terms, part.columns.T, strict=True):
            if self.structure.has(term.parameter):
                coefficient = float(np.atleast_2d(getattr(par, term.parameter))[0, term.place])
                eta = eta + column * coefficient
                jac[self.layout.coefficient(term)] = column * _steepness(term.parameter, coefficient)
        if self.structure.has_regime(process):
            jac[s["regime_z"]] = self.root[part.knot]
            eta = np.asarray(eta + self.root[part.knot] @ par.regime_z[0])
        if process.marks:
            out.bernoulli(eta, jac, part.count)
        else:
            out.poisson(eta, jac, part.count, part.days)

    def _levels(self, process: Process, part: Part, par: Parameters) -> tuple[Floats, Jacobian]:
        """Sum of the indicators' effects and its Jacobian."""
        shares = np.array(process.effect)
        if not self.structure.indicators or not shares.any():
            return np.zeros(len(part.mean)), {}
        beta = shares @ par.effect[0]
        by_effect = part.mean + part.variance * beta if self.structure.moment_term else part.mean
        eta = part.mean @ beta
        if self.structure.moment_term:
            eta = eta + 0.5 * part.variance @ beta**2
        return eta, self._by_parameters(shares, by_effect, par)

    def _by_parameters(self, shares: Floats, by_effect: Floats, par: Parameters) -> Jacobian:
        """From derivatives by the effects of a process, (row, indicator), to those by what effects are made of."""
        n, s, jac = self.layout.indicators, self.layout.slices, Jacobian()
        for t in np.flatnonzero(shares):
            if t < F:
                first = s["deviation"].start + int(t) * n
                jac[slice(first, first + n)] = shares[t] * by_effect
            else:
                first = s["weight"].start + int(t) * n
                jac[slice(first, first + n)] = float(par.unit[0]) * shares[t] * by_effect
                jac[s["log_unit"].start] = shares[t] * by_effect @ par.effect[0, t]
        if shares[:F].any():
            jac[s["slope"].start] = by_effect @ (shares[:F].sum() * self.directions.mean(axis=0))
            apart = 0.5 * (self.directions[0] - self.directions[1])
            jac[s["tilt"].start] = by_effect @ ((shares[0] - shares[1]) * apart)
        return jac


def _steepness(parameter: str, coefficient: float) -> float:
    """Derivative of a coefficient by its coordinate: of duration 1 / (1 + exp(-theta / SOFTNESS)); of others 1."""
    return -float(np.expm1(-coefficient / SOFTNESS)) if parameter == "duration" else 1.0


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

    def soft_normal(self, theta: Floats, i: int, mean: float, sd: float) -> None:
        """A normal truncated at 0 on `soft` of a coordinate, with its Jacobian."""
        duration = float(soft(theta[i]))
        z, rise = (duration - mean) / sd, _steepness("duration", duration)
        self.value += float(np.log(rise)) - 0.5 * z * z
        self.gradient[i] += (1 - rise) / SOFTNESS - z / sd * rise
        self.information[i, i] += (rise / sd) ** 2 + rise * (1 - rise) / SOFTNESS**2

    def beta(self, theta: Floats, i: int, yes: float, no: float) -> None:
        """Beta(yes, no) on the probability whose log odds a coordinate is, with its Jacobian."""
        p = float(expit(theta[i]))
        self.value += float(yes * theta[i] - (yes + no) * np.logaddexp(0, theta[i]))
        self.gradient[i] += yes - (yes + no) * p
        self.information[i, i] += (yes + no) * p * (1 - p)

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
