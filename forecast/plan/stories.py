"""The documents' own causal chains, run by intervention against their contrast, with their author and without."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from db.progress import Progress, silent
from db.rows import DocumentRow
from forecast.engine.answers import PATHS
from forecast.errors import UnknownId
from forecast.facts.stories import BY_DEADLINE, LATER, NOW, Claim, Effect, Stories, Told
from forecast.facts.whatif import DO, LEVEL, Statement
from forecast.plan.standing import Stand
from forecast.plan.supposed import overlay_of
from forecast.plan.without import without_authors
from indicators.content import Setting, Story
from indicators.stories import stories_from_json
from indicators.tables import suggest_id
from models.overlay import Overlay
from models.parameters import Parameters
from models.projection import Prepared, prepare, weighted_error
from models.spec import TARGETS, Floats, Horizon, Problem
from models.structure import SHIPPED

DRAWS = 1000
NOW_DAYS, FROM_DAYS, TO_DAYS = 90, 180, 365
"""Ends of the windows of claims: the first days, and the later half of a year."""


def stories_of(stand: Stand) -> tuple[Story, ...]:
    """Those of the case; none where it has none."""
    return stories_from_json(stand.case.stories or ())


def statements_of(stand: Stand, story_id: str) -> tuple[Statement, ...]:
    """What a story sets, from today on; UnknownId where the case has none of that name."""
    known = {story.id: story for story in stories_of(stand)}
    if story_id not in known:
        right = suggest_id(story_id, tuple(known)) if known else "this case has no stories"
        raise UnknownId(f"unknown story {story_id!r}; {right}")
    return tuple(_statement(stand, one) for one in known[story_id].settings)


def find_stories(stand: Stand, *, progress: Progress = silent) -> Stories:
    """Run every story; as of a day in the past, with today's judgements and the levels of that day.

    Raises
    ------
    NoPosterior
        if nothing was published that can be used with the case as it is
    """
    anchor, stories = stand.anchor(DRAWS), stories_of(stand)
    retrospective = stand.as_of < stand.today
    weights = anchor.weights if retrospective else anchor.weigh(stand.stand(anchor)).weights
    left_out = without_authors(stand, anchor, progress) if stories else {}
    held = anchor.hold(stand.solvable.problem, stand.reporting)
    told: list[Told] = []
    whole = _Side(
        stand=stand, problem=held, parameters=anchor.parameters, weights=weights, seed=anchor.run.seed, ready={}
    )
    sides = {"": whole}
    for done, story in enumerate(stories):
        progress("running stories", done, len(stories), story.name)
        if story.document_id not in sides and story.document_id in left_out:
            draws = left_out[story.document_id]
            even = np.full(len(draws.unit), 1 / len(draws.unit))
            sides[story.document_id] = replace(whole, parameters=draws, weights=even, ready={})
        told.append(_told(stand, story, whole, sides.get(story.document_id)))
    return Stories(
        case_id=stand.case.case_id,
        as_of=stand.as_of,
        base_run_id=anchor.run.id,
        deadline=next((one.deadline for one in stand.reaches if one.deadline is not None), None),
        retrospective=retrospective,
        draws=len(weights),
        told=tuple(told),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """The model with all judgements, or with an author's left out."""

    stand: Stand
    problem: Problem
    parameters: Parameters
    weights: Floats  # (draw,)
    seed: int
    ready: dict[int, Prepared]

    def effect(self, story: Overlay, contrast: Overlay, target: int, when: str) -> Effect:
        """Of a story on one number, against its contrast."""
        one, other = (_window(each, when)[:, target] for each in self._project((story, contrast), when))
        return Effect(
            contrast=float(self.weights @ other),
            told=float(self.weights @ one),
            error=float(weighted_error(self.weights, one - other)),
        )

    def _project(self, overlays: Sequence[Overlay], when: str) -> Iterator[Floats]:
        horizons = _horizons(self.problem, when)
        days = horizons[-1].days
        if days not in self.ready:
            near = replace(self.problem, horizons=horizons)
            filtered = self.stand.solvable.filtered
            self.ready[days] = prepare(near, filtered, self.parameters, SHIPPED, paths=PATHS, seed=self.seed)
        return (one.targets for one in self.ready[days].overlaid_each(overlays))


def _horizons(problem: Problem, when: str) -> tuple[Horizon, ...]:
    """Those that a claim's window is made of; a shorter path where it does not reach to the deadline."""
    near = tuple(Horizon(days) for days in (NOW_DAYS, FROM_DAYS, TO_DAYS))
    ends = tuple(one for one in problem.horizons if one.deadline is not None)
    return (*near, *ends) if when == BY_DEADLINE else near


def _window(values: Floats, when: str) -> Floats:
    """P(target) within a claim's window, (draw, target), from (draw, target, horizon)."""
    if when == NOW:
        return values[:, :, 0]
    if when == LATER:
        return np.asarray(values[:, :, 2] - values[:, :, 1])
    return values[:, :, -1]


def _told(stand: Stand, story: Story, side: _Side, without: _Side | None) -> Told:
    document = _document(stand, story.document_id)
    settings, against = (tuple(_statement(stand, one) for one in each) for each in (story.settings, story.against))
    lacking = _lacking(stand, (*story.settings, *story.against))
    overlays = Overlay(), Overlay()
    if not lacking:
        overlays = overlay_of(stand, settings), overlay_of(stand, against)
    return Told(
        id=story.id,
        name=story.name,
        document_id=story.document_id,
        author=document.author if document else "",
        title=document.title if document else "",
        place=story.place,
        reading=story.reading,
        statements=settings,
        against=against,
        claims=()
        if lacking
        else tuple(
            Claim(
                target=claim.target,
                direction=claim.direction,
                when=claim.when,
                with_author=side.effect(*overlays, TARGETS.index(claim.target), claim.when),
                without_author=None
                if without is None
                else without.effect(*overlays, TARGETS.index(claim.target), claim.when),
            )
            for claim in story.claims
        ),
        lacking=lacking,
    )


def _statement(stand: Stand, one: Setting) -> Statement:
    return Statement(
        mode=DO,
        kind=LEVEL,
        day=stand.as_of + timedelta(days=one.start),
        until=None if one.until is None else stand.as_of + timedelta(days=one.until),
        indicator=one.indicator_id,
        level=float(one.level),
    )


def _lacking(stand: Stand, settings: Sequence[Setting]) -> str:
    """The first indicator that is not in use on the day; "" where all are."""
    used = {row.indicator_id for row in stand.catalogue if row.in_use(stand.as_of)}
    return next((one.indicator_id for one in settings if one.indicator_id not in used), "")


def _document(stand: Stand, document_id: str) -> DocumentRow | None:
    """Known to the fit, also where it is published after the day that is asked about."""
    return next((row for row in stand.documents if row.document_id == document_id), None)
