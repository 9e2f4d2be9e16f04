"""Sending an alert: by webhook, e-mail or into a file. Each takes no longer than its timeout in all, or raises NotSent.

An alert has the same id whenever it is sent, so that who receives it twice can tell. What is sent and what is said of a
failure never holds a secret, a password or a whole address.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from socket import gethostname

from db.kept import why_stored
from db.run_rows import AlertRow
from forecast.errors import NotSent
from forecast.schedule.mail import send_email
from forecast.schedule.messages import as_line
from forecast.schedule.settings import SMTP_PASSWORD, WEBHOOK_SECRET, AlertFile, AlertSettings
from forecast.schedule.webhook import send_webhook
from forecast.words.language import LANGUAGES


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
        return send_webhook(settings.webhook, os.environ.get(WEBHOOK_SECRET, ""), alert, now, settings.language)
    if channel == "email" and settings.email:
        return send_email(settings.email, os.environ.get(SMTP_PASSWORD, ""), alert, now, settings.language)
    if channel == "file" and settings.file:
        return send_to_file(settings.file, alert, folder)
    raise NotSent(f"the channel {channel} is not set; add [alerts.{channel}] to the settings")


def trial_alert(case_id: str, settings: AlertSettings, folder: Path, now: datetime) -> AlertRow:
    """An alert about nothing, which says where it was sent from."""
    title, *lines = LANGUAGES[settings.language].alerts.trial(gethostname(), str(folder))
    return AlertRow(
        case_id=case_id,
        rule="test",
        subject="test",
        run_id=None,
        title=title,
        body="\n".join(lines),
        facts={},
        channels=settings.channels,
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
            _append(folder / file.path, as_line(alert) + b"\n")
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
