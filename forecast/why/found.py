"""An explanation as it is asked for: what is stored where it is, and made where it is not."""

from db.engine import Database
from db.progress import Progress, silent
from db.run_rows import RunRow
from forecast.facts.why import DAILY, DIRECT, Explanation
from forecast.why.daily import read_daily
from forecast.why.stored import read_stored


def find(
    database: Database, before: RunRow, after: RunRow, path: str = DIRECT, progress: Progress = silent
) -> Explanation:
    """What made the difference between two published full runs, by the present version of the model.

    Raises
    ------
    NotExplained
        if it cannot be split, or a daily step is not on file
    """
    with database.read() as connection:
        if path == DAILY:
            return read_daily(connection, before, after)
        stored = read_stored(connection, before.id, after.id)
    if stored is not None:
        return stored
    from forecast.why.explain import explain  # compiled code, which what is stored does without

    return explain(database, before, after, progress)
