"""What came on file: after a run had read, and in the last week; by name and source.

Events come first, for they can overtake a forecast: what has happened is no longer to be forecast.
"""

from collections.abc import Callable, Iterator, Sequence
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
from forecast.words.numbers import level_text
from indicators.case_rows import CASE_ANALYST
from indicators.content import NO_FRAMING

WEEK_DAYS = 7
SHOWN = 8
"""Entries of a kind that are named; of more only the number is told."""
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


def shown[T](news: Sequence[T], say: Callable[[T], str], most: int, more: str = "… and {} more") -> list[str]:
    """A line each, the last first, at most so many; then how many more there are."""
    lines = [say(one) for one in reversed(news)]
    left = len(lines) - most
    return [*lines[:most], more.format(left)] if left > 0 else lines


def event_line(one: EventNews) -> str:
    """An event as one would name it: what, when, where, by which source, and what is known of its standing."""
    what = f"{one.type} {one.id}"
    framing = f" ({one.framing.replace('_', ' ')})" if one.framing not in ("", NO_FRAMING) else ""
    days = str(one.started_on) if one.started_on == one.ended_on else f"{one.started_on} to {one.ended_on}"
    where = f", {one.venue}" if one.venue else ""
    source = one.source or "no source named"
    standing = f"; in dispute: {one.reason}" if one.disputed else ""
    change = f"; {one.what} by {one.analyst}" + (f" ({one.reason})" if one.what == RETRACTED else "")
    return f"{what}{framing}, {days}{where}: {source}{standing}{change}"


def one_word(news: Sequence[AttestationNews]) -> list[tuple[AttestationNews, ...]]:
    """Attestations of several types that say the same, as the one word that was given, in the order of their first."""
    words: dict[object, list[AttestationNews]] = {}
    for one in news:
        words.setdefault((one.what, one.complete_through, one.attested_by, one.reason), []).append(one)
    return [tuple(word) for word in words.values()]


def attestation_line(word: Sequence[AttestationNews]) -> str:
    one, types = word[0], ", ".join(dict.fromkeys(each.type for each in word))
    withdrawn = f"; withdrawn ({one.reason})" if one.what == RETRACTED else ""
    return f"{types} attested complete through {one.complete_through} by {one.attested_by}{withdrawn}"


def observation_line(one: ObservationNews) -> str:
    change = f"; {one.what}" + (f" ({one.reason})" if one.what == RETRACTED else "")
    return f"{one.indicator} {level_text(one.level)} on {one.observed_on}: {one.source}, by {one.analyst}{change}"


def document_line(one: DocumentNews) -> str:
    return f"document {one.id} ({one.author}, {one.published_on}){_change(one)}"


def judgement_line(one: JudgementNews) -> str:
    said = f"{one.document} on {one.indicator} for {one.target}: {level_text(one.weight)}, {one.basis}"
    return f"judgement of {said}{_change(one)}"


def indicator_line(one: IndicatorNews) -> str:
    if not one.id:
        return "another version of the case was loaded"
    return f"indicator {one.id} {one.what} by {one.analyst} ({one.reason})"


def _change(one: DocumentNews | JudgementNews) -> str:
    return f"; {one.what} by {one.analyst}" + (f" ({one.reason})" if one.reason else "")


def news_lines(news: News) -> list[str]:
    """A line for each entry, events first, of each kind the latest first and at most `SHOWN`."""
    return [
        *shown(news.events, event_line, SHOWN),
        *shown(one_word(news.attestations), attestation_line, SHOWN),
        *shown(news.observations, observation_line, SHOWN),
        *shown(news.documents, document_line, SHOWN),
        *shown(news.judgements, judgement_line, SHOWN),
        *shown(news.indicators, indicator_line, SHOWN),
    ]


def week_lines(week: Week) -> list[str]:
    """A line for each event, attestation and dispute, of each kind the latest first and at most `SHOWN`."""
    return [
        *shown(week.events, event_line, SHOWN),
        *shown(one_word(week.attestations), attestation_line, SHOWN),
        *shown([one for one in week.disputes if one not in week.events], event_line, SHOWN),
    ]


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
