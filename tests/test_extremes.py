"""Numbers, days, names and files at the ends of what there is: each ends in a sentence of ours, whoever asks."""

import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from cli_worlds import COMMANDS, Typed, play
from conftest import let_enter
from toy_case import toy_files, write_toy_case
from toy_runs import install_toy

from db.engine import Database, open_database
from db.errors import ParleyError, StoreError
from db.read_runs import read_run
from forecast.brief.report import write_report
from forecast.cli.app import run
from forecast.desk.actions import Desk, import_file, log, retract, revise
from forecast.errors import BadSettings, NotWritten
from forecast.plots.axes import show_dates
from forecast.schedule.settings import read_settings
from indicators.errors import CaseError
from indicators.folder import read_case_folder

TODAY = date(2020, 3, 1)
LINE = r"error: [^\n]+\n"
HUGE = (2**63, 2**63 + 1, 2**64, 10**40)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a desk; tests copy it."""
    folder = tmp_path_factory.mktemp("model")
    install_toy(folder).close()
    return folder


@pytest.fixture
def folder(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    desk = Path(shutil.copytree(model, tmp_path / "desk"))
    monkeypatch.chdir(desk)
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{desk / 'parley.db'}")
    return desk


@pytest.fixture
def desk(folder: Path) -> Desk:
    with open_database(f"sqlite:///{folder / 'parley.db'}") as database:
        return Desk(database, "kim", day=lambda: TODAY)


# Numbers


@pytest.mark.parametrize(
    "arguments",
    [
        *(["show", "--run"], ["indicators", "press_tone", "--last"], ["observations", "--last"], ["runs", "--limit"]),
        *(
            ["calibrate", "--backtest"],
            ["plot", "effects", "--out", "a.png", "--run"],
            ["schedule", "status", "--last"],
        ),
        *(["plot", "reliability", "--out", "a.png", "--backtest"], ["report", "--out", "a.md", "--run"]),
        *(["report", "--out", "a.md", "--since"], ["history", "--out", "a.csv", "--horizon"], ["update", "--draws"]),
        *(["update", "--chains"], ["backtest", "--workers"], ["backtest", "--horizons"], ["check", "--simulations"]),
        *(["event", "none", "--retract"], ["retract", "--reason", "x"], ["revise", "--level", "1"]),
    ],
    ids=" ".join,
)
def test_a_number_that_cannot_be_is_a_mistake_in_usage(
    arguments: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Too large for a database, below nought, or none: in words of ours, with what would be right."""
    for number in (*map(str, HUGE), "-1", "-9223372036854775809", "9" * 5000, "1.5", "one", "", "１x"):
        assert run([*arguments, number]) == 2, number
        said = capsys.readouterr()
        assert said.out == ""
        assert re.fullmatch(LINE, said.err)
        assert re.search(
            r"is not a whole number from|is not a (list of days|horizon)|is neither a date nor a run", said.err
        )
        assert len(said.err) < 300


def test_no_number_is_read_in_words_of_the_parsers_own() -> None:
    """A new option for one takes `whole`, whose range a database can hold."""
    kinds = [each.type_descriptor for command in COMMANDS.values() for each in command.params]
    numbers = [one.parameter_info for one in kinds if one.annotation in (int, float)]
    assert len(numbers) >= 15
    assert all(one.parser is not None for one in numbers)


