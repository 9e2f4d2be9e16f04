"""Draws of two posteriors as one sample that stands for either, and for what lies between them.

Each draw counts as one of the mixture of both, whose constants solve a fixed point: the multistate Bennett acceptance
ratio of two states. Shirts & Chodera (2008), doi:10.1063/1.2978177; Meng & Wong (1996), Statistica Sinica 6, 831-860.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from models.spec import Floats

OVERLAP = 0.75
"""Share of the pooled draws that must stay effective on either side: with less, chance hides in what was learnt."""
_STEPS, _CLOSE = 1000, 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """Draws of two densities, the first before the second."""

    log_mixture: Floats  # (draw,) log density of the mixture that all draws are of, up to a constant
    first: int
    """How many draws are of the first."""

    def weights(self, log_density: Floats) -> Floats:
        """Weights of all draws, (draw,), that sum to 1, under a density given by its log up to a constant."""
        log = log_density - self.log_mixture
        return np.asarray(np.exp(log - logsumexp(log)))


def pool(first: Floats, second: Floats, draws_of_first: int) -> Pooled:
    """Pool the draws of two densities.

    Parameters
    ----------
    first, second : (draw,) log of each density, up to a constant of its own, at all draws: those of the first come
        first

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> draws = np.concatenate([rng.normal(0.0, 1.0, 4000), rng.normal(0.5, 1.0, 4000)])
    >>> pooled = pool(-0.5 * draws**2, 7.0 - 0.5 * (draws - 0.5) ** 2, 4000)
    >>> between = pooled.weights(-0.5 * (draws - 0.25) ** 2)
    >>> bool(abs(between @ draws - 0.25) < 0.03)
    True
    """
    n, m = draws_of_first, len(first) - draws_of_first
    constant = 0.0
    mixture = first
    for _ in range(_STEPS):
        mixture = np.logaddexp(np.log(n) + first, np.log(m) + second - constant)
        new = float(logsumexp(second - mixture) - logsumexp(first - mixture))
        if abs(new - constant) < _CLOSE:
            break
        constant = new
    return Pooled(log_mixture=np.asarray(mixture), first=n)
