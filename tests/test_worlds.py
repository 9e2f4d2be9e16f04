"""Worlds with a known truth: they load, their truth is true, and their scores find broken models out."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from problems import read_as_of, stored
from scipy.special import rel_entr

from benchmarks.worlds.__main__ import changed
from benchmarks.worlds.broken import BARE, LEAKED, SHUFFLED, ShuffledStates, broken_forecasts, interval_coverage
from benchmarks.worlds.case import BEGIN, END, Truth, find_chances, outcomes, write_world
from benchmarks.worlds.evidence import INDICATORS, SDS, true_associations
from benchmarks.worlds.hidden import (
    ARMS_CONTROL,
    ARMS_CONTROL_TALKS,
    DRY_AFTER,
    FRAMING_CHANGE,
    HORIZONS,
    LIMITS,
    REGIMES,
    SCORED,
    Floats,
    History,
    Ints,
    Meeting,
    age_index,
    attainable_probabilities,
    change_framings,
    long_run_shares,
    quiet_chances,
    simulate_history,
    simulate_meetings,
    simulate_regime,
    situation,
    true_probabilities,
)
from benchmarks.worlds.scoring import (
    HELD_AT_LEAST,
    World,
    coverage,
    difference,
    expected_log_score,
    expected_scores,
    faults,
    forecast_worlds,
    forecasts_of,
    score_worlds,
    world_problems,
)
from db.engine import Database
from forecast.evaluation.forecasters import MODEL, LaplaceModel, baselines
from indicators.content import CaseFolder
from indicators.folder import read_case_folder
from models.spec import TARGETS, Forecast, Problem
from models.structure import SHIPPED

GENERATOR = ("hidden", "evidence", "case")
H180 = HORIZONS.index(180)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("worlds") / "one"


@pytest.fixture(scope="module")
def truth(folder: Path) -> Truth:
    return write_world(folder, 1)


@pytest.fixture(scope="module")
def content(folder: Path, truth: Truth) -> CaseFolder:
    return read_case_folder(folder)


@pytest.fixture(scope="module")
def database(content: CaseFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with stored(content, tmp_path_factory.mktemp("installed")) as database:
        yield database


@pytest.fixture(scope="module")
def histories() -> list[History]:
    return [simulate_history(BEGIN.toordinal(), END.toordinal(), seed) for seed in range(1, 101)]


@pytest.fixture(scope="module")
def days() -> Ints:
    return np.arange(date(1995, 1, 1).toordinal(), date(2025, 1, 1).toordinal(), 61)


@pytest.mark.parametrize("module", GENERATOR)
def test_the_generator_knows_nothing_of_the_model(module: str) -> None:
    path = Path(__file__).resolve().parent.parent / "benchmarks" / "worlds" / f"{module}.py"
    found = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)]
    assert not {str(node.module).split(".")[0] for node in found} & {"models", "forecast", "indicators", "db"}


def test_a_world_is_a_case(content: CaseFolder, truth: Truth) -> None:
    assert content.case.id == "world-1"
    assert [indicator.id for indicator in content.indicators] == [indicator.id for indicator in INDICATORS]
    assert {f"{row.reliability}{row.credibility}" for row in content.observations} <= SDS.keys()
    assert any(row.known_on > row.observed_on for row in content.observations)
    assert len({row.origin for row in content.observations if row.origin}) < sum(
        bool(row.origin) for row in content.observations
    )
    assert {row.type for row in content.events} == {"talks", "contact", "deal", "crisis"}


def test_a_world_is_installed_and_read_as_of_a_date(database: Database, content: CaseFolder) -> None:
    _, _, early = read_as_of(database, date(2005, 1, 1))
    _, _, late = read_as_of(database, END)
    assert len(early.judgements.weight) == 0
    assert len(late.judgements.weight) == 2 * len(content.judgements)  # of any framing: both
    assert 0 < len(early.observations.level) < len(late.observations.level)
    talks = [row for row in content.events if row.type == "talks"]
    assert len(late.record.meetings.started) == len(talks)
    assert late.record.meetings.deal.sum() == sum(row.type == "deal" for row in content.events)


def test_the_same_seed_writes_the_same_bytes(folder: Path, truth: Truth, tmp_path: Path) -> None:
    write_world(tmp_path / "one", 1)
    write_world(tmp_path / "other", 2)
    for path in (*folder.iterdir(), folder.with_name("one-truth.csv")):
        again = tmp_path / "one" / path.name if path.parent == folder else tmp_path / path.name
        assert again.read_bytes() == path.read_bytes(), path.name
    assert (tmp_path / "other" / "events.csv").read_bytes() != (folder / "events.csv").read_bytes()


def test_the_truth_is_not_in_the_folder(folder: Path, truth: Truth) -> None:
    assert "truth" not in " ".join(path.name for path in folder.iterdir())
    lines = folder.with_name("one-truth.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + len(truth.origins)
    assert lines[1].startswith(f"{truth.origins[0]},{REGIMES[truth.regime[0]]},")
    first = dict(zip(lines[0].split(","), lines[1].split(","), strict=True))
    for prefix, target in (("", LIMITS), ("arms_control_", ARMS_CONTROL_TALKS)):
        chances = truth.of[target]
        assert float(first[f"{prefix}true_180"]) == pytest.approx(chances.true[0, H180], abs=1e-6)
        assert float(first[f"{prefix}attainable_30"]) == pytest.approx(chances.attainable[0, 0], abs=1e-6)
        assert float(first[f"{prefix}outcome_365"]) == chances.outcome[0, -1]


def _unchanged(meetings: tuple[Meeting, ...]) -> Iterator[Meeting]:
    """The same with the framing each process began with."""
    framing, ended = False, 0
    for meeting in meetings:
        framing = framing if meeting.started - ended <= DRY_AFTER else meeting.arms_control
        ended = meeting.ended
        yield replace(meeting, arms_control=framing)


def test_changes_of_framing_touch_nothing_else() -> None:
    """Worlds of one seed at any rate are the same to the bit, but for the framings of later meetings of a process."""
    same, few, all_ = (simulate_history(BEGIN.toordinal(), END.toordinal(), 3, rate) for rate in (0.0, 0.3, 1.0))
    for history in (same, few, all_):
        assert tuple(_unchanged(history.meetings)) == same.meetings
        assert (history.regime == same.regime).all()
        assert (history.contacts.tolist(), history.crises.tolist()) == (same.contacts.tolist(), same.crises.tolist())
    assert few.meetings != same.meetings


def test_a_world_without_changes_shows_what_one_with_them_does_but_framings(tmp_path: Path) -> None:
    for name, rate in (("none", 0.0), ("some", 0.3)):
        write_world(tmp_path / name, 1, rate)
    for path in (tmp_path / "none").iterdir():
        same = path.read_bytes() == (tmp_path / "some" / path.name).read_bytes()
        assert same == (path.name != "events.csv"), path.name


def test_at_a_rate_of_one_framings_alternate_within_a_process() -> None:
    meetings = simulate_history(BEGIN.toordinal(), END.toordinal(), 3, 1.0).meetings
    pairs = [(a, b) for a, b in pairwise(meetings) if b.started - a.ended <= DRY_AFTER]
    assert len(pairs) > 20
    assert all(a.arms_control != b.arms_control for a, b in pairs)


def test_meetings_change_the_framing_as_often_as_stated(histories: list[History]) -> None:
    changes, later = 0, 0
    for history in histories:
        for a, b in pairwise(history.meetings):
            within = b.started - a.ended <= DRY_AFTER
            later, changes = later + within, changes + (within and a.arms_control != b.arms_control)
    expected = FRAMING_CHANGE * later
    assert abs(changes - expected) < 4 * np.sqrt(expected)


def test_worlds_look_like_a_case_of_this_kind(histories: list[History]) -> None:
    """About twenty beginnings of talks in 33 years, about seven days in ten dry, silences of years."""
    begun, dry, longest = zip(*(_look(history) for history in histories), strict=True)
    assert 17 <= np.mean(begun) <= 24
    assert 0.65 <= np.mean(dry) <= 0.8
    assert np.quantile(longest, 0.1) > 2 * 365


def _look(history: History) -> tuple[int, float, int]:
    started = np.array([meeting.started for meeting in history.meetings])
    ended = np.array([meeting.ended for meeting in history.meetings])
    gaps = started[1:] - ended[:-1]
    wet = len(started) * 90 - np.maximum(90 - gaps, 0).sum() + (ended - started).sum()
    return int((gaps > 90).sum()), 1 - wet / len(history.regime), int(gaps.max())


def test_regimes_stay_their_long_run_shares(histories: list[History]) -> None:
    shares = np.array([np.bincount(history.regime, minlength=3) / len(history.regime) for history in histories])
    error = shares.std(axis=0, ddof=1) / np.sqrt(len(shares))
    assert (np.abs(shares.mean(axis=0) - long_run_shares()) < 4 * error).all()


SITUATIONS = [(0, False, 400, True), (1, False, 60, False), (2, True, 20, False), (2, True, -3, True)]


@pytest.mark.parametrize("change", [0.02, 0.3])
@pytest.mark.parametrize(("regime", "alive", "age", "arms_control"), SITUATIONS)
def test_the_exact_truth_is_the_share_of_simulated_continuations(
    regime: int, alive: bool, age: int, arms_control: bool, change: float
) -> None:
    """The generator run onward from a hidden situation, 1500 times, against the backward recursion."""
    rng, n = np.random.default_rng(1), 1500
    after = [_onward(regime, alive, age, arms_control, change, rng) for _ in range(n)]
    for target in SCORED:
        waits = np.array([_wait(meetings, target) for meetings in after])
        for days in HORIZONS[:3]:
            p = 1 - quiet_chances(target, change)[days, regime, int(alive), age_index(age), int(arms_control)]
            assert (waits <= days).mean() == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / n) + 1e-9)


def _onward(
    regime: int, alive: bool, age: int, arms_control: bool, change: float, rng: np.random.Generator
) -> list[Meeting]:
    """Meetings of the next 180 days."""
    regimes = simulate_regime(regime, 180, rng)
    meetings = list(simulate_meetings(1, regimes, -age, alive, rng, arms_control))
    return list(change_framings(meetings, -age, change, rng))


def _wait(meetings: list[Meeting], target: str) -> int:
    """Days until the next meeting of the target begins; 999 if not within 180."""
    return next((meeting.started for meeting in meetings if meeting.arms_control or target == LIMITS), 999)


def test_meetings_about_arms_control_are_meetings() -> None:
    """Never likelier than a meeting of any framing, which does not depend on framings at all."""
    limits, arms_control = (quiet_chances(target) for target in (LIMITS, ARMS_CONTROL_TALKS))
    assert (limits == quiet_chances(LIMITS, 0.3)).all()
    assert (limits[..., 0] == limits[..., 1]).all()
    assert (arms_control >= limits - 1e-12).all()


def test_where_every_meeting_is_the_first_of_a_process_its_framing_is_the_regimes() -> None:
    """The first day of a dry spell: a meeting is about arms control with the share of tomorrow's regime."""
    limits, arms_control = (1 - quiet_chances(target)[1, :, 0, -1, 0] for target in (LIMITS, ARMS_CONTROL_TALKS))
    assert arms_control / limits == pytest.approx(np.array(ARMS_CONTROL), abs=0.01)


