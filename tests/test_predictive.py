"""Statistics of records, where an observed one stands among simulated ones, and what a forecast leans on."""

from dataclasses import replace

import arviz as az
import numpy as np
import pytest
from arviz_base import from_dict
from problems import DAY, Solved, make_observations, make_problem
from scipy.stats import kstest

from models.gradient import compile_density
from models.laplace import build_density
from models.parameters import SOFTNESS, pack
from models.predictive import (
    COUNTS,
    ONSETS,
    SHAPES,
    STATISTICS,
    SUCCESSIONS,
    common_span,
    describe_record,
    predictive_tails,
    simulate_worlds,
)
from models.sensitivity import (
    JUDGEMENTS,
    NOTABLE,
    PRIORS,
    RECORD,
    log_components,
    scale_power,
    without_document,
    without_indicator,
)
from models.simulate import daily_levels
from models.spec import Floats, Span

MEETINGS = [(10, 12, 0), (20, 20, 0), (200, 201, 1), (900, 900, 1)]


def _described(**arguments: object) -> dict[str, float]:
    problem = make_problem(**arguments)  # type: ignore[arg-type]
    return dict(zip(STATISTICS, describe_record(problem, common_span(problem)).tolist(), strict=True))


def test_a_record_described_by_hand() -> None:
    found = _described(meetings=MEETINGS, contacts=[5, 700], crises=[8], days=1095, deals=[False, True, False, False])
    wet = (111 - 11) + (292 - 201) + (991 - 901)  # days after the first day of a meeting up to 90 after its last
    assert {name: found[name] for name in (*COUNTS, *SHAPES)} == {
        "meetings": 4,
        "beginnings of talks": 3,
        "contacts": 2,
        "crises": 1,
        "deals": 1,
        "changes of framing within a spell": 0,
        "share of dry days": pytest.approx(1 - wet / 1095, abs=2 / 1095),
        "longest gap between meetings, days": 699,
        "median gap between meetings, days": 180,
        "share of meetings within 14 days of the last": pytest.approx(1 / 3),
        "variance over mean of yearly meetings": pytest.approx(np.var([3, 0, 1], ddof=1) / (4 / 3)),
    }


def test_a_record_without_meetings_has_no_gaps_but_one_silence() -> None:
    found = _described(days=800)
    assert found["longest gap between meetings, days"] == 799
    assert found["share of dry days"] == 1
    assert np.isnan([found[name] for name in (*SHAPES[-3:], *SUCCESSIONS, *ONSETS)]).all()


def test_successions_of_framings_by_hand() -> None:
    """Three beginnings under 400 days of silence, one in another framing; two after longer ones, both in another."""
    meetings = [(10, 10, 0), (20, 20, 1), (200, 200, 1), (300, 300, 0), (310, 310, 0), (500, 500, 0), (899, 899, 0)]
    found = _described(meetings=[*meetings, (1299, 1299, 1), (2000, 2000, 0)], days=2100)
    assert found["changes of framing within a spell"] == 1
    assert [found[name] for name in SUCCESSIONS] == [pytest.approx(1 / 4), 1]
    assert _described(meetings=meetings[:2], days=400)["changes of framing within a spell"] == 1


def test_a_silence_of_400_days_is_a_long_one() -> None:
    for days, place in ((399, 0), (400, 1)):
        found = _described(meetings=[(10, 12, 0), (12 + days, 12 + days, 1)], days=900)
        expected = [np.nan, np.nan]
        expected[place] = 1.0
        assert [found[name] for name in SUCCESSIONS] == pytest.approx(expected, nan_ok=True)


def test_beginnings_by_length_of_silence_by_hand() -> None:
    """Silence is exposure on its 91st day and later, the day of a beginning with it; nobody knows the first one's."""
    found = _described(meetings=[(100, 100, 0), (250, 252, 0), (1000, 1000, 0)], days=3100)
    exposed = (150 - 90) + 90 + 90, 185 + 185, 365 + 365, 748 - 730 + 1095, 2099 - 1825
    begun = 1, 0, 0, 1, 0
    expected = [365.25 * n / days for n, days in zip(begun, exposed, strict=True)]
    assert [found[name] for name in ONSETS] == pytest.approx(expected)


def test_a_length_of_silence_that_never_was_has_no_rate() -> None:
    found = _described(meetings=[(100, 100, 0)], days=500)
    assert [found[name] for name in ONSETS] == pytest.approx([0, 0, 0, np.nan, np.nan], nan_ok=True)


