"""Draws reweighted to another posterior, and whether they can stand for it: Pareto-smoothed importance sampling.

Smoothing bounds the weights; where its shape k passes the bound, or too few draws remain effective, only a fit will do.
Vehtari, Simpson, Gelman, Yao & Gabry (2024), arXiv:1507.02646.
"""

from dataclasses import dataclass

import numpy as np

from models.spec import Floats

EFFECTIVE_SHARE = 0.5
"""Share of the draws that must remain effective. The bound on k alone lets it sink to a tenth, where weights of finite
samples still lag behind the posterior they aim at."""

PART = 1e-3
"""How closely the largest share of a ratio that can be trusted is found."""


def smoothed_weights(log_ratio: Floats) -> tuple[Floats, float]:
    """Pareto-smoothed weights of draws, (draw,), which sum to 1, and Pareto's k; k is infinite where they overflow."""
    even = np.full(len(log_ratio), 1 / len(log_ratio))
    if not np.isfinite(log_ratio).all():
        return even, float("inf")
    if np.ptp(log_ratio) < 1e-9:  # nothing has become known: no tail to fit
        return even, 0.0
    from arviz_stats.base import array_stats  # a second that an entry which teaches nothing does without

    log_weight, k = array_stats.psislw(-log_ratio)
    weight = np.exp(log_weight)
    return weight / weight.sum(), float(k)


def pareto_bound(draws: int) -> float:
    """The largest k at which the weights of so many draws can be trusted: min(1 - 1 / log10(S), 0.7)."""
    return float(min(1 - 1 / np.log10(draws), 0.7))


def is_trusted(weight: Floats, k: float) -> bool:
    """Whether weights that sum to 1, (draw,), can stand for a fit: by k, and by the draws that remain effective."""
    effective = 1 / float(weight @ weight)
    return k <= pareto_bound(len(weight)) and effective >= EFFECTIVE_SHARE * len(weight)


@dataclass(frozen=True, slots=True)
class Weighed:
    """Draws weighed by what they were not fitted to."""

    weights: Floats  # (draw,) sum to 1
    k: float
    """Pareto's; 0 where all draws weigh the same."""

    @property
    def even(self) -> bool:
        """Whether nothing has become known that tells the draws apart."""
        return self.k == 0.0 and bool(np.ptp(self.weights) == 0.0)

    @property
    def trusted(self) -> bool:
        return self.even or is_trusted(self.weights, self.k)

    @property
    def effective(self) -> float:
        """Number of equal draws that would carry as much: 1 / Σ w²."""
        return 1 / float(self.weights @ self.weights)

    def mean(self, values: Floats) -> Floats:
        """Mean over the first dimension of ``values``; of even draws the plain one, to the bit."""
        return np.asarray(values.mean(axis=0) if self.even else np.tensordot(self.weights, values, axes=1))

    def quantile(self, values: Floats, levels: tuple[float, ...]) -> Floats:
        """Quantiles over the first dimension, (level, …)."""
        if self.even:
            return np.asarray(np.quantile(values, levels, axis=0))
        return np.asarray(np.quantile(values, levels, axis=0, weights=self.weights, method="inverted_cdf"))


def weigh(log_ratio: Floats) -> Weighed:
    """Smoothed weights of draws from the log of target over proposal, (draw,)."""
    return Weighed(*smoothed_weights(log_ratio))


def weigh_in_part(log_ratio: Floats) -> Weighed:
    """Weights by as much of the ratio as can be trusted: by its largest power, found to a thousandth.

    Powers of a likelihood lead from the proposal to the target without a jump (Neal 2001, doi:10.1023/A:1008923215028):
    the part that the draws can stand for is nearer the target than none of it.
    """
    low, high = 0.0, 1.0
    while high - low > PART:
        middle = (low + high) / 2
        low, high = (middle, high) if weigh(middle * log_ratio).trusted else (low, middle)
    return weigh(low * log_ratio)
