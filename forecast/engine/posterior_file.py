"""The file of a posterior: its draws, what each of them says, and what the sampler told.

Draws, and what is projected from them, are rounded to single precision before anything is made of them: so the numbers
of a run come back from its file exactly, and the file takes half the room.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from db.run_rows import NewRun
from forecast.engine.rows import reach_of
from models.importance import Weighed
from models.projection import Projection
from models.spec import TARGETS, Floats, Problem
from models.structure import SHIPPED

SAID = "forecast"
"""The group of what each draw says."""
_TIMES = ("created_at", "sampling_time")
"""Attributes with which the same posterior would have another hash each time."""


def in_single(projection: Projection) -> Projection:
    """The projection as its file gives it back: order and containment of probabilities stay."""
    return replace(projection, targets=_rounded(projection.targets), p_dry=_rounded(projection.p_dry))


def _rounded(values: Floats) -> Floats:
    return np.asarray(values.astype(np.float32), dtype=np.float64)


def with_forecast(
    tree: xr.DataTree, problem: Problem, projection: Projection, weighed: Weighed, slant: Floats | None
) -> xr.DataTree:
    """The tree with a group of what each draw says: targets by horizon, whether dry now, and its share."""
    shape = tree["posterior"].sizes["chain"], tree["posterior"].sizes["draw"]
    reaches = [reach_of(horizon) for horizon in problem.horizons]
    said = xr.Dataset(
        {
            "targets": (
                ("chain", "draw", "of", "horizon"),
                projection.targets.reshape(*shape, *projection.targets.shape[1:]),
            ),
            "p_dry": (("chain", "draw"), projection.p_dry.reshape(shape)),
            "share": (("chain", "draw"), weighed.weights.reshape(shape)),
        },
        coords={
            "of": list(TARGETS),
            "horizon_days": ("horizon", [days or 0 for days, _ in reaches]),
            "deadline": ("horizon", [deadline.isoformat() if deadline else "" for _, deadline in reaches]),
        },
    )
    whole = tree.assign({SAID: xr.DataTree(said)})
    if slant is not None:
        whole.attrs["slant"] = slant
    return whole


def name_posterior(tree: xr.DataTree, run: NewRun) -> None:
    """Say in its attributes what it was made from and by."""
    tree.attrs.update(
        {
            "case_id": run.case_id,
            "as_of": run.as_of.isoformat(),
            "seed": str(run.seed),
            "inputs_hash": run.inputs_hash,
            "case_hash": run.case_hash,
            "code_version": run.code_version,
            "versions": ", ".join(f"{name} {number}" for name, number in sorted(run.versions.items())),
            "structure": repr(SHIPPED),
        }
    )


def write_posterior(tree: xr.DataTree, path: Path) -> None:
    """Write it compressed, its draws in single precision; the same posterior gives the same bytes."""
    for group in tree.subtree:
        for attribute in _TIMES:
            group.attrs.pop(attribute, None)
    tree.to_netcdf(path, encoding={group.path: _encoding(group) for group in tree.subtree if group.data_vars})


def _encoding(group: xr.DataTree) -> Mapping[str, Mapping[str, Any]]:
    return {str(name): _compressed(str(name), values) for name, values in group.data_vars.items()}


def _compressed(name: str, values: xr.DataArray) -> Mapping[str, Any]:
    """Shares keep their precision: they sum to 1."""
    if values.dtype.kind not in "fiub":
        return {}
    single = values.dtype == np.float64 and name != "share"
    return {"zlib": True, "shuffle": True} | ({"dtype": "float32"} if single else {})
