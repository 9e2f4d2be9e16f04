"""Runs of the toy case with effects or a posterior, put there without a fit."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import xarray as xr
from arviz_base import from_dict
from toy_runs import LOADED, SOUND, toy_scenarios, toy_states, toy_targets

from db.append import append_forecasts, append_run, append_run_status
from db.engine import Database
from db.posteriors import store_file
from db.run_rows import EffectRow, NewRun
from forecast.facts.evidence import SOURCES
from models.gate import diagnose
from models.parameters import DIMS
from models.processes import STRUCTURE
from models.spec import EFFECT_TARGETS

INDICATORS = ("press_tone", "border_posture", "harvest")
AS_OF = date(2020, 1, 1)
SIZES = {"target": 5, "framing": 2, "indicator": 3, "process": 6, "later_pace": 2, "recurrent": 2, "knot": 4}


def toy_effects(sources: Sequence[str] = tuple(SOURCES)) -> list[EffectRow]:
    """Effects that differ by target, indicator and source; the press matters most."""
    return [
        EffectRow(target, indicator, source, round(0.3 - 0.1 * i - 0.02 * t + 0.01 * s, 3), 0.05 + 0.01 * s)
        for s, source in enumerate(sources)
        for t, target in enumerate(EFFECT_TARGETS)
        for i, indicator in enumerate(INDICATORS)
    ]


def store_run(
    database: Database,
    *,
    kind: str = "manual",
    as_of: date = AS_OF,
    effects: Sequence[EffectRow] = (),
    posterior: str | None = None,
    status: str = "published",
    diagnostics: Mapping[str, object] = SOUND,
) -> int:
    """A run of the toy case with effects or a posterior, put there without a fit."""
    with database.write() as connection:
        run = NewRun(
            case_id="toy",
            kind=kind,
            as_of=as_of,
            as_recorded=None,
            seed=7,
            inputs_hash="1" * 64,
            case_hash="2" * 64,
            code_version="0",
            versions={},
            posterior_hash=posterior,
            dry=True,
            days_since_talks=255,
            complete_through=AS_OF,
            p_dry_now=0.97,
        )
        number = append_run(connection, run, LOADED)
        detail = {"diagnostics": dict(diagnostics), "failures": [], "structure": STRUCTURE}
        append_run_status(connection, number, status, detail, LOADED)
        if status == "published":
            append_forecasts(connection, number, toy_targets(), toy_scenarios(), toy_states(), effects, LOADED)
    return number


def toy_tree(*, mixed: bool = True, chains: int = 4, draws: int = 500, diverged: int = 0) -> xr.DataTree:
    """A posterior of independent draws, or one whose first chain has its own mean."""
    random = np.random.default_rng(3)
    shapes = {name: (chains, draws, *(SIZES[dim] for dim in dims)) for name, dims in DIMS.items()}
    posterior = {name: random.standard_normal(shape) for name, shape in shapes.items()}
    if not mixed:
        posterior["unit"][0] += 2
    diverging = np.zeros((chains, draws), dtype=bool)
    diverging[0, :diverged] = True
    energy, step = random.gamma(20.0, 2.0, (chains, draws)), np.full((chains, draws), 0.3)
    stats = {"energy": energy, "diverging": diverging, "step_size": step}
    coords = {name: [f"{name} {i}" for i in range(size)] for name, size in SIZES.items()}
    coords |= {"target": list(EFFECT_TARGETS), "indicator": list(INDICATORS)}
    dims = {name: list(names) for name, names in DIMS.items() if names}
    return from_dict({"posterior": posterior, "sample_stats": stats}, coords=coords, dims=dims)


def store_fit(
    database: Database,
    tree: xr.DataTree,
    *,
    kind: str = "official",
    status: str = "published",
    effects: Sequence[EffectRow] = (),
) -> int:
    """A run whose posterior is this tree, with what the gate would have kept of it."""
    headline = np.random.default_rng(4).uniform(0.1, 0.9, (tree["posterior"]["unit"].size, 2))
    found = diagnose(tree, headline)
    kept = {name: getattr(found, name) for name in ("rhat_max", "ess_bulk_min", "ess_tail_min", "divergences", "draws")}
    digest = store_file(database.posteriors.folder, lambda path: tree.to_netcdf(path))
    return store_run(database, kind=kind, status=status, effects=effects, posterior=digest, diagnostics=kept)
