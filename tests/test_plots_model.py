"""Pictures of the model: effects by source, the diagnostics of a fit, reliability."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import arviz as az
import numpy as np
import pandas as pd
import pytest
from toy_backtests import make_backtest, store_backtest
from toy_fits import INDICATORS, store_fit, store_run, toy_effects, toy_tree
from toy_runs import install_toy

from db.engine import Database, open_database
from db.errors import StoreError
from db.posteriors import path_of
from db.read_runs import read_effects as read_effect_rows
from db.read_runs import read_run
from db.run_rows import EffectRow
from db.when import When
from forecast.errors import NoBacktest, NoForecast, NoPosterior, NothingToDraw
from forecast.evaluation.figures import calibrate
from forecast.evaluation.origins import Backtest
from forecast.facts.evidence import ALL_CHAINS, SOURCES
from forecast.plots.diagnostics import DiagnosticsFacts, draw_diagnostics, read_diagnostics
from forecast.plots.effects import draw_effects, read_effects
from forecast.plots.mixing import ALPHA, rank_draws
from forecast.plots.reliability import draw_reliability_figure, read_reliability
from forecast.plots.style import as_svg
from forecast.words.english import plots as english
from models.parameters import DIMS
from models.spec import EFFECT_TARGETS


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the toy case, which tests copy instead of installing it again."""
    folder = tmp_path_factory.mktemp("installed")
    install_toy(folder).close()
    return folder / "parley.db"


