"""The process that fits: begun once, kept, and given one run after the other. What it dies of is a failed run.

Between runs it says what moved the forecast, and answers saved scenarios: it has at hand all that these take.
"""

import gc
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from time import monotonic
from types import TracebackType
from typing import Self

from db.engine import open_database
from db.errors import LeaseLost, StoreError
from db.progress import Progress
from forecast.errors import FitFailed, ForecastError, NotAnswered, NotExplained
from forecast.lifeline import end_with
from forecast.plan.overtaken import Unanswered
from forecast.schedule.answering import Answered, answer_scenario
from forecast.schedule.explaining import LIMIT_S, Explained, Pair, explain_pair
from forecast.schedule.jobs import Job, Made, run_job

POLL_S = 0.5
"""How often a waiting parent looks up."""
REPORT_S = 1.0
"""Progress within one stage is reported so often at most."""
ENDING_S = 5.0
REST_S = 2.0
"""For so long a child that has made a run waits for its next task before it makes dry runs quick."""
RUNS_A_CHILD = 10
"""After so many a new child is begun: the memory that fits leave in pieces is given back with the old one."""


@dataclass(frozen=True, slots=True)
class _Report:
    stage: str
    done: int
    total: int
    remark: str


@dataclass(frozen=True, slots=True)
class _Broke:
    line: str
    trace: str
    lease_lost: bool


type _Task = Job | Pair | Unanswered
type _Done = Made | Explained | Answered
type _Answer = _Report | _Broke | _Done


class Fitter:
    """A child process that compiles once; begun with the first job, and anew after it has died or made many runs."""

    def __init__(self, url: str, limit_s: float) -> None:
        self._url = url
        self._limit_s = limit_s
        self._child: BaseProcess | None = None
        self._jobs: Connection | None = None
        self._line: Connection | None = None
        self._made = 0

    @property
    def pid(self) -> int | None:
        """Of the child; None where there is none."""
        return self._child.pid if self._child is not None else None

    def make(self, job: Job, progress: Progress, heartbeat: Callable[[], None]) -> Made:
        """Have the run made; `heartbeat` is called while it is, and what it raises ends the child.

        Raises
        ------
        FitFailed
            for whatever went wrong in the child, its death and its taking too long included
        db.errors.LeaseLost
            if the run was not stored because the lease has passed on
        """
        answer = self._have_done(job, progress, heartbeat, self._limit_s)
        if isinstance(answer, Made):
            self._made += 1
            return answer
        if answer is None:
            raise FitFailed(f"the run took longer than {self._limit_s / 60:g} minutes and was ended")
        assert isinstance(answer, _Broke)
        if answer.lease_lost:
            raise LeaseLost(answer.line)
        raise FitFailed(answer.line, answer.trace)

    def explain(self, pair: Pair, progress: Progress, heartbeat: Callable[[], None]) -> None:
        """Have what moved the forecast from one run to the other told apart and stored; `heartbeat` as for a run.

        Raises
        ------
        NotExplained
            for whatever went wrong in the child, its death and its taking too long included
        """
        self._do(pair, progress, heartbeat, NotExplained)

    def answer(self, asked: Unanswered, progress: Progress, heartbeat: Callable[[], None]) -> None:
        """Have a saved scenario answered by the newest run; `heartbeat` as for a run.

        Raises
        ------
        NotAnswered
            for whatever went wrong in the child, its death and its taking too long included
        """
        self._do(asked, progress, heartbeat, NotAnswered)

    def _do(
        self, task: _Task, progress: Progress, heartbeat: Callable[[], None], failure: type[NotExplained | NotAnswered]
    ) -> None:
        """Have something done that costs no run where it fails."""
        try:
            answer = self._have_done(task, progress, heartbeat, LIMIT_S)
        except FitFailed as error:  # the child is gone
            raise failure(str(error)) from error
        if answer is None:
            raise failure(f"it took longer than {LIMIT_S / 60:g} minutes and was ended")
        if isinstance(answer, _Broke):
            raise failure(answer.line)

    def _have_done(
        self, task: _Task, progress: Progress, heartbeat: Callable[[], None], limit_s: float
    ) -> _Done | _Broke | None:
        """What came of a task; None if the child was ended because it took too long."""
        until = monotonic() + limit_s
        try:
            tasks = self._send(task)
            while monotonic() < until:
                heartbeat()
                answer = self._hear(tasks)
                if isinstance(answer, _Report):
                    progress(answer.stage, answer.done, answer.total, answer.remark)
                elif answer is not None:
                    return answer
        except BaseException:
            self.close()
            raise
        self.close()
        return None

    def _send(self, task: _Task) -> Connection:
        """The line to a living child that has the task."""
        try:
            jobs = self._begin()
            jobs.send(task)
        except OSError as error:  # no memory or no handles for another process, or it died in this very moment
            raise FitFailed(f"the fitting process cannot be begun ({error.strerror or error})") from error
        return jobs

    def _begin(self) -> Connection:
        """The line to a living child."""
        usable = self._child is not None and self._child.is_alive() and self._made < RUNS_A_CHILD
        if usable and self._jobs is not None:
            return self._jobs
        self.close()
        context = get_context("spawn")
        self._jobs, theirs = context.Pipe()
        line, self._line = context.Pipe(duplex=False)
        child = context.Process(target=_attend, args=(self._url, theirs, line), name="parley-fit", daemon=True)
        child.start()
        self._child = child
        theirs.close()
        line.close()
        return self._jobs

    def _hear(self, jobs: Connection) -> _Answer | None:
        """What the child says next; None if nothing within `POLL_S`."""
        assert self._child is not None
        if not wait([jobs, self._child.sentinel], POLL_S):
            return None
        try:
            if jobs.poll():
                answer: _Answer = jobs.recv()
                return answer
        except (EOFError, OSError):
            pass
        self._child.join(ENDING_S)
        raise FitFailed(f"the fitting process {_end_of(self._child.exitcode)}")

    def close(self) -> None:
        """End the child, whatever it is doing: what it has not stored is not stored."""
        if self._child is not None:
            self._child.kill()
            self._child.join(ENDING_S)
            self._child.close()
        for end in (self._jobs, self._line):
            if end is not None:
                end.close()
        self._child = self._jobs = self._line = None
        self._made = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _end_of(code: int | None) -> str:
    if code is not None and code < 0:
        name = signal.Signals(-code).name if -code in {*signal.Signals} else f"signal {-code}"
        return f"was ended by {name}" + (" (did memory run out?)" if -code == signal.SIGKILL else "")
    return f"ended with exit code {code}"


