"""What each indicator could do to one number: set low and high from tomorrow on, for good."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain

import numpy as np

from forecast.engine.answers import PATHS
from forecast.facts.whatif import Swung, Tornado, in_order
from forecast.facts.why import Reach
from forecast.plan.standing import Few, Stand, few_of
from models.overlay import Held, Overlay
from models.projection import Prepared, prepare
from models.spec import TARGETS
from models.structure import SHIPPED

ENDS = (-2.0, 2.0)
"""Levels at which an indicator is set."""
WORKERS = 2


def find_tornado(stand: Stand, target: str, reach: Reach) -> Tornado:
    """Every indicator in use, the largest swing first; NoPosterior where nothing can be projected."""
    few = few_of(stand)
    place, window = TARGETS.index(target), stand.reaches.index(reach)
    used = [i for i, row in enumerate(stand.catalogue) if row.in_use(stand.as_of)]
    ready, first = ready_for(stand, few, (window,)), stand.solvable.problem.as_of + 1
    parts = [used[k::WORKERS] for k in range(WORKERS)]
    with ThreadPoolExecutor(WORKERS) as pool:
        found = pool.map(lambda part: _swing(ready, few, place, part, first), parts)
    ends = dict(chain.from_iterable(found))
    day = np.array([first - 1])
    now = stand.solvable.filtered.at(day, day.astype(float))
    swings = [
        Swung(
            indicator=stand.catalogue[i].indicator_id,
            name=stand.catalogue[i].name,
            level=float(now.mean[0, i]),
            sd=float(np.sqrt(now.variance[0, i])),
            low=ends[i][0],
            high=ends[i][1],
        )
        for i in used
    ]
    return Tornado(
        case_id=stand.case.case_id,
        as_of=stand.as_of,
        base_run_id=few.anchor.run.id,
        target=target,
        reach=reach,
        now=float(few.now[place, window]),
        swings=in_order(swings),
    )


def ready_for(stand: Stand, few: Few, windows: Sequence[int]) -> Prepared:
    """What stands, ready to be projected over some of the windows alone: shorter ones do not feel longer ones."""
    held = few.anchor.hold(stand.solvable.problem, stand.reporting)
    near = replace(held, horizons=tuple(held.horizons[k] for k in windows))
    seed = few.anchor.run.seed
    return prepare(near, stand.solvable.filtered, few.anchor.parameters, SHIPPED, paths=PATHS, seed=seed)


def _swing(
    ready: Prepared, few: Few, place: int, indicators: Sequence[int], first: int
) -> list[tuple[int, tuple[float, float]]]:
    """P(the target) at both ends of each of some indicators."""
    overlays = (Overlay(held=(Held(indicator=i, level=end, first=first),)) for i in indicators for end in ENDS)
    values = [float(few.mean(one)[place, 0]) for one in ready.overlaid_each(overlays)]
    return [(i, (values[2 * k], values[2 * k + 1])) for k, i in enumerate(indicators)]
