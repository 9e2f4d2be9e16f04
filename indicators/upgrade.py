"""What loading another version of a case changes, by name: for a desk to be told before it happens."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from db.rows import (
    IndicatorRow,
    NewCompleteness,
    NewDocument,
    NewEvent,
    NewJudgement,
    NewObservation,
)

type Fact = NewDocument | NewJudgement | NewObservation | NewEvent | NewCompleteness

_ASIDE = {
    "id",
    "recorded_at",
    "row_key",
    "valid_from",
    "valid_until",
    "known_on",
    "supersedes",
    "retracted",
    "reason",
    "analyst",
    "position",
    "added_on",
    "retired_on",
}
"""What is no part of what a row says."""


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one thing: added, changed (in these parts), withdrawn, or kept as the desk has it.

    Of what is kept, `parts` are those that the case changes too.
    """

    what: str
    name: str
    parts: tuple[str, ...] = ()


def catalogue_changes(
    before: Sequence[IndicatorRow], after: Sequence[IndicatorRow], folder: Sequence[IndicatorRow]
) -> tuple[Change, ...]:
    """What becomes of each indicator between two versions, given those of the folder that is loaded."""
    old = {row.indicator_id: row for row in before}
    new = {row.indicator_id: row for row in after}
    shipped = {row.indicator_id: row for row in folder}
    found = []
    for id_, row in new.items():
        if id_ not in old:
            found.append(Change("added", id_))
        elif row.added_on is not None and id_ in shipped:
            found.append(Change("kept", id_, content_changes(row, shipped[id_])))
        elif parts := content_changes(old[id_], row):
            found.append(Change("changed", id_, parts))
    return (*found, *(Change("withdrawn", id_) for id_ in old if id_ not in new))


def content_changes(before: object, after: object) -> tuple[str, ...]:
    """The parts in which two rows of a kind say different things."""
    names = [item.name for item in fields(after) if item.name not in _ASIDE]  # type: ignore[arg-type]
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


def fact_name(row: Any) -> str:
    """What an analyst calls a fact."""
    if isinstance(row, NewJudgement):
        return f"{row.document_id} on {row.indicator_id} for {row.target}"
    if isinstance(row, NewDocument):
        return row.document_id
    if isinstance(row, NewEvent):
        return row.event_id
    if isinstance(row, NewObservation):
        return f"{row.indicator_id} {row.level:+g} on {row.observed_on} ({row.source_title})"
    assert isinstance(row, NewCompleteness)
    return f"{row.type} complete through {row.complete_through}"
