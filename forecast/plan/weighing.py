"""How what is supposed to be seen weighs the draws, and whether they can stand for a fit that had read it."""

from dataclasses import dataclass, replace

import numpy as np

from forecast.engine.provisional import Anchor, Standing
from forecast.plan.supposition import Supposition
from models.importance import Weighed, pareto_bound
from models.overlay import Overlay
from models.parameters import Parameters, pack
from models.projection import prepare
from models.spec import Floats, Horizon, Problem
from models.states import FilteredStates
from models.structure import SHIPPED

ALIKE = 1e-9
"""Range of a log ratio up to which draws weigh the same: the parameters are untouched."""
SHARE = 0.4
"""Of the draws, how many must stay effective for the answer to be trusted, beside the bound on Pareto's k. Down to it
answers lie within half a point of refits; two contacts in a month, which draws overrate, lie below (docs/what-if.md).
"""
SEEING_PATHS = 8
"""Of each draw, other than those that are projected: how likely it held an event is its own, and no path's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """The draws once what is supposed to be seen has weighed them."""

    weights: Floats  # (draw,) sum to 1; of as much of it as can be trusted
    untouched: bool
    """Whether nothing of it tells the draws apart."""
    whole: Weighed
    """By all that has become known since the run."""
    foreseen: float | None
    """P(the events on days ahead that are seen), before they are; None where there are none."""
    fit_would_tell: bool
    """Whether the draws cannot stand for a fit to what would be on file: days ahead, no fit can read."""

    @property
    def trusted(self) -> bool:
        """Whether the draws can stand for a fit."""
        return self.untouched or is_trusted(self.whole)


def is_trusted(weighed: Weighed) -> bool:
    """Whether weighed draws can stand for a fit."""
    draws = len(weighed.weights)
    return weighed.k <= pareto_bound(draws) and weighed.effective >= SHARE * draws


def weigh_supposed(
    anchor: Anchor, before: tuple[Problem, Standing], after: tuple[Problem, Standing], supposed: Supposition
) -> Learnt:
    """Weigh the draws of a posterior.

    Parameters
    ----------
    before, after : problems from where the record of the fit ends (`Anchor.hold`), and where the forecast stands
    """
    earlier = anchor.weigh(before[1])
    filed = np.zeros(len(anchor.weights)) if supposed.fresh else fitted_ratio(anchor, before[0], after[0])
    told, foreseen = after[1].log_likelihood - before[1].log_likelihood + filed, None
    on_file = anchor.weigh(after[1], filed)
    later = on_file
    if any(one.seen for one in supposed.overlay.happening):
        seed = anchor.run.seed
        likely = see_ahead(after[0], after[1].filtered, anchor.parameters, supposed.overlay, seed=seed)
        foreseen = float(earlier.weights @ likely)
        told = told + np.log(likely)
        later = anchor.weigh(after[1], filed + np.log(likely))
    untouched = bool(np.ptp(told) < ALIKE)
    return Learnt(
        weights=earlier.weights if untouched else later.weights,
        untouched=untouched,
        whole=earlier.whole if untouched else later.whole,
        foreseen=foreseen,
        fit_would_tell=not untouched and not is_trusted(on_file.whole),
    )


def fitted_ratio(anchor: Anchor, before: Problem, after: Problem) -> Floats:
    """Log ratio of the densities of two fits at the draws, (draw,): 0 where they differ in no number."""
    from models.gradient import compile_density  # distributions and code that what is fresh does without
    from models.laplace import build_density

    one, other = (compile_density(build_density(problem, SHIPPED)) for problem in (before, after))
    if one.memory.tobytes() == other.memory.tobytes():
        return np.zeros(len(anchor.weights))
    theta = pack(anchor.parameters, SHIPPED)
    return np.array([other(row)[0] - one(row)[0] for row in theta])


def see_ahead(
    problem: Problem, filtered: FilteredStates, parameters: Parameters, overlay: Overlay, *, seed: int
) -> Floats:
    """P(the events that are seen | draw), (draw,), averaged over paths of their own: levels learn nothing of it."""
    last = max(one.day for one in overlay.happening if one.seen)
    near = replace(problem, horizons=(Horizon(max(last - problem.as_of, 1)),))
    upto = replace(overlay, happening=tuple(one for one in overlay.happening if one.day <= last))
    ready = prepare(near, filtered, parameters, SHIPPED, paths=SEEING_PATHS, seed=seed + 1)
    return ready.overlaid(upto).foreseen
