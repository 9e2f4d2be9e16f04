"""Numbers of an earlier model as a later one would have put them, so that a movement is of the world alone.

To what a run of the earlier structure said is added what the change of structure did to the last of them: for that one
it is exact, for those before it the nearest there is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import hypot

from db.read_schedule import ScheduledValue
from forecast.facts.alerts import Remodelled
from forecast.structures import FIRST, ModelChange, ModelLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """The structures of runs, and the changes between them, for one target within one horizon."""

    structures: Mapping[int, int]
    """By run; of those not named the first."""
    changes: tuple[ModelChange, ...]
    """Of the newest as-of date first."""
    target: str
    horizon_days: int

    def carry(self, values: Sequence[ScheduledValue], onto: int) -> tuple[ScheduledValue, ...]:
        """The values as the structure of the run `onto` would have put them, where that is known."""
        return tuple(found for value in values if (found := self._carried(value, self._structure(onto))) is not None)

    def remodelled(self, before: ScheduledValue, onto: int) -> Remodelled | None:
        """What the change of model did to a number that was carried; None to one that was not."""
        if before.said is None:
            return None
        old, new = self._structure(before.run_id), self._structure(onto)
        points = 100 * sum(line.new - line.old for line in self._steps(old, new))
        return Remodelled(before.run_id, old, new, points)

    def _structure(self, run_id: int) -> int:
        return self.structures.get(run_id, FIRST)

    def _carried(self, value: ScheduledValue, structure: int) -> ScheduledValue | None:
        if self._structure(value.run_id) == structure:
            return value
        steps = self._steps(self._structure(value.run_id), structure)
        if not steps:
            return None
        mean = value.mean + sum(line.new - line.old for line in steps)
        mcse = hypot(value.mcse, *(line.mcse for line in steps))
        return replace(value, mean=min(max(mean, 0.0), 1.0), mcse=mcse, said=value.mean)

    def _steps(self, old: int, new: int, passed: frozenset[int] = frozenset()) -> tuple[ModelLine, ...]:
        """The lines that lead from one structure to another, as few as there are; empty where one is missing."""
        onward = [one for one in self.changes if one.from_structure == old and one.to_structure not in passed]
        for change in sorted(onward, key=lambda one: one.to_structure != new):
            line = change.line(self.target, self.horizon_days)
            if line is None:
                continue
            if change.to_structure == new:
                return (line,)
            rest = self._steps(change.to_structure, new, passed | {old})
            if rest:
                return (line, *rest)
        return ()