def _attend(url: str, jobs: Connection, line: Connection) -> None:
    """The child: do tasks until the parent lets go."""
    from forecast.cache import use_compile_cache

    end_with(line)
    for number in (
        signal.SIGINT,
        signal.SIGTERM,
    ):  # a terminal and a service manager send them to all: the parent ends it
        signal.signal(number, signal.SIG_IGN)
    use_compile_cache()
    unready = ""
    while True:
        try:
            task: _Task = jobs.recv()
        except EOFError:
            return
        answer = _attempt(url, task, _reporter(jobs))
        jobs.send(answer)
        if isinstance(task, Job) and isinstance(answer, Made):
            unready = task.case_id
        if unready and not jobs.poll(REST_S):
            _make_ready(url, unready)
            unready = ""
        gc.collect()  # large arrays in cycles would lie about until the next fit has taken its own


def _make_ready(url: str, case_id: str) -> None:
    """With time on its hands: make the table from which dry runs are answered. Without it they are answered too."""
    from forecast.engine.hypotheticals import make_table

    with suppress(ForecastError, StoreError, OSError), open_database(url) as database:
        make_table(database, case_id)


def _attempt(url: str, task: _Task, progress: Progress) -> _Done | _Broke:
    try:
        with open_database(url) as database:
            if isinstance(task, Job):
                return run_job(database, task, progress)
            if isinstance(task, Pair):
                return explain_pair(database, task, progress)
            return answer_scenario(database, task, progress)
    except Exception as error:  # noqa: BLE001 - the job boundary: whatever goes wrong is a failed run, or no split
        return _Broke(first_line(error), traceback.format_exc(), isinstance(error, LeaseLost))


def _reporter(jobs: Connection) -> Progress:
    """Report each stage, and of its inside something every second."""
    last, reported = "", 0.0

    def report(stage: str, done: int, total: int, remark: str) -> None:
        nonlocal last, reported
        if stage != last or monotonic() - reported > REPORT_S:
            last, reported = stage, monotonic()
            jobs.send(_Report(stage, done, total, remark))

    return report


def first_line(error: BaseException) -> str:
    """What an error says in one line, with its kind where it is not one of ours."""
    said = (str(error).strip() or type(error).__name__).splitlines()[0]
    known = type(error).__module__.startswith(("db.", "forecast.", "indicators."))
    return said if known else f"{type(error).__name__}: {said}"
