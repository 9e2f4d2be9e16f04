"""README and docs are held to the program: their commands and paths exist, answers and pictures are the program's."""

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
from benchmarks.pages import BACKTEST_PICTURE, COMMANDS, backtest_picture, commands_page
from benchmarks.readme import BACKTEST, PAGES, PICTURE, SHELL, Session, Stale, chosen, label, picture, sessions
from forecast.cli.app import app, run

ROOT = Path(__file__).parent.parent
TEXTS = [page.read_text(encoding="utf-8") for page in PAGES]
READING, README, _ = TEXTS
DOCS = {path: path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}
GUIDES = ("README.md", "reading.md", "library.md", "desk.md", "settings.md", "developing.md", "commands.md")
GUIDE = "\n".join(text for path, text in DOCS.items() if path.name in GUIDES)
FENCES = [fence.strip("\n").splitlines() for text in TEXTS for fence in text.split("```")[1::2]]
PROGRAM = get_command(app)
NAMES = {name: PROGRAM.commands[name] for name in PROGRAM.list_commands(None)}  # type: ignore[attr-defined]
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
    assert 80 <= README.count("\n") <= 130


def test_the_page_of_commands_is_the_programs() -> None:
    assert COMMANDS.read_text(encoding="utf-8") == commands_page()
    for name in NAMES:
        assert f"| `parley {name}`" in commands_page()


def test_every_named_command_exists() -> None:
    named = set(re.findall(r"^\s+parley ([a-z]+(?:-[a-z]+)*)|[$`] ?parley ([a-z]+(?:-[a-z]+)*)", GUIDE, re.MULTILINE))
    aliases = {alias for command in NAMES.values() if (alias := getattr(command, "alias", ""))}
    assert {a or b for a, b in named} <= set(NAMES) | aliases


def test_every_named_option_exists() -> None:
    inner = [part for command in NAMES.values() for part in getattr(command, "commands", {}).values()]
    known = {option for command in (*NAMES.values(), *inner) for item in command.params for option in item.opts}
    named = {found for line in re.findall(r"parley [^\n`]*", GUIDE) for found in re.findall(r"--[a-z-]+", line)}
    assert named <= known | {"--help"}


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:db|indicators|models|forecast|docs)/[\w/.]+)`", GUIDE))))
def test_every_named_path_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("page", list(DOCS), ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", DOCS[page])
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_page_of_docs_is_reached_from_the_readme() -> None:
    reached, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page not in reached and page in DOCS:
            reached.add(page)
            ahead += [(page.parent / link).resolve() for link in re.findall(r"\]\(([\w/.-]+\.md)", DOCS[page])]
    assert set(DOCS) - reached == set()


def test_the_split_in_the_readme_is_of_the_page_that_the_program_makes() -> None:
    block = r"^    \$ parley why [^\n]*\n(?:    [^\n]*\n)+"
    (found,) = re.findall(block, DOCS[ROOT / "README.md"], re.MULTILINE)
    page = [" ".join(line.split()) for line in DOCS[ROOT / "docs" / "why.md"].splitlines()]
    assert [line for line in found.splitlines() if " ".join(line.split()) not in page] == []


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
        label(line)
        for line in READING.split("```")[1].splitlines()
        if re.match(r"(mean|median|base|history|documents|± |\d\d %|S\d) ?", line)
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
    with pytest.raises(Stale, match=r"^`parley show` says no 'median' there; change or remove that line of the page$"):
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
    assert f"]({PICTURE.name})" in DOCS[ROOT / "docs" / "histories.md"]


def test_the_first_picture_is_that_of_the_shipped_backtest() -> None:
    made = backtest_picture()
    stored, fresh = (imread(BytesIO(content)) for content in (BACKTEST_PICTURE.read_bytes(), made))
    assert stored.shape == fresh.shape
    assert np.mean(np.abs(stored - fresh) > 0.1) < 0.005
    assert f"]({BACKTEST_PICTURE.relative_to(ROOT)})" in README


@pytest.mark.slow
def test_the_answers_are_the_programs() -> None:
    """The same words; numbers as near as another processor's draws bring them, the shipped backtest's exactly."""
    made, stored = "\n".join(readme.rewritten(TEXTS)), "\n".join(TEXTS)
    assert _words(made) == _words(stored)
    assert _backtest(made.split("```")) == _backtest(stored.split("```"))
    assert _numbers(made) == pytest.approx(_numbers(stored), rel=0.25, abs=0.11)


def _backtest(parts: list[str]) -> str:
    (fence,) = (part for part in parts if part.startswith(f"\n{SHELL}{BACKTEST}\n"))
    return fence


NUMBER = re.compile(r"[−+-]?(?:\d*\.)?\d+")


def _words(text: str) -> list[str]:
    return NUMBER.sub("#", text).split()


def _numbers(text: str) -> list[float]:
    return [float(number.replace("−", "-")) for number in NUMBER.findall(text)]
