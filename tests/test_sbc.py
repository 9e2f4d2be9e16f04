"""Simulation-based calibration passes what is right and catches what is not."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from arviz_stats.ecdf_utils import get_pointwise_confidence_band, simulate_confidence_bands
from problems import Solved, make_observations, make_problem
from scipy.stats import kstest
from sizes import slow, soak

from models.density import Density
from models.laplace import build_density
from models.parameters import Parameters
from models.sampling import parameters_of, sample
from models.sbc import (
    QUANTITIES,
    Posterior,
    Ranked,
    Sampler,
    calibrate_places,
    draw_world,
    place_of,
    quantities,
    rank_truth,
    sample_world,
)
from models.settings import SamplerSettings
from models.simulate import DailyLevels, daily_levels, draw_prior
from models.spec import Floats, Problem
from models.structure import Priors, Structure

HEADLINE = "arms_control_talks"
TINY = SamplerSettings(chains=1, draws=150, tune=150, cores=1)
WORLDS = 20

Ranker = Callable[[Sampler], list[Ranked]]


@pytest.fixture(scope="module")
def small() -> tuple[Problem, Density, DailyLevels]:
    """Two indicators and a year and a half, which a sampler fits in a fraction of a second."""
    rows = [(i, day, day, float((day // 50 + i) % 5 - 2), 0.3) for i in range(2) for day in range(0, 600, 50)]
    problem = make_problem([(100, 101, 0)], days=600, observations=make_observations(rows))
    density = build_density(problem, Structure())
    return problem, density, daily_levels(problem, density)


@pytest.fixture(scope="module")
def rank(small: tuple[Problem, Density, DailyLevels]) -> Ranker:
    return lambda sampler: [rank_truth(*small, HEADLINE, 1, number, sampler) for number in range(WORLDS)]


@pytest.fixture(scope="module")
def fitted() -> Sampler:
    """The sampler, few draws; a world that it has fitted is not fitted again."""

    def fit(world: Problem, density: Density, seed: int) -> Posterior:
        return Posterior(parameters_of(sample(world, density, TINY, seed), density.structure), 0)

    return _kept(fit)


def _kept(sampler: Sampler) -> Sampler:
    """The same, but a seed's world is fitted once."""
    known: dict[int, Posterior] = {}

    def fit(world: Problem, density: Density, seed: int) -> Posterior:
        if seed not in known:
            known[seed] = sampler(world, density, seed)
        return known[seed]

    return fit


def _places(ranked: list[Ranked]) -> Floats:
    return np.array([one.place for one in ranked])


def _moved(sampler: Sampler, move: Callable[[Floats], Floats]) -> Sampler:
    """The sampler with every parameter's draws moved."""

    def fit(world: Problem, density: Density, seed: int) -> Posterior:
        right = sampler(world, density, seed)
        draws = {name: move(getattr(right.parameters, name)) for name in Parameters.__slots__}
        return replace(right, parameters=Parameters(**draws))

    return fit


def _half(draws: Floats) -> Floats:
    """Half as far from their mean: every interval is half as wide."""
    return np.asarray(draws.mean(axis=0) + 0.5 * (draws - draws.mean(axis=0)))


def test_the_sampler_is_calibrated(rank: Ranker, fitted: Sampler) -> None:
    assert calibrate_places(_places(rank(fitted)), 0.95, seed=1).passed


def test_halved_intervals_are_caught(rank: Ranker, fitted: Sampler) -> None:
    calibration = calibrate_places(_places(rank(_moved(fitted, _half))), 0.95, seed=1)
    assert not calibration.passed
    assert (~calibration.inside).sum() >= 3


def test_a_posterior_that_is_off_is_caught(rank: Ranker, fitted: Sampler) -> None:
    off = _moved(fitted, lambda draws: draws + 0.8 * draws.std(axis=0))
    assert not calibrate_places(_places(rank(off)), 0.95, seed=1).passed


