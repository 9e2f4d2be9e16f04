"""Explanations that are made up of what two runs said, to show without the engine that finds them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection

from db.read_runs import read_run, read_targets
from db.run_rows import TargetForecastRow
from forecast.facts.why import (
    CHANCE,
    DAYS,
    EVENT,
    EVENTS,
    LEARNING,
    NEW,
    OBSERVATION,
    SILENCE,
    TIME,
    Coded,
    End,
    Explanation,
    Foretold,
    Grid,
    Happened,
    Learning,
    Line,
    Passed,
    Reach,
    Subject,
)
from models.spec import TARGETS

SHARES = (0.1, -0.05, 0.35, 0.2, 0.02, -0.12, 0.45)
"""Of the change, by line; chance makes the rest."""
LEAST_CHANCE = 0.02
"""Points that chance is expected to make."""


def made_up(
    connection: Connection,
    before: int,
    after: int,
    *,
    headline: str = TARGETS[0],
    indicators: Sequence[str] = ("a", "b"),
) -> Explanation:
    """Lines of most classes whose points are shares of what two stored runs differ by; chance closes the sum."""
    first, last = (read_targets(connection, number) for number in (before, after))
    reaches = _common(first, last)
    ends = [
        End(
            run_id=number,
            as_of=read_run(connection, number).as_of,
            kind=read_run(connection, number).kind,
            mean=_grid(rows, reaches, "mean"),
            mcse=_grid(rows, reaches, "mcse"),
        )
        for number, rows in ((before, first), (after, last))
    ]
    change = tuple(
        tuple(100 * (new - old) for old, new in zip(*pair, strict=True))
        for pair in zip(ends[0].mean, ends[1].mean, strict=True)
    )
    lines = [
        replace(line, points=_times(share, change)) for share, line in zip(SHARES, _lines(indicators), strict=True)
    ]
    chance = Line(cls=CHANCE, kind=CHANCE, subject=Subject(), points=_times(1 - sum(SHARES), change))
    return Explanation(
        case_id=read_run(connection, after).case_id,
        headline=headline,
        targets=TARGETS,
        reaches=reaches,
        before=ends[0],
        after=ends[1],
        lines=(*lines, chance),
        expected_chance=tuple(tuple(LEAST_CHANCE for _ in row) for row in change),
        interaction=None,
        learning=Learning(pareto_k=0.1, ess=7000.0, pooled=8000),
        code_version="0.1.0",
        model_version="2" * 12,
    )


def _lines(indicators: Sequence[str]) -> tuple[Line, ...]:
    nothing: Grid = ((),)
    first, second = indicators[0], indicators[-1]
    about = Happened(
        event="contact-2026-09-26",
        type="contact",
        framing="none",
        started_on=date(2026, 9, 26),
        ended_on=date(2026, 9, 26),
        known_on=date(2026, 9, 26),
        source="Yonhap",
        venue="Beijing",
    )
    return (
        Line(cls=TIME, kind=DAYS, subject=Subject(), points=nothing, passed=Passed(days=20)),
        Line(cls=TIME, kind=SILENCE, subject=Subject(table="completeness"), points=nothing, passed=Passed(days=3)),
        _observed(first, 2.0, 31),
        _observed(second, -1.0, 32),
        Line(cls=EVENT, kind=NEW, subject=Subject(table="events", event=about.event), points=nothing, happened=about),
        Line(cls=LEARNING, kind=SILENCE, subject=Subject(), points=nothing),
        Line(cls=LEARNING, kind=EVENTS, subject=Subject(), points=nothing),
    )


def _observed(indicator: str, level: float, row: int) -> Line:
    coded = Coded(
        indicator=indicator,
        name=indicator,
        observed_on=date(2026, 9, 20),
        known_on=date(2026, 9, 21),
        level=level,
        publisher="Reuters",
        title="Talks",
        grade="B2",
        analyst="kim",
    )
    foretold = Foretold(previous=0.2, forecast=-0.3, forecast_sd=1.4, observed=level, level_change=1.1)
    subject = Subject(table="observations", rows=(row,), indicator=indicator)
    return Line(cls=OBSERVATION, kind=NEW, subject=subject, points=((),), coded=coded, foretold=foretold)


def _common(first: Sequence[TargetForecastRow], last: Sequence[TargetForecastRow]) -> tuple[Reach, ...]:
    known = {(row.horizon_days, row.deadline) for row in first}
    both = dict.fromkeys((row.horizon_days, row.deadline) for row in last)
    return tuple(Reach(*reach) for reach in both if reach in known)


def _grid(rows: Sequence[TargetForecastRow], reaches: Sequence[Reach], name: str) -> Grid:
    found = {(row.target, row.horizon_days, row.deadline): float(getattr(row, name)) for row in rows}
    return tuple(tuple(found[target, reach.horizon_days, reach.deadline] for reach in reaches) for target in TARGETS)


def _times(share: float, change: Grid) -> Grid:
    return tuple(tuple(share * one for one in row) for row in change)
