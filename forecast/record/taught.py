"""How much of an indicator's effect events have taught, and how much documents and the catalogue had set before.

The share is 1 − Var(effect | documents and events) / Var(effect | documents), between 0 and 1: the part of the
uncertainty that events removed, as R² is of a regression. It is read from what is stored with every run. Both standard
deviations are of about a thousand draws, so that the share is known to a few points.
"""

from collections.abc import Iterable, Mapping

from db.run_rows import EffectRow
from forecast.facts.reasons import LEAST, Taught

SET_BY_DOCUMENTS = "set by documents, not by events"


def read_taught(rows: Iterable[EffectRow]) -> tuple[Taught, ...]:
    """Every posterior effect of a run."""
    found = {(row.source, row.target, row.indicator_id): row for row in rows}
    return tuple(
        _taught(row, found.get(("documents", target, indicator)))
        for (source, target, indicator), row in found.items()
        if source == "posterior"
    )


def _taught(row: EffectRow, before: EffectRow | None) -> Taught:
    share = share_taught(before.sd, row.sd) if before else None
    return Taught(
        target=row.target,
        indicator_id=row.indicator_id,
        mean=row.mean,
        sd=row.sd,
        events_taught=share,
        words=taught_words(share),
    )


def share_taught(documents_sd: float, posterior_sd: float) -> float | None:
    """The share of the variance that events removed; None where there was none."""
    if documents_sd == 0:
        return None
    return min(max(1 - (posterior_sd / documents_sd) ** 2, 0.0), 1.0)


def taught_words(share: float | None) -> str:
    """What is said beside an effect; "" where the share is not known."""
    if share is None:
        return ""
    return SET_BY_DOCUMENTS if share < LEAST else f"{100 * share:.0f} % taught by events"


def taught_on(effects: Iterable[Taught], target: str) -> Mapping[str, Taught]:
    """The effects on one target, by indicator."""
    return {one.indicator_id: one for one in effects if one.target == target}


def with_taught(parts: Iterable[tuple[str, str]]) -> str:
    """Weights and what is said beside each, in one bracket; what is said of all is said once."""
    listed = [(weight, said) for weight, said in parts]
    shared = {said for _, said in listed}
    if len(shared) == 1:
        (said,) = shared
        weights = ", ".join(weight for weight, _ in listed)
        return f"{weights}; {said}" if said else weights
    return "; ".join(f"{weight}: {said}" if said else weight for weight, said in listed)
