"""The commands. Heavy libraries are imported inside them: `parley --help` must answer at once."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from db.engine import Database

DEFAULT_URL = "sqlite:///parley.db"

app = typer.Typer(
    name="parley",
    help="How likely are US–DPRK arms-control talks? A forecast that knows what it knew when, and keeps its own score.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
AsOf = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="What could be known by this day (default: today).")
]


def main() -> None:
    """Run a command; a mistake of the user's is one line on stderr and exit 1 (usage: 2)."""
    from db.errors import StoreError
    from forecast.errors import ForecastError
    from indicators.errors import CaseError

    try:
        app()
    except CaseError as error:
        _fail(error.summary())
    except (StoreError, ForecastError) as error:
        _fail(str(error))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


def _fail(message: str) -> None:
    typer.echo(f"error: {message}", err=True)
    sys.exit(1)


@contextmanager
def opened(*, create: bool = False) -> Iterator["Database"]:
    """The database PARLEY_DATABASE_URL names."""
    from db.engine import open_database

    with open_database(os.environ.get("PARLEY_DATABASE_URL", DEFAULT_URL), create=create) as database:
        yield database


def print_json(value: Any) -> None:
    typer.echo(json.dumps(value, default=_plain, ensure_ascii=False, indent=2, allow_nan=False))


def _plain(value: Any) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def day_of(value: datetime | None) -> date | None:
    return value.date() if value else None


def today() -> date:
    return datetime.now(UTC).date()


@app.command()
def init(
    case: Annotated[Path | None, typer.Option(help="A case folder (default: the shipped case us_dprk).")] = None,
    json_: Json = False,
) -> None:
    """Create or migrate the database and load a case; doing it again adds only what is new."""
    from indicators.folder import read_case_folder
    from indicators.install import install_case
    from indicators.shipped import shipped_case

    folder = read_case_folder(case or shipped_case())
    with opened(create=True) as database:
        report = install_case(database, folder, datetime.now(UTC))
        if json_:
            print_json({"database": database.url, "case": folder.case.id, "case_hash": folder.case_hash, "tables": report})
        else:
            from forecast.cli.render import print_install

            print_install(database.url, folder, report)


@app.command()
def update(
    as_of: AsOf = None,
    sampler: Annotated[str, typer.Option(help="nutpie, or pymc for PyMC's own NUTS.")] = "nutpie",
    draws: Annotated[int, typer.Option(min=100, help="Draws per chain, after as many of tuning.")] = 1000,
    chains: Annotated[int, typer.Option(min=2, help="Chains.")] = 4,
    json_: Json = False,
) -> None:
    """Fit the model to what is known, store the run and print the forecast."""
    from forecast.cache import is_warm, use_compile_cache

    with opened() as database:
        warm = is_warm()
        use_compile_cache()
        from forecast.cli.progress import watch
        from forecast.run import update as run_update
        from models.settings import SAMPLERS, SamplerSettings

        if sampler not in SAMPLERS:
            raise typer.BadParameter(f"{sampler!r} is not a sampler; use {' or '.join(SAMPLERS)}", param_hint="--sampler")
        settings = SamplerSettings(chains=chains, draws=draws, tune=draws, sampler=sampler)
        with watch(warm=warm) as progress:
            outcome = run_update(database, day_of(as_of) or today(), settings=settings, progress=progress)
        _print_summary(database, json_, run_id=outcome.run_id)
    if outcome.status == "rejected":
        raise typer.Exit(1)


@app.command()
def show(
    as_of: AsOf = None,
    run: Annotated[int | None, typer.Option(help="The number of a run (see `parley runs`).")] = None,
    json_: Json = False,
) -> None:
    """Print the last published forecast, or that of a day or run."""
    with opened() as database:
        rejected = _print_summary(database, json_, run_id=run, as_of=day_of(as_of))
    if rejected:
        raise typer.Exit(1)


def _print_summary(database: "Database", json_: bool, **which: Any) -> bool:
    from forecast.cli.render import print_summary
    from forecast.summary import as_json, read_summary

    with database.read() as connection:
        summary = read_summary(connection, **which)
    if json_:
        print_json(as_json(summary))
    else:
        print_summary(summary)
    return summary.rejected
