"""The dry/wet chain of talks, propagated exactly: probabilities of a path of intensities, with no event simulated.

Given daily intensities, the next meeting depends only on whether it is dry and, when wet, on the days since the last
meeting and the framing of its process. While the pace since that meeting stays the same, all mass of a framing meets at
one intensity: its sum is carried forward a day at a time. What passes to the next pace is known by the *day of its last
meeting*, from the mass that entered the pace and the intensities since. Day ``t`` of the path has index
``t + dry_after`` and a meeting on it makes day ``t + 1`` the first after it.
"""

import numpy as np
from numba import njit

from oracles.first_model.exposure import PACE_FROM
from oracles.first_model.spec import Floats, Ints

LIMITS, ARMS, DENUC, DEAL, S2, S3, S4 = range(7)
TALKS_OUTPUTS = 7
SURE = 50.0
"""Meetings a day beyond which one is certain: sums of intensities stay small enough to be told apart."""


@njit(cache=True, nogil=True)
def _keep(rate, starts, ends, kept):  # type: ignore[no-untyped-def]
    """Of the mass that leaves a pace as day ``t`` begins, the share that met nobody there: kept (day, framing, pace).

    rate (day, framing, pace). The mass of a meeting before the first day has been there since the first day.
    """
    days = rate.shape[0]
    for f in range(2):
        for b in range(len(starts)):
            total = np.zeros(days + 1)
            for t in range(days):
                total[t + 1] = total[t] + min(rate[t, f, b], SURE)
            for t in range(days + 1):
                kept[t, f, b] = np.exp(total[max(t - max(ends[b] - starts[b], 0), 0)] - total[t])


@njit(cache=True, nogil=True)
def _age(dry, wet, entered, label, t, after, starts, ends, kept):  # type: ignore[no-untyped-def]
    """Let day ``t`` begin: what has aged enough passes to the next pace, or becomes dry.

    entered (label, framing, index): mass by day of its last meeting, as it entered its present pace.
    """
    for f in range(2):
        for b in range(len(starts) - 1, -1, -1):
            j = t + after - ends[b]
            if starts[b] > after or entered[label, f, j] == 0.0:
                continue
            leaving = entered[label, f, j] * kept[t, f, b]
            wet[label, f, b] = max(wet[label, f, b] - leaving, 0.0)
            if ends[b] <= after:
                wet[label, f, b + 1] += leaving
                entered[label, f, j] = leaving
            else:
                dry[label] += leaving
                entered[label, f, j] = 0.0


@njit(cache=True, nogil=True)
def _meet(dry, wet, label, share, stay_dry, stay_wet, out):  # type: ignore[no-untyped-def]
    """One day: take out the mass that meets, by framing of the meeting; dry (label,), wet (label, framing, pace)."""
    met = dry[label] * (1 - stay_dry)
    dry[label] *= stay_dry
    for f in range(2):
        out[label, f] = met * (share if f == 0 else 1 - share)
        for b in range(wet.shape[2]):
            out[label, f] += wet[label, f, b] * (1 - stay_wet[f, b])
            wet[label, f, b] *= stay_wet[f, b]


@njit(cache=True, nogil=True)
def _begin(wet, entered, label, framing, index, mass):  # type: ignore[no-untyped-def]
    """Put the mass of a meeting under its day, at the first pace."""
    entered[label, framing, index] += mass
    wet[label, framing, 0] += mass


