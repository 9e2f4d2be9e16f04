"""Alerts across a change of the model: what the model alone moved is not told as news of the world."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import ATTEMPT
from hypothesis import given
from hypothesis import strategies as st
from toy_runs import add_run, install_toy, toy_targets

from db.append import append_attempt
from db.engine import Database
from db.read_schedule import ScheduledValue
from db.run_rows import AlertRow
from forecast.facts.alerts import Movement
from forecast.schedule.alerts import raise_alerts
from forecast.schedule.bridging import Bridge
from forecast.schedule.movement import find_movement
from forecast.schedule.settings import AlertFile, AlertSettings, Settings
from forecast.structures import ModelChange, ModelLine, change_as_json

MONDAY = date(2020, 1, 6)
HEADLINE, DAYS = "arms_control_talks", 365
QUIET = AlertSettings(
    stale_indicators=False, completeness_days=36_525, failures=False, catch_up=False, file=AlertFile(path="-")
)


def line(old: float, new: float, mcse: float = 0.002, **changed: Any) -> ModelLine:
    found = ModelLine(target=HEADLINE, horizon_days=DAYS, deadline=None, old=old, new=new, mcse=mcse)
    return replace(found, **changed)


def change(*lines: ModelLine, old: int = 1, new: int = 2) -> ModelChange:
    return ModelChange(from_run=3, from_structure=old, to_structure=new, lines=lines)


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Database]:
    with install_toy(tmp_path) as opened:
        yield opened


def publish(database: Database, day: date, value: float, detail: Mapping[str, object]) -> None:
    """The scheduled run of a day, with this probability of the headline in a year."""
    rows = [
        replace(row, mean=value) if (row.target, row.horizon_days) == (HEADLINE, DAYS) else row for row in toy_targets()
    ]
    run_id = add_run(database, as_of=day - timedelta(days=1), kind="official", targets=rows, detail=detail)
    at = datetime.combine(day, time(6), UTC)
    attempt = replace(ATTEMPT, case_id="toy", scheduled_for=day, scheduled_at=at, as_of=day - timedelta(days=1))
    attempt = replace(attempt, started_at=at, ended_at=at, outcome="published", run_id=run_id)
    with database.write() as connection:
        append_attempt(connection, attempt, at)


def tell(database: Database, values: Sequence[tuple[float, int]], found: ModelChange, **changed: Any) -> list[AlertRow]:
    """What is told of each day's number and structure; the first of the second structure is stored with the change."""
    told, before = [], None
    for n, (value, structure) in enumerate(values):
        stored = {"model_change": change_as_json(found)} if before not in (None, structure) else {}
        publish(database, MONDAY + timedelta(days=n), value, {"structure": structure, **stored})
        before = structure
        now = datetime.combine(MONDAY + timedelta(days=n), time(7), UTC)
        with database.write() as connection:
            told += raise_alerts(connection, "toy", Settings(alerts=replace(QUIET, **changed)), now)
    return told


def test_what_the_model_alone_moved_is_not_told(toy: Database) -> None:
    """Eleven points in a day, and across a threshold."""
    values = [(0.26, 1), (0.261, 1), (0.151, 2), (0.152, 2)]
    assert tell(toy, values, change(line(0.261, 0.15)), thresholds=(0.2,)) == []


def test_what_the_world_moved_is_told_without_the_model(toy: Database) -> None:
    (alert,) = tell(toy, [(0.26, 1), (0.26, 1), (0.20, 2)], change(line(0.26, 0.15)))
    assert alert.rule == "move_day"
    (step,) = [one for one in alert.facts["steps"] if one["rule"] == "move_day"]  # type: ignore[attr-defined]
    assert step["points"] == pytest.approx(5.0)
    assert step["from"]["value"] == 0.26
    assert step["from"]["by_present_model"] == pytest.approx(0.15)
    assert "by an earlier model (15 % by the present one)" in alert.body
    assert "model 2 instead of model 1 moved the number by −11.0 points, which is not counted here." in alert.body


def test_what_was_told_by_the_earlier_model_is_carried_as_well(toy: Database) -> None:
    """The jump to 30 % was told; a number that stands where the new model puts it is no news."""
    values = [(0.26, 1), (0.30, 1), (0.171, 2), (0.172, 2)]
    told = tell(toy, values, change(line(0.30, 0.17)))
    assert [alert.run_id for alert in told] == [2]


def test_where_the_line_is_not_known_numbers_of_the_earlier_model_are_left_out(toy: Database) -> None:
    unknown = ModelChange(from_run=2, from_structure=1, to_structure=2, lacking="no posterior mode")
    told = tell(toy, [(0.26, 1), (0.26, 1), (0.15, 2), (0.151, 2), (0.18, 2)], unknown)
    assert [(alert.run_id, alert.facts["told"]["run_id"]) for alert in told] == [(5, 3)]  # type: ignore[index]


def test_two_changes_add_up() -> None:
    changes = change(line(0.3, 0.2, 0.003)), change(line(0.2, 0.25, 0.004), old=2, new=3)
    bridge = Bridge(structures={1: 1, 2: 3}, changes=changes[::-1], target=HEADLINE, horizon_days=DAYS)
    (found,) = bridge.carry([ScheduledValue(1, MONDAY, 0.31, 0.0)], 2)
    assert (found.mean, found.said) == (pytest.approx(0.26), 0.31)
    assert found.mcse == pytest.approx(0.005)
    assert bridge.carry([ScheduledValue(2, MONDAY, 0.31, 0.0)], 1) == ()


@given(
    st.lists(st.floats(-0.03, 0.03), min_size=2, max_size=25),
    st.integers(1, 24),
    st.sampled_from((-0.2, 0.0, 0.15)),
)
def test_a_change_of_model_changes_nothing_of_what_is_told(moves: list[float], at: int, jump: float) -> None:
    """Told of a series whose first part was said by another model is what would be told without one."""
    means = [0.4 + sum(moves[: n + 1]) * 0.3 for n in range(len(moves))]
    first = min(at, len(means) - 1)
    said = [mean + jump if n < first else mean for n, mean in enumerate(means)]
    bridge = Bridge(
        structures={n: 1 if n < first else 2 for n in range(len(means))},
        changes=(change(line(means[first - 1] + jump, means[first - 1], 0.0)),),
        target=HEADLINE,
        horizon_days=DAYS,
    )
    assert _walk(said, bridge) == _walk(means, replace(bridge, structures=dict.fromkeys(range(len(means)), 2)))


def _walk(means: Sequence[float], bridge: Bridge) -> list[tuple[tuple[str, float], ...]]:
    """Rules and points of what each run is told for, as the runs come in."""
    values = [ScheduledValue(n, MONDAY + timedelta(days=n), mean, 0.002) for n, mean in enumerate(means)]
    told: list[ScheduledValue] = []
    found: list[tuple[tuple[str, float], ...]] = []
    for n, now in enumerate(values):
        movement = find_movement(bridge.carry(values[: n + 1], n), bridge.carry(told, n), QUIET)
        found.append(_steps(movement))
        if movement is not None:
            told.insert(0, now)
    return found


def _steps(movement: Movement | None) -> tuple[tuple[str, float], ...]:
    return tuple((step.rule, round(step.points, 5)) for step in movement.steps) if movement else ()
