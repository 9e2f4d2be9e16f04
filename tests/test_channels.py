"""Alerts reach real servers on this machine, signed and encrypted as they should be, and never later than they may."""

import base64
import json
import logging
import shutil
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from time import monotonic

import pytest
from receivers import (
    ALERT,
    CLOSE,
    DRIP,
    HANG,
    REDIRECT,
    free_port,
    make_certificate,
    open_box,
    open_hook,
    open_mute,
    serving,
)
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from forecast.errors import NotSent
from forecast.schedule.channels import send, send_to_file
from forecast.schedule.mail import send_email
from forecast.schedule.messages import alert_key, as_json
from forecast.schedule.settings import SMTP_PASSWORD, WEBHOOK_SECRET, AlertFile, AlertSettings, Email, Webhook
from forecast.schedule.webhook import send_webhook, sign

SOON = 0.3
"""Seconds that a server has in these tests."""
SECRET = "whsec_" + base64.b64encode(b"a secret of twenty-four!").decode()


def utc_now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of localhost, signed by itself."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, trusted by this process."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return certificate


def _email(port: int, **changed: object) -> Email:
    values = {"host": "localhost", "port": port, "security": "none", "sender": "parley@example.org"}
    return Email(**{**values, "to": ("kim@example.org", "lee@example.org"), "timeout_seconds": 5.0, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("secret", "verifier"),
    [(SECRET, Verifier(SECRET)), (SECRET.rstrip("="), Verifier(SECRET)), ("plain words", Verifier(b"plain words"))],
)
def test_the_standard_s_own_library_verifies_what_is_posted(secret: str, verifier: Verifier) -> None:
    with open_hook() as hook:
        send_webhook(Webhook(url=f"{hook.url}/in?token=1"), secret, ALERT, utc_now())
    (post,) = hook.posts
    assert verifier.verify(post.body, post.headers) == as_json(ALERT)
    assert (post.path, post.headers["content-type"]) == ("/in?token=1", "application/json")
    assert (as_json(ALERT)["type"], as_json(ALERT)["data"]["title"]) == ("alert.move_day", ALERT.title)
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        verifier.verify(post.body.replace(b"19", b"91"), post.headers)


def test_the_id_stays_from_try_to_try_and_the_timestamp_does_not() -> None:
    later = utc_now() + timedelta(hours=1)
    first, second = (sign(SECRET, alert_key(ALERT), now, b"{}") for now in (utc_now(), later))
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-timestamp"] != second["webhook-timestamp"]
    assert first["webhook-signature"] != second["webhook-signature"]
    others = (replace(ALERT, id=4), replace(ALERT, subject="run 13"), replace(ALERT, recorded_at=later))
    assert len({alert_key(alert) for alert in (ALERT, *others)}) == 4


def test_without_a_secret_it_is_sent_unsigned_and_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with open_hook() as hook, caplog.at_level(logging.WARNING, "parley.schedule"):
        send_webhook(Webhook(url=hook.url), "", ALERT, utc_now())
    assert "webhook-signature" not in hook.posts[0].headers
    (record,) = caplog.records
    assert (record.message, record.__dict__["unset"]) == ("webhook not signed", WEBHOOK_SECRET)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_!!!", "whsec_abcde"])
def test_a_secret_that_was_cut_off_is_told_and_not_shown(secret: str) -> None:
    said = r"^PARLEY_WEBHOOK_SECRET begins with whsec_, but no base64 follows; set it as it was issued$"
    with pytest.raises(NotSent, match=said):
        send_webhook(Webhook(url="http://localhost"), secret, ALERT, utc_now())


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (500, "localhost answered 500 Internal Server Error"),
        (404, "localhost answered 404 Not Found"),
        (799, "localhost answered 799"),
        (304, "localhost answered 304 Not Modified"),
        (
            REDIRECT,
            "localhost answered 302 Found; redirects are not followed: it points to http://localhost:\\d+/…, .*",
        ),
        (CLOSE, r"localhost:\d+ cannot be reached or broke off \(Remote end closed connection without response\)"),
    ],
)
def test_anything_but_success_is_a_failure_that_names_no_path(answer: int | str, said: str) -> None:
    with open_hook(answer) as hook, pytest.raises(NotSent, match=f"^{said}$"):
        send_webhook(Webhook(url=f"{hook.url}/services/T0/SECRET"), SECRET, ALERT, utc_now())
    assert [post.path for post in hook.posts] == ["/services/T0/SECRET"]


@pytest.mark.parametrize("answer", [HANG, DRIP])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_does_not_get_to_the_end_is_hung_up_on(
    answer: str, scheme: str, request: pytest.FixtureRequest
) -> None:
    tls = serving(request.getfixturevalue("trusted")) if scheme == "https" else None
    with open_hook(answer, tls=tls) as hook:
        began = monotonic()
        with pytest.raises(NotSent, match=rf"^localhost:\d+ did not answer within {SOON} s$"):
            send_webhook(Webhook(url=hook.url, timeout_seconds=SOON), SECRET, ALERT, utc_now())
        assert monotonic() - began < SOON + 0.5
        if answer == DRIP:
            assert hook.over.wait(5), "the connection was left open"
    _no_thread_is_left()


