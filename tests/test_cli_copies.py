"""`parley restore` and `copy` through the real program."""

import json
import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import RUN
from sqlalchemy import make_url
from toy_runs import LOADED, install_toy

from db.append import append_run
from db.engine import Database
from db.fill import ASIDE
from db.posteriors import store_file
from db.tables import SCHEMA_VERSION
from forecast.cli.app import run

HEAD = "keep this hash somewhere else: it stands for everything stored so far"
INTERRUPTED = """
import db.fill as fill
def interrupted(*_, **__):
    raise KeyboardInterrupt
fill.verify_store = interrupted
from forecast.cli.app import main
main()
"""
PLAIN = "from forecast.cli.app import main\nmain()"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The toy case with a run and its posterior, in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "400")
    for name in ("PARLEY_DATABASE_URL", "PARLEY_CASE", "PARLEY_POSTERIORS"):
        monkeypatch.delenv(name, raising=False)
    with install_toy(tmp_path) as database:
        digest = store_file(tmp_path / "posteriors", lambda path: path.write_bytes(os.urandom(2_000_000)) and None)
        with database.write() as connection:
            append_run(connection, replace(RUN, case_id="toy", posterior_hash=digest), LOADED)
        (tmp_path / "away").mkdir()
        return database


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run(arguments)
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def stored(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(said(capsys, "verify", "--json")[1])
    return found


def test_restore_says_what_is_there_now(desk: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "backup", "kept.zip")[0] == 0
    there, before = tmp_path / "away" / "new desk.db", stored(capsys)
    code, out, err = said(capsys, "restore", "kept.zip", "--to", f"sqlite:///{there}")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "Restored: kept.zip",
        f"to       {there}",
        f"holds    schema {SCHEMA_VERSION}, 1 run",
        f"checked  {before['rows']} rows in {before['tables']} tables, 1 posterior file",
        f"head     {before['head']}",
        f"         {HEAD}",
        "",
        f"To use it: PARLEY_DATABASE_URL='sqlite:///{there}'",
    ]


@pytest.mark.parametrize("empty_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("password", ["secret", ""])
def test_the_address_to_use_has_no_password_and_says_so(
    desk: Database, empty_url: str, password: str, capsys: pytest.CaptureFixture[str]
) -> None:
    to = make_url(empty_url).set(password=password).render_as_string(hide_password=False)
    code, out, err = said(capsys, "copy", "--to", to)
    assert (code, err) == (0, "")
    line = out.splitlines()[-1]
    assert line.startswith("To use it, with its password in place of ***: PARLEY" if password else "To use it: PARLEY")
    assert (":***@" in out, "secret" in out) == (bool(password), False)


def test_copy_and_json_say_the_same(
    desk: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before, there = stored(capsys), tmp_path / "away" / "new.db"
    code, out, err = said(capsys, "copy", "--to", f"sqlite:///{there}", "--json")
    assert (code, err) == (0, "")
    about = {"from": desk.url, "to": str(there), "schema": SCHEMA_VERSION, "schema_before": SCHEMA_VERSION, "runs": 1}
    assert {**json.loads(out), "database": desk.url} == {**before, **about}
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{there}")
    assert {**stored(capsys), "database": desk.url} == before
    assert said(capsys, "doctor")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("restore", "kept.zip"), 2, "Missing option '--to'"),
        (("restore", "kept.zip", "--to", "new.db"), 1, "'new.db' is not a URL; use sqlite:///FILE or .* in --to"),
        (("copy", "--to", "mysql://host/db"), 1, "has the scheme 'mysql'; use sqlite:///FILE or .* in --to"),
        (("copy", "--to", "sqlite:///no/new.db"), 1, "folder .*/no does not exist; make it, or name a file elsewhere"),
        (("copy", "--from", "sqlite:///gone.db", "--to", "sqlite:///new.db"), 1, "gone.db; name another in --from"),
        (("copy", "--to", "sqlite:///parley.db"), 1, "parley.db is both source and target; name another target"),
        (("copy", "--to", "postgresql://me@127.0.0.1:1/x"), 1, r"/x cannot be opened \(.*\); check --to$"),
        (("copy", "--from", "postgresql://me@127.0.0.1:1/x", "--to", "sqlite:///new.db"), 1, r"\); check --from$"),
        (("restore", "gone.zip", "--to", "sqlite:///new.db"), 1, "gone.zip does not exist; name a file that"),
        (("restore", "parley.db", "--to", "sqlite:///new.db"), 1, "parley.db is no ZIP file, or only a part of one"),
    ],
)
def test_mistakes_are_told_in_a_line(
    desk: Database, arguments: tuple[str, ...], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found, out, err = said(capsys, *arguments)
    assert (found, out) == (code, "")
    assert err.count("\n") == 1
    assert re.search(message, err.removesuffix("\n")), err
    assert not (desk.folder / "new.db").exists()


def ran(program: str, folder: Path, *arguments: str, limit: int | None = None) -> tuple[int, str, str]:
    environment = {**os.environ, "PARLEY_DATABASE_URL": f"sqlite:///{folder / 'parley.db'}"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *arguments],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=_limited(limit) if limit else None,
    )
    return done.returncode, done.stdout, done.stderr


