"""What the tables refuse, each in one line that says why."""

from dataclasses import replace
from datetime import date

import pytest
from conftest import ATTESTATION, DOCUMENT, EFFECT, EVENT, JUDGEMENT, NOW, OBSERVATION, RUN, SCENARIO, STATE, TARGET

from db.append import (
    append_case,
    append_completeness,
    append_documents,
    append_events,
    append_forecasts,
    append_judgements,
    append_observations,
    append_run,
    append_run_status,
    observation_key,
)
from db.engine import Database
from db.errors import Conflict, StoreError
from db.read import read_newest
from db.rows import NewCase, NewEvent, NewObservation, ObservationRow
from db.run_rows import TargetForecastRow

DAY = date(2018, 1, 1)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (replace(OBSERVATION, note="x", level=3.0), "level must lie between -2 and 2; nothing was stored"),
        (replace(OBSERVATION, note="x", known_on=date(2014, 1, 1)), "known_on must not lie before observed_on"),
        (replace(OBSERVATION, note="x", reliability="G"), "reliability must be one of A, B, C, D, E, F"),
        (replace(OBSERVATION, note="x", credibility=7), "credibility must lie between 1 and 6"),
        (replace(OBSERVATION, note="x", level=float("nan")), "level is nan; a finite number is needed"),
        (replace(OBSERVATION, note="x\x00"), r"note is 'x\\x00'; null characters and lone surrogates cannot be stored"),
        (replace(OBSERVATION, note="\ud83d"), "null characters and lone surrogates cannot be stored"),
        (replace(OBSERVATION, note="x", retracted=True, reason="r"), "a retraction must name the row it supersedes"),
        (replace(OBSERVATION, supersedes=1, retracted=True), "a retraction must name the row it .* and give a reason"),
        (replace(OBSERVATION, case_id="big"), "no case 'big' in the database; run `parley init --case FOLDER`"),
        (replace(OBSERVATION, indicator_id="ton"), "indicator_id 'ton' is not in the case; known are posture, tone"),
        (OBSERVATION, "the same row is there already as row 3; supersede its newest version"),
        (replace(OBSERVATION, supersedes=9), "row 9 does not exist; supersede a row that does"),
    ],
)
def test_observations_that_are_refused(full: Database, row: NewObservation, message: str) -> None:
    with pytest.raises(StoreError, match=f"^observations.*{message}"), full.write() as connection:
        append_observations(connection, [row], NOW)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (EVENT, "event_id 'T1' is there already as row 1; supersede its newest version"),
        (replace(EVENT, event_id="T2", ended_on=date(2015, 2, 1)), "ended_on must not lie before started_on"),
        (replace(EVENT, event_id="T2", known_on=date(2015, 2, 1)), "known_on must not lie before started_on"),
        (
            replace(EVENT, event_id="T2", supersedes=1),
            "row 1 has event_id 'T1', its correction 'T2'; give both the same",
        ),
    ],
)
def test_events_that_are_refused(full: Database, row: NewEvent, message: str) -> None:
    with pytest.raises(StoreError, match=f"^events.*{message}"), full.write() as connection:
        append_events(connection, [row], NOW)


def test_a_row_is_superseded_once(full: Database) -> None:
    with full.write() as connection:
        append_observations(connection, [replace(OBSERVATION, supersedes=1, known_on=DAY)], NOW)
    message = "^observations row 1 is already superseded by row 4; supersede that one$"
    with pytest.raises(Conflict, match=message), full.write() as connection:
        append_observations(connection, [replace(OBSERVATION, supersedes=1, known_on=DAY)], NOW)
    twice = [replace(OBSERVATION, supersedes=2, known_on=DAY)] * 2
    with pytest.raises(Conflict, match=r"^observations row 2 would be superseded twice"), full.write() as connection:
        append_observations(connection, twice, NOW)


def test_a_correction_without_a_date_is_refused(full: Database) -> None:
    message = "a row that supersedes another must say known_on, the day from which the correction acts"
    with pytest.raises(StoreError, match=f"^documents: {message}"), full.write() as connection:
        append_documents(connection, [replace(DOCUMENT, supersedes=1)], NOW)
    with pytest.raises(StoreError, match=f"^completeness: {message}"), full.write() as connection:
        append_completeness(connection, [replace(ATTESTATION, supersedes=1)], NOW)


