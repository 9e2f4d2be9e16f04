"""Adding rows. Nothing else in the program writes to the tables.

Every function takes the connection of `Database.write()` and the instant of recording, and returns the new ids. All
rows of a call are stored, or none and an error: Conflict where a row contradicts a stored one, StoreError where a value
breaks a rule; the caller's transaction must then end.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import batched
from operator import itemgetter

from sqlalchemy import Connection, Table, select
from sqlalchemy.exc import IntegrityError

from db import tables
from db.chain import encode_instant, last_link, prepared
from db.conflicts import LOOKED_AT, explain_refusal, refuse_bad_corrections, refuse_repeats, refuse_strangers
from db.encode import Encoded, encode_row, encode_values, encoded_digest, given, names_of
from db.errors import Conflict
from db.insert import insert_rows
from db.rows import (
    IndicatorRow,
    NewCase,
    NewCompleteness,
    NewDocument,
    NewEvent,
    NewJudgement,
    NewObservation,
    NewZone,
)
from db.run_rows import (
    EffectRow,
    IndicatorStateRow,
    NewAlert,
    NewAttempt,
    NewDelivery,
    NewEvaluation,
    NewExplanation,
    NewReport,
    NewRun,
    NewRunName,
    NewThinning,
    ScenarioForecastRow,
    TargetForecastRow,
)
from db.scenario_rows import NewScenario, NewScenarioAnswer
from db.types import to_utc

type Values = dict[str, object]

_BATCH = 5000  # rows prepared at a time: bounds memory, and what the garbage collector walks

OBSERVED = (
    "case_id",
    "indicator_id",
    "observed_on",
    "known_on",
    "level",
    "source_title",
    "source_publisher",
    "source_url",
    "origin",
    "reliability",
    "credibility",
    "analyst",
    "note",
)
"""The columns an observation asserts; two rows that agree in all of them are the same observation."""

ATTESTED = ("case_id", "type", "complete_from", "complete_through", "known_on", "attested_by", "note")
"""The columns an attestation of completeness asserts."""

_ASSERTED = {tables.observations: OBSERVED, tables.completeness: ATTESTED}


def append_case(connection: Connection, case: NewCase, recorded_at: datetime) -> int:
    """Add a version of a case with its catalogue, grades and deadlines; the newest version is the current one."""
    (case_row,) = _append(connection, tables.cases, _prepared([case], tables.cases), recorded_at)
    _append_catalogue(connection, case_row, case.indicators, recorded_at)
    for table, rows in ((tables.grades, case.grades), (tables.deadlines, case.deadlines)):
        _append(connection, table, _prepared(rows, table, case_row_id=case_row), recorded_at)
    return case_row


def _append_catalogue(
    connection: Connection, case_row: int, indicators: Sequence[IndicatorRow], recorded_at: datetime
) -> None:
    rows = _prepared(indicators, tables.indicators, case_row_id=case_row)
    ids = _append(connection, tables.indicators, rows, recorded_at)
    levels = [
        row
        for id_, indicator in zip(ids, indicators, strict=True)
        for row in _prepared(indicator.levels, tables.level_criteria, indicator_row_id=id_)
    ]
    _append(connection, tables.level_criteria, levels, recorded_at)


def append_documents(connection: Connection, documents: Sequence[NewDocument], recorded_at: datetime) -> list[int]:
    """Add documents, or versions of documents."""
    return _append_facts(connection, tables.documents, documents, recorded_at)


def append_judgements(connection: Connection, judgements: Sequence[NewJudgement], recorded_at: datetime) -> list[int]:
    """Add judgements; their documents and indicators must be in the case already."""
    return _append_facts(connection, tables.judgements, judgements, recorded_at)


def append_observations(
    connection: Connection, observations: Sequence[NewObservation], recorded_at: datetime
) -> list[int]:
    """Add observations; Conflict if one that asserts the same in every column is there already."""
    return _append_encoded(connection, tables.observations, map(encode_observation, observations), recorded_at)


def append_encoded_observations(
    connection: Connection, observations: Sequence[Encoded], recorded_at: datetime
) -> list[int]:
    """Add observations of `encode_observation` whose keys, each there once, have not been found in this transaction.

    A key that is there after all is refused by the table, in fewer words than `append_observations` has.
    """
    batches = _checked(connection, tables.observations, observations, sought=True)
    return _append_batches(connection, tables.observations, batches, recorded_at)


def encode_observation(observation: NewObservation) -> Encoded:
    """Return the observation as it is stored; its key tells beforehand whether it is there."""
    return encode_row(observation, tables.observations, OBSERVED)


def observation_key(observation: NewObservation) -> str:
    """Return the `row_key` under which the observation is stored, to find out beforehand whether it is there."""
    return encode_observation(observation).key


def append_events(connection: Connection, events: Sequence[NewEvent], recorded_at: datetime) -> list[int]:
    """Add events, or versions of events."""
    return _append_facts(connection, tables.events, events, recorded_at)


def append_completeness(
    connection: Connection, attestations: Sequence[NewCompleteness], recorded_at: datetime
) -> list[int]:
    """Add attestations that the events of a type are complete through a day."""
    return _append_facts(connection, tables.completeness, attestations, recorded_at)


def append_run(connection: Connection, run: NewRun, recorded_at: datetime) -> int:
    """Add a run; its status and what it says come as rows of their own."""
    rows = _prepared([run], tables.runs)
    refuse_strangers(connection, tables.runs, rows)
    (run_id,) = _append(connection, tables.runs, rows, recorded_at)
    return run_id


def append_run_status(
    connection: Connection, run_id: int, status: str, detail: Mapping[str, object], recorded_at: datetime
) -> int:
    """Add a status of a run, from then on its current one; `detail` must be JSON without NaN or infinity."""
    row = prepared(tables.run_statuses, {"run_id": run_id, "status": status, "detail": detail})
    (row_id,) = _append(connection, tables.run_statuses, [row], recorded_at)
    return row_id


def append_forecasts(
    connection: Connection,
    run_id: int,
    targets: Sequence[TargetForecastRow],
    scenarios: Sequence[ScenarioForecastRow],
    states: Sequence[IndicatorStateRow],
    effects: Sequence[EffectRow],
    recorded_at: datetime,
) -> None:
    """Add everything a run says."""
    for table, rows in (
        (tables.target_forecasts, targets),
        (tables.scenario_forecasts, scenarios),
        (tables.indicator_states, states),
        (tables.effects, effects),
    ):
        _append(connection, table, _prepared(rows, table, run_id=run_id), recorded_at)


def append_evaluation(connection: Connection, evaluation: NewEvaluation, recorded_at: datetime) -> int:
    """Add what a backtest or a check found; its `settings` and `result` must be JSON without NaN or infinity."""
    rows = _prepared([evaluation], tables.evaluations)
    refuse_strangers(connection, tables.evaluations, rows)
    (row_id,) = _append(connection, tables.evaluations, rows, recorded_at)
    return row_id


def append_explanation(connection: Connection, explanation: NewExplanation, recorded_at: datetime) -> int:
    """Add what made the difference between two runs; Conflict if that is there by the same version of the model."""
    rows = _prepared([explanation], tables.explanations)
    refuse_strangers(connection, tables.explanations, rows)
    columns = tables.explanations.c
    named = columns.before_run_id, columns.run_id, columns.path, columns.model_version
    there = select(columns.id).where(*(column == rows[0][column.name] for column in named))
    if (known := connection.execute(there).scalar()) is not None:
        raise Conflict(f"the step from run {explanation.before_run_id} to {explanation.run_id} is row {known} already")
    (row_id,) = _append(connection, tables.explanations, rows, recorded_at)
    return row_id


def append_scenarios(connection: Connection, scenarios: Sequence[NewScenario], recorded_at: datetime) -> list[int]:
    """Add scenarios, or versions of scenarios; Conflict if a name is taken."""
    return _append_facts(connection, tables.scenarios, scenarios, recorded_at)


def append_scenario_answer(connection: Connection, answer: NewScenarioAnswer, recorded_at: datetime) -> int:
    """Add what a version of a scenario does to the forecast of a run; Conflict if that is there."""
    rows = _prepared([answer], tables.scenario_answers)
    refuse_strangers(connection, tables.scenario_answers, rows)
    columns = tables.scenario_answers.c
    there = select(columns.id).where(columns.scenario_id == answer.scenario_id, columns.run_id == answer.run_id)
    if (known := connection.execute(there).scalar()) is not None:
        what = f"scenario row {answer.scenario_id} has its answer for run {answer.run_id} in row {known} already"
        raise Conflict(f"{what}; save another version of the scenario, or ask another run")
    (row_id,) = _append(connection, tables.scenario_answers, rows, recorded_at)
    return row_id


def append_attempt(connection: Connection, attempt: NewAttempt, recorded_at: datetime) -> int:
    """Add a line to the ledger of scheduled runs; Conflict if its day has been published, rejected or skipped."""
    rows = _prepared([attempt], tables.attempts)
    refuse_strangers(connection, tables.attempts, rows)
    (row_id,) = _append(connection, tables.attempts, rows, recorded_at)
    return row_id


def append_alerts(connection: Connection, alerts: Sequence[NewAlert], recorded_at: datetime) -> list[int]:
    """Add alerts; Conflict if one of that rule and subject is there already."""
    rows = _prepared(alerts, tables.alerts)
    refuse_strangers(connection, tables.alerts, rows)
    return _append(connection, tables.alerts, rows, recorded_at)


def append_delivery(connection: Connection, delivery: NewDelivery, recorded_at: datetime) -> int:
    """Add a try to send an alert; Conflict if it was sent by that channel, or abandoned."""
    (row_id,) = _append(connection, tables.deliveries, _prepared([delivery], tables.deliveries), recorded_at)
    return row_id


def append_report(connection: Connection, report: NewReport, recorded_at: datetime) -> int:
    """Add a brief that was written; its runs must be there."""
    rows = _prepared([report], tables.reports)
    refuse_strangers(connection, tables.reports, rows)
    (row_id,) = _append(connection, tables.reports, rows, recorded_at)
    return row_id


def append_run_name(connection: Connection, name: NewRunName, recorded_at: datetime) -> int:
    """Add a name of a run; Conflict if another has it."""
    rows = _prepared([name], tables.run_names)
    (row_id,) = _append(connection, tables.run_names, rows, recorded_at)
    return row_id


def append_thinning(connection: Connection, thinning: NewThinning, recorded_at: datetime) -> int:
    """Add that a posterior is thinned, in the transaction that stores what is kept and removes the whole."""
    rows = _prepared([thinning], tables.thinnings)
    (row_id,) = _append(connection, tables.thinnings, rows, recorded_at)
    return row_id


def append_zone(connection: Connection, zone: NewZone, recorded_at: datetime) -> int:
    """Add the time zone whose days are the database's from then on."""
    (row_id,) = _append(connection, tables.zones, _prepared([zone], tables.zones), recorded_at)
    return row_id


