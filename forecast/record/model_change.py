"""What a change of the model's structure alone did to the numbers between two runs, read back."""

from sqlalchemy import Connection

from db.read_runs import read_published_details
from db.run_rows import RunRow
from forecast.structures import ModelChange, change_of, structure_of
from forecast.words.english.model import UNCOMPARED


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
        lacking=UNCOMPARED,
    )
    return next(iter([*mine, *found]), unknown)
