"""What one more observation of an indicator would do to the forecast, from a table: approximate, in microseconds.

A row that becomes known on the as-of date, a revision or a retraction changes a projection only through the mean and
the variance that it leaves the indicator on that day. On some nodes of both the projection is exact; between them log
odds are polynomials. Of the variance V they are polynomials in the angle whose sine is the root of V over its
stationary value: in it the noise of the levels, and its growth, are smooth. Each indicator has as many nodes as it
takes until the next is foretold by those before it, the present state first among them.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
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
TERMS = ((0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2), (2, 1), (3, 0), (1, 2), (0, 3), (3, 1), (2, 2), (1, 3))
"""Degrees in mean and angle, what weighs most first: what is left out is smaller than what rounding shows."""
FEWEST = 5
"""Nodes of an indicator before the next one may tell that they suffice."""
CLOSE = 7.5e-5
"""In probability: a node foretold so closely needs none after it."""
_CANDIDATES = 9
"""Places in either direction among which nodes are chosen."""
_SMALLEST = 1e-12  # probabilities below, or as near to 1, are not told apart


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfTable:
    """Weighted means of P(event | draw), as log odds, had one indicator another state on the as-of date."""

    coefficients: Floats  # (indicator, term, target, horizon) of Chebyshev's polynomials, in the order of TERMS
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
    size, now = prepared.problem.catalogue.size, prepared.ahead.now
    base = _log_odds(weights, prepared.project(prepared.problem, prepared.filtered).targets)
    rows = []
    for indicator in range(size):
        state = float(now.mean[0, indicator]), float(now.variance[0, indicator])
        present = _scaled(*state) if _reaches(*state) else None
        nodes = _nodes(present)
        known = [] if present is None else [base]
        with closing(prepared.suppose_each(indicator, (_unscaled(*node) for node in nodes[len(known) :]))) as projected:
            rows.append(_through(nodes, chain(known, (_log_odds(weights, each.targets) for each in projected))))
        if report is not None:
            report(indicator + 1, size)
    return WhatIfTable(coefficients=np.stack(rows), base=base)


def _through(nodes: Floats, values: Iterable[Floats]) -> Floats:
    """Coefficients (term, …) through the first nodes (node, 2): as many as it takes to foretell the next; others are 0.

    values : on the nodes in turn, log odds (…); no more are asked for than are taken
    """
    terms, seen, found = _terms(nodes), list[Floats](), np.zeros(0)
    for k, value in enumerate(values, start=1):
        if k == 1:
            found = np.zeros((len(TERMS), *value.shape))
        foretold = np.tensordot(terms[k - 1], found, axes=1)
        seen.append(value)
        found[:k] = np.linalg.solve(terms[:k, :k], np.reshape(seen, (k, -1))).reshape(k, *value.shape)
        if k > FEWEST and np.abs(_probability(foretold) - _probability(value)).max() < CLOSE:
            break
    return found


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


def _nodes(present: Floats | None) -> Floats:
    """Nodes (term, 2), scaled: the present state, if given, then in turn where a term is least told by those before it.

    Discrete Leja points, by the elimination of Bos et al. (2010), doi:10.1137/090766991.
    """
    line = np.cos(np.pi * (np.arange(_CANDIDATES) + 0.5) / _CANDIDATES)
    places = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)
    if present is not None:
        places = np.concatenate([present[None], places])
    left, chosen = _terms(places), []
    for k in range(len(TERMS)):
        at = 0 if k == 0 else int(np.argmax(np.abs(left[:, k])))
        chosen.append(at)
        left[:, k + 1 :] -= np.outer(left[:, k] / left[at, k], left[at, k + 1 :])
    return np.asarray(places[chosen])


def _terms(at: Floats) -> Floats:
    """Products of Chebyshev's polynomials at some places (place, 2): (place, term)."""
    powers = np.array(TERMS)
    by_mean, by_angle = (chebvander(at[:, k], powers[:, k].max())[:, powers[:, k]] for k in range(2))
    return np.asarray(by_mean * by_angle)
