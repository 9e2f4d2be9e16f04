"""The parameters: how they lie in the unconstrained vector theta, and draws of them in their own units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate
from math import prod
from types import MappingProxyType
from typing import Any

import numpy as np
from scipy.special import expit, logit

from models.exposure import PACE_FROM
from models.processes import BASE, BASES, RECURRENT, Process, Term
from models.spec import EFFECT_TARGETS, FRAMINGS, Floats, Ints, Problem
from models.structure import Structure

K = len(EFFECT_TARGETS)
F = len(FRAMINGS)
DIMS: dict[str, tuple[str, ...]] = {
    "weight": ("target", "indicator"),
    "unit": (),
    "slope": (),
    "tilt": (),
    "deviation": ("framing", "indicator"),
    "base": ("process",),
    "pace": ("later_pace",),
    "fraction": (),
    "momentum": ("recurrent",),
    "memory": (),
    "regime_z": ("knot",),
    "duration": (),
    "change": (),
    "judgement_excess": (),
}
"""The free parameters, in the order in which they lie in theta, and their named dimensions."""
ON_SCALE = {
    "unit": "log_unit",
    "duration": "soft_duration",
    "change": "logit_change",
    "judgement_excess": "log_judgement_sd",
}
"""Names in theta of what lies there on another scale."""
SOFTNESS = 0.1
"""Duration is SOFTNESS · log(1 + exp(theta / SOFTNESS)): above 0, and on a scale of its own where it is not near it."""


def soft(theta: Floats) -> Floats:
    """Softplus at the scale of `SOFTNESS`: the duration of its coordinate."""
    return np.asarray(SOFTNESS * np.logaddexp(0.0, theta / SOFTNESS))


def unsoft(duration: Floats) -> Floats:
    """The inverse of `soft`, for durations above 0."""
    return np.asarray(duration + SOFTNESS * np.log(-np.expm1(-duration / SOFTNESS)))


def draw_durations(prior: tuple[float, float], draws: int, rng: np.random.Generator) -> Floats:
    """Draws of a normal truncated at 0, (draw,)."""
    from scipy.stats import truncnorm  # most of a second that reading a posterior does without

    mean, sd = prior
    return np.asarray(truncnorm.rvs(-mean / sd, np.inf, loc=mean, scale=sd, size=draws, random_state=rng))


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each named parameter lies in the unconstrained vector theta."""

    indicators: int
    knots: int

    @property
    def slices(self) -> Mapping[str, slice]:
        return _slices(self.indicators, self.knots)

    @property
    def size(self) -> int:
        return int(self.slices["log_judgement_sd"].stop)

    @property
    def normal(self) -> int:
        """How many coordinates, the first ones, have normal priors."""
        return int(self.slices["soft_duration"].start)

    def base(self, process: Process) -> int:
        """Place of the intercept of a process."""
        if process.base in BASE:
            return int(self.slices["base"].start) + BASE[process.base]
        return int(self.slices[ON_SCALE[process.base]].start)

    def coefficient(self, term: Term) -> int:
        """Place of the coefficient of a term."""
        return int(self.slices[ON_SCALE.get(term.parameter, term.parameter)].start) + term.place


@cache
def _slices(indicators: int, knots: int) -> Mapping[str, slice]:
    sizes = {
        "target": K,
        "framing": F,
        "indicator": indicators,
        "process": len(BASES),
        "later_pace": len(PACE_FROM) - 1,
        "recurrent": len(RECURRENT),
        "knot": knots,
    }
    lengths = {ON_SCALE.get(name, name): prod(sizes[dim] for dim in dims) for name, dims in DIMS.items()}
    ends = accumulate(lengths.values())
    return MappingProxyType({n: slice(end - size, end) for (n, size), end in zip(lengths.items(), ends, strict=True)})


