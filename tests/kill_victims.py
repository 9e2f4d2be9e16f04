"""A database at which commands are killed: the commands, how they are killed, and what they said before."""

import csv
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

from kill_laws import LINES, Told, check_backup, check_free, check_held, check_record, check_remains, check_told
from killed_commands import COMMIT, End, Started, never, started

from db.engine import Database
from db.verify import count_rows
from forecast.cli.app import run
from indicators.coding import OBSERVATION_COLUMNS

TODAY = datetime.now(UTC).date()
YEARS_BACK = 2
"""The case has events up to the end of the year so many before this one; the days that are attested begin there."""
THROUGH = TODAY.year - YEARS_BACK
BACKUP = "kept.zip"
STORED = re.compile(r"run (?:published|rejected) day=\S+ run=(\d+)")
LINE_OF_LEDGER = "INSERT attempts"
LONG_S = 900.0
COMMITTING_S = 0.003
"""About so long a commit takes."""


@dataclass(frozen=True, slots=True)
class Habit:
    """How a command goes when it is left alone."""

    seconds: float
    steps: int
    commits: int


@dataclass(slots=True, kw_only=True)
class Victim:
    """A desk whose commands are killed, and what it was told is stored."""

    url: str
    folder: Path
    database: Database
    draw: random.Random
    told: Told = field(default_factory=Told)
    kept: Told | None = None
    """What it had been told before the last backup that it was told of."""
    number: int = 0
    """Of entries so far."""
    corrected: int = 0
    """Rows of the case of which a correction was tried."""
    habits: dict[str, Habit] = field(default_factory=dict)
    kills: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By command and manner."""
    held: Counter[str] = field(default_factory=Counter)
    """What had been written last when a command was killed within a transaction."""
    backup_of: float = 0.0
    """When the file was made that was last found to be whole."""

    def strike(self, name: str, manner: str) -> None:
        """Kill a command, and see what holds afterwards."""
        MANNERS[manner](self, name)
        self.kills[name, manner] += 1
        self.check()

    def leave(self, name: str, heard: Callable[[Started], bool] = never) -> Habit:
        """Leave a command alone until it ends, or something has been heard of it."""
        begun = monotonic()
        with started(COMMANDS[name](self), self.url, self.folder) as command:
            end = command.follow(heard=heard, seconds=LONG_S)
            assert end is End.HEARD or _is_over(command), (end, command.errors)
            self.hear(command)
        return Habit(monotonic() - begun, len(command.steps), sum(step.what == COMMIT for step in command.steps))

    def habit(self, name: str) -> Habit:
        """How the command goes; one that makes run after run is left alone for the first of them."""
        if name not in self.habits:
            self.habits[name] = self.leave(name, _has_stored_run if name in SERVICES else never)
        return self.habits[name]

    def hear(self, command: Started) -> None:
        """Remember what was said to be stored; half an answer says nothing."""
        runs, rows = {int(number) for number in STORED.findall(command.errors)}, {}
        answer = command.answer() or {}
        if "run" in answer:
            runs.add(answer["run"]["id"])
        elif "attempts" in answer:
            runs.update(line["run_id"] for line in answer["attempts"] if line["run_id"])
        elif "sound" in answer:
            assert answer["sound"]
            self.kept = self.told
        elif answer:
            assert answer["stored"]
            entries = zip(answer["rows"], answer["entries"], strict=True)
            rows = {(answer["table"], row): entry for row, entry in entries}
            runs.update({answer["forecast"]["run"]} if answer["forecast"] else ())
        self.told = Told({**self.told.rows, **rows}, self.told.runs | runs)

    def check(self) -> None:
        """Everything acknowledged is there, nothing is there by halves, and the next command works."""
        check_free(self.url)
        with self.database.read() as connection:
            check_record(connection, self.database.posteriors)
            check_told(connection, self.told)
        check_remains(self.database, self.url)
        self.check_backup()
        assert run(log(self)) == 0

    def check_backup(self) -> None:
        """The file is whole, or was never there."""
        file = self.folder / BACKUP
        if self.kept is None and not file.exists():
            return
        if file.stat().st_mtime != self.backup_of:
            check_backup(file, self.kept or Told())
            self.backup_of = file.stat().st_mtime

    def rows(self) -> int:
        """Of the record, as others see it."""
        with self.database.read() as connection:
            return count_rows(connection)

    def next_number(self) -> int:
        self.number += 1
        return self.number

    def next_row(self) -> int:
        """Of the case, and not corrected yet."""
        self.corrected += 1
        return self.corrected


def _has_stored_run(command: Started) -> bool:
    written = [step.what for step in command.steps]
    return LINE_OF_LEDGER in written and COMMIT in written[written.index(LINE_OF_LEDGER) :]


def _is_over(command: Started) -> bool:
    """Whether it has done what it was to do; the gate may refuse a fit, which is stored as well."""
    refused = "rejected" in command.output + command.errors
    return command.code == 0 or (command.code == 1 and refused)


# Commands, each with something to store that is not there yet


def log(victim: Victim) -> tuple[str, ...]:
    n = victim.next_number()
    words = ("log", "press_tone", "1", "--on", f"{TODAY - timedelta(n % 30)}", "--source", "Leader", "--grade", "B2")
    return (*words, "--origin", f"wire {n}", "--note", f"entry {n}", "--json")


def revise(victim: Victim) -> tuple[str, ...]:
    note = ("--note", f"entry {victim.next_number()}")
    return ("revise", f"{victim.next_row()}", *note, "--reason", "read again", "--json")


def retract(victim: Victim) -> tuple[str, ...]:
    return ("retract", f"{victim.next_row()}", "--reason", "not that day", "--json")


def add_event(victim: Victim) -> tuple[str, ...]:
    n = victim.next_number()
    words = ("event", "add", "contact", "--on", f"{TODAY - timedelta(n % 300)}", "--source", "Gazette")
    return (*words, "--note", f"entry {n}", "--json")


def revise_event(victim: Victim) -> tuple[str, ...]:
    return ("event", "revise", f"T{THROUGH - 1}-1", "--note", f"entry {victim.next_number()}", "--json")


def attest(victim: Victim) -> tuple[str, ...]:
    n = victim.next_number()
    through = date(THROUGH + 1, 1, 1) + timedelta(n)
    return ("event", "none", "--through", f"{through}", "--note", f"quiet {n}", "--json")


def import_file(victim: Victim) -> tuple[str, ...]:
    n = victim.next_number()
    path = victim.folder / f"batch-{n}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(OBSERVATION_COLUMNS)
        for line in range(LINES):
            day, note = TODAY - timedelta(line), f"batch {n} line {line}"
            writer.writerow(("press_tone", day, day, line % 5 - 2, "B2", "Leader", "", "", note, "kim", note))
    return ("import", str(path), "--json")


COMMANDS: dict[str, Callable[[Victim], tuple[str, ...]]] = {
    "log": log,
    "revise": revise,
    "retract": retract,
    "event add": add_event,
    "event revise": revise_event,
    "event none": attest,
    "import": import_file,
    "backup": lambda _: ("backup", BACKUP, "--force", "--json"),
    "update": lambda _: ("update", "--json"),
    "schedule once": lambda _: ("schedule", "once", "--json"),
    "schedule run": lambda _: ("schedule", "run"),
}
SERVICES = ("schedule once", "schedule run")


# Manners of killing


def at_any_moment(victim: Victim, name: str) -> None:
    """At one of the moments from its start to its end; sooner, if it had ended by then."""
    delay = victim.habit(name).seconds * victim.draw.random()
    while True:
        with started(COMMANDS[name](victim), victim.url, victim.folder) as command:
            command.follow(seconds=delay)
            killed = command.kill()
            victim.hear(command)
        if killed:
            return
        assert _is_over(command), command.errors
        delay /= 2


def within(victim: Victim, name: str) -> None:
    """When it has written and not committed, which others can tell; what it had not committed is gone."""
    last = victim.draw.randint(1, victim.habit(name).steps)
    while not _killed_within(victim, name, last):
        last = victim.draw.randint(1, last)


def _killed_within(victim: Victim, name: str, last: int) -> bool:
    """Whether it came as far as that step."""
    before = victim.rows()
    with started(COMMANDS[name](victim), victim.url, victim.folder) as command:
        end = command.follow(hold=lambda each: len(each.steps) == last)
        if end is not End.HELD:
            assert _is_over(command), (end, command.errors)
            victim.hear(command)
            return False
        check_held(victim.database)
        assert victim.rows() == before + command.committed
        assert command.kill()
        victim.hear(command)
        assert command.held is not None
        victim.held[command.held.what] += 1
    check_free(victim.url)
    assert victim.rows() == before + command.committed
    return True


def committing(victim: Victim, name: str) -> None:
    """While it commits, or at once after it has."""
    last = victim.draw.randint(1, victim.habit(name).commits)
    with started(COMMANDS[name](victim), victim.url, victim.folder, lives_on=True) as command:
        end = command.follow(heard=lambda each: sum(step.what == COMMIT for step in each.steps) >= last)
        assert end is End.HEARD, (end, command.errors)
        sleep(victim.draw.uniform(0, COMMITTING_S))
        assert command.kill()
        victim.hear(command)


def acknowledged(victim: Victim, name: str) -> None:
    """As soon as it has said what it has stored."""
    with started(COMMANDS[name](victim), victim.url, victim.folder, lives_on=True) as command:
        end = command.follow(heard=lambda each: bool(STORED.search(each.errors) or each.answer()))
        assert end is End.HEARD, (end, command.errors)
        assert command.kill()
        victim.hear(command)


MANNERS: dict[str, Callable[[Victim, str], None]] = {
    each.__name__: each for each in (at_any_moment, within, committing, acknowledged)
}
