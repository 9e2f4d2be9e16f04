"""The parameters: how they lie in the unconstrained vector theta, and draws of them in their own units."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.exposure import PACE_FROM
from models.processes import BASES, RECURRENT, Process, Term
from models.spec import EFFECT_TARGETS, Floats, Ints, Problem
from models.structure import Structure

K = len(EFFECT_TARGETS)
DIMS: dict[str, tuple[str, ...]] = {
    "weight": ("target", "indicator"),
    "unit": (),
    "base": ("process",),
    "pace": ("later_pace",),
    "fraction": (),
    "momentum": ("recurrent",),
    "regime_z": ("knot",),
    "judgement_excess": (),
}
"""The free parameters, in the order in which they lie in theta, and their named dimensions."""
ON_LOG = {"unit": "log_unit", "judgement_excess": "log_judgement_sd"}
"""Names in theta of what lies there as a logarithm."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each named parameter lies in the unconstrained vector theta."""

    indicators: int
    knots: int

    @property
    def slices(self) -> dict[str, slice]:
        sizes = {
            "target": K,
            "indicator": self.indicators,
            "process": len(BASES),
            "later_pace": len(PACE_FROM) - 1,
            "recurrent": len(RECURRENT),
            "knot": self.knots,
        }
        lengths = {ON_LOG.get(n, n): int(np.prod([sizes[dim] for dim in dims])) for n, dims in DIMS.items()}
        ends = np.cumsum(list(lengths.values()))
        return {n: slice(int(e - s), int(e)) for (n, s), e in zip(lengths.items(), ends, strict=True)}

    @property
    def size(self) -> int:
        return int(self.slices["log_judgement_sd"].stop)

    def base(self, process: Process) -> int:
        return int(self.slices["base"].start) + process.base_place

    def coefficient(self, term: Term) -> int:
        return int(self.slices[term.parameter].start) + term.place


def coordinates(problem: Problem, layout: Layout) -> dict[str, Any]:
    """Labels of every dimension a parameter has."""
    return {
        "target": EFFECT_TARGETS,
        "indicator": problem.catalogue.names,
        "process": BASES,
        "later_pace": tuple(f"from day {day}" for day in PACE_FROM[1:]),
        "recurrent": RECURRENT,
        "knot": np.arange(layout.knots),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Draws of the parameters in their own units; every array begins with the draw dimension."""

    weight: Floats  # (draw, target, indicator)
    unit: Floats  # (draw,)
    base: Floats  # (draw, base)
    pace: Floats  # (draw, 2)
    fraction: Floats  # (draw,)
    momentum: Floats  # (draw, 2)
    regime_z: Floats  # (draw, knot)
    judgement_sd: Floats  # (draw,)

    @property
    def effect(self) -> Floats:
        """Log intensity per level, (draw, target, indicator)."""
        return np.asarray(self.unit[:, None, None] * self.weight)

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
    floor = structure.priors.judgement_sd[0]
    on = float(structure.indicators)
    return Parameters(
        weight=part["weight"].reshape(-1, K, layout.indicators) * on,
        unit=np.exp(part["log_unit"][:, 0]),
        base=part["base"],
        pace=part["pace"],
        fraction=part["fraction"][:, 0] * float(structure.continuation_effect),
        momentum=part["momentum"],
        regime_z=part["regime_z"] * float(structure.regime),
        judgement_sd=floor + np.exp(part["log_judgement_sd"][:, 0]),
    )


def pack(parameters: Parameters, structure: Structure) -> Floats:
    """Theta of every draw, (draw, layout.size): the inverse of `unpack` where the structure leaves nothing out."""
    draws = len(parameters.unit)
    excess = parameters.judgement_sd - structure.priors.judgement_sd[0]
    columns = [
        parameters.weight.reshape(draws, -1),
        np.log(parameters.unit)[:, None],
        parameters.base,
        parameters.pace,
        parameters.fraction[:, None],
        parameters.momentum,
        parameters.regime_z,
        np.log(excess)[:, None],
    ]
    return np.concatenate(columns, axis=1)
