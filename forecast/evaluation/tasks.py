"""Tasks of a backtest: kept on disk as they finish, spread over processes or over Dask, the same bits either way."""

import hashlib
import inspect
import io
import logging
import signal
import sys
import tempfile
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from forecast.cache import cache_root
from forecast.engine.assemble import inputs_hash
from forecast.errors import NotWritten, NoWorkers
from forecast.evaluation.forecasters import Forecaster, Serial
from forecast.evaluation.lfo import LeaveFutureOut
from forecast.identity import library_versions, model_version
from forecast.lifeline import end_with
from models.spec import Forecast, Problem

if TYPE_CHECKING:
    from distributed import Client

Forecasts = tuple[Forecast, ...]
Results = Generator[tuple[int, Forecasts], None, None]
"""Tasks by their place, as they finish."""
LOST_AT_MOST = 3
"""How often a task may lose its worker before it is taken for the task's fault."""
DIGEST_BYTES = 32
ANSWER_SECONDS = 10
"""How long a Dask scheduler may take to answer, and to have a worker."""


@dataclass(frozen=True, slots=True)
class Task:
    """One forecaster at one origin, or at consecutive origins for one that carries draws from each to the next."""

    forecaster: Forecaster | LeaveFutureOut
    problems: tuple[Problem, ...]

    @property
    def key(self) -> str:
        """sha256 of everything the forecasts depend on: sources, libraries, the forecaster and its inputs."""
        digest = hashlib.sha256(f"{model_version()} {library_versions()} {self.forecaster!r}".encode())
        digest.update(_source(type(self.forecaster).__module__))
        for problem in self.problems:
            digest.update(inputs_hash(problem).encode())
        return digest.hexdigest()


@cache
def _source(module: str) -> bytes:
    return inspect.getsource(sys.modules[module]).encode()


