"""The indicators of a brief: their levels, what to watch, how far events are attested, and the sources behind them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import exp

from sqlalchemy import Connection

from db.read import read_completeness, read_documents, read_observations
from db.read_runs import read_effects
from db.rows import IndicatorRow, ObservationRow
from db.run_rows import EffectRow, IndicatorStateRow, RunRow
from db.when import When
from forecast.brief.bands import UNATTESTED_DAYS
from forecast.run_facts import is_stale
from indicators.content import EVENT_TYPES

WATCHED = 3
FAVOURS, HINDERS = 2, -2
"""Levels whose criteria say what would move the forecast."""
MEETINGS = ("arms_control_talks", "denuclearisation_talks")
"""Targets with effects of their own that lie within talks on limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A filtered level on the as-of date, and how old what it rests on is."""

    indicator_id: str
    name: str
    mean: float
    sd: float
    active: bool
    last_observed_on: date | None
    days: int | None
    cadence_days: float
    stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """An indicator whose present uncertainty matters for the headline.

    `effect` is the posterior mean, in log rate per level; `swing` how much one sd of the level moves the rate, as a
    share of it: exp(|effect| · sd) − 1.
    """

    indicator_id: str
    name: str
    question: str
    mean: float
    sd: float
    effect: float
    swing: float
    favours: str
    hinders: str


@dataclass(frozen=True, slots=True)
class Attested:
    """How far the events of a type are attested; None where no one has."""

    type: str
    through: date | None
    days_ago: int | None
    behind: bool


@dataclass(frozen=True, slots=True)
class Cited:
    """A document, graded by how directly it speaks of the case."""

    document_id: str
    author: str
    title: str
    published_on: date
    directness: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The latest observation behind a present level."""

    indicator_id: str
    name: str
    row_id: int
    observed_on: date
    level: float
    grade: str
    title: str
    publisher: str


def levels_of(states: Iterable[IndicatorStateRow], catalogue: Sequence[IndicatorRow], as_of: date) -> tuple[Level, ...]:
    """The levels of a run, in the order of the catalogue."""
    known = {row.indicator_id: row for row in states}
    return tuple(_level(row, known[row.indicator_id], as_of) for row in catalogue if row.indicator_id in known)


def _level(row: IndicatorRow, state: IndicatorStateRow, as_of: date) -> Level:
    days = (as_of - state.last_observed_on).days if state.last_observed_on else None
    return Level(
        indicator_id=row.indicator_id,
        name=row.name,
        mean=state.mean,
        sd=state.sd,
        active=state.active,
        last_observed_on=state.last_observed_on,
        days=days,
        cadence_days=row.expected_cadence_days,
        stale=is_stale(days, row.expected_cadence_days),
    )


def read_watched(
    connection: Connection, run: RunRow, levels: Iterable[Level], catalogue: Sequence[IndicatorRow], headline: str
) -> tuple[Watched, ...]:
    """The indicators whose level is both uncertain and of consequence, the weightiest first."""
    effect = _effects(read_effects(connection, run.id), headline)
    known = {row.indicator_id: row for row in catalogue}
    pairs = [(level, effect[level.indicator_id]) for level in levels if level.active and level.indicator_id in effect]
    pairs.sort(key=lambda pair: -abs(pair[1]) * pair[0].sd)
    return tuple(_watched(known[level.indicator_id], level, beta) for level, beta in pairs[:WATCHED])


def _effects(rows: Iterable[EffectRow], headline: str) -> dict[str, float]:
    """Posterior effect on the headline by indicator; talks of any framing have the mean of both framings'."""
    posterior = [row for row in rows if row.source == "posterior"]
    targets = [headline] if any(row.target == headline for row in posterior) else MEETINGS
    found: dict[str, float] = {}
    for row in posterior:
        if row.target in targets:
            found[row.indicator_id] = found.get(row.indicator_id, 0.0) + row.mean / len(targets)
    return found


def _watched(row: IndicatorRow, level: Level, effect: float) -> Watched:
    criteria = {one.level: one.criterion for one in row.levels}
    return Watched(
        indicator_id=row.indicator_id,
        name=row.name,
        question=row.question,
        mean=level.mean,
        sd=level.sd,
        effect=effect,
        swing=exp(abs(effect) * level.sd) - 1,
        favours=criteria.get(FAVOURS, ""),
        hinders=criteria.get(HINDERS, ""),
    )


def read_attested(connection: Connection, case_id: str, when: When) -> tuple[Attested, ...]:
    """How far each type of event was attested when the run read its rows, the furthest behind first."""
    through: dict[str, date] = {}
    for row in read_completeness(connection, case_id, when):
        if row.complete_from <= when.as_of:
            through[row.type] = min(row.complete_through, when.as_of)
    found = (_attested(kind, through.get(kind), when.as_of) for kind in EVENT_TYPES)
    return tuple(sorted(found, key=lambda one: one.through or date.min))


def _attested(kind: str, through: date | None, as_of: date) -> Attested:
    days = (as_of - through).days if through else None
    return Attested(kind, through, days, days is None or days > UNATTESTED_DAYS)


def read_cited(connection: Connection, case_id: str, when: When) -> tuple[Cited, ...]:
    """The documents the run could know, oldest first."""
    rows = read_documents(connection, case_id, when)
    found = (Cited(row.document_id, row.author, row.title, row.published_on, row.directness) for row in rows)
    return tuple(sorted(found, key=lambda one: (one.published_on, one.document_id)))


def read_sources(
    connection: Connection, case_id: str, when: When, catalogue: Sequence[IndicatorRow]
) -> tuple[Source, ...]:
    """The latest observation of each indicator that the run could know, in the order of the catalogue."""
    newest: dict[str, ObservationRow] = {}
    for row in read_observations(connection, case_id, when):
        standing = row.valid_until is None or row.valid_until > when.as_of
        last = newest.get(row.indicator_id)
        if standing and (last is None or (row.observed_on, row.known_on) >= (last.observed_on, last.known_on)):
            newest[row.indicator_id] = row
    found = ((one.name, newest[one.indicator_id]) for one in catalogue if one.indicator_id in newest)
    return tuple(_source(name, row) for name, row in found)


def _source(name: str, row: ObservationRow) -> Source:
    grade = f"{row.reliability}{row.credibility}"
    return Source(
        indicator_id=row.indicator_id,
        name=name,
        row_id=row.id,
        observed_on=row.observed_on,
        level=row.level,
        grade=grade,
        title=row.source_title,
        publisher=row.source_publisher,
    )
