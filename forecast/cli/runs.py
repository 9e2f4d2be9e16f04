"""Commands that make and show forecasts: init, update, show."""

from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecast.cli.console import AsOf, Json, case_id, database_url, opened, print_json, today

if TYPE_CHECKING:
    from db.engine import Database


def init(
    case: Annotated[Path | None, typer.Option(help="A case folder (default: the shipped case us_dprk).")] = None,
    json_: Json = False,
) -> None:
    """Make the database, load the case. Doing it again migrates the database and adds only what is new."""
    from db.migrate import create_database
    from indicators.folder import read_case_folder
    from indicators.install import install_case
    from indicators.shipped import shipped_case

    folder = read_case_folder(case or shipped_case())
    with create_database(database_url()) as database:
        report = install_case(database, folder, datetime.now(UTC))
        if json_:
            print_json({"database": database.url, **asdict(report)})
        else:
            from forecast.cli.render import print_install

            print_install(database.url, report)


def update(
    as_of: AsOf = None,
    sampler: Annotated[str, typer.Option(help="nutpie, or pymc for PyMC's own NUTS.")] = "nutpie",
    draws: Annotated[int, typer.Option(min=200, help="Draws per chain, after half as many of tuning.")] = 1000,
    chains: Annotated[int, typer.Option(min=2, help="Chains.")] = 4,
    json_: Json = False,
) -> None:
    """Make a forecast and store it. The model is fitted to what is known by the day."""
    from db.when import When
    from forecast.cache import is_warm, use_compile_cache
    from models.settings import SAMPLERS, SamplerSettings

    if sampler not in SAMPLERS:
        raise typer.BadParameter(f"{sampler!r} is not a sampler; use {' or '.join(SAMPLERS)}", param_hint="'--sampler'")
    settings = SamplerSettings(chains=chains, draws=draws, tune=max(draws // 2, 300), sampler=sampler)

    with opened() as database:
        warm = is_warm()
        use_compile_cache()
        from forecast.cli.progress import watch
        from forecast.engine.update import update as run_update

        with watch(warm=warm) as progress:
            when = When(as_of=as_of or today())
            outcome = run_update(database, when, settings=settings, progress=progress, case_id=case_id())
        _print_summary(database, json_, run_id=outcome.run_id)
    if outcome.status == "rejected":
        raise typer.Exit(1)


def show(
    as_of: AsOf = None,
    run: Annotated[int | None, typer.Option(metavar="ID", help="The number of a run (see `parley runs`).")] = None,
    json_: Json = False,
) -> None:
    """Show the published forecast. The latest, or that of a day or run; exit 1 if it was refused."""
    if as_of is not None and run is not None:
        raise typer.BadParameter("a run has its own as-of date; give one of --run and --as-of", param_hint="'--run'")
    with opened() as database:
        rejected = _print_summary(database, json_, run_id=run, as_of=as_of)
    if rejected:
        raise typer.Exit(1)


def _print_summary(database: "Database", json_: bool, *, run_id: int | None = None, as_of: date | None = None) -> bool:
    from forecast.record.summary import as_json, read_summary

    with database.read() as connection:
        summary = read_summary(connection, today(), run_id=run_id, as_of=as_of, case_id=case_id())
    if json_:
        print_json(as_json(summary))
    else:
        from forecast.cli.render import print_summary

        print_summary(summary)
    return summary.rejected
