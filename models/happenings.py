"""The chains through events that are supposed: what leads up to one, and what follows it.

A meeting resets the chain of talks: what comes next depends on the days since it and on its framing alone. So the days
between supposed meetings are independent stretches along a path, and what happens in a window is put together from
them. Up to the first meeting the chain goes on as it would; of the stretch after one, all days before are a gap at
whose end the meeting is known.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from models.chain import Gap, Situation, TalksRates, propagate_recurrent, propagate_talks
from models.exposure import MOMENTUM_DAYS
from models.known import Recurrence
from models.lanes import LANES
from models.overlay import Happening
from models.spec import Floats, Ints
from models.talks import ARMS, DEAL, DENUC, LIMITS, MARK, S2, S3, S4, TALKS_OUTPUTS


def follow_talks_through(
    rates: TalksRates, situation: Situation, meetings: Sequence[Happening], as_of: int
) -> tuple[Floats, Floats, Floats, Floats]:
    """What happens in windows in which some meetings do, in the order of their days.

    Returns
    -------
    (window, 7, lane), (lane,) P(dry on the forecast date) and (lane,) log likelihood of what is known, as of
    `models.chain.propagate_talks`; and (lane,) log P(the meetings that are seen)
    """
    gap, windows = situation.gap, situation.windows
    ends = [*(max(one.day - as_of, 0) for one in meetings), int(windows[-1]) + 1]
    so_far, p_dry, log_weight = _stretch(rates, situation, windows, (0, ends[0]))
    seen = without = log_weight
    for meeting, (begin, end) in zip(meetings, pairwise(ends), strict=True):
        gap = with_event(gap, meeting, situation.gap.days + begin)
        if begin > 0:
            so_far = _then(so_far, _meeting(meeting, rates.daily[gap.days - 1, MARK], windows >= begin))
        after, _, seen = _stretch(rates, replace(situation, gap=gap), windows, (begin, end))
        so_far = _then(so_far, after)
        without = seen if begin == 0 and not meeting.seen else without  # it takes the place of what the day has told
    return so_far, p_dry, log_weight, seen - without if any(one.seen for one in meetings) else np.zeros(LANES)


def follow_recurrent_through(
    calm: Floats, boost: Floats, known: Recurrence, events: Sequence[Happening], as_of: int, windows: Ints
) -> tuple[Floats, Floats, Floats]:
    """P(at least one event in each window), (window, lane), where some happen, in the order of their days.

    Also the log likelihood of what is known, (lane,), and log P(the events that are seen), (lane,).
    """

    def follow(gap: Gap, lengths: Ints) -> tuple[Floats, Floats]:
        return propagate_recurrent(calm, boost, gap, since=known.since, memory=MOMENTUM_DAYS, windows=lengths)

    out, log_weight = follow(known.gap, windows)
    gap, without = known.gap, log_weight
    for one in events:
        gap = with_event(gap, one, known.gap.days + max(one.day - as_of, 0))
        if one.day <= as_of:
            out, weight = follow(gap, windows)
            without = without if one.seen else weight  # it takes the place of what the day has told
        else:
            out[windows >= one.day - as_of] = 1.0
    if not any(one.seen for one in events):
        return out, log_weight, np.zeros(LANES)
    return out, log_weight, follow(gap, windows[:0])[1] - without


def with_event(gap: Gap, event: Happening, days: int) -> Gap:
    """The gap, so many days long, on whose last day an event is known; of the days that come to it, nothing is."""

    def longer(values: Any, fill: object) -> Any:
        return np.concatenate([values, np.full(days - gap.days, fill, dtype=values.dtype)])

    whole = Gap(
        forced=longer(gap.forced, -1),
        reported=longer(gap.reported, 0.0),
        teaches=longer(gap.teaches, False),
        sealed=longer(gap.sealed, False),
        sealed_reported=longer(gap.sealed_reported, 0.0),
    )
    whole.forced[-1], whole.teaches[-1], whole.sealed[-1] = event.framing, event.seen, event.deal
    return whole


def _stretch(
    rates: TalksRates, situation: Situation, windows: Ints, ends: tuple[int, int]
) -> tuple[Floats, Floats, Floats]:
    """What happens of each window between two days without either, (window, 7, lane); days from the as-of date."""
    days = np.clip(windows - ends[0], 0, max(ends[1] - ends[0] - 1, 0))
    lengths = np.unique(days[days > 0])
    found, p_dry, log_weight = propagate_talks(rates, replace(situation, windows=lengths))
    by_length = np.concatenate([np.zeros((1, TALKS_OUTPUTS, LANES)), found])
    return by_length[np.searchsorted(lengths, days) + (days > 0)], p_dry, log_weight


def _meeting(meeting: Happening, mark: Floats, within: np.ndarray[Any, np.dtype[np.bool_]]) -> Floats:
    """What a meeting is to the windows it lies in, (window, 7, lane)."""
    deal = np.ones(LANES) if meeting.deal else mark
    out = np.zeros((TALKS_OUTPUTS, LANES))
    out[DENUC if meeting.framing else ARMS] = out[LIMITS] = 1.0
    out[DEAL] = out[S3] = deal
    out[S4 if meeting.framing else S2] = 1 - deal
    return np.asarray(within[:, None, None] * out)


def _then(a: Floats, b: Floats) -> Floats:
    """What has happened by the end of two stretches on end, (window, 7, lane), from what happens in each."""
    out = a + (1 - a) * b  # so that nothing changes the last bit where the other is 0, and what is sure stays so
    untouched, undealt = 1 - a[:, LIMITS], 1 - b[:, DEAL]
    for scenario in (S2, S4):
        out[:, scenario] = a[:, scenario] * undealt + untouched * b[:, scenario]
    return out
