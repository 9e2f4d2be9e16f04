"""What a number is named by covers everything it is made by."""

import ast
from pathlib import Path

from forecast.identity import NUMBERS, code_version, model_version

ROOT = Path(__file__).parent.parent


def imported(module: str, seen: set[str]) -> set[str]:
    """Our modules that a module imports, at the top or inside functions, and what those import."""
    path = ROOT / f"{module.replace('.', '/')}.py"
    if module in seen or not path.exists():
        return seen
    seen.add(module)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            imported(node.module, seen)
    return seen


def test_the_model_version_covers_all_that_forecasters_import() -> None:
    needed = imported("forecast.forecasters", set())
    named = {place.removesuffix(".py").replace("/", ".") for place in NUMBERS}
    assert needed <= named
    assert all((ROOT / place).exists() for place in NUMBERS)


def test_versions_are_short_and_stay() -> None:
    assert len(model_version()) == 8
    assert model_version() == model_version()
    assert code_version().partition("+")[2] != model_version()
