"""Rows of exports that say what moved the forecasts: every line of the steps on file, by target and horizon."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from math import isfinite

from sqlalchemy import Connection

from db.read_explanations import read_explanations
from db.when import When
from forecast.exports.columns import DATE, INTEGER, NUMBER, PROBABILITY, TEXT, Value, Values, derived, read_cells
from forecast.facts.why import Explanation, Grid, Line
from forecast.why.payload import from_stored
from forecast.words.language import ENGLISH


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One line of an explanation at one target and window."""

    found: Explanation
    number: int
    line: Line
    target: int
    reach: int

    def of(self, grid: Grid | None) -> Value:
        """The number in a grid; None where there is none."""
        value = None if grid is None else grid[self.target][self.reach]
        return value if value is not None and isfinite(value) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which steps, and which rows of them."""

    case_id: str
    when: When
    first: date | None = None
    last: date | None = None
    target: str | None = None
    horizon: int | date | None = None


_LINE = (
    derived("run_before", INTEGER, "The earlier run", lambda told: told.found.before.run_id),
    derived("run", INTEGER, "The later run", lambda told: told.found.after.run_id),
    derived("as_of_before", DATE, "As-of date of the earlier run", lambda told: told.found.before.as_of),
    derived("as_of", DATE, "As-of date of the later run", lambda told: told.found.after.as_of),
    derived("path", TEXT, "direct, or daily: a sum of steps", lambda told: told.found.path),
    derived("line", INTEGER, "Number of the line; those of one target and horizon add up", lambda told: told.number),
    derived("class", TEXT, "What kind of cause it is", lambda told: told.line.cls),
    derived("kind", TEXT, "Which of its class", lambda told: told.line.kind),
    derived("label", TEXT, "What it is of, in English", lambda told: ENGLISH.why.line_label(told.line)),
    derived("indicator", TEXT, "Its indicator, if any", lambda told: told.line.subject.indicator),
    derived("document", TEXT, "Its document, if any", lambda told: told.line.subject.document),
    derived("event", TEXT, "Its event, if any", lambda told: told.line.subject.event),
    derived("rows", TEXT, "Numbers of the rows it is of", lambda told: " ".join(map(str, told.line.subject.rows))),
    derived(
        "source",
        TEXT,
        "Who published what was observed",
        lambda told: told.line.coded.publisher if told.line.coded else "",
    ),
    derived("grade", TEXT, "Admiralty grade", lambda told: told.line.coded.grade if told.line.coded else ""),
)
_NUMBERS = (
    derived("target", TEXT, "What is forecast", lambda told: told.found.targets[told.target]),
    derived(
        "horizon_days",
        INTEGER,
        "Days of the window; empty for a deadline",
        lambda told: told.found.reaches[told.reach].horizon_days,
        nullable=True,
    ),
    derived(
        "deadline",
        DATE,
        "Last day of the window; empty for a rolling one",
        lambda told: told.found.reaches[told.reach].deadline,
        nullable=True,
    ),
    derived("mean_before", PROBABILITY, "What the earlier run said", lambda told: told.of(told.found.before.mean)),
    derived("mean", PROBABILITY, "What the later run said", lambda told: told.of(told.found.after.mean)),
    derived(
        "points", NUMBER, "What the line makes of the difference", lambda told: told.of(told.line.points), unit="points"
    ),
    derived(
        "log_odds",
        NUMBER,
        "The same in log odds; empty near 0 and 1",
        lambda told: told.of(told.line.log_odds),
        nullable=True,
    ),
    derived(
        "order_low",
        NUMBER,
        "The least it makes in any order of entries",
        lambda told: told.of(told.line.low),
        unit="points",
        nullable=True,
    ),
    derived(
        "order_high",
        NUMBER,
        "The most it makes in any order of entries",
        lambda told: told.of(told.line.high),
        unit="points",
        nullable=True,
    ),
    derived(
        "error",
        NUMBER,
        "Its Monte-Carlo error; of chance its expected size",
        lambda told: told.of(told.line.error),
        unit="points",
        nullable=True,
    ),
)


def _foretold(part: str) -> Callable[[Told], Value]:
    return lambda told: getattr(told.line.foretold, part) if told.line.foretold else None


_FORETOLD = tuple(
    derived(name, NUMBER, meaning, _foretold(part), unit=unit, nullable=True)
    for name, part, meaning, unit in (
        ("level_before", "previous", "Level before the observation", "levels"),
        ("expected", "forecast", "What the filter expected it to say", "levels"),
        ("expected_sd", "forecast_sd", "Standard deviation of that", "levels"),
        ("observed", "observed", "What it said", "levels"),
        ("surprise_sd", "surprise_sd", "By how many standard deviations it differs", "standard deviations"),
        ("level_change", "level_change", "What it did to the level", "levels"),
    )
)
EXPLANATION = (*_LINE, *_NUMBERS, *_FORETOLD)


def explanation_rows(connection: Connection, asked: Asked) -> Iterator[Values]:
    """A row for every line, target and window."""
    return (read_cells(EXPLANATION, told) for told in _told(connection, asked))


def count_explanations(connection: Connection, asked: Asked) -> int:
    """How many rows that are."""
    return sum(1 for _ in _told(connection, asked))


def extent_of(connection: Connection, case_id: str) -> tuple[int, date | None, date | None]:
    """How many steps are on file, and the first and last day of their later runs."""
    days = [from_stored(row.result).after.as_of for row in read_explanations(connection, case_id)]
    return len(days), min(days, default=None), max(days, default=None)


def _told(connection: Connection, asked: Asked) -> Iterator[Told]:
    last = min((day for day in (asked.last, asked.when.as_of) if day is not None), default=None)
    rows = read_explanations(connection, asked.case_id, first=asked.first, last=last, when=asked.when)
    for row in rows:
        found = from_stored(row.result)
        for number, line in enumerate(found.lines, start=1):
            for t, h in _places(found, asked):
                yield Told(found=found, number=number, line=line, target=t, reach=h)


def _places(found: Explanation, asked: Asked) -> list[tuple[int, int]]:
    return [
        (t, h)
        for t, target in enumerate(found.targets)
        for h, reach in enumerate(found.reaches)
        if asked.target in (None, target) and asked.horizon in (None, reach.horizon_days, reach.deadline)
    ]
