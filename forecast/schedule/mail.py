"""Handing a mail to the server in the settings, encrypted as they say and never less.

A mail that was handed over whole and not answered is not sent again: servers that look into mails are slow to answer
and have it all the same.
"""

import smtplib
import ssl
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from db.run_rows import AlertRow
from forecast.errors import NotSent
from forecast.schedule.line import Line, NoStartTls, Talk, reply_of, talk_within
from forecast.schedule.messages import as_email
from forecast.schedule.settings import SMTP_PASSWORD, Email
from forecast.words.language import LANGUAGES
from forecast.words.masking import masked

_END = b"\r\n.\r\n"
"""Of what follows DATA: from here on the server may have the mail."""


class _Smtp(smtplib.SMTP):
    """A client that notes when the whole mail has been handed over."""

    def __init__(self, line: Line, **options: Any) -> None:
        self._line = line
        super().__init__(timeout=line.left(), **options)

    def send(self, s: Any) -> None:
        super().send(s)
        if isinstance(s, bytes) and s.endswith(_END):
            self._line.handed_over = True


class _SmtpTls(_Smtp, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""


def send_email(email: Email, password: str, alert: AlertRow, now: datetime, language: str = "en") -> str:
    """Hand an alert to the mail server; return who was refused.

    Sent means that at least one recipient was taken: a further try would bother those once more. Raises NotSent.
    """
    return send_message(email, password, as_email(email, alert, now, LANGUAGES[language].alerts))


def send_message(email: Email, password: str, message: EmailMessage) -> str:
    """Hand a mail to the server for those in its To; return who was refused, "" where nobody was.

    Raises
    ------
    PerhapsSent
        if the server was handed it and did not answer
    NotSent
        if it was not handed over, or nobody was taken
    """
    if email.user and not password:
        raise NotSent(f"{email.host}: user is set but {SMTP_PASSWORD} is not; set it")
    host = f"{email.host}:{email.port}"
    refused = talk_within(email.timeout_seconds, host, _mailing(email, password, message))
    return "; ".join(f"{masked(address)} was refused: {reply_of(*reply)}" for address, reply in refused.items())


def _mailing(email: Email, password: str, message: EmailMessage) -> Talk[dict[str, tuple[int, bytes]]]:
    def mail(line: Line) -> dict[str, tuple[int, bytes]]:
        context = ssl.create_default_context()
        smtp = _SmtpTls(line, context=context) if email.security == "tls" else _Smtp(line)
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
            refused = smtp.send_message(message)
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
        raise NoStartTls from None
