"""What the forecast would say: at once by the draws of the last posterior or, where they cannot tell, by a fit."""

from collections.abc import Sequence

from db.progress import Progress, silent
from forecast.engine.answers import DRAWS
from forecast.engine.provisional import TAUGHT_DRAWS, Anchor, difference_error, learns
from forecast.facts.whatif import EXACT, REWEIGHTED, Answer, Statement
from forecast.facts.why import Grid
from forecast.plan.checking import check_statements
from forecast.plan.found import Found, Said
from forecast.plan.standing import Stand, solvable_of
from forecast.plan.supposition import Supposition, form_supposition, read_through
from forecast.plan.weighing import Learnt, weigh_supposed
from models.overlay import Overlay
from models.projection import Projection
from models.settings import SamplerSettings
from models.spec import SCENARIOS, TARGETS, Floats


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
    supposed = form_supposition(stand, statements, read_through(stand.anchor()))
    anchor = _anchor_for(stand, supposed)
    old, new = stand.stand(anchor), stand.stand(anchor, supposed.reading)
    held = [anchor.hold(problem, stand.reporting) for problem in (old.problem, new.problem)]
    learnt = weigh_supposed(anchor, (held[0], old), (held[1], new), supposed)
    before = Said(projection=old.projection, weights=anchor.weigh(old).weights)
    if refit and learnt.fit_would_tell:
        from forecast.plan.refit import find_by_a_fit  # libraries that sample, which other answers do without

        found = find_by_a_fit(stand, anchor, supposed, settings, progress)
    else:
        found = _by_the_draws(stand, anchor, supposed, new.projection, before, learnt)
    return _answer(stand, anchor, statements, before, found, learnt.foreseen)


def _anchor_for(stand: Stand, supposed: Supposition) -> Anchor:
    """The draws: as few as the desk takes for what is fresh on file, more for all else."""
    few = stand.anchor(DRAWS)
    if supposed.fresh and supposed.overlay == Overlay() and not learns(few, (stand.reading, supposed.reading)):
        return few
    return stand.anchor(TAUGHT_DRAWS)


def _by_the_draws(
    stand: Stand, anchor: Anchor, supposed: Supposition, projection: Projection, before: Said, learnt: Learnt
) -> Found:
    """By those of the last posterior; ``projection`` is of what would be on file."""
    if supposed.overlay != Overlay():
        projection = anchor.prepared_for(solvable_of(supposed.reading), stand.reporting).overlaid(supposed.overlay)
    said = Said(projection=projection, weights=learnt.weights)
    return Found(
        said=said,
        error=difference_error(*((each.projection.targets, each.weights) for each in (before, said))),
        weighed=learnt.whole,
        status=EXACT if learnt.untouched else REWEIGHTED,
        trusted=learnt.trusted,
    )


def _answer(
    stand: Stand,
    anchor: Anchor,
    statements: Sequence[Statement],
    before: Said,
    found: Found,
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
