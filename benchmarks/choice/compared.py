"""The new model's forecasts beside those the first model was shipped with, at the same origins."""

from dataclasses import dataclass

import numpy as np

from benchmarks.choice.strict import FIRST, beside
from forecast.evaluation.forecasters import MODEL
from forecast.evaluation.origins import Backtest
from forecast.evaluation.scoreboard import (
    NAIVE,
    Difference,
    Selection,
    log_scores,
    origins_per_block,
    paired_difference,
    scenario_log_scores,
)

STORED = ", as first shipped"
"""After the name of a forecaster whose forecasts are those that were shipped with the first model."""
RIVALS = (*NAIVE, "documents only")
SAME = 1e-6
"""Forecasts kept in single precision are the same within this."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The new model's backtest, with the first model and what was shipped with it under names of their own."""

    backtest: Backtest
    changed: int  # resolved outcomes that the first model's file has otherwise

    @property
    def block(self) -> int:
        return origins_per_block(self.backtest)

    def less(self, other: str, selection: Selection) -> Difference:
        """Log score of the new model less that of another forecaster; negative where the new one is better."""
        mine, theirs = (log_scores(self.backtest, name, selection) for name in (MODEL, other))
        return paired_difference(mine - theirs, self.block)

    def scenarios_less(self, other: str, days: int) -> Difference:
        """The same of the multi-category log score of the scenarios."""
        mine, theirs = (scenario_log_scores(self.backtest, name, days) for name in (MODEL, other))
        return paired_difference(mine - theirs, self.block)

    def rivals(self) -> tuple[str, ...]:
        """Naive rows and documents only as first shipped, each followed by the new file's own where that differs."""
        found, names = self.backtest.forecasts, []
        for name in RIVALS:
            stored = f"{name}{STORED}"
            names += [stored] * (stored in found)
            same = stored in found and name in found and np.allclose(found[name], found[stored], rtol=0, atol=SAME)
            names += [name] * (name in found and not same)
        return tuple(names)


def compare(new: Backtest, first: Backtest) -> Compared:
    """Join the two backtests at the origins and windows that both have, resolved as ``new`` is.

    Raises
    ------
    NoBacktest
        if they have no origin or no window in common
    """
    stored = {name: f"{name}{STORED}" for name in RIVALS if name in first.forecasts}
    joined, theirs = beside(new, first, {MODEL: FIRST, **stored}), beside(first, new, {})
    known = ~np.isnan(joined.outcome) & ~np.isnan(theirs.outcome)
    return Compared(joined, int((joined.outcome != theirs.outcome)[known].sum()))
