"""What observing is expected to move: how far the forecast is from a martingale, and why."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.martingale import Drift, measure
from models.spec import TARGETS
from models.states import LEVEL_VARIANCE, predict
from models.structure import SHIPPED, Structure

DAY, HEADLINE, A_YEAR = date(2022, 1, 1), TARGETS.index("arms_control_talks"), 3
"""The day, of those measured, on which what is built drifts most: nobody has observed much for long."""


@given(
    before=st.floats(0.1, LEVEL_VARIANCE),
    share=st.floats(0.01, 1.0),
    days=st.floats(0, 2000),
    half_life=st.floats(10, 1000),
)
def test_a_fading_level_keeps_its_variance_and_one_that_holds_gains_some(
    before: float, share: float, days: float, half_life: float
) -> None:
    """Before something is observed, its later variance should be what is left of it plus what the mean will move by.

    It is of a level that fades. One that holds grows uncertain towards a cap, faster the surer it was: what an
    observation takes from the variance v comes back, v (1 - 2^(-days / half-life)).
    """

    def later(variance: float, fades: bool) -> tuple[float, float]:
        """Share of the mean that is left, and the variance."""
        mean, found = predict(
            np.ones(1), np.array([variance]), np.array([days]), np.array([fades]), np.array([half_life])
        )
        return float(mean[0]), float(found[0])

    after, left = before * (1 - share), np.exp2(-days / half_life)
    for fades, gained in ((True, 0.0), (False, (before - after) * (1 - left))):
        (kept, whole), (_, rest) = later(before, fades), later(after, fades)
        assert rest + kept**2 * (before - after) - whole == pytest.approx(gained, abs=1e-9)


def _drift(structure: Structure, *, fading: bool = False) -> tuple[float, float]:
    """Of the headline at a year, in points, and its standard error."""
    found: Drift = measure(DAY, structure, draws=40, fading=fading)
    return 100 * float(found.mean[HEADLINE, A_YEAR]), 100 * float(found.error[HEADLINE, A_YEAR])


def test_the_drift_of_what_is_built_is_what_the_documentation_says() -> None:
    """Rates are taken at expected levels: to know them better makes what is likely later a little likelier."""
    drift, error = _drift(SHIPPED)
    assert error < 0.3
    assert drift == pytest.approx(1.49, abs=4 * error)


def test_rates_over_all_levels_do_not_drift_where_levels_keep_their_variance() -> None:
    drift, error = _drift(Structure(moment_term=True), fading=True)
    assert error < 0.3
    assert abs(drift) < 4 * error
