"""Contact or crisis along `LANES` paths at a time, in compiled code; `models.chain` says what is computed."""

import numpy as np

from models.lanes import LANES, compiled, exponentiate
from models.talks import SURE


@compiled
def follow_recurrent(calm, boost, since, memory, windows, forced, reported, teaches, out, log_weight):  # type: ignore[no-untyped-def]
    """Follow contact or crisis along some paths: ``calm``, times ``boost`` within ``memory`` days of an event.

    Intensities calm (day, lane), boost (lane,). Fills out (window, lane), at least one event, and log_weight (lane,),
    the latter from 0.
    """
    days, gap, ring = calm.shape[0], len(forced), memory + 1
    learnt = reported.any() or (teaches & (forced >= 0)).any()
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
            log_weight += np.log(quiet + recent)
        if t == gap and learnt:
            held = quiet + recent
            log_weight += np.log(held)
            held[held == 0.0] = 1.0
            quiet /= held
            recent /= held
            came /= held
        leaves, now, before, back = t % ring, (t + 1) % ring, t % ring, (t + 1 - memory) % ring
        for i in range(LANES):
            boosted = calm[t, i] * boost[i]
            so_far = total[before, i] + min(boosted, SURE)
            e[0, i], e[1, i] = -calm[t, i], -boosted
            e[2, i] = (total[back, i] if t + 1 > memory else 0.0) - so_far
            total[now, i] = so_far
        exponentiate(e, 3)
        for i in range(LANES):
            calmed = came[leaves, i] * e[2, i]
            happened[i] = quiet[i] * (1.0 - e[0, i]) + recent[i] * (1.0 - e[1, i])
            quiet[i] = quiet[i] * e[0, i] + calmed
            recent[i] = max(recent[i] * e[1, i] - calmed, 0.0)
            came[leaves, i] = 0.0
        if t < gap:
            if forced[t] >= 0:
                if teaches[t]:
                    log_weight += np.log(happened)
                quiet[:], recent[:], came[:], happened[:] = 0.0, 0.0, 0.0, 1.0
            else:
                happened *= 1.0 - reported[t]
            came[(t + memory) % ring] = happened
            recent += happened
        else:
            while w < len(windows) and t - gap + 1 == windows[w]:
                out[w] = 1.0 - quiet - recent
                w += 1
