"""The fit of the reference class, the priors made from it, and the filter that compares structures on it."""

import hashlib
import tomllib
from dataclasses import replace
from datetime import date
from math import exp, hypot
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import reference_foreign
from scipy.integrate import quad
from scipy.stats import norm

from benchmarks.reference.cells import cut_cells, silence_term
from benchmarks.reference.comparison import BUILT, SELECTIONS, Compared, compare, dyad_means, score
from benchmarks.reference.fit import Fit, Normal, fit_class
from benchmarks.reference.grid_filter import FIRST_ORIGIN, STEP, Hazard, Origin, forecast_track
from benchmarks.reference.markdown import show_one
from benchmarks.reference.priors import DURATION_SD, FILE, FRAMING_SD, YEARS, numbers, numbers_of, render
from benchmarks.reference.recovery import World, simulate
from benchmarks.reference.tables import FOLDER, Meeting, Track, from_first_meeting, hash_tables, read_tracks, silences

PAGE = Path(__file__).parent.parent / "docs" / "reference.md"
WRITTEN = tomllib.loads(FILE.read_text(encoding="utf-8"))
BY_YEAR = {entry["year"]: entry for entry in WRITTEN["reference"]["year"]}
TRACKS = read_tracks()


@pytest.fixture(scope="module")
def fit() -> Fit:
    return fit_class(TRACKS)


def _track(*meetings: tuple[int, int], until: int = 10_000) -> Track:
    """A track watched from its first meeting on."""
    return Track(
        dyad="A-B",
        subject="arms",
        group="N",
        first=meetings[0][0],
        until=until,
        meetings=tuple(Meeting(*each) for each in meetings),
    )


# The file


def test_the_file_is_of_these_tables() -> None:
    shipped = b"".join((FOLDER / name).read_bytes() for name in ("dyads.csv", "talks.csv"))
    assert WRITTEN["reference"]["tables"] == hashlib.sha256(shipped).hexdigest()


@pytest.mark.parametrize("year", [1994, 2026])
def test_the_file_has_what_the_script_writes(year: int) -> None:
    """The rest of the years is made in the same way; all of them take a minute."""
    text = render({year: numbers_of(year, TRACKS)}, hash_tables())
    made = tomllib.loads(text)
    assert made["framing_change"] == WRITTEN["framing_change"]
    assert made["reference"]["year"] == [BY_YEAR[year]]
    written = FILE.read_text(encoding="utf-8")
    assert all(part in written for part in text.split("\n\n"))


def test_every_year_of_the_record_has_its_numbers() -> None:
    assert list(BY_YEAR) == list(YEARS)
    for entry in BY_YEAR.values():
        assert entry["duration"][1] >= DURATION_SD
        assert entry["onset"][1] > FRAMING_SD


def test_the_numbers_are_the_fits_with_what_is_judged(fit: Fit) -> None:
    found = numbers(fit)
    assert found.onset == Normal(fit.level.mean, hypot(fit.level.sd, fit.frailty, 0.4))
    assert found.duration == Normal(fit.duration.mean, max(fit.duration.sd, 0.2))
    assert numbers(replace(fit, duration=Normal(0.3, 0.31))).duration.sd == 0.31


def test_the_page_has_the_fit_of_these_tables(fit: Fit) -> None:
    assert show_one("N, K and S (main)", fit) in PAGE.read_text(encoding="utf-8").splitlines()


# A foreign fit


def test_a_foreign_fit_gives_the_same_numbers(fit: Fit) -> None:
    """Day by day where ours has cells, with other grids and code: what differs is the error of quadrature."""
    level, level_square, duration, duration_square, frailty_square = reference_foreign.posterior(FOLDER)
    level_sd, duration_sd = (level_square - level**2) ** 0.5, (duration_square - duration**2) ** 0.5
    assert (fit.level.mean, fit.level.sd) == pytest.approx((level, level_sd), abs=0.005)
    assert (fit.duration.mean, fit.duration.sd) == pytest.approx((duration, duration_sd), abs=0.005)
    assert fit.frailty == pytest.approx(frailty_square**0.5, abs=0.005)
    today = BY_YEAR[max(BY_YEAR)]
    onset_sd = (level_sd**2 + frailty_square + 0.4**2) ** 0.5
    assert today["onset"] == pytest.approx([level, onset_sd], abs=0.005)
    assert today["duration"] == pytest.approx([duration, max(duration_sd, 0.2)], abs=0.005)


