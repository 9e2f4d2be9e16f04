"""`parley score`: what counts as track record, when it is scored, and how days weigh."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pytest
from conftest import EVENT, RUN
from hypothesis import given
from hypothesis import strategies as st
from problems import DAY, make_problem
from toy_case import write_toy_case
from toy_runs import install_toy

from db.append import append_completeness, append_events, append_forecasts, append_run, append_run_status
from db.engine import Database
from db.read import read_completeness
from db.read_forecasts import read_all_scenarios, read_all_targets
from db.read_runs import read_scenarios, read_targets
from db.rows import NewCompleteness
from db.run_rows import ScenarioForecastRow, TargetForecastRow
from db.when import When
from forecast.cli.app import run
from forecast.errors import NotEnough
from forecast.evaluation.track import STANDS_AT_MOST, read_track_record
from forecast.evaluation.track_scores import LiveForecast, LiveScenarios, Window, score_forecasts, score_scenarios
from forecast.facts.track import OPEN, UNATTESTED, YES_ALREADY, Counts, TrackLine, TrackRecord
from forecast.words.english.quality import TRACK_RULE, track_sentence
from forecast.words.names import target_name
from forecast.words.numbers import percent
from indicators.folder import read_case_folder
from indicators.install import install_case
from models import processes
from models.processes import STRUCTURE
from models.spec import SCENARIOS

LOADED = datetime(2019, 1, 1, tzinfo=UTC)
FIRST = date(2019, 3, 1)


def day(number: int) -> date:
    return date.fromordinal(DAY + number)


def said(
    as_of: int, until: int, p: float, *, days: int | None = 30, deadline: int | None = None, base: float | None = 0.5
) -> LiveForecast:
    """A forecast of contact, days counted from `DAY`."""
    window = Window(1, day(as_of), day(until), days, None if deadline is None else day(deadline))
    return LiveForecast(window, "contact", p, base)


def only_line(forecasts: Sequence[LiveForecast], contacts: Sequence[int], days: int = 1000) -> TrackLine:
    (line,), _ = score_forecasts(forecasts, make_problem(contacts=contacts, days=days))
    return line


# How days weigh


def test_a_perfect_forecast_scores_nought() -> None:
    line = only_line([said(0, 10, 1.0), said(10, 40, 0.0)], [5])
    assert (line.brier, line.mean_forecast, line.frequency) == (0, 0.25, 0.25)
    assert line.log_score == pytest.approx(0, abs=1.01e-4)


def test_a_forecast_weighs_as_many_days_as_it_stood() -> None:
    """.2 stood 10 days and was right in its way, .6 stood 30 days and was wrong."""
    line = only_line([said(0, 10, 0.2), said(10, 40, 0.6, base=0.3)], [5])
    assert (line.forecasts, line.days, line.effective_n) == (2, 40, pytest.approx(40 / 30))
    assert line.brier == pytest.approx((10 * 0.8**2 + 30 * 0.6**2) / 40)
    assert line.log_score == pytest.approx(-(10 * np.log(0.2) + 30 * np.log(0.4)) / 40)
    assert (line.mean_forecast, line.frequency) == (pytest.approx(0.5), 0.25)
    assert line.base_mean == pytest.approx((10 * 0.5 + 30 * 0.3) / 40)
    assert line.base_log_score == pytest.approx(-(10 * np.log(0.5) + 30 * np.log(0.7)) / 40)
    assert line.base_brier == pytest.approx((10 * 0.5**2 + 30 * 0.3**2) / 40)
    assert line.log_difference == pytest.approx(line.log_score - (line.base_log_score or 0))
    assert line.brier_difference == pytest.approx(line.brier - (line.base_brier or 0))


def test_a_missing_base_rate_leaves_no_comparison() -> None:
    line = only_line([said(0, 10, 0.2), said(10, 40, 0.6, base=None)], [5])
    assert (line.base_log_score, line.base_brier, line.base_mean, line.log_difference) == (None, None, None, None)


@given(
    stops=st.lists(st.integers(0, 150), min_size=2, max_size=8, unique=True).map(sorted),
    contacts=st.lists(st.integers(0, 260), max_size=6, unique=True),
    deadline=st.none() | st.just(200),
)
def test_scores_are_means_over_days(stops: list[int], contacts: list[int], deadline: int | None) -> None:
    """The same from a walk over the days: on each, the score of the forecast that stood on it."""
    spans = [(a, min(b, a + STANDS_AT_MOST), 0.1 + 0.005 * a) for a, b in zip(stops, [*stops[1:], 10**6], strict=True)]
    days = 30 if deadline is None else None
    line = only_line([said(a, until, p, days=days, deadline=deadline) for a, until, p in spans], contacts)
    scores, settled = [], False
    for a, until, p in spans:
        for today in range(a, until):
            end = a + 30 if deadline is None else deadline
            settled = deadline is not None and any(stops[0] < c <= min(today, deadline) for c in contacts)
            y = float(any(a < c <= end for c in contacts))
            scores.append((1.0, 1.0) if settled else (p, y))
    assert line.days == len(scores)
    assert line.brier == pytest.approx(np.mean([(p - y) ** 2 for p, y in scores]))
    assert line.mean_forecast == pytest.approx(np.mean([p for p, _ in scores]))
    assert line.frequency == pytest.approx(np.mean([y for _, y in scores]))
    expected = np.mean([-np.log(p if y else 1 - p) if p < 1 else 0.0 for p, y in scores])
    assert line.log_score == pytest.approx(expected)


def test_saying_the_same_more_often_changes_no_score() -> None:
    daily = only_line([said(a, a + 1, 0.2 if a < 15 else 0.6) for a in range(20)], [])
    twice = only_line([said(0, 15, 0.2), said(15, 20, 0.6)], [])
    assert (daily.forecasts, twice.forecasts, daily.days) == (20, 2, twice.days)
    assert daily.log_score == pytest.approx(twice.log_score)
    assert daily.mean_forecast == pytest.approx(twice.mean_forecast)


# When forecasts are scored


@pytest.mark.parametrize("today", [35, 45, 75])
def test_scoring_at_any_date_has_no_early_yes_bias(today: int) -> None:
    """Of calibrated daily forecasts the share that came true is p, whenever one looks; not if yeses count at once."""
    rng, q, horizon, worlds = np.random.default_rng(today), 0.02, 30, 400
    p = 1 - (1 - q) ** horizon
    forecasts = [said(a, a + 1, p) for a in range(today)]
    true, quick = np.zeros(worlds), np.zeros(worlds)
    for world in range(worlds):
        contacts = np.flatnonzero(rng.random(today + 1) < q)
        (line,), pending = score_forecasts(forecasts, make_problem(contacts=contacts.tolist(), days=today + 1))
        assert line.forecasts == today - horizon + 1  # whatever happened
        true[world] = line.frequency * line.forecasts
        quick[world] = sum(one.state == YES_ALREADY for one in pending)
    error = true.std() / np.sqrt(worlds) / line.forecasts
    assert true.mean() / line.forecasts == pytest.approx(p, abs=4 * error)
    as_soon_as_known = (true + quick).mean() / (line.forecasts + quick.mean())
    assert as_soon_as_known > p + 0.05


def test_the_score_of_a_deadline_is_best_for_who_tells_the_truth() -> None:
    """Exactly, over all days on which the event can come; a mean over the open days alone rewards too high forecasts.

    The event comes each day with probability q; a forecaster says 1 - (1 - said)^(days left).
    """
    length, q = 20, 0.04
    rates = (0.02, 0.03, 0.04, 0.05, 0.06, 0.08)
    chance = [q * (1 - q) ** (e - 1) for e in range(1, length + 1)] + [(1 - q) ** length]

    def lines(rate: float) -> list[TrackLine]:
        forecasts = [said(a, a + 1, 1 - (1 - rate) ** (length - a), days=None, deadline=length) for a in range(length)]
        return [only_line(forecasts, [e] if e <= length else []) for e in range(1, length + 2)]

    found = {rate: lines(rate) for rate in rates}
    for score in ("log_score", "brier"):
        expected = {rate: np.dot(chance, [getattr(one, score) for one in found[rate]]) for rate in rates}
        assert min(expected, key=lambda rate: expected[rate]) == q
        over_open_days = {
            rate: np.dot(chance, [getattr(one, score) * one.days / one.forecasts for one in found[rate]])
            for rate in rates
        }
        assert min(over_open_days, key=lambda rate: over_open_days[rate]) > q
    assert np.dot(chance, [one.mean_forecast - one.frequency for one in found[q]]) == pytest.approx(0, abs=1e-12)


def test_a_yes_waits_for_the_end_of_its_window_and_a_no_for_attestation() -> None:
    forecasts = [said(0, 1, 0.3), said(5, 6, 0.3), said(20, 21, 0.3)]
    problem = make_problem(contacts=[3, 10], days=33, attested=29)
    lines, pending = score_forecasts(forecasts, problem)
    assert lines == ()
    assert [(one.state, one.event_on, one.scored_on) for one in pending] == [
        (UNATTESTED, day(3), day(30)),
        (YES_ALREADY, day(10), day(35)),
        (OPEN, None, day(50)),
    ]
    (missing,) = pending[0].missing
    assert (missing.type, missing.complete_through, missing.needed_through) == ("contact", day(29), day(30))
    assert not pending[1].missing
    lines, pending = score_forecasts(forecasts, make_problem(contacts=[3, 10], days=36, attested=30))
    assert (lines[0].forecasts, lines[0].events, lines[0].frequency) == (1, 2, 1.0)
    assert [one.state for one in pending] == [UNATTESTED, OPEN]


def test_no_deal_waits_until_a_deal_could_no_longer_mark_a_meeting() -> None:
    forecast = replace(said(0, 1, 0.3), target="deal")
    meetings = [(20, 21, 0)]
    _, pending = score_forecasts([forecast], make_problem(meetings, deals=[False], days=44))
    assert [(one.state, one.end, one.scored_on) for one in pending] == [(OPEN, day(30), day(44))]
    (line,), _ = score_forecasts([forecast], make_problem(meetings, deals=[True], days=45))
    assert (line.frequency, line.events) == (1.0, 1)


def test_a_deadline_is_one_question() -> None:
    """Forecasts issued on the day of its event or later ask something else."""
    forecasts = [said(a, a + 10, 0.4, days=None, deadline=50) for a in (0, 10, 20, 30, 40)]
    _, pending = score_forecasts(forecasts, make_problem(contacts=[20], days=46))
    assert [(one.as_of, one.state, one.event_on) for one in pending] == [
        (day(0), YES_ALREADY, day(20)),
        (day(10), YES_ALREADY, day(20)),
    ]
    line = only_line(forecasts, [20, 45])
    assert (line.forecasts, line.days, line.windows_with, line.effective_n) == (2, 50, 1, 1.0)
    assert line.brier == pytest.approx(20 * 0.6**2 / 50)
    assert (line.mean_forecast, line.frequency) == (pytest.approx((20 * 0.4 + 30) / 50), 1.0)


# Whether it is enough


def test_enough_takes_ten_windows_and_five_apart_of_each_kind() -> None:
    def line(contacts: Sequence[int], days: int = 300) -> TrackLine:
        return only_line([said(a, a + 1, 0.5) for a in range(days)], contacts)

    spread = [15, 75, 135, 195, 255]
    found = line(spread)
    assert (found.effective_n, found.events, found.windows_with, found.windows_without) == (10.0, 5, 5, 6)
    assert found.enough
    assert not line(spread, days=299).enough
    assert not line(spread[1:]).enough
    assert (line([15, 16, 17, 18, 19]).events, line([15, 16, 17, 18, 19]).enough) == (5, False)
    assert not line(list(range(0, 330, 20))).enough  # nothing without


# Scenarios


def test_scenarios_are_scored_by_the_label_that_came_true() -> None:
    """A crisis, then arms-control talks in the window, a crisis alone in the next, nothing in the last."""
    p = (0.3, 0.1, 0.2, 0.1, 0.1, 0.2)
    windows = [Window(1, day(a), day(b), 30, None) for a, b in ((0, 10), (30, 35), (100, 130))]
    problem = make_problem([(20, 21, 0)], crises=[15, 40], days=400)
    (line,), pending = score_scenarios([LiveScenarios(window, p) for window in windows], problem)
    assert not pending
    assert line.log_score == pytest.approx(-(10 * np.log(0.2) + 5 * np.log(0.2) + 30 * np.log(0.3)) / 45)
    assert {label: days for label, days in line.days_of_label.items() if days} == {"S0": 30, "S2": 10, "S5": 5}
    assert (line.forecasts, line.days, line.enough) == (3, 45, False)


def test_scenarios_wait_for_every_type_of_event() -> None:
    problem = make_problem(days=200)
    lagging = replace(
        problem, record=replace(problem.record, crisis_span=replace(problem.record.crisis_span, last=DAY))
    )
    forecasts = [LiveScenarios(Window(1, day(0), day(1), 30, None), (0.5, 0.1, 0.1, 0.1, 0.1, 0.1))]
    assert score_scenarios(forecasts, problem)[0][0].forecasts == 1
    lines, (waiting,) = score_scenarios(forecasts, lagging)
    assert (lines, waiting.state) == ((), UNATTESTED)
    assert [need.type for need in waiting.missing] == ["crisis"]


# What counts: the store


def issue(
    database: Database,
    as_of: date,
    p: float = 0.2,
    *,
    at: datetime | None = None,
    kind: str = "official",
    status: str = "published",
    structure: int = STRUCTURE,
) -> int:
    """A run with forecasts of contact and talks in 30 days and by the deadline, recorded at noon of its as-of date."""
    instant = at or datetime.combine(as_of, time(12), UTC)
    rows = [
        TargetForecastRow(
            target=target,
            horizon_days=days,
            deadline=deadline,
            mean=p,
            mcse=0.001,
            q05=p,
            q25=p,
            q50=p,
            q75=p,
            q95=p,
            base_rate=0.5,
        )
        for target in ("contact", "arms_control_talks")
        for days, deadline in ((30, None), (None, date(2022, 1, 1)))
    ]
    scenarios = [ScenarioForecastRow(name, 30, None, 0.5 if name == "S0" else 0.1) for name in SCENARIOS]
    with database.write() as connection:
        run_id = append_run(connection, replace(RUN, case_id="toy", as_of=as_of, kind=kind), instant)
        append_run_status(connection, run_id, status, {"structure": structure}, instant)
        if status == "published":
            append_forecasts(connection, run_id, rows, scenarios, [], [], instant)
    return run_id


def attest(database: Database, kind: str, through: date, at: datetime | None = None) -> None:
    row = NewCompleteness(
        case_id="toy",
        type=kind,
        complete_from=date(2010, 1, 1),
        complete_through=through,
        known_on=through,
        attested_by="me",
        note="",
    )
    with database.write() as connection:
        append_completeness(connection, [row], at or datetime.combine(through, time(12), UTC))


def tell(database: Database, as_of: date, as_recorded: datetime | None = None) -> TrackRecord:
    with database.read() as connection:
        return read_track_record(connection, When(as_of=as_of, as_recorded=as_recorded), case_id="toy")


@pytest.fixture
def toy(database: Database, tmp_path: Path) -> Database:
    """The toy case, complete through 2019, on each kind of database."""
    install_case(database, read_case_folder(write_toy_case(tmp_path / "toy")), LOADED)
    return database


@pytest.fixture
def lite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{tmp_path / 'parley.db'}")
    monkeypatch.setenv("COLUMNS", "80")
    with install_toy(tmp_path) as opened:
        yield opened


def contact_in_30(record: TrackRecord) -> TrackLine:
    return next(line for line in record.lines if (line.target, line.horizon_days) == ("contact", 30))


def test_live_forecasts_are_scored_from_the_store(toy: Database) -> None:
    """The toy case has one contact in 2019, on 1 September. The first run stands 30 days, the others 7 and 30."""
    for as_of, p in ((FIRST, 0.1), (date(2019, 8, 20), 0.3), (date(2019, 8, 27), 0.6)):
        issue(toy, as_of, p)
    record = tell(toy, date(2020, 1, 1))
    assert (record.counts.counted, record.counts.resolved) == (3, 6)
    line = contact_in_30(record)
    assert (line.days, line.base_brier) == (67, pytest.approx(0.25))
    assert line.brier == pytest.approx((30 * 0.1**2 + 7 * 0.7**2 + 30 * 0.4**2) / 67)
    assert {label: days for label, days in record.scenarios[0].days_of_label.items() if days} == {"S1": 37, "S4": 30}
    assert {one.deadline for one in record.pending} == {date(2022, 1, 1)}
    contact = replace(EVENT, case_id="toy", event_id="X1", type="contact", framing="none", known_on=date(2020, 2, 1))
    with toy.write() as connection:
        append_events(connection, [replace(contact, started_on=date(2019, 3, 5), ended_on=date(2019, 3, 5))], LOADED)
    assert tell(toy, date(2020, 1, 31)).lines == record.lines
    assert contact_in_30(tell(toy, date(2020, 2, 1))).frequency == 1.0


def test_all_forecasts_of_a_case_are_those_of_its_runs(toy: Database) -> None:
    runs = [issue(toy, FIRST + timedelta(days=number), 0.1 * (number + 1)) for number in range(3)]
    with toy.read() as connection:
        targets, scenarios = read_all_targets(connection, "toy"), read_all_scenarios(connection, "toy")
        for run_id in runs:
            assert set(targets[run_id]) == set(read_targets(connection, run_id))
            assert set(scenarios[run_id]) == set(read_scenarios(connection, run_id))
        assert (targets.keys(), scenarios.keys()) == (set(runs), set(runs))
        assert read_all_targets(connection, "another") == {}


def test_structures_of_the_model_have_records_of_their_own(lite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weighed by their days they make the record of all: nothing is lost or counted twice, and nothing is joined."""
    days = [(FIRST, 0.1, 1), (date(2019, 8, 20), 0.3, 1), (date(2019, 8, 27), 0.6, 2), (date(2019, 9, 3), 0.2, 2)]
    for as_of, p, structure in days:
        issue(lite, as_of, p, structure=structure)
    monkeypatch.setattr(processes, "STRUCTURE", 2)
    present = tell(lite, date(2020, 1, 1))
    (earlier,) = present.others
    assert [(one.structure, one.counts.counted) for one in (present, earlier)] == [(2, 2), (1, 2)]
    monkeypatch.setattr("forecast.evaluation.track.structure_of", lambda run: 2)
    joined, mine, theirs = map(contact_in_30, (tell(lite, date(2020, 1, 1)), present, earlier))
    assert mine.days + theirs.days == joined.days
    for name in ("log_score", "brier", "mean_forecast"):
        weighed = mine.days * getattr(mine, name) + theirs.days * getattr(theirs, name)
        assert weighed == pytest.approx(joined.days * getattr(joined, name))


