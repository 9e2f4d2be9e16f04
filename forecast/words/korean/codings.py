"""Codings in Korean: who says which level, from what source, of which day."""

from collections.abc import Iterable

from forecast.words.codings import Coded, Contradicting, exact_level, some_of
from forecast.words.korean.labels import LABELS


def row_place(row: int) -> str:
    """Where a stored coding stands."""
    return f"행 {row}"


def coding_text(one: Coded, place: str) -> str:
    """One coding; `place` says where it stands: its row, or that it is being entered."""
    source = ", ".join(filter(None, (one.source_title, one.source_publisher)))
    return f"{exact_level(one.level)}({one.analyst}, {LABELS.date(one.observed_on)}, {source}, {place})"


def contradiction_title(one: Contradicting, name: str) -> str:
    """Of which indicator, by its name, and of which report or day codings contradict each other, and by how much."""
    days = LABELS.date(one.first_on) + ("" if one.first_on == one.last_on else f"~{LABELS.date(one.last_on)}")
    origin = f", 원출처 {one.origin}" if one.origin else ""
    return f"{name}({days}{origin}): 평가가 {one.levels_apart:g}단계 엇갈림"


def contradiction_text(one: Contradicting, codings: Iterable[str], name: str) -> str:
    """The same with every coding; where there are very many, with those at both ends."""
    return f"{contradiction_title(one, name)}. {', '.join(some_of(codings, '외 {}건'))}"
