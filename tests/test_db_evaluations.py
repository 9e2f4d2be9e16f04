"""Evaluations: stored, chained and read like the rest, and an older database gains their table without a loss."""

from collections.abc import Callable

from db.engine import Database
from db.tables import CHAINED, alerts, attempts, deliveries, evaluations, reports, zones

Force = Callable[..., Database]

FIRST = tuple(table for table in CHAINED if table not in (evaluations, attempts, alerts, deliveries, reports, zones))
"""The tables of schema 0001."""
LATER = (
    ("runs", "positions", "JSON"),
    ("indicators", "bears_on", "JSON"),
    ("indicators", "added_on", "DATE"),
    ("indicators", "retired_on", "DATE"),
    ("cases", "folder_hash", "VARCHAR(64)"),
    ("cases", "priors", "JSON"),
    *((table, "analyst", "TEXT") for table in ("cases", "indicators", "documents", "judgements")),
    ("indicators", "reason", "TEXT"),
)
