"""What moved the headline between the two full runs of a brief: as it is on file, else told apart on the spot."""

from contextlib import suppress

from sqlalchemy import Connection

from db.errors import StoreError
from db.posteriors import Posteriors
from db.run_rows import RunRow
from forecast.facts.causes import Explained, of_headline
from forecast.facts.changes import Since
from forecast.structures import structure_of
from forecast.why.found import find_if_possible


def read_why(connection: Connection, posteriors: Posteriors, since: Since, run: RunRow) -> Explained | None:
    """What moved it from the run that is compared with, which takes seconds where it is not on file.

    None where it cannot be told apart: then a brief says which levels moved. So too where both runs are one, or are by
    two structures of the model: what a change of it did is told by itself.
    """
    before = since.run
    if before is None or before.id == run.id or structure_of(before) != structure_of(run):
        return None
    with suppress(StoreError):  # the brief itself can be read, and is not lost for want of causes
        found = find_if_possible(connection, posteriors, before, run)
        return of_headline(found) if found else None
    return None
