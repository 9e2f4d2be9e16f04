"""The README is held to the program: its commands exist, its paths exist, and its screen has the program's lines."""

import re
from pathlib import Path

import pytest
from toy_runs import add_run, install_toy
from typer.main import get_command

from forecast.cli.app import app, run

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = get_command(app).commands  # type: ignore[attr-defined]


def test_its_length_is_a_sitting() -> None:
    assert 150 <= README.count("\n") <= 200


def test_every_command_is_named_and_every_named_command_exists() -> None:
    named = set(re.findall(r"^\s+parley ([a-z]+)|\$ parley ([a-z]+)", README, re.MULTILINE))
    assert {a or b for a, b in named} <= set(COMMANDS)
    for command in COMMANDS:
        assert f"parley {command}" in README, f"README does not name `parley {command}`"


def test_every_named_option_exists() -> None:
    inner = [part for command in COMMANDS.values() for part in getattr(command, "commands", {}).values()]
    known = {option for command in (*COMMANDS.values(), *inner) for item in command.params for option in item.opts}
    named = {found for line in re.findall(r"parley [^\n`]*", README) for found in re.findall(r"--[a-z-]+", line)}
    assert named <= known | {"--help"}


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:db|indicators|models|forecast|docs)/[\w/.]+)`", README))))
def test_every_named_path_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_screen_shows_the_programs_own_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the numbers, the words and the order of rows are those that `parley show` prints."""
    with install_toy(tmp_path) as database:
        add_run(database)
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{tmp_path / 'parley.db'}")
    monkeypatch.setenv("COLUMNS", "80")
    run(["show"])
    printed = {label(line) for line in capsys.readouterr().out.splitlines()}
    screen = README.split("```")[1].splitlines()
    rows = [label(line) for line in screen if re.match(r"(mean|median|base|history|documents|± |\d\d %|S\d) ?", line)]
    assert len(rows) >= 14
    assert set(rows) <= printed


def label(line: str) -> str:
    return re.split(r"  +", line.strip())[0]
