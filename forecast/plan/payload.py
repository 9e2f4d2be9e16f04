"""Hypotheticals, stories and plans as other programs read them; as they are stored, see `forecast.plan.stored`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from math import isfinite
from typing import Any

from forecast.facts.plan import Candidate, Dated, Plan, Said, Signpost
from forecast.facts.stories import Claim, Effect, Stories, Told, verdict
from forecast.facts.whatif import Answer, Saved, Statement, Swung, Tornado
from forecast.facts.why import Reach, longest_rolling
from forecast.plan.stored import statement_json
from forecast.words.language import ENGLISH, Language
from forecast.words.whatif_numbers import Named


def statements_json(statements: Sequence[Statement], language: Language, names: Named) -> list[dict[str, Any]]:
    """What is supposed, as it is stored, with what it says in words."""
    return [statement_json(one) | {"text": language.whatif.statement(one, names)} for one in statements]


def answer_json(
    found: Answer,
    language: Language = ENGLISH,
    names: Named | None = None,
    *,
    target: int | None = None,
    reach: int | None = None,
) -> dict[str, Any]:
    """Every target and window; sentences are of the headline over the longest window, unless another is asked for."""
    t, h = (found.place if target is None else target), (longest_rolling(found.reaches) if reach is None else reach)
    words = language.whatif
    return {
        "case": found.case_id,
        "name": found.name or None,
        "as_of": found.as_of.isoformat(),
        "base_run_id": found.base_run_id,
        "mode": found.mode,
        "status": found.status,
        "trusted": found.trusted,
        "pareto_k": _number(found.pareto_k),
        "ess": _number(found.ess),
        "draws": found.draws,
        "foreseen": _number(found.foreseen),
        "statements": statements_json(found.statements, language, names or {}),
        "target": found.targets[t],
        **_window(found.reaches[h]),
        "shifts": [_shift(found, i, k) for i in range(len(found.targets)) for k in range(len(found.reaches))],
        "scenarios": [
            {
                "scenario": name,
                **_window(window),
                "old": _number(found.scenarios_before[i][k]),
                "new": _number(found.scenarios_after[i][k]),
            }
            for i, name in enumerate(found.scenarios)
            for k, window in enumerate(found.reaches)
        ],
        "title": words.title(found, t, h),
        "sentences": words.sentences(found, t, h),
        "untouched": words.untouched(found),
    }


def _shift(found: Answer, target: int, reach: int) -> dict[str, Any]:
    return {
        "target": found.targets[target],
        **_window(found.reaches[reach]),
        "old": _number(found.before[target][reach]),
        "new": _number(found.after[target][reach]),
        "points": _number(found.change(target, reach)),
        "error": _number(100 * found.error[target][reach]),
        "low": _number(found.low[target][reach]),
        "high": _number(found.high[target][reach]),
    }


def compared_json(
    one: Answer, other: Answer, language: Language = ENGLISH, names: Named | None = None
) -> dict[str, Any]:
    """Two scenarios, and by how many points the second lies above the first."""
    return {
        "title": language.whatif.compared(one, other),
        "scenarios": [answer_json(each, language, names) for each in (one, other)],
        "compared": [
            {
                "target": target,
                **_window(window),
                "old": _number(one.before[t][h]),
                "new": [_number(each.after[t][h]) for each in (one, other)],
                "points": _number(100 * (other.after[t][h] - one.after[t][h])),
            }
            for t, target in enumerate(one.targets)
            for h, window in enumerate(one.reaches)
        ],
    }


def saved_json(
    found: Sequence[Saved], language: Language = ENGLISH, names: Named | None = None
) -> list[dict[str, Any]]:
    return [
        {
            "name": one.name,
            "version": one.version,
            "analyst": one.analyst,
            "reason": one.reason,
            "since": one.since.isoformat(),
            "overtaken": _day(one.overtaken),
            "statements": statements_json(one.statements, language, names or {}),
            "answer": None if one.answer is None else answer_json(one.answer, language, names),
        }
        for one in found
    ]


def tornado_json(found: Tornado, language: Language = ENGLISH) -> dict[str, Any]:
    """The largest swing first."""
    return {
        "case": found.case_id,
        "as_of": found.as_of.isoformat(),
        "base_run_id": found.base_run_id,
        "target": found.target,
        **_window(found.reach),
        "now": _number(found.now),
        "swings": [_swing(one) for one in found.swings],
        "title": language.whatif.tornado(found),
        "sentences": language.whatif.beside(found),
    }


def _swing(one: Swung) -> dict[str, Any]:
    return _plain(asdict(one)) | {"points": _number(one.points)}


def stories_json(
    found: Stories, language: Language = ENGLISH, names: Named | None = None, *, told: Sequence[Told] | None = None
) -> dict[str, Any]:
    """All of them; with `told` only those, beside what is counted of all."""
    words = language.stories
    shown = found.told if told is None else told
    return {
        "case": found.case_id,
        "as_of": found.as_of.isoformat(),
        "base_run_id": found.base_run_id,
        "deadline": _day(found.deadline),
        "retrospective": found.retrospective,
        "draws": found.draws,
        "stories": [_story(one, language, names or {}) for one in shown],
        "counts": {"all_judgements": found.count(without=False), "author_left_out": found.count(without=True)},
        "largest_error": _number(found.largest_error),
        "title": words.title(found),
        "sentences": [
            said
            for said in (words.heading(), words.retrospective(found), words.counts(found), words.chance(found))
            if said
        ],
    }


def _story(one: Told, language: Language, names: Named) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "document": one.document_id,
        "author": one.author,
        "title": one.title,
        "place": one.place,
        "reading": one.reading,
        "set": statements_json(one.statements, language, names),
        "against": statements_json(one.against, language, names),
        "claims": [_claim(claim, language) for claim in one.claims],
        "lacking": language.stories.lacking(one, names) or None,
    }


def _claim(one: Claim, language: Language) -> dict[str, Any]:
    return {
        "target": one.target,
        "direction": one.direction,
        "when": one.when,
        "text": language.stories.claim(one),
        "with_author": _effect(one.direction, one.with_author),
        "without_author": None if one.without_author is None else _effect(one.direction, one.without_author),
    }


def _effect(direction: str, effect: Effect) -> dict[str, Any]:
    return {
        "contrast": _number(effect.contrast),
        "told": _number(effect.told),
        "points": _number(effect.points),
        "error": _number(100 * effect.error),
        "visible": effect.visible,
        "verdict": verdict(direction, effect),
    }


def plan_json(found: Plan, language: Language = ENGLISH) -> dict[str, Any]:
    """Every candidate at every grade, the most moving first; `ranked` are those of the table, in its order."""
    return {
        "case": found.case_id,
        "as_of": found.as_of.isoformat(),
        "base_run_id": found.base_run_id,
        "target": found.target,
        **_window(found.reach),
        "now": _said(found.now),
        "grades": list(found.grades),
        "main_grade": found.main_grade,
        "candidates": [_candidate(one) for one in found.candidates],
        "ranked": [one.indicator or one.kind for one in found.ranked],
        "signposts": [_signpost(one, found, language) for one in found.signposts],
        "calendar": [_dated(one, language) for one in found.calendar],
        "title": language.plan.title(found),
        "sentences": language.plan.sentences(found),
    }


def _candidate(one: Candidate) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "indicator": one.indicator or None,
        "name": one.name or None,
        "grade": one.grade or None,
        "level": _number(one.level) if one.indicator else None,
        "level_sd": _number(one.level_sd) if one.indicator else None,
        "expected_movement": _number(100 * one.movement),
        "sd": _number(100 * one.sd),
        "mutual_information": _number(one.mutual_information),
        "drift": _number(100 * one.drift),
        "low": _number(one.low),
        "high": _number(one.high),
        "cost": _number(one.cost),
        "per_cost": _number(100 * one.per_cost),
        "lead_days": one.lead_days,
        "age_days": one.age_days,
        "cadence_days": _number(one.cadence_days),
        "stale": one.stale,
        "open_from": _day(one.open_from),
        "open_through": _day(one.open_through),
        "outcomes": [_plain(asdict(each)) for each in one.outcomes],
    }


def _signpost(one: Signpost, found: Plan, language: Language) -> dict[str, Any]:
    return {
        "indicator": one.indicator,
        "name": one.name,
        "level": one.level,
        "criterion": one.criterion,
        "grade": one.grade,
        "by": one.by.isoformat(),
        "now": _said(one.now),
        "seen": _said(one.seen),
        "unseen": _said(one.unseen),
        "text": language.plan.signpost(one, found.target),
    }


def _dated(one: Dated, language: Language) -> dict[str, Any]:
    summary, description = language.plan.entry(one)
    return {
        "kind": one.kind,
        "subject": one.subject or None,
        "day": one.day.isoformat(),
        "name": one.name or None,
        "summary": summary,
        "description": description,
    }


def _said(one: Said) -> dict[str, Any]:
    return _plain(asdict(one))


def _window(one: Reach) -> dict[str, Any]:
    return {"horizon_days": one.horizon_days, "deadline": _day(one.deadline)}


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers that are none as null."""
    return {name: _number(value) if isinstance(value, float) else value for name, value in values.items()}


def _number(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
