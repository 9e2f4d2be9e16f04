"""Coverage of 90 % intervals: parameters from the prior, judgements and events from them, and the fit again.

python -m benchmarks.coverage --seed 1 --simulations 40
"""

import argparse
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from db.migrate import create_database
from db.when import When
from forecast.engine.assemble import read_problem
from indicators.folder import read_case_folder
from indicators.install import install_case
from indicators.shipped import shipped_case
from models.laplace import build_density
from models.parameters import Parameters
from models.processes import BASES
from models.sampling import parameters_of, sample
from models.settings import SamplerSettings
from models.simulate import daily_levels, draw_prior, simulate
from models.spec import Floats, Problem
from models.structure import SHIPPED

SMALL = SamplerSettings(chains=2, draws=250, tune=300)
SCALARS = (
    "unit",
    "slope",
    *BASES[:-1],
    "fraction",
    "momentum of contact",
    "memory",
    "duration",
    "change",
    "weight of the first indicator on arms-control talks",
    "judgement sd",
)


def scalars(p: Parameters) -> Floats:
    """The named scalars, (draw, scalar)."""
    bases, weight = p.base[:, :-1].T, p.weight[:, 0, 0]
    columns = [p.unit, p.slope, *bases, p.fraction, p.momentum[:, 0], p.memory, p.duration, p.change, weight]
    return np.stack([*columns, p.judgement_sd], axis=1)


def covered(problem: Problem, simulations: int, seed: int) -> Iterator[np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """For each simulated world: whether the central 90 % interval of each scalar holds the truth, (scalar,)."""
    rng = np.random.default_rng(seed)
    density = build_density(problem, SHIPPED)
    levels = daily_levels(problem, density)
    done = 0
    while done < simulations:
        truth = draw_prior(density, rng)
        world = simulate(problem, density, levels, truth, rng)
        if world is None:
            continue
        done += 1
        fitted = sample(world, build_density(world, SHIPPED), SMALL, seed * 1000 + done)
        low, high = np.quantile(scalars(parameters_of(fitted, SHIPPED)), (0.05, 0.95), axis=0)
        value = scalars(truth)[0]
        yield (low <= value) & (value <= high)


def shipped_problem(as_of: date) -> Problem:
    """The shipped case as of a date, through a database in a temporary folder."""
    with (
        tempfile.TemporaryDirectory() as folder,
        create_database(f"sqlite:///{Path(folder) / 'parley.db'}") as database,
    ):
        install_case(database, read_case_folder(shipped_case()), datetime.now(UTC))
        with database.read() as connection:
            return read_problem(connection, When(as_of=as_of))[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--simulations", type=int, default=40)
    options = parser.parse_args()
    found = np.array(list(covered(shipped_problem(date(2026, 10, 10)), options.simulations, options.seed)))
    for name, share in zip(SCALARS, found.mean(axis=0), strict=True):
        print(f"{name:55s} {share:.3f}")
    print(f"pooled over {found.size} intervals, seed {options.seed}: {found.mean():.4f}")


if __name__ == "__main__":
    main()
