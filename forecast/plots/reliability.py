"""How often what was said came true: the calibration curves of a backtest."""

from matplotlib.figure import Figure
from sqlalchemy import Connection

from db.posteriors import Posteriors
from db.read import read_case
from forecast.errors import NoBacktest
from forecast.evaluation.figures import calibrate_all
from forecast.evaluation.quality import read_quality
from forecast.evaluation.report import judged_targets
from forecast.evaluation.stored import read_backtest
from forecast.facts.evidence import ReliabilityFacts
from forecast.plots.trust import reliability_figure
from forecast.words.english.labels import LABELS as ENGLISH
from forecast.words.english.plots import backtest_name
from forecast.words.labels import Labels


def read_reliability(
    connection: Connection, posteriors: Posteriors, *, backtest_id: int | None = None, case_id: str | None = None
) -> ReliabilityFacts:
    """The curves of a backtest (None: the one that the sentence of `parley show` is of).

    Parameters
    ----------
    posteriors : where the arrays of backtests lie

    Raises
    ------
    NoBacktest
        if there is none, none of that number, or none that holds windows of the curves' length that have ended
    db.errors.StoreError
        if there is no such case, or the file of the backtest is missing
    """
    case = read_case(connection, case_id)
    quality = read_quality(connection, case_id=case.case_id)
    source, backtest = read_backtest(connection, posteriors, case, quality, backtest_id)
    curves = calibrate_all(backtest, judged_targets(case.headline))
    if not curves:
        raise NoBacktest(
            f"{backtest_name(source)} holds no window of the curves' length that has ended; run `parley backtest`"
        )
    return ReliabilityFacts(source, curves)


def draw_reliability_figure(facts: ReliabilityFacts, labels: Labels = ENGLISH) -> Figure:
    """Each curve in its band, over how often each probability was said."""
    return reliability_figure(facts.calibrations, labels)
