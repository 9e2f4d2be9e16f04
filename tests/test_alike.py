"""What came of forecasts like the one that is shown: counts by hand, and one answer on every face."""

import json
from dataclasses import asdict, replace
from datetime import date, timedelta
from importlib.resources import files

import numpy as np
import pytest
import xarray as xr
from toy_backtests import make_backtest

from forecast.evaluation.alike import EDGES, PARLEY, count_bands, find_band, nearest, read_alike
from forecast.evaluation.forecasters import MODEL
from forecast.evaluation.origins import from_dataset
from forecast.evaluation.report import bands_of, bands_payload, payload
from forecast.evaluation.scoreboard import Selection
from forecast.facts.quality import FEWEST, Alike, Moment
from forecast.words.english.quality import alike_sentence
from models.spec import TARGETS

HEADLINE = "arms_control_talks"


def test_every_forecast_that_counts_is_in_one_band() -> None:
    backtest = make_backtest(first=date(1990, 1, 1), step=60)
    for situation in ("dry", "wet"):
        kept = backtest.dry if situation == "dry" else ~backtest.dry
        bands = bands_of(backtest, Selection(HEADLINE, 180, situation))
        assert sum(band.n for band in bands) == kept.sum()
        said = backtest.forecasts[MODEL][kept][:, TARGETS.index(HEADLINE), 2]
        for band in bands:
            assert band.n == ((said >= band.low) & (said < band.high)).sum()
            assert 0 <= band.spells <= band.came_true <= band.n
            assert 1 <= band.apart <= band.n


def test_windows_apart_do_not_overlap_and_no_more_would_fit() -> None:
    monthly = [date(2000, 1, 1) + timedelta(days=30 * i) for i in range(40)]
    yes = np.ones(40, dtype=bool)
    (band,) = count_bands(monthly, 90, np.full(40, 0.15), np.zeros(40), yes)
    assert (band.low, band.high, band.n, band.came_true, band.spells, band.apart) == (0.1, 0.2, 40, 0, 0, 14)
    (band,) = count_bands(monthly, 30, np.full(40, 0.15), np.zeros(40), yes)
    assert band.apart == 40


def test_outcomes_of_one_stretch_of_time_are_told_as_one() -> None:
    months = [date(2000, 1, 1) + timedelta(days=30 * i) for i in range(12)]
    outcome = np.array([0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 1, 1], dtype=float)
    said = np.where(np.arange(12) < 9, 0.15, 0.5)
    low, high = count_bands(months, 30, said, outcome, np.ones(12, dtype=bool))
    assert (low.came_true, low.spells) == (4, 2)
    assert (high.came_true, high.spells) == (2, 1)


@pytest.mark.parametrize(("p", "low"), [(0.0, 0.0), (0.049, 0.0), (0.05, 0.05), (0.1, 0.1), (0.95, 0.9), (1.0, 0.9)])
def test_a_forecast_on_an_edge_is_in_the_band_above(p: float, low: float) -> None:
    band = find_band((), p)
    assert (band.low, band.n) == (low, 0)
    assert band.high == EDGES[EDGES.index(low) + 1]


def test_the_nearest_window_is_taken_and_it_is_said() -> None:
    assert [nearest((30, 90, 180), days) for days in (365, 60, 10)] == [180, 30, 30]
    assert nearest((), 30) is None
    found = _alike(Moment(HEADLINE, 700, dry=True, p=0.3))
    assert (found.horizon_days, found.asked_days) == (365, 700)
    assert "(it does not reach the 700 d shown)" in alike_sentence(found)


def _alike(moment: Moment) -> Alike:
    facts = payload_of()
    found = read_alike(facts, moment)
    assert found is not None
    return found


def payload_of() -> dict[str, object]:
    backtest = make_backtest(first=date(1985, 1, 1))
    shown = replace(backtest, scenarios={}, pareto_k={})
    return {**payload(backtest, HEADLINE), "bands": bands_payload(shown, [HEADLINE])}


def test_a_backtest_tells_of_each_situation_apart() -> None:
    backtest = make_backtest(first=date(1985, 1, 1))
    facts, place = payload(backtest, HEADLINE), TARGETS.index(HEADLINE)
    for dry in (True, False):
        found = read_alike(facts, Moment(HEADLINE, 365, dry=dry, p=0.2))
        assert found is not None
        kept = backtest.dry == dry
        assert found.n == kept.sum()
        assert found.mean_forecast == pytest.approx(backtest.forecasts[MODEL][kept, place, 3].mean())
        assert found.frequency == pytest.approx(backtest.outcome[kept, place, 3].mean())
        assert ("in dry times" if dry else "in wet times") in alike_sentence(found)
    assert read_alike(facts, Moment("weather", 365, dry=True, p=0.2)) is None
    assert read_alike({}, Moment(HEADLINE, 365, dry=True, p=0.2)) is None


def test_too_few_is_said_and_never_said_too() -> None:
    found = _alike(Moment(HEADLINE, 365, dry=True, p=0.3))
    assert found.band is not None
    few = replace(found, band=replace(found.band, n=9, came_true=0, spells=0, apart=FEWEST - 1))
    many = replace(found, band=replace(found.band, n=40, came_true=12, spells=4, apart=FEWEST))
    never = replace(found, band=replace(found.band, n=0))
    assert "none of 9 came true" in alike_sentence(few)
    assert alike_sentence(few).endswith("too few to go by.")
    assert "12 of 40 came true, in 4 stretches of time" in alike_sentence(many)
    assert "too few to go by" not in alike_sentence(many)
    assert "it never said" in alike_sentence(never)
    assert "When it said" not in alike_sentence(replace(found, band=None))


def test_the_shipped_facts_are_those_of_the_shipped_arrays() -> None:
    facts = json.loads((files("forecast") / "shipped_backtest.json").read_text(encoding="utf-8"))
    with xr.open_dataset(files("forecast") / "shipped_backtest.nc") as found:  # type: ignore[arg-type]
        backtest = from_dataset(found.load())
    assert facts["bands"] == json.loads(json.dumps(bands_payload(backtest, [HEADLINE])))
    for days in (30, 365):
        found = read_alike(facts, Moment(HEADLINE, days, dry=True, p=0.14))
        assert found is not None
        assert found.band is not None
        assert asdict(found.band) in [asdict(band) for band in bands_of(backtest, Selection(HEADLINE, days, "dry"))]


def test_parley_is_called_alike() -> None:
    assert PARLEY == MODEL