@pytest.mark.parametrize("worlds", [slow(16), soak("model", 40)])
def test_the_sampler_is_calibrated_on_a_case(solved_toy: Solved, worlds: int) -> None:
    """As `parley check` runs it; and what it would have said of halved intervals."""
    problem, density = solved_toy.problem, solved_toy.fit.density
    arguments = (problem, density, daily_levels(problem, density), HEADLINE, 2)
    fit = _kept(sample_world)
    ranked = [rank_truth(*arguments, number, fit) for number in range(worlds)]
    halved = [rank_truth(*arguments, number, _moved(fit, _half)) for number in range(worlds)]
    assert calibrate_places(_places(ranked), 0.95, seed=1).passed
    assert not calibrate_places(_places(halved), 0.95, seed=1).passed


def test_a_world_is_the_same_whenever_it_is_drawn(small: tuple[Problem, Density, DailyLevels], fitted: Sampler) -> None:
    first, again, other = (rank_truth(*small, HEADLINE, 3, number, fitted) for number in (4, 4, 5))
    assert first.place.tolist() == again.place.tolist()
    assert first.place.tolist() != other.place.tolist()


def test_crowded_worlds_are_counted(small: tuple[Problem, Density, DailyLevels]) -> None:
    problem = small[0]
    wide = Structure(priors=Priors(later_base=tuple((mean, 6.0) for mean, _ in Priors().later_base)))
    density = build_density(problem, wide)
    rng = np.random.default_rng(1)
    assert sum(draw_world(problem, density, small[2], rng)[2] for _ in range(20)) > 0


def test_every_quantity_is_named(small: tuple[Problem, Density, DailyLevels]) -> None:
    problem, density, _ = small
    found = quantities(problem, density, draw_prior(density, np.random.default_rng(0)), HEADLINE, seed=1)
    assert found.shape == (1, len(QUANTITIES))
    assert 0 <= found[0, -1] <= 1


@pytest.mark.parametrize("values", [5, 10**9])
def test_places_of_exchangeable_values_are_uniform(values: int) -> None:
    """Also where values tie, as the probability of what cannot happen does."""
    rng = np.random.default_rng(2)
    drawn = rng.integers(0, values, size=(4000, 12)).astype(float)
    places = [place_of(row[:1], row[1:, None], rng)[0] for row in drawn]
    assert kstest(places, "uniform").pvalue > 0.01


def test_the_band_equals_a_foreign_one() -> None:
    """ArviZ simulates the same band for one line; its counts are cut to integers after a division."""
    n = 50
    band = calibrate_places(np.full((n, 1), 0.5), 0.95, seed=1).band
    coverage = simulate_confidence_bands(n, 1, band.points, 0.95, 4000, np.random.default_rng(3))
    lower, upper = get_pointwise_confidence_band(coverage, n, band.points)
    assert np.abs(lower - band.points - band.lower).max() < 1.5 / n
    assert np.abs(upper - band.points - band.upper).max() < 1.5 / n


def test_the_band_holds_all_lines_at_once_as_often_as_it_says() -> None:
    n, size, families = 40, 16, 2000
    band = calibrate_places(np.full((n, size), 0.5), 0.95, seed=1).band
    uniform = np.random.default_rng(4).random((families, n, size))
    ecdf = np.stack([(uniform <= point).mean(axis=1) - point for point in band.points], axis=-1)
    tiny = 1e-9
    held = ((ecdf >= band.lower - tiny) & (ecdf <= band.upper + tiny)).all(axis=(1, 2)).mean()
    assert 0.94 <= held <= 0.99  # three standard errors below; discreteness makes it careful


def test_inside_the_band_and_passed_are_one(small: tuple[Problem, Density, DailyLevels]) -> None:
    rng = np.random.default_rng(5)
    skewed = np.column_stack([rng.random(60) ** power for power in (1.0, 1.3, 1.6, 2.0, 3.0)])
    found = calibrate_places(skewed, 0.95, seed=1)
    tiny = 1e-9
    drawn = (found.difference >= found.band.lower - tiny) & (found.difference <= found.band.upper + tiny)
    assert drawn.all(axis=1).tolist() == found.inside.tolist()
    assert (found.p * skewed.shape[1] < 0.05).tolist() == (~found.inside).tolist()
    assert found.inside[0]
    assert not found.inside[-1]
