"""The command that checks the machinery, and how it prints what it found."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from forecast.cache import is_warm
from forecast.cli.console import AsOf, Json, case_id, check_choices, opened, print_json, today_of, whole
from forecast.cli.progress import watch
from forecast.cli.streams import answering
from forecast.cli.tables import bold, emit, grid, paragraph

if TYPE_CHECKING:
    from forecast.checks.subject import Check

MOST_WORLDS = 10_000
VERDICTS = {True: "ok", False: "FAILED", None: "look"}


def check(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Checks to run (default: all).")] = None,
    as_of: AsOf = None,
    simulations: Annotated[
        int,
        typer.Option(
            parser=whole(10, MOST_WORLDS),
            metavar="N",
            help="Simulated worlds for simulation-based calibration; the published run uses 200.",
        ),
    ] = 20,
    nuts: Annotated[
        bool, typer.Option("--nuts", help="Use the sampler's posterior, not Laplace's approximation.")
    ] = False,
    json_: Json = False,
) -> None:
    """Check that the model works as it should. The result is stored; exit code 1 means that a check failed.

    Checks: as-of, states, prior-predictive, posterior-predictive, power-scaling, assumptions,
    leave-out-indicator, leave-out-document, sbc.
    """
    warm = is_warm()
    # with pandas, xarray and ArviZ it takes some three seconds, which help should not wait for
    from forecast.checks.run import CHECKS, as_json, run_checks

    chosen = check_choices("NAME", names, tuple(CHECKS)) or tuple(CHECKS)
    with opened(to_write=True) as database, watch(warm=warm) as progress:
        day = as_of or today_of(database)
        found = run_checks(
            database, day, names=chosen, simulations=simulations, nuts=nuts, progress=progress, case_id=case_id()
        )
    with answering("what was found is stored"):
        print_json({"as_of": day, "checks": [as_json(one) for one in found]}) if json_ else _print(found)
    if any(one.passed is False for one in found):
        raise typer.Exit(1)


def _print(found: Sequence["Check"]) -> None:
    """A line per check, then the table of each."""
    width = max(len(one.name) for one in found) + 2
    for one in found:
        mark = f"{VERDICTS[one.passed]:<8}{one.name:<{width}}"
        emit(paragraph(one.sentence, indent=mark, hanging=" " * len(mark)))
    for one in found:
        header, *rows = one.table
        emit(["", bold(one.name), *grid(header, rows)])
