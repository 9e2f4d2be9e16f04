"""Paths side by side: what compiled code that takes `LANES` of them at a time has in common.

Paths stand in the last dimension of every array, so that each loop over them is a few vector instructions. What is done
to a path is the same arithmetic in the same order whichever paths stand beside it, on any number of threads: no sum is
reassociated, and exponentials are a polynomial of our own. Only a product and the sum it goes into may be rounded as
one, as the machine does it; the same machine always does it alike.

Loops over lanes are written out: an assignment of one array to another takes Numba a second or more to compile, most of
it for the message that says which shapes do not fit. Where such a loop does little, its bound is read from an array
that the function is given: with one that it knows, LLVM writes the lanes out one by one, and makes no vector of them.

Numba keeps compiled functions by the file they are in: whoever changes this one removes what is kept of those that call
it.
"""

import numpy as np
from numba import njit

from models.spec import Ints

LANES = 40
"""The two hundred paths of a forecast without a fit are just five times as many."""
LOWEST = -700.0
"""Of exponents: what is smaller is as good as 0."""
_PER_LN2, _LN2_HIGH, _LN2_LOW = 1.4426950408889634, 0.6931471803691238, 1.9082149292705877e-10
_ROUND = 6755399441055744.0  # 1.5 · 2^52: added to a number, it leaves the nearest whole one in the last bits
INNER = {
    "forceinline": True,
    "nogil": True,
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}
"""What is not inlined is compiled twice, by itself and with its caller, and rounds otherwise each time. Which of the
two is called differs between the process that compiles and those that find its code in the cache."""
inner = njit(**INNER, fastmath={"contract"})
compiled = njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})


def lanes_of(paths: int) -> list[Ints]:
    """Paths that stand side by side, `LANES` at a time: the last one also in the place of those that are missing."""
    return [np.minimum(np.arange(LANES) + first, paths - 1) for first in range(0, paths, LANES)]


@inner
def exponentiate(x, rows):  # type: ignore[no-untyped-def]
    """Replace the numbers in the first ``rows`` of x, (row, lane), by their exponentials, to 2e-16 of each.

    Below `LOWEST` it is that of `LOWEST`; above 700 it is nonsense. 2^k e^r with the nearest k and a Taylor series.
    """
    for row in range(rows):
        for i in range(LANES):
            y = max(x[row, i], LOWEST)
            whole = y * _PER_LN2 + _ROUND
            k = whole - _ROUND
            r = (y - k * _LN2_HIGH) - k * _LN2_LOW
            r2 = r * r
            r4 = r2 * r2
            low = (1.0 + r) + r2 * (1 / 2 + r * (1 / 6))
            middle = (1 / 24 + r * (1 / 120)) + r2 * (1 / 720 + r * (1 / 5040))
            high = (1 / 40320 + r * (1 / 362880)) + r2 * (1 / 3628800 + r * (1 / 39916800))
            top = 1 / 479001600 + r * (1 / 6227020800)
            series = low + r4 * (middle + r4 * (high + r4 * top))
            x[row, i] = series * np.int64((np.float64(whole).view(np.int64) + 1023) << 52).view(np.float64)
