"""What every language says of why a forecast moved."""

from typing import Protocol

from forecast.facts.why import Explanation, Line


class WhyWords(Protocol):
    """Places are those of a target and a reach in the explanation."""

    def title(self, found: Explanation, target: int, reach: int) -> str:
        """From what to what, and by how much, without a full stop."""

    def sentences(self, found: Explanation, target: int, reach: int) -> list[str]:
        """What an analyst would say aloud: what moved it most, what a meeting of another framing did, and chance."""

    def class_label(self, cls: str) -> str:
        """The head of the lines of a class."""

    def line_label(self, line: Line) -> str:
        """What a line is of: all there is to know of it in one line."""

    def cause(self, line: Line) -> str:
        """The same as short as it can be said."""

    def causes(self, found: Explanation, target: int, reach: int, number: int = 3) -> str:
        """From what to what, and the causes with their points; that chance made it, where nothing else is larger."""

    def since(self, found: Explanation, target: int, reach: int) -> str:
        """The same as a sentence, with the day of the earlier run and the command for all of it."""

    def limits(self, found: Explanation) -> list[str]:
        """What could not be told apart and why, with the way out where there is one."""

    def label(self, name: str) -> str:
        """A word of tables and pictures: before, after, points, expected, said, surprise, moved, others, chance."""
