"""The dry/wet chain of talks, propagated exactly: probabilities of a path of intensities, with no event simulated.

Given daily intensities, the next meeting depends only on the days since the last one and on its framing. Mass that has
been dry since before the path has one known silence on every day. All other mass is held by framing and by *pace*, a
stretch of days since its last meeting: while the pace stays the same, all mass of a framing meets at one intensity, so
that its sum is carried forward a day at a time. What passes to the next pace is known by the *day of its last meeting*,
from the mass that entered the pace and the intensities since. Paces of wet mass come first, then those of mass that has
dried up on the path; the last one is longer than the path. Day ``t`` of the path has index ``t + dry_after`` and a
meeting on it makes day ``t + 1`` the first after it.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from models.exposure import PACE_FROM
from models.spec import Bools, Floats, Ints

ARMS, DENUC, LIMITS, DEAL, S2, S3, S4 = range(7)
TALKS_OUTPUTS = 7
"""Targets of talks in the order of `models.spec.TARGETS`, then their scenarios."""
LABELS = 5
"""Of mass, by what it has met with: see `_talks`. They lie side by side in memory, so that one pass takes all."""
SURE = 50.0
"""Meetings a day beyond which one is certain: sums of intensities stay small enough to be told apart."""
DRY_PACES = (181, 366, 731, 1096)
"""Days of silence on which a new pace of dried-up mass begins, after the first; from the last one on, one a year."""
YEAR = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class TalksRates:
    """Intensities of talks along paths, and how meetings are framed."""

    begin: Floats  # (path, day) meetings a day of mass dry since before the path
    arms: Floats  # (path, day) P(arms control | that mass meets)
    calm: Floats  # (path, day) meetings a day of dried-up mass at one year of silence
    odds: Floats  # (path, day) odds of arms control with nothing remembered
    slow: Floats  # (path, dry pace) factor of that silence on `calm`
    pull: Floats  # (path, dry pace) factor on `odds` after arms control; after denuclearisation its inverse
    going_on: Floats  # (path, day, framing, wet pace) meetings a day while wet
    change: Floats  # (path,) P(a meeting while wet has another framing than the last)
    mark: Floats  # (path, day) P(a deal marks a meeting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The days between what the draws were fitted on and the forecast date, and what is known of them; (day,) each.

    Where a known event teaches nothing, nobody reports: it places the chain, and silence says nothing either.
    """

    forced: Ints  # what is known to have happened: the framing of a meeting, 0 of another event; -1 where nothing is
    reported: Floats  # share of what happens on the day that would be known
    teaches: Bools  # whether what is known to have happened speaks for the rates under which it was likely
    sealed: Bools  # whether a known meeting is marked by a deal
    sealed_reported: Floats  # share of such deals that would be known

    @property
    def days(self) -> int:
        return len(self.forced)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Where the chain stands as the path begins, and what is asked."""

    since: int  # days from the last meeting's end to the first day of the path
    framing: int  # of that meeting
    dry_after: int
    gap: Gap
    windows: Ints  # (window,) lengths in days, increasing, at least 1


def wet_paces(dry_after: int) -> Ints:
    """First day since the last meeting of each pace while wet."""
    return np.array([day for day in PACE_FROM if day <= dry_after], dtype=np.int64)


def dry_paces(dry_after: int, days: int) -> Ints:
    """First day of silence of each pace that mass can reach which dries up on a path of so many days, and one more.

    Between two of them a pace has the means of log silence and of memory over its days: none is open.
    """
    yearly = range(DRY_PACES[-1], DRY_PACES[-1] + days + dry_after + 2 * YEAR, YEAR)
    edges = np.array([dry_after + 1, *(day for day in (*DRY_PACES[:-1], *yearly) if day > dry_after + 1)])
    return edges[: int(np.searchsorted(edges, days + dry_after, side="right")) + 1]


@njit(cache=True, nogil=True)
def _keep(rate, starts, ends, kept):  # type: ignore[no-untyped-def]
    """Of the mass that leaves a pace as day ``t`` begins, the share that met nobody there: kept (day, framing, pace).

    rate (day, framing, pace). The mass of a meeting before the first day has been there since the first day.
    """
    days = rate.shape[0]
    total = np.zeros(days + 1)
    for f in range(rate.shape[1]):
        for b in range(len(starts)):
            for t in range(days):
                total[t + 1] = total[t] + min(rate[t, f, b], SURE)
            long = ends[b] - starts[b]
            for t in range(days + 1):
                kept[t, f, b] = np.exp(total[max(t - long, 0)] - total[t])


@njit(cache=True, nogil=True)
def _age(wet, entered, t, after, ends, reached, kept_wet, kept_dry):  # type: ignore[no-untyped-def]
    """Let day ``t`` begin: what has aged enough passes to the next pace, of those that mass has reached.

    entered (framing, index, label): mass by day of its last meeting, as it entered its present pace.
    """
    first_dry = kept_wet.shape[2]
    for f in range(2):
        for b in range(min(reached, len(ends) - 1) - 1, -1, -1):
            j = t + after - ends[b]
            if j < 0:
                continue
            share = kept_wet[t, f, b] if b < first_dry else kept_dry[t, 0, b - first_dry]
            for label in range(LABELS):
                leaving = entered[f, j, label] * share
                wet[f, b, label] = max(wet[f, b, label] - leaving, 0.0)
                wet[f, b + 1, label] += leaving
                entered[f, j, label] = leaving


@njit(cache=True, nogil=True)
def _meet(dry, wet, reached, arms, arms_after, stay_dry, stay, out):  # type: ignore[no-untyped-def]
    """One day: take out the mass that meets, by framing of the meeting: out (framing, label).

    dry (label,), wet (framing, pace, label), of which mass has reached the first ones; arms_after (framing, pace) is
    P(arms control | framing, pace).
    """
    for label in range(LABELS):
        met = dry[label] * (1 - stay_dry)
        dry[label] *= stay_dry
        out[0, label], out[1, label] = met * arms, met * (1 - arms)
    for f in range(2):
        for b in range(reached):
            leave, of_arms = 1 - stay[f, b], arms_after[f, b]
            for label in range(LABELS):
                met = wet[f, b, label] * leave
                wet[f, b, label] *= stay[f, b]
                out[0, label] += met * of_arms
                out[1, label] += met * (1 - of_arms)


@njit(cache=True, nogil=True)
def _begin(wet, entered, label, framing, index, mass):  # type: ignore[no-untyped-def]
    """Put the mass of a meeting under its day, at the first pace."""
    entered[framing, index, label] += mass
    wet[framing, 0, label] += mass


@njit(cache=True, nogil=True)
def _talks(  # type: ignore[no-untyped-def]
    begin, arms_at, calm, odds, slow, pull, going_on, change, mark,
    since, framing, after, windows, forced, reported, teaches, sealed, sealed_reported, starts, ends,
    out, p_dry, log_weight,
):  # fmt: skip
    """Fill ``out`` (path, window, 7), ``p_dry`` and ``log_weight`` (path,) for intensities of shape (path, day, …).

    Labels of the mass: 0 no meeting yet; 1 and 2 first meeting on arms control or denuclearisation and no deal;
    3 no arms-control meeting yet; 4 no denuclearisation meeting yet. Paces from ``starts`` to ``ends``: wet, then dry.
    """
    paths, days = begin.shape
    gap, paces, first_dry = len(forced), len(starts), going_on.shape[3]
    met, stay, arms_after = np.zeros((2, LABELS)), np.zeros((2, paces)), np.zeros((2, paces))
    kept_wet, kept_dry = np.zeros((days + 1, 2, first_dry)), np.zeros((days + 1, 1, paces - first_dry))
    dried = np.zeros((days, 1, paces - first_dry))
    learnt = reported.any() or (teaches & (forced >= 0)).any()
    for p in range(paths):
        for t in range(days):
            for b in range(paces - first_dry):
                dried[t, 0, b] = calm[p, t] * slow[p, b]
        _keep(going_on[p], starts[:first_dry], ends[:first_dry], kept_wet)
        _keep(dried, starts[first_dry:-1], ends[first_dry:-1], kept_dry)
        dry, wet = np.zeros(LABELS), np.zeros((2, paces, LABELS))
        entered = np.zeros((2, days + after + 1, LABELS))
        for b in range(first_dry):
            arms_after[0, b], arms_after[1, b] = 1 - change[p], change[p]
        if since > after:
            dry[0] = 1.0
        else:
            age = max(since, 1)
            entered[framing, after - age, 0] = 1.0
            wet[framing, np.searchsorted(starts, age, side="right") - 1, 0] = 1.0
        deal, arms, denuc, w, reached = 0.0, 0.0, 0.0, 0, 0
        for t in range(days):
            if t < gap and learnt and forced[t] >= 0 and not teaches[t]:  # days before it have taught what they did
                log_weight[p] += np.log(dry[0] + wet[..., 0].sum())
            if t == gap:
                if learnt:
                    left = dry[0] + wet[..., 0].sum()
                    log_weight[p] += np.log(left)
                    dry[0], wet[..., 0], entered[..., 0] = dry[0] / left, wet[..., 0] / left, entered[..., 0] / left
                p_dry[p] = dry[0] + wet[:, first_dry:, 0].sum()
                for avoiding in (3, 4):
                    dry[avoiding], wet[..., avoiding], entered[..., avoiding] = dry[0], wet[..., 0], entered[..., 0]
            stay_dry, index = np.exp(-begin[p, t]), t + after
            while reached < paces and starts[reached] <= t + max(min(since, after), 1):
                reached += 1
            for b in range(min(reached, first_dry)):
                stay[0, b], stay[1, b] = np.exp(-going_on[p, t, 0, b]), np.exp(-going_on[p, t, 1, b])
            for b in range(first_dry, reached):
                drawn = pull[p, b - first_dry]
                stay[0, b] = np.exp(-dried[t, 0, b - first_dry])
                stay[1, b] = stay[0, b]
                arms_after[0, b] = 1 - 1 / (1 + odds[p, t] * drawn)
                arms_after[1, b] = 1 - 1 / (1 + odds[p, t] / drawn)
            _meet(dry, wet, reached, arms_at[p, t], arms_after, stay_dry, stay, met)
            _age(wet, entered, t + 1, after, ends, reached, kept_wet, kept_dry)
            if t < gap:
                if forced[t] >= 0:
                    if teaches[t]:
                        unmarked = 1 - sealed_reported[t] * mark[p, t]
                        log_weight[p] += np.log(met[forced[t], 0] * (mark[p, t] if sealed[t] else unmarked))
                    dry[0], wet[:], entered[:] = 0.0, 0.0, 0.0
                    _begin(wet, entered, 0, forced[t], index, 1.0)
                else:
                    _begin(wet, entered, 0, 0, index, met[0, 0] * (1 - reported[t]))
                    _begin(wet, entered, 0, 1, index, met[1, 0] * (1 - reported[t]))
            else:
                unmarked = 1 - mark[p, t]
                for f in range(2):
                    deal += (met[f, 0] + met[f, 1] + met[f, 2]) * mark[p, t]
                    _begin(wet, entered, 1, f, index, (met[f, 1] + (met[f, 0] if f == 0 else 0.0)) * unmarked)
                    _begin(wet, entered, 2, f, index, (met[f, 2] + (met[f, 0] if f == 1 else 0.0)) * unmarked)
                arms += met[0, 3]
                denuc += met[1, 4]
                _begin(wet, entered, 3, 1, index, met[1, 3])
                _begin(wet, entered, 4, 0, index, met[0, 4])
                while w < len(windows) and t - gap + 1 == windows[w]:
                    first_arms, first_denuc = dry[1] + wet[..., 1].sum(), dry[2] + wet[..., 2].sum()
                    out[p, w, ARMS], out[p, w, DENUC], out[p, w, DEAL] = arms, denuc, deal
                    out[p, w, LIMITS] = deal + first_arms + first_denuc
                    out[p, w, S2], out[p, w, S3], out[p, w, S4] = first_arms, deal, first_denuc
                    w += 1


@njit(cache=True, nogil=True, fastmath={"reassoc"})
def _recurrent(  # type: ignore[no-untyped-def]
    calm, boost, since, memory, windows, forced, reported, teaches, out, log_weight
):  # fmt: skip
    """Fill ``out`` (path, window): at least one event; intensity ``calm``, times ``boost`` within ``memory`` days.

    Also ``log_weight`` (path,), of what is known of the days before the windows.
    """
    (paths, days), gap = calm.shape, len(forced)
    learnt = reported.any() or (teaches & (forced >= 0)).any()
    for p in range(paths):
        quiet, recent, newest, w = 0.0, np.zeros(days + memory + 1), -1, 0
        if since > memory:
            quiet = 1.0
        else:
            newest = memory - since
            recent[newest] = 1.0
        for t in range(days):
            if t < gap and learnt and forced[t] >= 0 and not teaches[t]:
                log_weight[p] += np.log(quiet + recent.sum())
            if t == gap and learnt:
                left = quiet + recent.sum()
                log_weight[p] += np.log(left)
                quiet /= left
                recent /= left
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
                    if teaches[t]:
                        log_weight[p] += np.log(happened)
                    quiet, happened = 0.0, 1.0
                    recent[:] = 0.0
                else:
                    happened *= 1 - reported[t]
                recent[t + memory] = happened
                newest = t + memory
            else:
                while w < len(windows) and t - gap + 1 == windows[w]:
                    out[p, w] = 1 - quiet - recent.sum()
                    w += 1


def propagate_talks(rates: TalksRates, situation: Situation) -> tuple[Floats, Floats, Floats]:
    """Probabilities of what happens in windows that begin after the gap.

    Returns
    -------
    (path, window, 7) in the order ARMS, DENUC, LIMITS, DEAL, S2, S3, S4; (path,) P(dry on the forecast date); and
    (path,) log likelihood of what is known of the gap, 0 where that teaches nothing
    """
    paths, days = rates.begin.shape
    out, p_dry, log_weight = np.zeros((paths, len(situation.windows), TALKS_OUTPUTS)), np.zeros(paths), np.zeros(paths)
    wet, dry = wet_paces(situation.dry_after), dry_paces(situation.dry_after, days)
    edges = np.concatenate([wet, dry])
    _talks(
        *(getattr(rates, name) for name in TalksRates.__slots__),
        situation.since,
        situation.framing,
        situation.dry_after,
        situation.windows,
        *(getattr(situation.gap, name) for name in Gap.__slots__),
        edges[:-1],
        edges[1:],
        out,
        p_dry,
        log_weight,
    )
    return out, p_dry, log_weight


def propagate_recurrent(
    calm: Floats, boost: Floats, gap: Gap, *, since: int, memory: int, windows: Ints
) -> tuple[Floats, Floats]:
    """P(at least one event in each window), shape (path, window), with momentum after an event.

    ``calm`` (path, day) is the intensity per day, ``boost`` (path,) its factor within ``memory`` days of an event.
    Also the log likelihood of what is known of the gap, (path,), as of `propagate_talks`.
    """
    out, log_weight = np.zeros((calm.shape[0], len(windows))), np.zeros(calm.shape[0])
    _recurrent(calm, boost, since, memory, windows, gap.forced, gap.reported, gap.teaches, out, log_weight)
    return out, log_weight
