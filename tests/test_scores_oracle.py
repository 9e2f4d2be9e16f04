"""Scores against another implementation, scoringrules."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.scores import FLOOR, brier, categorical_log_score, log_score, ranked_probability_score
from models.spec import Floats

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its import compiles, and says so
    import scoringrules

CASES = 7
probabilities = arrays(np.float64, CASES, elements=st.floats(FLOOR, 1 - FLOOR))
outcomes = arrays(np.float64, CASES, elements=st.sampled_from([0.0, 1.0]))
shares = arrays(np.float64, (CASES, 5), elements=st.floats(0.001, 1)).map(lambda x: x / x.sum(axis=1, keepdims=True))
labels = arrays(np.int64, CASES, elements=st.integers(0, 4))


@given(forecast=probabilities, outcome=outcomes)
def test_brier_score(forecast: Floats, outcome: Floats) -> None:
    assert brier(forecast, outcome) == pytest.approx(scoringrules.brier_score(outcome, forecast))


@given(forecast=probabilities, outcome=outcomes)
def test_log_score(forecast: Floats, outcome: Floats) -> None:
    assert log_score(forecast, outcome) == pytest.approx(scoringrules.log_score(outcome, forecast))


@given(forecast=shares, label=labels)
def test_categorical_log_score(forecast: Floats, label: np.ndarray) -> None:
    """The binary score of the label that came true."""
    given_to_it = forecast[np.arange(CASES), label]
    assert categorical_log_score(forecast, label) == pytest.approx(scoringrules.log_score(np.ones(CASES), given_to_it))


@given(forecast=shares, label=labels)
def test_ranked_probability_score(forecast: Floats, label: np.ndarray) -> None:
    """Ours takes cumulative probabilities and may leave out the last, certain bin; theirs takes those of each bin."""
    by, happened = forecast.cumsum(axis=1), (label[:, None] <= np.arange(5)).astype(float)
    theirs = scoringrules.rps_score(label + 1, forecast)
    assert ranked_probability_score(by, happened) == pytest.approx(theirs)
    assert ranked_probability_score(by[:, :-1], happened[:, :-1]) == pytest.approx(theirs)
