"""Observations taken in one by one against all of them read anew: the same to the last bit, whatever comes."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_runs import install_toy

from db.read import by_content
from db.rows import EventRow, ObservationRow
from db.when import When
from forecast.desk.preview import make_preview
from forecast.engine.assemble import Rows, read_rows
from forecast.engine.reading import Reading, add_to_reading, take_reading
from indicators.disagreements import standing_on
from indicators.errors import CaseError
from indicators.evidence import Evidence
from indicators.snapshot import Layered, take_snapshot
from models.states import FilteredStates

TODAY = date(2019, 7, 1)
AT = datetime(2019, 7, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rows]:
    with install_toy(tmp_path_factory.mktemp("toy")) as database, database.read() as connection:
        yield read_rows(connection, When(as_of=TODAY))


@pytest.fixture(autouse=True, scope="module")
def _one_by_one() -> Iterator[None]:
    """However many come at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("forecast.engine.reading._FEW", 100.0)
        yield


@st.composite
def observations(draw: st.DrawFn) -> dict[str, object]:
    """Of few days, origins and addresses, so that many meet; a tenth of them revised later."""
    observed = draw(st.integers(0, 12))
    known = observed + draw(st.sampled_from((0, 0, 0, 1, 5)))
    return {
        "indicator_id": draw(st.sampled_from(("press_tone", "border_posture", "harvest", "gone"))),
        "observed_on": TODAY - timedelta(20 - observed),
        "known_on": TODAY - timedelta(20 - known),
        "level": draw(st.sampled_from((-2.0, -1.0, 0.5, 1.0))),
        "origin": draw(st.sampled_from(("", "", "wire", "Wire", "memo"))),
        "source_url": draw(st.sampled_from(("", "", "https://a.org/1", "https://a.org/1/", "https://b.org"))),
        "source_title": draw(st.sampled_from(("Gazette", "Leader"))),
        "grade": draw(st.sampled_from((("A", 1), ("B", 2), ("C", 3)))),
        "ends": draw(st.sampled_from((None,) * 9 + (3,))),
        "looked": draw(st.booleans()),
    }


def row(id_: int, said: dict[str, object], *, ended: bool = True) -> ObservationRow:
    parts = SimpleNamespace(**said)
    reliability, credibility = parts.grade
    return ObservationRow(
        id=id_,
        case_id="toy",
        indicator_id=parts.indicator_id,
        observed_on=parts.observed_on,
        known_on=parts.known_on,
        level=parts.level,
        source_title=parts.source_title,
        source_publisher="",
        source_url=parts.source_url,
        origin=parts.origin,
        reliability=reliability,
        credibility=credibility,
        analyst="kim",
        note="",
        row_key=f"{id_ % 5}",
        recorded_at=AT if parts.looked else AT - timedelta(1),
        valid_from=parts.known_on,
        valid_until=parts.known_on + timedelta(parts.ends) if parts.ends and ended else None,
    )


def event(id_: int, source: str) -> EventRow:
    day = TODAY - timedelta(15 - id_)
    return EventRow(
        id=id_,
        case_id="toy",
        event_id=f"X{id_}",
        type="contact",
        framing="none",
        started_on=day,
        ended_on=day,
        known_on=day,
        date_precision="day",
        level="",
        format="",
        venue="",
        note="",
        source=source,
        confidence="high",
        recorded_at=AT,
    )


def rows_of(toy: Rows, found: list[ObservationRow], sources: list[str]) -> Rows:
    return replace(
        toy,
        observations=tuple(sorted(found, key=by_content)),
        events=(*toy.events, *(event(k, source) for k, source in enumerate(sources, start=1000))),
        loaded=frozenset({AT - timedelta(1)}),
    )


def check_same(one: Reading, other: Reading) -> None:
    assert (one.rows, one.reach, one.lacking) == (other.rows, other.reach, other.lacking)
    for name in (item.name for item in fields(Evidence)):
        np.testing.assert_array_equal(getattr(one.evidence, name), getattr(other.evidence, name))
    assert one.snapshot.rows == other.snapshot.rows == one.rows.observations
    assert set(one.snapshot.indicators) == set(other.snapshot.indicators)
    assert one.solvable is not None
    assert other.solvable is not None
    assert one.solvable.name == other.solvable.name
    for name in (item.name for item in fields(FilteredStates) if item.name not in ("catalogue", "track_of")):
        np.testing.assert_array_equal(
            getattr(one.solvable.filtered, name), getattr(other.solvable.filtered, name), strict=True
        )
    for mine, theirs in zip(one.solvable.filtered.track_of, other.solvable.filtered.track_of, strict=True):
        np.testing.assert_array_equal(mine, theirs, strict=True)


