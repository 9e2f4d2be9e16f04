"""What an observation is worth: how far the forecast is expected to move, and how much that tells.

Of an indicator of which nothing more is known than its level m and variance V, an observation with error variance R
today has the predictive distribution N(m, V + R), and leaves the level at m + K (y - m), K = V / (V + R), with variance
(1 - K) V. What the forecast says then is a function of those two alone; its moments are taken by quadrature. Expected
movement and mutual information are centred on the mean after (Lindley 1956, doi:10.1214/aoms/1177728069): the forecast
need not be a martingale, and by how much it is not is told as drift.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.polynomial.hermite_e import hermegauss

from models.spec import Floats
from models.states import LEVEL_VARIANCE

NODES = 31
"""Of the quadrature; few of them misjudge a mean of distances."""

type Surface = Callable[[Floats, Floats], Floats]
"""P(the target) at means and variances of one level, (node,) each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Of one indicator today, in levels."""

    mean: float
    variance: float
    active: bool
    """Whether anything is on file; if not, it stands at 0 with the variance of a level of which nothing is known."""
    fades: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What an observation is expected to do."""

    movement: float
    sd: float
    mutual_information: float
    drift: float
    low: float
    high: float


def state_of(mean: float, variance: float, active: bool, fades: bool) -> State:
    """The state of an indicator, also of one of which nothing is on file."""
    return State(
        mean=mean if active else 0.0, variance=variance if active else LEVEL_VARIANCE, active=active, fades=fades
    )


def updated(state: State, level: Floats, error: float) -> tuple[Floats, Floats]:
    """Mean and variance once levels are observed, (node,) each; the first of a state is its level, as in the filter."""
    if not state.active and not state.fades:
        return level, np.full(len(level), error)
    gain = state.variance / (state.variance + error)
    return state.mean + gain * (level - state.mean), np.full(len(level), (1 - gain) * state.variance)


def worth_of(surface: Surface, state: State, error: float, now: float, ends: Sequence[float]) -> Worth:
    """What one observation is worth.

    Parameters
    ----------
    error : variance of the observation, in levels squared
    now : P(the target) without it
    ends : the least and the most favourable level
    """
    z, share = hermegauss(NODES)
    share = share / share.sum()
    after = surface(*updated(state, state.mean + np.sqrt(state.variance + error) * z, error))
    mean = float(share @ after)
    low, high = surface(*updated(state, np.array(ends), error))
    return Worth(
        movement=float(share @ np.abs(after - mean)),
        sd=float(np.sqrt(share @ (after - mean) ** 2)),
        mutual_information=max(float(entropy(np.array(mean)) - share @ entropy(after)), 0.0),
        drift=mean - now,
        low=float(low),
        high=float(high),
    )


def entropy(p: Floats) -> Floats:
    """Of an event, in nats."""
    held = np.clip(p, 1e-300, 1 - 1e-16)
    return np.asarray(-(held * np.log(held) + (1 - held) * np.log1p(-held)))


def surface_through(means: Floats, variances: Floats, values: Floats) -> Surface:
    """A surface through P(the target) at four states: log odds are quadratic in the mean, and linear in the angle.

    Parameters
    ----------
    means, variances, values : (4,) three means at one variance, then a state at another

    The angle is that whose sine is the root of the variance over its stationary value, as in `models.whatif`.
    """

    def terms(mean: Floats, variance: Floats) -> Floats:
        angle = np.arcsin(np.sqrt(np.clip(variance / LEVEL_VARIANCE, 0.0, 1.0)))
        return np.stack([np.ones(len(mean)), mean, mean**2, angle], axis=1)

    held = np.clip(values, 1e-12, 1 - 1e-12)
    found = np.linalg.lstsq(terms(means, variances), np.log(held / (1 - held)), rcond=None)[0]
    return lambda mean, variance: np.asarray(1 / (1 + np.exp(-terms(mean, variance) @ found)))
