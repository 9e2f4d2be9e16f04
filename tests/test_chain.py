"""The chain of talks and the chains with momentum against closed forms, matrix powers, enumeration and simulation."""

import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.chain import TalksRates
from paths import propagate_recurrent, propagate_talks

from models.chain import Gap, Situation, dry_paces, wet_paces
from models.exposure import PACE_FROM, pace_of
from models.spec import Floats
from models.talks import ARMS, DEAL, DENUC, LIMITS, S2, S3, S4

NEVER = 10**6


def _constant(
    days: int,
    onset: tuple[float, float],
    going_on: tuple[float, ...],
    mark: float = 0.0,
    *,
    change: float = 0.0,
    after: int = 90,
) -> TalksRates:
    """Rates that neither silence nor memory changes: two constant intensities of onset by framing."""
    dried = len(dry_paces(after, days)) - 1
    total = sum(onset)
    return TalksRates(
        begin=np.full((1, days), total),
        arms=np.full((1, days), onset[0] / total if total else 0.5),
        calm=np.full((1, days), total),
        odds=np.full((1, days), onset[0] / onset[1] if onset[1] else 1.0),
        slow=np.ones((1, dried)),
        pull=np.ones((1, dried)),
        going_on=np.tile(going_on[: len(wet_paces(after))], (1, days, 2, 1)).astype(float),
        change=np.array([change]),
        mark=np.full((1, days), mark),
    )


def _random(days: int, seed: int, after: int = 90, scale: float = 1.0) -> TalksRates:
    rng, dried = np.random.default_rng(seed), len(dry_paces(after, days)) - 1
    return TalksRates(
        begin=scale * rng.exponential(0.02, (1, days)),
        arms=rng.uniform(0, 1, (1, days)),
        calm=scale * rng.exponential(0.02, (1, days)),
        odds=rng.lognormal(0, 1, (1, days)),
        slow=rng.uniform(0.3, 1.5, (1, dried)),
        pull=rng.uniform(1, 12, (1, dried)),
        going_on=scale * rng.exponential(0.03, (1, days, 2, len(wet_paces(after)))),
        change=rng.uniform(0, 0.3, 1),
        mark=rng.uniform(0, 0.6, (1, days)),
    )


def _propagate(
    rates: TalksRates,
    windows: list[int],
    *,
    since: int = NEVER,
    framing: int = 0,
    dry_after: int = 90,
    gap: int = 0,
    forced: tuple[int, ...] = (),
) -> tuple[Floats, float]:
    situation = Situation(
        since=since,
        framing=framing,
        dry_after=dry_after,
        gap=_gap(gap, forced),
        windows=np.array(windows),
    )
    out, p_dry, log_weight = propagate_talks(rates, situation)
    assert log_weight == [0.0]
    return out[0], float(p_dry[0])


def _gap(days: int, forced: tuple[int, ...] = ()) -> Gap:
    """Days of which nobody reports."""
    nobody = np.zeros(days)
    return Gap(
        forced=np.array(forced, dtype=np.int64) if forced else np.full(days, -1),
        reported=nobody,
        teaches=np.zeros(days, dtype=bool),
        sealed=np.zeros(days, dtype=bool),
        sealed_reported=nobody,
    )


class State(NamedTuple):
    """Days since the last meeting, its framing, and whether a meeting fell on the path."""

    since: int
    framing: int
    met: bool = False


def _moves(state: State, day: int, rates: TalksRates, after: int) -> Iterator[tuple[State, int, float]]:
    """(situation of the next day, framing of the meeting or -1, probability).

    Mass that has been dry since before the path meets at its own rate of the day; what dries up on it by pace.
    """
    since, framing, met = state
    if since <= after:
        rate = rates.going_on[0, day, framing, pace_of(np.array([since]))[0]]
        arms = rates.change[0] if framing else 1 - rates.change[0]
    elif met:
        pace = np.searchsorted(dry_paces(after, rates.begin.shape[1]), since, side="right") - 1
        rate = rates.calm[0, day] * rates.slow[0, pace]
        odds = rates.odds[0, day] * rates.pull[0, pace] ** (1 - 2 * framing)
        arms = odds / (1 + odds)
    else:
        rate, arms = rates.begin[0, day], rates.arms[0, day]
    yield State(since + 1, framing, met), -1, float(np.exp(-rate))
    yield State(1, 0, True), 0, float(-np.expm1(-rate) * arms)
    yield State(1, 1, True), 1, float(-np.expm1(-rate) * (1 - arms))


