"""The chain of talks and the chains with momentum against closed forms, matrix powers, enumeration and simulation."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.chain import ARMS, DEAL, DENUC, LIMITS, S2, S3, S4, propagate_recurrent, propagate_talks
from models.exposure import PACE_FROM, pace_of
from models.spec import Floats

NEVER = 10**6
NO_GAP = np.array([-1])


class Rates(NamedTuple):
    """Intensities of one path."""

    onset: Floats  # (day, framing)
    going_on: Floats  # (day, framing, pace)
    mark: Floats  # (day, framing)


def _constant(days: int, onset: tuple[float, float], going_on: tuple[float, ...], mark: float = 0.0) -> Rates:
    return Rates(
        np.tile(onset, (days, 1)), np.tile(np.array(going_on), (days, 2, 1)).astype(float), np.full((days, 2), mark)
    )


def _random(days: int, seed: int) -> Rates:
    rng = np.random.default_rng(seed)
    return Rates(rng.exponential(0.01, (days, 2)), rng.exponential(0.03, (days, 2, 3)), rng.uniform(0, 0.6, (days, 2)))


def _propagate(
    rates: Rates,
    windows: list[int],
    *,
    since: int = NEVER,
    framing: int = 0,
    dry_after: int = 90,
    gap: int = 0,
    forced: tuple[int, ...] = (),
) -> tuple[Floats, float]:
    known = np.array(forced, dtype=np.int64) if forced else np.full(max(gap, 1), -1)
    one = (rates.onset[None], rates.going_on[None], rates.mark[None])
    out, p_dry = propagate_talks(*one, gap, known, since, framing, dry_after, np.array(windows))
    return out[0], float(p_dry[0])


def _moves(state: tuple[int, int], day: int, rates: Rates, after: int) -> Iterator[tuple[tuple[int, int], int, float]]:
    """(situation of the next day, framing of the meeting or -1, probability). A situation: (days since, framing)."""
    since, framing = state
    dry = since > after
    rate = rates.onset[day] if dry else rates.going_on[day, framing, pace_of(np.array([since]))[0]] * np.eye(2)[framing]
    total = rate.sum()
    yield ((since if dry else since + 1), framing), -1, float(np.exp(-total))
    for f in range(2):
        if rate[f] > 0:
            yield (1, f), f, float(-np.expm1(-total) * rate[f] / total)


def _enumerate(
    rates: Rates, days: int, *, since: int, framing: int, after: int, gap: int, forced: tuple[int, ...] = ()
) -> tuple[Floats, float]:
    """Every state of the full chain by its mass: what happened in the window, and where the chain stands."""
    start = (min(since, after + 1), framing)
    mass: dict[tuple[tuple[int, int], int, bool, bool, bool], float] = {(start, -1, False, False, False): 1.0}
    p_dry = 0.0
    for day in range(gap + days):
        if day == gap:
            p_dry = sum(p for (state, *_), p in mass.items() if state[0] > after)
        later: dict[tuple[tuple[int, int], int, bool, bool, bool], float] = defaultdict(float)
        for (state, first, arms, denuc, deal), p in mass.items():
            if day < gap and forced and forced[day] >= 0:
                later[((1, forced[day]), first, arms, denuc, deal)] += p
                continue
            for after_state, met, q in _moves(state, day, rates, after):
                if met < 0 or day < gap:
                    later[(after_state, first, arms, denuc, deal)] += p * q
                    continue
                seen = (first if first >= 0 else met, arms or met == 0, denuc or met == 1)
                marked = rates.mark[day, met]
                later[(after_state, *seen, True)] += p * q * marked
                later[(after_state, *seen, deal)] += p * q * (1 - marked)
        mass = later
    out = np.zeros(7)
    for (_, first, arms, denuc, deal), p in mass.items():
        out += p * np.array(
            [arms, denuc, first >= 0, deal, first == 0 and not deal, deal, first == 1 and not deal], dtype=float
        )
    return out, p_dry


def test_constant_onset_without_continuation_is_two_competing_exponentials() -> None:
    a, b, windows = 0.004, 0.001, [1, 30, 200]
    out, p_dry = _propagate(_constant(200, (a, b), (0.0, 0.0, 0.0), 0.25), windows)
    for w, days in enumerate(windows):
        any_talks = -np.expm1(-(a + b) * days)
        # The first meeting leads to 90 wet days without another; within 91 days there is at most one.
        assert out[w, LIMITS] == pytest.approx(any_talks, rel=1e-12)
        if days <= 91:
            expected = any_talks * np.array([a, b]) / (a + b)
            assert out[w, [ARMS, DENUC]] == pytest.approx(expected, rel=1e-12)
            assert out[w, DEAL] == pytest.approx(0.25 * any_talks, rel=1e-12)
            assert out[w, [S2, S4]] == pytest.approx(0.75 * expected, rel=1e-12)
    assert p_dry == 1.0


def test_constant_rates_equal_a_power_of_the_transition_matrix() -> None:
    after, days = 60, 150
    rates = _constant(1, (0.003, 0.002), (0.05, 0.02, 0.01))
    places = [(s, f) for f in range(2) for s in range(1, after + 1)] + [(after + 1, 0)]
    index = {place: i for i, place in enumerate(places)}
    step = np.zeros((len(places), len(places)))  # without meetings on arms control, which are absorbing
    for place, i in index.items():
        for (since, framing), met, p in _moves(place, 0, rates, after):
            if met != 0:
                step[i, index[(since, framing) if since <= after else (after + 1, 0)]] += p
    for since, framing in ((1, 0), (20, 1), (after, 1), (NEVER, 0)):
        start = index[(since, framing) if since <= after else (after + 1, 0)]
        avoided = np.linalg.matrix_power(step, days)[start].sum()
        whole = _constant(days, (0.003, 0.002), (0.05, 0.02, 0.01))
        out, _ = _propagate(whole, [days], since=since, framing=framing, dry_after=after)
        assert out[0, ARMS] == pytest.approx(1 - avoided, rel=1e-10)


@pytest.mark.parametrize("since", [0, 1, 14, 15, 45, 46, 50, 51, NEVER])
def test_changing_rates_equal_the_enumeration_of_all_states(since: int) -> None:
    rates, windows = _random(60, since), [1, 7, 60]
    out, _ = _propagate(rates, windows, since=since, framing=1, dry_after=50)
    for w, days in enumerate(windows):
        expected, _ = _enumerate(rates, days, since=max(since, 1), framing=1, after=50, gap=0)
        assert out[w] == pytest.approx(expected, rel=1e-10, abs=1e-15)


@pytest.mark.parametrize("forced", [(), tuple([-1] * 3 + [0] + [-1] * 16), tuple([1] + [-1] * 18 + [0])])
def test_unobserved_days_start_the_window_from_their_mixture(forced: tuple[int, ...]) -> None:
    """Meetings known in the gap are kept, others may have happened; none of them counts in the window."""
    rates = _random(60, 5)
    out, p_dry = _propagate(rates, [10, 40], since=12, framing=1, dry_after=20, gap=20, forced=forced)
    for w, days in enumerate((10, 40)):
        expected, dry = _enumerate(rates, days, since=12, framing=1, after=20, gap=20, forced=forced)
        assert out[w] == pytest.approx(expected, rel=1e-10, abs=1e-15)
        assert p_dry == pytest.approx(dry, rel=1e-10, abs=1e-15)


def test_a_gap_equals_the_mixture_of_starting_points() -> None:
    rates, after = _random(50, 9), 15
    out, p_dry = _propagate(rates, [30], since=NEVER, dry_after=after, gap=20)
    mass: dict[tuple[int, int], float] = {(after + 1, 0): 1.0}
    for day in range(20):
        later: dict[tuple[int, int], float] = defaultdict(float)
        for state, p in mass.items():
            for place, _, q in _moves(state, day, rates, after):
                later[place] += p * q
        mass = later
    rest = Rates(*(part[20:] for part in rates))
    mixed = sum(
        p * _propagate(rest, [30], since=place[0], framing=place[1], dry_after=after)[0][0] for place, p in mass.items()
    )
    assert out[0] == pytest.approx(mixed, rel=1e-10)
    assert p_dry == pytest.approx(sum(p for place, p in mass.items() if place[0] > after), rel=1e-10)


def test_paths_of_events_simulated_one_by_one_agree() -> None:
    """Four standard errors of 200,000 simulated paths."""
    paths, days, after, rng = 200_000, 120, 90, np.random.default_rng(11)
    rates = _constant(days, (0.004, 0.003), (0.04, 0.02, 0.01), 0.2)
    out, _ = _propagate(rates, [days], since=60, framing=1)
    since, framing = np.full(paths, 60), np.ones(paths, dtype=np.int64)
    first, arms, deal = np.full(paths, -1), np.zeros(paths, dtype=bool), np.zeros(paths, dtype=bool)
    pace = np.array([0.04, 0.02, 0.01])
    for _ in range(days):
        dry = since > after
        rate = np.where(dry, 0.007, pace[pace_of(since)])
        met = rng.random(paths) < -np.expm1(-rate)
        kind = np.where(dry, (rng.random(paths) > 4 / 7).astype(np.int64), framing)
        first = np.where(met & (first < 0), kind, first)
        arms |= met & (kind == 0)
        deal |= met & (rng.random(paths) < 0.2)
        since, framing = np.where(met, 1, since + 1), np.where(met, kind, framing)
    shares = {LIMITS: first >= 0, ARMS: arms, DEAL: deal, S2: (first == 0) & ~deal, S3: deal, S4: (first == 1) & ~deal}
    for column, happened in shares.items():
        p = out[0, column]
        assert abs(happened.mean() - p) < 4 * np.sqrt(p * (1 - p) / paths)


def _recurrent(calm: Floats, boost: float, windows: list[int], **start: int) -> Floats:
    since, gap, memory = start.get("since", NEVER), start.get("gap", 0), start.get("memory", 90)
    forced = np.full(max(gap, 1), -1)
    if "forced" in start:
        forced[start["forced"]] = 0
    return propagate_recurrent(calm[None], np.array([boost]), gap, forced, since, memory, np.array(windows))[0]


def _chance(calm: Floats, boost: float, since: int, memory: int) -> float:
    """At least one event over all the days, by the days on which the last event still counts."""
    counted = since + np.arange(len(calm)) <= memory
    return float(-np.expm1(-(calm * np.where(counted, boost, 1.0)).sum()))


@pytest.mark.parametrize("since", [1, 40, 90, 91, NEVER])
def test_momentum_multiplies_the_rate_while_the_last_event_is_recent(since: int) -> None:
    calm = np.random.default_rng(since).exponential(0.01, 120)
    windows = [1, 50, 120]
    expected = [_chance(calm[:w], 3.0, since, 90) for w in windows]
    assert _recurrent(calm, 3.0, windows, since=since) == pytest.approx(expected, rel=1e-11)


def test_unobserved_days_of_a_recurrent_event_are_mixed_over_its_last_day() -> None:
    calm, memory, gap = np.random.default_rng(3).exponential(0.02, 70), 25, 30
    mass: dict[int, float] = {memory + 1: 1.0}
    for day in range(gap):
        later: dict[int, float] = defaultdict(float)
        for since, p in mass.items():
            stay = np.exp(-calm[day] * (2.5 if since <= memory else 1.0))
            later[min(since + 1, memory + 1)] += p * stay
            later[1] += p * (1 - stay)
        mass = later
    mixed = sum(p * _chance(calm[gap:], 2.5, since, memory) for since, p in mass.items())
    assert _recurrent(calm, 2.5, [40], gap=gap, memory=memory)[0] == pytest.approx(mixed, rel=1e-11)


def test_a_known_event_in_the_gap_sets_the_momentum() -> None:
    calm = np.full(60, 0.01)
    known = _recurrent(calm, 4.0, [30], gap=30, memory=20, forced=29)[0]
    assert known == pytest.approx(_chance(calm[30:], 4.0, 1, 20), rel=1e-11)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**31), since=st.integers(0, 120), gap=st.integers(0, 30), scale=st.floats(1e-6, 2.0))
def test_talks_are_coherent_at_any_rates(seed: int, since: int, gap: int, scale: float) -> None:
    rng, days = np.random.default_rng(seed), 80
    rates = Rates(
        scale * rng.exponential(1, (days, 2)), scale * rng.exponential(3, (days, 2, 3)), rng.uniform(0, 1, (days, 2))
    )
    out, p_dry = _propagate(rates, [1, 20, 50], since=since, framing=int(rng.integers(2)), gap=gap)
    assert np.all((out >= 0) & (out <= 1 + 1e-12))
    assert -1e-12 <= p_dry <= 1 + 1e-12
    assert np.all(np.diff(out[:, [LIMITS, ARMS, DENUC, DEAL]], axis=0) >= -1e-12)
    assert np.all(out[:, [ARMS, DENUC, DEAL]] <= out[:, [LIMITS]] + 1e-12)
    assert out[:, [S2, S3, S4]].sum(axis=1) == pytest.approx(out[:, LIMITS], abs=1e-12)


def test_the_paces_of_fit_and_projection_are_the_same() -> None:
    """Continuation of one pace alone leads to talks only on the days of that pace."""
    for pace, first in enumerate(PACE_FROM):
        rate = tuple(0.1 if k == pace else 0.0 for k in range(3))
        rates = _constant(1, (0.0, 0.0), rate)
        for since in range(1, 91):
            talks = _propagate(rates, [1], since=since)[0][0, LIMITS]
            assert (talks > 0) == (pace_of(np.array([since]))[0] == pace), (first, since)
