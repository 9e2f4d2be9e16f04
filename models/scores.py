"""Scores of probability forecasts and paired comparisons that respect their dependence."""

import numpy as np

from models.spec import Bools, Floats, Ints

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


def categorical_log_score(forecast: Floats, label: Ints) -> Floats:
    """-log of the probability given to the label that came true, in nats; (case, label) and (case,) -> (case,)."""
    p = np.take_along_axis(forecast, label[:, None], axis=1)[:, 0]
    return np.asarray(-np.log(np.clip(p, FLOOR, 1.0)))


def ranked_probability_score(forecast: Floats, outcome: Floats) -> Floats:
    """Sum over ordered bins of (P(by the bin's end) - 1{happened by it})², (case, bin) twice -> (case,).

    Epstein (1969), doi:10.1175/1520-0450(1969)008<0985:ASSFPF>2.0.CO;2. The last, certain bin may be left out.
    """
    return np.asarray(((forecast - outcome) ** 2).sum(axis=1))


def block_means(values: Floats, block: int, replicates: int = 4000, seed: int = 1) -> Floats:
    """Means of bootstrap series made of whole circular blocks, (replicate,); nan where nothing counts.

    Politis & Romano (1992). ``block`` is the number of consecutive origins in a block. Where a value is nan (an origin
    of another situation) its place in the block is kept and it counts in no mean.
    """
    n = len(values)
    block = min(block, n)
    starts = np.random.default_rng(seed).integers(0, n, (replicates, int(np.ceil(n / block))))
    counted = ~np.isnan(values)
    total, count = (_circular_sums(part, block)[starts].sum(axis=1) for part in (np.nan_to_num(values), counted))
    with np.errstate(invalid="ignore"):
        return np.asarray(total / count)


def _circular_sums(values: Floats | Bools, block: int) -> Floats:
    """Sum of the ``block`` values from each place on, round the end, (origin,)."""
    running = np.concatenate([[0.0], np.cumsum(np.concatenate([values, values[: block - 1]]))])
    return np.asarray(running[block:] - running[: len(values)])


def block_bootstrap_interval(
    values: Floats, block: int, level: float = 0.9, replicates: int = 4000, seed: int = 1
) -> tuple[float, float]:
    """Equal-tailed percentile interval of the mean of a serially dependent series; nan with fewer than two values."""
    if np.sum(~np.isnan(values)) < 2:
        return float("nan"), float("nan")
    means = block_means(values, block, replicates, seed)
    low, high = np.nanquantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def block_bootstrap_error(difference: Floats, block: int, replicates: int = 4000, seed: int = 1) -> float:
    """Standard error of the mean of a serially dependent difference."""
    if np.sum(~np.isnan(difference)) < 2:
        return float("nan")
    return float(np.nanstd(block_means(difference, block, replicates, seed), ddof=1))
