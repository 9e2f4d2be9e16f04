"""The outputs in README and docs, and their pictures, made by the program.

python -m benchmarks.readme [--check]      (make readme)

Every fence of a page is a session: lines that begin with `$ parley` or `>>>` are typed, and what stands below each is
its answer. All are run in order at one desk, whose clock stands at a time of its own, and the answers
are written back:

- an answer without a line `…` stands there whole;
- an answer with one keeps the lines of the program that have the labels of those that stand there, and `…` where words
  are left out. The label of a line is what comes before the first gap of two spaces or, where there is no gap, before
  the first number. To show another line of an answer, write its label into the page and run this again.

`parley backtest` is not run: its answer is told from the backtest that ships with the program. Nor is what is indented
instead of fenced.

The picture in docs/histories.md is `parley plot history` of docs/history_toy.csv, made-up forecasts of the tests' toy
case; nothing is sampled. That in README is of the shipped backtest; docs/commands.md is made from the commands' help.
`--check` writes nothing and exits 1 if something would change. Numbers repeat on one platform; another draws others.
"""

import argparse
import csv
import json
import os
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, chdir, contextmanager, redirect_stdout
from datetime import UTC, date, datetime, time
from importlib import import_module
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from benchmarks.pages import BACKTEST_PICTURE, COMMANDS, backtest_picture, commands_page

if TYPE_CHECKING:
    from db.engine import Database

ROOT = Path(__file__).parent.parent
PAGES = tuple(ROOT / name for name in ("docs/reading.md", "README.md", "docs/library.md"))
PICTURE, TOY = ROOT / "docs" / "history.png", ROOT / "docs" / "history_toy.csv"
FENCE, LEFT_OUT = "```", "…"
SHELL, PYTHON = "$ ", ">>> "
BEFORE = (
    (datetime(2026, 11, 22, 6, tzinfo=UTC), "parley init"),
    (datetime(2026, 11, 22, 6, 5, tzinfo=UTC), "parley schedule once"),
    (datetime(2026, 11, 23, 6, 5, tzinfo=UTC), "parley schedule once"),
    (datetime(2026, 11, 23, 6, 10, tzinfo=UTC), "parley history --out history.parquet"),
)
"""What the desk has done before the first fence, and when."""
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
"""When the sessions of the fences are run."""
BACKTEST = "parley backtest"
HEADLINE_DAYS = 365
TOY_NOTE = "an example: the numbers are made up"


class Stale(Exception):
    """A page has something the program does not say; the message names it."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if something would change")
    check = parser.parse_args().check
    try:
        texts = rewritten([page.read_text(encoding="utf-8") for page in PAGES])
    except Stale as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    made = {page: text.encode() for page, text in zip(PAGES, texts, strict=True)}
    made |= {PICTURE: picture(), COMMANDS: commands_page().encode(), BACKTEST_PICTURE: backtest_picture()}
    changed = [path for path, content in made.items() if not path.exists() or path.read_bytes() != content]
    for path in changed:
        if not check:
            path.write_bytes(made[path])
        print(f"{'is not what the program makes' if check else 'written'}: {path.relative_to(ROOT)}")
    return int(check and bool(changed))


# Sessions


def rewritten(texts: Sequence[str]) -> list[str]:
    """The texts with the answers that the program gives, at one desk after each other.

    Raises
    ------
    Stale
        where a fence is no session, a command fails, or a line that is to be shown is not in its answer
    """
    with desk() as session:
        return [_answered(text, session) for text in texts]


def _answered(text: str, session: "Session") -> str:
    parts = text.split(FENCE)
    for number in range(1, len(parts), 2):
        lines = parts[number].strip("\n").splitlines()
        parts[number] = "\n".join(["", *(line for typed in sessions(lines) for line in session.shown(*typed)), ""])
    return FENCE.join(parts)


def sessions(lines: Sequence[str]) -> list[tuple[str, list[str]]]:
    """What is typed in a fence, with what stands below it.

    Raises
    ------
    Stale
        if the fence begins with something else
    """
    found: list[tuple[str, list[str]]] = []
    for line in lines:
        if line.startswith((SHELL, PYTHON)):
            found.append((line, []))
        elif found:
            found[-1][1].append(line)
        else:
            raise Stale(
                f"a fence begins with {line!r}: begin it with `{SHELL}` or `{PYTHON}`, or indent what is not run"
            )
    return found


class Session:
    """A desk at which lines are typed: a shell for the program's commands, and a Python that has pandas."""

    def __init__(self) -> None:
        self._names: dict[str, Any] = {"pandas": import_module("pandas")}

    def shown(self, typed: str, below: Sequence[str]) -> list[str]:
        """The line that was typed and the lines of its answer that the page shows."""
        answer = self.answer(typed)
        return [typed, *(chosen(answer, below, typed) if LEFT_OUT in below else answer)]

    def answer(self, typed: str) -> list[str]:
        said = StringIO()
        with redirect_stdout(said):
            if typed.startswith(PYTHON):
                exec(compile(typed.removeprefix(PYTHON), "page", "single"), self._names)
            elif typed == f"{SHELL}{BACKTEST}":
                _tell_shipped_backtest()
            else:
                type_command(typed.removeprefix(SHELL))
        return [line.rstrip() for line in said.getvalue().rstrip("\n").splitlines()]


