"""What one more observation of an indicator would do to the forecast, from a table: approximate, in microseconds.

A row that becomes known on the as-of date, a revision or a retraction changes a projection only through the mean and
the variance that it leaves the indicator on that day. On a grid of both the projection is exact; between them log odds
are interpolated by polynomials through nodes of Chebyshev. Of the variance V they are polynomials in the angle whose
sine is the root of V over its stationary value: in it the noise of the levels, and its growth, are smooth.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial.chebyshev import chebvander

from models.spec import Floats
from models.states import LEVEL_VARIANCE

if TYPE_CHECKING:  # whoever only reads a table need not load compiled code
    from models.projection import Prepared

MEANS = (-2.4, 2.4)
"""Of a level, in levels: as far as a table reaches. A filter leaves these only for levels far beyond the scale."""
VARIANCES = (0.06, 1.9)
"""In levels squared: from several good sources on one day to next to nothing known."""
DEGREES = (3, 2, 2, 1)
"""Of the polynomial in the mean, by the power of the angle: what is left out is smaller than what rounding shows."""
_SMALLEST = 1e-12  # probabilities below, or as near to 1, are not told apart


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfTable:
    """Weighted means of P(event | draw), as log odds, had one indicator another state on the as-of date."""

    coefficients: Floats  # (indicator, term, target, horizon) of the polynomials in mean and angle
    base: Floats  # (target, horizon) log odds of the projection as it is

    def answer(self, indicator: int, mean: float, variance: float) -> Floats | None:
        """P(event), (target, horizon), had the indicator this mean and variance on the as-of date.

        None beyond the reach of the table: `models.projection.Prepared.suppose` answers there. With the state as it is,
        if that is within reach, the answer is the projection as it is.
        """
        if not _reaches(mean, variance):
            return None
        terms = _terms(_scaled(mean, variance)[None])[0]
        return _probability(np.tensordot(terms, self.coefficients[indicator], axes=1))

    @property
    def present(self) -> Floats:
        """P(event), (target, horizon), of the projection as it is."""
        return _probability(self.base)

    def to_arrays(self) -> dict[str, Floats]:
        """The table as arrays by name, to be kept in a file."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Floats]) -> "WhatIfTable":
        """The table that `to_arrays` gave; what else is there is left out."""
        return cls(**{name: np.asarray(arrays[name], dtype=np.float64) for name in cls.__slots__})


def build_table(prepared: "Prepared", weights: Floats, report: Callable[[int, int], None] | None = None) -> WhatIfTable:
    """Project on every node, indicator by indicator.

    Parameters
    ----------
    weights : (draw,) of the draws of what is prepared; they sum to 1
    report : told (indicators done, indicators in all)
    """
    size, now, nodes = prepared.problem.catalogue.size, prepared.ahead.now, _nodes()
    states = [_unscaled(*node) for node in nodes]
    base = _log_odds(weights, prepared.project(prepared.problem, prepared.filtered).targets)
    rows = []
    for indicator in range(size):
        exact = np.stack([_log_odds(weights, each.targets) for each in prepared.suppose_each(indicator, states)])
        found = np.linalg.solve(_terms(nodes), exact.reshape(len(nodes), -1)).reshape(exact.shape)
        mean, variance = float(now.mean[0, indicator]), float(now.variance[0, indicator])
        if _reaches(mean, variance):
            found[0] += base - np.tensordot(_terms(_scaled(mean, variance)[None])[0], found, axes=1)
        rows.append(found)
        if report is not None:
            report(indicator + 1, size)
    return WhatIfTable(coefficients=np.stack(rows), base=base)


def _reaches(mean: float, variance: float) -> bool:
    return MEANS[0] <= mean <= MEANS[1] and VARIANCES[0] <= variance <= VARIANCES[1]


def _log_odds(weights: Floats, values: Floats) -> Floats:
    mean = np.tensordot(weights, values, axes=1)
    held = np.clip(mean, _SMALLEST, 1 - _SMALLEST)
    return np.asarray(np.log(held / (1 - held)))


def _probability(log_odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-log_odds)))


def _angle(variance: float) -> float:
    return float(np.arcsin(np.sqrt(variance / LEVEL_VARIANCE)))


def _scaled(mean: float, variance: float) -> Floats:
    """Mean and angle as numbers from -1 to 1."""
    low, high = np.array([MEANS[0], _angle(VARIANCES[0])]), np.array([MEANS[1], _angle(VARIANCES[1])])
    return np.asarray((2 * np.array([mean, _angle(variance)]) - low - high) / (high - low))


def _unscaled(x: float, y: float) -> tuple[float, float]:
    """Mean and variance of a node."""
    low, high = _angle(VARIANCES[0]), _angle(VARIANCES[1])
    mean = (MEANS[0] + MEANS[1] + x * (MEANS[1] - MEANS[0])) / 2
    return float(mean), float(LEVEL_VARIANCE * np.sin((low + high + y * (high - low)) / 2) ** 2)


def _nodes() -> Floats:
    """As many as there are terms, Chebyshev's in both directions: those of a higher power of the angle are fewer."""
    means, angles = _chebyshev(max(DEGREES) + 1)[::-1], _chebyshev(len(DEGREES))
    return np.array([(x, y) for y, degree in zip(angles, DEGREES, strict=True) for x in means[: degree + 1]])


def _chebyshev(number: int) -> Floats:
    """The roots of its polynomial, from the middle outwards."""
    at = np.cos(np.pi * (np.arange(number) + 0.5) / number)
    return np.asarray(sorted(at, key=abs))


def _terms(at: Floats) -> Floats:
    """Products of Chebyshev's polynomials at some places (place, 2): (place, term)."""
    by_mean, by_angle = (chebvander(at[:, k], top) for k, top in enumerate((max(DEGREES), len(DEGREES) - 1)))
    columns = [by_mean[:, a] * by_angle[:, b] for b, degree in enumerate(DEGREES) for a in range(degree + 1)]
    return np.stack(columns, axis=1)
