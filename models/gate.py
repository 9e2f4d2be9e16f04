"""The gate: whether a fit may be published."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import xarray as xr
from arviz_base import from_dict
from arviz_stats import summary

from models.parameters import DIMS
from models.spec import Floats

RHAT_MAX = 1.01
ESS_MIN = 400.0
DIVERGENT_SHARE_MAX = 0.001
TINY = 1e-12
EBFMI_MIN = 0.3
"""Below 0.3 the momentum resampling explores the energy too slowly. Betancourt (2016), arXiv:1604.00695."""


type Verdict = Literal["published", "rejected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostics:
    """Over all named parameters and the logit of the headline at each horizon. ``draws`` is the total over chains."""

    rhat_max: float
    ess_bulk_min: float
    ess_tail_min: float
    divergences: int
    ebfmi_min: float
    draws: int
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.failures

    @property
    def verdict(self) -> Verdict:
        """What becomes of the run."""
        return "published" if self.passed else "rejected"


def diagnose(tree: xr.DataTree, headline: Floats) -> Diagnostics:
    """Rank-normalised R-hat and ESS (Vehtari et al. 2021, doi:10.1214/20-BA1221), divergences and E-BFMI.

    ``headline`` (draw of all chains, horizon) is P(headline target | draw).
    """
    posterior = tree["posterior"]
    chains, draws = posterior.sizes["chain"], posterior.sizes["draw"]
    # During a process of another framing the headline cannot happen at once: a constant 0 has nothing to diagnose.
    varies = headline.std(axis=0) > 0
    p = np.clip(headline[:, varies], TINY, 1 - TINY)
    logit = np.log(p) - np.log1p(-p)
    named = {name: posterior[name].transpose("chain", "draw", ...).values for name in DIMS}
    if varies.any():
        named["headline_logit"] = logit.reshape(chains, draws, -1)
    table = summary(from_dict({"posterior": named}), kind="diagnostics", round_to="none")
    rhat, bulk, tail = float(table["r_hat"].max()), float(table["ess_bulk"].min()), float(table["ess_tail"].min())
    divergences = int(tree["sample_stats"]["diverging"].sum())
    ebfmi = float(np.min(_ebfmi(tree)))
    unsound = [name for name in table.index if not np.isfinite(table.loc[name]).all()]
    failures = [
        f"R-hat {rhat:.3f} of {table['r_hat'].idxmax()} is above {RHAT_MAX}" if rhat > RHAT_MAX else "",
        f"bulk ESS {bulk:.0f} of {table['ess_bulk'].idxmin()} is below {ESS_MIN:.0f}" if bulk < ESS_MIN else "",
        f"tail ESS {tail:.0f} of {table['ess_tail'].idxmin()} is below {ESS_MIN:.0f}" if tail < ESS_MIN else "",
        f"{divergences} of {chains * draws} draws diverged"
        if divergences > DIVERGENT_SHARE_MAX * chains * draws
        else "",
        f"E-BFMI {ebfmi:.2f} is below {EBFMI_MIN}" if not ebfmi >= EBFMI_MIN else "",
        f"{', '.join(unsound[:3])} not finite" if unsound else "",
    ]
    return Diagnostics(
        rhat_max=rhat,
        ess_bulk_min=bulk,
        ess_tail_min=tail,
        divergences=divergences,
        ebfmi_min=ebfmi,
        draws=chains * draws,
        failures=tuple(f for f in failures if f),
    )


def _ebfmi(tree: xr.DataTree) -> Floats:
    """E-BFMI per chain from the energies, (chain,)."""
    energy = np.asarray(tree["sample_stats"]["energy"].transpose("chain", "draw").values, dtype=np.float64)
    return np.asarray(np.square(np.diff(energy, axis=1)).mean(axis=1) / energy.var(axis=1))
