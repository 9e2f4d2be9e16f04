"""Sending an alert: by webhook, e-mail or into a file. Each takes no longer than its timeout in all, or raises NotSent.

An alert has the same id whenever it is sent, so that who receives it twice can tell. What is sent and what is said of a
failure never holds a secret, a password or the path of a webhook, which may be one.
"""

import base64
import binascii
import hashlib
import hmac
import json
import logging
import os
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection, responses
from pathlib import Path
from socket import SHUT_RDWR, gethostname
from string import punctuation
from threading import Thread
from time import monotonic
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from db.kept import why_stored
from db.run_rows import AlertRow
from db.types import to_utc
from forecast.errors import NotSent
from forecast.schedule.settings import SMTP_PASSWORD, WEBHOOK_SECRET, AlertFile, AlertSettings, Email, Webhook

SAID = 200
"""So many characters of what a server says are kept."""

logger = logging.getLogger("parley.schedule")


class _NoStartTls(smtplib.SMTPException):
    """The mail server does not offer STARTTLS."""


class _TooLate(Exception):
    """The time is over, and nobody waits for the answer any more."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of a test message on one channel."""

    channel: str
    outcome: str
    """sent or failed."""
    error: str
    """Also who was refused, where others were not."""


def send(channel: str, settings: AlertSettings, alert: AlertRow, folder: Path, now: datetime) -> str:
    """Send an alert by a channel that is set; secrets come from the environment.

    Returns
    -------
    str
        what is to be said of it although it was sent, mostly ""

    Raises
    ------
    NotSent
        one line: who did not take it, and why
    """
    if channel == "webhook" and settings.webhook:
        return send_webhook(settings.webhook, os.environ.get(WEBHOOK_SECRET, ""), alert, now)
    if channel == "email" and settings.email:
        return send_email(settings.email, os.environ.get(SMTP_PASSWORD, ""), alert, now)
    if channel == "file" and settings.file:
        return send_to_file(settings.file, alert, folder)
    raise NotSent(f"the channel {channel} is not set; add [alerts.{channel}] to the settings")


def trial_alert(case_id: str, channels: tuple[str, ...], folder: Path, now: datetime) -> AlertRow:
    """An alert about nothing, which says where it was sent from."""
    return AlertRow(
        case_id=case_id,
        rule="test",
        subject="test",
        run_id=None,
        title="Test of the alerts",
        body=f"Nothing has happened: this was sent from {gethostname()}, folder {folder}, to see whether it arrives.",
        facts={},
        channels=channels,
        id=0,
        recorded_at=now,
    )


def try_channels(settings: AlertSettings, alert: AlertRow, folder: Path, now: datetime) -> tuple[Trial, ...]:
    """Send an alert by every channel that is set, one after the other."""
    return tuple(_try(channel, settings, alert, folder, now) for channel in settings.channels)


def _try(channel: str, settings: AlertSettings, alert: AlertRow, folder: Path, now: datetime) -> Trial:
    try:
        return Trial(channel, "sent", send(channel, settings, alert, folder, now))
    except NotSent as error:
        return Trial(channel, "failed", str(error))


def alert_key(alert: AlertRow) -> str:
    """The alert's id for receivers: the same at each try, and another in every database."""
    named = "\n".join((alert.case_id, alert.rule, alert.subject, str(alert.id), alert.recorded_at.isoformat()))
    return f"msg_{hashlib.sha256(named.encode()).hexdigest()[:32]}"


def as_json(alert: AlertRow) -> dict[str, Any]:
    """What webhooks and files get: type, timestamp and data, as Standard Webhooks propose."""
    return {
        "type": f"alert.{alert.rule}",
        "timestamp": to_utc(alert.recorded_at).isoformat(),
        "data": {
            "id": alert_key(alert),
            "alert_id": alert.id,
            "case": alert.case_id,
            "rule": alert.rule,
            "subject": alert.subject,
            "run_id": alert.run_id,
            "title": alert.title,
            "body": alert.body,
            "facts": dict(alert.facts),
        },
    }


