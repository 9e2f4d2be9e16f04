"""The hidden side of a world: a Markov regime, the meetings it makes likely, and the true probability of a meeting.

Time runs in whole days. On each day the regime moves first, then a meeting may begin:

- *dry*, that is more than ``DRY_AFTER`` days after the last meeting ended: a process begins with the regime's rate;
- *wet* with a process alive: its next meeting comes after a gap whose daily hazard is Weibull's, falling with the days
  since the last one ended (overdispersed: meetings come in clumps);
- *wet* with the process ended (each meeting is the last with a probability of the regime): nothing.

A process that goes dry is over. Nothing here is taken from the model.
"""

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
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
"""Probability that a process is about arms control."""
DEAL = (0.02, 0.04, 0.08)
"""Probability that a meeting ends in a deal."""
CONTACTS_A_YEAR = (0.5, 1.5, 3.0)
CRISES_A_YEAR = (1.0, 0.5, 0.2)

DRY_AFTER = 90
GAP_SHAPE, GAP_DAYS = 0.8, 22.0
"""Weibull's shape and scale of the gaps within a process, before they are cut at ``DRY_AFTER``."""
LONGEST_MEETING = 10
"""Days by which a meeting's end may follow its beginning."""
HORIZONS = (30, 90, 180, 365)

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


@dataclass(frozen=True, slots=True)
class History:
    """What happened, seen and unseen, from the day ``first`` on."""

    first: int
    regime: Ints  # (day,)
    meetings: tuple[Meeting, ...]
    contacts: Ints
    crises: Ints


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
def quiet_chances(longest: int = HORIZONS[-1]) -> Floats:
    """Probability of no meeting on the next k days, (k, regime, process alive, age index), by backward recursion."""
    moves, quiet_day = daily_moves(), 1 - meeting_chances()
    tomorrow = age_index(np.arange(AGES) - UNDER_WAY + 1)
    out = np.ones((longest + 1, *quiet_day.shape))
    for k in range(1, longest + 1):
        out[k] = np.einsum("rs,sla->rla", moves, (quiet_day * out[k - 1])[:, :, tomorrow])
    return out


def simulate_history(first: int, last: int, seed: int) -> History:
    """A world's history, the regime in its long-run shares and long dry on the first day."""
    rng = np.random.default_rng([seed, 1])
    start = int(rng.choice(len(REGIMES), p=long_run_shares()))
    regime = simulate_regime(start, last - first + 1, rng)
    years = np.array([CONTACTS_A_YEAR, CRISES_A_YEAR])[:, regime]
    contacts, crises = (first + np.flatnonzero(rng.random(len(regime)) < -np.expm1(-rate / 365.25)) for rate in years)
    meetings = simulate_meetings(first, regime, first - 2 * DRY_AFTER, False, rng)
    return History(first, regime, tuple(meetings), contacts, crises)


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
    """Meetings on the days from ``first`` on, the last one before having ended on ``ended`` with its process alive."""
    chances = meeting_chances().tolist()
    for day, (r, chance) in enumerate(zip(regime.tolist(), rng.random(len(regime)).tolist(), strict=True), start=first):
        age = day - ended
        if chance >= chances[r][alive][min(age + UNDER_WAY, AGES - 1)]:
            continue
        if age > DRY_AFTER:
            arms_control = bool(rng.random() < ARMS_CONTROL[r])
        ended = day + min(int(rng.geometric(0.4)) - 1, LONGEST_MEETING)
        alive = bool(rng.random() >= LAST_MEETING[r])
        yield Meeting(day, ended, arms_control, bool(rng.random() < DEAL[r]), alive)


def situation(history: History, day: int) -> tuple[int, bool, int]:
    """Regime, whether the process is alive, and age, at the end of a day."""
    begun = [meeting for meeting in history.meetings if meeting.started <= day]
    regime = int(history.regime[day - history.first])
    return (regime, begun[-1].alive, day - begun[-1].ended) if begun else (regime, False, 2 * DRY_AFTER)


def true_probabilities(history: History, days: Ints) -> Floats:
    """Probability that a meeting begins in (D, D + h], (day, horizon), given everything hidden on D.

    It conditions on the regime, on the days since the last meeting ended (or until the one under way ends) and on
    whether the process is still alive: the best that anyone could say who sees the world from inside. Exact.
    """
    quiet = quiet_chances()[list(HORIZONS)]
    out = []
    for day in days:
        regime, alive, age = situation(history, int(day))
        out.append(1 - quiet[:, regime, int(alive), age_index(age)])
    return np.array(out)


def attainable_probabilities(history: History, days: Ints) -> Floats:
    """The same as `true_probabilities` to one who knows the generator's numbers and all events, but sees no more.

    Bayes' filter over (regime, process alive); indicators are not used, so that a forecast may do better with them.
    """
    quiet = quiet_chances()[list(HORIZONS)]
    beliefs, ages = filter_events(history)
    at = days - history.first
    return np.asarray(1 - np.einsum("drl,hrld->dh", beliefs[at], quiet[..., age_index(ages[at])]))


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
            if day - ended > DRY_AFTER:
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
