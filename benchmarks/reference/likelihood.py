"""The likelihood of a track by duration, level and scales of its regime, the regime summed over its paths.

The regime is an autoregression on yearly knots, on a grid of its own, so that a forward pass sums over all its paths:
Kitagawa (1987), doi:10.1080/01621459.1987.10478534. Modes will not do here: years are sparse, and the joint mode of
level and regime lies above the level's mean by about half the variance of a year's log rate.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.stats import norm

from benchmarks.reference.cells import cut_cells, silence_term
from benchmarks.reference.tables import Track
from models.spec import Floats

LEVELS: Floats = np.linspace(-10.5, -2.5, 54)
"""Log rates per day at one year of silence."""
DURATIONS: Floats = np.array([0.15 * node for node in range(-4, 10)])
REGIMES: Floats = np.arange(0.1, 1.8, 0.2)
EFOLDINGS: Floats = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
"""Grids, even (e-folding times in logarithms, years), so that every node has the same width."""
_NODES = np.linspace(-3.5, 3.5, 17)
"""The regime, in units of its standard deviation."""
_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class _Years:
    """What happened in each year of a track."""

    exposure: Floats  # (year, duration): sum over dry days of silence's factor
    beginnings: Floats  # (year,)
    pull: Floats  # (year, duration): sum over beginnings of silence's log factor


@lru_cache(maxsize=256)
def track_likelihood(track: Track, cap: float) -> Floats:
    """Log likelihood of a track's dry days, (regime, e-folding, duration, level)."""
    years = _years(track, cap)
    return np.array([[_sum_paths(years, regime, time) for time in EFOLDINGS] for regime in REGIMES])


def _years(track: Track, cap: float) -> _Years:
    cells = cut_cells((track,))
    term = DURATIONS * silence_term(cells.silence, cap)[:, None]
    member = cells.year == np.arange(cells.year.max() + 1)[:, None]
    begun = member * cells.beginnings
    return _Years((member * cells.days) @ np.exp(term), begun.sum(axis=1), begun @ term)


def _sum_paths(years: _Years, regime: float, efolding: float) -> Floats:
    """Log likelihood by (duration, level) at one pair of scales."""
    rate = np.exp(LEVELS[:, None] + regime * _NODES)
    keep = np.exp(-1 / efolding)
    move = norm.pdf(_NODES, keep * _NODES[:, None], np.sqrt(1 - keep**2))
    move /= move.sum(axis=1, keepdims=True)
    start = norm.pdf(_NODES)
    path = np.broadcast_to(start / start.sum(), (len(DURATIONS), *rate.shape))
    total = np.zeros((len(DURATIONS), len(LEVELS)))
    for exposure, beginnings, pull in zip(years.exposure, years.beginnings, years.pull, strict=True):
        path = path * rate**beginnings * np.exp(-exposure[:, None, None] * rate) + _TINY
        weight = path.sum(axis=2)
        total += np.log(weight) + pull[:, None]
        path = (path / weight[:, :, None]) @ move
    return total


def blur(values: Floats, sd: float) -> Floats:
    """Log likelihoods by level (the last axis), the level blurred by a normal error of its own."""
    kernel = norm.pdf(LEVELS, LEVELS[:, None], sd)
    top = values.max(axis=-1, keepdims=True)
    return np.asarray(np.log(np.exp(values - top) @ kernel + _TINY) + top)
