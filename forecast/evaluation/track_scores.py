"""Scores of live forecasts: what can be scored, how days weigh, and whether it is enough to tell anything.

A forecast is about the window (as_of, end]. It is scored once the window is over and attested to its end, also where
yes is known earlier: were a yes scored as soon as known, and a no at the end, quick yeses would stand before slow noes
and events would look more frequent than they are (early-yes bias). Scores are means over the days on which forecasts
stood: issuing more of them on some days gives those days no more weight.

A deadline is one question. Until its event, or until the deadline, it is open; the days after its event count as
forecast right by all, the model and the base rate alike, and forecasts issued on them ask something else. To leave
those days out would divide by fewer days where the answer is yes, and reward forecasts that are too high.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from forecast.engine.assemble import DEAL_REACH_DAYS
from forecast.facts.track import OPEN, UNATTESTED, YES_ALREADY, Missing, Pending, ScenarioLine, TrackLine
from indicators.content import EVENT_TYPES
from models.outcomes import events_of, scenarios_of
from models.scores import brier, categorical_log_score, log_score
from models.spec import SCENARIOS, TARGETS, Bools, Floats, Ints, Problem

ENOUGH_EFFECTIVE = 10
ENOUGH_APART = 5
"""Windows apart from each other with an event, and as many without, that it takes to tell anything."""
SCENARIO = "scenarios"
"""Stands for the target where all scenarios are forecast together."""
_TYPES: Mapping[str, tuple[str, ...]] = {
    "contact": ("contact",),
    "crisis": ("crisis",),
    "deal": ("talks", "deal"),
    SCENARIO: EVENT_TYPES,
}

type _Reach = tuple[int | None, date | None]


@dataclass(frozen=True, slots=True)
class Window:
    """The days (as_of, end] that a forecast is about, and those on which it stood: as_of ≤ day < until."""

    run_id: int
    as_of: date
    until: date
    horizon_days: int | None
    deadline: date | None

    @property
    def end(self) -> date:
        return self.deadline or self.as_of + timedelta(days=self.horizon_days or 0)


@dataclass(frozen=True, slots=True)
class LiveForecast:
    """P(at least one event of the target in the window), and the base rate published beside it."""

    window: Window
    target: str
    probability: float
    base_rate: float | None


@dataclass(frozen=True, slots=True)
class LiveScenarios:
    """Probabilities of the scenarios over the window, in the order of SCENARIOS."""

    window: Window
    probabilities: tuple[float, ...]


def score_forecasts(
    forecasts: Iterable[LiveForecast], truth: Problem
) -> tuple[tuple[TrackLine, ...], tuple[Pending, ...]]:
    """Score what can be scored on the record of ``truth``, per target and horizon or deadline; the rest is pending."""
    questions: defaultdict[tuple[str, _Reach], list[LiveForecast]] = defaultdict(list)
    for one in sorted(forecasts, key=lambda f: (TARGETS.index(f.target), *_order(f.window))):
        questions[one.target, (one.window.horizon_days, one.window.deadline)].append(one)
    lines: list[TrackLine] = []
    pending: list[Pending] = []
    for (target, _), asked in questions.items():
        events = np.unique(events_of(truth, target)[0])
        waits = [_waiting(one.window, target, truth, one.probability, _first_in(events, one.window)) for one in asked]
        resolved = [one for one, wait in zip(asked, waits, strict=True) if wait is None]
        settled_on = _settled_on(events, asked[0].window)
        pending += [wait for wait in waits if wait is not None and (settled_on is None or wait.as_of < settled_on)]
        if resolved:
            lines.append(_line(resolved, events, settled_on))
    return tuple(lines), tuple(pending)


def score_scenarios(
    forecasts: Iterable[LiveScenarios], truth: Problem
) -> tuple[tuple[ScenarioLine, ...], tuple[Pending, ...]]:
    """The same for the scenarios, each forecast by the label of its own window, to a deadline too."""
    questions: defaultdict[_Reach, list[LiveScenarios]] = defaultdict(list)
    for one in sorted(forecasts, key=lambda f: _order(f.window)):
        questions[one.window.horizon_days, one.window.deadline].append(one)
    lines: list[ScenarioLine] = []
    pending: list[Pending] = []
    for asked in questions.values():
        waits = [_waiting(one.window, SCENARIO, truth, None, None) for one in asked]
        resolved = [one for one, wait in zip(asked, waits, strict=True) if wait is None]
        pending += [wait for wait in waits if wait is not None]
        if resolved:
            lines.append(_scenario_line(resolved, truth))
    return tuple(lines), tuple(pending)


def _order(window: Window) -> tuple[date, int, date]:
    return window.deadline or date.min, window.horizon_days or 0, window.as_of


def _waiting(
    window: Window, target: str, truth: Problem, probability: float | None, event_on: date | None
) -> Pending | None:
    """Why the forecast cannot be scored yet; None where it can.

    A deal marks a meeting up to `DEAL_REACH_DAYS` before it, so that "no deal" takes so many days longer.
    """
    needed = {
        kind: window.end + timedelta(days=DEAL_REACH_DAYS if kind == "deal" else 0)
        for kind in _TYPES.get(target, ("talks",))
    }
    through = {kind: date.fromordinal(getattr(truth.record, f"{kind}_span").last) for kind in needed}
    missing = tuple(Missing(kind, through[kind], day) for kind, day in needed.items() if through[kind] < day)
    if not missing:
        return None
    scored_on = max(needed.values())
    over = scored_on.toordinal() <= truth.as_of
    return Pending(
        target=target,
        horizon_days=window.horizon_days,
        deadline=window.deadline,
        run_id=window.run_id,
        as_of=window.as_of,
        end=window.end,
        probability=probability,
        state=UNATTESTED if over else OPEN if event_on is None else YES_ALREADY,
        event_on=event_on,
        scored_on=scored_on,
        missing=missing if over else (),
    )


def _first_in(events: Ints, window: Window) -> date | None:
    """The first day in the window on which an event began."""
    place = int(np.searchsorted(events, window.as_of.toordinal(), side="right"))
    found = place < len(events) and events[place] <= window.end.toordinal()
    return date.fromordinal(int(events[place])) if found else None


def _settled_on(events: Ints, first: Window) -> date | None:
    """The day of the event after which a deadline is no longer a question; rolling windows always ask anew."""
    return None if first.deadline is None else _first_in(events, first)


def _line(resolved: Sequence[LiveForecast], events: Ints, settled_on: date | None) -> TrackLine:
    """Score forecasts of one question, in order of their as-of dates; see `TrackLine`."""
    stood = _days_stood([one.window for one in resolved], None)
    scored = [one for one in resolved if settled_on is None or one.window.as_of < settled_on]
    windows = [one.window for one in scored]
    start, end = _ordinals(windows)
    happened = _happened(events, start, end)
    y, weight = happened.astype(float), _days_stood(windows, settled_on)
    own = _scores(np.array([one.probability for one in scored]), y, weight, stood.sum())
    rates = [one.base_rate for one in scored if one.base_rate is not None]
    base = _scores(np.array(rates), y, weight, stood.sum()) if len(rates) == len(scored) else None
    days = int(stood.sum())
    having, lacking = _apart(start[happened], end[happened]), _apart(start[~happened], end[~happened])
    effective = days / _length(windows)
    inside = (events > start[:, None]) & (events <= end[:, None])
    return TrackLine(
        target=scored[0].target,
        horizon_days=windows[0].horizon_days,
        deadline=windows[0].deadline,
        first_as_of=windows[0].as_of,
        last_as_of=windows[-1].as_of,
        forecasts=len(scored),
        days=days,
        events=int(inside.any(axis=0).sum()),
        windows_with=having,
        windows_without=lacking,
        effective_n=effective,
        log_score=own.log,
        brier=own.brier,
        mean_forecast=own.mean,
        frequency=own.frequency,
        base_log_score=base.log if base else None,
        base_brier=base.brier if base else None,
        base_mean=base.mean if base else None,
        log_difference=own.log - base.log if base else None,
        brier_difference=own.brier - base.brier if base else None,
        enough=effective >= ENOUGH_EFFECTIVE and min(having, lacking) >= ENOUGH_APART,
    )


@dataclass(frozen=True, slots=True)
class _Scores:
    log: float
    brier: float
    mean: float
    frequency: float


def _scores(p: Floats, y: Floats, weight: Floats, days: float) -> _Scores:
    """Means over days; those that weigh in no forecast are settled: they count as a yes forecast with certainty."""
    settled = days - weight.sum()
    return _Scores(
        float(weight @ log_score(p, y) / days),
        float(weight @ brier(p, y) / days),
        float((weight @ p + settled) / days),
        float((weight @ y + settled) / days),
    )


def _scenario_line(resolved: Sequence[LiveScenarios], truth: Problem) -> ScenarioLine:
    windows = [one.window for one in resolved]
    start, end = _ordinals(windows)
    label = np.empty_like(start)
    for length in np.unique(end - start):
        label[end - start == length] = scenarios_of(truth.record, start[end - start == length], int(length))
    weight = _days_stood(windows, None)
    score = categorical_log_score(np.array([one.probabilities for one in resolved]), label)
    by_label = np.bincount(label, weight, minlength=len(SCENARIOS))
    usual = label == by_label.argmax()
    effective = float(weight.sum() / _length(windows))
    apart = min(_apart(start[usual], end[usual]), _apart(start[~usual], end[~usual]))
    return ScenarioLine(
        horizon_days=windows[0].horizon_days,
        deadline=windows[0].deadline,
        first_as_of=windows[0].as_of,
        last_as_of=windows[-1].as_of,
        forecasts=len(resolved),
        days=int(weight.sum()),
        days_of_label={scenario: int(days) for scenario, days in zip(SCENARIOS, by_label, strict=True)},
        effective_n=effective,
        log_score=float(weight @ score / weight.sum()),
        enough=effective >= ENOUGH_EFFECTIVE and apart >= ENOUGH_APART,
    )


def _ordinals(windows: Sequence[Window]) -> tuple[Ints, Ints]:
    """As-of dates and ends, (window,)."""
    start, end = ([day.toordinal() for day in days] for days in zip(*((w.as_of, w.end) for w in windows), strict=True))
    return np.array(start, dtype=np.int64), np.array(end, dtype=np.int64)


def _happened(events: Ints, start: Ints, end: Ints) -> Bools:
    return np.asarray(np.searchsorted(events, end, side="right") > np.searchsorted(events, start, side="right"))


def _days_stood(windows: Sequence[Window], settled_on: date | None) -> Floats:
    """Days on which each forecast stood on an open question, (window,)."""
    return np.array([(min(w.until, settled_on or w.until) - w.as_of).days for w in windows], dtype=np.float64)


def _length(windows: Sequence[Window]) -> int:
    """Days of a rolling window; of a deadline, the days from its first forecast."""
    return (windows[0].end - windows[0].as_of).days


def _apart(start: Ints, end: Ints) -> int:
    """The most windows (start, end] that can be chosen so that none overlaps another."""
    number, free = 0, 0
    for last, first in sorted(zip(end.tolist(), start.tolist(), strict=True)):
        if first >= free:
            number, free = number + 1, last
    return number
