"""Statements and answers as they are stored: without loss."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from forecast.facts.whatif import Answer, Statement
from forecast.facts.why import Grid, Reach

_DAYS = ("day", "until")
_GRIDS = ("before", "after", "error", "low", "high", "scenarios_before", "scenarios_after")


def statement_json(one: Statement) -> dict[str, Any]:
    """What it says, without what it leaves open; dates in ISO form."""
    values = asdict(one)
    kept = {item.name: values[item.name] for item in fields(Statement) if values[item.name] != item.default}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in kept.items()}


def statement_from_json(values: Mapping[str, Any]) -> Statement:
    """What `statement_json` was given."""
    known = {item.name for item in fields(Statement)}
    said = {name: value for name, value in values.items() if name in known}
    return Statement(**said | {name: date.fromisoformat(said[name]) for name in _DAYS if name in said})


def answer_to_stored(found: Answer) -> dict[str, Any]:
    """All there is of it."""
    values = {item.name: getattr(found, item.name) for item in fields(Answer)}
    return values | {
        "as_of": found.as_of.isoformat(),
        "statements": [statement_json(one) for one in found.statements],
        "reaches": [[one.horizon_days, one.deadline and one.deadline.isoformat()] for one in found.reaches],
        "targets": list(found.targets),
        "scenarios": list(found.scenarios),
        **{name: [list(row) for row in getattr(found, name)] for name in _GRIDS},
    }


def answer_from_stored(values: Mapping[str, Any]) -> Answer:
    """What `answer_to_stored` was given."""
    known = {item.name: values[item.name] for item in fields(Answer) if item.name in values}
    return Answer(
        **known
        | {
            "as_of": date.fromisoformat(values["as_of"]),
            "statements": tuple(map(statement_from_json, values["statements"])),
            "reaches": tuple(Reach(days, end and date.fromisoformat(end)) for days, end in values["reaches"]),
            "targets": tuple(values["targets"]),
            "scenarios": tuple(values["scenarios"]),
            **{name: _grid(values[name]) for name in _GRIDS},
        }
    )


def _grid(rows: Any) -> Grid:
    return tuple(tuple(row) for row in rows)
