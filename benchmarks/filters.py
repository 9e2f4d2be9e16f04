"""Time of the filters by number of observations: linear when the time per row stays what it is.

python -m benchmarks.filters
"""

import time

import numpy as np

from models.spec import FOREVER, Catalogue, Observations
from models.states import filter_states

INDICATORS = 19
FIRST_DAY = 727_000


def rows(n: int) -> Observations:
    """``n`` observations of all indicators, spread evenly over 12 000 days."""
    rng = np.random.default_rng(1)
    day = FIRST_DAY + np.sort(rng.integers(0, 12_000, n))
    level = rng.integers(-2, 3, n).astype(float)
    indicator, until = rng.integers(0, INDICATORS, n), np.full(n, FOREVER)
    return Observations(
        indicator=indicator,
        observed=day,
        entered=day,
        since=day,
        until=until,
        level=level,
        variance=rng.uniform(0.1, 2, n),
    )


def main() -> None:
    fades = np.arange(INDICATORS) % 2 == 0
    lag = np.zeros(INDICATORS, dtype=np.int64)
    catalogue = Catalogue(tuple(str(i) for i in range(INDICATORS)), fades, np.full(INDICATORS, 90.0), lag)
    for n in (1_000, 10_000, 100_000, 200_000, 1_000_000):
        drawn, times = rows(n), []
        for _ in range(3):
            begun = time.perf_counter()
            filter_states(drawn, catalogue)
            times.append(time.perf_counter() - begun)
        print(f"{n:>9} rows {min(times):8.3f} s {1e6 * min(times) / n:8.2f} µs a row", flush=True)


if __name__ == "__main__":
    main()
