"""The log posterior and its gradient in compiled code, for the sampler.

PyTensor takes minutes to compile the model of `models.bayes` on a fresh machine and half a minute with a warm cache;
the kernel of `models.compiled` takes seconds once, runs without the interpreter, and tests hold it equal to NumPy's and
to the PyMC model. Here its memory is laid out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.compiled import PARTS, ROWS, TOGETHER, evaluate
from models.density import Density, normal_priors
from models.parts import Part
from models.processes import PROCESSES, Process
from models.spec import Floats, Ints
from models.structure import Structure

MOST_TERMS = max(len(process.terms) for process in PROCESSES)


@dataclass(frozen=True, slots=True)
class CompiledDensity:
    """One problem's density; call it with theta for the value and the gradient."""

    memory: Ints
    """All that the density is made of, after a table of where each part begins: see `models.compiled.PARTS`."""

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        gradient = np.empty(len(theta))
        return float(evaluate(theta, gradient, self.memory)), gradient


def compile_density(density: Density) -> CompiledDensity:
    """Lay out the arrays of a problem; only the shipped structure has a compiled form."""
    priors, layout = density.structure.priors, density.layout
    if density.structure != Structure(priors=priors, reference=density.structure.reference):
        raise ValueError(f"only the shipped structure has compiled code, not {density.structure}")
    s, design = layout.slices, density.judgements.design
    judged = np.flatnonzero(np.any(design != 0, axis=0))
    starts = ("log_unit", "slope", "tilt", "deviation", "regime_z", "soft_duration", "logit_change")
    mean, sd = normal_priors(density)
    blocks = _blocks(density)
    return CompiledDensity(
        _in_one_piece(
            (
                [*(s[name].start for name in starts), layout.knots, len(PROCESSES[0].effect)],
                judged,
                [_line(density, process) for process in PROCESSES],
                *blocks[:3],
            ),
            (
                np.zeros(layout.size) if density.slant is None else density.slant,
                mean,
                1 / np.square(sd),
                (*density.reference.duration, *density.reference.change),
                priors.judgement_sd,
                density.root,
                design[:, judged],
                density.judgements.value,
                density.directions.mean(axis=0),
                0.5 * (density.directions[0] - density.directions[1]),
                [p.effect for p in PROCESSES],
                *blocks[3:],
            ),
        )
    )


def _in_one_piece(whole: Sequence[Any], real: Sequence[Any]) -> Ints:
    """Arrays of whole numbers, then of real ones in their bits, after a table of where each begins."""
    flat = [np.asarray(part, dtype=np.int64).ravel() for part in whole]
    flat += [np.ascontiguousarray(part, dtype=np.float64).ravel().view(np.int64) for part in real]
    begins = np.cumsum([PARTS + 1, *(len(part) for part in flat)])
    return np.concatenate([begins, *flat])


def _line(density: Density, process: Process) -> list[int]:
    """A process's line of the table."""
    scale = density.layout.slices[process.scale].start if process.scale else -1
    terms = [density.layout.coefficient(term) for term in process.terms]
    return [density.layout.base(process), scale, int(process.marks), *terms, *[0] * (MOST_TERMS - len(terms))]


def _blocks(density: Density) -> tuple[Any, ...]:
    """All rows in blocks: the first block of each process, the first column of each block, which columns they are;
    the columns' values, and the days and counts of all rows."""
    blocks, used, rows = [0], [], []
    for process in PROCESSES:
        part = density.parts[process.name]
        columns, padding = _columns(density, process, part), -len(part.days) % ROWS
        rows.append(np.pad(np.stack([part.days, part.count]), ((0, 0), (0, padding))))
        used += [*_pieces(np.pad(columns, ((0, padding), (0, 0))))]
        blocks.append(len(used))
    bounds = np.cumsum([0, *(len(columns) for columns, _ in used)])
    days, count = np.concatenate(rows, axis=1)
    return blocks, bounds, np.concatenate([c for c, _ in used]), np.concatenate([v for _, v in used]), days, count


def _columns(density: Density, process: Process, part: Part) -> Floats:
    """What the coefficients of a process multiply, (row, column): levels, one, terms and knots."""
    rows, n, knots = len(part.days), density.layout.indicators, density.layout.knots
    columns = np.zeros((rows, n + 1 + MOST_TERMS + knots))
    if any(process.effect):
        columns[:, :n] = part.mean
    columns[:, n] = 1.0
    columns[:, n + 1 : n + 1 + len(process.terms)] = part.columns
    if process.regime:
        columns[np.arange(rows), n + 1 + MOST_TERMS + part.knot] = 1.0
    return columns


def _pieces(columns: Floats) -> Iterator[tuple[Ints, Floats]]:
    """Of every block of rows: the columns that are not all zero, filled up to a multiple, and their values."""
    for block in np.split(columns, len(columns) // ROWS) if len(columns) else []:
        kept = np.flatnonzero(np.any(block != 0, axis=0))
        filling = -len(kept) % TOGETHER
        values = np.concatenate([block[:, kept].T, np.zeros((filling, ROWS))])
        yield np.concatenate([kept, np.zeros(filling, dtype=np.int64)]), values
