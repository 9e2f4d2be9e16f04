"""The command that scores the model on the past."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from forecast.cli.console import AsOf, Json, case_id, check_choices, opened, parse_day, print_json, today

if TYPE_CHECKING:
    from forecast.evaluation.evaluate import Plan


def backtest(
    first: Annotated[
        date | None,
        typer.Option("--from", parser=parse_day, metavar="DATE", help="First origin (default: five years of record)."),
    ] = None,
    last: Annotated[
        date | None,
        typer.Option("--to", parser=parse_day, metavar="DATE", help="Last origin (default: the last that resolves)."),
    ] = None,
    every: Annotated[
        str, typer.Option(metavar="STEP", help="Between origins: 30d, or 1m for firsts of months.")
    ] = "1m",
    horizons: Annotated[str, typer.Option(metavar="DAYS", help="Windows in days, by commas.")] = "30,90,180,365",
    models: Annotated[
        list[str] | None, typer.Option("--model", metavar="NAME", help="Only these; may be repeated (default: all).")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict/--retrospective", help="Judgements published by the origin, or today's.")
    ] = True,
    nuts: Annotated[bool, typer.Option("--nuts", help="Fit Parley by NUTS at every origin; hours.")] = False,
    psis: Annotated[bool, typer.Option("--psis", help="By NUTS, reweighted between refits.")] = False,
    dask: Annotated[
        str | None, typer.Option(metavar="local|ADDRESS", help="Spread the work over Dask workers.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes on this machine.")] = 2,
    targets: Annotated[
        list[str] | None,
        typer.Option("--target", metavar="TARGET", help="Show these; may be repeated (JSON has all)."),
    ] = None,
    as_of: AsOf = None,
    json_: Json = False,
) -> None:
    """Score forecasts of past dates. Made from what was known on them, beside naive ones, and stored.

    What was done before is not done again: stop it, and the same command goes on.
    """
    if nuts and psis:
        raise typer.BadParameter("give one of --nuts and --psis", param_hint="'--nuts'")
    with opened() as database:
        from forecast.cache import use_compile_cache

        use_compile_cache()
        engine = "nuts" if nuts else "psis" if psis else "laplace"
        plan = _plan(first, last, every, horizons, models, "strict" if strict else "retrospective", engine)
        from forecast.cli.progress import watch
        from forecast.evaluation.evaluate import evaluate
        from models.spec import TARGETS

        shown = check_choices("--target", targets, TARGETS)
        try:
            with watch(warm=True) as progress:
                row = evaluate(
                    database, as_of or today(), plan, workers=workers, dask=dask, progress=progress, case_id=case_id()
                )
        except KeyboardInterrupt:
            typer.echo("stopped: forecasts made so far are kept; the same command goes on from there", err=True)
            raise typer.Exit(130) from None
    if json_:
        print_json(row)
    else:
        from forecast.cli.backtest_tables import print_backtest

        print_backtest(row, shown)


def _plan(
    first: date | None, last: date | None, every: str, horizons: str, models: list[str] | None, kind: str, engine: str
) -> "Plan":
    """The plan of the options; each mistake in usage says what would be right."""
    from forecast.evaluation.evaluate import FORECASTERS, Plan, parse_step

    if first and last and last < first:
        raise typer.BadParameter(f"{last} lies before --from {first}; name a later day", param_hint="'--to'")
    try:
        parse_step(every)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--every'") from None
    days = horizons.split(",")
    if not all(day.strip().isdecimal() and 1 <= int(day) <= 3650 for day in days):
        raise typer.BadParameter(
            f"{horizons!r} is not a list of days; write such as 30,90,180,365", param_hint="'--horizons'"
        )
    chosen = check_choices("--model", models, FORECASTERS) or FORECASTERS
    return Plan(first, last, every, tuple(sorted({int(day) for day in days})), chosen, kind, engine)
