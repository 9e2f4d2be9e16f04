"""`parley schedule status`: stale or not, to the minute, and everything an operator asks next."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from toy_runs import FAILURES, LOADED, add_run, install_toy

from db.append import append_alerts, append_attempt, append_completeness, append_delivery
from db.engine import Database
from db.errors import StoreError
from db.leases import mark_work, take_lease
from db.rows import NewCompleteness
from db.run_rows import NewAlert, NewAttempt, NewDelivery
from forecast.cli import console
from forecast.cli.app import run
from forecast.schedule.jobs import lease_name
from forecast.schedule.settings import AlertSettings, ScheduleSettings, Settings
from forecast.schedule.slots import calendar_of
from forecast.schedule.status import Status, lasting, read_status

DAY = date(2020, 1, 10)
"""Its run is due at 06:00 UTC; the case was loaded on 2020-01-02 at 12:00."""
SETTINGS = Settings()
HOLDER = "desk:4711:0a1b2c3d"


def at(day: date, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("PARLEY_DATABASE_URL", "PARLEY_CASE", "PARLEY_SETTINGS"):
        monkeypatch.delenv(name, raising=False)
    with install_toy(tmp_path) as database:
        yield database


def attempt(
    database: Database, day: date, outcome: str, *, error: str = "", ended: str = "06:01", wall_s: float = 41.0
) -> int | None:
    """Enter an attempt; a run for it where a fit was made."""
    run_id = None
    if outcome in ("published", "rejected"):
        failures = FAILURES if outcome == "rejected" else ()
        run_id = add_run(database, as_of=day - timedelta(days=1), kind="official", status=outcome, failures=failures)
    entered = NewAttempt(
        case_id="toy",
        scheduled_for=day,
        scheduled_at=at(day, "06:00"),
        as_of=day - timedelta(days=1),
        kind="official",
        holder=HOLDER,
        started_at=at(day, "06:00"),
        ended_at=at(day, ended),
        wall_s=wall_s,
        outcome=outcome,
        run_id=run_id,
        code_version="0.1.0+toy",
        versions={},
        diagnostics={},
        error="; ".join(FAILURES) if outcome == "rejected" else error,
        log="logs/schedule.log",
    )
    with database.write() as connection:
        append_attempt(connection, entered, at(day, ended))
    return run_id


def hold(database: Database, beat_at: datetime, working_on: date | None = None) -> None:
    """A service that was heard last at that instant."""
    with database.write() as connection:
        take_lease(connection, lease_name("toy"), HOLDER, 120.0, beat_at)
        mark_work(connection, lease_name("toy"), HOLDER, working_on, beat_at)


def look(database: Database, now: datetime, settings: Settings = SETTINGS, **options: int) -> Status:
    with database.read() as connection:
        return read_status(connection, settings, now, "toy", **options)


# Stale or not


@pytest.mark.parametrize(
    ("now", "stale", "reason"),
    [
        (at(date(2020, 1, 2), "13:00"), False, "The first forecast, of 2020-01-03, is due at 2020-01-03 06:00 UTC"),
        (at(date(2020, 1, 3), "06:00"), False, "The first forecast, of 2020-01-03, has been due for 0 s"),
        (at(date(2020, 1, 3), "08:59"), False, "The first forecast, of 2020-01-03, has been due for 3 h"),
        (at(date(2020, 1, 3), "09:00"), True, "The forecast of 2020-01-03, due since 2020-01-03 06:00 UTC, 3 h ago"),
        (at(date(2020, 1, 4), "06:30"), True, "The forecast of 2020-01-03, due since 2020-01-03 06:00 UTC, 24 h ago"),
        (at(date(2020, 1, 4), "09:30"), True, "The forecast of 2020-01-04, due since 2020-01-04 06:00 UTC"),
    ],
)
def test_a_case_without_a_run_is_stale_from_its_first_day_on(
    toy: Database, now: datetime, stale: bool, reason: str
) -> None:
    found = look(toy, now).standing
    assert found.stale is stale
    assert found.reason.startswith(reason)
    assert bool(found.remedy) is stale
    assert found.reason.endswith("is missing: its run was not made; none was ever published") is stale
    assert (found.remedy if stale else found.reason).endswith("; `parley update` makes one meanwhile")


@pytest.mark.parametrize(
    ("clock", "days", "stale"),
    [("06:05", 0, False), ("23:59", 0, False), ("05:59", 1, False), ("08:59", 1, False), ("09:00", 1, True)],
)
def test_a_published_forecast_holds_until_the_next_has_had_its_time(
    toy: Database, clock: str, days: int, stale: bool
) -> None:
    attempt(toy, DAY, "published")
    found = look(toy, at(DAY + timedelta(days=days), clock))
    assert found.standing.stale is stale
    assert found.published is not None
    assert (found.published.day, found.published.as_of) == (DAY, DAY - timedelta(days=1))
    assert found.published.issued_at == LOADED


def test_the_words_of_a_forecast_that_is_there_or_comes(toy: Database) -> None:
    attempt(toy, DAY, "published")
    assert look(toy, at(DAY, "07:00")).standing.reason == "The forecast of 2020-01-10, as of 2020-01-09, is published"
    waiting = look(toy, at(DAY + timedelta(days=1), "06:20")).standing.reason
    assert waiting == "The forecast of 2020-01-11 has been due for 20 min; that of 2020-01-10 stands"
    attempt(toy, DAY + timedelta(days=1), "failed", error="the fit was killed")
    failed = look(toy, at(DAY + timedelta(days=1), "06:20")).standing
    what = "has been due for 20 min: its run has failed (the fit was killed); that of 2020-01-10 stands"
    assert (failed.stale, failed.reason) == (False, f"The forecast of 2020-01-11 {what}")


def test_the_newest_day_stands_not_the_line_entered_last(toy: Database) -> None:
    attempt(toy, DAY, "published")
    attempt(toy, DAY - timedelta(days=1), "published")
    found = look(toy, at(DAY, "12:00")).published
    assert found is not None
    assert found.day == DAY


def test_a_clock_set_back_makes_nothing_stale(toy: Database) -> None:
    attempt(toy, DAY, "published")
    assert not look(toy, at(DAY - timedelta(days=3), "12:00")).standing.stale
    assert not look(toy, at(date(2019, 12, 1), "12:00")).standing.stale


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database in which `DAY` is published, and nothing after it."""
    with install_toy(tmp_path_factory.mktemp("published")) as database:
        attempt(database, DAY, "published")
        yield database


