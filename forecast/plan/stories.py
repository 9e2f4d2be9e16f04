"""The documents' own causal chains, run by intervention against their contrast, with their author and without."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np

from db.progress import Progress, silent
from db.rows import DocumentRow
from forecast.engine.answers import PATHS
from forecast.errors import UnknownId
from forecast.facts.stories import BY_DEADLINE, LATER, NOW, Claim, Effect, Stories, Told
from forecast.facts.whatif import DO, LEVEL, Statement
from forecast.plan.standing import Stand
from forecast.plan.supposition import overlay_of
from forecast.plan.without import thinned, without_authors
from indicators.content import Claim as Claimed
from indicators.content import Setting, Story
from indicators.stories import stories_from_json
from indicators.tables import suggest_id
from models.overlay import Overlay
from models.parameters import Parameters
from models.projection import Prepared, prepare, weighted_error
from models.spec import TARGETS, Floats, Horizon, Problem
from models.structure import SHIPPED

DRAWS, MORE_DRAWS = 1000, 4000
"""Of a posterior: more of them where the fewer leave a larger error than `LARGEST_ERROR`."""
LARGEST_ERROR = 0.0015
"""Monte-Carlo error of an effect, in probability, that is aimed at."""
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
    stories, sides = stories_of(stand), _Sides(stand=stand, progress=progress)
    told: list[Told] = []
    for done, story in enumerate(stories):
        progress("running stories", done, len(stories), story.name)
        told.append(_told(stand, story, sides))
    return Stories(
        case_id=stand.case.case_id,
        as_of=stand.as_of,
        base_run_id=stand.anchor().run.id,
        deadline=_deadline(stand),
        retrospective=stand.as_of < stand.today,
        draws=MORE_DRAWS if sides.finer else DRAWS,
        told=tuple(told),
    )


def _deadline(stand: Stand) -> date | None:
    return next((one.deadline for one in stand.reaches if one.deadline is not None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """The model with all judgements, or with an author's left out."""

    stand: Stand
    problem: Problem
    parameters: Parameters
    weights: Floats  # (draw,)
    seed: int
    mirrored: bool
    """Whether each second draw mirrors the one before it."""
    ready: dict[bool, Prepared] = field(default_factory=dict)
    free: dict[bool, Floats] = field(default_factory=dict)
    """What is said with nothing set, the contrast of many stories."""

    def said(self, overlay: Overlay, *, far: bool) -> Floats:
        """P(target), (draw, target, horizon of `_horizons`)."""
        if overlay != Overlay():
            return self._prepared(far).overlaid(overlay).targets
        if far not in self.free:
            self.free[far] = self._prepared(far).overlaid(overlay).targets
        return self.free[far]

    def _prepared(self, far: bool) -> Prepared:
        if far not in self.ready:
            near = replace(self.problem, horizons=_horizons(self.problem, far=far))
            filtered = self.stand.solvable.filtered
            self.ready[far] = prepare(near, filtered, self.parameters, SHIPPED, paths=PATHS, seed=self.seed)
        return self.ready[far]

    def effects(self, overlays: tuple[Overlay, Overlay], claims: Sequence[Claimed]) -> list[Effect]:
        """Of a story against its contrast, on the numbers that its author speaks of."""
        far = any(claim.when == BY_DEADLINE for claim in claims)
        one, other = (self.said(overlay, far=far) for overlay in overlays)
        return [
            self._effect(*(_window(each, claim.when)[:, TARGETS.index(claim.target)] for each in (one, other)))
            for claim in claims
        ]

    def _effect(self, told: Floats, contrast: Floats) -> Effect:
        moved, weights = told - contrast, self.weights
        if self.mirrored:  # a pair is one draw of its mean
            moved, weights = moved.reshape(-1, 2).mean(axis=1), weights.reshape(-1, 2).sum(axis=1)
        return Effect(
            contrast=float(self.weights @ contrast),
            told=float(self.weights @ told),
            error=float(weighted_error(weights, moved)),
        )


