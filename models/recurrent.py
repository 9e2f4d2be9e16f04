"""Contact or crisis along `LANES` paths at a time, in compiled code; `models.chain` says what is computed."""

import numpy as np

from models.lanes import LANES, compiled, exponentiate, inner
from models.talks import SURE


@inner
def _settle(quiet, recent, came, log_weight):  # type: ignore[no-untyped-def]
    """The forecast date begins: mass sums to one again, where what is known of the gap has taken some of it."""
    for i in range(LANES):
        held = quiet[i] + recent[i]
        log_weight[i] += np.log(held)
        if held == 0.0:
            held = 1.0
        quiet[i] /= held
        recent[i] /= held
        for j in range(len(came)):
            came[j, i] /= held


@compiled
def follow_recurrent(  # type: ignore[no-untyped-def]
    calm, boost, since, memory, windows, forced, reported, teaches, learnt, out, log_weight
):  # fmt: skip
    """Follow contact or crisis along some paths: ``calm``, times ``boost`` within ``memory`` days of an event.

    Intensities calm (day, lane), boost (lane,). Fills out (window, lane), at least one event, and log_weight (lane,),
    the latter from 0.
    """
    days, gap, ring = calm.shape[0], len(forced), memory + 1
    quiet, recent, happened = np.zeros(LANES), np.zeros(LANES), np.zeros(LANES)
    came, total, e = np.zeros((ring, LANES)), np.zeros((ring, LANES)), np.zeros((3, LANES))
    if since > memory:
        quiet[:] = 1.0
    else:
        recent[:] = 1.0
        came[memory - since] = 1.0
    w = 0
    for t in range(days):
        if t < gap and learnt and forced[t] >= 0 and not teaches[t]:
            for i in range(LANES):
                log_weight[i] += np.log(quiet[i] + recent[i])
        if t == gap and learnt:
            _settle(quiet, recent, came, log_weight)
        leaves, now, before, back = t % ring, (t + 1) % ring, t % ring, (t + 1 - memory) % ring
        for i in range(LANES):
            boosted = calm[t, i] * boost[i]
            so_far = total[before, i] + min(boosted, SURE)
            e[0, i], e[1, i] = -calm[t, i], -boosted
            e[2, i] = (total[back, i] if t + 1 > memory else 0.0) - so_far
            total[now, i] = so_far
        exponentiate(e, len(e))
        for i in range(LANES):
            calmed = came[leaves, i] * e[2, i]
            happened[i] = quiet[i] * (1.0 - e[0, i]) + recent[i] * (1.0 - e[1, i])
            quiet[i] = quiet[i] * e[0, i] + calmed
            recent[i] = max(recent[i] * e[1, i] - calmed, 0.0)
            came[leaves, i] = 0.0
        if t < gap:
            if forced[t] >= 0:
                if teaches[t]:
                    for i in range(LANES):
                        log_weight[i] += np.log(happened[i])
                quiet[:], recent[:], came[:], happened[:] = 0.0, 0.0, 0.0, 1.0
            else:
                for i in range(LANES):
                    happened[i] *= 1.0 - reported[t]
            for i in range(LANES):
                came[(t + memory) % ring, i] = happened[i]
            for i in range(LANES):
                recent[i] += happened[i]
        else:
            while w < len(windows) and t - gap + 1 == windows[w]:
                for i in range(LANES):
                    out[w, i] = 1.0 - quiet[i] - recent[i]
                w += 1
