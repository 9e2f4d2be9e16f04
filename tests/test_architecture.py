"""The page on architecture is true: every folder is in it, and what it names is there."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
QUOTED = re.findall(r"`([^`\n]+)`", PAGE)
FOLDERS = ("db", "indicators", "models", "forecast", "tests", "benchmarks", "docs", ".ci")


def _folders() -> set[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    parents = {parent for line in listed.splitlines() for parent in Path(line).parents}
    return {f"{folder.as_posix()}/" for folder in parents if folder.parts and folder.parts[0] in FOLDERS}


def test_every_folder_is_in_it() -> None:
    assert _folders() - set(QUOTED) == set()


@pytest.mark.parametrize("place", sorted({place for place in QUOTED if "/" in place}))
def test_every_place_it_names_exists(place: str) -> None:
    assert (ROOT / place).exists()


def test_every_function_it_names_after_a_file_is_in_that_file() -> None:
    named = re.findall(r"`([\w/]+\.py)` `([\w.]+)`(?:, `([\w.]+)`)?", PAGE)
    assert len(named) >= 5
    for place, *names in named:
        tree = ast.parse((ROOT / place).read_text(encoding="utf-8"))
        defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        assert {part for name in names if name for part in name.split(".")} <= defined, place


def test_the_floors_it_shows_are_those_that_are_held() -> None:
    from test_layers import FLOORS

    assert " ".join(FLOORS.split()) in " ".join(PAGE.split())
