"""The hidden side of a world: a Markov regime, the meetings it makes likely, and the true probability of a meeting.

Time runs in whole days. On each day the regime moves first, then a meeting may begin:

- *dry*, that is more than ``DRY_AFTER`` days after the last meeting ended: a process begins with the regime's rate;
- *wet* with a process alive: its next meeting comes after a gap whose daily hazard is Weibull's, falling with the days
  since the last one ended (overdispersed: meetings come in clumps);
- *wet* with the process ended (each meeting is the last with a probability of the regime): nothing.

A process that goes dry is over. Its first meeting draws its framing; each later one may change it, and the process
goes on in the new one. Nothing here is taken from the model.
"""

from bisect import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REGIMES = ("frozen", "stalled", "open")
STAY_YEARS = (5.0, 3.0, 3.0)
"""Mean stay in each regime."""
NEXT = ((0.0, 0.7, 0.3), (0.5, 0.0, 0.5), (0.4, 0.6, 0.0))
"""Where the regime goes when it leaves, by the regime it leaves."""
ONSET_DAYS = (2000.0, 400.0, 90.0)
"""Mean wait for a process to begin, while dry."""
LAST_MEETING = (0.5, 0.3, 0.15)
"""Probability that a meeting is the last of its process."""
ARMS_CONTROL = (0.5, 0.35, 0.7)
"""Probability that a process begins about arms control."""
FRAMING_CHANGE = 0.02
"""Probability that a meeting changes the framing of its process; the first one does not."""
DEAL = (0.02, 0.04, 0.08)
"""Probability that a meeting ends in a deal."""
CONTACTS_A_YEAR = (0.5, 1.5, 3.0)
CRISES_A_YEAR = (1.0, 0.5, 0.2)

DRY_AFTER = 90
GAP_SHAPE, GAP_DAYS = 0.8, 22.0
"""Weibull's shape and scale of the gaps within a process, before they are cut at ``DRY_AFTER``."""
LONGEST_MEETING = 10
"""Days by which a meeting's end may follow its beginning."""
ENDS_ON_A_DAY = 0.4
"""Probability that a meeting ends on a day it has reached, before it is cut at ``LONGEST_MEETING``."""
HORIZONS = (30, 90, 180, 365)
LIMITS, ARMS_CONTROL_TALKS = SCORED = ("limits_talks", "arms_control_talks")
"""What the truth is known of: a meeting of any framing, and one about arms control."""

UNDER_WAY = LONGEST_MEETING
"""Index of age 0 in tables by age, the days since the last meeting ended; negative while one is under way."""
AGES = UNDER_WAY + DRY_AFTER + 2


@dataclass(frozen=True, slots=True)
class Meeting:
    """One meeting; days are proleptic ordinals."""

    started: int
    ended: int
    arms_control: bool
    deal: bool
    alive: bool  # whether its process goes on, which nobody sees


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What happened, seen and unseen, from the day ``first`` on."""

    first: int
    regime: Ints  # (day,)
    meetings: tuple[Meeting, ...]
    contacts: Ints
    crises: Ints
    change: float = FRAMING_CHANGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that the future depends on at the end of a day."""

    regime: int  # index into REGIMES
    alive: bool  # whether the last meeting's process goes on
    age: int  # days since the last meeting ended; negative until the one under way ends
    arms_control: bool  # the last meeting's framing


@cache
def daily_moves() -> Floats:
    """Probabilities of the regime's move from one day to the next, (from, to): exp of the generator matrix."""
    leave = 1 / (365.25 * np.array(STAY_YEARS))
    return np.asarray(expm(leave[:, None] * np.array(NEXT) - np.diag(leave)))


def long_run_shares() -> Floats:
    """Share of time in each regime, (regime,)."""
    moves = daily_moves()
    equations = np.vstack([moves.T - np.eye(len(moves)), np.ones(len(moves))])
    return np.asarray(np.linalg.lstsq(equations, np.array([*np.zeros(len(moves)), 1.0]))[0])


def age_index(age: int | Ints) -> Ints:
    return np.asarray(np.clip(np.asarray(age) + UNDER_WAY, 0, AGES - 1), dtype=np.int64)


@cache
def meeting_chances() -> Floats:
    """Probability that a meeting begins on a day, (regime, process alive, age index)."""
    out = np.zeros((len(REGIMES), 2, AGES))
    age = np.arange(DRY_AFTER + 1)
    survival = np.exp(-((age / GAP_DAYS) ** GAP_SHAPE))
    out[:, 1, UNDER_WAY + 1 : -1] = 1 - survival[1:] / survival[:-1]
    out[:, :, -1] = -np.expm1(-1 / np.array(ONSET_DAYS))[:, None]
    return out


