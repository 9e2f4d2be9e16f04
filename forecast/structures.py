"""Which structure of the model made a run, and by how much a change of structure moved its numbers.

Forecasts of different structures are never joined. The number of a structure alone says whether two are the same:
sources and versions change for many reasons that leave the numbers as they are.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from db.run_rows import RunRow

FIRST = 1
"""Of runs that were stored before structures were numbered."""


def present_structure() -> int:
    """The structure that this program forecasts with."""
    from models import processes  # with NumPy, which rows that are only written out do not wait for

    return processes.STRUCTURE


def structure_in(detail: Mapping[str, object]) -> int:
    """The structure named in what was stored with a run."""
    found = detail.get("structure")
    return found if isinstance(found, int) else FIRST


def structure_of(run: RunRow) -> int:
    """The structure that made a run; a provisional run has that of the full run it rests on."""
    return structure_in(run.detail)


def is_present(run: RunRow) -> bool:
    """Whether a run was made by the structure that this program forecasts with."""
    return structure_of(run) == present_structure()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLine:
    """A target at one horizon, for the same rows and as-of date by two structures."""

    target: str
    horizon_days: int | None
    deadline: date | None
    old: float
    """As it was published."""
    new: float
    mcse: float
    """Monte-Carlo error of the new number."""

    @property
    def points(self) -> float:
        """What the model alone moved it by, in points of a hundred."""
        return 100 * (self.new - self.old)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChange:
    """What the present structure says of the rows that an earlier run by another one had read."""

    from_run: int
    from_structure: int
    to_structure: int
    lines: tuple[ModelLine, ...] = ()
    """Empty where those rows gave no sound fit."""
    lacking: str = ""
    """Why there are no lines."""

    def line(self, target: str, horizon_days: int | None, deadline: date | None = None) -> ModelLine | None:
        """The line of one target and horizon; None where the earlier run did not forecast it."""
        asked = (target, horizon_days, deadline)
        return next((one for one in self.lines if (one.target, one.horizon_days, one.deadline) == asked), None)


def change_as_json(change: ModelChange) -> dict[str, Any]:
    """As it is stored and printed; dates as text."""
    found = asdict(change)
    found["lines"] = [
        asdict(line) | {"deadline": line.deadline.isoformat() if line.deadline else None, "points": line.points}
        for line in change.lines
    ]
    return found


def change_of(detail: Mapping[str, object]) -> ModelChange | None:
    """The change of structure that was stored with a run; None where it came after one of its own structure."""
    found: Any = detail.get("model_change")
    if not found:
        return None
    return ModelChange(**{**found, "lines": tuple(map(_line, found["lines"]))})


def _line(found: Mapping[str, Any]) -> ModelLine:
    values = {name: value for name, value in found.items() if name != "points"}
    deadline = found["deadline"]
    return ModelLine(**{**values, "deadline": date.fromisoformat(deadline) if deadline else None})


def lines_of_headline(change: ModelChange, headline: str) -> tuple[ModelLine, ...]:
    """Those of the headline: rolling horizons from short to long, then deadlines."""
    mine = [line for line in change.lines if line.target == headline]
    return tuple(sorted(mine, key=lambda line: (line.deadline is not None, line.horizon_days or 0)))
