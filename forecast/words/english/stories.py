"""The documents' stories, in English."""

from forecast.facts.stories import (
    AGREES,
    BY_DEADLINE,
    DOWN,
    LATER,
    NO_EFFECT,
    NONE,
    NOW,
    OPPOSES,
    UP,
    UP_OR_NONE,
    VISIBLE_ERRORS,
    VISIBLE_SHARE,
    Claim,
    Effect,
    Stories,
    Told,
)
from forecast.facts.stories import verdict as verdict_of
from forecast.words.english.labels import LABELS
from forecast.words.numbers import counted
from forecast.words.whatif_numbers import Named
from forecast.words.why_numbers import points_text, size_text

_WINDOWS = {NOW: "in the first 90 d", LATER: "in days 181 to 365", BY_DEADLINE: "by the deadline"}
_DIRECTIONS = {UP: "up", DOWN: "down", NONE: "none", UP_OR_NONE: "up or none"}
_VERDICTS = {AGREES: "agrees", OPPOSES: "opposes", NO_EFFECT: "no effect"}
_READINGS = {"explicit": "explicit", "inferred": "inferred", "advice": "advice"}
_LABELS = {
    "claimed": "claimed",
    "with_author": "all judgements",
    "without_author": "author left out",
    "set": "told",
    "against": "against",
    "contrast": "as it goes on",
    "ends": "{} → {}",
    "none": "–",
}


def title(found: Stories) -> str:
    return f"What documents say would happen, run as of {found.as_of} (run {found.base_run_id})"


def heading() -> str:
    return "This checks whether the model says what it was told, not whether authors are right."


def retrospective(found: Stories) -> str:
    if not found.retrospective:
        return ""
    return f"Today's judgements are held against the levels of {found.as_of}: none of this could have been said then."


def story(one: Told) -> str:
    what = f"{one.author}, “{one.title}”" if one.title else one.author or one.document_id
    return f"{one.name} ({what}, {one.place}; {_READINGS.get(one.reading, one.reading)})"


def claim(one: Claim) -> str:
    return f"{LABELS.target(one.target)} {_WINDOWS[one.when]}"


def direction(direction: str) -> str:
    return _DIRECTIONS[direction]


def verdict(direction: str, effect: Effect | None) -> str:
    if effect is None:
        return "–"
    return f"{points_text(effect.points)} {_VERDICTS[verdict_of(direction, effect)]}"


def lacking(one: Told, names: Named) -> str:
    return f"Not run: {names.get(one.lacking, one.lacking)} is not in use on that day." if one.lacking else ""


def counts(found: Stories) -> str:
    whole, less = found.count(without=False), found.count(without=True)
    said = f"With all judgements {_counted(whole)}"
    return f"{said}; with the author's left out {_counted(less)}." if sum(less.values()) else f"{said}."


def _counted(found: dict[str, int]) -> str:
    claims = counted(sum(found.values()), "claim")
    return f"{found[AGREES]} of {claims} agree, {found[OPPOSES]} oppose and {found[NO_EFFECT]} have no visible effect"


def chance(found: Stories) -> str:
    share, errors = LABELS.percent(VISIBLE_SHARE), f"{VISIBLE_ERRORS:.0f}"
    return (
        f"An effect is visible from {share} of the number and {errors} Monte-Carlo errors on; the largest of these is "
        f"± {size_text(found.largest_error)} points, with {counted(found.draws, 'draw')}."
    )


def label(name: str) -> str:
    return _LABELS[name]