def _enumerate(
    rates: TalksRates, days: int, *, since: int, framing: int, after: int, gap: int, forced: tuple[int, ...] = ()
) -> tuple[Floats, float]:
    """Every state of the full chain by its mass: what happened in the window, and where the chain stands."""
    start = State(since, framing, since <= after)
    mass: dict[tuple[State, int, bool, bool, bool], float] = {(start, -1, False, False, False): 1.0}
    p_dry = 0.0
    for day in range(gap + days):
        if day == gap:
            p_dry = sum(p for (state, *_), p in mass.items() if state.since > after)
        later: dict[tuple[State, int, bool, bool, bool], float] = defaultdict(float)
        for (state, first, arms, denuc, deal), p in mass.items():
            if day < gap and forced and forced[day] >= 0:
                later[(State(1, forced[day], True), first, arms, denuc, deal)] += p
                continue
            for after_state, met, q in _moves(state, day, rates, after):
                if met < 0 or day < gap:
                    later[(after_state, first, arms, denuc, deal)] += p * q
                    continue
                seen = (first if first >= 0 else met, arms or met == 0, denuc or met == 1)
                marked = rates.mark[0, day]
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
    rates = _constant(days, (0.003, 0.002), (0.05, 0.02, 0.01), after=after)
    places = [(s, f) for f in range(2) for s in range(1, after + 1)] + [(after + 1, 0)]
    index = {place: i for i, place in enumerate(places)}
    step = np.zeros((len(places), len(places)))  # without meetings on arms control, which are absorbing
    for (since, framing), i in index.items():
        for state, met, p in _moves(State(since, framing, False), 0, rates, after):
            if met != 0:
                step[i, index[(state.since, state.framing) if state.since <= after else (after + 1, 0)]] += p
    for since, framing in ((1, 0), (20, 1), (after, 1), (NEVER, 0)):
        start = index[(since, framing) if since <= after else (after + 1, 0)]
        avoided = np.linalg.matrix_power(step, days)[start].sum()
        out, _ = _propagate(rates, [days], since=since, framing=framing, dry_after=after)
        assert out[0, ARMS] == pytest.approx(1 - avoided, rel=1e-10)


@pytest.mark.parametrize("since", [0, 1, 14, 15, 45, 46, 50, 51, NEVER])
def test_changing_rates_equal_the_enumeration_of_all_states(since: int) -> None:
    rates, windows = _random(90, since, after=50), [1, 7, 90]
    out, _ = _propagate(rates, windows, since=since, framing=1, dry_after=50)
    for w, days in enumerate(windows):
        expected, _ = _enumerate(rates, days, since=max(since, 1), framing=1, after=50, gap=0)
        assert out[w] == pytest.approx(expected, rel=1e-10, abs=1e-15)


@pytest.mark.parametrize("forced", [(), tuple([-1] * 3 + [0] + [-1] * 16), tuple([1] + [-1] * 18 + [0])])
def test_unobserved_days_start_the_window_from_their_mixture(forced: tuple[int, ...]) -> None:
    """Meetings known in the gap are kept, others may have happened; none of them counts in the window."""
    rates = _random(60, 5, after=20)
    out, p_dry = _propagate(rates, [10, 40], since=12, framing=1, dry_after=20, gap=20, forced=forced)
    for w, days in enumerate((10, 40)):
        expected, dry = _enumerate(rates, days, since=12, framing=1, after=20, gap=20, forced=forced)
        assert out[w] == pytest.approx(expected, rel=1e-10, abs=1e-15)
        assert p_dry == pytest.approx(dry, rel=1e-10, abs=1e-15)


class Days(NamedTuple):
    """What is known of the days of a gap."""

    forced: tuple[int, ...]
    reported: Floats
    sealed: tuple[bool, ...]
    sealed_reported: Floats
    unlearnt: frozenset[int] = frozenset()
    """Days on which what is on file places the chain and teaches nothing."""

    @property
    def gap(self) -> Gap:
        return Gap(
            forced=np.array(self.forced),
            reported=self.reported,
            teaches=np.array([day not in self.unlearnt for day in range(len(self.forced))]),
            sealed=np.array(self.sealed),
            sealed_reported=self.sealed_reported,
        )


def _known_days(days: int, seed: int, meetings: dict[int, int]) -> Days:
    rng = np.random.default_rng(seed)
    forced = tuple(meetings.get(day, -1) for day in range(days))
    sealed = tuple(day in meetings and bool(rng.random() < 0.5) for day in range(days))
    return Days(forced, rng.uniform(0, 1, days), sealed, rng.uniform(0, 1, days))


