"""Scores of probability forecasts and paired comparisons that respect their dependence."""

import numpy as np

from models.spec import Bools, Floats, Ints

FLOOR = 1e-4
"""Forecasts are clipped to [FLOOR, 1 - FLOOR] in the log score, so that one certain error does not decide a table."""


def brier(forecast: Floats, outcome: Floats) -> Floats:
    """(p - y)², shape of the forecasts; smaller is better.

    Brier (1950), doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.

    >>> brier(np.array([0.8, 0.5]), np.array([1.0, 0.0])).round(2).tolist()
    [0.04, 0.25]
    """
    return np.asarray((forecast - outcome) ** 2)


def log_score(forecast: Floats, outcome: Floats) -> Floats:
    """-log of the probability given to what happened, in nats; smaller is better.

    -log p where y = 1, -log(1 - p) where y = 0. Good (1952), doi:10.1111/j.2517-6161.1952.tb00104.x.

    >>> log_score(np.array([0.5, 1.0]), np.array([0.0, 1.0])).round(4).tolist()  # certainty is clipped to FLOOR
    [0.6931, 0.0001]
    """
    p = np.clip(forecast, FLOOR, 1 - FLOOR)
    return np.asarray(-np.where(outcome > 0, np.log(p), np.log1p(-p)))


def auc(forecast: Floats, outcome: Floats) -> float:
    """Probability that a random yes was given more than a random no (ties count half); nan without both.

    P(p₁ > p₀) + P(p₁ = p₀) / 2, the Mann-Whitney statistic. Hanley & McNeil (1982),
    doi:10.1148/radiology.143.1.7063747.

    >>> auc(np.array([0.9, 0.4, 0.4]), np.array([1.0, 1.0, 0.0]))
    0.75
    """
    yes, no = forecast[outcome > 0], forecast[outcome == 0]
    if len(yes) == 0 or len(no) == 0:
        return float("nan")
    wins = (yes[:, None] > no[None, :]).mean() + 0.5 * (yes[:, None] == no[None, :]).mean()
    return float(wins)


def categorical_log_score(forecast: Floats, label: Ints) -> Floats:
    """-log of the probability given to the label that came true, in nats; (case, label) and (case,) -> (case,).

    The logarithmic score of Good (1952), doi:10.1111/j.2517-6161.1952.tb00104.x, for more than two outcomes.

    >>> categorical_log_score(np.array([[0.25, 0.75], [0.5, 0.5]]), np.array([1, 0])).round(4).tolist()
    [0.2877, 0.6931]
    """
    p = np.take_along_axis(forecast, label[:, None], axis=1)[:, 0]
    return np.asarray(-np.log(np.clip(p, FLOOR, 1.0)))


def ranked_probability_score(forecast: Floats, outcome: Floats) -> Floats:
    """Sum over ordered bins of (P(by the bin's end) - 1{happened by it})², (case, bin) twice -> (case,).

    Epstein (1969), doi:10.1175/1520-0450(1969)008<0985:ASSFPF>2.0.CO;2. The last, certain bin may be left out.

    >>> ranked_probability_score(np.array([[0.1, 0.4]]), np.array([[0.0, 1.0]])).round(2).tolist()
    [0.37]
    """
    return np.asarray(((forecast - outcome) ** 2).sum(axis=1))


def block_means(values: Floats, block: int, replicates: int = 4000, seed: int = 1) -> Floats:
    """Means of bootstrap series made of whole circular blocks, (replicate,); nan where nothing counts.

    The circular block bootstrap of Politis & Romano (1992), in LePage & Billard (eds.), Exploring the Limits of
    Bootstrap, 263-270. ``block`` is the number of consecutive origins in a block. Where a value is nan (an origin of
    another situation) its place in the block is kept and it counts in no mean.

    >>> block_means(np.array([1.0, np.nan, 1.0]), block=2, replicates=3).tolist()
    [1.0, 1.0, 1.0]
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
    """Equal-tailed percentile interval of the mean of a serially dependent series; nan with fewer than two values.

    >>> low, high = block_bootstrap_interval(np.tile([0.0, 1.0], 50), block=10)
    >>> (low, high)  # blocks of whole cycles leave nothing to chance
    (0.5, 0.5)
    """
    if np.sum(~np.isnan(values)) < 2:
        return float("nan"), float("nan")
    means = block_means(values, block, replicates, seed)
    low, high = np.nanquantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def block_bootstrap_error(difference: Floats, block: int, replicates: int = 4000, seed: int = 1) -> float:
    """Standard error of the mean of a serially dependent difference; nan with fewer than two values.

    >>> block_bootstrap_error(np.full(40, 0.25), block=10)
    0.0
    """
    if np.sum(~np.isnan(difference)) < 2:
        return float("nan")
    return float(np.nanstd(block_means(difference, block, replicates, seed), ddof=1))