def test_a_record_of_the_earlier_model_is_none_of_the_present_one(
    lite: Database, monkeypatch: pytest.MonkeyPatch, parley: Callable[..., str]
) -> None:
    issue(lite, FIRST, structure=1)
    monkeypatch.setattr(processes, "STRUCTURE", 2)
    found = json.loads(parley("score", "--as-of", "2020-01-01", "--json"))
    assert (found["structure"], found["counts"]["counted"], found["lines"]) == (2, 0, [])
    (_, earlier) = found["structures"]
    assert (earlier["structure"], earlier["counts"]["resolved"]) == (1, 2)
    assert {line["structure"] for line in earlier["lines"]} == {1}
    assert found["sentence"].startswith("By model 2: no live forecast has been issued yet. By model 1: 1 live forecast")
    text = flat(parley("score", "--as-of", "2020-01-01"))
    assert text.index("By model 2 0 runs counted") < text.index("By model 1 1 run counted")
    assert "Each model has its own record" in text


def test_hindsight_repeats_and_provisional_runs_are_counted_apart(toy: Database) -> None:
    last_moment = datetime(2019, 3, 2, 23, 59, 59, tzinfo=UTC)
    issue(toy, FIRST, 0.1, at=last_moment)
    issue(toy, FIRST, 0.9, at=last_moment, kind="manual")
    issue(toy, FIRST, 0.9, at=last_moment - timedelta(hours=1), kind="provisional")
    issue(toy, FIRST - timedelta(days=1), 0.9, at=datetime(2019, 3, 2, tzinfo=UTC), kind="backfill")
    issue(toy, FIRST - timedelta(days=1), 0.9, status="rejected")
    counts = tell(toy, date(2020, 1, 1)).counts
    assert (counts.counted, counts.repeats, counts.after_the_fact, counts.provisional) == (1, 1, 1, 1)
    assert contact_in_30(tell(toy, date(2020, 1, 1))).mean_forecast == pytest.approx(0.1)


