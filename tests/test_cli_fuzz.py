"""The whole command line, fed with what nobody should type: no traceback, a known exit code, and nothing damaged.

Commands and options are those of the program's own table, so that a new one is fuzzed by itself. Every list of
arguments is a function of the seed and its number: what a failure prints makes it again.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from cli_worlds import Outcome, Typed, World, commands, make_typed, make_world, play
from sizes import slow, soak

from db.engine import open_database
from db.verify import verify_store
from forecast.cli.lazy import SECTIONS, ListedGroup

SEED = 13
PROGRAM = (
    "import sys; from datetime import *; import forecast.cli.console as console; "
    "console.now = lambda: datetime(2019, 7, 1, 12, tzinfo=UTC); from forecast.cli.app import main; main()"
)
OUTPUTS = ("", ">/dev/full", ">&-", "2>&-", "2>/dev/full", ">&- 2>&-", "<&-", "| head -n 1")
ENCODINGS = ("", "ascii", "latin-1", "cp932", "cp949", "utf-16")


def test_every_command_is_fuzzed() -> None:
    listed = [each for section in SECTIONS.values() for each in section]
    names, groups = {each.name for each in listed}, [each for each in listed if isinstance(each, ListedGroup)]
    assert {path[0] for path in commands()} >= names
    assert {path[1] for path in commands() if len(path) > 1} == {
        each.name for group in groups for each in group.commands
    }


SOAKED = [soak("desk", 1000 * n, 1000) for n in range(1, 5)]


@pytest.mark.parametrize(("first", "lists"), [(0, 150), slow(150, 150), *SOAKED])
def test_no_list_of_arguments_ends_in_a_traceback_or_damages_anything(
    first: int, lists: int, published_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(published_folder, tmp_path)
    beside = _beside(world)
    outcomes = [play(make_typed(SEED, n), world.folder, monkeypatch) for n in range(first, first + lists)]
    assert not any(one.wrong for one in outcomes), told(outcomes)
    _check(world, beside)
    assert {one.code for one in outcomes} >= {0, 1, 2}


@pytest.mark.parametrize(("first", "lists"), [(0, 2), slow(2, 6), soak("desk", 5000, 250)])
def test_nor_does_a_process_whatever_becomes_of_what_it_says(
    first: int, lists: int, published_folder: Path, tmp_path: Path
) -> None:
    world = make_world(published_folder, tmp_path)
    beside = _beside(world)
    outcomes = [_process(make_typed(SEED, n), world.folder) for n in range(first, first + lists)]
    assert not any(one.wrong for one in outcomes), told(outcomes)
    _check(world, beside)


def _process(typed: Typed, folder: Path) -> Outcome:
    """Run the program as a process of its own; where it says what, and in which encoding, goes by the number."""
    arguments = [each.encode(errors="surrogateescape") for each in _typable(typed.arguments)]
    output, encoding = OUTPUTS[typed.number % len(OUTPUTS)], ENCODINGS[typed.number % len(ENCODINGS)]
    shell = f'"$@" {output}; exit ${{PIPESTATUS[0]}}'
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    environment |= {name: value for name, value in typed.environment.items() if _typable([value]) == [value]}
    environment |= {"PYTHONIOENCODING": encoding} if encoding else {}
    done = subprocess.run(
        ["bash", "-c", shell, "bash", sys.executable, "-c", PROGRAM, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        timeout=120,
        check=False,
    )
    said = (done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))
    return Outcome(typed, done.returncode, *said)


def _typable(arguments: Sequence[str]) -> list[str]:
    """Without what no shell can hand on: null characters, halves of characters, more than a page of text."""
    gone = {0: None} | dict.fromkeys(range(0xD800, 0xDC80)) | dict.fromkeys(range(0xDD00, 0xE000))
    return [each.translate(gone)[:5000] for each in arguments]


def told(outcomes: Sequence[Outcome]) -> str:
    """The first few failures, with what makes them again."""
    wrong = [one for one in outcomes if one.wrong]
    return "\n\n".join(
        [f"{len(wrong)} of {len(outcomes)} lists", *(f"{one.typed}\n{one.wrong[-2000:]}" for one in wrong[:5])]
    )


def _beside(world: World) -> set[str]:
    return {path.name for path in world.folder.parent.iterdir()} | {"above.html"}


def _check(world: World, beside: set[str]) -> None:
    """The database is sound, what is kept is as it was, and nothing else came about beside the folder."""
    assert world.changed() == []
    with open_database(world.url) as database, database.read() as connection:
        found = verify_store(connection, database.posteriors)
    assert found.sound, found
    assert _beside(world) == beside
