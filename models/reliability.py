"""Reliability without bins: isotonic recalibration, the decomposition of scores by it, and its consistency band.

CORP: Dimitriadis, Gneiting & Jordan (2021), doi:10.1073/pnas.2016191118.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.stats import norm

from models.spec import Bools, Floats

JITTER = 1e-9
"""Added to the diagonal of a correlation so that its root exists where origins repeat."""


@dataclass(frozen=True, slots=True)
class Decomposition:
    """score = miscalibration - discrimination + uncertainty, each in the units of the score."""

    score: float
    miscalibration: float
    discrimination: float
    uncertainty: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """The recalibrated frequency at each distinct forecast, and the band that holds it if the forecasts are right."""

    forecast: Floats  # (value,) sorted
    count: Floats  # (value,) origins with this forecast
    frequency: Floats  # (value,) isotonic
    low: Floats
    high: Floats
    level: float  # of the simultaneous band

    @property
    def inside(self) -> bool:
        """Whether the whole curve lies in the band."""
        return bool(np.all((self.low <= self.frequency + 1e-9) & (self.frequency <= self.high + 1e-9)))

    @property
    def excess(self) -> float:
        """How far the curve leaves the band where it leaves it furthest, as a probability; 0 where it does not."""
        return float(np.maximum(np.maximum(self.low - self.frequency, self.frequency - self.high), 0).max())


def recalibrate(forecast: Floats, outcome: Floats) -> Floats:
    """Frequency of yes by isotonic regression on the forecast, (origin,); equal forecasts are pooled first.

    Minimises Σ (f(p) - y)² over nondecreasing f by pooling adjacent violators. Ayer et al. (1955),
    doi:10.1214/aoms/1177728423.

    >>> recalibrate(np.array([0.1, 0.3, 0.3, 0.9]), np.array([0.0, 1.0, 0.0, 0.0])).round(3).tolist()
    [0.0, 0.333, 0.333, 0.333]
    """
    _, place, count = np.unique(forecast, return_inverse=True, return_counts=True)
    mean = np.bincount(place, outcome) / count
    return np.asarray(isotonic_regression(mean, weights=count.astype(float)).x[place])


def decompose(score: Callable[[Floats, Floats], Floats], forecast: Floats, outcome: Floats) -> Decomposition:
    """Split the mean of a proper score by recalibrating and by forecasting the overall frequency alone.

    With s the forecasts' mean score, r that of the recalibrated ones, c that of the constant frequency:
    s = (s - r) - (c - r) + c. Dimitriadis, Gneiting & Jordan (2021), doi:10.1073/pnas.2016191118.

    >>> from models.scores import brier
    >>> parts = decompose(brier, np.array([0.2, 0.2, 0.8, 0.8]), np.array([0.0, 0.0, 1.0, 1.0]))
    >>> round(parts.miscalibration, 2), round(parts.discrimination, 2), round(parts.uncertainty, 2)
    (0.04, 0.25, 0.25)
    """
    whole = float(score(forecast, outcome).mean())
    recalibrated = float(score(recalibrate(forecast, outcome), outcome).mean())
    constant = float(score(np.full(len(outcome), outcome.mean()), outcome).mean())
    return Decomposition(whole, whole - recalibrated, constant - recalibrated, constant)


def overlap_root(origin: Floats, days: int) -> Floats:
    """Cholesky factor of the correlation of windows of ``days``, the share of days that two of them have in common.

    L with L Lᵀ = C, C(i, j) = max(0, 1 - |origin i - origin j| / days), (origin, origin).

    >>> root = overlap_root(np.array([0.0, 15.0, 60.0]), days=30)
    >>> (root @ root.T).round(2).tolist()
    [[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    share = np.clip(1 - np.abs(np.subtract.outer(origin, origin)) / days, 0, None)
    return np.asarray(np.linalg.cholesky(share + JITTER * np.eye(len(origin))))


def reliability(
    forecast: Floats,
    outcome: Floats,
    origin: Floats,
    days: int,
    *,
    kept: Bools | None = None,
    level: float = 0.9,
    replicates: int = 1000,
    seed: int = 1,
) -> Reliability:
    """CORP curve with a simultaneous consistency band that knows that windows overlap.

    In the band's worlds every forecast is right: outcomes are 1{Phi(z) < p}, with z normal and correlated by the share
    of days that two windows have in common. Half of the worlds make the band, the other half set its level.

    Parameters
    ----------
    forecast, outcome : (origin,)
    origin : (origin,) days, increasing
    days : length of the window
    kept : (origin,) which origins count; all of them by default
    level : share of the worlds whose whole curve the band holds

    Examples
    --------
    >>> origin, outcome = np.arange(0.0, 400.0, 10.0), np.tile([0.0, 0.0, 0.0, 1.0], 10)
    >>> fair = reliability(np.full(40, 0.25), outcome, origin, days=30)
    >>> fair.frequency.tolist(), fair.inside
    ([0.25], True)
    >>> reliability(np.full(40, 0.95), outcome, origin, days=30).inside
    False
    """
    keep = np.ones(len(forecast), dtype=bool) if kept is None else kept
    p, y = forecast[keep], outcome[keep]
    z = np.random.default_rng(seed).standard_normal((replicates, int(keep.sum()))) @ overlap_root(origin[keep], days).T
    order = np.argsort(p, kind="stable")
    curves = np.array([recalibrate(p, (u < p).astype(float))[order] for u in norm.cdf(z)])
    low, high = _simultaneous(curves, level)
    values, first, count = np.unique(p[order], return_index=True, return_counts=True)
    return Reliability(
        forecast=values,
        count=count.astype(float),
        frequency=recalibrate(p, y)[order][first],
        low=low[first],
        high=high[first],
        level=level,
    )


def _simultaneous(curves: Floats, level: float) -> tuple[Floats, Floats]:
    """Order statistics of every second curve, as far out as it takes to hold the share ``level`` of the others.

    The curves that make the band are not those that set its level: an envelope of the least extreme of the curves
    themselves holds fewer of any other curves than it says.
    """
    ordered, others = np.sort(curves[::2], axis=0), curves[1::2]
    below, above = (
        np.array([np.searchsorted(o, c, side=side) for o, c in zip(ordered.T, others.T, strict=True)])
        for side in ("right", "left")
    )
    depth = np.sort(np.minimum(below, len(ordered) - above).min(axis=0))
    k = max(int(depth[int((1 - level) * len(depth))]), 1)
    return ordered[k - 1], ordered[-k]
