"""What stands behind a history of few dates: what a backtest says would have been forecast before them."""

from datetime import date, timedelta

from sqlalchemy import Connection

from db.errors import StoreError
from db.posteriors import Posteriors
from db.rows import CaseRow
from forecast.errors import NoBacktest
from forecast.evaluation.alike import PARLEY
from forecast.evaluation.quality import read_quality
from forecast.evaluation.stored import read_backtest
from forecast.facts.pictures import Context
from models.spec import TARGETS

FEW = 8
"""With fewer dates a history has a context."""
YEARS = 3
"""How far it reaches back where nothing else was asked."""


def read_context(
    connection: Connection,
    posteriors: Posteriors,
    case: CaseRow,
    target: str,
    days: int,
    *,
    first: date | None,
    last: date,
) -> Context | None:
    """From the backtest that the forecasts are judged by, up to the first date; None where it does not hold these.

    Parameters
    ----------
    posteriors : where the arrays of backtests lie
    first : None for some years before `last`
    """
    try:
        source, backtest = read_backtest(
            connection, posteriors, case, read_quality(connection, case_id=case.case_id), None
        )
    except (NoBacktest, StoreError):  # without it the picture is poorer, and true
        return None
    if days not in backtest.days() or PARLEY not in backtest.forecasts:
        return None
    said = backtest.forecasts[PARLEY][:, TARGETS.index(target), backtest.days().index(days)]
    begin = first or last - timedelta(days=YEARS * 365)
    shown = [(origin, float(p)) for origin, p in zip(backtest.origins, said, strict=True) if begin <= origin < last]
    if len(shown) < FEW:
        return None
    origins, probabilities = zip(*shown, strict=True)
    return Context(kind=source.kind, model_version=source.model_version, origins=origins, said=probabilities)
