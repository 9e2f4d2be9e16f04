"""The compiled log posterior with its gradient: what `models.gradient` lays out in memory, evaluated.

The predictor of a row is a sum of columns times coefficients: levels, a one for the base, the terms of its process and
a one for its year's knot of the regime. Rows lie in blocks of `ROWS`, column by column, and a block goes from predictor
to gradient while it is in the processor's nearest cache. It holds only the columns that are not zero in all its rows.
"""

from functools import cache
from typing import Any

import numpy as np
from numba import carray, cfunc, njit, types
from numba.extending import intrinsic

from models.lanes import INNER
from models.parameters import SOFTNESS

ROWS = 64
TOGETHER = 4
"""Columns that one pass over the rows of a block takes; a block holds a multiple of them."""
SUMS = {"contract", "reassoc"}
"""Sums may be taken in the order that suits the processor, which is the same every time; nothing else is loosened."""
LOG2_E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
SMALLEST, LARGEST = -708.0, 710.0
"""Where exp is all but nothing, and where it is infinite."""
LOG_UNIT, SLOPE, TILT, DEVIATION, REGIME, DURATION, CHANGE, KNOTS, TARGETS = range(9)
"""What `PLACES` holds: where each lies in theta, and the numbers of knots and of targets."""
BASE, SCALE, MARKS, FIRST_TERM = range(4)
"""What a line of `TABLE` holds of a process: places of its base and scale (-1: none), 1 if it is one of marks, and
places of its terms' coefficients; 0, for no column, where it has fewer than another."""

(
    PLACES,
    JUDGED,
    TABLE,
    BLOCKS,
    BOUNDS,
    USED,
    SLANT,
    PRIOR_MEAN,
    PRIOR_PRECISION,
    REFERENCE,
    JUDGEMENT_SD,
    ROOT,
    DESIGN,
    SAID,
    INDEX,
    APART,
    SHARE,
    VALUES,
    DAYS,
    COUNT,
    PARTS,
) = range(21)
"""What lies in the memory of a problem, in this order: whole numbers first. `PARTS` is how many they are."""


