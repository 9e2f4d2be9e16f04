"""What draws say of a supposition, and how far that can be trusted."""

from dataclasses import dataclass

import numpy as np

from models.importance import Weighed
from models.projection import Projection
from models.spec import Floats

LEVELS = (0.05, 0.95)
"""Of the interval of what is said after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What draws say, and how each of them weighs."""

    projection: Projection
    weights: Floats  # (draw,)

    @property
    def targets(self) -> Floats:
        """Target by target, as the desk sums them: to the last bit."""
        values = self.projection.targets
        return np.stack([self.weights @ values[:, t] for t in range(values.shape[1])])

    @property
    def scenarios(self) -> Floats:
        return np.asarray(np.tensordot(self.weights, self.projection.scenarios, axes=1))

    @property
    def interval(self) -> Floats:
        """(level, target, horizon)."""
        values = self.projection.targets
        return np.asarray(np.quantile(values, LEVELS, axis=0, weights=self.weights, method="inverted_cdf"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is said of the supposition, and how far that can be trusted."""

    said: Said
    error: Floats  # (target, horizon)
    weighed: Weighed
    status: str
    trusted: bool
