"""Log intensities and log odds along simulated paths, and the rates they make, in compiled code.

A predictor is what is expected of it, the regime, and what deviations of the simulated levels add. Levels deviate on a
grid of days, as an autoregression of noise; between these they are interpolated.
"""

from typing import NamedTuple

import numpy as np

from models.lanes import LANES, compiled, exponentiate, inner
from models.spec import Bools, Floats, Ints
from models.talks import BEGIN, CALM, GOING_ON, MARK, ODDS, TO_ARMS

PREDICTORS = (
    "onset",
    "framing",
    "contact",
    "crisis",
    "deal",
    "continuation, arms_control",
    "continuation, denuclearisation",
)
"""Processes that levels move, in the order of every array of them; those that see levels with a lag come last."""
ONSET, FRAMING, CONTACT, CRISIS, DEALS, AFTER_ARMS, AFTER_DENUC = range(len(PREDICTORS))
LARGEST = 300.0
"""Logarithms beyond which intensities and odds are not told apart: products of two of them are still finite numbers."""


class Levels(NamedTuple):
    """Log intensities and log odds as expected on the days of the path, and the regime."""

    base: Floats  # (draw, predictor)
    expected: Floats  # (day, predictor, draw) of the indicators
    ruled: Bools  # (predictor,) whether the regime adds to it
    regime: Floats  # (path, draw, knot)
    knot: Ints  # (day,)


class Swings(NamedTuple):
    """Simulated deviations from the expected levels, and what they add to the predictors.

    The noise of a level becomes its deviation; deviations times effects are summed in columns, one for each predictor
    and lag, on the days of a grid. Between these they are interpolated.
    """

    noise: Floats  # (path, grid day, draw, indicator) standard normal
    left: Floats  # (indicator,) share of a deviation on the next grid day
    step: Floats  # (grid day, indicator) sd of what comes to it
    effect: Floats  # (draw, predictor, indicator)
    column: Ints  # (predictor, indicator)
    owner: Ints  # (column,) its predictor
    low: Ints  # (column, day) the grid day before it
    share: Floats  # (column, day) of the way to the next grid day
    ahead: Bools  # (column, day) whether levels are open there


class Terms(NamedTuple):
    """What silence, the last framing and the pace add."""

    duration: Floats  # (draw,)
    shortness: Floats  # (day,)
    memory: Floats  # (draw,)
    remembered: Floats  # (day,) with the sign of the framing remembered
    pace: Floats  # (draw, wet pace) factor


@compiled
def swing(swings, path, draw, indicators):  # type: ignore[no-untyped-def]
    """What deviations of some indicators add to the predictors: (column, grid day, lane).

    path, draw (lane,): those that stand side by side.
    """
    noise, left, step, effect, column = swings.noise, swings.left, swings.step, swings.effect, swings.column
    predictors, n = effect.shape[1], len(indicators)
    sums, own = np.zeros((len(swings.owner), len(step), LANES)), np.empty((predictors, n, LANES))
    away, drawn = np.zeros((n, LANES)), np.empty((n, LANES))
    for i in range(LANES):
        for p in range(predictors):
            for k in range(n):
                own[p, k, i] = effect[draw[i], p, indicators[k]]
    for g in range(len(step)):
        for i in range(LANES):
            for k in range(n):
                drawn[k, i] = noise[path[i], g, draw[i], indicators[k]]
        for k in range(n):
            j = indicators[k]
            for i in range(LANES):
                away[k, i] = left[j] * away[k, i] + step[g, j] * drawn[k, i]
            for p in range(predictors):
                c = column[p, j]
                for i in range(LANES):
                    sums[c, g, i] += own[p, k, i] * away[k, i]
    return sums


