"""Sentences of the trust page that depend on more than one of its facts; "" where there is nothing to say."""

from forecast.facts.track import Unscored
from forecast.facts.trust import Trust
from forecast.words.language import Language


def other_model(trust: Trust, language: Language) -> str:
    """That the forecast as it stands is by another model than the present one."""
    return language.model.other_model_sentence(trust.other_structure) if trust.other_structure else ""


def own_sentence(trust: Trust) -> str:
    """What the backtest itself said, as it was stored, where it is not the one that the sentence on top is of."""
    source = trust.source
    return source.sentence or "" if source.evaluation_id != trust.quality.evaluation_id else ""


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
    return words.PAGE.gap.join((words.track_rule(), *apart, *counts))
