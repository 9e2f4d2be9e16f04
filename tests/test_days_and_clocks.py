"""Which day it is, and which instant: analysts far apart on one database, and clocks that are wrong."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import warm
from conftest import ATTESTATION, EVENT, OBSERVATION, RUN
from hypothesis import given
from hypothesis import strategies as st
from toy_case import CASE, write_toy_case

from db import tables
from db.append import append_events, append_observations, append_run, append_run_status, append_zone
from db.backup import write_backup
from db.clocks import doubt, has_row_ahead, read_clock_faults
from db.engine import Database, open_database
from db.errors import StoreError
from db.read import read_events, read_observations, read_positions, read_positions_in_time
from db.read_runs import read_run, read_runs
from db.rows import CompletenessRow, NewZone
from db.verify import verify_store
from db.when import WHENEVER, When
from db.zone import Moment, read_zone, zone_named
from forecast.engine.assemble import Rows, assemble, read_rows
from forecast.run_facts import issued_before_the_fact
from indicators.content import EVENT_TYPES
from indicators.evidence import form_evidence

TOKYO, WASHINGTON = "Asia/Tokyo", "America/New_York"
PROGRAM = (
    "import sys; from datetime import datetime; import forecast.cli.console as console; "
    "now = datetime.fromisoformat(sys.argv.pop(1)); console.utc_now = lambda: now; "
    "from forecast.cli.app import main; main()"
)
"""The program at an instant that its first argument names."""


def started(at: str) -> list[str]:
    """It as Python starts it."""
    return [sys.executable, "-c", PROGRAM, at]


class Office:
    """One database, and people at clocks all over the world."""

    def __init__(self, folder: Path) -> None:
        self.program = warm.command
        self.folder = folder
        self.case = write_toy_case(folder / "case", {"case.toml": CASE})

    def run(self, at: str, tz: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        own = {"PARLEY_DATABASE_URL": f"sqlite:///{self.folder / 'parley.db'}", "TZ": tz, "PARLEY_ANALYST": tz[:4]}
        command = [*self.program(at), *arguments]
        return subprocess.run(command, env={**os.environ, **own}, capture_output=True, text=True, check=False)

    def json(self, at: str, tz: str, *arguments: str) -> dict[str, object]:
        done = self.run(at, tz, *arguments, "--json")
        assert done.returncode == 0, done.stderr
        found: dict[str, object] = json.loads(done.stdout)
        return found

    def init(self, at: str, tz: str, *options: str) -> str:
        return str(self.json(at, tz, "init", "--case", str(self.case), *options)["time_zone"])

    def log(self, at: str, tz: str, on: str) -> dict[str, object]:
        told = ("--source", f"{tz} {at}", "--grade", "B2")
        return self.json(at, tz, "log", "press_tone", "1", "--on", on, *told)

    def opened(self) -> Database:
        return open_database(f"sqlite:///{self.folder / 'parley.db'}")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def days_of(receipt: dict[str, object]) -> tuple[object, object]:
    (entry,) = receipt["entries"]  # type: ignore[misc]
    return entry["observed_on"], entry["known_on"]


def test_a_new_database_has_the_zone_of_the_system_or_the_one_asked_for(office: Office) -> None:
    office.program = started
    assert office.init("2019-07-01T12:00+00:00", TOKYO) == TOKYO
    office.program = warm.command
    assert office.init("2019-07-01T13:00+00:00", WASHINGTON) == TOKYO, "the database has it, not whoever looks"
    moved = office.init("2019-07-01T14:00+00:00", TOKYO, "--zone", WASHINGTON, "--reason", "the office has moved")
    assert moved == WASHINGTON
    with office.opened() as database, database.read() as connection:
        rows = connection.execute(tables.zones.select().order_by(tables.zones.c.id)).all()
    assert [(row.zone, row.analyst) for row in rows] == [(TOKYO, "Asia"), (WASHINGTON, "Asia")]
    assert rows[1].reason == "the office has moved"
    wrong = office.run("2019-07-01T15:00+00:00", TOKYO, "init", "--zone", "Asia/Pyongyang ")
    assert wrong.returncode == 2
    assert "time zone 'Asia/Pyongyang ' is not known here" in wrong.stderr


@pytest.mark.parametrize("zone", [TOKYO, WASHINGTON, "UTC"])
def test_analysts_of_both_sides_enter_their_day_around_either_midnight(office: Office, zone: str) -> None:
    """Whatever has begun somewhere is entered; it is known on the day it then is at the database, or before."""
    office.init("2019-06-30T12:00+00:00", "UTC", "--zone", zone)
    for at in ("2019-07-01T14:59+00:00", "2019-07-01T15:01+00:00", "2019-07-02T03:59+00:00", "2019-07-02T04:01+00:00"):
        instant = datetime.fromisoformat(at)
        here = instant.astimezone(ZoneInfo(zone)).date()
        for tz in (TOKYO, WASHINGTON):
            theirs = instant.astimezone(ZoneInfo(tz)).date()
            receipt = office.log(at, tz, theirs.isoformat())
            assert days_of(receipt) == (theirs.isoformat(), min(theirs, here).isoformat())
            notes = " ".join(receipt["notes"])  # type: ignore[arg-type]
            assert (f"{theirs} has begun elsewhere but not here: it counts as known on {here}" in notes) == (
                theirs > here
            )
    with office.opened() as database, database.read() as connection:
        assert verify_store(connection, database.posteriors).sound


def test_a_day_that_has_begun_nowhere_is_refused_with_both_clocks(office: Office) -> None:
    office.init("2019-06-30T12:00+00:00", TOKYO)
    entry = ("log", "press_tone", "1", "--source", "Wire", "--grade", "B2", "--on", "2019-07-03")
    done = office.run("2019-07-01T16:00+00:00", TOKYO, *entry)
    assert done.returncode == 1
    both = "here it is 2019-07-02 01:00 in Asia/Tokyo, 2019-07-01 16:00 UTC"
    assert (
        done.stderr
        == f"error: observed_on: 2019-07-03 is in the future; the latest day anywhere is 2019-07-02, and {both}\n"
    )


def test_today_is_the_databases(office: Office) -> None:
    """Not that of whoever looks: lists and attestations agree."""
    office.init("2019-06-30T12:00+00:00", TOKYO)
    at = "2019-07-01T16:00+00:00"  # 2 July in Tokyo, 1 July in Washington
    for tz in (TOKYO, WASHINGTON):
        assert office.json(at, tz, "indicators")["as_of"] == "2019-07-02"
    ahead = office.run(at, WASHINGTON, "event", "none", "--through", "2020-01-02")
    assert "the latest day is today, 2019-07-02 (2019-07-02 01:00 in Asia/Tokyo, 2019-07-01 16:00 UTC)" in ahead.stderr


def test_databases_made_before_are_in_utc(database: Database) -> None:
    with database.read() as connection:
        assert str(read_zone(connection)) == "UTC"


@given(days=st.floats(0, 36_500), zone=st.timezones())
def test_no_day_has_begun_anywhere_after_the_latest(days: float, zone: ZoneInfo) -> None:
    moment = Moment(instant=datetime(1990, 1, 1, tzinfo=UTC) + timedelta(days), zone=zone)
    assert moment.today <= moment.latest
    assert (moment.latest - moment.today).days <= 2


def test_a_zone_is_named_as_the_system_knows_it() -> None:
    assert str(zone_named(TOKYO)) == TOKYO
    for name in ("JST", "Asia/Tokio", "../../etc/passwd", "", "\0"):
        with pytest.raises(
            StoreError,
            match=r"^time zone .* is not known here; (use a name such as|did you mean) '?Asia/Tokyo",
        ):
            zone_named(name)


def test_what_the_east_enters_of_tomorrow_is_known_today_and_counts(small: Database) -> None:
    """By the calendar of the database it happened when it was known: nothing lies ahead of the as-of date."""
    today = date(2019, 6, 1)
    talks = replace(
        EVENT, event_id="T2", started_on=today + timedelta(1), ended_on=today + timedelta(2), known_on=today
    )
    seen = replace(OBSERVATION, observed_on=today + timedelta(1), known_on=today)
    with small.write() as connection:
        append_events(connection, [talks], datetime(2019, 6, 1, 20, tzinfo=UTC))
        append_observations(connection, [seen], datetime(2019, 6, 1, 20, tzinfo=UTC))
    with small.read() as connection:
        rows = read_rows(connection, When(as_of=today))
    evidence = form_evidence(rows.observations, rows.catalogue, rows.grades, rows.events)
    assert evidence.observed.tolist() == [today.toordinal()]
    attested = with_attestations(rows)
    meetings = assemble(attested, evidence).record.meetings
    assert (meetings.started[-1], meetings.ended[-1]) == (today.toordinal(), today.toordinal() + 1)


def with_attestations(rows: Rows) -> Rows:
    """The same with every type of event attested, which a problem needs."""
    values = {**asdict(ATTESTATION), "id": 1, "recorded_at": datetime(2020, 1, 1, tzinfo=UTC)}
    return replace(rows, completeness=tuple(CompletenessRow(**{**values, "type": kind}) for kind in EVENT_TYPES))


# Clocks

NOW = datetime(2020, 6, 1, 12, tzinfo=UTC)
OFF = (timedelta(days=-3), timedelta(days=900))


@pytest.fixture
def rows(small: Database) -> Database:
    add(small, NOW, "before")
    return small


def add(database: Database, at: datetime, note: str) -> int:
    with database.write() as connection:
        (row,) = append_observations(connection, [replace(OBSERVATION, note=note)], at)
    return row


@pytest.mark.parametrize("off", OFF)
def test_a_wrong_clock_damages_nothing_and_is_named_once(rows: Database, off: timedelta, tmp_path: Path) -> None:
    add(rows, NOW + off, "wrong")
    add(rows, NOW + timedelta(minutes=5), "right")
    with rows.read() as connection:
        assert verify_store(connection, rows.posteriors).sound
        fault = read_clock_faults(connection, NOW + timedelta(minutes=6))[0]
        assert (fault.table, fault.first) == ("observations", 2)
        assert (fault.off > timedelta(0)) == (off > timedelta(0))
        found = read_observations(connection, "small", WHENEVER)
    assert {row.note for row in found} == {"before", "wrong", "right"}
    if rows.engine.dialect.name == "sqlite":
        assert Path(write_backup(rows, tmp_path / "kept.zip").file).exists()


@pytest.mark.parametrize("off", OFF)
@pytest.mark.parametrize("asked", [NOW, NOW + timedelta(seconds=30)])
def test_no_answer_about_the_past_changes(rows: Database, off: timedelta, asked: datetime) -> None:
    """What had been recorded by an instant before the entry stays as it was; with an answer of that very desk too."""
    add(rows, NOW + timedelta(minutes=1), "later")
    when = When(as_of=date(2030, 1, 1), as_recorded=asked)
    with rows.read() as connection:
        before = [row.note for row in read_observations(connection, "small", when)]
        positions = read_positions(connection, when)
    add(rows, NOW + off, "wrong")
    add(rows, NOW + timedelta(minutes=5), "right")
    with rows.read() as connection:
        assert [row.note for row in read_observations(connection, "small", when)] == before == ["before"]
        assert read_positions(connection, when) == positions


def test_desks_ninety_seconds_apart_are_no_fault(rows: Database) -> None:
    for number in range(6):
        add(rows, NOW + timedelta(minutes=number, seconds=-90 * (number % 2)), f"{number}")
    with rows.read() as connection:
        assert read_clock_faults(connection, NOW + timedelta(minutes=10)) == ()
        assert doubt(connection, NOW + timedelta(minutes=3, seconds=30)) == "" or rows.engine.dialect.name != "sqlite"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_entry_before_the_last_row_is_doubted(rows: Database) -> None:
    with rows.read() as connection:
        assert doubt(connection, NOW + timedelta(seconds=1)) == ""
        assert doubt(connection, NOW - timedelta(minutes=2)) == ""
        said = doubt(connection, NOW - timedelta(days=3))
    assert said == (
        "this clock says 2020-05-29 12:00 UTC, 3 days before the last row was recorded (2020-06-01 12:00 UTC)"
    )


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_servers_clock_is_asked_where_there_is_one(database: Database) -> None:
    now = datetime.now(UTC)
    with database.read() as connection:
        assert doubt(connection, now) == ""
        ahead, behind = (doubt(connection, now + timedelta(days=days)) for days in (900, -3))
    assert "900 days ahead of the server's" in ahead
    assert "3 days behind the server's" in behind


def test_a_run_is_issued_no_earlier_than_the_one_before_it(small: Database) -> None:
    """A clock set back does not make a forecast of hindsight one before the fact."""
    days = (NOW.date(), NOW.date() - timedelta(5))
    with small.write() as connection:
        for day in days:
            at = datetime.combine(day, NOW.time(), UTC)
            append_run_status(connection, append_run(connection, replace(RUN, as_of=day), at), "published", {}, at)
    with small.read() as connection:
        first, second = read_run(connection, 1), read_run(connection, 2)
        assert (second.recorded_at, second.issued_at) == (NOW - timedelta(5), NOW)
        assert (second.status_at, issued_before_the_fact(first)) == (NOW, True)
        assert not issued_before_the_fact(second)
        assert len(read_runs(connection, "small")) == 2


def test_a_row_of_the_future_hides_no_later_row_from_the_daily_run(small: Database) -> None:
    add(small, NOW + timedelta(days=900), "ahead")
    add(small, NOW, "after")
    with small.read() as connection:
        assert has_row_ahead(connection, NOW)
        assert read_positions_in_time(connection, NOW)["observations"] == 2
        assert not has_row_ahead(connection, NOW + timedelta(days=901))


def test_a_change_of_zone_is_chained_like_the_rest(small: Database) -> None:
    with small.write() as connection:
        append_zone(connection, NewZone(TOKYO, "kim", "moved"), NOW)
    with small.read() as connection:
        assert str(read_zone(connection)) == TOKYO
        assert verify_store(connection, small.posteriors).sound
        assert read_events(connection, "small", WHENEVER) == ()
