"""Commands in processes of their own, which tell each row they write before they commit it, and can be held there.

They are children of a process that has imported the program: one is there within milliseconds, so that a kill meets
what the command does and not what Python does before it. What a child tells goes over a socket whose address it is
given; the process in which a scheduled run is fitted begins by running this file, and tells it as well.
"""

import json
import multiprocessing
import os
import re
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from threading import Lock
from time import monotonic
from types import ModuleType
from typing import Any
from uuid import uuid4

from schedule_processes import children_of, lives
from schedule_worlds import wait_for

ADDRESS = "KILLED_TELLS"
"""Variable of the environment: the socket to which the process tells what it writes."""
COMMIT = "COMMIT"
PATIENCE_S = 600.0
ENDING_S = 60.0
BLOCK = 1 << 16
WRITES = re.compile(r"(INSERT|UPDATE|DELETE) (?:INTO |FROM )?\"?(\w+)")

forked = multiprocessing.get_context("forkserver")
forked.set_forkserver_preload(
    [
        f"forecast.cli.{name}"
        for name in ("app", "copies", "desk", "event", "importing", "keep", "keeping", "service", "update")
    ]
    + ["forecast.engine.update", "psycopg", "sqlalchemy.dialects.postgresql"]
)


# In the child


def obey(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path, said: Sequence[Connection], lives_on: bool
) -> None:
    """Run a command as `parley` does; one that is to live on ends only when it is killed."""
    for stream, end in enumerate(said, 1):
        os.dup2(end.fileno(), stream)
    os.environ.clear()  # of whoever was the first to start a command
    os.environ.update(environment)
    os.chdir(folder)
    main = ModuleType("__main__")
    main.__file__ = __file__
    sys.modules["__main__"] = main  # which a process that is begun by this one runs first
    tell_steps(os.environ[ADDRESS])
    from forecast.cli.app import run

    code = run(arguments)
    if lives_on and code == 0:
        signal.pause()
    raise SystemExit(code)


def tell_steps(address: str) -> None:
    """Tell each statement that has written, and that what was written is about to be committed; go on when let."""
    from sqlalchemy import Connection, Engine, event

    from db.tables import CHAINED

    line, one_at_a_time = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET), Lock()
    line.connect(f"\0{address}")
    chained = {table.name for table in CHAINED}

    def tell(what: str, rows: int) -> None:
        with one_at_a_time:
            line.send(f"{os.getpid()} {rows} {what}".encode())
            line.recv(1)

    def begun(connection: Connection) -> None:
        connection.info.update(rows=0, wrote=False)

    def executed(connection: Connection, cursor: Any, statement: str, *_: object) -> None:
        written = WRITES.match(statement)
        if written and "rows" in connection.info:
            verb, table = written.groups()
            connection.info["wrote"] = True
            connection.info["rows"] += cursor.rowcount if verb == "INSERT" and table in chained else 0
            tell(f"{verb} {table}", connection.info["rows"])

    def committing(connection: Connection) -> None:
        if connection.info.pop("wrote", False):
            tell(COMMIT, connection.info["rows"])

    for name, listener in (("begin", begun), ("after_cursor_execute", executed), ("commit", committing)):
        event.listen(Engine, name, listener)


if __name__ == "__mp_main__" and ADDRESS in os.environ:
    tell_steps(os.environ[ADDRESS])


# In the parent


def never(_: "Started") -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Step:
    """A statement that has written, not yet committed; or that all is about to be."""

    process: int
    rows: int
    """Of tables of the record, inserted so far in this transaction."""
    what: str


class End(Enum):
    """Why a command is no longer followed."""

    HELD = auto()
    """It has come to a step that it was to be held at, and waits."""
    HEARD = auto()
    """It has said what was waited for."""
    LATE = auto()
    """The time is over."""
    ENDED = auto()
    """It has ended by itself."""


