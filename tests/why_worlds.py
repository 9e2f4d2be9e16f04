"""Desks with runs to compare: entries of two analysts, corrections, events, documents and attestations in between.

Each is made once for a whole session, by real fits that are as small as the gate of diagnostics lets through.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from toy_runs import install_toy

from db.append import append_completeness, append_events, append_observations
from db.engine import Database, open_database
from db.read import read_newest
from db.read_runs import read_run
from db.rows import EventRow, NewCompleteness, NewEvent, NewObservation, ObservationRow
from db.run_rows import RunRow
from db.when import When
from forecast.engine.update import update
from indicators.folder import read_case_folder
from indicators.install import install_case
from indicators.shipped import shipped_case
from models.settings import SamplerSettings

FIT = SamplerSettings(chains=4, draws=1000, tune=500)
LOADED = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dataclass
class Hand:
    """Who enters rows, one instant after the other."""

    database: Database
    case_id: str
    now: datetime

    def clock(self) -> datetime:
        return self.now

    def _next(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    def run(self, as_of: date) -> int:
        self._next()
        outcome = update(self.database, When(as_of=as_of), settings=FIT, clock=self.clock)
        assert outcome.status == "published"
        return outcome.run_id

    def observe(self, indicator: str, on: date, level: float, **parts: object) -> int:
        row = NewObservation(
            case_id=self.case_id,
            indicator_id=indicator,
            observed_on=on,
            known_on=on,
            level=level,
            source_title=f"{indicator} of {on}",
            source_publisher="Press",
            source_url="",
            origin="",
            reliability="B",
            credibility=2,
            analyst="one",
            note="",
        )
        with self.database.write() as connection:
            (row_id,) = append_observations(connection, [replace(row, **parts)], self._next())  # type: ignore[arg-type]
        return row_id

    def correct(self, row_id: int, known_on: date, **parts: object) -> int:
        with self.database.read() as connection:
            newest = read_newest(connection, ObservationRow, self.case_id)
            old = next(row for row in newest if row.id == row_id)
        names = NewObservation.__dataclass_fields__
        said = {name: getattr(old, name) for name in names} | {"supersedes": row_id, "known_on": known_on, **parts}
        with self.database.write() as connection:
            (new,) = append_observations(connection, [NewObservation(**said)], self._next())
        return new

    def happen(self, event_id: str, kind: str, on: date, **parts: object) -> None:
        event = NewEvent(
            case_id=self.case_id,
            event_id=event_id,
            type=kind,
            framing="none",
            started_on=on,
            ended_on=on,
            known_on=on,
            date_precision="day",
            level="envoy",
            format="bilateral",
            venue="Oslo",
            note="",
            source="Press",
            confidence="high",
            analyst="two",
        )
        with self.database.write() as connection:
            append_events(connection, [replace(event, **parts)], self._next())  # type: ignore[arg-type]

    def withdraw(self, event_id: str, known_on: date) -> None:
        with self.database.read() as connection:
            newest = read_newest(connection, EventRow, self.case_id)
            old = next(row for row in newest if row.event_id == event_id)
        said = {name: getattr(old, name) for name in NewEvent.__dataclass_fields__}
        said |= {"supersedes": old.id, "retracted": True, "reason": "never was", "known_on": known_on, "analyst": "two"}
        with self.database.write() as connection:
            append_events(connection, [NewEvent(**said)], self._next())

    def attest(self, kinds: tuple[str, ...], since: date, through: date) -> None:
        words = [
            NewCompleteness(
                case_id=self.case_id,
                type=kind,
                complete_from=since,
                complete_through=through,
                known_on=through,
                attested_by="two",
                note="",
            )
            for kind in kinds
        ]
        with self.database.write() as connection:
            append_completeness(connection, words, self._next())


TYPES = ("talks", "contact", "deal", "crisis")
TOY = {
    "quiet": date(2019, 6, 1),
    "still quiet": date(2019, 6, 21),
    "report": date(2019, 7, 20),
    "contact": date(2019, 10, 20),
    "entries": date(2019, 11, 20),
    "undocumented": date(2017, 5, 1),
    "documented": date(2017, 7, 1),
    "open": date(2020, 2, 1),
    "attested": date(2020, 3, 1),
}
"""As-of dates of the runs of the toy desk, by name."""


def make_toy(folder: Path) -> None:
    """The toy case with the runs of `TOY`; their numbers are the lines of a file."""
    with install_toy(folder) as database:
        hand = Hand(database, "toy", datetime(2020, 5, 1, 12, tzinfo=UTC))
        done = {name: hand.run(TOY[name]) for name in ("quiet", "still quiet", "report", "contact")}
        enter_at_the_toy_desk(hand)
        done |= {name: hand.run(TOY[name]) for name in ("entries", "undocumented", "documented", "open")}
        hand.attest(TYPES, date(2020, 1, 1), date(2020, 2, 20))
        done["attested"] = hand.run(TOY["attested"])
    (folder / "runs").write_text("".join(f"{name}={number}\n" for name, number in done.items()), encoding="utf-8")


def enter_at_the_toy_desk(hand: Hand) -> None:
    """Two reports of one origin, a row that was withdrawn, corrections, a late row and two events."""
    day = date(2019, 11, 5)
    for paper in ("Gazette", "Courier"):
        hand.observe("border_posture", day, 2.0, origin="the count", source_publisher=paper, source_title=paper)
    gone = hand.observe("harvest", date(2019, 11, 6), -2.0, analyst="two")
    hand.correct(gone, date(2019, 11, 7), retracted=True, reason="wrong day", analyst="two")
    with hand.database.read() as connection:
        rows = read_newest(connection, ObservationRow, "toy")
    tone = next(row for row in rows if row.indicator_id == "press_tone" and row.observed_on == date(2019, 10, 5))
    hand.correct(tone.id, date(2019, 11, 8), level=2.0, analyst="two", reason="misread")
    posture = next(row for row in rows if row.indicator_id == "border_posture" and row.observed_on == date(2019, 4, 5))
    hand.correct(posture.id, date(2019, 11, 9), retracted=True, reason="a hoax", analyst="two")
    hand.observe("press_tone", date(2019, 9, 2), 1.0, analyst="two")
    hand.happen("X2019-1", "crisis", date(2019, 11, 10))
    hand.happen("T2019-9", "talks", date(2019, 11, 12), framing="arms_control")


SHIPPED = (
    date(2017, 8, 1),
    date(2018, 2, 1),
    date(2018, 4, 1),
    date(2018, 7, 1),
    date(2025, 3, 10),
    date(2025, 3, 24),
    date(2026, 9, 15),
    date(2026, 10, 10),
)
"""As-of dates of runs of the shipped desk before anybody has entered anything."""


def make_shipped(folder: Path) -> None:
    """The shipped case, with corrections, events and attestations of two analysts between its later runs."""
    from db.migrate import create_database

    with create_database(f"sqlite:///{folder / 'parley.db'}") as database:
        install_case(database, read_case_folder(shipped_case()), LOADED)
        hand = Hand(database, "us-dprk", LOADED + timedelta(days=30))
        for day in SHIPPED:
            hand.run(day)
        with database.read() as connection:
            rows = read_newest(connection, ObservationRow, "us-dprk")
        posture = max((row for row in rows if row.indicator_id == "us_posture"), key=lambda row: row.observed_on)
        hand.correct(posture.id, date(2026, 10, 20), level=0.0, analyst="one", reason="misread")
        goal = max((row for row in rows if row.indicator_id == "us_formal_goal"), key=lambda row: row.observed_on)
        hand.correct(goal.id, date(2026, 10, 21), retracted=True, reason="a mistranslation", analyst="two")
        hand.observe("us_nuclear_recognition", date(2026, 9, 1), 1.0, analyst="two")
        for paper in ("AP", "Reuters"):
            hand.observe(
                "dprk_diplomatic_signalling", date(2026, 11, 2), 2.0, origin="KCNA statement", source_title=paper
            )
        hand.run(date(2026, 11, 5))
        hand.happen("X2026-91", "contact", date(2026, 11, 12))
        hand.run(date(2026, 11, 15))
        hand.attest(TYPES, date(2026, 10, 11), date(2026, 11, 20))
        hand.happen("X2026-92", "talks", date(2026, 11, 18), framing="denuclearisation", ended_on=date(2026, 11, 19))
        hand.withdraw("X2026-91", date(2026, 11, 21))
        hand.run(date(2026, 11, 25))


@contextmanager
def opened(folder: Path) -> Iterator[Database]:
    with open_database(f"sqlite:///{folder / 'parley.db'}") as database:
        yield database


def runs_by_name(database: Database, folder: Path) -> dict[str, RunRow]:
    lines = (line.split("=") for line in (folder / "runs").read_text(encoding="utf-8").splitlines())
    with database.read() as connection:
        return {name: read_run(connection, int(number)) for name, number in lines}
