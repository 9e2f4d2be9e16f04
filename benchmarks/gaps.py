"""Simulation-based calibration where the last days are unattested, and events on them reported late or never.

python -m benchmarks.gaps --simulations 100 --seed 1            half an hour on two cores

As `benchmarks.sbc`; but of every simulated world the last days are left unattested and thinned by the reported shares
of the shipped case. The fit reads what is attested; its draws are weighed by what is known of the rest, or made anew,
leaning towards it, where weights cannot stand for a fit. The true values are placed among the draws so weighed.
Coverage is the share of worlds whose central 90 % interval holds the truth.
"""

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np

from benchmarks.coverage import shipped_problem
from benchmarks.sbc import AS_OF, HEADLINE
from benchmarks.worlds.unattested import leave_unattested
from forecast.checks.machinery import judge_calibration
from models.density import Density
from models.importance import Weighed
from models.laplace import build_density
from models.parameters import Parameters, join_draws
from models.sampling import parameters_of, sample
from models.sbc import DRAWS, QUANTITIES, SETTINGS, Ranked, draw_world, place_of, quantities
from models.simulate import DailyLevels, daily_levels
from models.spec import Floats, Problem
from models.structure import SHIPPED
from models.unattested import slanted, weigh_draws

LEVEL = 0.9
WEIGHED, LEANING, REFUSED = "weighed", "leaning fit", "refused by the guard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One simulated world: places of the true values, and by which way to the posterior."""

    place: Floats  # (quantity,)
    way: str
    effective: float  # share of the draws
    missed: int  # events of the gap that are not on file
    known: int  # events of the gap that are
    divergences: int
    refused: int


@cache
def _shipped() -> tuple[Problem, Density, DailyLevels]:
    """The shipped case as of the last day of its record, so that all days up to it can be simulated."""
    problem = shipped_problem(AS_OF)
    problem = replace(problem, as_of=problem.record.talks_span.last)
    density = build_density(problem, SHIPPED)
    return problem, density, daily_levels(problem, density)


def rank_in_gap(days: int, seed: int, number: int) -> Gap:
    """Draw a world, leave its last days unattested, fit it, and place the truth among the weighed draws."""
    problem, density, levels = _shipped()
    rng = np.random.default_rng([seed, number])
    truth, world, refused = draw_world(problem, density, levels, rng)
    seen, _ = leave_unattested(world, days, int(rng.integers(2**31)))
    mine = build_density(seen, SHIPPED)
    parameters, weighed, way, divergences = _posterior(seen, mine, int(rng.integers(2**31)))
    both = join_draws([truth, parameters.take(_resampled(weighed, rng))])
    values = quantities(seen, mine, both, HEADLINE, int(rng.integers(2**31)))
    happened, known = _last_events(world, days), _last_events(seen, days)
    return Gap(
        place=place_of(values[0], values[1:], rng),
        way=way,
        effective=weighed.effective / len(weighed.weights),
        missed=happened - known,
        known=known,
        divergences=divergences,
        refused=refused,
    )


def _posterior(seen: Problem, density: Density, seed: int) -> tuple[Parameters, Weighed, str, int]:
    """As `forecast.engine.fit` does it: weights, and where they cannot stand for a fit one that leans."""
    tree = sample(seen, density, SETTINGS, seed)
    parameters = parameters_of(tree, SHIPPED)
    weighed, way = weigh_draws(seen, density, parameters), WEIGHED
    if not weighed.trusted:
        leaning = slanted(seen, density, parameters)
        tree = sample(seen, leaning, SETTINGS, seed)
        parameters = parameters_of(tree, SHIPPED)
        weighed = weigh_draws(seen, leaning, parameters)
        way = LEANING if weighed.trusted else REFUSED
    return parameters, weighed, way, int(tree["sample_stats"]["diverging"].sum())


def _resampled(weighed: Weighed, rng: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Draws in proportion to their weights, by systematic resampling."""
    steps = (np.arange(DRAWS) + rng.random()) / DRAWS
    return np.minimum(np.searchsorted(np.cumsum(weighed.weights), steps), len(weighed.weights) - 1)


def _last_events(problem: Problem, days: int) -> int:
    record, first = problem.record, problem.as_of - days + 1
    return sum(int((each >= first).sum()) for each in (record.meetings.started, record.contacts, record.crises))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=60, help="unattested at the end of each world")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    found, begun = [], time.monotonic()
    with ProcessPoolExecutor(options.workers) as pool:
        for one in pool.map(partial(rank_in_gap, options.days, options.seed), range(options.simulations)):
            found.append(one)
            print(f"\rworld {len(found)} of {options.simulations}", end="", file=sys.stderr, flush=True)
    print(f"\n{(time.monotonic() - begun) / 60:.0f} minutes", file=sys.stderr)
    _print(found, options.seed)


def _print(found: list[Gap], seed: int) -> None:
    check = judge_calibration([Ranked(one.place, one.refused, one.divergences) for one in found], seed)
    print(check.sentence)
    ways = Counter(one.way for one in found)
    print(", ".join(f"{name}: {count}" for name, count in sorted(ways.items())))
    print(f"events of the gaps on file {sum(one.known for one in found)}, missed {sum(one.missed for one in found)}")
    print(f"median share of draws that stay effective {np.median([one.effective for one in found]):.2f}")
    kept = np.array([one.place for one in found if one.way != REFUSED])
    inside = (kept > (1 - LEVEL) / 2) & (kept < (1 + LEVEL) / 2)
    header, *rows = check.table
    print(f"\n| {' | '.join(header)} | in the {LEVEL:.0%} interval |")
    print("|---" * (len(header) + 1) + "|")
    for row, share in zip(rows, inside.mean(axis=0), strict=True):
        print(f"| {' | '.join(row)} | {share:.3f} |")
    print(f"\npooled over {inside.size} intervals of {len(QUANTITIES)} quantities: {inside.mean():.3f}")


if __name__ == "__main__":
    main()
