"""Answers, tornados, stories and plans made by hand, and what stands in the engine's place where commands are run."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from forecast.facts import plan as planned
from forecast.facts import stories as storied
from forecast.facts import whatif as facts
from forecast.facts.plan import Candidate, Dated, Outcome, Plan, Said, Signpost
from forecast.facts.stories import Claim, Effect, Stories, Told
from forecast.facts.whatif import Answer, Saved, Statement, Swung, Tornado, in_order
from forecast.facts.why import Grid, Reach
from models.spec import SCENARIOS, TARGETS

TODAY = date(2026, 11, 22)
DEADLINE = date(2029, 1, 20)
REACHES = (*(Reach(days, None) for days in (30, 90, 180, 365)), Reach(None, DEADLINE))
FAR = 3
"""The place of the longest rolling window."""
INDICATORS = {
    "us_posture": "US readiness to meet Pyongyang",
    "ukraine_war_state": "State of the Ukraine war and the DPRK part in it",
    "dprk_weapons_testing": "Restraint in DPRK nuclear and missile testing",
    "allied_tolerance": "Tolerance of Seoul and Tokyo for arms control as a first stage",
}
NAMES = INDICATORS | {"hastings-2023": "J. Hastings"}


def grid(rng: random.Random, low: float, high: float, rows: int = len(TARGETS)) -> Grid:
    return tuple(tuple(rng.uniform(low, high) for _ in REACHES) for _ in range(rows))


def every_statement(today: date = TODAY) -> tuple[Statement, ...]:
    """One of each mode and kind, and each way in which days are given."""
    later = today + timedelta(days=71)

    def level(mode: str, day: date, **values: Any) -> Statement:
        return Statement(mode=mode, kind=facts.LEVEL, day=day, indicator="us_posture", level=2.0, **values)

    return (
        level(facts.SEE, today, grade="B2"),
        level(facts.SEE, later, grade="A1", origin="speech"),
        level(facts.DO, later),
        replace(level(facts.DO, later, until=later), level=-1.5),
        level(facts.DO, later, until=later + timedelta(days=30)),
        *(
            Statement(mode=mode, kind=facts.EVENT, day=day, event=event)
            for mode, day in ((facts.SEE, today - timedelta(days=3)), (facts.SEE, later), (facts.DO, later))
            for event in facts.EVENTS
        ),
        Statement(mode=facts.SEE, kind=facts.ATTESTATION, day=today),
        Statement(mode=facts.SEE, kind=facts.ATTESTATION, day=today, event="contact"),
        Statement(mode=facts.SEE, kind=facts.WITHDRAWAL, day=today, event="T2026-01"),
        Statement(
            mode=facts.SEE,
            kind=facts.JUDGEMENT,
            day=today,
            document="hastings-2023",
            indicator="us_posture",
            target="arms_control_talks",
            weight=-2.5,
        ),
    )


def answered(seed: int = 1, statements: Sequence[Statement] | None = None, **values: Any) -> Answer:
    """An answer with numbers of its own, to every statement unless others are given."""
    rng = random.Random(seed)
    before = grid(rng, 0.01, 0.3)
    after = tuple(tuple(p + rng.uniform(-0.009, 0.2) for p in row) for row in before)
    made = Answer(
        case_id="us-dprk",
        as_of=TODAY,
        base_run_id=9,
        headline="arms_control_talks",
        statements=every_statement() if statements is None else tuple(statements),
        status=facts.REWEIGHTED,
        trusted=True,
        pareto_k=0.0625,
        ess=2677.4,
        draws=4000,
        targets=TARGETS,
        reaches=REACHES,
        before=before,
        after=after,
        error=grid(rng, 0.0002, 0.003),
        low=tuple(tuple(p * 0.4 for p in row) for row in after),
        high=tuple(tuple(p * 1.8 for p in row) for row in after),
        scenarios=SCENARIOS,
        scenarios_before=grid(rng, 0.0, 0.4, len(SCENARIOS)),
        scenarios_after=grid(rng, 0.0, 0.4, len(SCENARIOS)),
        foreseen=0.0312,
    )
    return replace(made, **values)


def every_answer() -> tuple[Answer, ...]:
    """One of each status, of each way of comparing with chance, and of each mode."""
    said = every_statement()
    plain = answered(2, said[:1], status=facts.EXACT, pareto_k=None, ess=None, foreseen=None, draws=100)
    still = replace(plain, after=plain.before, statements=said[2:5])
    return (
        answered(),
        plain,
        still,
        replace(plain, error=tuple(tuple(0.5 for _ in row) for row in plain.error)),
        answered(3, trusted=False, pareto_k=0.87, ess=27.2),
        answered(4, said[5:10], status=facts.REFITTED, foreseen=None, name="two talks"),
    )


def saved() -> tuple[Saved, ...]:
    """One answered, one not yet, one overtaken."""
    said = every_statement()
    one = Saved(
        name="armistice",
        statements=said[2:3],
        analyst="kim",
        reason="asked by the desk",
        since=TODAY,
        version=2,
        answer=answered(5, said[2:3], name="armistice"),
    )
    return (
        one,
        replace(one, name="contact", version=1, answer=None),
        replace(one, name="old", overtaken=date(2026, 11, 1)),
    )


def tornado(names: dict[str, str] | None = None, seed: int = 1) -> Tornado:
    """Swings of all sizes, and one the other way."""
    rng = random.Random(seed)
    swings = []
    for k, (id_, name) in enumerate((names or INDICATORS).items()):
        size = 0.05 / (1 + k / 2)
        low, high = 0.157 - size * rng.uniform(0.3, 1), 0.157 + size * rng.uniform(0.3, 1.4)
        low, high = (high, low) if k % 5 == 2 else (low, high)
        level = rng.uniform(-2, 2)
        swings.append(Swung(indicator=id_, name=name, level=level, sd=rng.uniform(0.4, 1.3), low=low, high=high))
    return Tornado(
        case_id="us-dprk",
        as_of=TODAY,
        base_run_id=9,
        target="arms_control_talks",
        reach=REACHES[FAR],
        now=0.157,
        swings=in_order(swings),
    )


def stories(*, retrospective: bool = False) -> Stories:
    """Every direction, window and verdict; one without a fit of its own, one that was not run."""
    said = every_statement()
    up, flat = Effect(contrast=0.12, told=0.15, error=0.001), Effect(contrast=0.12, told=0.121, error=0.002)
    down = Effect(contrast=0.12, told=0.09, error=0.0015)
    claims = [
        Claim(target="arms_control_talks", direction=direction, when=when, with_author=effect, without_author=other)
        for direction in (storied.UP, storied.DOWN, storied.NONE, storied.UP_OR_NONE)
        for when, effect, other in (
            (storied.NOW, up, flat),
            (storied.LATER, down, None),
            (storied.BY_DEADLINE, flat, up),
        )
    ]
    one = Told(
        id="luck_runs_out",
        name="The war ends and the arms trade with it",
        document_id="lankov-2025",
        author="A. Lankov",
        title="Waiting for the end",
        place="lankov-2025:L18,L54",
        reading="explicit",
        statements=said[2:4],
        against=(),
        claims=tuple(claims),
    )
    other = replace(one, id="ratchet", name="Relief that cannot be taken back", reading="inferred", against=said[4:5])
    lacking = replace(
        other, id="seoul_pays", name="Seoul may offer aid", reading="advice", claims=(), lacking="us_posture"
    )
    return Stories(
        case_id="us-dprk",
        as_of=TODAY,
        base_run_id=9,
        deadline=DEADLINE,
        retrospective=retrospective,
        draws=1000,
        told=(one, replace(other, claims=other.claims[:2]), lacking),
    )


def plan(names: dict[str, str] | None = None, *, open_days: bool = True, priced: bool = True, seed: int = 1) -> Plan:
    """Every kind of candidate, outcome and day."""
    rng = random.Random(seed)
    named = names or INDICATORS
    found = [
        _observed(rng, id_, name, k, grade, priced)
        for k, (id_, name) in enumerate(named.items())
        for grade in ("A1", "B2")
    ]
    found.append(replace(_attesting(open_days), cost=10.0 if priced else 1.0))
    by = TODAY + timedelta(days=71)
    now = Said(rolling=0.157, deadline=0.289)
    posts = tuple(
        Signpost(
            indicator=id_,
            name=name,
            level=level,
            criterion="An armistice is in force and DPRK units have left.",
            grade="B2",
            by=by,
            now=now,
            seen=Said(rolling=0.157 + 0.025 * level, deadline=0.289 + 0.02 * level),
            unseen=Said(rolling=0.131, deadline=0.271),
        )
        for id_, name in list(named.items())[:2]
        for level in (2, -2)
    )
    return Plan(
        case_id="us-dprk",
        as_of=TODAY,
        base_run_id=9,
        target="arms_control_talks",
        reach=REACHES[FAR],
        deadline=DEADLINE,
        now=now,
        candidates=tuple(sorted(found, key=lambda one: -one.movement)),
        signposts=posts,
        calendar=_calendar(named, posts),
        grades=("A1", "B2"),
        main_grade="B2",
    )


def _observed(rng: random.Random, id_: str, name: str, k: int, grade: str, priced: bool) -> Candidate:
    movement = 0.0136 / (1 + 0.6 * k) * (1.05 if grade == "A1" else 1)
    return Candidate(
        kind=planned.OBSERVATION,
        indicator=id_,
        name=name,
        grade=grade,
        level=rng.uniform(-2, 2),
        level_sd=rng.uniform(0.5, 1.2),
        movement=movement,
        sd=movement * 1.25,
        mutual_information=movement / 9,
        drift=0.0004,
        low=0.157 - 4 * movement,
        high=0.157 + 5 * movement,
        cost=(1.0, 20.0, 5.0, 45.0)[k % 4] if priced else 1.0,
        lead_days=2,
        age_days=None if k == 3 else 303 // (k + 1),
        cadence_days=90.0,
        stale=k in (0, 3),
    )


def _attesting(open_days: bool) -> Candidate:
    if not open_days:
        return Candidate(
            kind=planned.ATTESTATION,
            movement=0.0,
            sd=0.0,
            mutual_information=0.0,
            drift=0.0,
            low=0.157,
            high=0.157,
            cost=10.0,
        )
    after = {planned.SILENT: 0.157, "contact": 0.179, "crisis": 0.171, "arms_control_talks": 0.597}
    after |= {"denuclearisation_talks": 0.131}
    shares = (0.82, 0.09, 0.05, 0.02, 0.02)
    outcomes = tuple(
        Outcome(kind=kind, probability=share, after=p) for (kind, p), share in zip(after.items(), shares, strict=True)
    )
    return Candidate(
        kind=planned.ATTESTATION,
        movement=0.0233,
        sd=0.05,
        mutual_information=0.003,
        drift=-0.0001,
        low=0.131,
        high=0.597,
        cost=10.0,
        open_from=TODAY - timedelta(days=42),
        open_through=TODAY,
        outcomes=outcomes,
    )


def _calendar(named: dict[str, str], posts: Sequence[Signpost]) -> tuple[Dated, ...]:
    tomorrow = TODAY + timedelta(days=1)
    found = [Dated(kind=planned.EXPECTED, subject=id_, day=tomorrow, name=name) for id_, name in named.items()]
    found += [
        Dated(kind=planned.SIGNPOST, subject=f"{one.indicator}{one.level:+d}", day=one.by, name=one.name, signpost=one)
        for one in posts
    ]
    meaning = "End of the US presidential term"
    found.append(Dated(kind=planned.DEADLINE, subject=DEADLINE.isoformat(), day=DEADLINE, name=meaning))
    found.append(Dated(kind=planned.ATTESTED_UNTIL, subject="", day=tomorrow, name=""))
    return tuple(sorted(found, key=lambda one: (one.day, one.kind, one.subject)))
