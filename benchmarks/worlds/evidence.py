"""What a world shows: indicators moved by its regime, seen now and then through graded reports, and three documents."""

from dataclasses import dataclass

import numpy as np

from benchmarks.worlds.hidden import LAST_MEETING, ONSET_DAYS, Floats, History, Ints

SDS = {"A1": 0.3, "A2": 0.33, "B1": 0.35, "B2": 0.39, "B3": 0.47, "C2": 0.55, "C3": 0.68, "D3": 1.08, "F3": 0.7}
"""Standard deviation of a report's error by its Admiralty grade, in levels."""
GRADES = ("A1", "B2", "C3", "F3", "D3")
GRADE_SHARES = (0.2, 0.45, 0.2, 0.1, 0.05)
SHARED_ORIGIN = 0.1
"""Probability that a report speaks of a second indicator as well."""
REPEATED = 0.08
"""Probability that another source repeats a report some days later."""
HEAVIEST = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One indicator: how it moves with the regime, and how it is catalogued and watched."""

    id: str
    kind: str
    means: tuple[float, float, float]  # level it tends to in each regime
    sd: float  # of its own noise, in levels
    memory: float  # days in which a departure from the mean falls to 1/e
    half_life: float  # as catalogued, which need not be right
    cadence: float  # mean days between reports
    lag: int
    first_year: int
    contested: bool = False


INDICATORS = (
    Indicator(
        id="tone",
        kind="event",
        means=(-0.9, -0.1, 0.7),
        sd=0.8,
        memory=60,
        half_life=45,
        cadence=120,
        lag=30,
        first_year=1993,
    ),
    Indicator(
        id="mediation",
        kind="event",
        means=(-0.4, 0.2, 0.6),
        sd=0.9,
        memory=90,
        half_life=60,
        cadence=240,
        lag=30,
        first_year=1995,
    ),
    Indicator(
        id="restraint",
        kind="event",
        means=(-1.0, 0.0, 0.9),
        sd=0.8,
        memory=120,
        half_life=90,
        cadence=150,
        lag=0,
        first_year=1993,
    ),
    Indicator(
        id="posture",
        kind="state",
        means=(-1.0, -0.2, 1.0),
        sd=0.7,
        memory=250,
        half_life=180,
        cadence=180,
        lag=30,
        first_year=1993,
    ),
    Indicator(
        id="relief",
        kind="state",
        means=(-0.7, -0.3, 0.6),
        sd=0.7,
        memory=400,
        half_life=365,
        cadence=270,
        lag=30,
        first_year=1998,
    ),
    Indicator(
        id="neighbour",
        kind="state",
        means=(0.6, 0.0, -0.5),
        sd=0.8,
        memory=500,
        half_life=365,
        cadence=300,
        lag=0,
        first_year=1996,
        contested=True,
    ),
    Indicator(
        id="harvest",
        kind="state",
        means=(0.0, 0.0, 0.0),
        sd=1.0,
        memory=700,
        half_life=900,
        cadence=365,
        lag=0,
        first_year=1993,
    ),
    Indicator(
        id="press",
        kind="event",
        means=(0.0, 0.0, 0.0),
        sd=1.0,
        memory=30,
        half_life=30,
        cadence=150,
        lag=0,
        first_year=2004,
        contested=True,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One coded level; days are proleptic ordinals."""

    indicator: str
    observed: int
    known: int
    level: int
    source: str
    origin: str
    grade: str


@dataclass(frozen=True, slots=True)
class Document:
    """A text and the weights it gives, by indicator."""

    id: str
    published: int
    weights: dict[str, float]
    explicit: frozenset[str]


def simulate_levels(history: History, seed: int) -> Floats:
    """Latent levels, (day, indicator): each falls back to its regime's mean at its own pace, with noise of its own."""
    rng = np.random.default_rng([seed, 2])
    means = np.array([indicator.means for indicator in INDICATORS]).T[history.regime]
    keep = np.exp(-1 / np.array([indicator.memory for indicator in INDICATORS]))
    sd = np.array([indicator.sd for indicator in INDICATORS])
    noise = rng.standard_normal(means.shape) * sd * np.sqrt(1 - keep**2)
    level = means[0] + sd * rng.standard_normal(len(sd))
    out = np.empty_like(means)
    for day in range(len(out)):
        level = out[day] = means[day] + (level - means[day]) * keep + noise[day]
    return out


