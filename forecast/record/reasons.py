"""Why a forecast is far from its base rate, in facts that are on file.

The base rate counts a record; the forecast goes by how things stand: how long ago the last event was, present levels
with their effects, and what the documents say. How much each does is told as it was stored, and no more is claimed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from math import exp

from sqlalchemy import Connection

from db.read import read_completeness, read_events
from db.read_runs import read_effects
from db.rows import CaseRow, EventRow, IndicatorRow
from db.run_rows import IndicatorStateRow, RunRow, TargetForecastRow
from db.when import When
from forecast.facts.reasons import TALKS, Reason, Taught, Weight, taught_on
from forecast.record.taught import read_taught

FACTOR = 2.0
"""So many times its base rate, or less than its inverse, a forecast is explained."""
MOST = 2
"""Indicators that are named."""
_TYPE = {"contact": "contact", "crisis": "crisis", "deal": "deal"}
"""Types of event by target; of talks each framing has its own."""
_FRAMING = {"arms_control_talks": "arms_control", "denuclearisation_talks": "denuclearisation"}


def read_reasons(
    connection: Connection,
    case: CaseRow,
    run: RunRow | None,
    *,
    when: When | None,
    targets: Sequence[TargetForecastRow],
    states: Iterable[IndicatorStateRow],
    catalogue: Iterable[IndicatorRow],
) -> tuple[Reason, ...]:
    """One reason per target that is far from its base rate in some window, told over the longest such rolling one.

    `run` has the effects, `when` is what the numbers take in.
    """
    far = _far(targets)
    if run is None or when is None or not far:
        return ()
    events = [row for row in read_events(connection, case.case_id, when) if row.started_on <= when.as_of]
    met = [row.ended_on for row in events if row.type == "talks"]
    since_talks = (when.as_of - max(met)).days if met else None
    wet = since_talks is not None and since_talks < case.dry_after_days
    attested = read_completeness(connection, case.case_id, when)
    since = {row.type: row.complete_from for row in sorted(attested, key=lambda row: row.complete_from, reverse=True)}
    effects = read_taught(read_effects(connection, run.id))
    names = {row.indicator_id: row.name for row in catalogue}
    levels = {row.indicator_id: row.mean for row in states if row.active}
    talks = {(row.horizon_days, row.deadline): row.mean for row in targets if row.target == "limits_talks"}
    found = []
    for row in far:
        weights = _weights(effects, row.target, levels, names)
        mine = [one for one in events if _is_of(one, row.target)]
        reason = _reason(row, when, mine, since.get(_TYPE.get(row.target, "talks")), weights)
        if wet and row.target in (*TALKS, "deal"):
            reason = replace(reason, since_talks=since_talks)
        found.append(
            replace(reason, talks=talks.get((row.horizon_days, row.deadline)) if row.target == "deal" else None)
        )
    return tuple(found)


def _far(targets: Iterable[TargetForecastRow]) -> list[TargetForecastRow]:
    chosen: dict[str, TargetForecastRow] = {}
    for row in targets:
        far = row.base_rate and row.mean and not 1 / FACTOR < row.mean / row.base_rate < FACTOR
        if far and (row.target not in chosen or (row.horizon_days or 0) > (chosen[row.target].horizon_days or 0)):
            chosen[row.target] = row
    return list(chosen.values())


def _is_of(event: EventRow, target: str) -> bool:
    if target in TALKS:
        return event.type == "talks" and _FRAMING.get(target, event.framing) == event.framing
    return event.type == _TYPE.get(target)


def _weights(
    effects: Iterable[Taught], target: str, levels: Mapping[str, float], names: Mapping[str, str]
) -> list[Weight]:
    """Of every active indicator; talks of any framing have no effects of their own."""
    return [
        Weight(
            indicator_id=name,
            name=names.get(name, name),
            level=levels[name],
            factor=exp(effect.mean * levels[name]),
            taught=effect.events_taught,
        )
        for name, effect in taught_on(effects, target).items()
        if name in levels
    ]


def _reason(
    row: TargetForecastRow, when: When, events: Sequence[EventRow], since: date | None, weights: Sequence[Weight]
) -> Reason:
    assert row.base_rate is not None
    last = max((event.started_on for event in events), default=None)
    levels = 1.0
    for one in weights:
        levels *= one.factor
    below = row.mean < row.base_rate
    strongest = sorted(weights, key=lambda one: one.factor if below else -one.factor)[:MOST]
    return Reason(
        target=row.target,
        horizon_days=row.horizon_days,
        deadline=row.deadline,
        mean=row.mean,
        base_rate=row.base_rate,
        documents_only=row.documents_only,
        history_only=row.history_only,
        events=len(events),
        since=since,
        last_on=last,
        days=(when.as_of - last).days if last else None,
        levels=levels if weights else None,
        weights=tuple(one for one in strongest if (one.factor < 1) == below and abs(one.factor - 1) >= 0.05),
        talks=None,
    )
