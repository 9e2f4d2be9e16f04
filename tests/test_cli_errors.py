"""Bad input through the real program: lines that begin `error:`, an exit code, and nothing changed."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from toy_case import toy_files, write_toy_case
from toy_runs import install_toy

from db.engine import Database
from db.posteriors import store_file
from forecast.cli.app import run

TABLES = ("cases", "indicators", "documents", "judgements", "observations", "events", "completeness", "runs")


@dataclass(frozen=True, slots=True)
class Said:
    code: int
    out: str
    lines: list[str]  # on stderr


type Program = Callable[..., Said]


@pytest.fixture
def parley(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    """The program in this process, in an empty folder: an exception it does not tell fails the test."""

    def call(*arguments: str, url: str | None = None) -> Said:
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("PARLEY_DATABASE_URL", raising=False)
        if url is not None:
            monkeypatch.setenv("PARLEY_DATABASE_URL", url)
        code = run(arguments)
        said = capsys.readouterr()
        return Said(code, said.out, said.err.splitlines())

    return call


@pytest.fixture
def process(tmp_path: Path) -> Program:
    """The program as a process of its own, in an empty folder."""

    def call(*arguments: str, url: str | None = None) -> Said:
        environment = {name: value for name, value in os.environ.items() if name != "PARLEY_DATABASE_URL"}
        if url is not None:
            environment["PARLEY_DATABASE_URL"] = url
        command = [sys.executable, "-W", "error", "-c", "from forecast.cli.app import main; main()", *arguments]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert "Traceback" not in done.stderr
        return Said(done.returncode, done.stdout, done.stderr.splitlines())

    return call


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """The file of a database with the toy case."""
    with install_toy(tmp_path):
        return tmp_path / "parley.db"


@pytest.fixture
def unchanged(toy: Path) -> Iterator[Path]:
    """The same file, of which no row may differ in the end."""
    before = _dump(toy)
    yield toy
    assert _dump(toy) == before


def _dump(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def _address(path: Path) -> str:
    return f"sqlite:///{path}"


def _refused(said: Said, message: str, code: int = 1) -> None:
    assert (said.code, said.out, said.lines) == (code, "", [f"error: {message}"])


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["indicators", "prestone", "--as-of", "2020-01-01"],
            1,
            "unknown indicator 'prestone'; did you mean 'press_tone'?",
        ),
        (
            ["show", "--as-of", "2020-02-30"],
            2,
            "Invalid value for '--as-of': '2020-02-30' is not a date; write YYYY-MM-DD, such as 2026-10-10; "
            "see `parley show --help`",
        ),
        (
            ["update", "--as-of", "yesterday"],
            2,
            "Invalid value for '--as-of': 'yesterday' is not a date; write YYYY-MM-DD, such as 2026-10-10; "
            "see `parley update --help`",
        ),
        (
            ["indicators", "--as-of", "2005-01-01"],
            1,
            "as of 2005-01-01 the record, which begins on 2010-01-01, holds less than a year; "
            "choose a date from 2011-01-01 on",
        ),
        (
            ["indicators", "--as-of", "2025-01-01"],
            1,
            "2025-01-01 lies beyond the case's calendar, which ends on 2024-01-01",
        ),
        (["show"], 1, "nothing has been published yet; run `parley update`"),
        (["show", "--run", "3"], 1, "no run 3; there are none yet; run `parley update`"),
        (
            ["show", "--run", "3", "--as-of", "2020-01-01"],
            2,
            "Invalid value for '--run': a run has its own as-of date; give one of --run and --as-of; "
            "see `parley show --help`",
        ),
        (["shwo"], 2, "No such command 'shwo'. Did you mean 'show'?; see `parley --help`"),
        (["show", "--verbose"], 2, "No such option: --verbose; see `parley show --help`"),
        (
            ["update", "--sampler", "gibbs", "--as-of", "2020-01-01"],
            2,
            "Invalid value for '--sampler': 'gibbs' is not a sampler; use nutpie or pymc; see `parley update --help`",
        ),
    ],
)
def test_a_mistaken_command_is_told_in_one_line(
    parley: Program, unchanged: Path, arguments: list[str], code: int, message: str
) -> None:
    _refused(parley(*arguments, url=_address(unchanged)), message, code)


def test_a_date_before_the_record_is_refused_before_anything_is_fitted(process: Program, unchanged: Path) -> None:
    said = process("update", "--as-of", "2005-01-01", url=_address(unchanged))
    assert said.lines == [
        "reading the case … as of 2005-01-01",
        "error: as of 2005-01-01 the record, which begins on 2010-01-01, holds less than a year; "
        "choose a date from 2011-01-01 on",
    ]
    assert (said.code, said.out) == (1, "")


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "events.csv",
            "2012-03-10,2012-03-12,2012-03-12",
            "2012-03-10,2012-03-02,2012-03-12",
            "events.csv: row 8, column ended_on: 2012-03-02 lies before started_on 2012-03-10; "
            "write 2012-03-10 or a later day",
        ),
        (
            "observations.csv",
            "press_tone,2010-01-05,2010-01-05,-2",
            "press_tone,2010-01-05,2010-01-05,3",
            "observations.csv: row 2, column level: '3' is not a level; write one of -2, -1, 0, 1, 2",
        ),
        (
            "judgements.csv",
            ",basis,",
            ",",
            "judgements.csv: row 1, column basis: is missing; the columns are document_id, indicator_id, target, "
            "weight, basis, location, note",
        ),
        ("case.toml", 'id = "toy"', 'id = "toy', None),
    ],
)
def test_a_faulty_case_folder_changes_nothing(
    parley: Program, unchanged: Path, tmp_path: Path, file: str, old: str, new: str, message: str | None
) -> None:
    text = toy_files()[file]
    assert old in text
    folder = write_toy_case(tmp_path / "faulty", {file: text.replace(old, new, 1)})
    said = parley("init", "--case", str(folder), url=_address(unchanged))
    assert (said.code, said.out) == (1, "")
    if message is None:
        assert said.lines[0].startswith("error: case.toml: line 1")
    else:
        assert said.lines[0] == f"error: {message}"
    assert all(line.startswith("error: ") for line in said.lines)


def test_a_case_folder_with_several_faults_is_told_all_of_them(parley: Program, tmp_path: Path) -> None:
    lines = toy_files()["observations.csv"].splitlines()
    faulty = [line.replace("2010-01-05,2010-01-05", "2010-01-05,noon") for line in lines]
    faulty[2] = faulty[2].replace("border_posture", "border")
    folder = write_toy_case(tmp_path / "faulty", {"observations.csv": "\n".join(faulty) + "\n"})
    said = parley("init", "--case", str(folder))
    assert said.code == 1
    assert len(said.lines) == 2
    assert said.lines[0].startswith("error: observations.csv: row 2, column known_on: 'noon' is not a date")
    assert said.lines[1].startswith("error: observations.csv: row 3, column indicator_id: unknown indicator 'border'")
    assert not (tmp_path / "parley.db").exists()


def test_of_very_many_faults_the_first_are_told(parley: Program, tmp_path: Path) -> None:
    folder = write_toy_case(
        tmp_path / "faulty", {"events.csv": toy_files()["events.csv"].replace("Gazette,high", ",x")}
    )
    said = parley("init", "--case", str(folder))
    assert (said.code, len(said.lines)) == (1, 21)
    assert said.lines[-1] == "error: … and 40 more"


def test_a_folder_that_is_not_there(process: Program, tmp_path: Path) -> None:
    said = process("init", "--case", str(tmp_path / "nowhere"))
    assert (said.code, len(said.lines)) == (1, 1)
    assert said.lines[0].startswith(f"error: {tmp_path / 'nowhere'}: there is no such folder; name one that holds")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["show", "update", "indicators", "documents", "events", "runs"])
def test_a_missing_database_says_what_to_run(parley: Program, tmp_path: Path, command: str) -> None:
    _refused(parley(command), f"no database at {tmp_path / 'parley.db'}; run `parley init`")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_not_a_database_yet(process: Program, tmp_path: Path) -> None:
    path = tmp_path / "parley.db"
    path.touch()
    _refused(process("show"), f"{path} holds no tables of Parley; run `parley init`")
    assert path.read_bytes() == b""
    assert [one.name for one in tmp_path.iterdir()] == ["parley.db"]


def test_a_file_of_something_else_is_left_alone(parley: Program, tmp_path: Path) -> None:
    path = tmp_path / "parley.db"
    path.write_bytes(b"not a database, but long enough to look at\n" * 40)
    before = path.read_bytes()
    for command in ("show", "init"):
        said = parley(command)
        assert (said.code, len(said.lines)) == (1, 1)
        assert said.lines[0].startswith(f"error: {path} is not a sound SQLite database")
    assert path.read_bytes() == before


@pytest.mark.parametrize("command", ["show", "init"])
def test_a_database_of_a_later_version_is_left_alone(parley: Program, toy: Path, command: str) -> None:
    connection = sqlite3.connect(toy)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    before = _dump(toy)
    said = parley(command, url=_address(toy))
    assert (said.code, said.out, len(said.lines)) == (1, "", 1)
    assert said.lines[0].startswith(f"error: {toy} has schema 9999, made by a later version; this one knows up to ")
    assert _dump(toy) == before


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "database address 'nonsense' is not a URL; "),
        ("mysql://somewhere/parley", "database address has the scheme 'mysql'; "),
        ("sqlite://", "database address 'sqlite://' names no file; "),
    ],
)
@pytest.mark.parametrize("command", ["show", "init"])
def test_an_address_that_is_none(parley: Program, tmp_path: Path, command: str, url: str, message: str) -> None:
    right = "use sqlite:///FILE or postgresql://USER@HOST/NAME in PARLEY_DATABASE_URL"
    _refused(parley(command, url=url), f"{message}{right}")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_address_means_the_default(parley: Program, tmp_path: Path) -> None:
    _refused(parley("show", url=""), f"no database at {tmp_path / 'parley.db'}; run `parley init`")


@pytest.mark.parametrize("parent", ["a file", "missing"])
def test_a_place_in_which_nothing_can_be_made(parley: Program, tmp_path: Path, parent: str) -> None:
    place = tmp_path / "place"
    if parent == "a file":
        place.write_text("in the way")
    said = parley("init", url=_address(place / "parley.db"))
    right = "make it, or name another in PARLEY_DATABASE_URL"
    _refused(said, f"folder {place} does not exist; {right}")
    assert [one.name for one in tmp_path.iterdir()] == (["place"] if parent == "a file" else [])


@pytest.mark.skipif(os.geteuid() == 0, reason="permission bits do not bind root")
def test_a_folder_that_may_not_be_written(parley: Program, tmp_path: Path) -> None:
    place = tmp_path / "locked"
    place.mkdir(mode=0o500)
    said = parley("init", url=_address(place / "parley.db"))
    _refused(said, f"{place} cannot be written; allow writing, or set PARLEY_DATABASE_URL elsewhere")


def test_posteriors_that_cannot_be_stored_leave_no_run(
    unchanged: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The model is not fitted here: storing begins with the file, and that is what fails."""

    def update(database: Database, *_: object, **__: object) -> None:
        store_file(database.posteriors.folder, Path.touch)

    (unchanged.parent / "posteriors").write_text("in the way")
    monkeypatch.setenv("PARLEY_DATABASE_URL", _address(unchanged))
    monkeypatch.setattr("forecast.engine.update.update", update)
    code = run(["update"])
    said = capsys.readouterr()
    store = unchanged.parent / "posteriors"
    assert (code, said.out) == (1, "")
    assert said.err == f"error: {store} cannot be written (File exists); allow writing there\n"
    assert store.read_text() == "in the way"