@pytest.mark.parametrize("target", SCORED)
def test_outcomes_are_as_frequent_as_the_truth_says(histories: list[History], days: Ints, target: str) -> None:
    """Over worlds, outcomes less their true probabilities average to nothing, among likely and unlikely windows."""
    all_true = np.array([true_probabilities(history, days, target) for history in histories])
    all_outcome = np.array([outcomes(history, days, target) for history in histories])
    for h in range(len(HORIZONS)):
        true, outcome = all_true[..., h], all_outcome[..., h]
        for low, high in ((0.0, 0.35), (0.35, 0.65), (0.65, 1.0)):
            held = (true >= low) & (true < high)
            _check_mean_is_zero(np.where(held, outcome - true, 0.0).sum(axis=1))


@pytest.mark.slow
@pytest.mark.parametrize("target", SCORED)
def test_the_attainable_forecast_is_right_on_average(histories: list[History], days: Ints, target: str) -> None:
    """Bayes' filter departs from the truth, but not to one side, whatever it says."""
    true = np.array([true_probabilities(history, days, target) for history in histories[:40]])
    attainable = np.array([attainable_probabilities(history, days, target) for history in histories[:40]])
    for low, high in ((0.0, 0.15), (0.15, 0.5), (0.5, 1.0)):
        held = (attainable >= low) & (attainable < high)
        _check_mean_is_zero(np.where(held, true - attainable, 0.0)[..., H180].sum(axis=1))


