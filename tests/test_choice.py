"""The scores of the choice and of the bounds: a file against itself, perturbed forecasts, and the words of verdicts."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from toy_backtests import make_backtest

from benchmarks.candidates import AS_BUILT, CHANGES, candidates, variants
from benchmarks.choice.__main__ import main
from benchmarks.choice.bounds import BIAS, BOUNDS, EXCESS, LOG, Bound, Reached, number, reach
from benchmarks.choice.compared import STORED, Compared, compare
from benchmarks.choice.exact import AT_MOST, LAPLACE, NUTS, exact_report, exact_verdict, spread_origins
from benchmarks.choice.framing import framing_report, framing_verdict
from benchmarks.choice.report import (
    BETTER,
    NO_CHANGE,
    NOT_WORSE,
    WORSE,
    bounds_section,
    change_section,
    decision,
    others_section,
    rivals_section,
    rivals_summary,
    worse_than_error,
)
from benchmarks.choice.strict import FIRST, FIRST_MODEL, beside, narrowed, read_file, strict_backtest
from forecast.errors import NoBacktest
from forecast.evaluation.forecasters import MODEL, Naive
from forecast.evaluation.origins import Backtest, to_dataset
from forecast.evaluation.scoreboard import NAIVE, Difference, Selection, log_scores, score_table
from forecast.facts.quality import MET, MISSED, UNMEASURED
from models.assumptions import assumptions
from models.reliability import reliability
from models.scores import log_score
from models.spec import TARGETS, Floats

PAGE = (Path(__file__).parent.parent / "docs" / "choice.md").read_text(encoding="utf-8")
HEADLINE = TARGETS.index("arms_control_talks")


def thinned(backtest: Backtest, step: int = 8) -> Backtest:
    """Every so many origins of a backtest: its report is the same in kind, and quick."""
    return narrowed(backtest, backtest.origins[::step], backtest.horizons)


@pytest.fixture(scope="module")
def first() -> Backtest:
    return read_file(FIRST_MODEL)


@pytest.fixture(scope="module")
def few(first: Backtest) -> Backtest:
    return thinned(first)


@pytest.fixture(scope="module")
def itself(few: Backtest) -> Compared:
    return compare(few, few)


@pytest.fixture(scope="module")
def reached(itself: Compared) -> tuple[Reached, ...]:
    return reach(itself)


def forecasts(backtest: Backtest, changes: Mapping[str, Floats]) -> Backtest:
    """The same with some forecasts replaced or added; their scenarios are those of Parley."""
    scenarios = dict.fromkeys(changes, backtest.scenarios[MODEL])
    k = dict.fromkeys(changes, backtest.pareto_k[MODEL])
    return replace(
        backtest,
        forecasts={**backtest.forecasts, **changes},
        scenarios={**scenarios, **backtest.scenarios},
        pareto_k={**k, **backtest.pareto_k},
    )


def toward(backtest: Backtest, share: float) -> Floats:
    """Parley's forecasts moved toward what came true (or away from it), where that is known."""
    said = backtest.forecasts[MODEL]
    known = np.where(np.isnan(backtest.outcome), said, backtest.outcome)
    return np.clip(said + share * (known - said), 0.001, 0.999)


# ---- the file that is kept


def test_the_first_model_is_kept_with_every_forecaster_it_was_shipped_with(first: Backtest) -> None:
    assert {*NAIVE, "documents only", MODEL} <= set(first.forecasts)
    assert (first.kind, first.days(), len(first.origins)) == ("strict", (30, 90, 180, 365), 345)
    assert all(np.float32(values).astype(float) == pytest.approx(values, abs=0) for values in first.forecasts.values())


