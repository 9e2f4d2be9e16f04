"""Laplace's approximation against NUTS at origins spread over the strict backtest: does it score the same?"""

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np

from benchmarks.choice.strict import FIRST_MODEL, read_file, strict_backtest
from benchmarks.choice.tables import UNKNOWN, table
from forecast.evaluation.forecasters import Forecaster, LaplaceModel
from forecast.evaluation.lfo import ExactModel
from forecast.evaluation.origins import Backtest
from forecast.facts.quality import MET, MISSED
from models.scores import log_score
from models.settings import SamplerSettings
from models.spec import TARGETS, Floats
from models.structure import SHIPPED

LAPLACE, NUTS = "Laplace", "NUTS"
SETTINGS = SamplerSettings(chains=2, draws=500, tune=500, cores=1)
AT_MOST = 0.005
"""Nats by which the mean log scores may lie apart."""


def spread_origins(backtest: Backtest, number: int) -> tuple[date, ...]:
    """So many origins, evenly spread over those whose every window is resolved."""
    resolved = np.flatnonzero(~np.isnan(backtest.outcome).any(axis=(1, 2)))
    chosen = np.linspace(0, len(resolved) - 1, min(number, len(resolved))).round().astype(int)
    return tuple(backtest.origins[i] for i in resolved[chosen])


def score_exact(number: int, workers: int) -> Backtest:
    """Both at spread origins of the shipped case."""
    forecasters: dict[str, Forecaster] = {LAPLACE: LaplaceModel(SHIPPED), NUTS: ExactModel(SHIPPED, settings=SETTINGS)}
    return strict_backtest(spread_origins(read_file(FIRST_MODEL), number), forecasters, workers)


def exact_report(backtest: Backtest) -> Iterator[str]:
    """Markdown: mean log scores over every target, window and origin that is resolved; by target; by origin."""
    scores = {name: _scores(backtest, name) for name in (LAPLACE, NUTS)}
    whole = np.ones(len(TARGETS), dtype=bool)
    yield f"Strict, {len(backtest.origins)} origins {backtest.origins[0]} … {backtest.origins[-1]}; {NUTS}:"
    yield f"{SETTINGS.chains} chains × {SETTINGS.draws} draws. Mean log scores in nats over all resolved windows.\n"
    rows = [("all", whole), *((name.replace("_", " "), np.array(TARGETS) == name) for name in TARGETS)]
    yield from table(
        ("", LAPLACE, NUTS, f"{LAPLACE} − {NUTS}", "largest difference of a probability"),
        (_row(backtest, name, [scores[one][:, of] for one in scores], of) for name, of in rows),
    )
    yield f"\n{exact_verdict(backtest)}\n"
    apart = np.abs(backtest.forecasts[LAPLACE] - backtest.forecasts[NUTS]).max(axis=(1, 2))
    by_origin = zip(backtest.origins, scores[LAPLACE] - scores[NUTS], apart, strict=True)
    yield from table(
        ("origin", f"log score, {LAPLACE} − {NUTS}", "largest difference of a probability"),
        ((str(origin), _mean(difference, "+.4f"), f"{most:.3f}") for origin, difference, most in by_origin),
    )


def exact_verdict(backtest: Backtest) -> str:
    """Whether the mean log scores lie within the bound."""
    difference = float(np.nanmean(_scores(backtest, LAPLACE)) - np.nanmean(_scores(backtest, NUTS)))
    verdict = MET if abs(difference) <= AT_MOST else MISSED
    return f"|{LAPLACE} − {NUTS}| = {abs(difference):.4f}, at most {AT_MOST}: {verdict}."


def _row(backtest: Backtest, name: str, scores: Sequence[Floats], of: Floats) -> tuple[str, ...]:
    apart = np.abs(backtest.forecasts[LAPLACE] - backtest.forecasts[NUTS])[:, of].max()
    laplace, exact = scores
    return name, _mean(laplace, ".4f"), _mean(exact, ".4f"), _mean(laplace - exact, "+.4f"), f"{apart:.3f}"


def _mean(scores: Floats, form: str) -> str:
    known = scores[~np.isnan(scores)]
    return format(known.mean(), form) if known.size else UNKNOWN


def _scores(backtest: Backtest, name: str) -> Floats:
    """Log scores, (origin, target, horizon); nan where the window is not resolved."""
    score = log_score(backtest.forecasts[name], backtest.outcome)
    return np.where(np.isnan(backtest.outcome), np.nan, score)
