"""Exact scalar Kalman filters, one per indicator: graded observations in, a mean and a variance for any day out.

An ``event`` indicator is a stationary Ornstein-Uhlenbeck level: its mean halves every half-life and its variance
returns to ``LEVEL_VARIANCE``. A ``state`` indicator is a random walk whose increments follow the schedule
V(t+d) = C - (C - V(t)) * 2**(-d / half-life) towards the cap C = ``LEVEL_VARIANCE``: its mean holds. A row enters the
filter on the day it is known; for the days since it was observed it has aged like the level itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from models.spec import FOREVER, Bools, Catalogue, Floats, Ints, Observations

LEVEL_VARIANCE = 2.0
"""Variance of a level drawn evenly from -2…+2: what is left when nothing is known (levels squared)."""
SMALLEST_MEMORY = 1e-4
"""Share of a level that a row of thirteen half-lives ago still tells; older rows are treated as of that age."""


@dataclass(frozen=True, slots=True)
class States:
    """Levels at some days. Arrays have shape (day, indicator); an inactive indicator has mean 0, variance 0."""

    mean: Floats
    variance: Floats
    active: Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class FilteredStates:
    """The filter's path: one row after each observation, sorted by track and day of entry.

    A *track* is the sequence of rows that were valid for one indicator over a stretch of days: a revision, a retraction
    or a better source of the same origin begins a new one, in which the past is filtered again as then known.
    """

    catalogue: Catalogue
    track_of: tuple[Ints, ...]  # per indicator: first day of each of its tracks, sorted
    first_track: Ints  # (indicator,) number of its first track
    key: Ints  # (row,) track * STRIDE + day of entry, sorted
    track: Ints  # (row,)
    entered: Ints  # (row,)
    told: Floats  # (2, row) level and variance of the row, aged by the day it entered
    mean: Floats  # (row,) after the update
    variance: Floats  # (row,)

    def at(self, known: Ints, day: Floats, indicators: Iterable[int] | None = None) -> States:
        """States on ``day`` from the rows known by the end of ``known``.

        Parameters
        ----------
        known : (n,) or (n, indicator) last day whose rows may be used
        day : (n,) or (n, indicator) day the state is of, at least ``known``; fractions of a day are allowed
        indicators : those that are asked for; all others are left inactive
        """
        shape = (len(known), self.catalogue.size)
        known = np.broadcast_to(known if known.ndim == 2 else known[:, None], shape)
        day = np.broadcast_to(day if day.ndim == 2 else day[:, None], shape)
        mean, variance = np.zeros(shape), np.zeros(shape)
        active = np.zeros(shape, dtype=bool)
        if len(self.key) == 0:
            return States(mean, variance, active)
        for i in range(self.catalogue.size) if indicators is None else indicators:
            number = np.searchsorted(self.track_of[i], known[:, i], side="right") - 1 + self.first_track[i]
            row = np.searchsorted(self.key, _key(number, known[:, i]), side="right") - 1
            held = (row >= 0) & (self.track[row] == number)
            m, v = self._predict(i, row[held], day[held, i])
            mean[held, i], variance[held, i], active[held, i] = m, v, True
        return States(mean, variance, active)

    def changed_from(self, other: "FilteredStates") -> list[int]:
        """The indicators whose paths differ, of two filters of one catalogue."""
        return [i for i in range(self.catalogue.size) if not all(map(np.array_equal, self._path(i), other._path(i)))]

    def path_until(self, indicator: int, ready: "Ready") -> tuple[Floats, Floats]:
        """(mean, variance) of its rows up to the first in which others of the same indicator, in order, differ."""
        first = self.first_track[indicator]
        begin, end = np.searchsorted(self.track, [first, first + len(self.track_of[indicator])])
        rows = slice(begin, begin + min(end - begin, len(ready.track)))
        here, there = slice(0, rows.stop - rows.start), ready.first_track[indicator]
        same = (self.track[rows] - first == ready.track[here] - there) & (self.entered[rows] == ready.entered[here])
        same &= np.all(self.told[:, rows] == np.stack([ready.level[here], ready.variance[here]]), axis=0)
        alike = slice(begin, begin + (len(same) if same.all() else int(np.argmin(same))))
        return self.mean[alike], self.variance[alike]

    def _path(self, indicator: int) -> tuple[Ints, Ints, Ints, Floats, Floats]:
        """All there is of an indicator, whatever number its first track has."""
        first, tracks = self.first_track[indicator], self.track_of[indicator]
        rows = slice(*np.searchsorted(self.track, [first, first + len(tracks)]))
        return tracks, self.track[rows] - first, self.entered[rows], self.mean[rows], self.variance[rows]

    def _predict(self, indicator: int, row: Ints, day: Floats) -> tuple[Floats, Floats]:
        elapsed = day - self.entered[row]
        fades = np.full(len(row), self.catalogue.fades[indicator])
        return predict(self.mean[row], self.variance[row], elapsed, fades, self.catalogue.half_life[indicator])


def predict(
    mean: Floats, variance: Floats, elapsed: Floats, fades: Bools, half_life: Floats | float
) -> tuple[Floats, Floats]:
    """Mean and variance after ``elapsed`` days without an observation, in levels and levels squared; shapes broadcast.

    With l = 2^(-elapsed / half-life) and C = LEVEL_VARIANCE: an ``event`` level goes to l m, C - (C - V) l²; a
    ``state`` to m, C - (C - V) l where V < C. The transition of an Ornstein-Uhlenbeck process: Uhlenbeck & Ornstein
    (1930), doi:10.1103/PhysRev.36.823.

    >>> mean, variance = np.array([2.0, 2.0]), np.array([0.0, 0.0])
    >>> m, v = predict(mean, variance, np.array([30.0, 30.0]), np.array([True, False]), half_life=30.0)
    >>> m.tolist(), v.tolist()
    ([1.0, 2.0], [1.5, 1.0])
    """
    left = np.exp2(-elapsed / half_life)
    faded = LEVEL_VARIANCE - (LEVEL_VARIANCE - variance) * left**2
    held = np.where(variance < LEVEL_VARIANCE, LEVEL_VARIANCE - (LEVEL_VARIANCE - variance) * left, variance)
    return np.where(fades, mean * left, mean), np.where(fades, faded, held)


def age_rows(rows: Observations, catalogue: Catalogue) -> tuple[Floats, Floats]:
    """Level and variance of each row as evidence on the level of the day it entered, shape (row,).

    An ``event`` level of ``left`` days' memory satisfies y = left * x + e with var(e) = R + C (1 - left**2): an old row
    tells little, and what it tells fades towards neutral. A ``state`` has moved by increments unknown.

    Returns
    -------
    level, variance : (row,), in levels and levels squared
    """
    fades, half_life = catalogue.fades[rows.indicator], catalogue.half_life[rows.indicator]
    left = np.exp2(-(rows.entered - rows.observed) / half_life)
    held = rows.variance + LEVEL_VARIANCE * (1 - left)
    told = np.maximum(left, SMALLEST_MEMORY)
    fading = (rows.variance + LEVEL_VARIANCE * (1 - told**2)) / told**2
    return np.where(fades, rows.level / told, rows.level), np.where(fades, fading, held)


def expect_observation(
    mean: float, variance: float, fades: bool, half_life: float, days: int, error_variance: float
) -> tuple[float, float]:
    """Mean and variance of an observation that happened ``days`` before it is known, given the level on that day.

    The inverse of what `age_rows` does: an ``event`` level was higher then, a ``state`` may have moved since.

    >>> expect_observation(1.0, 0.5, fades=False, half_life=30.0, days=30, error_variance=0.25)
    (1.0, 1.75)
    """
    left = 2.0 ** (-days / half_life)
    if not fades:
        return mean, variance + error_variance + LEVEL_VARIANCE * (1 - left)
    told = max(left, SMALLEST_MEMORY)
    return told * mean, told**2 * variance + error_variance + LEVEL_VARIANCE * (1 - told**2)


def filter_states(rows: Observations, catalogue: Catalogue) -> FilteredStates:
    """Run the filters: vectorised over indicators, linear in rows.

    The gain of a row is V / (V + R), its update m + gain (y - m), V (1 - gain). Kalman (1960), doi:10.1115/1.3662552.
    Rows of one indicator and day are updated one after another, which in a Gaussian model equals doing so at once.
    """
    ready = _put_in_order(rows, catalogue)
    mean, variance = _run(ready, catalogue)
    return _filtered(catalogue, ready, mean, variance)


def filter_again(before: FilteredStates, rows: Observations, changed: Iterable[int]) -> FilteredStates:
    """What `filter_states` gives for the rows, to the last digit, in the time that some indicators take.

    Parameters
    ----------
    before : what it gave for rows that differ from these in those of the indicators ``changed`` at most
    """
    now = before
    for indicator in sorted(changed):
        mine = np.flatnonzero(rows.indicator == indicator)
        own = Observations(**{each.name: getattr(rows, each.name)[mine] for each in fields(Observations)})
        ready = _put_in_order(own, before.catalogue)
        known = now.path_until(indicator, ready)
        fades, half_life = bool(before.catalogue.fades[indicator]), before.catalogue.half_life[indicator]
        later = _walk(ready, fades, half_life, known)
        mean, variance = (np.concatenate(pair) for pair in zip(known, later, strict=True))
        now = _exchanged(now, _filtered(before.catalogue, ready, mean, variance), indicator)
    return now


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Rows as the filter takes them, each once in every track of its own; sorted by track and day of entry."""

    starts: tuple[Ints, ...]  # per indicator: first day of each of its tracks
    first_track: Ints  # (indicator,)
    track: Ints  # (row,), as are all below
    entered: Ints
    level: Floats
    variance: Floats
    indicator: Ints


