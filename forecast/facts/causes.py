"""The number of an explanation that a face shows, and how many of its causes fit there."""

from dataclasses import dataclass

from forecast.facts.why import CHANCE, Cause, Explanation, Line, main_reach, name_causes, place_of, total

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
    def named(self) -> tuple[Cause, ...]:
        """The causes that a sentence names, the largest first; none where nothing is larger than chance."""
        return name_causes(self.explanation, self.target, self.reach, NAMED)

    @property
    def chance(self) -> Line | None:
        """The Monte-Carlo line; None where chance cannot be told apart."""
        return next(iter(self.explanation.of(CHANCE)), None)

    @property
    def _causes(self) -> tuple[Line, ...]:
        """The lines but for chance, those that make most of it first."""
        lines = [line for line in self.explanation.lines if line.cls != CHANCE]
        return tuple(sorted(lines, key=lambda line: -abs(self.points(line))))

    @property
    def largest(self) -> tuple[Line, ...]:
        """The lines that make most of it: so many as a small table holds."""
        return tuple(line for line in self._causes[:LISTED] if abs(self.points(line)) >= SEEN)

    @property
    def others(self) -> tuple[Line, ...]:
        """The lines that are neither among the largest nor chance."""
        return self._causes[len(self.largest) :]

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
    reach = main_reach(explanation) if horizon_days is None else place_of(explanation, horizon_days)
    if reach is None or explanation.reaches[reach].horizon_days is None:
        return None
    return Explained(explanation, explanation.place, reach)
