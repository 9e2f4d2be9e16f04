"""Raking: weights under which a few draws have the means that many draws have.

A projection of every posterior draw takes seconds, of a hundred a fraction of one, and their plain mean is off by a
Monte-Carlo error larger than what one observation moves. Where the means over all draws are known for one situation,
the weights nearest to equal that reproduce them there carry most of that error away in situations near it.

    minimise  sum w log(w / b) + sum ((w'x - t) / e)^2 / (2 n)   over w > 0, sum w = 1, where b are 1 / n or given

Deville & Särndal (1992), Calibration estimators in survey sampling, doi:10.1080/01621459.1992.10475217: their raking
ratio, with a tolerance ``e`` per total. Weights are positive and sum to one, so that weighted means of coherent
probabilities are coherent.
"""

import numpy as np

from models.spec import Floats

STEPS = 100
TIGHT = 1e-9
"""Slope, in standard deviations of a value, at which the search has arrived."""


def rake(values: Floats, totals: Floats, errors: Floats, base: Floats | None = None) -> Floats:
    """Weights of the draws, shape (draw,).

    Parameters
    ----------
    values : (draw, total) what each draw says
    totals : (total,) means over all draws
    errors : (total,) how exactly each is to be met, above 0; in the units of the values
    base : (draw,) weights that sum to 1, nearest to which they are to be; equal ones unless given

    Examples
    --------
    >>> draws = np.array([[0.1], [0.2], [0.3], [0.6]])
    >>> weights = rake(draws, totals=np.array([0.25]), errors=np.array([1e-6]))
    >>> round(float(weights @ draws[:, 0]), 4), round(float(weights.sum()), 4), bool((weights > 0).all())
    (0.25, 1.0, True)
    """
    n = len(values)
    spread = values.std(axis=0)
    varies = spread > 0
    x = (values[:, varies] - totals[varies]) / spread[varies]
    slack = n * (errors[varies] / spread[varies]) ** 2
    tilt, offset = np.zeros(x.shape[1]), np.zeros(n) if base is None else np.log(n * base)
    for _ in range(STEPS):
        weights = _weights(x @ tilt + offset)
        slope = weights @ x + slack * tilt
        if np.abs(slope).max(initial=0.0) < TIGHT:
            break
        centred = x - weights @ x
        step = np.linalg.solve((weights[:, None] * centred).T @ centred + np.diag(slack), slope)
        tilt = tilt - _length(x, tilt, step, slope, slack, offset) * step
    return _weights(x @ tilt + offset)


def effective_size(weights: Floats) -> float:
    """Number of equally weighted draws that would carry as much: 1 / Σ w², weights that sum to 1, (draw,).

    Kish (1965), Survey Sampling.

    >>> effective_size(np.array([0.25, 0.25, 0.25, 0.25])), round(effective_size(np.array([0.9, 0.05, 0.05])), 2)
    (4.0, 1.23)
    """
    return float(1 / np.square(weights).sum())


def _weights(log: Floats) -> Floats:
    weights = np.exp(log - log.max())
    return np.asarray(weights / weights.sum())


def _length(x: Floats, tilt: Floats, step: Floats, slope: Floats, slack: Floats, offset: Floats) -> float:
    """Halve the Newton step until the dual falls by a share of what its slope promises (Armijo)."""
    here, promised, length = _dual(x @ tilt + offset, tilt, slack), float(slope @ step), 1.0
    while (
        length > 1e-6
        and _dual(x @ (tilt - length * step) + offset, tilt - length * step, slack) > here - 1e-4 * length * promised
    ):
        length /= 2
    return length


def _dual(log: Floats, tilt: Floats, slack: Floats) -> float:
    return float(log.max() + np.log(np.exp(log - log.max()).mean()) + 0.5 * slack @ tilt**2)
