"""The time, in UTC; who needs another clock hands it in."""

from collections.abc import Callable
from datetime import UTC, datetime

type Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """This instant."""
    return datetime.now(UTC)