def _append_facts(connection: Connection, table: Table, facts: Sequence[object], recorded_at: datetime) -> list[int]:
    asserted = _ASSERTED.get(table, ())
    rows = (encode_row(fact, table, asserted) for fact in facts)
    return _append_encoded(connection, table, rows, recorded_at)


def _append_encoded(connection: Connection, table: Table, rows: Iterable[Encoded], recorded_at: datetime) -> list[int]:
    return _append_batches(connection, table, _checked(connection, table, rows), recorded_at)


def _checked(
    connection: Connection, table: Table, rows: Iterable[Encoded], *, sought: bool = False
) -> Iterator[Sequence[Encoded]]:
    names = [name for name in LOOKED_AT if name in table.c]
    picked = itemgetter(*map(names_of(table).index, names))
    for batch in batched(rows, _BATCH, strict=False):
        values = [dict(zip(names, picked(row.values), strict=True)) for row in batch]
        refuse_strangers(connection, table, values)
        refuse_bad_corrections(connection, table, values)
        if not sought:
            refuse_repeats(connection, table, values)
        yield batch


def _append(connection: Connection, table: Table, rows: Sequence[Values], recorded_at: datetime) -> list[int]:
    ready = [encode_values(table, row) for row in rows]
    return _append_batches(connection, table, [ready] if ready else [], recorded_at)


