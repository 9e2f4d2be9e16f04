"""The facts of the trust page as JSON: sentences in a language, names and numbers the same in all."""

from dataclasses import asdict
from typing import Any

from forecast.evaluation.figures import bound_as_json
from forecast.facts.quality import Quality
from forecast.facts.track import TrackRecord, Unscored
from forecast.facts.trust import Checked, Trust
from forecast.trust.sentences import other_model
from forecast.words.language import LANGUAGES, Language


def as_json(trust: Trust, language: Language = LANGUAGES["en"]) -> dict[str, Any]:
    """The names other programs use: add, never rename."""
    words = language.trust
    return {
        "case_id": trust.case_id,
        "case_name": trust.case_name,
        "case_hash": trust.case_hash,
        "headline": trust.headline,
        "model_version": trust.model_version,
        "quality": _quality(trust.quality, language),
        "by_other_model": other_model(trust, language) or None,
        "track": _track(trust.track, trust.structure, language),
        "source": asdict(trust.source),
        "rule": words.rule(),
        "bounds": [bound_as_json(one, language) for one in trust.bounds],
        "comparisons": [asdict(one) for one in trust.comparisons],
        "structures": [asdict(one) for one in trust.structures],
        "times": [asdict(one) for one in trust.times],
        "scenarios": [asdict(one) for one in trust.scenarios],
        "calibrations": [asdict(one) | {"sentence": words.calibration_sentence(one)} for one in trust.calibrations],
        "timelines": [asdict(one) | {"sentence": words.timeline_sentence(one)} for one in trust.timelines],
        "bands": [asdict(one) for one in trust.bands],
        "checks": [_check(one, language) for one in trust.checks],
    }


def _quality(quality: Quality, language: Language) -> dict[str, Any]:
    return {
        "sentence": language.quality.quality_sentence(quality),
        "model_version": quality.model_version,
        "evaluation_id": quality.evaluation_id,
        "as_of": quality.as_of,
        "note": language.quality.quality_note(quality) or None,
        "alike": asdict(quality.alike) if quality.alike else None,
        "structure": quality.structure,
    }


def _track(track: TrackRecord | Unscored, structure: int, language: Language) -> dict[str, Any]:
    """One record, with those of other structures; what waits is only counted (`parley score` lists it)."""
    sentence = {"sentence": language.quality.track_sentence(track)}
    if isinstance(track, Unscored):
        nothing: dict[str, Any] = {"rule": None, "counts": None, "lines": [], "scenarios": [], "pending": 0}
        return {**sentence, **nothing, "structure": structure, "others": []}
    return {
        **sentence,
        "rule": language.quality.TRACK_RULE,
        "counts": asdict(track.counts),
        "lines": [asdict(one) for one in track.lines],
        "scenarios": [asdict(one) for one in track.scenarios],
        "pending": len(track.pending),
        "structure": track.structure,
        "others": [_track(one, structure, language) for one in track.others],
    }


def _check(one: Checked, language: Language) -> dict[str, Any]:
    return {
        "name": one.name,
        "verdict": one.verdict,
        "sentence": language.trust.check_found(one),
        "as_of": one.as_of,
        "recorded_at": one.recorded_at,
        "code_version": one.code_version,
        "model_version": one.model_version,
    }
