"""Scores of probability forecasts and paired comparisons that respect their dependence."""

import numpy as np

from models.spec import Floats

FLOOR = 1e-4
"""Forecasts are clipped to [FLOOR, 1 - FLOOR] in the log score, so that one certain error does not decide a table."""


def brier(forecast: Floats, outcome: Floats) -> Floats:
    """(p - y)², shape of the forecasts; smaller is better. Brier (1950), Monthly Weather Review 78(1)."""
    return np.asarray((forecast - outcome) ** 2)


def log_score(forecast: Floats, outcome: Floats) -> Floats:
    """-log of the probability given to what happened, in nats; smaller is better. Good (1952)."""
    p = np.clip(forecast, FLOOR, 1 - FLOOR)
    return np.asarray(-np.where(outcome > 0, np.log(p), np.log1p(-p)))


def auc(forecast: Floats, outcome: Floats) -> float:
    """Probability that a random yes was given more than a random no (ties count half); nan without both."""
    yes, no = forecast[outcome > 0], forecast[outcome == 0]
    if len(yes) == 0 or len(no) == 0:
        return float("nan")
    wins = (yes[:, None] > no[None, :]).mean() + 0.5 * (yes[:, None] == no[None, :]).mean()
    return float(wins)


def block_bootstrap_error(difference: Floats, block: int, replicates: int = 4000, seed: int = 1) -> float:
    """Standard error of the mean of a serially dependent difference (circular blocks).

    Politis & Romano (1992). ``block`` is the number of consecutive origins in a block.
    """
    n = len(difference)
    if n < 2:
        return float("nan")
    block = min(block, n)
    draws = int(np.ceil(n / block))
    starts = np.random.default_rng(seed).integers(0, n, (replicates, draws))
    index = (starts[:, :, None] + np.arange(block)).reshape(replicates, -1)[:, :n] % n
    return float(difference[index].mean(axis=1).std(ddof=1))
