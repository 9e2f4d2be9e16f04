"""What one more observation of an indicator would do to the forecast, from a table: approximate, in microseconds.

A row that becomes known on the as-of date, a revision or a retraction changes a projection only through the mean and
the variance that it leaves the indicator on that day. On a grid of both the projection is exact; between them log odds
are interpolated by polynomials through nodes of Chebyshev. Of the variance V they are polynomials in the angle whose
sine is the root of V over its stationary value: in it the noise of the levels, and its growth, are smooth.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from models.projection import Prepared
from models.spec import Floats
from models.states import LEVEL_VARIANCE

MEANS = (-2.6, 2.6)
"""Of a level, in levels: as far as a table reaches. A filter leaves these only for levels far beyond the scale."""
VARIANCES = (0.03, LEVEL_VARIANCE)
"""In levels squared: from several good sources on one day to nothing known."""
MEAN_NODES, VARIANCE_NODES = 4, 4
_SMALLEST = 1e-12  # probabilities below, or as near to 1, are not told apart


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfTable:
    """Weighted means of P(event | draw), as log odds, had one indicator another state on the as-of date."""

    means: Floats  # (mean node,) levels
    angles: Floats  # (angle node,) of the variance
    log_odds: Floats  # (indicator, mean node, angle node, target, horizon)
    base: Floats  # (target, horizon) log odds of the projection as it is
    states: Floats  # (indicator, 2) mean and variance as they are; nan where an indicator has no observation

    def answer(self, indicator: int, mean: float, variance: float) -> Floats | None:
        """P(event), (target, horizon), had the indicator this mean and variance on the as-of date.

        None beyond the reach of the table: `models.projection.Prepared.suppose` answers there. With the state as it is,
        the answer is the projection as it is.
        """
        if not (MEANS[0] <= mean <= MEANS[1] and VARIANCES[0] <= variance <= VARIANCES[1]):
            return None
        found = self._interpolate(indicator, mean, variance)
        m, v = self.states[indicator]
        if MEANS[0] <= m <= MEANS[1] and VARIANCES[0] <= v <= VARIANCES[1]:
            found = found + self.base - self._interpolate(indicator, m, v)
        return np.asarray(expit(found))

    def _interpolate(self, indicator: int, mean: float, variance: float) -> Floats:
        by_mean, by_angle = _lagrange(self.means, mean), _lagrange(self.angles, _angle(variance))
        return np.asarray(np.einsum("m,a,math->th", by_mean, by_angle, self.log_odds[indicator]))

    def to_arrays(self) -> dict[str, Floats]:
        """The table as arrays by name, to be kept in a file."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Floats]) -> "WhatIfTable":
        """The table that `to_arrays` gave; what else is there is left out."""
        return cls(**{name: np.asarray(arrays[name], dtype=np.float64) for name in cls.__slots__})


def build_table(prepared: Prepared, weights: Floats, report: Callable[[int, int], None] | None = None) -> WhatIfTable:
    """Project on every node, indicator by indicator.

    Parameters
    ----------
    weights : (draw,) of the draws of what is prepared; they sum to 1
    report : told (indicators done, indicators in all)
    """
    size, now = prepared.problem.catalogue.size, prepared.ahead.now
    means, angles = _nodes(MEANS, MEAN_NODES), _nodes((_angle(VARIANCES[0]), _angle(VARIANCES[1])), VARIANCE_NODES)
    states = [(m, LEVEL_VARIANCE * np.sin(a) ** 2) for m in means for a in angles]
    rows = []
    for indicator in range(size):
        projected = [_log_odds(weights, each.targets) for each in prepared.suppose_each(indicator, states)]
        rows.append(np.stack(projected).reshape(len(means), len(angles), *projected[0].shape))
        if report is not None:
            report(indicator + 1, size)
    present = prepared.project(prepared.problem, prepared.filtered)
    return WhatIfTable(
        means=means,
        angles=angles,
        log_odds=np.stack(rows),
        base=_log_odds(weights, present.targets),
        states=np.where(now.active[0], [now.mean[0], now.variance[0]], np.nan).T,
    )


def _log_odds(weights: Floats, values: Floats) -> Floats:
    mean = np.tensordot(weights, values, axes=1)
    return np.asarray(logit(np.clip(mean, _SMALLEST, 1 - _SMALLEST)))


def _angle(variance: float) -> float:
    return float(np.arcsin(np.sqrt(min(variance / LEVEL_VARIANCE, 1.0))))


def _nodes(span: tuple[float, float], number: int) -> Floats:
    """Chebyshev's of the first kind, which lie within the span."""
    at = np.cos(np.pi * (np.arange(number) + 0.5) / number)
    return np.asarray((span[0] + span[1]) / 2 + (span[1] - span[0]) / 2 * at)


def _lagrange(nodes: Floats, x: float) -> Floats:
    """Weights of the values at the nodes in that of the polynomial through them at ``x``."""
    apart = nodes[:, None] - nodes
    np.fill_diagonal(apart, 1.0)
    away = np.broadcast_to(x - nodes, apart.shape).copy()
    np.fill_diagonal(away, 1.0)
    return np.asarray((away / apart).prod(axis=1))
