"""The table of processes says what the code before it said, bit for bit; the code before stands in `tests/oracles`."""

from dataclasses import replace

import numpy as np
import oracles.first_model.density as density_before
import pytest
from oracles.first_model.gradient import compile_density as compile_before
from oracles.first_model.laplace import build_density as build_before
from oracles.first_model.laplace import fit_laplace as fit_before
from oracles.first_model.projection import project as project_before
from oracles.first_model.sbc import draw_world as draw_world_before
from oracles.first_model.spec import TARGETS as TARGETS_BEFORE
from oracles.first_model.structure import Structure as StructureBefore
from problems import Solved

from models.density import Density
from models.gradient import compile_density
from models.laplace import build_density, start_at
from models.parameters import unpack
from models.projection import project
from models.sbc import draw_world
from models.simulate import daily_levels
from models.spec import EFFECT_TARGETS, TARGETS, Floats, Problem
from models.structure import Structure

CASES = ("solved_toy", "solved_shipped")
VARIANTS = (
    {},
    {"moment_term": True},
    {"regime": False},
    {"contact_regime": False},
    {"indicators": False},
    {"continuation_effect": False},
)
ORDER = [TARGETS_BEFORE.index(target) for target in TARGETS]


@pytest.fixture(params=CASES)
def problem(request: pytest.FixtureRequest) -> Problem:
    solved: Solved = request.getfixturevalue(request.param)
    return solved.problem


def _points(density: Density, number: int) -> Floats:
    noise = np.random.default_rng(8).standard_normal((number, density.layout.size))
    return np.asarray(start_at(density) + 0.3 * noise)


@pytest.mark.parametrize("changed", VARIANTS, ids=str)
def test_value_gradient_and_information_are_the_same(problem: Problem, changed: dict[str, bool]) -> None:
    now, before = build_density(problem, Structure(**changed)), build_before(problem, StructureBefore(**changed))
    assert now.layout.slices == before.layout.slices
    for theta in _points(now, 2):
        here, there = now.at(theta), before.at(theta)
        assert here.value == there.value
        assert np.array_equal(here.gradient, there.gradient)
        assert np.array_equal(here.information, there.information)


def test_the_kernel_is_the_same(problem: Problem) -> None:
    now, before = build_density(problem, Structure()), build_before(problem, StructureBefore())
    compiled, compiled_before = compile_density(now), compile_before(before)
    for theta in _points(now, 5):
        (value, gradient), (value_before, gradient_before) = compiled(theta), compiled_before(theta)
        assert value == value_before
        assert np.array_equal(gradient, gradient_before)


@pytest.mark.parametrize("changed", VARIANTS, ids=str)
def test_projections_are_the_same(problem: Problem, changed: dict[str, bool]) -> None:
    now, before = build_density(problem, Structure(**changed)), build_before(problem, StructureBefore(**changed))
    theta, filtered = _points(now, 6), now.exposure.filtered
    one = project(problem, filtered, unpack(theta, now.layout, now.structure), now.structure, paths=2, seed=3)
    drawn = density_before.unpack(theta, before.layout, before.structure)
    other = project_before(problem, filtered, drawn, before.structure, paths=2, seed=3)
    assert np.array_equal(one.targets, other.targets[:, ORDER])
    assert np.array_equal(one.scenarios, other.scenarios)
    assert np.array_equal(one.p_dry, other.p_dry)


def test_worlds_are_the_same(problem: Problem) -> None:
    now, before = build_density(problem, Structure()), build_before(problem, StructureBefore())
    levels = daily_levels(problem, now)
    for number in range(3):
        truth, world, refused = draw_world(problem, now, levels, np.random.default_rng([1, number]))
        other = draw_world_before(problem, before, levels, np.random.default_rng([1, number]))
        assert refused == other[2]
        assert np.array_equal(truth.weight, other[0].weight)
        for name in ("started", "framing", "deal"):
            assert np.array_equal(getattr(world.record.meetings, name), getattr(other[1].record.meetings, name))
        assert np.array_equal(world.record.contacts, other[1].record.contacts)
        assert np.array_equal(world.record.crises, other[1].record.crises)
        assert np.array_equal(world.judgements.weight, other[1].judgements.weight)


def test_laplace_fits_are_the_same(solved_toy: Solved) -> None:
    problem = solved_toy.problem
    now, before = solved_toy.fit.draw(20, 1), fit_before(build_before(problem, StructureBefore())).draw(20, 1)
    for name in type(before).__slots__:
        assert np.array_equal(getattr(now, name), getattr(before, name))


def test_targets_have_one_order() -> None:
    assert tuple(target for target in TARGETS if target in EFFECT_TARGETS) == EFFECT_TARGETS
    assert replace(Structure()) == Structure()
