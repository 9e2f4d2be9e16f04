"""Bounds on the new model's strict backtest, set before it was scored, and what it reaches."""

from dataclasses import dataclass

import numpy as np

from benchmarks.choice.compared import Compared
from benchmarks.choice.strict import FIRST
from benchmarks.choice.tables import SITUATIONS, TARGETS
from forecast.evaluation.forecasters import MODEL
from forecast.evaluation.scoreboard import Selection, log_scores, reliability_of
from forecast.facts.quality import MET, MISSED, UNMEASURED
from models import spec

LOG, BIAS, EXCESS = "log score", "bias", "CORP excess"
HEADLINE, LIMITS = TARGETS
EXCESS_AT_MOST = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What a number of the strict backtest is to be at most; a bias lies within it to either side."""

    target: str
    days: int
    measure: str  # LOG, BIAS or EXCESS
    situation: str
    era: str = "all"
    at_most: float | None = None  # None: the number is printed, whatever it is
    prototype: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A bound, and what the first and the new model reach; nan where no origin counts."""

    bound: Bound
    first: float
    new: float

    @property
    def verdict(self) -> str:
        """Of the number as it is printed, to three decimals; empty where nothing was set."""
        if self.bound.at_most is None:
            return ""
        if not np.isfinite(self.new):
            return UNMEASURED
        return MET if round(abs(self.new), 3) <= self.bound.at_most else MISSED


_SET = (
    (HEADLINE, 180, (0.222, 0.230, 0.07), (0.208, 0.217, 0.055)),
    (HEADLINE, 365, (0.320, 0.372, 0.12), (0.295, 0.350, 0.098)),
    (LIMITS, 180, (0.456, 0.456, 0.055), (0.445, 0.442, 0.026)),
    (LIMITS, 365, (0.482, 0.562, 0.09), (0.469, 0.546, 0.051)),
)
"""Target, days, at most, by the prototype: log score over all origins and over the dry ones, bias over the dry ones."""


def _of_window(
    target: str, days: int, at_most: tuple[float, float, float], prototype: tuple[float, float, float]
) -> list[Bound]:
    """Every bound of one target and window, and what is printed without one."""
    measures = zip(((LOG, "all"), (LOG, "dry"), (BIAS, "dry")), at_most, prototype, strict=True)
    firm = [
        Bound(target=target, days=days, measure=measure, situation=situation, at_most=most, prototype=reached)
        for (measure, situation), most, reached in measures
    ]
    eras = [
        Bound(target=target, days=days, measure=BIAS, situation="dry", era=era) for era in ("before 2010", "from 2010")
    ]
    excess = EXCESS_AT_MOST if days == 180 else None
    curves = [
        Bound(target=target, days=days, measure=EXCESS, situation=situation, at_most=excess) for situation in SITUATIONS
    ]
    return firm + eras + curves


BOUNDS = tuple(bound for row in _SET for bound in _of_window(*row))


def reach(compared: Compared) -> tuple[Reached, ...]:
    """What both models reach of every bound whose window was forecast."""
    return tuple(
        Reached(bound=bound, first=number(compared, FIRST, bound), new=number(compared, MODEL, bound))
        for bound in BOUNDS
        if bound.days in compared.backtest.days()
    )


def number(compared: Compared, name: str, bound: Bound) -> float:
    """What one forecaster reaches of a bound; nan where no origin counts."""
    backtest, selection = compared.backtest, Selection(bound.target, bound.days, bound.situation, bound.era)
    scores = log_scores(backtest, name, selection)
    kept = ~np.isnan(scores)
    if not kept.any():
        return float("nan")
    if bound.measure == LOG:
        return float(scores[kept].mean())
    if bound.measure == EXCESS:
        return reliability_of(backtest, name, selection).excess
    t, h = spec.TARGETS.index(bound.target), backtest.days().index(bound.days)
    return float((backtest.forecasts[name] - backtest.outcome)[kept, t, h].mean())
