"""The commands by name, each imported when it is asked for, so that `parley --help` answers at once.

The table below is all that help needs: under which heading a command stands, what it says of itself, and where it is.
"""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command_from_info
from typer.models import CommandInfo

from db.errors import ParleyError
from forecast.cache import use_compile_cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A command as a table of commands has it."""

    name: str
    help: str
    """The first sentence of what the command says of itself."""
    module: str
    function: str = ""
    """Its name in the module, where that is not the command's."""
    alias: str = ""
    gathers: tuple[str, ...] = ()
    """Options that take further words of the form NAME=VALUE."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedGroup:
    """A command that has commands of its own."""

    name: str
    help: str
    more: str
    """What follows the first sentence in its own help."""
    commands: tuple[Listed, ...]
    alias: str = ""


type Sections = Mapping[str, tuple[Listed | ListedGroup, ...]]
type Loaded = TyperCommand | LazyGroup


def _of(module: str, **helps: str) -> tuple[Listed, ...]:
    """Commands of one module, each named as its function."""
    return tuple(Listed(name=name, help=help_, module=f"forecast.cli.{module}") for name, help_ in helps.items())


EVENT = ListedGroup(
    name="event",
    help="Record talks, contacts, deals and crises.",
    more="Correct or withdraw an event, or attest that nothing else happened.",
    commands=_of(
        "event",
        add="Record an event.",
        revise="Correct an event.",
        retract="Withdraw an event.",
        none="Attest that nothing else happened.",
    ),
)
DOCUMENT = ListedGroup(
    name="document",
    help="Enter an expert's text that you have read.",
    more="Correct or withdraw it later; enter what it says about indicators with `parley judgement`.",
    commands=_of(
        "document",
        add="Enter a document.",
        revise="Correct a document.",
        retract="Withdraw a document.",
    ),
)
JUDGEMENT = ListedGroup(
    name="judgement",
    help="Enter what a document says about an indicator.",
    more="A judgement says how strongly the indicator favours a target, according to the author.",
    commands=_of(
        "judgement",
        add="Enter a judgement.",
        revise="Correct a judgement.",
        retract="Withdraw a judgement.",
    ),
)
INDICATOR = ListedGroup(
    name="indicator",
    help="Add an indicator to the case, or retire one.",
    more="Forecasts already made stay as they are.",
    commands=_of("indicator", add="Add an indicator.", retire="Retire an indicator."),
)
SCHEDULE = ListedGroup(
    name="schedule",
    help="Run the forecast every day.",
    more="Each day is run once, and missed days are caught up; `status` shows how the runs stand.",
    commands=(
        *_of("service", run="Make the forecast every day.", once="Make every run that is due now."),
        *_of(
            "schedule",
            status="See how the daily runs stand.",
            settings="Print the settings in force.",
            install="Print a systemd unit that runs the service.",
        ),
        Listed(
            name="test",
            help="Send a test message by every channel.",
            module="forecast.cli.schedule",
            function="trial",
        ),
    ),
)
SECTIONS: Sections = {
    "Forecast": (
        *_of("init", init="Create the database and load the case."),
        *_of("update", update="Make a new forecast and store it."),
        *_of("show", show="Show the published forecast."),
        *_of("why", why="Say why the forecast moved."),
    ),
    "Explore": (
        Listed(
            name="what-if",
            help="Say what the forecast would be if something held.",
            module="forecast.cli.what_if",
            function="what_if",
        ),
        *_of("stories", stories="Check that the model says what documents told it."),
        Listed(name="next", help="Say what to look at next.", module="forecast.cli.next", function="next_"),
    ),
    "Desk": (
        *_of("desk", log="Log an observation.", revise="Correct an observation.", retract="Withdraw an observation."),
        EVENT,
        DOCUMENT,
        JUDGEMENT,
        INDICATOR,
        Listed(
            name="import",
            help="Import every row of a file, or none.",
            module="forecast.cli.importing",
            function="import_",
            gathers=("--map", "--set", "--level-map", "--where"),
        ),
        *_of("template", template="Write a workbook to fill in."),
    ),
    "Look up": (
        *_of(
            "lists",
            indicators="List the indicators and their current levels.",
            observations="List the observations, newest first.",
            disagreements="List codings that contradict each other.",
            documents="List the documents and count their judgements.",
            events="List the events on record.",
            runs="List the runs, newest as-of date first.",
        ),
        Listed(
            name="history",
            help="Export forecasts, entries or runs as a tidy table.",
            module="forecast.cli.history",
            alias="export",
        ),
        *_of("plot", plot="Draw a picture of what is on file."),
        Listed(name="report", help="Write a brief of two pages or one.", module="forecast.cli.report", alias="brief"),
    ),
    "Evidence of quality": (
        *_of("backtest", backtest="Score forecasts made as of past dates."),
        *_of("score", score="Score the live forecasts whose windows are over."),
        Listed(
            name="calibrate", help="How far to trust the forecasts.", module="forecast.cli.calibrate", alias="trust"
        ),
        *_of("check", check="Check that the model works as it should."),
    ),
    "Maintain": (
        *_of("keeping", verify="Verify everything stored.", backup="Back everything up into one ZIP file."),
        *_of(
            "copies",
            restore="Restore a backup into an empty database.",
            copy="Copy a database into an empty one.",
        ),
        *_of("keep", keep="Thin old posteriors to free disk space."),
        *_of("keeping", doctor="Find problems and say how to fix them."),
    ),
    "Run daily": (SCHEDULE,),
}


OPTION = "option"
STOPPED = "stopped; what was stored before stays as it is"


class PlainCommand(TyperCommand):
    """A command whose help names an argument by its word alone: no braces, no type of Python's."""

    gathers: tuple[str, ...] = ()

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments; options that gather take every NAME=VALUE that follows."""
        return super().parse_args(ctx, gathered(args, self.gathers))

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [re.sub("[{}]", "", piece) for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments first, then options, a line or more each."""
        records = [(param.param_type_name, param.get_help_record(ctx)) for param in self.get_params(ctx)]
        arguments = [(record[0].partition(" <")[0], record[1]) for kind, record in records if record and kind != OPTION]
        if arguments:
            with formatter.section("Arguments"):
                formatter.write_dl(arguments)
        with formatter.section("Options"):
            formatter.write_dl([record for kind, record in records if record and kind == OPTION])


