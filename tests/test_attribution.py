"""Order-averaged differences against their definition, and the pooling of draws against closed forms."""

import itertools
from collections.abc import Callable, Sequence
from math import comb, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.attribution import MOST_ENUMERATED, attribute, coalitions_of
from models.bridging import pool
from models.raking import effective_size
from models.spec import Floats

type Nest = list[list[list[str]]]


def game(seed: int, players: Sequence[str]) -> Callable[[frozenset[str]], Floats]:
    """A value with interactions of every order, drawn once for each coalition."""

    def value(coalition: frozenset[str]) -> Floats:
        places = [players.index(player) for player in sorted(coalition)]
        return np.random.default_rng([seed, sum(2**place for place in places)]).normal(size=2)

    return value


def orders_of(nest: Nest) -> list[list[str]]:
    """Every order that keeps classes, and blocks within them, together."""
    within_blocks = [[list(itertools.permutations(block)) for block in blocks] for blocks in nest]
    found = []
    for classes in itertools.permutations(range(len(nest))):
        for blocks in itertools.product(*(itertools.permutations(range(len(nest[c]))) for c in classes)):
            places = [(c, b) for c, order in zip(classes, blocks, strict=True) for b in order]
            found += [
                [player for block in rows for player in block]
                for rows in itertools.product(*(within_blocks[c][b] for c, b in places))
            ]
    return found


def by_definition(value: Callable[[frozenset[str]], Floats], nest: Nest) -> dict[str, Floats]:
    """The mean over all orders of what each player adds to those before it."""
    gains: dict[str, list[Floats]] = {player: [] for blocks in nest for block in blocks for player in block}
    for order in orders_of(nest):
        for k, player in enumerate(order):
            gains[player].append(value(frozenset(order[: k + 1])) - value(frozenset(order[:k])))
    return {player: np.mean(mine, axis=0) for player, mine in gains.items()}


@given(
    st.lists(st.lists(st.integers(1, 2), min_size=1, max_size=2), min_size=1, max_size=3),
    st.integers(0, 1000),
)
def test_few_players_get_the_mean_over_all_orders(shape: list[list[int]], seed: int) -> None:
    letters = iter("abcdefghijkl")
    nest = [[[next(letters) for _ in range(size)] for size in blocks] for blocks in shape]
    players = [player for blocks in nest for block in blocks for player in block]
    if len(orders_of(nest)) > 2000:
        return
    value = game(seed, players)
    found, expected = attribute(value, nest, tolerance=0.1, seed=1), by_definition(value, nest)
    assert found.orders == 0
    for player in players:
        np.testing.assert_allclose(found.mean[player], expected[player], atol=1e-12)
        assert np.all(found.low[player] <= found.mean[player] + 1e-12)
        assert np.all(found.mean[player] <= found.high[player] + 1e-12)
    whole = value(frozenset(players)) - value(frozenset())
    np.testing.assert_allclose(sum(found.mean.values()), whole, atol=1e-12)


def test_one_class_of_single_rows_gets_shapley_values_by_their_formula() -> None:
    players = list("abcdef")
    value = game(3, players)
    found = attribute(value, [[[player] for player in players]], tolerance=0.1, seed=1)
    n = len(players)
    for player in players:
        others = [other for other in players if other != player]
        expected = sum(
            (value(frozenset([*before, player])) - value(frozenset(before))) / (n * comb(n - 1, size))
            for size in range(n)
            for before in itertools.combinations(others, size)
        )
        np.testing.assert_allclose(found.mean[player], expected, atol=1e-12)


def test_pairs_of_orders_agree_with_enumeration_within_their_errors() -> None:
    players = [f"p{k}" for k in range(10)]
    nest = [[[player] for player in players]]
    weights = dict(zip(players, np.linspace(0.2, 1.0, 10), strict=True))

    def value(coalition: frozenset[str]) -> Floats:
        return np.array([np.tanh(sum(weights[player] for player in coalition))])

    assert coalitions_of(nest) > MOST_ENUMERATED
    sampled = attribute(value, nest, tolerance=1e-3, seed=5)
    assert 4 <= sampled.orders <= 32
    exact = {
        player: sum(
            (value(frozenset([*before, player])) - value(frozenset(before))) / (10 * comb(9, size))
            for size in range(10)
            for before in itertools.combinations([p for p in players if p != player], size)
        )
        for player in players
    }
    np.testing.assert_allclose(sum(sampled.mean.values()), value(frozenset(players)), atol=1e-12)
    away = np.array([(sampled.mean[p] - exact[p])[0] for p in players])
    error = np.array([sampled.error[p][0] for p in players])
    assert np.all(np.abs(away) < 4 * error + 1e-3)


def test_the_same_content_gives_the_same_orders() -> None:
    nest = [[[f"p{k}"] for k in range(9)]]
    value = game(2, [f"p{k}" for k in range(9)])
    one, other = (attribute(value, nest, tolerance=0.0, seed=4) for _ in range(2))
    assert all(np.array_equal(one.mean[player], other.mean[player]) for player in one.mean)
    assert one.orders == 32


def test_nobody_moves_nothing() -> None:
    found = attribute(lambda coalition: np.zeros(3), [], tolerance=0.1, seed=1)
    assert found.mean == {}


def test_pooled_draws_stand_for_either_density_and_for_one_between() -> None:
    rng = np.random.default_rng(11)
    draws = np.concatenate([rng.normal(0.0, 1.0, 20000), rng.normal(0.4, 1.2, 20000)])
    first, second = -0.5 * draws**2, -0.5 * ((draws - 0.4) / 1.2) ** 2
    pooled = pool(first + 3.0, second - 40.0, 20000)
    for log, mean, sd in ((first, 0.0, 1.0), (second, 0.4, 1.2), (-0.5 * ((draws - 0.2) / 1.1) ** 2, 0.2, 1.1)):
        weights = pooled.weights(log)
        assert weights.sum() == pytest.approx(1.0)
        assert weights @ draws == pytest.approx(mean, abs=0.03)
        assert sqrt(weights @ draws**2 - (weights @ draws) ** 2) == pytest.approx(sd, abs=0.03)


def test_the_constant_between_two_densities_is_the_ratio_of_their_integrals() -> None:
    rng = np.random.default_rng(12)
    draws = np.concatenate([rng.normal(0.0, 1.0, 20000), rng.normal(0.0, 2.0, 20000)])
    first, second = -0.5 * draws**2, -0.5 * (draws / 2.0) ** 2  # integrals sqrt(2 pi) and 2 sqrt(2 pi)
    pooled = pool(first, second, 20000)
    # under the mixture of both, each density over its share integrates to its own constant
    ratio = np.exp(second - pooled.log_mixture).sum() / np.exp(first - pooled.log_mixture).sum()
    assert ratio == pytest.approx(2.0, rel=0.03)


def test_draws_that_do_not_overlap_say_so() -> None:
    rng = np.random.default_rng(13)
    draws = np.concatenate([rng.normal(0.0, 1.0, 2000), rng.normal(12.0, 1.0, 2000)])
    pooled = pool(-0.5 * draws**2, -0.5 * (draws - 12.0) ** 2, 2000)
    assert effective_size(pooled.weights(-0.5 * draws**2)) < 0.55 * len(draws)
