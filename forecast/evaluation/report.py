"""What a backtest says: every score under the names other programs use, and its quality in one sentence."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np

from forecast.evaluation.alike import count_bands
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
    kept_origins,
    ranked_table,
    scenario_counts,
    scenario_table,
    score_table,
)
from forecast.facts.quality import Apart, Band, Overall
from forecast.structures import present_structure
from forecast.words.english.quality import overall_sentence
from models.spec import TARGETS

TARGET, DAYS = "limits_talks", 180
"""What is judged beside the headline, the target with the most events; and over which window bounds are set."""


def judged_targets(headline: str) -> tuple[str, ...]:
    """The targets that a backtest is judged by: talks of any framing, then the headline where it is another."""
    return tuple(dict.fromkeys((TARGET, headline)))


def quality_sentence(backtest: Backtest, headline: str = TARGET) -> str | None:
    """The sentence that a backtest is stored with, in English; None where nothing is compared.

    A face that shows a forecast says instead what came of those like it: `forecast.evaluation.alike`.
    """
    found = overall(backtest, headline)
    return overall_sentence(found) if found else None


def overall(backtest: Backtest, headline: str = TARGET) -> Overall | None:
    """The headline over the longest window; None where nothing is compared."""
    days = max(backtest.days())
    whole = _line(backtest, Selection(headline, days))
    if whole is None:
        return None
    difference = whole.log_difference
    lines = {when: _line(backtest, Selection(headline, days, when)) for when in ("dry", "wet")}
    return Overall(
        target=headline,
        horizon_days=days,
        kind=backtest.kind,
        first=backtest.origins[0],
        last=backtest.origins[-1],
        n=whole.n,
        spells=whole.spells,
        log_score=whole.log,
        naive_log_score=whole.log - difference.mean,
        difference=difference.mean,
        low=difference.low,
        high=difference.high,
        level=LEVEL,
        apart=tuple(
            Apart(when, line.n, line.bias + line.frequency, line.frequency)
            for when, line in lines.items()
            if line is not None
        ),
    )


def _line(backtest: Backtest, selection: Selection) -> Score | None:
    if MODEL not in backtest.forecasts or not set(NAIVE) & set(backtest.forecasts):
        return None
    table = score_table(backtest, selection)
    return next((score for score in table if score.name == MODEL), None)


def payload(backtest: Backtest, headline: str) -> dict[str, Any]:
    """Every score, in the names that other programs use: add, never rename. What is not defined is None."""
    shown = [("all", "all"), ("dry", "all"), ("wet", "all"), *((s, e) for e in ERAS[1:] for s in ("all", "dry"))]
    days = backtest.days()
    return {
        "kind": backtest.kind,
        "structure": present_structure(),
        "origins": {"n": len(backtest.origins), "first": str(backtest.origins[0]), "last": str(backtest.origins[-1])},
        "headline": headline,
        "quality": quality_sentence(backtest, headline),
        "interval_level": LEVEL,
        "block_days": BLOCK_DAYS,
        "bands": bands_payload(backtest, TARGETS),
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


def bands_payload(backtest: Backtest, targets: Iterable[str]) -> list[dict[str, Any]]:
    """How often what was said came true, by target, window and situation; empty without Parley."""
    if MODEL not in backtest.forecasts:
        return []
    wanted = (
        Selection(target, days, situation) for target in targets for days in backtest.days() for situation in SITUATIONS
    )
    return [
        {"target": one.target, "horizon_days": one.days, "situation": one.situation}
        | {"bands": [asdict(band) for band in bands_of(backtest, one)]}
        for one in wanted
    ]


def bands_of(backtest: Backtest, selection: Selection) -> tuple[Band, ...]:
    """Parley's forecasts of one target, window and situation by size, and what came of them."""
    place = TARGETS.index(selection.target), backtest.days().index(selection.days)
    said, outcome = backtest.forecasts[MODEL][:, *place], backtest.outcome[:, *place]
    kept = kept_origins(backtest, selection.situation, selection.era) & ~np.isnan(outcome)
    return count_bands(backtest.origins, selection.days, said, outcome, kept)


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
