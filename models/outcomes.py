"""How windows resolve: which target came true in (s, s + h], and which scenario."""

import numpy as np

from models.spec import FRAMINGS, SCENARIOS, TARGETS, Bools, Ints, Problem, Record, Span


def events_of(problem: Problem, target: str) -> tuple[Ints, Span]:
    """First days of the events that resolve a target, sorted, and the span over which they are attested."""
    r = problem.record
    m = r.meetings
    if target == "contact":
        return r.contacts, r.contact_span
    if target == "crisis":
        return r.crises, r.crisis_span
    if target == "deal":
        return m.started[m.deal], r.deal_span
    if target == "limits_talks":
        return m.started, r.talks_span
    return m.started[m.framing == TARGETS.index(target)], r.talks_span


def outcomes(events: Ints, start: Ints, days: int) -> Bools:
    """True where an event begins in (start, start + days], for sorted ``events``."""
    happened = np.searchsorted(events, start + days, side="right") - np.searchsorted(events, start, side="right")
    return np.asarray(happened > 0)


def scenarios_of(record: Record, start: Ints, days: int) -> Ints:
    """Index into SCENARIOS of the label of each window (start, start + days].

    In this order: a deal, the framing of the first meeting, a crisis, a contact, nothing.
    """
    meetings = record.meetings
    first = np.searchsorted(meetings.started, start, side="right")
    met = outcomes(meetings.started, start, days)
    framing = meetings.framing[np.minimum(first, len(meetings.framing) - 1)] if met.any() else np.zeros_like(start)
    of_framing = np.array([SCENARIOS.index("S2"), SCENARIOS.index("S4")])[: len(FRAMINGS)]
    conditions = [
        outcomes(meetings.started[meetings.deal], start, days),
        met,
        outcomes(record.crises, start, days),
        outcomes(record.contacts, start, days),
    ]
    deal, crisis, contact = (np.full_like(start, SCENARIOS.index(label)) for label in ("S3", "S5", "S1"))
    return np.select(conditions, [deal, of_framing[framing], crisis, contact], SCENARIOS.index("S0"))


def attested_through(record: Record) -> int:
    """The last day through which every type of event is attested."""
    return min(record.talks_span.last, record.contact_span.last, record.crisis_span.last, record.deal_span.last)
