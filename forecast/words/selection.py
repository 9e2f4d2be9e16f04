"""Which of many things are told, and how many: the same in every language."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from db.run_rows import TargetForecastRow
from forecast.facts.reasons import SCENARIO_OF, Sibling
from forecast.facts.summary import Summary
from forecast.run_facts import assumed_of
from forecast.words.numbers import percent

SHOWN = 8
"""Entries of a kind that are named; of more only the number is told."""


def shown[T](news: Sequence[T], say: Callable[[T], str], most: int, more: str = "… and {} more") -> list[str]:
    """A line each, the last first, at most so many; then how many more there are."""
    lines = [say(one) for one in reversed(news)]
    left = len(lines) - most
    return [*lines[:most], more.format(left)] if left > 0 else lines


def explaining(summary: Summary) -> str:
    """The command that says what moved the headline since the run of a week before."""
    assert summary.why is not None
    assert summary.forecast_of is not None
    pair = f"{summary.why.before.id} {summary.forecast_of.id}"
    return "parley why --since week" if summary.age_days is not None else f"parley why {pair}"


def side(level: float) -> int:
    """Whether a level favours talks, +1, works against them, −1, or neither, 0."""
    return (level > 0) - (level < 0)


def differing(siblings: Iterable[Sibling], headline: str) -> tuple[Sibling, ...]:
    """Those of the longest rolling window whose numbers differ as shown, the headline first."""
    found = list(siblings)
    if not found:
        return ()
    last = max(found, key=lambda one: (one.horizon_days or 0, one.deadline or date.min))  # without one, a deadline
    window = (last.horizon_days, last.deadline)
    shown = [
        one
        for one in found
        if (one.horizon_days, one.deadline) == window and percent(one.p_target) != percent(one.p_scenario)
    ]
    order = list(SCENARIO_OF)
    return tuple(sorted(shown, key=lambda one: (one.target != headline, order.index(one.target))))


def longest_rolling(rows: Iterable[TargetForecastRow]) -> TargetForecastRow | None:
    """Over the longest window that is no deadline; None where there is none."""
    rolling = [row for row in rows if row.horizon_days is not None]
    return max(rolling, key=lambda row: row.horizon_days or 0, default=None)


type Assumed = tuple[float, str]
"""The headline with one assumption changed, and the name of the assumption."""


def assumed_ends(summary: Summary) -> tuple[Assumed, Assumed] | None:
    """The lowest and the highest headline with one assumption changed, at the longest rolling horizon."""
    row = longest_rolling(summary.shown_headline())
    if summary.forecast_of is None or row is None:
        return None
    found = [
        (float(one["mean"]), str(each["assumption"]))
        for each in assumed_of(summary.forecast_of)
        for one in each["headline"]
        if one["horizon_days"] == row.horizon_days and one["deadline"] is None
    ]
    return (min(found), max(found)) if found else None


def said_once(parts: Iterable[tuple[str, str]], separator: str, bracket: str) -> str:
    """Items and what is said beside each in a bracket; what is said of all of them is said once, after the last."""
    listed = [(item, bracket.format(said) if said else "") for item, said in parts]
    shared = {said for _, said in listed}
    if len(shared) == 1:
        return separator.join(item for item, _ in listed) + shared.pop()
    return separator.join(f"{item}{said}" for item, said in listed)


def in_order(rows: Iterable[TargetForecastRow]) -> tuple[TargetForecastRow, ...]:
    """Rolling windows from short to long, then those up to a deadline."""
    return tuple(sorted(rows, key=lambda row: (row.deadline or date.min, row.horizon_days or 0)))


def said_by_form(text: str, forms: Mapping[str, str]) -> str:
    """A stored text in other words, by the first of the patterns that it has; as it is where it has none."""
    for pattern, words in forms.items():
        if found := re.fullmatch(pattern, text):
            return words.format(*found.groups())
    return text
