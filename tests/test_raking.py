"""Raked weights against their definition, a general optimiser, and what they are for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from models.raking import effective_size, rake
from models.spec import Floats

EXACT = 1e-9


def drawn(seed: int, draws: int = 60, totals: int = 4) -> tuple[Floats, Floats]:
    """Correlated values of some draws, and the means of many more."""
    rng = np.random.default_rng(seed)
    mix = rng.normal(size=(totals, totals))
    many = 1 / (1 + np.exp(-rng.normal(size=(4000, totals)) @ mix))
    return many[:draws], many.mean(axis=0)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.floats(1e-6, 0.05))
def test_weights_are_positive_and_sum_to_one(seed: int, error: float) -> None:
    values, totals = drawn(seed)
    weights = rake(values, totals, np.full(len(totals), error))
    assert (weights > 0).all()
    assert weights.sum() == pytest.approx(1)


@pytest.mark.parametrize("seed", range(5))
def test_totals_without_slack_are_met(seed: int) -> None:
    values, totals = drawn(seed)
    weights = rake(values, totals, np.full(len(totals), EXACT))
    np.testing.assert_allclose(weights @ values, totals, atol=1e-7)
    assert effective_size(weights) > 0.5 * len(weights)


def test_weights_stay_equal_where_nothing_is_off() -> None:
    values, _ = drawn(1)
    weights = rake(values, values.mean(axis=0), np.full(values.shape[1], EXACT))
    np.testing.assert_allclose(weights, 1 / len(values), atol=1e-9)
    assert effective_size(weights) == pytest.approx(len(values))


def test_a_value_on_which_all_draws_agree_asks_for_nothing() -> None:
    values, totals = drawn(2)
    constant = np.column_stack([values, np.zeros(len(values))])
    errors = np.full(len(totals), 1e-3)
    both = [rake(values, totals, errors), rake(constant, np.append(totals, 0.3), np.append(errors, 1e-3))]
    np.testing.assert_array_equal(*both)


def test_the_weights_minimise_what_they_are_defined_by() -> None:
    values, totals = drawn(3, draws=12, totals=2)
    errors = np.array([0.02, 0.05])

    def objective(log_weight: Floats) -> float:
        w = np.exp(log_weight - log_weight.max())
        w /= w.sum()
        away = (w @ values - totals) / errors
        return float(w @ np.log(len(w) * w) + (away @ away) / (2 * len(w)))

    found = minimize(objective, np.zeros(12), method="BFGS", options={"gtol": 1e-10}).x
    expected = np.exp(found - found.max())
    np.testing.assert_allclose(rake(values, totals, errors), expected / expected.sum(), atol=1e-5)


def test_totals_beyond_every_draw_are_approached_without_breaking() -> None:
    values, _ = drawn(4)
    weights = rake(values, np.full(values.shape[1], 2.0), np.full(values.shape[1], EXACT))
    assert np.isfinite(weights).all()
    assert weights.sum() == pytest.approx(1)


def test_raking_takes_the_error_of_few_draws_out_of_a_situation_nearby() -> None:
    """A little off the situation they were raked in, they come closer to the means of many than equal weights do."""
    rng = np.random.default_rng(5)
    off_raked, off_equal = [], []
    for _ in range(60):
        many = rng.normal(size=(4000, 3))
        base, moved = 1 / (1 + np.exp(2 - many)), 1 / (1 + np.exp(1.7 - many * [1.1, 1.0, 0.9]))
        few = rng.choice(4000, 100, replace=False)
        weights = rake(base[few], base.mean(axis=0), np.full(3, 1e-4))
        off_raked.append(weights @ moved[few] - moved.mean(axis=0))
        off_equal.append(moved[few].mean(axis=0) - moved.mean(axis=0))
    assert np.square(off_raked).mean() < 0.1 * np.square(off_equal).mean()
