"""Tasks of a backtest: kept on disk as they finish, spread over processes or over Dask, the same bits either way."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from forecast.assemble import inputs_hash
from forecast.cache import cache_root
from forecast.errors import NoWorkers
from forecast.forecasters import Forecaster
from forecast.identity import model_version
from forecast.lfo import LeaveFutureOut
from models.spec import Forecast, Problem

Forecasts = tuple[Forecast, ...]
LOST_AT_MOST = 3
"""How often a task may lose its worker before it is taken for the task's fault."""


@dataclass(frozen=True, slots=True)
class Task:
    """One forecaster at one origin, or at consecutive origins for one that carries draws from each to the next."""

    forecaster: Forecaster | LeaveFutureOut
    problems: tuple[Problem, ...]

    @property
    def key(self) -> str:
        """sha256 of everything the forecasts depend on."""
        digest = hashlib.sha256(f"{model_version()} {self.forecaster!r}".encode())
        for problem in self.problems:
            digest.update(inputs_hash(problem).encode())
        return digest.hexdigest()


def run_task(task: Task) -> Forecasts:
    """The forecasts of one task; one thread in every product, so that sums are taken in one order everywhere."""
    with threadpool_limits(limits=1):
        if isinstance(task.forecaster, LeaveFutureOut):
            return tuple(task.forecaster.series(task.problems))
        return tuple(task.forecaster(problem) for problem in task.problems)


def run_tasks(
    tasks: Sequence[Task],
    *,
    workers: int = 2,
    dask: str | None = None,
    cached: bool = True,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Forecasts]:
    """Run every task, or take what an earlier run kept; the results come in the order of the tasks.

    Parameters
    ----------
    workers : processes on this machine, at least 1
    dask : "local" for a Dask cluster on this machine, or the address of a scheduler; None for plain processes
    cached : keep results as they finish, and use those kept
    progress : told (tasks done, tasks in all)

    Raises
    ------
    NoWorkers
        if the scheduler does not answer, or a task loses its worker time and again
    """
    found: dict[int, Forecasts] = {}
    if cached:
        found = {i: kept for i, task in enumerate(tasks) if (kept := _load(task)) is not None}
    left = [i for i in range(len(tasks)) if i not in found]
    progress(len(found), len(tasks))
    spread = _over_processes(tasks, left, workers) if dask is None else _over_dask(tasks, left, workers, dask)
    for i, forecasts in spread:
        found[i] = forecasts
        if cached:
            _keep(tasks[i], forecasts)
        progress(len(found), len(tasks))
    return [found[i] for i in range(len(tasks))]


def _over_processes(tasks: Sequence[Task], left: Sequence[int], workers: int) -> Iterator[tuple[int, Forecasts]]:
    """A worker that dies breaks its pool: what is unfinished goes to a new one."""
    waiting, breaks = set(left), 0
    while waiting:
        before = len(waiting)
        pool = ProcessPoolExecutor(min(workers, len(waiting)), mp_context=get_context("spawn"))
        try:
            futures = {pool.submit(run_task, tasks[i]): i for i in sorted(waiting)}
            for future in as_completed(futures):
                forecasts = future.result()
                waiting.discard(futures[future])
                yield futures[future], forecasts
        except BrokenProcessPool:
            breaks = breaks + 1 if len(waiting) == before else 0
            if breaks >= LOST_AT_MOST:
                raise NoWorkers(
                    f"a worker process died {breaks} times over in the {len(waiting)} tasks that are left; "
                    "look whether memory ran out, and run the same command again: what is done is kept"
                ) from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _over_dask(
    tasks: Sequence[Task], left: Sequence[int], workers: int, address: str
) -> Iterator[tuple[int, Forecasts]]:
    from distributed import Client, KilledWorker, LocalCluster
    from distributed import as_completed as dask_completed

    if not left:
        return
    if address == "local":
        cluster = LocalCluster(n_workers=workers, threads_per_worker=1, memory_limit=0, dashboard_address=None)
        client = Client(cluster)
    else:
        cluster = None
        try:
            client = Client(address, timeout="10s")
        except (OSError, TimeoutError, ValueError) as error:
            raise NoWorkers(
                f"no Dask scheduler answers at {address!r} ({error}); start one with `dask scheduler`, "
                "or use --dask local"
            ) from None
    try:
        futures = {client.submit(run_task, tasks[i], pure=False, retries=LOST_AT_MOST): i for i in left}
        for future in dask_completed(list(futures)):
            yield futures[future], future.result()
    except KilledWorker as error:
        raise NoWorkers(f"a task lost its Dask worker time and again ({error})") from None
    finally:
        client.close()
        if cluster is not None:
            cluster.close()


def task_folder() -> Path:
    """Where results are kept: by the version of the sources they depend on, so that old ones can be thrown away."""
    return cache_root() / "backtest" / model_version()


def _load(task: Task) -> Forecasts | None:
    path = task_folder() / f"{task.key}.npz"
    if not path.exists():
        return None
    with np.load(path) as kept:
        columns = zip(kept["targets"], kept["scenarios"], kept["pareto_k"], strict=True)
        return tuple(Forecast(targets, scenarios, float(k)) for targets, scenarios, k in columns)


def _keep(task: Task, forecasts: Forecasts) -> None:
    """Write aside and rename: a file of that name is whole."""
    folder = task_folder()
    folder.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=folder, suffix=".aside")
    with os.fdopen(handle, "wb") as file:
        np.savez(
            file,
            targets=np.stack([f.targets for f in forecasts]),
            scenarios=np.stack([f.scenarios for f in forecasts]),
            pareto_k=np.array([f.pareto_k for f in forecasts]),
        )
    Path(aside).replace(folder / f"{task.key}.npz")
