"""`parley schedule install`: a unit that systemd itself reads back as it was meant, and words on what to do with it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from toy_runs import install_toy

from forecast.cli.app import run
from forecast.errors import NotWritten
from forecast.schedule.settings import AlertFile, AlertSettings, BackupSettings, Email, LogSettings, Settings, Webhook
from forecast.schedule.unit import Unit, build_unit, words

MANAGER = Path("/usr/lib/systemd/systemd")
ODD = 'week 48, 100 %n "quoted" $HOME [a] #1 ; back\\slash é'
MAIL = Email(host="x", user="parley", sender="a@b", to=("a@b",))
SECRET = {"PARLEY_WEBHOOK_SECRET": "whsec_geheim", "PARLEY_SMTP_PASSWORD": "geheim"}

verifies = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
reads_back = pytest.mark.skipif(
    not MANAGER.exists() or (os.geteuid() == 0 and shutil.which("runuser") is None), reason="no systemd to ask"
)


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty current folder, and none of our variables but the cache."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("PARLEY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PARLEY_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that an unprivileged process can read, and one within that it can write."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        (Path(name) / "runtime").mkdir()
        (Path(name) / "runtime").chmod(0o777)
        yield Path(name)


def made(
    folder: Path, environment: Mapping[str, str] | None = None, *, settings: Settings | None = None, user: bool = False
) -> Unit:
    return build_unit(settings or Settings(), folder, environment or {}, folder=folder, user=user)


def _values(unit: Unit, key: str) -> list[str]:
    return [line.partition("=")[2] for line in unit.text.splitlines() if line.startswith(f"{key}=")]


def _understood(unit: Unit, public: Path) -> list[tuple[str, str]]:
    """What systemd says it has read, name and value."""
    (public / "parley.service").write_text(unit.text, encoding="utf-8")
    (public / "default.target").write_text("[Unit]\nWants=parley.service\n")
    ask = [str(MANAGER), "--test", "--user"]
    unprivileged = ["runuser", "-u", "nobody", "--"] if os.geteuid() == 0 else []
    named = {"SYSTEMD_UNIT_PATH": str(public), "XDG_RUNTIME_DIR": str(public / "runtime"), "LC_ALL": "C.UTF-8"}
    command = [*unprivileged, "env", *(f"{name}={value}" for name, value in named.items()), *ask]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=public)
    block = done.stdout.partition("-> Unit parley.service:\n")[2].partition("\t-> Unit ")[0]
    assert block, done.stderr
    assert "\tUnit Load State: loaded" in block, done.stderr + block
    pairs = (line.strip().partition(": ") for line in block.splitlines())
    return [(name, value) for name, _, value in pairs]


@verifies
@pytest.mark.parametrize("user", [False, True])
@pytest.mark.parametrize("name", ["plain", ODD])
def test_systemd_finds_nothing_amiss(tmp_path: Path, public: Path, name: str, user: bool) -> None:
    folder = tmp_path / name
    folder.mkdir()
    unit = made(folder, {"PARLEY_ANALYST": 'kim "the" 2nd \\ 100 % $x', **SECRET}, user=user)
    file = public / "parley.service"
    file.write_text(unit.text, encoding="utf-8")
    ask = ["systemd-analyze", "verify", "--man=no", str(file)]
    done = subprocess.run(ask, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@reads_back
def test_systemd_reads_what_was_meant(tmp_path: Path, public: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blanks, quotes, percent and dollar signs in folder, script and variables come out as they went in."""
    folder = tmp_path / ODD
    script = tmp_path / "its 100 %n ; $HOME é" / "parley"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\n")
    monkeypatch.setattr(sys, "argv", [str(script)])
    variables = {"PARLEY_ANALYST": 'kim "the" 2nd \\ %n 100 % $x', "PARLEY_CASE": "toy", "OTHER": "x"}
    found = _understood(made(folder, {**variables, **SECRET}), public)
    assert ("WorkingDirectory", str(folder)) in found
    assert {value for name, value in found if name == "Environment"} == {
        f"{name}={value}" for name, value in variables.items() if name != "OTHER"
    }
    (line,) = [value for name, value in found if name == "Command Line"]
    assert line.replace('"', "").replace("\\", "") == f"{script} schedule run".replace('"', "").replace("\\", "")
    (file,) = [value for name, value in found if name == "EnvironmentFile"]
    assert _unescaped(file.removeprefix("-").partition(" (ignore")[0]) == str(folder / "parley.env")
    assert {("Restart", "always"), ("RestartSec", "30s"), ("KillMode", "mixed")} <= set(found)
    places = [value for name, value in found if name == "ReadWritePaths"]
    assert places
    assert str(folder) in " ".join(places)


