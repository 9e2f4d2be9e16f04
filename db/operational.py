"""Tables that are no part of the record: who does what at the moment, and files in pieces."""

from sqlalchemy import Column, Date, Float, Integer, LargeBinary, String, Table, Text

from db.shapes import metadata
from db.types import Instant

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("beat_at", Instant, nullable=False),
    Column("ttl_s", Float, nullable=False),
    Column("working_on", Date),
    Column("working_since", Instant),
)
"""Who makes the scheduled runs of a case, and which at the moment: operational state, changed in place."""

posterior_chunks = Table(
    "posterior_chunks",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
)
"""Files of posteriors and backtests in pieces of at most 1 MB, on PostgreSQL: their names are their seals."""
