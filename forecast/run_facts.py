"""What a stored run says of itself, read without the mathematics: in time, sound, and how old what it rests on."""

from datetime import UTC, date, datetime
from typing import Any

from db.run_rows import RunRow
from db.when import When

ISSUE_LAG_DAYS = 1
DIAGNOSTICS = ("rhat_max", "ess_bulk_min", "ess_tail_min", "divergences", "draws")
STALE_AFTER_CADENCES = 2.0
"""An indicator is stale when nothing was observed for so many times its expected cadence."""


def issued_before_the_fact(run: RunRow) -> bool:
    """Whether the run was issued by the end of the day after its as-of date (UTC), by its effective instant."""
    return (run.issued_at.astimezone(UTC).date() - run.as_of).days <= ISSUE_LAG_DAYS


def read_instant(run: RunRow) -> datetime:
    """When the rows of a run were read: later entries had no part in it."""
    read_at = run.detail.get("read_at")
    return run.as_recorded or (datetime.fromisoformat(read_at) if isinstance(read_at, str) else run.issued_at)


def read_when(run: RunRow) -> When:
    """What a run could read: known by its as-of date, up to the positions it kept, or recorded by when it read."""
    return When(as_of=run.as_of, as_recorded=read_instant(run), positions=run.positions)


def diagnostics_of(run: RunRow) -> dict[str, Any]:
    found: Any = run.detail.get("diagnostics", {})
    return {name: found.get(name) for name in DIAGNOSTICS}


def looked_through(run: RunRow) -> date | None:
    """The last day on which somebody had looked for what happened on unattested days; None where nobody had."""
    found: Any = run.detail.get("unattested", {})
    day = found.get("looked_through")
    return date.fromisoformat(day) if day else None


def untaught_of(run: RunRow) -> str:
    """What of all that has happened a run without a fit has not learnt; "" where it has learnt all."""
    return str(run.detail.get("untaught", ""))


def failures_of(run: RunRow) -> tuple[str, ...]:
    """Why a run was not published."""
    found: Any = run.detail.get("failures", [])
    return tuple(found)


def assumed_of(run: RunRow) -> list[dict[str, Any]]:
    """The headline with one assumption of the model changed at a time, by its name and by horizon."""
    found: Any = run.detail.get("assumptions", [])
    return list(found)


def stale_after(cadence_days: float) -> float:
    """How many days without an observation an indicator of this cadence may go before it is stale."""
    return STALE_AFTER_CADENCES * cadence_days


def is_stale(days: int | None, cadence_days: float) -> bool:
    """Whether an indicator has gone unobserved for longer than its cadence lets expect."""
    return days is not None and days > stale_after(cadence_days)
