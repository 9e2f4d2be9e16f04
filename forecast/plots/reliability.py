"""How often what was said came true: the calibration curves of a backtest."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from sqlalchemy import Connection

from db.posteriors import Posteriors
from db.read import read_case
from forecast.errors import NoBacktest
from forecast.evaluation.figures import calibrate_all
from forecast.evaluation.quality import read_quality
from forecast.evaluation.report import judged_targets
from forecast.evaluation.stored import read_backtest
from forecast.facts.pictures import ReliabilityFacts
from forecast.facts.quality import Calibration, Source
from forecast.plots.trust import reliability_figure
from forecast.words.english.trust import ORIGINS
from forecast.words.names import target_name


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
        raise NoBacktest(f"{_name(source)} holds no window of the curves' length that has ended; run `parley backtest`")
    return ReliabilityFacts(source, curves, _caption(source, curves))


def draw_reliability_figure(facts: ReliabilityFacts) -> Figure:
    """Each curve in its band, over how often each probability was said."""
    return reliability_figure(facts.calibrations)


def _name(source: Source) -> str:
    return "the shipped backtest" if source.evaluation_id is None else f"backtest {source.evaluation_id}"


def _caption(source: Source, calibrations: Sequence[Calibration]) -> str:
    levels = " and ".join(f"{level:.0f}" for level in sorted({100 * one.level for one in calibrations}))
    return (
        f"How often what Parley said came true in {_name(source)} ({source.kind}, {source.origins} origins from "
        f"{source.first} to {source.last}): isotonic curves with {levels} % bands, which hold the whole curve if the "
        f"forecasts are right, over how often each probability was said. {'; '.join(map(_verdict, calibrations))}."
    )


def _verdict(one: Calibration) -> str:
    side = "inside" if one.inside else "outside"
    few = "" if one.enough else ", too few events to tell more"
    curve = f"{target_name(one.target)} in {one.horizon_days} d, {ORIGINS[one.situation]} (n = {one.n})"
    return f"{curve[0].upper()}{curve[1:]}: {side} its band{few}"
