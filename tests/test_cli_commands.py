"""The commands as a whole: their table, headings, aliases and help, and what each of them makes a reader wait for."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from inspect import signature
from pathlib import Path

import pytest
from toy_runs import install_toy
from typer.main import get_command

from forecast.cli import desk, event
from forecast.cli.app import app, run
from forecast.cli.lazy import EVENT, SCHEDULE, SECTIONS, LazyGroup, Listed
from forecast.desk.draft import EventDraft, ObservationDraft, parts_of
from forecast.identity import code_version

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = get_command(app)
ALIASES = {"trust": "calibrate", "export": "history", "brief": "report"}
TOP = [each for section in SECTIONS.values() for each in section]
ALL = [((each.name,), each) for each in TOP] + [
    ((group.name, each.name), each) for group in (EVENT, SCHEDULE) for each in group.commands
]
HEAVY = "3 s of pandas, xarray and ArviZ, which neither help nor a mistake in usage should wait for"
COMPILED = "the chain and what projects it, which neither help nor a mistake in usage should wait for"
WITHIN_FUNCTIONS = {
    ("backtest", "forecast.cli.backtest_tables"): HEAVY,
    ("backtest", "forecast.evaluation.evaluate"): HEAVY,
    ("calibrate", "forecast.cli.calibrate_tables"): HEAVY,
    ("calibrate", "forecast.trust.read"): HEAVY,
    ("calibrate", "forecast.trust.page"): "pictures are for a page alone",
    ("calibrate", "forecast.trust.payload"): HEAVY,
    ("check", "forecast.checks.run"): HEAVY,
    ("report", "forecast.brief.facts"): HEAVY,
    ("report", "forecast.brief.mail"): HEAVY,
    ("report", "forecast.brief.report"): HEAVY,
    ("service", "forecast.schedule.letters"): "a service that mails no brief need not hold pictures and pandas",
    ("why", "forecast.plots.style"): "pictures are for a file alone",
    ("why", "forecast.plots.why"): "pictures are for a file alone",
    ("standing", "forecast.plan.standing"): COMPILED,
    **{
        ("what_if", f"forecast.plan.{room}"): COMPILED for room in ("answer", "checking", "saved", "stories", "tornado")
    },
    ("what_if", "forecast.desk.session"): "what an entry takes, which other answers do without",
    ("what_if", "forecast.plots.style"): "pictures are for a file alone",
    ("what_if", "forecast.plots.tornado"): "pictures are for a file alone",
    ("stories", "forecast.plan.stories"): COMPILED,
    ("next", "forecast.plan.planner"): COMPILED,
    ("next", "forecast.plots.style"): "pictures are for a file alone",
    ("next", "forecast.plots.worth"): "pictures are for a file alone",
    ("update", "forecast.engine.hypotheticals"): HEAVY,
    ("update", "forecast.engine.update"): HEAVY,
}


LONG = ("update", "backtest", "check", "calibrate", "report", "history", "score", "what-if", "stories", "next")


def loaded(path: tuple[str, ...]) -> object:
    """The command that stands under these names."""
    command: object = PROGRAM
    for name in path:
        assert isinstance(command, LazyGroup)
        command = command.commands[name]
    return command


def helped(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run([*arguments, "--help"]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(("path", "listed"), ALL, ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")
def test_the_table_says_of_a_command_what_it_says_of_itself(path: tuple[str, ...], listed: Listed) -> None:
    own = loaded(path).help.partition("\n\n")[0].replace("\n", " ")  # type: ignore[attr-defined]
    assert re.split(r"(?<=\.)\s", own, maxsplit=1)[0] == listed.help


def test_help_shows_every_command_once_under_its_heading(capsys: pytest.CaptureFixture[str]) -> None:
    shown, heading = [], ""
    for line in helped(capsys).splitlines():
        if line.endswith(":") and not line.startswith(" "):
            heading = line[:-1]
        elif heading in SECTIONS and line.strip():
            shown.append((heading, *re.split(r"  +", line.strip())))
    aliased = {name: f"{name} ({alias})" for alias, name in ALIASES.items()}
    assert shown == [
        (title, aliased.get(each.name, each.name), each.help) for title, section in SECTIONS.items() for each in section
    ]


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_an_alias_is_the_command_under_the_name_that_was_typed(
    alias: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    own, other = helped(capsys, name), helped(capsys, alias)
    assert other == own.replace(f"Usage: parley {name} ", f"Usage: parley {alias} ")
    assert run([alias, "--nothing"]) == 2
    assert f"see `parley {alias} --help`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "meant"), [("bactest", "backtest"), ("exprt", "export"), ("schedul", "schedule"), ("event ad", "add")]
)
def test_a_slip_of_the_pen_is_told_what_may_be_meant(
    typed: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(typed.split()) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(
        rf"error: No such command '\w+'\. Did you mean .*'{meant}'.*\?; see `parley.* --help`\n", said.err
    )


@pytest.mark.parametrize(("path", "listed"), ALL, ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")
def test_help_has_no_word_of_the_parser(
    path: tuple[str, ...], listed: Listed, capsys: pytest.CaptureFixture[str]
) -> None:
    """Brackets once and around what may be left out, no type of Python's, no braces around what may not."""
    said = helped(capsys, *path)
    assert not re.search(r"\[\[|\{|<\w+", said)
    assert said.startswith(f"Usage: parley {' '.join(path)} ")


