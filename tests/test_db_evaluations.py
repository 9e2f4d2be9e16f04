"""Evaluations: stored, chained and read like the rest, and an older database gains their table without a loss."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import date, timedelta
from math import inf, nan
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from conftest import (
    ATTESTATION,
    DOCUMENT,
    EFFECT,
    EVALUATION,
    EVENT,
    JUDGEMENT,
    NOW,
    OBSERVATION,
    RUN,
    SCENARIO,
    STATE,
    TARGET,
)
from sqlalchemy import Connection, insert, inspect, text
from sqlalchemy.exc import DBAPIError

from db import migrate, tables, triggers
from db.append import (
    append_case,
    append_completeness,
    append_documents,
    append_evaluation,
    append_forecasts,
    append_judgements,
    append_observations,
    append_run,
    append_run_status,
)
from db.chain import START, Finding, head, last_link, prepared, row_digest, verify_chain
from db.engine import Database, make_engine, open_database, parse_address, shown
from db.errors import DatabaseTooOld, StoreError
from db.migrate import create_database, upgrade
from db.posteriors import orphans, path_of, store_file
from db.read_evaluations import read_evaluations
from db.read_runs import read_posterior_hashes
from db.rows import NewCase
from db.run_rows import NewEvaluation
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
    *((table, "analyst", "TEXT") for table in ("cases", "indicators", "documents", "judgements")),
    ("indicators", "reason", "TEXT"),
)
