"""The question of framing: candidates and the first model at the strict origins of 1998 to 2009."""

from collections.abc import Iterator
from datetime import date

from benchmarks.candidates import AS_BUILT, candidates, variants
from benchmarks.choice.strict import FIRST, FIRST_MODEL, beside, read_file, strict_backtest
from benchmarks.choice.tables import SITUATIONS, TARGETS, plus_minus, table
from forecast.evaluation.forecasters import MODEL, Forecaster, LaplaceModel
from forecast.evaluation.origins import Backtest, monthly_origins
from forecast.evaluation.scoreboard import Score, Selection, score_table

ORIGINS = monthly_origins(date(1998, 1, 1), date(2009, 12, 1))
DAYS = 180
HEADLINE = "arms_control_talks"
ERRORS = 2.0
"""Paired standard errors by which a candidate must be better to replace what is built."""


def score_framing(workers: int, *, with_variants: bool = False) -> Backtest:
    """Every candidate at the origins of the choice, and the first model's forecasts beside them."""
    forecasters: dict[str, Forecaster] = {name: LaplaceModel(one) for name, one in candidates().items()}
    if with_variants:
        forecasters = variants() | forecasters
    return beside(strict_backtest(ORIGINS, forecasters, workers), read_file(FIRST_MODEL), {MODEL: FIRST})


def framing_report(backtest: Backtest, questioned: str = FIRST) -> Iterator[str]:
    """Markdown: log scores, biases and differences from what is built, and what follows for the framing."""
    yield f"Strict, {len(backtest.origins)} origins {backtest.origins[0]} … {backtest.origins[-1]}, {DAYS} days."
    yield "Log scores in nats, smaller is better; ± one standard error, paired, circular blocks of 18 months."
    for target, title in TARGETS.items():
        yield from _target_table(backtest, target, title)
    yield ""
    yield framing_verdict(backtest, questioned)


def _target_table(backtest: Backtest, target: str, title: str) -> Iterator[str]:
    tables = {which: score_table(backtest, Selection(target, DAYS, which), reference=AS_BUILT) for which in SITUATIONS}
    found = {which: scores for which, scores in tables.items() if scores}
    yield f"\n**{title}** (n: {', '.join(f'{which} {scores[0].n}' for which, scores in found.items())})\n"
    columns = [f"{what}, {which}" for which in found for what in ("log", "bias", f"log − {AS_BUILT}")]
    rows = zip(*found.values(), strict=True)
    yield from table(
        ("", *columns), ((one[0].name, *(cell for score in one for cell in _cells(score))) for one in rows)
    )


def _cells(score: Score) -> tuple[str, str, str]:
    difference = "" if score.name == AS_BUILT else plus_minus(score.log_difference)
    return f"{score.log:.3f}", f"{score.bias:+.3f}", difference


def framing_verdict(backtest: Backtest, questioned: str = FIRST) -> str:
    """Whether what is built stands, by the criterion of docs/choice.md: the headline over all these origins."""
    scores = score_table(backtest, Selection(HEADLINE, DAYS), reference=AS_BUILT)
    found = next(score.log_difference for score in scores if score.name == questioned)
    stands = not found.mean < -ERRORS * found.error
    said = f"{questioned} − {AS_BUILT} is {plus_minus(found)} on the headline, all"
    return f"Framing: {said}; {'what is built stands' if stands else f'{questioned} replaces what is built'}."