def _put_in_order(rows: Observations, catalogue: Catalogue) -> Ready:
    level, variance = age_rows(rows, catalogue)
    starts = _track_starts(rows, catalogue.size)
    first_track = _first_tracks(starts)
    track, source = _assign_tracks(rows, starts, first_track)
    order = np.lexsort((variance[source], level[source], rows.entered[source], track))
    source = source[order]
    return Ready(
        starts=starts,
        first_track=first_track,
        track=track[order],
        entered=rows.entered[source],
        level=level[source],
        variance=variance[source],
        indicator=rows.indicator[source],
    )


def _first_tracks(starts: tuple[Ints, ...]) -> Ints:
    return np.concatenate([[0], np.cumsum([len(s) for s in starts])[:-1]]).astype(np.int64)


def _filtered(catalogue: Catalogue, ready: Ready, mean: Floats, variance: Floats) -> FilteredStates:
    return FilteredStates(
        catalogue=catalogue,
        track_of=ready.starts,
        first_track=ready.first_track,
        key=_key(ready.track, ready.entered),
        track=ready.track,
        entered=ready.entered,
        told=np.stack([ready.level, ready.variance]),
        mean=mean,
        variance=variance,
    )


def _exchanged(before: FilteredStates, own: FilteredStates, indicator: int) -> FilteredStates:
    """The path with that of one indicator taken from another."""
    track_of = (*before.track_of[:indicator], own.track_of[indicator], *before.track_of[indicator + 1 :])
    first = int(before.first_track[indicator])
    begin, end = np.searchsorted(before.track, [first, first + len(before.track_of[indicator])])
    more = len(track_of[indicator]) - len(before.track_of[indicator])  # tracks by which later ones are renumbered

    def joined(old: Floats | Ints, new: Floats | Ints) -> Any:
        return np.concatenate([old[..., :begin], new, old[..., end:]], axis=-1)

    track = joined(before.track, own.track - own.first_track[indicator] + first)
    if more:
        track[begin + len(own.track) :] += more
    entered = joined(before.entered, own.entered)
    return FilteredStates(
        catalogue=before.catalogue,
        track_of=track_of,
        first_track=_first_tracks(track_of),
        key=_key(track, entered),
        track=track,
        entered=entered,
        told=joined(before.told, own.told),
        mean=joined(before.mean, own.mean),
        variance=joined(before.variance, own.variance),
    )


