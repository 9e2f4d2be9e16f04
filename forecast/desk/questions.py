"""What is asked of an event before it is stored: whether the rules of the case count it, and whether a forecast can.

A question is no refusal: where nobody can be asked the event is stored, and the question stands in the receipt.
"""

from collections.abc import Sequence
from datetime import date
from itertools import takewhile

from db.rows import EventRow, NewEvent
from forecast.desk.bearings import event_text
from forecast.engine.assemble import DEAL_REACH_DAYS, Rows
from indicators.questions import read_questions

AGENDA = "what was on the agenda? Say so in --note: it decides whether a meeting counts as talks"
"""Asked of talks about which nothing is said, where the case has no questions of its own."""


def event_questions(rows: Rows, entry: NewEvent) -> tuple[str, ...]:
    """What to ask before an event is stored, corrected or withdrawn, given what is on file without it.

    What could have been asked of the version on file is not asked again.
    """
    before = [row for row in rows.events if row.event_id == entry.event_id]
    old = _of_rules(before[0]) if before else ""
    own = "" if entry.retracted or entry.disputed else _of_rules(entry)
    return (*(() if own in ("", old) else (own,)), *_of_deals(rows.events, entry))


def _of_rules(event: NewEvent) -> str:
    """The first question of the case that arises, "" where none does."""
    questions = read_questions(event.case_id)
    if not questions:
        return AGENDA if event.type == "talks" and not event.note else ""
    text = event_text(event)
    return next((said for each in questions if (said := each.asked_of(event.type, text))), "")


def _of_deals(events: Sequence[EventRow], entry: NewEvent) -> list[str]:
    """Deals that mark no meeting with the entry on file, and did not stand so before."""
    others: list[NewEvent] = [row for row in events if row.event_id != entry.event_id]
    after = others if entry.retracted or entry.disputed else [*others, entry]
    known = {deal.event_id for deal in unmarked_deals(events)}
    return [_deal_question(deal, entry) for deal in unmarked_deals(after) if deal.event_id not in known]


def _deal_question(deal: NewEvent, entry: NewEvent) -> str:
    reach = f"began by {deal.ended_on} and ended in the {DEAL_REACH_DAYS} days before it"
    if deal.event_id == entry.event_id:
        return f"no meeting {reach}, so this deal belongs to none and counts in no forecast; add the meeting first?"
    return (
        f"after this change no meeting {reach}, so deal {deal.event_id} would belong to none and count in no forecast; "
        "does that deal still stand?"
    )


def unmarked_deals(events: Sequence[NewEvent]) -> list[NewEvent]:
    """The deals of which no meeting bears the mark: the last begun by the deal's end had ended long before, or none."""
    meetings = sorted((each for each in events if each.type == "talks"), key=lambda each: (*_span(each), each.event_id))
    return [each for each in events if each.type == "deal" and not _has_meeting(each, meetings)]


def _has_meeting(deal: NewEvent, meetings: Sequence[NewEvent]) -> bool:
    signed = _span(deal)[1]
    begun = list(takewhile(lambda meeting: _span(meeting)[0] <= signed, meetings))
    return bool(begun) and (signed - _span(begun[-1])[1]).days <= DEAL_REACH_DAYS


def _span(event: NewEvent) -> tuple[date, date]:
    """Its days by the calendar of the database: what was known before its date began began where that came first."""
    begun = min(event.started_on, event.known_on)
    return begun, begun + (event.ended_on - event.started_on)
