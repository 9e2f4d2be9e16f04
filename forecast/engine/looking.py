"""What is held of days that nobody has attested: who has looked at them, and how much would then be on file.

A day that somebody looked at and found silent says something; one that nobody looked at says nothing.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from indicators.content import EVENT_TYPES, Reporting
from models.spec import Looked, Record, Reports, Span

LOOKED_DAYS = 90
"""Days past what is attested beyond which looking counts for nothing: then somebody should attest."""


def reporting_of(priors: Mapping[str, Any] | None) -> dict[str, Reporting]:
    """How much is reported, by type of event: nothing of what the case does not speak of."""
    said = (priors or {}).get("reporting", {})
    return {
        kind: Reporting(kind, said[kind]["share"], said[kind]["delay_days"]) if kind in said else Reporting(kind, 0, 0)
        for kind in EVENT_TYPES
    }


def attest_what_is_sure(record: Record, reporting: Mapping[str, Reporting], reach: date | None) -> Record:
    """The record with the days looked at attested for types of which all that happens is reported at once."""

    def span(kind: str) -> Span:
        attested: Span = getattr(record, f"{kind}_span")
        sure = reporting[kind].share == 1 and reporting[kind].delay_days == 0
        return Span(attested.first, _last_day(attested, reach)) if sure else attested

    return replace(
        record,
        talks_span=span("talks"),
        contact_span=span("contact"),
        crisis_span=span("crisis"),
        deal_span=span("deal"),
    )


def find_looked(
    *, as_of: int, reporting: Mapping[str, Reporting], attested: Record, fitted: Record, reach: date | None
) -> Looked | None:
    """What is held of the days that a fit did not read: those after the spans of `fitted`.

    Days attested since then are known whole; on the others up to `reach` what happened would be on file with the share
    of its type and age, r (1 - 2^(-age / delay)). None where neither silence nor what is on file teaches anything.
    """

    def reports(kind: str, beginning: str) -> Reports:
        days = np.arange(getattr(fitted, f"{beginning}_span").last + 1, as_of + 1)
        span: Span = getattr(attested, f"{kind}_span")
        known, looked = days <= span.last, days <= _last_day(span, reach)
        share = reporting[kind].share
        told = _told(reporting[kind].delay_days, days, reach)
        return Reports(np.where(known, 1.0, np.where(looked, share * told, 0.0)), known | (share > 0))

    looked = Looked(
        talks=reports("talks", "talks"),
        deal=reports("deal", "talks"),
        contact=reports("contact", "contact"),
        crisis=reports("crisis", "crisis"),
    )
    silent = not any(each.share.any() for each in (looked.talks, looked.contact, looked.crisis))
    return None if silent and not _teaches(looked, fitted, as_of) else looked


def _last_day(attested: Span, reach: date | None) -> int:
    """The last day held to be looked at."""
    return attested.last if reach is None else max(attested.last, min(reach.toordinal(), attested.last + LOOKED_DAYS))


def _told(delay: float, days: np.ndarray[tuple[int], np.dtype[np.int64]], reach: date | None) -> Any:
    """Share of the reports to come that had come by the day up to which somebody looked."""
    if delay == 0 or reach is None:
        return np.ones(len(days))
    return 1 - np.exp2(-np.maximum(reach.toordinal() - days, 0) / delay)


def _teaches(looked: Looked, fitted: Record, as_of: int) -> bool:
    """Whether an event on file that teaches lies on days that the fit did not read."""
    of_type = (
        (fitted.meetings.started, looked.talks, fitted.talks_span),
        (fitted.contacts, looked.contact, fitted.contact_span),
        (fitted.crises, looked.crisis, fitted.crisis_span),
    )
    return any(
        bool(reports.teaches[events[(events > span.last) & (events <= as_of)] - span.last - 1].any())
        for events, reports, span in of_type
    )
