"""What a number is named by: the code that made it, the libraries it used, and the seed."""

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

PACKAGES = ("db", "forecast", "indicators", "models")
LIBRARIES = ("arviz", "numba", "numpy", "nutpie", "pymc", "pytensor", "scipy", "sqlalchemy")


NUMBERS = (
    *(
        f"models/{name}.py"
        for name in (
            "baselines",
            "bayes",
            "chain",
            "density",
            "describe",
            "effects",
            "exposure",
            "gradient",
            "laplace",
            "outcomes",
            "projection",
            "reference",
            "sampling",
            "settings",
            "spec",
            "states",
            "structure",
        )
    ),
    "indicators/evidence.py",
    "forecast/engine/assemble.py",
    "forecast/engine/fit.py",
    "forecast/evaluation/forecasters.py",
)
"""The sources that the numbers of a forecast depend on."""


@cache
def code_version() -> str:
    """The release and, after a plus, eight digits of the hash of all source files it runs from."""
    return f"{version('parley')}+{_digest(PACKAGES)}"


@cache
def model_version() -> str:
    """Eight digits of the hash of the sources that numbers depend on: what does not touch them leaves it as it is."""
    return _digest(NUMBERS)


def _digest(places: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for place in places:
        package, _, inside = place.partition("/")
        root = Path(str(files(package)))
        for path in [root / inside] if inside else sorted(root.rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:8]


@cache
def library_versions() -> dict[str, str]:
    return {name: version(name) for name in LIBRARIES}


def seed_of(case_id: str) -> int:
    """The case's own seed: never of rows, hashes or dates, so that Monte-Carlo noise does not move the daily number."""
    return int.from_bytes(hashlib.sha256(case_id.encode()).digest()[:4], "big")
