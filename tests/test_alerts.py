"""Alerts: each rule tells what it should, once, whatever crashed in between."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import ATTEMPT, NOW, OBSERVATION, RUN, STATE, TARGET
from hypothesis import given
from hypothesis import strategies as st
from toy_case import write_toy_case
from toy_runs import FAILURES, add_run, install_toy, toy_targets

from db.append import (
    append_attempt,
    append_completeness,
    append_forecasts,
    append_observations,
    append_run,
    append_run_status,
)
from db.engine import Database, open_database
from db.read import read_case
from db.read_schedule import ScheduledValue, read_alerts, read_scheduled_values
from db.rows import NewCompleteness
from db.run_rows import AlertRow
from forecast.schedule.alerts import raise_alerts
from forecast.schedule.movement import DAY, DRIFT, THRESHOLD, WEEK, Movement, body_of, find_movement, side, told_values
from forecast.schedule.settings import AlertFile, AlertSettings, Settings
from forecast.schedule.slots import retry_at
from indicators.folder import read_case_folder
from indicators.install import install_case

MONDAY = date(2020, 1, 6)
QUIET = AlertSettings(stale_indicators=False, completeness_days=36_525, failures=False, catch_up=False)
"""Nothing but the headline is told."""


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the toy case, which tests copy instead of loading it again."""
    folder = tmp_path_factory.mktemp("toy")
    install_toy(folder).close()
    return folder


