"""Tasks of a backtest: the same bits whoever runs them, kept as they finish, and a dead worker costs its own task."""

import gc
import logging
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from problems import DAY, SHIPPED, make_observations, make_problem
from sizes import slow, soak

from forecast import identity
from forecast.errors import NotWritten, NoWorkers
from forecast.evaluation import tasks as worker_tasks
from forecast.evaluation.forecasters import ConstantRates, DocumentsOnly, Forecaster, LaplaceModel, Naive
from forecast.evaluation.lfo import ExactModel, LeaveFutureOut
from forecast.evaluation.tasks import Forecasts, Task, run_task, run_tasks, task_folder
from models.settings import SamplerSettings
from models.spec import Forecast, Judgements, Problem

MEETINGS = [(100, 102, 0), (130, 130, 1), (400, 401, 1), (700, 700, 0), (720, 720, 0)]
LEVELS = make_observations([(i, 40 * n, 40 * n, (n + i) % 5 - 2, 0.2) for n in range(20) for i in (0, 1)])
QUICK = SamplerSettings(chains=2, draws=100, tune=150, cores=1)


def problem_on(days: int) -> Problem:
    return make_problem(
        MEETINGS, [50, 300, 301, 800], [600], days=days, observations=LEVELS, deals=[True, *[False] * 4]
    )


PROBLEMS = tuple(problem_on(days) for days in (820, 850, 880, 910, 940, 970))


@dataclass(frozen=True, slots=True)
class Counted:
    """A naive forecast that leaves a file for every time it is made."""

    folder: Path

    def __call__(self, problem: Problem) -> Forecast:
        number = len(list(self.folder.glob(f"{problem.as_of}-*")))
        (self.folder / f"{problem.as_of}-{number}").write_text(str(os.getpid()))
        return self.forecast(problem, number)

    def forecast(self, problem: Problem, number: int) -> Forecast:
        return Naive("climatology")(problem)


@dataclass(frozen=True, slots=True)
class Deadly(Counted):
    """The same, but the process dies amid one of the origins, ``deaths`` times."""

    origin: int
    deaths: int = 1

    def forecast(self, problem: Problem, number: int) -> Forecast:
        if problem.as_of == self.origin and number < self.deaths:
            time.sleep(1.0)  # long enough for what was done before to have been handed in
            os.kill(os.getpid(), signal.SIGKILL)
        return Naive("climatology")(problem)


@dataclass(frozen=True, slots=True)
class Slow(Counted):
    """The same, but it takes longer than any test."""

    def forecast(self, problem: Problem, number: int) -> Forecast:
        time.sleep(600)
        return Naive("climatology")(problem)


@dataclass(frozen=True, slots=True)
class Wrong(Counted):
    """A forecaster with a mistake in it."""

    def forecast(self, problem: Problem, number: int) -> Forecast:
        raise ArithmeticError(f"no mode at {problem.as_of - DAY}")


class Stop(Exception):
    """Stands for whatever ends a run halfway."""


def tasks_of(forecaster: Forecaster, problems: Sequence[Problem] = PROBLEMS) -> list[Task]:
    return [Task(forecaster, (problem,)) for problem in problems]


def bits(results: Sequence[Forecasts]) -> list[bytes]:
    found = [forecast for result in results for forecast in result]
    return [f.targets.tobytes() + f.scenarios.tobytes() + np.float64(f.pareto_k).tobytes() for f in found]


def made(folder: Path) -> Counter[int]:
    """How often a forecast was begun, by origin."""
    return Counter(int(path.name.split("-")[0]) for path in folder.iterdir())


def once(problems: Sequence[Problem] = PROBLEMS) -> Counter[int]:
    return Counter(problem.as_of for problem in problems)


@pytest.fixture
def deeds(tmp_path: Path) -> Path:
    """Where forecasters leave their files."""
    (tmp_path / "deeds").mkdir()
    return tmp_path / "deeds"


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test's own."""
    monkeypatch.setenv("PARLEY_CACHE", str(tmp_path / "cache"))
    return task_folder()


