"""What moved the forecast since the day before, stored after a run is published and never in its transaction.

It is found by the process that fits, which has the mathematics loaded. Whatever goes wrong, the run stands; a step that
is missing is found with the next run.
"""

from sqlalchemy import Connection

from db.engine import Database
from db.errors import Conflict, ParleyError
from db.progress import Progress
from db.read_runs import read_run
from db.run_rows import RunRow
from forecast.clock import Clock, utc_now
from forecast.why.explain import explain
from forecast.why.pairs import run_before
from forecast.why.stored import read_step, store

STEPS = 2
"""The steps that are stored, back from a run: its own, and that before it if it is missing."""


def store_steps(database: Database, run_id: int, progress: Progress, clock: Clock = utc_now) -> str:
    """Store the steps to a published run that are missing; what could not be found in a line, "" where all is there."""
    with database.read() as connection:
        wanted = _missing(connection, read_run(connection, run_id))
    failures = []
    for before, after in wanted:
        try:
            with database.read() as connection:
                found = explain(connection, database.posteriors, before, after, progress)
            store(database, found, clock)
        except Conflict:  # another has stored it meanwhile
            continue
        except ParleyError as error:
            failures.append(str(error))
    return failures[0] if failures else ""


def _missing(connection: Connection, run: RunRow) -> list[tuple[RunRow, RunRow]]:
    """The pairs of runs whose step is not on file, the later first."""
    found: list[tuple[RunRow, RunRow]] = []
    after = run
    for _ in range(STEPS):
        before = run_before(connection, after)
        if before is None:
            break
        if read_step(connection, before.id, after.id) is None:
            found.append((before, after))
        after = before
    return found
