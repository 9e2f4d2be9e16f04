"""The program: its commands, and how mistakes are told.

Heavy libraries are imported inside the commands, so that `parley --help` answers at once.
"""

import os
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from forecast.cli import (
    backtest,
    calibrate,
    check,
    desk,
    event,
    export,
    files,
    keeping,
    lists,
    plot,
    report,
    runs,
    schedule,
    score,
)

if TYPE_CHECKING:
    from indicators.errors import CaseError

SHOWN_PROBLEMS = 20
_NEGATIVE = re.compile(r"-\d+(\.\d+)?")

app = typer.Typer(
    name="parley",
    help="How likely are US–DPRK arms-control talks? A forecast that knows what it knew when, and keeps its own score.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

for command in (
    runs.init,
    runs.update,
    runs.show,
    desk.log,
    desk.revise,
    desk.retract,
    files.template,
    backtest.backtest,
    score.score,
    calibrate.calibrate,
    check.check,
    lists.indicators,
    lists.observations,
    lists.documents,
    lists.events,
    lists.runs,
    export.history,
    plot.plot,
    report.report,
    keeping.verify,
    keeping.backup,
    keeping.doctor,
):
    app.command()(command)
app.command("import")(files.import_)
app.add_typer(event.app, name="event")
app.add_typer(schedule.app, name="schedule")


@app.callback(invoke_without_command=True)
def _root(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)


def main() -> None:
    """The console script."""
    sys.exit(run())


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 1 and a line on stderr for data and state, 2 for usage."""
    from db.errors import StoreError
    from forecast.errors import ForecastError
    from indicators.errors import CaseError

    try:
        code = app(
            args=_protected(sys.argv[1:] if arguments is None else arguments), prog_name="parley", standalone_mode=False
        )
        sys.stdout.flush()
    except CaseError as error:
        return _fail(_problems(error))
    except (StoreError, ForecastError) as error:
        return _fail([str(error)])
    except typer.Abort:
        return _fail(["stopped; nothing was stored"], 130)
    except typer.TyperException as error:
        return _misused(error)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python reports the pipe again as it ends
        return 1
    return code if isinstance(code, int) else 0


def _protected(arguments: Sequence[str]) -> list[str]:
    """A level such as -1 would be taken for an option: it gets the minus of typographers, which levels may have."""
    return [f"\u2212{argument[1:]}" if _NEGATIVE.fullmatch(argument) else argument for argument in arguments]


def _fail(messages: Sequence[str], code: int = 1) -> int:
    for message in messages:
        typer.echo(f"error: {message}", err=True)
    return code


def _problems(error: "CaseError") -> list[str]:
    """Every problem of a folder, so that all can be mended at once; of very many the first."""
    lines = list(error.problems[:SHOWN_PROBLEMS])
    more = len(error.problems) - len(lines)
    return [*lines, f"… and {more} more"] if more > 0 else lines


def _misused(error: typer.TyperException) -> int:
    """What the parser refuses; its classes are not public, what they know is."""
    if type(error).__name__ == "NoArgsIsHelpError":  # a group of commands was named alone
        typer.echo(str(error), err=True)
        return 2
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    context = getattr(error, "ctx", None)
    hint = f"; see `{context.command_path} --help`" if context is not None else ""
    return _fail([message.rstrip(".") + hint], getattr(error, "exit_code", 2))
