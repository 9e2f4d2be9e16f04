"""The chain of talks along `LANES` paths at a time, in compiled code; `models.chain` says what is computed."""

import numpy as np

from models.lanes import LANES, compiled, exponentiate, inner

ARMS, DENUC, LIMITS, DEAL, S2, S3, S4 = range(7)
TALKS_OUTPUTS = 7
"""Targets of talks in the order of `models.spec.TARGETS`, then their scenarios."""
BEGIN, TO_ARMS, CALM, ODDS, MARK, GOING_ON = range(6)
"""Rows of `models.chain.TalksRates.daily`; from the last one on, framing by framing, those of the wet paces."""
NONE, FIRST_ARMS, FIRST_DENUC, ONLY = range(4)
"""Mass by what it has met with: nothing yet; arms control or denuclearisation first and no deal since; one framing
only, that of its last meeting. The last overlaps with those before it."""
OTHER = 4
"""Of what meets, the mass of `ONLY` that has another framing than before."""
NOWHERE = -(10**9)
"""A day that no path has."""
SURE = 50.0
"""Meetings a day beyond which one is certain: sums of intensities stay small enough to be told apart."""


@inner
def _pace(edges, day):  # type: ignore[no-untyped-def]
    """The pace on a day since the last meeting, from 1 on."""
    b = 0
    while b + 1 < len(edges) and edges[b + 1] <= day:
        b += 1
    return b


@inner
def _stay(rates, slow, wet_paces, reached, edges, t, so_far, total, places, e):  # type: ignore[no-untyped-def]
    """Exponentials of day ``t``, e (1 + 2 · intensity, lane), of the paces that mass has ``reached``.

    The share that meets nobody on the day of mass dry since before the path; then by intensity, the same share and
    that of what leaves a pace after the day that has met nobody there. ``total`` holds a ring for each intensity, from
    its place on: its sum up to each day. Its last row is 0.
    """
    n, nothing, lanes = len(places) - 1, len(total) - 1, rates.shape[2]
    for i in range(lanes):
        e[0, i] = -rates[t, BEGIN, i]
    for q in range(n):
        b = q % wet_paces if q < 2 * wet_paces else q - wet_paces
        long, size = edges[b + 1] - edges[b], places[q + 1] - places[q]
        back = places[q] + (t + 1 - long) % size if t + 1 > long else nothing
        after = places[q] + (t + 1) % size
        if q < 2 * wet_paces:
            for i in range(lanes):
                e[2 * q + 1, i] = -rates[t, GOING_ON + q, i]
        else:
            for i in range(lanes):
                e[2 * q + 1, i] = -(rates[t, CALM, i] * slow[q - 2 * wet_paces, i])
        for i in range(lanes):
            so_far[q, i] += min(-e[2 * q + 1, i], SURE)
        for i in range(lanes):
            e[2 * q + 2, i] = total[back, i] - so_far[q, i]
        for i in range(lanes):
            total[after, i] = so_far[q, i]
    exponentiate(e, 1 + 2 * (wet_paces + max(reached, wet_paces)))


@inner
def _frame(rates, pull, wet_paces, reached, t, arms):  # type: ignore[no-untyped-def]
    """Of dried-up mass P(arms control | it meets on day ``t``), into arms (framing of the last one, pace, lane)."""
    for b in range(wet_paces, reached):
        for i in range(rates.shape[2]):
            after_arms = rates[t, ODDS, i] * pull[0, b - wet_paces, i]
            after_denuc = rates[t, ODDS, i] * pull[1, b - wet_paces, i]
            arms[0, b, i] = after_arms / (1.0 + after_arms)
            arms[1, b, i] = after_denuc / (1.0 + after_denuc)


@inner
def _meet(dry, wet, rates, e, arms, wet_paces, reached, none_from, rows, t, met):  # type: ignore[no-untyped-def]
    """Take out what meets on day ``t``: met (framing of the meeting, what it was, lane).

    wet (framing, pace, row, lane), of which ``rows`` are in use and mass has ``reached`` the first paces; no mass that
    has met with nothing is in those before ``none_from``.
    """
    for row in range(met.shape[1]):
        for i in range(LANES):
            met[0, row, i] = met[1, row, i] = 0.0
    for i in range(LANES):
        left = dry[i] * e[0, i]
        gone = dry[i] - left
        met[0, NONE, i] = gone * rates[t, TO_ARMS, i]
        met[1, NONE, i] = gone - met[0, NONE, i]
        dry[i] = left
    for f in range(2):
        for b in range(reached):
            q = f * wet_paces + b if b < wet_paces else wet_paces + b
            for row in range(NONE if b >= none_from else FIRST_ARMS, rows):
                to_arms = OTHER if row == ONLY and f == 1 else row
                to_denuc = OTHER if row == ONLY and f == 0 else row
                for i in range(LANES):
                    left = wet[f, b, row, i] * e[2 * q + 1, i]
                    gone = wet[f, b, row, i] - left
                    of_arms = gone * arms[f, b, i]
                    met[0, to_arms, i] += of_arms
                    met[1, to_denuc, i] += gone - of_arms
                    wet[f, b, row, i] = left


