"""What a desk changes of a case's catalogue: indicators it adds, and indicators it retires.

Each change is a new version of the case. Its catalogue holds every indicator that was ever in it, so that the history
of a retired one keeps its meaning; from which day to which an indicator counts stands with it (`IndicatorRow.in_use`).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date

from db.rows import CaseRow, DeadlineRow, GradeRow, IndicatorRow, NewCase

_ASIDE = {"analyst", "reason"}
"""Who said so, and why, is no part of what a version holds."""


def amended_hash(folder_hash: str, catalogue: Iterable[IndicatorRow]) -> str:
    """The hash of a version: of the folder it stems from and of what the desk has changed; the folder's where nothing.

    Versions that hold the same have the same hash, whoever made them.
    """
    changes = sorted(_canonical(row) for row in catalogue if row.added_on or row.retired_on)
    return hashlib.sha256(json.dumps([folder_hash, *changes]).encode()).hexdigest() if changes else folder_hash


def _canonical(row: IndicatorRow) -> str:
    """All of an indicator that the desk defines; of one of the folder, whose hash has it already, the day it went."""
    values = asdict(row)
    names = values.keys() - _ASIDE if row.added_on else {"indicator_id", "retired_on"}
    return json.dumps({name: values[name] for name in names}, sort_keys=True, default=date.isoformat)


def carried_over(folder: Sequence[IndicatorRow], current: Sequence[IndicatorRow]) -> tuple[IndicatorRow, ...]:
    """The indicators of a folder, with what the desk had changed before: its own follow, and what it retired stays so.

    An id that both define stays the desk's: its observations were coded by the desk's criteria.
    """
    own = {row.indicator_id: row for row in current if row.added_on}
    gone = {row.indicator_id: row for row in current if row.retired_on}
    shipped = [_retired_like(row, gone.get(row.indicator_id)) for row in folder if row.indicator_id not in own]
    return tuple(replace(row, position=place) for place, row in enumerate((*shipped, *own.values())))


def _retired_like(row: IndicatorRow, gone: IndicatorRow | None) -> IndicatorRow:
    if gone is None:
        return row
    return replace(row, retired_on=gone.retired_on, analyst=gone.analyst, reason=gone.reason)


def amended(
    case: CaseRow,
    catalogue: Sequence[IndicatorRow],
    *,
    grades: Sequence[GradeRow],
    deadlines: Sequence[DeadlineRow],
    analyst: str,
) -> NewCase:
    """The next version of a case: the same but for its catalogue."""
    hash_ = amended_hash(case.stems_from, catalogue)
    return NewCase(
        case_id=case.case_id,
        name=case.name,
        headline=case.headline,
        record_from=case.record_from,
        dry_after_days=case.dry_after_days,
        knots_until=case.knots_until,
        case_hash=hash_,
        indicators=tuple(catalogue),
        grades=tuple(grades),
        deadlines=tuple(deadlines),
        folder_hash=case.stems_from if hash_ != case.stems_from else None,
        analyst=analyst,
        priors=case.priors,
        stories=case.stories,
    )


def out_of_use(catalogue: Iterable[IndicatorRow], day: date) -> Mapping[str, str]:
    """Of each indicator that is not in use on a day, why, and what to do."""
    return {row.indicator_id: _why_not(row, day) for row in catalogue if not row.in_use(day)}


def _why_not(row: IndicatorRow, day: date) -> str:
    if row.added_on is not None and day < row.added_on:
        return f"{row.indicator_id} counts from {row.added_on} on, when {row.analyst} added it; wait until then"
    return (
        f"{row.indicator_id} was retired on {row.retired_on} by {row.analyst} ({row.reason}); "
        "choose another, or add one under a new id"
    )
