"""Storing what comes over the desk: one transaction per action, and the provisional forecast it brings about."""

import getpass
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from db.chain import has_link, last_link, last_links
from db.clocks import doubt
from db.engine import Database
from db.errors import StoreError
from db.known import FACT_TABLES
from db.read import read_added, read_case
from db.read_runs import full_run_since, read_standing
from db.rows import NewObservation
from db.run_rows import RunRow
from db.tables import cases, documents, judgements, observations, run_statuses
from db.when import When
from db.zone import Moment, read_zone
from forecast.clock import Clock, utc_now
from forecast.desk.bearings import AlsoOn
from forecast.desk.duplicates import Duplicate
from forecast.desk.preview import Preview
from forecast.desk.understood import Understood
from forecast.engine.answers import DRAWS, UNPUBLISHED, Provisional, append_provisional, store_provisional
from forecast.engine.assemble import read_rows
from forecast.engine.hypotheticals import Supposed, suppose
from forecast.engine.reading import Reading, add_to_reading, take_reading
from forecast.engine.standing import needs_fit
from forecast.errors import ForecastError, NoPosterior
from indicators.disagreements import Disagreement
from indicators.snapshot import Observed
from indicators.texts import kept_text

if TYPE_CHECKING:
    from forecast.engine.provisional import Anchor

type Append = Callable[[Connection, Reading, datetime], list[int]]
"""Appends the rows of an action, given what is on file just before, and returns their numbers."""
type Added = Callable[[Sequence[int], When, datetime], Observed | None]
"""The observations that were appended under these numbers, as they would be read; None where they must be."""
type Entry = object
type _State = tuple[date, dict[str, tuple[int, str]]]
"""The day, and where the chain ends of every table of facts and of versions of cases."""

UNLEARNT = "these numbers do not include documents, judgements or indicators entered since run {}; run `parley update`"
LEARNT = (cases, documents, judgements)
"""What a fit alone takes in."""
UNNAMED = "analyst"
"""Who is at the desk where nothing says so."""


def who() -> str:
    """Who is at the desk: PARLEY_ANALYST, or the name the system knows its user by; CaseError where it is no text."""
    if name := kept_text(os.environ.get("PARLEY_ANALYST", ""), "analyst"):
        return name
    try:
        return kept_text(getpass.getuser(), "analyst") or UNNAMED
    except (OSError, KeyError):
        return UNNAMED


