"""The house, read from the imports: storage and mathematics know nothing of ours, and rooms know only lower floors."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = {
    "db": {"db"},
    "models": {"models"},
    "indicators": {"indicators", "db"},
    "forecast": {"forecast", "indicators", "models", "db"},
}
FLOORS = (
    "leaves < facts < words < engine < desk | why | plan | evaluation < checks < record < exports | plots < trust "
    "< brief < accounts < web < publish < schedule < doctor < cli"
)
"""A room imports only lower floors; rooms between bars do not know each other. Rooms to come have their place."""
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS.split(" < ")) for room in rooms.split(" | ")}
LEAVES = {
    "__init__",
    "cache",
    "clock",
    "errors",
    "identity",
    "lifeline",
    "progress",
    "rendering",
    "run_facts",
    "structures",
    "writing",
}
BOUNDARIES = {f"forecast/schedule/{name}.py" for name in ("fitter", "leader", "service")}
"""Where a job ends: each has one handler of whatever it may meet, which records it."""
MODULES = sorted(path.relative_to(ROOT).as_posix() for name in ALLOWED for path in (ROOT / name).rglob("*.py"))


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse((ROOT / module).read_text(encoding="utf-8"))


@cache
def _imports(module: str) -> frozenset[str]:
    """Modules imported anywhere in a file, within functions and under TYPE_CHECKING included."""
    return frozenset(_names(_tree(module)))


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _room(dotted: str) -> str:
    """The room of a module of forecast; a leaf's is `leaves`."""
    name = dotted.split(".")[1]
    return "leaves" if name in LEAVES else name


def test_no_package_imports_upward() -> None:
    upward = [
        (module, name)
        for module in MODULES
        for name in _imports(module)
        if name.split(".")[0] in ALLOWED and name.split(".")[0] not in ALLOWED[module.split("/")[0]]
    ]
    assert not upward
    assert {module.split("/")[0] for module in MODULES} == set(ALLOWED)


def test_every_room_stands_on_its_floor_and_imports_only_lower_ones() -> None:
    wrong = []
    for module in (
        module for module in MODULES if module.startswith("forecast/") and "forecast/__init__" not in module
    ):
        room = _room(module.removesuffix(".py").replace("/", "."))
        assert room in FLOOR, f"{module} lies in no room: forecast/ has only its leaves flat, and rooms with a floor"
        seen = {_room(name) for name in _imports(module) if name.startswith("forecast.")} - {room}
        wrong += [(module, other) for other in seen if FLOOR[other] >= FLOOR[room]]
    assert not wrong


def test_words_know_facts_and_rows_and_nothing_that_computes() -> None:
    """What a sentence takes is a fact, a row or a leaf: language modules read no database and run no model."""
    words = [module for module in MODULES if module.startswith("forecast/words/")]
    ours = {name for module in words for name in _imports(module) if name.split(".")[0] in ALLOWED}
    rows = ("db.anchors", "db.rows", "db.run_rows", "indicators.content")
    wrong = {name for name in ours if name.split(".")[0] != "forecast" and not name.startswith(rows)}
    assert not wrong


def test_no_module_catches_everything_but_at_the_boundary_of_a_job() -> None:
    catching = []
    for module in MODULES:
        for node in ast.walk(_tree(module)):
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, f"bare except in {module}, line {node.lineno}"
                caught = {part.id for part in ast.walk(node.type) if isinstance(part, ast.Name)}
                reraises = any(isinstance(part, ast.Raise) and part.exc is None for part in ast.walk(node))
                assert "BaseException" not in caught or reraises, f"BaseException swallowed in {module}:{node.lineno}"
                catching += [module] * ("Exception" in caught)
    assert sorted(catching) == sorted(BOUNDARIES)


def test_storage_and_mathematics_stand_on_no_framework_of_the_faces() -> None:
    below = [module for module in MODULES if not module.startswith("forecast/")]
    assert not [module for module in below if {name.split(".")[0] for name in _imports(module)} & {"typer", "rich"}]


def test_only_the_assembler_turns_rows_into_a_problem() -> None:
    makers = {
        module
        for module in MODULES
        if module.startswith("forecast/")
        for node in ast.walk(_tree(module))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem"
    }
    assert makers == {"forecast/engine/assemble.py"}