def _append_batches(
    connection: Connection, table: Table, batches: Iterable[Sequence[Encoded]], recorded_at: datetime
) -> list[int]:
    """Insert rows at the end of the table's chain and seal it; the one place where rows are made."""
    ids: list[int] = []
    head = ""
    for rows in batches:
        added, head = _insert_chained(connection, table, rows, recorded_at)
        ids.extend(added)
    if ids:
        seal = prepared(tables.seals, {"table_name": table.name, "last_id": ids[-1], "head": head})
        _insert_chained(connection, tables.seals, [encode_values(tables.seals, seal)], recorded_at)
    return ids


def _insert_chained(
    connection: Connection, table: Table, rows: Sequence[Encoded], recorded_at: datetime
) -> tuple[list[int], str]:
    last_id, last_hash = last_link(connection, table)
    instant = to_utc(recorded_at)
    recorded = encode_instant(instant)
    numbered: list[tuple[int, str, Encoded]] = []
    for id_, row in enumerate(rows, start=last_id + 1):
        last_hash = encoded_digest(table, row, id_, recorded, last_hash)
        numbered.append((id_, last_hash, row))
    try:
        insert_rows(connection, table, numbered, instant)
    except IntegrityError as error:
        raise explain_refusal(table, error) from error
    return list(range(last_id + 1, last_id + 1 + len(rows))), last_hash


def _prepared(rows: Sequence[object], table: Table, **owner: int) -> list[Values]:
    """Return, of each dataclass, the fields that are columns of the table, ready to be hashed and stored."""
    return [prepared(table, {**owner, **given(row, table)}) for row in rows]
