"""What a change of the model's structure alone did to the numbers between two runs, read back and told calmly."""

from collections.abc import Sequence

from sqlalchemy import Connection

from db.read_runs import read_published_details
from db.run_rows import RunRow
from forecast.structures import ModelChange, ModelLine, change_of, structure_of
from forecast.words.numbers import percent, reach, signed


def read_model_changes(connection: Connection, case_id: str) -> tuple[ModelChange, ...]:
    """Every change that a published full run is stored with, of the newest as-of date first."""
    details = read_published_details(connection, case_id)
    return tuple(change for detail in details.values() if (change := change_of(detail)))


def change_between(connection: Connection, before: RunRow, after: RunRow) -> ModelChange | None:
    """The change of structure from one run to a later one; None where they are of the same."""
    structures = structure_of(before), structure_of(after)
    if structures[0] == structures[1]:
        return None
    changes = read_model_changes(connection, after.case_id)
    found = [one for one in changes if (one.from_structure, one.to_structure) == structures]
    mine = [one for one in found if one.from_run == before.id]
    unknown = ModelChange(
        from_run=before.id,
        from_structure=structures[0],
        to_structure=structures[1],
        lacking="no run on file compares the two",
    )
    return next(iter([*mine, *found]), unknown)


def lines_of_headline(change: ModelChange, headline: str) -> tuple[ModelLine, ...]:
    """Those of the headline: rolling horizons from short to long, then deadlines."""
    mine = [line for line in change.lines if line.target == headline]
    return tuple(sorted(mine, key=lambda line: (line.deadline is not None, line.horizon_days or 0)))


def model_change_sentence(change: ModelChange, headline: str) -> str:
    """What the change alone did to the headline; or why that is not known."""
    lines = lines_of_headline(change, headline)
    models = f"model {change.to_structure} instead of model {change.from_structure}"
    if not lines:
        why = change.lacking or "that run did not forecast the headline"
        return (
            f"The number now comes from {models}; by how much that alone moved it since run {change.from_run} is not "
            f"known: {why}."
        )
    return (
        f"The number moved by {_listed(lines)} because the model changed, not the world: {models}, on what run "
        f"{change.from_run} had read."
    )


def _listed(lines: Sequence[ModelLine]) -> str:
    return ", ".join(
        f"{signed(line.points, 1)} points {reach(line)} ({percent(line.old)} → {percent(line.new)})" for line in lines
    )
