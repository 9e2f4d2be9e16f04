"""How fast each sampler draws from the forecast's posterior: minimum bulk ESS per second of processor time.

    python -m benchmarks.samplers [--seeds 1 2 3] [nutpie pymc numpyro blackjax]

Parley needs neither of the last two, which are not in its lock: `pip install numpyro blackjax` in an environment of
their own; a sampler that is not installed is left out. Each runs in a process of its own, with the settings of
`models.settings` (chains, draws, tuning, acceptance), and its best seed counts. Compiling is nobody's: nutpie's and
PyMC's functions are compiled before the clock starts, and the samplers on JAX run once before they are timed.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from db.migrate import create_database
from db.when import When
from forecast.cache import use_compile_cache
from forecast.engine.assemble import read_problem
from indicators.folder import read_case_folder
from indicators.install import install_case
from indicators.shipped import shipped_case
from models.density import Density, normal_priors
from models.laplace import build_density, start_at
from models.parameters import SOFTNESS, F
from models.processes import PROCESSES
from models.settings import SamplerSettings
from models.spec import Floats, Problem
from models.structure import SHIPPED

AS_OF = date(2026, 10, 10)
SETTINGS = SamplerSettings()
Run = Callable[[int], Floats]
"""Draws of a seed, (chain, draw, parameter)."""


def main() -> None:
    options = _options()
    if options.alone:
        print(json.dumps(_timed(SAMPLERS[options.alone], options.seeds)))
        return
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, as of {AS_OF}; {SETTINGS}\n")
    print("| sampler | CPU s | minimum bulk ESS | per CPU s | of every seed |\n|---|--:|--:|--:|---|")
    for name in options.samplers or SAMPLERS:
        if find_spec(name) is None:
            print(f"| {name} | not installed here: `pip install {name}` | | | |")
            continue
        command = [sys.executable, "-m", "benchmarks.samplers", "--alone", name, "--seeds", *map(str, options.seeds)]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        runs = [(seconds, ess) for seconds, ess in json.loads(told.splitlines()[-1])]
        seconds, ess = max(runs, key=lambda run: run[1] / run[0])
        each = ", ".join(f"{e / s:.0f}" for s, e in runs)
        print(f"| {name} | {seconds:.1f} | {ess:.0f} | {ess / seconds:.0f} | {each} |", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Minimum bulk ESS per CPU second of each sampler.")
    parser.add_argument("samplers", nargs="*", metavar="SAMPLER", help=f"of {', '.join(SAMPLERS)}; all unless given")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--alone", choices=SAMPLERS, help="one sampler in this process, as JSON")
    return parser.parse_args()


def _timed(prepare: Callable[[Problem, Density], Run], seeds: list[int]) -> list[tuple[float, float]]:
    """Processor seconds of sampling and minimum bulk ESS, for every seed; the clock stops while a run compiles."""
    use_compile_cache()
    problem = _problem()
    run = prepare(problem, build_density(problem, SHIPPED))
    return [_one(run, seed) for seed in seeds]


def _one(run: Run, seed: int) -> tuple[float, float]:
    begun = time.process_time()
    draws = run(seed)
    return time.process_time() - begun, _min_bulk_ess(draws)


def _problem() -> Problem:
    with TemporaryDirectory() as folder, create_database(f"sqlite:///{Path(folder) / 'parley.db'}") as database:
        install_case(database, read_case_folder(shipped_case()), datetime.now(UTC))
        with database.read() as connection:
            return read_problem(connection, When(as_of=AS_OF))[2]


def _min_bulk_ess(draws: Floats) -> float:
    import arviz as az

    found = az.summary(az.from_dict({"posterior": {"theta": draws}}), kind="diagnostics", round_to="none")
    return float(found["ess_bulk"].min())


def _flat(tree: Any) -> Floats:
    """Every parameter of a posterior side by side, (chain, draw, parameter)."""
    from models.parameters import DIMS

    values = [np.asarray(tree["posterior"][name].transpose("chain", "draw", ...).values) for name in DIMS]
    return np.concatenate([v.reshape(*v.shape[:2], -1) for v in values], axis=2)


def nutpie(problem: Problem, density: Density) -> Run:
    from models.compiled import c_functions
    from models.sampling import sample

    c_functions()
    return lambda seed: _flat(sample(problem, density, SETTINGS, seed))


def pymc(problem: Problem, density: Density) -> Run:
    """PyMC's own NUTS, one chain after the other in this process; its step is compiled once."""
    import pymc as pm

    from models.bayes import build_model

    model = build_model(problem, density)
    with model:
        starts, step = pm.init_nuts(
            init="jitter+adapt_diag", chains=SETTINGS.chains, random_seed=1, target_accept=SETTINGS.target_accept
        )

    def run(seed: int) -> Floats:
        with model:
            tree = pm.sample(
                draws=SETTINGS.draws,
                tune=SETTINGS.tune,
                chains=SETTINGS.chains,
                cores=1,
                step=step,
                initvals=starts,
                random_seed=seed,
                progressbar=False,
                compute_convergence_checks=False,
            )
        return _flat(tree)

    run(0)
    return run


