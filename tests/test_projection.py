"""From draws to probabilities: common random numbers, lags, compensated levels, wet starts, deadlines, coherence."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problems import SHIPPED, Solved, forecast, make_catalogue, make_observations, make_problem

from models.ahead import GRID_DAYS, effects_of, first_day, grid_days, look_ahead, swings_of
from models.exposure import build_exposure
from models.parameters import Parameters
from models.processes import BASE, BASES
from models.projection import Projection, project
from models.spec import SCENARIOS, TARGETS, Floats, Horizon, Problem
from models.states import filter_states
from models.structure import Structure

LIMITS, ARMS, DENUC, DEAL, CONTACT = (
    TARGETS.index(t) for t in ("limits_talks", "arms_control_talks", "denuclearisation_talks", "deal", "contact")
)
NEVER = -40.0
"""A base so low that nothing ever happens."""
NO_REGIME = Structure(regime=False)


def _parameters(
    problem: Problem, draws: int = 1, *, weight: float = 0.0, fraction: float = 0.0, **base: float
) -> Parameters:
    """Draws that are all alike: a unit of one, equal weights, and bases by name, else never.

    The framing of beginnings is even, and nothing is remembered, unless said otherwise.
    """
    bases = np.full((draws, len(BASES)), NEVER)
    bases[:, BASE["framing"]] = 0.0
    for name, value in base.items():
        bases[:, BASE[name]] = value
    return Parameters(
        weight=np.full((draws, 5, problem.catalogue.size), weight),
        unit=np.ones(draws),
        slope=np.ones(draws),
        tilt=np.zeros(draws),
        deviation=np.zeros((draws, 2, problem.catalogue.size)),
        base=bases,
        pace=np.zeros((draws, 2)),
        fraction=np.full(draws, fraction),
        momentum=np.zeros((draws, 2)),
        memory=np.zeros(draws),
        regime_z=np.zeros((draws, 9)),
        duration=np.zeros(draws),
        change=np.zeros(draws),
        judgement_sd=np.ones(draws),
    )


def _project(problem: Problem, parameters: Parameters, structure: Structure = NO_REGIME, **given: int) -> Projection:
    options = {"paths": 1, "seed": 1, **given}
    filtered = filter_states(problem.observations, problem.catalogue)
    return project(problem, filtered, parameters, structure, **options)


def test_the_same_seed_gives_the_same_bits(solved_toy: Solved) -> None:
    one, two, other = (forecast(solved_toy.problem, solved_toy.fit, 60, paths=2, seed=s) for s in (1, 1, 2))
    for name in ("targets", "scenarios", "p_dry"):
        assert getattr(one, name).tobytes() == getattr(two, name).tobytes()
    assert one.targets.tobytes() != other.targets.tobytes()


def test_a_longer_horizon_leaves_the_noise_of_the_nearer_ones(solved_toy: Solved) -> None:
    """Common random numbers over dates too: a deadline that comes nearer does not move what lies before it."""
    near = replace(solved_toy.problem, horizons=(Horizon(30), Horizon(90)))
    far = replace(solved_toy.problem, horizons=(Horizon(30), Horizon(90), Horizon(700)))
    one, two = (forecast(p, solved_toy.fit, 40) for p in (near, far))
    assert two.targets[:, :, :2] == pytest.approx(one.targets, rel=1e-12)


def test_dry_constant_rates_have_a_closed_form() -> None:
    problem = make_problem(horizons=(30, 80))
    bases = {"onset": np.log(0.006), "framing": np.log(2), "contact": np.log(0.01)}
    out = _project(problem, _parameters(problem, **bases))
    days = np.array([30, 80])
    assert out.p_dry[0] == 1
    assert out.targets[0, LIMITS] == pytest.approx(-np.expm1(-0.006 * days))
    assert out.targets[0, ARMS] == pytest.approx(-np.expm1(-0.006 * days) * 2 / 3)
    assert out.targets[0, CONTACT] == pytest.approx(-np.expm1(-0.01 * days))
    assert out.scenarios[0, SCENARIOS.index("S1")] == pytest.approx(np.exp(-0.006 * days) * -np.expm1(-0.01 * days))


def test_without_regime_the_future_has_none() -> None:
    """A structure without regime draws none beyond the knot of the as-of date either."""
    problem = make_problem(horizons=(30, 700))
    draws = _parameters(problem, 50, contact=np.log(0.001))
    assert np.ptp(_project(problem, draws).targets[:, CONTACT], axis=0).max() < 1e-15
    assert np.ptp(_project(problem, draws, SHIPPED).targets[:, CONTACT, 1]) > 0.01


@pytest.mark.parametrize(("days_ago", "wet"), [(1, True), (80, True), (89, True), (90, False)])
def test_it_starts_wet_after_a_meeting(days_ago: int, wet: bool) -> None:
    """The first day ahead is one later: a meeting 90 days before today is 91 days before tomorrow."""
    problem = make_problem([(999 - days_ago, 999 - days_ago, 1)], horizons=(1,))
    out = _project(problem, _parameters(problem, continuation=np.log(0.05)))
    assert out.targets[0, DENUC, 0] == pytest.approx(-np.expm1(-0.05) if wet else 0.0, abs=1e-12)
    assert out.targets[0, ARMS, 0] == pytest.approx(0.0, abs=1e-12)


def test_days_not_attested_are_simulated_and_not_assumed_quiet() -> None:
    attested, quiet = (make_problem(attested=a, horizons=(30,)) for a in (999, 799))
    bases = {"onset": np.log(0.01), "continuation": np.log(0.05)}
    known, unknown = (_project(p, _parameters(p, **bases)) for p in (attested, quiet))
    assert known.p_dry[0] == 1
    assert 0 < unknown.p_dry[0] < 1
    assert unknown.targets[0, ARMS, 0] != pytest.approx(known.targets[0, ARMS, 0], rel=0.01)


def test_a_deadline_is_the_window_up_to_it(solved_toy: Solved) -> None:
    problem = replace(solved_toy.problem, horizons=(Horizon(200), Horizon(200, solved_toy.problem.as_of + 200)))
    out = forecast(problem, solved_toy.fit, 20)
    assert out.targets[:, :, 0].tobytes() == out.targets[:, :, 1].tobytes()


def test_horizons_may_come_in_any_order(solved_toy: Solved) -> None:
    sorted_, mixed = (
        forecast(replace(solved_toy.problem, horizons=tuple(Horizon(h) for h in hs)), solved_toy.fit, 20)
        for hs in ((30, 90, 365), (365, 30, 90))
    )
    assert np.array_equal(sorted_.targets[:, :, [2, 0, 1]], mixed.targets)


@pytest.mark.parametrize("lag", [1, 30])
def test_an_indicator_enters_continuation_after_its_lag_only(lag: int) -> None:
    """A row of today acts on the meetings from the lag on, and on beginnings from tomorrow on."""
    catalogue = make_catalogue([False], [1e7], [lag])  # a level that hardly moves, observed almost exactly
    rows = make_observations([(0, 999, 999, 2.0, 1e-12)])
    told, untold = (
        make_problem([(995, 995, 0)], observations=o, catalogue=catalogue, horizons=(lag - 1 or 1, lag, 60))
        for o in (rows, make_observations([]))
    )
    draws = {"weight": 0.5, "fraction": 1.0, "continuation": np.log(0.01)}
    with_row, without = (_project(p, _parameters(p, **draws)).targets[0, ARMS] for p in (told, untold))
    if lag > 1:
        assert with_row[0] == without[0]
        assert with_row[1] == pytest.approx(1 - (1 - without[0]) * np.exp(-0.01 * np.exp(1.0)), rel=1e-3)
    assert with_row[2] == pytest.approx(-np.expm1(-0.01 * ((lag - 1) + (61 - lag) * np.exp(1.0))), rel=1e-3)


def test_simulated_levels_have_the_predictive_variance() -> None:
    """20,000 draws: the variance of each day and indicator within 5 standard errors, sqrt(2 / draws) relative."""
    rows = make_observations([(0, 990, 990, 1.0, 0.3), (1, 900, 900, -1.0, 0.5), (2, 990, 990, 1.0, 9.0)])
    catalogue = make_catalogue([True, False, False, True], [30.0, 200.0, 200.0, 30.0], [0, 0, 0, 0])
    problem = make_problem(observations=rows, catalogue=catalogue, horizons=(200,))
    filtered = filter_states(problem.observations, problem.catalogue)
    ahead = look_ahead(problem, filtered)
    noise = np.random.default_rng(5).standard_normal((1, grid_days(problem, ahead), 20_000, 4))
    effects = effects_of(_parameters(problem, 20_000), NO_REGIME)
    swings = swings_of(problem, ahead, effects, noise)
    swing = np.zeros_like(noise[0])
    for k, step in enumerate(swings.step):
        swing[k] = swings.left * swing[k - 1] + step * noise[0, k]
    days = problem.as_of + GRID_DAYS * np.arange(len(swing), dtype=float)
    expected = filtered.at(np.full(len(days), problem.as_of), days).variance
    assert np.all(swing[:, :, 3] == 0)  # an indicator without a row contributes nothing
    assert swing.var(axis=1) == pytest.approx(expected, rel=5 * np.sqrt(2 / 20_000))
    assert np.abs(swing.mean(axis=1)).max() < 5 * 3.0 / np.sqrt(20_000)


def test_the_mean_simulated_intensity_is_the_fitted_one() -> None:
    """E exp(beta x - beta² V / 2) = exp(beta m): simulation adds spread and no mean. Within 5 standard errors.

    Rates are so low that the probability of a contact is the mean of the intensity over the days.
    """
    rows = make_observations([(0, 999, 999, 2.0, 0.3), (1, 900, 900, -1.0, 0.5)])
    problem = make_problem(observations=rows, horizons=(7, 70))
    draws = 4000
    out = _project(problem, _parameters(problem, draws, weight=0.4, contact=np.log(1e-6))).targets[:, CONTACT]
    filtered = filter_states(rows, problem.catalogue)
    for h, days in enumerate((7, 70)):
        ahead = problem.as_of + 1.0 + np.arange(days)
        mean = filtered.at(np.full(days, problem.as_of), ahead).mean
        fitted = 1e-6 * np.exp(0.4 * mean.sum(axis=1)).sum()
        error = out[:, h].std() / np.sqrt(draws)
        assert error > 0
        assert (
            abs(out[:, h].mean() - fitted) < 5 * error + 0.002 * fitted
        )  # 0.002: levels are straight between grid days


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31), spread=st.floats(0, 3), ago=st.integers(0, 200), attested=st.integers(900, 999))
def test_projections_are_coherent_at_any_parameters(seed: int, spread: float, ago: int, attested: int) -> None:
    rng = np.random.default_rng(seed)
    observations = make_observations([(0, 950, 960, 1.0, 0.5), (1, 100, 100, -2.0, 0.5)])
    problem = make_problem(
        [(990 - ago, 991 - ago, 1)],
        [980],
        [400],
        observations=observations,
        attested=attested,
        horizons=(1, 30, 90, 200),
    )
    flat = _parameters(problem, 5)
    drawn = {
        name: getattr(flat, name) * 0 + spread * rng.standard_normal(getattr(flat, name).shape)
        for name in ("weight", "pace", "fraction", "momentum", "regime_z", "slope", "tilt", "deviation", "memory")
    }
    base = np.log([1 / 450, 1, 1 / 30, 1 / 365, 1 / 730, 0.1]) + spread * rng.standard_normal((5, 6))
    drawn |= {"duration": spread * rng.random(5), "change": rng.random(5)}
    with np.errstate(over="ignore"):
        out = _project(problem, replace(flat, **drawn, base=base), SHIPPED, paths=2)
    limits = out.targets[:, LIMITS]
    for values in (out.targets, out.scenarios, out.p_dry):
        assert np.all((values >= -1e-12) & (values <= 1 + 1e-12))
    assert np.allclose(out.scenarios.sum(axis=1), 1, rtol=0, atol=1e-9)
    assert np.all(np.diff(out.targets, axis=2) >= -1e-12)
    for inner in (ARMS, DENUC, DEAL):
        assert np.all(out.targets[:, inner] <= limits + 1e-12)
    talks = [SCENARIOS.index(s) for s in ("S2", "S3", "S4")]
    assert np.allclose(out.scenarios[:, talks].sum(axis=1), limits, rtol=0, atol=1e-9)


def test_exposure_and_projection_meet_without_a_gap(solved_shipped: Solved) -> None:
    """The last day of exposure is the as-of date; the first of the projection is the day after."""
    problem = solved_shipped.problem
    onset = build_exposure(problem).onset
    assert onset.start[-1] + onset.days[-1] == problem.as_of + 1
    filtered = solved_shipped.fit.density.exposure.filtered
    assert look_ahead(problem, filtered).days[0] == first_day(problem)


def _rate_and_share(since: int, framing: int, met: bool, p: Parameters) -> tuple[float, float]:
    """Meetings a day while dry, and the share of arms control, by the formulas of the page on the model."""
    paces = [(91, 180), (181, 365), (366, 730), (731, 1095)]
    days = np.array([since], dtype=float)
    if met:  # dried up on the path: a pace's means
        first, last = next(pace for pace in paces if pace[0] <= since <= pace[1])
        days = np.arange(first, last + 1, dtype=float)
    silence = np.log(np.clip(days, 90, 1095) / 365).mean()
    kept = np.exp(-days / (1.5 * 365.25)).mean()
    odds = np.exp(p.base[0, 1] + p.memory[0] * (1 - 2 * framing) * kept)
    return float(np.exp(p.base[0, 0] - p.duration[0] * silence)), float(odds / (1 + odds))


def _day_by_day(since: int, framing: int, days: int, p: Parameters) -> Floats:
    """P(arms control), P(denuclearisation), P(any) within so many days, by every state of the chain."""
    mass: dict[tuple[int, int, bool, bool, bool], float] = {(since, framing, False, False, False): 1.0}
    for _ in range(days):
        later: dict[tuple[int, int, bool, bool, bool], float] = defaultdict(float)
        for (ago, last, met, arms, denuc), q in mass.items():
            if ago > 90:
                rate, share = _rate_and_share(ago, last, met, p)
            else:
                pace = 0.0 if ago < 15 else float(p.pace[0, 0 if ago < 46 else 1])
                rate, share = float(np.exp(p.base[0, 2] + pace)), float(p.change[0] if last else 1 - p.change[0])
            later[(ago + 1, last, met, arms, denuc)] += q * np.exp(-rate)
            later[(1, 0, True, True, denuc)] += q * -np.expm1(-rate) * share
            later[(1, 1, True, arms, True)] += q * -np.expm1(-rate) * (1 - share)
        mass = later
    return np.array([sum(q for state, q in mass.items() if state[flag]) for flag in (3, 4, 2)])


@pytest.mark.parametrize("silence", [1000, 1096, 2600])
def test_a_long_silence_is_counted_day_by_day(silence: int) -> None:
    """The rate of beginnings and the memory of their framing follow the true silence; past the cap it holds."""
    problem = make_problem([(999 - silence, 999 - silence, 1)], horizons=(30, 250))
    flat = _parameters(problem, onset=np.log(1 / 300), framing=-0.3, continuation=np.log(1 / 40), deal=-3.0)
    drawn = replace(
        flat,
        duration=np.array([0.45]),
        memory=np.array([3.2]),
        change=np.array([0.03]),
        pace=np.array([[-0.4, -0.9]]),
    )
    out = _project(problem, drawn)
    for h, days in enumerate((30, 250)):
        expected = _day_by_day(silence + 1, 1, days, drawn)
        assert out.targets[0, [ARMS, DENUC, LIMITS], h] == pytest.approx(expected, abs=1e-9)
        assert np.all((out.targets[0, [ARMS, DENUC], h] > 0) & (out.targets[0, [ARMS, DENUC], h] < 1))
