"""Chains along any number of paths, by path as the oracle takes them; `models.chain` takes paths side by side."""

import numpy as np
from oracles.chain import TalksRates

from models import chain
from models.chain import Gap, Situation
from models.lanes import lanes_of
from models.spec import Floats, Ints


def propagate_talks(rates: TalksRates, situation: Situation) -> tuple[Floats, Floats, Floats]:
    """What `models.chain.propagate_talks` gives, with the path first."""
    paths, days = rates.begin.shape
    going_on = np.moveaxis(rates.going_on.reshape(paths, days, -1), 2, 0)
    daily = np.concatenate([[rates.begin, rates.arms, rates.calm, rates.odds, rates.mark], going_on])
    pull = np.stack([rates.pull, 1 / rates.pull])
    found = []
    for lanes in lanes_of(paths):
        side_by_side = chain.TalksRates(
            daily=np.ascontiguousarray(daily[:, lanes].transpose(2, 0, 1)),
            slow=np.ascontiguousarray(rates.slow[lanes].T),
            pull=np.ascontiguousarray(pull[:, lanes].transpose(0, 2, 1)),
            change=rates.change[lanes],
        )
        found.append(chain.propagate_talks(side_by_side, situation))
    out, p_dry, log_weight = (np.concatenate(each, axis=-1)[..., :paths] for each in zip(*found, strict=True))
    return out.transpose(2, 0, 1), p_dry, log_weight


def propagate_recurrent(
    calm: Floats, boost: Floats, gap: Gap, *, since: int, memory: int, windows: Ints
) -> tuple[Floats, Floats]:
    """What `models.chain.propagate_recurrent` gives, with the path first."""
    found = [
        chain.propagate_recurrent(
            np.ascontiguousarray(calm[lanes].T), boost[lanes], gap, since=since, memory=memory, windows=windows
        )
        for lanes in lanes_of(len(calm))
    ]
    out, log_weight = (np.concatenate(each, axis=-1)[..., : len(calm)] for each in zip(*found, strict=True))
    return out.T, log_weight
