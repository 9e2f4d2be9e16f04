"""What a backtest tells of Parley, number by number, and whether there were enough events to tell it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from math import isfinite
from typing import Any

import numpy as np

from forecast.evaluation.forecasters import MODEL
from forecast.evaluation.origins import PENDING, Backtest
from forecast.evaluation.report import DAYS
from forecast.evaluation.scoreboard import (
    ERAS,
    NAIVE,
    REDUCED,
    SITUATIONS,
    RankedScore,
    Selection,
    best_baseline,
    kept_origins,
    origins_per_block,
    ranked_table,
    reliability_of,
    scenario_counts,
    scenario_table,
    score_table,
)
from forecast.facts.quality import (
    BLOCKS,
    LEVEL,
    MET,
    MISSED,
    TOLD_WITHIN,
    UNMEASURED,
    WITHIN_CHANCE,
    Bound,
    Calibration,
    Comparison,
    Curve,
    Figure,
    Miss,
    Promise,
    Ranked,
    Structured,
    Timeline,
)
from forecast.words.language import LANGUAGES, Language
from models.reliability import Reliability, decompose
from models.scores import block_bootstrap_interval, brier
from models.spec import TARGETS, Bools, Floats, Ints

PROMISES = (
    Promise("difference", "all"),
    Promise("difference", "dry"),
    Promise("bias", "dry"),
    Promise("curve", "all"),
    Promise("curve", "dry"),
)
"""What is asked of the model over `DAYS`; in words: `forecast.words.parts.trust.TrustWords.statement`."""


def compare_all(backtest: Backtest, targets: tuple[str, ...], name: str = MODEL) -> tuple[Comparison, ...]:
    """Every horizon by situation; at 180 days by era too. Of the shipped model, unless another structure is named."""
    found = (compare(backtest, selection, name) for target in targets for selection in _selections(backtest, target))
    return tuple(one for one in found if one is not None)


def compare_structures(backtest: Backtest, targets: tuple[str, ...]) -> tuple[Structured, ...]:
    """The other structures of the model that the backtest holds, by their names, none of them in `compare_all`."""
    names = [name for name in backtest.forecasts if name not in (MODEL, *NAIVE, *REDUCED)]
    return tuple(Structured(name, compare_all(backtest, targets, name)) for name in names)


def _selections(backtest: Backtest, target: str) -> Iterator[Selection]:
    for days in backtest.days():
        yield from (Selection(target, days, situation) for situation in SITUATIONS)
    if DAYS in backtest.days():
        yield from (Selection(target, DAYS, situation, era) for era in ERAS[1:] for situation in ("all", "dry"))


def compare(backtest: Backtest, selection: Selection, name: str = MODEL) -> Comparison | None:
    """Parley, or another structure, against the best naive forecast; None where no origin counts."""
    y, kept = _resolved(backtest, selection)
    if not kept.any():
        return None
    best = best_baseline(backtest, selection)
    pair = replace(backtest, forecasts={each: backtest.forecasts[each] for each in (best, name)})
    naive, mine = score_table(pair, selection, reference=best)
    interval = block_bootstrap_interval(np.where(kept, y, np.nan), origins_per_block(backtest), LEVEL)
    settled, d = _settled(backtest, kept, y), mine.log_difference
    return Comparison(
        target=selection.target,
        horizon_days=selection.days,
        situation=selection.situation,
        era=selection.era,
        n=mine.n,
        spells=mine.spells,
        mean_forecast=mine.bias + mine.frequency,
        frequency=_level(mine.frequency, *interval, settled),
        bias=_level(mine.bias, mine.bias_low, mine.bias_high, settled),
        log_score=mine.log,
        naive=best,
        naive_log_score=naive.log,
        difference=_figure(d.mean, d.low, d.high, settled and d.decided),
    )


def compare_times(backtest: Backtest, targets: tuple[str, ...]) -> tuple[Ranked, ...]:
    """When the event comes: ranked probability scores over the windows, all and dry."""
    out = []
    for target in targets:
        y = backtest.outcome[:, TARGETS.index(target)]
        for situation in ("all", "dry"):
            kept = kept_origins(backtest, situation, "all") & ~np.isnan(y).any(axis=1)
            table = ranked_table(backtest, target, situation)
            if table:
                out.append(_ranked(table, _settled(backtest, kept, y), target=target, situation=situation))
    return tuple(out)


def compare_scenarios(backtest: Backtest) -> tuple[Ranked, ...]:
    """Which scenario comes true: multi-category log scores at each horizon."""
    out = []
    for h, days in enumerate(backtest.days()):
        label = backtest.scenario[:, h]
        table = scenario_table(backtest, days)
        if table:
            settled = _settled(backtest, label != PENDING, label)
            out.append(_ranked(table, settled, days=days, counts=scenario_counts(backtest, days)))
    return tuple(out)


def _ranked(
    table: tuple[RankedScore, ...],
    settled: bool,
    *,
    target: str | None = None,
    days: int | None = None,
    situation: str = "all",
    counts: Mapping[str, int] | None = None,
) -> Ranked:
    mine = next(score for score in table if score.name == MODEL)
    best = min((score for score in table if score.name in NAIVE), key=lambda score: score.mean)
    d = mine.difference
    difference = _figure(d.mean, d.low, d.high, settled and d.decided)
    return Ranked(
        target=target,
        horizon_days=days,
        situation=situation,
        n=mine.n,
        score=mine.mean,
        naive=best.name,
        naive_score=best.mean,
        difference=difference,
        counts=counts,
    )


def calibrate_all(backtest: Backtest, targets: tuple[str, ...]) -> tuple[Calibration, ...]:
    """Every target over all origins and over the dry ones, where any counts."""
    found = (calibrate(backtest, target, situation) for target in targets for situation in ("all", "dry"))
    return tuple(one for one in found if one is not None)


def calibrate(backtest: Backtest, target: str, situation: str) -> Calibration | None:
    """Parley's reliability at 180 days; None where that was not forecast or no origin counts."""
    if DAYS not in backtest.days():
        return None
    selection = Selection(target, DAYS, situation)
    y, kept = _resolved(backtest, selection)
    if not kept.any():
        return None
    found = reliability_of(backtest, MODEL, selection)
    parts = decompose(brier, _forecast(backtest, MODEL, selection)[kept], y[kept])
    half = float(np.average((found.high - found.low) / 2, weights=found.count))
    enough = _settled(backtest, kept, y) and (not found.inside or half <= TOLD_WITHIN)
    return Calibration(
        target=target,
        horizon_days=DAYS,
        situation=situation,
        n=int(kept.sum()),
        level=found.level,
        inside=found.inside,
        half_width=half,
        enough=enough,
        brier=parts.score,
        miscalibration=parts.miscalibration,
        discrimination=parts.discrimination,
        uncertainty=parts.uncertainty,
        curve=_curve(found),
    )


