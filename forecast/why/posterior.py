"""The draws of a run's posterior, what each of them says, and what they can stand for."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np
from sqlalchemy import Connection

from db.errors import StoreError
from db.posteriors import Posteriors, opened
from db.run_rows import RunRow
from forecast.engine.draws import FORECAST, Drawn, read_draws
from forecast.structures import is_present
from models.parameters import Parameters
from models.spec import TARGETS, Floats

ALL_DRAWS = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Posterior:
    """All that the file of a posterior holds of one run."""

    parameters: Parameters
    chains: int
    thinned: bool
    """Whether these are a few draws that stand for all: they are then no sample of the posterior's density."""
    slant: Floats | None
    """(theta,) what the fit leans to."""
    shares: Floats | None
    """(draw,) weights of the draws, which sum to 1; None where the file, an older one, does not say."""
    said: Mapping[tuple[int | None, str], Floats] | None
    """Of each reach, by days or deadline: P(event | draw), (draw, target); None where the file does not say."""

    @property
    def draws(self) -> int:
        return len(self.parameters.unit)


def read_posterior(connection: Connection, posteriors: Posteriors, run: RunRow) -> Posterior | None:
    """The posterior of a run; None where its file is gone or another model made it."""
    if run.file_hash is None or not is_present(run):
        return None
    try:
        with opened(connection, posteriors, run.file_hash) as path:
            drawn = read_draws(path, ALL_DRAWS)
            return None if drawn.parameters is None else _posterior(path, drawn, drawn.parameters, run)
    except StoreError:
        return None


def _posterior(path: Path, drawn: Drawn, parameters: Parameters, run: RunRow) -> Posterior:
    with netCDF4.Dataset(path) as file:
        chains = file["posterior"].dimensions["chain"].size
        shares, said = _said(file[FORECAST]) if FORECAST in file.groups else (None, None)
    return Posterior(
        parameters=parameters,
        chains=chains,
        thinned=run.thinned_hash is not None,
        slant=drawn.slant,
        shares=shares,
        said=said,
    )


def _said(group: netCDF4.Dataset) -> tuple[Floats, Mapping[tuple[int | None, str], Floats]]:
    names = [str(name) for name in group["of"][:]]
    order = [names.index(target) for target in TARGETS]
    values = np.asarray(group["targets"][:], dtype=np.float64)
    values = values.reshape(-1, *values.shape[2:])[:, order]
    shares = np.asarray(group["share"][:], dtype=np.float64).ravel()
    days, deadlines = group["horizon_days"][:].tolist(), [str(day) for day in group["deadline"][:]]
    reaches = [(None if deadline else int(day), deadline) for day, deadline in zip(days, deadlines, strict=True)]
    return shares / shares.sum(), {reach: values[:, :, h] for h, reach in enumerate(reaches)}
