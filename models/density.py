"""The model's log posterior in NumPy, with its gradient and Fisher information.

The same density as `models.bayes` builds in PyMC (a test holds them equal); here it serves the mode and Laplace's
approximation, where compiling would cost more than the answer. Every part of the likelihood is Poisson or Bernoulli in
a predictor eta(theta), so that gradient and information need only eta's Jacobian.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit, logit

from models.exposure import Exposure
from models.parameters import SOFTNESS, F, Layout, Parameters, soft, unpack
from models.parts import Part, build_parts
from models.processes import BASE, PROCESSES, Process, Term
from models.spec import Floats, Ints, Reference
from models.structure import ORIENTATION, JudgementBlock, Structure


@dataclass(frozen=True, slots=True)
class Quadratic:
    """Log density (up to a constant), gradient and information at one theta."""

    value: float
    gradient: Floats
    information: Floats


@dataclass(frozen=True, kw_only=True)
class Density:
    """Log posterior of one problem."""

    layout: Layout
    structure: Structure
    reference: Reference
    exposure: Exposure
    judgements: JudgementBlock
    directions: Floats  # (framing, indicator) weights that point index and framing
    root: Floats  # regime_root
    slant: Floats | None = None
    """(layout.size,) added to the gradient everywhere: a linear stand-in for what no row of the likelihood holds."""

    @cached_property
    def parts(self) -> dict[str, Part]:
        """The rows of every process, by its name."""
        return build_parts(self.exposure, self.structure.priors)

    @cached_property
    def _normal(self) -> tuple[Floats, Floats]:
        return normal_priors(self)

    @cached_property
    def _gram(self) -> Floats:
        return np.asarray(self.judgements.design.T @ self.judgements.design)

    def at(self, theta: Floats, spread: Sequence[Floats] = ()) -> Quadratic:
        """Value, gradient and Fisher (Gauss-Newton) information at ``theta``, shape (layout.size,).

        With the ``spread`` of the predictors given, intensities are their means over a normal theta: exp(eta + v / 2).
        """
        out = _Sum(self.layout.size, spread)
        par = unpack(theta[None, :], self.layout, self.structure)
        for rows in self._rows(par):
            out.add(rows)
        self._turn_regime(out)
        self._add_priors(theta, out)
        self._add_judgements(theta, par, out)
        if self.slant is not None:
            out.value += float(self.slant @ theta)
            out.gradient += self.slant
        return Quadratic(out.value, out.gradient, out.information)

    def spread(self, theta: Floats, covariance: Floats) -> tuple[Floats, ...]:
        """Variance of every Poisson predictor, term by term, for a normal theta of this covariance."""
        regime, turned = self.layout.slices["regime_z"], covariance.copy()
        turned[:, regime] = turned[:, regime] @ self.root.T
        turned[regime] = self.root @ turned[regime]
        par = unpack(theta[None, :], self.layout, self.structure)
        return tuple(rows.variance(turned) for rows in self._rows(par) if not rows.frame.process.marks)

    def _turn_regime(self, out: "_Sum") -> None:
        """From derivatives by the regime at its knots to those by its coordinates, of which `root` makes it."""
        regime = self.layout.slices["regime_z"]
        out.gradient[regime] = self.root.T @ out.gradient[regime]
        out.information[:, regime] = out.information[:, regime] @ self.root
        out.information[regime] = self.root.T @ out.information[regime]

    def _add_priors(self, theta: Floats, out: "_Sum") -> None:
        p, s = self.structure.priors, self.layout.slices
        mean, sd = self._normal
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
        out.information[weight, weight] += self._gram / sigma**2
        out.gradient[scale] += (-n + residual @ residual) / sigma * grow
        out.information[scale, scale] += 2 * n * (grow / sigma) ** 2

    def _rows(self, par: Parameters) -> Iterator["_Rows"]:
        effect = par.aimed(self.directions).effect[0]
        return (self._rows_of(frame, par, effect) for frame in self._frames)

    def _rows_of(self, frame: "_Frame", par: Parameters, effect: Floats) -> "_Rows":
        process, part, columns, n = frame.process, frame.part, frame.columns, frame.levels
        shares = np.array(process.effect)
        jacobian = frame.jacobian + float(par.unit[0]) * frame.by_unit
        jacobian[:n] += np.outer(shares[F:] @ effect[F:], frame.index == self.layout.slices["log_unit"].start)[:n]
        led = np.zeros(len(part.mean))
        if n:
            beta = shares @ effect
            led = part.mean @ beta
            if self.structure.moment_term:
                led = led + 0.5 * part.variance @ beta**2
                columns = np.concatenate([part.mean + part.variance * beta, columns[:, n:]], axis=1)
        base = par.base[0, BASE[process.base]] if process.base in BASE else float(logit(par.change[0]))
        eta = led + base
        if process.scale:
            factor = float(getattr(par, process.scale)[0])
            eta, jacobian[:n] = factor * led + base, factor * jacobian[:n]
            columns = np.concatenate([columns[:, :-1], led[:, None]], axis=1)
        for j, term in enumerate(frame.terms, start=n + 1):
            coefficient = float(np.atleast_2d(getattr(par, term.parameter))[0, term.place])
            eta = eta + coefficient * columns[:, j]
            jacobian[j] *= _steepness(term.parameter, coefficient)
        if frame.regime is not None:
            eta = eta + (self.root @ par.regime_z[0])[part.knot]
        return _Rows(frame=frame, eta=eta, columns=columns, jacobian=jacobian)

    @cached_property
    def _frames(self) -> tuple["_Frame", ...]:
        shown = [process for process in PROCESSES if process.base != "change" or self.structure.change]
        return tuple(self._frame(process, self.parts[process.name]) for process in shown)

    def _frame(self, process: Process, part: Part) -> "_Frame":
        shares, s, size = np.array(process.effect), self.layout.slices, self.layout.size
        n = self.layout.indicators if self.structure.indicators and shares.any() else 0
        terms = tuple(term for term in process.terms if self.structure.has(term.parameter))
        acting = [j for j, term in enumerate(process.terms) if term in terms]
        scale = [np.zeros((len(part.mean), 1))] if process.scale else []
        columns = np.concatenate(
            [part.mean[:, :n], np.ones((len(part.mean), 1)), part.columns[:, acting], *scale], axis=1
        )
        fixed, by_unit = np.zeros((columns.shape[1], size)), np.zeros((columns.shape[1], size))
        each = np.arange(n)
        for t in np.flatnonzero(shares) if n else ():
            if t < F:
                fixed[each, s["deviation"].start + t * n + each] = shares[t]
            else:
                by_unit[each, s["weight"].start + t * n + each] = shares[t]
        if n:
            fixed[:n, s["slope"].start] = shares[:F].sum() * self.directions.mean(axis=0)
            fixed[:n, s["tilt"].start] = (shares[0] - shares[1]) * 0.5 * (self.directions[0] - self.directions[1])
        fixed[n, self.layout.base(process)] = 1.0
        for j, term in enumerate(terms, start=n + 1):
            fixed[j, self.layout.coefficient(term)] = 1.0
        if process.scale:
            fixed[-1, s[process.scale].start] = float(self.structure.has(process.scale))
        moved = fixed.any(axis=0) | by_unit.any(axis=0)
        moved[s["log_unit"]] |= by_unit.any()
        index = np.flatnonzero(moved)
        return _Frame(
            process=process,
            part=part,
            levels=n,
            terms=terms,
            columns=columns,
            jacobian=fixed[:, index],
            by_unit=by_unit[:, index],
            index=index,
            regime=s["regime_z"].start + part.knot if self.structure.has_regime(process) else None,
        )


def _steepness(parameter: str, coefficient: float) -> float:
    """Derivative of a coefficient by its coordinate: of duration 1 / (1 + exp(-theta / SOFTNESS)); of others 1."""
    return -float(np.expm1(-coefficient / SOFTNESS)) if parameter == "duration" else 1.0


def normal_priors(density: Density) -> tuple[Floats, Floats]:
    """Means and standard deviations of the coordinates with normal priors, the first ``layout.normal`` ones."""
    p, s = density.structure.priors, density.layout.slices
    mean, sd = np.zeros(density.layout.normal), np.ones(density.layout.normal)
    mean[s["weight"]], sd[s["weight"]] = np.repeat(ORIENTATION, density.layout.indicators), p.weight_sd
    mean[s["base"]], sd[s["base"]] = np.array((density.reference.onset, *p.later_base)).T
    sd[s["deviation"]], sd[s["pace"]] = p.deviation_sd, p.pace_sd
    for name in ("log_unit", "slope", "tilt", "fraction", "momentum", "memory"):
        mean[s[name]], sd[s[name]] = getattr(p, name)
    return mean, sd


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """What of a process's rows does not change with theta.

    Predictors are columns times coefficients: of levels, a one for the base, terms and, where there is one, what its
    scale multiplies. A Jacobian, (column, width), holds the derivatives of the coefficients by the coordinates of theta
    at ``index``.
    """

    process: Process
    part: Part
    levels: int  # how many columns, the first ones, are levels
    terms: tuple[Term, ...]  # those that act
    columns: Floats  # (row, column); zero where the scale's will stand
    jacobian: Floats  # what does not change with theta
    by_unit: Floats  # what the unit multiplies
    index: Ints  # (width,)
    regime: Ints | None  # (row,) coordinate of the regime that is added to the predictor; None where none is


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """A process's rows at one theta."""

    frame: _Frame
    eta: Floats  # (row,)
    columns: Floats  # (row, column)
    jacobian: Floats  # (column, width)

    def variance(self, covariance: Floats) -> Floats:
        """Of the predictors, (row,), for a theta of this covariance."""
        index, regime = self.frame.index, self.frame.regime
        within = self.columns @ (self.jacobian @ covariance[np.ix_(index, index)] @ self.jacobian.T)
        if regime is None:
            return np.asarray(np.sum(within * self.columns, axis=1))
        across = (self.jacobian @ covariance[index])[:, regime].T
        return np.asarray(np.sum((within + 2 * across) * self.columns, axis=1) + np.diag(covariance)[regime])