def test_naive_rows_made_anew_are_those_that_were_shipped(
    first: Backtest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So origins, windows, outcomes and dryness of the harness are those of the file that is kept."""
    monkeypatch.setenv("PARLEY_CACHE", str(tmp_path / "cache"))
    origins = (date(1999, 3, 1), date(2008, 7, 1))
    made = strict_backtest(origins, {name: Naive(name) for name in ("climatology", "dry/wet climatology")}, workers=1)
    joined = beside(made, first, {name: f"{name}{STORED}" for name in made.forecasts})
    for name in made.forecasts:
        np.testing.assert_allclose(joined.forecasts[name], joined.forecasts[f"{name}{STORED}"], atol=1e-6)
    again = beside(first, made, {})
    np.testing.assert_array_equal(again.outcome, made.outcome)
    np.testing.assert_array_equal(again.scenario, made.scenario)
    np.testing.assert_array_equal(again.dry, made.dry)


# ---- the bounds


def test_a_file_against_itself_differs_in_nothing(itself: Compared, reached: tuple[Reached, ...]) -> None:
    days = itself.backtest.days()
    assert itself.changed == 0
    assert all(one.first == one.new for one in reached)
    for selection in (Selection(target, one) for target in TARGETS for one in days):
        assert itself.less(FIRST, selection) == Difference(0.0, 0.0, 0.0, 0.0)
    assert {itself.scenarios_less(FIRST, one).mean for one in days} == {0.0}
    assert "\n".join(others_section(itself)).count(f"+0.000 ± 0.000 {NOT_WORSE}") == 20
    assert not any("new |" in line for line in rivals_section(itself))
    assert f"no forecasts named {NO_CHANGE!r}" in "\n".join(change_section(itself))


def test_every_number_reached_is_told_with_its_verdict(itself: Compared) -> None:
    lines = list(bounds_section(itself))
    rows = [line for line in lines if re.match(r"\| \w.*\d", line)]
    assert len(rows) == len(BOUNDS)
    told = [row.split("|")[-2].strip() for row in rows]
    assert [bool(verdict) for verdict in told] == [bound.at_most is not None for bound in BOUNDS]
    assert lines[-1].startswith(f"\n{told.count(MET)} bounds are met, {told.count(MISSED)} missed")


def test_what_is_reached_is_what_the_scoreboard_says(few: Backtest, reached: tuple[Reached, ...]) -> None:
    alone = replace(few, forecasts={MODEL: few.forecasts[MODEL]})
    for one in reached:
        bound = one.bound
        (score,) = score_table(alone, Selection(bound.target, bound.days, bound.situation, bound.era))
        if bound.measure != EXCESS:
            assert one.new == pytest.approx(score.log if bound.measure == LOG else score.bias)


def test_the_excess_is_how_far_the_curve_leaves_its_band(few: Backtest, reached: tuple[Reached, ...]) -> None:
    y = few.outcome[:, HEADLINE, few.days().index(180)]
    day = np.array([float(origin.toordinal()) for origin in few.origins])
    curve = reliability(few.forecasts[MODEL][:, HEADLINE, 2], y, day, 180, kept=~np.isnan(y))
    beyond = max(0.0, (curve.low - curve.frequency).max(), (curve.frequency - curve.high).max())
    wanted = Bound(target="arms_control_talks", days=180, measure=EXCESS, situation="all", at_most=0.01)
    assert [one.new for one in reached if one.bound == wanted] == [pytest.approx(beyond)]
    assert curve.inside == (curve.excess < 1e-9)


def test_the_first_model_is_what_the_bounds_were_set_from(first: Backtest) -> None:
    """Log scores and dry biases that stand beside the bounds, to the three decimals they are told in."""
    stated = {
        ("arms_control_talks", 180): (0.269, 0.276, 0.129),
        ("arms_control_talks", 365): (0.424, 0.452, 0.220),
        ("limits_talks", 180): (0.464, 0.472, 0.091),
        ("limits_talks", 365): (0.501, 0.596, 0.147),
    }
    for (target, days), (log, dry_log, dry_bias) in stated.items():
        whole, dry = (log_scores(first, MODEL, Selection(target, days, which)) for which in ("all", "dry"))
        score = next(s for s in score_table(first, Selection(target, days, "dry")) if s.name == MODEL)
        assert np.round([np.nanmean(whole), np.nanmean(dry), score.bias], 3).tolist() == [log, dry_log, dry_bias]


@pytest.mark.parametrize("target", ["arms_control_talks", "limits_talks"])
@pytest.mark.parametrize("days", [180, 365])
def test_each_window_has_its_bounds_and_prints_both_eras(target: str, days: int) -> None:
    mine = [bound for bound in BOUNDS if (bound.target, bound.days) == (target, days)]
    firm = {(bound.measure, bound.situation): bound.at_most for bound in mine if bound.at_most is not None}
    assert set(firm) >= {(LOG, "all"), (LOG, "dry"), (BIAS, "dry")}
    assert ((EXCESS, "all") in firm) == ((EXCESS, "dry") in firm) == (days == 180)
    assert {bound.era for bound in mine if bound.measure == BIAS} == {"all", "before 2010", "from 2010"}
    assert all(bound.prototype < firm[bound.measure, bound.situation] for bound in mine if bound.prototype is not None)


@pytest.mark.parametrize(
    ("measure", "at_most", "new", "verdict"),
    [
        (LOG, 0.222, 0.2224, MET),  # as it is printed
        (LOG, 0.222, 0.2226, MISSED),
        (BIAS, 0.07, -0.08, MISSED),  # a bias counts to either side
        (BIAS, 0.07, -0.06, MET),
        (BIAS, None, 0.5, ""),
        (LOG, 0.222, float("nan"), UNMEASURED),
    ],
)
def test_a_bound_is_met_by_the_number_that_is_printed(
    measure: str, at_most: float | None, new: float, verdict: str
) -> None:
    bound = Bound(target="limits_talks", days=180, measure=measure, situation="dry", at_most=at_most)
    assert Reached(bound=bound, first=0.3, new=new).verdict == verdict


def test_better_forecasts_are_better_than_every_row_and_worse_ones_worse(few: Backtest) -> None:
    good, bad = (compare(forecasts(few, {MODEL: toward(few, share)}), few) for share in (0.95, -3.0))
    selection = Selection("arms_control_talks", 180)
    assert decision(good.less(FIRST, selection)) == BETTER
    assert decision(bad.less(FIRST, selection)) == WORSE
    assert re.search(r"better in mean at (\d+) of \1, decidedly at \1\.", rivals_summary(good, "limits_talks"))
    assert "better in mean at 0 of" in rivals_summary(bad, "limits_talks")
    assert "not better than climatology at 30 days" in rivals_summary(bad, "limits_talks")
    assert all(number(good, MODEL, bound) < (bound.at_most or 0) for bound in BOUNDS if bound.measure == LOG)


def test_a_difference_is_the_difference_of_the_means(few: Backtest) -> None:
    compared = compare(forecasts(few, {MODEL: toward(few, 0.3)}), few)
    selection = Selection("limits_talks", 90, "wet", "all")
    y = few.outcome[:, TARGETS.index("limits_talks"), 1]
    kept = ~few.dry & ~np.isnan(y)
    mine, theirs = (
        log_score(compared.backtest.forecasts[name][kept, TARGETS.index("limits_talks"), 1], y[kept]).mean()
        for name in (MODEL, f"documents only{STORED}")
    )
    assert compared.less(f"documents only{STORED}", selection).mean == pytest.approx(mine - theirs)


def test_one_perturbed_row_stands_beside_the_stored_one_and_moves_nothing_else(few: Backtest) -> None:
    perturbed = forecasts(few, {"documents only": few.forecasts["documents only"] * 0.9})
    assert set(compare(perturbed, few).rivals()) - set(compare(few, few).rivals()) == {"documents only"}
    before, after = (list(rivals_section(compare(one, few))) for one in (few, perturbed))
    added = set(after) - set(before)
    assert len(added) == 8  # two targets, four groups of origins
    assert all(line.startswith("| documents only, new |") for line in added)
    assert set(before) <= set(after)


def test_what_changes_of_framing_cost_is_told_where_the_file_holds_it(few: Backtest) -> None:
    held = forecasts(few, {NO_CHANGE: toward(few, 0.2)})
    costs = re.findall(r"[\d.]+, [\d.]+, ([+-][\d.]+) ±", "\n".join(change_section(compare(held, few))))
    assert len(costs) == 2 * 2 * 4
    assert all(float(cost) > 0 for cost in costs)


def test_outcomes_are_those_of_the_new_backtest_and_others_are_counted(few: Backtest) -> None:
    revised = few.outcome.copy()
    i = int(np.flatnonzero(~np.isnan(revised[:, HEADLINE, 2]))[0])
    revised[i, HEADLINE, 2] = 1 - revised[i, HEADLINE, 2]
    compared = compare(replace(few, outcome=revised), few)
    assert compared.changed == 1
    assert compared.backtest.outcome[i, HEADLINE, 2] == revised[i, HEADLINE, 2]
    assert compared.less(FIRST, Selection("arms_control_talks", 180)).mean == 0


def test_origins_and_windows_that_only_one_has_are_left_out(few: Backtest) -> None:
    shorter = narrowed(few, few.origins[5:25], few.horizons[1:3])
    compared = compare(shorter, few)
    assert (compared.backtest.origins, compared.backtest.days()) == (few.origins[5:25], (90, 180))
    np.testing.assert_array_equal(compared.backtest.forecasts[FIRST], few.forecasts[MODEL][5:25][..., 1:3])


def test_backtests_without_a_common_origin_cannot_be_compared(few: Backtest) -> None:
    with pytest.raises(NoBacktest, match=r"have none in common; make a backtest at the same origins"):
        compare(make_backtest(last=date(1900, 1, 1)), few)


@pytest.mark.parametrize(
    ("mean", "error", "verdict"),
    [(0.02, 0.03, NOT_WORSE), (0.03, 0.02, WORSE), (-0.1, 0.01, NOT_WORSE), (float("nan"), float("nan"), UNMEASURED)],
)
def test_not_worse_is_within_one_standard_error(mean: float, error: float, verdict: str) -> None:
    assert worse_than_error(Difference(mean, error, mean - error, mean + error)) == verdict


def test_a_word_is_said_only_where_the_interval_excludes_nought() -> None:
    assert decision(Difference(-0.1, 0.05, -0.2, 0.0)) == ""
    assert decision(Difference(-0.1, 0.05, -0.2, -0.01)) == BETTER
    assert decision(Difference(0.1, 0.05, 0.01, 0.2)) == WORSE
    assert decision(Difference(*[float("nan")] * 4)) == ""


# ---- framing


def framed(share: float) -> Backtest:
    """What is built, and a first model whose forecasts lie nearer to what came true, or farther from it."""
    backtest = make_backtest(first=date(1900, 1, 1), last=date(2009, 12, 1))
    said = {AS_BUILT: backtest.forecasts[MODEL], FIRST: toward(backtest, share)}
    return replace(forecasts(backtest, said), forecasts=said)


@pytest.mark.parametrize(
    ("share", "end"),
    [(0.0, "what is built stands."), (-0.5, "what is built stands."), (0.5, f"{FIRST} replaces what is built.")],
)
def test_a_candidate_replaces_what_is_built_only_if_it_is_better(share: float, end: str) -> None:
    assert framing_verdict(framed(share)).endswith(end)


def test_a_gain_within_two_standard_errors_leaves_what_is_built() -> None:
    """Better at one origin alone: the error of a paired mean is then about the mean itself."""
    backtest = framed(0.0)
    said = backtest.forecasts[AS_BUILT].copy()
    said[7, HEADLINE] = toward(forecasts(backtest, {MODEL: said}), 0.9)[7, HEADLINE]
    assert framing_verdict(replace(backtest, forecasts={**backtest.forecasts, FIRST: said})).endswith("stands.")


def test_the_report_on_framing_shows_both_targets_all_and_dry() -> None:
    report = "\n".join(framing_report(framed(-0.2)))
    assert report.count(f"| {AS_BUILT} |") == report.count(f"| {FIRST} |") == 2
    assert "log, all | bias, all | log − as built, all | log, dry | bias, dry | log − as built, dry" in report


# ---- Laplace against NUTS


def test_origins_are_spread_over_those_that_are_resolved(first: Backtest) -> None:
    chosen = spread_origins(first, 12)
    assert len(set(chosen)) == 12
    assert chosen[0] == first.origins[0]
    at = [first.origins.index(origin) for origin in chosen]
    assert not np.isnan(first.outcome[at]).any()
    assert max(np.diff(at)) - min(np.diff(at)) <= 1
    assert spread_origins(first, 10_000) == tuple(
        origin for origin, y in zip(first.origins, first.outcome, strict=True) if not np.isnan(y).any()
    )


def test_the_difference_is_that_of_mean_log_scores_over_what_is_resolved(few: Backtest) -> None:
    exact = forecasts(few, {LAPLACE: toward(few, 0.2), NUTS: few.forecasts[MODEL]})
    known = ~np.isnan(few.outcome)
    means = [log_score(exact.forecasts[name][known], few.outcome[known]).mean() for name in (LAPLACE, NUTS)]
    assert abs(means[0] - means[1]) > AT_MOST
    assert exact_verdict(exact).endswith(f"= {abs(means[0] - means[1]):.4f}, at most {AT_MOST}: {MISSED}.")
    same = forecasts(few, {LAPLACE: few.forecasts[MODEL], NUTS: few.forecasts[MODEL]})
    assert exact_verdict(same).endswith(f"= 0.0000, at most {AT_MOST}: {MET}.")
    report = "\n".join(exact_report(same))
    assert report.count("| +0.0000 |") == 1 + len(TARGETS) + sum(known.any(axis=(1, 2)))


# ---- candidates


def test_the_candidates_are_those_of_the_page() -> None:
    table = PAGE.partition("## Candidates")[2].partition("## Criteria")[0]
    named = re.findall(r"^\| ([\w ]+) \|", table, re.MULTILINE)[1:]
    assert set(candidates()) | {FIRST} == set(named)


def test_every_structure_is_another_one() -> None:
    found = [*candidates().values(), *assumptions().values()]
    assert len(set(found)) == len(found) - 1  # no indicators is a candidate and a row of the sensitivity
    assert candidates()[AS_BUILT] not in assumptions().values()
    assert set(CHANGES) <= set(variants())


# ---- the command line


def test_the_command_reads_a_file_and_prints_the_report(
    few: Backtest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "new.nc"
    to_dataset(narrowed(few, few.origins, few.horizons[:2])).to_netcdf(path)
    main(["bounds", str(path)])
    out = capsys.readouterr().out
    assert [line for line in out.splitlines() if line.startswith("## ")] == [
        "## Bounds: a check of the build, not evidence",
        "## Against naive rows and documents only",
        f"## {MODEL} less the {FIRST}: other targets and scenarios, all origins",
        "## Changes of framing within a spell",
    ]


def test_a_file_that_is_none_is_told_in_a_line(few: Backtest, tmp_path: Path) -> None:
    text, other, kind = tmp_path / "text.nc", tmp_path / "other.nc", tmp_path / "kind.nc"
    text.write_text("no arrays")
    to_dataset(make_backtest()).drop_vars("outcome").to_netcdf(other)
    to_dataset(replace(few, kind="retrospective")).to_netcdf(kind)
    for path, why in (
        (tmp_path / "none.nc", "there is no such file"),
        (text, "cannot be read as a backtest"),
        (other, "cannot be read as a backtest"),
        (kind, "is a retrospective backtest"),
    ):
        with pytest.raises(SystemExit, match=rf"error: .*{why}.*parley backtest"):
            main(["bounds", str(path)])


def test_a_file_without_the_model_names_what_it_holds(tmp_path: Path) -> None:
    path, dataset = tmp_path / "naive.nc", to_dataset(make_backtest())
    dataset.sel(forecaster=["climatology"]).to_netcdf(path)
    with pytest.raises(NoBacktest, match=r"holds climatology and no Parley; give a file"):
        read_file(path)


@pytest.mark.parametrize("wrong", [[], ["bounds"], ["exact", "--origins", "0"], ["framing", "--workers", "two"]])
def test_wrong_usage_exits_with_two(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(wrong)
    assert "error:" in capsys.readouterr().err