def numpyro(problem: Problem, density: Density) -> Run:
    """Chains in parallel, each on a device of its own."""
    jax, log_density = _on_jax(density)
    from numpyro.infer import MCMC, NUTS

    kernel = NUTS(potential_fn=lambda theta: -log_density(theta), target_accept_prob=SETTINGS.target_accept)
    chains = MCMC(
        kernel,
        num_warmup=SETTINGS.tune,
        num_samples=SETTINGS.draws,
        num_chains=SETTINGS.chains,
        chain_method="parallel",
        progress_bar=False,
    )

    def run(seed: int) -> Floats:
        chains.run(jax.random.key(seed), init_params=_starts(density, seed))
        return np.asarray(chains.get_samples(group_by_chain=True))

    run(0)
    return run


def blackjax(problem: Problem, density: Density) -> Run:
    """Window adaptation, then NUTS; chains in parallel, each on a device of its own."""
    jax, log_density = _on_jax(density)
    import blackjax as bj

    def chain(key: Any, start: Any) -> Any:
        warming, drawing = jax.random.split(key)
        adapt = bj.window_adaptation(bj.nuts, log_density, target_acceptance_rate=SETTINGS.target_accept)
        (state, found), _ = adapt.run(warming, start, SETTINGS.tune)
        step = bj.nuts(log_density, **found).step

        def draw(state: Any, key: Any) -> tuple[Any, Any]:
            state, _ = step(key, state)
            return state, state.position

        return jax.lax.scan(draw, state, jax.random.split(drawing, SETTINGS.draws))[1]

    chains = jax.pmap(chain)

    def run(seed: int) -> Floats:
        keys = jax.random.split(jax.random.key(seed), SETTINGS.chains)
        return np.asarray(jax.block_until_ready(chains(keys, _starts(density, seed))))

    run(0)
    return run


SAMPLERS = {"nutpie": nutpie, "pymc": pymc, "numpyro": numpyro, "blackjax": blackjax}


def _starts(density: Density, seed: int) -> Floats:
    jitter = np.random.default_rng(seed).uniform(-0.5, 0.5, (SETTINGS.chains, density.layout.size))
    return np.asarray(start_at(density) + jitter)


def _on_jax(density: Density) -> tuple[Any, Callable[[Any], Any]]:
    """JAX with a device for every chain, and the log density there, checked against NumPy's."""
    os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={SETTINGS.chains}"
    import jax

    jax.config.update("jax_enable_x64", True)
    log_density = jax.jit(_jax_density(density))
    theta = _starts(density, 0)[0]
    ours, theirs = density.at(theta), jax.value_and_grad(log_density)(theta)
    np.testing.assert_allclose(theirs[0], ours.value, rtol=1e-10)
    np.testing.assert_allclose(theirs[1], ours.gradient, rtol=1e-8, atol=1e-8 * np.abs(ours.gradient).max())
    return jax, log_density


def _jax_density(density: Density) -> Callable[[Any], Any]:
    """The log posterior of theta, up to a constant, from the table of processes."""
    import jax.numpy as jnp

    s, n, block = density.layout.slices, density.layout.indicators, density.judgements
    mean, sd = normal_priors(density)
    index, apart = density.directions.mean(axis=0), 0.5 * (density.directions[0] - density.directions[1])
    (centre, spread), (yes, no) = density.reference.duration, density.reference.change
    floor, scale = density.structure.priors.judgement_sd

    def prior(theta: Any, duration: Any) -> Any:
        change, last = theta[s["logit_change"].start], theta[-1]
        sigma = floor + jnp.exp(last)
        residual = (block.value - block.design @ theta[s["weight"]]) / sigma
        value = -0.5 * jnp.sum(((theta[: len(mean)] - mean) / sd) ** 2)
        value += jnp.log(-jnp.expm1(-duration / SOFTNESS)) - 0.5 * ((duration - centre) / spread) ** 2
        value += yes * change - (yes + no) * jnp.logaddexp(0.0, change) + last - 0.5 * (jnp.exp(last) / scale) ** 2
        return value - len(block.value) * jnp.log(sigma) - 0.5 * residual @ residual

    def effects(theta: Any) -> Any:
        rest = jnp.exp(theta[s["log_unit"].start]) * theta[s["weight"]].reshape(-1, n)[F:]
        slope, tilt = theta[s["slope"].start], theta[s["tilt"].start]
        talks = slope * index + tilt * jnp.stack([apart, -apart]) + theta[s["deviation"]].reshape(F, n)
        return jnp.concatenate([talks, rest])

    def log_density(theta: Any) -> Any:
        duration = SOFTNESS * jnp.logaddexp(0.0, theta[s["soft_duration"].start] / SOFTNESS)
        linear = theta.at[s["soft_duration"].start].set(duration)
        effect, regime, value = effects(theta), density.root @ theta[s["regime_z"]], prior(theta, duration)
        for process in PROCESSES:
            part = density.parts[process.name]
            eta = part.mean @ (np.array(process.effect) @ effect)
            eta = (theta[s[process.scale].start] * eta if process.scale else eta) + theta[density.layout.base(process)]
            for term, column in zip(process.terms, part.columns.T, strict=True):
                eta += linear[density.layout.coefficient(term)] * column
            eta += regime[part.knot] if process.regime else 0.0
            expected = jnp.logaddexp(0.0, eta) if process.marks else part.days * jnp.exp(eta)
            value += part.count @ eta - jnp.sum(expected)
        return value

    return log_density


if __name__ == "__main__":
    main()
