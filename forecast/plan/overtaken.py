"""Which saved scenarios time has overtaken, and which others wait for an answer; read without the mathematics."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from db.read_runs import read_standing
from db.read_scenarios import read_scenario_answers, read_scenarios
from db.when import When
from forecast.facts.whatif import DO, LEVEL, Statement
from forecast.plan.stored import statement_from_json


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A scenario that the newest run has not answered yet."""

    case_id: str
    scenario_id: int
    run_id: int


def missing_answers(connection: Connection, case_id: str, today: date) -> tuple[Unanswered, ...]:
    """Scenarios that stand, are not overtaken, and have no answer of the newest run."""
    run = read_standing(connection, case_id, today)
    if run is None:
        return ()
    rows = read_scenarios(connection, case_id, When(as_of=today))
    known = {one.scenario_id for one in read_scenario_answers(connection, case_id, [row.id for row in rows], run.id)}
    return tuple(
        Unanswered(case_id, row.id, run.id)
        for row in rows
        if row.id not in known and not overtaken_by([statement_from_json(one) for one in row.statements], today)
    )


def overtaken_by(statements: Sequence[Statement], today: date) -> Statement | None:
    """The first that was to be done on a day that is over; what goes on being set is not."""
    return next((one for one in statements if one.mode == DO and _is_over(one, today)), None)


def _is_over(one: Statement, today: date) -> bool:
    return (one.until is not None and one.until < today) if one.kind == LEVEL else one.day < today


def moved_on(one: Statement, today: date) -> Statement:
    """A level that goes on being set is set from today on, once the day has come."""
    return replace(one, day=today) if one.mode == DO and one.day < today else one
