"""The process that fits: begun once, kept, and given one run after the other. What it dies of is a failed run."""

import gc
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from time import monotonic
from types import TracebackType
from typing import Self

from db.engine import Database, open_database
from db.errors import LeaseLost, StoreError
from db.kinds import PUBLISHED
from db.progress import Progress
from forecast.errors import FitFailed, ForecastError
from forecast.lifeline import end_with
from forecast.schedule.jobs import Job, Made, run_job

POLL_S = 0.5
"""How often a waiting parent looks up."""
REPORT_S = 1.0
"""Progress within one stage is reported so often at most."""
ENDING_S = 5.0
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


type _Answer = _Report | _Broke | Made


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
        until = monotonic() + self._limit_s
        try:
            jobs = self._send(job)
            while monotonic() < until:
                heartbeat()
                answer = self._hear(jobs)
                if isinstance(answer, Made):
                    self._made += 1
                    return answer
                if isinstance(answer, _Broke):
                    break
                if answer is not None:
                    progress(answer.stage, answer.done, answer.total, answer.remark)
            else:
                raise FitFailed(f"the run took longer than {self._limit_s / 60:g} minutes and was ended")
        except BaseException:
            self.close()
            raise
        if answer.lease_lost:
            raise LeaseLost(answer.line)
        raise FitFailed(answer.line, answer.trace)

    def _send(self, job: Job) -> Connection:
        """The line to a living child that has the job."""
        try:
            jobs = self._begin()
            jobs.send(job)
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
    """The child: run jobs until the parent lets go."""
    from forecast.cache import use_compile_cache

    end_with(line)
    for number in (
        signal.SIGINT,
        signal.SIGTERM,
    ):  # a terminal and a service manager send them to all: the parent ends it
        signal.signal(number, signal.SIG_IGN)
    use_compile_cache()
    while True:
        try:
            job: Job = jobs.recv()
        except EOFError:
            return
        answer = _attempt(url, job, _reporter(jobs))
        jobs.send(answer)
        if isinstance(answer, Made) and not jobs.poll():
            _make_ready(url, job.case_id)
        gc.collect()  # large arrays in cycles would lie about until the next fit has taken its own


def _make_ready(url: str, case_id: str) -> None:
    """With time on its hands: make the table from which dry runs are answered. Without it they are answered too."""
    from forecast.engine.hypotheticals import make_table

    with suppress(ForecastError, StoreError, OSError), open_database(url) as database:
        make_table(database, case_id)


def _attempt(url: str, job: Job, progress: Progress) -> Made | _Broke:
    try:
        with open_database(url) as database:
            return _explained(database, run_job(database, job, progress), progress)
    except Exception as error:  # noqa: BLE001 - the job boundary: whatever goes wrong is a failed run
        return _Broke(first_line(error), traceback.format_exc(), isinstance(error, LeaseLost))


def _explained(database: Database, made: Made, progress: Progress) -> Made:
    """With its step from the run before stored, which alerts and `show` name causes by."""
    if made.outcome != PUBLISHED:
        return made
    from forecast.schedule.explaining import store_steps

    return replace(made, unexplained=store_steps(database, made.run_id, progress))


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