@pytest.fixture
def toy(toy_folder: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(toy_folder / "parley.db", tmp_path)
    with open_database(f"sqlite:///{tmp_path / 'parley.db'}") as database:
        yield database


def _settings(**changed: Any) -> Settings:
    return Settings(alerts=replace(QUIET, file=AlertFile(path="-"), **changed))


def _instant(day: date) -> datetime:
    return datetime.combine(day, time(6, 10), UTC)


def _try(database: Database, day: date, outcome: str, run_id: int | None = None, **changed: Any) -> None:
    """A line of the toy case's ledger."""
    at = datetime.combine(day, time(6), UTC)
    attempt = replace(ATTEMPT, case_id="toy", scheduled_for=day, scheduled_at=at, as_of=day - timedelta(days=1))
    attempt = replace(attempt, started_at=at, ended_at=at + timedelta(minutes=1), outcome=outcome, run_id=run_id)
    with database.write() as connection:
        append_attempt(connection, replace(attempt, **changed), at)


def _publish(database: Database, day: date, value: float, *, mcse: float = 0.002, kind: str = "official") -> int:
    """The scheduled run of a day, with this probability of the headline in a year."""
    rows = [
        replace(row, mean=value, mcse=mcse) if (row.target, row.horizon_days) == ("arms_control_talks", 365) else row
        for row in toy_targets()
    ]
    run_id = add_run(database, as_of=day - timedelta(days=1), kind=kind, targets=rows)
    _try(database, day, "published", run_id, kind=kind)
    return run_id


def _raise(database: Database, settings: Settings, now: datetime) -> tuple[AlertRow, ...]:
    """What is told now; asked again at once, nothing is left to tell."""
    with database.write() as connection:
        found = raise_alerts(connection, "toy", settings, now)
    with database.write() as connection:
        assert raise_alerts(connection, "toy", settings, now) == ()
    return found


def _publish_all(database: Database, values: Sequence[float], settings: Settings, **run: Any) -> list[list[AlertRow]]:
    """A run a day, and what each was told for."""
    days = [MONDAY + timedelta(days=n) for n in range(len(values))]
    return [
        list(_raise(database, settings, _instant(day)))
        for day, value in zip(days, values, strict=True)
        if _publish(database, day, value, **run)
    ]


def test_a_jump_is_told_with_its_numbers(toy: Database) -> None:
    found = _publish_all(toy, (0.12, 0.14, 0.19, 0.191), _settings())
    assert [len(alerts) for alerts in found] == [0, 0, 1, 0]
    (alert,) = found[2]
    assert (alert.rule, alert.subject, alert.run_id, alert.channels) == ("move_day", "run 3", 3, ("file",))
    assert alert.title == (
        "Arms-control talks in 365 d: 14 % → 19 %; the first scheduled run said 12 % as of 2020-01-05"
    )
    assert alert.body.splitlines() == [
        "Arms-control talks in 365 d: 19 % as of 2020-01-07 (run 3, ± 0.2 points Monte Carlo).",
        "In a day: 14 % → 19 % since 2020-01-06, +5.0 points; more than 2 points are told of.",
        "In a week: 12 % → 19 % since 2020-01-05, +7.0 points; more than 3 points are told of.",
        "The first scheduled run said 12 % as of 2020-01-05. All of it: `parley show --run 3`.",
    ]
    assert alert.facts["told"] == {
        "value": 0.12,
        "mcse": 0.002,
        "as_of": "2020-01-05",
        "run_id": 1,
        "alerted": False,
    }
    assert alert.recorded_at == _instant(MONDAY + timedelta(days=2))


def test_what_was_told_is_named_in_the_next_alert(toy: Database) -> None:
    found = _publish_all(toy, (0.12, 0.15, 0.16, 0.19), _settings())
    assert [[alert.rule for alert in alerts] for alerts in found] == [[], ["move_day"], [], ["move_day"]]
    assert found[1][0].title == "Arms-control talks in 365 d: 12 % → 15 %"
    assert found[3][0].title == "Arms-control talks in 365 d: 16 % → 19 %; last told 15 % as of 2020-01-06"


def test_a_week_is_told_where_no_day_was(toy: Database) -> None:
    found = _publish_all(toy, (0.20, 0.19, 0.18, 0.175, 0.169), _settings())
    assert [[alert.rule for alert in alerts] for alerts in found] == [[], [], [], [], ["move_week"]]
    assert found[-1][0].title == "Arms-control talks in 365 d: 20 % → 17 %"
    assert "In a week: 20 % → 17 % since 2020-01-05, −3.1 points; more than 3 points are told of." in found[-1][0].body


def test_a_slow_drift_is_told() -> None:
    values = _days([0.10 + 0.001 * day for day in range(70)], 0.002)
    found = [(movement.now.as_of, movement.steps) for movement in _walk(values, QUIET) if movement]
    assert [(day, [step.rule for step in steps]) for day, steps in found] == [
        (MONDAY + timedelta(days=31), ["drift"]),
        (MONDAY + timedelta(days=62), ["drift"]),
    ]
    movement = find_movement(values[:32], (), QUIET)
    assert movement is not None
    assert "Little by little: 10 % → 13 % since 2020-01-06, +3.1 points" in body_of(movement, "Talks")


def test_a_threshold_is_told_once_each_time_it_is_crossed(toy: Database) -> None:
    settings = _settings(thresholds=(0.15, 0.16, 0.5))
    found = _publish_all(toy, (0.148, 0.151, 0.1545, 0.1475, 0.166, 0.152, 0.145), settings)
    told = [[(alert.rule, alert.title) for alert in alerts] for alerts in found]
    about = "Arms-control talks in 365 d: "
    assert told == [
        [],
        [],  # within two errors of the threshold: on neither side
        [],  # the first run that was clear of it was above, too
        [],
        [("threshold", f"{about}15 % → 17 %, above 16 %")],
        [("threshold", f"{about}17 % → 15 %, below 16 %")],
        [("threshold", f"{about}15 % → 14 %, below 15 %")],
    ]


def test_one_run_has_one_alert_that_says_it_all(toy: Database) -> None:
    settings = _settings(thresholds=(0.15, 0.18))
    ((alert,),) = [alerts for alerts in _publish_all(toy, (0.12, 0.12, 0.19), settings) if alerts]
    assert alert.rule == "threshold"
    assert alert.title == "Arms-control talks in 365 d: 12 % → 19 %, above 15 % and 18 %"
    assert alert.body.count("\n") == 4
    facts: Any = alert.facts
    assert [step["rule"] for step in facts["steps"]] == ["threshold", "move_day", "move_week"]
    assert facts["steps"][0]["thresholds"] == [0.15, 0.18]


def test_numbers_that_look_alike_are_told_apart(toy: Database) -> None:
    found = _publish_all(toy, (0.1463, 0.1537), _settings(thresholds=(0.15,)), mcse=0.0001)
    assert found[1][0].title == "Arms-control talks in 365 d: 14.63 % → 15.37 %, above 15 %"


def test_chance_is_no_news(toy: Database) -> None:
    assert _publish_all(toy, (0.12, 0.15, 0.12, 0.15), _settings(thresholds=(0.13,)), mcse=0.02) == [[], [], [], []]


def test_another_horizon_is_another_number(toy: Database) -> None:
    assert [len(alerts) for alerts in _publish_all(toy, (0.12, 0.19), _settings())] == [0, 1]
    month = _settings(horizon_days=30, day_points=0.01, week_points=0.01)
    assert _raise(toy, month, _instant(MONDAY + timedelta(days=1))) == ()


def test_only_scheduled_runs_are_told_of(toy: Database) -> None:
    _publish_all(toy, (0.12,), _settings())
    rows = [replace(row, mean=0.5) for row in toy_targets()]
    add_run(toy, as_of=MONDAY, kind="manual", targets=rows)
    assert _raise(toy, _settings(), _instant(MONDAY)) == ()


def test_without_channels_it_is_recorded_all_the_same(toy: Database) -> None:
    _publish(toy, MONDAY, 0.12)
    _publish(toy, MONDAY + timedelta(days=1), 0.19)
    (alert,) = _raise(toy, Settings(alerts=QUIET), _instant(MONDAY))
    assert alert.channels == ()


def test_days_in_between_that_have_no_run(toy: Database) -> None:
    _publish(toy, MONDAY, 0.12)
    assert _raise(toy, _settings(), _instant(MONDAY)) == ()
    _publish(toy, MONDAY + timedelta(days=20), 0.145)
    (alert,) = _raise(toy, _settings(), _instant(MONDAY + timedelta(days=20)))
    assert "12 % → 14 % since 2020-01-05, +2.5 points" in alert.body


class Loss(Exception):
    """The power."""


def test_a_crash_before_the_commit_loses_nothing(toy: Database) -> None:
    settings = Settings(alerts=AlertSettings(file=AlertFile(path="-")))
    _publish(toy, MONDAY, 0.12)
    _publish(toy, MONDAY + timedelta(days=1), 0.19, kind="backfill")
    _try(toy, MONDAY + timedelta(days=2), "failed", error="the fit was killed")
    now = _instant(MONDAY + timedelta(days=60))
    lost: list[AlertRow] = []

    def crash() -> None:
        with toy.write() as connection:
            lost.extend(raise_alerts(connection, "toy", settings, now))
            raise Loss

    with pytest.raises(Loss):
        crash()
    assert {alert.rule for alert in lost} == {"move_day", "failed", "catch_up", "stale", "completeness"}
    assert list(_raise(toy, settings, now)) == lost


_VALUES = st.lists(st.integers(0, 60).map(lambda n: n / 200), min_size=1, max_size=40)
_ERRORS = st.sampled_from((0.0, 0.0005, 0.004))


@given(_VALUES, _ERRORS, st.lists(st.sampled_from((0.05, 0.1, 0.102, 0.2)), max_size=3).map(tuple))
def test_laws_of_movement(means: list[float], mcse: float, thresholds: tuple[float, ...]) -> None:
    settings = AlertSettings(thresholds=thresholds)
    values = _days(means, mcse)
    found = _walk(values, settings)
    until = MONDAY
    for n, movement in enumerate(found):
        _check_told(values[: n + 1], movement, found[:n], settings)
        if movement is not None:
            assert all(step.before.as_of >= until for step in movement.steps), "a stretch is told twice"
            until = movement.now.as_of


def _days(means: Sequence[float], mcse: float) -> list[ScheduledValue]:
    return [ScheduledValue(n, MONDAY + timedelta(days=n), mean, mcse) for n, mean in enumerate(means)]


def _walk(values: Sequence[ScheduledValue], settings: AlertSettings) -> list[Movement | None]:
    """What each run is told for, as the runs come in."""
    found: list[Movement | None] = []
    told: list[ScheduledValue] = []
    for n in range(len(values)):
        found.append(find_movement(values[: n + 1], told, settings))
        if found[-1] is not None:
            told.insert(0, values[n])
            assert find_movement(values[: n + 1], told, settings) is None
    return found


def _check_told(
    values: Sequence[ScheduledValue],
    movement: Movement | None,
    before: Sequence[Movement | None],
    settings: AlertSettings,
) -> None:
    """A jump is told, and whoever reads the alerts is never further from the headline than a week's bound."""
    rules = {step.rule for step in movement.steps} if movement else set()
    now, told = values[-1], [each.now for each in before if each]
    chance = 2 * 2**0.5 * now.mcse + 1e-9
    if len(values) > 1:
        jump = abs(now.mean - values[-2].mean)
        assert (DAY in rules) == (round(100 * jump, 6) > max(settings.day_points, 100 * (chance - 1e-9)))
    last = told[-1] if told else values[0]
    if abs(now.mean - last.mean) > max(settings.week_points / 100, chance) + 1e-9:
        assert rules & {WEEK, DRIFT}
    assert not {WEEK, DRIFT} <= rules
    for threshold in settings.thresholds:
        crossed = side(now, threshold) * side(last, threshold) < 0
        assert not crossed or THRESHOLD in rules
        if movement and any(threshold in step.crossed for step in movement.steps):
            assert side(now, threshold) != 0


@given(st.lists(st.floats(-0.0035, 0.0035), min_size=2, max_size=30), st.integers(0, 40))
def test_a_number_that_hovers_at_a_threshold_crosses_it_once_at_most(noise: list[float], start: int) -> None:
    settings = AlertSettings(thresholds=(0.15,))
    means = [0.13 + 0.001 * min(start, 20)] + [0.15 + each for each in noise]
    values = _days(means, 0.002)
    assert not [found for found in _walk(values, settings) if found and found.steps[0].rule == THRESHOLD]


def test_told_values_are_those_of_the_same_number(toy: Database) -> None:
    _publish_all(toy, (0.12, 0.19), _settings())
    with toy.read() as connection:
        alerts = read_alerts(connection, "toy")
        values = read_scheduled_values(connection, "toy", "arms_control_talks", 365)
    assert told_values(alerts, "arms_control_talks", 365) == values[1:]
    assert told_values(alerts, "arms_control_talks", 30) == told_values(alerts, "contact", 365) == ()


def test_indicators_that_go_stale_are_told_once(toy: Database) -> None:
    settings = _settings(stale_indicators=True)
    _publish(toy, MONDAY, 0.12)
    (alert,) = _raise(toy, settings, _instant(MONDAY))  # the press was last read on 2019-10-05, and is each month
    assert (alert.rule, alert.subject, alert.run_id) == ("stale", "press_tone 2019-10-05", 1)
    assert alert.title == "Gone stale: Tone of the Graustark press"
    assert alert.body.splitlines()[0] == (
        "- Tone of the Graustark press (press_tone): last observed on 2019-10-05, 93 days ago, expected every 30 days."
    )
    assert alert.facts["indicators"] == [{"id": "press_tone", "last_observed_on": "2019-10-05", "stale_days": 93}]
    assert _raise(toy, settings, _instant(date(2020, 6, 17))) == ()  # as many days as are expected twice over
    (later,) = _raise(toy, settings, _instant(date(2020, 6, 18)))
    assert later.subject == "border_posture 2019-12-20"


def test_what_goes_stale_together_is_told_together(toy: Database) -> None:
    _publish(toy, MONDAY, 0.12)
    (alert,) = _raise(toy, _settings(stale_indicators=True), _instant(date(2020, 12, 1)))
    assert alert.title == "2 indicators have gone stale"
    assert alert.facts["subjects"] == ["border_posture 2019-12-20", "press_tone 2019-10-05"]


def test_an_indicator_observed_since_may_go_stale_again(small: Database) -> None:
    days = (date(2015, 1, 1), date(2016, 3, 1))
    for day in days:
        with small.write() as connection:
            append_observations(connection, [replace(OBSERVATION, observed_on=day, known_on=day)], NOW)
            run_id = append_run(connection, replace(RUN, as_of=day), NOW)
            append_run_status(connection, run_id, "published", {}, NOW)
            states = [replace(STATE, last_observed_on=day)]
            append_forecasts(connection, run_id, [TARGET], [], states, [], NOW)
        with small.write() as connection:
            now = _instant(day + timedelta(days=900))
            raised = raise_alerts(connection, "small", _settings(stale_indicators=True), now)
            (alert,) = [one for one in raised if one.rule != "completeness"]  # most types were never attested at all
            assert alert.subject == f"tone {day}"
            assert raise_alerts(connection, "small", _settings(stale_indicators=True), now) == ()


def test_types_of_event_that_nobody_attests_are_told_once(toy: Database) -> None:
    settings = _settings()
    settings = replace(settings, alerts=replace(settings.alerts, completeness_days=14))
    assert _raise(toy, settings, _instant(date(2020, 1, 14))) == ()
    (alert,) = _raise(toy, settings, _instant(date(2020, 1, 15)))
    assert (alert.rule, alert.run_id) == ("completeness", None)
    assert alert.title == "Events not attested for more than 14 days: contact, crisis, deal, talks"
    assert "- talks: complete through 2019-12-31, 15 days ago." in alert.body.splitlines()
    assert alert.body.endswith("run `parley event none --through DATE`.")
    with toy.write() as connection:
        word = NewCompleteness(
            case_id="toy",
            type="deal",
            complete_from=date(2010, 1, 1),
            complete_through=date(2020, 1, 10),
            known_on=date(2020, 1, 10),
            attested_by="me",
            note="",
        )
        append_completeness(connection, [word], NOW)
    (later,) = _raise(toy, settings, _instant(date(2020, 2, 1)))
    assert later.facts["types"] == [{"type": "deal", "complete_through": "2020-01-10"}]
    assert later.body.endswith("run `parley event none --type deal --through DATE`.")


def test_types_that_were_never_attested_are_told_once(small: Database) -> None:
    settings = Settings(alerts=replace(QUIET, completeness_days=14))
    for expected in (1, 0):
        with small.write() as connection:
            found = raise_alerts(connection, "small", settings, NOW)
        assert len(found) == expected
    with small.read() as connection:
        (alert,) = read_alerts(connection, "small")
    assert "talks: not attested complete for any day." in alert.body
    assert alert.facts["subjects"] == ["contact never", "crisis never", "deal never", "talks never"]


def test_a_day_that_fails_is_told_once(toy: Database) -> None:
    settings = _settings(failures=True)
    _try(toy, MONDAY, "failed", error="no memory was left", log="logs/schedule.log")
    (alert,) = _raise(toy, settings, _instant(MONDAY))
    assert (alert.rule, alert.subject, alert.run_id) == ("failed", "2020-01-06", None)
    assert alert.title == "The run of 2020-01-06 failed"
    assert alert.body == (
        "The run of 2020-01-06 failed at 2020-01-06 06:01 UTC: no memory was left. "
        "Next try: 2020-01-06 06:02 UTC. Log: logs/schedule.log."
    )
    facts: Any = alert.facts
    ended = datetime(2020, 1, 6, 6, 1, tzinfo=UTC)
    assert facts["failures"][0]["retry_at"] == retry_at(1, ended).isoformat()
    _try(toy, MONDAY, "failed", error="no memory was left")
    assert _raise(toy, settings, _instant(MONDAY)) == ()


def test_a_day_that_was_told_as_failed_is_told_once_when_it_is_published_after_all(toy: Database) -> None:
    settings = _settings(failures=True)
    _try(toy, MONDAY, "failed", error="no memory was left")
    _raise(toy, settings, _instant(MONDAY))
    run_id = _publish(toy, MONDAY, 0.12)
    (alert,) = _raise(toy, settings, _instant(MONDAY))
    assert (alert.rule, alert.subject, alert.run_id) == ("recovered", "2020-01-06", run_id)
    assert alert.title == "The run of 2020-01-06 was published after all"
    assert _raise(toy, settings, _instant(MONDAY)) == ()


def test_days_that_fail_together_are_told_together(toy: Database) -> None:
    settings = _settings(failures=True)
    for n in (0, 1, 1, 3, 5):
        _try(toy, MONDAY + timedelta(days=n), "failed", error="the disk is full.")
    (alert,) = _raise(toy, settings, _instant(MONDAY))
    assert alert.title == "The runs of 2020-01-06 to 2020-01-07, 2020-01-09, 2020-01-11 failed"
    tuesday = "The run of 2020-01-07 failed 2 times, the last time at 2020-01-07 06:01 UTC: the disk is full."
    assert alert.body.splitlines()[1].startswith(tuesday)


def test_a_day_that_failed_and_was_made_up_for_is_no_news(toy: Database) -> None:
    _try(toy, MONDAY, "failed", error="the database was locked")
    _publish(toy, MONDAY, 0.12)
    assert _raise(toy, _settings(failures=True), _instant(MONDAY)) == ()


def test_a_rejected_run_is_told_with_the_reasons(toy: Database) -> None:
    _publish(toy, MONDAY, 0.12)
    tuesday = MONDAY + timedelta(days=1)
    run_id = add_run(toy, as_of=MONDAY, status="rejected", kind="official", failures=FAILURES)
    _try(toy, tuesday, "rejected", run_id)
    (alert,) = _raise(toy, _settings(failures=True), _instant(tuesday))
    assert (alert.rule, alert.subject, alert.run_id) == ("rejected", "2020-01-07", run_id)
    assert alert.title == "The run of 2020-01-07 was rejected by the diagnostics"
    assert alert.body.splitlines() == [
        f"The run of 2020-01-07 (run {run_id}) was rejected: {'; '.join(FAILURES)}.",
        "The forecast that stands is run 1, as of 2020-01-05: `parley show`.",
    ]


def test_catching_up_is_told_once_with_what_was_left_out(toy: Database) -> None:
    settings = _settings(catch_up=True, day_points=90.0, week_points=90.0)
    for n in range(3):
        _try(toy, MONDAY + timedelta(days=n), "skipped", kind="backfill", error="more than 90 days back")
    for n in range(3, 8):
        _publish(toy, MONDAY + timedelta(days=n), 0.12, kind="backfill")
    run_id = add_run(toy, as_of=MONDAY, status="rejected", kind="backfill")
    _try(toy, MONDAY + timedelta(days=8), "rejected", run_id, kind="backfill")
    _publish(toy, MONDAY + timedelta(days=9), 0.12)
    (alert,) = _raise(toy, settings, _instant(MONDAY))
    assert alert.rule == "catch_up"
    assert alert.title == "Caught up on 6 missing days: 2020-01-09 to 2020-01-14; 3 skipped"
    assert alert.body.splitlines() == [
        "Published: 5 (2020-01-09 to 2020-01-13).",
        "Rejected: 1 (2020-01-14).",
        "Skipped: 3 (2020-01-06 to 2020-01-08).",
        "Skipped because: more than 90 days back.",
    ]
    _publish(toy, MONDAY + timedelta(days=10), 0.12, kind="backfill")
    (later,) = _raise(toy, settings, _instant(MONDAY))
    assert later.title == "Caught up on 1 missing day: 2020-01-16"


def test_days_that_are_only_skipped(toy: Database) -> None:
    _try(toy, MONDAY, "skipped", kind="backfill", error="more than 90 days back")
    (alert,) = _raise(toy, _settings(catch_up=True), _instant(MONDAY))
    assert alert.title == "1 missing day skipped: 2020-01-06"


def test_very_many_days_are_told_briefly(toy: Database) -> None:
    for n in range(0, 60, 2):
        _try(toy, MONDAY + timedelta(days=n), "failed", error="the disk is full")
    (alert,) = _raise(toy, _settings(failures=True), _instant(MONDAY))
    assert alert.title.endswith("2020-01-24, and 20 more failed")
    assert alert.body.endswith("\nand 20 more")
    assert len(alert.facts["subjects"]) == 30  # type: ignore[arg-type]


def test_every_rule_can_be_switched_off(toy: Database) -> None:
    _publish(toy, MONDAY, 0.12, kind="backfill")
    _publish(toy, MONDAY + timedelta(days=1), 0.19, kind="backfill")
    _try(toy, MONDAY + timedelta(days=2), "failed")
    off = Settings(alerts=replace(QUIET, day_points=100.0, week_points=100.0))
    assert _raise(toy, off, _instant(MONDAY + timedelta(days=60))) == ()


def test_rules_on_either_database(database: Database, tmp_path: Path) -> None:
    install_case(database, read_case_folder(write_toy_case(tmp_path / "toy")), NOW)
    _publish(database, MONDAY, 0.12)
    _publish(database, MONDAY + timedelta(days=1), 0.19, kind="backfill")
    _try(database, MONDAY + timedelta(days=2), "failed", error="the fit was killed")
    rejected = add_run(database, as_of=MONDAY, status="rejected", kind="official", failures=FAILURES)
    _try(database, MONDAY + timedelta(days=3), "rejected", rejected)
    found = _raise(database, Settings(), _instant(MONDAY + timedelta(days=60)))
    assert [alert.rule for alert in found] == ["move_day", "failed", "rejected", "catch_up", "stale", "completeness"]
    assert [alert.id for alert in found] == [1, 2, 3, 4, 5, 6]
    with database.read() as connection:
        assert read_case(connection).case_id == "toy"
