"""The filters against a dense Gaussian solve and a foreign Kalman filter, and the laws of what is known when."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problems import DAY, make_catalogue, make_observations
from statsmodels.tsa.statespace.kalman_filter import KalmanFilter

from models.spec import FOREVER, Catalogue, Floats, Observations
from models.states import LEVEL_VARIANCE, States, age_rows, filter_again, filter_states

HALF_LIFE = 40.0
DIFFUSE = 1e7
"""Variance of a first row's prior in the dense solve: what it adds to the level is below 1e-6."""

type Row = tuple[int, int, int, float, float]

rows_of = st.lists(
    st.tuples(
        st.integers(0, 300),
        st.integers(0, 60),
        st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 2.0]),
        st.floats(0.1, 30.0),
    ),
    min_size=1,
    max_size=9,
)


def _rows(drawn: list[tuple[int, int, float, float]], indicator: int = 0) -> list[Row]:
    """(entered, days late, level, variance) into rows."""
    return [(indicator, entered - late, entered, level, variance) for entered, late, level, variance in drawn]


def _at(rows: list[Row], day: float, *, known: int | None = None, fades: bool = True, **columns: list[int]) -> States:
    filtered = filter_states(make_observations(rows, **columns), make_catalogue([fades], [HALF_LIFE], [0]))
    last = int(day) if known is None else known
    return filtered.at(np.array([DAY + last]), np.array([DAY + day]))


def _aged(rows: list[Row], *, fades: bool) -> tuple[Floats, Floats, Floats]:
    """Day of entry, level and variance as evidence on that day, sorted by day."""
    rows = sorted(rows, key=lambda row: row[2])
    left = np.array([2 ** (-(entered - observed) / HALF_LIFE) for _, observed, entered, _, _ in rows])
    day, level, variance = (np.array([row[k] for row in rows], dtype=float) for k in (2, 3, 4))
    if fades:
        return day, level / left, (variance + LEVEL_VARIANCE * (1 - left**2)) / left**2
    return day, level, variance + LEVEL_VARIANCE * (1 - left)


def _solve(prior: Floats, across: Floats, own: float, level: Floats, noise: Floats) -> tuple[float, float]:
    """Mean and variance of a level given all others: the textbook conditional of a joint normal."""
    weight = np.linalg.solve(prior + np.diag(noise), across)
    return float(weight @ level), float(own - weight @ across)


def _dense_event(rows: list[Row], day: float) -> tuple[float, float]:
    """A stationary Ornstein-Uhlenbeck level at all days at once."""
    entered, level, noise = _aged(rows, fades=True)
    prior = LEVEL_VARIANCE * 2 ** (-np.abs(np.subtract.outer(entered, entered)) / HALF_LIFE)
    return _solve(prior, LEVEL_VARIANCE * 2 ** (-(day - entered) / HALF_LIFE), LEVEL_VARIANCE, level, noise)


def _toward_cap(variance: float, days: float) -> float:
    """V(t + d) as the design states it."""
    return (
        variance
        if variance > LEVEL_VARIANCE
        else LEVEL_VARIANCE - (LEVEL_VARIANCE - variance) * 2 ** (-days / HALF_LIFE)
    )


def _dense_state(rows: list[Row], day: float) -> tuple[float, float]:
    """A random walk with the increments of the schedule, its first level diffuse."""
    entered, level, noise = _aged(rows, fades=False)
    # Increments are fixed by the schedule of variances, which the levels do not enter.
    variance, walked = noise[0], [0.0]
    for k in range(1, len(entered)):
        ahead = _toward_cap(variance, entered[k] - entered[k - 1])
        walked.append(walked[-1] + ahead - variance)
        variance = ahead * noise[k] / (ahead + noise[k])
    last = walked[-1] + _toward_cap(variance, day - entered[-1]) - variance
    path = np.array(walked)
    prior = DIFFUSE + np.minimum.outer(path, path)
    return _solve(prior, DIFFUSE + path, DIFFUSE + last, level, noise)


