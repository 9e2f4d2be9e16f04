"""What one more observation would do, from a table made once for a run: in a moment, approximately, and never stored.

The table is made after a run is published and holds for what was on file then, on that day: an entry later it is of no
use, and whoever asks gets the exact answer. It lies in the cache, one for each database, as it can be made again.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import NamedTemporaryFile
from zipfile import BadZipFile

import numpy as np

from db.engine import Database
from db.progress import Progress, silent
from db.run_rows import RunRow
from db.when import When
from forecast.cache import cache_root
from forecast.clock import Clock, moment_of, utc_now
from forecast.engine.answers import Shift
from forecast.engine.assemble import read_rows
from forecast.engine.reading import Reading, Solvable, take_reading
from forecast.engine.rows import reach_of
from forecast.structures import structure_of
from models.spec import TARGETS, Floats
from models.states import FilteredStates
from models.whatif import TERMS, WhatIfTable

FOLDER = "what-if"
"""In the cache."""
_OF = "of"
"""The part of the file that says what the table is of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """What an entry would do to the forecast, within a few hundredths of a point."""

    headline: str
    source: int
    """The run whose posterior it uses."""
    structure: int
    as_of: date
    by_target: Mapping[str, tuple[Shift, ...]]
    """`error` is not known, and is 0."""

    anchored: bool = True
    taught: bool = False
    """An observation teaches nothing of the rates."""

    @property
    def done(self) -> Mapping[str, tuple[Shift, ...]]:
        return self.by_target

    @property
    def shifts(self) -> tuple[Shift, ...]:
        """Those of the headline."""
        return self.by_target[self.headline]


def suppose(database: Database, run: RunRow, before: Reading, after: Reading) -> Supposed | None:
    """The forecast had the rows of `after` come to those of `before` today; None where only a projection can tell.

    That is so of all but an observation of one indicator, known today, beside what the table of the run is of.
    """
    if before.solvable is None or after.solvable is None or before.solvable.ground != after.solvable.ground:
        return None
    table = read_table(database, run, before.solvable)
    moved = None if table is None else _moved(before.solvable, after.solvable)
    answer = None if table is None or moved is None else table.answer(*moved)
    if table is None or answer is None:
        return None
    horizons = after.solvable.problem.horizons
    return Supposed(
        headline=after.rows.case.headline,
        source=run.id,
        structure=structure_of(run),
        as_of=after.rows.as_of,
        by_target={
            target: tuple(
                Shift(*reach_of(horizon), float(old), float(new), 0.0)
                for horizon, old, new in zip(horizons, table.present[t], answer[t], strict=True)
            )
            for t, target in enumerate(TARGETS)
        },
    )


def read_table(database: Database, run: RunRow, solvable: Solvable) -> WhatIfTable | None:
    """The table of a run, if it holds for what is on file."""
    return _read(_file_of(database), _marks_of(run, solvable))


def _moved(before: Solvable, after: Solvable) -> tuple[int, float, float] | None:
    """The one indicator that stands otherwise today, with its mean and variance; None where that is not all."""
    today = before.problem.as_of
    if not all(map(np.array_equal, _state(before.filtered, today - 1), _state(after.filtered, today - 1))):
        return None
    old, new = _state(before.filtered, today), _state(after.filtered, today)
    differ = np.flatnonzero(np.any([a != b for a, b in zip(old, new, strict=True)], axis=0))
    if len(differ) != 1:
        return None
    mean, variance, active = new
    (i,) = differ
    return (int(i), float(mean[i]), float(variance[i])) if active[i] else None


def _state(filtered: FilteredStates, day: int) -> tuple[Floats, Floats, Floats]:
    states = filtered.at(np.array([day]), np.array([float(day)]))
    return states.mean[0], states.variance[0], states.active[0]


def make_table(
    database: Database, case_id: str, *, progress: Progress = silent, clock: Clock = utc_now
) -> WhatIfTable | None:
    """Make and keep the table of the newest run; None where events have taught its draws, or there is no such run.

    Raises
    ------
    NoPosterior
        if nothing was published that can be used with the case as it is now
    """
    # the projection, which who only reads a table need not load
    from forecast.engine.provisional import learns, prepare_standing, read_anchor
    from models.whatif import build_table

    today = moment_of(database, clock).today
    with database.read() as connection:
        reading = take_reading(read_rows(connection, When(as_of=today), case_id=case_id))
        anchor = read_anchor(connection, database.posteriors, case_id, today)
    if reading.solvable is None or learns(anchor, (reading,)):
        return None
    prepared, weights = prepare_standing(anchor, reading)
    table = build_table(prepared, weights, lambda done, total: progress("preparing answers", done, total, ""))
    _keep(_file_of(database), table, _marks_of(anchor.run, reading.solvable))
    return table


def _marks_of(run: RunRow, solvable: Solvable) -> dict[str, object]:
    """What must be the same for a table to hold."""
    return {"run": run.id, "posterior": run.posterior_hash, "inputs": solvable.name, "terms": TERMS}


def _file_of(database: Database) -> Path:
    return cache_root() / FOLDER / f"{hashlib.sha256(database.url.encode()).hexdigest()[:24]}.npz"


def _keep(file: Path, table: WhatIfTable, marks: Mapping[str, object]) -> None:
    """Write it aside and rename it: whoever reads finds the old one or the new."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=file.parent, delete=False) as aside:
        arrays: dict[str, Floats] = {**table.to_arrays(), _OF: np.array(json.dumps(marks, sort_keys=True))}
        np.savez(aside, allow_pickle=False, **arrays)
    os.replace(aside.name, file)


def _read(file: Path, marks: Mapping[str, object]) -> WhatIfTable | None:
    """The table, if there is one and it is of this."""
    try:
        with file.open("rb") as content, np.load(content, allow_pickle=False) as arrays:
            if str(arrays[_OF]) != json.dumps(marks, sort_keys=True):
                return None
            return WhatIfTable.from_arrays(arrays)
    except (OSError, ValueError, LookupError, EOFError, BadZipFile):  # none yet, or cut off: it can be made again
        return None