@dataclass(kw_only=True)
class _Sides:
    """Both sides of every story, made when they are asked for."""

    stand: Stand
    progress: Progress
    finer: bool = False
    """Whether more draws were asked for."""
    known: dict[tuple[str, int], _Side | None] = field(default_factory=dict)
    left_out: dict[str, Parameters] | None = None

    def effects(
        self, document: str, overlays: tuple[Overlay, Overlay], claims: Sequence[Claimed]
    ) -> list[Effect] | None:
        """With all judgements or, of a document, without its own; None where there is no fit without them."""
        few = self._side(document, DRAWS)
        if few is None:
            return None
        found = few.effects(overlays, claims)
        if max(effect.error for effect in found) <= LARGEST_ERROR:
            return found
        self.finer = True
        many = self._side(document, MORE_DRAWS)
        return found if many is None else many.effects(overlays, claims)

    def _side(self, document: str, draws: int) -> _Side | None:
        if (document, draws) not in self.known:
            self.known[document, draws] = self._without(document, draws) if document else self._whole(draws)
        return self.known[document, draws]

    def _whole(self, draws: int) -> _Side:
        stand = self.stand
        anchor = stand.anchor(draws)
        past = stand.as_of < stand.today
        return _Side(
            stand=stand,
            problem=anchor.hold(stand.solvable.problem, stand.reporting),
            parameters=anchor.parameters,
            weights=anchor.weights if past else anchor.weigh(stand.stand(anchor)).weights,
            seed=anchor.run.seed,
            mirrored=False,
        )

    def _without(self, document: str, draws: int) -> _Side | None:
        whole = self._side("", DRAWS)
        assert whole is not None
        if self.left_out is None:
            self.left_out = without_authors(self.stand, self.stand.anchor(), self.progress)
        if document not in self.left_out:
            return None
        some = thinned(self.left_out[document], draws)
        even = np.full(len(some.unit), 1 / len(some.unit))
        return replace(whole, parameters=some, weights=even, mirrored=True, ready={}, free={})


def _horizons(problem: Problem, *, far: bool) -> tuple[Horizon, ...]:
    """Those that windows of claims are made of; a shorter path where it does not reach to the deadline."""
    near = tuple(Horizon(days) for days in (NOW_DAYS, FROM_DAYS, TO_DAYS))
    return (*near, *(one for one in problem.horizons if far and one.deadline is not None))


def _window(values: Floats, when: str) -> Floats:
    """P(target) within a claim's window, (draw, target), from (draw, target, horizon)."""
    if when == NOW:
        return values[:, :, 0]
    if when == LATER:
        return np.asarray(values[:, :, 2] - values[:, :, 1])
    return values[:, :, -1]


def _told(stand: Stand, story: Story, sides: _Sides) -> Told:
    document = _document(stand, story.document_id)
    settings, against = (tuple(_statement(stand, one) for one in each) for each in (story.settings, story.against))
    lacking = _lacking(stand, (*story.settings, *story.against))
    claims: Sequence[Claimed] = ()
    if not lacking:  # without a deadline ahead, what is said of it cannot be held against anything
        claims = [claim for claim in story.claims if claim.when != BY_DEADLINE or _deadline(stand) is not None]
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
        claims=_held(story, (overlay_of(stand, settings), overlay_of(stand, against)), claims, sides) if claims else (),
        lacking=lacking,
    )


def _held(
    story: Story, overlays: tuple[Overlay, Overlay], claims: Sequence[Claimed], sides: _Sides
) -> tuple[Claim, ...]:
    """What the author claims beside what the model says, with all judgements and with the author's left out."""
    told, left_out = sides.effects("", overlays, claims), sides.effects(story.document_id, overlays, claims)
    assert told is not None
    return tuple(
        Claim(
            target=claim.target,
            direction=claim.direction,
            when=claim.when,
            with_author=told[k],
            without_author=None if left_out is None else left_out[k],
        )
        for k, claim in enumerate(claims)
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
