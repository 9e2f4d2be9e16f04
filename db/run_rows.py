"""What the engine makes, as it goes into the tables and comes out: runs and what they said, evaluations, the ledger.

`New…` holds what is asserted, the `…Row` read back is a `New…` with `id` and `recorded_at`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """One update: as-of date, what went in, and where the case stood."""

    case_id: str
    kind: str
    """official, manual, backfill or provisional."""
    as_of: date
    as_recorded: datetime | None
    seed: int
    inputs_hash: str
    case_hash: str
    code_version: str
    versions: Mapping[str, str] = field(hash=False)
    posterior_hash: str | None
    dry: bool
    days_since_talks: int | None
    complete_through: date
    p_dry_now: float | None
    """P(still dry on the as-of date), None where the run failed before it was known."""
    positions: Mapping[str, int] | None = field(default=None, hash=False)
    """Of each table it read the last row there was, by name; None in runs of before these were kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow(NewRun):
    id: int
    recorded_at: datetime
    issued_at: datetime
    """`recorded_at`, but never before that of an earlier run: what a clock that was set back says cannot be."""
    status: str | None
    """started, published, rejected or failed: the newest; None if none was ever recorded."""
    status_at: datetime | None
    """When it was recorded, but never before an earlier status of any run."""
    detail: Mapping[str, object] = field(hash=False)
    """Diagnostics and messages that came with the status."""
    thinned_hash: str | None = None
    """The file that stands for its posterior since that was thinned; None where it is whole."""
    thinned_at: datetime | None = None
    thinned_by: str | None = None
    """The rule by which it was."""

    @property
    def file_hash(self) -> str | None:
        """The file of its posterior that is there now."""
        return self.thinned_hash or self.posterior_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetForecastRow:
    """Probability, with its interval, of at least one event within `horizon_days` or by `deadline`; one is set."""

    target: str
    horizon_days: int | None
    deadline: date | None
    mean: float
    mcse: float
    q05: float
    q25: float
    q50: float
    q75: float
    q95: float
    base_rate: float | None = None
    documents_only: float | None = None
    history_only: float | None = None


@dataclass(frozen=True, slots=True)
class ScenarioForecastRow:
    """Probability of one scenario within `horizon_days` or by `deadline`; one of them is set."""

    scenario: str
    horizon_days: int | None
    deadline: date | None
    probability: float


@dataclass(frozen=True, slots=True)
class IndicatorStateRow:
    """Filtered level of one indicator on the as-of date; inactive before its first observation."""

    indicator_id: str
    mean: float
    sd: float
    active: bool
    last_observed_on: date | None


@dataclass(frozen=True, slots=True)
class EffectRow:
    """Effect of one indicator on one target by one source: orientation, documents, history or posterior."""

    target: str
    indicator_id: str
    source: str
    mean: float
    sd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvaluation:
    """What a backtest or a check found, and the case, inputs and code for which it holds."""

    case_id: str
    kind: str
    """backtest or check."""
    as_of: date
    """The truth date: what was known when it was made."""
    code_version: str
    model_version: str
    """Hash of the sources on which the numbers depend."""
    case_hash: str
    inputs_hash: str
    settings: Mapping[str, object] = field(hash=False)
    """What was asked for; JSON without NaN or infinity, as is `result`."""
    result: Mapping[str, object] = field(hash=False)
    file_hash: str | None = None
    """A file among the posteriors: the arrays of a backtest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRow(NewEvaluation):
    id: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExplanation:
    """What made the difference between two runs, and by which version of the model it was found."""

    case_id: str
    before_run_id: int
    run_id: int
    path: str
    """direct or daily."""
    method: str
    code_version: str
    model_version: str
    inputs_hash_before: str
    inputs_hash: str
    result: Mapping[str, object] = field(hash=False)
    """JSON without NaN or infinity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplanationRow(NewExplanation):
    id: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAttempt:
    """One try to make the run scheduled for a day, or the word that there will be none."""

    case_id: str
    scheduled_for: date
    scheduled_at: datetime
    as_of: date
    kind: str
    """official, or backfill for a day that was over."""
    holder: str
    started_at: datetime
    ended_at: datetime
    wall_s: float
    outcome: str
    """published, rejected, failed or skipped."""
    run_id: int | None
    code_version: str
    versions: Mapping[str, str] = field(hash=False)
    diagnostics: Mapping[str, object] = field(hash=False)
    error: str
    """The first line of what went wrong."""
    log: str
    """The file with the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow(NewAttempt):
    id: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAlert:
    """Something worth telling, once per rule and subject."""

    case_id: str
    rule: str
    subject: str
    run_id: int | None
    title: str
    body: str
    facts: Mapping[str, object] = field(hash=False)
    """What was compared with what; JSON without NaN or infinity."""
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow(NewAlert):
    id: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A try to send an alert by a channel."""

    alert_id: int
    channel: str
    outcome: str
    """sent, failed (it is tried again) or abandoned."""
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow(NewDelivery):
    id: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReport:
    """A brief that was written."""

    case_id: str
    run_id: int
    since_run_id: int | None
    """The run it compares with; None for the first."""
    language: str
    """en or ja."""
    format: str
    """html or md."""
    sha256: str
    """Of the file."""
    code_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow(NewReport):
    id: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRow:
    """Who makes the scheduled runs of a case."""

    name: str
    holder: str
    since: datetime
    beat_at: datetime
    ttl_s: float
    working_on: date | None
    working_since: datetime | None

    def is_alive(self, now: datetime) -> bool:
        """Whether the last beat is near: also one from the future is not, where a clock has been set back."""
        return abs((now - self.beat_at).total_seconds()) < self.ttl_s


@dataclass(frozen=True, slots=True)
class NewRunName:
    """A name that somebody gave to a run, whose posterior is then kept whole."""

    run_id: int
    name: str
    analyst: str


@dataclass(frozen=True, slots=True)
class NewThinning:
    """A posterior of which some draws are kept from now on."""

    run_id: int
    old_hash: str
    new_hash: str
    rule: str
    """Why: what is kept whole, and how many draws of the others."""
