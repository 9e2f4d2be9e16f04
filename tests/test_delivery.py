"""Delivery: each alert once by each channel, tried again when it fails; nothing waits for a server that hangs."""

import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from conftest import ALERT, NOW
from receivers import HANG, Hook, open_box, open_hook

from db.append import append_alerts, append_delivery
from db.engine import Database, open_database
from db.errors import DatabaseLocked
from db.read_schedule import read_deliveries, read_undelivered
from db.run_rows import DeliveryRow, NewDelivery
from forecast.schedule import delivery
from forecast.schedule.delivery import Owed, deliver, is_quiet, run_deliveries
from forecast.schedule.settings import AlertFile, AlertSettings, Email, ScheduleSettings, Settings, Webhook

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@dataclass
class Clock:
    """A clock that goes on when it is told to."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Desk:
    """A database with a clock, and alerts to be sent by what is set."""

    database: Database
    settings: Settings
    clock: Clock = field(default_factory=Clock)

    def raise_alert(self, subject: str = "run 1", *channels: str) -> int:
        alert = replace(ALERT, subject=subject, channels=channels or self.settings.alerts.channels)
        with self.database.write() as connection:
            (id_,) = append_alerts(connection, [alert], self.clock())
        return id_

    def deliver(self, **options: Any) -> int:
        return deliver(self.database, "small", self.settings, self.clock, **options)

    def tries(self, alert: int = 1) -> list[tuple[str, str]]:
        return [(row.channel, row.outcome) for row in self.rows(alert)]

    def rows(self, alert: int = 1) -> tuple[DeliveryRow, ...]:
        with self.database.read() as connection:
            return read_deliveries(connection, [alert])


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PARLEY_WEBHOOK_SECRET", raising=False)


@pytest.fixture
def hook() -> Iterator[Hook]:
    with open_hook() as opened:
        yield opened


def _desk(small: Database, hook: Hook, tmp_path: Path, **changed: Any) -> Desk:
    """Alerts go to the webhook and into a file."""
    webhook = Webhook(url=hook.url, timeout_seconds=0.3)
    alerts = AlertSettings(webhook=webhook, file=AlertFile(path=str(tmp_path / "alerts.jsonl")), **changed)
    return Desk(small, Settings(alerts=alerts))


def test_each_alert_is_sent_once_by_each_channel(small: Database, hook: Hook, tmp_path: Path) -> None:
    desk = _desk(small, hook, tmp_path)
    first, second = desk.raise_alert("run 1"), desk.raise_alert("run 2")
    assert desk.deliver() == 4
    assert desk.deliver() == 0
    assert desk.tries(first) == desk.tries(second) == [("webhook", "sent"), ("file", "sent")]
    assert [json.loads(post.body)["data"]["subject"] for post in hook.posts] == ["run 1", "run 2"]
    assert len((tmp_path / "alerts.jsonl").read_text().splitlines()) == 2
    with small.read() as connection:
        assert read_undelivered(connection, "small") == ()
        assert read_undelivered(connection, "other") == ()


@on_sqlite
def test_a_channel_that_fails_is_tried_again_later_and_later(small: Database, hook: Hook, tmp_path: Path) -> None:
    desk = _desk(small, hook, tmp_path)
    desk.raise_alert()
    hook.answers += [500] * 9
    for seconds in (30, 60, 120, 240, 480, 960, 1920, 3600, 3600):
        desk.deliver()
        tried = len(hook.posts)
        desk.clock.go_on(seconds=seconds - 1)
        assert (desk.deliver(), len(hook.posts)) == (0, tried)
        desk.clock.go_on(seconds=1)
    assert desk.deliver() == 1
    assert desk.tries() == [("webhook", "failed"), ("file", "sent"), *[("webhook", "failed")] * 8, ("webhook", "sent")]
    assert desk.rows()[0].error == "localhost answered 500 Internal Server Error"
    assert len({post.headers["webhook-id"] for post in hook.posts}) == 1


@on_sqlite
def test_after_a_week_it_is_given_up(small: Database, hook: Hook, tmp_path: Path) -> None:
    desk = _desk(small, hook, tmp_path)
    desk.raise_alert("run 1", "webhook")
    desk.raise_alert("run 2", "email")  # a channel that is no longer set
    hook.answers += [500] * 300
    for _ in range(7 * 8 + 1):
        desk.deliver()
        desk.clock.go_on(hours=3)
    tries = desk.rows(1)
    assert tries[-1].outcome == "abandoned"
    last = "localhost answered 500 Internal Server Error"
    assert tries[-1].error == f"given up after 7 days and {len(tries) - 1} tries: {last}"
    assert (tries[-1].recorded_at - tries[0].recorded_at) == timedelta(days=7)
    assert [(row.outcome, row.error) for row in desk.rows(2)] == [
        ("abandoned", "given up after 7 days and 0 tries: it was never tried")
    ]
    sent = len(hook.posts)
    assert (desk.deliver(), len(hook.posts)) == (0, sent)


@on_sqlite
def test_a_clock_set_back_does_not_put_off_the_next_try(small: Database, hook: Hook, tmp_path: Path) -> None:
    desk = _desk(small, hook, tmp_path)
    desk.raise_alert("run 1", "webhook")
    hook.answers.append(500)
    desk.deliver()
    desk.clock.go_on(days=-30)
    assert desk.deliver() == 1


@on_sqlite
def test_a_webhook_that_hangs_costs_the_others_its_timeout_once(small: Database, hook: Hook, tmp_path: Path) -> None:
    desk = _desk(small, hook, tmp_path)
    for n in range(5):
        desk.raise_alert(f"run {n}")
    hook.answers += [HANG] * 5
    began = monotonic()
    assert desk.deliver() == 5
    assert monotonic() - began < 1.5
    assert desk.tries(1) == [("webhook", "failed"), ("file", "sent")]
    assert desk.tries(5) == [("file", "sent")]
    hook.answers.clear()
    assert desk.deliver() == 4, "the one that failed waits, the others do not wait for it"


@on_sqlite
def test_a_mail_server_that_is_away_for_a_while(small: Database, tmp_path: Path) -> None:
    with open_box("451 come back later") as box:
        email = Email(host="localhost", port=box.port, security="none", sender="p@example.org", to=("k@example.org",))
        desk = Desk(small, Settings(alerts=AlertSettings(email=email)))
        desk.raise_alert()
        assert desk.deliver() == 0
        desk.clock.go_on(seconds=30)
        assert desk.deliver() == 1
    assert desk.tries() == [("email", "failed"), ("email", "sent")]
    desk.raise_alert("run 2")
    assert desk.deliver() == 0
    assert desk.rows(2)[0].error == f"localhost:{box.port} cannot be reached or broke off (Connection refused)"


@pytest.mark.parametrize(
    ("quiet", "hours"),
    [
        (None, ()),
        ((time(22), time(6)), (0, 1, 2, 3, 4, 5, 22, 23)),
        ((time(1), time(4)), (1, 2, 3)),
        ((time(3), time(3)), ()),
    ],
)
def test_quiet_hours_are_of_the_schedule_s_time_zone(quiet: tuple[time, time] | None, hours: tuple[int, ...]) -> None:
    zone = ZoneInfo("Asia/Seoul")
    day = [datetime(2020, 6, 1, hour, 30, tzinfo=zone).astimezone(UTC) for hour in range(24)]
    assert tuple(hour for hour, now in enumerate(day) if is_quiet(quiet, zone, now)) == hours


@on_sqlite
def test_what_comes_up_in_quiet_hours_goes_out_at_their_end(small: Database, hook: Hook, tmp_path: Path) -> None:
    desk = _desk(small, hook, tmp_path, quiet="22:00-06:30")
    desk.settings = replace(desk.settings, schedule=ScheduleSettings(time_zone="Europe/Kyiv"))  # type: ignore[arg-type]
    desk.clock.now = datetime(2020, 6, 1, 20, tzinfo=UTC)  # 23:00 in Kyiv
    desk.raise_alert()
    while desk.deliver() == 0:
        desk.clock.go_on(minutes=5)
    assert desk.clock.now == datetime(2020, 6, 2, 3, 30, tzinfo=UTC)
    assert desk.tries() == [("webhook", "sent"), ("file", "sent")]


@on_sqlite
def test_who_may_no_longer_send_does_not(small: Database, hook: Hook, tmp_path: Path) -> None:
    desk = _desk(small, hook, tmp_path)
    for n in range(3):
        desk.raise_alert(f"run {n}", "webhook")
    assert desk.deliver(may_send=lambda: len(hook.posts) < 2) == 2
    assert len(hook.posts) == 2


def test_what_another_service_has_sent_meanwhile_stands(
    small: Database, hook: Hook, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk = _desk(small, hook, tmp_path)
    alert = desk.raise_alert("run 1", "webhook")

    def other() -> bool:
        with small.write() as connection:
            append_delivery(connection, NewDelivery(alert, "webhook", "sent", ""), desk.clock())
        return True

    with caplog.at_level(logging.WARNING, "parley.schedule"):
        desk.deliver(may_send=other)
    assert "alert settled by another" in caplog.messages
    assert desk.tries() == [("webhook", "sent")]


@on_sqlite
def test_what_was_sent_is_not_sent_again_where_only_its_record_failed(
    small: Database, hook: Hook, tmp_path: Path
) -> None:
    with open_database(f"sqlite:///{small.url}", lock_timeout_s=0.1) as hasty:
        desk = _desk(hasty, hook, tmp_path)
        desk.raise_alert("run 1", "webhook")
        owed: Owed = []
        with closing(sqlite3.connect(small.url, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for _ in range(3):
                with pytest.raises(DatabaseLocked, match="is locked by another process"):
                    desk.deliver(owed=owed)
            assert (len(hook.posts), len(owed)) == (1, 1)
        assert desk.deliver(owed=owed) == 0
    assert (len(hook.posts), owed, desk.tries()) == (1, [], [("webhook", "sent")])


def test_no_transaction_is_open_while_a_server_is_talked_to(small: Database, hook: Hook, tmp_path: Path) -> None:
    desk = _desk(small, hook, tmp_path)
    desk.raise_alert()
    hook.answers.append(HANG)
    sending = threading.Thread(target=desk.deliver)
    sending.start()
    _until(lambda: bool(hook.posts))
    began = monotonic()
    with small.write() as connection:
        assert read_undelivered(connection, "small")
    assert monotonic() - began < 0.2
    sending.join(5)


def _until(holds: Callable[[], bool]) -> None:
    end = monotonic() + 5
    while not holds():
        assert monotonic() < end, "it never came"
        sleep(0.01)


@dataclass
class Round:
    """A delivery worker in a thread of its own."""

    desk: Desk
    stop: threading.Event = field(default_factory=threading.Event)
    wake: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Round":
        self.thread = threading.Thread(
            target=run_deliveries,
            args=(self.desk.database, "small", self.desk.settings),
            kwargs={"clock": self.desk.clock, "stop": self.stop, "wake": self.wake},
        )
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        began = monotonic()
        self.thread.join(5)
        assert not self.thread.is_alive()
        assert monotonic() - began < 1.5, "it ends within its timeouts"


@on_sqlite
def test_the_worker_goes_when_it_is_woken(small: Database, hook: Hook, tmp_path: Path) -> None:
    desk = _desk(small, hook, tmp_path)
    with Round(desk) as round_:
        for n in (1, 2):
            desk.raise_alert(f"run {n}")
            round_.wake.set()
            _until(lambda n=n: desk.tries(n) == [("webhook", "sent"), ("file", "sent")])  # type: ignore[misc]


@on_sqlite
def test_the_worker_looks_now_and_then(
    small: Database, hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "LOOK_S", 0.05)
    monkeypatch.setattr(delivery, "WAKE_S", 0.01)
    desk = _desk(small, hook, tmp_path)
    hook.answers.append(503)
    with Round(desk):
        desk.raise_alert("run 1", "webhook")
        _until(lambda: len(desk.tries()) == 1)
        desk.clock.go_on(seconds=30)
        _until(lambda: len(desk.tries()) == 2)
    assert desk.tries() == [("webhook", "failed"), ("webhook", "sent")]


@on_sqlite
def test_the_worker_ends_while_a_server_hangs(small: Database, hook: Hook, tmp_path: Path) -> None:
    desk = _desk(small, hook, tmp_path)
    hook.answers += [HANG] * 9
    for n in range(9):
        desk.raise_alert(f"run {n}", "webhook")
    with Round(desk):
        _until(lambda: bool(hook.posts))
    assert len(hook.posts) == 1


@on_sqlite
def test_the_worker_outlives_a_database_that_is_locked_or_gone(
    small: Database, hook: Hook, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "LOOK_S", 0.05)
    monkeypatch.setattr(delivery, "WAKE_S", 0.01)
    file, away = Path(small.url), Path(small.url).with_name("away.db")
    with (
        open_database(f"sqlite:///{small.url}", lock_timeout_s=0.05) as hasty,
        caplog.at_level(logging.WARNING, "parley.schedule"),
    ):
        desk = _desk(hasty, hook, tmp_path)
        desk.raise_alert("run 1", "webhook")
        file.rename(away)
        with Round(desk):
            _until(lambda: "alerts not carried out" in caplog.messages)
            away.rename(file)
            _until(lambda: desk.tries() == [("webhook", "sent")])
    assert len(hook.posts) == 1
