"""Scenarios on file: what is supposed, by name, and answered anew after each run; never mixed with what is seen."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection

from db.append import append_scenario_answer, append_scenarios
from db.engine import Database
from db.errors import Conflict
from db.progress import Progress, silent
from db.read_runs import read_standing
from db.read_scenarios import read_scenario_answers, read_scenario_history, read_scenarios
from db.scenario_rows import NewScenario, NewScenarioAnswer, ScenarioRow
from db.when import When
from db.zone import Moment, read_zone
from forecast.clock import Clock, moment_of, utc_now
from forecast.errors import BadSupposition, NotOnFile
from forecast.facts.whatif import Answer, Saved, Statement
from forecast.identity import code_version, model_version
from forecast.plan.answer import find_answer
from forecast.plan.overtaken import Unanswered, moved_on, overtaken_by
from forecast.plan.standing import read_stand
from forecast.plan.stored import answer_from_stored, answer_to_stored, statement_from_json, statement_json
from indicators.tables import suggest_id
from indicators.texts import kept_text

LONGEST = 80
"""Characters of a name."""


def save_scenario(
    database: Database,
    case_id: str,
    name: str,
    statements: Sequence[Statement],
    *,
    analyst: str,
    reason: str,
    revise: bool = False,
    clock: Clock = utc_now,
) -> ScenarioRow:
    """Put it on file under a name; with `revise` as the next version of the one that stands there.

    Raises
    ------
    db.errors.Conflict
        if the name is taken, and nothing is to be revised
    NotOnFile
        if there is nothing to revise
    indicators.errors.CaseError
        if name or reason are no texts
    """
    said = _name(name)
    today = moment_of(database, clock).today
    with database.write() as connection:
        history = read_scenario_history(connection, case_id, said)
        last = history[-1] if history else None
        stands = last is not None and not last.retracted
        if stands and not revise:
            raise Conflict(
                f"a scenario {said!r} is on file already; take another name, or give --revise for its next version"
            )
        if revise and not stands:
            raise NotOnFile(f"there is no scenario {said!r} to revise; `parley what-if --list` shows those on file")
        row = NewScenario(
            case_id=case_id,
            name=said,
            statements=tuple(statement_json(one) for one in statements),
            analyst=analyst,
            known_on=today,
            supersedes=last.id if last else None,
            reason=kept_text(reason, "reason"),
        )
        append_scenarios(connection, [row], clock())
        return read_scenario_history(connection, case_id, said)[-1]


def retract_scenario(
    database: Database, case_id: str, name: str, *, analyst: str, reason: str, clock: Clock = utc_now
) -> None:
    """Withdraw it, with a reason; what it was answered stays on record. NotOnFile where none of that name stands."""
    today = moment_of(database, clock).today
    with database.write() as connection:
        row = _standing(connection, case_id, name)
        gone = replace(
            row,
            analyst=analyst,
            supersedes=row.id,
            retracted=True,
            reason=kept_text(reason, "reason"),
            known_on=max(today, row.known_on),
        )
        append_scenarios(connection, [gone], clock())


def read_statements(connection: Connection, case_id: str, name: str, today: date) -> tuple[Statement, ...]:
    """Those of the scenario of a name, as they are answered today; NotOnFile where none stands."""
    return _as_of(_standing(connection, case_id, name), today)


def _as_of(row: ScenarioRow, today: date) -> tuple[Statement, ...]:
    return tuple(moved_on(statement_from_json(one), today) for one in row.statements)


def read_saved(connection: Connection, case_id: str, today: date) -> tuple[Saved, ...]:
    """Every scenario that stands, by name, with the answer to it that the newest run has given, or one before."""
    rows = read_scenarios(connection, case_id, When(as_of=today))
    answers = read_scenario_answers(connection, case_id, [row.id for row in rows])
    return tuple(
        _saved(connection, row, today, [one.result for one in answers if one.scenario_id == row.id]) for row in rows
    )


def answer_saved(
    database: Database, asked: Unanswered, progress: Progress = silent, clock: Clock = utc_now
) -> Answer | None:
    """Answer it by the newest run, and store the answer; None where that run or the scenario no longer stands.

    Raises
    ------
    BadSupposition
        if it cannot be answered any more, since an indicator is retired or a day is over
    NoPosterior
        if the run cannot be used
    """
    with database.read() as connection:
        today = Moment(instant=clock(), zone=read_zone(connection)).today
        rows = {row.id: row for row in read_scenarios(connection, asked.case_id, When(as_of=today))}
        run = read_standing(connection, asked.case_id, today)
        if asked.scenario_id not in rows or run is None or run.id != asked.run_id:
            return None
        row = rows[asked.scenario_id]
        stand = read_stand(database, connection, asked.case_id, today)
        found = replace(find_answer(stand, _as_of(row, today), progress=progress), name=row.name)
    store_answer(database, row, found, clock)
    return found


def store_answer(database: Database, row: ScenarioRow, found: Answer, clock: Clock = utc_now) -> None:
    """Store what a scenario was answered; that it is there already is as good."""
    new = NewScenarioAnswer(
        case_id=row.case_id,
        scenario_id=row.id,
        run_id=found.base_run_id,
        mode=found.mode,
        status=found.status,
        pareto_k=found.pareto_k,
        ess=found.ess,
        code_version=code_version(),
        model_version=model_version(),
        result=answer_to_stored(found),
    )
    with database.write() as connection:
        if not read_scenario_answers(connection, row.case_id, [row.id], found.base_run_id):
            append_scenario_answer(connection, new, clock())


def _saved(connection: Connection, row: ScenarioRow, today: date, results: Sequence[object]) -> Saved:
    statements = tuple(statement_from_json(one) for one in row.statements)
    over = overtaken_by(statements, today)
    return Saved(
        name=row.name,
        statements=statements,
        analyst=row.analyst,
        reason=row.reason,
        since=row.known_on,
        version=len(read_scenario_history(connection, row.case_id, row.name)),
        answer=answer_from_stored(results[-1]) if results else None,  # type: ignore[arg-type]
        overtaken=None if over is None else over.until or over.day,
    )


def _standing(connection: Connection, case_id: str, name: str) -> ScenarioRow:
    rows = {row.name: row for row in read_scenarios(connection, case_id)}
    if name not in rows:
        right = suggest_id(name, tuple(rows)) if rows else "none is on file"
        raise NotOnFile(f"there is no scenario {name!r}; {right}")
    return rows[name]


def _name(text: str) -> str:
    said = kept_text(text, "name")
    if not said or len(said) > LONGEST:
        raise BadSupposition([f"name {text!r} is no name; write 1 to {LONGEST} characters"])
    return said
