"""Why a forecast moved: what made the difference between two runs, line by line; the lines add up to it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

# The classes of lines, in the order in which they are told.
VERSION, TIME, OBSERVATION, CORRECTION, EVENT, DOCUMENT, REST, LEARNING, CHANCE = (
    "version",
    "time",
    "observation",
    "correction",
    "event",
    "document",
    "rest",
    "re_estimation",
    "monte_carlo",
)
CLASSES = (VERSION, TIME, OBSERVATION, CORRECTION, EVENT, DOCUMENT, REST, LEARNING, CHANCE)
ENTRIES = (OBSERVATION, CORRECTION, EVENT, DOCUMENT)
"""What people have entered, or what has become known."""

# The kinds of lines within a class; of REST and CHANCE there is one, named like the class.
CODE, CASE, MODEL = "code", "case", "model"
SILENCE, DAYS, FADING, OPEN = "silence", "days", "fading", "open"
NEW, LATE, REVISED_SINCE, WITHDRAWN = "new", "late", "new, revised since", "new and withdrawn"
REVISED, RETRACTED = "revised", "retracted"
REFERENCE, LEVELS, CORRECTIONS, EVENTS, DOCUMENTS, ALL = (
    "reference",
    "levels",
    "corrections",
    "events",
    "documents",
    "all",
)
TAUGHT_BY = (REFERENCE, SILENCE, EVENTS, LEVELS, CORRECTIONS, DOCUMENTS)
"""Kinds of re-estimation: what the rates were learnt from; ALL where that cannot be told apart, with chance in it."""

DIRECT, DAILY = "direct", "daily"
"""Paths: what each thing is worth at the end, or what it did when it came, summed over the days."""

# Why something could not be told apart.
THINNED_BEFORE, THINNED_AFTER, NO_OVERLAP, OTHER_MODEL, OTHER_SHAPES, LOST_BEFORE, LOST_AFTER = (
    "thinned_before",
    "thinned_after",
    "no_overlap",
    "other_model",
    "other_shapes",
    "lost_before",
    "lost_after",
)
_FRAMED = ("arms_control_talks", "denuclearisation_talks")
TELLING = 0.5
"""Points: what time makes of talks of either framing is worth a sentence from here on."""
SMALLEST = 0.05
"""Points: what is less is not worth a sentence."""

type Grid = tuple[tuple[float, ...], ...]
"""A number for each target, in the order of `Explanation.targets`, and each reach; nan where there is none."""


@dataclass(frozen=True, slots=True)
class Reach:
    """A window of so many days, or up to a deadline; the other is None."""

    horizon_days: int | None
    deadline: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One of the two runs, and what it said."""

    run_id: int
    as_of: date
    kind: str
    mean: Grid
    """Probabilities."""
    mcse: Grid


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a line is of: rows of a table by number; what is not given is "" or ()."""

    table: str = ""
    rows: tuple[int, ...] = ()
    indicator: str = ""
    origin: str = ""
    document: str = ""
    event: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """An observation as it stands after what happened to it, and how it was coded before a correction."""

    indicator: str
    name: str
    """Of the indicator."""
    observed_on: date
    known_on: date
    level: float
    publisher: str
    title: str
    grade: str
    analyst: str
    level_before: float | None = None
    grade_before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """What the filter expected of an observation, on the day it was known, and what it did to the level."""

    previous: float
    """The level before it."""
    forecast: float
    forecast_sd: float
    observed: float
    level_change: float

    @property
    def news(self) -> float:
        """What was said beyond what was expected, in levels."""
        return self.observed - self.forecast

    @property
    def surprise_sd(self) -> float:
        """The same in standard deviations."""
        return self.news / self.forecast_sd


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """An event as it stands after what happened to it."""

    event: str
    type: str
    framing: str
    started_on: date
    ended_on: date
    known_on: date
    source: str
    venue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A document, and how many of its judgements differ."""

    document: str
    author: str
    title: str
    judgements: int