def coordinates(problem: Problem, layout: Layout) -> dict[str, Any]:
    """Labels of every dimension a parameter has."""
    return {
        "target": EFFECT_TARGETS,
        "framing": FRAMINGS,
        "indicator": problem.catalogue.names,
        "process": BASES,
        "later_pace": tuple(f"from day {day}" for day in PACE_FROM[1:]),
        "recurrent": RECURRENT,
        "knot": np.arange(layout.knots),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Draws of the parameters in their own units; every array begins with the draw dimension."""

    weight: Floats  # (draw, target, indicator); of both framings the documents' alone
    unit: Floats  # (draw,)
    slope: Floats  # (draw,)
    tilt: Floats  # (draw,)
    deviation: Floats  # (draw, framing, indicator)
    base: Floats  # (draw, base)
    pace: Floats  # (draw, 2)
    fraction: Floats  # (draw,)
    momentum: Floats  # (draw, 2)
    memory: Floats  # (draw,)
    regime_z: Floats  # (draw, knot)
    duration: Floats  # (draw,) at least 0
    change: Floats  # (draw,) in [0, 1]
    judgement_sd: Floats  # (draw,)

    @property
    def effect(self) -> Floats:
        """Log intensity per level, (draw, target, indicator).

        Of talks of a framing: slope times the mean weight of both, half the tilt times their difference towards its
        own, and its deviation. Of all else: unit times weight.
        """
        talks, rest = self.weight[:, :F], self.weight[:, F:]
        index = self.slope[:, None] * talks.mean(axis=1)
        apart = 0.5 * self.tilt[:, None] * (talks[:, 0] - talks[:, 1])
        of_talks = np.stack([index + apart, index - apart], axis=1) + self.deviation
        return np.concatenate([of_talks, self.unit[:, None, None] * rest], axis=1)

    def aimed(self, directions: Floats) -> "Parameters":
        """With the weights of talks that the fit takes, (framing, indicator), in place of the drawn ones."""
        talks = np.broadcast_to(directions, (len(self.unit), *directions.shape))
        return replace(self, weight=np.concatenate([talks, self.weight[:, F:]], axis=1))

    def take(self, rows: slice | Ints) -> "Parameters":
        """Return some of the draws, as NumPy indexes them."""
        return Parameters(**{name: getattr(self, name)[rows] for name in self.__slots__})


def join_draws(parts: Sequence[Parameters]) -> Parameters:
    """Return the draws of all parts, one after the other."""
    return Parameters(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in Parameters.__slots__}
    )


def unpack(theta: Floats, layout: Layout, structure: Structure) -> Parameters:
    """Parameters of the rows of ``theta``, shape (draw, layout.size)."""
    part = {name: theta[:, where] for name, where in layout.slices.items()}
    floor, on = structure.priors.judgement_sd[0], float(structure.indicators)
    acts = {name: float(structure.has(name)) for name in ("fraction", "memory", "duration")}
    return Parameters(
        weight=part["weight"].reshape(-1, K, layout.indicators) * on,
        unit=np.exp(part["log_unit"][:, 0]),
        slope=part["slope"][:, 0],
        tilt=part["tilt"][:, 0],
        deviation=part["deviation"].reshape(-1, F, layout.indicators) * on,
        base=part["base"],
        pace=part["pace"],
        fraction=part["fraction"][:, 0] * acts["fraction"],
        momentum=part["momentum"],
        memory=part["memory"][:, 0] * acts["memory"],
        regime_z=part["regime_z"] * float(structure.regime),
        duration=soft(part["soft_duration"][:, 0]) * acts["duration"],
        change=expit(part["logit_change"][:, 0]) * float(structure.change),
        judgement_sd=floor + np.exp(part["log_judgement_sd"][:, 0]),
    )


def pack(parameters: Parameters, structure: Structure) -> Floats:
    """Theta of every draw, (draw, layout.size): the inverse of `unpack` where the structure leaves nothing out."""
    draws = len(parameters.unit)
    moved = {
        "unit": np.log(parameters.unit),
        "duration": unsoft(parameters.duration),
        "change": logit(parameters.change),
        "judgement_excess": np.log(parameters.judgement_sd - structure.priors.judgement_sd[0]),
    }
    columns = [moved[name] if name in moved else getattr(parameters, name) for name in DIMS]
    return np.concatenate([column.reshape(draws, -1) for column in columns], axis=1)
