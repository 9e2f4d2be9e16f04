"""Addresses are shown in part only: host and at most four characters of a web address, one letter of a mailbox."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_runs import install_toy

from db.engine import Database
from forecast.cli.app import run
from forecast.errors import BadSettings
from forecast.schedule.settings import Settings, Webhook, form_doubt, parse_settings, read_settings
from forecast.words.masking import MASK, is_masked, masked, short_key

SECRET = st.from_regex(r"[A-Za-z0-9_-]{12,40}", fullmatch=True)
HOST = st.sampled_from(
    ["hooks.slack.com", "prod-1.westeurope.logic.azure.com:443", "localhost:8080", "example.org", "10.0.0.1"]
)
SLACK = "https://hooks.slack.com/services/T0AAAAAA/B0BBBBBB/cccccccccccccccccccc"
FILE = f"""\
[alerts.webhook]
url = "{SLACK}"

[alerts.email]
host = "mail.example.org"
user = "parley.robot@example.org"
sender = "parley.robot@example.org"
to = ["kim.kim@example.org", "lee.lee@example.org"]

[mail]
brief = "weekly"
to = ["director@example.org"]
"""
HIDDEN = ("T0AAAAAA", "B0BBBBBB", "ccccc", "kim.kim", "lee.lee", "parley.robot", "director@")


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.chdir(tmp_path)
    for name in ("PARLEY_DATABASE_URL", "PARLEY_CASE", "PARLEY_SETTINGS"):
        monkeypatch.delenv(name, raising=False)
    with install_toy(tmp_path) as database:
        yield database


@given(st.sampled_from(["https", "http", "HTTPS"]), HOST, SECRET, SECRET, st.sampled_from(["", "u:hunter22@"]))
def test_of_a_web_address_no_secret_is_shown(scheme: str, host: str, first: str, last: str, user: str) -> None:
    for path in (f"/{first}/{last}", f"/hook?a={first}&sig={last}", f"/{first}#{last}", f"?{first}{last}"):
        said = masked(f"it says: {scheme}://{user}{host}{path}, or not")
        assert said.startswith(f"it says: {scheme}://{host}/{MASK}")
        assert first not in said
        assert last not in said
        assert "hunter22" not in said
        assert len(re.sub(r"^it says: .*?…|,? or not$", "", said)) <= 6
        assert masked(said) == said


@given(st.from_regex(r"[a-z][a-z0-9.+-]{1,20}", fullmatch=True))
def test_of_a_mailbox_one_letter_is_shown(name: str) -> None:
    said = masked(f'"{name}@example.org" and <{name}@example.org>, {name}@example.org;')
    assert said == '"{0}" and <{0}>, {0};'.format(f"{name[0]}{MASK}@example.org")
    assert is_masked(said)
    assert masked(said) == said


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://example.org", "https://example.org"),
        ("https://example.org/", "https://example.org/"),
        ("https://example.org/short", f"https://example.org/{MASK}"),
        ("hooks.slack.com/services/T0/B0/abcdefgh", f"hooks.slack.com/{MASK}efgh"),
        ("postgresql://kim:hunter22@db.example.org/parley", f"postgresql://db.example.org/{MASK}"),
        ("nothing of that kind: 3/4, 12:30, a.b, /srv/parley/logs/schedule.log", None),
        ("localhost:25 answered 550 no such mailbox", None),
    ],
)
def test_what_is_shown_of_a_text(text: str, shown: str | None) -> None:
    assert masked(text) == (text if shown is None else shown)


def test_readers_of_one_letter_and_host_are_told_apart() -> None:
    keys = {short_key(f"{name}@example.org") for name in ("kim", "ken", "kay")}
    assert len(keys) == 3
    assert {key.partition("#")[0] for key in keys} == {f"k{MASK}@example.org"}


def test_no_command_shows_an_address(toy: Database, capsys: pytest.CaptureFixture[str]) -> None:
    Path("parley.toml").write_text(FILE)
    for command in (["settings"], ["settings", "--json"], ["status"], ["status", "--json"], ["install"]):
        run(["schedule", *command])
        said = capsys.readouterr()
        for hidden in HIDDEN:
            assert hidden not in said.out + said.err, command
    run(["doctor", "--json"])
    shown = capsys.readouterr().out
    assert not [hidden for hidden in HIDDEN if hidden in shown]


@pytest.mark.parametrize(
    "wrong",
    [
        f'url = "{SLACK[8:]}"',
        f'url = "{SLACK.replace("https", "htps")}"',
        f'url = "{SLACK.replace("/B0", " /B0")}"',
        f'url = ["{SLACK}"]',
        'url = "ccccccccccccc"',
        f'url = "https://example.org"\nuri = "{SLACK}"',
        f'url = "https://example.org"\ntimeout_seconds = "{SLACK}"',
    ],
)
def test_a_mistake_in_an_address_is_told_without_it(
    toy: Database, capsys: pytest.CaptureFixture[str], wrong: str
) -> None:
    Path("parley.toml").write_text(f"[alerts.webhook]\n{wrong}\n")
    for command in (["schedule", "status"], ["doctor"]):
        run(command)
        said = capsys.readouterr()
        assert "parley.toml" in said.out + said.err
        assert not [hidden for hidden in HIDDEN if hidden in said.out + said.err]
    Path("parley.toml").write_text(f'[alerts]\nwebhook = "{SLACK}"\nemail = "kim.kim@example.org"\n')
    with pytest.raises(BadSettings, match=r"is no table") as caught:
        read_settings()
    assert not [hidden for hidden in HIDDEN if hidden in str(caught.value)]


def test_what_is_printed_is_no_settings_file_and_what_is_written_is(
    toy: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("parley.toml").write_text(FILE)
    before = read_settings()
    assert run(["schedule", "settings"]) == 0
    printed = capsys.readouterr().out
    assert "# Addresses are masked here" in printed
    Path("printed.toml").write_text(printed, encoding="utf-8")
    told = (
        r'url = "https://hooks.slack.com/…cccc" is masked; write the whole address, as `parley schedule settings --out'
    )
    with pytest.raises(BadSettings, match=told) as caught:
        read_settings(Path("printed.toml"))
    for key in ("user", "sender", "to"):
        assert re.search(rf"\[alerts\.email\] {key} = .* is masked", str(caught.value))
    assert run(["schedule", "settings", "--out", "whole.toml"]) == 0
    assert read_settings(Path("whole.toml")) == before


@pytest.mark.parametrize(
    ("url", "form", "service"),
    [
        (SLACK, "plain", "slack"),
        (SLACK, "teams", "slack"),
        (SLACK, "slack", ""),
        ("https://prod-12.westeurope.logic.azure.com:443/workflows/x?sig=y", "plain", "teams"),
        ("https://default1.2b.environment.api.powerplatform.com/powerautomate/x", "plain", "teams"),
        ("https://contoso.webhook.office.com/webhookb2/x", "slack", "teams"),
        ("https://contoso.webhook.office.com/webhookb2/x", "teams", ""),
        ("https://hooks.slack.com.example.org/x", "plain", ""),
        ("https://example.org/hooks.slack.com", "plain", ""),
        ("https://example.org/hook", "slack", ""),
        ("http://[::1", "plain", ""),
    ],
)
def test_a_form_that_does_not_suit_the_address_is_doubted_and_kept(
    toy: Database, capsys: pytest.CaptureFixture[str], url: str, form: str, service: str
) -> None:
    doubt = form_doubt(Webhook(url=url, form=form))  # type: ignore[arg-type]
    assert bool(doubt) == bool(service)
    Path("parley.toml").write_text(f'[alerts.webhook]\nurl = "{url}"\nform = "{form}"\n')
    run(["schedule", "status", "--json"])
    assert json.loads(capsys.readouterr().out)["doubts"] == ([doubt] if doubt else [])
    run(["doctor", "--json"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    told = [one for one in findings if one["check"] == "settings" and one["severity"] == "notice"]
    assert [one["run"] for one in told] == (["change form in [alerts.webhook]"] if service else [])
    if service:
        assert f'takes form = "{service}" and not "{form}"' in doubt


def test_briefs_need_a_mail_server() -> None:
    with pytest.raises(BadSettings, match=r'\[mail\] brief = "daily" needs a mail server; add \[alerts.email\]'):
        parse_settings({"mail": {"brief": "daily"}}, "parley.toml")
    assert Settings().readers == {}
