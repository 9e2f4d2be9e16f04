"""What came on file: after a run had read, and in the last week; by name and source.

Events come first, for they can overtake a forecast: what has happened is no longer to be forecast.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection

from db.read import read_between, read_events
from db.rows import CompletenessRow, DocumentRow, EventRow, JudgementRow, ObservationRow
from db.when import When
from forecast.engine.standing import Turns, read_turns
from forecast.facts.news import (
    ADDED,
    ENTERED,
    LOADED,
    RETIRED,
    RETRACTED,
    REVISED,
    WITHDRAWN,
    AttestationNews,
    DocumentNews,
    EventNews,
    IndicatorNews,
    JudgementNews,
    News,
    ObservationNews,
    Week,
)
from indicators.case_rows import CASE_ANALYST

WEEK_DAYS = 7
_RANK = ("contact", "crisis", "deal", "talks")
"""Types of event, the weightiest last."""


def read_news(connection: Connection, case_id: str, before: When, now: When) -> News:
    """What is visible by `now` and was not by `before`: what a run that read `before` does not know."""
    observations = _folded(read_between(connection, ObservationRow, case_id, before, now))
    documents = _folded(read_between(connection, DocumentRow, case_id, before, now))
    judgements = _folded(read_between(connection, JudgementRow, case_id, before, now))
    return News(
        events=_events(_folded(read_between(connection, EventRow, case_id, before, now))),
        attestations=tuple(map(_attestation, read_between(connection, CompletenessRow, case_id, before, now))),
        observations=tuple(_observation(row, what) for row, what in observations if what != WITHDRAWN),
        documents=tuple(_document(row, what) for row, what in documents if what != WITHDRAWN),
        judgements=tuple(_judgement(row, what) for row, what in judgements if what != WITHDRAWN),
        indicators=tuple(_indicators(read_turns(connection, case_id, before, now))),
    )


def read_week(connection: Connection, case_id: str, today: date) -> Week:
    """The week up to `today`; what a case brought along counts by when it could be known."""
    first = today - timedelta(days=WEEK_DAYS)
    before = When(as_of=first, as_recorded=datetime.combine(first, time.max, UTC))
    now = When(as_of=today)
    events = [row for row in read_between(connection, EventRow, case_id, before, now) if _is_new(row, first)]
    words = [row for row in read_between(connection, CompletenessRow, case_id, before, now) if _is_new(row, first)]
    standing = read_events(connection, case_id, now, disputed=True)
    return Week(
        since=first + timedelta(days=1),
        events=_events(_folded(events)),
        attestations=tuple(map(_attestation, words)),
        disputes=tuple(_event(row, _what(row)) for row in standing if row.disputed),
    )


def _folded[R: (EventRow, ObservationRow, DocumentRow, JudgementRow)](rows: Sequence[R]) -> list[tuple[R, str]]:
    """The newest version of each fact among the rows, and what all of them come to; in the order of the newest."""
    first: dict[int, int] = {}
    newest: dict[int, tuple[R, str]] = {}
    for row in rows:
        fact = first[row.id] = first.get(row.supersedes or row.id, row.id)
        begun = newest.pop(fact)[1] if fact in newest else _what(row)
        new = begun in (ENTERED, WITHDRAWN)
        ended = WITHDRAWN if new else RETRACTED
        newest[fact] = row, ended if row.retracted else ENTERED if new else REVISED
    return list(newest.values())


def _events(found: Sequence[tuple[EventRow, str]]) -> tuple[EventNews, ...]:
    """The weightiest last, what stands after what was withdrawn."""
    in_order = sorted(found, key=lambda one: (not one[0].retracted, _RANK.index(one[0].type), one[0].started_on))
    return tuple(_event(row, RETRACTED if what == WITHDRAWN else what) for row, what in in_order)


def _is_new(row: EventRow | CompletenessRow, first: date) -> bool:
    who = row.attested_by if isinstance(row, CompletenessRow) else row.analyst
    return who not in (None, CASE_ANALYST) or (row.known_on is not None and row.known_on > first)


def _what(row: EventRow | ObservationRow | CompletenessRow | DocumentRow | JudgementRow) -> str:
    if row.retracted:
        return RETRACTED
    return ENTERED if row.supersedes is None else REVISED


def _event(row: EventRow, what: str) -> EventNews:
    return EventNews(
        row=row.id,
        what=what,
        id=row.event_id,
        type=row.type,
        framing=row.framing,
        started_on=row.started_on,
        ended_on=row.ended_on,
        known_on=row.known_on,
        venue=row.venue,
        source=row.source,
        analyst=row.analyst or CASE_ANALYST,
        disputed=row.disputed,
        reason=row.reason,
    )


def _attestation(row: CompletenessRow) -> AttestationNews:
    return AttestationNews(
        row=row.id,
        what=_what(row),
        type=row.type,
        complete_through=row.complete_through,
        known_on=row.known_on,
        attested_by=row.attested_by,
        reason=row.reason,
    )


def _observation(row: ObservationRow, what: str) -> ObservationNews:
    return ObservationNews(
        row=row.id,
        what=what,
        indicator=row.indicator_id,
        level=row.level,
        observed_on=row.observed_on,
        known_on=row.known_on,
        source=row.source_title,
        analyst=row.analyst,
        reason=row.reason,
    )


def _document(row: DocumentRow, what: str) -> DocumentNews:
    return DocumentNews(
        row=row.id,
        what=what,
        id=row.document_id,
        author=row.author,
        title=row.title,
        published_on=row.published_on,
        known_on=row.known_on,
        analyst=row.analyst or CASE_ANALYST,
        reason=row.reason,
    )


def _judgement(row: JudgementRow, what: str) -> JudgementNews:
    return JudgementNews(
        row=row.id,
        what=what,
        document=row.document_id,
        indicator=row.indicator_id,
        target=row.target,
        weight=row.weight,
        basis=row.basis,
        known_on=row.known_on,
        analyst=row.analyst or CASE_ANALYST,
        reason=row.reason,
    )


def _indicators(turns: Turns) -> Iterator[IndicatorNews]:
    for version in turns.loaded:
        yield IndicatorNews(row=version.id, what=LOADED, id="", name="", analyst=CASE_ANALYST, reason="")
    for what, rows in ((ADDED, turns.added), (RETIRED, turns.retired)):
        for row in rows:
            yield IndicatorNews(
                row=turns.version,
                what=what,
                id=row.indicator_id,
                name=row.name,
                analyst=row.analyst or CASE_ANALYST,
                reason=row.reason or "",
            )
