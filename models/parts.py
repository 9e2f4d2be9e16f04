"""Each process's share of the likelihood, in arrays of one shape for all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from models.exposure import Cells, Exposure, Marks
from models.processes import PROCESSES, Process
from models.spec import Floats, Ints
from models.structure import Priors

YEAR = 365.0
SHORTEST_SILENCE = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Rows of one process: cells of a Poisson process, or meetings that a mark may have."""

    mean: Floats  # (row, indicator) levels
    variance: Floats  # (row, indicator)
    days: Floats  # (row,) exposure; of marks 1
    count: Floats  # (row,) events; of marks 1 or 0
    knot: Ints  # (row,)
    columns: Floats  # (row, term) in the order of the process's terms


def shortness(silence: Floats, priors: Priors) -> Floats:
    """-log of the silence in years, which `duration` multiplies; silence in days, held between 90 and the cap."""
    return np.asarray(-np.log(np.clip(silence, SHORTEST_SILENCE, priors.silence_cap) / YEAR))


def remembered(silence: Floats, priors: Priors) -> Floats:
    """exp(-silence / tau): how much of the last framing is remembered; silence in days."""
    return np.asarray(np.exp(-silence / (365.25 * priors.memory_years)))


COLUMNS: Mapping[str, Callable[[Cells], Floats]] = {
    "recent": lambda cells: cells.recent.astype(float),
    "pace 1": lambda cells: (cells.pace == 1).astype(float),
    "pace 2": lambda cells: (cells.pace == 2).astype(float),
}
"""Columns that cells hold as they are, by the name the table of processes gives them."""


def build_parts(exposure: Exposure, priors: Priors) -> dict[str, Part]:
    """The rows of every process, by its name."""
    return {p.name: _part(p, getattr(exposure, p.rows), priors) for p in PROCESSES}


def _part(process: Process, rows: Cells | Marks, priors: Priors) -> Part:
    return _marks(process, rows, priors) if isinstance(rows, Marks) else _cells(process, rows, priors)


def _marks(process: Process, marks: Marks, priors: Priors) -> Part:
    columns = [marks.last * remembered(marks.silence, priors) for _ in process.terms]
    size = len(marks.marked)
    return Part(
        mean=marks.states.mean,
        variance=marks.states.variance,
        days=np.ones(size),
        count=marks.marked,
        knot=np.zeros(size, dtype=np.int64),
        columns=_beside(columns, size),
    )


def _cells(process: Process, cells: Cells, priors: Priors) -> Part:
    rows = np.ones(len(cells.days), dtype=bool) if process.framing is None else cells.framing == process.framing
    columns = [
        (shortness(cells.silence, priors) if term.column == "shortness" else COLUMNS[term.column](cells))[rows]
        for term in process.terms
    ]
    return Part(
        mean=cells.states.mean[rows],
        variance=cells.states.variance[rows],
        days=cells.days[rows],
        count=(cells.count.sum(axis=1) if cells.count.ndim == 2 else cells.count)[rows],
        knot=cells.knot[rows],
        columns=_beside(columns, int(rows.sum())),
    )


def _beside(columns: list[Floats], size: int) -> Floats:
    return np.stack(columns, axis=1) if columns else np.empty((size, 0))
