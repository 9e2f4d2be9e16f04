"""What is supposed, by name, and what it was answered; as it goes into the tables and comes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewScenario:
    """A version of a scenario; a later one supersedes it, and a retracted one is gone from its `known_on` on."""

    case_id: str
    name: str
    statements: tuple[Mapping[str, object], ...] = field(hash=False)
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
    """What a version of a scenario was answered by the posterior of a run."""

    case_id: str
    scenario_id: int
    run_id: int
    mode: str
    """see, do or both."""
    status: str
    """exact, reweighted or refitted."""
    pareto_k: float | None
    ess: float | None
    code_version: str
    model_version: str
    result: Mapping[str, object] = field(hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioAnswerRow(NewScenarioAnswer):
    id: int
    recorded_at: datetime
