"""Scores by which the structure of the model is chosen (docs/choice.md), as Markdown.

    python -m benchmarks.choice framing             candidates before 2010, by headline and talks on limits
    python -m benchmarks.choice bounds FILE.nc      a strict backtest of a new model against the first model's
    python -m benchmarks.choice exact --origins 12  Laplace's approximation against NUTS
    python -m benchmarks.choice martingale          with and without the moment term

FILE.nc is what `parley backtest` stores, or forecast/shipped_backtest.nc. Forecasts are kept as they are made, and not
made again by the same code.
"""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.choice.exact import exact_report, score_exact
from benchmarks.choice.framing import framing_report, score_framing
from benchmarks.choice.martingale import martingale_report, score_martingale
from benchmarks.choice.report import bounds_report
from benchmarks.choice.strict import FIRST_MODEL, read_file
from forecast.errors import ParleyError


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the report that is asked for."""
    options = _parser().parse_args(arguments)
    try:
        for line in _report(options):
            print(line, flush=True)
    except ParleyError as error:
        raise SystemExit(f"error: {error}") from None


def _report(options: argparse.Namespace) -> Iterable[str]:
    if options.report == "framing":
        return framing_report(score_framing(options.workers, with_variants=options.variants))
    if options.report == "exact":
        return exact_report(score_exact(options.origins, options.workers))
    if options.report == "martingale":
        return martingale_report(score_martingale(options.workers))
    return bounds_report(read_file(options.file), read_file(FIRST_MODEL))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.choice", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reports = parser.add_subparsers(dest="report", required=True, metavar="REPORT")
    framing = reports.add_parser("framing", help="candidates at the origins of 1998 to 2009")
    framing.add_argument("--variants", action="store_true", help="changes of one thing of what is built as well")
    bounds = reports.add_parser("bounds", help="a new model's strict backtest against the first model's")
    bounds.add_argument("file", type=Path, metavar="FILE.nc")
    exact = reports.add_parser("exact", help="Laplace's approximation against NUTS")
    exact.add_argument("--origins", type=_count, default=12, help="spread over the strict backtest (default: 12)")
    martingale = reports.add_parser("martingale", help="rates over the levels that may be, at every strict origin")
    for one in (framing, exact, martingale):
        one.add_argument("--workers", type=_count, default=2, help="processes that forecast (default: 2)")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least 1")
    return int(text)


if __name__ == "__main__":
    main()
