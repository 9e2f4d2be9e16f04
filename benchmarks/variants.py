"""Scores of the model's variants and of the naive baselines at rolling origins, as Markdown tables.

    python -m benchmarks.variants --from 1998-01-01 --to 2009-05-01       the origins on which the model was chosen
    python -m benchmarks.variants --from 2010-01-01 --to 2026-04-01 --shipped

The shipped case is read into a database in a temporary folder. Numbers are Laplace's approximation.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from benchmarks.candidates import candidates
from db.migrate import create_database
from db.when import When
from forecast.engine.assemble import read_rows
from forecast.evaluation.forecasters import Forecaster, Naive, shipped_forecasters
from forecast.evaluation.origins import Backtest, monthly_origins, problems_at, run_backtest
from forecast.evaluation.scoreboard import Score, Selection, score_table
from indicators.folder import read_case_folder
from indicators.install import install_case
from indicators.shipped import shipped_case
from models.baselines import BASELINES
from models.spec import Horizon
from models.structure import SHIPPED

HORIZONS = (Horizon(30), Horizon(90), Horizon(180), Horizon(365))
REFERENCE = "dry/wet climatology, 3-year half-life"


def main() -> None:
    options = _options()
    forecasters: Mapping[str, Forecaster] = (
        shipped_forecasters(SHIPPED)
        if options.shipped
        else {**{name: Naive(name) for name in BASELINES}, **candidates()}
    )
    begun = time.perf_counter()
    backtest = _run(options, forecasters)
    print(f"{backtest.kind}, {len(backtest.origins)} origins {backtest.origins[0]} … {backtest.origins[-1]}, ", end="")
    print(f"{time.perf_counter() - begun:.0f} s")
    for target, days in (
        ("limits_talks", 180),
        ("limits_talks", 90),
        ("limits_talks", 365),
        ("arms_control_talks", 180),
    ):
        _print(backtest, target, days, options.reference)
    if options.shipped:
        for target, days in (("denuclearisation_talks", 180), ("contact", 180), ("crisis", 180), ("deal", 365)):
            _print(backtest, target, days, options.reference)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="first", type=date.fromisoformat, default=date(1998, 1, 1))
    parser.add_argument("--to", dest="last", type=date.fromisoformat, default=date(2009, 5, 1))
    parser.add_argument("--step", type=int, default=2, help="months between origins")
    parser.add_argument("--strict", action="store_true", help="only judgements published by the origin")
    parser.add_argument("--reference", default=REFERENCE, help="the row that differences are taken from")
    parser.add_argument("--shipped", action="store_true", help="the shipped model and its reductions only")
    return parser.parse_args()


def _run(options: argparse.Namespace, forecasters: Mapping[str, Forecaster]) -> Backtest:
    kind = "strict" if options.strict else "retrospective"
    with (
        tempfile.TemporaryDirectory() as folder,
        create_database(f"sqlite:///{Path(folder) / 'parley.db'}") as database,
    ):
        install_case(database, read_case_folder(shipped_case()), datetime.now(UTC))
        with database.read() as connection:
            today = read_rows(connection, When(as_of=date(2026, 10, 10)))
            origins = monthly_origins(options.first, options.last, options.step)
            problems = list(problems_at(connection, origins, HORIZONS, kind, today))
            (truth,) = problems_at(connection, (date(2026, 10, 10),), HORIZONS, kind, today)
    return run_backtest(problems, truth, forecasters, kind, cached=True, progress=_progress)


def _progress(done: int, total: int) -> None:
    print(f"\r{done}/{total}   ", end="\n" if done == total else "", file=sys.stderr, flush=True)


def _print(backtest: Backtest, target: str, days: int, reference: str) -> None:
    whole = score_table(backtest, Selection(target, days), reference=reference)
    dry = score_table(backtest, Selection(target, days, "dry"), reference=reference)
    print(f"\n**{target}, {days} days** (n = {whole[0].n}, dry {dry[0].n})\n")
    print("| | Brier all / dry | log all / dry | bias all / dry | log − reference, all | dry | AUC dry |")
    print("|---|---|---|---|---|---|---|")
    for a, d in zip(whole, dry, strict=True):
        print(
            f"| {a.name} | {a.brier.score:.3f} / {d.brier.score:.3f} | {a.log:.3f} / {d.log:.3f} "
            f"| {a.bias:+.3f} / {d.bias:+.3f} "
            f"| {_difference(a, reference)} | {_difference(d, reference)} | {d.auc:.2f} |"
        )


def _difference(score: Score, reference: str) -> str:
    return (
        "reference"
        if score.name == reference
        else f"{score.log_difference.mean:+.3f} ± {score.log_difference.error:.3f}"
    )


if __name__ == "__main__":
    main()
