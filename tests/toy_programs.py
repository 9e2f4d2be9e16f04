"""The program on a desk of the toy case, on the first of March 2020: what is typed, and what it answers."""

import json
import os
import pty
import select
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import warm

from forecast.cli import console
from forecast.cli.app import run

TODAY = date(2020, 3, 1)
HEADER = "indicator,observed_on,level,grade,source,publisher,url,origin,analyst\n"

type Program = Callable[..., tuple[int, str, str]]


def program_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], day: date = TODAY
) -> Program:
    """The program in this process, at the database of a folder: (exit code, stdout, stderr)."""
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{folder / 'parley.db'}")
    monkeypatch.setenv("COLUMNS", "2000")
    monkeypatch.setattr(console, "utc_now", lambda: datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
    monkeypatch.chdir(folder)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def entry(level: float | str = 1, on: str = "2020-02-20", **parts: str) -> list[str]:
    """`parley log` of the toy's press, with other parts by the names of their options."""
    given = {"source": "Leader", "grade": "B2", "analyst": "kim"} | parts
    options = [word for name, value in given.items() for word in (f"--{name.replace('_', '-')}", value)]
    return ["log", "press_tone", str(level), "--on", on, *options]


def logged(parley: Program, *arguments: str) -> dict[str, Any]:
    """The receipt of an entry that is accepted, as programs read it."""
    code, out, err = parley(*arguments, "--json")
    assert (code, err) == (0, ""), err
    found: dict[str, Any] = json.loads(out)
    return found


def written(folder: Path, *rows: str, name: str = "week.csv") -> str:
    """A file of observations in the folder, by its name."""
    (folder / name).write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return name


CTRL_C = "\x03"
"""Struck without Enter after it."""


def converse(
    arguments: Sequence[str],
    answers: Sequence[str],
    folder: Path,
    *,
    at: datetime = datetime(2020, 3, 1, 12, tzinfo=UTC),
    columns: int = 200,
) -> tuple[str, int]:
    """The program on a real pseudo-terminal, by a clock of ours; it is given the next answer each time it waits."""
    terminal, programs = pty.openpty()
    own = {"PARLEY_DATABASE_URL": f"sqlite:///{folder / 'parley.db'}", "COLUMNS": str(columns)}
    asked = warm.begin_at(programs, list(arguments), {**os.environ, **own}, at.isoformat())
    os.close(programs)
    said, waiting, deadline = "", list(answers), time.monotonic() + 120
    while time.monotonic() < deadline:
        ready, _, _ = select.select([terminal], [], [], 0.1)
        try:
            chunk = os.read(terminal, 65536).decode(errors="replace") if ready else None
        except OSError:
            break
        if chunk == "":
            break
        said += chunk or ""
        if not ready and waiting and said.rstrip(" ").endswith(":"):
            answer = waiting.pop(0)
            os.write(terminal, answer.encode() if answer == CTRL_C else f"{answer}\n".encode())
    os.close(terminal)
    return said, warm.ended(asked)