def _histories(rates: TalksRates, known: Days, start: State, after: int) -> dict[State, float]:
    """Every course of the gap, one by one, weighed by the probability of what is known given it, by where it ends.

    A meeting that teaches nothing is as likely as all that was known before it.
    """
    ends: dict[State, float] = defaultdict(float)
    days = len(known.forced)
    first = max((day + 1 for day in known.unlearnt), default=0)
    begins, before = start, 1.0
    if first:
        earlier = Days(known.forced[: first - 1], *(part[: first - 1] for part in known[1:4]))
        before = sum(_histories(rates, earlier, start, after).values())
        begins = State(1, known.forced[first - 1], True)
    for course in itertools.product((-1, 0, 1), repeat=days - first):
        state, p = begins, before
        for day, met in enumerate(course, first):
            forced, mark = known.forced[day], rates.mark[0, day]
            ((state, q),) = [(later, q) for later, kind, q in _moves(state, day, rates, after) if kind == met]
            if forced >= 0:
                unmarked = 1 - known.sealed_reported[day] * mark
                q *= (met == forced) * (mark if known.sealed[day] else unmarked)
            elif met >= 0:
                q *= 1 - known.reported[day]
            p *= q
            if not p:
                break
        ends[state] += p
    return ends


@pytest.mark.parametrize(
    ("meetings", "unlearnt"),
    [({}, ()), ({3: 0}, ()), ({0: 1, 6: 1}, ()), ({3: 0}, (3,)), ({1: 1, 4: 0, 6: 1}, (4,))],
    ids=["none", "one", "two", "one that teaches nothing", "one of three that teaches nothing"],
)
@pytest.mark.parametrize(("since", "after"), [(NEVER, 90), (4, 90), (18, 20)], ids=["dry", "wet", "drying up"])
def test_reported_shares_weigh_every_course_of_the_gap(
    meetings: dict[int, int], unlearnt: tuple[int, ...], since: int, after: int
) -> None:
    """Meetings go unreported with what is left of the share; those on file teach. Brute force over seven days."""
    days, window, start = 7, 12, State(since, 1, since <= after)
    rates, known = _random(days + window, 7 + len(meetings), after=after), _known_days(days, since, meetings)
    known = known._replace(unlearnt=frozenset(unlearnt))
    situation = Situation(since=since, framing=1, dry_after=after, gap=known.gap, windows=np.array([window]))
    out, p_dry, log_weight = propagate_talks(rates, situation)
    ends = _histories(rates, known, start, after)
    total = sum(ends.values())
    assert log_weight[0] == pytest.approx(np.log(total), abs=1e-9)
    assert p_dry[0] == pytest.approx(sum(p for state, p in ends.items() if state.since > after) / total, abs=1e-9)
    avoided = sum(p * _from(rates, days, window, state, after) for state, p in ends.items()) / total
    assert 1 - out[0, 0, LIMITS] == pytest.approx(avoided, abs=1e-9)


def _from(rates: TalksRates, first: int, days: int, state: State, after: int) -> float:
    """P(no meeting at all) on days that begin later."""
    left = 1.0
    for day in range(first, first + days):
        (state, _, stay), *_ = _moves(state, day, rates, after)
        left *= stay
    return left


def test_what_would_surely_be_known_leaves_silence_alone() -> None:
    """A share of one: the chain stands where it would if the days were attested, and their survival is the weight."""
    days, window, after = 10, 30, 90
    rates = _random(days + window, 3)
    whole = Days((-1,) * days, np.ones(days), (False,) * days, np.zeros(days))
    out, p_dry, log_weight = propagate_talks(
        rates, Situation(since=NEVER, framing=1, dry_after=after, gap=whole.gap, windows=np.array([window]))
    )
    later = replace(
        rates,
        **{name: getattr(rates, name)[:, days:] for name in ("begin", "arms", "calm", "odds", "going_on", "mark")},
    )
    attested, _ = _propagate(later, [window], since=NEVER, framing=1)
    assert out[0] == pytest.approx(attested, rel=1e-12)
    assert p_dry == [1.0]
    assert log_weight[0] == pytest.approx(-rates.begin[0, :days].sum(), rel=1e-12)


def test_every_pace_of_dried_up_mass_is_reached_and_none_is_open() -> None:
    """Mass that meets on the first days of three years passes through each pace; the last has an end beyond them."""
    after, days = 2, 1500
    edges = dry_paces(after, days)
    assert edges[:5].tolist() == [3, 181, 366, 731, 1096]
    assert edges[-1] > days + after >= edges[-2]
    quick = _random(days, 3, after=after, scale=0.05)
    out, _ = _propagate(quick, [days], since=1, framing=0, dry_after=after)
    expected = _avoided(quick, days, State(1, 0, True), after)
    assert 1 - out[0, LIMITS] == pytest.approx(expected, rel=1e-9)


