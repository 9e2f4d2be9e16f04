"""The command that thins old posteriors: parley keep; and what it prints."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from db.keeping import WHY, sweep
from forecast.cli import console
from forecast.cli.console import Analyst, Json, opened, print_json, whole
from forecast.cli.progress import watched
from forecast.cli.tables import bold, emit, facts
from forecast.desk.naming import Named, name_run
from forecast.desk.session import who
from forecast.engine.thinning import DAYS, Kept, thin_posteriors
from forecast.words.numbers import counted, run_numbers


def keep(
    run: Annotated[
        int | None, typer.Option("--run", parser=whole(1), metavar="ID", help="With --name: the run to name.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Name a run; from then on its posterior is kept whole.")
    ] = None,
    analyst: Analyst = None,
    days: Annotated[
        int, typer.Option("--days", parser=whole(1), metavar="N", help="Keep runs issued in the last N days whole.")
    ] = DAYS,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done without doing it.")] = False,
    json_: Json = False,
) -> None:
    """Thin old posteriors to free disk space. Each keeps 400 draws, weighted to reproduce what its run said.

    Some posteriors are kept whole: the newest, those of runs issued in the last 30 days, of the last run of each month
    by as-of date, of runs that a brief reports, and of runs that somebody has named. Forecasts never change. Thinning
    is recorded, and `parley verify` accepts it. If another database uses the same folder, nothing is done.
    """
    if (run is None) != (name is None):
        given, other = ("'--run'", "--name") if name is None else ("'--name'", "--run")
        right = "write `parley keep --run ID --name NAME`"
        raise typer.BadParameter(f"needs {other} as well; {right}", param_hint=given)
    if run is not None and name is not None:
        _name(run, name, analyst, dry_run, json_)
    else:
        _thin(days, dry_run, json_)


def _name(run: int, name: str, analyst: str | None, dry_run: bool, json_: bool) -> None:
    if not name.strip():
        raise typer.BadParameter("is empty; give a name of at least one letter", param_hint="'--name'")
    with opened() as database:
        done = name_run(database, run, name, analyst=analyst or who(), dry_run=dry_run, clock=console.now)
    if json_:
        print_json({"dry_run": dry_run, **asdict(done)})
    elif done.already:
        emit([f"run {run} is already named {done.name}; nothing to do"])
    else:
        emit([f"run {run} {'would be' if dry_run else 'is'} named {done.name}; {_left(done, dry_run)}"])


def _left(done: Named, dry_run: bool) -> str:
    """What is left of the posterior of a named run."""
    if done.thinned_at is not None:
        left = "some draws" if done.draws_left is None else f"{done.draws_left} draws"
        return f"its posterior was thinned on {done.thinned_at:%Y-%m-%d}, and {left} are left"
    if not done.kept_whole:
        return "it has no posterior"
    return f"its posterior {'would be' if dry_run else 'is'} kept whole"


def _thin(days: int, dry_run: bool, json_: bool) -> None:
    with opened() as database, watched() as report:
        swept = 0 if dry_run else sweep(database)
        done = thin_posteriors(database, days=days, dry_run=dry_run, progress=report)
    if json_:
        print_json({"dry_run": dry_run, "days": days, "swept": swept, **asdict(done)})
    else:
        emit([bold(f"Posteriors: {database.url}"), *facts(_lines(done, swept, dry_run))])


def _lines(done: Kept, swept: int, dry_run: bool) -> list[tuple[str, str]]:
    would = "would be " if dry_run else ""
    lines = [(f"kept whole, {why}", str(done.whole[why])) for why in WHY if why in done.whole]
    if done.beyond:
        lines.append(("kept whole, old format or lost", _counted(done.beyond, "")))
    size = f"{done.freed / 1e6:.1f} MB {'would be freed' if dry_run else 'freed'}"
    lines.append((f"{would}thinned", _counted(done.thinned, f"; {size}")))
    if done.thinned_before:
        lines.append(("thinned before", _counted(done.thinned_before, "")))
    if swept:
        lines.append(("removed", f"{counted(swept, 'file')} left by an interrupted `parley keep`"))
    return lines


def _counted(runs: Sequence[int], said: str) -> str:
    return f"{len(runs)}{said}{f' ({run_numbers(runs)})' if runs else ''}"
