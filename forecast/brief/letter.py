"""A brief as a mail: text, the same as HTML, and its pictures, which come with it and are fetched from nowhere.

Apart from what writes one, which takes seconds to import.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING

from db.anchors import Head

if TYPE_CHECKING:
    from forecast.facts.brief import Brief

WIDE = ("ja", "ko")
"""Languages whose letters take three bytes each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A brief that was written, without sender and recipient."""

    brief: "Brief"
    number: int | None
    """Of the report; None where it was not recorded."""
    head: Head | None
    """Of the record, before the brief was recorded; None where it was empty."""
    unrecorded: str
    """Why it was not recorded; "" where it was."""
    language: str
    subject: str
    lead: str
    """How likely, in a sentence."""
    text: str
    html: str
    pictures: Mapping[str, bytes]
    """PNG, by the name that the HTML calls each by."""
    short: bool = False
    """Of one page."""

    @property
    def case_id(self) -> str:
        return self.brief.run.case_id

    @property
    def run_id(self) -> int:
        return self.brief.run.id

    @property
    def sha256(self) -> str:
        """Of the HTML, which is the form that is recorded."""
        return hashlib.sha256(self.html.encode()).hexdigest()

    @property
    def key(self) -> str:
        """The same each time this form of it is sent in this language; of one that is not recorded, of this text."""
        form = ("short",) if self.short else ()
        named = (self.case_id, str(self.run_id), str(self.number or self.sha256), self.language, *form)
        return hashlib.sha256("\n".join(named).encode()).hexdigest()[:32]


def picture_name(name: str, png: bytes) -> str:
    """A name no other picture has, in the form of an address."""
    return f"{name}.{hashlib.sha256(png).hexdigest()[:16]}@parley.invalid"


def as_message(letter: Letter, *, sender: str, to: str, key: str, now: datetime) -> EmailMessage:
    """The mail for one reader; its Message-ID is the same whenever `key` and reader are."""
    digest = hashlib.sha256(f"{key}\n{to}".encode()).hexdigest()[:32]
    message = EmailMessage()
    message["Subject"] = letter.subject
    message["From"] = sender
    message["To"] = to
    message["Date"] = format_datetime(now.astimezone(UTC))
    message["Message-ID"] = f"<brief_{digest}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    coding = "base64" if letter.language in WIDE else "quoted-printable"
    message.set_content(letter.text, charset="utf-8", cte=coding)
    message.add_alternative(letter.html, subtype="html", charset="utf-8", cte=coding)
    message["Content-Language"] = letter.language
    page = message.get_body(("html",))
    assert page is not None
    for name, png in letter.pictures.items():
        file = f"{name.partition('.')[0]}.png"
        page.add_related(png, "image", "png", cid=f"<{name}>", filename=file, disposition="inline")
    return message
