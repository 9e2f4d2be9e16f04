"""Means over the draws of one posterior: of all of them, and of a few that say the same where it matters."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from forecast.why.nodes import Node
from models.parameters import Parameters
from models.projection import Prepared, mean_with_error, prepare, project
from models.raking import effective_size, rake
from models.spec import Floats, Ints
from models.structure import SHIPPED

PATHS = 2
"""Simulated paths of each draw, as many as in a full update."""
NUMBERS = (100, 200, 400, 1000)
"""How many draws are few; the next where these do not do."""
CLOSE, MET = 1e-10, 1e-9
"""How closely a few draws are to meet the means of all, in probability, and how closely they must."""
FEWEST_EFFECTIVE = 20.0
_SMALLEST = 1e-12
_KEPT = 16
"""Situations kept ready for others that differ in their observations alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The draws at which situations are compared."""

    parameters: Parameters
    weights: Floats  # (draw,) sum to 1
    chains: int
    seed: int

    def values(self, node: Node) -> Floats:
        """P(event | draw) in single precision, as files hold it, (draw, target, reach)."""
        found = project(node.problem, node.filtered, self.parameters, SHIPPED, paths=PATHS, seed=self.seed).targets
        return np.asarray(found.astype(np.float32), dtype=np.float64)

    def mean(self, values: Floats) -> Floats:
        """Weighted, (target, reach)."""
        return np.asarray(np.tensordot(self.weights, values, axes=1))

    def error(self, values: Floats) -> Floats:
        """Monte-Carlo error of the mean, (target, reach): that of a plain mean of S w (x - m) over S draws."""
        mean = self.mean(values)
        spread = mean + len(self.weights) * self.weights[:, None, None] * (values - mean)
        _, targets, reaches = values.shape
        return np.array(
            [[mean_with_error(spread[:, t, h], self.chains)[1] for h in range(reaches)] for t in range(targets)]
        )


@dataclass(kw_only=True)
class Few:
    """Some of the draws, for each target weighted so that at some situations they say what all draws say."""

    base: Base
    parameters: Parameters
    index: Ints
    weights: Floats  # (draw, target)
    lowest: Floats
    """Of all that was asked for, (target, reach)."""
    highest: Floats
    _means: dict[str, Floats] = field(default_factory=dict)
    _ready: list[Prepared] = field(default_factory=list)

    def values(self, node: Node) -> Floats:
        """P(event | draw), (draw, target, reach)."""
        ready = next((one for one in self._ready if one.serves(node.problem)), None)
        if ready is None:
            ready = prepare(node.problem, node.filtered, self.parameters, SHIPPED, paths=PATHS, seed=self.base.seed)
            self._ready = [*self._ready[-_KEPT:], ready]
        return ready.project(node.problem, node.filtered).targets

    def mean(self, node: Node) -> Floats:
        """Weighted, (target, reach); what has been asked for is kept."""
        if node.name not in self._means:
            found = np.einsum("dt,dth->th", self.weights, self.values(node))
            self.lowest, self.highest = np.minimum(self.lowest, found), np.maximum(self.highest, found)
            self._means[node.name] = found
        return self._means[node.name]


def both_scales(mean: Floats) -> Floats:
    """Probabilities with their log odds, (2, …)."""
    kept = np.clip(mean, _SMALLEST, 1 - _SMALLEST)
    return np.stack([mean, np.log(kept / (1 - kept))])


def choose_few(base: Base, known: Sequence[tuple[Node, Floats]], headline: int) -> Few:
    """A few draws that meet the means of all, (target, reach), in some situations; more where these cannot.

    Those of the headline must be met, and by enough of the draws to speak of a mean.
    """
    distinct = list({node.name: (node, mean) for node, mean in known}.values())
    totals = np.stack([mean for _, mean in distinct])
    for number in NUMBERS:
        few = _some(base, number, totals.shape[1:])
        values = np.stack([few.values(node) for node, _ in distinct])
        few.weights[:] = _weights(values, totals, base.weights[few.index])
        left = np.einsum("dt,ndth->nth", few.weights, values) - totals
        enough = effective_size(few.weights[:, headline]) >= FEWEST_EFFECTIVE
        if (enough and np.abs(left[:, headline]).max() < MET) or len(few.index) == len(base.weights):
            break
    return few


def _some(base: Base, number: int, shape: tuple[int, ...]) -> Few:
    """Draws evenly from every chain, not yet weighted."""
    draws = len(base.weights) // base.chains
    places = np.linspace(0, draws - 1, min(number // base.chains, draws)).round().astype(np.int64)
    index = np.concatenate([chain * draws + places for chain in range(base.chains)])
    return Few(
        base=base,
        parameters=base.parameters.take(index),
        index=index,
        weights=np.zeros((len(index), shape[0])),
        lowest=np.full(shape, np.inf),
        highest=np.full(shape, -np.inf),
    )


def _weights(values: Floats, totals: Floats, share: Floats) -> Floats:
    """Of each draw for each target, (draw, target), from values (node, draw, target, reach) and totals of all draws.

    What one situation says more than the one before it, and one reach more than a shorter one, is met by itself: it
    may be far smaller than what both have in common.
    """
    steps, aims = (np.diff(np.diff(each, axis=0, prepend=0.0), axis=-1, prepend=0.0) for each in (values, totals))
    found = []
    for t in range(totals.shape[1]):
        columns, aim = steps[:, :, t].transpose(1, 0, 2).reshape(len(share), -1), aims[:, t].ravel()
        varies = columns.std(axis=0) > CLOSE
        found.append(rake(columns[:, varies], aim[varies], np.full(varies.sum(), CLOSE), share / share.sum()))
    return np.stack(found, axis=1)
