"""The headline by as-of date, noted while the rows of an export of forecasts go by."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from operator import itemgetter
from typing import TextIO

from db.kinds import FULL_KINDS
from forecast.exports.columns import DATE, INTEGER, PROBABILITY, TEXT, Column, Export, Values, stored

_FIELDS = ("as_of", "run_id", "kind", "structure", "target", "headline", "horizon_days", "deadline")
_NUMBERS = ("mean", "q05", "q95", "base_rate")

type Numbers = tuple[float | None, float | None, float | None, float | None]
"""Mean, the ends of its 90 % interval, and the base rate beside it."""
_NOTHING: Numbers = (None, None, None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The headline of one as-of date, over rolling windows by their length in days, and up to deadlines."""

    as_of: date
    run_id: int
    kind: str
    structure: int
    target: str
    by_horizon: dict[int, Numbers] = field(default_factory=dict)
    by_deadline: dict[date, Numbers] = field(default_factory=dict)

    @property
    def windows(self) -> list[tuple[date, Numbers]]:
        """The last day of each window with its numbers, rolling ones first."""
        rolling = ((self.as_of + timedelta(days=days), self.by_horizon[days]) for days in sorted(self.by_horizon))
        return [*rolling, *sorted(self.by_deadline.items())]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What all dates have in common, and the last of them."""

    horizons: tuple[int, ...]
    dates: int
    last: Headline
    turns: tuple[int, ...]
    """Places, from 0, of the dates that another structure of the model begins with than the date before had."""


def note_headlines(export: Export, notes: TextIO) -> Iterator[Values]:
    """Pass the rows on; the headline of each as-of date is noted when the date is over."""
    names = [column.name for column in export.columns]
    pick = itemgetter(*(names.index(name) for name in (*_FIELDS, *_NUMBERS)))
    day: Headline | None = None
    for row in export.rows:
        yield row
        as_of, run_id, kind, structure, target, is_headline, horizon, deadline, *numbers = pick(row)
        if not is_headline:
            continue
        if day is not None and day.as_of != as_of:
            _note(day, notes)
            day = None
        if day is None or (day.run_id != run_id and _takes_over(kind, day.kind)):
            day = Headline(as_of=as_of, run_id=run_id, kind=kind, structure=structure, target=target)
        if day.run_id == run_id and horizon is not None:
            day.by_horizon[horizon] = tuple(numbers)
        elif day.run_id == run_id:
            day.by_deadline[deadline] = tuple(numbers)
    if day is not None:
        _note(day, notes)


def _takes_over(kind: str, before: str) -> bool:
    """Whether a later run of the same as-of date stands for it: a provisional one never does after a full one."""
    return kind in FULL_KINDS or before not in FULL_KINDS


def _note(day: Headline, notes: TextIO) -> None:
    """One that reaches to deadlines alone has no place among others."""
    if day.by_horizon:
        deadlines = [(str(deadline), numbers) for deadline, numbers in day.by_deadline.items()]
        said = [str(day.as_of), day.run_id, day.kind, day.structure, day.target, [*day.by_horizon.items()], deadlines]
        print(json.dumps(said), file=notes)


def read_notes(notes: TextIO) -> Iterator[Headline]:
    """The dates that were noted, in their order."""
    notes.seek(0)
    for line in notes:
        as_of, run_id, kind, structure, target, by_horizon, by_deadline = json.loads(line)
        deadlines = {date.fromisoformat(deadline): numbers for deadline, numbers in by_deadline}
        yield Headline(
            as_of=date.fromisoformat(as_of),
            run_id=run_id,
            kind=kind,
            structure=structure,
            target=target,
            by_horizon=dict(by_horizon),
            by_deadline=deadlines,
        )


def read_course(notes: TextIO) -> Course | None:
    """None where nothing was noted."""
    horizons: set[int] = set()
    turns: list[int] = []
    dates, last = 0, None
    for day in read_notes(notes):
        horizons |= day.by_horizon.keys()
        if last is not None and last.structure != day.structure:
            turns.append(dates)
        dates, last = dates + 1, day
    if last is None:
        return None
    return Course(horizons=tuple(sorted(horizons)), dates=dates, last=last, turns=tuple(turns))


def headline_columns(target: str, horizons: Sequence[int]) -> tuple[Column, ...]:
    """Of the sheet with a row per date; the target as readers call it."""
    longest = horizons[-1]
    return (
        stored("as_of", DATE, "Only what could be known by this day was used"),
        stored("run_id", INTEGER, "The last full run of the as-of date, or the last provisional one if none is full"),
        stored("kind", TEXT, "Kind of that run"),
        *(stored(f"mean_{days}d", PROBABILITY, f"Probability of {target} within {days} days") for days in horizons),
        stored(f"q05_{longest}d", PROBABILITY, f"Lower end of the 90 % interval of mean_{longest}d"),
        stored(f"q95_{longest}d", PROBABILITY, f"Upper end of the 90 % interval of mean_{longest}d"),
        stored(
            "structure",
            INTEGER,
            "Structure of the model that made that run; runs of different structures do not form one series",
        ),
    )


def headline_row(day: Headline, horizons: Sequence[int]) -> Values:
    """The cells of one date."""
    means = (day.by_horizon.get(horizon, _NOTHING)[0] for horizon in horizons)
    interval = day.by_horizon.get(horizons[-1], _NOTHING)[1:3]
    return day.as_of, day.run_id, day.kind, *means, *interval, day.structure
