"""Sampling the PyMC model: compiled once per process, refitted with new data, by nutpie or PyMC's own NUTS."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from models.bayes import build_model, model_data
from models.density import Density, Parameters
from models.laplace import build_density
from models.settings import SamplerSettings
from models.spec import Floats, Problem
from models.structure import Structure

NAMED = ("weight", "unit", "judgement_excess", "base", "regime_z", "fraction", "pace", "momentum")
"""The free parameters: what the diagnostics look at."""

Report = Callable[[str, int, int, int], None]
"""Progress: (stage, draws done, draws in all, divergences)."""


@dataclass(slots=True)
class CompiledModel:
    """A model that is compiled at the first fit and then only given new data."""

    structure: Structure
    shape: tuple[int, int]  # (indicators, knots): what the compiled code is for
    nutpie: Any = None


def compile_model(problem: Problem, structure: Structure) -> CompiledModel:
    """Compile for nutpie: seconds with a warm cache, a minute or two without."""
    import nutpie

    density = build_density(problem, structure)
    compiled = nutpie.compile_pymc_model(build_model(problem, density))
    return CompiledModel(structure, (density.layout.indicators, density.layout.knots), compiled)


def sample(
    problem: Problem,
    density: Density,
    settings: SamplerSettings,
    seed: int,
    compiled: CompiledModel | None = None,
    report: Report | None = None,
) -> xr.DataTree:
    """Draw from the posterior of one problem.

    Parameters
    ----------
    compiled : needed by nutpie, whose compiled code takes the problem's data; PyMC compiles at every call
    report : called while sampling; PyMC's own NUTS reports chain by chain

    Returns
    -------
    DataTree with groups ``posterior`` (chain, draw, …) and ``sample_stats``
    """
    if settings.sampler == "pymc":
        return _sample_pymc(problem, density, settings, seed)
    if compiled is None:
        raise ValueError("nutpie needs a compiled model: call compile_model first")
    if compiled.shape != (density.layout.indicators, density.layout.knots):
        raise ValueError(f"the model was compiled for shape {compiled.shape}, not for this catalogue and calendar")
    return _sample_nutpie(compiled, density, settings, seed, report)


def _sample_nutpie(
    compiled: CompiledModel, density: Density, settings: SamplerSettings, seed: int, report: Report | None
) -> xr.DataTree:
    import nutpie

    total = settings.chains * (settings.draws + settings.tune)

    def tell(chains: Any) -> None:
        if report is not None:
            done = sum(chain.finished_draws for chain in chains)
            report("sampling", done, total, sum(chain.divergences for chain in chains))

    tree: xr.DataTree = nutpie.sample(
        compiled.nutpie.with_data(**model_data(density)),
        draws=settings.draws,
        tune=settings.tune,
        chains=settings.chains,
        cores=settings.cores,
        seed=seed,
        target_accept=settings.target_accept,
        save_warmup=False,
        progress_bar=False,
        progress_callback=tell if report is not None else None,
        progress_rate=500,
    )
    return tree


def _sample_pymc(problem: Problem, density: Density, settings: SamplerSettings, seed: int) -> xr.DataTree:
    import pymc as pm

    with build_model(problem, density):
        tree: xr.DataTree = pm.sample(
            draws=settings.draws,
            tune=settings.tune,
            chains=settings.chains,
            cores=settings.cores,
            random_seed=seed,
            nuts_sampler="pymc",
            nuts={"target_accept": settings.target_accept},
            progressbar=False,
            quiet=True,
            compute_convergence_checks=False,
        )
    return tree


def parameters_of(tree: xr.DataTree, structure: Structure) -> Parameters:
    """Draws of all chains, chain after chain, in the shapes the projection takes."""
    posterior = tree["posterior"]

    def flat(name: str) -> Floats:
        values = np.asarray(posterior[name].transpose("chain", "draw", ...).values, dtype=np.float64)
        return values.reshape(-1, *values.shape[2:])

    return Parameters(
        flat("weight"),
        flat("unit"),
        flat("base"),
        flat("pace"),
        flat("fraction"),
        flat("momentum"),
        flat("regime_z"),
        structure.priors.judgement_sd[0] + flat("judgement_excess"),
    )
