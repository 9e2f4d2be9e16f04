"""What if, and what to look at next, on a published fit of the toy case: laws, refusals and what is left as it was."""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pytest
from conftest import PUBLISHED_AS_OF, SMALL_FIT
from hypothesis import given
from hypothesis import strategies as st
from schedule_worlds import settings_of

from db.chain import last_links
from db.engine import Database, open_database
from db.errors import Conflict
from db.progress import Progress, silent
from db.tables import CHAINED
from forecast.desk.actions import Desk, log
from forecast.engine.answers import Provisional
from forecast.engine.fit import fit_problem
from forecast.errors import BadStatement, BadSupposition, NotAnswered, NotOnFile
from forecast.facts.plan import ATTESTATION, OBSERVATION
from forecast.facts.stories import Effect, verdict
from forecast.facts.whatif import DO, EXACT, REWEIGHTED, SEE, Answer, Statement
from forecast.facts.why import Reach
from forecast.plan import answer as answering
from forecast.plan.answer import find_answer
from forecast.plan.costs import Costs
from forecast.plan.overtaken import Unanswered, missing_answers
from forecast.plan.planner import find_plan
from forecast.plan.refit import problem_to_fit
from forecast.plan.saved import answer_saved, read_saved, retract_scenario, save_scenario
from forecast.plan.standing import Stand, read_stand
from forecast.plan.statements import parse_statement
from forecast.plan.stored import answer_from_stored, answer_to_stored, statement_from_json, statement_json
from forecast.plan.tornado import find_tornado
from forecast.plan.worth import State, Worth, surface_through, worth_of
from forecast.schedule.answering import answer_scenario
from forecast.schedule.explaining import TRIES
from forecast.schedule.jobs import Job, Made
from forecast.schedule.leader import Leader
from forecast.schedule.steps import answer_scenarios
from models.parameters import Parameters
from models.sampling import parameters_of
from models.structure import SHIPPED

TODAY = PUBLISHED_AS_OF + timedelta(30)
OPEN = date(2020, 2, 1)
"""A month after the last day that is attested."""
YEAR = Reach(365, None)
HEADLINE = "arms_control_talks"