@settings(max_examples=150, deadline=None)
@given(
    early=st.lists(observations(), max_size=12),
    late=st.lists(st.lists(observations(), min_size=1, max_size=3), min_size=1, max_size=4),
    sources=st.lists(st.sampled_from(("wire", "Gazette", "https://a.org/1", "memo")), max_size=3),
)
def test_rows_taken_in_one_after_another_make_what_all_make_at_once(
    toy: Rows, early: list[dict[str, object]], late: list[list[dict[str, object]]], sources: list[str]
) -> None:
    found = [row(k, said) for k, said in enumerate(early)]
    reading = take_reading(rows_of(toy, found, sources))
    for batch in late:
        added = sorted((row(len(found) + k, said, ended=False) for k, said in enumerate(batch)), key=by_content)
        found += added
        positions = {**reading.rows.positions, "observations": len(found)}
        reading = add_to_reading(reading, added, positions)
        check_same(reading, take_reading(replace(rows_of(toy, found, sources), positions=positions)))


@settings(max_examples=150, deadline=None)
@given(found=st.lists(observations(), max_size=20), said=observations())
def test_a_look_for_neighbours_finds_what_a_look_at_all_rows_finds(
    toy: Rows, found: list[dict[str, object]], said: dict[str, object]
) -> None:
    reading = take_reading(rows_of(toy, [row(k, each) for k, each in enumerate(found)], []))
    entry = row(99, {**said, "indicator_id": "press_tone"}, ended=False)
    everything = SimpleNamespace(near=lambda *_: reading.rows.observations)
    assert make_preview(reading, entry) == make_preview(replace(reading, snapshot=everything), entry)
    alike = [each for each in reading.rows.observations if by_content(each) == by_content(entry)]
    assert list(reading.snapshot.alike(entry, entry.row_key)) == alike


def test_a_grade_the_table_does_not_hold_is_named(toy: Rows) -> None:
    reading = take_reading(rows_of(toy, [], []))
    said = {"observed_on": TODAY, "known_on": TODAY, "level": 1.0, "origin": "", "source_url": "", "ends": None}
    strange = row(1, {**said, "indicator_id": "harvest", "source_title": "x", "grade": ("Z", 9), "looked": True})
    with pytest.raises(CaseError, match=r"^the grade 'Z9' of harvest on 2019-07-01 is not in the case's table; revise"):
        add_to_reading(reading, [strange], reading.rows.positions)


def test_a_retired_indicator_is_not_heard(toy: Rows) -> None:
    catalogue = tuple(replace(each, retired_on=TODAY) if each.position == 0 else each for each in toy.catalogue)
    reading = take_reading(replace(toy, catalogue=catalogue))
    said = {"observed_on": TODAY, "known_on": TODAY, "level": 1.0, "origin": "", "source_url": "", "ends": None}
    late = row(9999, {**said, "indicator_id": "press_tone", "source_title": "x", "grade": ("B", 2), "looked": True})
    positions = {**toy.positions, "observations": 9999}
    check_same(add_to_reading(reading, [late], positions), take_reading(replace(reading.rows, positions=positions)))


def test_rows_that_stand_are_a_part_of_the_snapshot(toy: Rows) -> None:
    snapshot = take_snapshot(toy.observations)
    first = next(standing_on(toy.observations, toy.as_of))
    assert first in snapshot.near(first, 0)


@given(st.lists(st.dictionaries(st.integers(0, 1500), st.integers(), max_size=400), max_size=6))
def test_a_layered_mapping_is_a_mapping_that_stays_as_it_was(changes: list[dict[int, int]]) -> None:
    plain: dict[int, int] = {0: -1}
    layered = Layered(dict(plain))
    before = [(layered, dict(plain))]
    for change in changes:
        layered = layered.put(change)
        plain |= change
        before.append((layered, dict(plain)))
    for mapping, expected in before:
        assert {key: found for key in range(1501) if (found := mapping.get(key, None)) is not None} == expected
