"""The chains through events that are supposed, against the same chains day by day, one state after another."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.chain import Gap, Situation, TalksRates, dry_paces, wet_paces
from models.exposure import MOMENTUM_DAYS, NEVER
from models.happenings import follow_recurrent_through, follow_talks_through
from models.known import Recurrence
from models.lanes import LANES
from models.overlay import Happening
from models.spec import FRAMINGS, Floats, Ints
from models.talks import ARMS, CALM, DEAL, DENUC, GOING_ON, LIMITS, MARK, ODDS, S2, S3, S4, TALKS_OUTPUTS, TO_ARMS
from models.talks import BEGIN as DRY

AS_OF = 5000
AHEAD = 12
"""Days of windows of talks: every one of them is asked for."""
EVERY = np.arange(1, AHEAD + 1)

type Story = tuple[int, bool, bool, bool]
"""What a window has seen: the framing of its first meeting or -1, either framing at all, a deal."""
type Mass = dict[tuple[int, int, Story], Floats]
"""(lane,) by days since the last meeting, 0 where talks were dry before the path, its framing and what has happened."""
BLANK: Story = (-1, False, False, False)


@dataclass(frozen=True, slots=True)
class Talks:
    """What is given of talks."""

    rates: TalksRates
    situation: Situation


def _gap(rng: np.random.Generator, days: int) -> Gap:
    happened = rng.random(days) < rng.choice([0.0, 0.3])
    return Gap(
        forced=np.where(happened, rng.integers(0, 2, days), -1),
        reported=rng.random(days) * rng.choice([0.0, 1.0]),
        teaches=rng.random(days) < 0.7,
        sealed=rng.random(days) < 0.3,
        sealed_reported=rng.random(days),
    )


def _talks(seed: int, since: int = 3, after: int = 6, gap: int = 2, windows: Ints = EVERY) -> Talks:
    rng = np.random.default_rng(seed)
    days, paces = gap + AHEAD, len(wet_paces(after))
    daily = rng.exponential(0.1, (days, GOING_ON + 2 * paces, LANES))
    for row in (TO_ARMS, MARK):
        daily[:, row] = rng.uniform(0, 0.7, (days, LANES))
    daily[:, ODDS] = rng.lognormal(0, 1, (days, LANES))
    dried = len(dry_paces(after, days)) - 1
    rates = TalksRates(
        daily=daily,
        slow=rng.uniform(0.3, 1.5, (dried, LANES)),
        pull=rng.uniform(0.2, 5, (2, dried, LANES)),
        change=rng.uniform(0, 0.3, LANES),
    )
    known = _gap(rng, gap)
    return Talks(rates, Situation(since=since, framing=seed % 2, dry_after=after, gap=known, windows=windows))


def _meets(talks: Talks, t: int, since: int, framing: int) -> tuple[Floats, Floats]:
    """P(a meeting on a day of the path), and P(it is on arms control)."""
    rates, after = talks.rates, talks.situation.dry_after
    today, starts = rates.daily[t], wet_paces(after)
    if since == 0:
        return -np.expm1(-today[DRY]), today[TO_ARMS]
    if since <= after:
        pace = int(np.sum(starts <= since)) - 1
        rate = today[GOING_ON + framing * len(starts) + pace]
        return -np.expm1(-rate), rates.change if framing else 1 - rates.change
    pace = int(np.sum(dry_paces(after, len(rates.daily)) <= since)) - 1
    odds = today[ODDS] * rates.pull[framing, pace]
    return -np.expm1(-today[CALM] * rates.slow[pace]), odds / (1 + odds)


def _add(mass: Mass, since: int, framing: int, story: Story, more: Floats) -> None:
    key = since, framing, story
    mass[key] = mass[key] + more if key in mass else more


def _day(talks: Talks, t: int, mass: Mass) -> tuple[Mass, Mass]:
    """What meets nobody on a day, and what does, by the framing of that meeting."""
    left: Mass = {}
    met: Mass = {}
    for (since, framing, story), share in mass.items():
        meets, arms = _meets(talks, t, since, framing)
        _add(left, since + (since > 0), framing, story, share * (1 - meets))
        _add(met, 1, 0, story, share * meets * arms)
        _add(met, 1, 1, story, share * meets * (1 - arms))
    return left, met


def _told(met: Mass, mark: Floats) -> Mass:
    """What has met, with the meeting and perhaps a deal in its story."""
    told: Mass = {}
    for (since, framing, (first, arms, denuc, deal)), share in met.items():
        story = framing if first < 0 else first, arms or framing == 0, denuc or framing == 1
        _add(told, since, framing, (*story, True), share if deal else share * mark)
        if not deal:
            _add(told, since, framing, (*story, False), share * (1 - mark))
    return told


def _all(mass: Mass) -> Floats:
    return np.sum([np.zeros(LANES), *mass.values()], axis=0)


def _of(mass: Mass, framing: int) -> Floats:
    return _all({key: share for key, share in mass.items() if key[1] == framing})


def _known_day(talks: Talks, t: int, mass: Mass) -> Mass:
    """A day of the gap: what is known of it leaves the mass that agrees with it."""
    gap, mark = talks.situation.gap, talks.rates.daily[t, MARK]
    left, met = _day(talks, t, mass)
    framing = int(gap.forced[t])
    if framing < 0:
        for (since, last, story), share in met.items():
            _add(left, since, last, story, share * (1 - gap.reported[t]))
        return left
    agrees = _of(met, framing) * (mark if gap.sealed[t] else 1 - gap.sealed_reported[t] * mark)
    return {(1, framing, BLANK): agrees if gap.teaches[t] else _all(mass)}


def _through_gap(talks: Talks, days: int) -> Mass:
    """Mass that agrees with what is known of the first days of the gap."""
    situation = talks.situation
    long = situation.since > situation.dry_after
    mass: Mass = {(0 if long else max(situation.since, 1), 0 if long else situation.framing, BLANK): np.ones(LANES)}
    for t in range(days):
        mass = _known_day(talks, t, mass)
    return mass


def _likelihood(talks: Talks, supposed: Sequence[Happening] = ()) -> Floats:
    """P(what is known of the gap and each meeting that is seen): all else is left out of the mass on the way."""
    gap = talks.situation.gap
    on = {gap.days - 1 + one.day - AS_OF: one for one in supposed}
    mass = _through_gap(talks, gap.days - 1)
    for t in range(gap.days - 1, len(talks.rates.daily)):
        left, met = _day(talks, t, mass)
        one = on.get(t)
        if one is not None and one.seen:
            unknown = 1 - gap.sealed_reported[t] * talks.rates.daily[t, MARK] if t < gap.days else 1.0
            mark = talks.rates.daily[t, MARK] if one.deal else unknown
            mass = {(1, one.framing, BLANK): _of(met, one.framing) * mark}
            continue
        if t < gap.days:
            mass = _known_day(talks, t, mass)
        else:
            mass = left
            for (since, framing, story), share in met.items():
                _add(mass, since, framing, story, share)
        if one is not None:
            mass = {(1, one.framing, BLANK): _all(mass)}
    return _all(mass)


def _simulated(talks: Talks, supposed: Sequence[Happening] = ()) -> tuple[Floats, Floats]:
    """What windows bring, day by day, and P(dry): a supposed meeting takes the place of all the day might have."""
    situation, days = talks.situation, talks.situation.gap.days
    mass = _through_gap(talks, days)
    held = _all(mass)
    mass = {key: share / held for key, share in mass.items()}
    p_dry = _all({key: share for key, share in mass.items() if not 0 < key[0] <= situation.dry_after})
    out = []
    for one in supposed:
        if one.day == AS_OF:
            mass = {(1, one.framing, BLANK): np.ones(LANES)}
    for ahead in range(1, AHEAD + 1):
        left, met = _day(talks, days - 1 + ahead, mass)
        mark = talks.rates.daily[days - 1 + ahead, MARK]
        for one in supposed:
            if one.day == AS_OF + ahead:
                left, met, mark = {}, {}, np.ones(LANES) if one.deal else mark
                for (_, _, story), share in mass.items():
                    _add(met, 1, one.framing, story, share)
        for (since, framing, story), share in _told(met, mark).items():
            _add(left, since, framing, story, share)
        mass = left
        out.append(_happened(mass))
    return np.array(out)[situation.windows - 1], p_dry


def _happened(mass: Mass) -> Floats:
    """(7, lane) of the stories that have come true."""
    out = np.zeros((TALKS_OUTPUTS, LANES))
    for (_, _, (first, arms, denuc, deal)), share in mass.items():
        true = {ARMS: arms, DENUC: denuc, LIMITS: first >= 0, DEAL: deal, S3: deal}
        true |= {S2: first == 0 and not deal, S4: first == 1 and not deal}
        for which, holds in true.items():
            out[which] += share * holds
    return out


def _follow(talks: Talks, *supposed: Happening) -> tuple[Floats, Floats, Floats, Floats]:
    return follow_talks_through(talks.rates, talks.situation, supposed, AS_OF)


def _meeting(ahead: int, framing: int = 0, *, deal: bool = False, seen: bool = False) -> Happening:
    return Happening(kind="talks", day=AS_OF + ahead, framing=framing, deal=deal, seen=seen)


def _unmet_today(talks: Talks) -> Talks:
    """The same with no meeting on file of the as-of date, so that one may be supposed."""
    gap = talks.situation.gap
    forced = gap.forced.copy()
    forced[-1] = -1
    return replace(talks, situation=replace(talks.situation, gap=replace(gap, forced=forced)))


_MEETINGS = st.lists(
    st.builds(_meeting, st.integers(0, AHEAD), st.integers(0, 1), deal=st.booleans(), seen=st.booleans()),
    max_size=3,
    unique_by=lambda one: one.day,
).map(lambda some: sorted(some, key=lambda one: one.day))
_TALKS = st.builds(
    _talks,
    st.integers(0, 2**31),
    since=st.sampled_from([0, 1, 3, 14, 20, 40, NEVER]),
    after=st.sampled_from([1, 4, 16]),
    gap=st.integers(1, 4),
).map(_unmet_today)


@settings(max_examples=60, deadline=None)
@given(talks=_TALKS, supposed=_MEETINGS)
def test_talks_through_supposed_meetings_are_those_of_every_state_day_by_day(
    talks: Talks, supposed: list[Happening]
) -> None:
    """All seven outputs in every window, whatever is on file of the days before and whatever is seen."""
    out, p_dry, log_weight, seen = _follow(talks, *supposed)
    expected, dry = _simulated(talks, supposed)
    assert out == pytest.approx(expected, rel=1e-10, abs=1e-12)
    assert p_dry == pytest.approx(dry, rel=1e-10, abs=1e-12)
    known = _likelihood(talks)
    assert log_weight == pytest.approx(np.log(known), rel=1e-9, abs=1e-11)
    assert seen == pytest.approx(np.log(_likelihood(talks, supposed) / known), rel=1e-9, abs=1e-11)


@pytest.mark.parametrize("days", [(0,), (1,), (6,), (AHEAD,), (0, 1), (0, AHEAD), (1, 2), (4, 9), (AHEAD - 1, AHEAD)])
@pytest.mark.parametrize("framings", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_one_meeting_or_two_on_any_day_with_a_deal_and_without(
    days: tuple[int, ...], framings: tuple[int, int]
) -> None:
    """On the as-of date, the day after, in the middle and on the last day; also one day after another."""
    talks = _unmet_today(_talks(7 + days[0], since=40))
    for deals in product((False, True), repeat=len(days)):
        supposed = [_meeting(*at, deal=deal) for *at, deal in zip(days, framings, deals, strict=False)]
        assert _follow(talks, *supposed)[0] == pytest.approx(_simulated(talks, supposed)[0], rel=1e-10, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(talks=_TALKS, supposed=_MEETINGS)
def test_windows_cohere_whatever_is_supposed(talks: Talks, supposed: list[Happening]) -> None:
    """Scenarios of talks add up, what has happened stays so, and a meeting is certain in the windows that hold it."""
    out = _follow(talks, *supposed)[0]
    assert out[:, LIMITS] == pytest.approx(out[:, S2] + out[:, S3] + out[:, S4], abs=1e-13)
    lasting = out[:, [ARMS, DENUC, LIMITS, DEAL]]
    assert np.diff(lasting, axis=0).min() > -1e-14
    assert out.min() > -1e-14
    assert out.max() < 1 + 1e-14
    for one in supposed:
        ahead = one.day - AS_OF
        holds = (ahead <= EVERY) & (ahead > 0)
        for sure in (ARMS + one.framing, LIMITS, *([DEAL, S3] if one.deal else [])):
            assert np.all(out[holds, sure] == 1.0)


@settings(max_examples=40, deadline=None)
@given(talks=_TALKS, supposed=_MEETINGS.filter(len))
def test_windows_that_end_before_a_meeting_are_untouched(talks: Talks, supposed: list[Happening]) -> None:
    """To the last bit; nothing that comes later changes them either."""
    for k, one in enumerate(supposed):
        before = one.day > AS_OF + EVERY
        found, without = _follow(talks, *supposed)[0], _follow(talks, *supposed[:k])[0]
        assert found[before].tobytes() == without[before].tobytes()


@settings(max_examples=15, deadline=None)
@given(talks=_TALKS, chosen=st.lists(st.integers(1, AHEAD), min_size=1, max_size=4, unique=True))
def test_a_window_does_not_depend_on_those_asked_for_beside_it(talks: Talks, chosen: list[int]) -> None:
    supposed, few = (_meeting(0), _meeting(1, 1)), np.array(sorted(chosen))
    found = _follow(replace(talks, situation=replace(talks.situation, windows=few)), *supposed)[0]
    assert found.tobytes() == _follow(talks, *supposed)[0][few - 1].tobytes()


@settings(max_examples=30, deadline=None)
@given(talks=_TALKS, day=st.integers(1, AHEAD))
def test_chances_of_seeing_a_first_meeting_add_up_to_what_the_window_says(talks: Talks, day: int) -> None:
    """Those of both framings are at least that of a first one on the day, and no more tomorrow; a deal is a mark."""
    found = [np.exp(_follow(talks, _meeting(day, framing, seen=True))[3]) for framing in range(len(FRAMINGS))]
    sealed = [np.exp(_follow(talks, _meeting(day, framing, deal=True, seen=True))[3]) for framing in range(2)]
    mark = talks.rates.daily[talks.situation.gap.days - 1 + day, MARK]
    assert np.array(sealed) == pytest.approx(np.array(found) * mark, rel=1e-9)
    first = np.diff(_follow(talks)[0][:, LIMITS], axis=0, prepend=0.0)[day - 1]
    assert np.all(sum(found) > first - 1e-13)
    if day == 1:
        assert sum(found) == pytest.approx(first, rel=1e-9, abs=1e-13)


def test_meetings_that_are_not_seen_say_nothing_of_the_rates() -> None:
    talks = _unmet_today(_talks(3, gap=4))
    assert talks.situation.gap.learnt
    for supposed in ((), (_meeting(0),), (_meeting(5),), (_meeting(0), _meeting(1, 1)), (_meeting(2), _meeting(9))):
        assert np.all(_follow(talks, *supposed)[3] == 0.0)


def test_a_meeting_that_cannot_be_is_not_foreseen_and_followed_all_the_same() -> None:
    talks = _unmet_today(_talks(4, since=NEVER))
    talks.rates.daily[:, DRY] = 0.0
    out, _, _, seen = _follow(talks, _meeting(3, seen=True), _meeting(5, 1, seen=True))
    assert np.all(seen == -np.inf)
    assert np.all(np.isfinite(out))


def _recurrence(rng: np.random.Generator, since: int, days: int) -> Recurrence:
    gap = _gap(rng, days)
    forced = np.minimum(gap.forced, 0)
    forced[-1] = -1
    return Recurrence(begin=0, since=since, gap=replace(gap, forced=forced))


def _one_day(calm: Floats, boost: Floats, mass: Floats) -> tuple[Floats, Floats]:
    """What has no event on a day, (days since the last one, lane), and what has; the last row is those longer ago."""
    boosted = np.arange(len(mass))[:, None] <= MOMENTUM_DAYS
    happens = -np.expm1(-calm * np.where(boosted, boost, 1.0)) * mass
    quiet = np.zeros(mass.shape)
    quiet[1:] = (mass - happens)[:-1]
    quiet[-1] += (mass - happens)[-1]
    return quiet, happens.sum(axis=0)


def _recurred(
    calm: Floats, boost: Floats, known: Recurrence, supposed: Sequence[Happening]
) -> tuple[Floats, Floats, Floats]:
    """P(an event in every window), P(what is known of the gap), and that with the events that are seen."""
    gap, on = known.gap, {one.day - AS_OF: one for one in supposed}
    free = np.zeros((MOMENTUM_DAYS + 2, LANES))
    free[min(known.since, len(free) - 1)] = 1.0
    quiet, untouched, out = (
        free,
        np.zeros(0),
        [],
    )  # free goes on whatever happens; untouched, with nothing in the window
    for t in range(len(calm)):
        one, inside = on.get(t - gap.days + 1), t >= gap.days
        quiet, happens = _one_day(calm[t], boost, free)
        evidence = quiet.copy()
        evidence[1] += happens * (1.0 if inside else 1 - gap.reported[t])
        if not inside and gap.forced[t] >= 0:
            evidence[:] = 0.0
            evidence[1] = happens if gap.teaches[t] else free.sum(axis=0)
        if inside:
            untouched = np.zeros_like(free) if one is not None else _one_day(calm[t], boost, untouched)[0]
            out.append(1 - untouched.sum(axis=0))
        if t == gap.days - 1:
            held = evidence.sum(axis=0)
            untouched = evidence / held
        if one is not None:
            total = happens if one.seen else evidence.sum(axis=0)
            evidence[:] = 0.0
            evidence[1] = total
            if not inside:
                untouched = evidence / total
        free = evidence
    return np.array(out), held, free.sum(axis=0)


_DAYS = st.one_of(st.sampled_from([0, 1, 2, 90, 91, 92, 120]), st.integers(0, 120))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    since=st.one_of(st.integers(1, 95), st.just(NEVER)),
    gap=st.integers(1, 5),
    days=st.lists(st.tuples(_DAYS, st.booleans()), max_size=3, unique_by=lambda one: one[0]).map(sorted),
    kind=st.sampled_from(["contact", "crisis"]),
)
def test_events_that_follow_each_other_are_those_of_every_state_day_by_day(
    seed: int, since: int, gap: int, days: list[tuple[int, bool]], kind: str
) -> None:
    """With momentum after each, today or later, seen or not; every window is asked for."""
    rng = np.random.default_rng(seed)
    known, windows = _recurrence(rng, since, gap), np.arange(1, 121)
    calm, boost = rng.exponential(0.01, (gap + 120, LANES)), rng.lognormal(0.5, 0.7, LANES)
    supposed = [Happening(kind=kind, day=AS_OF + day, seen=seen) for day, seen in days]
    out, log_weight, seen = follow_recurrent_through(calm, boost, known, supposed, AS_OF, windows)
    expected, held, foreseen = _recurred(calm, boost, known, supposed)
    assert out == pytest.approx(expected, rel=1e-10, abs=1e-12)
    assert log_weight == pytest.approx(np.log(held), rel=1e-9, abs=1e-11)
    assert seen == pytest.approx(np.log(foreseen / held), rel=1e-9, abs=1e-11)
    without = follow_recurrent_through(calm, boost, known, (), AS_OF, windows)[0]
    for day, _ in days:
        assert day == 0 or np.all(out[windows >= day] == 1.0)
    if not days or days[0][0] > 0:
        before = windows < min((day for day, _ in days), default=200)
        assert out[before].tobytes() == without[before].tobytes()


def test_contact_today_makes_another_likelier_while_its_momentum_lasts() -> None:
    rng = np.random.default_rng(5)
    known, windows = _recurrence(rng, NEVER, 3), np.arange(1, 121)
    calm, boost = np.full((123, LANES), 0.005), rng.uniform(1.5, 4, LANES)
    today = (Happening(kind="contact", day=AS_OF),)
    out = follow_recurrent_through(calm, boost, known, today, AS_OF, windows)[0]
    days = np.minimum(windows, MOMENTUM_DAYS)[:, None] * boost + np.maximum(windows - MOMENTUM_DAYS, 0)[:, None]
    assert out == pytest.approx(-np.expm1(-0.005 * days), rel=1e-10)
