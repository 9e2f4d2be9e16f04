"""Which days and lines of many are spelt out in an alert: the same in every language."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

SPELT = 10
"""So many days or stretches of days are spelt out in an alert; its facts have all."""


def stretches(days: Iterable[date]) -> list[tuple[date, date]]:
    """Days in order as stretches that follow one another, the first and the last of each."""
    found: list[tuple[date, date]] = []
    for day in sorted(days):
        if found and day - found[-1][1] == timedelta(days=1):
            found[-1] = found[-1][0], day
        else:
            found.append((day, day))
    return found


def first_of(lines: Sequence[str], more: str) -> list[str]:
    """The first lines, and how many more there are: `more` has braces for the number."""
    left = len(lines) - SPELT
    return [*lines[:SPELT], more.format(left)] if left > 0 else list(lines)
