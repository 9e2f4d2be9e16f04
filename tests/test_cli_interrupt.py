"""Ctrl-C at any moment: one line and 130, and what was stored is told."""

import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from toy_runs import install_toy

AT_IMPORT = """
import os, signal, sys
at = sys.argv.pop(1)
class Bell:
    def find_spec(self, name, path=None, target=None):
        if name == at:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Bell())
from forecast.cli.app import main
main()
"""
AS_MODULE = f"""{AT_IMPORT.partition("from")[0]}
import runpy
runpy.run_module('forecast.cli', run_name='__main__')
"""
AFTER = """
from datetime import *
import forecast.cli.console as console
import forecast.desk.session as session
console.utc_now = lambda: datetime(2020, 3, 1, 12, tzinfo=UTC)
def interrupted(*_, **__):
    raise KeyboardInterrupt
session.Desk.anchor = interrupted
from forecast.cli.app import main
main()
"""
AT_EXIT = """
import atexit, os, signal
from forecast.cli.app import main
atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))
main()
"""
UNRAISABLE = """
import os, signal, time, weakref
import forecast.cli.lists as lists
class Dying: ...
def strike(_):
    os.kill(os.getpid(), signal.SIGINT)
    for _ in range(9): pass
def read(*_, **__):
    dying = Dying()
    watched = weakref.ref(dying, strike)
    del dying
    time.sleep(30)
lists.read_event_list = read
from forecast.cli.app import main
main()
"""
ENTRY = ["log", "press_tone", "1", "--on", "2020-02-01", "--source", "Leader", "--grade", "B2", "--analyst", "kim"]
STAYS = "stopped; what was stored before stays as it is\n"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    install_toy(tmp_path).close()
    return tmp_path


def ran(program: str, folder: Path, *arguments: str) -> tuple[int, str, str]:
    environment = {**os.environ, "PARLEY_DATABASE_URL": f"sqlite:///{folder / 'parley.db'}"}
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout, done.stderr


def observations(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "parley.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM observations").fetchone()[0])


@pytest.mark.parametrize(
    ("module", "said"),
    [
        *((name, "stopped\n") for name in ("typing", "typer", "db.errors", "forecast.cli.lazy", "forecast.identity")),
        *((name, STAYS) for name in ("forecast.cli.lists", "sqlalchemy", "numpy", "forecast.record.catalogue")),
    ],
)
def test_while_it_is_importing(module: str, said: str, desk: Path) -> None:
    assert ran(AT_IMPORT, desk, module, "events") == (130, "", said)


def test_while_it_is_importing_as_a_module(desk: Path) -> None:
    assert ran(AS_MODULE, desk, "typer") == (130, "", "stopped\n")


def test_where_python_cannot_raise_it(desk: Path) -> None:
    assert ran(UNRAISABLE, desk, "events") == (130, "", STAYS)


@pytest.mark.parametrize(
    "arguments",
    [
        ENTRY,
        ["retract", "3", "--reason", "slip"],
        ["event", "add", "contact", "--on", "2020-02-03", "--source", "AP"],
        ["event", "none", "--through", "2020-02-20"],
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_once_a_row_is_stored_that_is_told(arguments: list[str], desk: Path) -> None:
    code, out, err = ran(AFTER, desk, *arguments)
    assert (code, out) == (130, "")
    assert re.fullmatch(r"stopped; what you entered is stored \(row \d+ on\)\n", err)


def test_a_dry_run_has_stored_nothing(desk: Path) -> None:
    before = observations(desk)
    assert ran(AFTER, desk, *ENTRY, "--dry-run") == (130, "", STAYS)
    assert observations(desk) == before


def test_when_all_is_said_it_changes_nothing(desk: Path) -> None:
    code, out, err = ran(AT_EXIT, desk, "events", "--as-of", "2020-01-01")
    assert (code, err) == (0, "")
    assert out.startswith("30 events as of 2020-01-01")
