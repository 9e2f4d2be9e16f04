"""The layers, read from the imports: storage and mathematics know nothing of ours, and nothing imports upward."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("db", "models", "indicators", "forecast")
ALLOWED = {
    "db": {"db"},
    "models": {"models"},
    "indicators": {"indicators", "db"},
    "forecast": {"forecast", "indicators", "models", "db"},
}
BOUNDARIES = tuple(f"forecast/schedule/{name}.py" for name in ("duty", "fitter", "service"))
"""Where a job ends: each has one handler of whatever it may meet, which records it."""
FACES = ("forecast.cli", "forecast.web")
MODULES = sorted(path.relative_to(ROOT).as_posix() for name in PACKAGES for path in (ROOT / name).rglob("*.py"))


def _imports(tree: ast.AST) -> Iterator[str]:
    """Modules imported anywhere in a file, within functions and under TYPE_CHECKING included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _tree(module: str) -> ast.Module:
    return ast.parse((ROOT / module).read_text(encoding="utf-8"))


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _face(module: str) -> str | None:
    dotted = module.removesuffix(".py").replace("/", ".")
    return next((face for face in FACES if _within(dotted, face)), None)


def test_there_are_modules_to_read() -> None:
    assert {module.split("/")[0] for module in MODULES} == set(PACKAGES)


@pytest.mark.parametrize("module", MODULES)
def test_no_package_imports_upward(module: str) -> None:
    ours = {name.split(".")[0] for name in _imports(_tree(module))} & set(PACKAGES)
    assert ours <= ALLOWED[module.split("/")[0]]


@pytest.mark.parametrize("module", MODULES)
def test_faces_are_imported_by_themselves_alone(module: str) -> None:
    seen = {face for face in FACES for name in _imports(_tree(module)) if _within(name, face)}
    assert seen <= {_face(module)}


@pytest.mark.parametrize("module", MODULES)
def test_no_module_catches_everything_but_at_the_boundary_of_a_job(module: str) -> None:
    everything = 0
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"bare except on line {node.lineno}"
            caught = {part.id for part in ast.walk(node.type) if isinstance(part, ast.Name)}
            reraises = any(isinstance(part, ast.Raise) and part.exc is None for part in ast.walk(node))
            everything += "Exception" in caught
            assert "BaseException" not in caught or reraises, f"BaseException is swallowed on line {node.lineno}"
    assert everything == (module in BOUNDARIES)


def test_storage_and_mathematics_stand_on_no_framework_of_the_faces() -> None:
    for module in MODULES:
        if module.split("/")[0] in ("db", "models", "indicators"):
            assert not {name.split(".")[0] for name in _imports(_tree(module))} & {"typer", "rich"}, module


def test_only_the_assembler_turns_rows_into_a_problem() -> None:
    makers = [
        module
        for module in MODULES
        if module.startswith("forecast/")
        for node in ast.walk(_tree(module))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem"
    ]
    assert set(makers) == {"forecast/engine/assemble.py"}