@given(
    minutes=st.integers(-2 * 1440, 4 * 1440),
    hours=st.floats(0.1, 40.0),
    clock=st.times(),
    zone=st.sampled_from(("UTC", "Europe/Kyiv", "America/New_York")),
)
@example(minutes=1380, hours=1.0, clock=time(), zone="Europe/Kyiv")
@hypothesis_settings(max_examples=50, deadline=None)
def test_stale_means_that_a_later_day_is_over_its_time(
    published: Database, minutes: int, hours: float, clock: time, zone: str
) -> None:
    """Against the definition, said day by day; a run is of the day that it then is at the database, which is in UTC."""
    settings = Settings(
        schedule=ScheduleSettings(at=clock.replace(microsecond=0), time_zone=ZoneInfo(zone), stale_after_hours=hours)
    )
    now = at(DAY, "00:00") + timedelta(minutes=minutes)
    calendar = calendar_of(settings.schedule)
    due = (calendar.instant(DAY + timedelta(days=n)).astimezone(UTC) for n in range(1, 7))
    overdue = any(each.date() > DAY and each + timedelta(hours=hours) <= now for each in due)
    assert look(published, now, settings).standing.stale is overdue


# What to do about it


def test_without_a_service_one_is_to_be_started(toy: Database) -> None:
    attempt(toy, date(2020, 1, 5), "published")
    wanted = "run `parley schedule run` and leave it running, or `parley schedule once`"
    assert look(toy, at(DAY, "12:00")).standing.remedy == wanted
    hold(toy, at(DAY, "11:57"))
    assert look(toy, at(DAY, "12:00")).standing.remedy == wanted


def test_a_service_at_work_is_to_be_waited_for(toy: Database) -> None:
    attempt(toy, date(2020, 1, 5), "published")
    hold(toy, at(DAY, "11:59"), date(2020, 1, 9))
    assert look(toy, at(DAY, "12:00")).standing.remedy == f"{HOLDER} is making the run of 2020-01-09; wait for it"
    hold(toy, at(DAY, "11:59"))
    assert look(toy, at(DAY, "12:00")).standing.remedy == f"{HOLDER} has not begun it; see its log"


