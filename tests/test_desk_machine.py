"""Any sequence of actions at the desk, held against a simple model of who knew what when."""

import itertools
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from desk_worlds import Ledger, Version
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sizes import slow, soak
from sqlalchemy import Table, select
from toy_case import CASE, write_toy_case
from toy_runs import LOADED

from db import tables
from db.chain import head, verify_chain
from db.engine import Database, open_database
from db.errors import Conflict
from db.migrate import create_database
from db.read import read_completeness, read_events, read_newest, read_observations
from db.rows import CompletenessRow, EventRow, ObservationRow
from db.when import When
from forecast.desk.actions import Desk, Receipt, add_event, attest, log, retract, retract_event, revise, revise_event
from forecast.engine.assemble import read_rows
from forecast.errors import NotOnFile
from indicators.content import EVENT_TYPES
from indicators.errors import CaseError
from indicators.folder import read_case_folder
from indicators.install import install_case

type World = Callable[[], tuple[Database, str]]
"""Makes a database with the toy case, and says what the case is called there."""

FIRST_DAY = date(2011, 1, 10)
OBSERVED = (
    "indicator_id",
    "observed_on",
    "known_on",
    "level",
    "source_title",
    "source_publisher",
    "source_url",
    "origin",
    "reliability",
    "credibility",
    "analyst",
    "note",
)
HAPPENED = (
    "event_id",
    "type",
    "framing",
    "started_on",
    "ended_on",
    "known_on",
    "date_precision",
    "venue",
    "source",
    "confidence",
    "note",
    "analyst",
    "reason",
)
ATTESTED = ("type", "complete_from", "complete_through", "known_on", "attested_by", "note")

indicators = st.sampled_from(("press_tone", "border_posture", "harvest"))
levels = st.sampled_from((-2.0, -1.0, 0.5, 1.0))
notes = st.sampled_from(("", "漢江", "=1+1"))
back = st.integers(-1, 60)
lag = st.integers(-1, 20)
pick = st.integers(0, 200)
corrected_on = st.none() | st.integers(-1, 40)
confidences = st.sampled_from(("medium", "high", "low", "Low"))
reasons = st.sampled_from(("", "agenda unclear", "denied"))


