"""Structures of the rate of beginnings compared on the dyads of the reference class, each forecast from other folds.

Origins are dry and 90 days apart. A fold's priors come from the tracks of the other folds; a dyad is in one fold.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf, log

import numpy as np

from benchmarks.reference.fit import Normal, fit_alike
from benchmarks.reference.grid_filter import Hazard, Origin, forecast_track
from benchmarks.reference.priors import numbers
from benchmarks.reference.tables import Track, from_first_meeting
from models.scores import log_score
from models.spec import Floats, Ints

CLASSES = ("N", "K", "S", "W", "W0")
BUILT = "as built"
FOLDS = 6

FIRST_MODEL = Hazard(level=Normal(log(2 / 900), 1.0))
OWN_PRIORS = Hazard(level=Normal(log(1 / 250), 0.7), duration=Normal(0.5, 0.35), least_duration=-inf, unit=180.0)

SELECTIONS: dict[str, Callable[[Origin], bool]] = {
    "All": lambda origin: True,
    "Classes N and K": lambda origin: origin.track.group in ("N", "K"),
    "Silence of more than two years": lambda origin: origin.silence > 730,
    "Silence of less than a year": lambda origin: origin.silence < 365,
    "All but the DPRK's other dyads (class K)": lambda origin: origin.track.group != "K",
}


@dataclass(frozen=True, slots=True)
class Compared:
    """Dry origins, and what each structure said at them, shape (origin,)."""

    origins: tuple[Origin, ...]
    forecasts: dict[str, Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A structure's scores over some origins; the difference is of log scores, from `BUILT`, over dyads."""

    name: str
    log: float
    bias: float
    difference: float
    error: float
    interval: tuple[float, float]  # 90 %


def compare(tracks: Sequence[Track]) -> Compared:
    """Forecast every track by every structure, its priors from the other folds."""
    tracks = from_first_meeting(tracks, CLASSES)
    dyads = sorted({track.dyad for track in tracks})
    found: dict[str, list[Origin]] = {}
    for fold in range(FOLDS):
        left_out = dyads[fold::FOLDS]
        hazards = structures([track for track in tracks if track.dyad not in left_out])
        for track in (track for track in tracks if track.dyad in left_out):
            for name, hazard in hazards.items():
                found.setdefault(name, []).extend(forecast_track(track, hazard))
    forecasts = {name: np.array([origin.forecast for origin in origins]) for name, origins in found.items()}
    return Compared(tuple(found[BUILT]), forecasts)


def structures(others: Sequence[Track]) -> dict[str, Hazard]:
    """The structures compared, with priors from other tracks where a structure takes them from the class."""
    learnt, flat, open_ended = (
        numbers(fit) for fit in (fit_alike(others), fit_alike(others, duration=False), fit_alike(others, cap=inf))
    )
    built = Hazard(level=learnt.onset, duration=learnt.duration)
    return {
        "first model": FIRST_MODEL,
        "no duration": Hazard(level=learnt.onset),
        "no duration, level fitted without it": Hazard(level=flat.onset),
        BUILT: built,
        "D11": OWN_PRIORS,
        "regime 0.35": replace(built, regime_sd=0.35),
        "regime 1.0": replace(built, regime_sd=1.0),
        "no regime": replace(built, regime_sd=0.0),
        "no cap": Hazard(level=open_ended.onset, duration=open_ended.duration, cap=inf),
    }


def score(compared: Compared, chosen: Callable[[Origin], bool], horizon: int) -> list[Score]:
    """Scores of every structure over the chosen origins at a horizon in days."""
    kept = np.array([origin.horizon == horizon and chosen(origin) for origin in compared.origins])
    origins = [origin for origin, keep in zip(compared.origins, kept, strict=True) if keep]
    outcome = np.array([origin.outcome for origin in origins], dtype=np.float64)
    dyad = np.unique([origin.track.dyad for origin in origins], return_inverse=True)[1]
    built = log_score(compared.forecasts[BUILT][kept], outcome)
    return [_score(name, forecast[kept], outcome, built, dyad) for name, forecast in compared.forecasts.items()]


def _score(name: str, forecast: Floats, outcome: Floats, built: Floats, dyad: Ints) -> Score:
    scores = log_score(forecast, outcome)
    means = dyad_means(scores - built, dyad)
    low, high = np.quantile(means, (0.05, 0.95)).tolist()
    return Score(
        name=name,
        log=float(scores.mean()),
        bias=float((forecast - outcome).mean()),
        difference=float((scores - built).mean()),
        error=float(means.std()),
        interval=(low, high),
    )


def dyad_means(values: Floats, dyad: Ints, replicates: int = 4000, seed: int = 1) -> Floats:
    """Means over origins when dyads are drawn with replacement, each with all its origins, (replicate,).

    ``values`` and the number of its ``dyad`` are (origin,). The bootstrap of hierarchical data, dyads alone resampled:
    Davison & Hinkley (1997), Bootstrap Methods and their Application, section 3.8, doi:10.1017/CBO9780511802843.
    """
    sums, sizes = np.bincount(dyad, values), np.bincount(dyad)
    drawn = np.random.default_rng(seed).multinomial(len(sizes), np.full(len(sizes), 1 / len(sizes)), replicates)
    return np.asarray((drawn @ sums) / (drawn @ sizes))
