"""Scores of a backtest: one line per forecaster, with every difference from the best baseline and its interval."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from forecast.evaluation.origins import PENDING, Backtest
from forecast.facts.quality import LEVEL as LEVEL
from models.baselines import BASELINES
from models.reliability import Decomposition, Reliability, decompose, reliability
from models.scores import (
    auc,
    block_bootstrap_error,
    block_bootstrap_interval,
    brier,
    categorical_log_score,
    log_score,
    ranked_probability_score,
)
from models.spec import SCENARIOS, TARGETS, Bools, Floats

BLOCK_DAYS = 548
"""Length of a bootstrap block: eighteen months, longer than any window but the year, and than most spells of talks."""
CHOSEN_BEFORE = date(2010, 1, 1)
"""The structure was chosen on origins before this day; later ones were looked at after the choice."""
SITUATIONS = ("all", "dry", "wet")
ERAS = ("all", "before 2010", "from 2010")
NAIVE = (*BASELINES, "dry/wet constant rates")
REDUCED = ("documents only", "history only")
"""Parley from less of the data: no structures of their own."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean paired difference from the reference (negative: better), its error and interval, by block bootstrap."""

    mean: float
    error: float
    low: float
    high: float

    @property
    def decided(self) -> bool:
        """Whether the interval leaves out 0."""
        return bool(self.low > 0 or self.high < 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One forecaster on one target and horizon, over the origins of one situation and era."""

    name: str
    n: int  # origins
    spells: int  # runs of consecutive origins that ended alike: about how many independent outcomes there are
    frequency: float
    log: float
    brier: Decomposition
    auc: float
    bias: float  # mean forecast minus frequency
    bias_low: float
    bias_high: float
    log_difference: Difference
    brier_difference: Difference


@dataclass(frozen=True, slots=True)
class RankedScore:
    """A score over all horizons at once (ranked probability) or over scenarios (multi-category log score)."""

    name: str
    n: int
    mean: float
    difference: Difference


@dataclass(frozen=True, slots=True)
class Selection:
    """Which origins and which window a table is of."""

    target: str
    days: int
    situation: str = "all"
    era: str = "all"


def kept_origins(backtest: Backtest, situation: str, era: str) -> Bools:
    """Origins of a situation and an era, (origin,)."""
    early = np.array([origin < CHOSEN_BEFORE for origin in backtest.origins])
    of_era = {"all": np.ones(len(early), dtype=bool), "before 2010": early, "from 2010": ~early}[era]
    of_situation = {"all": np.ones(len(early), dtype=bool), "dry": backtest.dry, "wet": ~backtest.dry}[situation]
    return np.asarray(of_era & of_situation)


def best_baseline(backtest: Backtest, selection: Selection) -> str:
    """The naive forecaster with the best mean log score on these origins, chosen with hindsight in its favour."""
    y, kept = _outcome(backtest, selection)
    present = [name for name in NAIVE if name in backtest.forecasts] or list(backtest.forecasts)
    return min(present, key=lambda name: float(log_score(_forecast(backtest, name, selection)[kept], y[kept]).mean()))


def score_table(backtest: Backtest, selection: Selection, *, reference: str | None = None) -> tuple[Score, ...]:
    """Scores of every forecaster; differences are from ``reference``, by default the best baseline. Empty without n."""
    y, kept = _outcome(backtest, selection)
    if not kept.any():
        return ()
    base, block = (
        _forecast(backtest, reference or best_baseline(backtest, selection), selection),
        origins_per_block(backtest),
    )
    return tuple(
        _score(name, _forecast(backtest, name, selection), base, y, kept, block) for name in backtest.forecasts
    )


def ranked_table(backtest: Backtest, target: str, situation: str = "all", era: str = "all") -> tuple[RankedScore, ...]:
    """Ranked probability scores of the time to the event, over bins that end at the horizons."""
    t = TARGETS.index(target)
    kept = kept_origins(backtest, situation, era) & ~np.isnan(backtest.outcome[:, t]).any(axis=1)
    scores = {
        name: np.where(kept, ranked_probability_score(values[:, t], np.nan_to_num(backtest.outcome[:, t])), np.nan)
        for name, values in backtest.forecasts.items()
    }
    return _ranked(backtest, scores, kept)


def scenario_table(backtest: Backtest, days: int, situation: str = "all", era: str = "all") -> tuple[RankedScore, ...]:
    """Multi-category log scores of the scenarios over one horizon."""
    kept = kept_origins(backtest, situation, era) & (backtest.scenario[:, backtest.days().index(days)] != PENDING)
    scores = {name: np.where(kept, scenario_log_scores(backtest, name, days), np.nan) for name in backtest.scenarios}
    return _ranked(backtest, scores, kept)


def scenario_log_scores(backtest: Backtest, name: str, days: int) -> Floats:
    """Multi-category log score of one forecaster at each origin, (origin,) in nats; nan where it is not resolved."""
    h = backtest.days().index(days)
    label = backtest.scenario[:, h]
    score = categorical_log_score(backtest.scenarios[name][:, :, h], np.maximum(label, 0))
    return np.where(label == PENDING, np.nan, score)


def log_scores(backtest: Backtest, name: str, selection: Selection) -> Floats:
    """Log score of one forecaster at each origin, (origin,) in nats; nan at origins that do not count."""
    y, kept = _outcome(backtest, selection)
    return np.where(kept, log_score(_forecast(backtest, name, selection), y), np.nan)


def scenario_counts(backtest: Backtest, days: int) -> dict[str, int]:
    """How often each scenario came true over a horizon."""
    label = backtest.scenario[:, backtest.days().index(days)]
    return {name: int(np.sum(label == i)) for i, name in enumerate(SCENARIOS)}


def reliability_of(backtest: Backtest, name: str, selection: Selection) -> Reliability:
    """The CORP curve of one forecaster, with its consistency band."""
    y, kept = _outcome(backtest, selection)
    day = np.array([float(origin.toordinal()) for origin in backtest.origins])
    return reliability(_forecast(backtest, name, selection), y, day, selection.days, kept=kept, level=LEVEL)


def _outcome(backtest: Backtest, selection: Selection) -> tuple[Floats, Bools]:
    """Outcomes and which origins count, (origin,) both."""
    y = backtest.outcome[:, TARGETS.index(selection.target), backtest.days().index(selection.days)]
    return y, kept_origins(backtest, selection.situation, selection.era) & ~np.isnan(y)


def _forecast(backtest: Backtest, name: str, selection: Selection) -> Floats:
    t, h = TARGETS.index(selection.target), backtest.days().index(selection.days)
    return np.asarray(backtest.forecasts[name][:, t, h])


def origins_per_block(backtest: Backtest) -> int:
    """Consecutive origins in a bootstrap block."""
    step = (backtest.origins[-1] - backtest.origins[0]).days / max(len(backtest.origins) - 1, 1)
    return int(np.ceil(BLOCK_DAYS / step)) if step else 1


def _score(name: str, p: Floats, base: Floats, y: Floats, kept: Bools, block: int) -> Score:
    error = np.where(kept, p - y, np.nan)
    low, high = block_bootstrap_interval(error, block, LEVEL)
    return Score(
        name=name,
        n=int(kept.sum()),
        spells=1 + int(np.sum(np.diff(y[kept]) != 0)),
        frequency=float(y[kept].mean()),
        log=float(log_score(p[kept], y[kept]).mean()),
        brier=decompose(brier, p[kept], y[kept]),
        auc=auc(p[kept], y[kept]),
        bias=float(error[kept].mean()),
        bias_low=low,
        bias_high=high,
        log_difference=paired_difference(np.where(kept, log_score(p, y) - log_score(base, y), np.nan), block),
        brier_difference=paired_difference(np.where(kept, brier(p, y) - brier(base, y), np.nan), block),
    )


def paired_difference(values: Floats, block: int) -> Difference:
    """Mean of paired differences at consecutive origins, (origin,), nan where one does not count; nan if none does.

    Blocks are of ``block`` origins; see `models.scores.block_means`.
    """
    if np.isnan(values).all():
        return Difference(*[float("nan")] * 4)
    low, high = block_bootstrap_interval(values, block, LEVEL)
    return Difference(float(np.nanmean(values)), block_bootstrap_error(values, block), low, high)


def _ranked(backtest: Backtest, scores: dict[str, Floats], kept: Bools) -> tuple[RankedScore, ...]:
    if not kept.any():
        return ()
    present = [name for name in NAIVE if name in scores] or list(scores)
    best, block = min(present, key=lambda name: float(np.nanmean(scores[name]))), origins_per_block(backtest)
    return tuple(
        RankedScore(
            name,
            int(kept.sum()),
            float(np.nanmean(values)),
            paired_difference(values - scores[best], block),
        )
        for name, values in scores.items()
    )
