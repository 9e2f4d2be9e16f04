"""The program: how it begins, and how mistakes are told. Its commands stand in `forecast.cli.lazy`."""

import os
import signal
import sys

try:
    import _thread
    import re
    import threading
    from collections.abc import Sequence
    from typing import Annotated

    import typer

    from db.errors import ParleyError
    from forecast.cli.lazy import STOPPED, Interrupted, LazyGroup
    from forecast.cli.streams import Unwritten, kept_streams
    from forecast.identity import code_version
except KeyboardInterrupt:  # to import takes long enough to change one's mind
    os.write(2, b"stopped\n")
    sys.exit(130)

SHOWN_PROBLEMS = 20
INTERRUPTED = 130
"""How a shell tells of a program that Ctrl-C has ended."""
INSISTING_S = 0.02
_NEGATIVE = re.compile(r"-\d+(\.\d+)?")

app = typer.Typer(
    cls=LazyGroup,
    name="parley",
    help="How likely are US–DPRK arms-control talks? Parley forecasts them, says why, and keeps its own score.",
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
    sys.unraisablehook = _insist
    try:
        code = run()
    except KeyboardInterrupt:  # before a command or after it
        with kept_streams():
            code = _stopped(STOPPED)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is said; what Python does as it ends need not be interrupted
    sys.exit(code)


def _insist(ignored: "sys.UnraisableHookArgs") -> None:
    """Ctrl-C that strikes where Python can raise nothing, as a weak reference dies, is struck again a moment later."""
    if ignored.exc_type is KeyboardInterrupt:
        threading.Timer(INSISTING_S, _thread.interrupt_main).start()
    else:
        sys.__unraisablehook__(ignored)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 1 and a line on stderr for data and state, 2 for usage."""
    with kept_streams():
        try:
            return _run(sys.argv[1:] if arguments is None else arguments)
        except Unwritten as error:
            return _fail([f"the answer could not be written ({error})"])


def _run(arguments: Sequence[str]) -> int:
    try:
        code = app(args=_protected(arguments), prog_name="parley", standalone_mode=False)
        sys.stdout.flush()
    except Interrupted as error:
        return _stopped(str(error))
    except ParleyError as error:
        return _fail(_problems(error))
    except typer.Abort:
        return _fail(["stopped; nothing was stored"], INTERRUPTED)
    except typer.TyperException as error:
        return _misused(error)
    except Unwritten:
        raise
    except OSError as error:
        return _fail([_trouble(error)])
    if code == INTERRUPTED:  # before any command began, which the parser ends without a word
        return _stopped(STOPPED)
    return code if isinstance(code, int) else 0


def _protected(arguments: Sequence[str]) -> list[str]:
    """A level such as -1 would be taken for an option: it gets the minus of typographers, which levels may have."""
    return [f"\u2212{argument[1:]}" if _NEGATIVE.fullmatch(argument) else argument for argument in arguments]


def _stopped(message: str) -> int:
    typer.echo(message, err=True)
    return INTERRUPTED


def _fail(messages: Sequence[str], code: int = 1) -> int:
    for message in messages:
        typer.echo(f"error: {message}", err=True)
    return code


def _problems(error: ParleyError) -> list[str]:
    """Every problem of a folder or a file, so that all can be mended at once; of very many the first."""
    lines = list(error.problems[:SHOWN_PROBLEMS])
    more = len(error.problems) - len(lines)
    return [*lines, f"… and {more} more"] if more > 0 else lines


def _trouble(error: OSError) -> str:
    """What a file or folder did that no command has expected of it."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return "the folder you are in no longer exists; change to one that does"
    said = error.strerror or str(error)
    if error.filename is None:
        return f"{said}; put it right, then run the command again"
    return f"{error.filename} cannot be used ({said}); put it right, then run the command again"


def _misused(error: typer.TyperException) -> int:
    """What the parser refuses; its classes are not public, what they know is."""
    if type(error).__name__ == "NoArgsIsHelpError":  # a group of commands was named alone
        typer.echo(str(error), err=True)
        return 2
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    context = getattr(error, "ctx", None)
    hint = f"; see `{context.command_path} --help`" if context is not None else ""
    return _fail([message.rstrip(".") + hint], getattr(error, "exit_code", 2))
