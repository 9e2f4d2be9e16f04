"""The program: how it begins, and how mistakes are told. Its commands stand in `forecast.cli.lazy`."""

import os
import re
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from db.errors import ParleyError
from forecast.cli.lazy import LazyGroup
from forecast.identity import code_version

SHOWN_PROBLEMS = 20
_NEGATIVE = re.compile(r"-\d+(\.\d+)?")

app = typer.Typer(
    cls=LazyGroup,
    name="parley",
    help="How likely are US–DPRK arms-control talks? A forecast that knows what it knew when, and keeps its own score.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _tell_version(asked: bool) -> None:
    if asked:
        release, _, code = code_version().partition("+")
        typer.echo(f"parley {release} (code {code})")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Print the release and the version of the code."
        ),
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)


def main() -> None:
    """The console script."""
    sys.exit(run())


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 1 and a line on stderr for data and state, 2 for usage."""
    try:
        code = app(
            args=_protected(sys.argv[1:] if arguments is None else arguments), prog_name="parley", standalone_mode=False
        )
        sys.stdout.flush()
    except ParleyError as error:
        return _fail(_problems(error))
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


def _problems(error: ParleyError) -> list[str]:
    """Every problem of a folder or a file, so that all can be mended at once; of very many the first."""
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
