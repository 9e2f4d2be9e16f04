"""What nobody should type, and a desk with all that may lie about at one: for tests of the whole command line."""

import contextlib
import io
import os
import random
import shutil
import signal
import socket
import sqlite3
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import pytest
from toy_case import write_toy_case
from typer.main import get_command

from forecast.cli.app import app, run
from forecast.cli.lazy import LazyGroup

CLOCK = datetime(2019, 7, 1, 12, tzinfo=UTC)
"""When the desk of these tests is at work: the toy case goes on to 2024."""
LONGEST = 120
"""Seconds after which a list of arguments is taken to hang."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


NUMBERS = (
    *_words("0 1 2 3 7 30 -1 -0 +1 1.5 1e3 nan inf 007 ١٢ １ \u22121 1_0 0x10"),
    *(str(sign * (2**bits + off)) for bits in (31, 32, 63, 64) for sign in (1, -1) for off in (-1, 0)),
    *(" 1", "", "9" * 40, "-" + "9" * 40, "9" * 5000),
)
DAYS = (
    *_words("2019-06-01 2019-07-01 2016-02-29 2020-01-01 2022-01-01 2026-10-10 1970-01-01 1899-12-31"),
    *_words("0001-01-01 0001-01-02 1600-01-01 9999-12-30 9999-12-31 10000-01-01 0000-00-00 2019-02-30"),
    *_words("2019-6-1 today 2019-06-01T00:00:00 ２０１９-06-01 -2019-06-01"),
    "",
)
INSTANTS = (
    *DAYS,
    *_words("2020-01-02T12:00:00 2020-01-02T12:00:00+09:00 0001-01-01T00:00:00+14:00 9999-12-31T23:59:59.999999"),
    *_words("9999-12-31T23:59:59-14:00 0001-01-01T00:00:00-23:59 2020-01-02T25:00 2020-W01-1 20200102"),
)
TEXTS = (
    *_words("x Gazette press_tone T2018-1 S2 talks contact arms_control B2 F6 low official html en 1m local toy case"),
    *("", " ", "\u202eevil", "\u200b", "\ufeff", "\ud800", "\udcff\udcfe", "\U0001f600", "ééé", "e\u0301", "a\nb"),
    *("a\tb", "\x1b[31m", "\x7f", "\0", "%s", "{}", "[red]", "'; DROP TABLE runs; --", "-", "--", "-x", "=1+1"),
    *("🜚" * 300, "x" * 70_000),
)
PLACES = (
    *_words("new.html new.md new.csv new.json new.parquet new.xlsx new.png new.svg new.toml new.zip new.HTML .html"),
    *_words("old.html old.csv old.toml old.zip old.xlsx parley.db parley.db-wal parley.db-shm ./parley.db hard.html"),
    *_words("other.csv other.html linked.html linked.zip folder folder.csv folder.html toy toy/case.toml"),
    *_words("toy/events.csv toy/new.csv posteriors posteriors/new.html fifo fifo.csv fifo.html fifo.toml"),
    *_words("socket.csv socket.html loop.html gone.html gone.csv no/such.html parley.toml deep.toml ../above.html"),
    *_words("rows.csv rows.xlsx latin.csv empty.csv old.csv/new.csv new.html/"),
    *("", "x" * 300 + ".html", "\udcff.csv", "\udcff.html", "\ud800.csv", "\u202e.html", "a b.html", "nul\0.html"),
)
URLS = _words("sqlite:///no.db sqlite:///folder sqlite:///old.html sqlite:///\udcff.db sqlite:// x mysql://here/parley")
ENVIRONMENT = {
    "PARLEY_CASE": ("", "us-dprk", "\udcff", "\U0001f600"),
    "PARLEY_ANALYST": ("kim", " ", "\udcff", "\u202ekim", "k" * 2000),
    "PARLEY_SETTINGS": ("parley.toml", "deep.toml", "no.toml", "folder", "latin.csv", "\udcff", "wide.toml"),
    "PARLEY_CACHE": ("cache", "old.html"),
    "COLUMNS": ("1", "40", "400", "0", "-1"),
}
SOUND = {
    "DATE": ("2019-06-01", "2019-05-31", "2018-01-01", "2016-02-29", "2022-01-01"),
    "DAYS": ("30", "365", "30,90"),
    "DOCUMENT": ("rassendyll-2015", "tarlenheim-2017"),
    "EN": ("en", "ja"),
    "FILE": ("new.html", "new.csv", "new.xlsx", "new.png", "new.zip", "new.toml", "new.md", "new.json", "rows.csv"),
    "FOLDER": ("toy",),
    "FRAMING": ("arms_control", "denuclearisation"),
    "GRADE": ("B2", "A1", "F6"),
    "ID": ("1", "2", "1", "T2018-1", "press_tone", "rassendyll-2015", "C2019"),
    "INDICATOR": ("press_tone", "harvest", "border_posture"),
    "INSTANT": ("2030-01-01", "2020-01-02T12:00:00+09:00"),
    "KIND": ("history", "horizons", "scenarios", "states", "effects", "judgements", "diagnostics", "official"),
    "LEVEL": ("-2", "-1", "0", "1", "2", "0.5"),
    "N": ("1", "20", "500"),
    "NAME": ("nutpie", "states", "utf-8", "kim", "laplace"),
    "ROW": ("1", "2"),
    "RUN": ("1",),
    "STATUS": ("published", "failed"),
    "STEP": ("1m", "30d"),
    "TARGET": ("contact", "arms_control_talks", "deal"),
    "TEXT": ("Gazette", "a \u2013 b"),
    "TYPE": ("talks", "contact", "deal", "crisis"),
    "URL": ("https://example.org/a",),
    "WEIGHT": ("-2", "0.5", "3"),
    "WHAT": ("forecasts", "scenarios", "states", "effects", "runs", "observations", "events", "documents"),
    "WORD": ("low", "high", "day", "month", "explicit"),
    "ZONE": ("UTC", "Asia/Tokyo"),
}
"""What is right, by the word that stands for it in help."""
NASTY = {
    DAYS: ("DATE",),
    INSTANTS: ("INSTANT",),
    NUMBERS: ("DAYS", "ID", "LEVEL", "N", "ROW", "RUN", "WEIGHT"),
    PLACES: ("FILE", "FOLDER"),
}
"""What is wrong, by the words it is given for; any text is given for all others."""

FITTING = {("update",), ("backtest",), ("check",)}
"""Commands that fit for long: they are given only days for which no case can be fitted."""
SERVING = {("schedule", "run"), ("schedule", "once")}
"""Commands that fit by the clock: they find no database."""
REFUSED_DAYS = ("0001-01-01", "1900-01-01", "2005-01-01", "2031-01-01", "9999-12-31", "tomorrow", "")


@dataclass(frozen=True, slots=True)
class Typed:
    """A list of arguments, and what the program finds in its environment."""

    number: int
    arguments: list[str]
    environment: dict[str, str]


def commands() -> dict[tuple[str, ...], Any]:
    """Every command that does something, under its name and under its alias."""
    found: dict[tuple[str, ...], Any] = {}

    def walk(command: Any, path: tuple[str, ...]) -> None:
        if isinstance(command, LazyGroup):
            for name in command.commands:
                walk(command.commands[name], (*path, name))
        else:
            found[path] = command

    walk(get_command(app), ())
    return found


COMMANDS = commands()


def make_typed(seed: int, number: int) -> Typed:
    """The list of that number: some sound but for one value, some of nothing but nonsense."""
    draw = random.Random(f"{seed}:{number}")
    path = draw.choice(sorted(COMMANDS))
    nasty = draw.choice((0.0, 0.1, 0.1, 0.25, 0.8))
    arguments = list(path)
    for parameter in COMMANDS[path].params:
        needed = parameter.required or (parameter.param_type_name == "argument" and parameter.metavar != "NAME")
        often = 0.97 if needed else draw.choice((0.05, 0.25))
        for _ in range(draw.choice((1, 1, 1, 2)) if parameter.multiple or parameter.nargs == -1 else 1):
            if "--help" not in parameter.opts and draw.random() < often:
                arguments += _given(draw, parameter, nasty)
    if draw.random() < nasty / 4:
        arguments.insert(draw.randrange(len(arguments) + 1), draw.choice((*TEXTS, *PLACES, "--json", "--help", "-1")))
    if path in FITTING:
        arguments += ["--as-of", draw.choice(REFUSED_DAYS)]
    environment = {name: draw.choice(pool) for name, pool in ENVIRONMENT.items() if draw.random() < 0.05}
    url = draw.choice(URLS) if draw.random() < 0.1 else "sqlite:///parley.db"
    url = "sqlite:///no/parley.db" if path in SERVING else url
    return Typed(number, arguments, {"PARLEY_CASE": "toy", **environment, "PARLEY_DATABASE_URL": url})


def _given(draw: random.Random, parameter: Any, nasty: float) -> list[str]:
    """A parameter as it is typed."""
    if parameter.param_type_name == "argument":
        return [_value(draw, parameter, nasty)]
    option = draw.choice([*parameter.opts, *parameter.secondary_opts])
    if parameter.is_flag:
        return [option]
    value = _value(draw, parameter, nasty)
    return [f"{option}={value}"] if draw.random() < 0.1 else [option, value]


def _value(draw: random.Random, parameter: Any, nasty: float) -> str:
    """What the parameter's word asks for; at times what is of that kind and wrong, or of no such kind at all."""
    words = str(parameter.metavar or parameter.name).upper().replace("|", ".").split(".")
    word = draw.choice([one for one in words if one in SOUND] or ["TEXT"])
    if draw.random() >= nasty:
        return draw.choice(SOUND[word])
    own = next((pool for pool, kinds in NASTY.items() if word in kinds), TEXTS)
    return draw.choice(own if draw.random() < 0.8 else draw.choice((*NASTY, TEXTS)))


