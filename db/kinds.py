"""Kinds and statuses of runs: the words that the columns hold."""

OFFICIAL, MANUAL, BACKFILL, PROVISIONAL = "official", "manual", "backfill", "provisional"
FULL_KINDS = (OFFICIAL, MANUAL, BACKFILL)
"""Kinds of run that fit the model; a provisional one stands on the posterior of one of these."""
RUN_KINDS = (*FULL_KINDS, PROVISIONAL)

STARTED, PUBLISHED, REJECTED, FAILED = "started", "published", "rejected", "failed"
RUN_STATUSES = (STARTED, PUBLISHED, REJECTED, FAILED)
