"""A desk whose service or fit is killed, and what must hold after it."""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from kill_laws import check_record
from schedule_processes import children_of, fits_of, lives, open_service
from schedule_worlds import days_of, install_toy_of_today, ledger_of, wait_for

from db.engine import Database, open_database
from db.leases import read_lease
from db.posteriors import FOLDER
from db.read_runs import read_posterior_hashes
from db.read_schedule import read_attempts
from db.run_rows import AttemptRow, LeaseRow
from forecast.schedule.jobs import lease_name

LEASE_S = 4.0
STARTING_S = 12.0
"""Within which a service says that it is there, on a machine with other work to do."""
LONGEST_S = 12.0
PATIENCE_S = 60.0
ENDING_S = 10.0
SETTINGS = f"""\
[schedule]
draws = 1000
lease_seconds = {LEASE_S}
"""
UNHEARD = "was not heard again while it made this run"


@dataclass(slots=True, kw_only=True)
class Desk:
    """A database whose service is killed, and what is to be found in its ledger."""

    folder: Path
    url: str
    database: Database
    service: subprocess.Popen[bytes] | None = None
    begun_at: float = 0.0
    owed: list[tuple[date, str, datetime]] = field(default_factory=list)
    """Runs that had begun when they were killed: day, holder and instant."""
    recovered: list[float] = field(default_factory=list)
    """Seconds from the start of a service to its lease."""
    hit: Counter[str] = field(default_factory=Counter)
    """What the kills hit."""

    def start(self) -> None:
        self.begun_at = time.time()
        self.service = open_service(self.url, self.folder)

    @property
    def pid(self) -> int:
        assert self.service is not None
        return self.service.pid

    def log(self) -> str:
        return (self.folder / "stderr.txt").read_text(encoding="utf-8")

    def lease(self) -> LeaseRow | None:
        """As the service of now holds it; None before it does."""
        with self.database.read() as connection:
            lease = read_lease(connection, lease_name("toy"))
        return lease if lease is not None and f":{self.pid}:" in lease.holder else None

    def is_working(self) -> bool:
        lease = self.lease()
        return lease is not None and lease.working_on is not None

    def kill_service(self) -> None:
        """Kill it and see that none of its processes is left; what it had begun is owed a line."""
        assert self.service is not None
        family = children_of(self.pid)
        self.service.kill()
        self.service.wait()
        lease = self.lease()
        if lease is None:
            self.hit["starting"] += 1
        else:
            self.recovered.append(max(lease.since.timestamp() - self.begun_at, 0.0))
            self.hit["between runs" if lease.working_on is None else "run"] += 1
            if lease.working_on is not None and lease.working_since is not None:
                self.owed.append((lease.working_on, lease.holder, lease.working_since))
        wait_for(lambda: not any(map(lives, family)), ENDING_S, "the end of the fitting process")

    def kill_fit(self) -> None:
        """Kill the fitting process, whatever it does; the service lives on and enters what came of the run."""
        child = self.fitting()
        lease = self.lease()
        assert lease is not None
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        self.hit["between runs" if lease.working_on is None else "run"] += 1
        if lease.working_on is not None and lease.working_since is not None:
            self.owed.append((lease.working_on, lease.holder, lease.working_since))
            wait_for(lambda: self.owed[-1] in attempts_of(ledger_of(self.database)), PATIENCE_S, "the line it left")
        assert self.service is not None
        assert self.service.poll() is None

    def fitting(self) -> int:
        """The fitting process, once there is one."""
        wait_for(lambda: bool(fits_of(self.pid)), PATIENCE_S, "a fitting process")
        return fits_of(self.pid)[0]

    def stop(self) -> None:
        """Ask it to end; where there is no other service the lease is nobody's."""
        if self.ask_to_end():
            with self.database.read() as connection:
                assert read_lease(connection, lease_name("toy")) is None

    def ask_to_end(self) -> bool:
        """Whether there was a service to ask."""
        if self.service is None or self.service.poll() is not None:
            return False
        wait_for(lambda: f":{self.pid}:" in self.log(), PATIENCE_S, "the service")  # or it could not be asked yet
        family = children_of(self.pid)
        self.service.terminate()
        assert self.service.wait(PATIENCE_S) == 0
        wait_for(lambda: not any(map(lives, family)), ENDING_S, "the end of the fitting process")
        return True

    def first_run(self) -> float:
        """Seconds from the start of a service to its first run, when it is left alone."""
        self.start()
        wait_for(lambda: days_of(ledger_of(self.database)) != [], 2 * PATIENCE_S, "a run")
        seconds = time.time() - self.begun_at
        self.stop()
        return seconds

    def check(self) -> None:
        """The database is sound, no run is there by halves, and no day twice."""
        with self.database.read() as connection:
            check_record(connection, self.database.posteriors)
            rows = read_attempts(connection, "toy")
            hashes = read_posterior_hashes(connection)
        assert len(hashes) == len(days_of(rows, "published", "rejected"))  # each of another day's data

    def complete(self) -> None:
        """Left alone, the service makes what is missing; then every run that was killed has its line."""
        self.start()
        wait_for(lambda: self.every() <= set(days_of(ledger_of(self.database))), 8 * PATIENCE_S, "every day's run")
        self.stop()
        self.check_complete()

    def every(self) -> set[date]:
        """The days that are owed a run, by now."""
        last = datetime.now(UTC).date() - timedelta(datetime.now(UTC).hour < 6)
        begin = min(row.scheduled_for for row in ledger_of(self.database))
        return {begin + timedelta(n) for n in range(1, (last - begin).days + 1)}

    def check_complete(self) -> None:
        """Every day has a run, and every run that was killed its line."""
        self.check()
        rows = ledger_of(self.database)
        assert set(days_of(rows)) == self.every()
        assert set(self.owed) <= set(attempts_of(rows))

    def errors(self) -> list[str]:
        """Why runs that were killed failed; those whose storing was over are published."""
        rows = ledger_of(self.database)
        outcomes = dict(zip(attempts_of(rows), rows, strict=True))
        return [outcomes[attempt].error for attempt in self.owed if outcomes[attempt].outcome == "failed"]