def _check_mean_is_zero(by_world: Floats) -> None:
    assert abs(by_world.mean()) <= 3.5 * by_world.std(ddof=1) / np.sqrt(len(by_world))


def test_the_truth_knows_what_is_hidden(histories: list[History]) -> None:
    """A meeting under way, a process alive and one that ended give different probabilities on the same clock."""
    quiet = quiet_chances()
    for regime in range(3):
        ended, alive = quiet[90, regime, :, age_index(10), 0]
        assert alive < ended
        denuclearisation, arms_control = quiet_chances(ARMS_CONTROL_TALKS)[90, regime, 1, age_index(10)]
        assert arms_control < denuclearisation < 1
    meeting = histories[0].meetings[5]
    now = situation(histories[0], meeting.started)
    assert (now.alive, now.age) == (meeting.alive, meeting.started - meeting.ended)
    assert now.arms_control == meeting.arms_control
    assert now.regime == histories[0].regime[meeting.started - histories[0].first]


def test_pure_noise_is_tied_to_nothing() -> None:
    association = true_associations()
    assert association["harvest"] == association["press"] == 0
    assert association["neighbour"] < 0 < association["posture"]


@pytest.fixture(scope="module")
def unread(histories: list[History]) -> tuple[World, ...]:
    """Worlds whose truth is known and whose folders nobody wrote."""
    worlds, days = [], np.arange(date(1995, 1, 1).toordinal(), date(2025, 1, 1).toordinal(), 122)
    for seed, history in enumerate(histories[:4]):
        dry = np.array([situation(history, int(day)).age > DRY_AFTER for day in days])
        chances = find_chances(history, days)
        worlds.append(
            World(seed=seed, problems=(), dry=dry, true=chances.true, attainable=chances.true, outcome=chances.outcome)
        )
    return tuple(worlds)


