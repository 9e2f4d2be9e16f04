"""The scoreboard: hand-made forecasts whose scores are known, and what is said about them."""

import json
from datetime import date, timedelta

import numpy as np
import pytest

from forecast.evaluation.forecasters import MODEL
from forecast.evaluation.origins import PENDING, Backtest
from forecast.evaluation.report import payload, quality_sentence
from forecast.evaluation.scoreboard import (
    NAIVE,
    Selection,
    best_baseline,
    kept_origins,
    ranked_table,
    scenario_table,
    score_table,
)
from models.scores import log_score
from models.spec import SCENARIOS, TARGETS, Horizon

HORIZONS = (Horizon(90), Horizon(180))
LIMITS = TARGETS.index("limits_talks")


def make_backtest(shift: float = 0.0, n: int = 240, seed: int = 1) -> Backtest:
    """Monthly origins from 2000; Parley says the true probability plus ``shift`` in log odds, climatology one half."""
    rng = np.random.default_rng(seed)
    origins = tuple(date(2000, 1, 1) + timedelta(days=30 * i) for i in range(n))
    true = rng.beta(1, 1, (n, len(TARGETS), 1)) * np.ones((1, 1, 2))
    outcome = (rng.random((n, len(TARGETS), 1)) < true).astype(float)
    outcome[-3:, :, 1] = np.nan
    said = 1 / (1 + np.exp(-(np.log(true / (1 - true)) + shift)))
    label = np.where(np.arange(n)[:, None] < n - 3, rng.integers(0, len(SCENARIOS), (n, 2)), PENDING)
    even = np.full((n, len(SCENARIOS), 2), 1 / len(SCENARIOS))
    return Backtest(
        kind="strict",
        origins=origins,
        horizons=HORIZONS,
        dry=np.arange(n) % 3 > 0,
        outcome=outcome,
        scenario=label,
        forecasts={"climatology": np.full_like(said, 0.5), MODEL: said},
        scenarios={"climatology": even, MODEL: even},
        pareto_k={"climatology": np.full(n, np.nan), MODEL: np.full(n, np.nan)},
    )


def test_means_count_only_resolved_origins_of_the_situation() -> None:
    backtest = make_backtest()
    (naive, parley) = score_table(backtest, Selection("limits_talks", 180, "dry"))
    kept = backtest.dry & ~np.isnan(backtest.outcome[:, LIMITS, 1])
    p, y = backtest.forecasts[MODEL][kept, LIMITS, 1], backtest.outcome[kept, LIMITS, 1]
    assert parley.n == kept.sum() == naive.n
    assert parley.log == pytest.approx(log_score(p, y).mean())
    assert parley.bias == pytest.approx(p.mean() - y.mean())
    assert parley.log_difference.mean == pytest.approx(parley.log - naive.log)
    assert parley.log_difference.low < parley.log_difference.mean < parley.log_difference.high


def test_eras_and_situations_divide_the_origins() -> None:
    backtest = make_backtest()
    whole = kept_origins(backtest, "all", "all")
    for parts in ([("dry", "all"), ("wet", "all")], [("all", "before 2010"), ("all", "from 2010")]):
        assert (sum(kept_origins(backtest, *part).astype(int) for part in parts) == whole).all()


def test_the_reference_is_the_naive_row_with_the_best_score() -> None:
    backtest = make_backtest()
    better = {"dry/wet climatology": backtest.forecasts[MODEL], **backtest.forecasts}
    widened = Backtest(**{name: getattr(backtest, name) for name in Backtest.__slots__} | {"forecasts": better})
    assert best_baseline(backtest, Selection("limits_talks", 180)) == "climatology"
    assert best_baseline(widened, Selection("limits_talks", 180)) == "dry/wet climatology"
    assert MODEL not in NAIVE


def test_even_scenarios_score_the_logarithm_of_their_number() -> None:
    for score in scenario_table(make_backtest(), 180):
        assert score.mean == pytest.approx(np.log(len(SCENARIOS)))
        assert score.difference.mean == pytest.approx(0)


def test_ranked_probability_is_the_sum_of_brier_scores_over_the_horizons() -> None:
    backtest = make_backtest()
    kept = ~np.isnan(backtest.outcome[:, LIMITS]).any(axis=1)
    briers = ((backtest.forecasts[MODEL] - backtest.outcome) ** 2)[kept, LIMITS].sum(axis=1)
    found = {score.name: score for score in ranked_table(backtest, "limits_talks")}
    assert found[MODEL].mean == pytest.approx(briers.mean())
    assert found[MODEL].n == kept.sum()


@pytest.mark.parametrize(("shift", "verdict"), [(0.0, "better than chance"), (4.0, "worse than chance")])
def test_the_sentence_names_both_scores_the_interval_and_the_verdict(shift: float, verdict: str) -> None:
    sentence = quality_sentence(make_backtest(shift))
    assert sentence is not None
    assert verdict in sentence
    assert "90 % interval" in sentence
    assert ". " not in sentence
    assert sentence.endswith(".")


def test_few_origins_cannot_tell() -> None:
    sentence = quality_sentence(make_backtest(n=12))
    assert sentence is not None
    assert "too few events to tell" in sentence


def test_without_parley_there_is_no_sentence() -> None:
    backtest = make_backtest()
    forecasts = {"climatology": backtest.forecasts["climatology"]}
    alone = Backtest(**{name: getattr(backtest, name) for name in Backtest.__slots__} | {"forecasts": forecasts})
    assert quality_sentence(alone) is None


def test_the_payload_is_json_without_nan() -> None:
    found = payload(make_backtest(), "arms_control_talks")
    text = json.dumps(found, allow_nan=False)
    assert '"quality"' in text
    assert {table["target"] for table in found["scores"]} == set(TARGETS)
