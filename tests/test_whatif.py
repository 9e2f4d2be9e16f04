"""Single hypotheticals from a table: exact on its nodes, within a fiftieth of a point between them, none beyond."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from problems import SHIPPED, Solved
from scipy.special import expit, logit

from models.projection import Prepared, prepare
from models.spec import FOREVER, Floats, Observations
from models.states import LEVEL_VARIANCE, filter_states
from models.whatif import (
    FEWEST,
    MEANS,
    TERMS,
    VARIANCES,
    WhatIfTable,
    _nodes,
    _scaled,
    _terms,
    _through,
    _unscaled,
    build_table,
)

POINTS = 100.0
TOLERANCE = 0.02
"""In points, over all targets and horizons."""


def _prepared(solved: Solved, draws: int, seed: int = 4) -> Prepared:
    problem = solved.problem
    filtered = filter_states(problem.observations, problem.catalogue)
    return prepare(problem, filtered, solved.fit.draw(draws, seed - 1), SHIPPED, paths=2, seed=seed)


def _weights(draws: int) -> Floats:
    drawn = np.random.default_rng(1).gamma(5.0, size=draws)
    return np.asarray(drawn / drawn.sum())


@pytest.fixture(scope="module")
def toy(solved_toy: Solved) -> tuple[Prepared, WhatIfTable]:
    prepared = _prepared(solved_toy, 30)
    return prepared, build_table(prepared, _weights(30))


def _exact(prepared: Prepared, indicator: int, mean: float, variance: float) -> Floats:
    projected = prepared.suppose(indicator, mean, variance)
    return np.asarray(np.tensordot(_weights(len(projected.p_dry)), projected.targets, axes=1))


def _hypotheticals(prepared: Prepared, number: int) -> Iterator[tuple[int, float, float]]:
    """States after an observation of today, and after one in four that something was retracted."""
    rng, now = np.random.default_rng(7), prepared.ahead.now
    for n in range(number):
        i = int(rng.choice(np.flatnonzero(now.active[0])))
        mean, variance = now.mean[0, i], now.variance[0, i]
        if n % 4 == 3:
            yield i, mean * rng.uniform(0.3, 1.1), variance + (VARIANCES[1] - variance) * rng.random()
        else:
            gain = variance / (variance + rng.choice([0.3, 0.5, 0.7, 1.0, 1.4]) ** 2)
            yield i, mean + gain * (rng.integers(-2, 3) - mean), variance * (1 - gain)


def test_it_is_exact_on_its_nodes(toy: tuple[Prepared, WhatIfTable]) -> None:
    """On those that it took: as many as there are terms."""
    prepared, table = toy
    taken = int(np.any(table.coefficients[1], axis=(1, 2)).sum())
    assert taken > FEWEST
    present = float(prepared.ahead.now.mean[0, 1]), float(prepared.ahead.now.variance[0, 1])
    for node in _nodes(_scaled(*present) if table.answer(1, *present) is not None else None)[:taken:3]:
        mean, variance = _unscaled(*node)
        answer = table.answer(1, mean, variance)
        assert answer is not None
        assert logit(answer) == pytest.approx(logit(_exact(prepared, 1, mean, variance)), abs=1e-9)


def test_no_node_is_projected_that_those_before_it_foretell() -> None:
    """A plane takes no more nodes than show that it is one, and what bends takes all."""
    nodes = _nodes(np.array([0.2, 0.4]))
    plane = 0.1 + 0.4 * nodes[:, 0] - 0.2 * nodes[:, 1]
    asked = iter(plane)
    found = _through(nodes, asked)
    assert len(list(asked)) == len(TERMS) - FEWEST - 1
    assert found[:3] == pytest.approx([0.1, 0.4, -0.2])
    assert found[3:] == pytest.approx(0.0, abs=1e-12)
    bent = np.exp(2 * nodes[:, 0] + nodes[:, 1])
    assert _terms(nodes) @ _through(nodes, iter(bent)) == pytest.approx(bent)


def test_the_present_state_is_the_present_forecast(toy: tuple[Prepared, WhatIfTable]) -> None:
    prepared, table = toy
    now, seen = prepared.ahead.now, 0
    projected = prepared.project(prepared.problem, prepared.filtered).targets
    for i in np.flatnonzero(now.active[0] & (now.variance[0] > VARIANCES[0]) & (now.variance[0] < VARIANCES[1])):
        answer = table.answer(int(i), float(now.mean[0, i]), float(now.variance[0, i]))
        assert answer == pytest.approx(np.tensordot(_weights(30), projected, axes=1), rel=1e-10)
        seen += 1
    assert seen


def test_answers_are_near_the_exact_ones(toy: tuple[Prepared, WhatIfTable]) -> None:
    """The draws of the toy case are further apart than those of a fit, and their log odds bend more."""
    moves, errors = _compare(*toy, 24)
    assert errors.max() < 3 * TOLERANCE
    assert moves.max() > 1.0


@pytest.mark.slow
@pytest.mark.parametrize("seed", [4, 11])
def test_answers_of_the_shipped_case_are_within_a_fiftieth_of_a_point(solved_shipped: Solved, seed: int) -> None:
    prepared = _prepared(solved_shipped, 40, seed)
    moves, errors = _compare(prepared, build_table(prepared, _weights(40)), 60)
    assert errors.max() < TOLERANCE
    assert moves.max() > 1.0


def _compare(prepared: Prepared, table: WhatIfTable, number: int) -> tuple[Floats, Floats]:
    """By how many points hypotheticals move the forecast at most, and how far answers are from exact ones."""
    moves, errors = [], []
    present = expit(table.base)
    for indicator, mean, variance in _hypotheticals(prepared, number):
        answer = table.answer(indicator, mean, variance)
        if answer is not None:
            exact = _exact(prepared, indicator, mean, variance)
            moves.append(POINTS * np.abs(exact - present).max())
            errors.append(POINTS * np.abs(answer - exact).max())
    assert len(moves) > 0.8 * number
    return np.array(moves), np.array(errors)


def test_there_is_no_answer_beyond_its_reach(toy: tuple[Prepared, WhatIfTable]) -> None:
    _, table = toy
    for mean, variance in (
        (MEANS[1] + 0.1, 0.5),
        (MEANS[0] - 0.1, 0.5),
        (0.0, VARIANCES[0] / 2),
        (0.0, LEVEL_VARIANCE),
        (float("nan"), 0.5),
    ):
        assert table.answer(0, mean, variance) is None


def test_it_comes_back_from_its_arrays(toy: tuple[Prepared, WhatIfTable]) -> None:
    _, table = toy
    back = WhatIfTable.from_arrays({"more": np.zeros(1), **table.to_arrays()})
    one, two = (each.answer(1, 0.5, 0.5) for each in (table, back))
    assert one is not None
    assert two is not None
    assert one.tobytes() == two.tobytes()


def test_a_state_supposed_is_that_of_a_row_of_today(toy: tuple[Prepared, WhatIfTable], solved_toy: Solved) -> None:
    """To the bit; many states of one indicator to rounding."""
    prepared, problem = toy[0], solved_toy.problem
    now, rows = problem.as_of, problem.observations
    row = {"indicator": 1, "observed": now, "entered": now, "since": now, "until": FOREVER, "level": 2.0}
    more = {name: np.append(getattr(rows, name), {**row, "variance": 0.4}[name]) for name in Observations.__slots__}
    told = replace(problem, observations=Observations(**more))
    filtered = filter_states(told.observations, told.catalogue)
    state = filtered.at(np.array([now]), np.array([float(now)]))
    mean, variance = float(state.mean[0, 1]), float(state.variance[0, 1])
    expected = prepared.project(told, filtered)
    assert prepared.suppose(1, mean, variance).targets.tobytes() == expected.targets.tobytes()
    (found,) = prepared.suppose_each(1, [(mean, variance)])
    assert found.targets == pytest.approx(expected.targets, rel=1e-11)
    assert found.scenarios == pytest.approx(expected.scenarios, rel=1e-11)
