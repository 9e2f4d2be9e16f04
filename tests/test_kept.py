"""What no file that is asked for may replace, whatever flag is given: a law over every command that writes one."""

import os
import re
import shutil
import socket
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import chdir, closing
from pathlib import Path

import pytest
from cli_worlds import COMMANDS, SOUND, Typed, play
from toy_case import write_toy_case
from toy_runs import install_toy

from db.backup import write_backup
from db.engine import open_database
from db.errors import StoreError
from forecast.cli.app import run
from forecast.errors import NotSent, NotWritten
from forecast.schedule.channels import send_to_file
from forecast.schedule.log import close_log, open_log
from forecast.schedule.settings import AlertFile, LogSettings
from forecast.writing import write_file

ENDING = r"\.[a-z]{2,7}\b"
OTHERS = (".html", ".csv", ".png", ".toml", ".zip", ".xlsx", ".txt", ".db", ".nc", ".service", "")
FORCED = {path: command for path, command in COMMANDS.items() if any("--force" in each.opts for each in command.params)}
"""Commands that replace a file if they are told to: all that write one that somebody names."""


ASKED = {("what-if",): ("--tornado",)}
"""What a command must be asked, where no argument says it: of several things, the one that has pictures."""


def out_of(path: tuple[str, ...]) -> tuple[list[str], set[str]]:
    """How the file of a command is given, and the endings it says that it writes; none would mean any."""
    own = [each for each in COMMANDS[path].params if each.name in ("out", "file")]
    assert len(own) == 1, f"{path} names its file by --out or FILE"
    endings = set(re.findall(ENDING, f"{own[0].metavar} {own[0].help}"))
    return (["--out"] if own[0].param_type_name == "option" else []), endings or {".html"}


def typed(path: tuple[str, ...], out: Path | str, *more: str) -> Typed:
    """The command with what it must be given, its file and --force."""
    given, _ = out_of(path)
    needed = [
        SOUND[str(each.metavar)][0]
        for each in COMMANDS[path].params
        if each.param_type_name == "argument" and each.name != "file"
    ]
    return Typed(0, [*path, *needed, *ASKED.get(path, ()), *given, str(out), "--force", *more], {"PARLEY_CASE": "toy"})


EACH = [(path, ending) for path in sorted(FORCED) for ending in sorted(out_of(path)[1])]
each = pytest.mark.parametrize(
    ("path", "ending"), EACH, ids=lambda one: " ".join(one) if isinstance(one, tuple) else one
)


def test_commands_that_write_a_file_are_those_that_can_be_told_to_replace_it() -> None:
    """Any file or folder that is named is looked at as the command line is read, but for five that are read."""
    kinds = [(path, each) for path, command in COMMANDS.items() for each in command.params]
    files = [(path, each) for path, each in kinds if each.type_descriptor.annotation is Path]
    unseen = {(*path, each.name) for path, each in files if each.type_descriptor.parameter_info.parser is None}
    assert unseen == {
        ("import", "file"),
        ("init", "case"),
        ("indicator", "add", "file"),
        ("restore", "file"),
        ("next", "costs"),
    }
    assert {path for path, each in files if (*path, each.name) not in unseen} == set(FORCED)
    told = [f"{each.metavar} {each.help}" for path, each in files if (*path, each.name) not in unseen]
    assert all(re.search(ENDING, words) for words in told)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a desk; tests copy it."""
    folder = tmp_path_factory.mktemp("model")
    install_toy(folder).close()
    (folder / "posteriors").mkdir()
    return folder


@pytest.fixture
def desk(model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model, tmp_path / "desk"))


def _database(folder: Path, ending: str) -> tuple[Path, dict[str, str]]:
    """The database itself, under a name that a file could have."""
    place = folder / f"mine{ending}"
    shutil.copy(folder / "parley.db", place)
    return place, {"PARLEY_DATABASE_URL": f"sqlite:///{place}"}


def _relative(folder: Path, ending: str) -> tuple[Path, dict[str, str]]:
    place, environment = _database(folder, ending)
    return Path("toy", "..", place.name), environment


def _damaged(folder: Path, ending: str) -> tuple[Path, dict[str, str]]:
    """The database, of which no content tells what it is any more."""
    place, environment = _database(folder, ending)
    place.write_bytes(bytes(100) + place.read_bytes()[100:])
    return place, environment


def _capital(folder: Path, ending: str) -> tuple[Path, dict[str, str]]:
    """The same name to a disk that takes capitals and small letters for one."""
    _, environment = _damaged(folder, ending)
    return folder / f"MINE{ending}", environment


def _unmade(folder: Path, ending: str) -> tuple[Path, dict[str, str]]:
    """A database that is still to be made."""
    return folder / f"next{ending}", {"PARLEY_DATABASE_URL": f"sqlite:///{folder}/next{ending}"}


def _linked(folder: Path, ending: str) -> tuple[Path, dict[str, str]]:
    (folder / f"link{ending}").symlink_to("parley.db")
    return folder / f"link{ending}", {}


def _linked_twice(folder: Path, ending: str) -> tuple[Path, dict[str, str]]:
    (folder / "first").symlink_to(folder)
    (folder / f"second{ending}").symlink_to("first/parley.db")
    return folder / f"second{ending}", {}


def _hard(folder: Path, ending: str) -> tuple[Path, dict[str, str]]:
    os.link(folder / "parley.db", folder / f"hard{ending}")
    return folder / f"hard{ending}", {}


def _other(folder: Path, ending: str) -> tuple[Path, dict[str, str]]:
    """A database of another program."""
    with closing(sqlite3.connect(folder / f"other{ending}")) as connection, connection:
        connection.execute("CREATE TABLE mine (x)")
    return folder / f"other{ending}", {}


def _among_posteriors(folder: Path, ending: str) -> tuple[Path, dict[str, str]]:
    return folder / "posteriors" / f"new{ending}", {}


def _to_posteriors(folder: Path, ending: str) -> tuple[Path, dict[str, str]]:
    """A link by which a new file would come to lie among them."""
    (folder / f"in{ending}").symlink_to(f"posteriors/new{ending}")
    return folder / f"in{ending}", {}


def _of_a_case(folder: Path, ending: str) -> tuple[Path, dict[str, str]]:
    (folder / "toy" / f"notes{ending}").write_text("of the case")
    return folder / "toy" / f"notes{ending}", {}


def _settings(folder: Path, ending: str) -> tuple[Path, dict[str, str]]:
    """The settings in force, in somebody's own words."""
    (folder / f"mine{ending}").write_text('[schedule]\nat = "07:00"\n')
    return folder / f"mine{ending}", {"PARLEY_SETTINGS": f"mine{ending}"}