def test_runs_made_with_hindsight_change_nothing(toy: Database) -> None:
    issue(toy, FIRST, 0.1)
    before = tell(toy, date(2020, 1, 1))
    for number in range(3):
        issue(toy, FIRST + timedelta(days=number), 0.99, at=datetime(2019, 12, 1, tzinfo=UTC))
    after = tell(toy, date(2020, 1, 1))
    assert (after.lines, after.scenarios, after.pending) == (before.lines, before.scenarios, before.pending)
    assert after.counts == replace(before.counts, after_the_fact=3)


def test_a_forecast_is_scored_once_its_window_is_attested(toy: Database) -> None:
    issue(toy, date(2019, 12, 20))
    end = date(2020, 1, 19)
    states = [tell(toy, at).pending[0].state for at in (date(2019, 12, 31), end)]
    assert states == [OPEN, UNATTESTED]
    attest(toy, "contact", end)
    assert tell(toy, end - timedelta(days=1)).lines == ()
    assert [line.target for line in tell(toy, end).lines] == ["contact"]
    assert tell(toy, end, datetime(2020, 1, 19, 11, tzinfo=UTC)).lines == ()  # the attestation came at noon
    assert tell(toy, end, datetime(2019, 12, 20, 11, tzinfo=UTC)).counts.counted == 0


