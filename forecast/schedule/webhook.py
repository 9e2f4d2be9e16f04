"""Posting an alert to a web address, and what the receiver's answer means.

    2xx           it has it
    429, 503      later, and not before Retry-After is over
    most of 4xx   never: the message or the address is wrong, and a further try would bring the same
    anything else later

A chat service knows no ids of messages: where its answer is missing after it was handed one, the message is not sent
again. A program does, so that a plain message is sent until it is answered.
"""

import base64
import binascii
import hashlib
import hmac
import logging
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, responses
from string import punctuation
from time import monotonic
from urllib.parse import SplitResult, quote, unquote, urlsplit

from db.run_rows import AlertRow
from forecast.errors import NotSent, NotTaken
from forecast.schedule.chat import as_slack, as_teams
from forecast.schedule.line import Line, Talk, one_line, talk_within
from forecast.schedule.messages import alert_key, as_line
from forecast.schedule.settings import WEBHOOK_SECRET, Webhook
from forecast.words.language import LANGUAGES
from forecast.words.parts.alerts import AlertWords

READ, READ_S = 2000, 1.0
"""So many bytes of an answer are read, and for no longer."""
PASSING = (408, 409, 423, 425, 429)
"""Answers of 4xx that say nothing against the message."""
LATER = (429, 503)
"""Answers that may say when to come again."""
MOVED = (301, 302, 303, 307, 308)
LONGEST_S = 86400.0
"""A receiver is not left alone for longer, whatever it asks."""
_TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_REFUSED = "webhook message delivery failed"
"""How an answer of 200 begins with which Teams refuses a card."""

logger = logging.getLogger("parley.schedule")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver said."""

    status: int
    said: str
    retry_after: str
    location: str


def send_webhook(webhook: Webhook, secret: str, alert: AlertRow, now: datetime, language: str = "en") -> str:
    """Post an alert in the form of its receiver; an answer of 2xx is success, a redirect is not followed.

    It goes straight to the host, past any proxy.

    Raises
    ------
    NotTaken
        if the receiver will never have it
    PerhapsSent
        if a chat service was handed it and did not answer
    NotSent
        if a further try may succeed
    """
    address = _parsed(webhook.url)
    body, headers = _letter(webhook, secret, alert, now, LANGUAGES[language].alerts)
    host = address.netloc.rpartition("@")[2]
    talk = _posting(address, body, headers, once=webhook.form != "plain")
    _judge(talk_within(webhook.timeout_seconds, host, talk), address, secret, now)
    return ""


def _parsed(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise NotSent(f"the url of the webhook is no address ({error}); change it in the settings") from None


def _letter(
    webhook: Webhook, secret: str, alert: AlertRow, now: datetime, words: AlertWords
) -> tuple[bytes, dict[str, str]]:
    """Body and headers; only a plain message is signed, for chat services know a sender by the address."""
    headers = {"Content-Type": "application/json", "User-Agent": "parley"}
    if webhook.form != "plain":
        return (as_slack if webhook.form == "slack" else as_teams)(alert, words), headers
    if not secret:
        logger.warning("webhook not signed", extra={"alert": alert.id, "unset": WEBHOOK_SECRET})
    key, body = alert_key(alert), as_line(alert)
    return body, {**headers, "Idempotency-Key": key, **sign(secret, key, now, body)}


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


def _posting(address: SplitResult, body: bytes, headers: dict[str, str], *, once: bool) -> Talk[Answer]:
    path = f"{address.path or '/'}{'?' * bool(address.query)}{address.query}"

    def post(line: Line) -> Answer:
        kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
        connection = kind(address.hostname or "", address.port, timeout=line.left())
        line.hold(connection)
        try:
            connection.connect()
            line.check()
            connection.request("POST", quote(path, safe=punctuation), body, headers)
            line.handed_over = once
            response = connection.getresponse()
            moved, again = response.getheader("Location", ""), response.getheader("Retry-After", "")
            return Answer(response.status, _read(response, connection), again, moved)
        finally:
            connection.close()

    return post


def _read(response: HTTPResponse, connection: HTTPConnection) -> str:
    """The beginning of what was answered; the status counts, whatever becomes of the rest."""
    read, end = b"", monotonic() + READ_S
    with suppress(OSError, HTTPException, ValueError):
        if connection.sock is not None:
            connection.sock.settimeout(READ_S)
        while len(read) < READ and monotonic() < end and (more := response.read1(READ)):
            read += more
    text = read[:READ].decode("utf-8", "replace")
    return _TAG.sub(" ", text) if text.lstrip().startswith("<") else text


def _judge(answer: Answer, address: SplitResult, secret: str, now: datetime) -> None:
    """Raise what an answer means, unless it is success."""
    said = one_line(answer.said, _secrets(address, secret))
    if 200 <= answer.status < 300 and not said.casefold().startswith(_REFUSED):
        return
    reason = f": {said}" if said else ""
    what = f"{address.hostname} answered {answer.status} {responses.get(answer.status, '')}".rstrip() + reason
    if answer.status in MOVED and answer.location:
        to = one_line(answer.location, _secrets(address, secret))
        what += f"; redirects are not followed: it points to {to}, change url in [alerts.webhook] if that is right"
    if 400 <= answer.status < 500 and answer.status not in PASSING:
        raise NotTaken(what)
    raise NotSent(what, _wait_s(answer.retry_after, now) if answer.status in LATER else 0.0)


def _secrets(address: SplitResult, secret: str) -> tuple[str, ...]:
    """The parts of an address by which its receiver knows the sender, as they stand in it and as they are read."""
    parts = [*re.split("[/&=]", f"{address.path}&{address.query}"), address.path, address.query, address.password or ""]
    return (secret, *parts, *map(unquote, parts))


def _wait_s(asked: str, now: datetime) -> float:
    """Seconds a receiver asks to be left alone for, as a number or a date; 0 where it asks for nothing."""
    if asked.strip().isdecimal():
        return min(float(asked[:20]), LONGEST_S)
    with suppress(ValueError, TypeError):
        until = parsedate_to_datetime(asked)
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return min(max((until - now).total_seconds(), 0.0), LONGEST_S)
    return 0.0
