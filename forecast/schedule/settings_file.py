"""The settings as a file that explains itself: what is printed can be saved, and says the same."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from db.kept import SETTINGS_MARK
from forecast.rendering import render
from forecast.schedule.settings import (
    SMTP_PASSWORD,
    WEBHOOK_SECRET,
    AlertFile,
    AlertSettings,
    Email,
    Settings,
    Webhook,
    as_plain,
)

_EXAMPLE = AlertSettings(
    webhook=Webhook(url="https://example.org/hook"),
    email=Email(host="mail.example.org", sender="parley@example.org", to=("desk@example.org",)),
    file=AlertFile(path="alerts.jsonl"),
)
"""Channels to show where none is set; what may be left out is as by default."""
_OPTIONAL = {
    name: tuple(field.name for field in fields(kind) if field.default is not MISSING)
    for name, kind in (("webhook", Webhook), ("email", Email), ("file", AlertFile))
}


def render_settings(settings: Settings, *, whole: bool = True) -> str:
    """The settings in force as TOML, each key with what it means and its default; channels not set are examples.

    Addresses are masked unless they are wanted `whole`: then what is printed cannot be read again, which it says.
    """
    own, default, example = as_plain(settings, whole=whole), as_plain(Settings()), as_plain(Settings(alerts=_EXAMPLE))
    return render(
        "parley.toml.j2",
        mark=SETTINGS_MARK,
        masked=own != as_plain(settings),
        key=lambda table, name: f"{_pair(name, own[table][name])}  # default: {_toml(default[table][name])}",
        channel=lambda name: _channel(name, own["alerts"][name], example["alerts"][name]),
        webhook_secret=WEBHOOK_SECRET,
        smtp_password=SMTP_PASSWORD,
    )


def _channel(name: str, own: Mapping[str, Any] | None, example: Mapping[str, Any]) -> str:
    """The table of a channel, commented out where it is not set; keys that may be left out say their default."""
    lines = [f"[alerts.{name}]"]
    for key, value in (example if own is None else own).items():
        lines.append(_pair(key, value) + (f"  # default: {_toml(example[key])}" if key in _OPTIONAL[name] else ""))
    return "\n".join(f"{'# ' * (own is None)}{line}" for line in lines)


def _pair(key: str, value: object) -> str:
    return f"{key} = {_toml(value)}"


def _toml(value: object) -> str:
    """A value as TOML writes it: but for one character, text, numbers, lists and booleans are those of JSON."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False).replace("\x7f", "\\u007f")
