"""The README is held to the program: its commands and paths exist, its answers and its picture are the program's."""

import re
from datetime import UTC, datetime
from importlib import import_module
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from toy_runs import add_run, install_toy
from typer.main import get_command

from benchmarks import readme
from benchmarks.readme import BACKTEST, PICTURE, SHELL, Session, Stale, chosen, label, picture, sessions
from forecast.cli.app import app, run

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FENCES = [fence.strip("\n").splitlines() for fence in README.split("```")[1::2]]
PROGRAM = get_command(app)
COMMANDS = {name: PROGRAM.commands[name] for name in PROGRAM.list_commands(None)}  # type: ignore[attr-defined]
ANSWER = [
    "Talks, as of 2026-11-22",
    "",
    "     in 30 d  in 90 d",
    "mean     1 %      2 %",
    "",
    "S0      50 %     40 %",
    "Run 7",
]


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
    rows = [
        label(line) for line in FENCES[0] if re.match(r"(mean|median|base|history|documents|± |\d\d %|S\d) ?", line)
    ]
    assert len(rows) >= 14
    assert set(rows) <= printed


# What makes the answers


def test_every_fence_is_a_session_of_the_program() -> None:
    typed = [line for fence in FENCES for line, _ in sessions(fence)]
    assert typed[0] == "$ parley show"
    assert all(line.startswith(("$ parley ", ">>> ")) for line in typed)


def test_a_fence_that_is_not_run_is_refused() -> None:
    with pytest.raises(Stale, match=r"^a fence begins with '> tail\(year\)': begin it with `\$ ` or `>>> `, or indent"):
        sessions(["> tail(year)"])
    with pytest.raises(Stale, match=r"^`ls` is not a command of the program: indent it instead of fencing it$"):
        Session().answer("$ ls")


def test_a_command_that_fails_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{tmp_path / 'parley.db'}")
    with pytest.raises(Stale, match=r"^`parley show` ended with exit code 1$"):
        Session().answer("$ parley show")


def test_an_answer_keeps_the_lines_whose_labels_stand_in_the_readme() -> None:
    below = ["Talks, as of 1999-01-01", "…", "mean    99 %", "Run 1"]
    assert chosen(ANSWER, below, "$ parley show") == [ANSWER[0], "…", ANSWER[3], "…", ANSWER[6]]


def test_lines_are_left_out_where_they_are_and_blank_ones_stay_blank() -> None:
    assert chosen(ANSWER, ["…", "mean", "S0", "Run 1"], "$ parley show") == ["…", *ANSWER[3:]]
    assert chosen(ANSWER, ["Talks, as of", "", "in 30 d", "…"], "$ parley show") == [*ANSWER[:3], "…"]


def test_a_line_that_the_answer_lacks_is_named() -> None:
    with pytest.raises(Stale, match=r"^`parley show` says no 'median' there; change or remove that line of README.md$"):
        chosen(ANSWER, ["Talks, as of", "median   1 %"], "$ parley show")
    with pytest.raises(Stale, match="says no 'mean' there"):  # it stands before S0, not after
        chosen(ANSWER, ["S0", "mean"], "$ parley show")


def test_what_python_answers_is_told_and_names_are_kept() -> None:
    session = Session()
    assert session.shown(">>> year = pandas.Series([1, 2])", []) == [">>> year = pandas.Series([1, 2])"]
    assert session.shown(">>> year.sum()", ["old"]) == [">>> year.sum()", "np.int64(3)"]


def test_every_clock_of_the_program_stands_while_the_readme_is_made() -> None:
    at = datetime(2020, 1, 2, 3, tzinfo=UTC)
    assert "forecast.clock" in readme.clocks()
    with readme._clock_at(at):
        told = {import_module(module).datetime.now(UTC) for module in readme.clocks()}
    assert told == {at}


def test_the_picture_is_that_of_the_stored_toy() -> None:
    """Pixel by pixel, but for what another library of fonts may draw a shade lighter; the same again, byte by byte."""
    made = picture()
    stored, fresh = (imread(BytesIO(content)) for content in (PICTURE.read_bytes(), made))
    assert stored.shape == fresh.shape
    assert np.mean(np.abs(stored - fresh) > 0.1) < 0.005
    assert picture() == made
    assert f"]({PICTURE.relative_to(ROOT)})" in README


@pytest.mark.slow
def test_the_answers_are_the_programs() -> None:
    """The same words; numbers as near as another processor's draws bring them, the shipped backtest's exactly."""
    made = readme.rewritten(README)
    assert _words(made) == _words(README)
    assert _backtest(made.split("```")) == _backtest(README.split("```"))
    assert _numbers(made) == pytest.approx(_numbers(README), rel=0.25, abs=0.11)


def _backtest(parts: list[str]) -> str:
    (fence,) = (part for part in parts if part.startswith(f"\n{SHELL}{BACKTEST}\n"))
    return fence


NUMBER = re.compile(r"[−+-]?(?:\d*\.)?\d+")


def _words(text: str) -> list[str]:
    return NUMBER.sub("#", text).split()


def _numbers(text: str) -> list[float]:
    return [float(number.replace("−", "-")) for number in NUMBER.findall(text)]
