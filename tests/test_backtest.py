"""Rolling origins: what was known on them and no more, resolved only where attested, and baselines in closed form."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from conftest import DOCUMENT, EVENT, OBSERVATION
from hypothesis import given, settings
from hypothesis import strategies as st
from problems import DAY, SHIPPED, Meeting, make_problem, read_as_of
from toy_runs import install_toy

from db.append import (
    append_completeness,
    append_documents,
    append_events,
    append_judgements,
    append_observations,
)
from db.engine import Database
from db.read import read_completeness, read_events, read_judgements, read_observations
from db.rows import NewCompleteness, NewEvent, NewJudgement, NewObservation
from db.when import When
from forecast.engine.assemble import Rows, inputs_hash
from forecast.errors import NotEnough
from forecast.evaluation.forecasters import ConstantRates, HistoryOnly, LaplaceModel, Naive
from forecast.evaluation.lfo import LeaveFutureOut
from forecast.evaluation.origins import (
    KINDS,
    PENDING,
    Backtest,
    _tasks,
    daily_origins,
    from_dataset,
    monthly_origins,
    outcome_at,
    problems_at,
    run_backtest,
    to_dataset,
)
from forecast.evaluation.tasks import run_task, run_tasks
from models.baselines import BASELINES, naive_forecast
from models.exposure import read_clock
from models.spec import SCENARIOS, TARGETS, Floats, Horizon, Problem, Span

HORIZONS = tuple(Horizon(days) for days in (30, 90, 180, 365))
LATER = datetime(2020, 2, 1, tzinfo=UTC)
TODAY = date(2020, 1, 1)
SPANS = ("talks_span", "contact_span", "crisis_span", "deal_span")
SPAN_OF = dict(zip(TARGETS, (*SPANS[:1] * 3, *SPANS[1:]), strict=True))

dates = st.dates(date(1995, 1, 1), date(2030, 1, 1))
days_of = st.lists(st.integers(0, 999), max_size=8)
meetings_of = st.lists(st.tuples(st.integers(0, 999), st.integers(0, 9), st.integers(0, 1), st.booleans()), max_size=8)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with install_toy(tmp_path_factory.mktemp("toy")) as database:
        yield database


@pytest.fixture(scope="module")
def today(toy: Database) -> Rows:
    return read_as_of(toy, TODAY)[0]


def problems_of(database: Database, origins: tuple[date, ...], kind: str, today: Rows) -> list[Problem]:
    with database.read() as connection:
        return list(problems_at(connection, origins, HORIZONS, kind, today))


def problem_of(drawn: list[tuple[int, int, int, bool]], contacts: list[int], crises: list[int], days: int) -> Problem:
    ordered = sorted(drawn)
    meetings: list[Meeting] = [(start, start + length, framing) for start, length, framing, _ in ordered]
    return make_problem(meetings, contacts, crises, deals=[deal for *_, deal in ordered], days=days)


# Origins


@given(first=dates, length=st.integers(0, 2000), step=st.integers(1, 14))
def test_monthly_origins_are_firsts_of_every_so_many_months(first: date, length: int, step: int) -> None:
    last = first + timedelta(days=length)
    every = (first + timedelta(days=d) for d in range(length + 1))
    months = [day for day in every if day.day == 1]
    apart = [(day.year - first.year) * 12 + day.month - first.month for day in months]
    expected = [day for day, n in zip(months, apart, strict=True) if n % step == 0]
    assert list(monthly_origins(first, last, step)) == expected


@given(first=dates, length=st.integers(-5, 500), step=st.integers(1, 90))
def test_daily_origins_are_so_many_days_apart(first: date, length: int, step: int) -> None:
    found = daily_origins(first, first + timedelta(days=length), step)
    assert [(day - first).days for day in found] == [d for d in range(length + 1) if d % step == 0]


# What was known


@pytest.mark.parametrize(
    ("origin", "published"),
    [(date(2015, 2, 28), 0), (date(2015, 3, 1), 3), (date(2017, 6, 14), 3), (date(2017, 6, 15), 4), (TODAY, 4)],
)
def test_strict_problems_hold_what_was_published_and_retrospective_ones_todays(
    toy: Database, today: Rows, origin: date, published: int
) -> None:
    """The toy case has three judgements of 1 March 2015 and one of 15 June 2017."""
    strict, retrospective = (problems_of(toy, (origin,), kind, today)[0] for kind in KINDS)
    assert (len(strict.judgements.weight), len(retrospective.judgements.weight)) == (published, 4)
    (latest,) = problems_of(toy, (TODAY,), "strict", today)
    assert inputs_hash(replace(strict, judgements=latest.judgements)) == inputs_hash(retrospective)
    for name in ("weight", "indicator", "target", "explicit"):
        assert np.array_equal(getattr(retrospective.judgements, name), getattr(latest.judgements, name))


def test_an_origin_holds_nothing_of_its_future(toy: Database, today: Rows) -> None:
    for problem in problems_of(toy, monthly_origins(date(2012, 1, 15), TODAY, 5), "retrospective", today):
        rows, record = problem.observations, problem.record
        assert max(rows.entered.max(), rows.since.max(), rows.observed.max()) <= problem.as_of
        happened = np.concatenate([record.meetings.ended, record.contacts, record.crises])
        assert happened.max() <= problem.as_of
        assert {getattr(record, name).last for name in SPANS} == {min(problem.as_of, date(2019, 12, 31).toordinal())}


def again[T](kind: type[T], row: object, **changed: object) -> T:
    """A stored row, to be appended once more with changes."""
    return kind(**{name: getattr(row, name) for name in kind.__dataclass_fields__} | changed)  # type: ignore[attr-defined]


def add_later_rows(database: Database, known_on: date) -> None:
    """New facts of long ago, corrections and retractions of every kind, all known only from a day on."""
    with database.read() as connection:
        at = ("toy", When(as_of=TODAY))
        seen, events = read_observations(connection, *at), read_events(connection, *at)
        said, attested = read_judgements(connection, *at), read_completeness(connection, *at)
    gone = {"retracted": True, "reason": "no", "known_on": known_on}
    talks = replace(EVENT, case_id="toy", event_id="T0", started_on=date(2013, 1, 5), ended_on=date(2013, 1, 5))
    tone = replace(OBSERVATION, case_id="toy", indicator_id="press_tone", observed_on=date(2012, 5, 5))
    with database.write() as connection:
        observations = [
            replace(tone, known_on=known_on),
            again(NewObservation, seen[0], supersedes=seen[0].id, level=0.5, known_on=known_on),
            again(NewObservation, seen[1], supersedes=seen[1].id, **gone),
        ]
        append_observations(connection, observations, LATER)
        retracted = again(NewEvent, events[0], supersedes=events[0].id, **gone)
        append_events(connection, [replace(talks, known_on=known_on), retracted], LATER)
        document = replace(DOCUMENT, case_id="toy", document_id="x", published_on=known_on)
        append_documents(connection, [document], LATER)
        judgements = [
            NewJudgement(
                case_id="toy",
                document_id="x",
                indicator_id="harvest",
                target="arms_control_talks",
                weight=3.0,
                basis="explicit",
                location="",
                note="",
            ),
            again(NewJudgement, said[0], supersedes=said[0].id, weight=-3.0, known_on=known_on),
        ]
        append_judgements(connection, judgements, LATER)
        later = [
            again(NewCompleteness, row, complete_through=date(2020, 6, 1), known_on=known_on, supersedes=row.id)
            for row in attested
        ]
        append_completeness(connection, later, LATER)


def test_rows_known_after_the_origin_leave_the_forecast_as_it_was_bit_for_bit(tmp_path: Path) -> None:
    known_on = date(2018, 3, 2)
    origins = (date(2014, 1, 1), known_on - timedelta(days=1))
    with install_toy(tmp_path) as database:
        today = read_as_of(database, TODAY)[0]
        before = problems_of(database, (*origins, known_on), "strict", today)
        add_later_rows(database, known_on)
        after = problems_of(database, (*origins, known_on), "strict", today)
    same = [inputs_hash(one) == inputs_hash(other) for one, other in zip(before, after, strict=True)]
    assert same == [True, True, False]
    for forecaster in (LaplaceModel(SHIPPED), ConstantRates(SHIPPED)):
        one, other = forecaster(before[1]), forecaster(after[1])
        assert one.targets.tobytes() == other.targets.tobytes()
        assert one.scenarios.tobytes() == other.scenarios.tobytes()


def test_an_origin_at_which_no_one_had_attested_is_refused(tmp_path: Path) -> None:
    with install_toy(tmp_path) as database:
        rows = read_as_of(database, TODAY)[0]
        (crisis,) = (row for row in rows.completeness if row.type == "crisis")
        gone = {"supersedes": crisis.id, "known_on": date(2012, 1, 1), "retracted": True, "reason": "no"}
        with database.write() as connection:
            append_completeness(connection, [again(NewCompleteness, crisis, **gone)], LATER)
        with pytest.raises(NotEnough, match=r"^no one has attested how far events of type crisis are complete as of"):
            problems_of(database, (date(2014, 1, 1),), "strict", rows)


# How it turned out


@settings(max_examples=60, deadline=None)
@given(
    meetings=meetings_of,
    contacts=days_of,
    crises=days_of,
    spans=st.lists(st.tuples(st.integers(0, 999), st.integers(0, 999)), min_size=4, max_size=4),
    origin=st.integers(-10, 999),
    days=st.integers(1, 120),
)
def test_a_window_is_resolved_exactly_where_every_day_of_it_is_attested(
    meetings: list[tuple[int, int, int, bool]],
    contacts: list[int],
    crises: list[int],
    spans: list[tuple[int, int]],
    origin: int,
    days: int,
) -> None:
    problem = problem_of(meetings, contacts, crises, 1000)
    attested = {name: Span(DAY + first, DAY + last) for name, (first, last) in zip(SPANS, spans, strict=True)}
    truth = replace(problem, record=replace(problem.record, **attested))
    begun = {"contact": contacts, "crisis": crises, "limits_talks": [start for start, *_ in meetings]}
    begun |= {TARGETS[f]: [start for start, _, framing, _ in meetings if framing == f] for f in (0, 1)}
    begun |= {"deal": [start for start, _, _, deal in meetings if deal]}
    window = range(origin + 1, origin + days + 1)
    found = outcome_at(DAY + origin, truth, (Horizon(days),))[:, 0]
    for target, y in zip(TARGETS, found, strict=True):
        first, last = spans[SPANS.index(SPAN_OF[target])]
        if all(first <= day <= last for day in window):
            assert y == any(day in window for day in begun[target])
        else:
            assert np.isnan(y)


def test_a_scenario_waits_for_every_type_of_event() -> None:
    truth = make_problem([(120, 121, 0)], contacts=[110], days=400)
    problems = [replace(truth, as_of=DAY + origin) for origin in (99, 130, 369, 370)]
    labels = resolved(problems, truth)
    assert labels == ["S2", "S0", "S0", None]
    for name in SPANS:
        span = getattr(truth.record, name)
        lagging = replace(truth, record=replace(truth.record, **{name: replace(span, last=DAY + 398)}))
        assert resolved(problems, lagging) == ["S2", "S0", None, None]
        late = replace(truth, record=replace(truth.record, **{name: replace(span, first=DAY + 101)}))
        assert resolved(problems, late) == [None, "S0", "S0", None]


def resolved(problems: list[Problem], truth: Problem) -> list[str | None]:
    """Labels of the thirty days after each problem."""
    problems = [replace(problem, horizons=(Horizon(30),)) for problem in problems]
    label = run_backtest(problems, truth, {}, "strict").scenario[:, 0]
    return [None if i == PENDING else SCENARIOS[i] for i in label]


# The backtest as a whole


def test_a_backtest_holds_what_each_forecaster_says_at_each_origin(toy: Database, today: Rows) -> None:
    origins = monthly_origins(date(2017, 1, 1), date(2019, 12, 1), 7)
    problems = problems_of(toy, origins, "strict", today)
    (truth,) = problems_of(toy, (TODAY,), "strict", today)
    forecasters = {"rates": ConstantRates(SHIPPED), "counts": Naive("dry/wet climatology")}
    found = run_backtest(problems, truth, forecasters, "strict", workers=1)
    assert (found.kind, found.origins, found.horizons) == ("strict", origins, HORIZONS)
    assert list(found.forecasts) == list(found.scenarios) == list(found.pareto_k) == ["rates", "counts"]
    for i, problem in enumerate(problems):
        assert found.dry[i] == (not read_clock(problem, problem.as_of + 1, problem.as_of + 1).wet[0])
        assert found.outcome[i].tobytes() == outcome_at(problem.as_of, truth, HORIZONS).tobytes()
        for name, forecaster in forecasters.items():
            forecast = forecaster(problem)
            assert np.array_equal(found.forecasts[name][i], forecast.targets)
            assert np.array_equal(found.scenarios[name][i], forecast.scenarios)
    assert np.isnan(found.outcome[-1, :, 1:]).all()
    assert not np.isnan(found.outcome[0]).any()


def test_an_origin_is_dry_by_the_days_since_the_last_meeting_known() -> None:
    """A meeting that ends on day 104 leaves the next ninety days wet."""
    meetings = [(100, 104, 0)]
    truth = make_problem(meetings, days=400)
    problems = [make_problem(meetings if day >= 104 else [], days=day + 1) for day in (99, 103, 104, 193, 194, 300)]
    assert run_backtest(problems, truth, {}, "strict").dry.tolist() == [True, True, False, False, True, True]


def test_stretches_are_cut_by_the_forecaster_alone() -> None:
    problems = [make_problem(days=days) for days in range(400, 407)]
    tasks, owner = _tasks(problems, {"psis": LeaveFutureOut(SHIPPED, stretch=3), "one": Naive("climatology")})
    assert owner == ["psis"] * 3 + ["one"] * 7
    assert [len(task.problems) for task in tasks] == [3, 3, 1] + [1] * 7
    for name in ("psis", "one"):
        own = [task for task, n in zip(tasks, owner, strict=True) if n == name]
        assert [problem for task in own for problem in task.problems] == problems


def test_without_judgements_the_model_is_history_only_bit_for_bit_and_runs_once(toy: Database, today: Rows) -> None:
    """The toy case's first judgements are of 1 March 2015: the first stretch has none, the second has."""
    problems = problems_of(toy, monthly_origins(date(2014, 9, 1), date(2015, 8, 1), 2), "strict", today)
    short = {"model": LaplaceModel(SHIPPED, stretch=3), "history": HistoryOnly(SHIPPED, stretch=3)}
    tasks, owner = _tasks(problems, short)
    keys = {name: [task.key for task, n in zip(tasks, owner, strict=True) if n == name] for name in short}
    assert [one == other for one, other in zip(*keys.values(), strict=True)] == [True, False]
    told: list[int] = []
    once = run_tasks(tasks, workers=1, cached=False, progress=lambda done, total: told.append(done))
    assert told == [0, 2, 3, 4]
    apart = [tuple(short[n].series(problems[i : i + 3])) for n in short for i in (0, 3)]
    for found, expected in zip(once, apart, strict=True):
        assert [f.targets.tobytes() for f in found] == [f.targets.tobytes() for f in expected]


