"""An explanation as JSON: as it is stored, without loss, and as other programs read it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import date
from math import isfinite
from typing import Any

from forecast.facts.why import (
    CHANCE,
    LEARNING,
    Attested,
    Coded,
    End,
    Explanation,
    Foretold,
    Grid,
    Happened,
    Learning,
    Line,
    Passed,
    Published,
    Reach,
    Subject,
    name_causes,
    total,
)
from forecast.why.grouping import Group
from forecast.words.language import ENGLISH, Language

_DIGITS = 6
"""Of what is rounded as it is stored: ranges and errors, in points."""
_PARTS = {"coded": Coded, "foretold": Foretold, "happened": Happened, "published": Published}


def to_stored(found: Explanation) -> dict[str, Any]:
    """All there is; numbers that add up keep every digit."""
    values: dict[str, Any] = {item.name: getattr(found, item.name) for item in fields(Explanation)}
    return values | {
        "reaches": [[reach.horizon_days, _day(reach.deadline)] for reach in found.reaches],
        "before": _end(found.before),
        "after": _end(found.after),
        "lines": [_line(line) for line in found.lines],
        "expected_chance": _grid(found.expected_chance),
        "interaction": _grid(found.interaction),
        "learning": {name: _number(value) for name, value in asdict(found.learning).items()},
        "targets": list(found.targets),
        "lacking": list(found.lacking),
        "links": list(found.links),
    }


def from_stored(values: Mapping[str, Any]) -> Explanation:
    """What `to_stored` was given."""
    learning = values["learning"]
    known = {item.name: values[item.name] for item in fields(Explanation) if item.name in values}
    return Explanation(
        **known
        | {
            "reaches": tuple(Reach(days, _date(deadline)) for days, deadline in values["reaches"]),
            "before": _end_of(values["before"]),
            "after": _end_of(values["after"]),
            "lines": tuple(_line_of(line) for line in values["lines"]),
            "expected_chance": _grid_of(values["expected_chance"]),
            "interaction": _grid_of(values["interaction"]),
            "learning": Learning(
                pareto_k=_float(learning["pareto_k"]), ess=_float(learning["ess"]), pooled=learning["pooled"]
            ),
            "targets": tuple(values["targets"]),
            "lacking": tuple(values["lacking"]),
            "links": tuple(values["links"]),
        }
    )


def _end(end: End) -> dict[str, Any]:
    values = {"run_id": end.run_id, "as_of": end.as_of.isoformat(), "kind": end.kind}
    return values | {"mean": _grid(end.mean), "mcse": _grid(end.mcse)}


def _end_of(values: Mapping[str, Any]) -> End:
    return End(
        run_id=values["run_id"],
        as_of=date.fromisoformat(values["as_of"]),
        kind=values["kind"],
        mean=_exact(values["mean"]),
        mcse=_exact(values["mcse"]),
    )


def _line(line: Line) -> dict[str, Any]:
    subject = {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(line.subject).items() if v}
    values: dict[str, Any] = {"class": line.cls, "kind": line.kind, "subject": subject, "points": _grid(line.points)}
    values |= {"log_odds": _grid(line.log_odds, 10)}
    values |= {name: _grid(getattr(line, name), _DIGITS) for name in ("low", "high", "error") if getattr(line, name)}
    for name in _PARTS:
        part = getattr(line, name)
        if part is not None:
            values[name] = {key: _day(v) if isinstance(v, date) else v for key, v in asdict(part).items()}
    if line.passed is not None:
        attested = [[one.type, _day(one.first), _day(one.last)] for one in line.passed.attested]
        values["passed"] = {
            "days": line.passed.days,
            "attested": attested,
            "open_days": line.passed.open_days,
            "looked_through": _day(line.passed.looked_through),
        }
    if line.rows:
        values["rows"] = [_line(row) for row in line.rows]
    return values


def _line_of(values: Mapping[str, Any]) -> Line:
    subject: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in values["subject"].items()}
    parts = {name: _part(kind, values[name]) for name, kind in _PARTS.items() if name in values}
    passed = values.get("passed")
    return Line(
        cls=values["class"],
        kind=values["kind"],
        subject=Subject(**subject),
        points=_exact(values["points"]),
        log_odds=_grid_of(values["log_odds"]),
        low=_grid_of(values.get("low")),
        high=_grid_of(values.get("high")),
        error=_grid_of(values.get("error")),
        passed=_passed(passed) if passed else None,
        rows=tuple(_line_of(row) for row in values.get("rows", ())),
        **parts,
    )


def _part(kind: type, values: Mapping[str, Any]) -> Any:
    days = {item.name for item in fields(kind) if item.type in (date, "date")}
    return kind(**{name: date.fromisoformat(v) if name in days else v for name, v in values.items()})


def _passed(values: Mapping[str, Any]) -> Passed:
    words = (Attested(kind, date.fromisoformat(a), date.fromisoformat(b)) for kind, a, b in values["attested"])
    return Passed(
        days=values["days"],
        attested=tuple(words),
        open_days=values["open_days"],
        looked_through=_date(values["looked_through"]),
    )


def _grid(grid: Grid | None, digits: int | None = None) -> list[list[float | None]] | None:
    if grid is None:
        return None
    return [[_number(value if digits is None else round(value, digits)) for value in row] for row in grid]


def _grid_of(values: Sequence[Sequence[float | None]] | None) -> Grid | None:
    return None if values is None else _exact(values)


def _exact(values: Sequence[Sequence[float | None]]) -> Grid:
    return tuple(tuple(_float(value) for value in row) for row in values)


def _number(value: float) -> float | None:
    return value if isfinite(value) else None


def _float(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def as_json(
    found: Explanation, target: int, reach: int, language: Language = ENGLISH, lines: Sequence[Line] | None = None
) -> dict[str, Any]:
    """Under the names that other programs use; `target` and `reach` are the places of what is asked for.

    `lines` are shown in place of its own, where they were grouped.
    """
    shown, chance = found.lines if lines is None else lines, found.expected_chance
    window = found.reaches[reach]
    return {
        "target": found.targets[target],
        "horizon_days": window.horizon_days,
        "deadline": _day(window.deadline),
        "before": _told(found.before, target, reach),
        "after": _told(found.after, target, reach),
        "lines": [line_json(found, line, target, reach, language) for line in shown],
        "re_estimation": [_taught(found, line, target, reach) for line in found.of(LEARNING)],
        "monte_carlo": {
            "points": None if chance is None else total(found.of(CHANCE), target, reach),
            "expected": None if chance is None else chance[target][reach],
        },
        "interaction": None if found.interaction is None else found.interaction[target][reach],
        "identity": found.identity,
        "inputs_rebuilt": found.inputs_rebuilt,
        "path": found.path,
        "links": list(found.links),
        "lacking": list(found.lacking),
        "title": language.why.title(found, target, reach),
        "sentences": language.why.sentences(found, target, reach),
        "limits": language.why.limits(found),
    }


def groups_json(found: Explanation, groups: Sequence[Group], by: str, language: Language = ENGLISH) -> list[Any]:
    """What lines were gathered by, with what each group makes of every target at every horizon."""
    places = [(t, h) for t in range(len(found.targets)) for h in range(len(found.reaches))]
    return [
        {
            "by": by,
            "name": one.name or language.why.class_label(one.cls),
            "class": one.cls or None,
            "lines": len(one.lines),
            "impact": [
                {
                    "target": found.targets[t],
                    "horizon_days": found.reaches[h].horizon_days,
                    "deadline": _day(found.reaches[h].deadline),
                    "points": one.points[t][h],
                }
                for t, h in places
            ],
        }
        for one in groups
    ]


def causes_json(
    found: Explanation, target: int, reach: int, language: Language = ENGLISH, number: int = 3
) -> list[dict[str, Any]]:
    """What moved a number most, by name, with its points."""
    return [
        {
            "cause": language.why.cause(one.line),
            "class": one.cls,
            "kind": one.line.kind,
            "subject": asdict(one.line.subject),
            "points": one.points,
        }
        for one in name_causes(found, target, reach, number)
    ]


def _told(end: End, target: int, reach: int) -> dict[str, Any]:
    return {
        "run_id": end.run_id,
        "as_of": end.as_of.isoformat(),
        "kind": end.kind,
        "mean": end.mean[target][reach],
        "mcse": end.mcse[target][reach],
    }


def _taught(found: Explanation, line: Line, target: int, reach: int) -> dict[str, Any]:
    error = line.error[target][reach] if line.error else None
    return {
        "by": line.kind,
        "points": line.at(target, reach),
        "error": error,
        "pareto_k": _number(found.learning.pareto_k),
        "ess": _number(found.learning.ess),
    }


def line_json(found: Explanation, line: Line, target: int, reach: int, language: Language = ENGLISH) -> dict[str, Any]:
    """One line, with what it makes of every target at every horizon."""
    told, coded = line.foretold, line.coded
    news = None if told is None else told.news
    source = coded.publisher if coded else line.happened.source if line.happened else None
    return {
        "class": line.cls,
        "kind": line.kind,
        "subject": asdict(line.subject) | {"rows": list(line.subject.rows)},
        "label": language.why.line_label(line),
        "source": source,
        "grade": coded.grade if coded else None,
        "previous": told.previous if told else coded.level_before if coded else None,
        "forecast": told.forecast if told else None,
        "forecast_sd": told.forecast_sd if told else None,
        "observed": coded.level if coded else None,
        "news": news,
        "surprise_sd": told.surprise_sd if told else None,
        "level_change": told.level_change if told else None,
        "weight": line.at(target, reach) / news if news else None,
        "impact": [_impact(found, line, t, h) for t in range(len(found.targets)) for h in range(len(found.reaches))],
        "rows": [line_json(found, row, target, reach, language) for row in line.rows],
    }


def _impact(found: Explanation, line: Line, target: int, reach: int) -> dict[str, Any]:
    def at(grid: Grid | None) -> float | None:
        return None if grid is None else _number(grid[target][reach])

    return {
        "target": found.targets[target],
        "horizon_days": found.reaches[reach].horizon_days,
        "deadline": _day(found.reaches[reach].deadline),
        "points": line.at(target, reach),
        "log_odds": at(line.log_odds),
        "order_low": at(line.low),
        "order_high": at(line.high),
        "error": at(line.error),
    }
