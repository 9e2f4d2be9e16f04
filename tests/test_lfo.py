"""Leave-future-out: weights that turn one posterior into the next, and a fit afresh where they cannot be trusted."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from conftest import EVENT, OBSERVATION
from problems import SHIPPED, make_observations, make_problem, read_as_of
from sizes import slow, soak
from toy_runs import install_toy

from db.append import append_events, append_observations
from db.engine import Database
from forecast.evaluation.lfo import (
    TOLERANCE,
    ExactModel,
    LeaveFutureOut,
    _Fit,
    mean_over,
)
from models.gradient import compile_density
from models.importance import is_trusted, pareto_bound, smoothed_weights
from models.laplace import build_density, start_at
from models.parameters import Parameters, pack, unpack
from models.settings import SamplerSettings
from models.spec import Forecast, Problem

MEETINGS = [(100, 102, 0), (130, 130, 1), (400, 401, 1), (700, 700, 0), (720, 720, 0)]
LEVELS = make_observations([(i, 40 * n, 40 * n, (n + i) % 5 - 2, 0.2) for n in range(20) for i in (0, 1)])
QUICK = SamplerSettings(chains=2, draws=100, tune=100, cores=1)
NOW = datetime(2020, 2, 1, tzinfo=UTC)


def tiny(days: int = 900, crises: list[int] | None = None) -> Problem:
    return make_problem(MEETINGS, [50, 300, 301, 800], crises or [600], days=days, observations=LEVELS)


def same_bits(one: Forecast, other: Forecast) -> bool:
    return one.targets.tobytes() == other.targets.tobytes() and one.scenarios.tobytes() == other.scenarios.tobytes()


# Weights


def test_weights_are_even_when_nothing_has_changed() -> None:
    for log_ratio in (np.zeros(400), np.full(400, -7321.5)):
        weight, k = smoothed_weights(log_ratio)
        assert weight == pytest.approx(np.full(400, 1 / 400), rel=1e-12)
        assert k == 0.0


@pytest.mark.parametrize("never", [np.inf, -np.inf, np.nan])
def test_a_ratio_that_is_no_number_asks_for_a_fit(never: float) -> None:
    log_ratio = np.zeros(400)
    log_ratio[7] = never
    assert smoothed_weights(log_ratio)[1] == np.inf


def test_weights_turn_one_posterior_of_a_rate_into_the_next() -> None:
    """A rate has the posterior Gamma(a, b) after so many events and years; two events in one year more add to both.

    4000 draws know the mean to a little more than sd / sqrt(4000).
    """
    a, b = 8.0, 10.0
    rate = np.random.default_rng(1).gamma(a, 1 / b, 4000)
    weight, k = smoothed_weights(2 * np.log(rate) - rate)
    mean, sd = (a + 2) / (b + 1), np.sqrt(a + 2) / (b + 1)
    assert weight.sum() == pytest.approx(1)
    assert weight @ rate == pytest.approx(mean, abs=4 * sd / np.sqrt(4000))
    assert weight @ (rate - mean) ** 2 == pytest.approx(sd**2, rel=0.15)
    assert k < pareto_bound(4000)
    assert abs(rate.mean() - mean) > 0.1  # weights the wrong way round, or none, are found out


def test_a_posterior_far_away_passes_the_bound() -> None:
    """From N(0, 1) to N(5, 1) the ratio is exp(5x - 12.5)."""
    x = np.random.default_rng(2).standard_normal(2000)
    assert smoothed_weights(5 * x - 12.5)[1] > pareto_bound(2000)
    assert smoothed_weights(0.5 * x - 0.125)[1] < pareto_bound(2000)


@pytest.mark.parametrize(("draws", "bound"), [(100, 0.5), (1000, 2 / 3), (2000, 0.697), (10**4, 0.7), (10**6, 0.7)])
def test_the_bound_grows_with_the_draws_up_to_seven_tenths(draws: int, bound: float) -> None:
    assert pareto_bound(draws) == pytest.approx(bound, abs=5e-4)


def test_weights_are_trusted_while_half_of_the_draws_are_effective() -> None:
    assert is_trusted(np.full(2000, 1 / 2000), 0.0)
    assert not is_trusted(np.full(2000, 1 / 2000), 0.7)
    for share, trusted in ((0.6, True), (0.4, False)):
        weight = np.where(np.arange(2000) < 2000 * share, 1 / (2000 * share), 0.0)
        assert is_trusted(weight, 0.0) == trusted


def test_packing_undoes_unpacking() -> None:
    density = build_density(tiny(), SHIPPED)
    noise = np.random.default_rng(3).standard_normal((20, density.layout.size))
    theta = start_at(density) + noise
    parameters = unpack(theta, density.layout, SHIPPED)
    assert pack(parameters, SHIPPED) == pytest.approx(theta, rel=1e-12, abs=1e-12)
    again = unpack(pack(parameters, SHIPPED), density.layout, SHIPPED)
    for name in Parameters.__slots__:
        assert getattr(again, name) == pytest.approx(getattr(parameters, name), rel=1e-12)


# A stretch of origins


def test_a_stretch_begins_exact_goes_on_reweighted_and_is_fitted_anew_after_an_upheaval() -> None:
    problems = [tiny(900), tiny(900), tiny(910), tiny(920, [600, *range(905, 919)])]
    found = list(LeaveFutureOut(SHIPPED, 3, QUICK).series(problems))
    assert same_bits(found[0], ExactModel(SHIPPED, 3, QUICK)(problems[0]))
    assert np.isnan([found[0].pareto_k, found[3].pareto_k]).all()
    assert found[1].pareto_k == 0.0
    assert found[1].targets == pytest.approx(found[0].targets, rel=1e-12)
    assert found[2].pareto_k < pareto_bound(200)
    assert not same_bits(found[2], found[1])


def test_draws_are_weighted_as_told() -> None:
    """All the weight on one draw is that draw's own forecast, and even weights are the mean of all."""
    problem = tiny()
    density = build_density(problem, SHIPPED)
    parameters = unpack(
        start_at(density) + 0.3 * np.random.default_rng(4).standard_normal((5, density.layout.size)),
        density.layout,
        SHIPPED,
    )
    each = [mean_over(problem, density, parameters, row, 1).targets for row in np.eye(5)]
    weight = np.array([0.1, 0.2, 0.0, 0.3, 0.4])
    expected = sum(w * one for w, one in zip(weight, each, strict=True))
    assert mean_over(problem, density, parameters, weight, 1).targets == pytest.approx(expected)


