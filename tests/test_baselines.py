"""Naive forecasts: counted by hand, fitted by statsmodels, and blind to what came later."""

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from problems import DAY, Solved, make_problem

from models.baselines import BASELINES, RECENCY_HALF_LIFE, base_rate, climatology
from models.exposure import read_clock
from models.outcomes import events_of, outcomes
from models.spec import TARGETS, Horizon, Meetings, Problem, Span

MEETINGS = [(100, 102, 0), (130, 130, 1), (400, 401, 1), (700, 700, 0), (720, 720, 0)]
CONTACTS, CRISES = [50, 300, 301, 800], [600]
PROBLEM = make_problem(MEETINGS, CONTACTS, CRISES, deals=[True, False, False, False, False], horizons=(30, 90))
STARTS = {
    "limits_talks": [100, 130, 400, 700, 720],
    "arms_control_talks": [100, 700, 720],
    "denuclearisation_talks": [130, 400],
    "contact": CONTACTS,
    "deal": [100],
    "crisis": CRISES,
}


def _windows(target: str, days: int) -> list[tuple[int, bool]]:
    """(first day, an event in (s, s + days]) of every window within the 1000 attested days."""
    return [(s, any(s < day <= s + days for day in STARTS[target])) for s in range(1000 - days)]


def _wet_after(day: int) -> bool:
    """Whether the day after ``day`` is wet."""
    return any(start <= day and day + 1 - end <= 90 for start, end, _ in MEETINGS)


def _shrunk(hits: float, windows: float, days: int) -> float:
    return (hits / days + 0.5) / (windows / days + 1)


@pytest.mark.parametrize("target", TARGETS)
def test_climatology_is_a_count_by_hand(target: str) -> None:
    for h, days in enumerate((30, 90)):
        windows = _windows(target, days)
        expected = _shrunk(sum(y for _, y in windows), len(windows), days)
        assert climatology(PROBLEM)[TARGETS.index(target), h] == pytest.approx(expected)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("half_life", [np.inf, RECENCY_HALF_LIFE])
def test_dry_wet_climatology_counts_windows_that_began_as_today(target: str, half_life: float) -> None:
    name = "dry/wet climatology" + (", 3-year half-life" if np.isfinite(half_life) else "")
    assert not _wet_after(999)  # today is dry
    for h, days in enumerate((30, 90)):
        alike = [(s, y) for s, y in _windows(target, days) if not _wet_after(s)]
        weight = [2 ** (-(999 - s) / half_life) for s, _ in alike]
        expected = _shrunk(sum(w for w, (_, y) in zip(weight, alike, strict=True) if y), sum(weight), days)
        assert BASELINES[name](PROBLEM)[TARGETS.index(target), h] == pytest.approx(expected)


def test_the_logistic_is_that_of_statsmodels_with_the_same_ridge() -> None:
    """A penalty of theta² / (2 · 2.5²) on the weighted log likelihood; the intercept lies at x = 5.

    The penalised estimate is where statsmodels' score equals the pull of the penalty.
    """
    since = read_clock(PROBLEM, DAY, DAY + 1000).since
    for h, days in enumerate((30, 90)):
        y = np.array([float(hit) for _, hit in _windows("limits_talks", days)])[::10]
        x = np.log1p(since[1 : 1001 - days])[::10]
        model = sm.GLM(
            y, sm.add_constant(x - 5), family=sm.families.Binomial(), freq_weights=np.full(len(y), 10 / days)
        )
        theta = np.zeros(2)
        for _ in range(60):  # Newton's steps with statsmodels' own score and Hessian
            score = model.score(theta) - theta / 2.5**2
            theta = theta - np.linalg.solve(model.hessian(theta) - np.eye(2) / 2.5**2, score)
        expected = 1 / (1 + np.exp(-(theta[0] + theta[1] * (np.log1p(since[1000]) - 5))))
        found = BASELINES["logistic on log days since talks"](PROBLEM)[TARGETS.index("limits_talks"), h]
        assert found == pytest.approx(expected, rel=1e-7)


def test_the_base_rate_of_contacts_and_crises_is_poisson_and_of_deals_the_climatology() -> None:
    found = base_rate(PROBLEM)
    days = np.array([30, 90])
    assert found[TARGETS.index("contact")] == pytest.approx(-np.expm1(-4.5 / 1000 * days))
    assert found[TARGETS.index("crisis")] == pytest.approx(-np.expm1(-1.5 / 1000 * days))
    assert np.array_equal(found[TARGETS.index("deal")], climatology(PROBLEM)[TARGETS.index("deal")])
    recent = BASELINES["dry/wet climatology, 3-year half-life"](PROBLEM)
    assert np.array_equal(found[:3], recent[:3])


def _truncated(problem: Problem, as_of: int) -> Problem:
    """The problem as of an earlier day, with the later events left in."""
    spans = {name: Span(DAY, as_of) for name in ("talks_span", "contact_span", "crisis_span", "deal_span")}
    return replace(problem, as_of=as_of, record=replace(problem.record, **spans))


def _without_later(problem: Problem, as_of: int) -> Problem:
    r, kept = problem.record, problem.record.meetings.started <= as_of
    meetings = Meetings(*(getattr(r.meetings, name)[kept] for name in ("started", "ended", "framing", "deal")))
    contacts, crises = r.contacts[r.contacts <= as_of], r.crises[r.crises <= as_of]
    return replace(problem, record=replace(r, meetings=meetings, contacts=contacts, crises=crises))


@pytest.mark.parametrize("forecaster", [*BASELINES.values(), base_rate])
def test_no_baseline_sees_events_after_the_attested_span(forecaster) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    for day in (DAY + 350, DAY + 650, DAY + 719):
        past = _truncated(PROBLEM, day)
        assert forecaster(past).tobytes() == forecaster(_without_later(past, day)).tobytes()


def test_probabilities_grow_with_the_window_on_the_shipped_record(solved_shipped: Solved) -> None:
    horizons = tuple(Horizon(days) for days in (30, 90, 180, 365))
    problem = replace(solved_shipped.problem, horizons=horizons)
    for forecaster in (*BASELINES.values(), base_rate):
        found = forecaster(problem)
        assert np.all((found > 0) & (found < 1))
    assert np.all(np.diff(climatology(problem), axis=1) > 0)


def test_an_outcome_is_an_event_after_the_start_and_by_the_end() -> None:
    events, starts = np.array([10, 20]), np.array([0, 9, 10, 15, 20])
    assert outcomes(events, starts, 5).tolist() == [False, True, False, True, False]
    assert outcomes(events, starts, 10).tolist() == [True, True, True, True, False]


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_is_resolved_by_its_own_events(target: str) -> None:
    events, _ = events_of(PROBLEM, target)
    assert (events - DAY).tolist() == STARTS[target]