@dataclass(slots=True, kw_only=True)
class Started:
    """A command that has been started; what it says, and the steps it has been let take."""

    process: ForkServerProcess
    door: socket.socket
    ears: list[Connection]
    said: list[bytes] = field(default_factory=lambda: [b"", b""])
    """On standard output, and on standard error."""
    steps: list[Step] = field(default_factory=list)
    held: Step | None = None
    code: int | None = None
    """How it ended, once it has."""
    lines: list[socket.socket] = field(default_factory=list)

    @property
    def output(self) -> str:
        return self.said[0].decode(errors="replace")

    @property
    def errors(self) -> str:
        return self.said[1].decode(errors="replace")

    def answer(self) -> dict[str, Any] | None:
        """What it says as JSON, once that is whole."""
        try:
            answer: dict[str, Any] = json.loads(self.output)
        except json.JSONDecodeError:
            return None
        return answer

    @property
    def committed(self) -> int:
        """Rows of the record it has committed; those of the last step it was let take perhaps not yet."""
        return sum(step.rows for step in self.steps if step.what == COMMIT)

    def follow(
        self,
        *,
        hold: Callable[["Started"], bool] = never,
        heard: Callable[["Started"], bool] = never,
        seconds: float = PATIENCE_S,
    ) -> End:
        """Let it take its steps until one of the ends comes; the step it is to be held at is not let."""
        until = monotonic() + seconds
        while True:
            left = max(until - monotonic(), 0)
            ready = wait([self.door, *self.lines, *self.ears, self.process.sentinel], left)
            self._listen()
            if heard(self):
                return End.HEARD
            for line in [each for each in self.lines if each in ready]:
                if self._step(line, hold):
                    return End.HELD
            if self.door in ready:
                self.lines.append(self.door.accept()[0])
            if self.process.sentinel in ready:
                self._end()
                return End.HEARD if heard(self) else End.ENDED
            if not ready:
                return End.LATE

    def _listen(self) -> None:
        for number, ear in enumerate(self.ears):
            with suppress(BlockingIOError):
                while found := os.read(ear.fileno(), BLOCK):
                    self.said[number] += found

    def _step(self, line: socket.socket, hold: Callable[["Started"], bool]) -> bool:
        """Let it go on, unless it is to be held here."""
        told = line.recv(BLOCK).decode()
        if not told:
            self.lines.remove(line)
            line.close()
            return False
        process, rows, what = told.split(maxsplit=2)
        self.steps.append(Step(int(process), int(rows), what))
        if hold(self):
            self.held = self.steps.pop()
            return True
        with suppress(BrokenPipeError):
            line.send(b".")
        return False

    def kill(self) -> bool:
        """Kill it, and the process that is held; whether that ended it. None of its processes is left."""
        pid = self.process.pid
        assert pid is not None
        family = children_of(pid)
        self.process.kill()
        if self.held is not None and self.held.process != pid:
            with suppress(ProcessLookupError):
                os.kill(self.held.process, signal.SIGKILL)
        wait_for(lambda: not any(map(lives, family)), ENDING_S, "the end of its processes")
        self._end()
        return self.code == -signal.SIGKILL

    def _end(self) -> None:
        self.process.join()
        self._listen()
        self.code = self.process.exitcode

    def close(self) -> None:
        for line in (*self.lines, self.door):
            line.close()
        for ear in self.ears:
            ear.close()
        self.process.close()


@contextmanager
def started(arguments: Sequence[str], url: str, folder: Path, *, lives_on: bool = False) -> Iterator[Started]:
    """The command, killed at the end if it has not come to one."""
    address = f"parley-{uuid4().hex}"
    door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    door.bind(f"\0{address}")
    door.listen()
    pipes = [forked.Pipe(duplex=False) for _ in range(2)]
    environment = {**os.environ, "PARLEY_DATABASE_URL": url, "PARLEY_ANALYST": "kim", ADDRESS: address}
    ends = [end for _, end in pipes]
    process = forked.Process(target=obey, args=(tuple(arguments), environment, folder, ends, lives_on))
    process.start()
    for ear, end in pipes:
        end.close()
        os.set_blocking(ear.fileno(), False)
    command = Started(process=process, door=door, ears=[ear for ear, _ in pipes])
    try:
        yield command
    finally:
        command.kill()
        command.close()
