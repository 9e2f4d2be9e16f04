"""Whether observing is expected to move the number: it should not, before it is known what will be seen.

python -m benchmarks.martingale --draws 800            six minutes on two cores
python -m benchmarks.martingale --structure moment_term=True --fading

As of some days, every indicator in use is observed once, with a level drawn from what the filter expects of it.
The mean of the forecasts that follow, less the forecast before, is the drift; a forecast that is a martingale has none.
Laplace's approximation and its draws are the same before and after. With ``--fading`` every level is taken for one that
fades, of which the filter keeps the whole variance: then the moment term leaves no drift.
"""

import argparse
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import numpy as np

from benchmarks.coverage import shipped_problem
from benchmarks.worlds.__main__ import changed
from models.laplace import build_density, fit_laplace
from models.parameters import Parameters
from models.projection import project
from models.spec import FOREVER, TARGETS, Floats, Observations, Problem
from models.states import filter_states
from models.structure import SHIPPED, Structure

DAYS = (date(2004, 6, 1), date(2010, 7, 1), date(2018, 2, 1), date(2022, 1, 1), date(2026, 11, 29))
EXACT = 0.3
"""Standard deviation of such an observation, the least there is, in levels."""
FITTED, PATHS = 100, 1
"""Draws of the parameters, and paths of each. What is still open has other noise for every pair of observations, the
same before and after it: so its noise is in the error.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Of one day: the number before, and what observing adds to it on average, (target, horizon) each."""

    day: date
    before: Floats
    mean: Floats
    error: Floats


def measure(day: date, structure: Structure, draws: int, *, fading: bool = False, seed: int = 1) -> Drift:
    """Observe every indicator so many times, each time with other levels."""
    problem = shipped_problem(day)
    problem = replace(problem, horizons=problem.horizons[:4])
    if fading:
        catalogue = problem.catalogue
        problem = replace(problem, catalogue=replace(catalogue, fades=np.ones_like(catalogue.fades)))
    parameters = fit_laplace(build_density(problem, structure)).draw(FITTED, seed)
    before, moved = [], []
    for pair, noise in enumerate(np.random.default_rng(seed).standard_normal((draws // 2, problem.catalogue.size))):
        before.append(_forecast(problem, parameters, structure, pair))
        after = [_forecast(_observed(problem, side * noise), parameters, structure, pair) for side in (1, -1)]
        moved.append(np.mean(after, axis=0) - before[-1])
    return Drift(
        day=day,
        before=np.mean(before, axis=0),
        mean=np.mean(moved, axis=0),
        error=np.std(moved, axis=0, ddof=1) / np.sqrt(len(moved)),
    )


def _observed(problem: Problem, noise: Floats) -> Problem:
    """Every indicator in use observed on the day, as its filter expects it; an antithetic pair has opposite noise."""
    rows, day = problem.observations, problem.as_of
    now = filter_states(rows, problem.catalogue).at(np.array([day]), np.array([float(day)]))
    seen = np.flatnonzero(now.active[0])
    level = now.mean[0] + np.sqrt(now.variance[0] + EXACT**2) * noise
    added = np.full(len(seen), day)
    more = Observations(
        indicator=np.concatenate([rows.indicator, seen]),
        observed=np.concatenate([rows.observed, added]),
        entered=np.concatenate([rows.entered, added]),
        since=np.concatenate([rows.since, added]),
        until=np.concatenate([rows.until, np.full(len(seen), FOREVER)]),
        level=np.concatenate([rows.level, level[seen]]),
        variance=np.concatenate([rows.variance, np.full(len(seen), EXACT**2)]),
    )
    return replace(problem, observations=more)


def _forecast(problem: Problem, parameters: Parameters, structure: Structure, seed: int) -> Floats:
    filtered = filter_states(problem.observations, problem.catalogue)
    out = project(problem, filtered, parameters, structure, paths=PATHS, seed=seed)
    return np.asarray(out.targets.mean(axis=0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=800)
    parser.add_argument("--days", nargs="+", type=date.fromisoformat, default=list(DAYS))
    parser.add_argument("--structure", default="", metavar="KEY=VALUE[,KEY=VALUE]")
    parser.add_argument("--fading", action="store_true", help="take every level for one that fades")
    options = parser.parse_args()
    structure = changed(SHIPPED, options.structure) if options.structure else SHIPPED
    with ProcessPoolExecutor(2) as pool:
        one = partial(measure, structure=structure, draws=options.draws, fading=options.fading)
        found = list(pool.map(one, options.days))
    _print(found, {"arms_control_talks": 3, "limits_talks": 3, "contact": 3})


def _print(found: list[Drift], asked: Mapping[str, int]) -> None:
    print("| as of | target, a year | before | drift, points | of the number |")
    print("|---|---|---|---|---|")
    for one in found:
        for target, h in asked.items():
            t = TARGETS.index(target)
            before, mean, error = 100 * one.before[t, h], 100 * one.mean[t, h], 100 * one.error[t, h]
            print(f"| {one.day} | {target} | {before:.2f} | {mean:+.3f} ± {error:.3f} | {mean / before:+.1%} |")


if __name__ == "__main__":
    main()
