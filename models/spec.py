"""What the mathematics is told: frozen specifications, in arrays, that carry no names of tables or files.

Days are proleptic ordinals (``datetime.date.toordinal``), so that dates subtract. A day *t* is the interval [t, t+1).
"""

import datetime
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FRAMINGS = ("arms_control", "denuclearisation")
TARGETS = ("arms_control_talks", "denuclearisation_talks", "limits_talks", "contact", "crisis", "deal")
EFFECT_TARGETS = tuple(target for target in TARGETS if target != "limits_talks")
"""What indicators have effects on; talks of any framing follow from those of each."""
SCENARIOS = ("S0", "S1", "S2", "S3", "S4", "S5")
FOREVER = datetime.date.max.toordinal()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The indicators, which give the parameters their shapes. All arrays have shape (indicator,)."""

    names: tuple[str, ...]
    fades: Bools  # True: an `event` indicator, whose mean decays to neutral; False: a `state`, whose mean holds
    half_life: Floats  # days
    lag: Ints  # days by which it enters continuation

    @property
    def size(self) -> int:
        return len(self.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observations:
    """Effective observations, shape (row,): one per indicator and origin.

    A row acts on the states of the days ``since`` <= t < ``until``; within them it enters on day ``entered``.
    """

    indicator: Ints
    observed: Ints
    entered: Ints
    since: Ints
    until: Ints  # FOREVER where nothing has replaced the row
    level: Floats
    variance: Floats  # levels squared


@dataclass(frozen=True, slots=True)
class Meetings:
    """Talks on limits in order of their first day, shape (meeting,)."""

    started: Ints
    ended: Ints
    framing: Ints  # index into FRAMINGS
    deal: Bools  # whether a limited deal marks this meeting


@dataclass(frozen=True, slots=True)
class Span:
    """The days, both included, over which a type of event is attested complete; empty when last < first."""

    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is known to have happened as of the forecast date."""

    meetings: Meetings
    contacts: Ints  # first days, sorted
    crises: Ints
    talks_span: Span
    contact_span: Span
    crisis_span: Span
    deal_span: Span


@dataclass(frozen=True, slots=True)
class Reports:
    """How much would be on file of what happened on the days after those attested of a type, up to the as-of date."""

    share: Floats  # (day,) 0 where nobody has looked
    teaches: Bools  # (day,) whether what is on file speaks for the rate of the type; if not, it is kept and no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What is held of the days after those attested; those of deals begin where those of talks do."""

    talks: Reports
    deal: Reports
    """Of deals that mark a meeting, by the day on which it began."""
    contact: Reports
    crisis: Reports


@dataclass(frozen=True, slots=True)
class Calendar:
    """The calendar of the case: it fixes shapes, never the as-of date or the rows."""

    record_from: int
    knots_until: int
    dry_after: int  # days


@dataclass(frozen=True, slots=True)
class Judgements:
    """What the documents say, shape (judgement,): weights in units of the documents' scale."""

    document: Ints
    indicator: Ints
    target: Ints  # index into EFFECT_TARGETS
    weight: Floats
    explicit: Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What is expected of beginnings and of framings before the record speaks; the defaults of a case without a
    reference class of other subjects."""

    onset: tuple[float, float] = (-6.09, 0.65)
    """Normal: log rate of beginnings per day at one year of silence; 1/441 a day."""
    duration: tuple[float, float] = (0.4, 0.2)
    """Normal, truncated at 0: the power of silence by which that rate falls."""
    change: tuple[float, float] = (1.0, 49.0)
    """Beta: probability that a meeting changes the framing of its spell."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """A window (as of, last]: rolling by days, or up to a deadline."""

    days: int
    deadline: int | None = None  # ordinal, when the horizon is a deadline of the case


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Everything a forecast as of one day is made from."""

    as_of: int
    catalogue: Catalogue
    calendar: Calendar
    observations: Observations
    judgements: Judgements
    record: Record
    horizons: tuple[Horizon, ...]
    reference: Reference = Reference()
    looked: Looked | None = field(default=None, metadata={"added": True})
    """None where nothing after the attested days is held to be complete in part: what is on file of them is kept."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Probabilities as of one day, of a model or a baseline."""

    targets: Floats  # (target, horizon), in the order of TARGETS
    scenarios: Floats  # (scenario, horizon), in the order of SCENARIOS; sums to 1 over scenarios
    pareto_k: float = float("nan")  # of the reweighting it rests on; nan where it was fitted as of the day
