"""What goes wrong in splitting a forecast where one does not look: each trap that was found, held shut."""

import random
from dataclasses import replace

import numpy as np
import pytest
from explained import line, made_up
from problems import make_observations, make_problem

from forecast.facts.why import NEW, OBSERVATION
from forecast.why.draws import MET, Base, choose_few
from forecast.why.nodes import held, node, open_days, silent_after
from forecast.why.situation import with_odds
from models.laplace import build_density, fit_laplace
from models.parameters import Parameters
from models.projection import project
from models.raking import effective_size
from models.spec import TARGETS, Floats, Horizon, Looked, Meetings, Problem, Reports
from models.structure import SHIPPED

HISTORY = ((100, 101, 0), (140, 140, 0), (600, 601, 1), (640, 640, 1))
ROWS = make_observations([(0, 500, 500, 1.0, 0.4), (1, 700, 702, -2.0, 0.3)])
HEADLINE = TARGETS.index("arms_control_talks")
LIMITS = TARGETS.index("limits_talks")


@pytest.fixture(scope="module")
def problem() -> Problem:
    return make_problem(
        HISTORY, contacts=(300, 720), crises=(450,), days=900, observations=ROWS, horizons=(30, 180, 365)
    )


@pytest.fixture(scope="module")
def draws(problem: Problem) -> Parameters:
    return fit_laplace(build_density(problem, SHIPPED)).draw(1200, seed=3)


def base_of(draws: Parameters) -> Base:
    number = len(draws.unit)
    return Base(parameters=draws, weights=np.full(number, 1 / number), chains=4, seed=11)


def with_open_days(problem: Problem, days: int) -> Problem:
    spans = {
        name: replace(getattr(problem.record, name), last=problem.as_of - days)
        for name in ("talks_span", "contact_span", "crisis_span", "deal_span")
    }
    return replace(problem, record=replace(problem.record, **spans))


def test_an_event_on_a_day_that_nobody_has_attested_is_in_no_likelihood(problem: Problem, draws: Parameters) -> None:
    """Trap 1: so silence comes before events, or each is worthless without the other."""
    opened = with_open_days(problem, 60)
    day = opened.as_of - 20
    contacts = np.append(opened.record.contacts, day)
    happened = replace(opened, record=replace(opened.record, contacts=contacts))
    before, after = (build_density(one, SHIPPED) for one in (opened, happened))
    theta = np.random.default_rng(1).normal(0, 0.3, (5, before.layout.size))
    assert [before.at(row).value for row in theta] == [after.at(row).value for row in theta]
    span = problem.record.contact_span
    attested = [
        build_density(replace(one, record=replace(one.record, contact_span=span)), SHIPPED)
        for one in (opened, happened)
    ]
    assert attested[0].at(theta[0]).value != attested[1].at(theta[0]).value


def test_a_row_that_replaces_another_from_its_day_on_teaches_nothing_of_days_before(problem: Problem) -> None:
    """Trap 2: only a row that was known earlier changes what the likelihood saw."""
    rows = problem.observations
    corrected = make_observations(
        [(0, 500, 500, 1.0, 0.4), (0, 500, 500, -1.0, 0.4), (1, 700, 702, -2.0, 0.3)],
        since=[500, 899, 702],
        until=[899, 10**6, 10**6],
    )
    late = make_observations([(0, 500, 500, 1.0, 0.4), (0, 400, 400, -1.0, 0.4), (1, 700, 702, -2.0, 0.3)])
    densities = [build_density(replace(problem, observations=each), SHIPPED) for each in (rows, corrected, late)]
    theta = np.random.default_rng(2).normal(0, 0.3, densities[0].layout.size)
    plain, revised, known_before = (density.at(theta).value for density in densities)
    assert revised == plain
    assert known_before != plain


def test_days_are_open_where_nobody_has_attested_and_silent_where_they_are_held_so(
    problem: Problem, draws: Parameters
) -> None:
    """Trap 3: the same two days tell two stories, whether the record is attested to them or not."""
    assert open_days(problem) == 0
    assert silent_after(problem, problem.as_of - 30) is problem
    opened = with_open_days(problem, 40)
    assert open_days(opened) == 40
    silent = silent_after(opened, opened.as_of - 40)
    said, whole, left = (
        project(each.problem, each.filtered, draws, SHIPPED, paths=2, seed=5).targets.mean(axis=0)
        for each in (node(silent), node(problem), node(opened))
    )
    np.testing.assert_allclose(said, whole, atol=1e-12)
    assert left[LIMITS, 0] > said[LIMITS, 0]


def test_a_far_deadline_leaves_shorter_windows_as_they_are(problem: Problem, draws: Parameters) -> None:
    """Trap 4: it may be left out where not both runs forecast it."""
    far = replace(problem, horizons=(*problem.horizons, Horizon(900, problem.as_of + 900)))
    near, long = (
        project(each.problem, each.filtered, draws, SHIPPED, paths=2, seed=5).targets
        for each in (node(problem), node(far))
    )
    assert np.array_equal(near, long[:, :, : near.shape[2]])