def _no_thread_is_left() -> None:
    """Nothing that was daily_trigger up on lives on."""
    end = monotonic() + 5
    while monotonic() < end:
        left = [thread for thread in threading.enumerate() if thread.name == "parley-alert"]
        if not left:
            return
        left[0].join(0.1)
    raise AssertionError("a thread still waits for an answer")


def test_a_server_that_takes_a_connection_and_stays_mute_is_left(trusted: Path) -> None:
    began = monotonic()
    with open_mute() as port:
        for scheme in ("http", "https"):
            with pytest.raises(NotSent, match=rf"^localhost:{port} did not answer within {SOON} s$"):
                send_webhook(Webhook(url=f"{scheme}://localhost:{port}", timeout_seconds=SOON), "", ALERT, utc_now())
        for security in ("none", "starttls", "tls"):
            with pytest.raises(NotSent, match=rf"^localhost:{port} did not answer within {SOON} s$"):
                send_email(_email(port, security=security, timeout_seconds=SOON), "", ALERT, utc_now())
    assert monotonic() - began < 5 * SOON + 1.5


def test_nobody_at_home() -> None:
    port = free_port()
    said = rf"^localhost:{port} cannot be reached or broke off \(Connection refused\)$"
    with pytest.raises(NotSent, match=said):
        send_webhook(Webhook(url=f"http://user:pass@localhost:{port}"), SECRET, ALERT, utc_now())
    with pytest.raises(NotSent, match=said):
        send_email(_email(port), "", ALERT, utc_now())


@pytest.mark.parametrize("url", ["http://localhost:port/", "http://a..b/", "http://x\x7f/", "http://:1/"])
def test_an_address_that_is_none_is_a_failure_like_others(url: str) -> None:
    with pytest.raises(NotSent, match=r"^\S+ (cannot be reached|did not answer)"):
        send_webhook(Webhook(url=url, timeout_seconds=SOON), SECRET, ALERT, utc_now())

    with pytest.raises(NotSent, match=r"^the url of the webhook is no address \(Invalid IPv6 URL\); change it"):
        send_webhook(Webhook(url="http://[::1"), SECRET, ALERT, utc_now())


def test_a_path_is_sent_as_servers_can_read_it() -> None:
    with open_hook() as hook:
        send_webhook(Webhook(url=f"{hook.url}/a/ü?q=%20b"), SECRET, ALERT, utc_now())
    assert hook.posts[0].path == "/a/%C3%BC?q=%20b"


def test_a_certificate_nobody_vouches_for_is_refused(certificate: Path) -> None:
    tls = serving(certificate)
    with open_hook(tls=tls) as hook, pytest.raises(NotSent, match="certificate verify failed"):
        send_webhook(Webhook(url=hook.url), SECRET, ALERT, utc_now())
    assert not hook.posts
    for security, wrapped in (("starttls", False), ("tls", True)):
        with open_box(tls=tls, wrapped=wrapped) as box, pytest.raises(NotSent, match="certificate verify failed"):
            send_email(_email(box.port, security=security), "", ALERT, utc_now())
        assert not box.mails


def test_a_webhook_over_tls(trusted: Path) -> None:
    with open_hook(tls=serving(trusted)) as hook:
        send_webhook(Webhook(url=hook.url), SECRET, ALERT, utc_now())
    assert len(hook.posts) == 1


def test_a_mail_says_what_the_alert_says() -> None:
    now = utc_now().replace(microsecond=0)
    with open_box() as box:
        assert send_email(_email(box.port), "", ALERT, now) == ""
        assert send_email(_email(box.port), "", ALERT, now) == ""
    first, second = box.mails
    assert first["Subject"] == "[Parley] Arms-control talks in 365 d: 14 % → 19 %"
    assert (first["From"], first["To"]) == ("parley@example.org", "kim@example.org, lee@example.org")
    assert parsedate_to_datetime(first["Date"]) == now
    assert first["Message-ID"] == second["Message-ID"] == f"<{alert_key(ALERT)}@example.org>"
    text = first.get_content()
    assert ALERT.title in text
    assert ALERT.body in text.replace("\r\n", "\n")
    assert "Raised 2026-11-20 06:05 UTC by the rule move_day, case toy." in text
    assert box.recipients == [["kim@example.org", "lee@example.org"]] * 2


def test_a_title_of_several_lines_stays_one_header() -> None:
    with open_box() as box:
        send_email(_email(box.port), "", replace(ALERT, title="One\r\nBcc: all@example.org\x00" + "x" * 500), utc_now())
    assert box.mails[0]["Bcc"] is None
    assert box.mails[0]["Subject"].startswith("[Parley] One Bcc: all@example.org x")