@intrinsic
def _float_of(context, bits):  # type: ignore[no-untyped-def]
    """The number that these 64 bits are."""

    def code(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.bitcast(arguments[0], context.get_value_type(types.float64))

    return types.float64(types.int64), code


@njit(**INNER, fastmath={"contract"})
def _exp(x):  # type: ignore[no-untyped-def]
    """exp within two units in the last place, in operations of which a processor does several at once.

    It is 2^k times a polynomial of what is left of x.
    """
    held = min(max(x, SMALLEST), LARGEST)
    k = np.floor(held * LOG2_E + 0.5)
    y = (held - k * LN2_HIGH) - k * LN2_LOW
    p = 1.0 / 479001600.0
    p = p * y + 1.0 / 39916800.0
    p = p * y + 1.0 / 3628800.0
    p = p * y + 1.0 / 362880.0
    p = p * y + 1.0 / 40320.0
    p = p * y + 1.0 / 5040.0
    p = p * y + 1.0 / 720.0
    p = p * y + 1.0 / 120.0
    p = p * y + 1.0 / 24.0
    p = p * y + 1.0 / 6.0
    p = p * y + 0.5
    p = p * y + 1.0
    return (p * y + 1.0) * _float_of((np.int64(k) + 1023) << 52)


@njit(**INNER, fastmath=SUMS)
def _predict(values, used, coefficient, eta):  # type: ignore[no-untyped-def]
    """Predictors of a block's rows: its columns, one after the other, times their coefficients."""
    eta[:] = 0.0
    for j in range(0, len(used), TOGETHER):
        a, b, c, d = coefficient[used[j]], coefficient[used[j + 1]], coefficient[used[j + 2]], coefficient[used[j + 3]]
        four = values[j * ROWS : (j + TOGETHER) * ROWS]
        for r in range(ROWS):
            eta[r] += a * four[r] + b * four[ROWS + r] + c * four[2 * ROWS + r] + d * four[3 * ROWS + r]


@njit(**INNER, fastmath=SUMS)
def _add_slopes(values, used, left, slope):  # type: ignore[no-untyped-def]
    """Add a block's columns times what is left of its counts to the derivatives by their coefficients."""
    for j in range(0, len(used), TOGETHER):
        four = values[j * ROWS : (j + TOGETHER) * ROWS]
        a = b = c = d = 0.0
        for r in range(ROWS):
            a += four[r] * left[r]
            b += four[ROWS + r] * left[r]
            c += four[2 * ROWS + r] * left[r]
            d += four[3 * ROWS + r] * left[r]
        slope[used[j]] += a
        slope[used[j + 1]] += b
        slope[used[j + 2]] += c
        slope[used[j + 3]] += d


@njit(**INNER, fastmath=SUMS)
def _poisson(eta, days, count, left):  # type: ignore[no-untyped-def]
    """Log density of counts in so many days each; what is left of them goes to ``left``."""
    value = 0.0
    for r in range(ROWS):
        expected = days[r] * _exp(eta[r])
        value += count[r] * eta[r] - expected
        left[r] = count[r] - expected
    return value


@njit(**INNER, fastmath=SUMS)
def _bernoulli(eta, there, count, left):  # type: ignore[no-untyped-def]
    """Log density of marks, and what is left of them, in the rows that are ``there``: 1, else 0."""
    value, odds = 0.0, 1.0
    for r in range(ROWS):
        small = _exp(-abs(eta[r]))
        odds *= 1.0 + there[r] * small  # each at most 2, so that one logarithm does for all
        value += count[r] * eta[r] - there[r] * max(eta[r], 0.0)
        left[r] = count[r] - there[r] * (1.0 if eta[r] >= 0.0 else small) / (1.0 + small)
    return value - np.log(odds)


@njit(**INNER, fastmath=SUMS)
def _times(matrix, x, out):  # type: ignore[no-untyped-def]
    """A matrix, laid out row after row, times ``x``."""
    columns = len(x)
    for i in range(len(out)):
        row, total = matrix[i * columns : (i + 1) * columns], 0.0
        for j in range(columns):
            total += row[j] * x[j]
        out[i] = total


@njit(**INNER, fastmath=SUMS)
def _add_transposed(matrix, x, out):  # type: ignore[no-untyped-def]
    """Add the transpose of a matrix, laid out row after row, times ``x``."""
    columns = len(out)
    for i in range(len(x)):
        row = matrix[i * columns : (i + 1) * columns]
        for j in range(columns):
            out[j] += row[j] * x[i]


@njit(**INNER, fastmath=SUMS)
def _priors(theta, grad, memory, real):  # type: ignore[no-untyped-def]
    """Log density of all priors but the judgements' error's, duration and its derivative by theta; sets ``grad``."""
    mean, precision = (
        real[memory[PRIOR_MEAN] : memory[PRIOR_MEAN + 1]],
        real[memory[PRIOR_PRECISION] : memory[PRIOR_PRECISION + 1]],
    )
    value = 0.0
    for j in range(len(mean)):
        deviation = theta[j] - mean[j]
        grad[j] = -deviation * precision[j]
        value += 0.5 * deviation * grad[j]
    places, reference = memory[memory[PLACES] : memory[PLACES + 1]], real[memory[REFERENCE] : memory[REFERENCE + 1]]
    duration_at, change_at = places[DURATION], places[CHANGE]
    centre, spread, yes, no = reference[0], reference[1], reference[2], reference[3]
    duration = SOFTNESS * np.logaddexp(0.0, theta[duration_at] / SOFTNESS)
    rise = -np.expm1(-duration / SOFTNESS)
    deviation = (duration - centre) / spread
    value += np.log(rise) - 0.5 * deviation * deviation
    grad[duration_at] = (1.0 - rise) / SOFTNESS - deviation / spread * rise
    value += yes * theta[change_at] - (yes + no) * np.logaddexp(0.0, theta[change_at])
    grad[change_at] = yes - (yes + no) / (1.0 + np.exp(-theta[change_at]))
    return value, duration, rise


@njit(**INNER, fastmath=SUMS)
def _judgements(theta, grad, memory, real):  # type: ignore[no-untyped-def]
    """Log density of what the documents say and of their error; sets the latter's gradient, adds to the weights'."""
    judged, design, said = (
        memory[memory[JUDGED] : memory[JUDGED + 1]],
        real[memory[DESIGN] : memory[DESIGN + 1]],
        real[memory[SAID] : memory[SAID + 1]],
    )
    floor, scale = real[memory[JUDGEMENT_SD]], real[memory[JUDGEMENT_SD] + 1]
    last = len(theta) - 1
    excess = np.exp(theta[last])
    sigma, square = floor + excess, (excess / scale) ** 2
    weight, residual, back = np.empty(len(judged)), np.empty(len(said)), np.zeros(len(judged))
    for j in range(len(judged)):
        weight[j] = theta[judged[j]]
    _times(design, weight, residual)
    quadratic = 0.0
    for i in range(len(said)):
        residual[i] = (said[i] - residual[i]) / sigma
        quadratic += residual[i] * residual[i]
    _add_transposed(design, residual, back)
    for j in range(len(judged)):
        grad[judged[j]] += back[j] / sigma
    grad[last] = 1.0 - square + (quadratic - len(said)) / sigma * excess
    return theta[last] - 0.5 * square - len(said) * np.log(sigma) - 0.5 * quadratic


@njit(**INNER)
def _effects(theta, unit, places, index, apart, effect):  # type: ignore[no-untyped-def]
    """Log intensity per level, (target, indicator): the two framings' first."""
    n, slope, tilt, deviation = len(index), places[SLOPE], places[TILT], places[DEVIATION]
    for t in range(effect.shape[0]):
        for i in range(n):
            if t < 2:
                side = 1.0 if t == 0 else -1.0
                effect[t, i] = theta[slope] * index[i] + side * theta[tilt] * apart[i] + theta[deviation + t * n + i]
            else:
                effect[t, i] = unit * theta[t * n + i]


@njit(**INNER)
def _add_effects(grad, slope, effect, unit, places, index, apart):  # type: ignore[no-untyped-def]
    """From derivatives by the effects, slope (target, indicator), to those by what effects are made of."""
    n = len(index)
    for t in range(slope.shape[0]):
        for i in range(n):
            if t < 2:
                side = 1.0 if t == 0 else -1.0
                grad[places[SLOPE]] += index[i] * slope[t, i]
                grad[places[TILT]] += side * apart[i] * slope[t, i]
                grad[places[DEVIATION] + t * n + i] += slope[t, i]
            else:
                grad[t * n + i] += unit * slope[t, i]
                grad[places[LOG_UNIT]] += effect[t, i] * slope[t, i]


@njit(**INNER)
def _rows(memory, real, process, marks, coefficient, slope):  # type: ignore[no-untyped-def]
    """Log density of the rows of a process; sets the derivatives by the coefficients of its columns."""
    used = memory[memory[USED] : memory[USED + 1]]
    eta, left = np.empty(ROWS), np.empty(ROWS)
    slope[:], value = 0.0, 0.0
    for b in range(memory[memory[BLOCKS] + process], memory[memory[BLOCKS] + process + 1]):
        first, end = memory[memory[BOUNDS] + b], memory[memory[BOUNDS] + b + 1]
        mine, at = used[first:end], memory[VALUES]
        values = real[at + first * ROWS : at + end * ROWS]
        days = real[memory[DAYS] + b * ROWS : memory[DAYS] + (b + 1) * ROWS]
        count = real[memory[COUNT] + b * ROWS : memory[COUNT] + (b + 1) * ROWS]
        _predict(values, mine, coefficient, eta)
        value += _bernoulli(eta, days, count, left) if marks else _poisson(eta, days, count, left)
        _add_slopes(values, mine, left, slope)
    return value


@njit(**INNER)
def _coefficients(linear, line, share, effect, coefficient):  # type: ignore[no-untyped-def]
    """Set what multiplies a process's levels, one and terms; that of the knots is the same for all."""
    n, factor = effect.shape[1], linear[line[SCALE]] if line[SCALE] >= 0 else 1.0
    for i in range(n):
        coefficient[i] = 0.0
        for t in range(len(share)):
            coefficient[i] += factor * share[t] * effect[t, i]
    coefficient[n] = linear[line[BASE]]
    for j in range(len(line) - FIRST_TERM):
        coefficient[n + 1 + j] = linear[line[FIRST_TERM + j]]


@njit(**INNER)
def _add_coefficients(linear, grad, line, share, effect, slope, effect_slope):  # type: ignore[no-untyped-def]
    """From derivatives by a process's coefficients, ``slope``, to those by ``linear`` and by the effects."""
    n, factor = effect.shape[1], linear[line[SCALE]] if line[SCALE] >= 0 else 1.0
    grad[line[BASE]] += slope[n]
    for j in range(len(line) - FIRST_TERM):
        grad[line[FIRST_TERM + j]] += slope[n + 1 + j]
    for t in range(len(share)):
        for i in range(n):
            effect_slope[t, i] += factor * share[t] * slope[i]
            if line[SCALE] >= 0:
                grad[line[SCALE]] += share[t] * effect[t, i] * slope[i]


@njit(**INNER)
def _processes(memory, real, linear, grad, effect, effect_slope):  # type: ignore[no-untyped-def]
    """Log density of all rows; adds to derivatives by ``linear``, theta with the duration itself, and by effects."""
    places, root = memory[memory[PLACES] : memory[PLACES + 1]], real[memory[ROOT] : memory[ROOT + 1]]
    (targets, n), first, knots = effect.shape, places[REGIME], places[KNOTS]
    processes = (memory[SHARE + 1] - memory[SHARE]) // targets
    width = (memory[TABLE + 1] - memory[TABLE]) // processes
    regular = n + 1 + width - FIRST_TERM
    coefficient, slope, regime_slope = np.empty(regular + knots), np.empty(regular + knots), np.zeros(knots)
    _times(root, linear[first : first + knots], coefficient[regular:])
    value = 0.0
    for p in range(processes):
        line = memory[memory[TABLE] + p * width : memory[TABLE] + (p + 1) * width]
        share = real[memory[SHARE] + p * targets : memory[SHARE] + (p + 1) * targets]
        _coefficients(linear, line, share, effect, coefficient)
        value += _rows(memory, real, p, line[MARKS], coefficient, slope)
        _add_coefficients(linear, grad, line, share, effect, slope, effect_slope)
        for k in range(knots):
            regime_slope[k] += slope[regular + k]
    _add_transposed(root, regime_slope, grad[first : first + knots])
    return value


@njit(cache=True, nogil=True, error_model="numpy")
def evaluate(theta, grad, memory):  # type: ignore[no-untyped-def]
    """Value of the log density up to a constant; fills ``grad``."""
    real, size = memory.view(np.float64), len(theta)
    places, slant = memory[memory[PLACES] : memory[PLACES + 1]], real[memory[SLANT] : memory[SLANT + 1]]
    index, apart = real[memory[INDEX] : memory[INDEX + 1]], real[memory[APART] : memory[APART + 1]]
    targets, n, unit = places[TARGETS], len(index), np.exp(theta[places[LOG_UNIT]])
    value, duration, rise = _priors(theta, grad, memory, real)
    value += _judgements(theta, grad, memory, real)
    effect, effect_slope = np.empty((targets, n)), np.zeros((targets, n))
    _effects(theta, unit, places, index, apart, effect)
    linear, linear_slope = np.empty(size), np.zeros(size)
    for j in range(size):
        linear[j] = theta[j]
    linear[places[DURATION]] = duration
    value += _processes(memory, real, linear, linear_slope, effect, effect_slope)
    linear_slope[places[DURATION]] *= rise
    _add_effects(grad, effect_slope, effect, unit, places, index, apart)
    for j in range(size):
        grad[j] += linear_slope[j] + slant[j]
        value += slant[j] * theta[j]
    return value


def _log_density(size, theta, gradient, value, memory):  # type: ignore[no-untyped-def]
    """For a sampler that calls C: 0, or what is wrong."""
    held = carray(memory, (carray(memory, (PARTS + 1,), np.int64)[PARTS],), np.int64)
    slopes = carray(gradient, (size,))
    found = carray(value, (1,))
    found[0] = evaluate(carray(theta, (size,)), slopes, held)
    for j in range(size):
        if not np.isfinite(slopes[j]):
            return 3
    return 0 if np.isfinite(found[0]) else 4


def _copy(size, expanded, theta, out, memory):  # type: ignore[no-untyped-def]
    """For a sampler that calls C: what it keeps of theta, all of it as it is."""
    for j in range(size):
        out[j] = theta[j]
    return 0


@cache
def c_functions() -> tuple[Any, Any]:
    """The log density with its gradient, and what is kept of theta, as nutpie calls them in C."""
    size, numbers, anything = types.uint64, types.CPointer(types.float64), types.voidptr
    log_density = cfunc(types.int64(size, numbers, numbers, numbers, anything), cache=True)(_log_density)
    return log_density, cfunc(types.int64(size, size, numbers, numbers, anything), cache=True)(_copy)