def test_a_failed_run_says_why_and_when_it_is_tried_again(toy: Database) -> None:
    attempt(toy, date(2020, 1, 5), "published")
    for ended in ("08:00", "09:30"):
        attempt(toy, DAY, "failed", error="the fit was killed", ended=ended)
    hold(toy, at(DAY, "09:31"))
    found = look(toy, at(DAY, "09:31"))
    assert (
        "is missing: its run has failed 2 times (the fit was killed); that of 2020-01-05 stands"
        in found.standing.reason
    )
    assert found.standing.remedy == f"{HOLDER} tries it again at 2020-01-10 09:32 UTC; see logs/schedule.log"
    waiting = found.missing.waiting[-1]
    assert (waiting.slot.day, waiting.failures, waiting.retry_at) == (DAY, 2, at(DAY, "09:32"))
    later = look(toy, at(DAY, "09:40"))
    assert later.missing.due[-1].day == DAY
    assert not later.missing.waiting


def test_a_rejected_run_is_not_made_again(toy: Database) -> None:
    attempt(toy, DAY - timedelta(days=1), "published")
    run_id = attempt(toy, DAY, "rejected")
    found = look(toy, at(DAY, "12:00"))
    assert f"its run was rejected ({'; '.join(FAILURES)}); that of 2020-01-09 stands" in found.standing.reason
    assert found.standing.remedy == (
        f"run `parley show --run {run_id}` to see why, then `parley update --as-of 2020-01-09 --draws 4000`; "
        "the next run is that of 2020-01-11"
    )
    assert found.attempts[0].error == "; ".join(FAILURES)


def test_a_newer_run_that_was_rejected_is_told_with_the_day_that_is_missing(toy: Database) -> None:
    run_id = attempt(toy, DAY, "rejected")
    found = look(toy, at(DAY, "06:30")).standing
    why = "; ".join(FAILURES)
    assert found.stale
    assert found.reason.endswith(
        f"its run was not made; that of 2020-01-10 was rejected ({why}); none was ever published"
    )
    assert found.remedy.startswith(
        f"run `parley show --run {run_id}` to see why, then `parley update --as-of 2020-01-09"
    )


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("rejected", f"was rejected ({'; '.join(FAILURES)})"),
        ("failed", "has failed (the fit was killed)"),
        ("skipped", "was skipped"),
        (None, "has been due for 6 h"),
    ],
)
def test_a_manual_run_as_of_the_same_day_makes_up_for_a_scheduled_one(
    toy: Database, outcome: str | None, said: str, before: bool
) -> None:
    if before:
        attempt(toy, DAY - timedelta(days=1), "published")
    if outcome:
        attempt(toy, DAY, outcome, error="the fit was killed" if outcome == "failed" else "")
    add_run(toy, as_of=DAY - timedelta(days=1), kind="provisional")
    assert look(toy, at(DAY, "12:00")).standing.stale
    add_run(toy, as_of=DAY - timedelta(days=1), status="rejected", failures=FAILURES)
    assert look(toy, at(DAY, "12:00")).standing.stale
    early = add_run(toy, as_of=DAY - timedelta(days=3))
    found = look(toy, at(DAY, "12:00")).standing
    stands = "that of 2020-01-09 stands" if before else f"run {early}, manual, as of 2020-01-07, stands"
    assert (found.stale, found.reason.endswith(f"; {stands}")) == (True, True)
    assert "meanwhile" not in found.remedy
    run_id = add_run(toy, as_of=DAY - timedelta(days=1))
    found = look(toy, at(DAY, "12:00")).standing
    stands = f"run {run_id}, manual, as of 2020-01-09, stands"
    assert (found.stale, found.remedy) == (False, "")
    assert found.reason == f"The scheduled run of 2020-01-10 {said}; {stands}"
    following = look(toy, at(DAY + timedelta(days=1), "06:20")).standing
    assert (following.stale, following.reason) == (
        False,
        f"The forecast of 2020-01-11 has been due for 20 min; {stands}",
    )
    assert look(toy, at(DAY + timedelta(days=1), "09:00")).standing.stale


