"""Sentences stand in language modules: rooms that show things hold facts, and hand them to a language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
SHOWING = ("brief", "checks", "evaluation", "facts", "plots", "record", "schedule", "trust", "why")
"""Rooms that pages, briefs, pictures and alerts come from."""
OPERATORS = {
    f"schedule/{name}.py"
    for name in ("delivery", "leader", "line", "log", "service", "settings", "slots", "status", "unit", "webhook")
}
"""What is said to whoever keeps the service running, at a terminal or in the log: English, as errors are."""
SENTENCE = 5
"""So many words are one."""
LOGGING = {"debug", "info", "warning", "error", "exception", "critical", "log", "progress", "compile"}
"""Calls whose texts go to the log, or to the bar that says how far it is; and those of patterns."""
ERRORS = {
    "why/pairs.py": {"_neighbours"},
    "evaluation/tasks.py": {"_lost"},
    "plots/chosen.py": {"_nothing", "_none_in"},
    "plots/diagnostics.py": {"_no_posterior"},
    "plots/effects.py": {"_no_effects"},
    "plots/judgements.py": {"_nothing"},
}
"""Functions that make the text of an error, by module; a test holds that nothing else uses them."""
TERMINAL = {
    "record/catalogue.py": {"_no_runs"},
    "record/entries.py": {"read_contradictions", "_none_stands", "_none_left", "_steps", "_event_filters"},
    "schedule/backups.py": {"_hindrance", "_damage", "_overdue"},
}
"""Functions that say at a terminal why a list is empty, or what is amiss with backups: no page has them."""
WORD = re.compile(r"[(“'`]*[A-Za-z][A-Za-z’'-]+[.,;:)’']*")


def _modules() -> list[Path]:
    return sorted(path for room in SHOWING for path in (ROOT / "forecast" / room).rglob("*.py"))


def _text(node: ast.AST) -> str:
    """A string with its gaps as one letter; "" where the node is none."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _is_sentence(text: str) -> bool:
    return sum(WORD.fullmatch(part) is not None for part in text.split()) >= SENTENCE


def _sentences(node: ast.AST, exempt: set[str]) -> Iterator[tuple[int, str]]:
    """Strings that are sentences: but those of docstrings, errors, logs, and functions that make errors."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Raise) or (isinstance(child, ast.FunctionDef) and child.name in exempt):
            continue
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        if isinstance(child, ast.Call) and _name(child.func) in LOGGING:
            continue
        if isinstance(child, ast.Assign) and isinstance(node, ast.FunctionDef | ast.If) and _is_raised(child, node):
            continue
        if isinstance(child, ast.JoinedStr | ast.Constant):
            if _is_sentence(_text(child)):
                yield child.lineno, _text(child)
        else:
            yield from _sentences(child, exempt)


def _is_raised(assignment: ast.Assign, where: ast.AST) -> bool:
    """Whether what is assigned goes into an error, and nowhere else."""
    names = {name.id for name in assignment.targets if isinstance(name, ast.Name)}
    raised = {id(part) for one in ast.walk(where) if isinstance(one, ast.Raise) for part in ast.walk(one)}
    uses = [
        one
        for one in ast.walk(where)
        if isinstance(one, ast.Name) and one.id in names and isinstance(one.ctx, ast.Load)
    ]
    return bool(uses) and all(id(one) in raised for one in uses)


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def test_rooms_that_show_things_hold_no_sentence() -> None:
    found = [
        f"{place}:{line}: {text[:90]}"
        for path in _modules()
        for place in [path.relative_to(ROOT / "forecast").as_posix()]
        if place not in OPERATORS
        for line, text in _sentences(
            ast.parse(path.read_text(encoding="utf-8")), ERRORS.get(place, set()) | TERMINAL.get(place, set())
        )
    ]
    assert not found, "\n".join(found)


def test_functions_that_make_texts_of_errors_serve_nothing_else() -> None:
    """Each is called where something is raised, or by another of them."""
    wrong = []
    for place, names in ERRORS.items():
        tree = ast.parse((ROOT / "forecast" / place).read_text(encoding="utf-8"))
        raising = {id(part) for node in ast.walk(tree) if isinstance(node, ast.Raise) for part in ast.walk(node)}
        making = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name in names]
        raising |= {id(part) for node in making for part in ast.walk(node)}
        assert {node.name for node in making} == names, place
        wrong += [
            f"{place}:{node.lineno}: {_name(node)}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and node.id in names and id(node) not in raising
        ]
    assert not wrong


def test_the_finder_finds() -> None:
    lines = (
        '"""A docstring of more than five words."""',
        'x = f"here now stands {a} a whole sentence"',
        'raise E("not this one, as it is raised")',
        'log.info("nor this one which goes to the log")',
    )
    assert [text for _, text in _sentences(ast.parse("\n".join(lines)), set())] == [
        "here now stands … a whole sentence"
    ]
