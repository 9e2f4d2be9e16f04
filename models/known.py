"""Where the chains stand as the days that are not attested begin, and what is known of those up to the as-of date."""

from dataclasses import dataclass

import numpy as np

from models.ahead import begin_of_talks, first_day
from models.chain import Gap, Situation
from models.exposure import NEVER
from models.processes import RECURRENT
from models.spec import Ints, Problem, Reports


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """Where contact or crisis stands."""

    begin: int  # place on the path of the first day not attested of it
    since: int  # days since the last event, to that day
    gap: Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Where the chains stand as the days that are not attested begin, and what is known of these."""

    talks: Situation
    talks_from: int  # place on the path of the first day not attested
    recurrent: tuple[Recurrence, ...]  # in the order of `models.processes.RECURRENT`


def read_known(problem: Problem, windows: Ints) -> Known:
    begin, clock = begin_of_talks(problem)
    first = first_day(problem)
    situation = Situation(
        since=int(clock.since[0]),
        framing=int(clock.framing[0]),
        dry_after=problem.calendar.dry_after,
        gap=_gap_of_talks(problem, begin),
        windows=windows,
    )
    return Known(
        talks=situation,
        talks_from=begin - first,
        recurrent=tuple(_recurrence(problem, kind, first) for kind in RECURRENT),
    )


def _gap_of_talks(problem: Problem, begin: int) -> Gap:
    meetings, days = problem.record.meetings, problem.as_of - begin + 1
    late = (meetings.started >= begin) & (meetings.started <= problem.as_of)
    forced, sealed = np.full(days, -1), np.zeros(days, dtype=bool)
    forced[meetings.started[late] - begin] = meetings.framing[late]
    sealed[meetings.started[late] - begin] = meetings.deal[late]
    talks = _reports(problem, "talks", days)
    return Gap(
        forced=forced,
        reported=talks.share,
        teaches=talks.teaches,
        sealed=sealed,
        sealed_reported=_reports(problem, "deal", days).share,
    )


def _reports(problem: Problem, kind: str, days: int) -> Reports:
    """What is held of the days after those attested of a type: nothing where nobody has looked."""
    if problem.looked is None:
        return Reports(np.zeros(days), np.zeros(days, dtype=bool))
    found: Reports = getattr(problem.looked, kind)
    return found


def _recurrence(problem: Problem, kind: str, first: int) -> Recurrence:
    """Contact or crisis from the end of its own attested span."""
    record = problem.record
    events, span = {
        "contact": (record.contacts, record.contact_span),
        "crisis": (record.crises, record.crisis_span),
    }[kind]
    begin = min(problem.as_of, span.last) + 1
    days, before = problem.as_of - begin + 1, events[events < begin]
    forced = np.full(days, -1)
    forced[events[(events >= begin) & (events <= problem.as_of)] - begin] = 0
    reports = _reports(problem, kind, days)
    gap = Gap(
        forced=forced,
        reported=reports.share,
        teaches=reports.teaches,
        sealed=np.zeros(days, dtype=bool),
        sealed_reported=np.zeros(days),
    )
    return Recurrence(begin=begin - first, since=int(begin - before[-1]) if len(before) else NEVER, gap=gap)