def test_a_manual_run_stands_before_the_first_scheduled_one_is_due(toy: Database) -> None:
    run_id = add_run(toy, as_of=date(2020, 1, 2))
    found = look(toy, at(date(2020, 1, 2), "13:00")).standing
    assert found.reason == (
        "The first scheduled run, of 2020-01-03, is due at 2020-01-03 06:00 UTC; "
        f"run {run_id}, manual, as of 2020-01-02, stands"
    )


def test_missing_days_are_due_oldest_first_and_lapse(toy: Database) -> None:
    attempt(toy, DAY, "published")
    settings = Settings(schedule=ScheduleSettings(catch_up_days=3))
    found = look(toy, at(DAY + timedelta(days=5), "07:00"), settings).missing
    assert [slot.day.day for slot in found.due] == [13, 14, 15]
    assert [slot.day.day for slot in found.lapsed] == [11, 12]


# What else stands there


def test_the_last_lines_of_the_ledger_come_first(toy: Database) -> None:
    for n in range(4):
        attempt(toy, DAY + timedelta(days=n), "published", wall_s=30.0 + n)
    found = look(toy, at(DAY, "07:00"), last=2)
    assert [row.scheduled_for.day for row in found.attempts] == [13, 12]
    assert [row.wall_s for row in found.attempts] == [33.0, 32.0]


def test_completeness_falls_behind_by_the_setting(toy: Database) -> None:
    with toy.write() as connection:
        attested = NewCompleteness(
            case_id="toy",
            type="talks",
            complete_from=date(2020, 1, 2),
            complete_through=date(2020, 1, 8),
            known_on=date(2020, 1, 8),
            attested_by="kim",
            note="",
        )
        append_completeness(connection, [attested], LOADED)

    def behind(days: int) -> dict[str, tuple[date | None, int | None]]:
        settings = Settings(alerts=AlertSettings(completeness_days=days))
        found = look(toy, at(DAY, "12:00"), settings).completeness
        return {kind: (one.through, one.days_ago) for one in found for kind in one.types}

    assert "talks" not in behind(2)
    assert behind(1)["talks"] == (date(2020, 1, 8), 2)
    others = behind(2)
    assert set(others) == {"contact", "deal", "crisis"}
    assert all(ago is not None and DAY - timedelta(days=ago) == through for through, ago in others.values())
    assert not behind(10_000)


def test_who_makes_the_runs_is_heard_or_not(toy: Database) -> None:
    assert look(toy, at(DAY, "06:00")).holder is None
    hold(toy, at(DAY, "06:00"), DAY)
    for clock, alive, seconds in (("06:00:30", True, 30.0), ("06:01:59", True, 119.0), ("06:02", False, 120.0)):
        found = look(toy, at(DAY, clock)).holder
        assert found is not None
        assert (found.alive, found.heard_s, found.lease.working_on) == (alive, seconds, DAY)


def _alert(subject: str, *channels: str) -> NewAlert:
    return NewAlert(
        case_id="toy",
        rule="day",
        subject=subject,
        run_id=None,
        title=f"Title of {subject}",
        body="Body.",
        facts={},
        channels=channels,
    )


def test_alerts_say_how_far_they_came_and_none_undelivered_is_left_out(toy: Database) -> None:
    with toy.write() as connection:
        first, second, third = append_alerts(
            connection, [_alert("one", "webhook", "email"), _alert("two", "file"), _alert("three")], LOADED
        )
        append_delivery(connection, NewDelivery(first, "webhook", "failed", "refused"), LOADED)
        append_delivery(connection, NewDelivery(first, "webhook", "failed", "timed out"), LOADED)
        append_delivery(connection, NewDelivery(second, "file", "sent", ""), LOADED)
    found = look(toy, at(DAY, "12:00"), last=1).alerts
    assert [one.alert.id for one in found] == [third, first]
    states = {one.channel: (one.state, one.tries, one.error) for one in found[1].channels}
    assert states == {"webhook": ("failed", 2, "timed out"), "email": ("pending", 0, "")}
    found = look(toy, at(DAY, "12:00")).alerts
    assert [(one.state, one.tries) for one in found[1].channels] == [("sent", 1)]


def test_a_case_that_is_not_there(toy: Database) -> None:
    with toy.read() as connection, pytest.raises(StoreError, match="no case 'big' in the database; known are toy"):
        read_status(connection, SETTINGS, at(DAY, "12:00"), "big")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "120 min"), (7200, "2 h"), (172800, "2 days")],
)
def test_spans_are_in_the_unit_that_suits_them(seconds: float, words: str) -> None:
    assert lasting(timedelta(seconds=seconds)) == words