@dataclass(frozen=True, slots=True)
class World:
    """A folder with a desk and what lies about at it; nothing beside the folder may change."""

    folder: Path
    kept: dict[Path, bytes] = field(default_factory=dict)
    """Files that no command may change."""

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'parley.db'}"

    def changed(self) -> list[str]:
        """What should be as it was, and is not."""
        special = [path for path in map(self.folder.joinpath, FIFOS) if not path.is_fifo()]
        special += [path for path in map(self.folder.joinpath, SOCKETS) if not path.is_socket()]
        plain = [path for path, content in self.kept.items() if not path.is_file() or path.read_bytes() != content]
        return [str(path) for path in (*special, *plain)]


FIFOS = ("fifo", "fifo.csv", "fifo.html", "fifo.toml")
SOCKETS = ("socket.csv", "socket.html")
ROWS = "indicator,observed_on,level,grade,source\npress_tone,2019-06-20,1,B2,{0}\nharvest,2019-06-21,-1,C3,Office\n"


def make_world(published: Path, folder: Path) -> World:
    """A desk with a published run, and about it files, links, pipes, sockets, a second database, settings."""
    desk = folder / "desk"
    shutil.copytree(published, desk)
    write_toy_case(desk / "toy")
    for name in ("folder", "folder.csv", "folder.html"):
        (desk / name).mkdir()
    texts = {name: f"an earlier {name}" for name in ("old.html", "old.csv", "old.zip", "old.xlsx")}
    texts |= {"rows.csv": ROWS.format("Leader"), "empty.csv": "", "parley.toml": '[schedule]\nat = "07:00"\n'}
    texts |= {"old.toml": "[somebody]\nelse = true\n", "deep.toml": f"x = {'[' * 20_000}"}
    texts |= {"wide.toml": "[schedule]\ncatch_up_days = 99999999999999999999999\n", "../canary": "outside"}
    for name, text in texts.items():
        (desk / name).write_text(text)
    (desk / "latin.csv").write_bytes(ROWS.format("é").encode("latin-1"))
    _add_special(desk)
    named = ("other.csv", "other.html", "parley.toml", "old.toml", "deep.toml", "wide.toml", "../canary")
    kept = [*map(desk.joinpath, named), *(desk / "toy").iterdir(), *(desk / "posteriors").iterdir()]
    return World(desk, {path: path.read_bytes() for path in kept})