def _curve(found: Reliability) -> Curve:
    arrays = (found.forecast, found.frequency, found.low, found.high)
    forecast, frequency, low, high = (tuple(map(float, values)) for values in arrays)
    return Curve(forecast, tuple(map(int, found.count)), frequency, low, high)


def draw_timeline(backtest: Backtest, target: str) -> Timeline | None:
    """Parley's probabilities over 180 days beside the best naive ones; None where that was not forecast."""
    selection = Selection(target, DAYS)
    if DAYS not in backtest.days() or not _resolved(backtest, selection)[1].any():
        return None
    best = best_baseline(backtest, selection)
    said, naive = _forecast(backtest, MODEL, selection), _forecast(backtest, best, selection)
    y, kept = _resolved(backtest, selection)
    return Timeline(
        target=target,
        horizon_days=DAYS,
        naive=best,
        origin=backtest.origins,
        dry=tuple(map(bool, backtest.dry)),
        probability=tuple(map(float, said)),
        naive_probability=tuple(map(float, naive)),
        outcome=tuple(bool(one) if resolved else None for one, resolved in zip(y, kept, strict=True)),
        n=int(kept.sum()),
        mean=float(said[kept].mean()),
        frequency=float(y[kept].mean()),
        furthest=tuple(_furthest(backtest, said, y, kept)),
    )