def test_the_version_names_release_and_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    release, code = code_version().split("+")
    assert capsys.readouterr().out == f"parley {release} (code {code})\n"


@pytest.mark.parametrize(
    ("command", "kind", "without"),
    [
        (desk.log, ObservationDraft, ()),
        (desk.revise, ObservationDraft, ()),
        (event.add, EventDraft, ()),
        (event.revise, EventDraft, ("id",)),
    ],
)
def test_a_command_of_the_desk_takes_the_parts_of_its_draft(
    command: object, kind: type[ObservationDraft | EventDraft], without: tuple[str, ...]
) -> None:
    names = [each.name for each in fields(kind) if each.name not in without]
    assert [name for name in signature(command).parameters if name in names] == names  # type: ignore[arg-type]
    assert list(parts_of(kind)) == [each.name for each in fields(kind)]


def _imports_within_functions() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "forecast" / "cli").glob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.ImportFrom):
                        yield path.stem, node.module or ""
                    elif isinstance(node, ast.Import):
                        yield from ((path.stem, alias.name) for alias in node.names)


def test_modules_import_at_their_top_but_for_what_is_measured() -> None:
    assert set(_imports_within_functions()) == set(WITHIN_FUNCTIONS)


def imported(*arguments: str, url: str = "") -> set[str]:
    """The modules a process of its own has imported when it has run this."""
    program = (
        "import json, sys; from forecast.cli.app import run; code = run(sys.argv[1:])\n"
        "print(code, json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    environment = {**os.environ, **({"PARLEY_DATABASE_URL": url} if url else {})}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], env=environment, capture_output=True, text=True, timeout=120
    )
    code, _, names = done.stderr.splitlines()[-1].partition(" ")
    assert code == "0", done.stderr
    return set(json.loads(names))


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["event", "--help"], ["schedule", "--help"]])
def test_help_imports_no_library_and_no_command(arguments: list[str]) -> None:
    found = imported(*arguments)
    assert not found & {"numpy", "sqlalchemy", "pymc", "numba", "pandas", "matplotlib", "rich"}
    own = {name for name in found if name.startswith("forecast.cli.")}
    assert own == {"forecast.cli.app", "forecast.cli.lazy", "forecast.cli.streams"}


@pytest.mark.parametrize("name", LONG)
def test_help_of_a_long_command_does_not_wait_for_the_model(name: str) -> None:
    assert not imported(name, "--help") & {"scipy", "pandas", "xarray", "pymc", "numba", "arviz_stats", "matplotlib"}


@pytest.mark.parametrize("published", [True, False])
def test_the_desk_draws_and_samples_nothing(published: bool, published_folder: Path, tmp_path: Path) -> None:
    """Nor does it load what projects where no forecast can be answered with."""
    if published:
        shutil.copytree(published_folder, tmp_path, dirs_exist_ok=True)
    else:
        install_toy(tmp_path).close()
    entry = ["press_tone", "1", "--on", "2020-02-01", "--source", "Leader", "--grade", "B2", "--analyst", "kim"]
    found = imported("log", *entry, "--dry-run", url=f"sqlite:///{tmp_path / 'parley.db'}")
    assert ("numba" in found) is published
    assert not found & {"matplotlib", "pymc", "pytensor", "nutpie", "arviz_stats", "apscheduler"}