def _add_special(desk: Path) -> None:
    """What is no plain file, leads to another, or is one that is kept under a name of its own."""
    for name in FIFOS:
        os.mkfifo(desk / name)
    for name in SOCKETS:
        with contextlib.chdir(desk), socket.socket(socket.AF_UNIX) as endpoint:
            endpoint.bind(name)  # an address may not be long
    links = {"linked.html": "parley.db", "linked.zip": "other.csv", "gone.html": "posteriors/gone.html"}
    for name, to in {**links, "gone.csv": "nowhere/gone.csv", "loop.html": "loop.html"}.items():
        (desk / name).symlink_to(to)
    os.link(desk / "parley.db", desk / "hard.html")
    for name in ("other.csv", "other.html"):
        with contextlib.closing(sqlite3.connect(desk / name)) as other, other:
            other.execute("CREATE TABLE mine (x)")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a list of arguments."""

    typed: Typed
    code: int | None
    out: str
    err: str
    trace: str = ""

    @property
    def wrong(self) -> str:
        """What should not have happened; "" where nothing."""
        if self.trace:
            return self.trace
        if self.code not in (0, 1, 2, 130):
            return f"exit code {self.code}\n{self.err}"
        return self.err if "Traceback" in self.err else ""


class _Escaped:
    """Keeps what a program lets escape, whatever it is: it is what these tests look for."""

    trace = ""

    def __enter__(self) -> "_Escaped":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is not None:
            self.trace = "".join(traceback.format_exception(error))
        return True


def play(typed: Typed, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """Run the program in this process, in a folder."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
    code = None
    with monkeypatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _limited():
        patch.chdir(folder)
        patch.setattr("sys.stdin", io.StringIO(""))
        patch.setattr("forecast.cli.console.now", lambda: CLOCK)
        for name, value in typed.environment.items():
            patch.setenv(name, value)
        with _Escaped() as escaped:
            code = run(typed.arguments)
    return Outcome(typed, code, _said(out), _said(err), escaped.trace)


def _said(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode(errors="replace")


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    """What waits for ever, as for a writer of a pipe, ends with an exception."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"not done after {LONGEST} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(LONGEST)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
