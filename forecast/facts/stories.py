"""What documents say would happen, against what the model says of it: whether it says what it was told."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from forecast.facts.whatif import Statement

UP, DOWN, NONE, UP_OR_NONE = "up", "down", "none", "up_or_none"
NOW, LATER, BY_DEADLINE = "now", "later", "by_deadline"
"""Windows of claims: the first 90 days, days 181 to 365, up to the deadline."""
AGREES, OPPOSES, NO_EFFECT = "agrees", "opposes", "no_effect"
VISIBLE_SHARE, VISIBLE_ERRORS = 0.05, 3.0
"""An effect is visible from this share of the number on, and from so many Monte-Carlo errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a story makes of the number that a claim is about, against its contrast."""

    contrast: float
    told: float
    """P(the target in the window) in the contrast and in the story."""
    error: float
    """Monte-Carlo error of the difference."""

    @property
    def points(self) -> float:
        return 100 * (self.told - self.contrast)

    @property
    def visible(self) -> bool:
        """Whether it is told from none: by `VISIBLE_SHARE` of the number and `VISIBLE_ERRORS`."""
        away = abs(self.told - self.contrast)
        return away >= VISIBLE_SHARE * self.contrast and away >= VISIBLE_ERRORS * self.error and away > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the author says of one target and window, and what the model says with that author and without."""

    target: str
    direction: str
    when: str
    with_author: Effect
    without_author: Effect | None
    """None where there is no fit without the author."""


def verdict(direction: str, effect: Effect) -> str:
    """Whether an effect is what was claimed."""
    if not effect.visible:
        return AGREES if direction in (NONE, UP_OR_NONE) else NO_EFFECT
    if direction == NONE:
        return OPPOSES
    rises = effect.told > effect.contrast
    return AGREES if rises == (direction in (UP, UP_OR_NONE)) else OPPOSES


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One story, run."""

    id: str
    name: str
    document_id: str
    author: str
    title: str
    place: str
    """Where in the text it stands."""
    reading: str
    """explicit, inferred or advice."""
    statements: tuple[Statement, ...]
    against: tuple[Statement, ...]
    """The contrast; nothing where levels go on by themselves."""
    claims: tuple[Claim, ...]
    lacking: str = ""
    """Why it was not run; "" where it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stories:
    """All stories of a case as of a day."""

    case_id: str
    as_of: date
    base_run_id: int
    deadline: date | None
    retrospective: bool
    """Whether the day lies before the run: today's judgements are then held against that day's levels."""
    draws: int
    told: tuple[Told, ...]

    def count(self, *, without: bool) -> dict[str, int]:
        """How often each verdict was reached, with all judgements or with the author's left out."""
        effects = (
            (claim.direction, claim.without_author if without else claim.with_author)
            for story in self.told
            for claim in story.claims
        )
        found = Counter(verdict(direction, effect) for direction, effect in effects if effect is not None)
        return {name: found[name] for name in (AGREES, OPPOSES, NO_EFFECT)}

    @property
    def largest_error(self) -> float:
        """Of all effects, in points."""
        effects = (
            effect
            for story in self.told
            for claim in story.claims
            for effect in (claim.with_author, claim.without_author)
            if effect is not None
        )
        return max((100 * effect.error for effect in effects), default=0.0)