DASK = {"threads_per_worker": 1, "memory_limit": 0, "dashboard_address": "127.0.0.1:0", "silence_logs": logging.ERROR}


@pytest.fixture
def scheduler() -> Iterator[str]:
    """The address of a Dask scheduler with two workers."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, **DASK) as cluster:
        identity.model_version.cache_clear()  # the sources as the workers have just read them
        yield cluster.scheduler_address


# The same bits


MODELS = (LaplaceModel(SHIPPED), DocumentsOnly(SHIPPED), ConstantRates(SHIPPED), Naive("climatology"))
QUICK_TASKS = [task for model in MODELS for task in tasks_of(model, PROBLEMS[:2])]
CARRIED_TASKS = [Task(LaplaceModel(SHIPPED), PROBLEMS[:3]), Task(LaplaceModel(SHIPPED), PROBLEMS[3:])]
SAMPLED_TASKS = [
    Task(ExactModel(SHIPPED, 3, QUICK), PROBLEMS[:1]),
    Task(LeaveFutureOut(SHIPPED, 3, QUICK), PROBLEMS[:3]),
    Task(LeaveFutureOut(SHIPPED, 3, QUICK), PROBLEMS[3:]),
]


@pytest.mark.slow
def test_whoever_runs_them_gives_the_same_bits(scheduler: str, capfd: pytest.CaptureFixture[str]) -> None:
    tasks = [*QUICK_TASKS, *SAMPLED_TASKS]
    expected = bits([run_task(task) for task in tasks])
    for spread in ({"workers": 1}, {"workers": 2}, {"dask": "local"}, {"dask": scheduler}):
        assert bits(run_tasks(tasks, cached=False, **spread)) == expected  # type: ignore[arg-type]
    assert capfd.readouterr().err == ""


# Dead workers


def test_processes_give_the_bits_of_one_task_after_another_though_one_is_killed(
    deeds: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Results come in the order of the tasks; the killed process costs its own task alone."""
    told: list[tuple[int, int]] = []
    tasks = [*tasks_of(Deadly(deeds, PROBLEMS[2].as_of)), *QUICK_TASKS, *CARRIED_TASKS]
    results = run_tasks(tasks, cached=False, progress=lambda done, total: told.append((done, total)))
    expected = [run_task(task) for task in (*tasks_of(Naive("climatology")), *QUICK_TASKS, *CARRIED_TASKS)]
    assert bits(results) == bits(expected)
    assert told == [(done, len(tasks)) for done in range(len(tasks) + 1)]
    assert made(deeds) == once() + Counter([PROBLEMS[2].as_of])
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("where", [soak("evaluation", "local"), slow("address")])
def test_a_dask_worker_that_is_killed_costs_its_own_task_alone(
    deeds: Path, where: str, request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]
) -> None:
    address = "local" if where == "local" else request.getfixturevalue("scheduler")
    results = run_tasks(tasks_of(Deadly(deeds, PROBLEMS[2].as_of)), cached=False, dask=address)
    assert bits(results) == bits([(Naive("climatology")(problem),) for problem in PROBLEMS])
    assert made(deeds) == once() + Counter([PROBLEMS[2].as_of])
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("dask", [soak("evaluation", None), slow("local")])
def test_a_task_that_kills_every_worker_is_told_of(deeds: Path, dask: str | None) -> None:
    deadly = Deadly(deeds, PROBLEMS[1].as_of, deaths=99)
    with pytest.raises(NoWorkers, match=r"^Deadly as of 2002-04-29 lost its worker 4 times; look whether memory"):
        run_tasks(tasks_of(deadly, PROBLEMS[:3]), dask=dask)
    assert made(deeds)[PROBLEMS[1].as_of] == 4


# Kept results


def test_a_run_that_was_stopped_goes_on_where_it_was(deeds: Path, kept: Path) -> None:
    tasks = tasks_of(Counted(deeds))

    def stop(done: int, total: int) -> None:
        if done == 2:
            raise Stop

    with pytest.raises(Stop):
        run_tasks(tasks, workers=1, progress=stop)
    assert made(deeds) == once(PROBLEMS[:2])
    told: list[int] = []
    results = run_tasks(tasks, workers=1, progress=lambda done, total: told.append(done))
    assert told == [2, 3, 4, 5, 6]
    assert made(deeds) == once()
    assert bits(run_tasks(tasks)) == bits(results) == bits([run_task(task) for task in tasks_of(Naive("climatology"))])
    assert {path.name for path in kept.iterdir()} == {f"{task.key}.npz" for task in tasks}


