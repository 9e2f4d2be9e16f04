"""What a number is named by covers everything it is made by."""

import ast
from pathlib import Path

from forecast.identity import BESIDE, ROOTS, code_version, model_version, sources

ROOT = Path(__file__).parent.parent


def imported(module: str, seen: set[str]) -> set[str]:
    """Our modules that a module imports, at the top or inside functions, and what those import."""
    path = ROOT / f"{module.replace('.', '/')}.py"
    if module in seen or not path.exists() or set(module.split(".")) & set(BESIDE):
        return seen
    seen.add(module)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names)):
                imported(name, seen)
    return seen


def names_of(roots: tuple[str, ...]) -> set[str]:
    return {path.relative_to(ROOT).as_posix().removesuffix(".py").replace("/", ".") for path in sources(roots)}


def test_the_model_version_covers_all_that_making_numbers_imports() -> None:
    needed: set[str] = set()
    for root in ROOTS:
        imported(root, needed)
    assert names_of(ROOTS) == needed
    assert needed >= {*ROOTS, "indicators.evidence", "models.gate", "models.gradient", "models.projection"}


def test_sources_follow_imports_of_whole_modules_and_inside_functions() -> None:
    """Whatever module it is asked of: it finds what the syntax trees say."""
    for root in ("forecast.schedule.service", "forecast.cli.app", "forecast.brief.report"):
        assert names_of((root,)) == imported(root, set())
    assert sources(("numpy",)) == ()


def test_versions_are_short_and_stay() -> None:
    assert len(model_version()) == 8
    assert model_version() == model_version()
    assert code_version().partition("+")[2] != model_version()
