"""The posterior mode and Laplace's approximation around it, with its mean corrected."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.optimize import minimize
from scipy.special import logit, ndtr
from scipy.stats import beta

from models.density import Density, Quadratic, normal_priors
from models.exposure import Exposure, build_exposure, knot_count
from models.parameters import SOFTNESS, Layout, Parameters, unpack, unsoft
from models.spec import Floats, Problem
from models.structure import HALF_NORMAL_MEDIAN, Structure, directions_of, regime_root, whiten_judgements

MAX_STEPS = 40
TOLERANCE = 1e-5
"""Twice the log density that the last step hoped to gain: probabilities then lie about 1e-4 from those at a mode found
to the last digit, whichever start the search had."""
UNIT_NODES = 5
WALL = 1e12
"""Stands for minus the log density where it overflows."""
PINNED = 1e16
"""Information that keeps a coordinate where it is."""


class NoMode(ArithmeticError):
    """The search for the posterior mode did not converge."""


@dataclass(frozen=True, slots=True)
class Node:
    """A normal approximation of the posterior at one value of the unit."""

    mode: Floats  # (parameter,)
    mean: Floats  # (parameter,) of the approximation; skewed intensities draw it away from the mode
    root: Floats  # (parameter, parameter) upper Cholesky factor of the information at the mean
    log_evidence: float

    @property
    def skew(self) -> Floats:
        """From the mode to the mean, (parameter,)."""
        return self.mean - self.mode


@dataclass(frozen=True, slots=True)
class LaplaceFit:
    """A mixture of normal approximations over the unit, on the unconstrained scale."""

    density: Density
    nodes: tuple[Node, ...]
    weight: Floats  # (node,) sums to 1

    def draw(self, draws: int, seed: int) -> Parameters:
        """Draws in antithetic pairs; the same seed gives the same standard normals for every problem.

        Each second draw mirrors the one before it: what is odd in the parameters cancels in a mean, whose Monte-Carlo
        error falls to about a third at no cost. Hammersley & Morton (1956), doi:10.1017/S0305004100031455.
        """
        half = np.random.default_rng(seed).standard_normal(((draws + 1) // 2, self.density.layout.size))
        noise = np.stack([half, -half], axis=1).reshape(-1, half.shape[1])[:draws]
        of_node = np.searchsorted(np.cumsum(self.weight), (np.arange(draws) + 0.5) / draws)
        theta = np.empty_like(noise)
        for j, node in enumerate(self.nodes):
            mine = np.minimum(of_node, len(self.nodes) - 1) == j
            theta[mine] = node.mean + solve_triangular(node.root, noise[mine].T, lower=False).T
        change = self.density.layout.slices["logit_change"].start
        theta[:, change] = logit(self._changes(noise[:, change]))
        return unpack(theta, self.density.layout, self.density.structure)

    def at_median(self) -> "LaplaceFit":
        """Of the node at the median of the unit's prior alone: what `fit_laplace` finds with one node."""
        return LaplaceFit(self.density, (self.nodes[len(self.nodes) // 2],), np.ones(1))

    def _changes(self, noise: Floats) -> Floats:
        """Exact draws of the probability of a change: its posterior is a beta distribution, apart from all else."""
        (yes, no), spells = self.density.reference.change, self.density.exposure.spells.marked
        changed = float(spells.sum())
        return np.asarray(beta.ppf(ndtr(noise), yes + changed, no + len(spells) - changed))


def build_density(problem: Problem, structure: Structure, exposure: Exposure | None = None) -> Density:
    """Density of a problem; ``exposure`` may be given when it is already cut."""
    layout = Layout(problem.catalogue.size, knot_count(problem.calendar))
    block = whiten_judgements(problem.judgements, layout.indicators, structure.priors)
    root = regime_root(layout.knots, structure.priors)
    return Density(
        layout=layout,
        structure=structure,
        reference=structure.reference or problem.reference,
        exposure=exposure or build_exposure(problem),
        judgements=block,
        directions=directions_of(block, structure.priors),
        root=root,
    )


def start_at(density: Density) -> Floats:
    """A point to start from: the prior means, with half-normal scales at their medians."""
    s, theta = density.layout.slices, np.zeros(density.layout.size)
    theta[: density.layout.normal] = normal_priors(density)[0]
    theta[s["weight"]] = 0.5
    yes, no = density.reference.change
    theta[s["soft_duration"]] = unsoft(np.array([max(density.reference.duration[0], SOFTNESS)]))
    theta[s["logit_change"]] = logit(yes / (yes + no))
    theta[s["log_judgement_sd"]] = np.log(HALF_NORMAL_MEDIAN * density.structure.priors.judgement_sd[1])
    return theta


def fit_laplace(
    density: Density, start: Floats | None = None, *, near: LaplaceFit | None = None, nodes: int = UNIT_NODES
) -> LaplaceFit:
    """Laplace's approximation given the unit, on Gauss-Hermite nodes of the unit's prior.

    One node, at the prior's median, is enough where only talks are asked for: the unit has no part in them.

    Effects are unit times weight: the joint mode favours a large unit by the width of the weights it forgets, so the
    unit is integrated over and not maximised (Rue, Martino & Chopin 2009, doi:10.1111/j.1467-9868.2008.00700.x).

    Parameters
    ----------
    start : of the first node's search, (layout.size,); each next one starts from the node before
    near : a fit of as many nodes to a density like this one; every node is looked for from its node there,
        and from ``start`` where that leads nowhere, or where the parameters are not the same

    Raises
    ------
    NoMode
        if neither scoring nor the quasi-Newton search after it converges.
    """
    if near is not None and near.density.layout == density.layout:
        with suppress(NoMode):
            return _fit_near(density, near)
    mean, sd = density.structure.priors.log_unit
    where, (points, share) = density.layout.slices["log_unit"].start, np.polynomial.hermite_e.hermegauss(nodes)
    theta, found = start_at(density) if start is None else start.copy(), list[Node]()
    for z in points:
        theta[where] = mean + sd * z
        found.append(_node(density, theta, found[-1].skew if found else np.zeros(len(theta)), where))
        theta = found[-1].mode.copy()
    return _mixture(density, found, points, share)


def _fit_near(density: Density, near: LaplaceFit) -> LaplaceFit:
    """Each node from that of the fit near by, moved as the node before it has moved."""
    where, (points, share) = (
        density.layout.slices["log_unit"].start,
        np.polynomial.hermite_e.hermegauss(len(near.nodes)),
    )
    moved, found = np.zeros(density.layout.size), list[Node]()
    for node in near.nodes:
        found.append(_node(density, node.mode + moved, node.skew, where))
        moved = found[-1].mode - node.mode
    return _mixture(density, found, points, share)


def _mixture(density: Density, nodes: Sequence[Node], points: Floats, share: Floats) -> LaplaceFit:
    """The nodes at these points of the unit's prior, weighed by their evidence."""
    log_weight = np.log(share) + 0.5 * points**2 + np.array([node.log_evidence for node in nodes])
    weight = np.exp(log_weight - log_weight.max())
    return LaplaceFit(density, tuple(nodes), weight / weight.sum())


def _node(density: Density, start: Floats, skew: Floats, fixed: int) -> Node:
    """Mode, then the mean that is best for the mode's covariance, searched for at about ``skew`` from the mode.

    Poisson likelihoods are skewed in the logarithm of the intensity: at the mode, expected intensities come out too
    high. The mean that maximises the variational bound mends it (van Niekerk & Rue 2021, arXiv:2111.12945).
    """
    mode, at_mode = _climb(density.at, start, fixed)
    root = _root(at_mode, fixed)
    inverse = solve_triangular(root, np.eye(len(root)), lower=False)
    spread = density.spread(mode, inverse @ inverse.T)  # held, so that value and gradient belong together
    mean, at_mean = _climb(lambda theta: density.at(theta, spread), mode + skew, fixed)
    log_evidence = at_mode.value - float(np.log(np.diag(root)).sum())
    return Node(mode, mean, _root(at_mean, fixed), log_evidence)


def _climb(at: Callable[[Floats], Quadratic], theta: Floats, fixed: int) -> tuple[Floats, Quadratic]:
    """Fisher scoring with Levenberg's damping, then a quasi-Newton search; the ``fixed`` coordinate stays."""
    here, damping = at(theta), 1e-3
    for _ in range(MAX_STEPS):
        step = _damped_step(here, damping, fixed)
        there = at(theta + step)
        if np.isfinite(there.value) and there.value >= here.value - 1e-10:
            decrement = float(here.gradient @ step)
            theta, here, damping = theta + step, there, max(damping / 5, 1e-9)
            if decrement < TOLERANCE:
                return theta, here
        else:
            damping = min(damping * 8, 1e6)
    theta = _descend(at, theta, here, fixed)
    return theta, at(theta)


def _descend(at: Callable[[Floats], Quadratic], theta: Floats, here: Quadratic, fixed: int) -> Floats:
    """Quasi-Newton from where scoring crawls: its information lacks the curvature of products of parameters."""
    root = _root(here, fixed)

    def descent(step: Floats) -> tuple[float, Floats]:
        with np.errstate(over="ignore", invalid="ignore"):
            there = at(theta + solve_triangular(root, step))
        if not np.isfinite(there.value):  # an intensity overflows: a wall, so that the line search turns back
            return WALL * (1 + float(step @ step)), 2 * WALL * step
        return -there.value, -solve_triangular(root.T, there.gradient, lower=True)

    found = minimize(descent, np.zeros(len(theta)), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    if not found.success:
        raise NoMode(f"no posterior mode after {MAX_STEPS} steps and {found.nit} more ({found.message})")
    return np.asarray(theta + solve_triangular(root, found.x))


def _root(at: Quadratic, fixed: int) -> Floats:
    """Upper Cholesky factor of the information, the ``fixed`` coordinate pinned."""
    information = at.information.copy()
    information[fixed], information[:, fixed] = 0.0, 0.0
    information[fixed, fixed] = PINNED
    return np.asarray(np.triu(cho_factor(information, lower=False)[0]))


def _damped_step(at: Quadratic, damping: float, fixed: int) -> Floats:
    information = at.information + damping * np.diag(np.diag(at.information))
    gradient = at.gradient.copy()
    information[fixed], information[:, fixed] = 0.0, 0.0
    information[fixed, fixed], gradient[fixed] = 1.0, 0.0
    return np.asarray(cho_solve(cho_factor(information), gradient))