@inner
def _pass_on(wet, entered, e, wet_paces, edges, after, gap, first, t, reached):  # type: ignore[no-untyped-def]
    """Let day ``t`` begin: what is old enough passes to the next pace.

    entered (framing, day of the last meeting, row, lane) is a ring of mass as it entered its present pace. Day t of the
    path is t + after in it; ``first`` is the day of mass there before the path, or
    `NOWHERE`.
    """
    for b in range(min(reached, len(edges) - 2) - 1, -1, -1):
        day = t + after - edges[b + 1]
        if day < after and day != first:
            continue
        place = day % entered.shape[1]
        low, high = (FIRST_ARMS, ONLY + 1) if day >= after + gap else (NONE, NONE + 1)
        for f in range(2):
            q = f * wet_paces + b if b < wet_paces else wet_paces + b
            for row in range(low, high):
                for i in range(LANES):
                    leaving = entered[f, place, row, i] * e[2 * q + 2, i]
                    entered[f, place, row, i] = leaving
                    wet[f, b, row, i] = max(wet[f, b, row, i] - leaving, 0.0)
                    wet[f, b + 1, row, i] += leaving


@inner
def _settle(dry, wet, entered, learnt, wet_paces, p_dry, log_weight):  # type: ignore[no-untyped-def]
    """The forecast date begins: mass sums to one again, where what is known of the gap has taken some of it."""
    held = _unmet(dry, wet)
    for i in range(LANES):
        if not learnt:
            held[i] = 1.0
        log_weight[i] += np.log(held[i])
        if held[i] == 0.0:
            held[i] = 1.0
        dry[i] /= held[i]
        p_dry[i] = dry[i]
    for f in range(2):
        for b in range(wet.shape[1]):
            for i in range(LANES):
                wet[f, b, NONE, i] /= held[i]
                if b >= wet_paces:
                    p_dry[i] += wet[f, b, NONE, i]
        for j in range(entered.shape[1]):
            for i in range(len(p_dry)):
                entered[f, j, NONE, i] /= held[i]


@inner
def _unmet(dry, wet):  # type: ignore[no-untyped-def]
    """Mass that has met with nothing, (lane,)."""
    held = dry.copy()
    for f in range(2):
        for b in range(wet.shape[1]):
            for i in range(LANES):
                held[i] += wet[f, b, NONE, i]
    return held


@inner
def _end_known_day(dry, wet, entered, met, t, known, rates, place, log_weight):  # type: ignore[no-untyped-def]
    """A day of the gap: what is known to have happened takes all mass with it, what would be known leaves it."""
    forced, reported, teaches, sealed, sealed_reported = known
    if forced[t] < 0:
        for f in range(2):
            for i in range(LANES):
                entered[f, place, NONE, i] = met[f, NONE, i] * (1.0 - reported[t])
                wet[f, 0, NONE, i] += entered[f, place, NONE, i]
        return
    if teaches[t]:
        for i in range(LANES):
            mark = rates[t, MARK, i]
            marked = mark if sealed[t] else 1.0 - sealed_reported[t] * mark
            log_weight[i] += np.log(met[forced[t], NONE, i] * marked)
    dry[:] = 0.0
    wet[:] = 0.0
    entered[:] = 0.0
    entered[forced[t], place, NONE] = 1.0
    wet[forced[t], 0, NONE] = 1.0


