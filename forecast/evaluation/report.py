"""What a backtest says: every score under the names other programs use, and its quality in one sentence."""

from dataclasses import asdict
from typing import Any

import numpy as np

from forecast.evaluation.forecasters import MODEL
from forecast.evaluation.origins import Backtest
from forecast.evaluation.scoreboard import (
    BLOCK_DAYS,
    ERAS,
    LEVEL,
    NAIVE,
    SITUATIONS,
    RankedScore,
    Score,
    Selection,
    best_baseline,
    ranked_table,
    scenario_counts,
    scenario_table,
    score_table,
)
from forecast.words.names import target_name
from forecast.words.numbers import percent, share
from models.spec import TARGETS

TARGET, DAYS = "limits_talks", 180
"""What the sentence speaks of: the target with the most events, over half a year."""

FEWEST_SPELLS = 10
"""Spells of like outcomes below which an interval says nothing about chance: one spell can decide all of them."""


def judged_targets(headline: str) -> tuple[str, ...]:
    """The targets that a backtest is judged by: talks of any framing, then the headline where it is another."""
    return tuple(dict.fromkeys((TARGET, headline)))


def quality_sentence(backtest: Backtest, headline: str = TARGET) -> str | None:
    """One sentence an editor could print; None where the backtest lacks Parley, a baseline or an outcome.

    Scores are of the target with the most events; how far forecasts made while dry were too high is said of the
    ``headline`` too.
    """
    whole, dry = _line(backtest, TARGET, "all"), _line(backtest, TARGET, "dry")
    if whole is None:
        return None
    difference = whole.log_difference
    verdict = "too few events to tell"
    if difference.decided and whole.spells >= FEWEST_SPELLS:
        verdict = "better than chance explains" if difference.mean < 0 else "worse than chance explains"
    of_headline = _line(backtest, headline, "dry") if headline != TARGET else None
    when_dry = ""
    if dry is not None:
        came = share(dry.frequency)
        when_dry = f"; when it was dry ({dry.n} origins), it said {_said(dry)} on average where {came} came true"
    if dry is not None and of_headline is not None:
        when_dry += f", and of {target_name(headline)} {_said(of_headline)} where {share(of_headline.frequency)} did"
    return (
        f"In a {backtest.kind} backtest at {whole.n} origins from {backtest.origins[0].year} to "
        f"{backtest.origins[-1].year}, Parley's log score for {target_name(TARGET).partition(',')[0]} within {DAYS} "
        f"days was {whole.log:.2f} against {whole.log - difference.mean:.2f} for the best naive forecast (difference "
        f"{_signed(difference.mean)}, {100 * LEVEL:.0f} % interval {_signed(difference.low)} to "
        f"{_signed(difference.high)}: {verdict}){when_dry}."
    )


def _said(score: Score) -> str:
    return percent(score.bias + score.frequency)


def _line(backtest: Backtest, target: str, situation: str) -> Score | None:
    if DAYS not in backtest.days() or MODEL not in backtest.forecasts or not set(NAIVE) & set(backtest.forecasts):
        return None
    table = score_table(backtest, Selection(target, DAYS, situation))
    return next((score for score in table if score.name == MODEL), None)


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def payload(backtest: Backtest, headline: str) -> dict[str, Any]:
    """Every score, in the names that other programs use: add, never rename. What is not defined is None."""
    shown = [("all", "all"), ("dry", "all"), ("wet", "all"), *((s, e) for e in ERAS[1:] for s in ("all", "dry"))]
    days = backtest.days()
    return {
        "kind": backtest.kind,
        "origins": {"n": len(backtest.origins), "first": str(backtest.origins[0]), "last": str(backtest.origins[-1])},
        "headline": headline,
        "quality": quality_sentence(backtest, headline),
        "interval_level": LEVEL,
        "block_days": BLOCK_DAYS,
        "scores": [
            table
            for target in TARGETS
            for d in days
            for situation, era in shown
            if (table := _score_payload(backtest, Selection(target, d, situation, era)))
        ],
        "ranked_probability_scores": [
            {
                "target": target,
                "situation": situation,
                "scores": _ranked_payload(ranked_table(backtest, target, situation)),
            }
            for target in TARGETS
            for situation in SITUATIONS
        ],
        "scenario_scores": [
            {
                "horizon_days": d,
                "situation": situation,
                "counts": scenario_counts(backtest, d),
                "scores": _ranked_payload(scenario_table(backtest, d, situation)),
            }
            for d in days
            for situation in SITUATIONS
        ],
    }


def _score_payload(backtest: Backtest, selection: Selection) -> dict[str, Any] | None:
    table = score_table(backtest, selection)
    if not table:
        return None
    return {
        "target": selection.target,
        "horizon_days": selection.days,
        "situation": selection.situation,
        "era": selection.era,
        "n": table[0].n,
        "spells": table[0].spells,
        "frequency": table[0].frequency,
        "reference": best_baseline(backtest, selection),
        "forecasters": [_finite(asdict(score)) for score in table],
    }


def _ranked_payload(table: tuple[RankedScore, ...]) -> list[Any]:
    return [_finite(asdict(score)) for score in table]


def _finite(value: Any) -> Any:
    """The same without nan, which JSON does not know."""
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    return None if isinstance(value, float) and not np.isfinite(value) else value
