"""What the program says where it cannot be said: real processes, of which the shell has closed or filled a stream.

Where nothing hangs on how Python starts they are split off from one that is running, which a test here holds to be the
same.
"""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
import warm
from sizes import slow
from toy_case import write_toy_case
from toy_runs import add_run, install_toy

PROGRAM = (
    "from datetime import *; import forecast.cli.console as console; "
    "console.utc_now = lambda: datetime(2020, 3, 1, 12, tzinfo=UTC); "
    "from forecast.cli.app import main; main()"
)
ENTRY = ["log", "press_tone", "1", "--on", "2020-02-01", "--source", "Leader", "--grade", "B2", "--analyst", "kim"]
FAILING = pytest.mark.parametrize(
    ("output", "reason"), [(">/dev/full", "No space left on device"), slow(">&-", "it is closed")]
)


class Said(NamedTuple):
    """What a process said, and how it ended."""

    code: int
    out: bytes
    err: str


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a desk and a run without a posterior; tests copy it."""
    folder = tmp_path_factory.mktemp("model")
    with install_toy(folder) as database:
        add_run(database)
    return folder


@pytest.fixture
def desk(model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model, tmp_path / "desk"))


def run(folder: Path, arguments: list[str], output: str = "", *, fresh: bool = False, **variables: str) -> Said:
    """The program in a shell, its streams led elsewhere; the code is the program's own, also before a pipe.

    It is started anew where that is asked for, or where the locale says in which encoding it speaks.
    """
    apart = ("PARLEY_", "PYTHONIO", "LC_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(apart)}
    environment |= {"PARLEY_DATABASE_URL": f"sqlite:///{folder / 'parley.db'}", "COLUMNS": "100", **variables}
    shell = f'"$@" {output}; exit ${{PIPESTATUS[0]}}'
    anew = [sys.executable, "-W", "error", "-c", PROGRAM]
    program = anew if fresh or "LC_ALL" in variables else warm.command("2020-03-01T12:00+00:00")
    command = ["bash", "-c", shell, "bash", *program, *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=120, check=False)
    return Said(done.returncode, done.stdout, done.stderr.decode(errors="backslashreplace"))


def observations(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "parley.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM observations").fetchone()[0])


LED = [">/dev/full", "2>&-", "<&-", "2>/dev/full"]
SPELLED = {"PYTHONIOENCODING": "cp932"}


@pytest.mark.parametrize(
    ("typed", "output", "variables"),
    [
        ("events", ">&-", {}),
        ("shwo", ">&- 2>&- <&-", {}),
        ("show", "", SPELLED),
        *(slow(typed, output, SPELLED) for typed in ("show", "shwo") for output in LED),
    ],
)
def test_a_process_that_is_split_off_ends_as_one_that_is_started(
    typed: str, output: str, variables: dict[str, str], desk: Path
) -> None:
    assert run(desk, [typed], output, **variables) == run(desk, [typed], output, fresh=True, **variables)


# What cannot be encoded


@pytest.fixture(scope="module")
def in_utf8(model: Path) -> dict[str, bytes]:
    return {one: run(model, one.split(), fresh=True, PYTHONIOENCODING="utf-8").out for one in ("show", "show --json")}


@pytest.mark.parametrize("encoding", ["ascii", "latin-1:strict", "cp932", "cp949", slow("shift_jis"), slow("cp1252")])
def test_what_an_encoding_lacks_is_spelled_out(encoding: str, model: Path, in_utf8: dict[str, bytes]) -> None:
    """Line by line the same as elsewhere, and JSON stays JSON."""
    for one, plain in in_utf8.items():
        there = run(model, one.split(), PYTHONIOENCODING=encoding)
        assert (there.code, there.err) == (0, "")
        text = there.out.decode(encoding.partition(":")[0])
        if "--json" in one:
            assert json.loads(text) == json.loads(plain)
        else:
            assert text.count("\n") == plain.count(b"\n")
            assert "?" not in text


def test_a_level_below_nought_keeps_its_sign(desk: Path) -> None:
    said = run(desk, [*ENTRY[:2], "-2", *ENTRY[3:], "--dry-run"], PYTHONIOENCODING="ascii")
    assert (said.code, said.err) == (0, "")
    assert said.out.decode("ascii").startswith("press_tone -2 on 2020-02-01")


@pytest.mark.parametrize("arguments", [["show", "--as-of", "２０２０-01-01"], ["events", "Ä–€🜚"]])
def test_mistakes_too_are_told_in_any_encoding(arguments: list[str], desk: Path) -> None:
    for variables in ({"PYTHONIOENCODING": "cp932"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}):
        said = run(desk, arguments, **variables)
        assert said.code in (1, 2)
        assert re.fullmatch(r"error: [^\n]+\n", said.err)


def test_a_terminal_that_knows_only_ascii(desk: Path) -> None:
    """Without UTF-8 arguments arrive in bytes that are no characters: an entry with such a text is refused."""
    ascii_ = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    before = observations(desk)
    for arguments in (["show"], ["doctor"]):
        said = run(desk, arguments, **ascii_)
        assert said.out.isascii()
        assert "Traceback" not in said.err
    said = run(desk, [*ENTRY, "--note", "Où"], **ascii_)
    assert (said.code, said.out) == (1, b"")
    assert re.fullmatch(r"error: note: [^\n]+\n", said.err)
    assert observations(desk) == before


def test_a_file_that_is_printed_is_in_utf8_or_not_printed(desk: Path) -> None:
    """Saved in another encoding it could not be read."""
    (desk / "parley.toml").write_text('[log]\nfile = "Protokoll für – 記録.log"\n', encoding="utf-8")
    assert "記録" in run(desk, ["schedule", "settings"], PYTHONIOENCODING="utf-8").out.decode()
    said = run(desk, ["schedule", "settings"], PYTHONIOENCODING="cp932")
    assert (said.code, said.out) == (1, b"")
    assert said.err == "error: this is a file in UTF-8, and standard output is in cp932; give --out FILE.toml\n"


# What cannot be written


@FAILING
def test_an_answer_that_cannot_be_written_is_told_in_one_line(output: str, reason: str, desk: Path) -> None:
    before = observations(desk)
    for arguments in (["show", "--json"], ["events"], ["log", "--help"], [*ENTRY, "--dry-run"]):
        said = run(desk, arguments, output)
        assert said == (1, b"", f"error: the answer could not be written ({reason})\n"), arguments
    assert observations(desk) == before


@FAILING
def test_where_something_was_stored_or_written_that_is_told_first(output: str, reason: str, desk: Path) -> None:
    row = observations(desk) + 1
    (desk / "rows.csv").write_text("indicator,observed_on,level,grade,source\nharvest,2020-02-02,1,B2,Office\n")
    for arguments, stored in (
        (ENTRY, rf"logged: stored as observation row {row}"),
        (["revise", str(row), "--level", "2", "--json"], rf"revised: stored as observation row {row + 1}"),
        (["retract", str(row + 1), "--reason", "slip"], rf"retracted: stored as observation row {row + 2}"),
        (["import", "rows.csv"], rf"1 observation added as row {row + 3}; none was on file before"),
        (["event", "add", "contact", "--on", "2020-02-03", "--source", "AP"], r"logged: stored as event row \d+"),
        (["event", "none", "--through", "2020-02-20"], r"attested: stored as attestation rows \d+(, \d+)*"),
        (["history", "--out", "a.csv"], r"wrote a\.csv"),
        (["template", "a.xlsx"], r"wrote a\.xlsx"),
        (["schedule", "settings", "--out", "a.toml"], r"wrote a\.toml"),
        (["init", "--case", "toy"], r"the database .*parley\.db is ready and its case is loaded"),
    ):
        said = run(desk, arguments, output)
        lost = rf"the answer could not be written \({reason}\)"
        assert said.code == 1
        assert re.fullmatch(rf"error: {stored}; {lost}\n", said.err), (arguments, said.err)
    assert observations(desk) == row + 3
    assert all((desk / name).stat().st_size for name in ("a.csv", "a.xlsx", "a.toml"))


@pytest.mark.parametrize(
    ("output", "lost"),
    [("2>/dev/full", 0), ("<&- >&- 2>&-", 1), slow("2>&-", 0), slow(">/dev/full 2>&1", 1), slow("<&-", 0)],
)
def test_where_errors_cannot_be_told_either_the_exit_code_tells(output: str, lost: int, desk: Path) -> None:
    before = observations(desk)
    assert run(desk, ["shwo"], output).code == 2
    assert run(desk, ENTRY, output).code == lost
    assert observations(desk) == before + 1


def test_what_a_closed_stream_leaves_free_is_not_written_to(tmp_path: Path) -> None:
    """The next file that is opened would get its number, and what is said would land in that file."""
    case = write_toy_case(tmp_path / "case")
    assert run(tmp_path, ["init", "--case", str(case)], ">&- 2>&- <&-").code == 1
    assert run(tmp_path, ["history", "--out", "a.csv", "--what", "events"], ">&- 2>&- <&-").code == 1
    assert run(tmp_path, ["verify"]).code == 0
    assert all(line.count(",") > 5 for line in (tmp_path / "a.csv").read_text().splitlines())


# Nobody reads on


def test_a_reader_who_has_seen_enough_is_no_error(desk: Path) -> None:
    for arguments in (["events"], ["observations", "--json"], ["log", "--help"]):
        for pipe in ("| head -n 1", "| true"):
            said = run(desk, arguments, pipe)
            assert (said.code, said.err) == (0, ""), (arguments, pipe)


def test_nor_does_that_hide_what_is_wrong(desk: Path) -> None:
    with closing(sqlite3.connect(desk / "parley.db")) as connection, connection:
        connection.execute("DROP TRIGGER observations_no_update")
    said = run(desk, ["verify"], "| true")
    assert said.code == 1
    assert re.fullmatch(r"error: .* is damaged; [^\n]+\n", said.err)


def test_an_entry_is_stored_whether_or_not_anyone_reads_of_it(desk: Path) -> None:
    before = observations(desk)
    said = run(desk, ENTRY, "| true")
    assert observations(desk) == before + 1
    stored = f"error: logged: stored as observation row {before + 1}; the answer could not be written (Broken pipe)\n"
    assert said.code in (0, 1)  # by whether the reader had gone already
    assert said.err == (stored if said.code else "")
