"""Codings in words: who says which level, from what source, of which day."""

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


def coding_text(one: Coded, place: str) -> str:
    """One coding; `place` says where it stands: its row, or that it is being entered."""
    source = ", ".join(filter(None, (one.source_title, one.source_publisher)))
    return f"{exact_level(one.level)} by {one.analyst} on {one.observed_on} ({source}; {place})"


def contradiction_title(one: Contradicting, name: str) -> str:
    """Of which indicator, by its name, and of which report or day codings contradict each other, and by how much."""
    days = f"on {one.first_on}" if one.first_on == one.last_on else f"from {one.first_on} to {one.last_on}"
    origin = f", origin {one.origin}" if one.origin else ""
    return f"{name} {days}{origin}: codings {one.levels_apart:g} levels apart"


def contradiction_text(one: Contradicting, codings: Iterable[str], name: str) -> str:
    """The same with every coding; where there are very many, with those at both ends."""
    return f"{contradiction_title(one, name)}: {'; '.join(some_of(codings, '… {} more …'))}"


def some_of(codings: Iterable[str], more: str) -> list[str]:
    """At most SHOWN codings, from both ends, and between them how many more there are."""
    said = list(codings)
    if len(said) > SHOWN:
        said[SHOWN // 2 : -(SHOWN // 2)] = [more.format(len(said) - SHOWN)]
    return said