@pytest.fixture
def toy(installed: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(installed, tmp_path)
    with open_database(f"sqlite:///{tmp_path / 'parley.db'}") as database:
        yield database


# Effects


def test_effects_are_those_stored(toy: Database) -> None:
    number = store_run(toy, effects=toy_effects())
    with toy.read() as connection:
        facts = read_effects(connection)
        stored = {row for row in read_effect_rows(connection, number) if row.target == "arms_control_talks"}
    assert facts.run_id == number
    assert stored == {
        EffectRow(facts.target, effect.indicator, source, one.mean, one.sd)
        for effect in facts.effects
        for source, one in effect.estimates.items()
    }
    assert [effect.indicator for effect in facts.effects] == list(INDICATORS)


def test_marks_stand_at_means_within_their_intervals(toy: Database) -> None:
    store_run(toy, effects=toy_effects())
    with toy.read() as connection:
        facts = read_effects(connection, target="contact")
    axes = draw_effects(facts).axes[0]
    marks = [float(line.get_xdata()[0]) for line in axes.lines if len(line.get_xdata()) == 1]
    assert marks == [effect.estimates[source].mean for effect in facts.effects for source in SOURCES]
    one = facts.effects[0].estimates["posterior"]
    assert one.interval(90)[0] == pytest.approx(one.mean - 1.645 * one.sd, abs=1e-3)
    assert one.interval(50)[1] == pytest.approx(one.mean + 0.674 * one.sd, abs=1e-3)
    assert [label.get_text() for label in axes.get_yticklabels()] == list(INDICATORS)
    assert axes.get_xlabel() == "effect on contact: log intensity per level"


def test_a_second_axis_says_the_same_in_factors(toy: Database) -> None:
    store_run(toy, effects=toy_effects())
    with toy.read() as connection:
        figure = draw_effects(read_effects(connection, target="deal"))
    (above,) = figure.axes[0].child_axes
    factors = [float(label.get_text().removeprefix("×")) for label in above.get_xticklabels()]
    assert factors == pytest.approx(np.exp(above.get_xticks()), rel=0.005)
    assert len(factors) > 2
    assert above.get_xlabel() == "factor on the odds per level"
    assert "log odds" in figure.axes[0].get_xlabel()


def test_history_may_be_missing(toy: Database) -> None:
    store_run(toy, effects=toy_effects(("orientation", "documents", "posterior")))
    with toy.read() as connection:
        facts = read_effects(connection)
    assert "history" not in english.effects_caption(facts)
    legend = [text.get_text() for text in draw_effects(facts).legends[0].get_texts()]
    assert legend[:3] == ["orientation prior", "prior with the documents (no events)", "posterior"]


def test_a_caption_names_the_run_and_the_largest_effect(toy: Database) -> None:
    store_run(toy, effects=toy_effects())
    with toy.read() as connection:
        caption = english.effects_caption(read_effects(connection))
    assert "Effects of 3 indicators on arms-control talks in run 1 (manual, as of 2020-01-01), log intensity" in caption
    assert "means with 50 and 90 % intervals (normal, from mean and sd)" in caption
    assert "Largest: press_tone, +0.33 (×1.39 per level; 90 % interval +0.20 to +0.46)" in caption
    assert "2 of 3 90 % intervals of the posterior leave out 0." in caption
    assert caption.endswith("under 5 %, set by documents, not by events (3 of 3).")


def test_an_indicator_no_longer_in_the_catalogue_stands_last(toy: Database) -> None:
    gone = [replace(row, indicator_id="abandoned") for row in toy_effects() if row.indicator_id == "harvest"]
    store_run(toy, effects=[*gone, *toy_effects()])
    with toy.read() as connection:
        last = read_effects(connection).effects[-1]
    assert (last.indicator, last.name, last.group) == ("abandoned", "abandoned", "")


def test_what_has_no_effects_is_told(toy: Database) -> None:
    with toy.read() as connection, pytest.raises(NoForecast, match="nothing has been published yet; run `parley upd"):
        read_effects(connection)
    store_run(toy, effects=toy_effects())
    provisional = store_run(toy, kind="provisional")
    with toy.read() as connection:
        with pytest.raises(NothingToDraw, match=r"run 2 is provisional and keeps no effects; .* the last is run 1"):
            read_effects(connection, run_id=provisional)
        with pytest.raises(NothingToDraw, match="no effects on limits_talks: indicators act on arms_control_talks"):
            read_effects(connection, target="limits_talks")
        with pytest.raises(NoForecast, match="nothing was published as of 2015-01-01 or before; run `parley update"):
            read_effects(connection, when=When(as_of=date(2015, 1, 1)))


# Diagnostics


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> DiagnosticsFacts:
    """Of a sound fit."""
    with install_toy(tmp_path_factory.mktemp("fit")) as database:
        store_fit(database, toy_tree())
        with database.read() as connection:
            return read_diagnostics(connection, database.posteriors)


def test_diagnostics_are_those_of_arviz(facts: DiagnosticsFacts) -> None:
    # One parameter at a time: of several with unlike dimensions the summary gives some rows the labels of others.
    each = [az.summary(toy_tree(), var_names=[name], kind="diagnostics", round_to="none") for name in DIMS]
    table = pd.concat(each)
    found = {label: place for block in facts.blocks for place, label in enumerate(block.labels)}
    assert list(table.index) == list(found)
    for name, column in (("rhat", "r_hat"), ("ess_bulk", "ess_bulk"), ("ess_tail", "ess_tail")):
        values = np.concatenate([getattr(block, name) for block in facts.blocks])
        np.testing.assert_allclose(values, table[column], rtol=1e-9)
    ebfmi = az.bfmi(toy_tree())["energy"].values  # over one draw more or less
    np.testing.assert_allclose([chain.ebfmi for chain in facts.chains], ebfmi, rtol=2 / 500)


def test_every_parameter_stands_in_its_block(facts: DiagnosticsFacts) -> None:
    sizes = {block.name: len(block.labels) for block in facts.blocks}
    assert sizes == {f"weight[{target}]": 3 for target in EFFECT_TARGETS} | {
        "unit": 1, "slope": 1, "tilt": 1, "deviation": 6, "base": 6, "pace": 2, "fraction": 1, "momentum": 2,
        "memory": 1, "regime_z": 4, "duration": 1, "change": 1, "judgement_excess": 1
    }  # fmt: skip
    assert [one.label for one in facts.ranks[:3]] == ["unit", "judgement_excess", "fraction"]
    assert [one.worst for one in facts.ranks[-3:]] == ["", "rhat", "ess_bulk"]


def test_a_sound_fit_keeps_every_rule(facts: DiagnosticsFacts) -> None:
    assert [one.measure for one in facts.verdicts] == ["rhat", "ess_bulk", "ess_tail", "divergences", "ebfmi"]
    assert all(one.kept for one in facts.verdicts)
    assert (
        "Diagnostics of run 1 (official, as of 2020-01-01), 4 chains × 500 draws, 43 parameters"
        in english.diagnostics_caption(facts.told)
    )
    assert "The gate passed it: R-hat 1.0" in english.diagnostics_caption(facts.told)


def test_a_rejected_fit_shows_what_it_broke(toy: Database) -> None:
    store_fit(toy, toy_tree())
    number = store_fit(toy, toy_tree(mixed=False, diverged=5), status="rejected")
    with toy.read() as connection:
        facts = read_diagnostics(connection, toy.posteriors, run_id=number)
    broken = {one.measure: one.of for one in facts.verdicts if not one.kept}
    assert broken == {"rhat": "unit", "ess_bulk": "unit", "ess_tail": broken["ess_tail"], "divergences": ALL_CHAINS}
    assert "Rejected: R-hat" in english.diagnostics_caption(facts.told)
    assert "divergences 5 (all chains; gate ≤ 2)" in english.diagnostics_caption(facts.told)
    unit = facts.ranks[0]
    assert np.abs(unit.difference[0]).max() > unit.band
    figure = draw_diagnostics(facts)
    words = {text.get_text() for axes in figure.axes for text in axes.texts}
    assert "BROKEN" in words
    legends = [axes.get_legend() for axes in figure.axes if axes.get_legend()]
    assert "diverged" in {text.get_text() for legend in legends for text in legend.get_texts()}


def test_ranks_by_chain_depart_alike_and_end_at_nought(facts: DiagnosticsFacts) -> None:
    for one in facts.ranks:
        assert one.difference.shape == (4, 101)
        np.testing.assert_allclose(one.difference.mean(axis=0), 0, atol=2 / 500)  # a chain's excess is others' lack
        np.testing.assert_allclose(one.difference[:, [0, -1]], 0, atol=1e-12)


@pytest.mark.parametrize("chains", [2, 4])
def test_the_band_holds_most_fits_that_mixed(chains: int) -> None:
    random = np.random.default_rng(chains)
    ranks = [rank_draws("", random.standard_normal((chains, 500)), 500.0) for _ in range(400)]
    outside = np.mean([np.abs(one.difference).max() > one.band for one in ranks])
    assert 0.001 < outside <= ALPHA + 0.02


def test_the_page_shows_all_that_was_measured(facts: DiagnosticsFacts) -> None:
    figure = draw_diagnostics(facts)
    width, height = figure.get_size_inches()
    assert (width, height) < (8.3, 11.7)
    labels = [axes.get_xlabel() for axes in figure.axes]
    assert {"R-hat (below 1.0001 drawn there)", "effective draws", "energy (nats)"} <= set(labels)
    ranks = [axes for axes in figure.axes if len(axes.lines) == 5 and not axes.get_xlabel()]
    assert len(ranks) == len(facts.ranks)
    np.testing.assert_array_equal(ranks[0].lines[1].get_ydata(), facts.ranks[0].difference[0])


def test_what_was_not_fitted_has_no_diagnostics(toy: Database) -> None:
    number = store_fit(toy, toy_tree())
    with toy.read() as connection:
        digest = read_run(connection, number).posterior_hash
    store_run(toy, kind="provisional", posterior=digest)
    store_run(toy, kind="provisional", posterior="4" * 64)
    store_run(toy, posterior=None)
    with toy.read() as connection:
        with pytest.raises(NoPosterior, match="run 2 is provisional and made no fit; it stands on that of run 1: name"):
            read_diagnostics(connection, toy.posteriors, run_id=2)
        with pytest.raises(NoPosterior, match="run 3 is provisional and made no fit; see `parley runs`"):
            read_diagnostics(connection, toy.posteriors, run_id=3)
        with pytest.raises(NoPosterior, match="run 4 kept no posterior; run `parley update --as-of 2020-01-01`"):
            read_diagnostics(connection, toy.posteriors, run_id=4)


def test_an_altered_or_missing_posterior_is_told(toy: Database) -> None:
    number = store_fit(toy, toy_tree())
    with toy.read() as connection:
        digest = read_run(connection, number).posterior_hash
        assert digest is not None
        path = path_of(toy.posteriors.folder, digest)
        path.write_bytes(path.read_bytes()[:-1] + b"x")
        with pytest.raises(StoreError, match="not what its name says; restore it from a backup"):
            read_diagnostics(connection, toy.posteriors)
        path.unlink()
        with pytest.raises(StoreError, match="is missing; restore it from a backup"):
            read_diagnostics(connection, toy.posteriors)


@pytest.mark.slow
def test_a_real_fit_gives_what_the_gate_kept(published_copy: Path) -> None:
    with open_database(f"sqlite:///{published_copy / 'parley.db'}") as database, database.read() as connection:
        facts = read_diagnostics(connection, database.posteriors)
        kept = read_run(connection, facts.run_id).detail["diagnostics"]
        effects = read_effects(connection)
    assert isinstance(kept, dict)
    values = {one.measure: one.value for one in facts.verdicts}
    assert values["rhat"] == f"{kept['rhat_max']:.4f}"
    assert values["ess_bulk"] == f"{kept['ess_bulk_min']:.0f}"
    assert values["ebfmi"] == f"{kept['ebfmi_min']:.2f}"
    assert set(facts.chains[0].means) == {"step", "accepted", "depth"}
    assert len(effects.effects) == 3


# Reliability


def test_curves_are_those_of_the_trust_page(toy: Database) -> None:
    backtest = make_backtest(last=date(1900, 1, 1))
    number = store_backtest(toy, backtest)
    with toy.read() as connection:
        facts = read_reliability(connection, toy.posteriors)
    assert facts.calibrations[0] == calibrate(backtest, "limits_talks", "all")
    assert [one.situation for one in facts.calibrations] == ["all", "dry", "all", "dry"]
    figure = draw_reliability_figure(facts)
    curves = figure.axes[::2]
    assert len(curves) == len(facts.calibrations)
    for axes, one in zip(curves, facts.calibrations, strict=True):
        assert tuple(axes.lines[1].get_xdata()) == one.curve.forecast
        assert tuple(axes.lines[1].get_ydata()) == one.curve.frequency
        assert f"n = {one.n}" in axes.get_title(loc="left")
    first = facts.calibrations[0]
    assert f"in backtest {number} (strict, " in english.reliability_caption(facts)
    assert (
        f"Talks on limits, any framing in 180 d, all origins (n = {first.n}): inside its band"
        in english.reliability_caption(facts)
    )
    assert "90 % bands" in english.reliability_caption(facts)


def first_windows(backtest: Backtest, number: int) -> Backtest:
    """The same with the shortest windows alone."""
    return replace(
        backtest,
        horizons=backtest.horizons[:number],
        outcome=backtest.outcome[:, :, :number],
        scenario=backtest.scenario[:, :number],
        forecasts={name: said[:, :, :number] for name, said in backtest.forecasts.items()},
        scenarios={name: said[:, :, :number] for name, said in backtest.scenarios.items()},
    )


def test_without_a_backtest_there_is_no_reliability(toy: Database) -> None:
    with toy.read() as connection, pytest.raises(NoBacktest, match="no backtest of this case is stored; run `parley"):
        read_reliability(connection, toy.posteriors)
    number = store_backtest(toy, first_windows(make_backtest(last=date(1900, 1, 1)), 2))
    with toy.read() as connection, pytest.raises(NoBacktest, match="backtest 1 holds no window of the curves' length"):
        read_reliability(connection, toy.posteriors, backtest_id=number)


# All


def test_the_same_facts_give_the_same_bytes(toy: Database, facts: DiagnosticsFacts) -> None:
    store_run(toy, effects=toy_effects())
    with toy.read() as connection:
        effects = read_effects(connection)
    assert as_svg(draw_effects(effects)) == as_svg(draw_effects(effects))
    assert as_svg(draw_diagnostics(facts)) == as_svg(draw_diagnostics(facts))