def _limited(bytes_: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, bytes_))


@pytest.mark.parametrize("command", ["copy", "restore"])
def test_ctrl_c_says_one_line_and_leaves_nothing(
    desk: Database, tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, "backup", "kept.zip")[0] == 0
    words = ("copy",) if command == "copy" else ("restore", "kept.zip")
    code, out, err = ran(INTERRUPTED, tmp_path, *words, "--to", f"sqlite:///{tmp_path / 'away' / 'new.db'}")
    assert (code, out, err) == (130, "", "stopped; what was stored before stays as it is\n")
    assert list((tmp_path / "away").iterdir()) == []


@pytest.mark.parametrize("room", [300_000, 1_500_000])
def test_a_full_disk_is_told_and_nothing_is_left(desk: Database, tmp_path: Path, room: int) -> None:
    """A limit on the size of files stands for the disk: writing past it fails in the same calls."""
    to = f"sqlite:///{tmp_path / 'away' / 'new.db'}"
    code, out, err = ran(PLAIN, tmp_path, "copy", "--to", to, limit=room)
    assert (code, out) == (1, "")
    assert err.startswith(f"error: {tmp_path / 'away'}")
    assert "cannot be written" in err
    assert (err.count("\n"), ASIDE in err) == (1, False)
    assert list((tmp_path / "away").iterdir()) == []


@pytest.mark.parametrize("empty_url", ["postgresql"], indirect=True)
def test_a_desk_that_moved_to_a_server_answers(
    published_copy: Path, empty_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An entry is the next row, and its forecast is made from the posterior that came along."""
    monkeypatch.chdir(published_copy)
    monkeypatch.setenv("PARLEY_ANALYST", "kim")
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{published_copy / 'parley.db'}")
    before = stored(capsys)
    assert said(capsys, "copy", "--to", empty_url)[0] == 0
    entry = ("log", "press_tone", "1", "--on", "2019-05-20", "--source", "Leader", "--grade", "B2", "--json")
    answers = []
    for url in (os.environ["PARLEY_DATABASE_URL"], empty_url):
        monkeypatch.setenv("PARLEY_DATABASE_URL", url)
        monkeypatch.setattr("forecast.cli.console.utc_now", lambda: LOADED)
        code, out, err = said(capsys, *entry)
        assert (code, err) == (0, "")
        answers.append(json.loads(out))
    assert answers[0]["rows"] == answers[1]["rows"]
    assert answers[0]["forecast"] == answers[1]["forecast"]
    assert answers[0]["forecast"]
    code, out, _ = said(capsys, "verify", "--head", str(before["head"]), "--json")
    assert (code, json.loads(out)["sound"], json.loads(out)["anchor"]["continues"]) == (0, True, True)
