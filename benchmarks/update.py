"""How long an update takes, cold, warm and in a resident process, and how fast each sampler draws.

    make bench

Everything happens in one run, on one machine, in a temporary folder with a compile cache of its own.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr

    from db.engine import Database
    from models.density import Density

AS_OF = date(2026, 10, 10)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["PARLEY_CACHE"] = str(folder / "cache")
        os.environ["PARLEY_DATABASE_URL"] = f"sqlite:///{folder / 'parley.db'}"
        with timed("parley init"):
            _parley("init")
        with timed("parley update, cold (nothing compiled)"):
            _parley("update", "--as-of", str(AS_OF))
        with timed("parley update, warm"):
            _parley("update", "--as-of", str(AS_OF))
        _resident()


def _parley(*arguments: str) -> None:
    command = [sys.executable, "-m", "forecast.cli", *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _resident() -> None:
    """Two updates in this process, the second by stages; then both samplers."""
    from forecast.cache import use_compile_cache

    use_compile_cache()
    from db.engine import open_database
    from db.when import When
    from forecast.engine.update import update

    with open_database(os.environ["PARLEY_DATABASE_URL"]) as database:
        with timed("first update in a resident process (warm cache)"):
            update(database, When(as_of=AS_OF))
        stages = Stages()
        with timed("refit in a resident process"):
            update(database, When(as_of=AS_OF), progress=stages)
        stages.print()
        _samplers(database)


class Stages:
    """Progress that takes the time of each stage."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, float]] = []

    def __call__(self, stage: str, done: int, total: int, remark: str) -> None:
        if not self.begun or self.begun[-1][0] != stage:
            self.begun.append((stage, time.perf_counter()))

    def print(self) -> None:
        ends = [at for _, at in self.begun[1:]] + [time.perf_counter()]
        for (stage, at), end in zip(self.begun, ends, strict=True):
            print(f"    {stage:45s} {end - at:7.2f} s")


def _samplers(database: "Database") -> None:
    """Minimum bulk ESS per second of sampling, compiling apart."""
    import numpy as np

    from db.when import When
    from forecast.engine.assemble import read_problem
    from models.gradient import compile_density
    from models.laplace import build_density, start_at
    from models.sampling import sample
    from models.settings import SamplerSettings
    from models.structure import SHIPPED

    with database.read() as connection:
        problem = read_problem(connection, When(as_of=AS_OF))[2]
    density = build_density(problem, SHIPPED)
    evaluate, theta = compile_density(density), start_at(density)
    evaluate(theta)
    print(f"cells in the likelihood: {_cells(density)}; parameters: {density.layout.size}")
    _report("one value and gradient, hand-derived", _seconds(lambda: evaluate(theta), 2000) * 1e3, "ms")
    for sampler in ("nutpie", "pymc"):
        begun = time.perf_counter()
        tree = sample(problem, density, SamplerSettings(sampler=sampler), 1)
        elapsed = time.perf_counter() - begun
        ess = _min_bulk_ess(tree)
        steps = float(np.mean(tree["sample_stats"]["n_steps"])) if "n_steps" in tree["sample_stats"] else float("nan")
        print(
            f"{sampler}: {elapsed:.1f} s with compiling, minimum bulk ESS {ess:.0f}, {ess / elapsed:.0f} per second",
            end="",
        )
        print(f"; {steps:.0f} gradients a draw" if np.isfinite(steps) else "")
        if sampler == "pymc":
            _report("  of which sampling alone", float(tree["posterior"].attrs["sampling_time"]), "s")
            _report(
                "  minimum bulk ESS per second of sampling", ess / float(tree["posterior"].attrs["sampling_time"]), ""
            )


def _min_bulk_ess(tree: "xr.DataTree") -> float:
    import arviz as az

    from models.density import DIMS

    return float(az.summary(tree, var_names=list(DIMS), kind="diagnostics", round_to="none")["ess_bulk"].min())


def _cells(density: "Density") -> str:
    e = density.exposure
    return ", ".join(f"{len(getattr(e, name).days)} {name}" for name in ("onset", "continuation", "contact", "crisis"))


def _seconds(call: Callable[[], object], times: int) -> float:
    begun = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - begun) / times


@contextmanager
def timed(what: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    _report(what, time.perf_counter() - begun, "s")


def _report(what: str, value: float, unit: str) -> None:
    print(f"{what:50s} {value:8.2f} {unit}", flush=True)


if __name__ == "__main__":
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores")
    main()
