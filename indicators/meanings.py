"""What a column of a foreign table may mean, told by its name: suggestions for a person to confirm, never readings.

A name means a column if its words, without those that say nothing ("which", "of", what stands in brackets), are those
of a name in `meanings.toml`. Where two columns of a file may be the same one, both are put as a question.
"""

import re
import tomllib
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from indicators.texts import without_invisible

_BRACKETS = re.compile(r"[(\[{（【〔［].*?[)\]}）】〕］]")
_APART = re.compile(r"[\W_]+")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_IDLE = frozenset(
    ("a", "an", "the", "of", "in", "on", "for", "is", "was", "which", "what", "when", "who", "your", "our")
)


def _words(name: str) -> frozenset[str]:
    """What a name says, whatever its case, order and punctuation."""
    plain = _BRACKETS.sub(" ", unicodedata.normalize("NFKC", without_invisible(name)))
    found = [word for word in _APART.split(_HUMPS.sub(" ", plain).casefold()) if word]
    return frozenset(word for word in found if word not in _IDLE) or frozenset(found)


@cache
def _said() -> dict[str, frozenset[frozenset[str]]]:
    """By column of ours, the words of what others call it."""
    with (Path(str(files("indicators"))) / "meanings.toml").open("rb") as file:
        return {column: frozenset(map(_words, names)) for column, names in tomllib.load(file).items()}


def may_mean(name: str, column: str) -> bool:
    """Whether the name of a column of a file may stand for a column of ours."""
    words = _words(name)
    return bool(words) and words in _said().get(column, ())


def candidates(names: Iterable[str], columns: Sequence[str]) -> dict[str, list[str]]:
    """By column those of a file's names that may stand for it."""
    listed = list(names)
    found = {column: [name for name in listed if may_mean(name, column)] for column in columns}
    return {column: meant for column, meant in found.items() if meant}


def unclaimed(found: Mapping[str, Sequence[str]], required: Collection[str]) -> dict[str, list[str]]:
    """The candidates, without those of optional columns that a required one may be: its need goes before."""
    claimed = {name for column, names in found.items() if column in required for name in names}
    kept = {
        column: [name for name in names if column in required or name not in claimed] for column, names in found.items()
    }
    return {column: names for column, names in kept.items() if names}
