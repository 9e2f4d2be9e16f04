"""Scores: perfection is nought, honesty is best, and errors of differences know their dependence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from models.scores import FLOOR, auc, block_bootstrap_error, brier, log_score

probabilities = st.floats(0.001, 0.999)


def test_a_perfect_forecast_scores_nought() -> None:
    outcome = np.array([0.0, 1.0, 1.0])
    assert brier(outcome, outcome).tolist() == [0, 0, 0]
    assert log_score(outcome, outcome) == pytest.approx(0, abs=1.01 * FLOOR)


@given(truth=probabilities, said=probabilities)
def test_no_forecast_is_expected_to_score_better_than_the_truth(truth: float, said: float) -> None:
    for score in (brier, log_score):

        def expected(p: float, score=score) -> float:  # type: ignore[no-untyped-def] # noqa: ANN001
            yes, no = score(np.array([p, p]), np.array([1.0, 0.0]))
            return float(truth * yes + (1 - truth) * no)

        assert expected(said) >= expected(truth) - 1e-12


def test_one_certain_error_costs_no_more_than_the_floor_allows() -> None:
    assert log_score(np.array([0.0, 1.0]), np.array([1.0, 0.0])) == pytest.approx(-np.log(FLOOR))


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30))
def test_auc_counts_the_pairs_in_the_right_order(pairs: list[tuple[int, bool]]) -> None:
    forecast, outcome = np.array([p / 5 for p, _ in pairs]), np.array([float(y) for _, y in pairs])
    yes, no = forecast[outcome > 0], forecast[outcome == 0]
    if len(yes) == 0 or len(no) == 0:
        assert np.isnan(auc(forecast, outcome))
        return
    wins = sum(1.0 if y > n else 0.5 if y == n else 0.0 for y in yes for n in no)
    assert auc(forecast, outcome) == pytest.approx(wins / (len(yes) * len(no)))
    assert auc(forecast, outcome) == pytest.approx(mannwhitneyu(yes, no).statistic / (len(yes) * len(no)))


@pytest.mark.parametrize("block", [1, 5])
def test_the_bootstrap_error_of_independent_differences_is_theirs(block: int) -> None:
    """sd / sqrt(n) on average over 60 series of 400; one series in blocks of five is off by about 7 %."""
    series = np.random.default_rng(1).normal(0.1, 2.0, (60, 400))
    ratios = [block_bootstrap_error(one, block, replicates=400) / (2.0 / np.sqrt(400)) for one in series]
    assert np.mean(ratios) == pytest.approx(1, abs=4 * np.std(ratios) / np.sqrt(60) + 0.01)
    assert np.std(ratios) < 0.12


def test_blocks_widen_the_error_of_dependent_differences() -> None:
    """Each value ten times over is a tenth of the evidence: the error grows by about the root of ten."""
    difference = np.repeat(np.random.default_rng(2).normal(0, 1, 60), 10)
    ratio = block_bootstrap_error(difference, 30) / block_bootstrap_error(difference, 1)
    assert 2.2 < ratio < 3.8


def test_the_bootstrap_gives_the_same_error_twice_and_none_for_one_origin() -> None:
    difference = np.random.default_rng(3).normal(0, 1, 50)
    assert block_bootstrap_error(difference, 4) == block_bootstrap_error(difference, 4)
    assert np.isnan(block_bootstrap_error(difference[:1], 4))
    assert block_bootstrap_error(np.ones(20), 100) == pytest.approx(0, abs=1e-12)
