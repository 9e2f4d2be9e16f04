"""An alert as what goes out: JSON for programs, words for people, and the numbers they compare."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from db.run_rows import AlertRow
from db.types import to_utc
from forecast.schedule.line import flat, shortened
from forecast.schedule.movement import THRESHOLD
from forecast.schedule.settings import Email
from forecast.words.numbers import minute, percent, signed


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


def moves_of(alert: AlertRow) -> tuple[tuple[str, str], ...]:
    """Window and before → after of every comparison an alert about the headline makes; none of other alerts."""
    facts, steps = alert.facts, alert.facts.get("steps")
    return tuple(_moves(facts, steps)) if isinstance(steps, list) and "value" in facts else ()


def _moves(facts: Mapping[str, Any], steps: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for step in steps:
        before = step["from"]
        crossed = " and ".join(f"{100 * bound:g} %" for bound in step.get("thresholds", ()))
        what = f"crossing {crossed}" if step["rule"] == THRESHOLD else f"since {before['as_of']}"
        change = f"{percent(before['value'])} ({before['as_of']}) → {percent(facts['value'])} ({facts['as_of']})"
        yield f"within {facts['horizon_days']} d, {what}", f"{change}, {signed(step['points'], 1)} points"


def origin_of(alert: AlertRow) -> str:
    """Where an alert comes from."""
    return f"Raised {minute(to_utc(alert.recorded_at))} by the rule {alert.rule}, case {alert.case_id}."


def as_email(email: Email, alert: AlertRow, now: datetime) -> EmailMessage:
    """The alert as a mail; its Message-ID is the same at each try."""
    message = EmailMessage()
    message["Subject"] = f"[Parley] {shortened(flat(alert.title))}"
    message["From"] = email.sender
    message["To"] = ", ".join(email.to)
    message["Date"] = format_datetime(to_utc(now))
    message["Message-ID"] = f"<{alert_key(alert)}@{email.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    text = f"{alert.title}\n\n{alert.body}\n\n{origin_of(alert)}\n"
    message.set_content(text, charset="utf-8", cte="quoted-printable")
    return message