def _key(track: Ints, day: Ints) -> Ints:
    return np.asarray(track * 10_000_000 + day, dtype=np.int64)  # an ordinal has at most seven digits


def _track_starts(rows: Observations, size: int) -> tuple[Ints, ...]:
    """Per indicator the days on which rows it already used were replaced, after a first track without a beginning."""
    ends = rows.until < FOREVER
    return tuple(np.unique(np.concatenate([[0], rows.until[ends & (rows.indicator == i)]])) for i in range(size))


def _assign_tracks(rows: Observations, starts: tuple[Ints, ...], first_track: Ints) -> tuple[Ints, Ints]:
    """Copy each row into every track during which it is valid: (track, row number) pairs."""
    tracks, sources = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for i, begin in enumerate(starts):
        mine = np.flatnonzero(rows.indicator == i)
        end = np.append(begin[1:], FOREVER)
        for j in range(len(begin)):
            valid = mine[(rows.since[mine] < end[j]) & (rows.until[mine] > begin[j])]
            tracks.append(np.full(len(valid), first_track[i] + j))
            sources.append(valid)
    return np.concatenate(tracks), np.concatenate(sources)


def _run(rows: Ready, catalogue: Catalogue) -> tuple[Floats, Floats]:
    """Update the k-th row of every track at once, for k = 0, 1, …"""
    track, entered, level, variance, indicator = rows.track, rows.entered, rows.level, rows.variance, rows.indicator
    mean, var = np.empty(len(track)), np.empty(len(track))
    if len(track) == 0:
        return mean, var
    begin = np.flatnonzero(np.append(True, track[1:] != track[:-1]))
    count = np.diff(np.append(begin, len(track)))
    fades, half_life = catalogue.fades[indicator[begin]], catalogue.half_life[indicator[begin]]
    # Before its first row an `event` level is stationary; a `state` has no prior: its first row is its level.
    gain = np.where(fades, LEVEL_VARIANCE / (LEVEL_VARIANCE + variance[begin]), 1.0)
    m, v = gain * level[begin], np.where(fades, (1 - gain) * LEVEL_VARIANCE, variance[begin])
    mean[begin], var[begin] = m, v
    order = np.argsort(-count, kind="stable")  # longest first: the tracks still running are a prefix
    begin, m, v, fades, half_life = begin[order], m[order], v[order], fades[order], half_life[order]
    running = np.searchsorted(-count[order], -np.arange(1, count.max()), side="left")
    for k, n in enumerate(running, start=1):
        row = begin[:n] + k
        m[:n], v[:n] = predict(m[:n], v[:n], entered[row] - entered[row - 1], fades[:n], half_life[:n])
        gain = v[:n] / (v[:n] + variance[row])
        m[:n] += gain * (level[row] - m[:n])
        v[:n] *= 1 - gain
        mean[row], var[row] = m[:n], v[:n]
    return mean, var


