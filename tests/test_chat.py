"""Alerts reach chat services in their own forms, within their limits, and what somebody typed is only read."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from receivers import ALERT, Reply, open_hook, slack, teams

from db.run_rows import AlertRow
from forecast.schedule.chat import CARD, as_slack, as_teams
from forecast.schedule.settings import Webhook
from forecast.schedule.webhook import send_webhook

NOW = datetime(2026, 11, 20, 6, 6, tzinfo=UTC)
MOVED = replace(
    ALERT,
    facts={
        "target": "arms_control_talks",
        "horizon_days": 365,
        "value": 0.19,
        "mcse": 0.001,
        "as_of": "2026-11-19",
        "run_id": 12,
        "steps": [
            {"rule": "threshold", "from": {"value": 0.14, "as_of": "2026-11-18"}, "points": 5.0, "thresholds": [0.15]},
            {"rule": "move_day", "from": {"value": 0.14, "as_of": "2026-11-18"}, "points": 5.0, "bound_points": 2.0},
        ],
    },
)
TYPED = st.text(st.characters(exclude_categories=("Cs",)), max_size=40) | st.sampled_from(
    ["<!channel>", "<@U123>", "&amp;", "<https://x.example|here>", "*bold*", "[a](http://x.example)", "`code`", "**x**"]
)
LONG = st.builds(lambda part, times: (part or "x") * times, TYPED, st.sampled_from([1, 30, 2000]))


def _texts(value: object) -> Iterator[str]:
    """Every text that is shown."""
    if isinstance(value, dict):
        yield from (text for key, part in value.items() for text in _texts(part) if key not in ("type", "$schema"))
    elif isinstance(value, list):
        yield from (text for part in value for text in _texts(part))
    elif isinstance(value, str):
        yield value


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


@given(LONG, st.lists(LONG, max_size=80))
@settings(max_examples=40)
def test_slack_takes_whatever_was_typed_and_makes_nothing_of_it(title: str, lines: list[str]) -> None:
    alert = replace(MOVED, title=title or "x", body="\n".join(lines) or "x")
    body = as_slack(alert)
    assert slack(body) == Reply(200, "ok")
    message = json.loads(body)
    for text in (message["text"], *_texts(message["blocks"])):
        assert not set(text) & set("<>")
        assert _unescaped(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") == text
    assert all(
        part.get("verbatim")
        for block in message["blocks"]
        for part in [block.get("text", {})]
        if part.get("type") == "mrkdwn"
    )


@given(LONG, st.lists(LONG, max_size=80))
@settings(max_examples=40)
def test_teams_takes_whatever_was_typed_and_makes_nothing_of_it(title: str, lines: list[str]) -> None:
    body = as_teams(replace(MOVED, title=title or "x", body="\n".join(lines) or "x"))
    assert len(body) <= CARD
    assert teams(body) == Reply(202)
    card = json.loads(body)["attachments"][0]["content"]
    assert {part["type"] for part in card["body"]} <= {"RichTextBlock", "FactSet"}, (
        "which do not read Markdown, or hold none"
    )
    assert all(run["type"] == "TextRun" for part in card["body"] for run in part.get("inlines", []))


@given(st.lists(st.text("abc &<>é日", min_size=1, max_size=9).map(str.strip).filter(bool), min_size=1, max_size=30))
def test_nothing_is_lost_of_a_message_that_fits(lines: list[str]) -> None:
    alert = replace(ALERT, body="\n".join(lines))
    blocks = json.loads(as_slack(alert))["blocks"]
    said = "\n".join(_unescaped(block["text"]["text"]) for block in blocks if block["type"] == "section")
    assert said.split("\n") == lines
    card = json.loads(as_teams(alert))["attachments"][0]["content"]["body"]
    assert ["".join(run["text"] for run in part["inlines"]) for part in card[1:-1]] == lines


@pytest.mark.parametrize("form", [as_slack, as_teams])
def test_it_says_what_happened_by_window_and_what_to_run(form: Callable[[AlertRow], bytes]) -> None:
    said = "\n".join(_texts(json.loads(form(MOVED))))
    assert ALERT.title in said
    for part in (
        "within 365 d, crossing 15 %",
        "within 365 d, since 2026-11-18",
        "14 % (2026-11-18) → 19 % (2026-11-19)",
    ):
        assert part in said
    for part in ("+5.0 points", "parley show --run 12", "Raised 2026-11-20 06:05 UTC by the rule move_day, case toy"):
        assert part in said
    assert "http" not in said.replace("https", "http").replace(
        json.loads(as_teams(MOVED))["attachments"][0]["content"]["$schema"], ""
    )


@pytest.mark.parametrize("form", [as_slack, as_teams])
def test_a_message_that_was_shortened_says_so(form: Callable[[AlertRow], bytes]) -> None:
    said = "\n".join(_texts(json.loads(form(replace(ALERT, body="日本語の長い行\n" * 40000)))))
    assert "parley schedule status --json" in said


@pytest.mark.parametrize(("form", "service"), [("slack", slack), ("teams", teams)])
def test_the_services_take_it(form: str, service: Callable[[bytes], Reply]) -> None:
    with open_hook(service=service) as hook:
        webhook = Webhook(url=f"{hook.url}/services/T0/B0/SECRET", form=form)  # type: ignore[arg-type]
        assert send_webhook(webhook, "a secret of ours", MOVED, NOW) == ""
    (post,) = hook.posts
    assert post.headers["content-type"] == "application/json"
    assert not [name for name in post.headers if name.startswith("webhook-")], "nobody there would check a signature"


def test_a_plain_message_is_as_it_was_and_has_a_key() -> None:
    with open_hook() as hook:
        send_webhook(Webhook(url=hook.url), "", MOVED, NOW)
    (post,) = hook.posts
    assert post.headers["idempotency-key"] == post.headers["webhook-id"] == json.loads(post.body)["data"]["id"]
