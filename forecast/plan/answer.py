"""What the forecast would say: at once by the draws of the last posterior or, where they cannot tell, by a fit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from db.progress import Progress, silent
from forecast.engine.answers import DRAWS, PATHS
from forecast.engine.fit import Fit, fit_problem, means_with_errors
from forecast.engine.looking import find_looked
from forecast.engine.provisional import TAUGHT_DRAWS, Anchor, difference_error, learns
from forecast.errors import NoPosterior
from forecast.facts.whatif import EXACT, REFITTED, REWEIGHTED, Answer, Statement
from forecast.facts.why import Grid
from forecast.plan.checking import check_statements
from forecast.plan.standing import Stand, solvable_of
from forecast.plan.supposition import Supposition, form_supposition
from forecast.plan.weighing import Learnt, is_trusted, see_ahead, weigh_supposed
from models.importance import Weighed, weigh
from models.overlay import Overlay
from models.projection import Projection, prepare
from models.sampling import parameters_of
from models.settings import SamplerSettings
from models.spec import SCENARIOS, TARGETS, Floats, Problem
from models.structure import SHIPPED

LEVELS = (0.05, 0.95)
"""Of the interval of what is said after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What draws say, and how each of them weighs."""

    projection: Projection
    weights: Floats  # (draw,)

    @property
    def targets(self) -> Floats:
        """Target by target, as the desk sums them: to the last bit."""
        values = self.projection.targets
        return np.stack([self.weights @ values[:, t] for t in range(values.shape[1])])

    @property
    def scenarios(self) -> Floats:
        return np.asarray(np.tensordot(self.weights, self.projection.scenarios, axes=1))

    @property
    def interval(self) -> Floats:
        """(level, target, horizon)."""
        values = self.projection.targets
        return np.asarray(np.quantile(values, LEVELS, axis=0, weights=self.weights, method="inverted_cdf"))


def find_answer(
    stand: Stand,
    statements: Sequence[Statement],
    *,
    refit: bool = True,
    settings: SamplerSettings | None = None,
    progress: Progress = silent,
) -> Answer:
    """What the forecast would say if all statements held.

    A fit is made where the draws cannot stand for one, unless `refit` is off: then the answer says that it is not to
    be trusted. It says so too where draws cannot stand for events that are seen on days ahead, which no fit can read.
    Nothing is stored.

    Raises
    ------
    BadSupposition
        if statements cannot be, alone or together
    NoPosterior
        if nothing was published that can be used with the case as it is
    """
    check_statements(stand, statements)
    supposed = form_supposition(stand, statements, _read_through(stand.anchor()))
    anchor = _anchor_for(stand, supposed)
    old, new = stand.stand(anchor), stand.stand(anchor, supposed.reading)
    held = [anchor.hold(problem, stand.reporting) for problem in (old.problem, new.problem)]
    learnt = weigh_supposed(anchor, (held[0], old), (held[1], new), supposed)
    before = _Said(projection=old.projection, weights=anchor.weigh(old).weights)
    if refit and learnt.fit_would_tell:
        found = _by_a_fit(stand, anchor, supposed, settings or SamplerSettings(), progress)
    else:
        found = _by_the_draws(stand, anchor, supposed, new.projection, before, learnt)
    return _answer(stand, anchor, statements, before, found, learnt.foreseen)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What is said of the supposition, and how far that can be trusted."""

    said: _Said
    error: Floats  # (target, horizon)
    weighed: Weighed
    status: str
    trusted: bool


def _read_through(anchor: Anchor) -> int:
    """The last day that the fit has read of any type of event."""
    record = anchor.fitted.record
    return max(span.last for span in (record.talks_span, record.contact_span, record.crisis_span, record.deal_span))


def _anchor_for(stand: Stand, supposed: Supposition) -> Anchor:
    """The draws: as few as the desk takes for what is fresh on file, more for all else."""
    few = stand.anchor(DRAWS)
    if supposed.fresh and supposed.overlay == Overlay() and not learns(few, (stand.reading, supposed.reading)):
        return few
    return stand.anchor(TAUGHT_DRAWS)


