"""How levels deviate from what is expected of them where that is supposed: on days of their own, by common noise."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models.ahead import GRID_DAYS, MOVED, Ahead, Effects
from models.overlay import Law, LevelPath, Stretch
from models.predictors import Swings
from models.spec import Bools, Floats, Ints, Problem

STREAM = 5
"""Of random numbers beside those of levels and regime."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviations:
    """How a level deviates from what is expected of it: interpolated between some days."""

    indicator: int
    days: Ints  # (node,) increasing
    away: Floats  # (node, path, draw)


def deviations(problem: Problem, path: LevelPath, noise: Floats, last: int, seed: Sequence[int]) -> Deviations:
    """Simulate those of a level on the days up to ``last``.

    Parameters
    ----------
    noise : (path, grid day, draw) standard normal, of this indicator: as in the projection without the overlay
    seed : of what more is drawn
    """
    more = np.random.default_rng([*seed, STREAM, path.indicator])
    days, away = list[Ints](), list[Floats]()
    for one in path.stretches:
        if one.first > last:
            break
        end = min(one.last, last + GRID_DAYS)
        nodes, values = _held(one, end, noise) if one.law is None else _simulated(problem, one, end, noise, more)
        days.append(nodes)
        away.append(values)
    first = int(days[0][0]) if days else last + 1
    if first > problem.as_of:  # nothing is known of it before
        before = np.unique([problem.as_of, first - 1])
        days.insert(0, before)
        away.insert(0, np.zeros((len(before), *noise.shape[::2])))
    return Deviations(indicator=path.indicator, days=np.concatenate(days), away=np.concatenate(away))


def _held(stretch: Stretch, end: int, noise: Floats) -> tuple[Ints, Floats]:
    nodes = np.unique([stretch.first, max(stretch.first, end)])
    return nodes, np.zeros((len(nodes), *noise.shape[::2]))


def _simulated(
    problem: Problem, stretch: Stretch, end: int, noise: Floats, more: np.random.Generator
) -> tuple[Ints, Floats]:
    """Deviations of a free level: on the grid by its noise, on days on which it is seen by a bridge between those."""
    law = stretch.law
    assert law is not None
    grid = problem.as_of + GRID_DAYS * np.arange(noise.shape[1])
    on = grid[grid > law.origin]
    nodes = np.concatenate([[law.origin], on])
    z = np.concatenate(
        [_first_noise(law, grid, noise, more)[None], np.moveaxis(noise, 1, 0)[len(grid) - len(on) :]], axis=0
    )
    away = _walk(law, nodes, z)
    for day in np.unique([one.day for one in law.seen]).astype(np.int64):
        nodes, away = _bridged(law, nodes, away, int(day), more)
    if law.seen:
        away = _conditioned(law, nodes, away, more)
    return _cut(nodes, away, stretch.first, end)


def _first_noise(law: Law, grid: Ints, noise: Floats, more: np.random.Generator) -> Floats:
    if law.origin == grid[0]:
        return np.asarray(noise[:, 0])
    return more.standard_normal(noise.shape[::2]) if law.variance > 0 else np.zeros(noise.shape[::2])


def _steps(law: Law, nodes: Ints) -> tuple[Floats, Floats]:
    """Share of a deviation left at the next node, and variance of what is new there; (node - 1,) each."""
    _, variance = law.free(nodes)
    left = np.exp2(-np.diff(nodes) / law.half_life) if law.fades else np.ones(len(nodes) - 1)
    return left, np.maximum(variance[1:] - left**2 * variance[:-1], 0.0)


def _walk(law: Law, nodes: Ints, z: Floats) -> Floats:
    left, new = _steps(law, nodes)
    away = np.empty(z.shape)
    away[0] = np.sqrt(law.variance) * z[0]
    for k in range(1, len(nodes)):
        away[k] = left[k - 1] * away[k - 1] + np.sqrt(new[k - 1]) * z[k]
    return away


