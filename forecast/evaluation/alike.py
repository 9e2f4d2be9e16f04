"""What came of forecasts like the one that is shown: of its target, window and situation, and of about its size.

A backtest counts these once (`count_bands`), so that every face can look up its own line without reading arrays.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np

from forecast.facts.quality import Alike, Band, Moment
from models.spec import Bools, Floats

EDGES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Of the bands that forecasts are counted in; one on an edge belongs to the band above it."""
SITUATIONS = ("dry", "wet")
PARLEY = "Parley"
"""`forecast.evaluation.forecasters.MODEL`, without its imports; a test holds them together."""


def count_bands(origins: Sequence[date], days: int, said: Floats, outcome: Floats, kept: Bools) -> tuple[Band, ...]:
    """The bands that hold a forecast.

    Parameters
    ----------
    said, outcome : (origin,) forecasts, and 1 or 0; outcomes may be nan where `kept` is False
    kept : (origin,) which origins count
    """
    came = outcome == 1
    spell = np.cumsum(np.diff(came.astype(int), prepend=0) == 1)
    place = np.clip(np.searchsorted(EDGES, said, side="right") - 1, 0, len(EDGES) - 2)
    found = []
    for number, (low, high) in enumerate(pairwise(EDGES)):
        mine = kept & (place == number)
        if mine.any():
            found.append(
                Band(
                    low=low,
                    high=high,
                    n=int(mine.sum()),
                    came_true=int((mine & came).sum()),
                    spells=len(np.unique(spell[mine & came])),
                    apart=_apart([day for day, one in zip(origins, mine, strict=True) if one], days),
                )
            )
    return tuple(found)


def _apart(origins: Sequence[date], days: int) -> int:
    """The most windows that can be chosen so that none overlaps another: the earliest first."""
    count, last = 0, None
    for day in origins:
        if last is None or (day - last).days >= days:
            count, last = count + 1, day
    return count


def read_alike(facts: Mapping[str, Any], moment: Moment) -> Alike | None:
    """Look up a forecast in what a backtest found; None where its target was not forecast in this situation.

    Parameters
    ----------
    facts : `kind`, `origins`, `scores` and `bands` as in `forecast.evaluation.report.payload`
    """
    tables = [
        one
        for one in facts.get("scores", ())
        if (one["target"], one["situation"], one["era"]) == (moment.target, moment.situation, "all")
        and any(score["name"] == PARLEY for score in one["forecasters"])
        and one["reference"] != PARLEY
    ]
    if not tables:
        return None
    days = nearest((one["horizon_days"] for one in tables), moment.days)
    table = next(one for one in tables if one["horizon_days"] == days)
    mine = next(score for score in table["forecasters"] if score["name"] == PARLEY)
    difference, origins = mine["log_difference"], facts["origins"]
    return Alike(
        target=moment.target,
        horizon_days=table["horizon_days"],
        asked_days=moment.days,
        situation=moment.situation,
        kind=facts["kind"],
        origins=origins["n"],
        first=date.fromisoformat(origins["first"]),
        last=date.fromisoformat(origins["last"]),
        n=table["n"],
        spells=table["spells"],
        mean_forecast=mine["bias"] + table["frequency"],
        frequency=table["frequency"],
        log_score=mine["log"],
        naive_log_score=mine["log"] - difference["mean"],
        difference=difference["mean"],
        low=difference["low"],
        high=difference["high"],
        p=moment.p,
        band=_read_band(facts, table, moment),
    )


def nearest(windows: Iterable[int], days: int) -> int | None:
    """The window nearest to so many days, of two the shorter; None of none."""
    return min(windows, key=lambda one: (abs(one - days), one), default=None)


def find_band(bands: Iterable[Band], p: float) -> Band:
    """The one that holds a forecast, empty where nothing like it was said."""
    place = min(int(np.searchsorted(EDGES, p, side="right")), len(EDGES) - 1)
    low, high = EDGES[place - 1 : place + 1]
    nothing = Band(low=low, high=high, n=0, came_true=0, spells=0, apart=0)
    return next((band for band in bands if band.low == low), nothing)


def _read_band(facts: Mapping[str, Any], table: Mapping[str, Any], moment: Moment) -> Band | None:
    names = ("target", "horizon_days", "situation")
    mine = [one for one in facts.get("bands", ()) if all(one[name] == table[name] for name in names)]
    return find_band((Band(**one) for one in mine[0]["bands"]), moment.p) if mine else None