def send_webhook(webhook: Webhook, secret: str, alert: AlertRow, now: datetime) -> str:
    """Post an alert as JSON, signed by the secret; an answer of 2xx is success, a redirect is not followed.

    It goes straight to the host, past any proxy. Raises NotSent.
    """
    try:
        address = urlsplit(webhook.url)
    except ValueError as error:
        raise NotSent(f"the url of the webhook is no address ({error}); change it in the settings") from None
    body = _line(alert)
    headers = {"Content-Type": "application/json", "User-Agent": "parley", **sign(secret, alert_key(alert), now, body)}
    if not secret:
        logger.warning("webhook not signed", extra={"alert": alert.id, "unset": WEBHOOK_SECRET})
    status = _within(webhook.timeout_seconds, address.netloc.rpartition("@")[2], _posting(address, body, headers))
    if not 200 <= status < 300:
        raise NotSent(f"{address.hostname} answered {status} {responses.get(status, '')}".rstrip())
    return ""


def sign(secret: str, key: str, now: datetime, body: bytes) -> dict[str, str]:
    """The headers of https://www.standardwebhooks.com: HMAC-SHA256 of `id.timestamp.body`, base64.

    Without a secret there is no signature. Raises NotSent if the secret is no base64 though it begins with whsec_.
    """
    headers = {"webhook-id": key, "webhook-timestamp": str(int(now.timestamp()))}
    if not secret:
        return headers
    signed = f"{key}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(_signing_key(secret), signed, hashlib.sha256).digest()
    return {**headers, "webhook-signature": f"v1,{base64.b64encode(digest).decode()}"}


def _signing_key(secret: str) -> bytes:
    if not secret.startswith("whsec_"):
        return secret.encode()
    coded = secret.removeprefix("whsec_")
    with suppress(binascii.Error, ValueError):
        if key := base64.b64decode(coded + "=" * (-len(coded) % 4), validate=True):
            return key
    raise NotSent(f"{WEBHOOK_SECRET} begins with whsec_, but no base64 follows; set it as it was issued")


def _posting(address: SplitResult, body: bytes, headers: dict[str, str]) -> "_Talk[int]":
    path = f"{address.path or '/'}{'?' * bool(address.query)}{address.query}"

    def post(line: _Line) -> int:
        kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
        connection = kind(address.hostname or "", address.port, timeout=line.left())
        line.hold(connection)
        try:
            connection.connect()
            line.check()
            connection.request("POST", quote(path, safe=punctuation), body, headers)
            return connection.getresponse().status
        finally:
            connection.close()

    return post


def send_email(email: Email, password: str, alert: AlertRow, now: datetime) -> str:
    """Hand an alert to the mail server, encrypted as the settings say and never less; return who was refused.

    Sent means that at least one recipient was taken: a further try would bother those once more. Raises NotSent.
    """
    if email.user and not password:
        raise NotSent(f"{email.host}: user is set but {SMTP_PASSWORD} is not; set it")
    host = f"{email.host}:{email.port}"
    refused = _within(email.timeout_seconds, host, _mailing(email, password, alert, now))
    return "; ".join(f"{address} was refused: {_reply(*reply)}" for address, reply in refused.items())


def as_email(email: Email, alert: AlertRow, now: datetime) -> EmailMessage:
    """The alert as a mail; its Message-ID is the same at each try."""
    message = EmailMessage()
    message["Subject"] = f"[Parley] {_one_line(alert.title)}"
    message["From"] = email.sender
    message["To"] = ", ".join(email.to)
    message["Date"] = format_datetime(to_utc(now))
    message["Message-ID"] = f"<{alert_key(alert)}@{email.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    raised = f"Raised {to_utc(alert.recorded_at):%Y-%m-%d %H:%M} UTC by the rule {alert.rule}, case {alert.case_id}."
    message.set_content(f"{alert.title}\n\n{alert.body}\n\n{raised}\n", charset="utf-8", cte="quoted-printable")
    return message


def _mailing(email: Email, password: str, alert: AlertRow, now: datetime) -> "_Talk[dict[str, tuple[int, bytes]]]":
    def mail(line: _Line) -> dict[str, tuple[int, bytes]]:
        context = ssl.create_default_context()
        tls = email.security == "tls"
        smtp = smtplib.SMTP_SSL(timeout=line.left(), context=context) if tls else smtplib.SMTP(timeout=line.left())
        # Certificates are held against it, and smtplib sets it only where it dials while it is being made.
        smtp._host = email.host  # type: ignore[attr-defined]
        line.hold(smtp)
        try:
            code, said = smtp.connect(email.host, email.port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, said)
            if email.security == "starttls":
                _start_tls(smtp, context)
            if email.user:
                smtp.login(email.user, password)
            line.check()
            refused = smtp.send_message(as_email(email, alert, now))
            with suppress(smtplib.SMTPException, OSError):  # it has been taken, whatever becomes of the farewell
                smtp.quit()
            return refused
        finally:
            smtp.close()

    return mail


