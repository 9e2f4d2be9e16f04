"""What a number is named by: the code that made it, the libraries it used, and the seed."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

PACKAGES = ("db", "forecast", "indicators", "models")
LIBRARIES = ("arviz", "numba", "numpy", "nutpie", "pymc", "pytensor", "scipy", "sqlalchemy")


ROOTS = ("forecast.engine.assemble", "forecast.engine.fit", "forecast.evaluation.forecasters")
"""What makes the numbers of a forecast and of a backtest; what these import, they depend on."""
BESIDE = ("db", "errors")
"""Left out of it: storage, since what was read is named by the hash of the inputs, and what is only said."""
_IMPORT = re.compile(
    r"^\s*(?:from|import) ((?:db|forecast|indicators|models)\b[\w.]*)(?: import ([\w, ]+|\([^)]*))?", re.MULTILINE
)


@cache
def code_version() -> str:
    """The release and, after a plus, eight digits of the hash of all source files it runs from."""
    return f"{version('parley')}+{_digest(_all_sources())}"


def _all_sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted(_root(package).rglob("*.py"))


@cache
def model_version() -> str:
    """Eight digits of the hash of the sources that numbers depend on: what does not touch them leaves it as it is."""
    return _digest(sources(ROOTS))


def sources(roots: Iterable[str]) -> tuple[Path, ...]:
    """The files of these modules and of all of ours that they import, at the top or inside functions, in order."""
    found: dict[str, Path] = {}
    waiting = list(roots)
    while waiting:
        module = waiting.pop()
        path = _file_of(module)
        if module not in found and path is not None and not set(module.split(".")) & set(BESIDE):
            found[module] = path
            waiting += _imported(path)
    return tuple(path for _, path in sorted(found.items()))


def _file_of(module: str) -> Path | None:
    """The file of one of our modules; None for a package, a name within a module, and whatever is not ours."""
    package, *inside = module.split(".")
    if package not in PACKAGES or not inside:
        return None
    path = _root(package).joinpath(*inside).with_suffix(".py")
    return path if path.is_file() else None


def _imported(path: Path) -> Iterator[str]:
    """What a file names in its imports; read as lines, since parsing takes a tenth of a second that `show` feels."""
    for module, names in _IMPORT.findall(path.read_text(encoding="utf-8")):
        yield module
        yield from (f"{module}.{name}" for name in re.findall(r"\w+", names))


@cache
def _root(package: str) -> Path:
    return Path(str(files(package)))


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        root = next(_root(package) for package in PACKAGES if path.is_relative_to(_root(package)))
        digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:8]


@cache
def library_versions() -> dict[str, str]:
    return {name: version(name) for name in LIBRARIES}


def seed_of(case_id: str) -> int:
    """The case's own seed: never of rows, hashes or dates, so that Monte-Carlo noise does not move the daily number."""
    return int.from_bytes(hashlib.sha256(case_id.encode()).digest()[:4], "big")