@inner
def _predict(levels, swings, sums, draw, base, regime, t, eta):  # type: ignore[no-untyped-def]
    """The predictors on day ``t``, eta (predictor, lane)."""
    expected, ruled, knot = levels.expected, levels.ruled, levels.knot[t]
    owner, low, share, ahead = swings.owner, swings.low, swings.share, swings.ahead
    for p in range(eta.shape[0]):
        for i in range(len(draw)):
            eta[p, i] = base[p, i] + expected[t, p, np.uint64(draw[i])]
        if ruled[p]:
            for i in range(len(draw)):
                eta[p, i] += regime[knot, i]
    for c in range(len(owner)):
        if ahead[c, t]:
            p, g, later = owner[c], low[c, t], share[c, t]
            for i in range(LANES):
                eta[p, i] += sums[c, g, i] * (1.0 - later) + sums[c, g + 1, i] * later


@inner
def _held(log):  # type: ignore[no-untyped-def]
    return min(max(log, -LARGEST), LARGEST)


@inner
def _rate(eta, terms, own, pace, t, x, rates, recurring):  # type: ignore[no-untyped-def]
    """Intensities of day ``t`` from the predictors: rates (day, row, lane) of talks, recurring (kind, day, lane).

    own (duration and memory, lane), pace (wet pace, lane); x (predictor + 2, lane) is overwritten.
    """
    shortness, remembered, wet_paces, lanes = terms.shortness[t], terms.remembered[t], pace.shape[0], rates.shape[2]
    for i in range(LANES):
        x[BEGIN, i] = _held(eta[ONSET, i] + own[0, i] * shortness)
        x[TO_ARMS, i] = _held(-eta[FRAMING, i] - own[1, i] * remembered)
        x[MARK, i] = _held(-eta[DEALS, i])
        x[CALM, i], x[ODDS, i] = _held(eta[ONSET, i]), _held(eta[FRAMING, i])
        x[5, i], x[6, i] = _held(eta[AFTER_ARMS, i]), _held(eta[AFTER_DENUC, i])
        x[7, i], x[8, i] = _held(eta[CONTACT, i]), _held(eta[CRISIS, i])
    exponentiate(x, x.shape[0])
    for row in (TO_ARMS, MARK):
        for i in range(lanes):
            x[row, i] = 1.0 / (1.0 + x[row, i])
    for row in range(GOING_ON):
        for i in range(lanes):
            rates[t, row, i] = x[row, i]
    for f in range(2):
        for b in range(wet_paces):
            for i in range(lanes):
                rates[t, GOING_ON + f * wet_paces + b, i] = x[GOING_ON + f, i] * pace[b, i]
        for i in range(lanes):
            recurring[f, t, i] = x[7 + f, i]


@compiled
def fill_rates(levels, swings, sums, terms, path, draw, rates, recurring):  # type: ignore[no-untyped-def]
    """Fill rates of talks, (day, row, lane), and intensities of contact and crisis, (kind, day, lane), of some paths.

    path, draw (lane,): those that stand side by side; sums: what `swing` gives for them. Rows as of
    `models.chain.TalksRates`.
    """
    wet_paces = terms.pace.shape[1]
    eta, x = np.empty((len(PREDICTORS), LANES)), np.empty((len(PREDICTORS) + 2, LANES))
    base, own, pace = np.empty((len(PREDICTORS), LANES)), np.empty((2, LANES)), np.empty((wet_paces, LANES))
    regime = np.empty((levels.regime.shape[2], LANES))
    for i in range(LANES):
        own[0, i], own[1, i] = terms.duration[draw[i]], terms.memory[draw[i]]
        for p in range(len(base)):
            base[p, i] = levels.base[draw[i], p]
        for b in range(wet_paces):
            pace[b, i] = terms.pace[draw[i], b]
        for k in range(len(regime)):
            regime[k, i] = levels.regime[path[i], draw[i], k]
    for t in range(len(rates)):
        _predict(levels, swings, sums, draw, base, regime, t, eta)
        _rate(eta, terms, own, pace, t, x, rates, recurring)