def _walk(rows: Ready, fades: bool, half_life: float, known: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """The same of the rows of one indicator beyond those with a known path, and so in no more time than they take.

    Powers of two come from the same function, and all else is arithmetic of single numbers, which rounds alike.
    """
    first = len(known[0])
    going_on = np.append(False, rows.track[1:] == rows.track[:-1])[first : len(rows.track)]
    elapsed = np.where(going_on, np.diff(rows.entered, prepend=rows.entered[:1])[first:], 0)
    left, follows = np.exp2(-elapsed / half_life).tolist(), going_on.tolist()
    mean, variance = np.empty(len(left)), np.empty(len(left))
    m, v = (float(each[-1]) if first else 0.0 for each in known)
    for k, (y, r) in enumerate(zip(rows.level[first:].tolist(), rows.variance[first:].tolist(), strict=True)):
        if not follows[k]:
            gain = LEVEL_VARIANCE / (LEVEL_VARIANCE + r) if fades else 1.0
            m, v = gain * y, (1 - gain) * LEVEL_VARIANCE if fades else r
        else:
            if fades:
                m, v = m * left[k], LEVEL_VARIANCE - (LEVEL_VARIANCE - v) * (left[k] * left[k])
            elif v < LEVEL_VARIANCE:
                v = LEVEL_VARIANCE - (LEVEL_VARIANCE - v) * left[k]
            gain = v / (v + r)
            m, v = m + gain * (y - m), v * (1 - gain)
        mean[k], variance[k] = m, v
    return mean, variance
