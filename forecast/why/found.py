"""An explanation as it is asked for: what is stored where it is, and made where it is not."""

from contextlib import suppress
from datetime import date

from sqlalchemy import Connection

from db.posteriors import Posteriors
from db.progress import Progress, silent
from db.run_rows import RunRow
from forecast.errors import NoForecast, NotExplained
from forecast.facts.why import DAILY, DIRECT, Explanation, main_reach, place_of
from forecast.why.daily import read_daily
from forecast.why.stored import read_step, read_stored


def find(
    connection: Connection,
    posteriors: Posteriors,
    before: RunRow,
    after: RunRow,
    *,
    path: str = DIRECT,
    progress: Progress = silent,
) -> Explanation:
    """What made the difference between two published full runs, by the present version of the model.

    Raises
    ------
    NotExplained
        if it cannot be split, or a daily step is not on file
    """
    if path == DAILY:
        return read_daily(connection, before, after)
    stored = read_stored(connection, before.id, after.id)
    if stored is not None:
        return stored
    from forecast.why.explain import explain  # compiled code, which what is stored does without

    return explain(connection, posteriors, before, after, progress)


def find_stored(connection: Connection, before: RunRow, after: RunRow) -> Explanation | None:
    """What is on file of it, without the mathematics: the whole step or the sum of daily ones; None without either."""
    step = read_step(connection, before.id, after.id)
    if step is not None:
        return step
    with suppress(NotExplained):
        return read_daily(connection, before, after)
    return None


def find_if_possible(
    connection: Connection, posteriors: Posteriors, before: RunRow, after: RunRow
) -> Explanation | None:
    """What is on file of it or, where nothing is, what can be found in some seconds; None where it cannot be split."""
    stored = find_stored(connection, before, after)
    if stored is not None:
        return stored
    with suppress(NotExplained):
        return find(connection, posteriors, before, after)
    return None


def place_asked(found: Explanation, horizon: int | date | None) -> int:
    """The place of a rolling horizon or deadline; without one, that of the longest rolling horizon.

    Raises
    ------
    NoForecast
        if not both runs forecast it
    """
    if horizon is None:
        return main_reach(found)
    days, deadline = (None, horizon) if isinstance(horizon, date) else (horizon, None)
    place = place_of(found, days, deadline)
    if place is None:
        known = ", ".join(str(one.deadline or one.horizon_days) for one in found.reaches)
        raise NoForecast(f"not both runs forecast {horizon}; they share {known}")
    return place