# What a fit may read


@pytest.mark.parametrize("year", [1998, 2010])
def test_what_came_after_a_year_changes_nothing(year: int, tmp_path: Path) -> None:
    """Rows that ended later are struck from the tables, and windows are longer: the same numbers to the last bit."""
    talks = pd.read_csv(FOLDER / "talks.csv", dtype=str, keep_default_na=False)
    talks[talks["ended_on"] < f"{year}-01-01"].to_csv(tmp_path / "talks.csv", index=False)
    dyads = pd.read_csv(FOLDER / "dyads.csv", dtype=str, keep_default_na=False)
    dyads.loc[dyads["observed_to"] >= f"{year}-01-01", "observed_to"] = "2031-05-01"
    dyads.to_csv(tmp_path / "dyads.csv", index=False)
    assert numbers_of(year, read_tracks(tmp_path)) == numbers_of(year, TRACKS)


def test_what_came_before_a_year_counts() -> None:
    assert numbers_of(2010, TRACKS) != numbers_of(1998, TRACKS)
    assert max(meeting.ended for track in TRACKS for meeting in track.meetings) < date(YEARS[-1], 1, 1).toordinal()


def test_the_case_itself_is_in_no_fit() -> None:
    assert not {"US-DPRK", "DPRK-US"} & {track.dyad for track in TRACKS}


def test_dry_days_and_beginnings_are_those_of_a_count_day_by_day() -> None:
    rows, talks = (
        pd.read_csv(FOLDER / name, dtype=str, keep_default_na=False).to_dict("records")
        for name in ("dyads.csv", "talks.csv")
    )
    counted = [reference_foreign.dry_days(row, talks) for row in rows if any(_of(row, talk) for talk in talks)]
    found = [cut_cells([track]) for track in from_first_meeting(TRACKS, tuple({track.group for track in TRACKS}))]
    assert [len(days) for days in counted] == [cells.days.sum() for cells in found]
    assert [sum(begun for _, _, begun in days) for days in counted] == [cells.beginnings.sum() for cells in found]


def _of(row: dict[str, str], talk: dict[str, str]) -> bool:
    return (row["dyad"], row["track"]) == (talk["dyad"], talk["track"])


def test_meetings_less_than_ninety_days_apart_are_one_spell() -> None:
    joined, apart = (list(silences(_track((0, 5), (5 + days, 100), until=1000))) for days in (89, 90))
    assert [(silence.first, silence.broken) for silence in joined] == [(190, False)]
    assert [(silence.first, silence.until, silence.broken) for silence in apart] == [(95, 96, True), (190, 1000, False)]


def test_simulated_talks_begin_as_often_as_their_rate_says() -> None:
    """Beginnings less the integral of their rate over dry days have mean 0 and a variance of that integral."""
    world = World(level=-5.5, duration=0.5, frailty=0.0, regime=0.0)
    windows = from_first_meeting(TRACKS, ("N", "K", "S", "W"))
    cells = cut_cells(list(simulate(windows, world, np.random.default_rng(5))))
    expected = (cells.days * np.exp(-5.5 + 0.5 * silence_term(cells.silence))).sum()
    assert expected > 300
    assert cells.beginnings.sum() == pytest.approx(expected, abs=4 * expected**0.5)


# The filter


def _forecast(track: Track, hazard: Hazard) -> dict[int, float]:
    """The forecasts at the track's first origin, by horizon."""
    return {origin.horizon: origin.forecast for origin in list(forecast_track(track, hazard))[:2]}


def test_a_known_rate_with_memory_of_silence_is_the_integral_of_a_power() -> None:
    silent = _track((0, 0))
    hazard = Hazard(level=Normal(-7.0, 0.0), duration=Normal(0.5, 0.0), regime_sd=0.0)
    begun = FIRST_ORIGIN * STEP
    for horizon, forecast in _forecast(silent, hazard).items():
        days = np.arange(begun + 1, begun + horizon + 1)
        expected = exp(-7.0) * (np.minimum(days, 1095) / 365) ** -0.5
        assert forecast == pytest.approx(
            1 - exp(-expected.sum()), rel=5e-4
        )  # silence amid a step stands for all its days


