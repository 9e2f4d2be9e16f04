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
TOLD = ("depth", "n_steps", "step_size", "mean_tree_accept", "energy", "energy_error", "logp", "diverging")
"""What of the sampler's account is kept; of PyMC's own sampler what goes by these names, and what stands below."""
TOLD_BY_PYMC = ("tree_depth", "acceptance_rate", "lp")
FEW_DIGITS = 3
"""Significant digits of draws that stand for others: far finer than the error of their number."""
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
    whole = tree.assign({SAID: xr.DataTree(said), "sample_stats": _told(tree)})
    if slant is not None:
        whole.attrs["slant"] = slant
    return whole


def _told(tree: xr.DataTree) -> xr.DataTree:
    stats = tree["sample_stats"].to_dataset()
    return xr.DataTree(stats[[name for name in (*TOLD, *TOLD_BY_PYMC) if name in stats]])


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


def write_posterior(tree: xr.DataTree, path: Path, *, digits: int | None = None) -> None:
    """Write it compressed, its draws in single precision; the same posterior gives the same bytes.

    Parameters
    ----------
    digits : significant ones of the draws; None: all of single precision
    """
    for group in tree.subtree:
        for attribute in _TIMES:
            group.attrs.pop(attribute, None)
    fewer = {} if digits is None else {"significant_digits": digits, "quantize_mode": "BitRound"}
    encoding = {group.path: _encoding(group, fewer) for group in tree.subtree if group.data_vars}
    tree.to_netcdf(path, encoding=encoding)


def _encoding(group: xr.DataTree, fewer: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Shares keep their precision, as they sum to 1; what draws say is what the numbers are made of."""
    found = {}
    for name, values in group.data_vars.items():
        exact = group.name == SAID
        single = {"dtype": "float32"} if values.dtype == np.float64 and name != "share" else {}
        numbers = values.dtype.kind == "f" and not exact
        found[str(name)] = {**_COMPRESSED, **single, **(fewer if numbers else {})}
    return found


_COMPRESSED: Mapping[str, Any] = {"zlib": True, "shuffle": True}