def test_what_is_carried_to_the_next_origin_moves_no_forecast_by_a_thousandth(toy: Database, today: Rows) -> None:
    problems = problems_of(toy, monthly_origins(date(2017, 4, 1), date(2017, 8, 1)), "strict", today)
    model = LaplaceModel(SHIPPED)
    for carried, problem in zip(model.series(problems), problems, strict=True):
        alone = model(problem)
        assert carried.targets == pytest.approx(alone.targets, abs=1e-3)
        assert carried.scenarios == pytest.approx(alone.scenarios, abs=1e-3)


def random_backtest(seed: int, n: int) -> Backtest:
    rng = np.random.default_rng(seed)
    outcome = rng.integers(0, 2, (n, len(TARGETS), 2)).astype(float)
    outcome[rng.random(outcome.shape) < 0.2] = np.nan
    names = ("climatology", "dry/wet climatology, 3-year half-life", "Parley")

    def each(*shape: int) -> dict[str, Floats]:
        return {name: rng.random(shape) for name in names}

    k = each(n)
    k["Parley"][::2] = np.nan
    return Backtest(
        kind=KINDS[seed % 2],
        origins=daily_origins(date(2001, 2, 3), date(2001, 2, 3) + timedelta(days=30 * (n - 1)), 30),
        horizons=(Horizon(30), Horizon(365)),
        dry=rng.random(n) < 0.5,
        outcome=outcome,
        scenario=rng.integers(PENDING, len(SCENARIOS), (n, 2)),
        forecasts=each(n, len(TARGETS), 2),
        scenarios=each(n, len(SCENARIOS), 2),
        pareto_k=k,
    )


