"""The projection against the one that took paths one by one, kept in `oracles`: the same numbers to rounding."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import chain as oracle_chain
from oracles import projection as oracle
from oracles.chain import TalksRates
from paths import propagate_recurrent, propagate_talks
from problems import DAY, SHIPPED, Solved, make_catalogue, make_observations, make_problem

from models.chain import Gap, Situation, dry_paces, wet_paces
from models.parameters import Parameters
from models.processes import BASES
from models.projection import CHUNK, Projection, prepare, project
from models.spec import Looked, Observations, Problem, Reports
from models.states import filter_states
from models.structure import Priors, Structure

STRUCTURES = (
    SHIPPED,
    Structure(moment_term=True),
    Structure(regime=False),
    Structure(contact_regime=False),
    Structure(indicators=False),
    Structure(priors=replace(Priors(), memory_years=0.2, silence_cap=400.0)),
)
AS_OF = 999
"""Of a problem made by hand: days from `DAY`."""


def _alike(found: Projection, known: Any) -> None:
    """Within 1e-6 points of a probability; what is reached is far closer."""
    for name in ("targets", "scenarios", "p_dry"):
        assert np.abs(getattr(found, name) - getattr(known, name)).max() < 1e-11
    assert found.log_weight == pytest.approx(known.log_weight, rel=1e-10, abs=1e-11)


def _gap(rng: np.random.Generator, days: int) -> Gap:
    happened = rng.random(days) < rng.choice([0.0, 0.1])
    return Gap(
        forced=np.where(happened, rng.integers(0, 2, days), -1),
        reported=rng.random(days) * rng.choice([0.0, 1.0]),
        teaches=rng.random(days) < 0.7,
        sealed=rng.random(days) < 0.3,
        sealed_reported=rng.random(days),
    )


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    since=st.one_of(st.integers(0, 400), st.just(10**6)),
    after=st.sampled_from([1, 5, 14, 15, 45, 46, 90, 200]),
    gap=st.integers(0, 60),
    scale=st.sampled_from([1e-3, 1.0, 30.0, 1e6]),
)
def test_the_chain_of_talks_is_that_of_paths_one_by_one(
    seed: int, since: int, after: int, gap: int, scale: float
) -> None:
    rng, paths, days = np.random.default_rng(seed), 40, gap + int(np.random.default_rng(seed).choice([20, 160, 420]))
    dried = len(dry_paces(after, days)) - 1
    rates = TalksRates(
        begin=scale * rng.exponential(0.01, (paths, days)),
        arms=rng.random((paths, days)),
        calm=scale * rng.exponential(0.02, (paths, days)),
        odds=rng.lognormal(0, 2, (paths, days)),
        slow=rng.uniform(0.3, 1.5, (paths, dried)),
        pull=rng.uniform(0.2, 12, (paths, dried)),
        going_on=scale * rng.exponential(0.03, (paths, days, 2, len(wet_paces(after)))),
        change=rng.uniform(0, 0.3, paths),
        mark=rng.uniform(0, 0.6, (paths, days)),
    )
    known = _gap(rng, gap)
    given_ = {"since": since, "framing": seed % 2, "dry_after": after, "windows": np.array([1, 19, days - gap])}
    situation = Situation(gap=known, **given_)  # type: ignore[arg-type]
    fields = {name: getattr(known, name) for name in Gap.__slots__}
    one_by_one = oracle_chain.Situation(gap=oracle_chain.Gap(**fields), **given_)  # type: ignore[arg-type]
    for found, expected in zip(
        propagate_talks(rates, situation), oracle_chain.propagate_talks(rates, one_by_one), strict=True
    ):
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-11)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    since=st.one_of(st.integers(1, 120), st.just(10**6)),
    memory=st.sampled_from([1, 20, 90]),
    gap=st.integers(0, 150),
    scale=st.sampled_from([1e-3, 1.0, 1e5]),
)
def test_contact_and_crisis_are_those_of_paths_one_by_one(
    seed: int, since: int, memory: int, gap: int, scale: float
) -> None:
    rng = np.random.default_rng(seed)
    calm, boost = scale * rng.exponential(0.01, (40, gap + 250)), rng.lognormal(0.5, 0.7, 40)
    known, windows = _gap(rng, gap), np.array([1, 100, 250])
    fields = {name: getattr(known, name) for name in Gap.__slots__}
    options = {"since": since, "memory": memory, "windows": windows}
    found = propagate_recurrent(calm, boost, known, **options)  # type: ignore[arg-type]
    expected = oracle_chain.propagate_recurrent(calm, boost, oracle_chain.Gap(**fields), **options)  # type: ignore[arg-type]
    for mine, theirs in zip(found, expected, strict=True):
        assert mine == pytest.approx(theirs, rel=1e-9, abs=1e-11)


def _observations(rng: np.random.Generator, rows: int, indicators: int) -> Observations:
    """Rows, some of which have been replaced; some indicators have none."""
    observed = rng.integers(700, AS_OF, rows)
    entered = np.minimum(observed + rng.integers(0, 20, rows), AS_OF)
    columns = rng.integers(0, indicators, rows), observed, entered, rng.integers(-2, 3, rows), 0.2 + rng.random(rows)
    table = [(int(i), int(o), int(e), float(y), float(v)) for i, o, e, y, v in zip(*columns, strict=True)]
    since = [int(day) for day in entered]
    until = [int(day) if rng.random() < 0.2 else 3_000_000 - DAY for day in np.minimum(entered + 40, AS_OF)]
    return make_observations(table, since=since, until=until)


def _problem(rng: np.random.Generator, *, looked: bool) -> Problem:
    """A record whose last days are not attested, with events on these."""
    starts = np.sort(rng.choice(np.arange(300, AS_OF), int(rng.integers(0, 6)), replace=False))
    attested = int(rng.integers(AS_OF - 60, AS_OF + 1))
    problem = make_problem(
        [(int(day), int(day), int(rng.integers(2))) for day in starts],
        sorted(rng.integers(0, AS_OF, 4).tolist()),
        sorted(rng.integers(800, AS_OF, 3).tolist()),
        attested=attested,
        observations=_observations(rng, int(rng.integers(0, 30)), 5),
        catalogue=make_catalogue([True, False, True, False, False], [30, 90, 400, 180, 60], [0, 30, 7, 0, 1]),
        dry_after=int(rng.choice([10, 45, 90, 180])),
        horizons=[int(h) for h in rng.choice([1, 30, 90, 200, 400], 3, replace=False)],
        deals=[bool(rng.integers(2)) for _ in starts],
    )
    days = AS_OF - attested
    reports = (Reports(rng.random(days), rng.random(days) < 0.8) for _ in range(4))
    return replace(problem, looked=Looked(**dict(zip(Looked.__slots__, reports, strict=True))) if looked else None)


def _parameters(rng: np.random.Generator, problem: Problem, draws: int) -> Parameters:
    size, base = problem.catalogue.size, np.log([1 / 300, 0.7, 1 / 30, 1 / 300, 1 / 500, 0.1])
    return Parameters(
        weight=rng.normal(1, 1, (draws, 5, size)),
        unit=rng.lognormal(-2.3, 0.4, draws),
        slope=rng.normal(0.08, 0.05, draws),
        tilt=rng.normal(0.08, 0.05, draws),
        deviation=rng.normal(0, 0.05, (draws, 2, size)),
        base=base + rng.normal(0, 0.7, (draws, len(BASES))),
        pace=rng.normal(0, 0.7, (draws, 2)),
        fraction=rng.normal(0.5, 0.25, draws),
        momentum=rng.normal(0.5, 0.5, (draws, 2)),
        memory=rng.normal(2.5, 1, draws),
        regime_z=rng.normal(0, 1, (draws, 9)),
        duration=np.abs(rng.normal(0.4, 0.2, draws)),
        change=rng.beta(1, 20, draws),
        judgement_sd=np.ones(draws),
    )


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**31), paths=st.integers(1, 3), which=st.integers(0, len(STRUCTURES) - 1))
def test_projections_are_those_of_paths_one_by_one(seed: int, paths: int, which: int) -> None:
    rng = np.random.default_rng(seed)
    problem, structure = _problem(rng, looked=seed % 2 == 0), STRUCTURES[which]
    filtered = filter_states(problem.observations, problem.catalogue)
    given_ = (problem, filtered, _parameters(rng, problem, 25), structure)
    _alike(project(*given_, paths=paths, seed=seed), oracle.project(*given_, paths=paths, seed=seed))


def test_many_draws_are_those_of_paths_one_by_one() -> None:
    """More than come together: the random numbers of a draw depend on its place and path alone."""
    rng = np.random.default_rng(3)
    problem = _problem(rng, looked=True)
    filtered = filter_states(problem.observations, problem.catalogue)
    given_ = (problem, filtered, _parameters(rng, problem, CHUNK + 33), SHIPPED)
    told: list[tuple[int, int]] = []
    found = project(*given_, paths=2, seed=5, report=lambda *done: told.append(done))
    _alike(found, oracle.project(*given_, paths=2, seed=5))
    assert told == [(1, 2), (2, 2)]


def test_the_shipped_case_is_that_of_paths_one_by_one(solved_shipped: Solved) -> None:
    problem, fit = solved_shipped.problem, solved_shipped.fit
    given_ = (problem, fit.density.exposure.filtered, fit.draw(60, 1), SHIPPED)
    _alike(project(*given_, paths=2, seed=7), oracle.project(*given_, paths=2, seed=7))


def _with_row(problem: Problem, indicator: int, level: float, variance: float) -> Problem:
    row = make_observations([(indicator, AS_OF, AS_OF, level, variance)])
    both = {
        name: np.concatenate([getattr(problem.observations, name), getattr(row, name)])
        for name in Observations.__slots__
    }
    return replace(problem, observations=Observations(**both))


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    changes=st.lists(st.tuples(st.integers(0, 4), st.integers(-2, 2), st.floats(0.1, 2.0)), min_size=1, max_size=3),
)
def test_what_is_prepared_gives_the_same_bits(seed: int, changes: list[tuple[int, int, float]]) -> None:
    """One entry after another, of one indicator each, from what was prepared before any."""
    rng = np.random.default_rng(seed)
    problem = _problem(rng, looked=seed % 2 == 0)
    parameters, filtered = _parameters(rng, problem, 20), filter_states(problem.observations, problem.catalogue)
    prepared = prepare(problem, filtered, parameters, SHIPPED, paths=2, seed=seed)
    for indicator, level, variance in changes:
        problem = _with_row(problem, indicator, level, variance)
        filtered = filter_states(problem.observations, problem.catalogue)
        assert prepared.serves(problem)
        found = prepared.project(problem, filtered)
        anew = project(problem, filtered, parameters, SHIPPED, paths=2, seed=seed)
        for name in Projection.__slots__:
            assert getattr(found, name).tobytes() == getattr(anew, name).tobytes()


def test_what_is_prepared_does_not_serve_another_situation() -> None:
    """Another record, day, horizon or what has been looked at: it is projected anew, and right all the same."""
    rng = np.random.default_rng(11)
    problem = _problem(rng, looked=False)
    parameters, filtered = _parameters(rng, problem, 5), filter_states(problem.observations, problem.catalogue)
    prepared = prepare(problem, filtered, parameters, SHIPPED, paths=1, seed=2)
    record = problem.record
    others = (
        replace(problem, as_of=problem.as_of + 1),
        replace(problem, horizons=problem.horizons[:2]),
        replace(problem, record=replace(record, contacts=np.append(record.contacts, problem.as_of))),
        replace(problem, record=replace(record, talks_span=replace(record.talks_span, last=problem.as_of - 90))),
        replace(problem, calendar=replace(problem.calendar, dry_after=20)),
    )
    for other in others:
        assert not prepared.serves(other)
        found = prepared.project(other, filtered)
        anew = project(other, filtered, parameters, SHIPPED, paths=1, seed=2)
        assert found.targets.tobytes() == anew.targets.tobytes()