@pytest.fixture
def database(published_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("PARLEY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(answering, "TAUGHT_DRAWS", 200)
    with open_database(f"sqlite:///{published_copy / 'parley.db'}") as opened:
        yield opened


@pytest.fixture
def stand(database: Database) -> Iterator[Stand]:
    with database.read() as connection:
        yield read_stand(database, connection, "toy", TODAY)


def noon() -> datetime:
    return datetime.combine(TODAY, time(12), UTC)


def seen(text: str) -> Statement:
    return parse_statement(text, SEE, TODAY)


def done(text: str) -> Statement:
    return parse_statement(text, DO, TODAY)


def answered(stand: Stand, *statements: Statement) -> Answer:
    return find_answer(stand, statements, refit=False)


def test_a_fresh_observation_is_answered_as_the_desk_answers_it_bit_for_bit(database: Database, stand: Stand) -> None:
    found = answered(stand, seen("press_tone=2 B2"))
    desk = Desk(database, "kim", day=lambda: TODAY)
    told = log(desk, "press_tone", 2, on=TODAY, source="Leader", grade="B2", dry_run=True).forecast
    assert isinstance(told, Provisional)
    for t, target in enumerate(found.targets):
        for h, shift in enumerate(told.by_target[target]):
            assert (found.before[t][h], found.after[t][h]) == (shift.old, shift.new)
    assert (found.status, found.trusted, found.pareto_k, found.mode) == (EXACT, True, None, SEE)


@pytest.mark.parametrize("event", ["contact", "crisis"])
def test_a_contact_or_crisis_that_is_brought_about_leaves_talks_bitwise(stand: Stand, event: str) -> None:
    day = TODAY + timedelta(40)
    found = answered(stand, done(f"{event} on {day}"))
    place, own = found.place, found.targets.index(event)
    assert found.before[place] == found.after[place]
    assert [found.after[own][h] == 1.0 for h in range(4)] == [False, True, True, True]
    assert found.status == EXACT


def test_talks_that_are_brought_about_are_sure_in_the_windows_that_hold_them(stand: Stand) -> None:
    found = answered(stand, done(f"arms_control talks on {TODAY + timedelta(100)}"))
    arms, limits = found.targets.index(HEADLINE), found.targets.index("limits_talks")
    assert found.after[arms][:2] == found.before[arms][:2]
    assert found.after[arms][2:4] == found.after[limits][2:4] == (1.0, 1.0)
    assert np.sum(found.scenarios_after, axis=0) == pytest.approx(1)


def test_an_event_that_is_seen_teaches_and_one_that_is_done_does_not(stand: Stand) -> None:
    day = TODAY - timedelta(3)
    found = answered(stand, seen(f"contact on {day}"))
    assert found.status == REWEIGHTED
    assert found.ess is not None
    assert found.draws > found.ess > 0
    ahead = answered(stand, seen(f"contact on {TODAY + timedelta(20)}"))
    assert ahead.foreseen is not None
    assert 0 < ahead.foreseen < 0.2


def test_a_fit_to_what_is_fresh_has_the_draws_of_the_run(database: Database, stand: Stand) -> None:
    """What is known on the last day that the run has read, or later, teaches nothing: a refit is the run."""
    stand = read_stand(database, stand.connection, "toy", PUBLISHED_AS_OF)
    statements = [parse_statement("press_tone=2 A1", SEE, PUBLISHED_AS_OF)]
    problem, run = problem_to_fit(stand, statements), stand.anchor(4 * SMALL_FIT.draws)
    fit = fit_problem(problem, HEADLINE, SMALL_FIT, run.run.seed, silent)
    anew = parameters_of(fit.tree, SHIPPED)
    assert np.array_equal(run.parameters.weight, anew.weight.astype(np.float32))
    for name in Parameters.__slots__:  # to the last digit of a file, in which some are kept as their logarithms
        assert getattr(run.parameters, name) == pytest.approx(getattr(anew, name), rel=1e-6, abs=1e-6)


def test_a_level_set_later_leaves_shorter_windows_as_they_were(stand: Stand) -> None:
    found = answered(stand, done(f"press_tone=2 from {TODAY + timedelta(100)}"))
    now, then = (np.array(each)[:, :2] for each in (found.before, found.after))
    assert then == pytest.approx(now, abs=1e-12)
    seeing = answered(stand, seen(f"press_tone=2 A1 on {TODAY + timedelta(100)}"))
    assert np.abs(np.array(seeing.after)[:, :2] - now).max() > 0


def test_what_is_seen_tomorrow_is_near_what_is_seen_today(stand: Stand) -> None:
    one, other = (answered(stand, seen(f"press_tone=2 A1 on {day}")) for day in (TODAY, TODAY + timedelta(1)))
    change = (each.change(each.place, 3) for each in (one, other))
    assert next(change) == pytest.approx(next(change), abs=1.5)


def test_nothing_is_stored_and_every_chain_ends_where_it_did(database: Database, stand: Stand) -> None:
    with database.read() as connection:
        before = last_links(connection, *CHAINED)
    answered(stand, seen("press_tone=2 A1"), seen(f"contact on {TODAY}"), done("border_posture=1"))
    find_tornado(stand, HEADLINE, YEAR)
    find_plan(stand, HEADLINE, YEAR)
    with database.read() as connection:
        assert last_links(connection, *CHAINED) == before


def test_a_copy_of_an_origin_is_worth_nothing(database: Database) -> None:
    desk = Desk(database, "kim", day=lambda: TODAY)
    log(desk, "press_tone", 2, on=TODAY, source="Leader", grade="B2", origin="leader-1")
    with database.read() as connection:
        stand = read_stand(database, connection, "toy", TODAY)
        found = answered(stand, seen("press_tone=2 B2 origin leader-1"))
    assert found.before == found.after


BAD = {
    "us_pressstone=2": "unknown indicator",
    "press_tone=2.5": "level 2.5 is not on the scale; write a level from -2 to \\+2",
    "press_tone=nan": "level nan is not on the scale",
    "deal on today": "marks no meeting: none begins in the 14 days up to it",
    "contact on 2199-01-01": "lies beyond the last window; name a day up to",
    "contact on 1950-01-01": "lies before the record",
    "none through tomorrow": "nobody can attest a day ahead",
    "without T9999": "unknown event 'T9999'",
    "someone says press_tone=1 for contact": "unknown document 'someone'",
}


@pytest.mark.parametrize("text", BAD)
def test_what_cannot_be_is_refused_in_one_line(stand: Stand, text: str) -> None:
    with pytest.raises(BadSupposition, match=BAD[text]):
        answered(stand, seen(text))


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        ([done("press_tone=1"), seen("press_tone=2 on tomorrow")], "on the day from which it is set"),
        ([done("press_tone=1 on +5d"), done("press_tone=2 on +5d")], "is set twice from"),
        ([done("contact on yesterday")], "is over; do it today"),
        ([done("arms_control talks on +9d"), done("denuclearisation talks on +9d")], "talks of two framings on"),
        ([seen("press_tone=1")] * 200, "200 statements are given; give 50 at most"),
        ([], "nothing is supposed; give --see or --do"),
    ],
)
def test_what_cannot_be_together_is_refused(stand: Stand, statements: list[Statement], said: str) -> None:
    with pytest.raises(BadSupposition, match=said):
        answered(stand, *statements)


