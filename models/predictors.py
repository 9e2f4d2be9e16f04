"""Log intensities and log odds along simulated paths, and the rates they make, in compiled code.

A predictor is what is expected of it, the regime, and what deviations of the simulated levels add. Levels deviate on a
grid of days, as an autoregression of noise; between these they are interpolated.
"""

from typing import NamedTuple

import numpy as np

from models.lanes import LANES, compiled, exponentiate
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

    expected: Floats  # (day, predictor, draw)
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
def _swing(swings, path, draw, sums):  # type: ignore[no-untyped-def]
    """What deviations add to the predictors: sums (column, grid day, lane), for the path and the draw of each lane."""
    noise, left, step, effect, column = swings.noise, swings.left, swings.step, swings.effect, swings.column
    indicators, predictors = len(left), effect.shape[1]
    away, drawn, own = (
        np.zeros((indicators, LANES)), np.zeros((indicators, LANES)), np.zeros((predictors, indicators, LANES))
    )  # fmt: skip
    for i in range(LANES):
        for p in range(predictors):
            for j in range(indicators):
                own[p, j, i] = effect[draw[i], p, j]
    for g in range(step.shape[0]):
        for i in range(LANES):
            for j in range(indicators):
                drawn[j, i] = noise[path[i], g, draw[i], j]
        for j in range(indicators):
            for i in range(LANES):
                away[j, i] = left[j] * away[j, i] + step[g, j] * drawn[j, i]
            for p in range(predictors):
                c = column[p, j]
                for i in range(LANES):
                    sums[c, g, i] += own[p, j, i] * away[j, i]


@compiled
def _predict(levels, swings, sums, path, draw, t, eta):  # type: ignore[no-untyped-def]
    """The predictors on day ``t``, eta (predictor, lane)."""
    expected, regime, ruled, knot = levels.expected, levels.regime, levels.ruled, levels.knot[t]
    owner, low, share, ahead = swings.owner, swings.low, swings.share, swings.ahead
    for p in range(eta.shape[0]):
        for i in range(LANES):
            eta[p, i] = expected[t, p, draw[i]]
        if ruled[p]:
            for i in range(LANES):
                eta[p, i] += regime[path[i], draw[i], knot]
    for c in range(len(owner)):
        if ahead[c, t]:
            p, g, later = owner[c], low[c, t], share[c, t]
            for i in range(LANES):
                eta[p, i] += sums[c, g, i] * (1.0 - later) + sums[c, g + 1, i] * later


@compiled
def _rate(eta, terms, own, pace, t, x, rates, recurring):  # type: ignore[no-untyped-def]
    """Intensities of day ``t`` from the predictors: rates (day, row, lane) of talks, recurring (kind, day, lane).

    own (duration and memory, lane), pace (wet pace, lane); x (predictor + 2, lane) is overwritten.
    """
    shortness, remembered, wet_paces = terms.shortness[t], terms.remembered[t], pace.shape[0]
    for i in range(LANES):
        x[BEGIN, i] = eta[ONSET, i] + own[0, i] * shortness
    for i in range(LANES):
        x[TO_ARMS, i] = -eta[FRAMING, i] - own[1, i] * remembered
    for i in range(LANES):
        x[MARK, i] = -eta[DEALS, i]
    for row, p in ((CALM, ONSET), (ODDS, FRAMING), (5, AFTER_ARMS), (6, AFTER_DENUC), (7, CONTACT), (8, CRISIS)):
        for i in range(LANES):
            x[row, i] = eta[p, i]
    for row in range(x.shape[0]):
        for i in range(LANES):
            x[row, i] = min(max(x[row, i], -LARGEST), LARGEST)
    exponentiate(x, x.shape[0])
    for row in (TO_ARMS, MARK):
        for i in range(LANES):
            x[row, i] = 1.0 / (1.0 + x[row, i])
    for row in range(GOING_ON):
        for i in range(LANES):
            rates[t, row, i] = x[row, i]
    for f in range(2):
        for b in range(wet_paces):
            for i in range(LANES):
                rates[t, GOING_ON + f * wet_paces + b, i] = x[GOING_ON + f, i] * pace[b, i]
        for i in range(LANES):
            recurring[f, t, i] = x[7 + f, i]


@compiled
def rates_of(levels, swings, terms, path, draw):  # type: ignore[no-untyped-def]
    """Rates of talks, (day, row, lane), and intensities of contact and crisis, (kind, day, lane), of some paths.

    path, draw (lane,): which of them. Rows as of `models.chain.TalksRates`.
    """
    days, wet_paces = len(levels.expected), terms.pace.shape[1]
    rates, recurring = np.empty((days, GOING_ON + 2 * wet_paces, LANES)), np.empty((2, days, LANES))
    eta, x = np.empty((len(PREDICTORS), LANES)), np.empty((len(PREDICTORS) + 2, LANES))
    sums, pace = np.zeros((len(swings.owner), swings.step.shape[0], LANES)), np.empty((wet_paces, LANES))
    own = np.empty((2, LANES))
    for i in range(LANES):
        own[0, i], own[1, i] = terms.duration[draw[i]], terms.memory[draw[i]]
        for b in range(wet_paces):
            pace[b, i] = terms.pace[draw[i], b]
    _swing(swings, path, draw, sums)
    for t in range(days):
        _predict(levels, swings, sums, path, draw, t, eta)
        _rate(eta, terms, own, pace, t, x, rates, recurring)
    return rates, recurring
