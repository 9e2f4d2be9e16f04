"""Column types that SQLite and PostgreSQL must read alike."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect
from sqlalchemy.types import TypeDecorator


def to_utc(instant: datetime) -> datetime:
    """Return the same instant in UTC; a naive one raises ValueError, since its offset would be a guess."""
    if instant.tzinfo is None:
        raise ValueError(f"instant {instant.isoformat()} has no time zone; give one, such as datetime.now(UTC)")
    return instant.astimezone(UTC)


class Instant(TypeDecorator[datetime]):
    """A point in time, in Python always aware and UTC; SQLite keeps no offset, so that text order is time order."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        instant = to_utc(value)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
