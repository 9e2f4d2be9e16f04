"""What the forecast would say of each indicator's level and variance today: from the table of the run or, where there
is none for what is on file, through a few projections."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from forecast.engine.hypotheticals import read_table
from forecast.plan.standing import Few, Stand
from forecast.plan.tornado import WORKERS, ready_for
from forecast.plan.worth import State, Surface, state_of, surface_through, updated
from models.projection import Prepared
from models.spec import Floats
from models.whatif import MEANS, VARIANCES, WhatIfTable

SPREAD = 2.0
"""Standard deviations of what may be observed, at which the mean after is projected on either side."""


def states_of(stand: Stand) -> list[State]:
    """Of each indicator, today."""
    problem, filtered = stand.solvable.problem, stand.solvable.filtered
    day = np.array([problem.as_of])
    now = filtered.at(day, day.astype(float))
    return [
        state_of(
            float(now.mean[0, i]), float(now.variance[0, i]), bool(now.active[0, i]), bool(problem.catalogue.fades[i])
        )
        for i in range(problem.catalogue.size)
    ]


def surfaces_of(stand: Stand, few: Few, target: int, window: int, error: float) -> list[Surface]:
    """Of each indicator; ``error`` is the variance of the observation near which it is projected."""
    table = read_table(stand.database, few.anchor.run, stand.solvable)
    states = states_of(stand)
    if table is not None:
        return [_from_table(table, i, state, target, window) for i, state in enumerate(states)]
    ready = ready_for(stand, few, (window,))
    now = float(few.now[target, window])
    parts = [range(k, len(states), WORKERS) for k in range(WORKERS)]
    with ThreadPoolExecutor(WORKERS) as pool:
        found = pool.map(
            lambda part: list(_projected(ready, few, part, target=target, states=states, error=error, now=now)), parts
        )
    return [surface for _, surface in sorted((one for part in found for one in part), key=lambda one: one[0])]


def _from_table(table: WhatIfTable, indicator: int, state: State, target: int, window: int) -> Surface:
    """Levels beyond the table, which no observation has, go on as those on its edge lead there."""

    def at(mean: Floats, variance: Floats) -> Floats:
        within = zip(np.clip(mean, *MEANS), np.clip(variance, *VARIANCES), strict=True)
        answers = (table.answer(indicator, float(m), float(v)) for m, v in within)
        return np.array([answer[target, window] for answer in answers if answer is not None])

    inner = np.array([MEANS[0], 0.0, MEANS[1], 0.0])
    known = np.append(np.full(3, np.clip(state.variance / 2, *VARIANCES)), np.clip(state.variance, *VARIANCES))
    beyond = surface_through(inner, known, at(inner, known))

    def surface(mean: Floats, variance: Floats) -> Floats:
        inside = (mean >= MEANS[0]) & (mean <= MEANS[1])
        edge = np.clip(mean, *MEANS)
        led = beyond(mean, variance) - beyond(edge, variance)
        return np.asarray(np.clip(at(mean, variance) + np.where(inside, 0.0, led), 0.0, 1.0))

    return surface


def _projected(
    ready: Prepared, few: Few, part: range, *, target: int, states: list[State], error: float, now: float
) -> Iterator[tuple[int, Surface]]:
    for i in part:
        state = states[i]
        spread = SPREAD * np.sqrt(state.variance + error)
        mean, variance = updated(state, state.mean + spread * np.array([-1.0, 0.0, 1.0]), error)
        at = list(zip(mean.tolist(), variance.tolist(), strict=True))
        values = [float(few.mean(one)[target, 0]) for one in ready.suppose_each(i, at)]
        yield (
            i,
            surface_through(np.append(mean, state.mean), np.append(variance, state.variance), np.append(values, now)),
        )
