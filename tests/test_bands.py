"""Terms of likelihood and levels of confidence: their edges, and that they mirror each other."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.facts.bands import BANDS, GROUNDS, HIGH, LOW, MODERATE, Grounds, band_of

SURE = Grounds(width=0.1, history_only=0.3, moved=0.05, unattested_days=0, stale=0, indicators=10, missed=0, bounds=5)
AGAINST = {
    "interval": {"width": 0.21},
    "documents": {"moved": 0.21},
    "attested": {"unattested_days": 15},
    "stale": {"stale": 3},
    "backtest": {"missed": 1},
}
MIRRORED = {name: BANDS[-1 - place][0] for place, (name, _, _) in enumerate(BANDS)}


def test_bands_lie_side_by_side() -> None:
    assert [upper for _, _, upper in BANDS[:-1]] == [lower for _, lower, _ in BANDS[1:]]
    assert (BANDS[0][1], BANDS[-1][2]) == (0.01, 0.99)


@pytest.mark.parametrize(
    ("p", "term"),
    [
        (0.0, "almost_no_chance"),
        (0.004, "almost_no_chance"),
        (0.0499, "almost_no_chance"),
        (0.05, "very_unlikely"),
        (0.1999, "very_unlikely"),
        (0.20, "unlikely"),
        (0.4499, "unlikely"),
        (0.45, "roughly_even"),
        (0.5, "roughly_even"),
        (0.55, "roughly_even"),
        (0.5501, "likely"),
        (0.80, "likely"),
        (0.8001, "very_likely"),
        (0.95, "very_likely"),
        (0.9501, "almost_certain"),
        (1.0, "almost_certain"),
    ],
)
def test_an_edge_belongs_to_the_term_nearer_to_even(p: float, term: str) -> None:
    assert band_of(p) == term


@given(st.integers(0, 10_000))
def test_what_is_unlikely_not_to_happen_is_likely_to(ten_thousandths: int) -> None:
    p, q = ten_thousandths / 10_000, (10_000 - ten_thousandths) / 10_000
    assert band_of(q) == MIRRORED[band_of(p)]


@given(st.floats(0, 1))
def test_a_probability_lies_in_its_band(p: float) -> None:
    name, lower, upper = next(band for band in BANDS if band[0] == band_of(p))
    assert lower <= p or name == BANDS[0][0]
    assert p <= upper or name == BANDS[-1][0]


def test_each_ground_speaks_by_itself() -> None:
    assert SURE.against() == ()
    for name, change in AGAINST.items():
        assert replace(SURE, **change).against() == (name,)
    assert tuple(AGAINST) == GROUNDS


@pytest.mark.parametrize("count", range(len(GROUNDS) + 1))
def test_confidence_falls_with_the_grounds_against_it(count: int) -> None:
    changes = {name: value for change in list(AGAINST.values())[:count] for name, value in change.items()}
    assert replace(SURE, **changes).confidence == (HIGH, MODERATE, MODERATE, LOW, LOW, LOW)[count]


def test_bounds_are_no_grounds_yet() -> None:
    same = replace(SURE, width=0.20, moved=0.20, unattested_days=14, stale=2)
    assert same.confidence == HIGH
    assert replace(SURE, stale=3, indicators=12).confidence == HIGH


@pytest.mark.parametrize(
    ("change", "name"),
    [({"moved": None}, "documents"), ({"bounds": 0}, "backtest"), ({"stale": 0, "indicators": 0}, "stale")],
)
def test_what_is_not_known_speaks_against(change: dict[str, float | None], name: str) -> None:
    assert replace(SURE, **change).against() == (name,)