class AtTheDesk(RuleBasedStateMachine):
    """The rules are what analysts do; each says what must come of it, then does it."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.database, self.case = world()
        self.today = FIRST_DAY
        self.desks = {
            who: Desk(self.database, who, case_id=self.case, day=lambda: self.today) for who in ("kim", "lee")
        }
        self.desk = self.desks["kim"]
        self.observations = self._loaded(ObservationRow, OBSERVED)
        self.events = self._loaded(EventRow, HAPPENED)
        self.attestations = self._loaded(CompletenessRow, ATTESTED)
        self.instants = [self.observations.facts[0][0].recorded_at]
        self.steps = 0

    def teardown(self) -> None:
        with self.database, self.database.read() as connection:
            assert verify_chain(connection) == ()

    @rule(days=st.integers(1, 25))
    def wait(self, days: int) -> None:
        self.today += timedelta(days)

    @rule(who=st.sampled_from(("kim", "lee")))
    def hand_over(self, who: str) -> None:
        """To one who has kept what was on file at his last entry."""
        self.desk = self.desks[who]

    @rule(indicator=indicators, level=levels, back=back, lag=lag, note=notes, shouted=st.booleans(), dry=st.booleans())
    def log_one(self, indicator: str, level: float, back: int, lag: int, note: str, shouted: bool, dry: bool) -> None:
        observed = self.today - timedelta(back)
        said = self._entry(indicator, level, observed, observed + timedelta(lag), note)
        self._log(said, indicator.upper() if shouted else indicator, dry)

    @rule(which=pick)
    def log_again(self, which: int) -> None:
        first = [fact[0] for fact in self.observations.facts if fact[0].said["analyst"] in ("kim", "lee")]
        if first:
            said = first[-1 - which % len(first)].said
            self._log(said, str(said["indicator_id"]), False)

    @rule(
        which=pick,
        changes=st.fixed_dictionaries(
            {}, optional={"level": levels, "note": notes, "grade": st.just("C3"), "indicator": indicators}
        ),
        on=corrected_on,
        reason=st.sampled_from(("misread", "")),
    )
    def revise_one(self, which: int, changes: Mapping[str, str | float], on: int | None, reason: str) -> None:
        number, newest = self._named(self.observations, which)
        change = {**changes, "reason": reason, "known_on": self._day(on)}
        if sentence := _not_standing("observation", number, newest):
            with self._refused(sentence):
                revise(self.desk, number, **change)  # type: ignore[arg-type]
            return
        assert newest is not None
        grade = {"reliability": "C", "credibility": 3} if "grade" in changes else {}
        cells = {_CALLED.get(name, name): value for name, value in changes.items() if name != "grade"}
        known_on = self._day(on) or max(self.today, _date(newest.known_on))
        said = {**newest.said, **grade, **cells, "known_on": known_on, "analyst": self.desk.analyst}
        sentence = self._misdated(said, "observed_on")
        if not sentence and _apart_from_who(said) == _apart_from_who(newest.said):
            sentence = f"row {number} already says all of this"
        if sentence:
            with self._refused(sentence):
                revise(self.desk, number, **change)  # type: ignore[arg-type]
            return
        receipt = revise(self.desk, number, **change)  # type: ignore[arg-type]
        self.observations.correct(number, self._stored(receipt, tables.observations, said))

    @rule(which=pick, on=corrected_on, reason=st.sampled_from(("a hoax", " ")))
    def retract_one(self, which: int, on: int | None, reason: str) -> None:
        number, newest = self._named(self.observations, which)
        sentence = _not_standing("observation", number, newest) or self._bad_retraction(newest, on, reason)
        if sentence:
            with self._refused(sentence):
                retract(self.desk, number, reason, known_on=self._day(on))
            return
        receipt = retract(self.desk, number, reason, known_on=self._day(on))
        self.observations.correct(number, self._withdrawn(receipt, tables.observations, newest, on))

    @rule(
        type_=st.sampled_from(EVENT_TYPES),
        framing=st.sampled_from(("", "arms_control", "denuclearisation")),
        back=back,
        days=st.integers(-1, 5),
        lag=st.none() | lag,
        confidence=confidences,
        reason=reasons,
        id_=st.sampled_from(("", "", "", "X1", "x1")),
    )
    def add_one(
        self, type_: str, framing: str, back: int, days: int, lag: int | None, confidence: str, reason: str, id_: str
    ) -> None:
        began = self.today - timedelta(back)
        ended = began + timedelta(days)
        known = ended if lag is None else ended + timedelta(lag)
        said = self._event(type_, framing, began, ended, known, confidence, reason)

        def act() -> Receipt:
            return add_event(
                self.desk,
                type_,
                on=began,
                until=ended,
                source="Gazette",
                framing=framing,
                id=id_,
                known_on=None if lag is None else known,
                confidence=confidence,
                reason=reason,
            )

        taken = {str(fact[-1].said["event_id"]).casefold() for fact in self.events.facts}
        sentence = f"reason: '{reason}' marks a dispute" if reason and said["confidence"] != "low" else ""
        sentence = sentence or self._misdated(said, "started_on") or _misframed(said) or _without_reason(said)
        if id_.casefold() in taken and not sentence:
            sentence = f"id: '{id_}' is taken"
        if sentence:
            with self._refused(sentence):
                act()
            return
        receipt = act()
        given = receipt.entries[0].event_id  # type: ignore[attr-defined]
        assert given == id_ or (not id_ and given.casefold() not in taken)
        self.events.add(self._stored(receipt, tables.events, {**said, "event_id": given}))

    @rule(
        which=pick,
        changes=st.fixed_dictionaries(
            {},
            optional={
                "venue": st.sampled_from(("Zenda", "Strelsau")),
                "confidence": confidences,
                "reason": st.sampled_from(("agenda unclear", "denied")),
                "until": st.integers(-30, 5),
            },
        ),
        on=corrected_on,
    )
    def revise_event_one(self, which: int, changes: Mapping[str, str | int], on: int | None) -> None:
        id_, newest = self._event_named(which)
        change: dict[str, date | str | None] = {**changes, "known_on": self._day(on)}  # type: ignore[dict-item]
        if "until" in changes:
            change["until"] = self.today + timedelta(int(changes["until"]))
        sentence = _gone(id_, newest)
        if not sentence:
            assert newest is not None
            said = self._revised(newest, change)
            sentence = self._misdated(said, "started_on") or _without_reason(said)
            if not sentence and _apart_from_who(said) == _apart_from_who(newest.said):
                sentence = f"event {newest.said['event_id']} already says all of this"
        if sentence:
            with self._refused(sentence):
                revise_event(self.desk, id_, **change)
            return
        assert newest is not None
        receipt = revise_event(self.desk, id_, **change)
        self.events.correct(newest.number, self._stored(receipt, tables.events, said))

    @rule(which=pick, on=corrected_on, reason=st.sampled_from(("never took place", "")))
    def retract_event_one(self, which: int, on: int | None, reason: str) -> None:
        id_, newest = self._event_named(which)
        sentence = _gone(id_, newest) or self._bad_retraction(newest, on, reason)
        if sentence:
            with self._refused(sentence):
                retract_event(self.desk, id_, reason, known_on=self._day(on))
            return
        assert newest is not None
        receipt = retract_event(self.desk, id_, reason, known_on=self._day(on))
        self.events.correct(newest.number, self._withdrawn(receipt, tables.events, newest, on))

    @rule(
        types=st.lists(st.sampled_from(EVENT_TYPES), unique=True, max_size=2),
        back=st.integers(-1, 15),
        since=st.none() | st.integers(0, 400),
        dry=st.booleans(),
    )
    def attest_none(self, types: list[str], back: int, since: int | None, dry: bool) -> None:
        through = self.today - timedelta(back)
        begin = None if since is None else self.today - timedelta(since)
        spans = {kind: self._span(kind, through, begin) for kind in types or EVENT_TYPES}
        if sentence := self._unattestable(spans, through, begin):
            with self._refused(sentence):
                attest(self.desk, through, types=types, since=begin)
            return
        if dry:
            with self._unchanged():
                assert not attest(self.desk, through, types=types, since=begin, dry_run=True).stored
        receipt = attest(self.desk, through, types=types, since=begin)
        for said, number in zip(spans.values(), receipt.rows, strict=True):
            given = Version(
                number=number, known_on=self.today, recorded_at=self._recorded(tables.completeness, number), said=said
            )
            taken_back = [
                fact[-1].number
                for fact in self.attestations.facts
                if fact[-1].retracted and _days_of(fact[-1].said) == _days_of(said)
            ]
            if taken_back:  # the same word again takes the place of its withdrawal
                self.attestations.correct(max(taken_back), given)
            else:
                self.attestations.add(given)

    @rule(which=pick, on=corrected_on, reason=st.sampled_from(("spoke too soon", "")))
    def take_back(self, which: int, on: int | None, reason: str) -> None:
        number, newest = self._named(self.attestations, which)
        sentence = ""
        if newest is None:
            sentence = f"there is no attestation row {number}"
        elif newest.retracted:
            sentence = f"attestation {number} was withdrawn or replaced as row {newest.number}"
        if sentence := sentence or self._bad_retraction(newest, on, reason):
            with self._refused(sentence):
                retract(self.desk, number, reason, known_on=self._day(on), attestation=True)
            return
        assert newest is not None
        receipt = retract(self.desk, number, reason, known_on=self._day(on), attestation=True)
        self.attestations.correct(number, self._withdrawn(receipt, tables.completeness, newest, on))

    @precondition(lambda self: len(self.instants) > 1)
    @rule(days=st.integers(-400, 200), which=pick, shift=st.sampled_from((-1, 0, 1)))
    def look_back(self, days: int, which: int, shift: int) -> None:
        """Any day, and any instant just before, at or just after that of an entry."""
        instant = self.instants[which % len(self.instants)] + timedelta(microseconds=shift)
        self._agree(FIRST_DAY + timedelta(days), instant)

    @invariant()
    def reads_say_what_the_model_says(self) -> None:
        """As of today and of some other day by turns, as recorded at an instant that differs from step to step."""
        self.steps += 1
        instant = self.instants[self.steps * 7 % len(self.instants)] if self.steps % 3 else None
        days = (self.today, FIRST_DAY + timedelta(self.steps * 37 % 300 - 60))
        self._agree(days[self.steps % 2], instant)

    @rule()
    def read_at_the_desk(self) -> None:
        """What a desk has kept, brought up to date, is what is on file."""
        with self.database.read() as connection:
            assert self.desk.reading(connection).rows == read_rows(
                connection, When(as_of=self.today), case_id=self.case
            )

    def _agree(self, day: date, instant: datetime | None) -> None:
        when = When(as_of=day, as_recorded=instant)
        with self.database.read() as connection:
            observed = read_observations(connection, self.case, when)
            settled = read_events(connection, self.case, when)
            happened = read_events(connection, self.case, when, disputed=True)
            attested = read_completeness(connection, self.case, when)
        spans = {(row.id, row.valid_from, row.valid_until): _values(row, OBSERVED) for row in observed}
        assert len(spans) == len(observed)
        assert spans == {
            (each.number, first, end): dict(each.said) for each, first, end in self.observations.spans(day, instant)
        }
        current = self.events.current(day, instant)
        assert _by_number(happened, HAPPENED) == {each.number: dict(each.said) for each in current}
        clear = {each.number: dict(each.said) for each in current if not _disputed(each.said)}
        assert _by_number(settled, HAPPENED) == clear
        expected = {each.number: dict(each.said) for each in self.attestations.current(day, instant)}
        assert _by_number(attested, ATTESTED) == expected

    def _log(self, said: Mapping[str, object], typed: str, dry: bool) -> None:
        def act(dry_run: bool = False) -> Receipt:
            return log(
                self.desk,
                typed,
                said["level"],  # type: ignore[arg-type]
                on=_date(said["observed_on"]),
                known_on=_date(said["known_on"]),
                source=str(said["source_title"]),
                grade="B2",
                note=str(said["note"]),
                analyst=str(said["analyst"]),
                dry_run=dry_run,
            )

        sentence = self._misdated(said, "observed_on")
        fact = next((fact for fact in self.observations.facts if fact[0].said == said), None)
        if not sentence and fact is not None and len(fact) > 1:
            how = "retracted" if fact[-1].retracted else "superseded by"
            sentence = f"the same row was stored as row {fact[0].number}, and {how}.* row {fact[-1].number}"
        if sentence:
            with self._refused(sentence):
                act()
        elif fact is not None:
            with self._unchanged():
                receipt = act()
            assert (receipt.action, receipt.rows, receipt.stored) == ("unchanged", (fact[0].number,), False)
        else:
            if dry:
                with self._unchanged():
                    assert (act(dry_run=True).rows, act(dry_run=True).stored) == ((), False)
            self.observations.add(self._stored(act(), tables.observations, said))

    def _entry(self, indicator: str, level: float, observed: date, known: date, note: str) -> dict[str, object]:
        values = (indicator, observed, known, level, "Gazette", "", "", "", "B", 2, self.desk.analyst, note)
        return dict(zip(OBSERVED, values, strict=True))

    def _event(
        self, type_: str, framing: str, began: date, ended: date, known: date, confidence: str, reason: str
    ) -> dict[str, object]:
        certain = confidence.casefold()
        values = ("", type_, framing or "none", began, ended, known, "day", "", "Gazette", certain, "")
        return dict(zip(HAPPENED, (*values, self.desk.analyst, reason), strict=True))

    def _revised(self, newest: Version, change: Mapping[str, date | str | None]) -> dict[str, object]:
        said = {**newest.said, "analyst": self.desk.analyst}
        said["known_on"] = change["known_on"] or max(self.today, _date(newest.known_on))
        if "confidence" in change:
            said["confidence"] = str(change["confidence"]).casefold()
            if _disputed(newest.said) and said["confidence"] != "low":
                said["reason"] = ""
        said |= {name: change[name] for name in ("venue", "reason") if name in change}
        return said | ({"ended_on": change["until"]} if "until" in change else {})

    def _named(self, ledger: Ledger, which: int) -> tuple[int, Version | None]:
        """A row number, late ones first, and the newest version of its fact; now and then one that is not there."""
        numbers = sorted(ledger.numbers(), reverse=True)
        if which == 13:
            return 10**6, None
        number = numbers[which % len(numbers)]
        return number, ledger.fact_of(number)[-1]

    def _event_named(self, which: int) -> tuple[str, Version | None]:
        if which == 13:
            return "T1815-01", None
        newest = self.events.facts[-1 - which % len(self.events.facts)][-1]
        id_ = str(newest.said["event_id"])
        return (id_.swapcase() if which % 2 else id_), newest

    def _day(self, back: int | None) -> date | None:
        return None if back is None else self.today - timedelta(back)

    def _misdated(self, said: Mapping[str, object], since: str) -> str:
        """The sentence for dates that cannot be; "" where they can."""
        began, known = _date(said[since]), _date(said["known_on"])
        ended = _date(said.get("ended_on", began))
        for name, day in ((since, began), ("ended_on", ended), ("known_on", known)):
            if day > self.today:
                return f"{name}: {day} is in the future; the latest day anywhere is {self.today}"
        if ended < began:
            return f"ended_on: {ended} lies before {since} {began}"
        return f"known_on: {known} lies before {since} {began}" if known < began else ""

    def _bad_retraction(self, newest: Version | None, on: int | None, reason: str) -> str:
        assert newest is not None
        known_on = newest.known_on or date.min
        day = self._day(on) or max(self.today, known_on)
        if not reason.strip():
            return "reason: is empty; say why the row is withdrawn"
        if day > self.today:
            return f"known_on: {day} is in the future"
        return f"known_on: {day} is before {known_on}, when the row became known" if day < known_on else ""

    def _furthest(self, kind: str) -> Mapping[str, object] | None:
        found = [each.said for each in self.attestations.current(self.today) if each.said["type"] == kind]
        return max(found, key=lambda said: _date(said["complete_through"]), default=None)

    def _span(self, kind: str, through: date, begin: date | None) -> dict[str, object]:
        """What an attestation would say."""
        before = self._furthest(kind)
        first = begin or (before["complete_from"] if before else through)
        note = f"from {_date(before['complete_through']) + timedelta(1)} on" if before else ""
        return dict(zip(ATTESTED, (kind, first, through, self.today, self.desk.analyst, note), strict=True))

    def _unattestable(self, kinds: Iterable[str], through: date, begin: date | None) -> str:
        """The sentence for an attestation that cannot be given; "" where it can."""
        if through > self.today:
            return f"through: {through} is in the future, which nobody can attest"
        for kind in kinds:
            before = self._furthest(kind)
            if before is None and begin is None:
                return f"since: {kind} has no attestation yet; give the first day"
            if begin and begin > through:
                return f"since: {begin} is after {through}"
            if before is None:
                continue
            reach = _date(before["complete_through"])
            if through <= reach:
                return f"through: {kind} is already attested through {reach}"
            if begin and begin > reach + timedelta(1):
                return f"since: {kind} is attested through {reach}; start on the next day"
        return ""

    def _stored(self, receipt: Receipt, table: Table, said: Mapping[str, object]) -> Version:
        assert receipt.stored
        (number,) = receipt.rows
        return Version(
            number=number, known_on=_date(said["known_on"]), recorded_at=self._recorded(table, number), said=said
        )

    def _withdrawn(self, receipt: Receipt, table: Table, newest: Version | None, on: int | None) -> Version:
        assert newest is not None
        (number,) = receipt.rows
        day = self._day(on) or max(self.today, newest.known_on or date.min)
        return Version(
            number=number, known_on=day, recorded_at=self._recorded(table, number), said=newest.said, retracted=True
        )

    def _recorded(self, table: Table, number: int) -> datetime:
        """When the row was recorded: never before one that was there already."""
        with self.database.read() as connection:
            instant = connection.execute(select(table.c.recorded_at).where(table.c.id == number)).scalar_one()
        assert instant >= self.instants[-1]
        self.instants.append(instant)
        return datetime.fromisoformat(instant.isoformat())

    def _loaded(self, kind: type[ObservationRow | EventRow | CompletenessRow], names: tuple[str, ...]) -> Ledger:
        with self.database.read() as connection:
            rows = read_newest(connection, kind, self.case)
        return Ledger(
            [
                [Version(number=row.id, known_on=row.known_on, recorded_at=row.recorded_at, said=_values(row, names))]
                for row in rows
            ]
        )

    @contextmanager
    def _unchanged(self) -> Iterator[None]:
        before = self._head()
        yield
        assert self._head() == before

    @contextmanager
    def _refused(self, sentence: str) -> Iterator[None]:
        with self._unchanged(), pytest.raises((CaseError, NotOnFile, Conflict), match=sentence):
            yield

    def _head(self) -> str:
        with self.database.read() as connection:
            return head(connection)


_CALLED = {"indicator": "indicator_id"}


def _values(row: object, names: tuple[str, ...]) -> dict[str, object]:
    return {name: getattr(row, name) for name in names}


def _by_number(rows: tuple[EventRow, ...] | tuple[CompletenessRow, ...], names: tuple[str, ...]) -> dict[int, object]:
    return {row.id: _values(row, names) for row in rows}


def _date(value: object) -> date:
    assert isinstance(value, date)
    return value


def _apart_from_who(said: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in said.items() if name not in ("known_on", "analyst")}


def _days_of(said: Mapping[str, object]) -> tuple[object, ...]:
    return said["type"], said["complete_from"], said["complete_through"]


def _disputed(said: Mapping[str, object]) -> bool:
    return said["confidence"] == "low" and bool(said["reason"])


def _not_standing(what: str, number: int, newest: Version | None) -> str:
    if newest is None:
        return f"there is no {what} row {number}; run `parley {what}s` to list them"
    if newest.number == number:
        return f"row {number} is the retraction" if newest.retracted else ""
    how = "retracted as" if newest.retracted else "superseded by"
    return f"row {number} was {how} row {newest.number}"


def _gone(id_: str, newest: Version | None) -> str:
    if newest is None:
        return f"unknown event '{id_}'"
    retracted = f"event {newest.said['event_id']} was retracted as row {newest.number}"
    return retracted if newest.retracted else ""


def _misframed(said: Mapping[str, object]) -> str:
    if said["type"] == "talks" and said["framing"] == "none":
        return "framing: is empty; write what the talks were about"
    if said["type"] in ("contact", "crisis") and said["framing"] != "none":
        return f"framing: .* does not apply to {said['type']}"
    return ""


def _without_reason(said: Mapping[str, object]) -> str:
    return "reason: is empty" if said["confidence"] == "low" and not said["reason"] else ""


def small_toy(folder: Path, case_id: str = "toy") -> Path:
    """A year of the toy case, whose record is long enough for a forecast only after some days at the desk."""
    short = CASE.replace('"toy"', f'"{case_id}"').replace("record_from = 2010-01-01", "record_from = 2010-12-01")
    return write_toy_case(folder, {"case.toml": short}, through=2010)


@pytest.fixture(scope="module")
def toy_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("machine")
    with create_database(f"sqlite:///{folder / 'toy.db'}") as database:
        install_case(database, read_case_folder(small_toy(folder / "case")), LOADED)
    return folder / "toy.db"


def in_files(toy_file: Path, folder: Path) -> World:
    """Each world a file of its own."""
    numbers = itertools.count()

    def world() -> tuple[Database, str]:
        path = folder / f"{next(numbers)}.db"
        shutil.copy(toy_file, path)
        return open_database(f"sqlite:///{path}"), "toy"

    return world


def in_one_database(url: str, folder: Path) -> World:
    """Each world a case of its own in the same database, beside those of all worlds before."""
    numbers = itertools.count()

    def world() -> tuple[Database, str]:
        case_id = f"toy{next(numbers)}"
        database = open_database(url)
        install_case(database, read_case_folder(small_toy(folder / case_id, case_id)), datetime.now(UTC))
        return database, case_id

    return world


def run(world: World, examples: int, steps: int = 25) -> None:
    run_state_machine_as_test(
        lambda: AtTheDesk(world),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )


@pytest.mark.parametrize("examples", [10, slow(40), soak("desk", 200)])
def test_the_desk_does_what_the_rules_say(toy_file: Path, tmp_path: Path, examples: int) -> None:
    run(in_files(toy_file, tmp_path), examples)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("examples", [slow(15), soak("desk", 100)])
def test_the_desk_does_what_the_rules_say_on_postgresql(database_url: str, tmp_path: Path, examples: int) -> None:
    run(in_one_database(database_url, tmp_path), examples)


def test_a_revision_that_changes_nothing_is_refused_whatever_the_last_one_gave_as_its_reason(
    toy_file: Path, tmp_path: Path
) -> None:
    with in_files(toy_file, tmp_path)()[0] as database:
        desk = Desk(database, "kim", day=lambda: FIRST_DAY)
        (first,) = log(desk, "press_tone", 1, on=FIRST_DAY, source="Gazette", grade="B2").rows
        (second,) = revise(desk, first, level=2, reason="misread").rows
        with pytest.raises(NotOnFile, match=f"row {second} already says all of this; give what should change"):
            revise(desk, second, reason="once more")


def test_a_dispute_keeps_its_reason_however_low_is_written(toy_file: Path, tmp_path: Path) -> None:
    with in_files(toy_file, tmp_path)()[0] as database:
        desk = Desk(database, "kim", day=lambda: FIRST_DAY)
        day, denied = FIRST_DAY, "denied"
        (event,) = add_event(desk, "contact", on=day, source="Gazette", confidence="low", reason=denied).entries
        revise_event(desk, event.event_id, confidence="LOW", venue="Zenda")  # type: ignore[attr-defined]
        with database.read() as connection:
            (row,) = (
                row for row in read_events(connection, "toy", When(as_of=day), disputed=True) if row.venue == "Zenda"
            )
    assert (row.disputed, row.reason) == (True, denied)
