"""What is supposed of the days ahead: levels that are set, or that will be observed, and events that will happen.

A level that somebody *sets* (do) has its value on those days whatever else; days before are untouched, and afterwards
the level goes on from there by its own law. A level that will be *observed* on a day (see) moves the path on either
side of that day: the joint law of the path is Gaussian, and is conditioned on the observation (Matheron's rule, on the
simulated paths: Wilson et al. 2021, arXiv:2011.04026). The filter is told of neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.ahead import Ahead
from models.spec import FOREVER, Floats, Ints, Problem
from models.states import LEVEL_VARIANCE, States, predict


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A level that is set on days after the as-of date; the last of them is `FOREVER` where it stays so."""

    indicator: int
    level: float
    first: int
    last: int = FOREVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A level that will be observed on a day after the as-of date, with the variance of the observation's error."""

    indicator: int
    day: int
    level: float
    variance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """An event on the as-of date or later."""

    kind: str  # talks, contact or crisis
    day: int
    framing: int = 0  # of talks, as of `models.spec.FRAMINGS`
    deal: bool = False  # whether a deal is sure to mark the meeting; if not, one on a day ahead still may
    seen: bool = False  # whether that it happens speaks for the rates under which it is likely


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """All that is supposed at once."""

    held: tuple[Held, ...] = ()
    seen: tuple[Seen, ...] = ()
    happening: tuple[Happening, ...] = ()

    @property
    def indicators(self) -> Ints:
        """Those whose levels are supposed, sorted."""
        return np.array(
            sorted({one.indicator for one in self.held} | {one.indicator for one in self.seen}), dtype=np.int64
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """How a level moves freely from a day on which its mean and variance are known, and what will be seen of it."""

    origin: int
    mean: float
    variance: float
    fades: bool
    half_life: float
    seen: tuple[Seen, ...] = ()

    def free(self, day: Ints) -> tuple[Floats, Floats]:
        """Mean and variance on days from the origin on, before anything is seen."""
        elapsed = (day - self.origin).astype(float)
        return predict(
            np.full(len(day), self.mean),
            np.full(len(day), self.variance),
            elapsed,
            np.full(len(day), self.fades),
            self.half_life,
        )

    def covariance(self, day: Ints, other: Ints) -> Floats:
        """Of the levels on some days with those on others, (day, other)."""
        early, apart = np.minimum.outer(day, other), np.abs(np.subtract.outer(day, other))
        _, variance = self.free(early.ravel())
        left = np.exp2(-apart / self.half_life) if self.fades else np.ones(apart.shape)
        return np.asarray(variance.reshape(early.shape) * left)

    def gain(self, day: Ints) -> Floats:
        """What an error in each of the observations does to the mean of each day, (day, observation)."""
        on = np.array([one.day for one in self.seen])
        told = self.covariance(on, on) + np.diag([one.variance for one in self.seen])
        return np.asarray(np.linalg.solve(told, self.covariance(day, on).T).T)

    def at(self, day: Ints) -> tuple[Floats, Floats]:
        """Mean and variance on days from the origin on."""
        mean, variance = self.free(day)
        if not self.seen:
            return mean, variance
        on, gain = np.array([one.day for one in self.seen]), self.gain(day)
        news = np.array([one.level for one in self.seen]) - self.free(on)[0]
        told = np.einsum("dk,dk->d", gain, self.covariance(day, on))
        return mean + gain @ news, np.maximum(variance - told, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Days of one level that go by one law; without one it is set."""

    first: int
    last: int
    level: float = 0.0
    law: Law | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelPath:
    """What is supposed of one indicator: how it is expected to stand, and how it may deviate from that."""

    indicator: int
    stretches: tuple[Stretch, ...]

    def at(self, day: Ints) -> tuple[Floats, Floats, Ints]:
        """Mean, variance and whether anything is known, on days after the as-of date; (day,) each."""
        mean, variance, known = np.zeros(len(day)), np.zeros(len(day)), np.zeros(len(day), dtype=np.int64)
        for one in self.stretches:
            on = (day >= one.first) & (day <= one.last)
            known[on] = 1
            mean[on], variance[on] = (one.level, 0.0) if one.law is None else one.law.at(day[on])
        return mean, variance, known


def level_paths(problem: Problem, ahead: Ahead, overlay: Overlay) -> tuple[LevelPath, ...]:
    """Of each indicator of which something is supposed, in their order."""
    return tuple(_level_path(problem, ahead, overlay, int(i)) for i in overlay.indicators)


def _level_path(problem: Problem, ahead: Ahead, overlay: Overlay, i: int) -> LevelPath:
    held = sorted((one for one in overlay.held if one.indicator == i), key=lambda one: one.first)
    seen = sorted((one for one in overlay.seen if one.indicator == i), key=lambda one: one.day)
    # What is seen tells of the stretch that it lies in alone: a level that is set hides what was before.
    ends = [*(one.first - 1 for one in held), FOREVER]
    base = _base_law(problem, ahead, i, [one for one in seen if one.day <= ends[0]])
    stretches = [] if base is None else [Stretch(first=base.origin, last=ends[0], law=base)]
    for one, end in zip(held, ends[1:], strict=True):
        last = min(one.last, end)
        stretches.append(Stretch(first=one.first, last=last, level=one.level))
        if last < end:
            law = _law(problem, i, last, one.level, 0.0, [each for each in seen if last < each.day <= end])
            stretches.append(Stretch(first=last + 1, last=end, law=law))
    return LevelPath(indicator=i, stretches=tuple(stretches))


def _law(problem: Problem, i: int, origin: int, mean: float, variance: float, seen: Sequence[Seen] = ()) -> Law:
    catalogue = problem.catalogue
    return Law(
        origin=origin,
        mean=mean,
        variance=variance,
        fades=bool(catalogue.fades[i]),
        half_life=float(catalogue.half_life[i]),
        seen=tuple(seen),
    )


def _base_law(problem: Problem, ahead: Ahead, i: int, seen: Sequence[Seen]) -> Law | None:
    """From the filtered state on; of an indicator without one, from the first observation on, as the filter begins."""
    now = ahead.now
    if now.active[0, i]:
        return _law(problem, i, problem.as_of, float(now.mean[0, i]), float(now.variance[0, i]), seen)
    if not seen:
        return None
    first, *later = seen
    fades = bool(problem.catalogue.fades[i])
    gain = LEVEL_VARIANCE / (LEVEL_VARIANCE + first.variance) if fades else 1.0
    variance = (1 - gain) * LEVEL_VARIANCE if fades else first.variance
    return _law(problem, i, first.day, gain * first.level, variance, later)


def overlaid(problem: Problem, ahead: Ahead, paths: Sequence[LevelPath]) -> Ahead:
    """The days ahead with some levels as they are supposed to be expected."""
    fresh, lagged = _copied(ahead.fresh), _copied(ahead.lagged)
    for path in paths:
        for states, lag in ((fresh, 0), (lagged, int(problem.catalogue.lag[path.indicator]))):
            on = np.flatnonzero(ahead.days - lag > problem.as_of)
            mean, variance, known = path.at(ahead.days[on] - lag)
            states.mean[on, path.indicator] = mean
            states.variance[on, path.indicator] = variance
            states.active[on, path.indicator] = known > 0
    return replace(ahead, fresh=fresh, lagged=lagged)


def _copied(states: States) -> States:
    return States(states.mean.copy(), states.variance.copy(), states.active.copy())
