"""Dry days of tracks as Poisson cells, and what silence does to their rate."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from benchmarks.reference.tables import DRY_AFTER, Track, silences
from models.spec import Floats, Ints

YEAR = 365.25
SILENCE_UNIT = 365.0
"""Days of silence at which the level of a rate is read."""
SILENCE_CAP = 1095.0
"""Days of silence beyond which the rate falls no further."""
LONGEST_CELL = 5
"""Days: short enough that the silence amid them stands for each of them."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Exposure and beginnings, shape (cell,): a cell has days or one beginning, never both."""

    track: Ints
    year: Ints  # since the track's first day
    silence: Floats  # days since the last meeting ended, amid the days or on the day of the beginning
    days: Floats
    beginnings: Floats


def cut_cells(tracks: Sequence[Track]) -> Cells:
    """Cut the dry days of tracks into cells of at most ``LONGEST_CELL`` days that end with a track's year."""
    rows = [row for number, track in enumerate(tracks) for row in _cells(number, track)]
    track, year, silence, days, beginnings = np.array(rows, dtype=np.float64).reshape(-1, 5).T
    return Cells(track.astype(np.int64), year.astype(np.int64), silence, days, beginnings)


def silence_term(silence: Floats, cap: float = SILENCE_CAP, unit: float = SILENCE_UNIT) -> Floats:
    """-log of the silence over its unit, both in days, from 90 days to the cap: what γ multiplies in the log rate.

    >>> silence_term(np.array([10.0, 90.0, 365.0, 5000.0])).round(3).tolist()
    [1.4, 1.4, -0.0, -1.099]
    """
    return np.asarray(-np.log(np.clip(silence, DRY_AFTER, cap) / unit))


def _cells(number: int, track: Track) -> Iterator[tuple[float, ...]]:
    for silence in silences(track):
        day = silence.first
        while day < silence.until:
            year = int((day - track.first) // YEAR)
            end = min(silence.until, day + LONGEST_CELL, ceil(track.first + (year + 1) * YEAR))
            yield number, year, (day + end - 1) / 2 - silence.since, end - day, 0
            day = end
        if silence.broken:
            last = silence.until - 1
            yield number, (last - track.first) // YEAR, last - silence.since, 0, 1