def test_no_attestation_at_all_is_refused(lite: Database) -> None:
    issue(lite, date(2020, 1, 5))
    with lite.read() as connection:
        rows = read_completeness(connection, "toy", When(as_of=date(2020, 1, 5)))
    withdrawn = [
        replace(row, retracted=True, reason="typed twice", supersedes=row.id, known_on=date(2020, 1, 6))
        for row in rows
        if row.type == "deal"
    ]
    with lite.write() as connection:
        append_completeness(connection, withdrawn, datetime(2020, 1, 6, tzinfo=UTC))
    with pytest.raises(NotEnough, match=r"^no one has attested how far events of type deal are complete as of 2020-02"):
        tell(lite, date(2020, 2, 1))


# What is said


def test_the_sentence_says_what_there_is(lite: Database) -> None:
    assert track_sentence(tell(lite, date(2020, 3, 1))) == "No live forecast has been issued yet."
    issue(lite, date(2020, 1, 5), at=datetime(2020, 2, 1, tzinfo=UTC))
    assert (
        track_sentence(tell(lite, date(2020, 3, 1)))
        == "No live forecast has been issued yet: 1 run came after the fact."
    )
    issue(lite, date(2020, 2, 2))
    none = "No live forecast of arms-control talks has been resolved yet"
    assert track_sentence(tell(lite, date(2020, 2, 3))) == f"{none}: the first can be on 2020-03-03."
    assert (
        track_sentence(tell(lite, date(2020, 3, 10)))
        == f"{none}: the first waits until events of type talks are attested complete through 2020-03-03."
    )
    attest(lite, "talks", date(2020, 3, 4))
    assert (
        track_sentence(tell(lite, date(2020, 3, 10)))
        == "1 live forecast of arms-control talks in 30 d has been resolved as of 2020-03-10: "
        "log score 0.22 against 0.69 for the base rate (too few to tell)."
    )