def _pipe(folder: Path, ending: str) -> tuple[Path, dict[str, str]]:
    os.mkfifo(folder / f"pipe{ending}")
    return folder / f"pipe{ending}", {}


def _to_a_pipe(folder: Path, ending: str) -> tuple[Path, dict[str, str]]:
    os.mkfifo(folder / "pipe")
    (folder / f"link{ending}").symlink_to("pipe")
    return folder / f"link{ending}", {}


def _socket(folder: Path, ending: str) -> tuple[Path, dict[str, str]]:
    with chdir(folder), socket.socket(socket.AF_UNIX) as endpoint:
        endpoint.bind(f"socket{ending}")
    return folder / f"socket{ending}", {}


def _device(folder: Path, ending: str) -> tuple[Path, dict[str, str]]:
    """A node of its own that swallows what is written, where this user may make one."""
    place = folder / f"device{ending}"
    try:
        os.mknod(place, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    except PermissionError:
        os.mkfifo(place)
    return place, {}


def _folder(folder: Path, ending: str) -> tuple[Path, dict[str, str]]:
    (folder / f"folder{ending}").mkdir()
    return folder / f"folder{ending}", {}


def _loop(folder: Path, ending: str) -> tuple[Path, dict[str, str]]:
    (folder / f"loop{ending}").symlink_to(f"loop{ending}")
    return folder / f"loop{ending}", {}


KEPT: dict[Callable[[Path, str], tuple[Path, dict[str, str]]], str] = {
    _database: r"is the database itself; name another file",
    _relative: r"is the database itself; name another file",
    _damaged: r"is the database itself; name another file",
    _capital: r"is the database itself; name another file",
    _unmade: r"is the database itself; name another file",
    _linked: r"is the database itself; name another file",
    _linked_twice: r"is the database itself; name another file",
    _hard: r"is the database itself; name another file",
    _other: r"is an SQLite database; name another file",
    _among_posteriors: r"lies among the posteriors; name a file elsewhere",
    _to_posteriors: r"lies among the posteriors; name a file elsewhere",
    _of_a_case: r"belongs to the case in .*toy; name a file elsewhere",
    _settings: r"holds settings that Parley did not write; name another file",
    _pipe: r"is a named pipe, not a file; name a file",
    _to_a_pipe: r"is a named pipe, not a file; name a file",
    _socket: r"is a socket, not a file; name a file",
    _device: r"is a (device|named pipe), not a file; name a file",
    _folder: r"is a folder; name a file",
    _loop: r"is a link that leads nowhere, not a file; name a file",
}


@each
def test_nothing_that_is_kept_is_replaced_even_by_force(
    path: tuple[str, ...], ending: str, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for make, reason in KEPT.items():
        desk = Path(shutil.copytree(model, tmp_path / make.__name__))
        place, environment = make(desk, ending)
        before = dict(_contents(desk))
        one = typed(path, place)
        one.environment.update({"PARLEY_DATABASE_URL": f"sqlite:///{desk / 'parley.db'}", **environment})
        said = play(one, desk, monkeypatch)
        assert (said.code, said.out, said.trace) == (1, "", ""), (make.__name__, said)
        assert re.fullmatch(rf"error: .*{place.name} {reason}[^\n]*\n", said.err), (make.__name__, said.err)
        assert dict(_contents(desk)) == before, make.__name__


def _contents(folder: Path) -> Iterator[tuple[str, object]]:
    """Everything in the folder: what it is, and what it holds."""
    for path in sorted(folder.rglob("*")):
        state = path.lstat()
        plain = stat.S_ISREG(state.st_mode)
        yield str(path), (state.st_mode, state.st_ino, path.read_bytes() if plain else None)


@pytest.mark.parametrize("path", sorted(FORCED), ids=" ".join)
def test_an_ending_of_another_format_is_refused_before_anything_is_done(
    path: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no database: who opened one before looking would say so."""
    for ending in set(OTHERS) - out_of(path)[1]:
        said = play(typed(path, f"x{ending}"), tmp_path, monkeypatch)
        assert (said.code, said.out, said.trace) == (2, "", "")
        assert re.match(rf"error: Invalid value for '\S+': 'x{re.escape(ending)}' does not end in \.", said.err)
        assert said.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@each
def test_an_own_ending_is_taken_in_capitals_too(
    path: tuple[str, ...], ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it is the database that is missing, or the file is written."""
    said = play(typed(path, f"x{ending.upper()}"), tmp_path, monkeypatch)
    assert said.code == 0 or "no database at" in said.err


def test_a_side_file_is_no_place_even_where_none_is(desk: Path) -> None:
    """SQLite would take whatever stands there for its own, and play it back."""
    with open_database(f"sqlite:///{desk / 'parley.db'}") as database:
        for end in ("-wal", "-shm", "-journal"):
            with pytest.raises(NotWritten, match=r"belongs to the database .*parley\.db; name another file$"):
                write_file(b"x", desk / f"parley.db{end}", force=True)
            with pytest.raises(StoreError, match=r"is the database itself; name another file$"):
                write_backup(database, desk / f"parley.db{end}", force=True)


def test_a_link_stays_and_what_it_leads_to_is_replaced(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk)
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{desk / 'parley.db'}")
    (desk / "far").mkdir()
    (desk / "far" / "last.csv").write_text("old")
    (desk / "last.csv").symlink_to("far/last.csv")
    (desk / "next.zip").symlink_to("far/next.zip")
    assert run(["history", "--out", "last.csv", "--what", "events"]) == 1
    assert run(["history", "--out", "last.csv", "--what", "events", "--force", "--as-of", "2020-01-01"]) == 0
    assert run(["backup", "next.zip", "--force"]) == 0
    assert (desk / "last.csv").is_symlink()
    assert (desk / "next.zip").is_symlink()
    assert (desk / "far" / "last.csv").read_text().startswith("id,case_id,")
    assert (desk / "far" / "next.zip").read_bytes().startswith(b"PK")


def test_settings_are_replaced_where_parley_wrote_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("parley.toml", "other.toml"):
        assert run(["schedule", "settings", "--out", name]) == 0
        assert run(["schedule", "settings", "--out", name]) == 1
        assert run(["schedule", "settings", "--out", name, "--force"]) == 0
        text = (tmp_path / name).read_text()
        (tmp_path / name).write_text(text.partition("\n")[2])
        assert run(["schedule", "settings", "--out", name, "--force"]) == 1
        assert (tmp_path / name).read_text() == text.partition("\n")[2]


def test_nothing_is_appended_to_a_database(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log and the file of alerts are named in settings: a slip there may not end in the database."""
    before = (desk / "parley.db").read_bytes()
    for name in ("parley.db", "parley.db-wal", "posteriors/log"):
        with pytest.raises(NotWritten, match=r"name (another file|a file elsewhere) in the settings: \[log\] file$"):
            open_log(LogSettings(file=name), desk, stderr=False)
        with pytest.raises(NotSent, match=r"name (another file|a file elsewhere) in \[alerts\.file\]$"):
            send_to_file(AlertFile(path=name), None, desk)  # type: ignore[arg-type]  # it is not looked at
    close_log()
    assert (desk / "parley.db").read_bytes() == before


def test_a_case_folder_may_hold_new_files_and_keeps_those_it_has(tmp_path: Path) -> None:
    case = write_toy_case(tmp_path / "case")
    write_file(b"new", case / "brief.html")
    assert (case / "brief.html").read_bytes() == b"new"
    for name in ("events.csv", "case.toml", "brief.html"):
        with pytest.raises(NotWritten, match=rf"{name} belongs to the case in .*case; name a file elsewhere$"):
            write_file(b"x", case / name, force=True)


@pytest.mark.parametrize("name", ["half\ud800.html", "null\0.html"])
def test_a_name_that_no_file_can_have_is_told(name: str, tmp_path: Path) -> None:
    with pytest.raises(NotWritten, match=r"cannot be the name of a file; name another$"):
        write_file(b"x", tmp_path / name)