def run_task(task: Task) -> Forecasts:
    """The forecasts of one task; one thread in every product, so that sums are taken in one order everywhere."""
    with threadpool_limits(limits=1):
        if isinstance(task.forecaster, Serial):
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

    Tasks that are the same, by their keys, are run once.

    Parameters
    ----------
    workers : processes on this machine, at least 1
    dask : "local" for a Dask cluster on this machine, or the address of a scheduler; None for plain processes
    cached : keep results as they finish, and use those kept. Where nothing can be written, nothing is begun; where
        the disk fills up on the way, results still come, and only a later run does without them
    progress : told (tasks done, tasks in all)

    Raises
    ------
    NoWorkers
        if Dask is not installed, its scheduler does not answer, or a task loses its worker time and again
    NotWritten
        if results are to be kept and cannot be
    """
    places: dict[str, list[int]] = {}
    for i, task in enumerate(tasks):
        places.setdefault(task.key, []).append(i)
    found: dict[int, Forecasts] = {}
    if cached:
        _check_folder()
        for key, same in places.items():
            if (kept := _load(key)) is not None:
                found |= dict.fromkeys(same, kept)
    # Those of one origin stand together, so that a process cuts its record once.
    waiting = sorted((i for i, *_ in places.values() if i not in found), key=lambda i: tasks[i].problems[0].as_of)
    left, key_of = {i: tasks[i] for i in waiting}, {i: key for key, (i, *_) in places.items()}
    progress(len(found), len(tasks))
    with closing(_over_processes(left, workers) if dask is None else _over_dask(left, workers, dask)) as results:
        for i, forecasts in results:
            found |= dict.fromkeys(places[key_of[i]], forecasts)
            if cached:
                with suppress(OSError):
                    _keep(key_of[i], forecasts)
            progress(len(found), len(tasks))
    return [found[i] for i in range(len(tasks))]


def _over_processes(tasks: Mapping[int, Task], workers: int) -> Results:
    """Over pools of one process each: a process that dies takes its own task with it, and no other."""
    waiting, lost = deque(tasks), Counter[int]()
    running: dict[Future[Forecasts], tuple[ProcessPoolExecutor, int]] = {}
    with _pools() as new_pool:
        idle = [new_pool() for _ in range(min(workers, len(tasks)))]
        while waiting or running:
            while waiting and idle:
                pool, i = idle.pop(), waiting.popleft()
                running[_submit(pool, tasks[i])] = pool, i
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                pool, i = running.pop(future)
                if isinstance(future.exception(), BrokenProcessPool):
                    lost[i] += 1
                    if lost[i] > LOST_AT_MOST:
                        raise NoWorkers(_lost(tasks[i]))
                    waiting.appendleft(i)
                    idle.append(new_pool())
                else:
                    idle.append(pool)
                    yield i, future.result()


@contextmanager
def _pools() -> Iterator[Callable[[], ProcessPoolExecutor]]:
    """A maker of pools of one process each, which end with this context or this process, in whichever way it ends."""
    context, made = get_context("spawn"), []
    reader, writer = context.Pipe(duplex=False)

    def make() -> ProcessPoolExecutor:
        made.append(ProcessPoolExecutor(1, mp_context=context, initializer=end_with, initargs=(reader,)))
        return made[-1]

    try:
        yield make
    finally:
        writer.close()
        for pool in made:
            pool.shutdown(cancel_futures=True)
        reader.close()


def _submit(pool: ProcessPoolExecutor, task: Task) -> Future[Forecasts]:
    """A process that died while it was idle is told of by the future, like one that dies at work."""
    heard = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:  # a process begins here and is deaf to Ctrl-C, which a terminal sends to all: the parent ends it
        return pool.submit(run_task, task)
    except BrokenProcessPool as error:
        broken = Future[Forecasts]()
        broken.set_exception(error)
        return broken
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, heard)


def _lost(task: Task) -> str:
    return (
        f"{type(task.forecaster).__name__} as of {date.fromordinal(task.problems[0].as_of)} lost its worker "
        f"{LOST_AT_MOST + 1} times; look whether memory ran out, and run the same command again: what is done is kept"
    )


def _over_dask(tasks: Mapping[int, Task], workers: int, address: str) -> Results:
    if not tasks:
        return
    try:
        from distributed import KilledWorker, as_completed
    except ImportError as error:
        raise NoWorkers(
            f"Dask is not installed here ({error}); run `pip install dask distributed`, or leave --dask out"
        ) from None

    with _local_client(workers) if address == "local" else _client(address) as client:
        futures = {client.submit(run_task, task, pure=False): i for i, task in tasks.items()}
        for future in as_completed(list(futures)):
            i = futures.pop(future)
            try:
                forecasts = future.result()
            except KilledWorker:
                raise NoWorkers(_lost(tasks[i])) from None
            except CancelledError:
                raise NoWorkers(
                    f"the Dask scheduler at {address!r} ended; start it and its workers, and run the same command "
                    "again: what is done is kept"
                ) from None
            future.release()  # or it would be computed again when the worker that holds it dies
            yield i, forecasts


@contextmanager
def _local_client(workers: int) -> Iterator["Client"]:
    import dask
    from distributed import Client, LocalCluster

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": LOST_AT_MOST}),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            memory_limit=0,
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.ERROR,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@contextmanager
def _client(address: str) -> Iterator["Client"]:
    from distributed import Client
    from distributed.utils import silence_logging_cmgr

    try:
        client = Client(address, timeout=f"{ANSWER_SECONDS}s")
    except (OSError, TimeoutError, ValueError) as error:
        raise NoWorkers(
            f"no Dask scheduler answers at {address!r} ({error}); start one with `dask scheduler`, or use --dask local"
        ) from None
    with silence_logging_cmgr(logging.CRITICAL, "distributed.client"), client:
        try:
            client.wait_for_workers(1, timeout=ANSWER_SECONDS)
        except TimeoutError:
            raise NoWorkers(
                f"the Dask scheduler at {address!r} has no worker; start one with `dask worker {address}`"
            ) from None
        _check_sources(client)
        yield client


def _check_sources(client: "Client") -> None:
    """Other sources would give other numbers under the same name."""
    for worker, version in client.run(model_version).items():
        if version != model_version():
            raise NoWorkers(
                f"the Dask worker {worker} runs the sources {version}, this command {model_version()}; "
                "install the same Parley there and restart it"
            )


def task_folder() -> Path:
    """Where results are kept: by the version of the sources they depend on, so that old ones can be thrown away."""
    return cache_root() / "backtest" / model_version()


def _check_folder() -> None:
    folder = task_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise NotWritten(
            f"results cannot be kept in {folder} ({error.strerror}); point PARLEY_CACHE to a folder that can be written"
        ) from None


def _load(key: str) -> Forecasts | None:
    """What an earlier run kept, unless the file is not what was written."""
    try:
        content = (task_folder() / f"{key}.npz").read_bytes()
    except OSError:
        return None
    body, digest = content[:-DIGEST_BYTES], content[-DIGEST_BYTES:]
    if hashlib.sha256(body).digest() != digest:
        return None
    with np.load(io.BytesIO(body)) as kept:
        columns = zip(kept["targets"], kept["scenarios"], kept["pareto_k"], strict=True)
        return tuple(Forecast(targets, scenarios, float(k)) for targets, scenarios, k in columns)


def _keep(key: str, forecasts: Forecasts) -> None:
    """Write aside and rename, with a checksum at the end: a file of that name is whole, or is not believed."""
    body = io.BytesIO()
    np.savez(
        body,
        targets=np.stack([f.targets for f in forecasts]),
        scenarios=np.stack([f.scenarios for f in forecasts]),
        pareto_k=np.array([f.pareto_k for f in forecasts]),
    )
    path = task_folder() / f"{key}.npz"
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".aside", delete_on_close=False) as aside:
        aside.write(body.getvalue() + hashlib.sha256(body.getvalue()).digest())
        aside.close()
        Path(aside.name).replace(path)
