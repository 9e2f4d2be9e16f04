"""The rate of beginnings in a reference class of dyads.

While a track is dry, s days after its last meeting, the log rate of beginnings per day is

    a - γ log(min(max(s, 90), 1095) / 365) + class + frailty + regime.

The scales of frailty and regime are integrated on a grid, the rest is approximated at its mode given them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from benchmarks.reference.cells import SILENCE_CAP, YEAR, Cells, cut_cells, silence_term
from benchmarks.reference.laplace import Mode, Regression, Scales
from benchmarks.reference.tables import Track, from_first_meeting
from models.spec import Floats

MAIN = ("N", "K", "S")
"""Classes of the main fit; the level is that of the first."""
LEVEL = (float(np.log(1 / 730)), 1.5)
DURATION = (0.0, 1.0)
CLASS = (0.0, 0.7)
FRAILTIES = (0.15, 0.45, 0.75, 1.05, 1.35)
REGIMES = (0.15, 0.45, 0.75, 1.05, 1.35, 1.65)
EFOLDINGS = (1.5, 3.0, 6.0, 12.0)
"""The grid of scales is even (e-folding times in logarithms), so that every node has the same width."""


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
    level: Normal  # log rate per day at one year of silence, in the first class
    duration: Normal  # γ; 0 and 0 where it is left out
    classes: dict[str, Normal]  # log rates of the others, less that of the first
    frailty: float  # root of the posterior mean of its variance
    regime: float  # likewise
    efolding: float  # years; geometric mean


def fit_class(
    tracks: Sequence[Track], classes: tuple[str, ...] = MAIN, *, duration: bool = True, cap: float = SILENCE_CAP
) -> Fit:
    """Fit tracks from their first meeting on; each class but the first has a level of its own beside the common one.

    Without ``duration`` γ is 0.
    """
    tracks = from_first_meeting(tracks, classes)
    return _fit(cut_cells(tracks), [track.group for track in tracks], classes[1:], duration, cap)


def fit_alike(tracks: Sequence[Track], *, duration: bool = True, cap: float = SILENCE_CAP) -> Fit:
    """Fit tracks as one class, from the first day of each."""
    return _fit(cut_cells(tracks), [], (), duration, cap)


def _fit(cells: Cells, groups: list[str], classes: tuple[str, ...], duration: bool, cap: float) -> Fit:
    term = silence_term(cells.silence, cap)
    member = [np.array(groups)[cells.track] == name for name in classes]
    columns = [np.ones_like(term), *([term] if duration else []), *member]
    priors = np.array([LEVEL, *([DURATION] if duration else []), *[CLASS for _ in classes]])
    regression = Regression(cells, np.stack(columns, axis=1).astype(np.float64), priors[:, 0], priors[:, 1])
    scales = [Scales(*node) for node in product(FRAILTIES, REGIMES, EFOLDINGS)]
    modes: list[Mode] = []
    for each in scales:
        modes.append(regression.mode(each, modes[-1] if modes else None))
    log_weight = np.array([mode.log_evidence + each.log_prior for mode, each in zip(modes, scales, strict=True)])
    weight = np.exp(log_weight - log_weight.max())
    effects, frailty, regime, efolding = _moments(modes, scales, weight / weight.sum())
    return Fit(
        tracks=len(np.unique(cells.track)),
        beginnings=int(cells.beginnings.sum()),
        years=float(cells.days.sum() / YEAR),
        level=effects[0],
        duration=effects[1] if duration else Normal(0.0, 0.0),
        classes=dict(zip(classes, effects[1 + duration :], strict=True)),
        frailty=frailty,
        regime=regime,
        efolding=efolding,
    )


def _moments(modes: list[Mode], scales: list[Scales], weight: Floats) -> tuple[list[Normal], float, float, float]:
    """Moments of the mixture of normals: of the effects, then root mean squares of the scales, and the e-folding."""
    means = np.array([mode.beta for mode in modes])
    variances = np.array([np.diag(mode.covariance) for mode in modes])
    mean = weight @ means
    sd = np.sqrt(weight @ (variances + (means - mean) ** 2))
    frailty, regime = (np.sqrt(weight @ np.array([(s.frailty, s.regime) for s in scales]) ** 2)).tolist()
    efolding = np.exp(weight @ np.log([s.efolding for s in scales]))
    return [Normal(float(m), float(s)) for m, s in zip(mean, sd, strict=True)], frailty, regime, float(efolding)
