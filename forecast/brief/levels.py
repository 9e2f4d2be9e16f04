"""The indicators of a brief: their levels, what to watch, how far events are attested, and the sources behind them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from math import exp, hypot, log

from sqlalchemy import Connection

from db.read import read_completeness, read_documents, read_observations
from db.read_runs import read_effects
from db.rows import IndicatorRow, ObservationRow
from db.run_rows import EffectRow, IndicatorStateRow, RunRow, TargetForecastRow
from db.when import When
from forecast.facts.bands import UNATTESTED_DAYS
from forecast.facts.entries import Contradiction
from forecast.facts.levels import Attested, Cited, Differing, Level, Source, Watched
from forecast.facts.reasons import share_taught
from forecast.record.codings import contradictions
from forecast.run_facts import is_stale
from indicators.content import EVENT_TYPES
from indicators.disagreements import standing_on

WATCHED = 3
SOURCES_OF_DAY = 4
"""Observations of one indicator and day that are cited."""
FAVOURS, HINDERS = 2, -2
"""Levels whose criteria say what would move the forecast."""
HIGHEST = 2
"""No level lies above."""
NINETY = 1.645
"""Standard deviations to each side of a normal mean that hold 90 %."""
MEETINGS = ("arms_control_talks", "denuclearisation_talks")
"""Targets with effects of their own that lie within talks on limits."""


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
    connection: Connection,
    run: RunRow,
    levels: Iterable[Level],
    catalogue: Sequence[IndicatorRow],
    headline: TargetForecastRow,
) -> tuple[Watched, ...]:
    """The indicators whose level is both uncertain and of consequence for the headline, the weightiest first."""
    rows = read_effects(connection, run.id)
    effect, before = (_effects(rows, headline.target, source) for source in ("posterior", "documents"))
    known = {row.indicator_id: row for row in catalogue}
    found = [
        replace(
            _watched(known[level.indicator_id], level, effect[level.indicator_id], headline, run.dry),
            taught=share_taught(before.get(level.indicator_id, (0.0, 0.0))[1], effect[level.indicator_id][1]),
        )
        for level in levels
        if level.active and level.indicator_id in effect
    ]
    return tuple(sorted(found, key=lambda one: -abs(one.change) * one.sd)[:WATCHED])


def _effects(rows: Iterable[EffectRow], headline: str, source: str) -> dict[str, tuple[float, float]]:
    """Effect on the headline by indicator, and its sd; talks of any framing have both framings' mean."""
    posterior = [row for row in rows if row.source == source]
    targets = [headline] if any(row.target == headline for row in posterior) else MEETINGS
    found: dict[str, tuple[float, float]] = {}
    for row in posterior:
        if row.target in targets:
            mean, sd = found.get(row.indicator_id, (0.0, 0.0))
            found[row.indicator_id] = mean + row.mean / len(targets), hypot(sd, row.sd / len(targets))
    return found


def _watched(
    row: IndicatorRow, level: Level, effect: tuple[float, float], headline: TargetForecastRow, dry: bool
) -> Watched:
    criteria = {one.level: one.criterion for one in row.levels}
    (beta, error), step = effect, -1 if level.mean > HIGHEST - 1 else 1
    return Watched(
        indicator_id=row.indicator_id,
        name=row.name,
        question=row.question,
        mean=level.mean,
        sd=level.sd,
        effect=beta,
        taught=None,
        swing=exp(abs(beta) * level.sd) - 1,
        favours=criteria.get(FAVOURS, ""),
        hinders=criteria.get(HINDERS, ""),
        step=step,
        change=_change(headline, step * beta * standing(row, headline.horizon_days or 0)),
        certain=abs(beta) > NINETY * error,
        horizon_days=headline.horizon_days or 0,
        now=headline.mean,
        at_most=not dry and headline.target != "deal",
    )


def _change(headline: TargetForecastRow, shift: float) -> float:
    """About how much a probability p moves when the log rate behind it shifts by b over its window.

    A rate H = −log(1 − p) over the window becomes H·exp(b), so that p moves by (1 − p) − (1 − p)^exp(b), which is about
    −(1 − p)·log(1 − p)·b. The mean of the forecasts by single draws moves by somewhat less. Of a deal b is in log odds:
    p moves by about p·(exp(b) − 1), for its odds at a meeting are small.
    """
    p = headline.mean
    if headline.target == "deal":
        return min(p * exp(shift), 1.0) - p
    rest: float = (1 - p) - (1 - p) ** exp(shift)
    return rest


def standing(row: IndicatorRow, days: int) -> float:
    """The share of a level that stands on average through so many days: all of a state's, of an event's what is left.

    With half-life τ the mean of 2^(−t/τ) over h days is τ / (h·log 2) · (1 − 2^(−h/τ)).
    """
    if row.kind != "event" or days <= 0:
        return 1.0
    spent = days / row.half_life_days
    return (1 - 2**-spent) / (spent * log(2))


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
    """The latest observations of each indicator that the run could know, in the order of the catalogue.

    All of the last day, the highest level first; of very many those at both ends.
    """
    newest: dict[str, list[ObservationRow]] = {}
    for row in standing_on(read_observations(connection, case_id, when), when.as_of):
        last = newest.setdefault(row.indicator_id, [row])
        if row.observed_on > last[0].observed_on:
            newest[row.indicator_id] = [row]
        elif row.observed_on == last[0].observed_on and row is not last[0]:
            last.append(row)
    return tuple(
        _source(one.name, row, len(newest[one.indicator_id]))
        for one in catalogue
        if one.indicator_id in newest
        for row in _ends(sorted(newest[one.indicator_id], key=lambda row: (-row.level, row.analyst, row.row_key)))
    )


def _ends(rows: list[ObservationRow]) -> list[ObservationRow]:
    half = SOURCES_OF_DAY // 2
    return rows if len(rows) <= SOURCES_OF_DAY else rows[:half] + rows[-half:]


def read_differing(
    connection: Connection, case_id: str, when: When, catalogue: Sequence[IndicatorRow]
) -> tuple[Differing, ...]:
    """What contradicts itself among the codings of the catalogue's indicators, the newest day first."""
    names = {one.indicator_id: one.name for one in catalogue}
    found = contradictions(standing_on(read_observations(connection, case_id, when), when.as_of))
    return tuple(_differing(one, names[one.indicator]) for one in found if one.indicator in names)


def _differing(found: Contradiction, name: str) -> Differing:
    return Differing(
        indicator_id=found.indicator,
        name=name,
        first_on=found.first_on,
        last_on=found.last_on,
        origin=found.origin,
        levels_apart=found.levels_apart,
        codings=found.codings,
    )


def _source(name: str, row: ObservationRow, of_day: int) -> Source:
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
        analyst=row.analyst,
        of_day=of_day,
    )
