"""The number of an explanation that a face shows, and how many of its causes fit there."""

from dataclasses import dataclass

from forecast.facts.why import Explanation

NAMED = 3
"""Causes in a sentence."""


@dataclass(frozen=True, slots=True)
class Explained:
    """One number that moved, and why."""

    explanation: Explanation
    target: int
    """Its place among the targets of the explanation."""
    reach: int
    """Its place among the reaches."""

    @property
    def horizon_days(self) -> int | None:
        return self.explanation.reaches[self.reach].horizon_days

    @property
    def before(self) -> float:
        """As a probability."""
        return self.explanation.before.mean[self.target][self.reach]

    @property
    def after(self) -> float:
        """As a probability."""
        return self.explanation.after.mean[self.target][self.reach]


def of_headline(explanation: Explanation, horizon_days: int | None = None) -> Explained | None:
    """The headline over a rolling window of so many days, or over the longest; None where both runs forecast none."""
    days = [reach.horizon_days for reach in explanation.reaches]
    wanted = horizon_days or max((one for one in days if one), default=None)
    if wanted is None or wanted not in days:
        return None
    return Explained(explanation, explanation.place, days.index(wanted))