# The command


type Screen = Callable[..., tuple[int, list[str], str]]


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Screen:
    """Exit code, lines and stderr of `parley schedule status` at an instant."""

    def call(now: datetime, *arguments: str) -> tuple[int, list[str], str]:
        monkeypatch.setattr(console, "utc_now", lambda: now)
        capsys.readouterr()
        code = run(["schedule", "status", *arguments])
        said = capsys.readouterr()
        return code, said.out.splitlines(), said.err

    return call


def troubled(database: Database) -> None:
    """Something of everything."""
    attempt(database, DAY - timedelta(days=3), "published")
    attempt(database, DAY - timedelta(days=2), "rejected")
    attempt(database, DAY - timedelta(days=1), "failed", error="the fit took longer than 60 min", wall_s=3600)
    attempt(database, DAY, "failed", error="[Errno 28] No space left on device", ended="11:59:30", wall_s=12)
    hold(database, at(DAY, "11:59"), DAY - timedelta(days=1))
    with database.write() as connection:
        first, second = append_alerts(connection, [_alert("one", "webhook", "email"), _alert("two", "file")], LOADED)
        append_delivery(connection, NewDelivery(first, "webhook", "failed", "refused"), LOADED)
        append_delivery(connection, NewDelivery(second, "file", "sent", ""), LOADED)


def test_all_is_said_within_eighty_columns(toy: Database, screen: Screen) -> None:
    troubled(toy)
    code, lines, said = screen(at(DAY, "12:00"))
    assert code == 1
    assert all(len(line) <= 80 for line in lines)
    text = " ".join(" ".join(lines).split())
    for words in (
        "STALE: The forecast of 2020-01-10, due since 2020-01-10 06:00 UTC, 6 h ago, is missing: its run has failed",
        "next run 2020-01-11 06:00 UTC, as of 2020-01-10",
        "published 2020-01-07, as of 2020-01-06: run 1, issued 2020-01-02 12:00 UTC",
        "due now 2020-01-09",
        "waiting 2020-01-10, failed 1 time, tried again at 2020-01-10 12:00 UTC",
        f"service {HOLDER} since 2020-01-10 11:59 UTC, heard 60 s ago",
        "at the run of 2020-01-09, begun 60 s ago",
        "1 still to be sent, 1 failed, to be tried again",
        "Title of one; webhook failed (refused); email pending",
        "Title of two; file sent",
        "the fit took longer than 60 min (logs/schedule.log)",
    ):
        assert words in text, words
    assert said.startswith("error: stale: the forecast of 2020-01-10, due since")
    assert said.endswith(f"; {HOLDER} is making the run of 2020-01-09; wait for it\n")
    assert said.count("\n") == 1


def test_json_says_the_same(toy: Database, screen: Screen) -> None:
    troubled(toy)
    code, lines, said = screen(at(DAY, "12:00"), "--json", "--last", "3")
    found = json.loads("\n".join(lines))
    assert (code, found["stale"]) == (1, True)
    assert said == f"error: stale: t{found['reason'][1:]}; {found['remedy']}\n"
    assert found["next"]["day"] == "2020-01-11"
    assert found["next"]["at"] == "2020-01-11T06:00:00+00:00"
    assert found["published"]["run_id"] == 1
    assert [one["day"] for one in found["missing"]["due"]] == ["2020-01-09"]
    assert [(one["day"], one["failures"]) for one in found["missing"]["waiting"]] == [("2020-01-10", 1)]
    assert [one["outcome"] for one in found["attempts"]] == ["failed", "failed", "rejected"]
    assert (found["lease"]["holder"], found["lease"]["alive"], found["lease"]["heard_s"]) == (HOLDER, True, 60.0)
    assert [len(one["channels"]) for one in found["alerts"]] == [1, 2]
    assert {kind for one in found["completeness"] for kind in one["types"]} <= {"talks", "contact", "deal", "crisis"}