def test_a_level_is_learnt_from_the_tracks_own_record() -> None:
    """Without regime and duration: the posterior of a Poisson rate, by SciPy's quadrature."""
    met = _track((0, 0), (300, 300), (500, 500))
    dry = (300 - 89) + (200 - 89) + (FIRST_ORIGIN * STEP - 500 - 89)

    def density(level: float, horizon: int) -> float:
        return float(norm.pdf(level, -6.0, 0.7) * exp(2 * level - exp(level) * (dry + horizon)))

    for horizon, forecast in _forecast(met, Hazard(level=Normal(-6.0, 0.7), regime_sd=0.0)).items():
        quiet = quad(density, -12, 0, args=(horizon,))[0] / quad(density, -12, 0, args=(0,))[0]
        assert forecast == pytest.approx(1 - quiet, abs=1e-5)


def test_a_regime_raises_a_small_rate_by_half_its_variance() -> None:
    hazard = Hazard(level=Normal(-20.0, 0.0), regime_sd=0.7)
    for horizon, forecast in _forecast(_track((0, 0)), hazard).items():
        assert forecast == pytest.approx(exp(-20 + 0.7**2 / 2) * horizon, rel=0.01)


def test_a_forecast_knows_nothing_of_later_meetings() -> None:
    early, late = _track((0, 0), (400, 420)), _track((0, 0), (400, 420), (900, 930), (1500, 1500))
    hazard = Hazard(level=Normal(-6.0, 0.7), duration=Normal(0.4, 0.2))
    assert _forecast(early, hazard) == _forecast(late, hazard)
    assert [origin.outcome for origin in list(forecast_track(late, hazard))[:2]] == [True, True]
    assert not any(origin.outcome for origin in forecast_track(early, hazard))


# The comparison


def test_a_dyad_is_no_part_of_what_it_is_forecast_from() -> None:
    """Its record beyond its first origin may be another one: there it is forecast alike."""
    some = [track for track in TRACKS if track.dyad in ("US-Libya", "US-Nicaragua", "US-Angola", "UK-Argentina")]
    libya, *others = from_first_meeting(some, ("N", "W"))
    assert libya.dyad == "US-Libya"
    changed = replace(libya, meetings=libya.meetings[:2])
    before, after = (_first(compare([each, *others]), "US-Libya") for each in (libya, changed))
    assert before == after
    assert _first(compare([libya, *others[:-1]]), "US-Libya")[BUILT] != before[BUILT]


def _first(compared: Compared, dyad: str) -> dict[str, float]:
    number = next(i for i, origin in enumerate(compared.origins) if origin.track.dyad == dyad)
    return {name: float(forecast[number]) for name, forecast in compared.forecasts.items()}


def test_errors_are_over_dyads() -> None:
    """Equal dyads: the sd of dyads' means over the root of their number, however many origins each has."""
    rng = np.random.default_rng(3)
    of_dyad = rng.normal(size=40)
    means = dyad_means(np.repeat(of_dyad, 25), np.repeat(np.arange(40), 25), replicates=20_000)
    assert means.std() == pytest.approx(of_dyad.std() / 40**0.5, rel=0.03)
    assert dyad_means(rng.normal(size=9), np.zeros(9, dtype=np.int64)).std() == pytest.approx(0, abs=1e-12)


def test_what_is_built_differs_from_itself_by_nothing() -> None:
    origins = tuple(Origin(_track((0, 0)), silence, 180, 0.3, silence > 500) for silence in (100, 400, 800))
    compared = Compared(origins, {BUILT: np.array([0.3, 0.2, 0.5]), "half": np.full(3, 0.5)})
    built, half = score(compared, SELECTIONS["All"], 180)
    assert (built.difference, built.error) == (0, 0)
    assert half.log == pytest.approx(np.log(2))
    assert half.difference == pytest.approx(half.log - built.log)
    assert half.bias == pytest.approx(0.5 - 1 / 3)
    (_, recent) = score(compared, SELECTIONS["Silence of less than a year"], 180)
    assert recent.bias == pytest.approx(0.5)