def test_a_pipe_that_closes_early_is_no_error(toy: Path) -> None:
    program = f"{sys.executable} -c 'from forecast.cli.app import main; main()' events | head -n 1"
    environment = {**os.environ, "PARLEY_DATABASE_URL": _address(toy), "COLUMNS": "60"}
    done = subprocess.run(program, shell=True, env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("30 events as of ")
    assert done.stderr == ""


def test_init_twice_says_that_nothing_is_new(parley: Program, tmp_path: Path) -> None:
    folder = write_toy_case(tmp_path / "toy")
    assert "(new version)" in parley("init", "--case", str(folder)).out
    assert "(as it was)" in parley("init", "--case", str(folder)).out
    assert '"new_version": false' in parley("init", "--case", str(folder), "--json").out


def test_usage_through_the_process(process: Program, unchanged: Path) -> None:
    message = "'2020-2-3' is not a date; write YYYY-MM-DD, such as 2026-10-10; see `parley show --help`"
    said = process("show", "--as-of", "2020-2-3", url=_address(unchanged))
    _refused(said, f"Invalid value for '--as-of': {message}", 2)


def test_help_is_at_hand_and_no_command_is_without_it(parley: Program) -> None:
    said = parley()
    assert said.code == 2
    for command in ("init", "update", "show", "indicators", "documents", "events", "runs"):
        assert f"\n  {command} " in said.out
        assert parley(command, "--help").code == 0
