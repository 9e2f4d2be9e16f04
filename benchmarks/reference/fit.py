"""The rate of beginnings in a reference class of dyads.

While a track is dry, s days after its last meeting, the log rate of beginnings per day is

    a - γ log(min(max(s, 90), 1095) / 365) + class + frailty + regime,

the frailty a normal error of each track, the regime an Ornstein-Uhlenbeck process of each track on yearly knots. All
are integrated on grids, with priors a ~ N(log 1/730, 1.5), γ ~ N(0, 1), class ~ N(0, 0.7); half-normal (1) on the
standard deviations of frailty and regime, log-normal (log 3 years, 0.8) on the regime's e-folding time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, log

import numpy as np
from scipy.special import logsumexp
from scipy.stats import norm

from benchmarks.reference.cells import SILENCE_CAP, YEAR, cut_cells
from benchmarks.reference.likelihood import DURATIONS, EFOLDINGS, LEVELS, REGIMES, blur, track_likelihood
from benchmarks.reference.tables import Track, from_first_meeting, silences
from models.spec import Floats

MAIN = ("N", "K", "S")
"""Classes of the main fit; the level is that of the first."""
FRAILTIES: Floats = np.arange(0.15, 1.6, 0.2)
CLASS_SD = 0.7


@dataclass(frozen=True, slots=True)
class Normal:
    """A mean and a standard deviation."""

    mean: float
    sd: float

    @property
    def interval(self) -> tuple[float, float]:
        """The 90 % interval, equal-tailed."""
        return self.mean - 1.645 * self.sd, self.mean + 1.645 * self.sd


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Posterior moments of a reference class."""

    tracks: int  # that were ever dry
    beginnings: int
    years: float  # dry
    level: Normal  # a, log rate per day at one year of silence, of the first class
    duration: Normal  # γ
    frailty: float  # root mean square of its standard deviation
    regime: float  # likewise
    efolding: float  # years; geometric mean


def fit_class(
    tracks: Sequence[Track], classes: tuple[str, ...] = MAIN, *, duration: bool = True, cap: float = SILENCE_CAP
) -> Fit:
    """Fit tracks of some classes, each from its first meeting on; the level is the first class's.

    Without ``duration`` γ is 0; beyond the cap, in days of silence, the rate falls no further.
    """
    found = from_first_meeting(tracks, classes)
    return _fit([[track for track in found if track.group == name] for name in classes], duration, cap)


def fit_alike(tracks: Sequence[Track], *, duration: bool = True, cap: float = SILENCE_CAP) -> Fit:
    """Fit tracks as one class, from the first day of each."""
    return _fit([tracks], duration, cap)


def _fit(classes: Sequence[Sequence[Track]], duration: bool, cap: float) -> Fit:
    classes = [[track for track in tracks if any(silences(track))] for tracks in classes]
    cells = cut_cells([track for tracks in classes for track in tracks])
    weight = _posterior([[track_likelihood(track, cap) for track in tracks] for tracks in classes], duration)
    return Fit(
        tracks=sum(map(len, classes)),
        beginnings=int(cells.beginnings.sum()),
        years=float(cells.days.sum() / YEAR),
        level=_moments(weight, 4, LEVELS),
        duration=_moments(weight, 3, DURATIONS),
        frailty=float(np.sqrt(_moments(weight, 0, FRAILTIES**2).mean)),
        regime=float(np.sqrt(_moments(weight, 1, REGIMES**2).mean)),
        efolding=float(np.exp(_moments(weight, 2, np.array([log(years) for years in EFOLDINGS])).mean)),
    )


def _posterior(classes: Sequence[Sequence[Floats]], duration: bool) -> Floats:
    """Weights of the grid's nodes, (frailty, regime, e-folding, duration, level)."""
    joint = np.array([_log_prior(frailty, duration) for frailty in FRAILTIES])
    for which, likelihoods in enumerate(classes):
        for node, frailty in enumerate(FRAILTIES):
            of_class = sum((blur(each, frailty) for each in likelihoods), np.zeros_like(joint[node]))
            joint[node] += blur(of_class, CLASS_SD) if which else of_class
    return np.asarray(np.exp(joint - logsumexp(joint)))


def _log_prior(frailty: float, duration: bool) -> Floats:
    """Up to a constant, (regime, e-folding, duration, level)."""
    of_regime = norm.logpdf(REGIMES)[:, None, None, None]
    of_efolding = norm.logpdf(np.log(EFOLDINGS), log(3), 0.8)[:, None, None]
    of_duration = norm.logpdf(DURATIONS) if duration else np.where(DURATIONS == 0, 0.0, -inf)
    of_level = norm.logpdf(LEVELS, log(1 / 730), 1.5)
    return np.asarray(norm.logpdf(frailty) + of_regime + of_efolding + of_duration[:, None] + of_level)


def _moments(weight: Floats, axis: int, nodes: Floats) -> Normal:
    marginal = weight.sum(axis=tuple(set(range(weight.ndim)) - {axis}))
    mean = marginal @ nodes
    return Normal(float(mean), float(np.sqrt(marginal @ (nodes - mean) ** 2)))
