"""The dry/wet chain of talks, propagated exactly: probabilities of a path of intensities, with no event simulated.

Given daily intensities, the days until the next meeting depend only on whether it is dry and, when wet, on the days since
the last meeting and the framing of its process. The mass of every such state is carried forward a day at a time. A
state is stored under the *day of its last meeting*, so that ageing moves nothing; day ``t`` of the path has index
``t + dry_after`` and a meeting on it makes day ``t + 1`` the first after it.
"""

import numpy as np
from numba import njit

from models.exposure import PACE_FROM
from models.spec import Floats, Ints

LIMITS, ARMS, DENUC, DEAL, S2, S3, S4 = range(7)
TALKS_OUTPUTS = 7


@njit(cache=True, nogil=True)
def _meet(dry, wet, t, after, paces, onset, going_on):  # type: ignore[no-untyped-def]
    """One day: take out the mass that meets, by framing of the meeting; what has aged out becomes dry.

    dry (1,), wet (2, days); returns (arms control, denuclearisation).
    """
    total = onset[0] + onset[1]
    left = np.exp(-total)
    out = np.zeros(2)
    if total > 0:
        out[0] = dry[0] * (1 - left) * onset[0] / total
        out[1] = dry[0] * (1 - left) * onset[1] / total
    dry[0] *= left
    for f in range(2):
        for b in range(len(paces)):
            first = max(t, t + after - (paces[b + 1] - 1 if b + 1 < len(paces) else after))
            last = t + after - paces[b]
            mass = 0.0
            for j in range(first, last + 1):
                mass += wet[f, j]
            if mass > 0:
                stay = np.exp(-going_on[f, b])
                for j in range(first, last + 1):
                    wet[f, j] *= stay
                out[f] += mass * (1 - stay)
        dry[0] += wet[f, t]
        wet[f, t] = 0.0
    return out


@njit(cache=True, nogil=True)
def _talks(onset, going_on, mark, gap, forced, since, framing, after, paces, windows, out, p_dry):  # type: ignore[no-untyped-def]
    """Fill ``out`` (path, window, 7) and ``p_dry`` (path,) for intensities of shape (path, day, …)."""
    paths, days = onset.shape[0], onset.shape[1]
    for p in range(paths):
        dry, wet = np.zeros((5, 1)), np.zeros((5, 2, days + after + 1))
        if since > after:
            dry[0, 0] = 1.0
        else:
            wet[0, framing, after - max(since, 1)] = 1.0
        for t in range(gap):
            met = _meet(dry[0], wet[0], t, after, paces, onset[p, t], going_on[p, t])
            wet[0, 0, t + after] += met[0]
            wet[0, 1, t + after] += met[1]
            if forced[t] >= 0:
                dry[0], wet[0] = 0.0, 0.0
                wet[0, forced[t], t + after] = 1.0
        p_dry[p] = dry[0, 0]
        for avoiding in (3, 4):
            dry[avoiding], wet[avoiding] = dry[0], wet[0]
        deal, arms, denuc, w = 0.0, 0.0, 0.0, 0
        for t in range(gap, days):
            b = t + after
            met = _meet(dry[0], wet[0], t, after, paces, onset[p, t], going_on[p, t])
            for f in range(2):
                deal += met[f] * mark[p, t, f]
                wet[1 + f, f, b] += met[f] * (1 - mark[p, t, f])
            for first in range(2):
                met = _meet(dry[1 + first], wet[1 + first], t, after, paces, onset[p, t], going_on[p, t])
                for f in range(2):
                    deal += met[f] * mark[p, t, f]
                    wet[1 + first, f, b] += met[f] * (1 - mark[p, t, f])
            met = _meet(dry[3], wet[3], t, after, paces, onset[p, t], going_on[p, t])
            arms += met[0]
            wet[3, 1, b] += met[1]
            met = _meet(dry[4], wet[4], t, after, paces, onset[p, t], going_on[p, t])
            denuc += met[1]
            wet[4, 0, b] += met[0]
            while w < len(windows) and t - gap + 1 == windows[w]:
                first_arms, first_denuc = dry[1, 0] + wet[1].sum(), dry[2, 0] + wet[2].sum()
                out[p, w, 0] = deal + first_arms + first_denuc
                out[p, w, 1], out[p, w, 2], out[p, w, 3] = arms, denuc, deal
                out[p, w, 4], out[p, w, 5], out[p, w, 6] = first_arms, deal, first_denuc
                w += 1


@njit(cache=True, nogil=True)
def _recurrent(calm, boost, gap, forced, since, memory, windows, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (path, window): at least one event; intensity ``calm``, times ``boost`` within ``memory`` days."""
    paths, days = calm.shape
    for p in range(paths):
        quiet, recent = 0.0, np.zeros(days + memory + 1)
        if since > memory:
            quiet = 1.0
        else:
            recent[memory - since] = 1.0
        w = 0
        for t in range(days):
            stay, keep = np.exp(-calm[p, t]), np.exp(-calm[p, t] * boost[p])
            happened = quiet * (1 - stay)
            quiet *= stay
            for j in range(t, t + memory):
                happened += recent[j] * (1 - keep)
                recent[j] *= keep
            quiet += recent[t]
            recent[t] = 0.0
            if t < gap:
                recent[t + memory] += happened
                if forced[t] >= 0:
                    quiet = 0.0
                    recent[:] = 0.0
                    recent[t + memory] = 1.0
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
