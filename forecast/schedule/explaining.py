"""What moved each day's forecast against the one before: split by the fitting process, and stored for every face.

It is done once, by what is stored: a pair of runs that has no split gets one at the next pass, of the newest few pairs.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from sqlalchemy import Connection

from db.engine import Database
from db.errors import Conflict
from db.kinds import FULL_KINDS, PUBLISHED
from db.progress import Progress
from db.read_runs import read_run, read_runs
from forecast.clock import Clock, utc_now
from forecast.why.stored import read_step, store

PAIRS = 7
"""The newest so many are looked at: those of a week, whose causes then add up."""
TRIES = 3
"""A pair that could not be split is tried so often while a process lives."""
LIMIT_S = 300.0
"""A split takes seconds; alerts wait for it no longer than this."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two published full runs of a case, one directly before the other by as-of date and number."""

    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Explained:
    """The split of a pair is stored."""

    pair: Pair


def missing_pairs(connection: Connection, case_id: str, today: date) -> tuple[Pair, ...]:
    """Of the newest pairs those without a stored split, the newest first: alerts wait for that one."""
    runs = read_runs(connection, case_id, kinds=FULL_KINDS, statuses=(PUBLISHED,), until=today, limit=PAIRS + 1)
    pairs = (Pair(before.id, after.id) for after, before in pairwise(runs))
    return tuple(pair for pair in pairs if read_step(connection, pair.before, pair.after) is None)


def explain_pair(database: Database, pair: Pair, progress: Progress, clock: Clock = utc_now) -> Explained:
    """Split the difference between the two runs, and store it; that it is there already is as good.

    Raises
    ------
    forecast.errors.NotExplained
        if it cannot be split
    """
    # NumPy and compiled code, which only the fitting process needs
    from forecast.why.explain import explain

    with database.read() as connection:
        before, after = read_run(connection, pair.before), read_run(connection, pair.after)
        found = explain(connection, database.posteriors, before, after, progress)
    with suppress(Conflict):
        store(database, found, clock)
    return Explained(pair)
