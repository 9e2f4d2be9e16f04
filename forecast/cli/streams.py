"""Standard input, output and error as the commands find them: what cannot be encoded is spelled out, what cannot be
written ends in one line, and nobody reading any more is nothing to speak of.
"""

import codecs
import io
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from errno import EBADF
from typing import Any, TextIO, cast

from db.errors import ParleyError

_SPELLED = "parley-spelled"
_PLAIN = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
    **dict.fromkeys("\u00a0\u2007\u2009\u202f", " "),
    **dict.fromkeys("\u2018\u2019", "'"),
    **dict.fromkeys("\u201c\u201d", '"'),
    "\u2026": "...",
    "\u00b1": "+/-",
    "\u00d7": "x",
    "\u2192": "->",
    "\u2264": "<=",
    "\u2265": ">=",
    "\u00b7": "*",
}
"""What typewriters wrote for characters of ours: a level of -1 must not come out as one of ?1."""


class Unwritten(OSError):
    """Standard output cannot be written; its text says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.strerror = reason  # and no number: the parser of the command line has ways of its own with some


class AnswerLost(ParleyError):
    """What a command did stands; that it did it could not be written."""


class _Output:
    """Standard output or error, of which a failure is told apart from all others, or by no one where it is `silent`.

    After a failure the descriptor leads nowhere: Python, which writes out what is left as it ends, has no more to say.
    """

    def __init__(self, stream: TextIO, *, silent: bool) -> None:
        self._stream = stream
        self._silent = silent
        self.lost = ""
        """Why something that was said has not been written; "" where all was."""
        self._deaf = False

    def write(self, text: str) -> int:
        with self._told():
            if not self._deaf:
                self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with self._told():
            if not self._deaf:
                self._stream.flush()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.lost = "it is closed" if error.errno == EBADF else error.strerror or str(error)
            self._deaf = self._silent or isinstance(error, BrokenPipeError)
            _lead_nowhere(self._stream)
        if self.lost and not self._deaf:
            raise Unwritten(self.lost)

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":  # who writes bytes past this would choose an encoding of his own
            raise AttributeError(name)
        return getattr(self._stream, name)


@contextmanager
def kept_streams() -> Iterator[None]:
    """The streams for the time of a command."""
    _occupy()
    with ExitStack() as stack:
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            stack.enter_context(_spelling(stream, "surrogateescape" if stream is sys.stdin else _SPELLED))
        stack.enter_context(redirect_stdout(cast(TextIO, _Output(sys.stdout, silent=False))))
        stack.enter_context(redirect_stderr(cast(TextIO, _Output(sys.stderr, silent=True))))
        yield
        with suppress(Unwritten):  # which has been told
            sys.stdout.flush()


@contextmanager
def answering(done: str) -> Iterator[None]:
    """Say what was done, `done` in short: where that cannot be written, AnswerLost says at least so much."""
    try:
        yield
        sys.stdout.flush()
        lost = getattr(sys.stdout, "lost", "")
    except Unwritten as error:
        lost = str(error)
    if lost:
        raise AnswerLost(f"{done}; the answer could not be written ({lost})")


def can_be_written(text: str) -> bool:
    """Whether standard output has a character for each of the text."""
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


@contextmanager
def _spelling(stream: Any, errors: str) -> Iterator[None]:
    """Let a stream spell out what its encoding lacks, where it is a real one."""
    if not isinstance(stream, io.TextIOWrapper):
        yield
        return
    before = stream.errors
    with suppress(OSError, ValueError):  # it has been read from, or closed
        stream.reconfigure(errors=errors)
    try:
        yield
    finally:
        with suppress(OSError, ValueError):
            stream.reconfigure(errors=before)


def _spell(error: UnicodeError) -> tuple[str, int]:
    """Characters that an encoding lacks in those of ASCII: as a typewriter has them, or by their number."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_spelled, error.object[error.start : error.end])), error.end


def _spelled(character: str) -> str:
    code = ord(character)
    return _PLAIN.get(character) or (f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}")


codecs.register_error(_SPELLED, _spell)


def _occupy() -> None:
    """Put something that cannot be written, or says nothing, where a standard stream was closed.

    Otherwise the next file that is opened gets its number, and what is said lands in there.
    """
    for number, mode in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)
    sys.stdin = sys.stdin or os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8", closefd=False)


def _lead_nowhere(stream: TextIO) -> None:
    with suppress(OSError, ValueError):  # a stream without a descriptor
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
