"""Who moved a number: order-averaged differences, exact for few players, from pairs of orders for many.

Players are grouped: classes of blocks of players, of which each stays together in every order. Their Owen values are
the mean of what each adds to those before it over all such orders, and add up to the whole difference. Shapley (1953),
doi:10.1515/9781400881970-018; Owen (1977), doi:10.1007/978-3-642-45494-3_7.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from models.spec import Floats

type Nest[P: Hashable] = Sequence[Sequence[Sequence[P]]]
"""Classes of blocks of players."""

MOST_ENUMERATED = 200
"""Coalitions up to which all orders are averaged: six players by themselves have 64."""
FEWEST_PAIRS, MOST_PAIRS = 2, 16
"""Of orders with their reverses, where not all are averaged."""
MOST_VALUES = 320
"""Coalitions after which no more pairs are drawn than the fewest: each may be a projection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution[P: Hashable]:
    """What each player adds on average over the orders; arrays of the shape of a value."""

    mean: dict[P, Floats]
    low: dict[P, Floats]
    """The least it adds in any order that was tried."""
    high: dict[P, Floats]
    error: dict[P, Floats]
    """Standard error of the mean; 0 where all orders were averaged."""
    orders: int
    """How many were averaged; 0 where all of them were."""


def attribute[P: Hashable](
    value: Callable[[frozenset[P]], Floats], nest: Nest[P], *, tolerance: Floats | float, seed: int
) -> Attribution[P]:
    """Owen values of all players.

    Parameters
    ----------
    value : of a coalition, any shape; asked once for each
    nest : in an order that depends on content alone, which together with the seed decides the orders
    tolerance : standard errors, which broadcast with a value, below which no more orders are drawn

    Examples
    --------
    >>> size = lambda coalition: np.array(float(len(coalition) ** 2))
    >>> found = attribute(size, [[["a"], ["b", "c"]]], tolerance=0.1, seed=1)
    >>> {player: float(mean) for player, mean in found.mean.items()}
    {'a': 3.0, 'b': 3.0, 'c': 3.0}
    """
    known: dict[frozenset[P], Floats] = {}

    def asked(coalition: frozenset[P]) -> Floats:
        if coalition not in known:
            known[coalition] = value(coalition)
        return known[coalition]

    nest = [[tuple(block) for block in blocks if block] for blocks in nest]
    nest = [blocks for blocks in nest if blocks]
    if coalitions_of(nest) <= MOST_ENUMERATED:
        return _enumerate(asked, nest)
    players = sum(len(block) for blocks in nest for block in blocks)
    most = min(max(MOST_VALUES // (2 * players), FEWEST_PAIRS), MOST_PAIRS)
    return _sample(asked, nest, tolerance, most, np.random.default_rng(seed))


def coalitions_of[P: Hashable](nest: Nest[P]) -> int:
    """How many coalitions are met in all orders, those of whole classes once for each class."""
    outer = 2 ** (len(nest) - 1) if nest else 0
    return sum(
        outer * (2 ** len(blocks) + sum(2 ** (len(blocks) - 1) * (2 ** len(block) - 2) for block in blocks))
        for blocks in nest
    )


def _enumerate[P: Hashable](value: Callable[[frozenset[P]], Floats], nest: Nest[P]) -> Attribution[P]:
    mean: dict[P, Floats] = {}
    low: dict[P, Floats] = {}
    high: dict[P, Floats] = {}
    for c, blocks in enumerate(nest):
        whole = [frozenset(p for block in other for p in block) for k, other in enumerate(nest) if k != c]
        for b, block in enumerate(blocks):
            beside = [frozenset(other) for k, other in enumerate(blocks) if k != b]
            for player in block:
                alone = [frozenset([other]) for other in block if other != player]
                steps = [
                    (u * v * w, value(before | {player}) - value(before))
                    for u, first in _subsets(whole)
                    for v, second in _subsets(beside)
                    for w, third in _subsets(alone)
                    for before in (first | second | third,)
                ]
                shares, gains = np.array([share for share, _ in steps]), np.stack([gain for _, gain in steps])
                mean[player] = np.tensordot(shares, gains, axes=1)
                low[player], high[player] = gains.min(axis=0), gains.max(axis=0)
    return Attribution(mean=mean, low=low, high=high, error={p: np.zeros_like(m) for p, m in mean.items()}, orders=0)


def _subsets[P: Hashable](groups: Sequence[frozenset[P]]) -> Iterator[tuple[float, frozenset[P]]]:
    """Every union of some groups, with the share of the orders in which exactly these come first."""
    n = len(groups)
    for size in range(n + 1):
        for chosen in combinations(groups, size):
            yield 1 / ((n + 1) * comb(n, size)), frozenset().union(*chosen)


def _sample[P: Hashable](
    value: Callable[[frozenset[P]], Floats],
    nest: Nest[P],
    tolerance: Floats | float,
    most: int,
    rng: np.random.Generator,
) -> Attribution[P]:
    players = [player for blocks in nest for block in blocks for player in block]
    pairs: list[Floats] = []  # (player, …) each
    low = high = np.zeros(0)
    while len(pairs) < most:
        order = _order(nest, rng)
        both = [_gains(value, one, players) for one in (order, order[::-1])]
        least, largest = np.minimum(*both), np.maximum(*both)
        low, high = (least, largest) if not pairs else (np.minimum(low, least), np.maximum(high, largest))
        pairs.append(0.5 * (both[0] + both[1]))
        if len(pairs) >= FEWEST_PAIRS and bool(np.all(_error(pairs) < tolerance)):
            break
    mean, error = np.mean(pairs, axis=0), _error(pairs)
    return Attribution(
        mean=dict(zip(players, mean, strict=True)),
        low=dict(zip(players, low, strict=True)),
        high=dict(zip(players, high, strict=True)),
        error=dict(zip(players, error, strict=True)),
        orders=2 * len(pairs),
    )


def _error(pairs: Sequence[Floats]) -> Floats:
    return np.asarray(np.std(pairs, axis=0, ddof=1) / np.sqrt(len(pairs)))


def _order[P: Hashable](nest: Nest[P], rng: np.random.Generator) -> list[P]:
    """Of the players, classes and blocks kept together; so they are in its reverse."""
    return [
        nest[c][b][k]
        for c in rng.permutation(len(nest))
        for b in rng.permutation(len(nest[c]))
        for k in rng.permutation(len(nest[c][b]))
    ]


def _gains[P: Hashable](value: Callable[[frozenset[P]], Floats], order: Sequence[P], players: Sequence[P]) -> Floats:
    """What each player adds to those before it, (player, …)."""
    here, last, gains = frozenset[P](), value(frozenset()), dict[P, Floats]()
    for player in order:
        here = here | {player}
        now = value(here)
        gains[player], last = now - last, now
    return np.stack([gains[player] for player in players])
