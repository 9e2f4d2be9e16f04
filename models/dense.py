"""The states again, by one dense Gaussian solve per question: slow, and with no line in common with the filters.

Where the filters step from row to row, this writes down the joint normal distribution of an indicator's levels on all
days of its rows and conditions on all rows at once.
"""

import numpy as np

from models.spec import Bools, Catalogue, Floats, Observations
from models.states import LEVEL_VARIANCE

SMALLEST_MEMORY = 1e-4
"""As the filters have it: a row older than thirteen half-lives counts as of that age."""


def solve_level(
    rows: Observations, catalogue: Catalogue, indicator: int, known: int, day: float
) -> tuple[float, float]:
    """Mean and variance of an indicator's level on a day, from the rows that held and were known on ``known``.

    (0, 0) before anything was known.
    """
    mine = _held(rows, indicator, known)
    if not mine.any():
        return 0.0, 0.0
    order = np.argsort(rows.entered[mine], kind="stable")
    entered, age = (values[mine][order] for values in (rows.entered, rows.entered - rows.observed))
    level, variance = (values[mine][order] for values in (rows.level, rows.variance))
    half_life = float(catalogue.half_life[indicator])
    solve = _solve_event if catalogue.fades[indicator] else _solve_state
    return solve(entered.astype(float), age.astype(float), level, variance, half_life, day)


def _held(rows: Observations, indicator: int, known: int) -> Bools:
    valid = (rows.since <= known) & (known < rows.until) & (rows.entered <= known)
    return np.asarray(valid & (rows.indicator == indicator))


def _solve_event(
    entered: Floats, age: Floats, level: Floats, variance: Floats, half_life: float, day: float
) -> tuple[float, float]:
    """A stationary Ornstein-Uhlenbeck level, seen on the days on which the rows were observed, as far as they tell."""
    memory = np.maximum(np.exp2(-age / half_life), SMALLEST_MEMORY)
    between = LEVEL_VARIANCE * np.exp2(-np.abs(np.subtract.outer(entered, entered)) / half_life)
    # A row tells memory * level of its day of entry, and has lost the rest of the level's variance.
    noise = variance + LEVEL_VARIANCE * (1 - memory**2)
    across = LEVEL_VARIANCE * np.exp2(-(day - entered) / half_life) * memory
    return _condition(np.outer(memory, memory) * between + np.diag(noise), across, LEVEL_VARIANCE, level, 0.0)


def _solve_state(
    entered: Floats, age: Floats, level: Floats, variance: Floats, half_life: float, day: float
) -> tuple[float, float]:
    """A random walk with the increments of the schedule; its first row is its first level."""
    noise = variance + LEVEL_VARIANCE * (1 - np.exp2(-age / half_life))
    spread, walked = noise[0], [0.0]
    for k in range(1, len(entered)):
        ahead = _toward_cap(spread, entered[k] - entered[k - 1], half_life)
        walked.append(walked[-1] + ahead - spread)
        spread = 1 / (1 / ahead + 1 / noise[k])
    path, last = np.array(walked), walked[-1] + _toward_cap(spread, day - entered[-1], half_life) - spread
    prior = noise[0] + np.minimum.outer(path, path) + np.diag(noise)
    return _condition(
        prior[1:, 1:], noise[0] + np.minimum(path, last)[1:], noise[0] + last, level[1:] - level[0], float(level[0])
    )


def _toward_cap(variance: float, days: float, half_life: float) -> float:
    if variance >= LEVEL_VARIANCE:
        return variance
    return float(LEVEL_VARIANCE - (LEVEL_VARIANCE - variance) * 2 ** (-days / half_life))


def _condition(prior: Floats, across: Floats, own: float, seen: Floats, centre: float) -> tuple[float, float]:
    """The textbook conditional of a joint normal."""
    if len(seen) == 0:
        return centre, own
    weight = np.linalg.solve(prior, across)
    return float(centre + weight @ seen), float(own - weight @ across)