class _Sum:
    """Accumulates the terms of a log density."""

    def __init__(self, size: int, spread: Sequence[Floats]) -> None:
        self.spread = spread
        self.poissons = 0  # added so far, in the order of ``spread``
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

    def add(self, rows: _Rows) -> None:
        """The log likelihood of a process's rows."""
        part = rows.frame.part
        if rows.frame.process.marks:
            p = 1 / (1 + np.exp(-rows.eta))
            self.value += float(part.count @ rows.eta - np.logaddexp(0, rows.eta).sum())
            self._chain(rows, part.count - p, p * (1 - p))
        else:
            spread = self.spread[self.poissons] if self.spread else 0.0
            self.poissons += 1
            mean = part.days * np.exp(rows.eta + 0.5 * spread)
            self.value += float(part.count @ rows.eta - mean.sum())
            self._chain(rows, part.count - mean, mean)

    def _chain(self, rows: _Rows, score: Floats, weight: Floats) -> None:
        """From derivatives by the predictors, (row,), to those by theta."""
        index, regime, jacobian = rows.frame.index, rows.frame.regime, rows.jacobian
        weighted = weight[:, None] * rows.columns
        self.gradient[index] += jacobian.T @ (rows.columns.T @ score)
        self.information[np.ix_(index, index)] += jacobian.T @ (rows.columns.T @ weighted) @ jacobian
        if regime is not None and len(regime):
            first = np.flatnonzero(np.diff(regime, prepend=-1))  # rows of one year stand together
            at = regime[first]
            across = np.add.reduceat(weighted, first, axis=0) @ jacobian
            self.gradient[at] += np.add.reduceat(score, first)
            self.information[at, at] += np.add.reduceat(weight, first)
            self.information[np.ix_(at, index)] += across
            self.information[np.ix_(index, at)] += across.T
