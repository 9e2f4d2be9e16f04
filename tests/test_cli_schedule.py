"""`parley schedule run` and `once` as far as no fit is made: what they say, and how they end."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from socket import gethostname

import pytest
from receivers import free_port, open_hook
from test_schedule_status import DAY, HOLDER, at, attempt, hold, look
from toy_runs import FAILURES, add_run, install_toy

from db.engine import Database
from db.read_schedule import read_attempts
from forecast.cli.app import run
from forecast.cli.schedule_tables import print_made
from forecast.record.summary import read_summary
from forecast.schedule.log import close_log


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("PARLEY_DATABASE_URL", "PARLEY_CASE", "PARLEY_SETTINGS"):
        monkeypatch.delenv(name, raising=False)
    with install_toy(tmp_path) as database:
        yield database
    close_log()


def _up_to_date(database: Database, outcome: str = "published") -> date:
    """Settle the newest day that is due by the clock of this machine, and leave an hour until the next."""
    due = datetime.now(UTC) - timedelta(hours=1)
    Path("parley.toml").write_text(f'[schedule]\nat = "{due:%H:%M}"\n')
    attempt(database, due.date(), outcome)
    return due.date()


def test_once_says_when_nothing_is_due(toy: Database, capsys: pytest.CaptureFixture[str]) -> None:
    day = _up_to_date(toy)
    assert run(["schedule", "once"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"Nothing was due. The forecast of {day}, as of {day - timedelta(days=1)}, is published."
    assert lines[-1].startswith(f"The next run, of {day + timedelta(days=1)}, is due at {day + timedelta(days=1)} ")
    assert run(["schedule", "once", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["attempts"], found["forecast"]) == ([], None)
    assert found["next"]["day"] == str(day + timedelta(days=1))
    assert found["standing"]["reason"].startswith(f"The forecast of {day}, as of")


def test_once_says_that_the_backup_failed(toy: Database, capsys: pytest.CaptureFixture[str]) -> None:
    day = _up_to_date(toy, "skipped")
    with Path("parley.toml").open("a") as file:
        file.write('[backup]\nfolder = "gone"\n')
    for _ in range(2):  # the alert of the day goes out once; what fails now is said each time
        assert run(["schedule", "once"]) == 1
        said = capsys.readouterr()
        assert said.out.startswith("Nothing was due.")
        told = f"error: The backup of {day} failed: folder {Path.cwd() / 'gone'} does not exist; make it or mount its"
        assert [line.startswith(told) for line in said.err.splitlines() if "error" in line] == [True]
    Path("gone").mkdir()
    assert run(["schedule", "once"]) == 0
    assert [path.suffix for path in sorted(Path("gone").iterdir())] == [".zip", ".json"]


def test_skipped_days_are_told_together(toy: Database, capsys: pytest.CaptureFixture[str]) -> None:
    for days in range(9, 1, -1):
        attempt(toy, DAY - timedelta(days=days), "skipped", error="more than 90 days back")
    run_id = attempt(toy, DAY, "published")
    with toy.read() as connection:
        made = read_attempts(connection, "toy")[::-1]
        print_made(made, None, DAY + timedelta(days=1), at(DAY, "06:00"))
    text = " ".join(capsys.readouterr().out.split())
    assert "2020-01-10 official published" in text
    assert f" {run_id} " in text
    assert "skipped" not in text
    assert "Skipped: 8 days, 2020-01-01 to 2020-01-08 (more than 90 days back)." in text


@pytest.mark.parametrize("outcome", ["rejected", "skipped"])
def test_once_says_what_became_of_the_newest_day_where_nothing_is_due(
    toy: Database, capsys: pytest.CaptureFixture[str], outcome: str
) -> None:
    day = _up_to_date(toy, outcome)
    assert run(["schedule", "once"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert text.startswith("Nothing was due. The forecast of ")
    assert f"; that of {day} was {outcome}" in text
    add_run(toy, as_of=day - timedelta(days=1))
    assert run(["schedule", "once", "--json"]) == 0
    standing = json.loads(capsys.readouterr().out)["standing"]
    assert not standing["stale"]
    assert standing["reason"].startswith(f"The scheduled run of {day} was {outcome}")
    assert standing["reason"].endswith(f"manual, as of {day - timedelta(days=1)}, stands")


@pytest.mark.parametrize("group", ["schedule", "event"])
def test_a_group_named_alone_shows_its_commands(capsys: pytest.CaptureFixture[str], group: str) -> None:
    assert run([group]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"Usage: parley {group} [OPTIONS] COMMAND")
    assert "error" not in said.err.lower()


def test_once_leaves_the_runs_to_a_service_that_is_alive(toy: Database, capsys: pytest.CaptureFixture[str]) -> None:
    hold(toy, datetime.now(UTC))
    assert run(["schedule", "once"]) == 1
    (told,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert f"{HOLDER} holds the lease of " in told
    with toy.read() as connection:
        assert not read_attempts(connection, "toy")


def test_what_was_made_is_shown_with_the_headline(toy: Database, capsys: pytest.CaptureFixture[str]) -> None:
    attempt(toy, DAY - timedelta(days=1), "rejected")
    run_id = attempt(toy, DAY, "published")
    with toy.read() as connection:
        made = read_attempts(connection, "toy")[::-1]
        print_made(made, read_summary(connection, DAY, run_id=run_id), DAY + timedelta(days=1), at(DAY, "06:00"))
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert [line.split()[:3] for line in lines if line.startswith("2020-")] == [
        ["2020-01-09", "official", "rejected"],
        ["2020-01-10", "official", "published"],
    ]
    assert FAILURES[0].split(" of ")[0] in "\n".join(lines)
    assert "Talks between Ruritania and Graustark, as of 2020-01-09" in lines
    assert any(line.startswith("P(arms-control talks in 365 d) = ") for line in lines)


CHANNELS = """
[alerts]
quiet = "00:00-23:59"