@pytest.fixture(scope="module")
def naive(unread: tuple[World, ...]) -> Floats:
    """A climatology that knows the worlds' mean."""
    return np.full_like(_truth(unread), _truth(unread).mean())


def _faults(worlds: tuple[World, ...], naive: Floats, forecast: Floats, bare: Floats | None = None) -> list[str]:
    said = {"naive": naive, "model": forecast, **({} if bare is None else {"bare": bare})}
    scores = score_worlds(worlds, said, ["naive"], bare=None if bare is None else "bare")
    return faults(scores, "model", ["naive"])


def _truth(worlds: tuple[World, ...], name: str = "true") -> Floats:
    return np.array([getattr(world, name) for world in worlds])


def test_who_says_the_truth_has_no_fault(unread: tuple[World, ...], naive: Floats) -> None:
    assert _faults(unread, naive, _truth(unread)) == []


def test_a_bias_is_a_fault(unread: tuple[World, ...], naive: Floats) -> None:
    biased = 0.8 * _truth(unread) + 0.2
    (fault,) = _faults(unread, naive, biased)
    assert fault.startswith("mean forecast - mean truth is +0.1")


def test_a_forecast_no_better_than_a_baseline_is_a_fault(unread: tuple[World, ...], naive: Floats) -> None:
    assert "is not below that of naive" in _faults(unread, naive, naive)[0]


