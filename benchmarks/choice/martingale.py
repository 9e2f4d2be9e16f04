"""The question of the martingale: rates taken over the levels that may be, beside what is built, at strict origins.

What is built takes rates at the expected levels; with the moment term they are E exp(b x) = exp(b m + b² V / 2), in the
fit and ahead, and a forecast does not drift when what is observed was expected (`benchmarks.martingale`).
"""

from collections.abc import Iterator
from dataclasses import replace

from benchmarks.candidates import AS_BUILT
from benchmarks.choice.strict import FIRST_MODEL, beside, read_file, strict_backtest
from benchmarks.choice.tables import SITUATIONS, TARGETS, plus_minus, table
from forecast.evaluation.forecasters import DocumentsOnly, Forecaster, LaplaceModel, baselines
from forecast.evaluation.origins import Backtest
from forecast.evaluation.scoreboard import ERAS, Score, Selection, best_baseline, score_table
from models.structure import SHIPPED

MOMENT = "moment term"
DOCUMENTS = "documents only"
DAYS = (180, 365)


def score_martingale(workers: int) -> Backtest:
    """Both, documents only with each, and the naive rows, at the origins that the first model was scored at."""
    other = replace(SHIPPED, moment_term=not SHIPPED.moment_term)
    named = {AS_BUILT: SHIPPED, _other(): other}
    forecasters: dict[str, Forecaster] = {
        **baselines(SHIPPED),
        DOCUMENTS: DocumentsOnly(SHIPPED),
        **{name: LaplaceModel(one) for name, one in named.items()},
    }
    first = read_file(FIRST_MODEL)
    return beside(strict_backtest(first.origins, forecasters, workers), first, {})


def _other() -> str:
    return "no moment term" if SHIPPED.moment_term else MOMENT


def martingale_report(backtest: Backtest) -> Iterator[str]:
    """Markdown: log scores, biases and differences from what is built, by situation and era."""
    yield f"Strict, {len(backtest.origins)} origins {backtest.origins[0]} … {backtest.origins[-1]}."
    yield "Log scores in nats, smaller is better; ± one standard error, paired, circular blocks of 18 months."
    for target, title in TARGETS.items():
        for days in DAYS:
            yield f"\n**{title}, {days} days**\n"
            groups = [Selection(target, days, situation, era) for situation in SITUATIONS for era in ERAS]
            rows = (row for selection in groups for row in _rows(backtest, selection))
            yield from table(("", "origins", "n", "log", "bias", f"log − {AS_BUILT}"), rows)


def _rows(backtest: Backtest, selection: Selection) -> Iterator[tuple[str, ...]]:
    naive = best_baseline(backtest, selection)
    scores = {score.name: score for score in score_table(backtest, selection, reference=AS_BUILT)}
    for name in (naive, DOCUMENTS, AS_BUILT, _other()):
        yield (name, f"{selection.situation}, {selection.era}", *_cells(scores[name]))


def _cells(score: Score) -> tuple[str, ...]:
    difference = "" if score.name == AS_BUILT else plus_minus(score.log_difference)
    return str(score.n), f"{score.log:.3f}", f"{score.bias:+.3f}", difference
