"""The numbers of the shipped case's priors, year by year, and the file that holds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import hypot
from pathlib import Path

from benchmarks.reference.fit import Fit, Normal, fit_class
from benchmarks.reference.tables import Track, before, hash_tables, read_tracks

FILE = Path(__file__).resolve().parents[2] / "indicators" / "cases" / "us_dprk" / "priors.toml"
YEARS = range(1994, 2027)
"""From the first year that has a record of the case before it to the first that reads every row of the tables."""
FRAMING_SD = 0.4
"""Judgement: how far the case's rate may lie from its class because its subject is narrower than theirs."""
DURATION_SD = 0.2
"""Judgement: least standard deviation of γ. The fit has one γ for all dyads; this leaves the case room of its own."""
CHANGE = (1, 49)
"""Judgement: Beta prior of the probability that a meeting changes the framing of its spell."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the model is told of beginnings, before the record of the case speaks."""

    onset: Normal  # log rate per day at one year of silence
    duration: Normal  # γ, truncated at 0 by the model


def numbers(fit: Fit) -> Numbers:
    """Priors for one more dyad: the level's uncertainty, a frailty of its own, and the judgement on its subject."""
    return Numbers(
        Normal(fit.level.mean, hypot(fit.level.sd, fit.frailty, FRAMING_SD)),
        Normal(fit.duration.mean, max(fit.duration.sd, DURATION_SD)),
    )


def numbers_of(year: int, tracks: Sequence[Track]) -> Numbers:
    """The numbers a strict forecast of a year may know: from rows that ended before its 1 January."""
    return numbers(fit_class(before(tracks, date(year, 1, 1).toordinal())))


def write_priors(file: Path = FILE) -> None:
    """Write the file of the shipped case's priors from the shipped tables."""
    tracks = read_tracks()
    file.write_bytes(render({year: numbers_of(year, tracks) for year in YEARS}, hash_tables()).encode("utf-8"))


def render(years: dict[int, Numbers], tables: str) -> str:
    """The text of the file, numbers to three decimals."""
    return _HEAD.format(change=list(CHANGE), tables=tables) + "".join(_entry(*item) for item in years.items())


def _entry(year: int, found: Numbers) -> str:
    return f"\n[[reference.year]]\nyear = {year}\nonset = {_pair(found.onset)}\nduration = {_pair(found.duration)}\n"


def _pair(normal: Normal) -> str:
    return f"[{normal.mean:.3f}, {normal.sd:.3f}]"


_HEAD = """\
# Priors of beginnings and framings, from other dyads' talks (indicators/reference/).
# Written by `python -m benchmarks.reference --write`; what it means: docs/reference.md. Do not edit by hand.

[framing_change]
# Judgement, no count: within a spell a meeting is about what the one before it was about; one in fifty is not.
prior = {change}  # Beta: probability that a meeting changes the framing of its spell

[reporting]
# Judgement, no count: the record holds no lags of reporting. share: how much of what happens is ever reported;
# delay_days: after so many days half of that is. On days that somebody has looked at and nobody has attested, silence
# counts for share * (1 - 2^(-age/delay_days)).
talks = {{ share = 0.9, delay_days = 3 }}
contact = {{ share = 0.7, delay_days = 7 }}
deal = {{ share = 0.95, delay_days = 1 }}
crisis = {{ share = 0.95, delay_days = 1 }}

[reference]
# Means and standard deviations. onset: log rate of beginnings per day at one year of silence. duration: the power of
# silence by which that rate falls, truncated at 0. A year's numbers rest on rows that ended before its 1 January; which
# dyads and meetings are in the tables was decided in 2026.
# tables: SHA-256 of dyads.csv followed by talks.csv, byte by byte.
tables = "{tables}"
"""