DAMAGES: tuple[Callable[[bytes], bytes], ...] = (
    lambda content: b"",
    lambda content: content[:-1],
    lambda content: content[: len(content) // 2],
    lambda content: b"not what was written",
    lambda content: content[:500] + bytes([content[500] ^ 1]) + content[501:],
    lambda content: content[:-1] + bytes([content[-1] ^ 1]),
)


def test_a_damaged_file_is_not_believed(kept: Path) -> None:
    tasks = [Task(Naive("climatology"), (problem, problem)) for problem in PROBLEMS]
    kept.mkdir(parents=True)
    for task, damage in zip(tasks, DAMAGES, strict=True):
        forecasts = tuple(replace(forecast, pareto_k=0.25) for forecast in run_task(task))
        worker_tasks._keep(task.key, forecasts)
        assert bits([worker_tasks._load(task.key) or ()]) == bits([forecasts])
        path = kept / f"{task.key}.npz"
        path.write_bytes(damage(path.read_bytes()))
        assert worker_tasks._load(task.key) is None


def test_the_key_changes_with_all_that_the_forecast_depends_on(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, exact = PROBLEMS[0], ExactModel(SHIPPED)
    row, record = problem.observations, problem.record
    said = Judgements(*(np.zeros(1, np.int64) for _ in range(3)), np.ones(1), np.ones(1, dtype=bool))
    tasks = [
        *(Task(model, (problem,)) for model in (*MODELS, exact, Naive("dry/wet climatology"))),
        *(Task(one, (problem,)) for one in (LaplaceModel(SHIPPED, 2), LaplaceModel(replace(SHIPPED, regime=False)))),
        *(Task(replace(exact, settings=replace(exact.settings, tune=tune)), (problem,)) for tune in (10, 20)),
        *(
            Task(exact, (changed,))
            for changed in (
                replace(problem, as_of=problem.as_of + 1),
                replace(problem, horizons=problem.horizons[:1]),
                replace(problem, judgements=said),
                replace(problem, observations=replace(row, level=row.level + 1e-15)),
                replace(problem, record=replace(record, contacts=record.contacts[:-1])),
                replace(problem, record=replace(record, talks_span=replace(record.talks_span, last=DAY))),
            )
        ),
        Task(exact, PROBLEMS[:2]),
        Task(exact, PROBLEMS[1::-1]),
    ]
    keys = [task.key for task in tasks]
    assert len(set(keys)) == len(tasks)
    assert keys == [Task(task.forecaster, tuple(task.problems)).key for task in tasks]
    monkeypatch.setattr(worker_tasks, "model_version", lambda: "other sources")
    assert not {task.key for task in tasks} & set(keys)


def test_where_nothing_can_be_kept_nothing_is_begun(deeds: Path, kept: Path) -> None:
    kept.parent.parent.parent.mkdir(exist_ok=True)
    kept.parent.parent.write_text("a file where the folder should be")
    with pytest.raises(NotWritten, match=r"^results cannot be kept in .* \(Not a directory\); point PARLEY_C"):
        run_tasks(tasks_of(Counted(deeds)))
    assert not made(deeds)


# Schedulers that are not there


@pytest.mark.parametrize("address", ["nowhere", "tcp://127.0.0.1:1"])
def test_a_scheduler_that_does_not_answer_is_told_of(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_tasks, "ANSWER_SECONDS", 1)
    with pytest.raises(NoWorkers, match=rf"^no Dask scheduler answers at '{address}' \(.*\); start one with `dask sch"):
        run_tasks(QUICK_TASKS, cached=False, dask=address)
    gc.collect()  # a client that is left half open complains when it is thrown away


def test_without_dask_one_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(
        NoWorkers, match=r"^Dask is not installed here .*; run `pip install dask distributed`, or leave"
    ):
        run_tasks(QUICK_TASKS, cached=False, dask="local")


@pytest.mark.slow
def test_a_scheduler_without_workers_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import LocalCluster

    monkeypatch.setattr(worker_tasks, "ANSWER_SECONDS", 1)
    with (
        LocalCluster(n_workers=0, **DASK) as cluster,
        pytest.raises(NoWorkers, match=r"has no worker; start one with `dask worker tcp://127.0.0.1:\d+`$"),
    ):
        run_tasks(QUICK_TASKS, cached=False, dask=cluster.scheduler_address)


@pytest.mark.slow
def test_workers_of_other_sources_are_refused(
    scheduler: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr(identity, "ROOTS", ("forecast.clock",))
    request.addfinalizer(identity.model_version.cache_clear)
    identity.model_version.cache_clear()
    with pytest.raises(NoWorkers, match=r"^the Dask worker tcp://.* runs the sources \w{8}, this command \w{8}; inst"):
        run_tasks(QUICK_TASKS, cached=False, dask=scheduler)


@pytest.mark.slow
def test_a_scheduler_that_ends_midway_is_told_of(deeds: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from distributed import LocalCluster

    with LocalCluster(n_workers=1, **DASK) as cluster:
        identity.model_version.cache_clear()
        address = cluster.scheduler_address

        def end() -> None:
            await_(lambda: list(made(deeds)), 1)
            cluster.close()

        Thread(target=end).start()
        with pytest.raises(NoWorkers, match=rf"^the Dask scheduler at '{address}' ended; start it and its workers"):
            run_tasks(tasks_of(Slow(deeds)), dask=address)
    assert capfd.readouterr().err == ""


# What ends a run


@pytest.mark.parametrize("dask", [slow(None), slow("local")])
def test_a_mistake_of_a_forecaster_is_its_own(deeds: Path, dask: str | None) -> None:
    with pytest.raises(ArithmeticError, match=r"^no mode at 819$"):
        run_tasks(tasks_of(Wrong(deeds), PROBLEMS[:1]), dask=dask)
    assert made(deeds) == once(PROBLEMS[:1])


PROGRAM = """\
import signal
from pathlib import Path
from test_workers import Slow, run_tasks, tasks_of
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs are born deaf to it
    try:
        run_tasks(tasks_of(Slow(Path({folder!r}))), cached=False, dask={dask!r})
    except KeyboardInterrupt:
        print("stopped")
"""


@pytest.mark.parametrize(
    ("dask", "sent", "to_all"),
    [
        slow(None, signal.SIGINT, True),
        slow("local", signal.SIGINT, False),
        slow("local", signal.SIGKILL, False),
        soak("evaluation", None, signal.SIGINT, False),
        soak("evaluation", None, signal.SIGKILL, False),
        soak("evaluation", "local", signal.SIGINT, True),
    ],
)
def test_no_process_outlives_the_run(
    deeds: Path, tmp_path: Path, dask: str | None, sent: signal.Signals, to_all: bool
) -> None:
    """Ctrl-C goes to a terminal's whole group; a service manager or the kernel hits one process."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(folder=str(deeds), dask=dask))
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen(
        [sys.executable, str(program)], env=environment, stdout=-1, stderr=-1, text=True, start_new_session=True
    ) as running:
        at_work = await_(lambda: [int(text) for path in deeds.iterdir() if (text := path.read_text())], 2)
        os.killpg(running.pid, sent) if to_all else os.kill(running.pid, sent)
        try:
            said, complained = running.communicate(timeout=60)
        finally:
            running.kill()  # or leaving the block would wait for a process that did not hear
    if sent == signal.SIGINT:
        assert (said, complained) == ("stopped\n", "")
    assert await_(lambda: [pid for pid in at_work if not is_alive(pid)], 2) == at_work


def await_(look: Callable[[], list[int]], number: int) -> list[int]:
    """What ``look`` finds once that is so many."""
    end = time.monotonic() + 60
    while len(found := look()) < number:
        assert time.monotonic() < end, f"{found} and no more after a minute"
        time.sleep(0.1)
    return found


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
