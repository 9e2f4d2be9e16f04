"""Has the headline moved enough for an alert? Pure rules over what the scheduled runs said and what was notified of it.

A movement is measured from what was last notified, where that is newer than the rule's window, so that no stretch of it
is notified twice; and nothing is notified that lies within twice the Monte-Carlo error.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from math import hypot

from db.read_schedule import ScheduledValue
from db.run_rows import AlertRow
from forecast.schedule.settings import AlertSettings
from forecast.words.numbers import error_size, percent, signed

THRESHOLD, DAY, WEEK, DRIFT = "threshold", "move_day", "move_week", "drift"
MOVEMENTS = (THRESHOLD, DAY, WEEK, DRIFT)
"""Rules about the headline; an alert has the name of the first that holds."""
ERRORS = 2.0
"""A difference of so many Monte-Carlo errors may be chance."""


@dataclass(frozen=True, slots=True)
class Step:
    """A change of the headline that one rule notifies."""

    rule: str
    before: ScheduledValue
    points: float
    """Change, in points of a hundred."""
    bound: float = 0.0
    """More points than this are notified; thresholds have none."""
    crossed: tuple[float, ...] = ()
    """Thresholds the headline is now on the other side of."""


@dataclass(frozen=True, slots=True)
class Movement:
    """All there is to notify of the headline of one run."""

    now: ScheduledValue
    notified: ScheduledValue
    """What was notified last; before anything was, the first scheduled run."""
    alerted: bool
    """Whether that was in an alert."""
    steps: tuple[Step, ...]
    """One or more, in the order of `MOVEMENTS`."""


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


def title_of(movement: Movement, about: str) -> str:
    """One line; `about` is what the headline is of."""
    first = movement.steps[0]
    crossed = [step for step in movement.steps if step.crossed]
    beyond = f", {_beyond(crossed[0], movement.now)}" if crossed else ""
    title = f"{about}: {_change(first.before, movement.now)}{beyond}"
    return title if first.before == movement.notified else f"{title}; {_last(movement)}"


def body_of(movement: Movement, about: str) -> str:
    """Sentences: where the headline is, what moved since when, and what was last notified."""
    now = movement.now
    error = f"± {error_size(now.mcse)} points Monte Carlo"
    lines = [f"{about}: {percent(now.mean)} as of {now.as_of} (run {now.run_id}, {error})."]
    lines += [_sentence(step, movement) for step in movement.steps]
    lines.append(f"{_last(movement, capital=True)}. All of it: `parley show --run {now.run_id}`.")
    return "\n".join(lines)


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


def _sentence(step: Step, movement: Movement) -> str:
    if step.crossed:
        return f"It is now {_beyond(step, movement.now)}; it was last known on the other side."
    since = f"{_change(step.before, movement.now)} since {step.before.as_of}, {signed(step.points, 1)} points"
    bound = f"more than {step.bound:g} points"
    return {
        DAY: f"In a day: {since}; {bound} are told of.",
        WEEK: f"In a week: {since}; {bound} are told of.",
        DRIFT: f"Little by little: {since}; {bound} are told of.",
    }[step.rule]


def _beyond(step: Step, now: ScheduledValue) -> str:
    """All thresholds that one run crosses lie on the same side of it."""
    bounds = " and ".join(f"{100 * threshold:g} %" for threshold in step.crossed)
    return f"{'above' if now.mean > step.crossed[0] else 'below'} {bounds}"


def _change(before: ScheduledValue, now: ScheduledValue) -> str:
    """Both numbers, with as many decimals as it takes to tell them apart."""
    old, new = percent(before.mean), percent(now.mean)
    if old == new:
        old, new = (f"{100 * value.mean:.2f} %" for value in (before, now))
    return f"{old} → {new}"


def _last(movement: Movement, *, capital: bool = False) -> str:
    what = "last told" if movement.alerted else "the first scheduled run said"
    told = movement.notified
    number, carried = percent(told.mean), ""
    if told.said is not None:
        number, carried = percent(told.said), f" by an earlier model ({percent(told.mean)} by the present one)"
    said = f"{what} {number} as of {told.as_of}{carried}"
    return said[0].upper() + said[1:] if capital else said
