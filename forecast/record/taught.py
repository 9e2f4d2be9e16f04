"""How much of an indicator's effect events have taught, and how much documents and the catalogue had set before.

The share is 1 − Var(effect | documents and events) / Var(effect | documents), between 0 and 1: the part of the
uncertainty that events removed, as R² is of a regression. It is read from what is stored with every run. Both standard
deviations are of about a thousand draws, so that the share is known to a few points.
"""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from db.run_rows import EffectRow
from forecast.facts.reasons import Taught, share_taught
from forecast.words.language import ENGLISH, Language


def read_taught(rows: Iterable[EffectRow]) -> tuple[Taught, ...]:
    """Every posterior effect of a run."""
    found = {(row.source, row.target, row.indicator_id): row for row in rows}
    return tuple(
        _taught(row, found.get(("documents", target, indicator)))
        for (source, target, indicator), row in found.items()
        if source == "posterior"
    )


def _taught(row: EffectRow, before: EffectRow | None) -> Taught:
    return Taught(
        target=row.target,
        indicator_id=row.indicator_id,
        mean=row.mean,
        sd=row.sd,
        events_taught=share_taught(before.sd, row.sd) if before else None,
    )


def taught_json(one: Taught, language: Language = ENGLISH) -> dict[str, Any]:
    """An effect under the names that other programs use, with what is said of the share that events taught."""
    return asdict(one) | {"words": language.reasons.taught_words(one.events_taught)}
