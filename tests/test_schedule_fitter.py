"""The fitting process, with real fits: what it stores, what its death costs, and that a late run is the same run."""

import os
import resource
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path

import pytest
from schedule_worlds import install_toy_at, ledger_of
from sqlalchemy import func, select

from db.append import append_scenarios
from db.engine import Database, open_database
from db.errors import LeaseLost
from db.kinds import BACKFILL, OFFICIAL
from db.leases import read_lease, take_lease
from db.posteriors import path_of
from db.progress import silent
from db.read_explanations import read_steps_to
from db.read_runs import read_run
from db.scenario_rows import NewScenario
from db.tables import attempts, runs
from forecast.clock import utc_now
from forecast.errors import FitFailed, NotAnswered, NotExplained
from forecast.facts.why import DIRECT
from forecast.plan.overtaken import Unanswered
from forecast.schedule.explaining import Pair, missing_pairs
from forecast.schedule.fitter import Fitter
from forecast.schedule.jobs import Job, Made, lease_name
from forecast.schedule.leader import Stopped
from forecast.schedule.slots import Slot
from forecast.why.stored import read_step
from models.settings import SamplerSettings

SOUND = SamplerSettings(chains=4, draws=800, tune=400)
HASTY = SamplerSettings(chains=2, draws=50, tune=50)
"""For fits that come to nothing: the gate would refuse them."""
RECORDED = datetime(2020, 1, 3, 6, tzinfo=UTC)
"""By then the case is on record."""
LEASE = lease_name("toy")


@dataclass(slots=True)
class Shop:
    """A fitting process at a database of its own, and what it said."""

    database: Database
    fitter: Fitter
    stages: list[str] = field(default_factory=list)

    def job(self, day: date, kind: str = OFFICIAL, *, sampler: SamplerSettings = HASTY, holder: str = "us") -> Job:
        """The job of a day's run, whose holder has the lease."""
        with self.database.write() as connection:
            take_lease(connection, LEASE, holder, 0.001, utc_now())
        at = max(datetime.combine(day, clock_time(6), UTC), RECORDED)
        return Job(
            case_id="toy",
            slot=Slot(day, at, kind),
            sampler=sampler,
            holder=holder,
            started_at=utc_now(),
            log="logs/schedule.log",
        )

    def make(self, job: Job) -> Made:
        return self.fitter.make(job, self.hear, lambda: None)

    def is_refused(self) -> None:
        """A job that the process can only refuse, in words."""
        with pytest.raises(FitFailed, match=r"^as of 2009-12-31 the record, which begins on 2010-01-01, holds less"):
            self.make(self.job(date(2010, 1, 1)))

    def hear(self, stage: str, done: int, total: int, remark: str) -> None:
        if stage not in self.stages:
            self.stages.append(stage)

    def stored(self) -> tuple[int, int]:
        """How many runs and lines of the ledger there are."""
        with self.database.read() as connection:
            made = connection.execute(select(func.count()).select_from(runs)).scalar_one()
            return made, connection.execute(select(func.count()).select_from(attempts)).scalar_one()


@dataclass(frozen=True, slots=True)
class Delivered:
    """A job, what came of it, from which process, after how long, and how much processor time that one used."""

    job: Job
    made: Made
    pid: int
    seconds: float
    worked: float


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    url = f"sqlite:///{folder / 'parley.db'}"
    install_toy_at(url, folder)
    with open_database(url) as database, Fitter(url, 300) as fitter:
        yield Shop(database, fitter)


@pytest.fixture(scope="module")
def delivered(shop: Shop) -> tuple[Delivered, Delivered]:
    """Two runs, one after the other."""

    def deliver(day: date, kind: str) -> Delivered:
        job, begun = shop.job(day, kind, sampler=SOUND), time.monotonic()
        before = worked(shop.fitter.pid) if shop.fitter.pid else 0.0
        made = shop.make(job)
        assert shop.fitter.pid is not None
        return Delivered(job, made, shop.fitter.pid, time.monotonic() - begun, worked(shop.fitter.pid) - before)

    return deliver(date(2020, 1, 3), BACKFILL), deliver(date(2020, 1, 4), OFFICIAL)