def test_a_number_that_may_be_and_is_not_there_is_one_of_state(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    largest = str(2**63 - 1)
    for arguments in (
        ["show", "--run", largest],
        ["retract", largest, "--reason", "x"],
        ["revise", largest, "--level", "1"],
    ):
        assert run(arguments) == 1
        assert re.fullmatch(LINE, capsys.readouterr().err)


@pytest.mark.parametrize("number", HUGE)
def test_a_program_that_asks_for_such_a_number_is_told(number: int, desk: Desk) -> None:
    for ask in (lambda: retract(desk, number, "slip"), lambda: revise(desk, number, level=1)):
        with pytest.raises(ParleyError, match=r"too large|there is no observation row"):
            ask()
    with pytest.raises(StoreError, match=r"^a number is too large for a database \(.*\); give one below 2\^63$"):
        _read(desk.database, number)


def _read(database: Database, number: int) -> None:
    with database.read() as connection:
        read_run(connection, number)


# Days


@pytest.mark.parametrize(
    "instant",
    [
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "0001-01-01",
        "9999-12-31",
        "9999-12-31T23:59:59.999999",
    ],
)
def test_an_instant_at_the_end_of_time_is_told_or_taken(
    instant: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that has no year in UTC is none."""
    takes = [
        path for path, command in sorted(COMMANDS.items()) for each in command.params if "--as-recorded" in each.opts
    ]
    assert len(takes) >= 7
    for path in takes:
        more = {"plot": ["states", "--out", "a.png"], "history": ["--out", "a.csv"], "export": ["--out", "b.csv"]}
        typed = Typed(0, [*path, *more.get(path[0], []), "--as-recorded", instant], {})
        said = play(typed, folder, monkeypatch)
        assert not said.wrong
        assert said.code in ((2,) if instant.endswith("14:00") else (0, 1)), (path, said)


def test_no_day_ends_in_a_traceback(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every command that takes days, and every option that does."""
    needed = {
        "history": ["--out", "a.csv", "--force", "--what", "observations"],
        "report": ["--out", "a.md", "--force"],
        "plot": ["states", "--out", "a.png", "--force"],
        "log": ["press_tone", "1", "--source", "x", "--grade", "B2", "--dry-run"],
        "event add": ["contact", "--source", "x", "--dry-run"],
        "event revise": ["T2018-1"],
        "event retract": ["T2018-1", "--reason", "x"],
        "retract": ["3", "--reason", "x"],
        "revise": ["3"],
    }
    for path, command in sorted(COMMANDS.items()):
        takes = [] if path[0] in ("brief", "export", "trust") else command.params  # which have other names
        for each in takes:
            for day in ("0001-01-01", "9999-12-31") if "DATE" in str(each.metavar) else ():
                refused = ["--as-of", "2005-01-01"] if path[0] in ("update", "backtest", "check") else []
                arguments = [*path, *refused, *needed.get(" ".join(path), []), each.opts[0], day]
                said = play(Typed(0, arguments, {}), folder, monkeypatch)
                assert not said.wrong, (arguments, said.wrong)


@pytest.mark.parametrize(
    ("first", "last"),
    [(date.min, date.max), (date.min, date(2, 1, 1)), (date(9998, 1, 1), date.max), (date(9999, 12, 20), date.max)],
)
def test_an_axis_reaches_to_the_ends_of_time(first: date, last: date) -> None:
    from matplotlib.figure import Figure

    from forecast.words.english.labels import LABELS as ENGLISH

    axes = Figure().add_subplot()
    show_dates(axes, first, last, ENGLISH, room=6.0)
    assert len(axes.get_xticks()) >= 1


# Files that are nested, and folders that are gone

NESTED = {
    "lists": f"x = {'[' * 20_000}",
    "tables": f"x = {'{a = ' * 20_000}",
    "closed": f"x = {'[' * 400}{']' * 400}",
    "keys": f"{'.'.join('a' * 3000)} = 1",
    "digits": f"x = {'9' * 5000}",
}


@pytest.mark.parametrize("text", NESTED.values(), ids=NESTED)
def test_settings_that_are_nested_too_deeply_are_no_settings(
    text: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "parley.toml").write_text(text)
    with pytest.raises(BadSettings, match=r"nested too deeply|too many digits"):
        read_settings()
    for command in ("status", "settings", "install", "test"):
        assert run(["schedule", command]) == 1
        assert re.fullmatch(LINE, capsys.readouterr().err)
    assert run(["doctor"]) == 1


@pytest.mark.parametrize("name", ["case.toml", "indicators.toml"])
@pytest.mark.parametrize("text", NESTED.values(), ids=NESTED)
def test_a_case_that_is_nested_too_deeply_is_no_case(
    name: str, text: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = write_toy_case(folder / "deep", {name: f"{toy_files()[name]}\n{text}\n"})
    with pytest.raises(CaseError, match=rf"^{name}: "):
        read_case_folder(case)
    assert run(["init", "--case", str(case)]) == 1
    assert all(line.startswith("error: ") and len(line) < 5000 for line in capsys.readouterr().err.splitlines())


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_folder_that_is_gone_is_named(
    elsewhere: bool, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever deletes the folder of an open shell is told so; what needs none works."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    monkeypatch.setenv("PARLEY_CASE", "toy")
    if not elsewhere:
        monkeypatch.delenv("PARLEY_DATABASE_URL")
    for command in ("show", "events", "verify", "init", "schedule status", "import a.csv", "update --as-of 2005-01-01"):
        code = run(command.split())
        said = capsys.readouterr().err
        assert code in (0, 1)
        assert elsewhere or said.endswith("the current folder no longer exists; change to one that does\n"), command
    for command in ("backup b.zip", "history --out a.csv", "template a.xlsx", "schedule install"):
        assert run(command.split()) == 1
        said = capsys.readouterr().err
        assert re.fullmatch(r"error: .*the (current folder|folder you are in) no longer exists.*\n", said)
    assert run(["doctor"]) == 1


# Posteriors that cannot be read, when the row is stored


def _unreadable(store: Path) -> None:
    store.chmod(0o000)


def _a_file(store: Path) -> None:
    shutil.rmtree(store)
    store.write_text("in the way")


def _cut_off(store: Path) -> None:
    (file,) = store.iterdir()
    file.write_bytes(file.read_bytes()[:2000])


def _emptied(store: Path) -> None:
    (file,) = store.iterdir()
    file.write_bytes(b"")


def _of_folders(store: Path) -> None:
    (file,) = store.iterdir()
    file.unlink()
    file.mkdir()


def _a_loop(store: Path) -> None:
    (file,) = store.iterdir()
    file.unlink()
    file.symlink_to(file.name)


@pytest.mark.parametrize("spoil", [_unreadable, _a_file, _cut_off, _emptied, _of_folders, _a_loop])
def test_an_entry_stands_whatever_became_of_the_posteriors(
    spoil: Callable[[Path], None], published_copy: Path, request: pytest.FixtureRequest
) -> None:
    """And the remark says why there is no forecast."""
    spoil(published_copy / "posteriors")
    if spoil is _unreadable:  # to anyone but root
        let_enter(published_copy)
        for path in (published_copy.parent, published_copy, *published_copy.glob("*.db*")):
            path.chmod(0o777 if path.is_dir() else 0o666)
        request.getfixturevalue("unprivileged")
    with open_database(f"sqlite:///{published_copy / 'parley.db'}") as database:
        desk = Desk(database, "kim", day=lambda: date(2019, 7, 1))
        receipt = log(desk, "press_tone", 1, on=date(2019, 6, 20), source="Leader", grade="B2")
        assert (receipt.stored, receipt.forecast) == (True, None)
        assert re.match(r"no provisional forecast: posterior \S+ (cannot be read|is missing|is empty)", receipt.remark)
        with database.read() as connection:
            assert connection.exec_driver_sql("SELECT max(id) FROM observations").scalar() == receipt.rows[0]


# What the file of the database says of itself


def _schema(sql: str) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("PRAGMA writable_schema=ON")
            connection.execute(f"UPDATE sqlite_master SET {sql}")

    return spoil


def _bytes(old: bytes, new: bytes) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        content = path.read_bytes()
        assert old in content
        path.write_bytes(content.replace(old, new))  # wherever it stands: pages that are free keep what they held

    return spoil


SPOILT = {
    "nonsense": _schema("sql = 'nonsense' WHERE name = 'runs'"),
    "nothing": _schema("sql = NULL WHERE name = 'observations'"),
    "bytes": _schema("sql = x'ff00ff' WHERE name = 'runs'"),
    "no version": _schema("sql = 'CREATE TABL' WHERE name = 'alembic_version'"),
    "trigger": _schema("sql = 'CREATE TRIGGER x nonsense' WHERE name = 'runs_no_update'"),
    "page": _schema("rootpage = 99999 WHERE name = 'runs'"),
    "not UTF-8": _bytes(b"CREATE TABLE runs", b"CREA\xffE TABLE runs"),
    "not UTF-8 in a trigger": _bytes(b"CREATE TRIGGER", b"CREATE TR\xff\xfe\x00ER"),
    "header": _bytes(b"SQLite format 3\0", b"SQLite format 4\0"),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_database_that_says_nonsense_of_itself_is_not_sound(
    spoil: Callable[[Path], None], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(folder / "parley.db")
    for arguments in (
        ["verify"],
        ["backup", "b.zip"],
        ["show"],
        ["events"],
        ["init"],
        ["schedule", "status"],
        ["doctor"],
    ):
        assert run(arguments) == 1
        said = capsys.readouterr()
        if arguments == ["doctor"]:
            assert "problem  database" in said.out
            assert said.err == ""
        else:
            assert re.fullmatch(LINE, said.err), arguments
    assert not (folder / "b.zip").exists()


# Halves of characters, through the library


@pytest.mark.parametrize("half", ["\ud800", "x\udfff"])
def test_half_a_character_is_refused_wherever_it_comes_from(half: str, desk: Desk, folder: Path) -> None:
    entry = {"on": date(2020, 2, 1), "source": "Leader", "grade": "B2"}
    for part in ("note", "source", "publisher", "origin", "analyst", "url"):
        with pytest.raises(CaseError, match=rf"^{part}: "):
            log(desk, "press_tone", 1, **{**entry, part: f"a {half} b"})  # type: ignore[arg-type]
    with pytest.raises(ParleyError, match=r"^indicator: "):
        log(desk, half, 1, **entry)  # type: ignore[arg-type]
    with pytest.raises(ParleyError):
        log(Desk(desk.database, half, day=lambda: TODAY), "press_tone", 1, **entry)  # type: ignore[arg-type]
    with pytest.raises(ParleyError):
        retract(desk, 1, f"why {half}")
    for name in (f"{half}.csv", f"{half}.xlsx", f"{half}/rows.csv"):
        with pytest.raises(CaseError, match=r"no such file|cannot be the name of a file"):
            import_file(desk, folder / name)
    with pytest.raises((NotWritten, ParleyError)):
        write_report(
            desk.database, folder / "no" / f"{half}.html", datetime(2020, 3, 1, 12, tzinfo=timezone(timedelta()))
        )


def test_a_file_whose_name_is_no_text_is_read_and_written(desk: Desk, folder: Path) -> None:
    """Linux knows bytes, and Python halves of characters for those that are none."""
    rows = folder / "\udcff.csv"
    rows.write_text("indicator,observed_on,level,grade,source\npress_tone,2020-02-01,1,B2,Leader\n")
    assert import_file(desk, rows).stored
    assert run(["history", "--out", "\udcfe.csv", "--what", "events", "--as-of", "2020-01-01"]) == 0
    assert (folder / "\udcfe.csv").is_file()
    assert run(["import", "\udcff.csv"]) == 0
