"""A fit in memory to what would be on file, where the draws of the last posterior cannot stand for one."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from db.progress import Progress
from forecast.engine.answers import PATHS
from forecast.engine.fit import Fit, fit_problem, means_with_errors
from forecast.engine.looking import find_looked
from forecast.engine.provisional import Anchor
from forecast.errors import NoPosterior
from forecast.facts.whatif import REFITTED, Statement
from forecast.plan.found import Found, Said
from forecast.plan.standing import Stand, solvable_of
from forecast.plan.supposition import Supposition, form_supposition, read_through
from forecast.plan.weighing import is_trusted, see_ahead
from models.importance import weigh
from models.overlay import Overlay
from models.projection import prepare
from models.sampling import parameters_of
from models.settings import SamplerSettings
from models.spec import Problem
from models.structure import SHIPPED


def problem_to_fit(stand: Stand, statements: Sequence[Statement]) -> Problem:
    """What a fit would be made to, were all of it on file that can be."""
    anchor = stand.anchor()
    return _problem_to_fit(stand, anchor, form_supposition(stand, statements, read_through(anchor)))


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


def find_by_a_fit(
    stand: Stand, anchor: Anchor, supposed: Supposition, settings: SamplerSettings | None, progress: Progress
) -> Found:
    """By a fit in memory to what would be on file, weighed by what is seen of days ahead."""
    problem, seed = _problem_to_fit(stand, anchor, supposed), anchor.run.seed
    fit = fit_problem(problem, stand.case.headline, settings or SamplerSettings(), seed, progress)
    if not fit.diagnostics.passed:
        raise NoPosterior(f"no fit could be made with this supposed: {fit.diagnostics.failures[0]}")
    if supposed.overlay != Overlay():
        fit = _overlaid(fit, supposed.overlay, seed)
    return Found(
        said=Said(projection=fit.projection, weights=fit.weighed.weights),
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
