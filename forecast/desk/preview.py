"""What can be said of an observation before it is stored: how surprising it is, and what it would count with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from db.rows import NewObservation, ObservationRow
from forecast.desk.doubts import disagreement_warning, duplicate_warning, named
from forecast.desk.duplicates import NEAR_DAYS, Duplicate, likely_duplicates
from forecast.engine.reading import Reading
from forecast.words.numbers import level_text
from indicators.disagreements import Disagreement, disagreements_with, standing_on
from indicators.evidence import SD_FLOOR
from indicators.likeness import address_key
from models.states import expect_observation

GREAT = 3.0
"""Standard deviations from which on a surprise asks for a second look."""


@dataclass(frozen=True, slots=True)
class Surprise:
    """What the filter expects of an observation, from what is known on its day, against what it says; in levels."""

    level: float
    expected: float
    sd: float
    """Of the observation: of the level and of the grade's error together."""

    @property
    def z(self) -> float:
        """How many standard deviations it lies above what is expected."""
        return (self.level - self.expected) / self.sd


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """An entry that may be stored, with what its analyst should see first."""

    entry: NewObservation
    indicator_name: str
    criterion: str
    """What its level means; empty where it lies between two levels."""
    surprise: Surprise | None
    """None before the indicator's first observation."""
    warnings: tuple[str, ...]
    duplicates: tuple[Duplicate, ...] = ()
    """Rows on file that may report the same, the likeliest first."""
    disagreements: tuple[Disagreement[NewObservation], ...] = ()
    """Codings of the same day or report that contradict each other, the entry among them."""

    @property
    def undecided(self) -> Duplicate | None:
        """The likeliest row that may report the same and counts beside the entry."""
        return next((one for one in self.duplicates if not one.counts_once), None)


def make_preview(before: Reading, entry: NewObservation) -> Preview:
    """Hold an entry against what is on file; a row that it will supersede must not be among it."""
    rows = before.rows
    place = next(i for i, row in enumerate(rows.catalogue) if row.indicator_id == entry.indicator_id)
    criteria = {float(each.level): each.criterion for each in rows.catalogue[place].levels}
    standing = list(standing_on(before.snapshot.near(entry, NEAR_DAYS), rows.as_of))
    duplicates = likely_duplicates(standing, entry)
    disagreements = disagreements_with([entry], standing)
    return Preview(
        entry=entry,
        indicator_name=rows.catalogue[place].name,
        criterion=criteria.get(entry.level, ""),
        surprise=_surprise(before, entry, place),
        warnings=(
            *map(duplicate_warning, duplicates),
            *map(disagreement_warning, disagreements),
            *_origin_warnings(standing, entry),
        ),
        duplicates=tuple(duplicates),
        disagreements=disagreements,
    )


def startling(before: Reading, entries: Sequence[NewObservation]) -> list[str]:
    """Of many entries those that a person should look at again: great surprises and what is on file, a line each."""
    rows = before.rows
    standing: dict[str, list[ObservationRow]] = {}
    for row in standing_on(rows.observations, rows.as_of):
        standing.setdefault(row.indicator_id, []).append(row)
    place = {row.indicator_id: i for i, row in enumerate(rows.catalogue)}
    out = []
    for entry in entries:
        name = f"{entry.indicator_id} {level_text(entry.level)} on {entry.observed_on} ({entry.source_title[:40]})"
        found = _surprise(before, entry, place[entry.indicator_id])
        if found is not None and abs(found.z) >= GREAT:
            out.append(f"{name}: expected {found.expected:+.2f} ± {found.sd:.2f} (sd), {abs(found.z):.1f} sd away")
        twins = likely_duplicates(standing.get(entry.indicator_id, ()), entry)
        out += [f"{name}: {duplicate_warning(twin)}" for twin in twins if twin.counts_once]
    return out


def _surprise(before: Reading, entry: NewObservation, place: int) -> Surprise | None:
    """The filter's forecast of the observation on the day it is known, from the rows known by then."""
    if before.solvable is None:
        return None
    known, catalogue = entry.known_on.toordinal(), before.solvable.problem.catalogue
    now = before.solvable.filtered.at(np.array([known]), np.array([float(known)]))
    if not now.active[0, place]:
        return None
    grade = (entry.reliability, entry.credibility)
    sd = next(
        (each.sd_levels for each in before.rows.grades if (each.reliability, each.credibility) == grade), SD_FLOOR
    )
    mean, variance = expect_observation(
        float(now.mean[0, place]),
        float(now.variance[0, place]),
        bool(catalogue.fades[place]),
        float(catalogue.half_life[place]),
        known - entry.observed_on.toordinal(),
        max(sd, SD_FLOOR) ** 2,
    )
    return Surprise(entry.level, mean, float(np.sqrt(variance)))


def _origin_warnings(standing: Sequence[ObservationRow], entry: NewObservation) -> Iterator[str]:
    """Other indicators fed by the same origin, and those fed by the same page without saying so."""
    others = [row for row in standing if row.indicator_id != entry.indicator_id]
    fed = sorted({row.indicator_id for row in others if entry.origin and row.origin == entry.origin})
    if fed:
        number = len(fed) + 1
        yield (
            f"origin {entry.origin!r} is already used for {', '.join(fed)}: one report now speaks for {number} "
            f"indicators, so its precision for each is divided by {number}"
        )
    linked = [row for row in others if entry.source_url and row.source_url and _one_page(row, entry)]
    apart = next((row for row in linked if not entry.origin or row.origin != entry.origin), None)
    if apart is not None:
        what = f"its origin, {apart.origin!r}" if apart.origin else f"--origin-of {apart.id}"
        yield f"the same URL is the source of {named(apart)}; if both are one piece of evidence, give {what}"


def _one_page(row: ObservationRow, entry: NewObservation) -> bool:
    """Of the rows of near days, which may be of one report, also those whose address is only written otherwise."""
    if row.source_url == entry.source_url:
        return True
    near = abs((row.observed_on - entry.observed_on).days) <= NEAR_DAYS
    return near and address_key(row.source_url) == address_key(entry.source_url)
