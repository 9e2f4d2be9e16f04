"""Whether what is on file has overtaken the last full run, and which run takes it in."""

from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Connection

from db.read_runs import read_standing
from db.when import When
from forecast.engine.standing import find_standing
from forecast.facts.news import Overtaken
from forecast.record.news import read_news
from forecast.run_facts import read_when, untaught_of


def read_overtaken(connection: Connection, case_id: str, today: date) -> Overtaken | None:
    """What came after the last full run up to `today`; None where nothing did, or nothing was ever published."""
    source = read_standing(connection, case_id, today)
    if source is None:
        return None
    since = read_news(connection, case_id, read_when(source), When(as_of=today))
    if not since:
        return None
    found = find_standing(connection, source, today)
    return Overtaken(source=source, since=since, standing=None if found == source else found)


def overtaken_json(found: Overtaken) -> dict[str, Any]:
    """The names other programs use: add, never rename."""
    return {
        "run_id": found.source.id,
        "taken_in_by": found.taken_in_by.id if found.taken_in_by else None,
        "needs_full_update": bool(found.since.to_learn or (found.standing and untaught_of(found.standing))),
        **{name: [asdict(one) for one in getattr(found.since, name)] for name in KINDS},
    }


KINDS = ("events", "attestations", "observations", "documents", "judgements", "indicators")
