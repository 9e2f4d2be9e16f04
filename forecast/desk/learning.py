"""The receipt of what only a fit takes in: documents, judgements and indicators. No number claims to know of it yet."""

from collections.abc import Sequence
from datetime import date

from forecast.desk.outcome import unchanged
from forecast.desk.session import Desk, Receipt, Stored


def learnt_later(
    desk: Desk,
    stored: Stored,
    action: str,
    table: str,
    entries: Sequence[object],
    notes: Sequence[str],
    *,
    dry_run: bool,
) -> Receipt:
    """What was stored, from which day on it counts, and that a full update takes it in."""
    if not stored.rows:
        return unchanged(tuple(entries), None, *notes, table=table)
    day = max((day for entry in entries if (day := _counts_from(entry)) is not None), default=desk.today())
    clock = (f"is this clock right? {stored.doubt}: correct it before the next entry",) if stored.doubt else ()
    return Receipt(
        action=action,
        table=table,
        rows=() if dry_run else stored.rows,
        stored=not dry_run,
        entries=tuple(entries),
        notes=(*notes, *clock),
        counts_from=day,
        remark=f"counts from {day}, with the next full update: run `parley update`",
    )


def _counts_from(entry: object) -> date | None:
    day = getattr(entry, "known_on", None)
    return day if isinstance(day, date) else None
