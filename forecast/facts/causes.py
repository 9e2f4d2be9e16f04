"""The number of an explanation that a face shows, and how many of its causes fit there."""

from dataclasses import dataclass

from forecast.facts.why import CHANCE, Explanation, Line, total

NAMED = 3
"""Causes in a sentence."""
LISTED = 6
"""Causes in a small table."""
SEEN = 0.005
"""Points: what is less is 0.00 in a table, and has no row."""


@dataclass(frozen=True, slots=True)
class Explained:
    """One number that moved, and why."""

    explanation: Explanation
    target: int
    """Its place among the targets of the explanation."""
    reach: int
    """Its place among the reaches."""

    def points(self, *lines: Line) -> float:
        """What lines make of it together."""
        return total(lines, self.target, self.reach)

    @property
    def chance(self) -> Line | None:
        """The Monte-Carlo line; None where chance cannot be told apart."""
        return next(iter(self.explanation.of(CHANCE)), None)

    @property
    def largest(self) -> tuple[Line, ...]:
        """The lines that make most of it, but for chance: so many as a small table holds."""
        lines = [line for line in self.explanation.lines if line.cls != CHANCE and abs(self.points(line)) >= SEEN]
        return tuple(sorted(lines, key=lambda line: -abs(self.points(line)))[:LISTED])

    @property
    def others(self) -> float:
        """What all lines make together that are neither among the largest nor chance, in points."""
        shown = {id(line) for line in (*self.largest, self.chance)}
        return self.points(*(line for line in self.explanation.lines if id(line) not in shown))

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