def test_a_few_draws_meet_the_means_of_all_and_are_never_set_beside_them(problem: Problem, draws: Parameters) -> None:
    """Traps 5 and 6: their paths are others than among all, so weights carry them over; what is left is looked at."""
    base = base_of(draws)
    here, there = node(problem), node(with_open_days(problem, 60))
    values = {one.name: base.values(one) for one in (here, there)}
    known = [(one, base.mean(values[one.name])) for one in (here, there)]
    few = choose_few(base, known, HEADLINE)
    assert not np.allclose(few.values(here), values[here.name][few.index], atol=1e-6)
    for one, mean in known:
        assert np.abs(few.mean(one)[HEADLINE] - mean[HEADLINE]).max() < MET
    assert effective_size(few.weights[:, HEADLINE]) >= 20
    np.testing.assert_allclose(few.weights.sum(axis=0), 1.0)


def test_where_few_draws_cannot_meet_the_means_more_are_taken(problem: Problem, draws: Parameters) -> None:
    base = base_of(draws)
    here = node(problem)
    mean = base.mean(base.values(here))
    plain = choose_few(base, [(here, mean)], HEADLINE)
    beyond = mean.copy()
    beyond[HEADLINE] = 0.97
    assert len(choose_few(base, [(here, beyond)], HEADLINE).index) > len(plain.index)


def test_log_odds_are_told_only_where_they_exist(problem: Problem, draws: Parameters) -> None:
    """Trap 7: of a forecast of nothing there are none."""
    base, here = base_of(draws), node(problem)
    mean = base.mean(base.values(here))
    few = choose_few(base, [(here, mean)], HEADLINE)
    few.mean(here)
    nothing = np.zeros_like(mean)
    told = with_odds(few, {"a": mean})
    assert np.array_equal(np.isnan(told), (mean < 1e-4) | (mean > 1 - 1e-4))
    assert np.isnan(with_odds(few, {"a": mean, "b": nothing})).all()
    rng = random.Random(1)
    void = tuple(tuple(float("nan") for _ in row) for row in line(rng, OBSERVATION, NEW).points)
    found = made_up(lines=(line(rng, OBSERVATION, NEW, log_odds=void),))
    assert found.identity < 1e-12


def test_levels_that_are_held_are_those_of_the_earlier_day(problem: Problem) -> None:
    every = np.arange(problem.catalogue.size)
    days = 25
    then = node(problem)
    later = replace(problem, as_of=problem.as_of + days)
    moved = node(held(later, days, every))
    old_day, new_day = np.array([problem.as_of]), np.array([later.as_of])
    old, new = then.filtered.at(old_day, old_day * 1.0), moved.filtered.at(new_day, new_day * 1.0)
    assert np.array_equal(old.mean, new.mean)
    assert np.array_equal(old.variance, new.variance)
    some = node(held(later, days, every[:1])).filtered.at(new_day, new_day * 1.0)
    assert some.mean[0, 0] == old.mean[0, 0]


@pytest.mark.parametrize("share", [0.0, 0.8])
def test_the_mean_over_what_an_attestation_may_find_is_the_number_now(
    problem: Problem, draws: Parameters, share: float
) -> None:
    """Law 15, draw by draw: outcomes of an open day, weighed under the share of them that would be reported."""
    opened = with_open_days(problem, 1)
    day = opened.as_of

    def looked(of_talks: float, teaches: bool) -> Looked:
        none = Reports(np.zeros(1), np.zeros(1, dtype=bool))
        return Looked(talks=Reports(np.array([of_talks]), np.array([teaches])), deal=none, contact=none, crisis=none)

    def outcome(framing: int | None) -> tuple[Floats, Floats]:
        record = opened.record
        if framing is not None:
            of = record.meetings
            added = (day, day, framing, False)
            before = (of.started, of.ended, of.framing, of.deal)
            meetings = Meetings(*(np.append(a, b) for a, b in zip(before, added, strict=True)))
            record = replace(record, meetings=meetings)
        known = replace(opened, record=record, looked=looked(1.0, teaches=True))
        one = node(known)
        found = project(one.problem, one.filtered, draws, SHIPPED, paths=2, seed=5)
        return found.targets[:, :3], found.log_weight

    now = node(replace(opened, looked=looked(share, teaches=share > 0)))
    present = project(now.problem, now.filtered, draws, SHIPPED, paths=2, seed=5)
    mean, mass = np.zeros_like(present.targets[:, :3]), np.zeros(len(draws.unit))
    for framing in (None, 0, 1):
        values, log_weight = outcome(framing)
        weight = np.exp(log_weight) * (1.0 if framing is None else 1.0 - share)
        mean += weight[:, None, None] * values
        mass += weight
    np.testing.assert_allclose(mass, np.exp(present.log_weight), atol=1e-9)
    np.testing.assert_allclose(mean / mass[:, None, None], present.targets[:, :3], atol=1e-9)
