"""The command that says how far the forecasts can be trusted."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.console import Json, case_id, opened, print_json, today, whole
from forecast.cli.console import Language as Lang
from forecast.cli.languages import language_of
from forecast.cli.outputs import written_as
from forecast.cli.streams import answering
from forecast.writing import check_place, write_file


def calibrate(
    out: Annotated[
        Path | None,
        typer.Option(
            parser=written_as(".html", example="trust"),
            metavar="FILE.html",
            help="Write the trust page too: one file, with figures.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE.html if it exists.")] = False,
    backtest: Annotated[
        int | None,
        typer.Option(
            parser=whole(1), metavar="ID", help="A stored backtest (default: the newest of the standard plan)."
        ),
    ] = None,
    lang: Lang = "en",
    json_: Json = False,
) -> None:
    """How far to trust the forecasts. Every number with its n and whether it is enough.

    The numbers are of a stored backtest (`parley backtest`), of live forecasts, and of checks (`parley check`).
    """
    language = language_of(lang)
    if force and out is None:
        raise typer.BadParameter("there is no file to replace; give --out FILE.html too", param_hint="'--force'")
    if out is not None:
        check_place(out, force=force, example="trust.html")
    # with pandas and xarray it takes some three seconds, which neither help nor a mistake should wait for
    from forecast.cli.calibrate_tables import print_trust
    from forecast.trust.payload import as_json
    from forecast.trust.read import read_trust

    with opened() as database, database.read() as connection:
        trust = read_trust(connection, database.posteriors, today(connection), backtest_id=backtest, case_id=case_id())
    if out is not None:
        from forecast.trust.page import render_page  # its pictures are for a page alone

        write_file(render_page(trust, language).encode(), out, force=force)
    with answering(f"wrote {out}") if out is not None else nullcontext():
        if json_:
            print_json(as_json(trust, language))
            return
        print_trust(trust, language)
        if out is not None:
            typer.echo(f"\nwrote {out}")