@pytest.mark.parametrize(("security", "wrapped"), [("starttls", False), ("tls", True)])
def test_a_mail_goes_encrypted(security: str, wrapped: bool, trusted: Path) -> None:
    with open_box(tls=serving(trusted), wrapped=wrapped) as box:
        send_email(_email(box.port, security=security, user="kim"), "open sesame", ALERT, utc_now())
    assert (len(box.mails), box.encrypted) == (1, [True])
    assert box.logins == [(b"kim", b"open sesame")]


def test_a_server_without_starttls_gets_nothing() -> None:
    said = r'^localhost:\d+ offers no STARTTLS; security = "tls" or "none" in \[alerts\.email\] may be right$'
    with open_box() as box, pytest.raises(NotSent, match=said):
        send_email(_email(box.port, security="starttls"), "", ALERT, utc_now())
    assert not box.mails


def test_a_wrong_password_is_not_repeated() -> None:
    with open_box() as box, pytest.raises(NotSent, match=r"^localhost:\d+ refused the login \(535\)$"):
        send_email(_email(box.port, user="kim"), "hunter2", ALERT, utc_now())
    said = r"^localhost: user is set but PARLEY_SMTP_PASSWORD is not; set it$"
    with pytest.raises(NotSent, match=said):
        send_email(_email(1, user="kim"), "", ALERT, utc_now())


@pytest.mark.parametrize("answer", ["550 not\x00 wanted", "451 come back later", "554-one\r\n554 two"])
def test_a_mail_that_is_not_taken_is_a_failure(answer: str) -> None:
    with open_box(answer) as box:
        with pytest.raises(NotSent, match=rf"^localhost:\d+ answered {answer[:3]} [ -~]+$"):
            send_email(_email(box.port), "", ALERT, utc_now())
        send_email(_email(box.port), "", ALERT, utc_now())
    assert len(box.mails) == 1


def test_who_is_refused_is_named_and_does_not_cost_the_others_their_mail() -> None:
    with open_box(strangers=("lee@example.org",)) as box:
        assert send_email(_email(box.port), "", ALERT, utc_now()) == ("l…@example.org was refused: 550 no such mailbox")
    assert box.recipients == [["kim@example.org"]]
    everyone = ("kim@example.org", "lee@example.org")
    said = r"^localhost:\d+ refused k…@example.org: 550 no such mailbox; refused l…@example.org: 550 no such mailbox$"
    with open_box(strangers=everyone) as box, pytest.raises(NotSent, match=said):
        send_email(_email(box.port), "", ALERT, utc_now())


@pytest.mark.parametrize("address", ["ü@example.org", "a,b@example.org", "[@x", "<a@b>", '"@x'])
def test_odd_addresses_are_failures_at_worst(address: str) -> None:
    with open_box() as box, suppress(NotSent):
        send_email(_email(box.port, sender=address, to=(address,)), "", ALERT, utc_now())


def test_a_file_gets_a_line_an_alert(tmp_path: Path) -> None:
    for alert in (ALERT, replace(ALERT, id=4)):
        send_to_file(AlertFile(path="logs/alerts.jsonl"), alert, tmp_path)
    lines = (tmp_path / "logs" / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [as_json(ALERT), as_json(replace(ALERT, id=4))]


def test_a_line_after_half_a_line_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "alerts.jsonl"
    file.write_text('{"type": "ale')
    send_to_file(AlertFile(path=str(file)), ALERT, Path("/nowhere"))
    assert json.loads(file.read_text(encoding="utf-8").splitlines()[1]) == as_json(ALERT)


@pytest.mark.parametrize("path", [".", "taken/alerts", "/dev/full"])
def test_a_file_that_cannot_be_written_is_a_failure(path: str, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(NotSent, match=rf"^{path} cannot be written \((Is a dir|Not a dir|File exists|No space)"):
        send_to_file(AlertFile(path=path), ALERT, tmp_path)


def test_standard_output_gets_words(capsys: pytest.CaptureFixture[str]) -> None:
    send_to_file(AlertFile(path="-"), ALERT, Path())
    assert capsys.readouterr().out == f"{ALERT.title}\n{ALERT.body}\n\n"


def test_the_secrets_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WEBHOOK_SECRET, SECRET)
    monkeypatch.setenv(SMTP_PASSWORD, "open sesame")
    with open_hook() as hook, open_box() as box:
        settings = AlertSettings(
            webhook=Webhook(url=hook.url), email=_email(box.port, user="kim"), file=AlertFile(path="alerts.jsonl")
        )
        for channel in settings.channels:
            assert send(channel, settings, ALERT, tmp_path, utc_now()) == ""
    Verifier(SECRET).verify(hook.posts[0].body, hook.posts[0].headers)
    assert (box.logins, len(box.mails)) == ([(b"kim", b"open sesame")], 1)
    assert (tmp_path / "alerts.jsonl").stat().st_size
    with pytest.raises(NotSent, match=r"^the channel email is not set; add \[alerts\.email\] to the settings$"):
        send("email", AlertSettings(), ALERT, tmp_path, utc_now())


def test_threads_do_not_pile_up() -> None:
    with open_hook() as hook:
        for _ in range(20):
            send_webhook(Webhook(url=hook.url), SECRET, ALERT, utc_now())
    _no_thread_is_left()