def chosen(answer: Sequence[str], below: Sequence[str], typed: str) -> list[str]:
    """The lines of an answer whose labels stand in the page, in their order, with `…` where words are left out.

    Raises
    ------
    Stale
        if the answer has no line of such a label after the one before it
    """
    out: list[str] = []
    begin = 0
    for line in below:
        wanted = line.strip()
        if wanted in ("", LEFT_OUT):
            continue
        names = {label(line), wanted}  # a label that has a number may stand alone
        place = next((i for i in range(begin, len(answer)) if answer[i] and label(answer[i]) in names), None)
        if place is None:
            what = f"`{typed.removeprefix(SHELL)}` says no {wanted.partition('  ')[0]!r} there"
            raise Stale(f"{what}; change or remove that line of the page")
        out += [*_gap(answer[begin:place]), answer[place]]
        begin = place + 1
    return out + _gap(answer[begin:])


def label(line: str) -> str:
    """What a line is about: the words before the first gap or, where there is none, before the first number."""
    words, gap, _ = line.strip().partition("  ")
    return words if gap else re.split(r"[ (]*[−+]?\d", words)[0]


def _gap(lines: Sequence[str]) -> list[str]:
    """What stands for lines that are left out."""
    if any(lines):
        return [LEFT_OUT]
    return [""] if lines else []


# The desk


@contextmanager
def desk() -> Iterator[Session]:
    """A fresh folder in which everything has happened that comes before the first fence."""
    from forecast.cache import use_compile_cache

    use_compile_cache()
    with TemporaryDirectory() as folder, chdir(folder), patch.dict(os.environ, _environment(), clear=True):
        for at, command in BEFORE:
            with _clock_at(at), redirect_stdout(StringIO()):
                type_command(command)
        with _clock_at(AT):
            yield Session()


def _environment() -> dict[str, str]:
    """Of a new user whose terminal has 100 columns; compiled code is kept where it always is."""
    mine = ("PARLEY_DATABASE_URL", "PARLEY_CASE", "PARLEY_SETTINGS", "FORCE_COLOR")
    kept = {name: value for name, value in os.environ.items() if name not in mine}
    return {**kept, "PARLEY_ANALYST": "kim", "COLUMNS": "100"}


