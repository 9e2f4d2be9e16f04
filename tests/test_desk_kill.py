"""Killed at any moment, a command has stored all or nothing; what it said was stored is there; the next one works."""

import csv
import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest
from conftest import SMALL_FIT
from sizes import slow, soak
from sqlalchemy import Connection, Select, func, select
from toy_case import CASE, write_toy_case
from toy_runs import install_toy

from db import tables
from db.engine import open_database
from db.migrate import create_database
from db.posteriors import FOLDER, orphans
from db.read_runs import read_posterior_hashes
from db.verify import verify_store
from db.when import When
from forecast.cli.app import run
from forecast.doctor.examine import PROBLEM, examine
from forecast.engine.update import update
from indicators.coding import OBSERVATION_COLUMNS
from indicators.folder import read_case_folder
from indicators.install import install_case

TODAY = datetime.now(UTC).date()
LINES = 300
IMPORTED = re.compile(r"batch (\d+)")


@pytest.fixture(scope="module")
def forecast_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a toy case that reaches up to these days, and a published forecast of it."""
    folder = tmp_path_factory.mktemp("killed")
    calendar = CASE.replace("2024-01-01", f"{TODAY.year + 4}-01-01")
    case = write_toy_case(folder / "case", {"case.toml": calendar}, through=TODAY.year - 1)
    with create_database(f"sqlite:///{folder / 'parley.db'}") as database:
        install_case(database, read_case_folder(case), datetime.now(UTC))
        assert update(database, When(as_of=TODAY), settings=SMALL_FIT).status == "published"
    return folder


@dataclass(slots=True)
class Victim:
    """A database at which commands are killed, and what they said before."""

    folder: Path
    acknowledged: list[int] = field(default_factory=list)
    """Rows of observations."""
    runs: list[int] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    """Imports that were acknowledged."""
    number: int = 0

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'parley.db'}"

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "PARLEY_DATABASE_URL": self.url, "PARLEY_ANALYST": "kim"}
        command = [sys.executable, "-m", "forecast.cli", *arguments, "--json"]
        return subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    def last(self, *arguments: str) -> float:
        """How many seconds the command takes when it is left alone."""
        begun = time.perf_counter()
        with self.start(*arguments) as process:
            output, errors = process.communicate()
        assert process.returncode == 0, errors
        self.hear(output)
        return time.perf_counter() - begun

    def kill(self, delay: float, *arguments: str, writing: bool = False) -> bool:
        """Start the command and kill it after `delay` seconds, counted with `writing` from when it begins to write.

        Returns whether that ended it.
        """
        log = self.folder / "parley.db-wal"
        with self.start(*arguments) as process:
            while writing and process.poll() is None and not _holds_something(log):
                time.sleep(0.0005)
            try:
                output, _ = process.communicate(timeout=delay)
            except subprocess.TimeoutExpired:
                process.kill()
                output, _ = process.communicate()
        self.hear(output)
        return process.returncode < 0

    def hear(self, output: str) -> None:
        """Remember what was said to be stored; half an answer says nothing."""
        try:
            answer = json.loads(output)
        except json.JSONDecodeError:
            return
        if "run" in answer:
            self.runs.append(answer["run"]["id"])
            return
        assert answer["stored"]
        self.acknowledged.extend(answer["rows"])
        if answer["forecast"]:
            self.runs.append(answer["forecast"]["run"])
        self.batches.extend({int(found[1]) for entry in answer["entries"] if (found := IMPORTED.match(entry["note"]))})

    def log(self) -> tuple[str, ...]:
        """The arguments of an entry that is not there yet."""
        self.number += 1
        day = TODAY - timedelta(self.number % 30)
        words = ("log", "press_tone", "1", "--on", f"{day}", "--source", "Leader", "--grade", "B2", "--note")
        return (*words, f"entry {self.number}")

    def file(self) -> tuple[str, ...]:
        """The arguments of an import of rows that are not there yet."""
        self.number += 1
        path = self.folder / f"batch-{self.number}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(OBSERVATION_COLUMNS)
            for line in range(LINES):
                day = TODAY - timedelta(line)
                note = f"batch {self.number} line {line}"
                writer.writerow(("press_tone", day, day, line % 5 - 2, "B2", "Leader", "", "", "", "kim", note))
        return ("import", str(path))

    def check(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Everything acknowledged is there, nothing is there by halves, and the next command works."""
        with open_database(self.url) as database, database.read() as connection:
            found = verify_store(connection, database.folder)
            assert (found.broken, found.damaged) == ((), ())
            rows = tables.observations.c
            stored = set(connection.execute(select(rows.id)).scalars())
            assert set(self.acknowledged) <= stored
            check_batches(connection, self.batches)
            check_runs(connection, self.runs)
            unnamed = orphans(database.folder, read_posterior_hashes(connection))
        check_doctor(self.url, unnamed)
        monkeypatch.setenv("PARLEY_DATABASE_URL", self.url)
        assert run([*self.log(), "--json"]) == 0


