"""The settings of the daily runs: the printed file says the same, and every mistake is told in words."""

import json
import tomllib
from dataclasses import fields, is_dataclass
from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from db.kept import SETTINGS_MARK
from forecast.cli.app import run
from forecast.errors import BadSettings
from forecast.schedule.settings import (
    AlertFile,
    AlertSettings,
    Email,
    LogSettings,
    MailSettings,
    ScheduleSettings,
    Settings,
    Webhook,
    as_plain,
    parse_settings,
    read_settings,
)
from forecast.schedule.settings_file import render_settings

TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)
CLOCK = st.times().map(lambda at: at.replace(microsecond=0))
ADDRESS = st.from_regex(r"[^@\s\x00-\x1f…]{1,5}@[^@\s\x00-\x1f…]{1,5}", fullmatch=True)
ADDRESSES = st.lists(ADDRESS, min_size=1, max_size=3).map(tuple)
QUIET = st.none() | st.tuples(CLOCK, CLOCK).filter(lambda hours: hours[0] != hours[1])


def _numbers(most: float) -> st.SearchStrategy[float]:
    return st.floats(0.0, most, exclude_min=True)


SETTINGS = st.builds(
    Settings,
    schedule=st.builds(
        ScheduleSettings,
        at=CLOCK,
        time_zone=st.sampled_from(["UTC", "Europe/Kyiv", "America/New_York"]).map(ZoneInfo),
        catch_up_days=st.integers(1, 10**6),
        stale_after_hours=_numbers(8784),
        lease_seconds=st.floats(2, 86400),
        fit_minutes=_numbers(1440),
        chains=st.integers(2, 64),
        draws=st.integers(200, 10**6),
    ),
    log=st.builds(LogSettings, file=TEXT, json_lines=st.booleans(), max_mib=_numbers(1024), keep=st.integers(1, 99)),
    alerts=st.builds(
        AlertSettings,
        language=st.sampled_from(["en", "ja", "ko"]),
        horizon_days=st.sampled_from([30, 90, 180, 365]),
        thresholds=st.lists(st.floats(0, 1, exclude_min=True, exclude_max=True), max_size=3).map(tuple),
        day_points=_numbers(100),
        week_points=_numbers(100),
        stale_indicators=st.booleans(),
        completeness_days=st.integers(1, 999),
        failures=st.booleans(),
        catch_up=st.booleans(),
        quiet=QUIET,
        webhook=st.none()
        | st.builds(
            Webhook,
            url=st.just("https://example.org/ä?%20"),
            form=st.sampled_from(["plain", "slack", "teams"]),
            timeout_seconds=_numbers(120),
        ),
        email=st.none()
        | st.builds(
            Email,
            host=TEXT,
            port=st.integers(1, 65535),
            security=st.sampled_from(["starttls", "tls", "none"]),
            user=st.just("") | TEXT.filter(lambda text: "…" not in text),
            sender=ADDRESS,
            to=ADDRESSES,
            timeout_seconds=_numbers(120),
        ),
        file=st.none() | st.builds(AlertFile, path=TEXT),
    ),
    mail=st.builds(
        MailSettings,
        brief=st.sampled_from(["never", "daily", "weekly", "on_change"]),
        language=st.sampled_from(["en", "ja"]),
        to=st.just(()) | ADDRESSES,
    ),
).filter(lambda settings: settings.mail.brief == "never" or settings.alerts.email is not None)


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty current folder, and no settings named."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PARLEY_SETTINGS", raising=False)


def _keys(settings: object) -> set[str]:
    found = set()
    for field in fields(settings):  # type: ignore[arg-type]
        value = getattr(settings, field.name)
        found |= {field.name, *(_keys(value) if is_dataclass(value) else ())}
    return found


# The printed file


@given(SETTINGS)
@hypothesis_settings(max_examples=40, deadline=None)
def test_what_is_printed_says_the_same(settings: Settings) -> None:
    assert parse_settings(tomllib.loads(render_settings(settings)), "printed") == settings
    assert parse_settings(json.loads(json.dumps(as_plain(settings))), "plain") == settings


def test_every_key_is_there_with_its_default_and_channels_that_are_not_set_as_comments() -> None:
    printed = render_settings(Settings())
    channels = AlertSettings(
        webhook=Webhook(url="http://x"), email=Email(host="x", sender="a@b", to=("a@b",)), file=AlertFile(path="-")
    )
    lines = {line.removeprefix("# ") for line in printed.splitlines()}
    for key in _keys(Settings(alerts=channels)):
        assert any(line.startswith((f"{key} = ", f"[{key}]", f"[alerts.{key}]")) for line in lines), key
    assert tomllib.loads(printed) == _without_none(as_plain(Settings()))
    uncommented = printed[printed.index("# Channels") :].replace("# [", "[")
    for pair in (
        "url = ",
        "form = ",
        "timeout",
        "host = ",
        "port = ",
        "security = ",
        "user = ",
        "sender = ",
        "to = ",
        "path = ",
    ):
        uncommented = uncommented.replace(f"# {pair}", pair)
    example = parse_settings({"alerts": tomllib.loads(uncommented)["alerts"]}, "examples").alerts
    assert example.channels == ("webhook", "email", "file")
    assert max(map(len, printed.splitlines())) <= 80


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(part) for key, part in value.items() if part is not None}
    return value


