"""The command that makes a forecast."""

from contextlib import suppress
from typing import Annotated

import typer

from db.engine import Database
from db.errors import StoreError
from db.kinds import PUBLISHED
from db.read import read_case
from db.when import When
from forecast.cache import is_warm
from forecast.cli.console import AsOf, Json, case_id, now, opened, today_of, whole
from forecast.cli.progress import watch
from forecast.cli.show import show_run
from forecast.cli.streams import answering
from forecast.errors import ForecastError
from models.settings import SAMPLERS, SamplerSettings

MOST_DRAWS, MOST_CHAINS = 1_000_000, 100
"""What a machine can be asked for."""


def update(
    as_of: AsOf = None,
    sampler: Annotated[str, typer.Option(metavar="NAME", help="nutpie, or pymc for PyMC's own NUTS.")] = "nutpie",
    draws: Annotated[
        int,
        typer.Option(
            parser=whole(200, MOST_DRAWS), metavar="N", help="Draws per chain, after half as many tuning draws."
        ),
    ] = 1000,
    chains: Annotated[int, typer.Option(parser=whole(2, MOST_CHAINS), metavar="N", help="Number of chains.")] = 4,
    json_: Json = False,
) -> None:
    """Make a new forecast and store it. The model is refitted to what was known by the as-of date."""
    if sampler not in SAMPLERS:
        raise typer.BadParameter(f"{sampler!r} is not a sampler; use {' or '.join(SAMPLERS)}", param_hint="'--sampler'")
    settings = SamplerSettings(chains=chains, draws=draws, tune=max(draws // 2, 300), sampler=sampler)

    with opened(to_write=True) as database:
        warm = is_warm()
        # pandas, xarray and ArviZ take some three seconds, which neither help nor a mistake should wait for
        from forecast.engine.update import update as run_update

        with watch(warm=warm) as progress:
            when = When(as_of=as_of or today_of(database))
            outcome = run_update(database, when, settings=settings, progress=progress, case_id=case_id())
        newest = as_of is None and outcome.status == PUBLISHED
        with answering(f"run {outcome.run_id} is stored ({outcome.status})"):
            show_run(database, json_, run_id=None if newest else outcome.run_id)
        if newest:
            _make_ready(database, warm)
    if outcome.status == "rejected":
        raise typer.Exit(1)


def _make_ready(database: Database, warm: bool) -> None:
    """Make the table from which dry runs are answered; the forecast stands, and is told, whether or not that can be."""
    from forecast.engine.hypotheticals import make_table

    with suppress(ForecastError, StoreError, OSError), watch(warm=warm) as progress, database.read() as connection:
        make_table(database, read_case(connection, case_id()).case_id, progress=progress, clock=now)