@inner
def _end_open_day(wet, entered, met, rates, t, place, sums):  # type: ignore[no-untyped-def]
    """A day of the windows: sums (arms control, denuclearisation, deal; lane) of what has happened by its end."""
    for f in range(2):
        for i in range(LANES):
            sums[f, i] += met[f, NONE, i] + met[f, OTHER, i]
    for f in range(2):
        for i in range(LANES):
            met[f, FIRST_ARMS + f, i] += met[f, NONE, i]
            met[f, ONLY, i] += met[f, NONE, i]
        for row in range(FIRST_ARMS, ONLY):
            for i in range(LANES):
                sums[2, i] += met[f, row, i] * rates[t, MARK, i]
                met[f, row, i] *= 1.0 - rates[t, MARK, i]
        for row in range(FIRST_ARMS, ONLY + 1):
            for i in range(LANES):
                wet[f, 0, row, i] += met[f, row, i]
                entered[f, place, row, i] = met[f, row, i]


@inner
def _report(wet, sums, out):  # type: ignore[no-untyped-def]
    """What has happened by the end of a window, out (7, lane)."""
    out[:] = 0.0
    for f in range(2):
        for b in range(wet.shape[1]):
            for i in range(LANES):
                out[S2, i] += wet[f, b, FIRST_ARMS, i]
                out[S4, i] += wet[f, b, FIRST_DENUC, i]
    for i in range(LANES):
        out[ARMS, i], out[DENUC, i], out[DEAL, i] = sums[0, i], sums[1, i], sums[2, i]
        out[S3, i] = sums[2, i]
        out[LIMITS, i] = sums[2, i] + out[S2, i] + out[S4, i]


@compiled
def follow_talks(  # type: ignore[no-untyped-def]
    rates, slow, pull, change, start, edges, wet_paces, windows, known, learnt, out, p_dry, log_weight
):  # fmt: skip
    """Follow the chain of talks along some paths.

    rates, slow, pull and change as of `models.chain.TalksRates`; start: days since the last meeting, its framing, days
    after which talks are dry; edges: first day of each pace, and one more; known: the arrays of `models.chain.Gap`, and
    learnt as of it. Fills out (window, 7, lane), p_dry and log_weight (lane,), all from 0.
    """
    (since, framing, after), (forced, _, teaches, _, _) = start, known
    days, gap, paces = rates.shape[0], len(forced), len(edges) - 1
    n, ring = wet_paces + paces, min(edges[paces - 1], days + after)
    places = np.zeros(n + 1, np.int64)
    for q in range(n):
        b = q % wet_paces if q < 2 * wet_paces else q - wet_paces
        places[q + 1] = places[q] + min(edges[b + 1] - edges[b], days) + 1
    total, e = np.zeros((places[n] + 1, LANES)), np.zeros((1 + 2 * n, LANES))
    so_far = np.zeros((n, LANES))
    dry, wet, entered = np.zeros(LANES), np.zeros((2, paces, 4, LANES)), np.empty((2, ring, 4, LANES))
    met, sums, arms = np.zeros((2, 5, LANES)), np.zeros((3, LANES)), np.zeros((2, paces, LANES))
    for b in range(wet_paces):
        for i in range(LANES):
            arms[0, b, i], arms[1, b, i] = 1.0 - change[i], change[i]
    age, first = (0, NOWHERE) if since > after else (max(since, 1), after - max(since, 1))
    if since > after:
        dry[:] = 1.0
    else:
        entered[:, first, NONE] = 0.0
        entered[framing, first, NONE] = 1.0
        wet[framing, _pace(edges, age), NONE] = 1.0
    w, reached = 0, 0
    for t in range(days):
        if t < gap and learnt and forced[t] >= 0 and not teaches[t]:  # days before it have taught what they did
            held = _unmet(dry, wet)
            for i in range(LANES):
                log_weight[i] += np.log(held[i])
        if t == gap:
            _settle(dry, wet, entered, learnt, wet_paces, p_dry, log_weight)
        while reached < paces and edges[reached] <= t + age:
            reached += 1
        none_from = _pace(edges, max(t - gap, 0) + 1)
        _stay(rates, slow, wet_paces, reached, edges, t, so_far, total, places, e)
        _frame(rates, pull, wet_paces, reached, t, arms)
        _meet(dry, wet, rates, e, arms, wet_paces, reached, none_from, NONE + 1 if t < gap else ONLY + 1, t, met)
        _pass_on(wet, entered, e, wet_paces, edges, after, gap, first, t + 1, reached)
        if t < gap:
            _end_known_day(dry, wet, entered, met, t, known, rates, (t + after) % ring, log_weight)
        else:
            _end_open_day(wet, entered, met, rates, t, (t + after) % ring, sums)
        while w < len(windows) and t - gap + 1 == windows[w]:
            _report(wet, sums, out[w])
            w += 1