@cache
def framing_chances(change: float) -> Floats:
    """Probability of a meeting's framing, (regime, age index, framing of the last one, framing).

    Framings are 0, denuclearisation, and 1, arms control.
    """
    first = np.array(ARMS_CONTROL)
    out = np.empty((len(REGIMES), AGES, 2, 2))
    out[:] = np.array([[1 - change, change], [change, 1 - change]])
    out[:, -1] = np.stack([1 - first, first], axis=1)[:, None]
    return out


@cache
def quiet_chances(target: str = LIMITS, change: float = FRAMING_CHANGE, longest: int = HORIZONS[-1]) -> Floats:
    """Probability that no meeting of the target begins on the next k days, by backward recursion.

    (k, regime, process alive, age index, framing of the last meeting)
    """
    moves, chances, framings = daily_moves(), meeting_chances()[..., None], framing_chances(change)
    tomorrow = age_index(np.arange(AGES) - UNDER_WAY + 1)
    out = np.ones((longest + 1, len(REGIMES), 2, AGES, 2))
    for k in range(1, longest + 1):
        after = _after_a_meeting(out[k - 1])
        after[:, 1 if target == ARMS_CONTROL_TALKS else slice(None)] = 0.0
        met = np.einsum("rafg,rg->raf", framings, after)[:, None]
        day = (1 - chances) * out[k - 1] + chances * met
        out[k] = np.einsum("rs,slaf->rlaf", moves, day[:, :, tomorrow])
    return out


def _after_a_meeting(quiet: Floats) -> Floats:
    """Mean of ``quiet``, (regime, process alive, age index, framing), after a meeting begins, (regime, framing).

    Over the days it lasts and over whether its process goes on.
    """
    reached = (1 - ENDS_ON_A_DAY) ** np.arange(LONGEST_MEETING + 1)
    lasts = reached * np.append(np.full(LONGEST_MEETING, ENDS_ON_A_DAY), 1.0)
    last = np.array(LAST_MEETING)
    return np.asarray(np.einsum("d,rl,rldf->rf", lasts, np.stack([last, 1 - last], axis=1), quiet[:, :, UNDER_WAY::-1]))


def simulate_history(first: int, last: int, seed: int, change: float = FRAMING_CHANGE) -> History:
    """A world's history, the regime in its long-run shares and long dry on the first day.

    Changes of framing have random numbers of their own: worlds of one seed differ by them alone, whatever their rate.
    """
    rng = np.random.default_rng([seed, 1])
    start = int(rng.choice(len(REGIMES), p=long_run_shares()))
    regime = simulate_regime(start, last - first + 1, rng)
    years = np.array([CONTACTS_A_YEAR, CRISES_A_YEAR])[:, regime]
    contacts, crises = (first + np.flatnonzero(rng.random(len(regime)) < -np.expm1(-rate / 365.25)) for rate in years)
    long_ago = first - 2 * DRY_AFTER
    meetings = simulate_meetings(first, regime, long_ago, False, rng)
    framed = change_framings(meetings, long_ago, change, np.random.default_rng([seed, 5]))
    return History(first=first, regime=regime, meetings=tuple(framed), contacts=contacts, crises=crises, change=change)


def simulate_regime(yesterday: int, days: int, rng: np.random.Generator) -> Ints:
    """The regime on the days after one in regime ``yesterday``, (day,)."""
    bounds = np.cumsum(daily_moves(), axis=1)[:, :-1].tolist()
    out = []
    for chance in rng.random(days).tolist():
        yesterday = bisect(bounds[yesterday], chance)
        out.append(yesterday)
    return np.array(out, dtype=np.int64)


def simulate_meetings(
    first: int, regime: Ints, ended: int, alive: bool, rng: np.random.Generator, arms_control: bool = True
) -> Iterator[Meeting]:
    """Meetings on the days from ``first`` on, the last one before having ended on ``ended`` with its process alive.

    Each has the framing its process began with.
    """
    chances = meeting_chances().tolist()
    for day, (r, chance) in enumerate(zip(regime.tolist(), rng.random(len(regime)).tolist(), strict=True), start=first):
        age = day - ended
        if chance >= chances[r][alive][min(age + UNDER_WAY, AGES - 1)]:
            continue
        if age > DRY_AFTER:
            arms_control = bool(rng.random() < ARMS_CONTROL[r])
        ended = day + min(int(rng.geometric(ENDS_ON_A_DAY)) - 1, LONGEST_MEETING)
        alive = bool(rng.random() >= LAST_MEETING[r])
        yield Meeting(day, ended, arms_control, bool(rng.random() < DEAL[r]), alive)


