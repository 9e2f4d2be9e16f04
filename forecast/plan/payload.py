"""Answers, tornado, stories and plans as JSON, as other programs read them: names are added, never changed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from forecast.facts.plan import Candidate, Dated, Plan, Said, Signpost
from forecast.facts.stories import Claim, Effect, Stories, Told, verdict
from forecast.facts.whatif import Answer, Saved, Statement, Tornado
from forecast.facts.why import Reach
from forecast.plan.stored import statement_json
from forecast.words.language import Language

type Names = Mapping[str, str]
"""Of indicators and authors, by id."""


def answer_json(found: Answer, names: Names, language: Language) -> dict[str, Any]:
    """What the forecast would say, of every target and window."""
    return {
        "name": found.name or None,
        "as_of": found.as_of,
        "base_run_id": found.base_run_id,
        "mode": found.mode,
        "status": found.status,
        "trusted": found.trusted,
        "pareto_k": found.pareto_k,
        "ess": found.ess,
        "draws": found.draws,
        "foreseen": found.foreseen,
        "statements": [_statement(one, names, language) for one in found.statements],
        "shifts": [
            {
                "target": target,
                **_reach(reach),
                "old": found.before[t][h],
                "new": found.after[t][h],
                "points": found.change(t, h),
                "error": 100 * found.error[t][h],
                "low": found.low[t][h],
                "high": found.high[t][h],
            }
            for t, target in enumerate(found.targets)
            for h, reach in enumerate(found.reaches)
        ],
        "scenario_shifts": [
            {
                "scenario": scenario,
                **_reach(reach),
                "old": found.scenarios_before[s][h],
                "new": found.scenarios_after[s][h],
            }
            for s, scenario in enumerate(found.scenarios)
            for h, reach in enumerate(found.reaches)
        ],
        "interval": "90 %, equal-tailed, over draws of P(event | draw)",
        "untouched": language.whatif.untouched(found),
    }


def _statement(one: Statement, names: Names, language: Language) -> dict[str, Any]:
    return statement_json(one) | {"text": language.whatif.statement(one, names)}


def _reach(reach: Reach) -> dict[str, Any]:
    return {"horizon_days": reach.horizon_days, "deadline": reach.deadline}


def saved_json(saved: Sequence[Saved], names: Names, language: Language) -> list[dict[str, Any]]:
    """The scenarios on file, each with its newest answer."""
    return [
        {
            "name": one.name,
            "version": one.version,
            "analyst": one.analyst,
            "reason": one.reason,
            "since": one.since,
            "overtaken": one.overtaken or None,
            "statements": [_statement(each, names, language) for each in one.statements],
            "answer": None if one.answer is None else answer_json(one.answer, names, language),
        }
        for one in saved
    ]


def tornado_json(found: Tornado) -> dict[str, Any]:
    """What each indicator could do, the largest swing first."""
    swings = [asdict(one) | {"points": one.points} for one in found.swings]
    return {
        "mode": "do",
        "as_of": found.as_of,
        "base_run_id": found.base_run_id,
        "target": found.target,
        **_reach(found.reach),
        "now": found.now,
        "levels": [-2, 2],
        "swings": swings,
    }


def stories_json(found: Stories, names: Names, language: Language) -> dict[str, Any]:
    """Every story with what its author claims and what the model says."""
    return {
        "as_of": found.as_of,
        "base_run_id": found.base_run_id,
        "deadline": found.deadline,
        "retrospective": found.retrospective,
        "draws": found.draws,
        "note": language.stories.heading(),
        "stories": [_story(one, names, language) for one in found.told],
        "counts": {"with_author": found.count(without=False), "without_author": found.count(without=True)},
        "largest_error": found.largest_error,
    }


def _story(one: Told, names: Names, language: Language) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "document": one.document_id,
        "author": one.author,
        "place": one.place,
        "reading": one.reading,
        "set": [_statement(each, names, language) for each in one.statements],
        "against": [_statement(each, names, language) for each in one.against],
        "lacking": one.lacking or None,
        "claims": [_claim(claim) for claim in one.claims],
    }


def _claim(one: Claim) -> dict[str, Any]:
    return {
        "target": one.target,
        "direction": one.direction,
        "when": one.when,
        "with_author": _effect(one.direction, one.with_author),
        "without_author": None if one.without_author is None else _effect(one.direction, one.without_author),
    }


def _effect(direction: str, effect: Effect) -> dict[str, Any]:
    return {
        "contrast": effect.contrast,
        "told": effect.told,
        "points": effect.points,
        "error": 100 * effect.error,
        "verdict": verdict(direction, effect),
    }


def plan_json(found: Plan, language: Language) -> dict[str, Any]:
    """What to look at next: probabilities, but for movement and its like, which are in points."""
    return {
        "as_of": found.as_of,
        "base_run_id": found.base_run_id,
        "target": found.target,
        **_reach(found.reach),
        "next_deadline": found.deadline,
        "now": _said(found.now),
        "main_grade": found.main_grade,
        "candidates": [_candidate(one) for one in found.candidates],
        "signposts": [_signpost(one) for one in found.signposts],
        "calendar": [_dated(one, language) for one in found.calendar],
    }


def _candidate(one: Candidate) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "indicator": one.indicator or None,
        "name": one.name or None,
        "grade": one.grade or None,
        "level": one.level if one.indicator else None,
        "level_sd": one.level_sd if one.indicator else None,
        "expected_movement": 100 * one.movement,
        "sd": 100 * one.sd,
        "mutual_information": one.mutual_information,
        "drift": 100 * one.drift,
        "low": one.low,
        "high": one.high,
        "cost": one.cost,
        "per_cost": 100 * one.per_cost,
        "lead_days": one.lead_days,
        "age_days": one.age_days,
        "cadence_days": one.cadence_days,
        "stale": one.stale,
        "open_from": one.open_from,
        "open_through": one.open_through,
        "outcomes": [asdict(each) for each in one.outcomes],
    }


def _said(one: Said) -> dict[str, Any]:
    return {"rolling": one.rolling, "deadline": one.deadline}


def _signpost(one: Signpost) -> dict[str, Any]:
    return {
        "indicator": one.indicator,
        "name": one.name,
        "level": one.level,
        "criterion": one.criterion,
        "grade": one.grade,
        "by": one.by,
        "now": _said(one.now),
        "seen": _said(one.seen),
        "unseen": _said(one.unseen),
    }


def _dated(one: Dated, language: Language) -> dict[str, Any]:
    summary, description = language.plan.entry(one)
    day: date = one.day
    return {"kind": one.kind, "subject": one.subject, "day": day, "summary": summary, "description": description}
