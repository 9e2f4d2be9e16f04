"""The dry/wet chain of talks, propagated exactly: probabilities of a path of intensities, with no event simulated.

Given daily intensities, the next meeting depends only on whether it is dry and, when wet, on the days since the last
meeting and the framing of its process. The mass of every such state is carried forward a day at a time. A state is
stored under the *day of its last meeting*, so that ageing moves nothing; day ``t`` of the path has index
``t + dry_after`` and a meeting on it makes day ``t + 1`` the first after it.
"""

import numpy as np
from numba import njit

from models.exposure import PACE_FROM
from models.spec import Floats, Ints

LIMITS, ARMS, DENUC, DEAL, S2, S3, S4 = range(7)
TALKS_OUTPUTS = 7


# Sums may be taken in any order: that is what lets them use the processor's vectors.
@njit(cache=True, nogil=True, fastmath={"reassoc"})
def _meet(dry, wet, newest, t, after, paces, share, stay_dry, stay_wet, out):  # type: ignore[no-untyped-def]
    """One day: take out the mass that meets, by framing of the meeting; what has aged out becomes dry.

    dry (1,); wet (2, index); newest (2,) index of the last mass put in, -1 for none; out (2,).
    """
    met = dry[0] * (1 - stay_dry)
    out[0], out[1] = met * share, met * (1 - share)
    dry[0] *= stay_dry
    for f in range(2):
        if newest[f] < t:
            continue
        for b in range(len(paces)):
            first = max(t, t + after - (paces[b + 1] - 1 if b + 1 < len(paces) else after))
            mass = 0.0
            for j in range(first, t + after - paces[b] + 1):
                mass += wet[f, j]
                wet[f, j] *= stay_wet[f, b]
            out[f] += mass * (1 - stay_wet[f, b])
        dry[0] += wet[f, t]
        wet[f, t] = 0.0


@njit(cache=True, nogil=True)
def _begin(wet, newest, label, framing, index, mass):  # type: ignore[no-untyped-def]
    """Put the mass of a meeting under its day."""
    if mass > 0:
        wet[label, framing, index] += mass
        newest[label, framing] = index


@njit(cache=True, nogil=True)
def _talks(onset, going_on, mark, gap, forced, since, framing, after, paces, windows, out, p_dry):  # type: ignore[no-untyped-def]
    """Fill ``out`` (path, window, 7) and ``p_dry`` (path,) for intensities of shape (path, day, …).

    Labels of the mass: 0 no meeting yet; 1 and 2 first meeting on arms control or denuclearisation and no deal;
    3 no arms-control meeting yet; 4 no denuclearisation meeting yet.
    """
    paths, days = onset.shape[0], onset.shape[1]
    met, stay_wet = np.zeros((5, 2)), np.zeros((2, len(paces)))
    for p in range(paths):
        dry, wet = np.zeros((5, 1)), np.zeros((5, 2, days + after + 1))
        newest = np.full((5, 2), -1)
        if since > after:
            dry[0, 0] = 1.0
        else:
            _begin(wet, newest, 0, framing, after - max(since, 1), 1.0)
        deal, arms, denuc, w = 0.0, 0.0, 0.0, 0
        for t in range(days):
            if t == gap:
                p_dry[p] = dry[0, 0]
                for avoiding in (3, 4):
                    dry[avoiding], wet[avoiding], newest[avoiding] = dry[0], wet[0], newest[0]
            total, b = onset[p, t, 0] + onset[p, t, 1], t + after
            stay_dry, share = np.exp(-total), onset[p, t, 0] / total if total > 0 else 0.5
            for f in range(2):
                for j in range(len(paces)):
                    stay_wet[f, j] = np.exp(-going_on[p, t, f, j])
            for label in range(1 if t < gap else 5):
                _meet(dry[label], wet[label], newest[label], t, after, paces, share, stay_dry, stay_wet, met[label])
            if t < gap:
                if forced[t] >= 0:
                    dry[0], wet[0], newest[0] = 0.0, 0.0, -1
                    _begin(wet, newest, 0, forced[t], b, 1.0)
                else:
                    _begin(wet, newest, 0, 0, b, met[0, 0])
                    _begin(wet, newest, 0, 1, b, met[0, 1])
            else:
                for f in range(2):
                    deal += (met[0, f] + met[1, f] + met[2, f]) * mark[p, t, f]
                    unmarked = 1 - mark[p, t, f]
                    _begin(wet, newest, 1, f, b, met[1, f] * unmarked + (met[0, f] * unmarked if f == 0 else 0.0))
                    _begin(wet, newest, 2, f, b, met[2, f] * unmarked + (met[0, f] * unmarked if f == 1 else 0.0))
                arms += met[3, 0]
                denuc += met[4, 1]
                _begin(wet, newest, 3, 1, b, met[3, 1])
                _begin(wet, newest, 4, 0, b, met[4, 0])
                while w < len(windows) and t - gap + 1 == windows[w]:
                    first_arms, first_denuc = dry[1, 0] + wet[1].sum(), dry[2, 0] + wet[2].sum()
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
