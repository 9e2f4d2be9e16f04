"""Some draws of a stored posterior, read without the libraries that made it: those take seconds to import."""

from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np

from db.errors import StoreError
from models.parameters import DIMS, Parameters
from models.spec import Floats
from models.structure import SHIPPED

FORECAST = "forecast"
"""The group of what each draw says, as `forecast.engine.posterior_file` writes it."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Draws evenly taken from every chain, and the structure of the model that made them."""

    parameters: Parameters | None
    """None where a model of another structure made them."""
    structure: str
    slant: Floats | None = None
    """(theta,) the linear stand-in for unattested days that the fit leans towards; None where it has none."""


def read_draws(path: Path, number: int) -> Drawn:
    """At most `number` draws of the posterior at `path`.

    Raises
    ------
    StoreError
        if the file is no posterior of Parley's
    """
    try:
        with netCDF4.Dataset(path) as file:
            structure = str(getattr(file, "structure", ""))
            parameters = _parameters(file["posterior"], number) if structure == repr(SHIPPED) else None
            slant = getattr(file, "slant", None)
            return Drawn(parameters, structure, None if slant is None else np.asarray(slant, dtype=np.float64))
    except (
        OSError,
        RuntimeError,
        LookupError,
        ValueError,
    ) as error:  # NetCDF says RuntimeError of what it cannot decode
        said = getattr(error, "strerror", None) or error
        raise StoreError(f"posterior {path} cannot be read ({said}); run `parley verify`") from None


def _parameters(group: netCDF4.Dataset, number: int) -> Parameters:
    chains, draws = (group.dimensions[name].size for name in ("chain", "draw"))
    each = min(max(number // chains, 1), draws)
    places = np.linspace(0, draws - 1, each).round().astype(np.int64)

    def taken(name: str) -> Floats:
        values = np.asarray(group[name][:], dtype=np.float64)[:, places]
        return values.reshape(-1, *values.shape[2:])

    own = {name: taken(name) for name in DIMS if name != "judgement_excess"}
    return Parameters(judgement_sd=SHIPPED.priors.judgement_sd[0] + taken("judgement_excess"), **own)
