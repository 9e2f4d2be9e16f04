"""Unattested days as weights on draws: against the fit that reads them, and against draws that lean towards them."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from problems import SHIPPED, read_as_of, stored

from indicators.folder import read_case_folder
from indicators.shipped import shipped_case
from models.density import Density
from models.importance import EFFECTIVE_SHARE, weigh, weigh_in_part
from models.laplace import build_density, fit_laplace
from models.parameters import Parameters, pack, unpack
from models.projection import project
from models.spec import Looked, Problem, Record, Reports, Span
from models.unattested import log_likelihood, slanted, weigh_draws

DAY, DAYS = date(2019, 7, 25), 60
"""Late in a spell of talks: a meeting on 30 June, contacts before and after it."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Problem:
    """The shipped case, attested through the day it is of."""
    with stored(read_case_folder(shipped_case()), tmp_path_factory.mktemp("whole")) as database:
        _, _, problem = read_as_of(database, DAY)
    return problem


def _ending(record: Record, last: int) -> Record:
    def cut(span: Span) -> Span:
        return Span(span.first, min(span.last, last))

    return replace(
        record,
        talks_span=cut(record.talks_span),
        contact_span=cut(record.contact_span),
        crisis_span=cut(record.crisis_span),
        deal_span=cut(record.deal_span),
    )


def _reports(share: float, days: int = DAYS) -> Reports:
    return Reports(np.full(days, share), np.ones(days, dtype=bool))


def _left(problem: Problem, share: float) -> Problem:
    """The same with its last days unattested, of which so much is reported."""
    reports = _reports(share)
    looked = Looked(talks=reports, deal=reports, contact=reports, crisis=reports)
    return replace(problem, record=_ending(problem.record, problem.as_of - DAYS), looked=looked)


@pytest.fixture(scope="module")
def left(whole: Problem) -> Problem:
    return _left(whole, 1.0)


@pytest.fixture(scope="module")
def density(left: Problem) -> Density:
    return build_density(left, SHIPPED)


@pytest.fixture(scope="module")
def draws(density: Density) -> Parameters:
    return fit_laplace(density).draw(1000, seed=3)


def _likelihood(problem: Problem, density: Density, draws: Parameters) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return log_likelihood(problem, density.exposure.filtered, density.directions, draws, SHIPPED)


def test_days_known_whole_weigh_as_the_fit_that_reads_them(
    whole: Problem, left: Problem, density: Density, draws: Parameters
) -> None:
    """The forward pass day by day, against what the cells of those days add to the density, up to a constant.

    Cells hold levels at their middle and count a Poisson process, the chain one event a day at most.
    """
    reading, few = build_density(whole, SHIPPED), draws.take(slice(0, 40))
    theta = pack(few, SHIPPED)
    added = np.array([reading.at(row).value - density.at(row).value for row in theta])
    found = _likelihood(left, density, few)
    assert np.ptp(added) > 1
    assert found - found.mean() == pytest.approx(added - added.mean(), abs=0.1)
    assert np.corrcoef(found, added)[0, 1] > 0.998


def test_what_teaches_nothing_leaves_every_draw_as_it_was(whole: Problem, density: Density, draws: Parameters) -> None:
    """With a share of none, silence says nothing and the start of the forecast is the part of one that keeps events."""
    untold = replace(_left(whole, 0.0), looked=None)
    assert weigh_draws(untold, density, draws).even
    nobody = Reports(np.zeros(DAYS), np.zeros(DAYS, dtype=bool))
    none = replace(untold, looked=Looked(talks=nobody, deal=nobody, contact=nobody, crisis=nobody))
    assert weigh_draws(none, density, draws).even
    few = draws.take(slice(0, 50))
    a, b = (project(each, density.exposure.filtered, few, SHIPPED, paths=1, seed=1) for each in (untold, none))
    assert (a.targets == b.targets).all()
    assert (weigh_draws(none, density, few).mean(a.targets) == a.targets.mean(axis=0)).all()


def test_draws_that_lean_towards_those_days_need_hardly_any_weight(
    left: Problem, density: Density, draws: Parameters
) -> None:
    """Two ways to one posterior: draws weighed by all of it, and leaning draws weighed by what is left."""
    weighed = weigh_draws(left, density, draws)
    leaning = slanted(left, density, draws)
    assert leaning.slant is not None
    found = fit_laplace(leaning).draw(1000, seed=4)
    rest = weigh_draws(left, leaning, found)
    assert rest.trusted
    assert rest.effective > 950 > weighed.effective
    base, theirs = weighed.mean(draws.base), rest.mean(found.base)
    errors = draws.base.std(axis=0) * np.sqrt(1 / weighed.effective + 1 / rest.effective)
    assert (np.abs(base - theirs) < 4 * errors + 0.05).all()


def test_the_slope_is_that_of_the_likelihood(left: Problem, density: Density, draws: Parameters) -> None:
    leaning = slanted(left, density, draws)
    centre = pack(draws, SHIPPED).mean(axis=0)
    for seed in range(3):
        way = np.random.default_rng(seed).standard_normal(len(centre))
        ends = unpack(np.array([centre + 1e-3 * way, centre - 1e-3 * way]), density.layout, SHIPPED)
        up, down = _likelihood(left, density, ends)
        assert leaning.slant @ way == pytest.approx((up - down) / 2e-3, rel=1e-3, abs=1e-4)


def test_even_weights_are_told_from_others() -> None:
    assert weigh(np.zeros(100)).even
    assert weigh(np.full(100, -3.0)).even
    assert not weigh(np.linspace(0, 1, 100)).even
    assert weigh(np.linspace(0, 1, 100)).trusted
    assert not weigh(np.where(np.arange(100) == 0, 50.0, 0.0)).trusted


def test_of_a_ratio_that_cannot_be_trusted_as_much_is_taken_as_can_be() -> None:
    """Of normal draws and a linear ratio s·x the whole moves the mean by s, and leaves exp(-s²) of them effective."""
    x = np.random.default_rng(2).standard_normal(2000)
    part = weigh_in_part(3 * x)
    assert not weigh(3 * x).trusted
    assert part.trusted
    assert part.effective == pytest.approx(EFFECTIVE_SHARE * len(x), rel=0.02)
    assert part.mean(x) == pytest.approx(np.sqrt(np.log(2)), abs=0.1)
    assert weigh_in_part(0.1 * x).mean(x) == pytest.approx(weigh(0.1 * x).mean(x), abs=1e-2)
