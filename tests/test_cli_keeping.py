"""`parley verify`, `backup` and `doctor` through the real program."""

import json
import sqlite3
import subprocess
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import RUN
from toy_runs import LOADED, install_toy

from db.append import append_run
from db.engine import Database, open_database
from db.migrate import create_database
from db.posteriors import store_file
from db.tables import SCHEMA_VERSION
from forecast.cli.app import run

HEAD = "keep this hash somewhere else: it stands for everything stored so far"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The toy case with a run and its posterior, in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARLEY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.delenv("PARLEY_DATABASE_URL", raising=False)
    monkeypatch.delenv("PARLEY_CASE", raising=False)
    with install_toy(tmp_path) as database:
        digest = store_file(tmp_path / "posteriors", lambda path: path.write_text("draws") and None)
        with database.write() as connection:
            append_run(connection, replace(RUN, case_id="toy", posterior_hash=digest), LOADED)
        return database


def _posterior(database: Database) -> Path:
    (file,) = (database.folder / "posteriors").iterdir()
    return file


def _tamper(database: Database) -> None:
    with closing(sqlite3.connect(database.url)) as connection, connection:
        connection.execute("DROP TRIGGER observations_no_update")
        connection.execute("UPDATE observations SET note = 'x' WHERE id = 2")