def test_all_problems_come_at_once(stand: Stand) -> None:
    with pytest.raises(BadSupposition) as found:
        answered(stand, seen("nothing_known=1"), seen("press_tone=3"), done("contact on yesterday"))
    assert len(found.value.problems) == 3


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        ("", SEE, "is empty"),
        ("press_tone=2 Z9", SEE, "'Z9' where a grade such as B2"),
        ("press_tone=2 B2", DO, "only what is seen has a grade"),
        ("press_tone=x", SEE, "'x' where a number is expected"),
        ("press_tone=1 on 2026-02-31", SEE, "'2026-02-31' is no day"),
        ("press_tone=1 on 2026-02-01 until 2026-03-01", DO, "gives 'on' beside"),
        ("talks on today", SEE, "does not say what the talks are about"),
        ("contcat", SEE, "did you mean 'contact'"),
        ("none through today", DO, "cannot be done"),
        ("none", SEE, "through which day"),
        ("without", SEE, "does not name one event"),
        ("contact on +99999999d", SEE, "is no day"),
        ("x" * 400, SEE, "has 400 characters"),
    ],
)
def test_what_cannot_be_read_is_refused_with_an_example(text: str, mode: str, said: str) -> None:
    with pytest.raises(BadStatement, match=said):
        parse_statement(text, mode, TODAY)


@given(st.text(max_size=40), st.sampled_from([SEE, DO]))
def test_any_text_is_a_statement_or_a_line(text: str, mode: str) -> None:
    try:
        found = parse_statement(text, mode, TODAY)
    except BadStatement as error:
        assert len(error.problems) == 1  # noqa: PT017
    else:
        assert statement_from_json(statement_json(found)) == found


def test_an_answer_comes_back_from_what_is_stored(stand: Stand) -> None:
    found = answered(stand, seen("press_tone=2"), done(f"contact on {TODAY + timedelta(9)}"))
    assert answer_from_stored(answer_to_stored(found)) == found


def test_a_scenario_is_saved_answered_revised_and_withdrawn(database: Database) -> None:
    def save(text: str, *, revise: bool = False) -> None:
        save_scenario(database, "toy", "thaw", [done(text)], analyst="kim", reason="to see", revise=revise, clock=noon)

    with pytest.raises(NotOnFile, match="no scenario 'thaw' to revise"):
        save("press_tone=1", revise=True)
    save("press_tone=1")
    with pytest.raises(Conflict, match="is on file already; take another name, or give --revise"):
        save("press_tone=2")
    with database.read() as connection:
        (asked,) = missing_answers(connection, "toy", TODAY)
    found = answer_saved(database, asked, clock=noon)
    assert found is not None
    with database.read() as connection:
        assert missing_answers(connection, "toy", TODAY) == ()
        (kept,) = read_saved(connection, "toy", TODAY)
        assert (kept.answer, kept.version) == (found, 1)
        over = read_saved(connection, "toy", TODAY + timedelta(400))
        assert over[0].overtaken is None  # a level that is set for good goes on being set
    save("press_tone=2 until +20d", revise=True)
    with database.read() as connection:
        assert read_saved(connection, "toy", TODAY)[0].version == 2
        assert read_saved(connection, "toy", TODAY + timedelta(40))[0].overtaken == TODAY + timedelta(20)
        assert missing_answers(connection, "toy", TODAY + timedelta(40)) == ()
    retract_scenario(database, "toy", "thaw", analyst="kim", reason="done", clock=noon)
    with database.read() as connection:
        assert read_saved(connection, "toy", TODAY) == ()
    with pytest.raises(NotOnFile, match="there is no scenario 'thaw'"):
        retract_scenario(database, "toy", "thaw", analyst="kim", reason="again", clock=noon)


