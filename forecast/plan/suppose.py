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
from forecast.plan.supposed import Supposed, suppose
from forecast.plan.weighing import Learnt, weigh_supposed
from models.importance import Weighed
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
    be trusted. Nothing is stored.

    Raises
    ------
    BadSupposition
        if statements cannot be, alone or together
    NoPosterior
        if nothing was published that can be used with the case as it is
    """
    check_statements(stand, statements)
    supposed = suppose(stand, statements, _read_through(stand.anchor()))
    anchor = _anchor_for(stand, supposed)
    old, new = stand.stand(anchor), stand.stand(anchor, supposed.reading)
    held = [anchor.hold(problem, stand.reporting) for problem in (old.problem, new.problem)]
    learnt = weigh_supposed(anchor, (held[0], old), (held[1], new), supposed)
    before = _Said(projection=old.projection, weights=anchor.weigh(old).weights)
    if refit and not learnt.trusted:
        fit = _refit(stand, anchor, supposed, settings or SamplerSettings(), progress)
        return _refitted(stand, anchor, supposed, statements, before, learnt, fit)
    projection = new.projection
    if supposed.overlay != Overlay():
        projection = anchor.prepared_for(solvable_of(supposed.reading), stand.reporting).overlaid(supposed.overlay)
    after = _Said(projection=projection, weights=learnt.weights)
    error = difference_error(*((each.projection.targets, each.weights) for each in (before, after)))
    status = EXACT if learnt.untouched else REWEIGHTED
    return _answer(stand, anchor, statements, before, after, error, learnt.whole, status, learnt)


def _read_through(anchor: Anchor) -> int:
    """The last day that the fit has read of any type of event."""
    record = anchor.fitted.record
    return max(span.last for span in (record.talks_span, record.contact_span, record.crisis_span, record.deal_span))


def _anchor_for(stand: Stand, supposed: Supposed) -> Anchor:
    """The draws: as few as the desk takes for what is fresh on file, more for all else."""
    few = stand.anchor(DRAWS)
    if supposed.fresh and supposed.overlay == Overlay() and not learns(few, (stand.reading, supposed.reading)):
        return few
    return stand.anchor(TAUGHT_DRAWS)


def problem_to_fit(stand: Stand, statements: Sequence[Statement]) -> Problem:
    """What a fit would be made to, were all of it on file that can be."""
    anchor = stand.anchor()
    return _problem_to_fit(stand, anchor, suppose(stand, statements, _read_through(anchor)))


def _problem_to_fit(stand: Stand, anchor: Anchor, supposed: Supposed) -> Problem:
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


def _refit(stand: Stand, anchor: Anchor, supposed: Supposed, settings: SamplerSettings, progress: Progress) -> Fit:
    """A fit in memory."""
    problem = _problem_to_fit(stand, anchor, supposed)
    fit = fit_problem(problem, stand.case.headline, settings, anchor.run.seed, progress)
    if not fit.diagnostics.passed:
        raise NoPosterior(f"no fit could be made with this supposed: {fit.diagnostics.failures[0]}")
    return fit


def _refitted(
    stand: Stand,
    anchor: Anchor,
    supposed: Supposed,
    statements: Sequence[Statement],
    before: _Said,
    learnt: Learnt,
    fit: Fit,
) -> Answer:
    projection = fit.projection
    if supposed.overlay != Overlay():
        projection = _project(fit, anchor, supposed.overlay)
    after = _Said(projection=projection, weights=fit.weighed.weights)
    error = np.hypot(means_with_errors(replace(fit, projection=projection))[1], anchor.errors)
    return _answer(stand, anchor, statements, before, after, error, fit.weighed, REFITTED, learnt)


def _project(fit: Fit, anchor: Anchor, overlay: Overlay) -> Projection:
    parameters = parameters_of(fit.tree, SHIPPED)
    filtered = fit.density.exposure.filtered
    ready = prepare(fit.problem, filtered, parameters, SHIPPED, paths=PATHS, seed=anchor.run.seed)
    return ready.overlaid(overlay)


def _answer(
    stand: Stand,
    anchor: Anchor,
    statements: Sequence[Statement],
    before: _Said,
    after: _Said,
    error: Floats,
    weighed: Weighed,
    status: str,
    learnt: Learnt,
) -> Answer:
    low, high = after.interval
    told = status != EXACT
    return Answer(
        case_id=stand.case.case_id,
        as_of=stand.as_of,
        base_run_id=anchor.run.id,
        headline=stand.case.headline,
        statements=tuple(statements),
        status=status,
        trusted=status == REFITTED or learnt.trusted,
        pareto_k=float(weighed.k) if told else None,
        ess=float(weighed.effective) if told else None,
        draws=len(after.weights),
        targets=TARGETS,
        reaches=stand.reaches,
        before=_grid(before.targets),
        after=_grid(after.targets),
        error=_grid(error),
        low=_grid(low),
        high=_grid(high),
        scenarios=SCENARIOS,
        scenarios_before=_grid(before.scenarios),
        scenarios_after=_grid(after.scenarios),
        foreseen=learnt.foreseen,
    )


def _grid(values: Floats) -> Grid:
    """Probabilities, or errors; rounding in sums can step over an end."""
    return tuple(tuple(min(max(float(value), 0.0), 1.0) for value in row) for row in values)