def test_the_defaults_stand_beside_what_was_changed() -> None:
    printed = render_settings(Settings(schedule=ScheduleSettings(at=time(7, 30), catch_up_days=5)))
    assert 'at = "07:30"  # default: "06:00"' in printed
    assert "catch_up_days = 5  # default: 90" in printed


def test_the_command_prints_what_is_in_force_and_it_can_be_saved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLEY_SMTP_PASSWORD", "geheim")
    (tmp_path / "parley.toml").write_text('[schedule]\nat = "07:15"\n\n[alerts.file]\npath = "-"\n')
    before = read_settings()
    assert run(["schedule", "settings"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "geheim" not in printed.out
    assert "PARLEY_SMTP_PASSWORD" in printed.out
    (tmp_path / "parley.toml").write_text(printed.out, encoding="utf-8")
    assert read_settings() == before
    assert run(["schedule", "settings", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == as_plain(before)


def test_they_are_written_into_a_file_that_is_not_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schedule", "settings", "--out", "parley.toml"]) == 0
    assert capsys.readouterr().out == "wrote parley.toml; change what you like in it\n"
    file = tmp_path / "parley.toml"
    assert file.read_text(encoding="utf-8") == render_settings(Settings())
    changed = f'{SETTINGS_MARK}\n[schedule]\nat = "07:15"\n'
    file.write_text(changed)
    assert run(["schedule", "settings", "--out", "parley.toml"]) == 1
    assert capsys.readouterr().err.startswith("error: parley.toml exists; give --force to replace it, or name another")
    assert file.read_text() == changed
    assert run(["schedule", "settings", "--out", "parley.toml", "--force", "--json"]) == 0
    said = capsys.readouterr()
    assert (json.loads(said.out)["schedule"]["at"], said.err[:17]) == ("07:15", "wrote parley.toml")
    assert 'at = "07:15"  # default: "06:00"' in file.read_text(encoding="utf-8")
    for wrong in (f"{SETTINGS_MARK}\n[schedule]\nat = 6\n", '[schedule]\nat = "07:15"\n'):
        file.write_text(wrong)
        assert run(["schedule", "settings", "--out", "parley.toml", "--force"]) == 1
        assert file.read_text() == wrong
    assert "parley.toml holds settings that Parley did not write; name another file" in capsys.readouterr().err


# Reading


def test_without_a_file_all_is_as_by_default() -> None:
    assert read_settings() == Settings()


def test_the_file_is_the_named_one_or_parley_toml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "parley.toml").write_text("[schedule]\nchains = 2\n")
    assert read_settings().schedule.chains == 2
    other = tmp_path / "other.toml"
    other.write_bytes(b"\xef\xbb\xbf[schedule]\r\nchains = 3\r\nat = 05:00:00\r\nstale_after_hours = 5\r\n")
    monkeypatch.setenv("PARLEY_SETTINGS", str(other))
    found = read_settings().schedule
    assert (found.chains, found.at, found.stale_after_hours) == (3, time(5), 5.0)
    monkeypatch.setenv("PARLEY_SETTINGS", "none.toml")
    with pytest.raises(BadSettings, match=r"settings none.toml cannot be read \(No such file or directory\)"):
        read_settings()
    (tmp_path / "parley.toml").write_text("chains = ")
    with pytest.raises(
        BadSettings, match=r"settings .*parley.toml are not TOML: .*; see `parley schedule settings --default`"
    ):
        read_settings(tmp_path / "parley.toml")


@pytest.mark.parametrize(
    ("line", "hint"), [("at = 06:00  # early", 'at = "06:00"'), ("quiet = 22:00-06:30", 'quiet = "22:00-06:30"')]
)
def test_a_time_without_quotes_is_told(tmp_path: Path, line: str, hint: str) -> None:
    file = tmp_path / "parley.toml"
    file.write_text(f"[schedule]\n{line}\n")
    with pytest.raises(BadSettings, match=rf"are not TOML: .* line 2, .*; put times in quotes: {hint}; see `parley"):
        read_settings()
    file.write_text("[schedule]\nat = 06:00:00\nchains = \n")
    with pytest.raises(BadSettings, match=r"\); see `parley schedule settings"):
        read_settings()


def test_settings_made_in_a_program_are_those_of_a_file() -> None:
    made = Settings(
        schedule=ScheduleSettings(time_zone=ZoneInfo("Europe/Kyiv")),
        alerts=AlertSettings(quiet=(time(22), time(6, 30))),
    )
    read = {"schedule": {"time_zone": "Europe/Kyiv"}, "alerts": {"quiet": "22:00 - 06:30"}}
    assert parse_settings(read, "x") == made


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('schedule.at = "25:00"', r'\[schedule\] at = "25:00" is not a time of day; write "06:00"'),
        ('schedule.at = "06:00+02:00"', r"is not a time of day"),
        ("schedule.at = 6", r"\[schedule\] at = 6 is not a time of day"),
        ("schedule.at = 2020-01-01T06:00:00Z", r"is not a time of day"),
        ('schedule.time_zone = "Europe/Kyev"', r"is not a time zone; did you mean 'Europe/Kyiv'\?"),
        ("schedule.time_zone = []", r"\[schedule\] time_zone = \[\] is not a time zone; use one of Africa/"),
        ("schedule.chains = 1", r"\[schedule\] chains = 1 should be greater than or equal to 2"),
        ("schedule.chains = true", r"chains = true should be a valid integer"),
        ("schedule.stale_after_hours = inf", r"stale_after_hours = Infinity should be less than"),
        ("schedule.stale_after_hours = nan", r"stale_after_hours = NaN should be"),
        ('schedule.lease_seconds = "x"', r'lease_seconds = "x" should be a valid number'),
        ("schedule = 3", r"schedule = 3 is no table; write \[schedule\] and its keys below"),
        ("schedul.at = 1", r"schedul is not known; did you mean 'schedule'\?"),
        ('schedule.zone = "UTC"', r"\[schedule\] zone is not known; did you mean 'time_zone'\?"),
        ("alerts.thresholds = [0.1, 2]", r"\[alerts\] thresholds = 2 should be less than 1; write 0.02 for 2 % \("),
        ("alerts.thresholds = [10, 12.5]", r"= 10 should .* than 1; write 0.10 for 10 %; .* write 0.125 for 12.5 % \("),
        ("alerts.thresholds = [100]", r"\[alerts\] thresholds = 100 should be less than 1 \("),
        ("alerts.thresholds = 0.1", r"\[alerts\] thresholds = 0.1 is no list; write \[0.1\] \("),
        ("alerts.thresholds = {a = 1}", r"\[alerts\] thresholds = \{\"a\": 1\} is no list \("),
        ('alerts.email = {host = "x", sender = "a@b", to = "a@b"}', r'to = "a…@b" is no list; write \["a…@b"\] \('),
        ('alerts.language = "fr"', r"\[alerts\] language = \"fr\" should be 'en', 'ja' or 'ko'"),
        ("alerts.horizon_days = 60", r"horizon_days = 60 should be 30, 90, 180 or 365"),
        ('alerts.quiet = "22-6"', r'quiet = "22-6" is no span of hours; write "22:00-06:30"'),
        ('alerts.quiet = "22:00-22:00"', r"is no span of hours"),
        ('alerts.quiet = "22:00Z-06:00Z"', r"is no span of hours"),
        ('alerts.webhook.url = "ftp://x"', r'\[alerts.webhook\] url = "ftp://x" is not a web address; write "https'),
        ("alerts.webhook.timeout_seconds = 5", r"\[alerts.webhook\] url is missing"),
        ('alerts.email = {host = "x", sender = "a", to = ["a@b"]}', r'sender = "a" is not an address; write name@'),
        ('alerts.email = {host = "x", sender = "a@b", to = []}', r"to = \[\] names no one; write"),
        ('alerts.email = {host = "", sender = "a@b", to = ["a@b"]}', r'host = "" should have at least 1 character'),
        (
            'alerts.webhook = {url = "https://x.org/y", form = "Slack"}',
            r'form = "Slack" should be \'plain\', \'slack\' or',
        ),
        (
            'mail.brief = "sometimes"',
            r'brief = "sometimes" should be \'never\', \'daily\', \'weekly\' or \'on_change\'',
        ),
        ('mail.to = ["kim"]', r'\[mail\] to = \["kim"\] is not an address; write name@example.org'),
        ('mail.brief = "weekly"', r'\[mail\] brief = "weekly" needs a mail server; add \[alerts.email\]'),
        ('alerts.emial.host = "x"', r"\[alerts\] emial is not known; did you mean 'email'\?"),
        ('alerts.file = "x"', r'\[alerts\] file = "x" is no table; write \[alerts.file\]'),
        ('log.file = ""', r'\[log\] file = "" should have at least 1 character'),
    ],
)
def test_mistakes_are_told_in_words(content: str, told: str) -> None:
    with pytest.raises(BadSettings, match=told):
        parse_settings(tomllib.loads(content), "parley.toml")


def test_all_mistakes_of_a_file_are_told_at_once_on_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "parley.toml").write_text("[schedule]\nchains = 1\ndraw = 5\n")
    assert run(["schedule", "settings"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        "error: settings parley.toml: [schedule] chains = 1 should be greater than or equal to 2; [schedule] draw is "
        "not known; did you mean 'draws'? (`parley schedule settings --default` prints all of them)"
    )
    assert run(["schedule", "settings", "--default"]) == 0
    assert parse_settings(tomllib.loads(capsys.readouterr().out), "printed") == Settings()
