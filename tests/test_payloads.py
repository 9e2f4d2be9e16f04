"""What has many parts is made by name: two values of one type cannot change places in silence."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("db", "indicators", "models", "forecast")
MANY_FIELDS = 6
MANY_ARGUMENTS = 7
POSITIONAL = {
    "columns of a table, as many as it has": {"Table", "create_table", "chained", "fact", "forecasts", "texts"},
    "kernels of Numba, which share one order of their arrays": {
        "follow_talks",
        "follow_recurrent",
        "_stay",
        "_meet",
        "_pass_on",
        "_end_known_day",
        "_end_open_day",
        "_settle",
        "fill_rates",
        "_predict",
        "_rate",
        "_effects",
        "_priors",
        "_judgements",
        "_add_effects",
        "_add_coefficients",
    },
}
"""Functions that take many values by position, by the reason."""
SESSIONS = {"Desk"}
"""What is sat at, not handed on: a program says `Desk(database, "kim")`."""
TREES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for name in (*SOURCES, "tests", "benchmarks")
    for path in sorted((ROOT / name).rglob("*.py"))
}


def _dataclasses(tree: ast.Module) -> Iterator[tuple[ast.ClassDef, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for decorator in node.decorator_list:
                called = decorator.func if isinstance(decorator, ast.Call) else decorator
                if _name(called) == "dataclass":
                    yield node, decorator


def _name(called: ast.expr) -> str:
    return called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""


def _is_keyword_only(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and any(
        option.arg == "kw_only" and isinstance(option.value, ast.Constant) and option.value.value is True
        for option in decorator.keywords
    )


def _fields(node: ast.ClassDef, tree: ast.Module) -> set[str]:
    """Names of the fields, those of bases in the same file included."""
    found = {each.name: each for each, _ in _dataclasses(tree)}
    own = {
        part.target.id
        for part in node.body
        if isinstance(part, ast.AnnAssign)
        and isinstance(part.target, ast.Name)
        and "ClassVar" not in ast.unparse(part.annotation)
    }
    return own.union(*(_fields(found[_name(base)], tree) for base in node.bases if _name(base) in found))


def test_dataclasses_of_six_fields_or_more_are_made_by_name() -> None:
    positional = [
        (place, node.name)
        for place, tree in TREES.items()
        for node, decorator in _dataclasses(tree)
        if len(_fields(node, tree)) >= MANY_FIELDS and not _is_keyword_only(decorator) and node.name not in SESSIONS
    ]
    assert not positional


def test_no_call_gives_seven_values_or_more_by_position() -> None:
    """In tests and benchmarks this holds of dataclasses: the words of a command may be as many as it has."""
    allowed = {name for names in POSITIONAL.values() for name in names}
    payloads = {node.name for tree in TREES.values() for node, _ in _dataclasses(tree)}
    positional = [
        (place, call.lineno, _name(call.func))
        for place, tree in TREES.items()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and len(call.args) >= MANY_ARGUMENTS
        and _name(call.func) not in allowed
        and (place.startswith(SOURCES) or _name(call.func) in payloads)
    ]
    assert not positional


def test_every_function_that_may_take_many_values_by_position_does() -> None:
    called = {_name(call.func) for tree in TREES.values() for call in ast.walk(tree) if isinstance(call, ast.Call)}
    assert not [name for names in POSITIONAL.values() for name in names if name not in called]
