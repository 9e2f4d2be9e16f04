"""What people ask of a run (saved scenarios) and what they were answered, as they go into the tables and come out.

`New…` holds what is asserted, the `…Row` read back is a `New…` with `id` and `recorded_at`; a scenario is corrected and
withdrawn like the facts of `db.rows`, though no run reads it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewScenario:
    """What somebody supposes, under a name that is the case's."""

    case_id: str
    name: str
    statements: tuple[Mapping[str, object], ...] = field(hash=False)
    """What is seen or set; JSON without NaN or infinity."""
    analyst: str
    known_on: date
    supersedes: int | None = None
    retracted: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioRow(NewScenario):
    id: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewScenarioAnswer:
    """What a version of a scenario does to the forecast of a run, and by which version of the model it was found."""

    case_id: str
    scenario_id: int
    """The version's."""
    run_id: int
    mode: str
    """see, do or both."""
    status: str
    """exact, reweighted or refitted."""
    pareto_k: float | None
    """Of the weights of draws; None where no draws were weighted, as is `ess`."""
    ess: float | None
    code_version: str
    model_version: str
    result: Mapping[str, object] = field(hash=False)
    """JSON without NaN or infinity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioAnswerRow(NewScenarioAnswer):
    id: int
    recorded_at: datetime