@pytest.mark.parametrize(("seed", "n"), [(1, 40), (2, 1)])
def test_a_backtest_comes_back_from_its_file_as_it_was(tmp_path: Path, seed: int, n: int) -> None:
    backtest = random_backtest(seed, n)
    path, dataset = tmp_path / "backtest.nc", to_dataset(backtest)
    dataset.to_netcdf(path, encoding={name: {"zlib": True} for name in dataset.data_vars})
    with xr.open_dataset(path) as stored:
        back = from_dataset(stored)
    for name in ("kind", "origins", "horizons"):
        assert getattr(back, name) == getattr(backtest, name)
    for name in ("dry", "outcome", "scenario"):
        one, other = getattr(backtest, name), getattr(back, name)
        assert (one.dtype, one.tobytes()) == (other.dtype, other.tobytes())
    for name in ("forecasts", "scenarios", "pareto_k"):
        one, other = getattr(backtest, name), getattr(back, name)
        assert list(one) == list(other)
        assert all(one[key].tobytes() == other[key].tobytes() for key in one)


# Baselines


@settings(max_examples=40, deadline=None)
@given(meetings=meetings_of, contacts=days_of, crises=days_of, days=st.integers(400, 1100))
@pytest.mark.parametrize("name", BASELINES)
def test_scenarios_of_a_baseline_share_out_its_talks(
    name: str, meetings: list[tuple[int, int, int, bool]], contacts: list[int], crises: list[int], days: int
) -> None:
    problem = problem_of(meetings, contacts, crises, days)
    forecast = naive_forecast(problem, name)
    share = dict(zip(SCENARIOS, forecast.scenarios, strict=True))
    assert np.all(forecast.scenarios > 0)
    assert forecast.scenarios.sum(axis=0) == pytest.approx(1)
    limits = forecast.targets[TARGETS.index("limits_talks")]
    assert share["S2"] + share["S3"] + share["S4"] == pytest.approx(limits)
    assert np.array_equal(forecast.targets, BASELINES[name](problem))