def test_indicators_that_bring_a_forecast_no_nearer_the_truth_are_a_fault(
    unread: tuple[World, ...], naive: Floats
) -> None:
    true = _truth(unread)
    near, noise = 0.9 * true + 0.1 * naive, 0.02 * np.random.default_rng(1).standard_normal(true.shape)
    assert _faults(unread, naive, near, bare=0.5 * true + 0.5 * naive) == []
    (fault,) = _faults(unread, naive, np.clip(near + noise, 0, 1), bare=near)
    assert fault.startswith("its indicators carry nothing")


def test_a_glimpse_of_the_outcome_is_a_fault(unread: tuple[World, ...], naive: Floats) -> None:
    """Wrong in all else: half of the way from a naive forecast to the outcome."""
    assert not any(fault.endswith("it saw the future") for fault in _faults(unread, naive, naive))
    seen = 0.5 * naive + 0.5 * _truth(unread, "outcome")
    assert any(fault.endswith("it saw the future") for fault in _faults(unread, naive, seen))


def test_intervals_are_scored_by_the_truth(unread: tuple[World, ...]) -> None:
    true = _truth(unread)
    assert coverage(unread, true - 0.01, true + 0.01) == 1
    assert coverage(unread, true + 0.01, true + 0.02) == 0


def test_the_expected_log_score_is_least_for_who_says_the_truth(unread: tuple[World, ...]) -> None:
    """Its distance from the truth's own is the Kullback-Leibler divergence of Bernoulli distributions."""
    true = _truth(unread)
    other = np.clip(0.8 * true + 0.05, 0.01, 0.99)
    by_outcomes = true * -np.log(other) + (1 - true) * -np.log1p(-other)
    assert expected_log_score(other, true) == pytest.approx(by_outcomes, rel=1e-12)
    divergence = expected_log_score(other, true) - expected_log_score(true, true)
    assert divergence == pytest.approx(rel_entr(true, other) + rel_entr(1 - true, 1 - other), abs=2e-4)  # clipping
    assert divergence.min() > -1e-9


def test_expected_scores_are_compared_in_pairs(unread: tuple[World, ...], naive: Floats) -> None:
    scores = expected_scores(unread, {"naive": naive, "truth": _truth(unread)}, "truth")
    of = {score.name: score for score in scores}
    assert (of["truth"].from_reference.mean, of["truth"].from_reference.error) == (0, 0)
    assert of["naive"].from_reference.mean == pytest.approx(of["naive"].log - of["truth"].log)
    assert of["naive"].from_reference_dry.mean == pytest.approx(of["naive"].log_dry - of["truth"].log_dry)
    assert of["naive"].from_reference.low > 0


def test_each_target_is_held_to_its_own_truth() -> None:
    (limits,), (arms_control,) = (world_problems((1,), 2, target=target) for target in SCORED)
    assert limits.problems is arms_control.problems
    assert (arms_control.true <= limits.true).all()
    assert arms_control.true.sum() < limits.true.sum()
    assert (arms_control.outcome <= limits.outcome).all()
    found = forecasts_of(ARMS_CONTROL_TALKS, {"all": np.arange(6.0).reshape(1, 1, 6, 1)})
    assert found["all"].ravel().tolist() == [TARGETS.index(ARMS_CONTROL_TALKS)]


def test_a_placebo_keeps_every_level_and_moves_it() -> None:
    (world,) = world_problems((1,), 2)
    (problem, *_), seen = world.problems, []

    def watch(given: Problem) -> Forecast:
        seen.append(given)
        return Forecast(np.zeros((len(TARGETS), len(HORIZONS))), np.zeros((6, len(HORIZONS))))

    ShuffledStates(watch)(problem)
    (given,) = seen
    assert sorted(given.observations.level.tolist()) == sorted(problem.observations.level.tolist())
    assert (given.observations.level != problem.observations.level).mean() > 0.5
    assert (given.observations.indicator == problem.observations.indicator).all()
    assert given.record is problem.record


