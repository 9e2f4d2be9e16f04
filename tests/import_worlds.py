"""A desk of the shipped case late in November 2026, and the program run at it: for tests of imports."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from db.migrate import create_database
from forecast.cli import console
from forecast.cli.app import run
from indicators.folder import read_case_folder
from indicators.install import install_case
from indicators.shipped import shipped_case

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CASES = Path(__file__).parent / "cases" / "import"
HEADER = "indicator,observed_on,level,grade,source"


def install_shipped(folder: Path) -> None:
    """Make a database of the shipped case."""
    folder.mkdir(exist_ok=True)
    with create_database(f"sqlite:///{folder / 'parley.db'}") as database:
        install_case(database, read_case_folder(shipped_case()), datetime(2026, 10, 11, tzinfo=UTC))


@dataclass(frozen=True)
class Program:
    """The program in this process."""

    folder: Path
    call: Callable[..., tuple[int, str, str]]

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """(exit code, stdout, stderr)."""
        return self.call(*arguments)

    def write(self, text: str, name: str = "week.csv") -> str:
        """Write a file into the folder of the desk, and return its name."""
        (self.folder / name).write_text(text, encoding="utf-8")
        return name

    def table(self, header: str, *rows: str, name: str = "week.csv") -> str:
        return self.write("\n".join((header, *rows)) + "\n", name)

    def read(self, *arguments: str) -> dict[str, Any]:
        """What importing would do, as JSON."""
        code, out, err = self.call("import", *arguments, "--dry-run", "--json", "--analyst", "kim")
        assert (code, err) == (0, ""), err
        found: dict[str, Any] = json.loads(out)
        return found

    def stored(self, *arguments: str) -> dict[str, Any]:
        """What importing did, as JSON."""
        code, out, err = self.call("import", *arguments, "--json", "--analyst", "kim")
        assert (code, err) == (0, ""), err
        found: dict[str, Any] = json.loads(out)
        return found

    def refused(self, *arguments: str) -> list[str]:
        """The lines with which an import is refused."""
        code, out, err = self.call("import", *arguments)
        assert (code, out) == (1, ""), (code, out, err)
        lines = err.splitlines()
        assert all(line.startswith(("error: ", "… and ")) for line in lines)
        return [line.removeprefix("error: ") for line in lines]


def program(
    template: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Program:
    """The program at a copy of a desk."""
    shutil.copytree(template, folder)
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{folder / 'parley.db'}")
    monkeypatch.setenv("COLUMNS", "110")
    monkeypatch.delenv("PARLEY_ANALYST", raising=False)
    monkeypatch.setattr(console, "utc_now", lambda: NOW)
    monkeypatch.chdir(folder)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return Program(folder, call)


def levels(found: dict[str, Any]) -> list[tuple[str, str, float]]:
    """(indicator, day, level) of the entries of an import."""
    return [(each["indicator_id"], each["observed_on"], each["level"]) for each in found["entries"]]


def cells(found: dict[str, Any], *names: str) -> list[tuple[object, ...]]:
    return [tuple(each[name] for name in names) for each in found["entries"]]


def lines_of(rows: Sequence[Sequence[str]]) -> list[str]:
    return [",".join(row) for row in rows]