def test_the_longest_horizon_that_can_tell_something_speaks() -> None:
    line = only_line([said(a, a + 1, 0.5) for a in range(300)], [15, 75, 135, 195, 255])
    longer = replace(line, horizon_days=90, effective_n=3.3, enough=False)
    record = TrackRecord(
        as_of=day(999),
        as_recorded=None,
        headline="contact",
        counts=Counts(300, 0, 0, 0, 300),
        lines=(line, longer),
        scenarios=(),
        pending=(),
        structure=1,
    )
    assert "in 30 d have been resolved" in track_sentence(record)
    assert track_sentence(record).endswith("(smaller is better).")
    assert "in 90 d" in track_sentence(replace(record, lines=(line, replace(longer, enough=True))))


@pytest.fixture
def parley(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What a command prints that succeeds."""

    def call(*arguments: str) -> str:
        code = run(arguments)
        said_ = capsys.readouterr()
        assert (code, said_.err) == (0, "")
        return said_.out

    return call


def flat(text: str) -> str:
    return " ".join(text.split())


def test_with_nothing_resolved_the_command_says_what_can_be_when(lite: Database, parley: Callable[..., str]) -> None:
    issue(lite, date(2020, 1, 20))
    issue(lite, date(2020, 1, 22))
    text = parley("score", "--as-of", "2020-02-01")
    said_ = "No live forecast of arms-control talks has been resolved yet: the first can be on 2020-02-19."
    assert text.startswith("Track record as of 2020-02-01\n")
    assert said_ in flat(text)
    assert TRACK_RULE in flat(text)
    assert "2 runs counted; 0 after the fact, not track record; 0 repeats" in flat(text)
    row = next(line for line in text.splitlines() if line.startswith("contact") and "in 30 d" in line)
    assert row.split()[-3:] == ["2", "2020-02-19", "2020-02-21"]
    assert "log score" not in text


def test_nothing_issued_is_no_error(lite: Database, parley: Callable[..., str]) -> None:
    assert "No live forecast has been issued yet." in parley("score")
    assert json.loads(parley("score", "--json"))["counts"]["counted"] == 0


def test_what_awaits_attestation_says_which_and_what_to_do(lite: Database, parley: Callable[..., str]) -> None:
    issue(lite, date(2019, 12, 20))
    text = flat(parley("score", "--as-of", "2020-02-01"))
    assert "Over and awaiting attestation" in text
    assert "contact complete through 2019-12-31, needed through 2020-01-19" in text
    assert "To attest completeness, run `parley event none --through DATE`." in text


@pytest.mark.parametrize("columns", [80, 120])
def test_every_fact_of_the_json_stands_in_the_text(
    lite: Database, parley: Callable[..., str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for number in range(40):
        issue(lite, date(2019, 8, 1) + timedelta(days=number), 0.2 + 0.01 * number)
    asked = ("score", "--as-of", "2019-10-01", "--as-recorded", "2020-01-03")
    text, found = parley(*asked), json.loads(parley(*asked, "--json"))
    assert max(map(len, text.splitlines())) <= columns
    assert found["sentence"] in flat(text)
    for line in found["lines"]:
        block = next(part for part in text.split("\n\n") if part.lower().startswith(f"{target_name(line['target'])}:"))
        for name in ("forecasts", "days", "events", "windows_with", "windows_without"):
            assert f" {line[name]}" in block
        for name in ("log_score", "base_log_score", "brier", "base_brier"):
            assert f" {line[name]:.3f}" in block
        for name in ("log_difference", "brier_difference"):
            assert f"{line[name]:+.3f}".replace("-", "−") in block
        for name in ("mean_forecast", "base_mean"):
            assert percent(line[name]) in block
        assert "Too few to tell: in 30 d." in block
    (scenarios,) = found["scenarios"]
    assert f" {scenarios['log_score']:.3f}" in text
    assert {one["state"] for one in found["pending"]} == {OPEN, YES_ALREADY}
    assert "Already yes: still scored only when the window is over" in text
    assert "forecasts for it that were issued after the event are not scored" in flat(text)


def test_a_frequency_can_be_nought_or_all(lite: Database, parley: Callable[..., str]) -> None:
    issue(lite, FIRST)
    text = parley("score", "--as-of", "2019-12-31")
    assert [line.split()[2:] for line in text.splitlines() if line.startswith("came true")] == [["0", "%"], ["0", "%"]]
