"""Where the service says what it does: a rotated file and stderr, as lines for people or as JSON lines.

A log that cannot be written never stops the service: it says so on stderr, once until it can be written again.
"""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from db.kept import why_stored
from forecast.errors import NotWritten
from forecast.schedule.settings import LogSettings

NAME = "parley.schedule"
LIBRARIES = ("apscheduler",)
"""Loggers of which warnings and errors are kept too."""
MIB = 1 << 20
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


def open_log(settings: LogSettings, folder: Path, *, stderr: bool) -> Path:
    """Send what the service logs to its file, relative ones under `folder`, and to stderr; return the file.

    Fields given as `extra={…}` follow the message. An open log is closed first.

    Raises
    ------
    NotWritten
        if the file belongs to a database, or its folder cannot be made; a file that cannot be written is told on stderr
        instead
    """
    close_log()
    file = (folder / settings.file).absolute()
    kept = why_stored(file)
    if kept is not None:
        raise NotWritten(f"{file} {kept} in the settings: [log] file")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritten(
            f"the folder {file.parent} of the log cannot be made ({error.strerror}); allow writing there, "
            "or name another file in the settings: [log] file"
        ) from error
    handlers: list[logging.Handler] = [_LogFile(file, settings)]
    if stderr:
        handlers.append(_LogScreen(sys.stderr))
    for handler in handlers:
        handler.setFormatter(_JsonLines() if settings.json_lines else _Lines())
    for name, level in _levels():
        logger = logging.getLogger(name)
        logger.setLevel(level)
        for handler in handlers:
            logger.addHandler(handler)
    return file


def close_log() -> None:
    """Close the file and take what `open_log` has set back; without an open log nothing happens."""
    for name, _ in _levels():
        logger = logging.getLogger(name)
        for handler in [one for one in logger.handlers if isinstance(one, (_LogFile, _LogScreen))]:
            logger.removeHandler(handler)
            logger.setLevel(logging.NOTSET)
            with suppress(OSError):  # what a full disk did not take is lost
                handler.close()


@contextmanager
def logged(settings: LogSettings, folder: Path, *, stderr: bool) -> Iterator[Path]:
    """The open log, closed at the end."""
    try:
        yield open_log(settings, folder, stderr=stderr)
    finally:
        close_log()


def _levels() -> tuple[tuple[str, int], ...]:
    return (NAME, logging.INFO), *((name, logging.WARNING) for name in LIBRARIES)


class _LogScreen(logging.StreamHandler[Any]):
    """Stderr."""


class _LogFile(RotatingFileHandler):
    """A file that is opened when the first line comes, and whose troubles are told once."""

    def __init__(self, file: Path, settings: LogSettings) -> None:
        size = max(round(settings.max_mib * MIB), 1)
        super().__init__(file, maxBytes=size, backupCount=settings.keep, encoding="utf-8", delay=True)
        self._told = self._failed = False

    def emit(self, record: logging.LogRecord) -> None:
        self._failed = False
        super().emit(record)
        self._told = self._told and self._failed

    def doRollover(self) -> None:
        """Begin a new file; where the old one cannot be moved, go on in it."""
        try:
            super().doRollover()
        except OSError as error:
            self._tell(error)

    def handleError(self, record: logging.LogRecord) -> None:
        error = sys.exception()
        if isinstance(error, OSError):
            self._tell(error)
        else:
            super().handleError(record)

    def _tell(self, error: OSError) -> None:
        if not self._told:
            with suppress(OSError):
                said = error.strerror or str(error)
                print(f"the log {self.baseFilename} cannot be written ({said}); going on without", file=sys.stderr)
        self._told = self._failed = True


class _Lines(logging.Formatter):
    """An instant in UTC, the level, what happened, and its fields; what has several lines, as traces do, follows."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%d %H:%M:%SZ}"

    def formatMessage(self, record: logging.LogRecord) -> str:
        given = {name: _text(value) for name, value in vars(record).items() if name not in _STANDARD}
        long = {name: text.rstrip() for name, text in given.items() if "\n" in text}
        line = " ".join(super().formatMessage(record).splitlines())
        fields = (f" {name}={_field(text)}" for name, text in given.items() if name not in long)
        return "".join((line, *fields, *(f"\n{text}" for text in long.values())))


class _JsonLines(JsonFormatter):
    """A JSON object a line: timestamp, level, event, then the fields."""

    def __init__(self) -> None:
        names = {"levelname": "level", "message": "event"}
        super().__init__(tuple(names), rename_fields=names, timestamp=True, json_ensure_ascii=False)

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        return {"timestamp": log_data.pop("timestamp"), **log_data}


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _field(text: str) -> str:
    """A value that ends where a reader thinks it does: quoted where it has spaces, quotes, or nothing in it."""
    plain = text.isprintable() and not set(text) & set(' "=')
    return text if plain and text else json.dumps(text, ensure_ascii=False)
