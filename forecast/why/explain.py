"""Why the forecast of one run differs from that of another: the whole of it, from what both had read and drawn.

What is read → the situations in between → lines at the rates known before → what was learnt → chance. Nothing is
fitted, and nothing is stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import Connection

from db.engine import Database
from db.progress import Progress, silent
from db.read_runs import read_targets
from db.run_rows import RunRow
from forecast.engine.assemble import Rows, assemble_looked, inputs_hash, reach_of_looking, read_rows
from forecast.errors import NotExplained
from forecast.facts.why import Reach
from forecast.identity import model_version
from forecast.run_facts import read_when
from forecast.why.differences import find_differences
from forecast.why.draws import Base
from forecast.why.learning import Learnt, nothing_learnt, same_draws, split_learning
from forecast.why.nodes import Node, node, node_of, reaches_of
from forecast.why.posterior import Posterior, read_posterior
from forecast.why.situation import Moved, Reads, Stations, split_situation, stations_of
from indicators.evidence import form_evidence
from models.spec import TARGETS, Floats, Problem
from models.unattested import weigh_draws


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two runs: what it had read, drawn and said."""

    run: RunRow
    rows: Rows
    problem: Problem
    posterior: Posterior | None
    mean: Floats  # (target, reach) as it was published
    mcse: Floats

    @property
    def of_this_code(self) -> bool:
        """Whether the present sources made its numbers."""
        return self.run.detail.get("model_version") == model_version()


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """All numbers of an explanation, as arrays."""

    before: Side
    after: Side
    reads: Reads
    stations: Stations
    moved: Moved
    learnt: Learnt | None
    """None where the draws of one posterior alone are there."""
    from_before: bool
    """Whether the situation is split at the draws of the earlier run; if not, at those of the later one."""
    version: Mapping[str, Floats]
    """What code, case and model moved, (2, target, reach)."""
    known: Mapping[str, Floats]
    """Means over all draws by the name of the situation."""
    today: tuple[Floats, Floats]
    """What the present sources make of what both runs said, (target, reach)."""


def read_side(connection: Connection, database: Database, run: RunRow) -> Side:
    """What there is of a run.

    Raises
    ------
    NotExplained
        if what it had read cannot be read again as it was
    """
    rows = read_rows(connection, read_when(run), case_id=run.case_id)
    evidence = form_evidence(rows.observations, rows.catalogue, rows.grades, rows.events)
    problem = assemble_looked(rows, evidence, reach_of_looking(rows))
    if inputs_hash(problem) != run.inputs_hash:
        raise NotExplained(
            f"what run {run.id} had read cannot be read again to the last digit, so nothing made of it would be "
            "exact; what was stored when it was made is there still: `parley why --path daily`, and `parley verify` "
            "tells whether rows were altered"
        )
    said = {(row.target, Reach(row.horizon_days, row.deadline)): row for row in read_targets(connection, run.id)}
    reaches = reaches_of(problem.horizons)
    return Side(
        run=run,
        rows=rows,
        problem=problem,
        posterior=read_posterior(connection, database.posteriors, run),
        mean=np.array([[said[target, reach].mean for reach in reaches] for target in TARGETS]),
        mcse=np.array([[said[target, reach].mcse for reach in reaches] for target in TARGETS]),
    )


def split(database: Database, before: RunRow, after: RunRow, progress: Progress = silent) -> Split:
    """Split the difference between two published full runs of one case, the earlier first.

    Raises
    ------
    NotExplained
        if what they had read cannot be read again, or neither posterior is there
    """
    progress("reading both runs", 0, 0, "")
    with database.read() as connection:
        earlier, later = (read_side(connection, database, run) for run in (before, after))
        differences = find_differences(connection, earlier.rows, later.rows)
    asked = tuple(
        reach for reach in reaches_of(later.problem.horizons) if reach in reaches_of(earlier.problem.horizons)
    )
    reads = Reads(
        before=earlier.rows,
        after=later.rows,
        looked_before=reach_of_looking(earlier.rows),
        looked_after=reach_of_looking(later.rows),
        differences=differences,
        asked=asked,
    )
    earlier, later = (_soon(side, asked) for side in (earlier, later))
    return _split(reads, earlier, later, progress)


def _soon(side: Side, asked: Sequence[Reach]) -> Side:
    """With the reaches asked for alone."""
    chosen = [h for h, reach in enumerate(reaches_of(side.problem.horizons)) if reach in asked]
    horizons = tuple(side.problem.horizons[h] for h in chosen)
    return replace(
        side,
        problem=replace(side.problem, horizons=horizons),
        mean=side.mean[:, chosen],
        mcse=side.mcse[:, chosen],
    )
