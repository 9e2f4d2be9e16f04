"""The dry/wet chain of talks, propagated exactly: probabilities of a path of intensities, with no event simulated.

Given daily intensities, the next meeting depends only on the days since the last one and on its framing. Mass that has
been dry since before the path has one known silence on every day. All other mass is held by framing and by *pace*, a
stretch of days since its last meeting: while the pace stays the same, all mass of a framing meets at one intensity, so
that its sum is carried forward a day at a time. What passes to the next pace is known by the *day of its last meeting*,
from the mass that entered the pace and the intensities since. Paces of wet mass come first, then those of mass that has
dried up on the path; the last one is longer than the path. Day ``t`` of the path has index ``t + dry_after`` and a
meeting on it makes day ``t + 1`` the first after it.
"""

from dataclasses import dataclass

import numpy as np

from models.exposure import PACE_FROM
from models.lanes import LANES
from models.recurrent import follow_recurrent
from models.spec import Bools, Floats, Ints
from models.talks import TALKS_OUTPUTS, follow_talks

DRY_PACES = (181, 366, 731, 1096)
"""Days of silence on which a new pace of dried-up mass begins, after the first; from the last one on, one a year."""
YEAR = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class TalksRates:
    """Intensities of talks along `LANES` paths, and how meetings are framed.

    ``daily`` has by day: meetings of mass dry since before the path and P(arms control | it meets); meetings of
    dried-up mass at one year of silence, and odds of arms control with nothing remembered; P(a deal marks a meeting);
    then meetings while wet after arms control, pace by pace, and after denuclearisation.
    """

    daily: Floats  # (day, row, lane) a day, odds or probabilities
    slow: Floats  # (dry pace, lane) factor of that silence on the third row
    pull: Floats  # (framing of the last meeting, dry pace, lane) factor on the odds
    change: Floats  # (lane,) P(a meeting while wet has another framing than the last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The days between what the draws were fitted on and the forecast date, and what is known of them; (day,) each.

    Where a known event teaches nothing, nobody reports: it places the chain, and silence says nothing either.
    """

    forced: Ints  # what is known to have happened: the framing of a meeting, 0 of another event; -1 where nothing is
    reported: Floats  # share of what happens on the day that would be known
    teaches: Bools  # whether what is known to have happened speaks for the rates under which it was likely
    sealed: Bools  # whether a known meeting is marked by a deal
    sealed_reported: Floats  # share of such deals that would be known

    @property
    def days(self) -> int:
        return len(self.forced)

    @property
    def learnt(self) -> bool:
        """Whether anything that is known of these days, or that nothing is, speaks for some rates."""
        return bool(self.reported.any() or (self.teaches & (self.forced >= 0)).any())


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Where the chain stands as the path begins, and what is asked."""

    since: int  # days from the last meeting's end to the first day of the path
    framing: int  # of that meeting
    dry_after: int
    gap: Gap
    windows: Ints  # (window,) lengths in days, increasing, at least 1


def wet_paces(dry_after: int) -> Ints:
    """First day since the last meeting of each pace while wet."""
    return np.array([day for day in PACE_FROM if day <= dry_after], dtype=np.int64)


def dry_paces(dry_after: int, days: int) -> Ints:
    """First day of silence of each pace that mass can reach which dries up on a path of so many days, and one more.

    Between two of them a pace has the means of log silence and of memory over its days: none is open.
    """
    yearly = range(DRY_PACES[-1], DRY_PACES[-1] + days + dry_after + 2 * YEAR, YEAR)
    edges = np.array([dry_after + 1, *(day for day in (*DRY_PACES[:-1], *yearly) if day > dry_after + 1)])
    return edges[: int(np.searchsorted(edges, days + dry_after, side="right")) + 1]


def propagate_talks(rates: TalksRates, situation: Situation) -> tuple[Floats, Floats, Floats]:
    """Probabilities of what happens in windows that begin after the gap.

    Returns
    -------
    (window, 7, lane) in the order ARMS, DENUC, LIMITS, DEAL, S2, S3, S4; (lane,) P(dry on the forecast date); and
    (lane,) log likelihood of what is known of the gap, 0 where that teaches nothing
    """
    wet, dry = wet_paces(situation.dry_after), dry_paces(situation.dry_after, len(rates.daily))
    out = np.zeros((len(situation.windows), TALKS_OUTPUTS, LANES)), np.zeros(LANES), np.zeros(LANES)
    follow_talks(
        *(getattr(rates, name) for name in TalksRates.__slots__),
        (situation.since, situation.framing, situation.dry_after),
        np.concatenate([wet, dry]),
        len(wet),
        situation.windows,
        tuple(getattr(situation.gap, name) for name in Gap.__slots__),
        situation.gap.learnt,
        *out,
    )
    return out


def propagate_recurrent(
    calm: Floats, boost: Floats, gap: Gap, *, since: int, memory: int, windows: Ints
) -> tuple[Floats, Floats]:
    """P(at least one event in each window), shape (window, lane), with momentum after an event.

    ``calm`` (day, lane) is the intensity per day, ``boost`` (lane,) its factor within ``memory`` days of an event.
    Also the log likelihood of what is known of the gap, (lane,), as of `propagate_talks`.
    """
    out = np.zeros((len(windows), LANES)), np.zeros(LANES)
    follow_recurrent(calm, boost, since, memory, windows, gap.forced, gap.reported, gap.teaches, gap.learnt, *out)
    return out
