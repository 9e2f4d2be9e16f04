"""The one error of a case folder, raised once with every problem found."""

from collections.abc import Sequence

from db.errors import ParleyError


class CaseError(ParleyError):
    """A case folder, or evidence read with it, that cannot be used.

    Each problem is one line, "FILE: row N, column C: what is wrong with its value; what would be right"; the text of
    the error is all of them, the first one first.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self._problems = tuple(problems)
        super().__init__("\n".join(self._problems))

    def __reduce__(self) -> tuple[type["CaseError"], tuple[tuple[str, ...]]]:
        """Made anew from its problems where it crosses a process."""
        return type(self), (self._problems,)

    @property
    def problems(self) -> tuple[str, ...]:
        """Every problem found, the first one first."""
        return self._problems

    def summary(self) -> str:
        """One line: the first problem, and how many more there are."""
        others = len(self.problems) - 1
        return self.problems[0] if others <= 0 else f"{self.problems[0]} … and {others} more"