def attempts_of(rows: list[AttemptRow]) -> list[tuple[date, str, datetime]]:
    return [(row.scheduled_for, row.holder, row.started_at) for row in rows]


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    url = install_toy_of_today(tmp_path, request.param)
    (tmp_path / "parley.toml").write_text(SETTINGS, encoding="utf-8")
    with open_database(url) as database:
        desk = Desk(folder=tmp_path, url=url, database=database)
        yield desk
        if desk.service is not None and desk.service.poll() is None:
            desk.service.kill()
            desk.service.wait()


@contextmanager
def beside(desk: Desk) -> Iterator[Desk]:
    """A place for another service at the same database, which is asked to end at the end."""
    other = Desk(folder=desk.folder, url=desk.url, database=desk.database)
    try:
        yield other
        other.ask_to_end()
    finally:
        if other.service is not None and other.service.poll() is None:
            other.service.kill()
            other.service.wait()


def wait_to_store(desk: Desk) -> None:
    """Until a posterior is written, which few moments of all would meet."""
    store = desk.folder / FOLDER
    before = set(store.iterdir()) if store.is_dir() else set()
    fresh: Callable[[], bool] = lambda: store.is_dir() and any(one.iterdir() for one in _drafts(store) - before)  # noqa: E731
    with suppress(AssertionError):  # nothing is left to be made
        wait_for(fresh, PATIENCE_S / 2, "a draft")


def _drafts(store: Path) -> set[Path]:
    return {path for path in store.iterdir() if path.name.startswith("aside-")}


def moments(number: int, seed: int, whole: float) -> Iterator[float]:
    """Spread over a little more than a run takes, in any order; a machine that is busy gets no more than so long."""
    draw = random.Random(seed)
    for k in draw.sample(range(number), number):
        yield 1.2 * min(whole, LONGEST_S) * (k + draw.random()) / number