def test_when_all_is_well_it_says_so_and_ends_with_0(toy: Database, screen: Screen, tmp_path: Path) -> None:
    attempt(toy, DAY, "published")
    (tmp_path / "parley.toml").write_text('[schedule]\nat = "08:00"\ntime_zone = "Europe/Kyiv"\n')
    code, lines, said = screen(at(DAY, "12:00"))
    assert (code, said) == (0, "")
    assert lines[0] == "The forecast of 2020-01-10, as of 2020-01-09, is published."
    assert any("2020-01-11 06:00 UTC (08:00 Europe/Kyiv), as of 2020-01-10" in line for line in lines)
    assert any(line.split() == ["service", "none", "is", "running"] for line in lines)


def test_without_a_service_nothing_is_said_to_be_tried_by_itself(toy: Database, screen: Screen) -> None:
    attempt(toy, DAY, "failed", error="the fit was killed", ended="11:59:30")
    run_id = add_run(toy, as_of=DAY - timedelta(days=1))
    code, lines, _ = screen(at(DAY, "12:00"))
    text = " ".join(" ".join(lines).split())
    assert code == 0
    assert "waiting 2020-01-10, failed 1 time, may be tried again from 2020-01-10 12:00 UTC" in text
    assert "published never by schedule" in text
    stands = f"run {run_id}, manual, as of 2020-01-09"
    assert f"stands {stands}, issued 2020-01-02 12:00 UTC" in text
    assert f"has failed (the fit was killed); {stands}, stands. next run" in text
    found = json.loads("\n".join(screen(at(DAY, "12:00"), "--json")[1]))
    assert found["stands"] == {
        "run_id": run_id,
        "kind": "manual",
        "as_of": "2020-01-09",
        "issued_at": "2020-01-02T12:00:00+00:00",
    }


def test_a_service_that_has_died_is_not_taken_for_one(toy: Database, screen: Screen) -> None:
    hold(toy, at(DAY, "06:00"), DAY)
    code, lines, _ = screen(at(DAY, "08:30"))
    text = " ".join(" ".join(lines).split())
    assert code == 1
    assert f"service none; {HOLDER} has died, heard 2 h ago; it was at the run of 2020-01-10, begun 2 h ago" in text


def test_a_channel_that_was_late_says_at_which_try(toy: Database, screen: Screen) -> None:
    with toy.write() as connection:
        (late,) = append_alerts(connection, [_alert("one", "webhook", "email")], LOADED)
        for outcome in ("failed", "failed", "sent"):
            append_delivery(connection, NewDelivery(late, "webhook", outcome, ""), LOADED)
        for outcome in ("failed", "failed", "abandoned"):
            append_delivery(connection, NewDelivery(late, "email", outcome, "given up after 2 tries"), LOADED)
    text = " ".join(" ".join(screen(at(DAY, "12:00"))[1]).split())
    assert "Title of one; webhook sent at the 3rd try; email abandoned (given up after 2 tries)" in text


def test_what_has_fallen_behind_is_said_with_what_to_do(toy: Database, screen: Screen) -> None:
    _, lines, _ = screen(at(date(2021, 1, 1), "12:00"))
    text = " ".join(" ".join(lines).split())
    assert "days ago: add what happened since, then `parley event none --through DATE`" in text


def test_many_missing_days_are_counted(toy: Database, screen: Screen) -> None:
    attempt(toy, DAY, "published")
    _, lines, _ = screen(at(DAY + timedelta(days=30), "12:00"))
    assert "2020-01-15, … (30 in all)" in " ".join(" ".join(lines).split())


def test_nothing_is_changed(toy: Database, screen: Screen) -> None:
    with toy.read() as connection:
        before = connection.exec_driver_sql("SELECT total_changes(), count(*) FROM seals").all()
    screen(at(DAY, "12:00"))
    with toy.read() as connection:
        assert connection.exec_driver_sql("SELECT total_changes(), count(*) FROM seals").all() == before


@pytest.mark.usefixtures("toy")
def test_it_answers_without_the_machinery_of_the_model() -> None:
    """As a process of its own: what it imports decides how long a monitor waits."""
    heavy = ("pymc", "pytensor", "numba", "nutpie", "arviz", "pandas", "xarray", "apscheduler")
    program = (
        "import sys; from forecast.cli.app import run; code = run(['schedule', 'status', '--json']); "
        f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert json.loads(done.stdout)["case"] == "toy"
    assert done.stderr.splitlines()[-1] == "[]"
