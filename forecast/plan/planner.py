"""What to look at next: every indicator and the open days by what they are worth, signposts, and a calendar."""

from collections.abc import Sequence
from datetime import date, timedelta

from db.progress import Progress, silent
from db.read import read_deadline_rows
from forecast.engine.reading import Reading
from forecast.facts.plan import OBSERVATION, Candidate, Plan, Said
from forecast.facts.why import Reach
from forecast.plan.attesting import attestation_of
from forecast.plan.calendar import calendar_of
from forecast.plan.costs import ATTESTING, Costs
from forecast.plan.signposts import AHEAD_DAYS, look_from, signposts_of
from forecast.plan.standing import Few, Stand, few_of
from forecast.plan.supposition import attested_through, sd_of_grade
from forecast.plan.surfaces import states_of, surfaces_of
from forecast.plan.worth import worth_of
from forecast.run_facts import is_stale
from indicators.content import EVENT_TYPES
from indicators.evidence import SD_FLOOR, last_observed
from models.spec import TARGETS

GRADES = ("A1", "B2", "C3")
"""A strong source, a usual one and a weak one; of those, what a case has."""
MAIN_GRADE = "B2"
ENDS = (-2.0, 2.0)
SIGNPOSTS = 5
"""Indicators that have signposts: those worth most."""


def find_plan(
    stand: Stand,
    target: str,
    reach: Reach,
    *,
    by: date | None = None,
    costs: Costs | None = None,
    progress: Progress = silent,
) -> Plan:
    """What to look at next, for one number.

    Parameters
    ----------
    by : the day of the signposts; None: `AHEAD_DAYS` from today
    costs : of observing an indicator, and of attesting; None: 1 each

    Raises
    ------
    BadSupposition
        if `by` is not ahead
    NoPosterior
        if nothing was published that can be used with the case as it is
    """
    few, prices = few_of(stand), costs or Costs()
    place, window = TARGETS.index(target), stand.reaches.index(reach)
    day = by or stand.as_of + timedelta(days=AHEAD_DAYS)
    ahead = look_from(stand, few, place, reach, day)
    progress("looking at indicators", 0, 0, "")
    observed = _observations(stand, few, place, window, prices)
    progress("looking at open days", 0, 0, "")
    attesting = attestation_of(stand, few, place, window, prices.of(ATTESTING), prices.lead_of(ATTESTING))
    grade = MAIN_GRADE if any(one.grade == MAIN_GRADE for one in observed) else observed[0].grade
    best = sorted((one for one in observed if one.grade == grade), key=lambda one: -one.movement)[:SIGNPOSTS]
    order = [row.indicator_id for row in stand.catalogue]
    now = _said(few, stand, place, window)
    progress("looking ahead", 0, 0, "")
    error = _error(stand, grade)
    signposts = signposts_of(stand, ahead, [order.index(one.indicator) for one in best], now, grade, error)
    return Plan(
        case_id=stand.case.case_id,
        as_of=stand.as_of,
        base_run_id=few.anchor.run.id,
        target=target,
        reach=reach,
        deadline=next((one.deadline for one in stand.reaches if one.deadline is not None), None),
        now=now,
        candidates=tuple(sorted((*observed, attesting), key=lambda one: (-one.movement, one.indicator, one.grade))),
        signposts=signposts,
        calendar=calendar_of(
            stand.as_of,
            observed,
            signposts,
            [(row.deadline, row.meaning) for row in read_deadline_rows(stand.connection, stand.case)],
            _attested_until(stand.reading),
        ),
        grades=tuple(dict.fromkeys(one.grade for one in observed)),
        main_grade=grade,
    )


def _observations(stand: Stand, few: Few, place: int, window: int, prices: Costs) -> tuple[Candidate, ...]:
    """Every indicator in use at every grade."""
    states, main = states_of(stand), _error(stand, MAIN_GRADE)
    surfaces = surfaces_of(stand, few, place, window, main)
    last = last_observed(stand.reading.evidence, stand.solvable.problem.as_of)
    now, found = float(few.now[place, window]), []
    for i, row in enumerate(stand.catalogue):
        if not row.in_use(stand.as_of):
            continue
        age = stand.solvable.problem.as_of - int(last[i]) if last[i] >= 0 else None
        for grade in _grades(stand):
            worth = worth_of(surfaces[i], states[i], _error(stand, grade), now, ENDS)
            found.append(
                Candidate(
                    kind=OBSERVATION,
                    indicator=row.indicator_id,
                    name=row.name,
                    grade=grade,
                    level=states[i].mean,
                    level_sd=states[i].variance ** 0.5,
                    movement=worth.movement,
                    sd=worth.sd,
                    mutual_information=worth.mutual_information,
                    drift=worth.drift,
                    low=worth.low,
                    high=worth.high,
                    cost=prices.of(row.indicator_id),
                    lead_days=prices.lead_of(row.indicator_id),
                    age_days=age,
                    cadence_days=row.expected_cadence_days,
                    stale=age is None or is_stale(age, row.expected_cadence_days),
                )
            )
    return tuple(found)


def _grades(stand: Stand) -> Sequence[str]:
    """Those of `GRADES` that the case has; else its surest one."""
    rows = stand.reading.rows
    known = [grade for grade in GRADES if sd_of_grade(rows, grade) is not None]
    best = min(rows.grades, key=lambda row: row.sd_levels)
    return known or [f"{best.reliability}{best.credibility}"]


def _error(stand: Stand, grade: str) -> float:
    """Variance of an observation of a grade, in levels squared."""
    return max(sd_of_grade(stand.reading.rows, grade) or SD_FLOOR, SD_FLOOR) ** 2


def _said(few: Few, stand: Stand, place: int, window: int) -> Said:
    ends = [k for k, one in enumerate(stand.reaches) if one.deadline is not None]
    return Said(rolling=float(few.now[place, window]), deadline=float(few.now[place, ends[0]]) if ends else None)


def _attested_until(reading: Reading) -> date | None:
    """The last day that is attested of every type."""
    attested = [attested_through(reading.rows, kind) for kind in EVENT_TYPES]
    return min((day for day in attested if day is not None), default=None)