RECORD = [(100, 102, 0), (130, 130, 1), (400, 401, 1), (700, 704, 0), (720, 725, 0)]
CONTACTS, CRISES = [50, 300, 301, 800], [600]


@pytest.mark.parametrize("last", [99, 399, 899, 726, 760, 814, 815])
def test_constant_rates_are_a_closed_form(last: int) -> None:
    """Talks begin at λ_AC + λ_DN a day while dry and at λ_wet while wet; λ = (events + ½) / (days + a year)."""
    meetings = [meeting for meeting in RECORD if meeting[1] <= last]
    contacts, crises = ([day for day in days if day <= last] for days in (CONTACTS, CRISES))
    problem = make_problem(meetings, contacts, crises, days=last + 1, horizons=(30, 90, 400))
    is_wet = [any(start < day and day - end <= 90 for start, end, _ in meetings) for day in range(last + 1)]
    dry, wet = (last + 1 - sum(is_wet), sum(is_wet))

    def rate(events: int, days: int) -> float:
        return (events + 0.5) / (days + 365.25)

    onset = sum(rate(sum(f == k and not is_wet[s] for s, _, f in meetings), dry) for k in (0, 1))
    going_on = rate(sum(is_wet[s] for s, *_ in meetings), wet)
    still_wet = max((end + 90 - last for _, end, _ in meetings), default=0)
    found = dict(zip(TARGETS, ConstantRates(SHIPPED)(problem).targets, strict=True))
    for h, days in enumerate((30, 90, 400)):
        until_dry = min(max(still_wet, 0), days)
        expected = {
            "limits_talks": going_on * until_dry + onset * (days - until_dry),
            "contact": rate(len(contacts), last + 1) * days,
            "crisis": rate(len(crises), last + 1) * days,
        }
        for target, intensity in expected.items():
            assert found[target][h] == pytest.approx(-np.expm1(-intensity), rel=1e-9)


def test_a_task_of_several_origins_forecasts_each_alone() -> None:
    problems = [make_problem(RECORD, CONTACTS, CRISES, days=days) for days in (850, 900)]
    alone = [ConstantRates(SHIPPED)(problem).targets for problem in problems]
    (task,), _ = _tasks(problems[:1], {"rates": ConstantRates(SHIPPED)})
    both = run_task(replace(task, problems=tuple(problems)))
    assert all(np.array_equal(one.targets, other) for one, other in zip(both, alone, strict=True))
