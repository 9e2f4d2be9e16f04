"""What a receiver answers decides what becomes of a message: taken, later, never, or perhaps; each goes out once."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from conftest import NOW
from hypothesis import given, settings
from hypothesis import strategies as st
from receivers import ALERT, CLOSE, DRIP, HANG, Hook, Reply, free_port, open_box, open_hook, slack
from schedule_worlds import wait_for
from test_delivery import Desk

from db.append import append_delivery
from db.backup import write_backup
from db.engine import Database
from db.run_rows import NewDelivery
from forecast.errors import NotSent, NotTaken, PerhapsSent
from forecast.schedule.mail import send_email
from forecast.schedule.settings import AlertSettings, Email, Settings, Webhook
from forecast.schedule.settings_file import render_settings
from forecast.schedule.status import as_json, read_status
from forecast.schedule.webhook import LONGEST_S, MOVED, send_webhook
from forecast.words.masking import MASK, masked

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PATH = "/services/T0ABCDEF/B0ABCDEF/abcdefghijklmnop"
SOON = 0.4


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PARLEY_WEBHOOK_SECRET", raising=False)


@contextmanager
def _desk(small: Database, hook: Hook, form: str = "slack", timeout_s: float = 5.0) -> Iterator[Desk]:
    webhook = Webhook(url=f"{hook.url}{PATH}", form=form, timeout_seconds=timeout_s)  # type: ignore[arg-type]
    yield Desk(small, Settings(alerts=AlertSettings(webhook=webhook)))


def _said(reply: Reply | str, **changed: Any) -> NotSent:
    with open_hook(reply) as hook, pytest.raises(NotSent, match=r"^localhost") as caught:
        send_webhook(Webhook(url=f"{hook.url}{PATH}", **changed), "the signing secret", ALERT, NOW)
    return caught.value


# The reason


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("invalid_blocks", ": invalid_blocks"),
        ("  no_text\r\n", ": no_text"),
        ("one\x00two\x1b[31m\nthree\u202e", ": one two [31m three"),
        ("", ""),
        ("<html><style>p {}</style><body><h1>No such\nhook</h1></body></html>", ": No such hook"),
        ('{"error":{"code":"InvalidBody"}}', ': {"error":{"code":"InvalidBody"}}'),
        (f"no hook at {PATH}", f": no hook at {MASK}"),
        ("token abcdefghijklmnop is revoked", f": token {MASK} is revoked"),
        ("not signed by the signing secret", f": not signed by {MASK}"),
        ("ask kim.lee@example.org at https://example.org/hooks/abcdefghijklmnop12", f": ask k{MASK}@example.org at "),
        ("ж" * 500, f": {'ж' * 199}…"),
    ],
)
def test_the_receiver_s_reason_is_told_on_one_line_without_secrets(said: str, told: str) -> None:
    error = str(_said(Reply(400, said)))
    assert error.startswith(f"localhost answered 400 Bad Request{told}")
    assert error.isprintable()
    for secret in ("abcdefghijklm", "T0ABCDEF", "signing secret", "kim.lee"):
        assert secret not in error


@given(st.binary(max_size=3000))
@settings(max_examples=40)
def test_whatever_is_said_is_one_short_line(said: bytes) -> None:
    with (
        open_hook(Reply(500, said.decode("latin-1"))) as hook,
        pytest.raises(NotSent, match=r"^localhost answered 500") as caught,
    ):
        send_webhook(Webhook(url=hook.url), "", ALERT, NOW)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 260


def test_an_answer_that_never_ends_costs_no_more_than_its_beginning() -> None:
    with (
        open_hook(Reply(404, "gone", {"Content-Length": "1000000"})) as hook,
        pytest.raises(NotTaken, match=r"404 Not Found: gone$"),
    ):
        send_webhook(Webhook(url=hook.url), "", ALERT, NOW)


@on_sqlite
def test_the_reason_stands_in_the_ledger_and_the_log(small: Database, caplog: pytest.LogCaptureFixture) -> None:
    with (
        open_hook(Reply(500, "try https://example.org/hook/of/somebody/else later")) as hook,
        _desk(small, hook) as desk,
    ):
        desk.raise_alert()
        with caplog.at_level(logging.WARNING, "parley.schedule"):
            assert desk.deliver() == 0
    (row,) = desk.rows()
    assert (row.outcome, row.error) == (
        "failed",
        "localhost answered 500 Internal Server Error: try https://example.org/…else later",
    )
    assert row.error in [record.__dict__.get("error") for record in caplog.records]


# Never


@on_sqlite
@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 422])
def test_what_is_refused_for_good_is_not_sent_again(small: Database, status: int) -> None:
    with open_hook(Reply(status, "no_service")) as hook, _desk(small, hook) as desk:
        desk.raise_alert("run 1")
        desk.raise_alert("run 2")
        desk.deliver()
        desk.clock.go_on(days=1)
        assert desk.deliver() == 1, "the next message goes out"
        assert len(hook.posts) == 2
    assert desk.tries(1) == [("webhook", "abandoned")]
    assert desk.rows(1)[0].error.endswith(
        ": no_service; not tried again: check [alerts.webhook], then run `parley schedule test`"
    )
    assert desk.tries(2) == [("webhook", "sent")]


@on_sqlite
@pytest.mark.parametrize("answer", [500, 502, 408, 425, 301, 302, 303, 307, 308, 304])
def test_anything_else_is_tried_again_and_nothing_follows_a_redirect(small: Database, answer: int) -> None:
    with open_hook() as other, open_hook(Reply(answer, "", {"Location": f"{other.url}/hook/abcdefghijklmnop"})) as hook:
        with _desk(small, hook) as desk:
            desk.raise_alert()
            desk.deliver()
            desk.clock.go_on(seconds=30)
            assert desk.deliver() == 1
        assert (len(hook.posts), len(other.posts)) == (2, 0)
    assert desk.tries() == [("webhook", "failed"), ("webhook", "sent")]
    if answer in MOVED:
        assert "redirects are not followed: it points to http://localhost:" in desk.rows()[0].error
        assert "abcdefghijkl" not in desk.rows()[0].error


def test_a_card_that_teams_refuses_with_a_good_answer_was_not_taken() -> None:
    refused = Reply(200, "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413")
    assert "delivery failed with error" in str(_said(refused, form="teams"))


# Later


@on_sqlite
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("dated", [False, True])
def test_a_receiver_that_asks_to_be_left_alone_is(small: Database, status: int, dated: bool) -> None:
    asked = format_datetime(NOW + timedelta(minutes=10), usegmt=True) if dated else "600"
    with open_hook(Reply(status, "ratelimited", {"Retry-After": asked})) as hook, _desk(small, hook) as desk:
        desk.raise_alert("run 1")
        desk.raise_alert("run 2")
        desk.deliver()
        desk.clock.go_on(seconds=599)
        assert desk.deliver() == 0, "nor is it bothered with another message"
        assert len(hook.posts) == 1
        desk.clock.go_on(seconds=1)
        assert desk.deliver() == 2
    assert desk.rows(1)[0].error.endswith(": ratelimited; not before 2020-06-01 12:10:00 UTC, as it asks")


@on_sqlite
@pytest.mark.parametrize(
    "asked", ["-5", "soon", "", "0", "1e9", "Thu, 99 Foo 2020 00:00:00 GMT", "Mon, 01 Jan 1990 00:00:00 GMT"]
)
def test_a_wait_that_is_none_is_not_waited_for(small: Database, asked: str) -> None:
    with open_hook(Reply(429, "", {"Retry-After": asked})) as hook, _desk(small, hook) as desk:
        desk.raise_alert()
        desk.deliver()
        desk.clock.go_on(seconds=30)
        assert desk.deliver() == 1


@on_sqlite
@pytest.mark.parametrize("asked", ["99999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_nobody_is_left_alone_for_ever(small: Database, asked: str) -> None:
    with open_hook(Reply(429, "", {"Retry-After": asked})) as hook, _desk(small, hook) as desk:
        desk.raise_alert()
        desk.deliver()
        desk.clock.go_on(seconds=LONGEST_S - 1)
        assert desk.deliver() == 0
        desk.clock.go_on(seconds=1)
        assert desk.deliver() == 1


@on_sqlite
def test_a_clock_set_back_ends_a_wait(small: Database) -> None:
    with open_hook(Reply(429, "", {"Retry-After": "3600"})) as hook, _desk(small, hook) as desk:
        desk.raise_alert()
        desk.deliver()
        desk.clock.go_on(days=-3)
        assert desk.deliver() == 1


# Perhaps


@on_sqlite
@pytest.mark.parametrize("answer", [HANG, DRIP, CLOSE, Reply(200, "ok", late_s=3 * SOON)])
def test_a_chat_service_that_does_not_answer_in_time_gets_no_second_message(
    small: Database, answer: str | Reply, caplog: pytest.LogCaptureFixture
) -> None:
    with open_hook(answer, service=slack) as hook, _desk(small, hook, timeout_s=SOON) as desk:
        desk.raise_alert()
        assert desk.deliver() == 0
        for _ in range(10):
            desk.clock.go_on(hours=20)
            assert desk.deliver() == 0
        assert len(hook.posts) == 1
    assert desk.tries() == [("webhook", "abandoned")]
    assert desk.rows()[0].error.endswith(": perhaps it was delivered, and it is not sent again: look there")


@on_sqlite
def test_what_never_reached_a_chat_service_is_sent_again(small: Database) -> None:
    port = free_port()
    webhook = Webhook(url=f"http://localhost:{port}{PATH}", form="slack", timeout_seconds=SOON)
    desk = Desk(small, Settings(alerts=AlertSettings(webhook=webhook)))
    desk.raise_alert()
    desk.deliver()
    assert desk.tries() == [("webhook", "failed")]


@on_sqlite
@pytest.mark.parametrize("answer", [HANG, CLOSE, Reply(200, late_s=3 * SOON)])
def test_a_program_gets_it_again_with_the_same_key(small: Database, answer: str | Reply) -> None:
    with open_hook(answer) as hook, _desk(small, hook, "plain", SOON) as desk:
        desk.raise_alert()
        desk.deliver()
        desk.clock.go_on(seconds=30)
        assert desk.deliver() == 1
        assert len({post.headers["idempotency-key"] for post in hook.posts}) == 1
    assert desk.tries() == [("webhook", "failed"), ("webhook", "sent")]


@on_sqlite
def test_a_mail_server_that_is_slow_to_answer_gets_a_mail_once(small: Database) -> None:
    with open_box(late_s=3 * SOON) as box:
        email = Email(
            host="localhost",
            port=box.port,
            security="none",
            sender="p@example.org",
            to=("k@example.org",),
            timeout_seconds=SOON,
        )
        desk = Desk(small, Settings(alerts=AlertSettings(email=email)))
        desk.raise_alert()
        for _ in range(5):
            assert desk.deliver() == 0
            desk.clock.go_on(hours=1)
        assert len(box.mails) == 1
    assert desk.tries() == [("email", "abandoned")]
    assert "perhaps it was delivered" in desk.rows()[0].error


def test_a_mail_that_is_refused_after_it_was_handed_over_was_not_delivered() -> None:
    with open_box("451 later") as box:
        email = Email(host="localhost", port=box.port, security="none", sender="p@example.org", to=("k@example.org",))
        with pytest.raises(NotSent, match=r"answered 451 later$") as caught:
            send_email(email, "", ALERT, NOW)
    assert not isinstance(caught.value, PerhapsSent)


KILLED = """
import sys
from datetime import datetime, timezone
from db.engine import open_database
from forecast.schedule.delivery import deliver
from forecast.schedule.settings import read_settings
with open_database(sys.argv[1]) as database:
    deliver(database, "small", read_settings(), lambda: datetime(2020, 6, 1, 12, tzinfo=timezone.utc))
