"""Codings of one indicator, as every language tells them: levels, and how many of many."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol

SHOWN = 12
"""Codings that one sentence holds."""


class Coded(Protocol):
    """A coded level, stored or about to be."""

    @property
    def level(self) -> float: ...

    @property
    def analyst(self) -> str: ...

    @property
    def source_title(self) -> str: ...

    @property
    def source_publisher(self) -> str: ...

    @property
    def observed_on(self) -> date: ...


class Contradicting(Protocol):
    """Codings of one indicator that contradict each other."""

    @property
    def levels_apart(self) -> float: ...

    @property
    def first_on(self) -> date: ...

    @property
    def last_on(self) -> date: ...

    @property
    def origin(self) -> str: ...


def exact_level(level: float) -> str:
    """A level with its sign and all the decimals that it has."""
    return f"{level:+.6g}".replace("-", "−") if level else "0"


def some_of(codings: Iterable[str], more: str) -> list[str]:
    """At most SHOWN codings, from both ends, and between them how many more there are."""
    said = list(codings)
    if len(said) > SHOWN:
        said[SHOWN // 2 : -(SHOWN // 2)] = [more.format(len(said) - SHOWN)]
    return said
