"""What stands beside a forecast: each comparison fitted once, alike from whatever the search started from."""

import cProfile
import pstats
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from problems import SHIPPED, Solved, project_with

from forecast.engine.fit import Fit, References, references
from models.assumptions import assumptions
from models.density import Density
from models.effects import without_judgements
from models.gate import diagnose
from models.laplace import build_density, fit_laplace
from models.sampling import parameters_of, sample
from models.settings import SamplerSettings
from models.spec import Problem
from models.unattested import weigh_draws

HEADLINE = "arms_control_talks"


def _fit(problem: Problem, density: Density) -> Fit:
    """A posterior of few draws, as an update would hand it to its comparisons."""
    tree = sample(problem, density, SamplerSettings(chains=2, draws=50, tune=100), seed=1)
    draws = parameters_of(tree, SHIPPED)
    projection = project_with(problem, fit_laplace(density, nodes=1), draws)
    return Fit(
        problem=problem,
        density=density,
        tree=tree,
        projection=projection,
        weighed=weigh_draws(problem, density, draws),
        diagnostics=diagnose(tree, projection.targets[:, 0]),
        attempts=1,
    )


def _counted(work: Callable[[], References]) -> tuple[References, int]:
    """What the work gives, and how many fits it took by the interpreter's own count."""
    with cProfile.Profile() as profile:
        found = work()
    calls = pstats.Stats(profile).get_stats_profile().func_profiles["fit_laplace"].ncalls
    return found, int(str(calls).split("/")[0])


@pytest.mark.parametrize("judged", [True, False])
def test_each_comparison_is_fitted_once(solved_toy: Solved, judged: bool) -> None:
    """One fit of the forecast itself, one without its judgements if it has any, and one for each other assumption."""
    problem = solved_toy.problem if judged else without_judgements(solved_toy.problem)
    fit, told = _fit(problem, build_density(problem, SHIPPED)), list[tuple[str, str]]()
    found, fits = _counted(
        lambda: references(problem, fit, HEADLINE, 1, lambda stage, done, total, remark: told.append((stage, remark)))
    )
    assert fits == 1 + judged + len(assumptions())
    assert len(told) == len(set(told))
    assert found.assumed.keys() >= assumptions().keys()
    assert np.array_equal(found.history_only, fit.mean) is not judged


def test_comparisons_lean_with_a_fit_that_leans(solved_toy: Solved) -> None:
    """What a fit leans to is in every comparison of it: without it there, they are those of the plain density."""
    density = solved_toy.fit.density
    fit = _fit(solved_toy.problem, density)
    slant = np.zeros(density.layout.size)
    slant[density.layout.slices["base"]] = 3.0
    leaning = replace(fit, density=replace(density, slant=slant))
    plain, leant = (references(solved_toy.problem, one, HEADLINE, 1, lambda *_: None) for one in (fit, leaning))
    assert leant.effects.keys() == plain.effects.keys() == {"orientation", "documents", "posterior", "history"}
    assert not np.array_equal(leant.effects["history"][0], plain.effects["history"][0])
    for source in ("orientation", "documents", "posterior"):
        assert np.array_equal(leant.effects[source][0], plain.effects[source][0])
