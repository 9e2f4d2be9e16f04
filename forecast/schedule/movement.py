"""Has the headline moved enough for an alert? Pure rules over what the scheduled runs said and what was notified of it.

A movement is measured from what was last notified, where that is newer than the rule's window, so that no stretch of it
is notified twice; and nothing is notified that lies within twice the Monte-Carlo error.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import chain
from math import hypot

from db.read_schedule import ScheduledValue
from db.run_rows import AlertRow
from forecast.facts.alerts import DAY, DRIFT, MOVEMENTS, THRESHOLD, WEEK, Movement, Step
from forecast.schedule.settings import AlertSettings

ERRORS = 2.0
"""A difference of so many Monte-Carlo errors may be chance."""


def notified_values(alerts: Sequence[AlertRow], target: str, horizon_days: int) -> tuple[ScheduledValue, ...]:
    """What alerts notified of a target within a horizon, the latest first as the alerts are."""
    return tuple(
        _told(alert.run_id, alert.facts)
        for alert in alerts
        if alert.rule in MOVEMENTS
        and alert.run_id is not None
        and (alert.facts.get("target"), alert.facts.get("horizon_days")) == (target, horizon_days)
    )


def find_movement(
    values: Sequence[ScheduledValue], notified: Sequence[ScheduledValue], settings: AlertSettings
) -> Movement | None:
    """What is to be notified of the newest run.

    Parameters
    ----------
    values
        of every published scheduled run, by day
    notified
        what alerts notified, the latest first

    Numbers of an earlier model are to be carried over to that of the newest run before: see `Bridge`.
    """
    if not values or any(value.run_id == values[-1].run_id for value in notified):
        return None
    now, last = values[-1], notified[0] if notified else values[0]
    moves = list(_moves(values, last, settings))
    if not any(step.rule == WEEK for step in moves):
        moves += _move(DRIFT, now, last, settings.week_points)
    steps = (*_crossing(values, notified, last, settings.thresholds), *moves)
    return Movement(now, last, bool(notified), steps) if steps else None


def _moves(values: Sequence[ScheduledValue], last: ScheduledValue, settings: AlertSettings) -> Iterator[Step]:
    """By more than is let pass in a day, or a week."""
    now = values[-1]
    for rule, days, bound in ((DAY, 1, settings.day_points), (WEEK, 7, settings.week_points)):
        begin = now.as_of - timedelta(days=days)
        earlier = (value for value in reversed(values) if value.as_of <= begin)
        yield from _move(rule, now, last if last.as_of > begin else next(earlier, last), bound)


def _move(rule: str, now: ScheduledValue, before: ScheduledValue, bound: float) -> Iterator[Step]:
    points = round(100 * (now.mean - before.mean), 6)
    if abs(points) > max(bound, 100 * ERRORS * hypot(now.mcse, before.mcse)):
        yield Step(rule, before, points, bound)


def _crossing(
    values: Sequence[ScheduledValue],
    notified: Sequence[ScheduledValue],
    last: ScheduledValue,
    thresholds: Sequence[float],
) -> Iterator[Step]:
    """To the other side of a threshold than was notified last, or of the first run that was clearly on a side."""
    now = values[-1]

    def crossed(threshold: float) -> bool:
        known = (side(value, threshold) for value in chain(notified, values))
        return side(now, threshold) * next((found for found in known if found), 0) < 0

    found = tuple(threshold for threshold in sorted(set(thresholds)) if crossed(threshold))
    if found:
        yield Step(THRESHOLD, last, round(100 * (now.mean - last.mean), 6), crossed=found)


def side(value: ScheduledValue, threshold: float) -> int:
    """1 above a threshold, -1 below; 0 so near that it may be chance, so that a number that hovers raises nothing."""
    distance = value.mean - threshold
    return 0 if abs(distance) <= ERRORS * value.mcse else 1 if distance > 0 else -1


def _told(run_id: int, facts: Mapping[str, object]) -> ScheduledValue:
    mean, mcse = (float(str(facts[name])) for name in ("value", "mcse"))
    return ScheduledValue(run_id, date.fromisoformat(str(facts["as_of"])), mean, mcse)


def facts_of(movement: Movement, target: str, horizon_days: int) -> dict[str, object]:
    """The numbers that were compared."""
    return {
        "target": target,
        "horizon_days": horizon_days,
        **_plain(movement.now),
        "told": {**_plain(movement.notified), "alerted": movement.alerted},
        "steps": [_plain_step(step) for step in movement.steps],
    }


def _plain(value: ScheduledValue) -> dict[str, object]:
    said = {"value": value.mean if value.said is None else value.said, "mcse": value.mcse}
    carried = {} if value.said is None else {"by_present_model": value.mean}
    return {**said, "as_of": value.as_of.isoformat(), "run_id": value.run_id, **carried}


def _plain_step(step: Step) -> dict[str, object]:
    limits = {"thresholds": list(step.crossed)} if step.crossed else {"bound_points": step.bound}
    return {"rule": step.rule, "from": _plain(step.before), "points": step.points, **limits}