def _unescaped(pattern: str) -> str:
    """The path that a pattern without wildcards matches."""
    out, letters = "", iter(pattern)
    for letter in letters:
        out += next(letters) if letter == "\\" else letter
    return out


@reads_back
def test_a_module_is_run_where_there_is_no_script(
    tmp_path: Path, public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["/x/__main__.py"])
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    found = _understood(made(tmp_path), public)
    assert ("Command Line", f"{tmp_path}/bin/python -m forecast.cli schedule run") in found


def test_the_script_that_runs_is_the_one_that_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "parley").write_text("")
    monkeypatch.setattr(sys, "argv", ["./parley"])
    assert _values(made(tmp_path), "ExecStart") == [f"{tmp_path}/parley schedule run"]


@pytest.mark.parametrize("name", ["it's", 'the "new" one', "back\\slash"])
def test_a_program_systemd_would_not_start_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    script = tmp_path / name / "parley"
    script.parent.mkdir()
    script.write_text("")
    monkeypatch.setattr(sys, "argv", [str(script)])
    with pytest.raises(NotWritten, match="systemd starts no program with quotes or backslashes in its path, /"):
        made(tmp_path)


def test_secrets_are_named_and_never_shown(tmp_path: Path) -> None:
    address = "postgresql://desk:geheim@db/parley"
    unit = made(tmp_path, {**SECRET, "PARLEY_DATABASE_URL": address, "PARLEY_ANALYST": "kim"})
    said = unit.text + "\n".join(words(unit, user=False))
    assert "geheim" not in said
    assert _values(unit, "Environment") == ["PARLEY_ANALYST=kim"]
    assert unit.secrets == ("PARLEY_WEBHOOK_SECRET", "PARLEY_SMTP_PASSWORD", "PARLEY_DATABASE_URL")
    assert unit.secrets_file == tmp_path / "parley.env"
    assert f"Put {', '.join(unit.secrets)} into {tmp_path}/parley.env, a NAME=value a line, and run:" in said
    open_address = made(tmp_path, {"PARLEY_DATABASE_URL": "postgresql://desk@db/parley"})
    assert _values(open_address, "Environment") == ["PARLEY_DATABASE_URL=postgresql://desk@db/parley"]
    assert "chmod" not in "\n".join(words(open_address, user=False))


def test_secrets_that_a_channel_needs_are_asked_for(tmp_path: Path) -> None:
    hook = Webhook(url="https://example.org/hook")
    for alerts, secrets in (
        (AlertSettings(), ()),
        (AlertSettings(webhook=hook), ("PARLEY_WEBHOOK_SECRET",)),
        (AlertSettings(email=MAIL), ("PARLEY_SMTP_PASSWORD",)),
        (AlertSettings(email=Email(host="x", sender="a@b", to=("a@b",))), ()),
    ):
        assert made(tmp_path, settings=Settings(alerts=alerts)).secrets == secrets


def test_what_the_service_writes_may_be_written(tmp_path: Path) -> None:
    """Also where it lies beneath a folder that is read-only to the unit."""
    settings = Settings(
        log=LogSettings(file="/var/log/parley/x.log"),
        backup=BackupSettings(folder="/usr/local/backups"),
        alerts=AlertSettings(file=AlertFile(path="/usr/share/alerts")),
    )
    chosen = {"PARLEY_POSTERIORS": "/opt/posteriors"}
    unit = build_unit(settings, Path("/srv/data"), chosen, folder=tmp_path, user=False)
    places = f"-/opt/posteriors -/srv/data -{tmp_path}/cache -/usr/local/backups -/usr/share -/var/log/parley"
    assert _values(unit, "ReadWritePaths") == [places]
    assert not _values(made(tmp_path, user=True), "ReadWritePaths")


