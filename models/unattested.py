"""What is known of days that no fit has read — reports of events, and silence where somebody looked — as weights on its
draws: the log likelihood of those days given each draw, by one forward pass of the chains.
"""

from dataclasses import replace

import numpy as np

from models.density import Density
from models.importance import Weighed, weigh
from models.parameters import Parameters, pack, unpack
from models.projection import project
from models.spec import Floats, Horizon, Problem
from models.states import FilteredStates
from models.structure import Structure

STEP = 1e-3
"""Of the central differences, on theta's scale: parameters are of the order of one."""


def log_likelihood(
    problem: Problem, filtered: FilteredStates, directions: Floats, parameters: Parameters, structure: Structure
) -> Floats:
    """Log likelihood of what is known of the unattested days given each draw, (draw,).

    As in a fit, documents point the effects on talks by their mean weights, ``directions`` (framing, indicator).
    """
    if problem.looked is None:
        return np.zeros(len(parameters.unit))
    near = replace(problem, horizons=(Horizon(1),))
    return project(near, filtered, parameters.aimed(directions), structure, paths=1, seed=0).log_weight


def weigh_draws(problem: Problem, density: Density, parameters: Parameters) -> Weighed:
    """The draws of a fit, weighed by what is known of the days that it has not read.

    Of what `Density.slant` holds of them in the fit already, only the rest is weight.
    """
    log_ratio = log_likelihood(problem, density.exposure.filtered, density.directions, parameters, density.structure)
    if density.slant is not None:
        log_ratio = log_ratio - pack(parameters, density.structure) @ density.slant
    return weigh(log_ratio)


def slanted(problem: Problem, density: Density, parameters: Parameters) -> Density:
    """The density with a linear stand-in for the log likelihood of the unattested days, at the mean of the draws.

    What happened is linear in the predictors, and silence of at most a season nearly so: draws of this density need
    weights that are almost even to stand for the exact one.
    """
    centre = pack(parameters, density.structure).mean(axis=0)
    steps = STEP * np.eye(len(centre))
    theta = np.concatenate([centre + steps, centre - steps])
    up, down = log_likelihood(
        problem,
        density.exposure.filtered,
        density.directions,
        unpack(theta, density.layout, density.structure),
        density.structure,
    ).reshape(2, -1)
    return replace(density, slant=np.asarray((up - down) / (2 * STEP)))
