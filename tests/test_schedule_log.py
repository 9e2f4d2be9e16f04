"""The log of the service: lines for people and for programs, rotated, and never a reason to stop."""

import json
import logging
import re
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from forecast.errors import NotWritten
from forecast.schedule.log import NAME, close_log, logged, open_log
from forecast.schedule.settings import LogSettings

LOG = logging.getLogger(NAME)
DAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    close_log()


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def test_a_line_has_its_instant_in_utc_whatever_the_clock_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    before = datetime.now(UTC).replace(microsecond=0)
    with logged(LogSettings(), tmp_path, stderr=False) as file:
        LOG.info("run published", extra={"day": DAY, "run": 412})
    monkeypatch.undo()
    time.tzset()
    assert file == tmp_path / "logs" / "schedule.log"
    (line,) = _lines(file)
    found = re.fullmatch(r"(.{19}Z) INFO run published day=2026-11-22 run=412", line)
    assert found
    assert before <= datetime.fromisoformat(found[1]) <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1.5, "1.5"),
        (None, "None"),
        (datetime(2026, 11, 22, 6, tzinfo=UTC), "2026-11-22T06:00:00+00:00"),
        ("", '""'),
        ("two words", '"two words"'),
        ('say "no"', r'"say \"no\""'),
        ("a\tb", r'"a\tb"'),
        ("a=b", '"a=b"'),
        ("Graustark–Ruritania", "Graustark–Ruritania"),
    ],
)
def test_a_field_ends_where_it_seems_to(tmp_path: Path, value: object, written: str) -> None:
    with logged(LogSettings(), tmp_path, stderr=False) as file:
        LOG.info("x", extra={"field": value})
    assert _lines(file)[0].partition("field=")[2] == written


def test_what_was_said_in_lines_is_one_line(tmp_path: Path) -> None:
    with logged(LogSettings(), tmp_path, stderr=False) as file:
        LOG.warning("one\ntwo %s", 3, extra={"run": 1})
    assert [line.partition("WARNING ")[2] for line in _lines(file)] == ["one two 3 run=1"]


def test_a_field_of_several_lines_follows_the_others(tmp_path: Path) -> None:
    with logged(LogSettings(), tmp_path, stderr=False) as file:
        LOG.error("run failed", extra={"trace": "Traceback\n  here\n", "run": 1})
    first, *others = _lines(file)
    assert first.endswith(" ERROR run failed run=1")
    assert others == ["Traceback", "  here"]


def test_json_lines_say_the_same(tmp_path: Path) -> None:
    with logged(LogSettings(json_lines=True), tmp_path, stderr=False) as file:
        LOG.error("run failed – again", extra={"day": DAY, "wall_s": 1.5, "run": None})
    (line,) = _lines(file)
    found = json.loads(line)
    assert list(found)[:3] == ["timestamp", "level", "event"]
    assert datetime.fromisoformat(found.pop("timestamp")).utcoffset() == UTC.utcoffset(None)
    assert found == {"level": "ERROR", "event": "run failed – again", "day": "2026-11-22", "wall_s": 1.5, "run": None}
    assert "–" in line


@pytest.mark.parametrize("json_lines", [False, True])
def test_exceptions_are_told_whole(tmp_path: Path, json_lines: bool) -> None:
    with logged(LogSettings(json_lines=json_lines), tmp_path, stderr=False) as file:
        try:
            raise ValueError("seven")
        except ValueError:
            LOG.exception("run failed", extra={"day": DAY})
    text = file.read_text(encoding="utf-8")
    told = json.loads(text)["exc_info"] if json_lines else text.partition("day=2026-11-22\n")[2].rstrip()
    assert told.startswith("Traceback (most recent call last):\n")
    assert told.endswith("\nValueError: seven")


def test_stderr_gets_the_same_lines_if_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with logged(LogSettings(), tmp_path, stderr=True) as file:
        LOG.info("up")
    said = capsys.readouterr()
    assert (said.out, said.err.splitlines()) == ("", _lines(file))
    with logged(LogSettings(), tmp_path, stderr=False):
        LOG.info("up")
    assert capsys.readouterr().err == ""