def simulate_reports(history: History, levels: Floats, first_days: Ints, seed: int) -> list[Report]:
    """Reports on every indicator from its first day to the end of the history, in order of the day observed."""
    rng = np.random.default_rng([seed, 3])
    last = history.first + len(levels) - 1
    out: list[Report] = []
    for i, first in enumerate(first_days):
        day = int(first + rng.gamma(1.5, 20))
        while day <= last:
            others = [j for j, begun in enumerate(first_days) if begun <= day and j != i]
            told = (i, int(rng.choice(others))) if others and rng.random() < SHARED_ORIGIN else (i,)
            out.extend(_reports(day, told, levels[day - history.first], f"{INDICATORS[i].id}-{day}", rng))
            day += 1 + int(rng.gamma(1.5, INDICATORS[i].cadence / 1.5))
    return sorted((row for row in out if row.known <= last), key=lambda row: (row.observed, row.indicator, row.source))


def _reports(day: int, told: tuple[int, ...], level: Floats, name: str, rng: np.random.Generator) -> list[Report]:
    """One report on one or two indicators, with one error for both, and perhaps its repetition by another source."""
    grade = str(rng.choice(GRADES, p=GRADE_SHARES))
    known = day + _delay(rng)
    error = SDS[grade] * rng.standard_normal()
    coded = {i: int(np.clip(np.rint(level[i] + error), -2, 2)) for i in told}
    repeated = rng.random() < REPEATED
    origin = name if len(told) > 1 or repeated or rng.random() < 0.5 else ""
    rows = [
        Report(
            indicator=INDICATORS[i].id,
            observed=day,
            known=known,
            level=coded[i],
            source=f"Report {name}",
            origin=origin,
            grade=grade,
        )
        for i in told
    ]
    if repeated:
        first = rows[0]
        later = known + int(rng.integers(1, 15))
        rows.append(
            Report(
                indicator=first.indicator,
                observed=day,
                known=later,
                level=first.level,
                source=f"Echo of {name}",
                origin=origin,
                grade="C3",
            )
        )
    return rows


def _delay(rng: np.random.Generator) -> int:
    """Days until a report is known: most at once, some weeks later."""
    return int(rng.integers(5, 60)) if rng.random() < 0.15 else int(rng.integers(0, 3))


def true_associations() -> dict[str, float]:
    """How much more likely talks are per level of each indicator: +1 for the strongest, signed, 0 for pure noise.

    Slope over regimes of the log rate of meetings (onset and going on) on the indicator's mean, times the share of the
    indicator's variance that the regime makes.
    """
    pull = -np.log(ONSET_DAYS) - np.log(LAST_MEETING)
    pull = pull - pull.mean()
    means = np.array([indicator.means for indicator in INDICATORS])
    spread = means - means.mean(axis=1, keepdims=True)
    slope = spread @ pull / ((spread**2).sum(axis=1) + 3 * np.array([i.sd for i in INDICATORS]) ** 2)
    return dict(zip((i.id for i in INDICATORS), (slope / np.abs(slope).max()).tolist(), strict=True))


def simulate_documents(published: Ints, seed: int) -> list[Document]:
    """Texts whose weights are the true associations with error; the last one has every sign wrong.

    Each is silent on an indicator with probability 1/4.
    """
    rng = np.random.default_rng([seed, 4])
    out = []
    for number, day in enumerate(published, start=1):
        sign = -1.0 if number == len(published) else 1.0
        weights = {}
        for name, association in true_associations().items():
            weight = HEAVIEST * sign * association + 0.7 * rng.standard_normal()
            if rng.random() < 0.75:
                weights[name] = float(np.clip(np.rint(2 * weight) / 2, -HEAVIEST, HEAVIEST))
        explicit = frozenset(name for name in weights if rng.random() < 0.6)
        out.append(Document(f"text-{number}", int(day), weights, explicit))
    return out
