"""From what is said at the desk to rows, and from what is on file to what may be corrected."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date, timedelta

from sqlalchemy import Connection

from db.errors import StoreError
from db.read import read_events, read_history, read_newest
from db.rows import (
    CompletenessRow,
    EventRow,
    NewCompleteness,
    NewDocument,
    NewEvent,
    NewJudgement,
    NewObservation,
    ObservationRow,
)
from db.zone import Moment
from forecast.desk.draft import ObservationDraft, Said, columns_of, draft_of
from forecast.desk.duplicates import how_it_ended, likely_same_events
from forecast.desk.questions import unmarked_deals
from forecast.desk.session import Desk
from forecast.engine.assemble import Rows
from forecast.errors import NotOnFile
from forecast.words.numbers import counted
from indicators.amendments import out_of_use
from indicators.coding import (
    EVENT_COLUMNS,
    OBSERVATION_COLUMNS,
    Rules,
    lies_ahead,
    new_event,
    new_observation,
)
from indicators.content import EVENT_TYPES
from indicators.evidence import Report, reports_of, reports_of_event
from indicators.tables import Problems, Row, parse_day, suggest, suggest_id
from indicators.texts import read_text, without_invisible

_STORED_AS = {
    "indicator": "indicator_id",
    "source": "source_title",
    "publisher": "source_publisher",
    "url": "source_url",
}
_NOT_CARRIED = ("known_on", "grade", "analyst")  # a correction has its own day and analyst
_OBSERVATION_CELLS = {name: _STORED_AS.get(name, name) for name in OBSERVATION_COLUMNS if name not in _NOT_CARRIED}
_EVENT_CELLS = {name: "event_id" if name == "id" else name for name in EVENT_COLUMNS if name not in _NOT_CARRIED}


def observation_cells(values: Mapping[str, Said], old: ObservationRow | None = None) -> dict[str, str]:
    """The cells of an entry; those not given are those of the row it corrects."""
    known = {}
    if old is not None:
        known = {cell: getattr(old, name) for cell, name in _OBSERVATION_CELLS.items()}
        known["grade"] = f"{old.reliability}{old.credibility}"
    return cells_of({**known, **values}, OBSERVATION_COLUMNS)


def event_cells(values: Mapping[str, Said], old: NewEvent | None = None) -> dict[str, str]:
    """The cells of an event; the reason of a dispute goes with the dispute."""
    known = {} if old is None else {cell: getattr(old, name) for cell, name in _EVENT_CELLS.items()}
    settled = _text(values.get("confidence", "low")).strip().casefold() != "low"
    if old is not None and old.disputed and settled:
        known["reason"] = ""
    return cells_of({**known, **values}, EVENT_COLUMNS)


def cells_of(values: Mapping[str, Said], names: Iterable[str]) -> dict[str, str]:
    """The values as the cells of a row; TypeError for one that is no part of it."""
    unknown = next((name for name in values if name not in names), None)
    if unknown is not None:
        raise TypeError(f"{unknown!r} is not part of an entry; {suggest(unknown, tuple(names))}")
    return {name: _text(values.get(name)) for name in names}


def _text(value: Said) -> str:
    if value is None:
        return ""
    if isinstance(value, float | int) and not isinstance(value, bool):
        return f"{value:.12g}"
    return value.isoformat() if isinstance(value, date) else str(value)


def read_observation_entry(
    rows: Rows, cells: dict[str, str], desk: Desk, old: ObservationRow | None = None
) -> NewObservation:
    """The observation the cells make; CaseError with everything that is wrong with them."""
    problems = Problems()
    entry = new_observation(Row("", 0, cells, problems), rules_of(rows, desk))
    problems.raise_any()
    assert entry is not None
    if old is not None and _asserts(entry) == _asserts(old):
        raise NotOnFile(f"row {old.id} already says all of this; give what should change, such as --level")
    return entry


def check_part(desk: Desk, name: str, text: str) -> tuple[str, ...]:
    """What is wrong with one part of an observation, the others apart."""
    with desk.database.read() as connection:
        rules = rules_of(desk.reading(connection).rows, desk)
    problems = Problems()
    said = columns_of(draft_of(ObservationDraft, None, {name: text}))
    new_observation(Row("", 0, observation_cells(said), problems), rules)
    return tuple(line for line in problems.lines if line.startswith(tuple(f"{column}:" for column in said)))


def _asserts(row: NewObservation | NewEvent) -> tuple[object, ...]:
    """What a row says, apart from who says it since when."""
    kind = NewObservation if isinstance(row, NewObservation) else NewEvent
    left_out = ["known_on", "analyst", "supersedes", "retracted"]
    if kind is NewObservation:  # its reason is why it was revised; that of an event, why it is disputed
        left_out.append("reason")
    return tuple(getattr(row, item.name) for item in fields(kind) if item.name not in left_out)


def read_event_entry(
    connection: Connection, rows: Rows, cells: dict[str, str], desk: Desk, old: EventRow | None = None
) -> NewEvent:
    """The event the cells make; CaseError with everything that is wrong with them."""
    taken = [] if old else [row.event_id for row in read_newest(connection, EventRow, rows.case.case_id)]
    problems = Problems()
    entry = new_event(Row("", 0, cells, problems), rules_of(rows, desk), taken)
    problems.raise_any()
    assert entry is not None
    if old is not None and _asserts(entry) == _asserts(old):
        raise NotOnFile(f"event {old.event_id} already says all of this; give what should change, such as --confidence")
    return entry


def rules_of(rows: Rows, desk: Desk) -> Rules:
    """What entries at the desk are held against today."""
    return Rules(
        case_id=rows.case.case_id,
        indicators=tuple(row.indicator_id for row in rows.catalogue),
        grades=frozenset(f"{row.reliability}{row.credibility}" for row in rows.grades),
        moment=desk.moment(),
        analyst=desk.analyst,
        documents=tuple(row.document_id for row in rows.documents),
        out_of_use=out_of_use(rows.catalogue, desk.today()),
    )


def standing_observation(connection: Connection, number: int, case_id: str, *, act: str = "revise") -> ObservationRow:
    """The observation of this number, if it may be corrected: the newest version of what it asserts.

    `act` is what is to be done with it, for the sentence that names the newer version.
    """
    try:
        newest = read_history(connection, ObservationRow, number)[-1]
    except StoreError:
        raise NotOnFile(f"there is no observation row {number}; run `parley observations` to list them") from None
    _check_case(newest.case_id, case_id, f"observation {number}")
    if newest.id != number:
        raise NotOnFile(f"row {number} was {how_it_ended(newest, act)}")
    if newest.retracted:
        raise NotOnFile(f"row {number} is the retraction of row {newest.supersedes}; log the observation again")
    return newest


def _check_case(found: str, wanted: str, name: str) -> None:
    if found != wanted:
        raise NotOnFile(f"{name} belongs to case {found}, this desk to {wanted}; set PARLEY_CASE to {found}")


def standing_event(connection: Connection, case_id: str, event_id: str) -> EventRow:
    """The newest version of an event, if it may be corrected."""
    newest = {row.event_id: row for row in read_newest(connection, EventRow, case_id)}
    found = {id_.casefold(): row for id_, row in newest.items()}.get(without_invisible(event_id).strip().casefold())
    if found is None:
        raise NotOnFile(f"unknown event {event_id!r}; {suggest_id(event_id, tuple(sorted(newest)))}")
    if found.retracted:
        raise NotOnFile(
            f"event {found.event_id} was retracted as row {found.id} ({found.reason}); add it again under another id"
        )
    return found


def standing_attestation(connection: Connection, number: int, case_id: str) -> CompletenessRow:
    """The attestation of this number, if it may be withdrawn."""
    try:
        newest = read_history(connection, CompletenessRow, number)[-1]
    except StoreError:
        raise NotOnFile(f"there is no attestation row {number}; run `parley events --json` to list them") from None
    _check_case(newest.case_id, case_id, f"attestation {number}")
    if newest.id != number or newest.retracted:
        raise NotOnFile(f"attestation {number} was withdrawn or replaced as row {newest.id} ({newest.reason})")
    return newest


def said_text(typed: str, column: str, problems: Problems) -> str:
    """A text that is said of an entry, as it is stored; "" where it is refused."""
    text, wrong = read_text(typed, column)
    if wrong:
        problems.add(column, wrong)
    return text


def retraction[R: NewObservation | NewEvent | NewCompleteness | NewDocument | NewJudgement](
    old: R, reason: str, known_on: date | str, desk: Desk
) -> R:
    """The row that withdraws `old`; CaseError where the reason or the day is wanting."""
    problems, moment = Problems(), desk.moment()
    day = known_on if isinstance(known_on, date) else parse_day(known_on)
    said = said_text(reason, "reason", problems)
    if not said and not problems.lines:
        problems.add("reason", "is empty; say why the row is withdrawn")
    if day is None:
        problems.add("known_on", f"{known_on!r} is not a date; write YYYY-MM-DD, such as {moment.today}")
    elif day > moment.latest:
        problems.add("known_on", lies_ahead(day, moment))
    elif old.known_on is not None and day < old.known_on:
        problems.add(
            "known_on", f"{day} is before {old.known_on}, when the row became known; write that day or a later one"
        )
    problems.raise_any()
    assert day is not None
    id_: int = old.id  # type: ignore[union-attr]
    gone = replace(old, known_on=min(day, moment.today), retracted=True, reason=said, supersedes=id_)
    who = "attested_by" if isinstance(old, NewCompleteness) else "analyst"
    return replace(gone, **{who: desk.analyst})  # type: ignore[arg-type]


def east_note(entries: Sequence[object], moment: Moment) -> tuple[str, ...]:
    """That entries carry a day that has begun, though not where the database is."""
    rows = [row for row in entries if isinstance(row, NewObservation | NewEvent) and not row.retracted]
    ahead = sorted({day for row in rows if (day := _last_day(row)) > moment.today})
    if not ahead:
        return ()
    days = ahead[0] if len(ahead) == 1 else f"{ahead[0]} to {ahead[-1]}"
    return (f"{days} has begun elsewhere but not here: it counts as known on {moment.today}, today here ({moment})",)


def report_notes(rows: Rows, entries: Sequence[object]) -> tuple[str, ...]:
    """That an entry goes back to a report which is on file as an event and as a level, and so counts less."""
    entered = {report for one in entries for report in _reports(one)}
    events = [(event, named) for event in rows.events if (named := reports_of_event(event) & entered)]
    if not events:
        return ()
    coded = {report for row in rows.observations if row.valid_until is None for report in reports_of(row)}
    return tuple(
        f"{event.event_id} and coded levels rest on the same report, {event.source!r}: each of them counts for less"
        for event, named in events
        if named & coded
    )


def _reports(entry: object) -> set[Report]:
    if isinstance(entry, NewEvent):
        return set() if entry.retracted else reports_of_event(entry)
    return reports_of(entry) if isinstance(entry, NewObservation) and not entry.retracted else set()


def _last_day(row: NewObservation | NewEvent) -> date:
    return row.observed_on if isinstance(row, NewObservation) else row.ended_on


def event_notes(rows: Rows, entry: NewEvent) -> tuple[str, ...]:
    """What an analyst should know about an event just entered."""
    notes = []
    if entry.disputed:
        settle = f"settle it with `parley event revise {entry.event_id} --confidence medium`, or retract it"
        notes.append(f"in dispute ({entry.reason}), so left out of forecasts and scores; {settle}")
    if entry.retracted or entry.disputed:
        return tuple(notes)
    before, word = furthest(rows, entry.type), _word_for(rows, entry)
    marked = entry not in unmarked_deals([*(row for row in rows.events if row.event_id != entry.event_id), entry])
    counts, since = ("counts", f"; it counts from {entry.known_on}") if marked else ("is on file", "")
    if before is not None and entry.started_on > before.complete_through:
        notes.append(
            f"{entry.type}: the record is attested complete only through {before.complete_through}; this event "
            f"{counts}, but other days since then stay open until you run `parley event none --through DATE`"
        )
    elif word is not None and entry.supersedes is None:
        notes.append(
            f"{word.attested_by} had attested (row {word.id}) that {entry.type} is complete through "
            f"{word.complete_through}, but this event was missing{since}"
        )
    near = likely_same_events(rows.events, entry)
    if near and entry.supersedes is None:
        notes.append(f"likely duplicate of {', '.join(near)}: if it is the same event, retract this one")
    return tuple(notes)


def _word_for(rows: Rows, entry: NewEvent) -> CompletenessRow | None:
    """The first attestation that speaks for the day of an event."""
    spoken = (
        row
        for row in rows.completeness
        if row.type == entry.type and row.complete_from <= entry.started_on <= row.complete_through
    )
    return min(spoken, key=lambda row: row.id, default=None)


def attestations(
    connection: Connection,
    rows: Rows,
    desk: Desk,
    through: date | str,
    *,
    types: Sequence[str],
    since: date | str | None,
    note: str,
) -> tuple[list[NewCompleteness], list[str]]:
    """One attestation per type, from where the one before it began, and what to know about them."""
    problems, moment = Problems(), desk.moment()
    today = moment.today
    note = said_text(note, "note", problems)
    day = _attested_day("through", through, problems)
    begin = None if since is None else _attested_day("since", since, problems)
    if day is not None and day > today:
        problems.add(
            "through",
            f"{day} is in the future, which nobody can attest; the latest day is today, {today} ({moment})",
        )
    for kind in types:
        if kind not in EVENT_TYPES:
            problems.add("type", f"{kind!r} is not a type of event; {suggest(kind, EVENT_TYPES)}")
    if not desk.analyst.strip():
        problems.add("analyst", "is empty; an attestation needs a person's name: give --analyst")
    problems.raise_any()
    assert day is not None
    out = []
    for kind in types or EVENT_TYPES:
        before = furthest(rows, kind)
        for name, what in check_span(before, kind, day, begin, since="--since"):
            problems.add(name, what)
        for what in open_disputes(connection, rows, kind, begin, day):
            problems.add("through", what)
        first = begin or (before.complete_from if before else day)
        said = [note, f"from {before.complete_through + timedelta(days=1)} on" if before else ""]
        remark = "; ".join(filter(None, said))
        out.append(
            NewCompleteness(
                case_id=rows.case.case_id,
                type=kind,
                complete_from=first,
                complete_through=day,
                known_on=today,
                attested_by=desk.analyst,
                note=remark,
            )
        )
    problems.raise_any()
    newest = read_newest(connection, CompletenessRow, rows.case.case_id)
    out = [_after_withdrawal(row, newest) for row in out]
    return out, attestation_notes(connection, rows, out, today)


def _after_withdrawal(row: NewCompleteness, newest: Iterable[CompletenessRow]) -> NewCompleteness:
    """A word that was given and withdrawn is given again by superseding its withdrawal."""
    span = (row.type, row.complete_from, row.complete_through)
    gone = (old for old in newest if old.retracted and (old.type, old.complete_from, old.complete_through) == span)
    last = max((old.id for old in gone), default=None)
    return row if last is None else replace(row, supersedes=last)


def _attested_day(name: str, value: date | str, problems: Problems) -> date | None:
    day = value if isinstance(value, date) else parse_day(value)
    if day is None:
        problems.add(name, f"{value!r} is not a date; write YYYY-MM-DD, such as 2026-10-10")
    return day


def furthest(rows: Rows, kind: str) -> CompletenessRow | None:
    """The attestation of a type that reaches furthest."""
    return max(
        (row for row in rows.completeness if row.type == kind), key=lambda row: row.complete_through, default=None
    )


def check_span(
    before: CompletenessRow | None, kind: str, day: date, begin: date | None, *, since: str
) -> Iterator[tuple[str, str]]:
    """What is wrong with attesting a type from `begin` (None: where the one before it began) through `day`.

    Pairs of "since" or "through" and a sentence, which calls the first day `since`.
    """
    if before is None and begin is None:
        yield "since", f"{kind} has no attestation yet; give the first day with {since}"
    if before is not None and day <= before.complete_through:
        yield "through", f"{kind} is already attested through {before.complete_through}; write a later day"
    if begin is not None and begin > day:
        yield "since", f"{begin} is after {day}; write that day or an earlier one"
    if before is not None and begin is not None and begin > before.complete_through + timedelta(days=1):
        gap = "start on the next day, so that no gap is left"
        yield "since", f"{kind} is attested through {before.complete_through}; {gap}"


def open_disputes(connection: Connection, rows: Rows, kind: str, begin: date | None, day: date) -> Iterator[str]:
    """Why days cannot be attested yet: an event in dispute within them either happened or did not."""
    first = _newly_attested(rows, kind, begin or day)
    for event in _events_within(connection, rows, kind, first, day):
        if event.disputed:
            settle = f"`parley event revise {event.event_id} --confidence medium`"
            withdraw = f"`parley event retract {event.event_id} --reason TEXT`"
            yield (
                f"{kind} {event.event_id} of {event.started_on} is in dispute, so nobody can attest that there were no "
                f"others; settle it with {settle}, withdraw it with {withdraw}, or attest only the days before it"
            )


def _events_within(connection: Connection, rows: Rows, kind: str, first: date, last: date) -> list[EventRow]:
    events = read_events(connection, rows.case.case_id, rows.when, disputed=True)
    return [event for event in events if event.type == kind and first <= event.started_on <= last]


def _newly_attested(rows: Rows, kind: str, begin: date) -> date:
    """The first day that an attestation of the type adds, where it would begin on `begin` by itself."""
    before = furthest(rows, kind)
    return before.complete_through + timedelta(days=1) if before else begin


def attestation_notes(connection: Connection, rows: Rows, made: Sequence[NewCompleteness], today: date) -> list[str]:
    """Events within the days attested, and a day that is not over.

    A file may bring a word given before an event within its days came into dispute.
    """
    notes = []
    for row in made:
        first = _newly_attested(rows, row.type, row.complete_from)
        inside = _events_within(connection, rows, row.type, first, row.complete_through)
        settled = [event.event_id for event in inside if not event.disputed]
        open_ = [event.event_id for event in inside if event.disputed]
        on_file = (
            f"{counted(len(settled), 'event')} on file ({', '.join(settled)}) and no others" if settled else "none"
        )
        notes.append(f"{row.type}: {on_file} from {first} through {row.complete_through}")
        if open_:
            notes.append(f"{row.type}: {', '.join(open_)} in dispute within these days, left out until settled")
    if any(row.complete_through == today for row in made):
        notes.append(f"{today} is not over: an event later today would contradict this")
    return notes
