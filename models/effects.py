"""Effects side by side: the orientation prior, the documents, history alone, and the posterior."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import xarray as xr

from models.density import Density
from models.laplace import LaplaceFit, NoMode, build_density, fit_laplace
from models.reference import draw_said
from models.sampling import parameters_of
from models.spec import Floats, Judgements, Problem

DRAWS = 1000


def without_judgements(problem: Problem) -> Problem:
    none = np.empty(0, dtype=np.int64)
    return replace(problem, judgements=Judgements(none, none, none, np.empty(0), np.empty(0, dtype=bool)))


def fit_without_judgements(problem: Problem, density: Density, near: LaplaceFit | None = None) -> LaplaceFit | None:
    """The same model without any judgement, from the fit with them if there is one; None where no mode is found."""
    bare = build_density(without_judgements(problem), density.structure, density.exposure)
    with suppress(NoMode):
        return fit_laplace(replace(bare, slant=density.slant), near=near)
    return None


def effect_summaries(
    problem: Problem, density: Density, tree: xr.DataTree, unsaid: LaplaceFit | None, seed: int
) -> dict[str, tuple[Floats, Floats]]:
    """Mean and standard deviation of each effect (log intensity per level), (target, indicator), by source.

    Without ``unsaid``, what `fit_without_judgements` gave, the effects of history alone are missing.
    """
    bare = build_density(without_judgements(problem), density.structure, density.exposure)
    draws = {
        "orientation": draw_said(bare, DRAWS, seed).effect,
        "documents": draw_said(density, DRAWS, seed).effect,
        "posterior": parameters_of(tree, density.structure).effect,
    }
    if unsaid is not None:
        draws["history"] = unsaid.draw(DRAWS, seed).effect
    return {source: (effect.mean(axis=0), effect.std(axis=0)) for source, effect in draws.items()}