@settings(max_examples=60, deadline=None)
@given(drawn=rows_of, beyond=st.integers(0, 200))
def test_an_event_indicator_equals_a_dense_gaussian_solve(
    drawn: list[tuple[int, int, float, float]], beyond: int
) -> None:
    rows = _rows(drawn)
    day = max(row[2] for row in rows) + beyond + 0.5
    found = _at(rows, day)
    assert (found.mean[0, 0], found.variance[0, 0]) == pytest.approx(_dense_event(rows, day), rel=1e-9, abs=1e-11)


@settings(max_examples=60, deadline=None)
@given(drawn=rows_of, beyond=st.integers(0, 200))
def test_a_state_indicator_equals_a_dense_gaussian_solve(
    drawn: list[tuple[int, int, float, float]], beyond: int
) -> None:
    """The dense solve loses nine digits to the diffuse prior; rows of one day enter in the filter's own order."""
    rows = sorted(_rows(drawn), key=lambda row: (row[2], row[3], row[4]))
    day = max(row[2] for row in rows) + beyond
    found = _at(rows, day, fades=False)
    assert (found.mean[0, 0], found.variance[0, 0]) == pytest.approx(_dense_state(rows, day), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("fades", [True, False])
def test_a_foreign_kalman_filter_agrees(fades: bool) -> None:
    rng = np.random.default_rng(4)
    rows = _rows([(int(d), 0, float(rng.integers(-2, 3)), float(rng.uniform(0.1, 2))) for d in range(0, 600, 13)])
    entered, level, noise = _aged(rows, fades=fades)
    filtered = filter_states(make_observations(rows), make_catalogue([fades], [HALF_LIFE], [0]))
    if fades:
        first = (0.0, LEVEL_VARIANCE)
        moved = np.diff(entered, append=entered[-1] + 1)
        left = 2 ** (-moved / HALF_LIFE)
        spread = LEVEL_VARIANCE * (1 - left**2)
    else:
        first, left = (float(level[0]), DIFFUSE), np.ones(len(level))
        ahead = [_toward_cap(v, 13) for v in filtered.variance[:-1]]
        spread = np.append(ahead - filtered.variance[:-1], 0.0)
    other = KalmanFilter(k_endog=1, k_states=1)
    other.bind(level[None, :].copy())
    other["design"], other["selection"] = np.ones((1, 1)), np.ones((1, 1))
    other["transition"], other["state_cov"] = left[None, None, :], spread[None, None, :]
    other["obs_cov"] = noise[None, None, :]
    other.initialize_known(np.array([first[0]]), np.array([[first[1]]]))
    result = other.filter()
    assert filtered.mean == pytest.approx(result.filtered_state[0], rel=1e-6, abs=1e-6)
    assert filtered.variance == pytest.approx(result.filtered_state_cov[0, 0], rel=1e-6)


@pytest.mark.parametrize("fades", [True, False])
def test_a_row_known_late_weighs_less(fades: bool) -> None:
    late = [0, 1, 10, 100, 1000]
    rows = make_observations([(0, 1000 - days, 1000, 2.0, 0.25) for days in late])
    _, variance = age_rows(rows, make_catalogue([fades], [HALF_LIFE], [0]))
    assert variance[0] == 0.25
    assert np.all(np.diff(variance) > 0)


def test_a_late_row_of_an_event_says_what_the_level_of_its_day_says_now() -> None:
    """Known at once and left to fade, or known only now: for a single row the two are the same knowledge."""
    for days in (1, 10, 100):
        at_once = _at([(0, 0, 0, 2.0, 0.25)], days, known=days, fades=True)
        late = _at([(0, 0, days, 2.0, 0.25)], days, known=days, fades=True)
        assert late.mean[0, 0] == pytest.approx(at_once.mean[0, 0], rel=1e-9)
        assert late.variance[0, 0] == pytest.approx(at_once.variance[0, 0], rel=1e-9)


def test_a_late_row_of_a_state_has_drifted_by_unknown_steps() -> None:
    rows = make_observations([(0, 0, 10**5, 2.0, 0.25)])
    level, variance = age_rows(rows, make_catalogue([False], [HALF_LIFE], [0]))
    assert (level[0], variance[0]) == (2.0, pytest.approx(LEVEL_VARIANCE + 0.25))


def test_before_its_first_row_an_indicator_is_inactive() -> None:
    for fades in (True, False):
        before = _at([(0, 40, 50, 2.0, 0.5)], 49, fades=fades)
        assert (before.mean[0, 0], before.variance[0, 0], before.active[0, 0]) == (0.0, 0.0, False)
        assert _at([(0, 40, 50, 2.0, 0.5)], 50, fades=fades).active[0, 0]


def test_a_state_known_worse_than_the_cap_keeps_its_variance() -> None:
    for days in (0, 10, 5000):
        assert _at([(0, 0, 0, 1.0, 25.0)], days, known=0, fades=False).variance[0, 0] == 25.0
    assert _at([(0, 0, 0, 1.0, 0.3)], 10**5, known=0, fades=False).variance[0, 0] == pytest.approx(LEVEL_VARIANCE)


@pytest.mark.parametrize("fades", [True, False])
def test_rows_of_one_day_in_any_order_are_one_update(fades: bool) -> None:
    same_day = [(0, 10, 10, 2.0, 0.5), (0, 10, 10, -1.0, 1.0), (0, 10, 10, 1.0, 0.25)]
    found = [
        _at([(0, 0, 0, 0.0, 1.0), *(same_day[i] for i in order)], 12, fades=fades) for order in ((0, 1, 2), (2, 0, 1))
    ]
    assert found[0].mean.tobytes() == found[1].mean.tobytes()
    precision = sum(1 / v for *_, v in same_day)
    pooled = (0, 10, 10, sum(y / v for *_, y, v in same_day) / precision, 1 / precision)
    at_once = _at([(0, 0, 0, 0.0, 1.0), pooled], 12, fades=fades)
    assert found[0].mean[0, 0] == pytest.approx(at_once.mean[0, 0], rel=1e-12)
    assert found[0].variance[0, 0] == pytest.approx(at_once.variance[0, 0], rel=1e-12)


BASE: list[Row] = [(0, 0, 0, 1.0, 0.5), (0, 20, 20, -2.0, 0.5), (0, 40, 40, 2.0, 0.5)]


@pytest.mark.parametrize("fades", [True, False])
def test_a_retraction_acts_from_its_day_and_then_as_if_the_row_had_never_been(fades: bool) -> None:
    ever = {"until": [10**5, 60, 10**5]}  # the second row is withdrawn on day 60
    for day in (0, 19, 20, 45, 59):
        _same(_at(BASE, day, fades=fades, **ever), _at(BASE, day, fades=fades))
    for day in (60, 61, 300):
        _same(_at(BASE, day, fades=fades, **ever), _at([BASE[0], BASE[2]], day, fades=fades))


@pytest.mark.parametrize("fades", [True, False])
def test_a_revision_refilters_the_past_from_its_day(fades: bool) -> None:
    revised = (0, 20, 20, 1.0, 0.25)
    both, columns = [*BASE, revised], {"since": [0, 20, 40, 50], "until": [10**5, 50, 10**5, 10**5]}
    _same(_at(both, 49, fades=fades, **columns), _at(BASE, 49, fades=fades))
    _same(_at(both, 50, fades=fades, **columns), _at([BASE[0], revised, BASE[2]], 50, fades=fades))


def test_a_withdrawal_of_the_only_row_leaves_the_indicator_inactive() -> None:
    assert not _at([BASE[0]], 60, until=[50]).active[0, 0]
    assert _at([BASE[0]], 49, until=[50]).active[0, 0]


def _same(one: States, other: States) -> None:
    for name in ("mean", "variance", "active"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


@settings(max_examples=40, deadline=None)
@given(drawn=rows_of, later=rows_of, known=st.integers(0, 300), fades=st.booleans())
def test_no_row_acts_before_it_is_known(
    drawn: list[tuple[int, int, float, float]],
    later: list[tuple[int, int, float, float]],
    known: int,
    fades: bool,
) -> None:
    rows, after = _rows(drawn), _rows([(known + 1 + entered, *rest) for entered, *rest in later])
    kept = [row for row in rows if row[2] <= known] or [(0, 0, known, 1.0, 1.0)]
    _same(_at([*kept, *after], known + 30, known=known, fades=fades), _at(kept, known + 30, known=known, fades=fades))


def test_many_indicators_at_once_equal_one_at_a_time() -> None:
    rng, size = np.random.default_rng(8), 7
    catalogue = make_catalogue(rng.random(size) < 0.5, rng.uniform(20, 400, size), [0] * size)
    rows = [
        (int(rng.integers(size)), int(d) - 5, int(d), float(rng.integers(-2, 3)), float(rng.uniform(0.1, 3)))
        for d in rng.integers(0, 900, 200)
    ]
    days = DAY + np.arange(0, 1000, 17)
    together = filter_states(make_observations(rows), catalogue).at(days, days.astype(float))
    for i in range(size):
        one = Catalogue(
            catalogue.names[i : i + 1], *(getattr(catalogue, n)[i : i + 1] for n in ("fades", "half_life", "lag"))
        )
        alone = filter_states(make_observations([(0, *row[1:]) for row in rows if row[0] == i]), one).at(
            days, days.astype(float)
        )
        assert np.array_equal(alone.mean[:, 0], together.mean[:, i])
        assert np.array_equal(alone.variance[:, 0], together.variance[:, i])


@settings(max_examples=100, deadline=None)
@given(data=st.data(), seed=st.integers(0, 10**6))
def test_filtering_some_indicators_again_equals_filtering_all_to_the_last_bit(data: st.DataObject, seed: int) -> None:
    """Of rows that are replaced again and again, so that tracks come and go."""
    rng, size = np.random.default_rng(seed), 4
    catalogue = make_catalogue(rng.random(size) < 0.5, rng.uniform(0.5, 400, size), [0] * size)

    def drawn(n: int) -> Observations:
        entered = DAY + rng.integers(0, 3000, n)
        ends = entered + rng.integers(1, 500, n)
        return Observations(
            indicator=rng.integers(0, size, n),
            observed=entered - rng.integers(0, 30, n),
            entered=entered,
            since=entered,
            until=np.where(rng.random(n) < 0.2, ends, FOREVER),
            level=rng.integers(-2, 3, n).astype(float),
            variance=rng.uniform(0.1, 4, n),
        )

    before, others = drawn(data.draw(st.integers(0, 40))), drawn(data.draw(st.integers(0, 40)))
    changed = frozenset(data.draw(st.sets(st.integers(0, size - 1))))
    parts = [(before, [i not in changed for i in before.indicator]), (others, [i in changed for i in others.indicator])]
    now = Observations(
        **{
            each.name: np.concatenate([getattr(rows, each.name)[np.array(kept, dtype=bool)] for rows, kept in parts])
            for each in fields(Observations)
        }
    )
    found, expected = filter_again(filter_states(before, catalogue), now, changed), filter_states(now, catalogue)
    for name in ("first_track", "key", "track", "entered", "mean", "variance"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), strict=True)
    assert [each.tolist() for each in found.track_of] == [each.tolist() for each in expected.track_of]


def _many(n: int, size: int = 19) -> tuple[Observations, Catalogue]:
    rng = np.random.default_rng(1)
    entered = np.sort(rng.integers(0, 12_000, n))
    rows = Observations(
        indicator=rng.integers(0, size, n),
        observed=DAY + entered,
        entered=DAY + entered,
        since=DAY + entered,
        until=np.full(n, 3_000_000),
        level=rng.integers(-2, 3, n).astype(float),
        variance=rng.uniform(0.1, 2, n),
    )
    return rows, make_catalogue([True, False] * (size // 2) + [True], [90.0] * size, [0] * size)


@pytest.mark.slow
def test_a_million_rows_are_filtered() -> None:
    """How the time grows with the rows is measured by `benchmarks.filters`."""
    filtered = filter_states(*_many(1_000_000))
    now = np.array([DAY + 12_000])
    variance = filtered.at(now, now.astype(float)).variance
    assert np.all((variance > 0) & (variance < LEVEL_VARIANCE / 10))  # four rows a day leave little to wonder about
