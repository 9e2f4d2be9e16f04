"""The command that thins old posteriors: parley keep; and what it prints."""

from dataclasses import asdict
from typing import Annotated

import typer

from db.append import append_run_name
from db.errors import Conflict
from db.keeping import WHY, named_run, sweep
from db.read_runs import read_run
from db.run_rows import NewRunName
from forecast.cli import console
from forecast.cli.console import Json, opened, print_json, whole
from forecast.cli.desk import Analyst
from forecast.cli.progress import watched
from forecast.cli.tables import bold, emit, facts
from forecast.desk.session import who
from forecast.engine.thinning import DAYS, thin_posteriors
from forecast.words.numbers import counted


def keep(
    run: Annotated[
        int | None, typer.Option("--run", parser=whole(1), metavar="ID", help="With --name: the run to name.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Name a run: its posterior is kept whole from then on.")
    ] = None,
    analyst: Analyst = None,
    days: Annotated[
        int, typer.Option("--days", parser=whole(1), metavar="N", help="Keep every posterior of the last N days whole.")
    ] = DAYS,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    json_: Json = False,
) -> None:
    """Thin old posteriors. Of each 400 draws stay, weighted so that they say what its run said.

    Whole stay those of the last 30 days, the newest, the last of each month, those that a brief is of, and those of
    runs that somebody has named. Forecasts stay as they are. What is thinned is recorded; `parley verify` accepts it.
    """
    if (run is None) != (name is None):
        given, other = ("'--run'", "--name") if name is None else ("'--name'", "--run")
        right = "write `parley keep --run ID --name NAME`"
        raise typer.BadParameter(f"goes with {other}; {right}", param_hint=given)
    if run is not None and name is not None:
        _name(run, name, analyst, json_)
    else:
        _thin(days, dry_run, json_)


def _name(run: int, name: str, analyst: str | None, json_: bool) -> None:
    if not name.strip():
        raise typer.BadParameter("is empty; give the run a name of a letter or more", param_hint="'--name'")
    with opened() as database, database.write() as connection:
        read_run(connection, run)
        other = named_run(connection, name.strip())
        if other is not None:
            raise Conflict(f"run {other} is named {name.strip()} already; give another name")
        append_run_name(connection, NewRunName(run, name.strip(), analyst or who()), console.now())
    if json_:
        print_json({"run": run, "name": name.strip()})
    else:
        emit([f"run {run} is named {name.strip()}; its posterior is kept whole"])


def _thin(days: int, dry_run: bool, json_: bool) -> None:
    with opened() as database, watched() as report:
        swept = 0 if dry_run else sweep(database)
        done = thin_posteriors(database, days=days, dry_run=dry_run, progress=report)
    if json_:
        print_json({"dry_run": dry_run, "days": days, "swept": swept, **asdict(done)})
        return
    would = "would be " if dry_run else ""
    lines = [(f"kept whole, {why}", str(done.whole[why])) for why in WHY if why in done.whole]
    if done.beyond:
        lines.append(("kept whole, of older files or lost", str(len(done.beyond))))
    size = f"{done.freed / 1e6:.1f} MB {'would become' if dry_run else 'became'} free"
    lines.append((f"{would}thinned", f"{len(done.thinned)}; {size}"))
    if swept:
        lines.append(("removed", f"{counted(swept, 'file')} that a keep which was cut off had left"))
    emit([bold(f"Posteriors: {database.url}"), *facts(lines)])