@dataclass(frozen=True, slots=True)
class Attested:
    """Days of a type of event that were open and are attested, both included."""

    type: str
    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What a line about time is of."""

    days: int
    """How many the as-of date has moved on; of open days how many they are."""
    attested: tuple[Attested, ...] = ()
    open_days: int = 0
    """Days up to the later as-of date that nobody has attested of some type."""
    looked_through: date | None = None
    """The last day on which somebody looked; None where nobody had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One cause of the difference, by target and reach."""

    cls: str
    kind: str
    subject: Subject
    points: Grid
    """Points of a hundred."""
    log_odds: Grid | None = None
    """The same in log odds; nan where a probability on the way is too near 0 or 1 to have them."""
    low: Grid | None = None
    high: Grid | None = None
    """The least and the most that it makes, in points, by what comes before it; None where no order was averaged."""
    error: Grid | None = None
    """Of an estimate, in points: its Monte-Carlo error; of an average over some orders, that of the average."""
    coded: Coded | None = None
    foretold: Foretold | None = None
    happened: Happened | None = None
    published: Published | None = None
    passed: Passed | None = None
    rows: tuple["Line", ...] = ()
    """Of an origin with several rows, theirs; of time, fading by indicator. They add up to this line."""

    def at(self, target: int, reach: int) -> float:
        """In points."""
        return self.points[target][reach]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """How the draws of two posteriors were told apart."""

    pareto_k: float
    """Of the earlier draws as weights for the later posterior; nan where none were formed."""
    ess: float
    """Draws that stay effective, the fewer of either side; nan where none were formed."""
    pooled: int
    """Draws of both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The difference between two runs."""

    case_id: str
    headline: str
    targets: tuple[str, ...]
    reaches: tuple[Reach, ...]
    """Those that both runs forecast."""
    before: End
    after: End
    lines: tuple[Line, ...]
    """In the order of `CLASSES`; within entries the largest of the headline first. They add up to the change."""
    expected_chance: Grid | None
    """Points: how large the Monte-Carlo line is expected to be; None where it is part of re-estimation."""
    interaction: Grid | None
    """Points: what entries make at the effects learnt since, less what they make at those known before."""
    learning: Learning
    lacking: tuple[str, ...] = ()
    """What could not be told apart, by why."""
    path: str = DIRECT
    links: tuple[int, ...] = ()
    """Of a daily path, the runs on it."""
    orders: int = 0
    """Orders that were averaged; 0 where all of them were."""
    inputs_rebuilt: bool = True
    """Whether what both runs had read was read again to the last digit."""
    code_version: str = ""
    model_version: str = ""
    old_entries: bool = True
    """Whether entries are weighed by the effects known before; if not, by those of the later posterior."""

    @property
    def place(self) -> int:
        """Of the headline among the targets."""
        return self.targets.index(self.headline)

    def change(self, target: int, reach: int) -> float:
        """In points."""
        return 100 * (self.after.mean[target][reach] - self.before.mean[target][reach])

    def of(self, *classes: str) -> tuple[Line, ...]:
        """The lines of some classes."""
        return tuple(line for line in self.lines if line.cls in classes)

    @property
    def identity(self) -> float:
        """The largest distance between the sum of the lines and the change, as a probability."""
        return max(
            abs(sum(line.at(t, h) for line in self.lines) - self.change(t, h)) / 100
            for t in range(len(self.targets))
            for h in range(len(self.reaches))
        )


def added(grids: Iterable[Grid]) -> Grid:
    """The sum of grids, of which there is one at least."""
    first, *others = grids
    found = first
    for other in others:
        found = tuple(tuple(a + b for a, b in zip(x, y, strict=True)) for x, y in zip(found, other, strict=True))
    return found


def total(lines: Sequence[Line], target: int, reach: int) -> float:
    """What some lines make together, in points."""
    return sum(line.at(target, reach) for line in lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Lines that one would name together."""

    cls: str
    points: float
    lines: tuple[Line, ...]

    @property
    def line(self) -> Line:
        """The line that gives it its name."""
        return self.lines[0]