@dataclass(slots=True)
class Desk:
    """A desk at a database: who sits there, and what need not be read again for the next entry.

    The analyst's name is kept as any text is; CaseError where it cannot be.
    """

    database: Database
    analyst: str = field(default_factory=who)
    _: KW_ONLY
    case_id: str | None = None
    """None: the only case of the database."""
    clock: Clock = utc_now
    day: Callable[[], date] | None = None
    """The day to work as of; None: the day it is in the time zone of the database."""
    kept: tuple[_State, Reading] | None = field(default=None, repr=False)
    stored: "Stored | None" = field(default=None, repr=False)
    """What was stored last, for who is interrupted before the answer."""
    _anchors: dict[int, "Anchor"] = field(default_factory=dict, repr=False)
    _stood: tuple[date, int, int] | None = field(default=None, repr=False)
    """The day, the full run that stood on it, and the last status of a run when that was read."""
    _unlearnt: tuple[tuple[object, ...], bool] | None = field(default=None, repr=False)
    _zone: ZoneInfo | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.analyst = kept_text(self.analyst, "analyst")

    def moment(self) -> Moment:
        """This instant in the time zone of the database, or the beginning of the day to work as of."""
        if self.day is not None:
            return Moment(instant=datetime.combine(self.day(), time(), UTC))
        if self._zone is None:
            with self.database.read() as connection:
                self._zone = read_zone(connection)
        return Moment(instant=self.clock(), zone=self._zone)

    def today(self) -> date:
        """The day it is at the database."""
        return self.moment().today

    def reading(self, connection: Connection, added: Observed | None = None) -> Reading:
        """What is on file today; of what was read for the last entry only what has changed is read again.

        `added` are the observations that have come since, where they are known already.
        """
        self._zone = read_zone(connection)
        state = self._state(connection)
        if self.kept is None or self.kept[0] != state:
            self.kept = state, self._with_added(connection, state, added) or self._read_anew(connection)
        return self.kept[1]

    def _read_anew(self, connection: Connection) -> Reading:
        case = read_case(connection, self.case_id)
        return take_reading(read_rows(connection, When(as_of=self.today()), case_id=case.case_id))

    def _with_added(self, connection: Connection, state: _State, added: Observed | None) -> Reading | None:
        """The last reading with the observations added since, by whomever, if nothing else is new."""
        if self.kept is None:
            return None
        (day, links), kept = self.kept
        changed = {name for name, link in state[1].items() if link != links[name]}
        if day != state[0] or changed != {observations.name}:
            return None
        after, hash_ = links[observations.name]
        if not has_link(connection, observations, after, hash_):  # what was read has been taken back since
            return None
        if added is None:
            added = read_added(connection, kept.rows.case.case_id, kept.rows.when, after)
        if added is None:
            return None
        return add_to_reading(kept, added, {name: link[0] for name, link in state[1].items()})

    def anchor(self, connection: Connection, stored: "Stored") -> "Anchor":
        """The posterior that the provisional forecast of what was stored uses; NoPosterior where there is none."""
        case_id, readings = stored.after.rows.case.case_id, (stored.before, stored.after)
        if read_standing(connection, case_id, self.today()) is None:
            raise NoPosterior(UNPUBLISHED)
        # compiled code, which takes half a second to load, and which only an answer needs
        from forecast.engine.provisional import read_anchor_for

        return read_anchor_for(readings, connection, self.database.posteriors, case_id, self.today(), self._anchors)

    def make_ready(self) -> None:
        """Project what was read last, where that takes a moment: before the lock, so that nobody waits for it."""
        anchor = self._anchors.get(DRAWS)
        if anchor is not None and self.kept is not None:
            anchor.make_ready(self.kept[1])

    def ready(self, connection: Connection, stored: "Stored") -> "Ready | None":
        """The same where it is at hand and has projected what was there before; None where that takes long."""
        anchor, before, after = self._anchors.get(DRAWS), stored.before, stored.after
        if anchor is None or not anchor.stands_ready(before, after):
            return None
        from forecast.engine.provisional import learns

        if not self._stands(connection, anchor.run) or learns(anchor, (before, after)):
            return None
        return Ready(anchor, self._needs_fit(connection, anchor.run))

    def _stands(self, connection: Connection, run: RunRow) -> bool:
        """Whether the run is the last published full one; asked anew only where another may be."""
        today = self.today()
        if self._stood is None or self._stood[:2] != (today, run.id) or full_run_since(connection, self._stood[2]):
            last, _ = last_link(connection, run_statuses)
            found = read_standing(connection, run.case_id, today)
            self._stood = None if found is None else (today, found.id, last)
        return self._stood is not None and self._stood[1] == run.id

    def _needs_fit(self, connection: Connection, run: RunRow) -> bool:
        """Whether the run lacks what only a fit takes in; asked anew only where some of that may be new."""
        if self.kept is None:
            return needs_fit(connection, run, self.today())
        (day, links), _ = self.kept
        asked = run.id, day, *(links[table.name] for table in LEARNT)
        if self._unlearnt is None or self._unlearnt[0] != asked:
            self._unlearnt = asked, needs_fit(connection, run, day)
        return self._unlearnt[1]

    def _state(self, connection: Connection) -> _State:
        return self.today(), last_links(connection, cases, *FACT_TABLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What an action did, or with `dry_run` would have done."""

    action: str
    """logged, revised, retracted, attested, imported; unchanged where the same row was there already."""
    table: str
    rows: tuple[int, ...]
    """Numbers of the rows stored, or of the row that was there already; empty in a dry run."""
    stored: bool
    entries: tuple[Entry, ...]
    """The rows themselves."""
    preview: Preview | None = None
    notes: tuple[str, ...] = ()
    """What an analyst should know about it, a sentence each; the questions and what it bears on among them."""
    questions: tuple[str, ...] = ()
    """What is asked of an event: whether it is what the rules count."""
    bears_on: tuple[AlsoOn, ...] = ()
    """What else it bears on, of which nothing is on file."""
    forecast: Provisional | Supposed | None = None
    """Supposed: approximate, in a dry run."""
    run: int | None = None
    """The provisional run; None in a dry run, and where there is no forecast."""
    remark: str = ""
    """Why there is no forecast, or what it leaves out."""
    counts_from: date | None = None
    """Of what only a full update takes in: the first day as of which it counts."""
    unchanged: int = 0
    """Rows of an import that were there already."""
    duplicates: tuple[Duplicate, ...] = ()
    """Rows that may report the same as an entry."""
    disagreements: tuple[Disagreement[NewObservation], ...] = ()
    """Codings of one day or report that contradict each other, one of them an entry of this action."""
    understood: Understood | None = None
    """How a file was read that was imported."""

    @property
    def numbers(self) -> dict[int, int]:
        """The number of each entry that was stored, by its identity in this process."""
        return {id(entry): row for entry, row in zip(self.entries, self.rows, strict=True)} if self.stored else {}


type Answer = tuple[Provisional | Supposed | None, int | None, str]
"""The forecast, its run, and why there is none or what it leaves out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The state just before and just after an action."""

    rows: tuple[int, ...]
    before: Reading
    after: Reading
    at: datetime
    doubt: str = ""
    """Why the instant may be wrong."""
    answer: Answer | None = None
    """What was answered in the same transaction; None where that is still to do."""
    ready: "Ready | None" = None
    """What the answer to a dry run takes, as found in its transaction; None where that takes long."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A posterior at hand, which has projected what was there before."""

    anchor: "Anchor"
    left: bool
    """Whether its run lacks what only a fit takes in."""


class _Undone(Exception):
    """Ends the transaction of a dry run."""


def submit(
    desk: Desk,
    append: Append,
    *,
    dry_run: bool,
    at_once: Callable[[Sequence[int]], str] | None = None,
    added: Added | None = None,
) -> Stored:
    """Append in one transaction; a dry run does the same and takes it back, so that it is refused alike.

    The instant is taken under the write lock: rows recorded by it are just those the forecast is made from. Where
    `at_once` names what brought a forecast about, given the rows, and the desk has it in a moment, its run is stored
    in the same transaction: it is on the disk with the entry, and other desks wait for a few hundredths of a second.
    For a dry run nobody waits: what its answer takes is found there, and the answer made once the lock is free.
    `added` gives what was appended where that is observations alone, so that many are not read back.
    """
    stored: Stored | None = None
    stopped: KeyboardInterrupt | None = None
    known = desk.kept
    if at_once is not None:
        desk.make_ready()
    with suppress(_Undone), desk.database.write() as connection:
        before = desk.reading(connection)
        at = desk.clock()
        doubtful = doubt(connection, at)
        rows = append(connection, before, at)
        after = desk.reading(connection, None if added is None else added(rows, before.rows.when, at))
        stored = Stored(rows=tuple(rows), before=before, after=after, at=at, doubt=doubtful)
        if dry_run:
            stored = replace(stored, ready=None if at_once is None else _find_ready(desk, connection, stored))
            desk.kept = known
            raise _Undone
        if at_once is not None:
            try:
                stored = replace(stored, answer=_answer_at_once(desk, connection, stored, at_once(rows)))
            except KeyboardInterrupt as error:  # what was entered stays, as where the answer comes after it
                stopped = error
    assert stored is not None
    if not dry_run:
        desk.stored = stored
    if stopped is not None:
        raise stopped
    return stored


def _answer_at_once(desk: Desk, connection: Connection, stored: Stored, cause: str) -> Answer | None:
    """The answer within the transaction of the entry; None where it would take long."""
    try:
        ready = desk.ready(connection, stored)
        if ready is None:
            return None
        from forecast.engine.provisional import shift

        forecast = shift(ready.anchor, stored.before, stored.after, stored.at)
        with desk.database.within(connection):
            run = append_provisional(connection, forecast, cause, desk.clock())
        return forecast, run, _remark(ready, forecast)
    except (ForecastError, StoreError) as error:
        return None, None, str(error)


def _find_ready(desk: Desk, connection: Connection, stored: Stored) -> Ready | None:
    """What a dry run's answer takes, where it is at hand; what cannot be read is told when it is read in full."""
    try:
        return desk.ready(connection, stored)
    except (ForecastError, StoreError):
        return None


def answer(desk: Desk, stored: Stored, cause: str, *, dry_run: bool) -> Answer:
    """The answer to an action, where it is still to give: whatever goes wrong, the entry is stored."""
    if stored.answer is not None:
        return stored.answer
    if dry_run and (supposed := _supposed(desk, stored)) is not None:
        return supposed
    try:
        ready = stored.ready or _read_ready(desk, stored)
        from forecast.engine.provisional import shift

        forecast = shift(ready.anchor, stored.before, stored.after, None if dry_run else stored.at)
        run = None if dry_run else store_provisional(desk.database, forecast, cause, desk.clock)
        return forecast, run, _remark(ready, forecast)
    except (ForecastError, StoreError) as error:
        return None, None, str(error)


def _read_ready(desk: Desk, stored: Stored) -> Ready:
    with desk.database.read() as connection:
        anchor = desk.anchor(connection, stored)
        return Ready(anchor, needs_fit(connection, anchor.run, desk.today()))


def _supposed(desk: Desk, stored: Stored) -> Answer | None:
    """The answer to what is not stored, from the table of the run that stands; None where it has none."""
    if stored.ready is not None:
        stands = stored.ready.anchor.run
        found = suppose(desk.database, stands, stored.before, stored.after)
        return None if found is None else (found, None, _unlearnt(stands, stored.ready.left))
    with desk.database.read() as connection:
        run = read_standing(connection, stored.after.rows.case.case_id, desk.today())
        if run is None:
            return None
        supposed = suppose(desk.database, run, stored.before, stored.after)
        left = supposed is not None and needs_fit(connection, run, desk.today())
    return None if supposed is None else (supposed, None, _unlearnt(run, left))


def _unlearnt(run: RunRow, left: bool) -> str:
    return UNLEARNT.format(run.id) if left else ""


def _remark(ready: Ready, forecast: Provisional) -> str:
    return "; ".join(filter(None, (forecast.untaught, _unlearnt(ready.anchor.run, ready.left))))