def test_the_service_answers_what_is_saved_once_a_run_and_logs_what_it_cannot(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    for name, text in (("thaw", "press_tone=1"), ("lost", "press_tone=2")):
        save_scenario(database, "toy", name, [done(text)], analyst="kim", reason="x", clock=noon)
    asked = list[Unanswered]()

    def answer(one: Unanswered, progress: Progress, heartbeat: Callable[[], None]) -> None:
        asked.append(one)
        if one.scenario_id == 2:
            raise NotAnswered("the fitting process was ended by SIGKILL")
        answer_scenario(database, one, progress, noon)

    leader = Leader(
        database=database, case_id="toy", settings=settings_of(), make=never_made, answer=answer, clock=noon
    )
    caplog.set_level(logging.INFO, logger="parley.schedule")
    for _ in range(TRIES + 1):
        answer_scenarios(leader)
    assert sorted(one.scenario_id for one in asked) == [1, *[2] * TRIES]
    said = sorted(record.getMessage() for record in caplog.records)
    assert said == ["scenario answered", *["scenario not answered"] * TRIES]
    with database.read() as connection:
        answers = {one.name: one.answer for one in read_saved(connection, "toy", TODAY)}
    assert answers["lost"] is None
    assert answers["thaw"] is not None


def never_made(job: Job, progress: Progress, heartbeat: Callable[[], None]) -> Made:
    raise AssertionError(f"no run is asked for: {job}")


def test_a_plan_ranks_what_moves_most_for_its_cost(stand: Stand) -> None:
    found = find_plan(stand, HEADLINE, YEAR)
    kinds = [one.kind for one in found.candidates]
    assert kinds.count(ATTESTATION) == 1
    assert all(one.movement >= 0 and one.mutual_information >= 0 for one in found.candidates)
    for indicator in {one.indicator for one in found.candidates if one.kind == OBSERVATION}:
        by_grade = {one.grade: one.sd for one in found.candidates if one.indicator == indicator}
        in_order = [by_grade[grade] for grade in found.grades]
        assert in_order == sorted(in_order, reverse=True)  # from the surest grade to the weakest
    dear = find_plan(stand, HEADLINE, YEAR, costs=Costs(minutes={found.ranked[0].indicator or "attestation": 1000.0}))
    assert dear.ranked[0] != found.ranked[0]
    assert found.now.rolling == dear.now.rolling


def test_attesting_is_worth_nothing_where_no_day_is_open(stand: Stand) -> None:
    (attest,) = (one for one in find_plan(stand, HEADLINE, YEAR).candidates if one.kind == ATTESTATION)
    assert (attest.movement, attest.open_from, attest.outcomes) == (0.0, None, ())


def test_attesting_is_worth_its_outcomes_whose_mean_is_what_is_said_now(database: Database) -> None:
    with database.read() as connection:
        stand = read_stand(database, connection, "toy", OPEN)
        (attest,) = (one for one in find_plan(stand, HEADLINE, YEAR).candidates if one.kind == ATTESTATION)
    assert attest.movement > 0
    assert sum(one.probability for one in attest.outcomes) == pytest.approx(1)
    assert abs(attest.drift) < 0.02
    assert attest.open_through == OPEN


def test_a_signpost_must_lie_ahead(stand: Stand) -> None:
    with pytest.raises(BadSupposition, match="that day is not ahead; name one after"):
        find_plan(stand, HEADLINE, YEAR, by=date(2000, 1, 1))


def test_a_tornado_says_what_each_indicator_set_for_good_would_do(stand: Stand) -> None:
    found = find_tornado(stand, HEADLINE, YEAR)
    assert [abs(one.points) for one in found.swings] == sorted((abs(one.points) for one in found.swings), reverse=True)
    first = found.swings[0]
    high = answered(stand, done(f"{first.indicator}=2"))
    assert first.high - found.now == pytest.approx(high.after[high.place][3] - high.before[high.place][3], abs=0.03)


def _flat(mean: np.ndarray, variance: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    return np.full(len(mean), 0.2)


def test_what_moves_nothing_is_worth_nothing_and_the_surer_is_worth_more() -> None:
    state = State(mean=0.3, variance=1.1, active=True, fades=False)
    nothing = worth_of(_flat, state, 0.2, 0.2, (-2.0, 2.0))
    assert nothing == Worth(movement=0, sd=0, mutual_information=0, drift=0, low=0.2, high=0.2)
    means, variances = np.array([-2.0, 0.0, 2.0, 0.3]), np.array([0.2, 0.2, 0.2, 1.1])
    surface = surface_through(means, variances, np.array([0.1, 0.2, 0.4, 0.22]))
    found = [worth_of(surface, state, error, 0.22, (-2.0, 2.0)) for error in (0.09, 0.2, 0.5, 2.0)]
    for part in ("movement", "sd", "mutual_information"):
        values = [getattr(one, part) for one in found]
        assert values == sorted(values, reverse=True)
        assert values[-1] > 0


@pytest.mark.parametrize(
    ("direction", "points", "said"),
    [
        ("up", 3, "agrees"),
        ("up", -3, "opposes"),
        ("up", 0.1, "no_effect"),
        ("down", -3, "agrees"),
        ("none", 0.1, "agrees"),
        ("none", 3, "opposes"),
        ("up_or_none", 0.1, "agrees"),
        ("up_or_none", -3, "opposes"),
    ],
)
def test_a_claim_is_held_against_what_is_visible(direction: str, points: float, said: str) -> None:
    assert verdict(direction, Effect(contrast=0.2, told=0.2 + points / 100, error=0.001)) == said
