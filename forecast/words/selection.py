"""Which of many things are told, and how many: the same in every language."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from forecast.facts.reasons import SCENARIO_OF, Sibling
from forecast.words.numbers import percent

SHOWN = 8
"""Entries of a kind that are named; of more only the number is told."""


def shown[T](news: Sequence[T], say: Callable[[T], str], most: int, more: str = "… and {} more") -> list[str]:
    """A line each, the last first, at most so many; then how many more there are."""
    lines = [say(one) for one in reversed(news)]
    left = len(lines) - most
    return [*lines[:most], more.format(left)] if left > 0 else lines


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