@contextmanager
def _clock_at(instant: datetime) -> Iterator[None]:
    """Every clock that the program reads in this process stands at the instant."""

    class Standing(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return instant.astimezone(tz)

    with ExitStack() as stack:
        for module in clocks():
            stack.enter_context(patch.object(import_module(module), "datetime", Standing))
        yield


def clocks() -> tuple[str, ...]:
    """The modules that read the clock."""
    paths = sorted((ROOT / "forecast").rglob("*.py"))
    found = [path for path in paths if "datetime.now(" in path.read_text(encoding="utf-8")]
    return tuple(".".join(path.relative_to(ROOT).with_suffix("").parts) for path in found)


def type_command(command: str) -> None:
    """Run a command of the program as a terminal would.

    Raises
    ------
    Stale
        if it fails
    """
    from forecast.cli.app import run

    program, *arguments = shlex.split(command)
    if program != "parley":
        raise Stale(f"`{command}` is not a command of the program: indent it instead of fencing it")
    if code := run(arguments):
        raise Stale(f"`{command}` ended with exit code {code}")


def _tell_shipped_backtest() -> None:
    """Print the answer of `parley backtest` for the backtest that ships with the program."""
    import xarray as xr

    from db.run_rows import EvaluationRow
    from forecast.cli.backtest_tables import print_backtest
    from forecast.evaluation.origins import from_dataset
    from forecast.evaluation.quality import SHIPPED_BACKTEST, SHIPPED_FACTS
    from forecast.evaluation.report import payload

    backtest = from_dataset(xr.load_dataset(ROOT / "forecast" / SHIPPED_BACKTEST))
    facts = json.loads((ROOT / "forecast" / SHIPPED_FACTS).read_text(encoding="utf-8"))
    row = EvaluationRow(
        id=1,
        recorded_at=AT,
        case_id="us-dprk",
        kind="backtest",
        as_of=date.fromisoformat(facts["as_of"]),
        code_version="",
        model_version=facts["model_version"],
        case_hash=facts["case_hash"],
        inputs_hash="",
        settings={"engine": "laplace"},
        result=payload(backtest, "arms_control_talks"),
    )
    print_backtest(row)


# The picture


def picture() -> bytes:
    """The history of the toy as PNG; a line in it says that its numbers are made up."""
    from forecast.plots.axes import SMALL
    from forecast.plots.kinds import KINDS, Asked
    from forecast.plots.style import GREY, as_png

    with TemporaryDirectory() as name, _toy(Path(name)) as database, database.read() as connection:
        figure = KINDS["history"].make(connection, database.posteriors, Asked(today=date(2020, 1, 1))).figure
    figure.axes[0].set_title(TOY_NOTE, loc="right", color=GREY, fontsize=SMALL, fontstyle="italic")
    return as_png(figure)


def _toy(folder: Path) -> "Database":
    """A database in the folder that holds the toy case and its stored history; the caller closes it."""
    from db.append import append_forecasts, append_run, append_run_status
    from db.migrate import create_database
    from db.run_rows import NewRun, TargetForecastRow
    from indicators.folder import read_case_folder
    from indicators.install import install_case
    from tests.toy_case import write_toy_case

    loaded = datetime(2020, 1, 1, tzinfo=UTC)
    database = create_database(f"sqlite:///{folder / 'parley.db'}")
    install_case(database, read_case_folder(write_toy_case(folder / "toy")), loaded)
    with database.write() as connection, TOY.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            as_of = date.fromisoformat(row.pop("as_of"))
            run = NewRun(
                case_id="toy",
                kind=row.pop("kind"),
                as_of=as_of,
                as_recorded=None,
                seed=1,
                inputs_hash="0" * 64,
                case_hash="0" * 64,
                code_version="toy",
                versions={},
                posterior_hash=None,
                dry=True,
                days_since_talks=None,
                complete_through=as_of,
                p_dry_now=None,
            )
            at = datetime.combine(as_of, time(6), UTC)
            run_id = append_run(connection, run, at)
            append_run_status(connection, run_id, "published", {}, at)
            numbers = {column: float(value) for column, value in row.items()}
            said = TargetForecastRow(
                target="arms_control_talks", horizon_days=HEADLINE_DAYS, deadline=None, mcse=0.0, **numbers
            )
            append_forecasts(connection, run_id, [said], (), (), (), at)
    return database


if __name__ == "__main__":
    sys.exit(main())
