"""The daily path: what was stored of every step between two runs, added up line by line."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import hypot

from sqlalchemy import Connection

from db.run_rows import RunRow
from forecast.errors import NotExplained
from forecast.facts.why import CHANCE, CLASSES, DAILY, ENTRIES, TIME, Explanation, Grid, Line, Passed, added, main_reach
from forecast.why.pairs import order_of, published_in_order
from forecast.why.stored import read_step

type _Name = tuple[object, ...]


def read_daily(connection: Connection, before: RunRow, after: RunRow) -> Explanation:
    """The sum of what was stored of the steps from one published run to another.

    Raises
    ------
    NotExplained
        if a step is not on file
    """
    runs = [run for run in published_in_order(connection, after.case_id) if order_of(before) <= order_of(run)]
    runs = [run for run in runs if order_of(run) <= order_of(after)]
    steps = []
    for earlier, later in pairwise(runs):
        step = read_step(connection, earlier.id, later.id)
        if step is None:
            raise NotExplained(
                f"the step from run {earlier.id}, as of {earlier.as_of}, to run {later.id}, as of {later.as_of}, was "
                f"not stored, as the schedule does; `parley why {before.id} {after.id}` explains the whole at once"
            )
        steps.append(step)
    if not steps:
        raise NotExplained(
            f"no published full runs lie from run {before.id} to run {after.id}; `parley runs` lists them"
        )
    return add_up(steps)


def add_up(steps: Sequence[Explanation]) -> Explanation:
    """One explanation of consecutive steps; lines of the same subject and kind are one.

    Only targets and reaches that all of them have are told; a deadline that changed on the way is not.
    """
    first, last = steps[0], steps[-1]
    reaches = tuple(reach for reach in last.reaches if all(reach in step.reaches for step in steps))
    steps = [_only(step, tuple(step.reaches.index(reach) for reach in reaches)) for step in steps]
    lines: dict[_Name, Line] = {}
    for step in steps:
        for line in step.lines:
            name = _name(line)
            lines[name] = _joined(lines[name], line) if name in lines else line
    chance = _chance(steps)
    found = replace(
        steps[-1],
        before=steps[0].before,
        lines=(),
        expected_chance=chance,
        interaction=None,
        lacking=tuple(dict.fromkeys(code for step in steps for code in step.lacking)),
        path=DAILY,
        links=(first.before.run_id, *(step.after.run_id for step in steps)),
        orders=max(step.orders for step in steps),
        inputs_rebuilt=all(step.inputs_rebuilt for step in steps),
        old_entries=all(step.old_entries for step in steps),
        case_id=last.case_id,
    )
    place, main = found.place, main_reach(found)

    def rank(line: Line) -> tuple[int, float]:
        largest = -abs(line.at(place, main)) if line.cls in ENTRIES else 0.0
        return CLASSES.index(line.cls), largest

    told = [replace(line, error=chance) if line.cls == CHANCE and chance else line for line in lines.values()]
    return replace(found, lines=tuple(sorted(told, key=rank)))


def _only(step: Explanation, places: tuple[int, ...]) -> Explanation:
    def of(grid: Grid) -> Grid:
        return tuple(tuple(row[place] for place in places) for row in grid)

    def line(one: Line) -> Line:
        return replace(
            one,
            points=of(one.points),
            log_odds=of(one.log_odds) if one.log_odds else None,
            low=of(one.low) if one.low else None,
            high=of(one.high) if one.high else None,
            error=of(one.error) if one.error else None,
            rows=tuple(map(line, one.rows)),
        )

    return replace(
        step,
        reaches=tuple(step.reaches[place] for place in places),
        before=replace(step.before, mean=of(step.before.mean), mcse=of(step.before.mcse)),
        after=replace(step.after, mean=of(step.after.mean), mcse=of(step.after.mcse)),
        lines=tuple(map(line, step.lines)),
        expected_chance=of(step.expected_chance) if step.expected_chance else None,
    )


def _name(line: Line) -> _Name:
    if line.cls == TIME or not line.subject.rows:
        return line.cls, line.kind, line.subject.indicator
    return line.cls, line.kind, line.subject


def _joined(one: Line, other: Line) -> Line:
    """Two lines of the same name; the later one's facts, with what both are worth."""
    rows: dict[_Name, Line] = {}
    for row in (*one.rows, *other.rows):
        rows[_name(row)] = _joined(rows[_name(row)], row) if _name(row) in rows else row
    return replace(
        other,
        points=added((one.points, other.points)),
        log_odds=added((one.log_odds, other.log_odds)) if one.log_odds and other.log_odds else None,
        low=None,
        high=None,
        error=_hypot(one.error, other.error) if one.error and other.error else None,
        passed=_passed(one.passed, other.passed) if one.passed and other.passed else None,
        rows=tuple(rows.values()),
    )


def _passed(one: Passed, other: Passed) -> Passed:
    return Passed(
        days=one.days + other.days,
        attested=other.attested or one.attested,
        open_days=other.open_days,
        looked_through=other.looked_through or one.looked_through,
    )


def _chance(steps: Sequence[Explanation]) -> Grid | None:
    """How large the chance of all steps is expected to be together; None where that of one is not known.

    What chance did to a run in between is in the steps on either side of it, once each way: only that of both ends is
    left, however many days lie between. Where all fits on the way are the same draws there is none.
    """
    sizes = [step.expected_chance for step in steps]
    known = [size for size in sizes if size is not None]
    if len(known) < len(sizes):
        return None
    if not any(value for size in known for row in size for value in row):
        return known[0]
    ends = _hypot(steps[0].before.mcse, steps[-1].after.mcse)
    return tuple(tuple(100 * value for value in row) for row in ends)


def _hypot(one: Grid, other: Grid) -> Grid:
    return tuple(tuple(hypot(a, b) for a, b in zip(x, y, strict=True)) for x, y in zip(one, other, strict=True))
