"""An alert as what goes out: JSON for programs, a mail, and what a language says around it."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from db.run_rows import AlertRow
from db.types import to_utc
from forecast.facts.alerts import THRESHOLD, Compared
from forecast.schedule.line import flat, shortened
from forecast.schedule.settings import Email
from forecast.words.parts.alerts import AlertWords


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


def as_line(alert: AlertRow) -> bytes:
    return json.dumps(as_json(alert), ensure_ascii=False, allow_nan=False).encode()


def moves_of(alert: AlertRow, words: AlertWords) -> tuple[tuple[str, str], ...]:
    """Window and before → after of every comparison an alert about the headline makes; none of other alerts."""
    facts, steps = alert.facts, alert.facts.get("steps")
    return tuple(map(words.compared, _compared(facts, steps))) if isinstance(steps, list) and "value" in facts else ()


def _compared(facts: Mapping[str, Any], steps: list[Mapping[str, Any]]) -> Iterator[Compared]:
    for step in steps:
        before = step["from"]
        yield Compared(
            horizon_days=facts["horizon_days"],
            before=before["value"],
            before_as_of=date.fromisoformat(before["as_of"]),
            now=facts["value"],
            now_as_of=date.fromisoformat(facts["as_of"]),
            points=step["points"],
            crossed=tuple(step["thresholds"]) if step["rule"] == THRESHOLD else None,
        )


def origin_of(alert: AlertRow, words: AlertWords) -> str:
    """Where an alert comes from."""
    return words.origin(to_utc(alert.recorded_at), alert.rule, alert.case_id)


def as_email(email: Email, alert: AlertRow, now: datetime, words: AlertWords) -> EmailMessage:
    """The alert as a mail; its Message-ID is the same at each try."""
    message = EmailMessage()
    message["Subject"] = f"[Parley] {shortened(flat(alert.title))}"
    message["From"] = email.sender
    message["To"] = ", ".join(email.to)
    message["Date"] = format_datetime(to_utc(now))
    message["Message-ID"] = f"<{alert_key(alert)}@{email.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    text = f"{alert.title}\n\n{alert.body}\n\n{origin_of(alert, words)}\n"
    message.set_content(text, charset="utf-8", cte="quoted-printable")
    return message
