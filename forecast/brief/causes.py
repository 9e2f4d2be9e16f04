"""What moved the headline between the two full runs of a brief: as it is on file, else told apart on the spot."""

from contextlib import suppress
from dataclasses import replace

from sqlalchemy import Connection

from db.engine import Database
from db.errors import StoreError
from db.run_rows import RunRow
from forecast.errors import ForecastError
from forecast.facts.brief import Brief
from forecast.facts.causes import Explained, of_headline
from forecast.facts.changes import Since
from forecast.structures import structure_of
from forecast.why.found import find
from forecast.why.told import read_told


def read_why(connection: Connection, since: Since, run: RunRow) -> Explained | None:
    """As far as it is on file."""
    if since.run is None or not _comparable(since.run, run):
        return None
    found = read_told(connection, since.run, run)
    return of_headline(found) if found else None


def with_why(database: Database, brief: Brief) -> Brief:
    """The same with what moved the headline, which takes seconds where it is not on file.

    Without it where it cannot be told apart: then a brief says which levels moved.
    """
    before = brief.changes.since.run
    if brief.changes.why is not None or before is None or not _comparable(before, brief.run):
        return brief
    with suppress(ForecastError, StoreError):  # the brief itself has been read, and is not lost for want of causes
        why = of_headline(find(database, before, brief.run))
        return replace(brief, changes=replace(brief.changes, why=why))
    return brief


def _comparable(before: RunRow, run: RunRow) -> bool:
    """Whether there are two, by one structure of the model: what a change of it did is told by itself."""
    return before.id != run.id and structure_of(before) == structure_of(run)