def worked(pid: int) -> float:
    """Seconds of processor time a process has used: unlike those on the wall, they do not tell of others at work."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def dead(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def test_one_process_makes_them_all_and_compiles_once(delivered: tuple[Delivered, Delivered]) -> None:
    first, second = delivered
    assert first.pid == second.pid
    assert second.worked < first.worked


def test_the_run_is_there_with_its_line_of_the_ledger(shop: Shop, delivered: tuple[Delivered, Delivered]) -> None:
    lines = {row.run_id: row for row in ledger_of(shop.database)}
    for one in delivered:
        slot = one.job.slot
        with shop.database.read() as connection:
            run = read_run(connection, one.made.run_id)
        assert (run.kind, run.as_of, run.as_recorded) == (slot.kind, slot.day - timedelta(1), slot.at)
        assert one.made.outcome == run.status == "published"
        assert run.posterior_hash is not None
        assert path_of(shop.database.posteriors.folder, run.posterior_hash).is_file()
        line = lines[one.made.run_id]
        assert (line.scheduled_for, line.scheduled_at, line.as_of) == (slot.day, slot.at, run.as_of)
        assert (line.kind, line.outcome, line.holder) == (slot.kind, "published", "us")
        assert (line.started_at, line.log) == (one.job.started_at, one.job.log)
        assert line.started_at < line.ended_at
        assert 0 < line.wall_s < one.seconds
        assert line.diagnostics == run.detail["diagnostics"]
        assert line.code_version == run.code_version
        assert line.versions == run.versions


def test_it_says_what_moved_the_forecast_and_stores_it_once(shop: Shop, delivered: tuple[Delivered, Delivered]) -> None:
    pair, beats = Pair(*(one.made.run_id for one in delivered)), []
    with shop.database.read() as connection:
        assert missing_pairs(connection, "toy", delivered[1].job.slot.day) == (pair,)
    for _ in range(2):
        shop.fitter.explain(pair, silent, lambda: beats.append(1))
    assert beats
    assert shop.fitter.pid == delivered[0].pid
    with shop.database.read() as connection:
        assert missing_pairs(connection, "toy", delivered[1].job.slot.day) == ()
        (row,) = read_steps_to(connection, pair.after)
        found = read_step(connection, pair.before, pair.after)
    assert (row.before_run_id, row.path) == (pair.before, DIRECT)
    assert found is not None
    assert found.identity < 1e-9


def test_what_cannot_be_split_is_refused_in_words_and_the_process_lives(
    shop: Shop, delivered: tuple[Delivered, Delivered]
) -> None:
    before = shop.stored()
    with pytest.raises(NotExplained, match=r"^no run 77; runs go from 1 to \d+$"):
        shop.fitter.explain(Pair(delivered[0].made.run_id, 77), silent, lambda: None)
    assert shop.fitter.pid == delivered[0].pid
    assert shop.stored() == before


def test_a_scenario_that_cannot_be_answered_is_refused_in_words_and_the_process_lives(
    shop: Shop, delivered: tuple[Delivered, Delivered]
) -> None:
    """The calendar of the toy case has ended by the clock of the child."""
    statement = {"mode": "do", "kind": "level", "day": "2030-01-01", "indicator": "press_tone", "level": 1.0}
    row = NewScenario(
        case_id="toy", name="mild", statements=(statement,), analyst="kim", known_on=date(2016, 1, 1), reason="x"
    )
    with shop.database.write() as connection:
        (scenario_id,) = append_scenarios(connection, [row], datetime.now(UTC))
    before = shop.stored()
    with pytest.raises(NotAnswered, match="lies beyond the case's calendar"):
        shop.fitter.answer(Unanswered("toy", scenario_id, delivered[1].made.run_id), silent, lambda: None)
    assert shop.fitter.pid == delivered[0].pid
    assert shop.stored() == before


def test_a_process_killed_while_it_splits_costs_no_run(shop: Shop) -> None:
    with Fitter(f"sqlite:///{shop.database.url}", 60) as fitter:

        def kill_it() -> None:
            if fitter.pid is not None:
                os.kill(fitter.pid, signal.SIGKILL)

        with pytest.raises(NotExplained, match=r"^the fitting process was ended by SIGKILL"):
            fitter.explain(Pair(1, 2), silent, kill_it)
        assert fitter.pid is None


def test_what_it_does_is_told_by_stages(shop: Shop, delivered: tuple[Delivered, Delivered]) -> None:
    assert (shop.stages[0], shop.stages[-1]) == ("reading the case", "storing")
    assert len(shop.stages) > 4


def test_a_date_before_the_record_is_refused_in_words(shop: Shop, delivered: tuple[Delivered, Delivered]) -> None:
    before = shop.stored()
    with pytest.raises(FitFailed, match="holds less than a year; choose a date from") as told:
        shop.make(shop.job(date(2010, 1, 1)))
    assert "forecast.errors.NotEnough" in told.value.trace
    assert "in check_rows" in told.value.trace
    assert shop.stored() == before
    assert shop.fitter.pid == delivered[0].pid


@pytest.mark.slow
def test_a_run_whose_lease_has_passed_on_stores_nothing(shop: Shop, delivered: tuple[Delivered, Delivered]) -> None:
    job, before = shop.job(date(2020, 1, 5)), shop.stored()
    time.sleep(0.01)  # the lease's life
    shop.job(date(2020, 1, 5), holder="another")
    with pytest.raises(LeaseLost, match="the lease of the schedule of toy has passed from us to another"):
        shop.make(job)
    assert shop.stored() == before
    with shop.database.read() as connection:
        lease = read_lease(connection, LEASE)
    assert lease is not None
    assert lease.holder == "another"
    assert shop.fitter.pid == delivered[0].pid


@pytest.mark.slow
def test_a_day_that_has_its_run_gets_no_second(shop: Shop, delivered: tuple[Delivered, Delivered]) -> None:
    before = shop.stored()
    with pytest.raises(FitFailed, match="a row with the same key is there already"):
        shop.make(shop.job(delivered[1].job.slot.day))
    assert shop.stored() == before


def test_after_so_many_runs_another_process_is_begun(
    shop: Shop, delivered: tuple[Delivered, Delivered], monkeypatch: pytest.MonkeyPatch
) -> None:
    pids: list[int | None] = []

    def look() -> None:
        pids.append(shop.fitter.pid)
        raise Stopped("seen enough")

    monkeypatch.setattr("forecast.schedule.fitter.RUNS_A_CHILD", 2)
    with pytest.raises(Stopped, match="seen enough"):
        shop.fitter.make(shop.job(date(2020, 1, 6)), shop.hear, look)
    assert pids[0] not in (None, delivered[0].pid)
    assert dead(delivered[0].pid)


def test_a_killed_process_is_a_failed_run_and_the_next_order_gets_another(shop: Shop) -> None:
    before, killed = shop.stored(), []

    def kill() -> None:
        if shop.fitter.pid is not None and not killed:
            killed.append(shop.fitter.pid)
            os.kill(shop.fitter.pid, signal.SIGKILL)

    with pytest.raises(FitFailed, match=r"^the fitting process was ended by SIGKILL \(did memory run out\?\)$"):
        shop.fitter.make(shop.job(date(2020, 1, 6)), shop.hear, kill)
    assert shop.fitter.pid is None
    shop.is_refused()
    assert shop.fitter.pid not in (None, *killed)
    assert shop.stored() == before


def test_a_service_that_stops_ends_it_in_the_middle(shop: Shop) -> None:
    before, seen = shop.stored(), []

    def stop() -> None:
        if "reading the case" in shop.stages:
            seen.append(shop.fitter.pid)
            raise Stopped("the service was stopped")

    shop.stages.clear()
    with pytest.raises(Stopped, match="the service was stopped"):
        shop.fitter.make(shop.job(date(2020, 1, 6)), shop.hear, stop)
    assert seen[0] is not None
    assert dead(seen[0])
    assert shop.fitter.pid is None
    assert shop.stored() == before


def test_one_that_died_between_two_orders_is_replaced_unnoticed(shop: Shop, tmp_path: Path) -> None:
    with Fitter(f"sqlite:///{tmp_path / 'gone.db'}", 60) as fitter:

        def refused() -> int:
            with pytest.raises(FitFailed, match=r"^no database at .*gone\.db; run `parley init`$"):
                fitter.make(shop.job(date(2020, 1, 6)), shop.hear, lambda: None)
            assert fitter.pid is not None
            return fitter.pid

        first = refused()
        assert refused() == first
        os.kill(first, signal.SIGKILL)
        os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
        assert refused() != first


def test_a_machine_that_cannot_begin_one_is_a_failed_run(shop: Shop) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    job = shop.job(date(2020, 1, 6))
    with Fitter("sqlite:///parley.db", 60) as fitter:
        resource.setrlimit(resource.RLIMIT_NOFILE, (open_files() + 2, hard))
        try:
            with pytest.raises(FitFailed, match=r"^the fitting process cannot be begun \(Too many open files\)$"):
                fitter.make(job, shop.hear, lambda: None)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert fitter.pid is None


def test_one_that_takes_too_long_is_ended(shop: Shop) -> None:
    pids: set[int | None] = set()
    with Fitter(f"sqlite:///{shop.database.url}", 1.2) as fitter:
        with pytest.raises(FitFailed, match=r"^the run took longer than 0\.02 minutes and was ended$"):
            fitter.make(shop.job(date(2020, 1, 6)), shop.hear, lambda: pids.add(fitter.pid))
        assert fitter.pid is None
    (pid,) = pids
    assert pid is not None
    assert dead(pid)


def test_closing_leaves_no_process_and_no_open_file(shop: Shop) -> None:
    """The process that watches over shared memory, begun with the first child of any kind, is Python's own."""

    def begin_and_close() -> None:
        with Fitter(f"sqlite:///{shop.database.url}", 0.2) as fitter, pytest.raises(FitFailed, match="took longer"):
            fitter.make(shop.job(date(2020, 1, 6)), shop.hear, lambda: None)

    begin_and_close()
    before = open_files(), children()
    for _ in range(3):
        begin_and_close()
    assert (open_files(), children()) == before
