"""Sentences of the trust page that depend on more than one of its facts; "" where there is nothing to say."""

from forecast.facts.track import Unscored
from forecast.facts.trust import Trust
from forecast.words.language import Language


def other_model(trust: Trust, language: Language) -> str:
    """That the forecast as it stands is by another model than the present one."""
    return language.model.other_model_sentence(trust.other_structure) if trust.other_structure else ""


def own_sentence(trust: Trust, language: Language) -> str:
    """What the backtest found as a whole, where it is not the one that the sentence on top is of."""
    return language.quality.overall_sentence(trust.overall) if trust.overall else ""


def track_note(trust: Trust, language: Language) -> str:
    """Which live forecasts count, and how many there are."""
    track, words = trust.track, language.trust
    if isinstance(track, Unscored):
        return ""
    apart = [words.kept_apart()] if track.others else []
    counts = [
        words.track_counts(one.counts, len(one.pending), one.structure if track.others else None)
        for one in (track, *track.others)
    ]
    return language.labels.sentences((language.quality.TRACK_RULE, *apart, *counts))