def test_a_meeting_before_the_span_sets_silence_and_framing() -> None:
    found = _described(meetings=[(-410, -410, 1), (90, 90, 0)], days=200)
    assert [found[name] for name in SUCCESSIONS] == pytest.approx([np.nan, 1], nan_ok=True)
    assert found[ONSETS[2]] == pytest.approx(365.25 / 91)  # from the 410th to the 500th day of silence


def test_other_names_of_the_framings_describe_the_same_record() -> None:
    meetings = [(10, 12, 0), (20, 20, 1), (200, 201, 1), (900, 900, 0)]
    other = [(first, last, 1 - framing) for first, last, framing in meetings]
    one, two = (_described(meetings=each, days=1095) for each in (meetings, other))
    assert one == pytest.approx(two, nan_ok=True)


def test_silence_to_the_end_of_the_record_counts_as_a_gap() -> None:
    assert _described(meetings=MEETINGS[:1], days=1000)["longest gap between meetings, days"] == 999 - 12


def test_only_days_attested_for_every_type_are_compared() -> None:
    problem = make_problem(MEETINGS, days=1095)
    record = replace(problem.record, contact_span=Span(DAY + 15, DAY + 500))
    span = common_span(replace(problem, record=record))
    assert span == Span(DAY + 15, DAY + 500)
    assert describe_record(problem, span)[0] == 2


def test_the_tails_of_one_more_world_are_uniform() -> None:
    rng = np.random.default_rng(1)
    values = rng.standard_normal((200, 101, 3)) @ np.array([[1, 0.5, 0], [0, 1, 0], [0, 0, 1]])
    tails = [predictive_tails(one[1:], one[0]) for one in values]
    assert kstest([t.p[0] for t in tails], "uniform").pvalue > 0.01
    assert kstest([t.joint for t in tails], "uniform").pvalue > 0.01


def test_worlds_without_a_statistic_do_not_count_for_it() -> None:
    worlds = np.array([[1.0, np.nan], [2.0, 5.0], [3.0, np.nan], [4.0, 7.0]])
    tails = predictive_tails(worlds, np.array([2.5, 6.0]))
    assert tails.p.tolist() == [0.5, 0.5]
    assert np.isnan(predictive_tails(worlds, np.array([2.5, np.nan])).p[1])
    assert np.isnan(predictive_tails(np.full((4, 2), np.nan), np.array([2.5, np.nan])).p).all()


def test_among_many_statistics_a_record_is_one_of_its_kind() -> None:
    """The utmost rank in one of twenty is common; in all of them it is not."""
    values = np.random.default_rng(2).standard_normal((150, 61, 20))
    joint = np.array([predictive_tails(one[1:], one[0]).joint for one in values])
    assert 0.01 <= (joint < 0.1).mean() <= 0.2
    assert predictive_tails(values[0, 1:], np.full(20, 9.0)).joint == 0


def test_no_value_is_extreme_among_few() -> None:
    """A statistic that three of two hundred records have tells nothing from three."""
    worlds = np.full((200, 1), np.nan)
    worlds[:3, 0] = 1.0, 2.0, 3.0
    assert predictive_tails(worlds, np.array([99.0])).p[0] == pytest.approx(1 / 8)
    assert predictive_tails(np.linspace(0, 1, 199)[:, None], np.array([99.0])).p[0] == pytest.approx(1 / 400)


def test_a_record_of_another_making_is_caught(solved_toy: Solved) -> None:
    """Worlds of the model are of one kind; the toy case, with two meetings on the same days each year, is not of it."""
    problem, density = solved_toy.problem, solved_toy.fit.density
    draws = solved_toy.fit.draw(120, 1)
    worlds = simulate_worlds(problem, density, daily_levels(problem, density), draws, seed=1).values
    own = [predictive_tails(np.delete(worlds, k, axis=0), worlds[k]).joint for k in range(20)]
    assert np.mean(np.array(own) < 0.05) <= 0.2
    of_toy = predictive_tails(worlds, describe_record(problem, common_span(problem)))
    assert of_toy.joint < 0.05
    assert of_toy.p[STATISTICS.index("variance over mean of yearly meetings")] > 0.975


def test_the_components_of_a_posterior_add_up_to_it(solved_shipped: Solved) -> None:
    fit = solved_shipped.fit
    draws = fit.draw(50, 1)
    theta, parts = pack(draws, fit.density.structure), log_components(fit.density, draws)
    whole = [compile_density(fit.density)(row)[0] for row in theta]
    steep = np.log(-np.expm1(-draws.duration / SOFTNESS)) + np.log(draws.change) + np.log1p(-draws.change)
    summed = parts[PRIORS] + parts[JUDGEMENTS] + parts[RECORD] + theta[:, -1] + steep
    assert summed == pytest.approx(whole, rel=1e-10)
    single = [value for name, value in parts.items() if name.startswith("prior")]
    assert np.sum(single, axis=0) == pytest.approx(parts[PRIORS], rel=1e-10)