[alerts.webhook]
url = "{}/in"

[alerts.file]
path = "{}"
"""


def test_a_test_message_goes_out_by_every_channel_and_is_not_recorded(
    toy: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_hook() as hook:
        Path("parley.toml").write_text(CHANNELS.format(hook.url, "alerts.jsonl"))
        assert run(["schedule", "test"]) == 0
        assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
            ["webhook", "sent"],
            ["file", "sent"],
        ]
        Path("parley.toml").write_text(CHANNELS.format(hook.url, "-"))
        assert run(["schedule", "test", "--json"]) == 0
    said = capsys.readouterr()
    sent = [{"channel": channel, "outcome": "sent", "error": ""} for channel in ("webhook", "file")]
    assert json.loads(said.out) == {"case": "toy", "channels": sent}
    assert "Test of the alerts\nNothing has happened: this was sent from " in said.err
    post = json.loads(hook.posts[0].body)
    assert (post["type"], post["data"]["title"]) == ("alert.test", "Test of the alerts")
    assert f"{gethostname()}, folder {tmp_path}, " in post["data"]["body"]
    assert json.loads((tmp_path / "alerts.jsonl").read_text())["data"]["id"] == post["data"]["id"]
    assert not look(toy, datetime.now(UTC)).alerts


@pytest.mark.usefixtures("toy")
def test_a_test_message_that_fails_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schedule", "test"]) == 1
    wanted = "add [alerts.webhook], [alerts.email] or [alerts.file] to the settings"
    assert capsys.readouterr().err == f"error: no channel is set; {wanted}\n"
    port = free_port()
    Path("parley.toml").write_text(CHANNELS.format(f"http://localhost:{port}", "alerts.jsonl"))
    assert run(["schedule", "test"]) == 1
    said = capsys.readouterr()
    assert said.out.splitlines()[0].startswith(f"webhook  failed: localhost:{port} cannot be reached")
    assert said.out.splitlines()[-1].split() == ["file", "sent"]
    assert said.err.splitlines()[-1].startswith(
        f"error: webhook failed: localhost:{port} cannot be reached or broke off"
    )
    assert (tmp_path / "alerts.jsonl").is_file()


def _service(tmp_path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from forecast.cli.app import main; main()", "schedule", "run"]
    return subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_service_says_what_it_will_do_and_ends_when_it_is_told(
    toy: Database, tmp_path: Path, number: signal.Signals
) -> None:
    day = _up_to_date(toy)
    with _service(tmp_path) as service:
        assert service.stderr is not None
        first = service.stderr.readline()
        while "service started" not in service.stderr.readline():
            assert service.poll() is None
        service.send_signal(number)
        out, said = service.communicate(timeout=60)
    clock = (tmp_path / "parley.toml").read_text().split('"')[1]
    assert first == (
        f"makes the forecast of toy every day at {clock} UTC; next: {day + timedelta(days=1)} {clock} UTC; "
        f"log: {tmp_path}/logs/schedule.log; Ctrl-C ends it\n"
    )
    assert (service.returncode, out) == (0, "")
    assert ("ending; a second Ctrl-C ends at once\n" in said) is (number == signal.SIGINT)
    assert "service stopped" in (tmp_path / "logs" / "schedule.log").read_text()
    assert look(toy, datetime.now(UTC)).holder is None


@pytest.mark.parametrize("command", ["run", "once", "status"])
def test_a_database_that_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PARLEY_DATABASE_URL", raising=False)
    before = signal.getsignal(signal.SIGINT)
    assert run(["schedule", command]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"error: no database at {tmp_path}/parley.db; run `parley init`"
    assert signal.getsignal(signal.SIGINT) is before
