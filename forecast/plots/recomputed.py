"""The last days of a history as the present structure of the model would have had them, which is no track record.

Each point is made from what could be known by its date, by Laplace's approximation as in a backtest; but the structure
was chosen later, with what happened in view.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import Connection

from db.progress import Progress, silent
from db.when import When
from forecast.engine.assemble import read_problem
from forecast.engine.rows import reach_of
from forecast.errors import NotEnough
from forecast.evaluation.forecasters import LaplaceModel
from forecast.facts.pictures import RECOMPUTED_DAYS, Horizon, Recomputed
from models.laplace import NoMode
from models.spec import TARGETS
from models.structure import SHIPPED

REACH_DAYS = 90


def recompute(
    connection: Connection, case_id: str, target: str, horizon: Horizon, last: When, progress: Progress = silent
) -> Recomputed:
    """The probability of a target, weekly up to the as-of date of ``last`` and on what was recorded by its instant.

    A date that gives no forecast, or none of this horizon, is left out.
    """
    days = [last.as_of - timedelta(days=ago) for ago in range(0, REACH_DAYS + 1, RECOMPUTED_DAYS)][::-1]
    found: list[tuple[date, float]] = []
    for done, day in enumerate(days):
        progress("recomputing", done, len(days), f"as of {day}")
        when = When(as_of=day, as_recorded=last.as_recorded)
        found += ((day, p) for p in _said(connection, case_id, target, horizon, when))
    return tuple(found)


def _said(connection: Connection, case_id: str, target: str, horizon: Horizon, when: When) -> Iterator[float]:
    try:
        _, _, problem = read_problem(connection, when, case_id=case_id)
        means = LaplaceModel(SHIPPED)(problem).targets
    except (NotEnough, NoMode):
        return
    for place, one in enumerate(problem.horizons):
        if horizon in reach_of(one):
            yield float(means[TARGETS.index(target), place])
