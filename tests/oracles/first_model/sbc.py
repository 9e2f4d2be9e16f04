"""Simulation-based calibration: does the posterior hold the truth as often as it says?

Parameters are drawn from the prior, a world from the parameters, and the posterior of that world by the sampler. Then
the rank of a quantity's true value among its posterior draws is uniform (Talts et al. 2018, arXiv:1804.06788), also
where the quantity depends on the world's data, or on noise of its own of which the data tell nothing: that noise is a
parameter whose posterior is its prior (Modrák et al. 2023, doi:10.1214/23-BA1404).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import bdtr
from scipy.stats import binom

from models.settings import SamplerSettings
from oracles.first_model.density import (
    CONTACT_BASE,
    CONTINUATION,
    CRISIS_BASE,
    DEAL_BASE,
    ONSET_AC,
    ONSET_DN,
    Density,
    Parameters,
    join_draws,
)
from oracles.first_model.exposure import knot_of
from oracles.first_model.laplace import build_density
from oracles.first_model.projection import project
from oracles.first_model.sampling import parameters_of, sample
from oracles.first_model.simulate import DailyLevels, draw_prior, simulate
from oracles.first_model.spec import TARGETS, Bools, Floats, Horizon, Problem

SETTINGS = SamplerSettings(chains=2, draws=300, tune=300)
DRAWS = 150
"""Posterior draws a truth is ranked among: every fourth of a sample, so that they are nearly independent."""
WINDOW = 180
HEADLINE = f"P(headline in {WINDOW} d)"
QUANTITIES = (
    "unit",
    "onset of arms-control talks",
    "onset of denuclearisation talks",
    "continuation",
    "contact",
    "crisis",
    "deal",
    "pace from day 15",
    "fraction",
    "momentum of contact",
    "momentum of crisis",
    "weight of the first indicator on arms-control talks",
    "regime now",
    "judgement sd",
    "log intensity of arms-control talks now",
    HEADLINE,
)
BAND_SAMPLES = 20_000


@dataclass(frozen=True, slots=True)
class Posterior:
    """What the sampler made of one world."""

    parameters: Parameters
    divergences: int


Sampler = Callable[[Problem, Density, int], Posterior]
"""(world, its density, seed) -> draws of its posterior."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """One simulated world and its fit."""

    place: Floats  # (quantity,) of the truth among the draws, uniform on (0, 1) if the posterior is right
    refused: int  # worlds drawn before it that were too crowded
    divergences: int


@dataclass(frozen=True, slots=True)
class Band:
    """Where the empirical distribution of uniform values stays as a whole, as a difference from the uniform one."""

    points: Floats  # (point,)
    lower: Floats
    upper: Floats
    critical: float  # smallest pointwise tail probability inside it


@dataclass(frozen=True, slots=True)
class Calibration:
    """The places of all quantities against the band that holds all at once."""

    place: Floats  # (simulation, quantity)
    band: Band
    difference: Floats  # (quantity, point) empirical minus uniform distribution
    p: Floats  # (quantity,) of uniformity, each for itself
    inside: Bools  # (quantity,)

    @property
    def passed(self) -> bool:
        return bool(self.inside.all())


def sample_world(world: Problem, density: Density, seed: int) -> Posterior:
    """Draws by the shipped sampler, through the compiled density that is in memory already."""
    tree = sample(world, density, SETTINGS, seed)
    return Posterior(parameters_of(tree, density.structure), int(tree["sample_stats"]["diverging"].sum()))


def rank_truth(
    problem: Problem,
    density: Density,
    levels: DailyLevels,
    headline: str,
    seed: int,
    number: int,
    sampler: Sampler = sample_world,
) -> Ranked:
    """Draw world ``number`` of a seed, fit it, and place the truth among the draws.

    Every number has random numbers of its own: worlds may be drawn in any order, or some of them again.
    """
    rng = np.random.default_rng([seed, number])
    truth, world, refused = draw_world(problem, density, levels, rng)
    mine = build_density(world, density.structure)
    posterior = sampler(world, mine, int(rng.integers(2**31)))
    both = join_draws([truth, _thin(posterior.parameters, DRAWS)])
    values = quantities(world, mine, both, headline, int(rng.integers(2**31)))
    return Ranked(place_of(values[0], values[1:], rng), refused, posterior.divergences)


def draw_world(
    problem: Problem, density: Density, levels: DailyLevels, rng: np.random.Generator
) -> tuple[Parameters, Problem, int]:
    """Parameters from the prior, a world from them, and how many worlds were refused as too crowded before."""
    refused = 0
    while True:
        truth = draw_prior(density, rng)
        world = simulate(problem, density, levels, truth, rng)
        if world is not None:
            return truth, world, refused
        refused += 1


def quantities(world: Problem, density: Density, p: Parameters, headline: str, seed: int) -> Floats:
    """The named quantities of every draw, (draw, quantity).

    The headline is projected along one path per draw, each with its own noise: truth and draws alike.
    """
    day = np.array([world.as_of])
    now = density.exposure.filtered.at(day, day.astype(float)).mean[0]
    regime = p.regime_z @ density.root[knot_of(day, world.calendar)[0]]
    base = (p.base[:, k] for k in (ONSET_AC, ONSET_DN, CONTINUATION, CONTACT_BASE, CRISIS_BASE, DEAL_BASE))
    onset = p.base[:, ONSET_AC] + p.effect[:, 0] @ now + regime
    columns = [
        p.unit,
        *base,
        p.pace[:, 0],
        p.fraction,
        *p.momentum.T,
        p.weight[:, 0, 0],
        regime,
        p.judgement_sd,
        onset,
        _headline(world, density, p, headline, seed),
    ]
    return np.stack(columns, axis=1)


def _headline(world: Problem, density: Density, parameters: Parameters, headline: str, seed: int) -> Floats:
    soon = replace(world, horizons=(Horizon(WINDOW),))
    out = project(soon, density.exposure.filtered, parameters, density.structure, paths=1, seed=seed)
    return np.asarray(out.targets[:, TARGETS.index(headline), 0])


def _thin(parameters: Parameters, draws: int) -> Parameters:
    rows = np.linspace(0, len(parameters.unit) - 1, min(draws, len(parameters.unit))).astype(np.int64)
    return parameters.take(rows)


def place_of(truth: Floats, draws: Floats, rng: np.random.Generator) -> Floats:
    """Place of each true value among its draws (draw, quantity), in (0, 1); ties and the steps of ranks at random."""
    below, equal = (draws < truth).sum(axis=0), (draws == truth).sum(axis=0)
    return np.asarray((below + (equal + 1) * rng.random(len(truth))) / (len(draws) + 1))


def calibrate_places(place: Floats, level: float, seed: int) -> Calibration:
    """Judge the places of all quantities, (simulation, quantity), against a band that holds all at once.

    With the truth of the model given, the chance that any of them leaves the band is at most 1 - ``level``, however
    they depend on each other (Bonferroni over quantities; simultaneous over points within each, Säilynoja et al. 2022,
    doi:10.1007/s11222-022-10090-6).
    """
    n, size = place.shape
    tails = uniform_tails(n, BAND_SAMPLES, np.random.default_rng([seed, 3]))
    band = _band(n, float(np.quantile(tails, (1 - level) / size)))
    counts = (place[:, :, None] <= band.points).sum(axis=0)
    own = _smallest_tail(counts, n, band.points)
    p = np.array([(tails <= tail).mean() for tail in own])
    return Calibration(
        place,
        band,
        counts / n - band.points,
        p,
        own >= band.critical,
    )


def uniform_tails(n: int, samples: int, rng: np.random.Generator) -> Floats:
    """The smallest pointwise tail probability of the empirical distribution of ``n`` uniform values, (sample,)."""
    counts = rng.multinomial(n, np.full(n, 1 / n), size=samples).cumsum(axis=1)[:, :-1]
    return _smallest_tail(counts, n, _points(n))


def _smallest_tail(counts: np.ndarray, n: int, points: Floats) -> Floats:
    """2 min(P(X <= count), P(X >= count)), X binomial at each point, and of these the smallest, over the last axis."""
    counts = counts.astype(float)
    above = np.where(counts > 0, 1 - bdtr(np.maximum(counts - 1, 0), n, points), 1.0)
    return np.asarray(2 * np.minimum(bdtr(counts, n, points), above).min(axis=-1))


def _points(n: int) -> Floats:
    return np.arange(1, n) / n


def _band(n: int, critical: float) -> Band:
    points = _points(n)
    lower, upper = binom.ppf(critical / 2, n, points), binom.isf(critical / 2, n, points)
    return Band(points, lower / n - points, upper / n - points, critical)
