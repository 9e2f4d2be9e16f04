"""The command that scores the model on the past."""

from collections.abc import Callable
from datetime import date
from typing import Annotated

import typer

from forecast.cli.console import (
    AsOf,
    Json,
    case_id,
    check_choices,
    opened,
    parse_day,
    print_json,
    shown,
    today_of,
    whole,
)
from forecast.cli.lazy import Interrupted
from forecast.cli.progress import watch
from forecast.cli.streams import answering
from models.spec import TARGETS

MOST_WORKERS = 1000
LONGEST_WINDOW = 3650


def backtest(
    first: Annotated[
        date | None,
        typer.Option(
            "--from", parser=parse_day, metavar="DATE", help="First origin (default: five years into the record)."
        ),
    ] = None,
    last: Annotated[
        date | None,
        typer.Option(
            "--to", parser=parse_day, metavar="DATE", help="Last origin (default: the last whose windows are over)."
        ),
    ] = None,
    every: Annotated[
        str, typer.Option(metavar="STEP", help="Step between origins: 30d, or 1m for the first of each month.")
    ] = "1m",
    horizons: Annotated[
        str, typer.Option(metavar="DAYS", help="Windows in days, separated by commas.")
    ] = "30,90,180,365",
    models: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="NAME", help="Run only this forecaster; may be repeated (default: all)."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict/--retrospective", help="Use only judgements published by the origin, or today's.")
    ] = True,
    nuts: Annotated[bool, typer.Option("--nuts", help="Fit Parley by NUTS at every origin; takes hours.")] = False,
    psis: Annotated[bool, typer.Option("--psis", help="Fit by NUTS now and then, and reweight in between.")] = False,
    dask: Annotated[
        str | None, typer.Option(metavar="local|ADDRESS", help="Spread the work over Dask workers.")
    ] = None,
    workers: Annotated[
        int, typer.Option(parser=whole(1, MOST_WORKERS), metavar="N", help="Number of processes on this machine.")
    ] = 2,
    targets: Annotated[
        list[str] | None,
        typer.Option("--target", metavar="TARGET", help="Show only this target; may be repeated (JSON has all)."),
    ] = None,
    as_of: AsOf = None,
    json_: Json = False,
) -> None:
    """Score forecasts made as of past dates. Each uses only what was known then; naive forecasts stand beside them.

    The result is stored. If you stop it, the same command carries on from there.
    """
    if nuts and psis:
        raise typer.BadParameter("give either --nuts or --psis, not both", param_hint="'--nuts'")
    with opened(to_write=True) as database:
        # with pandas, xarray and ArviZ it takes some three seconds, which help should not wait for
        from forecast.cli.backtest_tables import print_backtest
        from forecast.evaluation.evaluate import FORECASTERS, Plan, evaluate, parse_step

        _check(first, last, every, parse_step)
        plan = Plan(
            first=first,
            last=last,
            every=every,
            horizons=_days(horizons),
            models=check_choices("--model", models, FORECASTERS) or FORECASTERS,
            kind="strict" if strict else "retrospective",
            engine="nuts" if nuts else "psis" if psis else "laplace",
        )
        shown = check_choices("--target", targets, TARGETS)
        try:
            with watch(warm=True) as progress:
                day = as_of or today_of(database)
                row = evaluate(
                    database,
                    day,
                    plan,
                    workers=workers,
                    dask=dask,
                    progress=progress,
                    case_id=case_id(),
                )
        except KeyboardInterrupt:
            kept = "stopped: forecasts made so far are kept; the same command carries on from there"
            raise Interrupted(kept) from None
    with answering(f"the backtest is stored as number {row.id}"):
        print_json(row) if json_ else print_backtest(row, shown)


def _check(first: date | None, last: date | None, every: str, parse_step: Callable[[str], object]) -> None:
    """Refuse origins that end before they begin, and a step that is none."""
    if first and last and last < first:
        raise typer.BadParameter(f"{last} is before --from {first}; name a later day", param_hint="'--to'")
    try:
        parse_step(every)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--every'") from None


def _days(horizons: str) -> tuple[int, ...]:
    """The windows written with commas between."""
    window = whole(1, LONGEST_WINDOW)
    try:
        return tuple(sorted({window(day.strip()) for day in horizons.split(",")}))
    except typer.BadParameter:
        raise typer.BadParameter(
            f"{shown(horizons)} is not a list of days; write one such as 30,90,180,365", param_hint="'--horizons'"
        ) from None
