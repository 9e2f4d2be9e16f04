"""Codings read back: one observation's fields, and those that contradict each other."""

from collections.abc import Iterable
from typing import Any

from db.rows import ObservationRow
from forecast.facts.entries import Contradiction, ObservationEntry
from indicators.disagreements import Disagreement, find_disagreements


def coded(row: ObservationRow) -> dict[str, Any]:
    """The fields of an `ObservationEntry`."""
    return {
        "row": row.id,
        "observed_on": row.observed_on,
        "known_on": row.known_on,
        "level": row.level,
        "grade": f"{row.reliability}{row.credibility}",
        "source_title": row.source_title,
        "source_publisher": row.source_publisher,
        "source_url": row.source_url,
        "origin": row.origin,
        "analyst": row.analyst,
        "note": row.note,
    }


def contradictions(standing: Iterable[ObservationRow]) -> tuple[Contradiction, ...]:
    """What contradicts itself among rows that stand, the newest day first."""
    return tuple(map(_contradiction, find_disagreements(standing)))


def _contradiction(found: Disagreement[ObservationRow]) -> Contradiction:
    return Contradiction(
        indicator=found.indicator_id,
        first_on=found.first_on,
        last_on=found.last_on,
        origin=found.origin,
        levels_apart=found.levels_apart,
        codings=tuple(ObservationEntry(**coded(row)) for row in found.codings),
    )
