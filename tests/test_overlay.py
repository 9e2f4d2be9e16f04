"""What is supposed of levels, against the projection path by path, dense Gaussian solves and the filter itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import projection as oracle
from problems import DAY, NO_OBSERVATIONS, SHIPPED, make_catalogue, make_observations, make_problem

from models.ahead import Ahead, look_ahead
from models.deviations import Deviations, deviations
from models.overlay import Happening, Held, LevelPath, Overlay, Seen, level_paths, overlaid
from models.parameters import Parameters
from models.processes import BASE, BASES, PROCESSES, RECURRENT
from models.projection import CHUNK, Prepared, Projection, prepare, project
from models.spec import FOREVER, FRAMINGS, TARGETS, Bools, Floats, Ints, Looked, Observations, Problem, Record, Reports
from models.states import LEVEL_VARIANCE, States, filter_states, predict
from models.structure import Structure

AS_OF = DAY + 999
GRID = 7
FADES, HALF_LIFE, LAG = (True, False, True, False, False), (30.0, 90.0, 400.0, 180.0, 60.0), (0, 30, 7, 0, 1)
ABOVE, SILENT = 3, 4
"""Indicators of which the variance is above the cap, and of which nothing is on file."""
HORIZONS = (1, 30, 75, 110)
STRUCTURES = (SHIPPED, Structure(moment_term=True), Structure(regime=False), Structure(indicators=False))


def _problem(seed: int, *, attested: int = 20, wet: bool = True, horizons: Sequence[int] = HORIZONS) -> Problem:
    """As of a day of talks or without, with so many days before it that are attested of nothing."""
    rng, end = np.random.default_rng(seed), 999
    rows = [
        (i, int(day), int(day) + 3, float(rng.integers(-2, 3)), float(rng.uniform(0.2, 1.5)))
        for i in (0, 1, 2)
        for day in rng.integers(800, 997, 3)
    ]
    rows.append((ABOVE, 900, 990, 1.0, 3.5))
    problem = make_problem(
        [(700, 701, 0), (970 if wet else 705, 970 if wet else 705, seed % 2)],
        [400, 950],
        [880],
        attested=end - attested,
        observations=make_observations(rows),
        catalogue=make_catalogue(FADES, HALF_LIFE, LAG),
        horizons=horizons,
    )
    reports = (Reports(rng.random(attested), rng.random(attested) < 0.8) for _ in range(4))
    return replace(problem, looked=Looked(**dict(zip(Looked.__slots__, reports, strict=True))))


def _parameters(seed: int, problem: Problem, draws: int) -> Parameters:
    rng, size = np.random.default_rng(seed), problem.catalogue.size
    return Parameters(
        weight=rng.normal(1, 1, (draws, 5, size)),
        unit=rng.lognormal(-2.3, 0.4, draws),
        slope=rng.normal(0.08, 0.05, draws),
        tilt=rng.normal(0.08, 0.05, draws),
        deviation=rng.normal(0, 0.05, (draws, 2, size)),
        base=np.log([1 / 300, 0.7, 1 / 30, 1 / 300, 1 / 500, 0.1]) + rng.normal(0, 0.7, (draws, len(BASES))),
        pace=rng.normal(0, 0.7, (draws, 2)),
        fraction=rng.normal(0.5, 0.25, draws),
        momentum=rng.normal(0.5, 0.5, (draws, 2)),
        memory=rng.normal(2.5, 1, draws),
        regime_z=rng.normal(0, 1, (draws, 9)),
        duration=np.abs(rng.normal(0.4, 0.2, draws)),
        change=rng.beta(1, 20, draws),
        judgement_sd=np.ones(draws),
    )


def _prepared(
    problem: Problem, seed: int = 1, draws: int = 12, paths: int = 2, structure: Structure = SHIPPED
) -> Prepared:
    filtered = filter_states(problem.observations, problem.catalogue)
    return prepare(problem, filtered, _parameters(seed, problem, draws), structure, paths=paths, seed=seed)


def _projected(prepared: Prepared) -> Projection:
    given_ = (prepared.problem, prepared.filtered, prepared.parameters, prepared.structure)
    return project(*given_, paths=prepared.paths, seed=prepared.seed)


def _apart(a: Projection, b: Projection) -> float:
    return max(float(np.abs(getattr(a, name) - getattr(b, name)).max()) for name in Projection.__slots__)


def test_with_nothing_supposed_it_is_the_projection_bit_for_bit() -> None:
    for seed, structure in enumerate(STRUCTURES):
        prepared = _prepared(_problem(seed, attested=7 * seed, wet=seed % 2 == 0), seed, structure=structure)
        found, known = prepared.overlaid(Overlay()), _projected(prepared)
        for name in Projection.__slots__:
            assert getattr(found, name).tobytes() == getattr(known, name).tobytes()
        assert np.all(found.foreseen == 1.0)


@dataclass(frozen=True, slots=True)
class _Days:
    """A level day by day from the as-of date on: by a step a day, its deviations linear between days of the grid."""

    mean: Floats  # (day,)
    variance: Floats
    known: Bools
    away: Floats  # (draw, day)


def _free(problem: Problem, i: int, mean: float, variance: float, days: int) -> Floats:
    """Mean and variance, (2, day), of a level that goes on by itself, one day after another."""
    out = [(mean, variance)]
    for _ in range(days):
        m, v = predict(
            np.array(out[-1][0]),
            np.array(out[-1][1]),
            np.array(1.0),
            problem.catalogue.fades[i],
            problem.catalogue.half_life[i],
        )
        out.append((float(m), float(v)))
    return np.array(out).T


def _goes_on(problem: Problem, i: int, of: tuple[int, float, float], last: int, noise: Floats) -> _Days:
    """From a day on which its mean and variance are known; noise (draw, grid day)."""
    origin, mean, variance = of
    means, variances = _free(problem, i, mean, variance, last - origin)
    nodes = [origin, *range(origin - origin % GRID + GRID, last + 1, GRID)]
    away, at = np.zeros((len(noise), last + 1)), np.sqrt(variance) * noise[:, origin // GRID]
    away[:, origin] = at
    for before, node in pairwise(nodes):
        left = 0.5 ** ((node - before) / HALF_LIFE[i]) if FADES[i] else 1.0
        new = variances[node - origin] - left**2 * variances[before - origin]
        later = left * at + np.sqrt(max(new, 0.0)) * noise[:, node // GRID]
        for day in range(before, node + 1):
            away[:, day] = at + (later - at) * (day - before) / (node - before)
        at = later
    empty = np.zeros(origin)
    return _Days(
        np.concatenate([empty, means]), np.concatenate([empty, variances]), np.arange(last + 1) >= origin, away
    )


def _level_by_hand(problem: Problem, now: States, i: int, held: Sequence[Held], last: int, noise: Floats) -> _Days:
    """Stretches joined: each that is set begins where its first day is, whatever was before."""
    mine = sorted((one for one in held if one.indicator == i), key=lambda one: one.first)
    zero = np.zeros(last + 1)
    whole = _Days(zero, zero, zero > 0, np.zeros((len(noise), last + 1)))
    if now.active[0, i]:
        whole = _goes_on(problem, i, (0, float(now.mean[0, i]), float(now.variance[0, i])), last, noise)
    for one in mine:
        first, end = one.first - AS_OF, min(one.last - AS_OF, last)
        after = _goes_on(problem, i, (end, one.level, 0.0), last, noise)
        on, then = slice(first, end + 1), slice(end + 1, None)
        joined = replace(whole, **{name: getattr(whole, name).copy() for name in _Days.__slots__})
        joined.mean[on], joined.variance[on], joined.known[on], joined.away[:, on] = one.level, 0.0, True, 0.0
        for old, new in zip(
            *([getattr(each, name) for name in _Days.__slots__] for each in (joined, after)), strict=True
        ):
            old[..., then] = new[..., then]
        whole = joined
    return whole


def _by_hand(prepared: Prepared, held: Sequence[Held]) -> Projection:
    """Path by path as `oracles.projection`, which follows the chains, from levels that are made up day by day."""
    problem, par, structure = prepared.problem, prepared.parameters, prepared.structure
    r = problem.record
    first = 1 + min(problem.as_of, r.talks_span.last, r.contact_span.last, r.crisis_span.last)
    ahead = oracle._look_ahead(problem, prepared.filtered, first)
    steps, size = -(-(int(ahead.days[-1]) - AS_OF) // GRID), problem.catalogue.size
    regime = oracle._regime_paths(problem, par, structure, ahead, prepared.paths, prepared.seed)
    now = prepared.filtered.at(np.array([AS_OF]), np.array([float(AS_OF)]))
    found = []
    for path, seeds in enumerate(np.random.SeedSequence(prepared.seed).spawn(prepared.paths)):
        noise = np.random.default_rng(seeds).standard_normal((steps + 1, len(par.unit), size)).transpose(2, 1, 0)
        levels = [_level_by_hand(problem, now, i, held, steps * GRID, noise[i]) for i in range(size)]
        eta = _predictors(prepared, ahead, levels, regime[path])
        talks, p_dry, log_weight = oracle._talk(problem, ahead, par, eta, structure)
        (contact, of_contact), (crisis, of_crisis) = (
            oracle._recur(problem, ahead, np.exp(eta[kind]), par.momentum[:, k], kind)
            for k, kind in enumerate(RECURRENT)
        )
        found.append((*oracle._collect(talks, contact, crisis), p_dry, log_weight + of_contact + of_crisis))
    targets, scenarios, p_dry, log_weight = (np.mean(each, axis=0) for each in zip(*found, strict=True))
    return Projection(targets, scenarios, p_dry, log_weight, np.ones(len(p_dry)))


def _predictors(prepared: Prepared, ahead: oracle._Path, levels: list[_Days], regime: Floats) -> dict[str, Floats]:
    """Log intensity or log odds, (draw, day): up to the as-of date of what the filter says, after it of the levels."""
    problem, par, structure, out = prepared.problem, prepared.parameters, prepared.structure, {}
    for process in PROCESSES:
        if process.base not in BASE:
            continue
        states, sums = ahead.lagged if process.lagged else ahead.fresh, np.zeros((len(par.unit), len(ahead.days)))
        effect = np.einsum("t,dti->di", np.array(process.effect), par.effect) * structure.indicators
        for i, level in enumerate(levels):
            at = ahead.days - (problem.catalogue.lag[i] if process.lagged else 0) - AS_OF
            mine, later = effect[:, i, None], np.clip(at, 0, None)
            simulated = mine * (level.mean + level.away)
            if not structure.moment_term:
                simulated = simulated - 0.5 * mine**2 * level.variance
            sums += np.where(at > 0, simulated[:, later], mine * states.mean[:, i])
        scale = getattr(par, process.scale)[:, None] if process.scale else 1.0
        out[process.name] = scale * sums + par.base[:, BASE[process.base], None]
        if structure.has_regime(process):
            out[process.name] += regime
    return out


def _held(indicator: int, level: float, first: int, days: int | None) -> Held:
    last = FOREVER if days is None else AS_OF + first + days - 1
    return Held(indicator=indicator, level=level, first=AS_OF + first, last=last)


_HELD = st.lists(
    st.builds(
        _held,
        st.integers(0, 4),
        st.floats(-2, 2),
        st.one_of(st.just(1), st.integers(1, 90)),
        st.one_of(st.none(), st.integers(1, 60)),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda one: (one.indicator, one.first),
).map(tuple)


@settings(max_examples=25, deadline=None)
@given(held=_HELD, seed=st.integers(0, 50), which=st.integers(0, len(STRUCTURES) - 1))
def test_levels_that_are_set_are_those_of_paths_one_by_one(held: tuple[Held, ...], seed: int, which: int) -> None:
    """At once or later, for good or for a while, one after another, with a lag or without, on file or not."""
    prepared = _prepared(_problem(seed, attested=seed % 30, wet=seed % 3 > 0), seed, structure=STRUCTURES[which])
    assert _apart(prepared.overlaid(Overlay(held=held)), _by_hand(prepared, held)) < 1e-9


def test_nothing_set_by_hand_is_the_projection() -> None:
    """So that what is held to it is held to something."""
    prepared = _prepared(_problem(5), 5)
    assert _apart(_projected(prepared), _by_hand(prepared, ())) < 1e-11


@pytest.mark.parametrize("indicator", range(5))
def test_windows_before_a_level_is_set_are_untouched(indicator: int) -> None:
    prepared = _prepared(_problem(2), 2)
    known = _projected(prepared)
    held = (_held(indicator, 2.0, 40, None), _held(indicator, -2.0, 60, 3))
    found = prepared.overlaid(Overlay(held=held))
    for name in ("targets", "scenarios"):
        apart = np.abs(getattr(found, name) - getattr(known, name)).max(axis=(0, 1))
        assert apart[:2].max() < 1e-12
        assert apart[2:].min() > 1e-6
    assert found.log_weight == pytest.approx(known.log_weight, abs=1e-12)


def _expected(problem: Problem, overlay: Overlay) -> tuple[Ahead, Ahead]:
    """States on the days ahead as they are, and as they are supposed."""
    ahead = look_ahead(problem, filter_states(problem.observations, problem.catalogue))
    return ahead, overlaid(problem, ahead, level_paths(problem, ahead, overlay))


@pytest.mark.parametrize("indicator", range(5))
def test_a_level_that_is_let_go_goes_on_from_where_it_was(indicator: int) -> None:
    """By its own law from a level that is known; with a lag, continuation sees all of it that much later."""
    problem = _problem(3)
    before, after = _expected(problem, Overlay(held=(_held(indicator, 1.5, 10, 21),)))
    lag = LAG[indicator]
    for states, known, delay in ((after.fresh, before.fresh, 0), (after.lagged, before.lagged, lag)):
        since = before.days - AS_OF - delay
        mean, variance, active = (getattr(states, name)[:, indicator] for name in States.__slots__)
        early, on, later = since < 10, (since >= 10) & (since <= 30), since > 30
        assert mean[early] == pytest.approx(known.mean[early, indicator], abs=1e-12)
        assert variance[early] == pytest.approx(known.variance[early, indicator], abs=1e-12)
        assert np.array_equal(active[early], known.active[early, indicator])
        assert np.all(mean[on] == 1.5)
        assert np.all(variance[on] == 0.0)
        elapsed, fades = (since[later] - 30).astype(np.float64), np.array(FADES[indicator])
        expected = predict(np.array(1.5), np.array(0.0), elapsed, fades, HALF_LIFE[indicator])
        assert mean[later] == pytest.approx(expected[0], abs=1e-12)
        assert variance[later] == pytest.approx(expected[1], abs=1e-12)
        assert np.all(active[on | later])
    others = np.arange(5) != indicator
    for name in States.__slots__:
        assert np.array_equal(getattr(after.fresh, name)[:, others], getattr(before.fresh, name)[:, others])


def test_of_two_levels_set_on_the_same_day_the_one_named_last_holds() -> None:
    prepared = _prepared(_problem(3), 3)
    both = Overlay(held=(_held(0, -1.0, 5, 20), _held(0, 2.0, 5, None)))
    assert _apart(prepared.overlaid(both), prepared.overlaid(Overlay(held=both.held[1:]))) < 1e-12


_FAR = 60
"""Days over which paths are solved densely."""


def _seen(indicator: int, ahead: int, level: float = 1.5, variance: float = 0.3) -> Seen:
    return Seen(indicator=indicator, day=AS_OF + ahead, level=level, variance=variance)


def _dense(problem: Problem, i: int, of: tuple[int, float, float], seen: Sequence[Seen]) -> tuple[Floats, Floats]:
    """Mean (day,) and covariance (day, day) of a level from a day on, given what is seen: all days are solved at once.

    A day is what is left of the one before and an increment of its own: level = L increments.
    """
    origin, mean, variance = of
    means, variances = _free(problem, i, mean, variance, _FAR - origin)
    left = 0.5 ** (1 / HALF_LIFE[i]) if FADES[i] else 1.0
    new = np.diff(variances, prepend=0.0)
    new[1:] = variances[1:] - left**2 * variances[:-1]
    apart = np.subtract.outer(np.arange(len(means)), np.arange(len(means)))
    root = np.where(apart >= 0, left ** np.maximum(apart, 0), 0.0)
    free = root @ np.diag(new) @ root.T
    pick = np.zeros((len(seen), len(means)))
    pick[np.arange(len(seen)), [one.day - AS_OF - origin for one in seen]] = 1.0
    told = pick @ free @ pick.T + np.diag([one.variance for one in seen])
    gain = np.linalg.solve(told, pick @ free).T
    news = np.array([one.level for one in seen]) - pick @ means
    return means + gain @ news, free - gain @ pick @ free


def _path(problem: Problem, *what: Seen | Held) -> LevelPath:
    filtered = filter_states(problem.observations, problem.catalogue)
    overlay = Overlay(
        seen=tuple(one for one in what if isinstance(one, Seen)),
        held=tuple(one for one in what if isinstance(one, Held)),
    )
    (path,) = level_paths(problem, look_ahead(problem, filtered), overlay)
    return path


def _today(problem: Problem, i: int) -> tuple[int, float, float]:
    now = filter_states(problem.observations, problem.catalogue).at(np.array([AS_OF]), np.array([float(AS_OF)]))
    return 0, float(now.mean[0, i]), float(now.variance[0, i])


_LOOKS = st.lists(st.tuples(st.integers(1, _FAR), st.floats(-2, 2), st.floats(0.05, 2)), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(indicator=st.integers(0, ABOVE), looks=_LOOKS, seed=st.integers(0, 20))
def test_what_is_seen_moves_the_path_on_either_side_as_all_days_solved_at_once(
    indicator: int, looks: list[tuple[int, float, float]], seed: int
) -> None:
    """Of a level that fades or holds, with a variance below the cap or above; also several on one day."""
    problem, seen = _problem(seed), [_seen(indicator, *one) for one in looks]
    assert _today(problem, ABOVE)[2] > LEVEL_VARIANCE
    mean, variance, known = _path(problem, *seen).at(AS_OF + np.arange(1, _FAR + 1))
    expected, covariance = _dense(problem, indicator, _today(problem, indicator), seen)
    assert mean == pytest.approx(expected[1:], abs=1e-9)
    assert variance == pytest.approx(np.diag(covariance)[1:], abs=1e-9)
    assert np.all(known == 1)


def _filter_with(problem: Problem, seen: Sequence[Seen], days: Ints) -> States:
    """What the filter says on some days had what is seen entered on its day."""
    new = make_observations([(one.indicator, one.day - DAY, one.day - DAY, one.level, one.variance) for one in seen])
    rows = problem.observations
    both = {name: np.concatenate([getattr(rows, name), getattr(new, name)]) for name in Observations.__slots__}
    return filter_states(Observations(**both), problem.catalogue).at(days, days.astype(float))


def _is_filtered(problem: Problem, seen: Sequence[Seen], days: Ints) -> None:
    mean, variance, known = _path(problem, *seen).at(days)
    expected, i = _filter_with(problem, seen, days), seen[0].indicator
    assert mean == pytest.approx(expected.mean[:, i], abs=1e-9)
    assert variance == pytest.approx(expected.variance[:, i], abs=1e-9)
    assert np.all(known == 1)


@settings(max_examples=30, deadline=None)
@given(indicator=st.sampled_from(np.flatnonzero(FADES).tolist()), looks=_LOOKS, filed=st.booleans())
def test_after_what_is_seen_a_level_that_fades_goes_on_as_the_filter_has_it(
    indicator: int, looks: list[tuple[int, float, float]], filed: bool
) -> None:
    """With something on file or nothing: its law is the same whenever one looks."""
    problem = _problem(4) if filed else replace(_problem(4), observations=NO_OBSERVATIONS)
    last = AS_OF + max(day for day, _, _ in looks)
    _is_filtered(problem, [_seen(indicator, *one) for one in looks], last + np.arange(50))


@pytest.mark.parametrize("indicator", np.flatnonzero(~np.array(FADES)))
def test_when_it_is_seen_a_level_that_holds_is_where_the_filter_has_it(indicator: int) -> None:
    """On that day. Later the filter, of a level it knows better, expects it to move more than it did today."""
    seen = _seen(indicator, 20)
    _is_filtered(_problem(4), [seen], np.array([seen.day]))
    later = np.array([seen.day + 50])
    filtered = _filter_with(_problem(4), [seen], later).variance[0, indicator]
    assert indicator == SILENT or _path(_problem(4), seen).at(later)[1][0] < filtered


@pytest.mark.parametrize("indicator", range(5))
def test_an_indicator_with_nothing_on_file_begins_as_the_filter_begins_it(indicator: int) -> None:
    seen = _seen(indicator, 20)
    _is_filtered(replace(_problem(4), observations=NO_OBSERVATIONS), [seen], seen.day + np.arange(80))


def test_of_an_indicator_without_anything_on_file_nothing_is_known_before_it_is_seen() -> None:
    _, after = _expected(_problem(4), Overlay(seen=(_seen(SILENT, 20), _seen(SILENT, 40))))
    early = after.days < AS_OF + 20
    assert not after.fresh.active[early, SILENT].any()
    assert np.all(after.fresh.variance[early, SILENT] == 0.0)
    assert after.fresh.active[~early, SILENT].all()
    assert not after.lagged.active[after.days < AS_OF + 20 + LAG[SILENT], SILENT].any()


def _has_law(found: Deviations, expected: Floats, first: int) -> None:
    """Mean, variance and covariance on the days of its own from one on; 5 errors at most."""
    mine = (found.days >= AS_OF + first) & (found.days <= AS_OF + _FAR)
    nodes, away = found.days[mine] - AS_OF - first, found.away[mine, 0]
    expected = expected[np.ix_(nodes, nodes)]
    sd, draws = np.sqrt(np.diag(expected)), away.shape[1]
    assert np.all(np.abs(away.mean(axis=1)) < 5 * sd / np.sqrt(draws) + 1e-12)
    error = np.sqrt((np.outer(sd, sd) ** 2 + expected**2) / draws)
    assert np.all(np.abs(np.cov(away) - expected) < 5 * error + 1e-12)


@pytest.mark.parametrize("indicator", range(4))
@pytest.mark.parametrize("days", [(9,), (7, 23), (4, 30, 30, 41)])
def test_simulated_deviations_have_the_law_of_the_path_given_what_is_seen(
    indicator: int, days: tuple[int, ...]
) -> None:
    """On the days of the grid and on those on which it is seen, which are days of its own."""
    problem, noise = _problem(6), np.random.default_rng(indicator).standard_normal((1, 1 + -(-_FAR // GRID), 20_000))
    seen = [_seen(indicator, day, variance=0.1 + 0.2 * k) for k, day in enumerate(days)]
    found = deviations(problem, _path(problem, *seen), noise, AS_OF + _FAR - 5, (3, 0))
    assert set(days) <= set((found.days - AS_OF).tolist())
    assert np.all(np.diff(found.days) > 0)
    _has_law(found, _dense(problem, indicator, _today(problem, indicator), seen)[1], 0)


@pytest.mark.parametrize("indicator", range(5))
def test_after_a_level_is_let_go_its_deviations_have_the_law_given_what_is_seen_then(indicator: int) -> None:
    problem, noise = _problem(6), np.random.default_rng(9).standard_normal((1, 1 + -(-_FAR // GRID), 20_000))
    later = _seen(indicator, 39), _seen(indicator, 49, variance=0.1)
    path = _path(problem, _held(indicator, -1.0, 12, 9), *later)
    found = deviations(problem, path, noise, AS_OF + _FAR - 5, (3, 0))
    _has_law(found, _dense(problem, indicator, (20, -1.0, 0.0), later)[1], 20)


def test_deviations_are_nothing_where_a_level_is_set_and_before_it_is_known() -> None:
    problem, noise = _problem(6), np.random.default_rng(1).standard_normal((2, 17, 30))
    path = _path(problem, _held(SILENT, 1.0, 12, 9))
    found = deviations(problem, path, noise, AS_OF + 110, (3, 0))
    day = AS_OF + np.arange(111)
    away = np.stack([np.interp(day, found.days, one) for one in found.away.reshape(len(found.days), -1).T])
    assert np.all(away[:, :21] == 0.0)
    assert np.all(np.abs(away[:, 21:].std(axis=0)) > 0)


def test_what_is_seen_tomorrow_is_nearly_what_became_known_today() -> None:
    prepared = _prepared(_problem(8), 8, draws=200, paths=20)
    for i in range(4):
        _, mean, variance = _today(prepared.problem, i)
        gain = variance / (variance + 0.3)
        today = prepared.suppose(i, mean + gain * (1.5 - mean), variance * (1 - gain))
        tomorrow = prepared.overlaid(Overlay(seen=(_seen(i, 1),)))
        for name in ("targets", "scenarios"):
            apart = (getattr(today, name) - getattr(tomorrow, name)).mean(axis=0)
            assert np.abs(apart).max() < 1e-3
        assert np.all(tomorrow.foreseen == 1.0)


def test_a_level_seen_without_error_on_every_day_is_one_that_is_set() -> None:
    problem = _problem(8)
    mean, variance, _ = _path(problem, *(_seen(1, day, 0.7, 1e-9) for day in range(1, 31))).at(AS_OF + np.arange(1, 31))
    assert mean == pytest.approx(0.7, abs=1e-6)
    assert variance == pytest.approx(0.0, abs=1e-8)


@pytest.mark.parametrize("indicator", [0, 1, ABOVE, SILENT])
def test_what_is_seen_tells_of_the_stretch_it_lies_in_alone(indicator: int) -> None:
    """A level that is set hides what was before and tells nothing; one that is let go is seen from there."""
    problem, day = _problem(9), AS_OF + np.arange(1, _FAR + 1)
    held, early = _held(indicator, -1.0, 20, 11), (_seen(indicator, 8),) if indicator != SILENT else ()
    during, later = _seen(indicator, 25), (_seen(indicator, 40), _seen(indicator, 52, -0.5))
    mean, variance, known = _path(problem, held, *early, during, *later).at(day)
    if early:
        expected, covariance = _dense(problem, indicator, _today(problem, indicator), early)
        assert mean[:19] == pytest.approx(expected[1:20], abs=1e-9)
        assert variance[:19] == pytest.approx(np.diag(covariance)[1:20], abs=1e-9)
    else:
        assert not known[:19].any()
    assert np.all(mean[19:30] == -1.0)
    assert np.all(variance[19:30] == 0.0)
    expected, covariance = _dense(problem, indicator, (30, -1.0, 0.0), later)
    assert mean[30:] == pytest.approx(expected[1:], abs=1e-9)
    assert variance[30:] == pytest.approx(np.diag(covariance)[1:], abs=1e-9)


def _happening(kind: str, ahead: int, framing: int = 0, *, seen: bool = False) -> Happening:
    return Happening(kind=kind, day=AS_OF + ahead, framing=framing, seen=seen)


def test_many_suppositions_are_each_what_it_is_by_itself() -> None:
    prepared = _prepared(_problem(10), 10)
    some = (
        Overlay(),
        Overlay(held=(_held(0, 2.0, 1, None),)),
        Overlay(seen=(_seen(1, 20), _seen(SILENT, 9)), happening=(_happening("talks", 30, 1),)),
        Overlay(held=(_held(2, -1.0, 10, 20),), happening=(_happening("crisis", 0, seen=True),)),
        Overlay(),
    )
    for one, found in zip(some, prepared.overlaid_each(some), strict=True):
        assert _apart(found, prepared.overlaid(one)) < 1e-12


_TALKS = [TARGETS.index(name) for name in ("arms_control_talks", "denuclearisation_talks", "limits_talks", "deal")]
_CONTACT, _CRISIS = TARGETS.index("contact"), TARGETS.index("crisis")


def test_events_leave_the_chains_of_other_events_as_they_were() -> None:
    prepared = _prepared(_problem(11), 11)
    known = _projected(prepared)
    for kind, others in (
        ("talks", [_CONTACT, _CRISIS]),
        ("contact", [*_TALKS, _CRISIS]),
        ("crisis", [*_TALKS, _CONTACT]),
    ):
        for ahead in (0, 1, 40):
            found = prepared.overlaid(Overlay(happening=(_happening(kind, ahead),)))
            assert found.targets[:, others].tobytes() == known.targets[:, others].tobytes()
            assert found.targets.tobytes() != known.targets.tobytes()
            assert np.all(found.foreseen == 1.0)
            assert found.scenarios.sum(axis=1) == pytest.approx(1.0, abs=1e-12)


def test_the_order_in_which_events_are_named_does_not_matter() -> None:
    prepared = _prepared(_problem(11), 11)
    some = (_happening("talks", 9), _happening("contact", 3, seen=True), _happening("talks", 2, 1, seen=True))
    found, other = (prepared.overlaid(Overlay(happening=each)) for each in (some, some[::-1]))
    assert _apart(found, other) == 0.0


@pytest.mark.parametrize("wet", [True, False])
@pytest.mark.parametrize("kind", ["talks", "contact", "crisis"])
def test_an_event_seen_today_is_one_that_went_on_file(kind: str, wet: bool) -> None:
    problem = _problem(12, wet=wet)
    assert problem.looked is not None
    teaches = {name: getattr(problem.looked, name).teaches.copy() for name in Looked.__slots__}
    for each in teaches.values():
        each[-1] = True
    looked = Looked(**{name: Reports(getattr(problem.looked, name).share, teaches[name]) for name in teaches})
    problem = replace(problem, looked=looked)
    prepared, record = _prepared(problem, 12), problem.record
    filed = {
        "talks": _met_today(record),
        "contact": replace(record, contacts=np.append(record.contacts, AS_OF)),
        "crisis": replace(record, crises=np.append(record.crises, AS_OF)),
    }
    expected = _projected(replace(prepared, problem=replace(problem, record=filed[kind])))
    found = prepared.overlaid(Overlay(happening=(_happening(kind, 0, 1 if kind == "talks" else 0, seen=True),)))
    assert found.targets == pytest.approx(expected.targets, abs=1e-12)
    assert found.scenarios == pytest.approx(expected.scenarios, abs=1e-12)
    assert found.log_weight + np.log(found.foreseen) == pytest.approx(expected.log_weight, abs=1e-10)


def _met_today(record: Record) -> Record:
    meetings = record.meetings
    return replace(
        record,
        meetings=replace(
            meetings,
            started=np.append(meetings.started, AS_OF),
            ended=np.append(meetings.ended, AS_OF),
            framing=np.append(meetings.framing, 1),
            deal=np.append(meetings.deal, False),
        ),
    )


def test_an_event_tomorrow_is_foreseen_as_the_window_of_tomorrow_says() -> None:
    prepared = _prepared(_problem(13), 13, paths=3)
    known = _projected(prepared)
    tomorrow = [("contact", 0, _CONTACT), ("crisis", 0, _CRISIS)]
    tomorrow += [("talks", framing, TARGETS.index(f"{name}_talks")) for framing, name in enumerate(FRAMINGS)]
    for kind, framing, target in tomorrow:
        found = prepared.overlaid(Overlay(happening=(_happening(kind, 1, framing, seen=True),)))
        assert found.foreseen == pytest.approx(known.targets[:, target, 0], rel=1e-9)


@pytest.mark.parametrize("first", ["talks", "contact"])
def test_of_two_events_seen_tomorrow_one_is_foreseen_given_the_other(first: str) -> None:
    """P(both) = P(one) P(the other | one) along the one path of a draw."""
    prepared = _prepared(_problem(14, horizons=(1, 30)), 14, paths=1)
    events = {"talks": _happening("talks", 1, seen=True), "contact": _happening("contact", 1, seen=True)}
    target = {"contact": TARGETS.index("arms_control_talks"), "talks": _CONTACT}[first]
    both = prepared.overlaid(Overlay(happening=tuple(events.values()))).foreseen
    one = prepared.overlaid(Overlay(happening=(events[first],)))
    assert both == pytest.approx(one.foreseen * one.targets[:, target, 0], rel=1e-9)
    assert one.scenarios.sum(axis=1) == pytest.approx(1.0, abs=1e-12)


def test_what_is_seen_ahead_weighs_draws_and_none_of_their_paths() -> None:
    """Levels learn nothing of outcomes: the model is cut between them, and paths are paths of levels."""
    prepared = _prepared(_problem(14, horizons=(1, 30)), 14, paths=4)
    seen, done = (prepared.overlaid(Overlay(happening=(_happening("talks", 1, seen=each),))) for each in (True, False))
    assert np.array_equal(seen.targets, done.targets)
    assert (seen.foreseen < 1).all()
    assert (done.foreseen == 1).all()


def test_what_is_supposed_of_draws_does_not_depend_on_those_that_come_later() -> None:
    problem = _problem(15, horizons=(1, 40))
    many = _prepared(problem, 15, draws=CHUNK + 12, paths=1)
    few = prepare(problem, many.filtered, many.parameters.take(slice(CHUNK)), SHIPPED, paths=1, seed=15)
    overlay = Overlay(
        held=(_held(0, 1.0, 5, 10),), seen=(_seen(1, 20), _seen(SILENT, 9)), happening=(_happening("talks", 9),)
    )
    found, alone = many.overlaid(overlay), few.overlaid(overlay)
    for name in Projection.__slots__:
        assert getattr(found, name)[:CHUNK].tobytes() == getattr(alone, name).tobytes()


@settings(max_examples=15, deadline=None)
@given(
    which=st.integers(0, 4), held=_HELD, looks=st.lists(st.tuples(st.integers(1, 130), st.floats(-2, 2)), max_size=2)
)
def test_what_is_supposed_of_one_indicator_leaves_how_others_deviate(
    which: int, held: tuple[Held, ...], looks: list[tuple[int, float]]
) -> None:
    """One without any effect may be supposed to be what it will, beside others of which something is supposed."""
    prepared = _prepared(_problem(16), 16)
    weight, deviation = prepared.parameters.weight.copy(), prepared.parameters.deviation.copy()
    weight[..., which], deviation[..., which] = 0.0, 0.0
    idle = replace(prepared.parameters, weight=weight, deviation=deviation)
    prepared = prepare(prepared.problem, prepared.filtered, idle, SHIPPED, paths=2, seed=16)
    beside = Overlay(seen=(_seen((which + 1) % 5, 12),), held=(_held((which + 2) % 5, 1.0, 3, 20),))
    more = tuple(replace(one, indicator=which) for one in held)
    seen = tuple(_seen(which, *one) for one in looks)
    found = prepared.overlaid(replace(beside, held=beside.held + more, seen=beside.seen + seen))
    assert _apart(found, prepared.overlaid(beside)) < 1e-12
    assert _apart(prepared.overlaid(Overlay(held=more, seen=seen)), _projected(prepared)) < 1e-12


@pytest.mark.parametrize("last", [1, 35, 40])
@pytest.mark.parametrize("indicator", [0, 1, SILENT])
def test_what_lies_beyond_the_last_day_changes_nothing_but_by_what_it_tells(indicator: int, last: int) -> None:
    """To be seen then, a level on file has moved already; to be set then, or seen for the first time, none has."""
    prepared = _prepared(_problem(17, horizons=(last,)), 17)
    known = _projected(prepared)
    for ahead in (last, last + 1, last + 2, last + GRID, last + GRID + 1, 4000):
        seen = prepared.overlaid(Overlay(seen=(_seen(indicator, ahead),)))
        assert np.all(np.isfinite(seen.targets))
        assert (_apart(seen, known) > 1e-12) == (
            ahead == last or (indicator != SILENT and (ahead < 4000 or not FADES[indicator]))
        )
        if ahead > last:
            held = _held(indicator, 2.0, ahead, None)
            assert _apart(prepared.overlaid(Overlay(held=(held,))), known) < 1e-12