@pytest.mark.parametrize("folder", ["/srv/new\nline", "/srv/\udcff", "/srv/bell\a"])
def test_a_folder_no_unit_can_hold_is_told(folder: str) -> None:
    with pytest.raises(NotWritten, match="has characters that no unit can hold; name a path or value without them"):
        made(Path(folder))


@pytest.mark.parametrize("folder", ["/srv/blank ", "/srv/back\\"])
def test_a_folder_whose_end_would_be_lost_is_told(folder: str) -> None:
    with pytest.raises(NotWritten, match="ends in a blank or backslash, which no unit can hold; rename the folder"):
        made(Path(folder))


# The command


@pytest.fixture
def toy(tmp_path: Path) -> None:
    """A database with the toy case in the current folder."""
    install_toy(tmp_path).close()


@pytest.mark.usefixtures("toy")
def test_the_unit_is_printed_and_what_to_do_with_it_beside_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {**os.environ, "XDG_CONFIG_HOME": "/home/kim/.config"})
    assert run(["schedule", "install", "--user"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("# Made by `parley schedule install")
    assert f"\nWorkingDirectory={tmp_path}\n" in said.out
    assert said.out.endswith("\n[Install]\nWantedBy=default.target\n")
    for told in (
        "Save it as /home/kim/.config/systemd/user/parley.service and start it:",
        "schedule install --user > /home/kim/.config/systemd/user/parley.service",
        "systemctl --user enable --now parley.service",
        "loginctl enable-linger",
        "`parley schedule status`",
        "`journalctl --user -u parley`",
        "Another folder or case needs a unit of another name, or it replaces this one: --name parley-2.",
    ):
        assert told in said.err
    assert run(["schedule", "install", "--user", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["unit"] == said.out
    assert found["path"] == "/home/kim/.config/systemd/user/parley.service"
    assert all(command in said.err for command in found["commands"])


@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize(("user", "own"), [((), ""), (("--user",), "--user ")])
def test_a_second_unit_has_its_own_name_throughout(
    capsys: pytest.CaptureFixture[str], user: tuple[str, ...], own: str
) -> None:
    assert run(["schedule", "install", *user, "--name", "korea.2.service"]) == 0
    said = capsys.readouterr().err
    for told in (
        f"schedule install {own}--name korea.2 ",
        "/korea.2.service and start it:",
        f"systemctl {own}enable --now korea.2.service",
        f"`systemctl {own}status korea.2` and `journalctl {own}-u korea.2`",
    ):
        assert told in said
    assert "parley.service" not in said
    assert run(["schedule", "install", *user, "--name", "korea", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["service"] == "korea.service"


@pytest.mark.parametrize("name", ["", "-x", "a/b", "a b", "a@b", "x" * 201])
def test_a_name_no_unit_can_have_is_told(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert run(["schedule", "install", f"--name={name}"]) == 2
    assert f"{name!r} is no name of a unit; use letters, digits" in capsys.readouterr().err


def test_a_service_that_could_not_start_gets_no_unit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["schedule", "install"]) == 1
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"error: no database at {tmp_path}/parley.db; run `parley init`\n")
    install_toy(tmp_path).close()
    monkeypatch.setenv("PARLEY_CASE", "big")
    assert run(["schedule", "install"]) == 1
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "error: no case 'big' in the database; known are toy\n")


@pytest.mark.usefixtures("toy")
def test_without_user_it_is_for_the_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schedule", "install"]) == 0
    said = capsys.readouterr()
    assert "\nAfter=network-online.target" in said.out
    assert "\nUser=" in said.out
    assert "sudo tee /etc/systemd/system/parley.service" in said.err
    assert "linger" not in said.err


def test_bad_settings_are_told_before_a_unit_is_made_of_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "parley.toml").write_text("[schedule]\nchains = 1\n")
    assert run(["schedule", "install"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: settings parley.toml: [schedule] chains = 1 should be")