def test_verify_says_what_was_checked(desk: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify"]) == 0
    printed = capsys.readouterr()
    assert run(["verify", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["sound"], found["files"], found["broken"], found["damaged"]) == (True, 1, [], [])
    assert printed.out.splitlines() == [
        f"Everything is as it was stored: {desk.url}",
        f"checked  {found['rows']} rows in {found['tables']} tables, 1 posterior file",
        f"head     {found['head']}",
        f"         {HEAD}",
    ]
    assert printed.err == ""


def test_verify_lists_every_finding(desk: Database, capsys: pytest.CaptureFixture[str]) -> None:
    _tamper(desk)
    _posterior(desk).unlink()
    assert run(["verify"]) == 1
    printed = capsys.readouterr()
    assert [line[:40].rstrip() for line in printed.out.splitlines() if line.startswith("- ")] == [
        "- observations_no_update: trigger absent",
        "- observations row 2: content does not m",
        f"- posterior {_posteriors(desk)}"[:40],
    ]
    assert HEAD not in printed.out
    remedy = "restore a backup (`unzip FILE` in an empty folder) and keep this database aside"
    assert printed.err == f"error: {desk.url} is damaged; {remedy}\n"
    assert run(["verify", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [(one["table"], one["row_id"]) for one in found["broken"]] == [
        ("observations_no_update", None),
        ("observations", 2),
    ]
    assert len(found["damaged"]) == 1


def _posteriors(database: Database) -> Path:
    return database.folder / "posteriors"


def _verify(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run(["verify", *arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_the_head_is_printed_to_be_kept_and_checked_later(desk: Database, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = _verify(capsys, "--json")
    all_ = json.loads(out)
    code, out, err = _verify(capsys, "--head", "--json")
    head = json.loads(out)
    assert (code, err) == (0, "")
    assert (head["head"], head["short"], head["rows"]) == (all_["head"], all_["head"][:16], all_["rows"])
    code, out, _ = _verify(capsys, "--head")
    assert out.splitlines() == [
        f"Head of the record: {desk.url}",
        f"head        {head['head']}",
        f"stands for  {head['rows']} rows, the last recorded 2020-01-02 12:00 UTC",
        f"to check    parley verify --head {head['short']}",
        HEAD,
    ]
    with open_database(f"sqlite:///{desk.url}") as again, again.write() as connection:
        append_run(connection, replace(RUN, case_id="toy", seed=1), LOADED)
    for spelling in (head["head"], head["short"], head["short"].upper(), f"{head['head'][:20]}…"):
        code, out, err = _verify(capsys, "--head", spelling)
        assert (code, err) == (0, "")
        when = f"Head {head['short']}, of 2020-01-02 12:00 UTC"
        assert out.splitlines()[-1] == f"{when}: {head['rows']} rows up to it are unchanged; 2 rows came after it."
    code, out, _ = _verify(capsys, "--head", head["short"], "--json")
    found = json.loads(out)
    anchor = {name: found["anchor"][name] for name in ("continues", "head", "rows", "rows_since", "broken")}
    assert anchor == {"continues": True, "head": head["head"], "rows": head["rows"], "rows_since": 2, "broken": []}
    assert found["sound"]


def test_a_head_of_another_record_ends_with_1(desk: Database, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = _verify(capsys, "--head", "ab" * 16)
    assert code == 1
    assert out.splitlines()[-1].endswith("does not continue from it; it never had that head.")
    assert err == (
        f"error: {desk.url} does not continue from {'ab' * 16}; it never had that head, so it is an "
        "older copy or another record; check the hash, and which database PARLEY_DATABASE_URL names; if both "
        "are right, set this database aside and restore a backup\n"
    )
    code, out, _ = _verify(capsys, "--head", "ab" * 16, "--json")
    assert (code, json.loads(out)["anchor"]["continues"], json.loads(out)["sound"]) == (1, False, True)


def test_a_head_whose_rows_were_changed_ends_with_1(desk: Database, capsys: pytest.CaptureFixture[str]) -> None:
    head = json.loads(_verify(capsys, "--head", "--json")[1])["short"]
    _tamper(desk)
    code, out, err = _verify(capsys, "--head", head)
    assert code == 1
    assert out.splitlines()[-1].endswith("1 finding above concern them: they have changed since.")
    assert err.startswith(
        f"error: {desk.url} does not continue from {head}; rows stored before that head have changed since"
    )
    code, out, _ = _verify(capsys, "--head", head, "--json")
    (broken,) = json.loads(out)["anchor"]["broken"]
    assert (code, broken["table"], broken["row_id"]) == (1, "observations", 2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--head", "abc"],
            "'abc' is not a head; write 16 to 64 hexadecimal digits, as a brief or `parley verify",
        ),
        (["--head", "g" * 16], "is not a head; write 16 to 64 hexadecimal digits"),
        (["--head", "a" * 65], "is not a head; write 16 to 64 hexadecimal digits"),
        (["a" * 16], f"needs --head; write `parley verify --head {'a' * 16}`"),
    ],
)
@pytest.mark.usefixtures("desk")
def test_what_is_no_head_is_a_mistake_in_usage(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = _verify(capsys, *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_where_nothing_is_stored_there_is_no_head(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PARLEY_DATABASE_URL", raising=False)
    create_database("sqlite:///parley.db").close()
    code, out, _ = _verify(capsys, "--head")
    assert (code, out.splitlines()[1]) == (0, "nothing is stored; run `parley init`")
    found = json.loads(_verify(capsys, "--head", "--json")[1])
    assert (found["head"], found["rows"], found["recorded_at"]) == ("", 0, None)


def test_init_mends_triggers(desk: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(desk.url)) as connection, connection:
        connection.execute("DROP TRIGGER runs_no_delete")
    assert run(["verify"]) == 1
    assert "run `parley init`, which makes the triggers again" in capsys.readouterr().err
    assert run(["init", "--case", str(tmp_path / "toy")]) == 0
    assert run(["verify"]) == 0


def test_a_backup_unzipped_in_an_empty_folder_is_a_working_parley(
    desk: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    questions = (["verify", "--json"], ["indicators", "--as-of", "2020-01-01"], ["runs"], ["observations", "--json"])
    assert run(["backup", "kept.zip"]) == 0
    capsys.readouterr()
    assert [run(question) for question in questions] == [0] * 4
    here = capsys.readouterr().out
    with zipfile.ZipFile("kept.zip") as archive:
        archive.extractall("new")
    monkeypatch.chdir(tmp_path / "new")
    assert run(["verify", "--head", json.loads(here[: here.index("\n}\n") + 2])["head"]]) == 0
    capsys.readouterr()
    assert [run(question) for question in questions] == [0] * 4
    assert capsys.readouterr().out.replace(str(tmp_path / "new"), str(tmp_path)) == here
    assert run(["init", "--case", str(tmp_path / "toy")]) == 0


def test_backup_says_what_is_in_it(desk: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "--json"]) == 0
    stored = json.loads(capsys.readouterr().out)
    assert run(["backup", "kept.zip"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.splitlines() == [
        "Backup kept.zip",
        f"holds    {Path('kept.zip').stat().st_size / 1e6:.1f} MB, schema {SCHEMA_VERSION}, 1 run",
        f"checked  {stored['rows']} rows in {stored['tables']} tables, 1 posterior file",
        f"head     {stored['head']}",
        f"         {HEAD}",
        "",
        f"To restore: `parley restore {tmp_path / 'kept.zip'} --to URL`, or `unzip {tmp_path / 'kept.zip'}` "
        "in an empty folder.",
    ]
    assert run(["backup", "kept.zip", "--force", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["bytes"] == Path("kept.zip").stat().st_size
    assert {**made, "database": desk.url} == {
        **stored,
        "file": "kept.zip",
        "bytes": made["bytes"],
        "schema": SCHEMA_VERSION,
        "runs": 1,
    }


def test_a_backup_of_what_is_left(desk: Database, capsys: pytest.CaptureFixture[str]) -> None:
    _posterior(desk).unlink()
    assert run(["backup", "kept.zip"]) == 1
    printed = capsys.readouterr()
    assert "1 finding:" in printed.out
    assert printed.err.startswith(
        f"error: {desk.url} is damaged, and kept.zip holds what is left of it; restore the files"
    )
    assert run(["backup", "kept.zip", "--force"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "kept.zip, an earlier backup, is left as it is" in printed.err


@pytest.mark.parametrize(
    ("file", "code", "message"),
    [
        ("toy", 1, "toy is a folder; name a file in it"),
        ("no/kept.zip", 1, "folder no does not exist; make it, or name a file elsewhere"),
        ("parley.db", 1, "parley.db is the database itself; name another file"),
        ("toy/case.toml", 1, "toy/case.toml belongs to the case in {folder}/toy; name a file elsewhere"),
    ],
)
def test_a_file_that_cannot_be(
    desk: Database, file: str, code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["backup", file]) == code
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", f"error: {message.format(folder=desk.folder)}\n")


def test_the_doctor_tells_the_same_as_table_and_json(desk: Database, capsys: pytest.CaptureFixture[str]) -> None:
    _posterior(desk).unlink()
    assert run(["doctor", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert run(["doctor"]) == 1
    printed = capsys.readouterr()
    assert printed.err == ""
    assert [one["check"] for one in found["findings"]] == ["posteriors", "completeness", "forecast"]
    for one in found["findings"]:
        assert f"{one['severity']:<9}{one['check']:<14}{one['what']}" in printed.out
        assert f"→ {one['run']}\n" in printed.out
    assert "1 problem, 2 notices." in printed.out
    assert f"Checked {desk.url}: {', '.join(found['checked'])}." in printed.out


def test_notices_are_no_failure(desk: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor"]) == 0
    assert "0 problems, 2 notices." in capsys.readouterr().out


def test_the_doctor_comes_to_an_empty_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARLEY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("PARLEY_DATABASE_URL", raising=False)
    assert run(["doctor"]) == 1
    printed = capsys.readouterr()
    assert f"no database at {tmp_path / 'parley.db'}" in " ".join(printed.out.split())
    assert "→ run `parley init`" in printed.out
    assert printed.out.rstrip().endswith("settings, cache, database.")
    assert list(tmp_path.iterdir()) == []


def test_all_is_well(desk: Database, capsys: pytest.CaptureFixture[str]) -> None:
    from forecast.cli.keeping import print_examination
    from forecast.doctor.examine import examine

    found = examine(f"sqlite:///{desk.url}", LOADED)
    print_examination(replace(found, findings=()))
    assert capsys.readouterr().out.splitlines() == [
        "No problems found.",
        f"Checked {desk.url}: {', '.join(found.checked)}.",
    ]


def test_the_unzip_of_the_system_can_read_it(desk: Database, tmp_path: Path) -> None:
    assert run(["backup", "kept.zip"]) == 0
    try:
        done = subprocess.run(["unzip", "-tq", "kept.zip"], cwd=tmp_path, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no unzip here")
    assert done.returncode == 0, done.stdout
