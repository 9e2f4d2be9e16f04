"""Poisson regression with a frailty for each track and a slow regime on yearly knots, given their scales.

The log rate of a cell is x·β + u(track, year), u a Gaussian process of its own for each track with the covariance
frailty² + regime² exp(-|years apart| / e-folding). The mode is Newton's; the evidence is Laplace's:
Tierney & Kadane (1986), doi:10.1080/01621459.1986.10478240.
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.reference.cells import Cells
from models.spec import Floats

MOST_STEPS = 100
ENOUGH = 1e-9
"""Largest change of a log rate in the last of Newton's steps."""


@dataclass(frozen=True, slots=True)
class Scales:
    """Standard deviations in log rate, and the e-folding time of the regime in years."""

    frailty: float
    regime: float
    efolding: float

    @property
    def log_prior(self) -> float:
        """Half-normal (1) on both standard deviations, log-normal (log 3 years, 0.8) on the e-folding time."""
        log_time = np.log(self.efolding / 3.0) / 0.8
        return float(-0.5 * (self.frailty**2 + self.regime**2 + log_time**2))


@dataclass(frozen=True, slots=True)
class Mode:
    """The joint mode given the scales."""

    beta: Floats  # (effect,)
    covariance: Floats  # (effect, effect), u integrated out
    u: Floats  # (track, year)
    log_evidence: float


@dataclass(frozen=True, slots=True)
class _Step:
    """One of Newton's steps, u eliminated: what it adds, and the curvature it was made with."""

    beta: Floats
    u: Floats
    covariance: Floats
    log_det: float  # of the curvature of β and u jointly


@dataclass(frozen=True, slots=True)
class Regression:
    """Cells with their design (cell, effect), and a normal prior of the effects, (effect,) each."""

    cells: Cells
    design: Floats
    mean: Floats
    sd: Floats

    def mode(self, scales: Scales, start: Mode | None) -> Mode:
        """The mode given the scales, from that of neighbouring scales or from the prior mean."""
        covariance = self._covariance(scales)
        precision = np.linalg.inv(covariance)
        beta, u = (start.beta, start.u) if start else (self.mean, np.zeros(covariance.shape[:2]))
        for _ in range(MOST_STEPS):
            step = self._step(beta, u, precision)
            beta, u = beta + step.beta, u + step.u
            if max(np.abs(step.beta).max(), np.abs(step.u).max()) < ENOUGH:
                break
        else:
            raise ArithmeticError(f"no mode after {MOST_STEPS} steps at {scales}; look for counts without exposure")
        prior_log_det = float(np.linalg.slogdet(covariance)[1].sum() + 2 * np.log(self.sd).sum())
        log_evidence = self._log_density(beta, u, precision) - 0.5 * (step.log_det + prior_log_det)
        return Mode(beta, step.covariance, u, log_evidence)

    def _covariance(self, scales: Scales) -> Floats:
        years = np.arange(self.cells.year.max() + 1)
        apart = np.abs(years[:, None] - years)
        one = scales.frailty**2 + scales.regime**2 * np.exp(-apart / scales.efolding)
        return np.broadcast_to(one, (int(self.cells.track.max()) + 1, *one.shape))

    def _log_rate(self, beta: Floats, u: Floats) -> Floats:
        return np.asarray(self.design @ beta + u[self.cells.track, self.cells.year])

    def _log_density(self, beta: Floats, u: Floats, precision: Floats) -> float:
        log_rate = self._log_rate(beta, u)
        likelihood = self.cells.beginnings @ log_rate - self.cells.days @ np.exp(log_rate)
        prior = (((beta - self.mean) / self.sd) ** 2).sum() + np.einsum("ti,tij,tj", u, precision, u)
        return float(likelihood - 0.5 * prior)

    def _step(self, beta: Floats, u: Floats, precision: Floats) -> _Step:
        expected = self.cells.days * np.exp(self._log_rate(beta, u))
        residual = self.cells.beginnings - expected
        curvature = precision + self._by_year(expected, u.shape)[:, :, None] * np.eye(u.shape[1])
        mixed = np.stack([self._by_year(expected * x, u.shape) for x in self.design.T], axis=-1)
        gradient = self._by_year(residual, u.shape) - np.einsum("tij,tj->ti", precision, u)
        solved = np.linalg.solve(curvature, np.concatenate([mixed, gradient[:, :, None]], axis=2))
        slopes, shift = solved[:, :, :-1], solved[:, :, -1]
        reduced = np.diag(self.sd**-2) + self.design.T @ (expected[:, None] * self.design)
        reduced = reduced - np.einsum("tip,tiq->pq", mixed, slopes)
        pull = self.design.T @ residual - (beta - self.mean) / self.sd**2 - np.einsum("tip,ti->p", mixed, shift)
        move = np.linalg.solve(reduced, pull)
        log_det = float(np.linalg.slogdet(curvature)[1].sum() + np.linalg.slogdet(reduced)[1])
        return _Step(move, shift - slopes @ move, np.linalg.inv(reduced), log_det)

    def _by_year(self, values: Floats, shape: tuple[int, ...]) -> Floats:
        flat = self.cells.track * shape[1] + self.cells.year
        return np.bincount(flat, values, shape[0] * shape[1]).reshape(shape)
