"""Codings in English: who says which level, from what source, of which day."""

from collections.abc import Iterable

from forecast.words.codings import Coded, Contradicting, exact_level, some_of


def row_place(row: int) -> str:
    """Where a stored coding stands."""
    return f"row {row}"


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