def problem_to_fit(stand: Stand, statements: Sequence[Statement]) -> Problem:
    """What a fit would be made to, were all of it on file that can be."""
    anchor = stand.anchor()
    return _problem_to_fit(stand, anchor, form_supposition(stand, statements, _read_through(anchor)))


def _problem_to_fit(stand: Stand, anchor: Anchor, supposed: Supposition) -> Problem:
    """Looking counts as far as it did for the run."""
    problem = solvable_of(supposed.reading).problem
    looked = find_looked(
        as_of=problem.as_of,
        reporting=stand.reporting,
        attested=problem.record,
        fitted=problem.record,
        reach=anchor.reach,
    )
    return replace(problem, looked=looked)


def _by_the_draws(
    stand: Stand, anchor: Anchor, supposed: Supposition, projection: Projection, before: _Said, learnt: Learnt
) -> _Found:
    """By those of the last posterior; ``projection`` is of what would be on file."""
    if supposed.overlay != Overlay():
        projection = anchor.prepared_for(solvable_of(supposed.reading), stand.reporting).overlaid(supposed.overlay)
    said = _Said(projection=projection, weights=learnt.weights)
    return _Found(
        said=said,
        error=difference_error(*((each.projection.targets, each.weights) for each in (before, said))),
        weighed=learnt.whole,
        status=EXACT if learnt.untouched else REWEIGHTED,
        trusted=learnt.trusted,
    )


def _by_a_fit(
    stand: Stand, anchor: Anchor, supposed: Supposition, settings: SamplerSettings, progress: Progress
) -> _Found:
    """By a fit in memory to what would be on file, weighed by what is seen of days ahead."""
    problem, seed = _problem_to_fit(stand, anchor, supposed), anchor.run.seed
    fit = fit_problem(problem, stand.case.headline, settings, seed, progress)
    if not fit.diagnostics.passed:
        raise NoPosterior(f"no fit could be made with this supposed: {fit.diagnostics.failures[0]}")
    if supposed.overlay != Overlay():
        fit = _overlaid(fit, supposed.overlay, seed)
    return _Found(
        said=_Said(projection=fit.projection, weights=fit.weighed.weights),
        error=np.hypot(means_with_errors(fit)[1], anchor.errors),
        weighed=fit.weighed,
        status=REFITTED,
        trusted=is_trusted(fit.weighed),
    )


def _overlaid(fit: Fit, overlay: Overlay, seed: int) -> Fit:
    """The fit with what is supposed of the days ahead."""
    parameters, filtered = parameters_of(fit.tree, SHIPPED), fit.density.exposure.filtered
    weighed = fit.weighed
    if any(one.seen for one in overlay.happening):
        likely = see_ahead(fit.problem, filtered, parameters, overlay, seed=seed)
        weighed = weigh(np.log(weighed.weights) + np.log(likely))
    ready = prepare(fit.problem, filtered, parameters, SHIPPED, paths=PATHS, seed=seed)
    return replace(fit, projection=ready.overlaid(overlay), weighed=weighed)


def _answer(
    stand: Stand,
    anchor: Anchor,
    statements: Sequence[Statement],
    before: _Said,
    found: _Found,
    foreseen: float | None,
) -> Answer:
    after, told = found.said, found.status != EXACT
    low, high = after.interval
    return Answer(
        case_id=stand.case.case_id,
        as_of=stand.as_of,
        base_run_id=anchor.run.id,
        headline=stand.case.headline,
        statements=tuple(statements),
        status=found.status,
        trusted=found.trusted,
        pareto_k=float(found.weighed.k) if told else None,
        ess=float(found.weighed.effective) if told else None,
        draws=len(after.weights),
        targets=TARGETS,
        reaches=stand.reaches,
        before=_grid(before.targets),
        after=_grid(after.targets),
        error=_grid(found.error),
        low=_grid(low),
        high=_grid(high),
        scenarios=SCENARIOS,
        scenarios_before=_grid(before.scenarios),
        scenarios_after=_grid(after.scenarios),
        foreseen=foreseen,
    )


def _grid(values: Floats) -> Grid:
    """Probabilities, or errors; rounding in sums can step over an end."""
    return tuple(tuple(min(max(float(value), 0.0), 1.0) for value in row) for row in values)
