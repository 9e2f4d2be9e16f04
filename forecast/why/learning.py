"""What re-estimation moved, and what taught it: the draws of two posteriors as one sample, weighted to either.

Silence teaches before events, for what the exposure does not reach is not in the likelihood; what is left of the
difference between the two means is chance.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from forecast.facts.why import (
    CORRECTION,
    CORRECTIONS,
    DOCUMENT,
    DOCUMENTS,
    EVENT,
    EVENTS,
    LEVELS,
    OBSERVATION,
    REFERENCE,
    SILENCE,
)
from forecast.why.draws import both_scales
from forecast.why.nodes import Node, node
from forecast.why.posterior import Posterior
from forecast.why.situation import Reads, Stations
from models.attribution import attribute
from models.bridging import OVERLAP, Pooled, pool
from models.gradient import compile_density
from models.importance import smoothed_weights
from models.laplace import build_density
from models.parameters import Parameters, join_draws, pack
from models.raking import effective_size
from models.spec import Floats
from models.structure import SHIPPED
from models.unattested import log_likelihood

TEACHES = {EVENT: EVENTS, OBSERVATION: LEVELS, CORRECTION: CORRECTIONS, DOCUMENT: DOCUMENTS}
ALIKE = 1e-12
"""Shares of draws that differ by less are the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What re-estimation moved."""

    by: Mapping[str, Floats]
    """By what taught it, (2, target, reach): probabilities and log odds; empty where it cannot be told from chance."""
    error: Floats
    """Monte-Carlo error of their sum, (target, reach)."""
    toward: Floats = field(default_factory=lambda: np.zeros(0))
    """(draw,) weights of the earlier draws under the later posterior, which sum to 1."""
    pareto_k: float = float("nan")
    ess: float = float("nan")
    pooled: int = 0
    nothing: bool = False
    """Whether the draws are the same, and weigh the same."""

    @property
    def told_apart(self) -> bool:
        """Whether what was learnt can be told from chance."""
        return bool(self.by)


def nothing_learnt(shape: tuple[int, ...], pooled: int) -> Learnt:
    """The same draws with the same weights."""
    zero = np.zeros((2, *shape))
    return Learnt(by={SILENCE: zero}, error=zero[0], pareto_k=0.0, ess=float(pooled), pooled=pooled, nothing=True)


def same_draws(before: Posterior, after: Posterior, shares: tuple[Floats, Floats]) -> bool:
    """Whether nothing was learnt: equal draws, which weigh the same."""
    names = Parameters.__slots__
    equal = all(np.array_equal(getattr(before.parameters, n), getattr(after.parameters, n)) for n in names)
    return equal and bool(np.abs(shares[0] - shares[1]).max() < ALIKE)


@dataclass(frozen=True, kw_only=True)
class _Densities:
    """Log densities of problems at the pooled draws; what differs in no number of its density is computed once."""

    parameters: Parameters
    theta: Floats
    _known: dict[str, Floats] = field(default_factory=dict)

    def posterior(self, one: Node) -> Floats:
        """Log posterior with what is known of unattested days, up to a constant, (draw,)."""
        return self.fitted(one) + self._unattested(one)

    def fitted(self, one: Node) -> Floats:
        """What a fit without a slant samples, (draw,)."""
        compiled = compile_density(build_density(one.problem, SHIPPED))
        name = hashlib.sha256(compiled.memory.tobytes()).hexdigest()
        if name not in self._known:
            self._known[name] = np.array([compiled(row)[0] for row in self.theta])
        return self._known[name]

    def _unattested(self, one: Node) -> Floats:
        if one.problem.looked is None:
            return np.zeros(len(self.theta))
        if one.name not in self._known:
            density = build_density(one.problem, SHIPPED)
            self._known[one.name] = log_likelihood(
                one.problem, one.filtered, density.directions, self.parameters, SHIPPED
            )
        return self._known[one.name]


def split_learning(
    reads: Reads, stations: Stations, fitted: tuple[Node, Node], drawn: tuple[Posterior, Posterior], values: Floats
) -> Learnt:
    """Split what was learnt between two fits.

    Parameters
    ----------
    fitted : what the earlier and the later run were fitted to
    drawn : their posteriors, both whole
    values : P(event | draw) in the later situation, (draw, target, reach), at the draws of both, the earlier first
    """
    parameters = join_draws([one.parameters for one in drawn])
    theta = pack(parameters, SHIPPED)
    densities = _Densities(parameters=parameters, theta=theta)
    sampled = [
        densities.fitted(one) + (0.0 if of.slant is None else theta @ of.slant)
        for one, of in zip(fitted, drawn, strict=True)
    ]
    pooled = pool(sampled[0], sampled[1], drawn[0].draws)
    ess = min(effective_size(pooled.weights(one)) for one in sampled)
    earlier, later = (pooled.weights(densities.posterior(one)) for one in fitted)
    toward, k = smoothed_weights((densities.posterior(fitted[1]) - sampled[0])[: drawn[0].draws])
    return Learnt(
        by=_by(reads, stations, densities, pooled, values, earlier) if ess >= OVERLAP * len(theta) else {},
        error=_error(earlier, later, values, sum(of.chains for of in drawn)),
        toward=toward,
        pareto_k=k,
        ess=ess,
        pooled=len(theta),
    )


def _by(
    reads: Reads, stations: Stations, densities: _Densities, pooled: Pooled, values: Floats, earlier: Floats
) -> dict[str, Floats]:
    def mean(one: Node) -> Floats:
        return both_scales(np.tensordot(pooled.weights(densities.posterior(one)), values, axes=1))

    last = both_scales(np.tensordot(earlier, values, axes=1))
    start = stations.start.problem
    referred = mean(node(replace(start, reference=stations.end.problem.reference)))
    silent = mean(stations.opened)
    found = {REFERENCE: referred - last, SILENCE: silent - referred}
    keys = {cls: frozenset(one.key for one in reads.differences if one.cls == cls) for cls in TEACHES}

    def taught(classes: frozenset[str]) -> Floats:
        if not classes:
            return silent
        return mean(reads.with_entries(frozenset[tuple[str, ...]]().union(*(keys[cls] for cls in classes))))

    classes = [[[cls]] for cls in TEACHES if keys[cls]]
    by_class = attribute(taught, classes, tolerance=np.inf, seed=1).mean
    found |= {TEACHES[cls]: points for cls, points in by_class.items()}
    return {kind: points for kind, points in found.items() if kind == SILENCE or np.abs(points).max() > 0}


def _error(earlier: Floats, later: Floats, values: Floats, chains: int) -> Floats:
    """Monte-Carlo error of the difference of two weighted means, from what each chain by itself says of it."""
    parts = [
        np.tensordot(b / b.sum(), v, axes=1) - np.tensordot(a / a.sum(), v, axes=1)
        for a, b, v in zip(
            np.array_split(earlier, chains), np.array_split(later, chains), np.array_split(values, chains), strict=True
        )
    ]
    return np.asarray(np.std(parts, axis=0, ddof=1) / np.sqrt(chains))
