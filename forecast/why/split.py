"""Why the forecast of one run differs from that of another: the whole of it, from what both had read and drawn.

What is read → the situations in between → lines at the rates known before → what was learnt → chance. Nothing is
fitted, and nothing is stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import Connection

from db.posteriors import Posteriors
from db.progress import Progress, silent
from db.read_runs import read_targets
from db.run_rows import RunRow
from forecast.engine.assemble import Rows, assemble_looked, inputs_hash, reach_of_looking, read_rows
from forecast.errors import NotExplained
from forecast.facts.why import CASE, CODE, Reach
from forecast.identity import model_version
from forecast.run_facts import read_when
from forecast.why.differences import find_differences
from forecast.why.draws import Base, both_scales
from forecast.why.learning import Learnt, nothing_learnt, same_draws, split_learning
from forecast.why.nodes import Node, node, node_of, reaches_of
from forecast.why.posterior import Posterior, read_posterior
from forecast.why.situation import Moved, Reads, Stations, split_situation, stations_of
from indicators.evidence import form_evidence
from models.laplace import build_density
from models.spec import TARGETS, Floats, Problem
from models.structure import SHIPPED
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
    """What code and case moved, (2, target, reach)."""
    known: Mapping[str, Floats]
    """Means over all draws by the name of the situation."""
    expected: Floats | None
    """How large chance is expected to be, (target, reach); None where it cannot be told from what was learnt."""
    interaction: Floats | None
    """(target, reach); see `forecast.facts.why.Explanation`."""


def read_side(connection: Connection, posteriors: Posteriors, run: RunRow) -> Side:
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
        posterior=read_posterior(connection, posteriors, run),
        mean=np.array([[said[target, reach].mean for reach in reaches] for target in TARGETS]),
        mcse=np.array([[said[target, reach].mcse for reach in reaches] for target in TARGETS]),
    )


def split(
    connection: Connection, posteriors: Posteriors, before: RunRow, after: RunRow, progress: Progress = silent
) -> Split:
    """Split the difference between two published full runs of one case, the earlier first.

    Raises
    ------
    NotExplained
        if what they had read cannot be read again, or neither posterior is there
    """
    progress("reading both runs", 0, 0, "")
    earlier, later = (read_side(connection, posteriors, run) for run in (before, after))
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


def _split(reads: Reads, earlier: Side, later: Side, progress: Progress) -> Split:
    stations = stations_of(reads)
    if stations.end.name != inputs_hash(later.problem):
        raise NotExplained(
            f"not all that differs between what runs {earlier.run.id} and {later.run.id} had read is known, so the "
            "lines would not add up; `parley why --path daily` gives what was stored"
        )
    at = _choose_draws(reads, earlier, later)
    progress("projecting what lies between", 0, 0, "all draws")
    fitted = node_of(reads.before, reads.looked_before, reads.asked), node(later.problem)
    values = _project(at, earlier, fitted, stations)
    known = {name: at.base.mean(said) for name, said in values.items()}
    progress("splitting by what came in", 0, 0, f"differences: {len(reads.differences)}")
    headline = TARGETS.index(reads.after.case.headline)
    moved = split_situation(reads, stations, at.base, known, headline)
    progress("splitting what was learnt", 0, 0, "")
    learnt = _learn(reads, stations, fitted, at, values[fitted[1].name]) if at.from_before else None
    return Split(
        before=earlier,
        after=later,
        reads=reads,
        stations=stations,
        moved=moved,
        learnt=learnt,
        from_before=at.from_before,
        version=_versions(at, earlier, later, known, fitted, stations),
        known=known,
        expected=_expected(at, later, learnt, values[fitted[1].name]),
        interaction=_interaction(at, stations, learnt, values),
    )


def _project(at: "_Draws", earlier: Side, fitted: tuple[Node, Node], stations: Stations) -> dict[str, Floats]:
    """P(event | draw), (draw, target, reach), of all draws at the situations that lines begin and end at, by name."""
    found: dict[str, Floats] = {}
    if at.from_before:
        stored = at.before if earlier.of_this_code else None
        found[fitted[0].name] = at.base.values(fitted[0]) if stored is None else stored
    elif at.after is not None:
        found[fitted[1].name] = at.after
    for one in (stations.start, stations.opened, fitted[1]):
        if one.name not in found:
            found[one.name] = at.base.values(one)
    return found


def _expected(at: "_Draws", later: Side, learnt: Learnt | None, values: Floats) -> Floats | None:
    """How large chance is expected to be, (target, reach): 0 for the same draws; None where it cannot be told apart."""
    if learnt is None or not learnt.told_apart:
        return None
    if learnt.nothing:
        return np.zeros_like(later.mcse)
    return np.hypot(at.base.error(values), later.mcse)


def _interaction(
    at: "_Draws", stations: Stations, learnt: Learnt | None, values: Mapping[str, Floats]
) -> Floats | None:
    """What entries make at the rates of the later fit, less what they make at those before, (target, reach)."""
    if learnt is None or not learnt.told_apart:
        return None
    gained = values[stations.end.name] - values[stations.opened.name]
    return np.tensordot(learnt.toward - at.base.weights, gained, axes=1) if not learnt.nothing else 0.0 * gained[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draws:
    """The draws that situations are compared at, and those of the other run."""

    base: Base
    from_before: bool
    posteriors: tuple[Posterior | None, Posterior | None]
    shares: tuple[Floats | None, Floats | None]
    before: Floats | None
    """What the draws of the earlier run said of it, (draw, target, reach); None where its file does not say."""
    after: Floats | None


def _choose_draws(reads: Reads, earlier: Side, later: Side) -> _Draws:
    """Those of the earlier run where they fit the later case, as on the day; those of the later one else.

    Raises
    ------
    NotExplained
        if neither is there
    """
    a, b = earlier.posterior, later.posterior
    fits = earlier.problem.catalogue.names == later.problem.catalogue.names
    fits = fits and earlier.problem.calendar == later.problem.calendar
    side, posterior = (earlier, a) if a is not None and fits else (later, b)
    if posterior is None:
        raise NotExplained(
            f"neither the posterior of run {earlier.run.id} nor that of run {later.run.id} can be used: their files "
            "are gone, or another model made them; `parley update` makes a run that can be explained"
        )
    shares = tuple(None if p is None else _shares(s, p) for s, p in ((earlier, a), (later, b)))
    weights = shares[0] if side is earlier else shares[1]
    assert weights is not None
    return _Draws(
        base=Base(parameters=posterior.parameters, weights=weights, chains=posterior.chains, seed=side.run.seed),
        from_before=side is earlier,
        posteriors=(a, b),
        shares=(shares[0], shares[1]),
        before=None if a is None else _said(a, reads.asked),
        after=None if b is None or not later.of_this_code else _said(b, reads.asked),
    )


def _shares(side: Side, posterior: Posterior) -> Floats:
    """Weights of the draws by what is known of unattested days: as stored or, of an older file, found again."""
    if posterior.shares is not None:
        return posterior.shares
    density = replace(build_density(side.problem, SHIPPED), slant=posterior.slant)
    return weigh_draws(side.problem, density, posterior.parameters).weights


def _said(posterior: Posterior, asked: Sequence[Reach]) -> Floats | None:
    """P(event | draw), (draw, target, reach), as the file has it."""
    if posterior.said is None:
        return None
    names = [(reach.horizon_days, reach.deadline.isoformat() if reach.deadline else "") for reach in asked]
    return np.stack([posterior.said[name] for name in names], axis=-1)


def _learn(reads: Reads, stations: Stations, fitted: tuple[Node, Node], at: _Draws, values: Floats) -> Learnt:
    """What was learnt, from the draws of both posteriors; `values` are those of the earlier one's in the end."""
    a, b = at.posteriors
    assert a is not None
    assert at.shares[0] is not None
    shape = values.shape[1:]
    if b is None or a.thinned or b.thinned or at.shares[1] is None:
        return Learnt(by={}, error=np.zeros(shape))
    if same_draws(a, b, (at.shares[0], at.shares[1])):
        return nothing_learnt(shape, a.draws + b.draws)
    of_b = at.after
    if of_b is None:
        base = Base(parameters=b.parameters, weights=at.shares[1], chains=b.chains, seed=at.base.seed)
        of_b = base.values(fitted[1])
    return split_learning(reads, stations, fitted, (a, b), np.concatenate([values, of_b]))


def _versions(
    at: _Draws,
    earlier: Side,
    later: Side,
    known: Mapping[str, Floats],
    fitted: tuple[Node, Node],
    stations: Stations,
) -> dict[str, Floats]:
    """What code and case moved, (2, target, reach); nothing where the draws of the later run alone are there."""
    if not at.from_before:
        return {}
    start, found = known[stations.start.name], {}
    code = both_scales(known[fitted[0].name]) - both_scales(earlier.mean)
    if not earlier.of_this_code or not later.of_this_code:
        found[CODE] = code - _of_code(at, later, fitted[1])
    if stations.start.name != fitted[0].name:
        found[CASE] = both_scales(start) - both_scales(known[fitted[0].name])
    return found


def _of_code(at: _Draws, later: Side, end: Node) -> Floats:
    """What the present sources make of the later run, less what it said; 0 where they made it or no draws are left."""
    b, shares = at.posteriors[1], at.shares[1]
    if later.of_this_code or b is None or shares is None:
        return np.zeros((2, *later.mean.shape))
    base = Base(parameters=b.parameters, weights=shares, chains=b.chains, seed=later.run.seed)
    return both_scales(base.mean(base.values(end))) - both_scales(later.mean)
