"""What a probability is called, and how much confidence a judgement deserves: edges and rules, no words.

The terms are those of ICD 203, Analytic Standards (Office of the Director of National Intelligence, 2015), which keeps
likelihood and confidence apart. Its bands share their edges; here an edge belongs to the band nearer to even, so that
the bands of p and 1 − p mirror each other. Below 1 % and above 99 % the outermost terms stay: no model knows better.
"""

from dataclasses import dataclass

BANDS: tuple[tuple[str, float, float], ...] = (
    ("almost_no_chance", 0.01, 0.05),
    ("very_unlikely", 0.05, 0.20),
    ("unlikely", 0.20, 0.45),
    ("roughly_even", 0.45, 0.55),
    ("likely", 0.55, 0.80),
    ("very_likely", 0.80, 0.95),
    ("almost_certain", 0.95, 0.99),
)
"""Term, lower and upper edge."""
WIDE = 0.20
"""A 90 % interval wider than this speaks against confidence."""
MOVED = 0.20
"""Judgements of documents that move the number by a larger share of it do."""
UNATTESTED_DAYS = 14
"""Events unattested for more days do."""
STALE_SHARE = 0.25
"""A larger share of stale indicators does."""
HIGH, MODERATE, LOW = "high", "moderate", "low"
MODERATE_UP_TO = 2
"""Grounds against; with more confidence is low, with none high."""


def band_of(p: float) -> str:
    """The term for a probability; an edge belongs to the term nearer to even."""
    for name, _, upper in BANDS[:3]:
        if p < upper:
            return name
    for name, lower, _ in BANDS[:3:-1]:
        if p > lower:
            return name
    return "roughly_even"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """The facts that confidence in the headline rests on.

    Attributes
    ----------
    width : of the 90 % interval, in probability
    history_only : the mean without the documents' judgements; None where it is not known
    moved : how far the documents move the number, as a share of it; None where it is not known
    unattested_days : days up to the as-of date for which no one has attested all types of events
    stale, indicators : how many are stale, of how many that are in use
    missed, bounds : how many bounds the backtest of the headline missed, of how many that were measured
    """

    width: float
    history_only: float | None
    moved: float | None
    unattested_days: int
    stale: int
    indicators: int
    missed: int
    bounds: int

    def against(self) -> tuple[str, ...]:
        """The names of the grounds that speak against confidence."""
        found = {
            "interval": self.width > WIDE,
            "documents": self.moved is None or self.moved > MOVED,
            "attested": self.unattested_days > UNATTESTED_DAYS,
            "stale": self.indicators == 0 or self.stale > STALE_SHARE * self.indicators,
            "backtest": self.bounds == 0 or self.missed > 0,
        }
        return tuple(name for name, speaks in found.items() if speaks)

    @property
    def confidence(self) -> str:
        """High where nothing speaks against it, moderate with one or two grounds, low with more."""
        count = len(self.against())
        return HIGH if count == 0 else MODERATE if count <= MODERATE_UP_TO else LOW


GROUNDS = ("interval", "documents", "attested", "stale", "backtest")
