"""Rows encoded once are what the chain says of them: the same values, key and hash, and the same refusals."""

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from conftest import ATTESTATION, EVENT, NOW, OBSERVATION
from hypothesis import given, settings
from hypothesis import strategies as st

from db import tables
from db.append import ATTESTED, OBSERVED
from db.chain import content_key, encode_instant, prepared, row_digest
from db.encode import encode_row, encode_values, encoded_digest, names_of
from db.errors import StoreError
from db.rows import NewObservation

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
OBSERVATIONS = st.builds(
    NewObservation,
    case_id=TEXT,
    indicator_id=TEXT,
    observed_on=st.dates(),
    known_on=st.dates(),
    level=st.floats(-2, 2) | st.integers(-2, 2),
    source_title=TEXT,
    source_publisher=TEXT,
    source_url=TEXT,
    origin=TEXT,
    reliability=TEXT,
    credibility=st.integers(1, 6),
    analyst=TEXT,
    note=TEXT | st.sampled_from(["%s", "100 %", '"}', "\x01"]),
    supersedes=st.none() | st.integers(1, 9),
    retracted=st.booleans(),
    reason=TEXT,
)
AT = datetime(2026, 11, 30, 19, 40, 1, 5, UTC)


def expected(values: Mapping[str, Any], table: Any, asserted: tuple[str, ...]) -> tuple[dict[str, object], str]:
    row = prepared(table, values)
    key = content_key(table, row, asserted) if asserted else ""
    return ({**row, "row_key": key} if asserted else row), key


@settings(max_examples=50)
@given(row=OBSERVATIONS, number=st.integers(1, 2**40))
def test_an_observation_is_encoded_as_the_chain_hashes_it(row: NewObservation, number: int) -> None:
    table = tables.observations
    values = {name: getattr(row, name) for name in OBSERVED} | {
        "supersedes": row.supersedes,
        "retracted": row.retracted,
        "reason": row.reason,
    }
    stored, key = expected(values, table, OBSERVED)
    found = encode_row(row, table, OBSERVED)
    assert (dict(zip(names_of(table), found.values, strict=True)), found.key) == (stored, key)
    assert [*map(type, found.values)] == [type(stored[name]) for name in names_of(table)]
    stored |= {"id": number, "recorded_at": AT}
    assert encoded_digest(table, found, number, encode_instant(AT), "before") == row_digest(table, stored, "before")


@pytest.mark.parametrize(
    ("row", "table", "asserted"), [(EVENT, tables.events, ()), (ATTESTATION, tables.completeness, ATTESTED)]
)
def test_other_facts_are_encoded_likewise(row: Any, table: Any, asserted: tuple[str, ...]) -> None:
    values = {name: getattr(row, name) for name in names_of(table) if hasattr(row, name)}
    stored, key = expected(values, table, asserted)
    found = encode_row(row, table, asserted)
    assert (dict(zip(names_of(table), found.values, strict=True)), found.key) == (stored, key)
    assert encoded_digest(table, found, 1, encode_instant(NOW), "") == row_digest(
        table, {**stored, "id": 1, "recorded_at": NOW}, ""
    )


def test_values_that_are_prepared_are_encoded_likewise() -> None:
    detail = {"b": [1, 2.5, None, True], "a": "\u9ad8"}
    row = prepared(tables.run_statuses, {"run_id": 3, "status": "published", "detail": detail})
    found = encode_values(tables.run_statuses, row)
    full = {**row, "id": 7, "recorded_at": AT}
    assert encoded_digest(tables.run_statuses, found, 7, encode_instant(AT), "x") == row_digest(
        tables.run_statuses, full, "x"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"level": math.nan}, "^observations: level is nan; a finite number is needed$"),
        ({"level": "high"}, "^observations: level is 'high'; a number is needed$"),
        ({"credibility": True}, "^observations: credibility is True; a whole number is needed$"),
        ({"credibility": 2**70}, "^observations: credibility is 1180591620717411303424; a whole number of at most"),
        ({"known_on": NOW}, "^observations: known_on is datetime.*; a date is needed$"),
        ({"note": 7}, "^observations: note is 7; a text is needed$"),
        ({"note": "a\0b"}, r"^observations: note is 'a\\x00b'; null characters and lone surrogates cannot be stored$"),
        ({"origin": "\ud83d"}, r"^observations: origin is '\\ud83d'; null characters and lone surrogates"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_its_value(change: dict[str, Any], message: str) -> None:
    encode_row(OBSERVATION, tables.observations, OBSERVED)
    with pytest.raises(StoreError, match=message):
        encode_row(replace(OBSERVATION, **change), tables.observations, OBSERVED)


def test_a_day_that_is_an_instant_is_no_day() -> None:
    found = encode_row(replace(OBSERVATION, observed_on=date(2020, 1, 1)), tables.observations, OBSERVED)
    assert date(2020, 1, 1) in found.values
