"""Mailing a brief at a command: to whom, by which server, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import typer

from db.engine import Database
from forecast.brief.letter import Letter
from forecast.cli.console import now, shown
from forecast.errors import BadSettings, NotSent
from forecast.schedule.briefs import mail_now
from forecast.schedule.channels import Trial
from forecast.schedule.settings import Email, is_address, read_settings
from forecast.words.masking import masked


@dataclass(frozen=True, slots=True)
class Post:
    """By which server a brief goes, and to whom."""

    email: Email
    readers: tuple[str, ...]
    language: str
    """Of alerts."""


def parse_address(given: str) -> str:
    """An e-mail address."""
    if not is_address(given):
        raise typer.BadParameter(f"{shown(given)} is not an address; write name@example.org")
    return given


def post_of(mail: bool, to: Sequence[str]) -> Post | None:
    """What was asked for; None where nothing was. Raises BadSettings where no server is set."""
    if not (mail or to):
        return None
    settings = read_settings()
    email = settings.alerts.email
    if email is None:
        raise BadSettings("no mail server is set; add [alerts.email] to the settings (`parley schedule settings`)")
    readers = tuple(dict.fromkeys([*(settings.readers.values() if mail else ()), *to]))
    return Post(email, readers, settings.alerts.language)


def send_letter(database: Database, letter: Letter, post: Post) -> tuple[Trial, ...]:
    return mail_now(database, post.email, letter, post.readers, now(), language=post.language)


def fate_of(letter: Letter, trials: Sequence[Trial]) -> list[str]:
    """A line on the brief, and one on each reader."""
    told = "not recorded" if letter.number is None else f"report {letter.number}"
    why = f"; {letter.unrecorded}" if letter.unrecorded else ""
    first = f"mail: {told}, of run {letter.run_id}{why}"
    return [first, *(f"{one.channel}: {one.outcome}{f' ({one.error})' if one.error else ''}" for one in trials)]


def mail_json(letter: Letter, trials: Sequence[Trial]) -> dict[str, Any]:
    """The names other programs use: add, never rename."""
    return {
        "number": letter.number,
        "run_id": letter.run_id,
        "language": letter.language,
        "subject": letter.subject,
        "sha256": letter.sha256,
        "head": letter.head.hash if letter.head else "",
        "head_at": letter.head.recorded_at if letter.head else None,
        **({"unrecorded": letter.unrecorded} if letter.unrecorded else {}),
        "readers": [{"channel": one.channel, "outcome": one.outcome, "error": one.error} for one in trials],
    }


def check_sent(trials: Sequence[Trial]) -> None:
    """Raise NotSent if somebody did not get it."""
    failed = [f"{one.channel} failed: {one.error}" for one in trials if one.outcome == "failed"]
    if failed:
        raise NotSent(f"{'; '.join(map(masked, failed))}; run the command again for those who did not get it")
