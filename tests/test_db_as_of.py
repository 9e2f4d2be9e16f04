"""Reads as of a date and as recorded by an instant: what came later leaves them exactly as they were."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from conftest import ATTESTATION, DOCUMENT, EVENT, JUDGEMENT, NOW, OBSERVATION
from sqlalchemy import Connection

from db.append import (
    append_completeness,
    append_documents,
    append_events,
    append_judgements,
    append_observations,
)
from db.engine import Database
from db.read import (
    read_completeness,
    read_documents,
    read_events,
    read_history,
    read_judgements,
    read_newest,
    read_observations,
)
from db.rows import EventRow, ObservationRow
from db.when import When

DAY = date(2016, 1, 1)
LATER = date(2018, 1, 1)
EVER = date(2099, 1, 1)


def everything(connection: Connection, as_of: date, as_recorded: datetime | None = None) -> tuple[object, ...]:
    reads = (read_documents, read_judgements, read_events, read_completeness, read_observations)
    return tuple(read(connection, "small", When(as_of=as_of, as_recorded=as_recorded)) for read in reads)


def add_later_rows(connection: Connection, recorded_at: datetime) -> None:
    """Add new facts, corrections and retractions of every kind, all known only on LATER."""
    append_documents(connection, [replace(DOCUMENT, document_id="book", published_on=LATER)], recorded_at)
    append_documents(connection, [replace(DOCUMENT, title="On war", supersedes=1, known_on=LATER)], recorded_at)
    append_judgements(connection, [replace(JUDGEMENT, document_id="book")], recorded_at)
    append_judgements(connection, [replace(JUDGEMENT, weight=-3.0, supersedes=1, known_on=LATER)], recorded_at)
    append_events(connection, [replace(EVENT, event_id="T0", known_on=LATER)], recorded_at)
    append_events(connection, [replace(EVENT, supersedes=1, retracted=True, reason="no", known_on=LATER)], recorded_at)
    append_completeness(
        connection, [replace(ATTESTATION, supersedes=1, complete_through=LATER, known_on=LATER)], recorded_at
    )
    corrections = [
        replace(OBSERVATION, level=2.0, supersedes=1, known_on=LATER),
        replace(OBSERVATION, level=0.0, supersedes=2, retracted=True, reason="no", known_on=LATER),
        replace(OBSERVATION, note="new", observed_on=date(2001, 1, 1), known_on=LATER),
    ]
    append_observations(connection, corrections, recorded_at)


def test_rows_known_later_leave_every_read_unchanged(full: Database) -> None:
    with full.read() as connection:
        before = everything(connection, LATER - timedelta(days=1))
    with full.write() as connection:
        add_later_rows(connection, NOW)
    with full.read() as connection:
        assert everything(connection, LATER - timedelta(days=1)) == before
        assert all(then != now for then, now in zip(before, everything(connection, LATER), strict=True))


def test_rows_recorded_later_leave_every_read_as_recorded_unchanged(full: Database) -> None:
    with full.read() as connection:
        before = everything(connection, EVER)
    with full.write() as connection:
        add_later_rows(connection, NOW + timedelta(seconds=1))
    with full.read() as connection:
        assert everything(connection, EVER, NOW) == before
        assert everything(connection, EVER, NOW + timedelta(seconds=1)) == everything(connection, EVER) != before


def test_a_correction_holds_from_its_known_on_and_the_old_row_until_then(full: Database) -> None:
    with full.write() as connection:
        append_observations(connection, [replace(OBSERVATION, level=2.0, supersedes=3, known_on=LATER)], NOW)
    with full.read() as connection:
        rows = read_observations(connection, "small", When(as_of=LATER))
        spans = {(row.id, row.valid_from, row.valid_until) for row in rows if row.id >= 3}
        assert spans == {(3, OBSERVATION.known_on, LATER), (4, LATER, None)}
        before = read_observations(connection, "small", When(as_of=LATER - timedelta(days=1)))
        assert {row.valid_until for row in before} == {None}


def test_a_correction_known_earlier_replaces_the_row_altogether(full: Database) -> None:
    earlier = OBSERVATION.observed_on
    with full.write() as connection:
        append_observations(connection, [replace(OBSERVATION, level=2.0, supersedes=3, known_on=earlier)], NOW)
    with full.read() as connection:
        assert [row.id for row in read_observations(connection, "small", When(as_of=earlier))] == [4]
        assert {row.id for row in read_observations(connection, "small", When(as_of=DAY))} == {1, 2, 4}


def test_the_last_visible_version_wins_when_a_middle_one_is_known_later(full: Database) -> None:
    with full.write() as connection:
        append_events(connection, [replace(EVENT, venue="Rome", supersedes=1, known_on=LATER)], NOW)
        append_events(connection, [replace(EVENT, venue="Bonn", supersedes=2, known_on=DAY)], NOW)
    with full.read() as connection:
        venues = [
            [row.venue for row in read_events(connection, "small", When(as_of=day))]
            for day in (EVENT.known_on, DAY, LATER, EVER)
        ]
    assert venues == [["Oslo"], ["Bonn"], ["Bonn"], ["Bonn"]]


def test_a_retracted_fact_can_come_back(full: Database) -> None:
    with full.write() as connection:
        gone = replace(EVENT, supersedes=1, known_on=DAY, retracted=True, reason="a rumour")
        append_events(connection, [gone], NOW)
        append_events(connection, [replace(EVENT, supersedes=2, known_on=LATER)], NOW)
    with full.read() as connection:
        counts = [len(read_events(connection, "small", When(as_of=day))) for day in (EVENT.known_on, DAY, LATER)]
        assert counts == [1, 0, 1]
        assert [row.id for row in read_history(connection, EventRow, 2)] == [1, 2, 3]
        assert [row.id for row in read_newest(connection, EventRow, "small")] == [3]


def test_judgements_come_and_go_with_their_document(full: Database) -> None:
    published = DOCUMENT.published_on
    with full.write() as connection:
        gone = replace(DOCUMENT, supersedes=1, known_on=LATER, retracted=True, reason="forged")
        append_documents(connection, [gone], NOW)
    with full.read() as connection:
        days = (published - timedelta(days=1), published, LATER - timedelta(days=1), LATER)
        assert [len(read_judgements(connection, "small", When(as_of=day))) for day in days] == [0, 1, 1, 0]


def test_a_shipped_attestation_holds_at_every_date_and_a_later_one_from_its_known_on(full: Database) -> None:
    further = replace(ATTESTATION, complete_through=LATER, known_on=LATER)
    with full.write() as connection:
        append_completeness(connection, [further], NOW)
    with full.read() as connection:
        reach = [
            [row.complete_through for row in read_completeness(connection, "small", When(as_of=day))]
            for day in (date(1990, 1, 1), LATER)
        ]
    assert reach == [[ATTESTATION.complete_through], [ATTESTATION.complete_through, LATER]]


def test_order_is_by_content_whatever_the_order_of_entry(small: Database) -> None:
    rows = [
        replace(
            OBSERVATION, indicator_id=indicator, observed_on=OBSERVATION.observed_on - timedelta(days=back), note=note
        )
        for indicator in ("posture", "tone")
        for back in (2, 0, 1)
        for note in ("b", "a")
    ]
    with small.write() as connection:
        append_observations(connection, rows, NOW)
    with small.read() as connection:
        first = read_observations(connection, "small", When(as_of=DAY))
    keys = [(row.indicator_id, row.observed_on, row.known_on, row.row_key) for row in first]
    assert keys == sorted(keys)
    assert {row.note for row in first} == {"a", "b"}


def test_one_indicator_reads_as_its_part_of_all(full: Database) -> None:
    with full.write() as connection:
        moved = replace(OBSERVATION, indicator_id="posture", supersedes=1, known_on=LATER)
        append_observations(connection, [moved], NOW)
    with full.read() as connection:
        rows = read_observations(connection, "small", When(as_of=EVER))
        for indicator in ("tone", "posture"):
            mine = read_observations(connection, "small", When(as_of=EVER), indicator_id=indicator)
            assert mine == tuple(row for row in rows if row.indicator_id == indicator)


def test_instants_come_back_as_the_same_instant_in_utc(small: Database) -> None:
    from datetime import timezone

    elsewhere = datetime(2020, 6, 1, 23, 30, 15, 123456, tzinfo=timezone(timedelta(hours=9)))
    with small.write() as connection:
        append_observations(connection, [OBSERVATION], elsewhere)
    with small.read() as connection:
        (row,) = read_newest(connection, ObservationRow, "small")
    assert (row.recorded_at, row.recorded_at.tzinfo) == (elsewhere, UTC)


def test_a_naive_instant_is_refused(small: Database) -> None:
    naive = datetime(2020, 6, 1, 12)  # noqa: DTZ001
    with pytest.raises(ValueError, match="instant 2020-06-01T12:00:00 has no time zone; give one"), small.write() as c:
        append_observations(c, [OBSERVATION], naive)