def gathered(arguments: Sequence[str], options: Sequence[str]) -> list[str]:
    """The arguments with the option said again before each further NAME=VALUE: `--set a=1 b=2`."""
    out: list[str] = []
    option, filled = "", False
    for word in arguments:
        name = word.partition("=")[0]
        if name in options:
            option, filled = name, name != word
        elif not option or (filled and (word.startswith("-") or "=" not in word)):
            option = ""
        elif filled:
            out.append(option)
        else:
            filled = True
        out.append(word)
    return out


class Commands(Mapping[str, Loaded]):
    """The commands of a table, by name and by alias, each imported when it is looked up."""

    def __init__(self, sections: Sections) -> None:
        listed = [each for section in sections.values() for each in section]
        self._listed = {each.name: each for each in listed} | {each.alias: each for each in listed if each.alias}
        self._loaded: dict[str, Loaded] = {}

    def __getitem__(self, name: str) -> Loaded:
        each = self._listed[name]
        if each.name not in self._loaded:
            self._loaded[each.name] = _load(each)
        return self._loaded[each.name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed)

    def __len__(self) -> int:
        return len(self._listed)


class Interrupted(ParleyError):
    """Ctrl-C, and what had been done by then."""


class LazyGroup(TyperGroup):
    """Commands under headings, of which only the one that is asked for is imported."""

    def __init__(self, *, sections: Sections = SECTIONS, **attributes: Any) -> None:
        super().__init__(**{**attributes, "commands": None})
        self.sections = sections
        self.commands = cast(Any, Commands(sections))  # it is only ever read

    def invoke(self, ctx: Any) -> Any:
        """Run what was asked for; the parser would end an interrupted command without a word."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Interrupted(STOPPED) from None

    def list_commands(self, ctx: Any) -> list[str]:
        """The names without aliases, in the order of the table."""
        return [each.name for section in self.sections.values() for each in section]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Headings with their commands, aliases in brackets, the sentences of all of them aligned."""
        spelled = {each.name: _spelled(each) for section in self.sections.values() for each in section}
        width = max(map(len, spelled.values()))
        for title, section in self.sections.items():
            with formatter.section(title):
                formatter.write_dl([(spelled[each.name].ljust(width), each.help) for each in section])


def _spelled(each: Listed | ListedGroup) -> str:
    return f"{each.name} ({each.alias})" if each.alias else each.name


def _load(each: Listed | ListedGroup) -> Loaded:
    if isinstance(each, ListedGroup):
        return LazyGroup(
            sections={"Commands": each.commands},
            name=each.name,
            help=f"{each.help} {each.more}",
            no_args_is_help=True,
            rich_markup_mode=None,
        )
    _prepare()
    function = getattr(import_module(each.module), each.function or each.name)
    info = CommandInfo(name=each.name, cls=PlainCommand, callback=function)
    command = get_command_from_info(info, pretty_exceptions_short=False, rich_markup_mode=None)
    assert isinstance(command, PlainCommand)
    command.gathers = each.gathers
    return command


def _prepare() -> None:
    """What must hold before any command's module is imported.

    Numba and PyTensor read where compiled code is kept, and BLAS its number of threads, when they are imported; what
    Matplotlib says then of its own cache of fonts is for nobody.
    """
    use_compile_cache()
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
