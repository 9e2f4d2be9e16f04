"""Intervals cover: worlds drawn from the prior, judgements and events simulated from them, and the fit again."""

from datetime import date

import numpy as np
import pytest
from sizes import slow, soak

from benchmarks.coverage import SCALARS, covered, scalars, shipped_problem
from models.laplace import build_density
from models.simulate import daily_levels, draw_prior, simulate
from models.spec import Problem
from models.structure import SHIPPED


@pytest.fixture(scope="module")
def problem() -> Problem:
    return shipped_problem(date(2026, 10, 10))


def test_a_simulated_record_is_a_record(problem: Problem) -> None:
    """A simulated record is sorted, lies in its span, and keeps who judged what."""
    density = build_density(problem, SHIPPED)
    levels = daily_levels(problem, density)
    rng = np.random.default_rng(1)
    worlds = [simulate(problem, density, levels, draw_prior(density, rng), rng) for _ in range(20)]
    kept = [world for world in worlds if world is not None]
    assert len(kept) >= 15
    for world in kept:
        assert world.record.meetings.started.tolist() == sorted(world.record.meetings.started.tolist())
        assert len(world.judgements.weight) == len(problem.judgements.weight)
        inside = world.record.contacts
        assert ((inside >= world.record.contact_span.first) & (inside <= world.record.contact_span.last)).all()


def test_every_scalar_is_named(problem: Problem) -> None:
    density = build_density(problem, SHIPPED)
    assert scalars(draw_prior(density, np.random.default_rng(0))).shape == (1, len(SCALARS))


@pytest.mark.parametrize("worlds", [slow(12), soak("model", 40)])
def test_ninety_per_cent_intervals_cover(problem: Problem, worlds: int) -> None:
    """Pooled over worlds and scalars; the bound is three standard errors of so many independent intervals."""
    held = np.array(list(covered(problem, worlds, seed=1)))
    assert held.mean() == pytest.approx(0.9, abs=3 * np.sqrt(0.9 * 0.1 / held.size))
