"""An alert in the forms that chat services take: blocks for Slack, an Adaptive Card for the Workflows of Teams.

Both services act on what stands in a text: names, links and marks. What somebody typed must only be read, so that for
Slack it is escaped, and no name or link is made of it; for Teams it goes into runs of text, which have no marks.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from db.run_rows import AlertRow
from forecast.schedule.line import flat, shortened
from forecast.schedule.messages import alert_key, moves_of, origin_of
from forecast.words.language import LANGUAGES
from forecast.words.parts.alerts import AlertWords

HEADER, SECTION, FIELD, BLOCKS, FIELDS = 150, 3000, 2000, 50, 10
"""Characters of a header, a section and a field of Slack; blocks of a message, and fields of a block."""
CARD = 28_000
"""Bytes of a message for Teams."""
ENGLISH = LANGUAGES["en"].alerts
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def as_slack(alert: AlertRow, words: AlertWords = ENGLISH) -> bytes:
    """A message of Slack: text for notifications, and blocks within its limits."""
    title = flat(alert.title) or alert.rule
    head = {"type": "header", "text": {"type": "plain_text", "text": _escaped(title, HEADER), "emoji": False}}
    sections = [_section(text) for text in _packed(_lines(alert))]
    foot = {"type": "context", "elements": [_marked(_escaped(_foot(alert, words), FIELD))]}
    most = BLOCKS - 3
    if len(sections) > most:
        sections = [*sections[: most - 1], _section(words.goes_on())]
    return _as_bytes({"text": _escaped(title, SECTION), "blocks": [head, *_fields(alert, words), *sections, foot]})


def _fields(alert: AlertRow, words: AlertWords) -> list[dict[str, Any]]:
    """Before → after by window, beside each other."""
    fields = [
        _marked(f"*{_escaped(window, FIELD // 2)}*\n{change}") for window, change in moves_of(alert, words)[:FIELDS]
    ]
    return [{"type": "section", "fields": fields}] if fields else []


def _lines(alert: AlertRow) -> list[str]:
    return [line for line in map(_printable, alert.body.splitlines()) if line.strip()]


def _packed(lines: list[str]) -> Iterator[str]:
    """Escaped lines, as many as fit, in one text after another; a line that fits in none is divided."""
    text = ""
    for line in lines:
        for part in _divided(line):
            if text and len(text) + 1 + len(part) > SECTION:
                yield text
                text = ""
            text = f"{text}\n{part}" if text else part
    if text:
        yield text


def _divided(line: str) -> Iterator[str]:
    part = ""
    for letter in line:
        sign = letter.translate(_ESCAPED)
        if len(part) + len(sign) > SECTION:
            yield part
            part = ""
        part += sign
    yield part


def _escaped(text: str, most: int) -> str:
    """Text that Slack shows as it stands, within so many characters once it is escaped."""
    while len(text.translate(_ESCAPED)) > most:
        text = shortened(text, len(text) - max((len(text.translate(_ESCAPED)) - most) // 5, 1))
    return text.translate(_ESCAPED)


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _marked(text)}


def _marked(text: str) -> dict[str, Any]:
    """Text of which Slack makes neither links nor mentions by itself."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def as_teams(alert: AlertRow, words: AlertWords = ENGLISH) -> bytes:
    """A message of the Workflows of Teams: one Adaptive Card, of as many lines as fit."""
    lines = [shortened(line, SECTION) for line in _lines(alert)]
    message = _as_bytes(_message(alert, lines, words))
    while len(message) > CARD and lines:
        lines = lines[: len(lines) * CARD // len(message)]
        message = _as_bytes(_message(alert, [*lines, words.goes_on()], words))
    return message


def _message(alert: AlertRow, lines: list[str], words: AlertWords) -> dict[str, Any]:
    moves = [{"title": window, "value": change} for window, change in moves_of(alert, words)[:FIELDS]]
    body = [
        _run(shortened(flat(alert.title), 500), size="Medium", weight="Bolder"),
        *([{"type": "FactSet", "facts": moves}] if moves else []),
        *map(_run, lines),
        _run(_foot(alert, words), size="Small", isSubtle=True),
    ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "msteams": {"width": "Full"},
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": card}]}


def _run(text: str, **style: str | bool) -> dict[str, Any]:
    """A line of text that is shown as it stands; the commands in it, between backticks, in letters of one width."""
    parts = re.split(r"`([^`]+)`", text)
    fonts = ({"fontType": "Monospace"} if place % 2 else {} for place in range(len(parts)))
    runs = [{"type": "TextRun", "text": part, **style, **font} for part, font in zip(parts, fonts, strict=True) if part]
    return {"type": "RichTextBlock", "inlines": runs}


def _foot(alert: AlertRow, words: AlertWords) -> str:
    """What the message is of, and what to run to see it again."""
    see = f"parley show --run {alert.run_id}" if alert.run_id is not None else "parley schedule status"
    return f"{origin_of(alert, words)} {words.see(see)} {alert_key(alert)}"


def _printable(line: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in line)


def _as_bytes(message: dict[str, Any]) -> bytes:
    return json.dumps(message, ensure_ascii=False, allow_nan=False).encode()
