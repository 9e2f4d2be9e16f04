"""Dry runs answered from the table of a run: near the exact answer, marked as such, and only where the table holds."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from db.engine import Database, open_database
from forecast.desk.actions import Desk, Receipt, add_event, log
from forecast.desk.receipt import receipt_json
from forecast.engine.answers import Provisional
from forecast.engine.hypotheticals import Supposed, make_table

TODAY = date(2019, 7, 1)
NEAR = 0.0006
"""In probability: draws of the toy case are far apart, and its table is coarser than that of the shipped one."""


@pytest.fixture
def database(published_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("PARLEY_CACHE", str(tmp_path / "cache"))
    with open_database(f"sqlite:///{published_copy / 'parley.db'}") as opened:
        yield opened


@pytest.fixture
def desk(database: Database) -> Desk:
    """A desk whose newest run has a table."""
    assert make_table(database, "toy", clock=at_noon) is not None
    return Desk(database, "kim", day=lambda: TODAY)


def at_noon() -> datetime:
    return datetime.combine(TODAY, time(12), UTC)


def tried(desk: Desk, level: float, *, indicator: str = "press_tone", on: date = TODAY, grade: str = "B2") -> Receipt:
    return log(desk, indicator, level, on=on, source="Leader", grade=grade, dry_run=True)


def exactly(desk: Desk, monkeypatch: pytest.MonkeyPatch, level: float, **entry: str) -> Provisional:
    with monkeypatch.context() as without:
        without.setenv("PARLEY_CACHE", "/nowhere")
        found = tried(desk, level, **entry).forecast  # type: ignore[arg-type]
    assert isinstance(found, Provisional)
    return found


@pytest.mark.parametrize("indicator", ["press_tone", "border_posture"])
@pytest.mark.parametrize(("level", "grade"), [(2, "A1"), (0.5, "B2"), (-1, "C3"), (-2, "F6")])
def test_it_is_near_the_exact_answer_and_says_that_it_is_near(
    desk: Desk, indicator: str, level: float, grade: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = tried(desk, level, indicator=indicator, grade=grade)
    supposed, exact = receipt.forecast, exactly(desk, monkeypatch, level, indicator=indicator, grade=grade)
    assert isinstance(supposed, Supposed)
    for target, shifts in exact.by_target.items():
        for near, right in zip(supposed.by_target[target], shifts, strict=True):
            assert (near.horizon_days, near.deadline) == (right.horizon_days, right.deadline)
            assert near.old == pytest.approx(right.old, abs=1e-9)
            assert near.new == pytest.approx(right.new, abs=NEAR)
    told = receipt_json(receipt)["forecast"]
    assert (told["approximate"], told["run"], told["posterior_of"]) == (True, None, 1)
    assert told["targets"].keys() == told["do"].keys()


def test_what_is_stored_is_exact(desk: Desk) -> None:
    receipt = log(desk, "press_tone", 1, on=TODAY, source="Leader", grade="B2")
    assert isinstance(receipt.forecast, Provisional)
    assert receipt_json(receipt)["forecast"]["approximate"] is False


def test_after_an_entry_the_table_no_longer_holds(desk: Desk) -> None:
    log(desk, "press_tone", 1, on=TODAY, source="Leader", grade="B2")
    assert isinstance(tried(desk, 2).forecast, Provisional)
    assert make_table(desk.database, "toy", clock=at_noon) is not None
    assert isinstance(tried(desk, 2, on=TODAY - timedelta(days=1)).forecast, Provisional), "what was known before today"
    assert isinstance(tried(desk, -2).forecast, Supposed)


def test_an_event_is_answered_exactly(desk: Desk) -> None:
    receipt = add_event(desk, "contact", on=TODAY, source="AP", dry_run=True)
    assert isinstance(receipt.forecast, Provisional)


def test_another_day_is_answered_exactly(desk: Desk) -> None:
    later = Desk(desk.database, "kim", day=lambda: TODAY + timedelta(days=1))
    assert isinstance(tried(later, 1, on=TODAY + timedelta(days=1)).forecast, Provisional)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", b"not a table"])
def test_a_table_that_is_cut_off_is_as_none(desk: Desk, damage: bytes, tmp_path: Path) -> None:
    (file,) = (tmp_path / "cache" / "what-if").iterdir()
    file.write_bytes(damage)
    assert isinstance(tried(desk, 1).forecast, Provisional)
