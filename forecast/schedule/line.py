"""Talking to a server for no longer than a talk may take, whatever the server does."""

import smtplib
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from socket import SHUT_RDWR
from threading import Thread
from time import monotonic

from forecast.errors import NotSent, PerhapsSent
from forecast.words.masking import masked

SAID = 200
"""So many characters of what a server says are kept."""


class NoStartTls(smtplib.SMTPException):
    """The mail server does not offer STARTTLS."""


class _TooLate(Exception):
    """The time is over, and nobody waits for the answer any more."""


class Line:
    """A connection that can be daily_trigger up from outside, and the time there is for it."""

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds
        self._held: HTTPConnection | smtplib.SMTP | None = None
        self._hung_up = False
        self.handed_over = False
        """Whether the server may have the whole message, so that only its answer can tell."""

    def left(self) -> float:
        """Seconds to go."""
        return max(self._end - monotonic(), 0.001)

    def is_over(self) -> bool:
        return monotonic() >= self._end

    def hold(self, connection: HTTPConnection | smtplib.SMTP) -> None:
        """What is to be shut on hanging up."""
        self._held = connection

    def check(self) -> None:
        """Raise if it was daily_trigger up: then nothing must be sent any more."""
        if self._hung_up:
            raise _TooLate

    def hang_up(self) -> None:
        self._hung_up = True
        sock = getattr(self._held, "sock", None)
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(SHUT_RDWR)


type Talk[R] = Callable[[Line], R]
_TROUBLE = (OSError, HTTPException, ValueError, smtplib.SMTPException)


def talk_within[R](seconds: float, host: str, talk: Talk[R]) -> R:
    """Talk in a thread, and hang up when the time is over: timeouts of sockets begin anew with every byte.

    The thread is a daemon, for looking up a name cannot be broken off.

    Raises
    ------
    PerhapsSent
        if the message was handed over whole, and no answer came
    NotSent
        if it was not, or the answer was no
    """
    line, answers, errors = Line(seconds), list[R](), list[Exception]()

    def call() -> None:
        try:
            answers.append(talk(line))
        except (*_TROUBLE, _TooLate) as error:
            errors.append(error)

    thread = Thread(target=call, name="parley-alert", daemon=True)
    thread.start()
    thread.join(line.left())
    if answers:
        return answers[0]
    if thread.is_alive() or line.is_over():
        line.hang_up()
        raise _failure(line, f"{host} did not answer within {seconds:g} s")
    error = errors[0] if errors else None
    if isinstance(error, smtplib.SMTPResponseException):
        line.handed_over = False
    raise _failure(line, f"{host} {_trouble(error) if error else 'was not reached: the program failed'}")


def _failure(line: Line, what: str) -> NotSent:
    if line.handed_over:
        return PerhapsSent(f"{what} after the message was handed over: perhaps it was delivered")
    return NotSent(what)


def _trouble(error: Exception) -> str:
    """What a server would not do. What it says to a login is left out: it may repeat the password."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"refused the login ({error.smtp_code})"
    if isinstance(error, NoStartTls):
        return 'offers no STARTTLS; security = "tls" or "none" in [alerts.email] may be right'
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"refused {masked(to)}: {reply_of(*reply)}" for to, reply in error.recipients.items())
    if isinstance(error, smtplib.SMTPResponseException):
        return f"answered {reply_of(error.smtp_code, error.smtp_error)}"
    return f"cannot be reached or broke off ({one_line(_reason(error))})"


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def reply_of(code: int, said: bytes | str) -> str:
    """What a mail server answered."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {one_line(text)}"


def one_line(text: str, secrets: tuple[str, ...] = ()) -> str:
    """The first words of what a server said, on one line and without addresses and secrets."""
    return shortened(masked(flat(text), secrets))


def flat(text: str) -> str:
    """A text on one line, without control characters."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def shortened(text: str, most: int = SAID) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
