"""Options of a command for the parts of an entry, made from the draft that states them."""

from collections.abc import Callable, Sequence
from inspect import Parameter, signature
from typing import Annotated, Any

import typer

from forecast.desk.draft import Draft, parts_of

type Command = Callable[..., None]


def drafted(
    kind: type[Draft],
    *,
    arguments: Sequence[str] = (),
    required: Sequence[str] = (),
    without: Sequence[str] = (),
    corrects: bool = False,
) -> Callable[[Command], Command]:
    """A decorator that gives a command, in place of its parameter `draft`, one for each part of such a draft.

    Parameters
    ----------
    kind
        the draft
    arguments
        parts given by their place; all others are options
    required
        parts without which the command is refused
    without
        parts that the command does not take
    corrects
        whether the draft says what is to change of an entry: then a part is explained as one of a correction
    """
    parts = {name: part for name, part in parts_of(kind).items() if name not in without}
    helps = {name: part.corrected or part.help if corrects else part.help for name, part in parts.items()}
    options = [
        _parameter(name, part.metavar, helps[name], argument=name in arguments, required=name in required)
        for name, part in parts.items()
    ]

    def expand(command: Command) -> Command:
        own = signature(command)
        parameters: list[Parameter] = []
        for each in own.parameters.values():
            parameters += options if each.name == "draft" else [each.replace(kind=Parameter.KEYWORD_ONLY)]

        def expanded(**given: Any) -> None:
            said = {name: given.pop(name) for name in parts}
            command(**given, draft=kind(**said))

        expanded.__name__, expanded.__doc__ = command.__name__, command.__doc__
        expanded.__annotations__ = {each.name: each.annotation for each in parameters}
        expanded.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]  # Typer reads both
        return expanded

    return expand


def _parameter(name: str, metavar: str, help: str, *, argument: bool, required: bool) -> Parameter:
    """The parameter of one part, as Typer reads it."""
    info: Any = typer.Option(f"--{name.replace('_', '-')}", metavar=metavar, help=help)
    if argument:
        info = typer.Argument(metavar=metavar, help=help)
    annotation = Annotated[str, info] if required else Annotated[str | None, info]
    default = Parameter.empty if required else None
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