def _holds_something(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False


def check_batches(connection: Connection, acknowledged: Sequence[int]) -> None:
    """An import is there whole or not at all."""
    rows = tables.observations.c
    notes = connection.execute(select(rows.note).where(rows.note.startswith("batch "))).scalars()
    counts: dict[int, int] = {}
    for note in notes:
        number = int(note.split()[1])
        counts[number] = counts.get(number, 0) + 1
    assert set(counts.values()) <= {LINES}
    assert set(acknowledged) <= set(counts)


def check_runs(connection: Connection, acknowledged: Sequence[int]) -> None:
    """A run is there with its status and, where it is published, all it says, or not at all."""
    runs, statuses = tables.runs.c, tables.run_statuses.c
    kinds = _pairs(connection, select(runs.id, runs.kind))
    assert set(acknowledged) <= set(kinds)
    said = _pairs(connection, select(statuses.run_id, statuses.status))
    assert said.keys() == kinds.keys()
    published = {number for number, status in said.items() if status == "published"}
    for table in (tables.target_forecasts, tables.scenario_forecasts, tables.indicator_states):
        query = select(table.c.run_id, func.count()).group_by(table.c.run_id)
        counts = _pairs(connection, query)
        assert counts.keys() == published
        assert len(set(counts.values())) <= 1
    effects = set(connection.execute(select(tables.effects.c.run_id)).scalars())
    assert effects == {number for number in published if kinds[number] != "provisional"}


def _pairs[V](connection: Connection, query: Select[int, V]) -> dict[int, V]:
    return dict(iter(connection.execute(query)))


def check_doctor(url: str, unnamed: Sequence[Path]) -> None:
    """No problem, and every file that no row names is named."""
    findings = examine(url, datetime.now(UTC), case_id="toy").findings
    assert [finding for finding in findings if finding.severity == PROBLEM] == []
    named = [finding.what for finding in findings if finding.check == "posteriors"]
    assert sorted(named) == sorted(f"{path} is named by no row" for path in unnamed)


@pytest.fixture
def victim(forecast_folder: Path, tmp_path: Path) -> Victim:
    copytree(forecast_folder, tmp_path / "desk")
    return Victim(tmp_path / "desk")


def kill_often(
    victim: Victim, command: Callable[[], tuple[str, ...]], times: int, seed: int, monkeypatch: pytest.MonkeyPatch
) -> int:
    """Kill a command so often, at moments spread over the time it takes; how many were killed before they ended.

    Every third time it is killed soon after it begins to write, which few moments of all would meet.
    """
    whole = victim.last(*command())
    draw, killed = random.Random(seed), 0
    for k in draw.sample(range(times), times):
        begun = time.perf_counter()
        if k % 3 == 2:
            dead = victim.kill(whole * draw.random() / 10, *command(), writing=True)
        else:
            dead = victim.kill(whole * (k + draw.random()) / times, *command())
        killed += dead
        if not dead:  # it was quicker than the first time
            whole = min(whole, time.perf_counter() - begun)
        victim.check(monkeypatch)
    victim.last(*command())
    return killed


def test_log_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_toy(tmp_path).close()
    victim = Victim(tmp_path)
    assert kill_often(victim, victim.log, 3, 1, monkeypatch)
    assert not victim.runs


OFTEN = pytest.mark.parametrize(("times", "seed"), [slow(9, 0), *(soak("desk", 15, seed) for seed in range(3))])


@OFTEN
def test_log_killed_often(victim: Victim, times: int, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kill_often(victim, victim.log, times, seed, monkeypatch) > times // 3


@OFTEN
def test_import_killed_often(victim: Victim, times: int, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kill_often(victim, victim.file, times, seed, monkeypatch) > times // 3


@pytest.mark.parametrize("times", [slow(6), soak("desk", 15)])
def test_update_killed_often(victim: Victim, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kill_often(victim, lambda: ("update",), times, 7, monkeypatch) >= times // 2
    assert (victim.folder / FOLDER).is_dir()