def _avoided(rates: TalksRates, days: int, state: State, after: int) -> float:
    """P(no meeting at all), day by day."""
    left = 1.0
    for day in range(days):
        (state, _, stay), *_ = _moves(state, day, rates, after)
        left *= stay
    return left


def test_paths_of_events_simulated_one_by_one_agree() -> None:
    """Four standard errors of 200,000 simulated paths."""
    paths, days, after, rng = 200_000, 120, 90, np.random.default_rng(11)
    rates = _constant(days, (0.004, 0.003), (0.04, 0.02, 0.01), 0.2, change=0.1)
    out, _ = _propagate(rates, [days], since=60, framing=1)
    since, framing = np.full(paths, 60), np.ones(paths, dtype=np.int64)
    first, arms, deal = np.full(paths, -1), np.zeros(paths, dtype=bool), np.zeros(paths, dtype=bool)
    pace = np.array([0.04, 0.02, 0.01])
    for _ in range(days):
        dry = since > after
        rate = np.where(dry, 0.007, pace[pace_of(since)])
        met = rng.random(paths) < -np.expm1(-rate)
        begun, changed = (rng.random(paths) > 4 / 7).astype(np.int64), rng.random(paths) < 0.1
        kind = np.where(dry, begun, framing ^ changed)
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
    known = [-1] * gap
    if "forced" in start:
        known[start["forced"]] = 0
    days = _gap(gap, tuple(known))
    out, log_weight = propagate_recurrent(
        calm[None], np.array([boost]), days, since=since, memory=memory, windows=np.array(windows)
    )
    assert log_weight == [0.0]
    return out[0]


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
@given(seed=st.integers(0, 2**31), since=st.integers(0, 120), gap=st.integers(0, 30), scale=st.floats(1e-6, 100.0))
def test_talks_are_coherent_at_any_rates(seed: int, since: int, gap: int, scale: float) -> None:
    rates = _random(80, seed, scale=scale)
    out, p_dry = _propagate(rates, [1, 20, 50], since=since, framing=seed % 2, gap=gap)
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


@pytest.mark.parametrize(
    ("known", "unlearnt"),
    [((), ()), ((4,), ()), ((1, 6), ()), ((4,), (4,)), ((1, 4, 6), (4,))],
    ids=["none", "one", "two", "one that teaches nothing", "one of three that teaches nothing"],
)
@pytest.mark.parametrize("since", [NEVER, 2], ids=["quiet", "recent"])
def test_reported_shares_weigh_every_course_of_a_recurrent_gap(
    known: tuple[int, ...], unlearnt: tuple[int, ...], since: int
) -> None:
    """An event lifts the intensity, whether or not it is on file. Brute force over ten days."""
    days, memory, boost = 10, 4, 3.0
    rng = np.random.default_rng(len(known))
    calm, reported = rng.exponential(0.08, days + 6), rng.uniform(0, 1, days)

    def courses(age: int, first: int, last: int) -> dict[int, float]:
        """By the age of the last event, the probability of what is known of days from the first to before the last."""
        ends: dict[int, float] = defaultdict(float)
        for course in itertools.product((False, True), repeat=last - first):
            now, p = age, 1.0
            for day, happened in enumerate(course, first):
                rate = calm[day] * (boost if now <= memory else 1.0)
                p *= -np.expm1(-rate) if happened else np.exp(-rate)
                p *= float(happened) if day in known else 1 - reported[day] if happened else 1.0
                now = 1 if happened else now + 1
            ends[min(now, memory + 1)] += p
        return ends

    ends = courses(since, 0, days)
    if unlearnt:
        (kept,) = unlearnt
        before = sum(courses(since, 0, kept).values())
        ends = {age: before * p for age, p in courses(1, kept + 1, days).items()}
    total = sum(ends.values())
    gap = Gap(
        forced=np.array([0 if day in known else -1 for day in range(days)]),
        reported=reported,
        teaches=~np.isin(np.arange(days), unlearnt),
        sealed=np.zeros(days, dtype=bool),
        sealed_reported=np.zeros(days),
    )
    out, log_weight = propagate_recurrent(
        calm[None], np.array([boost]), gap, since=since, memory=memory, windows=np.array([6])
    )
    avoided = sum(
        p * np.exp(-sum(calm[days + i] * (boost if age + i <= memory else 1.0) for i in range(6)))
        for age, p in ends.items()
    )
    assert log_weight[0] == pytest.approx(np.log(total), abs=1e-9)
    assert 1 - out[0, 0] == pytest.approx(avoided / total, abs=1e-9)
