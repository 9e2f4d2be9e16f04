"""Whether the fit finds what is there: records of talks simulated on the windows of the main fit, and fitted like it.

Regimes drift by the month, not by the year as in the fit, and spells are as long as those of the record.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import exp

import numpy as np

from benchmarks.reference.cells import YEAR, silence_term
from benchmarks.reference.fit import MAIN, Normal, fit_class
from benchmarks.reference.tables import DRY_AFTER, Meeting, Track, from_first_meeting, spells
from models.spec import Floats

MONTH = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is true in a simulated record."""

    level: float
    duration: float
    frailty: float = 0.4
    regime: float = 0.7
    efolding: float = 6.0  # years


WORLDS = (World(level=-6.4, duration=0.45), World(level=-6.5, duration=0.0, regime=0.9))
REPEATS = 36


@dataclass(frozen=True, slots=True)
class Recovered:
    """Estimates of one parameter over the records of a world."""

    truth: float
    estimates: tuple[Normal, ...]

    @property
    def held(self) -> int:
        """In how many records the 90 % interval holds the truth."""
        return sum(low <= self.truth <= high for low, high in (each.interval for each in self.estimates))


def recover(tracks: Sequence[Track], world: World, repeats: int = REPEATS) -> tuple[Recovered, Recovered]:
    """Level and duration as fitted to simulated records, which depend on the repeat's number alone."""
    windows = from_first_meeting(tracks, MAIN)
    fits = [fit_class(list(simulate(windows, world, np.random.default_rng(number)))) for number in range(repeats)]
    return (
        Recovered(world.level, tuple(fit.level for fit in fits)),
        Recovered(world.duration, tuple(fit.duration for fit in fits)),
    )


def simulate(windows: Sequence[Track], world: World, rng: np.random.Generator) -> Iterator[Track]:
    """The same tracks, each from its first meeting on, with other meetings."""
    lengths = np.array([spell.ended - spell.started for track in windows for spell in spells(track.meetings)])
    for track in windows:
        log_rate = world.level + world.frailty * rng.standard_normal() + _regime(track.until - track.first, world, rng)
        yield replace(track, meetings=tuple(_meetings(track, log_rate, world.duration, lengths, rng)))


def _meetings(
    track: Track, log_rate: Floats, duration: float, lengths: Floats, rng: np.random.Generator
) -> Iterator[Meeting]:
    chance = rng.random(track.until - track.first)
    last = track.first + int(rng.choice(lengths))
    yield Meeting(track.first, last)
    for day in range(track.first, track.until):
        if day - last >= DRY_AFTER:
            rate = exp(log_rate[day - track.first] + duration * float(silence_term(np.array(day - last))))
            if chance[day - track.first] < 1 - exp(-rate):
                last = day + int(rng.choice(lengths))
                yield Meeting(day, last)


def _regime(days: int, world: World, rng: np.random.Generator) -> Floats:
    """By day, shape (day,)."""
    keep = exp(-MONTH / YEAR / world.efolding)
    months = [world.regime * rng.standard_normal()]
    for _ in range(days // MONTH):
        months.append(keep * months[-1] + world.regime * (1 - keep**2) ** 0.5 * rng.standard_normal())
    return np.repeat(months, MONTH)[:days]
