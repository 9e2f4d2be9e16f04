"""The receipt of an action: what was stored, or was there already, and what it does to the forecast."""

from collections.abc import Sequence

from forecast.desk.bearings import AlsoOn, bearing_notes
from forecast.desk.entries import east_note, report_notes
from forecast.desk.preview import Preview
from forecast.desk.session import Desk, Receipt, Stored, answer
from forecast.engine.answers import Provisional
from forecast.engine.hypotheticals import Supposed
from forecast.words.names import target_name
from forecast.words.numbers import percent

REFUSED = "you chose not to store it"
"""What a receipt notes where a person at the terminal said no."""


def receipt_of(
    desk: Desk,
    stored: Stored,
    action: str,
    table: str,
    entries: Sequence[object],
    *,
    seen: Preview | None = None,
    notes: Sequence[str],
    bears_on: Sequence[AlsoOn] = (),
    dry_run: bool,
) -> Receipt:
    """The receipt of an action that stored rows, with the forecast it brings about."""
    if not stored.rows:
        return unchanged(tuple(entries), seen, *notes, table=table)
    notes = (*notes, *bearing_notes(bears_on), *report_notes(stored.after.rows, entries))
    notes = (*notes, *east_note(entries, desk.moment()), *_clock_note(stored))
    forecast, run, remark = answer(desk, stored, cause_of(action, table, stored.rows), dry_run=dry_run)
    if forecast is not None and forecast.taught and table != "observations":
        notes = (*notes, *_taught_note(forecast))
    return Receipt(
        action=action,
        table=table,
        rows=() if dry_run else stored.rows,
        stored=not dry_run,
        entries=tuple(entries),
        preview=seen,
        notes=tuple(notes),
        bears_on=tuple(bears_on),
        forecast=forecast,
        run=run,
        remark=remark,
    )


def cause_of(action: str, table: str, rows: Sequence[int]) -> str:
    """What brought a provisional forecast about."""
    first, last = rows[0], rows[-1]
    return f"{action} {table} row {first}" if first == last else f"{action} {table} rows {first} to {last}"


def _taught_note(forecast: Provisional | Supposed) -> tuple[str, ...]:
    """What the entry taught of the rates, by the longest window of the headline; nothing that cannot be seen."""
    both = zip(forecast.shifts, forecast.done[forecast.headline], strict=True)
    seen, done = max(both, key=lambda pair: pair[0].horizon_days or 0)
    without, now = percent(done.new), percent(seen.new)
    if without == now:
        return ()
    what = f"{target_name(forecast.headline)} in {seen.horizon_days} d"
    return (f"it also updates the estimated rates: without that, {what} would be {without}, not {now}",)


def _clock_note(stored: Stored) -> tuple[str, ...]:
    return (f"is this clock right? {stored.doubt}: correct it before the next entry",) if stored.doubt else ()


def unchanged(
    entries: tuple[object, ...],
    seen: Preview | None,
    *notes: str,
    table: str = "observations",
    rows: tuple[int, ...] = (),
) -> Receipt:
    """The receipt of an action that stored nothing; `rows` are there already."""
    return Receipt(action="unchanged", table=table, rows=rows, stored=False, entries=entries, preview=seen, notes=notes)
