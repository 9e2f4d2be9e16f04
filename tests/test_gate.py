"""The gate lets a good sample through and names what is wrong with a bad one."""

import re
from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr
from scipy.signal import lfilter

from models.gate import Diagnostics, diagnose
from models.parameters import DIMS
from models.projection import mean_with_error
from models.spec import Floats

CHAINS, DRAWS = 4, 800
SIZES = {"target": 5, "framing": 2, "indicator": 3, "process": 6, "later_pace": 2, "recurrent": 2, "knot": 4}

Samples = dict[str, Floats]


def _good(seed: int = 0) -> Samples:
    """Independent draws of everything the gate looks at."""
    rng = np.random.default_rng(seed)
    samples = {name: rng.standard_normal((CHAINS, DRAWS, *(SIZES[dim] for dim in dims))) for name, dims in DIMS.items()}
    samples["energy"] = rng.standard_normal((CHAINS, DRAWS))
    samples["headline"] = rng.uniform(0.1, 0.6, (CHAINS, DRAWS, 2))
    samples["diverging"] = np.zeros((CHAINS, DRAWS))
    return samples


def _judge(samples: Samples) -> Diagnostics:
    posterior = xr.Dataset({name: (("chain", "draw", *dims), samples[name]) for name, dims in DIMS.items()})
    stats = {name: (("chain", "draw"), samples[name]) for name in ("energy", "diverging")}
    tree = xr.DataTree.from_dict({"posterior": posterior, "sample_stats": xr.Dataset(stats)})
    return diagnose(tree, samples["headline"].reshape(CHAINS * DRAWS, -1))


def _stuck_chain(samples: Samples) -> None:
    samples["unit"][0] += 3.0


def _slow_chain(samples: Samples) -> None:
    """An autoregression of 0.98 leaves about a hundredth of the draws."""
    samples["base"][:, :, 2] = lfilter([1], [1, -0.98], samples["base"][:, :, 2], axis=1)


def _slow_headline(samples: Samples) -> None:
    walk = lfilter([1], [1, -0.98], np.random.default_rng(1).standard_normal((CHAINS, DRAWS)), axis=1)
    samples["headline"][:, :, 1] = 1 / (1 + np.exp(-walk))


def _lumpy_tails(samples: Samples) -> None:
    """Visits to the tails come in long runs, while the bulk mixes."""
    blocks = np.repeat(np.random.default_rng(2).standard_normal((CHAINS, DRAWS // 50)) > 1.0, 50, axis=1)
    samples["fraction"] += np.where(blocks, 6.0, 0.0)


def _divergences(samples: Samples) -> None:
    samples["diverging"][0, :4] = 1


def _slow_energy(samples: Samples) -> None:
    samples["energy"] = np.cumsum(samples["energy"], axis=1)


def _stuck_energy(samples: Samples) -> None:
    samples["energy"][:] = np.linspace(0, 1, DRAWS)


def _not_a_number(samples: Samples) -> None:
    samples["momentum"][1, 5, 1] = np.nan


def test_a_good_sample_passes() -> None:
    found = _judge(_good())
    assert found.passed
    assert found.failures == ()
    assert found.rhat_max < 1.01
    assert min(found.ess_bulk_min, found.ess_tail_min) > 1000
    assert found.ebfmi_min > 1.5  # of independent energies it is 2
    assert (found.divergences, found.draws) == (0, CHAINS * DRAWS)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_stuck_chain, "R-hat 1.* of unit is above 1.01"),
        (_slow_chain, "bulk ESS .* of base.* is below 400"),
        (_slow_headline, "bulk ESS .* of headline_logit.* is below 400"),
        (_lumpy_tails, "tail ESS .* of fraction is below 400"),
        (_divergences, "4 of 3200 draws diverged"),
        (_slow_energy, "E-BFMI 0.0. is below 0.3"),
        (_stuck_energy, "E-BFMI 0.00 is below 0.3"),
        (_not_a_number, "momentum.* not finite"),
    ],
)
def test_a_bad_sample_is_refused_and_the_culprit_named(spoil: Callable[[Samples], None], message: str) -> None:
    samples = _good()
    spoil(samples)
    found = _judge(samples)
    assert not found.passed
    assert any(re.search(message, failure) for failure in found.failures), found.failures


def test_three_divergences_in_four_thousand_are_let_pass() -> None:
    """One in a thousand is the limit: 3 of 3200 are within it."""
    samples = _good()
    samples["diverging"][2, 10:13] = 1
    assert _judge(samples).passed


def test_the_error_of_a_mean_is_that_of_independent_draws() -> None:
    values = np.random.default_rng(4).normal(0.3, 0.1, 4000)
    mean, error = mean_with_error(values, 4)
    assert mean == values.mean()
    assert error == pytest.approx(0.1 / np.sqrt(4000), rel=0.15)