def _bridged(law: Law, nodes: Ints, away: Floats, day: int, more: np.random.Generator) -> tuple[Ints, Floats]:
    """The path with a node on the day, drawn given the nodes on either side."""
    k = int(np.searchsorted(nodes, day))
    if k < len(nodes) and nodes[k] == day:
        return nodes, away
    z = more.standard_normal(away.shape[1:])
    left, new = _steps(law, np.array([nodes[k - 1], day, nodes[k] if k < len(nodes) else day + 1]))
    mean, variance = left[0] * away[k - 1], new[0]
    if k < len(nodes) and new[0] > 0:
        told = left[1] ** 2 * new[0] + new[1]
        gain = left[1] * new[0] / told
        mean = mean + gain * (away[k] - left[1] * mean)
        variance = new[0] * (1 - left[1] * gain)
    drawn = mean + np.sqrt(max(variance, 0.0)) * z
    return np.insert(nodes, k, day), np.insert(away, k, drawn, axis=0)


def _conditioned(law: Law, nodes: Ints, away: Floats, more: np.random.Generator) -> Floats:
    """Deviations from the mean that the observations leave: Matheron's rule."""
    at = np.searchsorted(nodes, [one.day for one in law.seen])
    sd = np.sqrt([one.variance for one in law.seen])
    error = sd[:, None, None] * more.standard_normal((len(at), *away.shape[1:]))
    return np.asarray(away - np.einsum("nk,kpd->npd", law.gain(nodes), away[at] + error))


def _cut(nodes: Ints, away: Floats, first: int, last: int) -> tuple[Ints, Floats]:
    """The nodes of some days, both ends among them."""
    last = min(last, int(nodes[-1]))
    inside = (nodes > first) & (nodes < last)
    ends = [_between(nodes, away, day) for day in (first, last)]
    if first >= last:
        return np.array([last]), ends[1][None]
    return (
        np.concatenate([[first], nodes[inside], [last]]),
        np.concatenate([ends[0][None], away[inside], ends[1][None]]),
    )


def _between(nodes: Ints, away: Floats, day: int) -> Floats:
    k = int(np.searchsorted(nodes, day, side="right")) - 1
    if k + 1 == len(nodes):
        return np.asarray(away[k])
    share = (day - nodes[k]) / (nodes[k + 1] - nodes[k])
    return np.asarray(away[k] * (1 - share) + away[k + 1] * share)


def with_columns(problem: Problem, ahead: Ahead, swings: Swings, found: Sequence[Deviations]) -> Swings:
    """The swings with columns of their own for some indicators: one for each predictor."""
    columns = list(_columns(problem, ahead, found))
    low, share, on = (
        np.concatenate([mine, np.array(theirs)])
        for mine, theirs in zip((swings.low, swings.share, swings.ahead), zip(*columns, strict=True), strict=True)
    )
    owner = np.concatenate([swings.owner, np.tile(np.arange(len(MOVED)), len(found))])
    return swings._replace(owner=owner, low=low, share=share, ahead=on)


def _columns(problem: Problem, ahead: Ahead, found: Sequence[Deviations]) -> Iterator[tuple[Ints, Floats, Bools]]:
    for one in found:
        for process in MOVED:
            day = ahead.days - (int(problem.catalogue.lag[one.indicator]) if process.lagged else 0)
            low = np.clip(np.searchsorted(one.days, day, side="right") - 1, 0, len(one.days) - 2)
            share = (day - one.days[low]) / np.diff(one.days)[low]
            yield low, share, day > problem.as_of


def with_deviations(sums: Floats, effects: Effects, found: Sequence[Deviations], path: Ints, draw: Ints) -> Floats:
    """What deviations add to the predictors, with the columns of `with_columns`: (column, node, lane)."""
    predictors = effects.own.shape[1]
    most = max(sums.shape[1], *(len(one.days) for one in found))
    out = np.zeros((len(sums) + predictors * len(found), most, sums.shape[2]))
    out[: len(sums), : sums.shape[1]] = sums
    for k, one in enumerate(found):
        own = effects.own[draw, :, one.indicator] * effects.scale[draw]
        first = len(sums) + predictors * k
        out[first : first + predictors, : len(one.days)] = own.T[:, None] * one.away[None, :, path, draw]
    return out
