"""Each process's share of the likelihood, in arrays of one shape for all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from models.exposure import Cells, Exposure
from models.processes import PROCESSES, Process
from models.spec import Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Rows of one process: cells of a Poisson process, or meetings that a mark may have."""

    mean: Floats  # (row, indicator) levels
    variance: Floats  # (row, indicator)
    days: Floats  # (row,) exposure; of marks 1
    count: Floats  # (row,) events; of marks 1 or 0
    knot: Ints  # (row,)
    columns: Floats  # (row, term) in the order of the process's terms


COLUMNS: Mapping[str, Callable[[Cells], Floats]] = {
    "recent": lambda cells: cells.recent.astype(float),
    "pace 1": lambda cells: (cells.pace == 1).astype(float),
    "pace 2": lambda cells: (cells.pace == 2).astype(float),
}
"""What the columns of the table of processes are, by name."""


def build_parts(exposure: Exposure) -> dict[str, Part]:
    """The rows of every process, by its name."""
    return {p.name: _marks(exposure) if p.marks else _cells(p, getattr(exposure, p.cells)) for p in PROCESSES}


def _marks(exposure: Exposure) -> Part:
    rows = len(exposure.marked)
    return Part(
        mean=exposure.mark_states.mean,
        variance=exposure.mark_states.variance,
        days=np.ones(rows),
        count=exposure.marked,
        knot=np.zeros(rows, dtype=np.int64),
        columns=np.empty((rows, 0)),
    )


def _cells(process: Process, cells: Cells) -> Part:
    """Of meetings of one framing: while dry those that begin so, while wet those of a process of that framing."""
    rows = np.ones(len(cells.days), dtype=bool)
    count = cells.count
    if process.framing is not None and process.lagged:
        rows, count = cells.framing == process.framing, cells.count.sum(axis=1)
    elif process.framing is not None:
        count = cells.count[:, process.framing]
    columns = [COLUMNS[term.column](cells)[rows] for term in process.terms]
    return Part(
        mean=cells.states.mean[rows],
        variance=cells.states.variance[rows],
        days=cells.days[rows],
        count=count[rows],
        knot=cells.knot[rows],
        columns=np.stack(columns, axis=1) if columns else np.empty((int(rows.sum()), 0)),
    )