def change_framings(
    meetings: Iterable[Meeting], ended: int, change: float, rng: np.random.Generator
) -> Iterator[Meeting]:
    """The meetings with changes of framing within processes, the last one before having ended on ``ended``."""
    changed = False
    for meeting in meetings:
        chance = rng.random()
        changed = changed != (chance < change) if meeting.started - ended <= DRY_AFTER else False
        ended = meeting.ended
        yield replace(meeting, arms_control=meeting.arms_control != changed)


def situation(history: History, day: int) -> Situation:
    begun = [meeting for meeting in history.meetings if meeting.started <= day]
    regime = int(history.regime[day - history.first])
    if not begun:
        return Situation(regime=regime, alive=False, age=2 * DRY_AFTER, arms_control=False)
    last = begun[-1]
    return Situation(regime=regime, alive=last.alive, age=day - last.ended, arms_control=last.arms_control)


def true_probabilities(history: History, days: Ints, target: str = LIMITS) -> Floats:
    """Probability that a meeting of the target begins in (D, D + h], (day, horizon), given everything hidden on D.

    It conditions on the regime, on the days since the last meeting ended (or until the one under way ends), on its
    framing and on whether the process is still alive: the best that anyone could say who sees the world from inside.
    Exact.
    """
    quiet = quiet_chances(target, history.change)[list(HORIZONS)]
    at = (situation(history, int(day)) for day in days)
    return np.array([1 - quiet[:, s.regime, int(s.alive), age_index(s.age), int(s.arms_control)] for s in at])


def attainable_probabilities(history: History, days: Ints, target: str = LIMITS) -> Floats:
    """The same as `true_probabilities` to one who knows the generator's numbers and all events, but sees no more.

    Bayes' filter over (regime, process alive); indicators are not used, so that a forecast may do better with them.
    """
    quiet = quiet_chances(target, history.change)[list(HORIZONS)]
    beliefs, ages = filter_events(history)
    framing = np.array([situation(history, int(day)).arms_control for day in days], dtype=np.int64)
    at = days - history.first
    return np.asarray(1 - np.einsum("drl,hrld->dh", beliefs[at], quiet[..., age_index(ages[at]), framing]))


def filter_events(history: History) -> tuple[Floats, Ints]:
    """Beliefs at the end of each day, (day, regime, process alive), and the age on it, (day,)."""
    moves, chances, last = daily_moves(), meeting_chances(), np.array(LAST_MEETING)
    begun = {meeting.started: meeting for meeting in history.meetings}
    seen = _evidence_of_other_events(history)
    belief, ended = np.stack([long_run_shares(), np.zeros(len(REGIMES))], axis=1), history.first - 2 * DRY_AFTER
    beliefs, ages = np.empty((len(history.regime), *belief.shape)), np.empty(len(history.regime), dtype=np.int64)
    for i, day in enumerate(range(history.first, history.first + len(ages))):
        chance = chances[:, :, age_index(day - ended)]
        belief = moves.T @ belief * seen[i][:, None]
        if day in begun:
            met, meeting = (belief * chance).sum(axis=1), begun[day]
            if day - ended > DRY_AFTER:  # a change within a process is as likely in every regime
                met = met * _of(ARMS_CONTROL, meeting.arms_control)
            met = met * _of(DEAL, meeting.deal)
            belief, ended = np.stack([met * last, met * (1 - last)], axis=1), meeting.ended
        else:
            belief = belief * (1 - chance)
        belief = belief / belief.sum()
        beliefs[i], ages[i] = belief, day - ended
    return beliefs, ages


def _evidence_of_other_events(history: History) -> Floats:
    """Likelihood of each day's contacts and crises, (day, regime)."""
    out = np.ones((len(history.regime), len(REGIMES)))
    for events, rates in ((history.contacts, CONTACTS_A_YEAR), (history.crises, CRISES_A_YEAR)):
        chance = -np.expm1(-np.array(rates) / 365.25)
        happened = np.isin(np.arange(len(out)) + history.first, events)
        out *= np.where(happened[:, None], chance, 1 - chance)
    return out


def _of(chances: tuple[float, ...], happened: bool) -> Floats:
    return np.array(chances) if happened else 1 - np.array(chances)