def _start_tls(smtp: smtplib.SMTP, context: ssl.SSLContext) -> None:
    try:
        smtp.starttls(context=context)
    except smtplib.SMTPNotSupportedError:
        raise _NoStartTls from None


def send_to_file(file: AlertFile, alert: AlertRow, folder: Path) -> str:
    """Append an alert to the file, relative ones under `folder`, and sync it; "-" is standard output, in words.

    Raises NotSent.
    """
    try:
        if file.path == "-":
            print(f"{alert.title}\n{alert.body}\n", flush=True)
        else:
            kept = why_stored(folder / file.path)
            if kept is not None:
                raise NotSent(f"{file.path} {kept} in [alerts.file]")
            _append(folder / file.path, _line(alert) + b"\n")
    except (OSError, ValueError) as error:  # ValueError: standard output has been closed
        name = "standard output" if file.path == "-" else file.path
        raise NotSent(f"{name} cannot be written ({getattr(error, 'strerror', None) or error})") from None
    return ""


def _append(path: Path, line: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":  # a full disk once took half a line
                line = b"\n" + line
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def _line(alert: AlertRow) -> bytes:
    return json.dumps(as_json(alert), ensure_ascii=False, allow_nan=False).encode()


class _Line:
    """A connection that can be hung up from outside, and the time there is for it."""

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds
        self._held: HTTPConnection | smtplib.SMTP | None = None
        self._hung_up = False

    def left(self) -> float:
        """Seconds to go."""
        return max(self._end - monotonic(), 0.001)

    def is_over(self) -> bool:
        return monotonic() >= self._end

    def hold(self, connection: HTTPConnection | smtplib.SMTP) -> None:
        """What is to be shut on hanging up."""
        self._held = connection

    def check(self) -> None:
        """Raise if it was hung up: then nothing must be sent any more."""
        if self._hung_up:
            raise _TooLate

    def hang_up(self) -> None:
        self._hung_up = True
        sock = getattr(self._held, "sock", None)
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(SHUT_RDWR)


type _Talk[R] = Callable[[_Line], R]
_TROUBLE = (OSError, HTTPException, ValueError, smtplib.SMTPException)


def _within[R](seconds: float, host: str, talk: _Talk[R]) -> R:
    """Talk in a thread, and hang up when the time is over: timeouts of sockets begin anew with every byte.

    The thread is a daemon, for looking up a name cannot be broken off.
    """
    line, answers, errors = _Line(seconds), list[R](), list[Exception]()

    def call() -> None:
        try:
            answers.append(talk(line))
        except (*_TROUBLE, _TooLate) as error:
            errors.append(error)

    thread = Thread(target=call, name="parley-alert", daemon=True)
    thread.start()
    thread.join(line.left())
    if answers:
        return answers[0]
    if thread.is_alive() or line.is_over():
        line.hang_up()
        raise NotSent(f"{host} did not answer within {seconds:g} s")
    raise NotSent(f"{host} {_trouble(errors[0]) if errors else 'was not reached: the program failed'}")


def _trouble(error: Exception) -> str:
    """What a server would not do. What it says to a login is left out: it may repeat the password."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"refused the login ({error.smtp_code})"
    if isinstance(error, _NoStartTls):
        return 'offers no STARTTLS; security = "tls" or "none" in [alerts.email] may be right'
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"refused {address}: {_reply(*reply)}" for address, reply in error.recipients.items())
    if isinstance(error, smtplib.SMTPResponseException):
        return f"answered {_reply(error.smtp_code, error.smtp_error)}"
    return f"cannot be reached or broke off ({_one_line(_reason(error))})"


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _reply(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {_one_line(text)}"


def _one_line(text: str) -> str:
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= SAID else f"{line[: SAID - 1]}…"
