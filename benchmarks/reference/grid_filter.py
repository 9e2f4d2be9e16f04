"""Forecasts of one track from its own record: an exact filter on a grid of level, duration and regime.

The log rate of beginnings per day, s days after the last meeting, is a - γ log(min(max(s, 90), cap) / unit) + u, with a
normal, γ a truncated normal and u a regime: an autoregression of given stationary sd and e-folding time, in steps of 30
days, on Rouwenhorst's chain (Kopecky & Suen 2010, doi:10.1016/j.red.2010.02.002). Nothing is sampled. A track's first
meeting sets its clock and is no beginning: nobody knows how long it had been waited for.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import comb

from benchmarks.reference.cells import SILENCE_CAP, SILENCE_UNIT, YEAR, silence_term
from benchmarks.reference.fit import Normal
from benchmarks.reference.tables import Silence, Track, silences
from models.spec import Floats

STEP = 30
"""Days between moves of the regime."""
FIRST_ORIGIN = 25
"""Steps from the first meeting to the first origin: the first step beyond two years."""
ORIGINS_EVERY = 3
HORIZONS = (180, 365)
LEVELS, DURATIONS, REGIMES = 25, 7, 15
"""Nodes of the grid; twice as many change no score by 0.0005."""
CONSTANT = Normal(0.0, 0.0)
"""No duration: a rate without memory of silence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hazard:
    """A structure of the rate of beginnings, with its priors."""

    level: Normal  # log rate per day at ``unit`` days of silence
    duration: Normal = CONSTANT
    least_duration: float = 0.0  # where the prior of γ is cut off
    unit: float = SILENCE_UNIT
    cap: float = SILENCE_CAP
    regime_sd: float = 0.7
    regime_years: float = 4.0


@dataclass(frozen=True, slots=True)
class Origin:
    """A forecast as of the end of a dry day: P(a meeting begins in the ``horizon`` days after it)."""

    track: Track
    silence: int
    horizon: int
    forecast: float
    outcome: bool


@dataclass(frozen=True, slots=True)
class _Grid:
    """Rates at each node, and how likely nodes are; arrays of nodes are (duration, level, regime)."""

    hazard: Hazard
    duration: Floats  # (duration, 1, 1)
    rate: Floats  # (1, level, regime), per day at the unit of silence
    transition: Floats  # (regime, regime), rows sum to 1
    prior: Floats

    def rate_at(self, silence: float) -> Floats:
        term = silence_term(np.array(silence), self.hazard.cap, self.hazard.unit)
        return np.asarray(np.exp(self.duration * term) * self.rate)

    def quiet(self, chance: Floats, since: float, days: float) -> Floats:
        """Weights of the nodes after days without a beginning, the first of them ``since`` after the last meeting."""
        return np.asarray(chance * np.exp(-days * self.rate_at(since + (days - 1) / 2)))


def forecast_track(track: Track, hazard: Hazard) -> Iterator[Origin]:
    """Forecasts at the dry origins of a track, from two years after its first meeting on."""
    grid = _grid(hazard)
    stretches = list(silences(track))
    chance = grid.prior
    for number, day in enumerate(range(track.first + STEP, track.until, STEP), start=1):
        chance = _learn(grid, chance, stretches, day)
        if number >= FIRST_ORIGIN and (number - FIRST_ORIGIN) % ORIGINS_EVERY == 0:
            for stretch in stretches:
                if stretch.holds(day):
                    yield from _forecasts(grid, chance, track, day, day - stretch.since)
        chance = chance @ grid.transition


def _learn(grid: _Grid, chance: Floats, stretches: list[Silence], day: int) -> Floats:
    """Weights of the nodes after the step that ends with a day."""
    for stretch in stretches:
        first, last = max(stretch.first, day - STEP + 1), min(stretch.until - 1, day)
        if first <= last:
            chance = grid.quiet(chance, first - stretch.since, last - first + 1)
            if stretch.broken and last == stretch.until - 1:
                chance = chance * grid.rate_at(last - stretch.since)
    return np.asarray(chance / chance.sum())


def _forecasts(grid: _Grid, chance: Floats, track: Track, day: int, silence: int) -> Iterator[Origin]:
    for horizon in HORIZONS:
        if day + horizon < track.until:
            outcome = any(day < meeting.started <= day + horizon for meeting in track.meetings)
            yield Origin(track, silence, horizon, 1 - _quiet_chance(grid, chance, silence, horizon), outcome)


def _quiet_chance(grid: _Grid, chance: Floats, silence: int, horizon: int) -> float:
    for done in range(0, horizon, STEP):
        chance = grid.quiet(chance @ grid.transition, silence + done + 1, min(STEP, horizon - done))
    return float(chance.sum())


def _grid(hazard: Hazard) -> _Grid:
    level, level_weight = _nodes(hazard.level, LEVELS, 4.0, -np.inf)
    duration, duration_weight = _nodes(hazard.duration, DURATIONS, 2.5, hazard.least_duration)
    regime, transition, regime_weight = _regime(hazard.regime_sd, hazard.regime_years)
    return _Grid(
        hazard,
        duration[:, None, None],
        np.exp(level[:, None] + regime)[None],
        transition,
        np.einsum("i,j,k->ijk", duration_weight, level_weight, regime_weight),
    )


def _nodes(normal: Normal, count: int, reach: float, least: float) -> tuple[Floats, Floats]:
    """Evenly spaced nodes of a normal cut off below, and their weights; one node where its sd is 0."""
    if normal.sd == 0:
        return np.array([normal.mean]), np.ones(1)
    nodes = np.linspace(max(normal.mean - reach * normal.sd, least), normal.mean + reach * normal.sd, count)
    density = np.exp(-0.5 * ((nodes - normal.mean) / normal.sd) ** 2)
    return nodes, density / density.sum()


def _regime(sd: float, years: float) -> tuple[Floats, Floats, Floats]:
    """Nodes, transition over one step and stationary weights of Rouwenhorst's chain; one node where sd is 0."""
    if sd == 0:
        return np.zeros(1), np.ones((1, 1)), np.ones(1)
    stay = (1 + np.exp(-STEP / YEAR / years)) / 2
    chain = np.array([[stay, 1 - stay], [1 - stay, stay]])
    for size in range(3, REGIMES + 1):
        wider = np.zeros((size, size))
        wider[:-1, :-1] += stay * chain
        wider[:-1, 1:] += (1 - stay) * chain
        wider[1:, :-1] += (1 - stay) * chain
        wider[1:, 1:] += stay * chain
        wider[1:-1] /= 2
        chain = wider
    weight = comb(REGIMES - 1, np.arange(REGIMES)) / 2.0 ** (REGIMES - 1)
    return sd * np.sqrt(REGIMES - 1) * np.linspace(-1, 1, REGIMES), chain, weight
