"""Explanations made by hand: a line of every class and kind, with numbers that add up."""

import random
from dataclasses import replace
from datetime import date

from forecast.facts.why import (
    ALL,
    CASE,
    CHANCE,
    CODE,
    CORRECTION,
    DAYS,
    DOCUMENT,
    EVENT,
    FADING,
    LATE,
    LEARNING,
    MODEL,
    NEW,
    OBSERVATION,
    OPEN,
    REST,
    RETRACTED,
    REVISED,
    REVISED_SINCE,
    SILENCE,
    TAUGHT_BY,
    TIME,
    VERSION,
    WITHDRAWN,
    Attested,
    Coded,
    End,
    Explanation,
    Foretold,
    Grid,
    Happened,
    Learning,
    Line,
    Passed,
    Published,
    Reach,
    Subject,
    added,
)
from models.spec import TARGETS

_LEARNT = Learning(pareto_k=0.2, ess=7300.5, pooled=8000)
REACHES = (Reach(30, None), Reach(365, None), Reach(None, date(2029, 1, 20)))


def made_up(
    *,
    case_id: str = "toy",
    runs: tuple[int, int] = (3, 8),
    days: tuple[date, date] = (date(2019, 11, 30), date(2019, 12, 31)),
    headline: str = "arms_control_talks",
    seed: int = 1,
    lines: tuple[Line, ...] | None = None,
    lacking: tuple[str, ...] = (),
) -> Explanation:
    """One whose lines add up; with every class and kind unless other lines are given."""
    rng = random.Random(seed)
    told = every_line(rng) if lines is None else lines
    before = _grid(rng, 0.1, 0.4)
    whole = added(line.points for line in told)
    after = tuple(tuple(p + d / 100 for p, d in zip(x, y, strict=True)) for x, y in zip(before, whole, strict=True))
    told_apart = not lacking
    return Explanation(
        case_id=case_id,
        headline=headline,
        targets=TARGETS,
        reaches=REACHES,
        before=End(run_id=runs[0], as_of=days[0], kind="official", mean=before, mcse=_grid(rng, 0.001, 0.002)),
        after=End(run_id=runs[1], as_of=days[1], kind="official", mean=after, mcse=_grid(rng, 0.001, 0.002)),
        lines=told,
        expected_chance=_grid(rng, 0.1, 0.2) if told_apart else None,
        interaction=_grid(rng, -0.1, 0.1) if told_apart else None,
        learning=_LEARNT if told_apart else Learning(pareto_k=float("nan"), ess=float("nan"), pooled=0),
        lacking=lacking,
        orders=12,
        code_version="0.1.0+toy",
        model_version="a" * 8,
    )


def _grid(rng: random.Random, low: float, high: float) -> Grid:
    return tuple(tuple(rng.uniform(low, high) for _ in REACHES) for _ in TARGETS)


def line(rng: random.Random, cls: str, kind: str, **facts: object) -> Line:
    """A line with numbers of its own."""
    made = Line(cls=cls, kind=kind, subject=Subject(), points=_grid(rng, -0.9, 0.9), log_odds=_grid(rng, -0.1, 0.1))
    return replace(made, **facts)  # type: ignore[arg-type]


def coded(indicator: str, level: float, **facts: object) -> Coded:
    made = Coded(
        indicator=indicator,
        name=f"Name of {indicator}",
        observed_on=date(2019, 12, 5),
        known_on=date(2019, 12, 6),
        level=level,
        publisher="Gazette",
        title="Leader",
        grade="B2",
        analyst="one",
    )
    return replace(made, **facts)  # type: ignore[arg-type]


def happened(event: str, kind: str, framing: str) -> Happened:
    day = date(2019, 12, 12)
    return Happened(
        event=event,
        type=kind,
        framing=framing,
        started_on=day,
        ended_on=day,
        known_on=day,
        source="Gazette",
        venue="Strelsau",
    )


def every_line(rng: random.Random) -> tuple[Line, ...]:
    """One of each class and kind there is."""
    news = Foretold(previous=0.4, forecast=0.3, forecast_sd=1.2, observed=2.0, level_change=0.9)
    tone = Subject(table="observations", rows=(7,), indicator="press_tone", origin="wire")
    posture = Subject(table="observations", rows=(8,), indicator="border_posture", origin="wire")
    told = [
        line(rng, OBSERVATION, NEW, subject=tone, coded=coded("press_tone", 2.0), foretold=news),
        line(rng, OBSERVATION, NEW, subject=posture, coded=coded("border_posture", -1.5), foretold=news),
    ]
    report = replace(
        told[0],
        subject=Subject(table="observations", rows=(7, 8), origin="wire"),
        coded=None,
        foretold=None,
        points=added(one.points for one in told),
        low=_grid(rng, -1, 0),
        high=_grid(rng, 0, 1),
        error=_grid(rng, 0, 0.01),
        rows=tuple(told),
    )
    begin = date(2019, 11, 1)
    words = (Attested("talks", begin, date(2019, 11, 30)), Attested("crisis", begin, date(2019, 11, 9)))
    fading = line(rng, TIME, FADING, subject=Subject(table="indicators", indicator="press_tone"))
    silence = Passed(days=30, attested=words, looked_through=date(2019, 12, 30))
    return (
        *(line(rng, VERSION, kind) for kind in (CODE, CASE, MODEL)),
        line(rng, TIME, SILENCE, subject=Subject(table="completeness", rows=(5, 6)), passed=silence),
        line(rng, TIME, DAYS, passed=Passed(days=31)),
        replace(fading, subject=Subject(), passed=Passed(days=31), rows=(fading,)),
        line(rng, TIME, OPEN, passed=Passed(days=31, open_days=12)),
        report,
        *(
            line(rng, OBSERVATION, kind, subject=replace(tone, rows=(10 + k,)), coded=coded("harvest", 1.0))
            for k, kind in enumerate((LATE, REVISED_SINCE, WITHDRAWN))
        ),
        line(rng, CORRECTION, REVISED, coded=coded("press_tone", 1.0, level_before=2.0, grade_before="B2")),
        line(rng, CORRECTION, REVISED, coded=coded("press_tone", 1.0, level_before=1.0, grade_before="C3")),
        line(rng, CORRECTION, RETRACTED, coded=coded("press_tone", 1.0, level_before=1.0, grade_before="B2")),
        *(
            line(rng, EVENT, kind, subject=Subject(table="events", event=name), happened=happened(name, of, on))
            for kind, name, of, on in (
                (NEW, "T1", "talks", "denuclearisation"),
                (LATE, "C1", "contact", "none"),
                (REVISED, "K1", "crisis", "none"),
                (RETRACTED, "T2", "talks", "arms_control"),
            )
        ),
        line(
            rng,
            DOCUMENT,
            NEW,
            subject=Subject(table="judgements", rows=(1, 2), document="paper"),
            published=Published(document="paper", author="F. Tarlenheim", title="Bread first", judgements=2),
        ),
        line(rng, REST, REST),
        *(line(rng, LEARNING, kind) for kind in (*TAUGHT_BY, ALL)),
        line(rng, CHANCE, CHANCE, error=_grid(rng, 0.1, 0.2)),
    )