"""


@on_sqlite
def test_a_mail_whose_sender_is_killed_before_the_record_comes_again_as_the_same_mail(
    small: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLEY_SETTINGS", str(tmp_path / "parley.toml"))
    with open_box(late_s=30) as box:
        email = Email(host="localhost", port=box.port, security="none", sender="p@example.org", to=("k@example.org",))
        desk = Desk(small, Settings(alerts=AlertSettings(email=email)))
        (tmp_path / "parley.toml").write_text(render_settings(desk.settings), encoding="utf-8")
        desk.raise_alert()
        with subprocess.Popen([sys.executable, "-c", KILLED, f"sqlite:///{small.url}"]) as sender:
            wait_for(lambda: bool(box.mails), 60, "a mail")
            sender.kill()
        assert desk.tries() == []
        box.late_s = 0.0
        assert desk.deliver() == 1
        assert (len(box.mails), len({mail["Message-ID"] for mail in box.mails})) == (2, 1)


@on_sqlite
def test_what_was_stored_with_whole_addresses_is_shown_masked(small: Database) -> None:
    with open_hook() as hook, _desk(small, hook) as desk:
        alert = desk.raise_alert()
        with small.write() as connection:
            said = "lee@example.org was refused; see https://hooks.slack.com/services/T0/B0/abcdefghijkl"
            append_delivery(connection, NewDelivery(alert, "webhook", "failed", said), NOW)
        with small.read() as connection:
            shown = json.dumps(as_json(read_status(connection, desk.settings, NOW)), default=str)
    assert "lee@" not in shown
    assert "abcdefgh" not in shown
    assert masked(said) == "l…@example.org was refused; see https://hooks.slack.com/…ijkl"


@on_sqlite
def test_neither_the_database_nor_a_backup_holds_an_address(small: Database, tmp_path: Path) -> None:
    with open_hook(Reply(404, f"no hook {PATH}")) as hook, open_box(strangers=("lee.lee@example.org",)) as box:
        readers = ("kim.kim@example.org", "lee.lee@example.org")
        email = Email(host="localhost", port=box.port, security="none", sender="robot.r@example.org", to=readers)
        webhook = Webhook(url=f"{hook.url}{PATH}", form="slack")
        desk = Desk(small, Settings(alerts=AlertSettings(webhook=webhook, email=email)))
        desk.raise_alert()
        assert desk.deliver() == 1
    assert [row.error for row in desk.rows() if row.channel == "email"] == [
        "l…@example.org was refused: 550 no such mailbox"
    ]
    write_backup(small, tmp_path / "backup.zip")
    with ZipFile(tmp_path / "backup.zip") as archive:
        content = archive.read("parley.db")
    for hidden in (*readers, "robot.r@", "T0ABCDEF", "abcdefghijkl"):
        assert hidden.encode() not in content
