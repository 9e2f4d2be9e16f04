"""Reliability without bins: the curve is isotonic, the parts add up, and the band holds as often as it says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from models.reliability import Reliability, decompose, overlap_root, recalibrate, reliability
from models.scores import FLOOR, brier, log_score
from models.spec import Floats

REPETITIONS = 300
cases = st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=25)


def _arrays(pairs: list[tuple[int, bool]]) -> tuple[Floats, Floats]:
    """Forecasts in eighths, so that many are equal."""
    return np.array([p / 8 for p, _ in pairs]), np.array([float(y) for _, y in pairs])


@given(cases)
def test_the_curve_is_what_the_minimax_formula_says(pairs: list[tuple[int, bool]]) -> None:
    """g_i = max over a ≤ i of min over b ≥ i of the mean outcome of forecasts a…b (Barlow et al. 1972, eq. 1.11)."""
    forecast, outcome = _arrays(pairs)
    values = np.unique(forecast)

    def mean(a: float, b: float) -> float:
        return float(outcome[(forecast >= a) & (forecast <= b)].mean())

    expected = [max(min(mean(a, b) for b in values if b >= p) for a in values if a <= p) for p in forecast]
    assert recalibrate(forecast, outcome) == pytest.approx(expected)


@given(cases)
def test_recalibration_rises_with_the_forecast_and_keeps_the_mean(pairs: list[tuple[int, bool]]) -> None:
    forecast, outcome = _arrays(pairs)
    curve = recalibrate(forecast, outcome)
    assert (np.diff(curve[np.argsort(forecast, kind="stable")]) >= -1e-12).all()
    assert all(np.ptp(curve[forecast == p]) == 0 for p in forecast)
    assert curve.mean() == pytest.approx(outcome.mean())


@given(cases)
@pytest.mark.parametrize("score", [brier, log_score])
def test_the_parts_add_up_to_the_score(score, pairs: list[tuple[int, bool]]) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    forecast, outcome = _arrays(pairs)
    parts = decompose(score, forecast, outcome)
    assert parts.score == pytest.approx(score(forecast, outcome).mean())
    assert parts.miscalibration - parts.discrimination + parts.uncertainty == pytest.approx(parts.score)
    assert parts.miscalibration >= -1e-12
    assert parts.discrimination >= -1e-12


def test_the_uncertainty_of_the_brier_score_is_the_variance_of_the_outcome() -> None:
    forecast, outcome = np.array([0.1, 0.4, 0.4, 0.9]), np.array([0.0, 0.0, 1.0, 1.0])
    assert decompose(brier, forecast, outcome).uncertainty == pytest.approx(outcome.var())
    assert decompose(log_score, np.full(4, FLOOR), np.zeros(4)).uncertainty == pytest.approx(0, abs=1.01 * FLOOR)


def test_a_constant_forecast_discriminates_nothing() -> None:
    outcome = np.array([0.0, 0.0, 0.0, 1.0])
    parts = decompose(brier, np.full(4, 0.5), outcome)
    assert (parts.discrimination, parts.miscalibration) == (0, pytest.approx(0.25**2))


def test_windows_are_as_correlated_as_the_share_of_days_they_have_in_common() -> None:
    root = overlap_root(np.array([0.0, 45.0, 90.0, 300.0]), 180)
    expected = [[1, 0.75, 0.5, 0], [0.75, 1, 0.75, 0], [0.5, 0.75, 1, 0], [0, 0, 0, 1]]
    assert root @ root.T == pytest.approx(np.array(expected), abs=1e-8)
    assert np.isfinite(overlap_root(np.zeros(3), 180)).all()


def _forecasts(n: int = 60) -> Floats:
    return np.random.default_rng(5).beta(1.2, 2.5, n)


def _inside(band: Reliability, forecast: Floats, outcome: Floats) -> bool:
    """Whether another record of the same forecasts lies in the band."""
    curve = recalibrate(forecast, outcome)[np.unique(forecast, return_index=True)[1]]
    return bool((band.low <= curve + 1e-9).all() and (curve <= band.high + 1e-9).all())


@pytest.mark.parametrize("step", [400, 30])
def test_the_band_holds_the_whole_curve_of_a_calibrated_forecaster_as_often_as_it_says(step: int) -> None:
    """Apart and overlapping by five sixths; 300 records have an error of 1.7 points."""
    forecast, day = _forecasts(), step * np.arange(60.0)
    band = reliability(forecast, np.zeros(60), day, 180, level=0.9)
    z = np.random.default_rng(6).standard_normal((REPETITIONS, 60)) @ overlap_root(day, 180).T
    held = np.mean([_inside(band, forecast, (u < forecast).astype(float)) for u in norm.cdf(z)])
    assert held == pytest.approx(0.9, abs=0.06)


def test_a_biased_forecaster_falls_out_of_the_band() -> None:
    truth, day = _forecasts(150), 400 * np.arange(150.0)
    said = np.clip(truth + 0.25, 0, 1)
    band = reliability(said, np.zeros(150), day, 180)
    random = np.random.default_rng(7)
    held = np.mean([_inside(band, said, (random.random(150) < truth).astype(float)) for _ in range(100)])
    assert held < 0.05


def test_windows_that_overlap_make_the_band_wider() -> None:
    """The more so where neighbours say much the same, as forecasts do."""
    slow = np.sort(_forecasts())
    apart, close = (reliability(slow, np.zeros(60), step * np.arange(60.0), 180) for step in (400, 30))
    assert np.mean(close.high - close.low) > 1.3 * np.mean(apart.high - apart.low)


def test_a_band_of_a_higher_level_holds_one_of_a_lower() -> None:
    day = 400 * np.arange(60.0)
    wide, narrow = (reliability(_forecasts(), np.zeros(60), day, 180, level=level) for level in (0.9, 0.5))
    assert (wide.low <= narrow.low).all()
    assert (narrow.high <= wide.high).all()


def test_origins_that_do_not_count_are_as_if_they_were_not_there() -> None:
    random = np.random.default_rng(8)
    forecast, day = np.round(_forecasts(), 1), 30 * np.arange(60.0)
    outcome, kept = (random.random(60) < forecast).astype(float), random.random(60) < 0.6
    outcome[~kept] = np.nan
    some = reliability(forecast, outcome, day, 180, kept=kept, replicates=200)
    alone = reliability(forecast[kept], outcome[kept], day[kept], 180, replicates=200)
    for name in ("forecast", "count", "frequency", "low", "high"):
        assert (getattr(some, name) == getattr(alone, name)).all()
    assert some.count.sum() == kept.sum()
    assert (np.diff(some.forecast) > 0).all()
