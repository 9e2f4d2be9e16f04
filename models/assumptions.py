"""Assumptions that move a present number and that the record cannot settle, each changed by itself.

With three changes of framing and one long silence, duration, regime and what the indicators say are names of one thing:
the evidence tells them apart by less than a nat.
"""

from dataclasses import replace

import numpy as np

from models.spec import Reference
from models.structure import SHIPPED, Priors, Structure

NO_CAP = 100 * 365.0
"""Days of silence that no record reaches."""


def assumptions(structure: Structure = SHIPPED) -> dict[str, Structure]:
    """The structure with one assumption changed, by the name of the change."""
    return {
        "framing leans to arms control (+1)": _leaning(structure, 1.0),
        "framing leans to denuclearisation (-1)": _leaning(structure, -1.0),
        "framing remembered for 1 year": with_priors(structure, memory_years=1.0),
        "framing remembered for 3 years": with_priors(structure, memory_years=3.0),
        "silence does not matter": replace(structure, duration=False),
        "silence matters without end": with_priors(structure, silence_cap=NO_CAP),
        "indicators say nothing": replace(structure, indicators=False),
        "regime half as lively (sd 0.35)": with_priors(structure, regime_sd=0.35),
        "regime livelier (sd 1.0)": with_priors(structure, regime_sd=1.0),
        "priors of the case alone": replace(structure, reference=own_reference()),
    }


def own_reference() -> Reference:
    """Level and duration without other dyads: γ ~ N(0.5, 0.35), and a log rate N(log 1/250, 0.7) at 180 days.

    At 365 days the rate is lower by γ log(365 / 180), which moves the mean and widens the normal.
    """
    shift, (gamma, gamma_sd), (level, level_sd) = np.log(365 / 180), (0.5, 0.35), (-np.log(250), 0.7)
    onset = float(level - gamma * shift), float(np.hypot(level_sd, gamma_sd * shift))
    return Reference(onset=onset, duration=(gamma, gamma_sd))


def with_priors(structure: Structure, **changes: object) -> Structure:
    """The structure with some priors changed, by the names of `models.structure.Priors`."""
    priors: Priors = replace(structure.priors, **changes)  # type: ignore[arg-type]
    return replace(structure, priors=priors)


def _leaning(structure: Structure, lean: float) -> Structure:
    """The log odds of arms control, once the last framing is forgotten, expected to be ``lean`` rather than even."""
    (_, sd), *rest = structure.priors.later_base
    return with_priors(structure, later_base=((lean, sd), *rest))