def test_of_the_scheduler_warnings_are_kept(tmp_path: Path) -> None:
    with logged(LogSettings(), tmp_path, stderr=False) as file:
        LOG.debug("chatter")
        logging.getLogger("apscheduler.scheduler").info("chatter")
        logging.getLogger("apscheduler.scheduler").warning("missed by 0:00:07")
        logging.getLogger("elsewhere").error("chatter")
    assert [line.split("Z ")[1] for line in _lines(file)] == ["WARNING missed by 0:00:07"]


def test_files_are_begun_anew_at_their_size_and_so_many_kept(tmp_path: Path) -> None:
    with logged(LogSettings(max_mib=0.001, keep=2), tmp_path, stderr=False) as file:
        for number in range(200):
            LOG.info("%03d", number)
    kept = sorted(file.parent.iterdir())
    assert [path.name for path in kept] == ["schedule.log", "schedule.log.1", "schedule.log.2"]
    assert all(path.stat().st_size <= 1049 for path in kept)
    numbers = [int(line[-3:]) for path in (kept[2], kept[1], kept[0]) for line in _lines(path)]
    assert numbers == list(range(numbers[0], 200))


def test_what_was_there_is_gone_on_with(tmp_path: Path) -> None:
    for word in ("first", "second"):
        with logged(LogSettings(file="here.log"), tmp_path, stderr=False) as file:
            LOG.info(word)
    assert [line.rpartition(" ")[2] for line in _lines(file)] == ["first", "second"]


def test_an_absolute_file_stays_where_it_is(tmp_path: Path) -> None:
    with logged(LogSettings(file=str(tmp_path / "own.log")), tmp_path / "elsewhere", stderr=False) as file:
        assert file == tmp_path / "own.log"


def test_opening_again_closes_what_was_open(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = open_log(LogSettings(file="first.log"), tmp_path, stderr=True)
    second = open_log(LogSettings(file="second.log"), tmp_path, stderr=True)
    LOG.info("once")
    assert not first.exists()
    assert len(_lines(second)) == len(capsys.readouterr().err.splitlines()) == 1
    close_log()
    close_log()
    assert not LOG.handlers
    assert (LOG.level, logging.getLogger("apscheduler").level) == (logging.NOTSET, logging.NOTSET)


def test_a_folder_that_cannot_be_made_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    with pytest.raises(NotWritten, match=r"the folder .*logs of the log cannot be made \(.*\); .*: \[log\] file"):
        open_log(LogSettings(), tmp_path, stderr=False)
    with pytest.raises(NotWritten, match=r"the folder .*/logs/deep of the log cannot be made \(Not a directory\)"):
        open_log(LogSettings(file="logs/deep/x.log"), tmp_path, stderr=False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full here")
def test_a_full_disk_is_told_once_and_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with logged(LogSettings(file="/dev/full"), Path("/"), stderr=False):
        for number in range(3):
            LOG.info("line %d", number)
    (told,) = capsys.readouterr().err.splitlines()
    assert told == "the log /dev/full cannot be written (No space left on device); going on without"


def test_a_log_that_can_be_written_again_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocked = tmp_path / "log"
    with logged(LogSettings(file="log"), tmp_path, stderr=False):
        for _ in range(2):
            blocked.mkdir()
            LOG.info("lost")
            LOG.info("lost too")
            assert capsys.readouterr().err.count("cannot be written (Is a directory)") == 1
            blocked.rmdir()
            LOG.info("back")
            assert capsys.readouterr().err == ""
            assert [line.rpartition(" ")[2] for line in _lines(blocked)] == ["back"]
            logging.getLogger(NAME).handlers[0].close()
            blocked.unlink()


def test_a_file_that_cannot_be_moved_is_gone_on_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "log.1" / "in the way").mkdir(parents=True)
    with logged(LogSettings(file="log", max_mib=0.001, keep=1), tmp_path, stderr=False) as file:
        for number in range(100):
            LOG.info("%03d", number)
    assert [int(line[-3:]) for line in _lines(file)] == list(range(100))
    assert capsys.readouterr().err.count("cannot be written") == 1


def test_a_mistake_in_a_message_is_still_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(LOG, "propagate", False)  # or it reaches the test runner, which raises
    with logged(LogSettings(), tmp_path, stderr=False):
        LOG.info("%d", "no number")
    assert "--- Logging error ---" in capsys.readouterr().err