@njit(cache=True, nogil=True)
def _talks(onset, going_on, mark, gap, forced, since, framing, after, paces, windows, out, p_dry):  # type: ignore[no-untyped-def]
    """Fill ``out`` (path, window, 7) and ``p_dry`` (path,) for intensities of shape (path, day, …).

    Labels of the mass: 0 no meeting yet; 1 and 2 first meeting on arms control or denuclearisation and no deal;
    3 no arms-control meeting yet; 4 no denuclearisation meeting yet.
    """
    paths, days = onset.shape[0], onset.shape[1]
    met, stay_wet = np.zeros((5, 2)), np.zeros((2, len(paces)))
    ends = np.minimum(np.append(paces[1:], after + 1), after + 1)
    kept = np.zeros((days + 1, 2, len(paces)))
    for p in range(paths):
        _keep(going_on[p], paces, ends, kept)
        dry, wet, entered = np.zeros(5), np.zeros((5, 2, len(paces))), np.zeros((5, 2, days + after + 1))
        if since > after:
            dry[0] = 1.0
        else:
            age = max(since, 1)
            entered[0, framing, after - age] = 1.0
            wet[0, framing, np.searchsorted(paces, age, side="right") - 1] = 1.0
        deal, arms, denuc, w = 0.0, 0.0, 0.0, 0
        for t in range(days):
            if t == gap:
                p_dry[p] = dry[0]
                for avoiding in (3, 4):
                    dry[avoiding], wet[avoiding], entered[avoiding] = dry[0], wet[0], entered[0]
            total, b = onset[p, t, 0] + onset[p, t, 1], t + after
            stay_dry, share = np.exp(-total), onset[p, t, 0] / total if total > 0 else 0.5
            for f in range(2):
                for j in range(len(paces)):
                    stay_wet[f, j] = np.exp(-going_on[p, t, f, j])
            for label in range(1 if t < gap else 5):
                _meet(dry, wet, label, share, stay_dry, stay_wet, met)
                _age(dry, wet, entered, label, t + 1, after, paces, ends, kept)
            if t < gap:
                if forced[t] >= 0:
                    dry[0], wet[0], entered[0] = 0.0, 0.0, 0.0
                    _begin(wet, entered, 0, forced[t], b, 1.0)
                else:
                    _begin(wet, entered, 0, 0, b, met[0, 0])
                    _begin(wet, entered, 0, 1, b, met[0, 1])
            else:
                for f in range(2):
                    deal += (met[0, f] + met[1, f] + met[2, f]) * mark[p, t, f]
                    unmarked = 1 - mark[p, t, f]
                    _begin(wet, entered, 1, f, b, met[1, f] * unmarked + (met[0, f] * unmarked if f == 0 else 0.0))
                    _begin(wet, entered, 2, f, b, met[2, f] * unmarked + (met[0, f] * unmarked if f == 1 else 0.0))
                arms += met[3, 0]
                denuc += met[4, 1]
                _begin(wet, entered, 3, 1, b, met[3, 1])
                _begin(wet, entered, 4, 0, b, met[4, 0])
                while w < len(windows) and t - gap + 1 == windows[w]:
                    first_arms, first_denuc = dry[1] + wet[1].sum(), dry[2] + wet[2].sum()
                    out[p, w, 0] = deal + first_arms + first_denuc
                    out[p, w, 1], out[p, w, 2], out[p, w, 3] = arms, denuc, deal
                    out[p, w, 4], out[p, w, 5], out[p, w, 6] = first_arms, deal, first_denuc
                    w += 1


@njit(cache=True, nogil=True, fastmath={"reassoc"})
def _recurrent(calm, boost, gap, forced, since, memory, windows, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (path, window): at least one event; intensity ``calm``, times ``boost`` within ``memory`` days."""
    paths, days = calm.shape
    for p in range(paths):
        quiet, recent, newest, w = 0.0, np.zeros(days + memory + 1), -1, 0
        if since > memory:
            quiet = 1.0
        else:
            newest = memory - since
            recent[newest] = 1.0
        for t in range(days):
            stay = np.exp(-calm[p, t])
            happened = quiet * (1 - stay)
            quiet *= stay
            if newest >= t:
                keep, mass = np.exp(-calm[p, t] * boost[p]), 0.0
                for j in range(t, t + memory):
                    mass += recent[j]
                    recent[j] *= keep
                happened += mass * (1 - keep)
                quiet += recent[t]
                recent[t] = 0.0
            if t < gap:
                if forced[t] >= 0:
                    quiet, happened = 0.0, 1.0
                    recent[:] = 0.0
                recent[t + memory] = happened
                newest = t + memory
            else:
                while w < len(windows) and t - gap + 1 == windows[w]:
                    out[p, w] = 1 - quiet - recent.sum()
                    w += 1


def propagate_talks(
    onset: Floats,
    going_on: Floats,
    mark: Floats,
    gap: int,
    forced: Ints,
    since: int,
    framing: int,
    dry_after: int,
    windows: Ints,
) -> tuple[Floats, Floats]:
    """Probabilities of what happens in windows that begin after ``gap`` days.

    Parameters
    ----------
    onset : (path, day, framing) intensities per day while dry
    going_on : (path, day, framing, pace) intensities per day while wet
    mark : (path, day, framing) probability that a meeting is marked by a deal
    gap : days between the end of the attested record and the forecast date, whose meetings are unobserved
    forced : (gap,) framing of a meeting known nevertheless, -1 where none is
    since : days from the last meeting's end to the first day of the path
    windows : (window,) lengths in days, increasing, at least 1

    Returns
    -------
    (path, window, 7) in the order LIMITS, ARMS, DENUC, DEAL, S2, S3, S4; and (path,) P(dry on the forecast date)
    """
    out, p_dry = np.zeros((onset.shape[0], len(windows), TALKS_OUTPUTS)), np.zeros(onset.shape[0])
    paces = np.array(PACE_FROM)
    _talks(onset, going_on, mark, gap, forced, since, framing, dry_after, paces, windows, out, p_dry)
    return out, p_dry


def propagate_recurrent(
    calm: Floats, boost: Floats, gap: int, forced: Ints, since: int, memory: int, windows: Ints
) -> Floats:
    """P(at least one event in each window), shape (path, window), with momentum after an event.

    ``calm`` (path, day) is the intensity per day, ``boost`` (path,) its factor within ``memory`` days of an event.
    """
    out = np.zeros((calm.shape[0], len(windows)))
    _recurrent(calm, boost, gap, forced, since, memory, windows, out)
    return out