# Against exact fits


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The toy case, with a crisis and an observation that became known two months late."""
    crisis = replace(EVENT, case_id="toy", event_id="L1", type="crisis", framing="none", known_on=date(2018, 8, 10))
    row = replace(OBSERVATION, case_id="toy", indicator_id="border_posture", level=2.0)
    with install_toy(tmp_path_factory.mktemp("toy")) as database:
        with database.write() as connection:
            append_events(connection, [replace(crisis, started_on=date(2018, 6, 10), ended_on=date(2018, 6, 10))], NOW)
            append_observations(
                connection, [replace(row, observed_on=date(2018, 6, 1), known_on=date(2018, 8, 5))], NOW
            )
        yield database


ARRIVALS = {
    "talks": (date(2018, 3, 9), date(2018, 3, 15)),
    "an observation and what it was followed by": (date(2018, 4, 1), date(2018, 5, 1)),
    "an observation known late": (date(2018, 8, 1), date(2018, 8, 8)),
    "a crisis known late": (date(2018, 8, 9), date(2018, 8, 10)),
    "a judgement": (date(2017, 6, 14), date(2017, 6, 15)),
}
WEIGHTIEST = ("talks", "an observation known late", "a judgement")
"""One of each kind of row; what else can arrive is of one of these kinds."""
ARRIVALS_BY_SIZE = [slow(name) if name in WEIGHTIEST else soak("evaluation", name) for name in ARRIVALS]


@pytest.mark.slow
def test_three_judgements_at_once_ask_for_a_fit(toy: Database) -> None:
    """They move every effect: a quarter of the draws remains effective."""
    before, after = (read_as_of(toy, origin)[2] for origin in (date(2015, 2, 28), date(2015, 3, 1)))
    weight, k = _Fit(ExactModel(SHIPPED), before).weights(compile_density(build_density(after, SHIPPED)))
    assert k < pareto_bound(len(weight))
    assert not is_trusted(weight, k)


@pytest.mark.parametrize("arrival", ARRIVALS_BY_SIZE)
def test_reweighted_draws_agree_with_an_exact_fit(toy: Database, arrival: str) -> None:
    """Forecasts within the stated tolerance; means of the rates within five Monte-Carlo errors."""
    read = (read_as_of(toy, origin)[2] for origin in ARRIVALS[arrival])
    before, after = (replace(problem, horizons=problem.horizons[:4]) for problem in read)
    model = ExactModel(SHIPPED)
    old, new = _Fit(model, before), _Fit(model, after)
    weight, k = old.weights(compile_density(new.density))
    assert is_trusted(weight, k)
    found, exact = mean_over(after, new.density, old.parameters, weight, model.seed), new.forecast()
    assert np.abs(found.targets - exact.targets).max() < TOLERANCE
    assert np.abs(found.scenarios - exact.scenarios).max() < TOLERANCE
    moved, fitted = weight @ old.theta, new.theta.mean(axis=0)
    error = new.theta.std(axis=0) * np.sqrt(np.sum(weight**2) + 1 / len(weight))
    assert np.abs((moved - fitted) / error).max() < 5