def name_causes(explanation: Explanation, target: int, reach: int, number: int) -> tuple[Cause, ...]:
    """What moved a number most, the largest first: at most so many, each larger than what chance makes.

    Time is one cause; an event goes together with what events taught where it is the only one. Chance is none.
    """
    events = explanation.of(EVENT)
    taught = [line for line in explanation.of(LEARNING) if line.kind == EVENTS]
    together = (*events, *taught) if len(events) == 1 else ()
    time = explanation.of(TIME)
    groups = [group for group in (time, together) if group]
    alone = [line for line in explanation.lines if line not in time and line not in together]
    groups += [(line,) for line in alone if line.cls not in (REST, CHANCE)]
    found = [Cause(cls=group[0].cls, points=total(group, target, reach), lines=tuple(group)) for group in groups]
    least = least_told(explanation, target, reach)
    told = [cause for cause in found if abs(cause.points) >= least]
    return tuple(sorted(told, key=lambda cause: -abs(cause.points))[:number])


def least_told(explanation: Explanation, target: int, reach: int) -> float:
    """Points that a cause must make to be named: more than chance is expected to."""
    chance = 0.0 if explanation.expected_chance is None else explanation.expected_chance[target][reach]
    return max(SMALLEST, chance)


def siblings_of(explanation: Explanation, line: Line, target: int, reach: int) -> tuple[str, float] | None:
    """Of a meeting that moves the talks of another framing one way, those of its own, and how far it moves these.

    None where it moves both alike, or is of no framing.
    """
    happened = line.happened
    own = f"{happened.framing}_talks" if happened is not None else ""
    if own not in explanation.targets or explanation.targets[target] == own:
        return None
    points = line.at(explanation.targets.index(own), reach)
    return (own, points) if points * line.at(target, reach) < 0 else None


def meeting_elsewhere(explanation: Explanation, target: int, reach: int) -> tuple[Line, str, float] | None:
    """The meeting that moves a number most, and the other way than talks of its own framing; see `siblings_of`."""
    found = [
        (line, *sibling)
        for line in explanation.of(EVENT)
        if (sibling := siblings_of(explanation, line, target, reach)) is not None
    ]
    return max(found, key=lambda one: abs(one[0].at(target, reach)), default=None)


def forgotten(explanation: Explanation, target: int, reach: int) -> tuple[str, float, float] | None:
    """Where time moves talks of one framing one way and those of the other the other way: the other, and both points.

    What the last talks were about is forgotten with silence. None where time moves both alike, or by next to nothing.
    """
    own = explanation.targets[target]
    pair = dict((_FRAMED, _FRAMED[::-1]))
    if own not in pair:
        return None
    time = explanation.of(TIME)
    here = total(time, target, reach)
    there = total(time, explanation.targets.index(pair[own]), reach)
    return (pair[own], here, there) if here * there < 0 and min(abs(here), abs(there)) >= TELLING else None


def chance_of(explanation: Explanation, target: int, reach: int) -> tuple[float, float] | None:
    """What chance made, and how large it is expected to be, in points; None where it cannot be told apart."""
    if explanation.expected_chance is None:
        return None
    return total(explanation.of(CHANCE), target, reach), explanation.expected_chance[target][reach]


def main_reach(explanation: Explanation) -> int:
    """The place of the longest rolling window, which sentences are of unless another is asked for."""
    return longest_rolling(explanation.reaches)


def longest_rolling(reaches: Sequence[Reach]) -> int:
    """The same of any windows."""
    rolling = [h for h, one in enumerate(reaches) if one.horizon_days is not None]
    return max(rolling, key=lambda h: reaches[h].horizon_days or 0, default=0)


def place_of(explanation: Explanation, horizon_days: int | None, deadline: date | None = None) -> int | None:
    """The place of a reach; None where not both runs forecast it."""
    asked = Reach(horizon_days, deadline)
    return explanation.reaches.index(asked) if asked in explanation.reaches else None


def renamed(explanation: Explanation, names: Mapping[str, str], sources: Callable[[str], str]) -> Explanation:
    """The same with other names of indicators, by id, and of sources."""

    def of(line: Line) -> Line:
        coded, happened = line.coded, line.happened
        return replace(
            line,
            coded=coded
            and replace(coded, name=names.get(coded.indicator, coded.name), publisher=sources(coded.publisher)),
            happened=happened and replace(happened, source=sources(happened.source)),
            rows=tuple(map(of, line.rows)),
        )

    return replace(explanation, lines=tuple(map(of, explanation.lines)))
