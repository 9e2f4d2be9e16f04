"""Explanations on file: the step of every day, stored once it is found."""

from sqlalchemy import Connection

from db.append import append_explanation
from db.engine import Database
from db.read_explanations import read_explanation, read_steps_to
from db.read_runs import read_run
from db.run_rows import NewExplanation
from forecast.clock import Clock, utc_now
from forecast.facts.why import DIRECT, Explanation
from forecast.identity import model_version
from forecast.why.payload import from_stored, to_stored

METHOD = "Owen values, pooled draws"


def store(database: Database, found: Explanation, clock: Clock = utc_now) -> int:
    """Store what made the difference between two runs, and return its row; Conflict if it is there.

    It is never part of the transaction of a run: whatever goes wrong here, the forecast stands.
    """
    with database.write() as connection:
        before, after = (read_run(connection, end.run_id) for end in (found.before, found.after))
        new = NewExplanation(
            case_id=found.case_id,
            before_run_id=before.id,
            run_id=after.id,
            path=found.path,
            method=METHOD,
            code_version=found.code_version,
            model_version=found.model_version,
            inputs_hash_before=before.inputs_hash,
            inputs_hash=after.inputs_hash,
            result=to_stored(found),
        )
        return append_explanation(connection, new, clock())


def read_stored(connection: Connection, before_run_id: int, run_id: int, path: str = DIRECT) -> Explanation | None:
    """The step between two runs by the present version of the model; None if there is none on file."""
    row = read_explanation(connection, before_run_id, run_id, path, model_version())
    return None if row is None else from_stored(row.result)


def read_step(connection: Connection, before_run_id: int, run_id: int) -> Explanation | None:
    """The same by whatever version found it, the latest first."""
    rows = (row for row in read_steps_to(connection, run_id) if row.before_run_id == before_run_id)
    return next((from_stored(row.result) for row in rows if row.path == DIRECT), None)