def test_a_leaked_world_holds_later_rows_at_the_same_origins() -> None:
    (honest,), (leaked,) = world_problems((1,), 2), world_problems((1,), 2, leak=180)
    assert [problem.as_of for problem in honest.problems] == [problem.as_of for problem in leaked.problems]
    assert (honest.true == leaked.true).all()
    for before, after in zip(honest.problems, leaked.problems, strict=True):
        assert after.observations.entered.max() > before.as_of >= before.observations.entered.max()
        assert after.record.talks_span.last == before.record.talks_span.last + 180


def test_the_difference_of_a_forecast_from_itself_is_nothing() -> None:
    found = difference(np.zeros((3, 20)), np.ones((3, 20), dtype=bool))
    assert (found.mean, found.error, found.low, found.high) == (0, 0, 0, 0)


def test_the_bootstrap_of_independent_numbers_has_their_error() -> None:
    paired = np.random.default_rng(1).standard_normal((8, 60))
    found = difference(paired, np.ones_like(paired, dtype=bool))
    assert found.error == pytest.approx(1 / np.sqrt(480), rel=0.35)
    assert found.low < found.mean < found.high


def test_variants_are_named_by_what_they_change() -> None:
    found = changed(SHIPPED, "regime=False,priors.log_unit=(-2.0,0.25),priors.regime_sd=1.0")
    assert not found.regime
    assert (found.priors.log_unit, found.priors.regime_sd) == ((-2.0, 0.25), 1.0)
    assert changed(found, f"regime={SHIPPED.regime}") == replace(found, regime=SHIPPED.regime)


SEEDS, ORIGINS = (1, 2, 3, 4), 60
"""The bounds below belong to these worlds: in others shuffled states may lie less far behind."""


@pytest.fixture(scope="module")
def forecasts() -> dict[str, Floats]:
    worlds = world_problems(SEEDS, ORIGINS)
    found = forecast_worlds(worlds, {**baselines(SHIPPED), MODEL: LaplaceModel(SHIPPED)}, cached=False)
    return forecasts_of(LIMITS, found | broken_forecasts(SEEDS, ORIGINS, SHIPPED))


@pytest.mark.slow
def test_the_shipped_model_has_no_fault(forecasts: dict[str, Floats]) -> None:
    """Nearer the truth than every as-of baseline and than without indicators, without bias, seeing nothing ahead."""
    scores = score_worlds(world_problems(SEEDS, ORIGINS), forecasts, baselines(SHIPPED), bare=BARE)
    assert faults(scores, MODEL, baselines(SHIPPED)) == []


@pytest.mark.slow
def test_shuffled_states_are_found_out(forecasts: dict[str, Floats]) -> None:
    scores = score_worlds(world_problems(SEEDS, ORIGINS), forecasts, baselines(SHIPPED), bare=BARE)
    error = {score.name: score.error for score in scores}
    assert error[SHUFFLED] > error[MODEL] + 0.01
    assert any(
        fault.startswith("its indicators carry nothing") for fault in faults(scores, SHUFFLED, baselines(SHIPPED))
    )


@pytest.mark.slow
def test_leaked_rows_are_found_out(forecasts: dict[str, Floats]) -> None:
    """Half a year of later rows, against the same model without them."""
    worlds = world_problems(SEEDS, ORIGINS)
    scores = score_worlds(worlds, forecasts, baselines(SHIPPED), honest=forecasts[MODEL])
    (fault,) = faults(scores, LEAKED, baselines(SHIPPED))
    assert fault.endswith("it saw the future")


@pytest.mark.slow
def test_halved_intervals_are_found_out() -> None:
    whole, half = interval_coverage(SEEDS[:2], ORIGINS, SHIPPED)
    assert half < HELD_AT_LEAST <= whole