def test_a_part_equals_the_density_of_a_problem_that_has_no_other(solved_shipped: Solved) -> None:
    """Priors and judgements from the density itself, which the compiled code is held to elsewhere."""
    problem, fit = solved_shipped.problem, solved_shipped.fit
    draws = fit.draw(5, 1)
    parts, theta = log_components(fit.density, draws), pack(draws, fit.density.structure)
    silent = problem
    for document in range(len(solved_shipped.rows.documents)):
        silent = without_document(silent, document)
    assert len(silent.judgements.weight) == 0
    unsaid = replace(build_density(silent, fit.density.structure), directions=fit.density.directions)
    judged = [fit.density.at(row).value - unsaid.at(row).value for row in theta]
    assert parts[JUDGEMENTS] == pytest.approx(judged, rel=1e-8)


def _normal_posterior(draws: int, seed: int) -> tuple[Floats, Floats, Floats]:
    """Draws of theta for a prior N(0, 1) and one observation y = 3 with variance 1, and both log densities."""
    theta = 1.5 + np.sqrt(0.5) * np.random.default_rng(seed).standard_normal(draws)
    return theta, -0.5 * theta**2, -0.5 * (3 - theta) ** 2


def test_sensitivity_equals_a_foreign_one() -> None:
    theta, prior, likelihood = _normal_posterior(4000, 1)
    tree = from_dict(
        {
            "posterior": {"theta": theta.reshape(4, -1)},
            "log_prior": {"theta": prior.reshape(4, -1)},
            "log_likelihood": {"y": likelihood.reshape(4, -1)},
        }
    )
    for group, part in (("prior", prior), ("likelihood", likelihood)):
        foreign = float(az.psense(tree, group=group)["theta"])
        assert scale_power(theta[:, None], part, seed=1).sensitivity[0] == pytest.approx(foreign, rel=0.02)


def test_the_slope_is_the_change_of_the_mean_per_doubling() -> None:
    """With the prior at power a the mean is 3 / (1 + a): its derivative at 1 is -3/4, times log 2."""
    theta, prior, _ = _normal_posterior(20_000, 2)
    assert scale_power(theta[:, None], prior, seed=1).slope[0] == pytest.approx(-0.75 * np.log(2), rel=0.05)


def test_a_quarter_of_a_standard_deviation_per_doubling_is_notable() -> None:
    theta = np.random.default_rng(3).standard_normal(4000)
    found = scale_power(theta[:, None], 0.25 / np.log(2) * theta, seed=1)
    assert found.sensitivity[0] == pytest.approx(NOTABLE, rel=0.2)


def test_what_has_nothing_to_do_with_a_quantity_does_not_lead_it() -> None:
    rng = np.random.default_rng(4)
    led = [
        scale_power(rng.standard_normal((1000, 1)), 7 * rng.standard_normal(1000), seed).leads[0] for seed in range(20)
    ]
    assert np.mean(led) <= 0.2  # one in twenty, by construction
    theta, prior, _ = _normal_posterior(1000, 5)
    assert scale_power(theta[:, None], prior, seed=1).leads[0]


def test_a_component_that_is_not_there_moves_nothing() -> None:
    found = scale_power(np.random.default_rng(6).random((100, 2)), np.zeros(100), seed=1)
    assert found.sensitivity.tolist() == [0, 0]
    assert found.slope.tolist() == [0, 0]


def test_leaving_out_keeps_shapes_and_drops_rows(solved_shipped: Solved) -> None:
    problem = solved_shipped.problem
    without = without_indicator(problem, 3)
    assert without.catalogue == problem.catalogue
    assert without.record == problem.record
    for rows, all_rows in ((without.observations, problem.observations), (without.judgements, problem.judgements)):
        assert 3 not in rows.indicator
        assert len(rows.indicator) == (all_rows.indicator != 3).sum() < len(all_rows.indicator)
    text = without_document(problem, 1)
    assert text.observations is problem.observations
    assert set(text.judgements.document.tolist()) == set(problem.judgements.document.tolist()) - {1}


def test_an_indicator_left_out_is_inactive() -> None:
    problem = make_problem(observations=make_observations([(0, 5, 5, 2.0, 0.3), (1, 9, 9, -1.0, 0.3)]))
    assert without_indicator(problem, 0).observations.indicator.tolist() == [1]
