"""Drawing from the posterior: by nutpie on the compiled density, or by PyMC's own NUTS on the PyMC model."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import expit

from models.density import Density
from models.gradient import compile_density
from models.laplace import start_at
from models.parameters import DIMS, Parameters, coordinates, soft
from models.settings import SamplerSettings
from models.spec import Floats, Problem
from models.structure import Structure

Report = Callable[[int, int, int], None]
"""Progress: (draws done, draws in all, divergences), tuning included."""


def sample(
    problem: Problem, density: Density, settings: SamplerSettings, seed: int, report: Report | None = None
) -> xr.DataTree:
    """Draw from the posterior of one problem.

    Parameters
    ----------
    report : called while nutpie samples; PyMC's own NUTS keeps silent until it is done

    Returns
    -------
    DataTree with the groups ``posterior`` (chain, draw, …), in single precision, and ``sample_stats``
    """
    if settings.sampler == "pymc":
        return _in_single(_sample_pymc(problem, density, settings, seed))
    return _in_single(_sample_nutpie(problem, density, settings, seed, report))


def _in_single(tree: xr.DataTree) -> xr.DataTree:
    """Draws rounded to single precision, in which they are stored: what is made of them can be made of the file."""
    draws = tree["posterior"].to_dataset().map(lambda values: values.astype(np.float32).astype(np.float64))
    return tree.assign(posterior=xr.DataTree(draws))


def _sample_nutpie(
    problem: Problem, density: Density, settings: SamplerSettings, seed: int, report: Report | None
) -> xr.DataTree:
    import nutpie

    total = settings.chains * (settings.draws + settings.tune)

    def tell(chains: Any) -> None:
        if report is not None:
            report(sum(c.finished_draws for c in chains), total, sum(c.divergences for c in chains))

    tree: xr.DataTree = nutpie.sample(
        _nutpie_model(problem, density),
        draws=settings.draws,
        tune=settings.tune,
        chains=settings.chains,
        cores=settings.cores,
        seed=seed,
        target_accept=settings.target_accept,
        save_warmup=False,
        progress_bar=False,
        progress_callback=tell if report is not None else None,
        progress_rate=250,
    )
    posterior = tree["posterior"]
    complete = posterior.sizes["chain"] == settings.chains and posterior.sizes["draw"] == settings.draws
    if not complete or bool(posterior["unit"].isnull().any()):
        raise KeyboardInterrupt  # the sampler takes Ctrl-C for a wish to see what there is; a forecast needs it all
    return tree


def _nutpie_model(problem: Problem, density: Density) -> Any:
    from nutpie.compiled_pyfunc import from_pyfunc

    evaluate, where = compile_density(density), density.layout.slices
    coords = {name: pd.Index(labels) for name, labels in coordinates(problem, density.layout).items()}
    shapes = {name: tuple(len(coords[dim]) for dim in dims) for name, dims in DIMS.items()}

    def expand(theta: Floats) -> dict[str, Floats]:
        parts = dict(zip(DIMS, (theta[place] for place in where.values()), strict=True))
        parts["unit"], parts["judgement_excess"] = np.exp(parts["unit"]), np.exp(parts["judgement_excess"])
        parts["duration"], parts["change"] = soft(parts["duration"]), expit(parts["change"])
        return {name: parts[name].reshape(shape) for name, shape in shapes.items()}

    def start(seed: int) -> Floats:
        jitter = np.random.default_rng(seed).uniform(-0.5, 0.5, density.layout.size)
        return start_at(density) + jitter

    return from_pyfunc(
        density.layout.size,
        lambda: evaluate,
        lambda *_seeds: expand,
        [np.dtype("float64")] * len(DIMS),
        list(shapes.values()),
        list(DIMS),
        coords=coords,
        dims=DIMS,
        make_initial_point_fn=start,
    )


def _sample_pymc(problem: Problem, density: Density, settings: SamplerSettings, seed: int) -> xr.DataTree:
    import pymc as pm

    from models.bayes import build_model

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

    own = [name for name in DIMS if name != "judgement_excess"]
    floor = structure.priors.judgement_sd[0]
    return Parameters(judgement_sd=floor + flat("judgement_excess"), **{name: flat(name) for name in own})
