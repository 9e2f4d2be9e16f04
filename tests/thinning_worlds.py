"""Posteriors that scatter about what toy runs say, and the runs that they are of."""

from datetime import UTC, date, datetime

import numpy as np
import xarray as xr
from toy_runs import TARGETS, WINDOWS, add_run, toy_targets

from db.engine import Database
from db.posteriors import keep, prepare
from forecast.engine.posterior_file import SAID, write_posterior


def posterior(number: int = 0, *, chains: int = 4, draws: int = 500, said: bool = True) -> xr.DataTree:
    """A posterior whose draws scatter about what the toy runs say."""
    rng = np.random.default_rng(number)
    mean = np.array([row.mean for row in toy_targets()]).reshape(len(TARGETS), len(WINDOWS))
    shift = 0.05 * rng.standard_normal((chains, draws, 1, 1)) + 0.01 * rng.standard_normal((chains, draws, *mean.shape))
    slope = shift[:, :, 0, 0] + 0.1 * rng.standard_normal((chains, draws))
    groups = {
        "posterior": xr.Dataset({"slope": (("chain", "draw"), slope)}),
        "sample_stats": xr.Dataset({"energy": (("chain", "draw"), slope**2)}),
    }
    if said:
        groups[SAID] = xr.Dataset(
            {
                "targets": (("chain", "draw", "of", "horizon"), np.clip(mean + shift, 0, 1)),
                "share": (("chain", "draw"), np.full((chains, draws), 1 / (chains * draws))),
            },
            coords={
                "of": list(TARGETS),
                "horizon_days": ("horizon", [days or 0 for days, _ in WINDOWS]),
                "deadline": ("horizon", [day.isoformat() if day else "" for _, day in WINDOWS]),
            },
        )
    return xr.DataTree.from_dict(groups)


def stored(database: Database, as_of: date, number: int, *, status: str = "published", said: bool = True) -> int:
    """A run of that day with a posterior of its own."""
    file = prepare(database.posteriors, lambda path: write_posterior(posterior(number, said=said), path))
    with database.write() as connection:
        keep(connection, file)
    at = datetime(as_of.year, as_of.month, as_of.day, 6, tzinfo=UTC)
    return add_run(database, as_of=as_of, posterior_hash=file.digest, status=status, at=at)