def _furthest(backtest: Backtest, said: Floats, y: Floats, kept: Bools) -> Iterator[Miss]:
    """The largest error on either side."""
    for outcome, errors in ((1.0, 1 - said), (0.0, said)):
        if (kept & (y == outcome)).any():
            i = int(np.argmax(np.where(kept & (y == outcome), errors, -1)))
            yield Miss(float(said[i]), backtest.origins[i], bool(outcome))


def judge(target: str, comparisons: tuple[Comparison, ...], calibrations: tuple[Calibration, ...]) -> tuple[Bound, ...]:
    """Every promise for one target."""
    compared = {c.situation: c for c in comparisons if (c.target, c.horizon_days, c.era) == (target, DAYS, "all")}
    curves = {c.situation: c for c in calibrations if c.target == target}
    return tuple(
        _judge_curve(promise, target, curves.get(promise.situation))
        if promise.measure == "curve"
        else _judge_figure(promise, target, compared.get(promise.situation))
        for promise in PROMISES
    )


def _judge_figure(promise: Promise, target: str, found: Comparison | None) -> Bound:
    if found is None:
        return _bound(promise, target, 0, None, UNMEASURED)
    if promise.measure == "difference":
        figure, met, firm = found.difference, found.difference.value < 0, found.difference.enough
    else:
        figure = found.bias
        met = abs(figure.value) <= TOLD_WITHIN
        firm = figure.enough and max(abs(figure.low or 0.0), abs(figure.high or 0.0)) <= TOLD_WITHIN
    return _bound(promise, target, found.n, figure, _verdict(met, firm))


def _judge_curve(promise: Promise, target: str, found: Calibration | None) -> Bound:
    if found is None:
        return _bound(promise, target, 0, None, UNMEASURED)
    at, low, high = (np.array(values) for values in (found.curve.frequency, found.curve.low, found.curve.high))
    beyond = float(np.maximum(np.maximum(low - at, at - high), 0).max())
    figure = Figure(beyond if not found.inside else 0.0, None, None, found.enough)
    return _bound(promise, target, found.n, figure, _verdict(found.inside, found.enough))


def _bound(promise: Promise, target: str, n: int, figure: Figure | None, verdict: str) -> Bound:
    return Bound(
        target=target,
        horizon_days=DAYS,
        measure=promise.measure,
        situation=promise.situation,
        n=n,
        figure=figure,
        verdict=verdict,
    )


def bound_as_json(bound: Bound, language: Language = LANGUAGES["en"]) -> dict[str, Any]:
    """The names other programs use: add, never rename; what was asked is said in the language."""
    found = asdict(bound)
    figure, verdict = found.pop("figure"), found.pop("verdict")
    n, said = found.pop("n"), language.trust.statement(bound.measure, bound.situation)
    return found | {"statement": said, "n": n, "figure": figure, "verdict": verdict}


def _verdict(met: bool, firm: bool) -> str:
    if not met:
        return MISSED
    return MET if firm else WITHIN_CHANCE


def _resolved(backtest: Backtest, selection: Selection) -> tuple[Floats, Bools]:
    """Outcomes and which origins count, (origin,) both."""
    y = backtest.outcome[:, TARGETS.index(selection.target), backtest.days().index(selection.days)]
    return y, kept_origins(backtest, selection.situation, selection.era) & ~np.isnan(y)


def _forecast(backtest: Backtest, name: str, selection: Selection) -> Floats:
    place = TARGETS.index(selection.target), backtest.days().index(selection.days)
    return np.asarray(backtest.forecasts[name][:, *place])


def _settled(backtest: Backtest, kept: Bools, outcome: Floats | Ints) -> bool:
    """Whether an interval can be believed: enough blocks hold origins, and some window came out unlike another."""
    blocks = len(np.unique(np.flatnonzero(kept) // origins_per_block(backtest)))
    return blocks >= BLOCKS and bool(np.ptp(outcome[kept], axis=0).any())


def _level(value: float, low: float, high: float, settled: bool) -> Figure:
    return _figure(value, low, high, settled and high - low <= 2 * TOLD_WITHIN)


def _figure(value: float, low: float, high: float, enough: bool) -> Figure:
    return Figure(float(value), low if isfinite(low) else None, high if isfinite(high) else None, bool(enough))