def test_a_judgement_needs_its_document(full: Database) -> None:
    message = "^judgements: document_id 'book' is not in the case; known are paper$"
    with pytest.raises(StoreError, match=message), full.write() as connection:
        append_judgements(connection, [replace(JUDGEMENT, document_id="book")], NOW)


def test_one_bad_row_keeps_all_rows_of_the_call_out(full: Database) -> None:
    rows = [replace(OBSERVATION, note="good"), replace(OBSERVATION, note="bad", level=-2.5)]
    with pytest.raises(StoreError, match="level must lie between"), full.write() as connection:
        append_observations(connection, rows, NOW)
    with full.read() as connection:
        assert len(read_newest(connection, ObservationRow, "small")) == 3
    with pytest.raises(Conflict, match="the same row comes twice; give it once"), full.write() as c:
        append_observations(c, [replace(OBSERVATION, note="good")] * 2, NOW)


def test_the_row_key_is_of_what_is_asserted_and_nothing_else(full: Database) -> None:
    with full.read() as connection:
        rows = read_newest(connection, ObservationRow, "small")
    assert [observation_key(row) for row in rows] == [row.row_key for row in rows]
    key = observation_key(OBSERVATION)
    assert observation_key(replace(OBSERVATION, supersedes=3, retracted=True, reason="r")) == key
    assert observation_key(replace(OBSERVATION, level=1)) == key
    assert observation_key(replace(OBSERVATION, analyst="you")) != key


OTHER = replace(TARGET, target="contact")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (replace(OTHER, mean=1.5), "mean must lie between 0 and 1"),
        (replace(OTHER, q05=0.5), "q05, q25, q50, q75, q95 must not decrease"),
        (replace(OTHER, deadline=DAY), "exactly one of horizon_days and deadline must be given"),
        (replace(OTHER, horizon_days=None), "exactly one of horizon_days and deadline must be given"),
        (replace(OTHER, horizon_days=0), "horizon_days must be above 0"),
        (replace(OTHER, base_rate=-0.1), "base_rate must lie between 0 and 1"),
        (TARGET, "a row with the same key is there already"),
    ],
)
def test_forecasts_that_are_refused(full: Database, row: TargetForecastRow, message: str) -> None:
    with pytest.raises(StoreError, match=f"^target_forecasts: {message}"), full.write() as connection:
        append_forecasts(connection, 1, [row], [], [], [], NOW)


def test_what_a_run_says_needs_the_run(full: Database) -> None:
    message = "a row refers to one that does not exist; add that one first$"
    with pytest.raises(Conflict, match=f"^target_forecasts: {message}"), full.write() as connection:
        append_forecasts(connection, 99, [TARGET], [], [], [], NOW)
    with pytest.raises(Conflict, match=f"^scenario_forecasts: {message}"), full.write() as connection:
        append_forecasts(connection, 99, [], [SCENARIO], [], [], NOW)
    with pytest.raises(Conflict, match=f"^indicator_states: {message}"), full.write() as connection:
        append_forecasts(connection, 99, [], [], [STATE], [], NOW)
    with pytest.raises(Conflict, match=f"^effects: {message}"), full.write() as connection:
        append_forecasts(connection, 99, [], [], [], [EFFECT], NOW)
    with pytest.raises(Conflict, match=f"^run_statuses: {message}"), full.write() as connection:
        append_run_status(connection, 99, "failed", {}, NOW)


def test_runs_and_cases_that_are_refused(full: Database, small_case: NewCase) -> None:
    with pytest.raises(StoreError, match=r"^runs: kind must be one of official, manual"), full.write() as connection:
        append_run(connection, replace(RUN, kind="daily"), NOW)
    with pytest.raises(StoreError, match=r"^runs: seed is .*; a whole number of at most 64 bits"), full.write() as c:
        append_run(c, replace(RUN, seed=2**63), NOW)
    with pytest.raises(StoreError, match=r"^run_statuses: detail is .*not JSON compliant"), full.write() as connection:
        append_run_status(connection, 1, "failed", {"r_hat": float("nan")}, NOW)
    with pytest.raises(StoreError, match=r"^cases: knots_until must lie after record_from"), full.write() as connection:
        append_case(connection, replace(small_case, knots_until=date(1999, 1, 1)), NOW)
