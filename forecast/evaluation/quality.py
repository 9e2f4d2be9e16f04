"""How good the forecasts are, in the words that every face prints: of forecasts like the one that is shown.

It is of the newest stored backtest of the standard plan; before there is one, of the backtest shipped with the program,
where that is of the same version of the case.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any

from sqlalchemy import Connection

from db.read import read_case
from db.read_evaluations import read_evaluations
from forecast.evaluation.alike import Alike, Moment, alike_sentence, read_alike
from forecast.identity import model_version

SHIPPED_FACTS, SHIPPED_BACKTEST = "shipped_backtest.json", "shipped_backtest.nc"
UNKNOWN = "How good these forecasts are has not been measured for this case yet; run `parley backtest`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """The sentence, and what it holds for."""

    sentence: str
    model_version: str | None
    evaluation_id: int | None  # None where the sentence is the shipped one, or there is none
    as_of: date | None
    note: str | None  # what to say where the backtest was of other code
    alike: Alike | None = None  # what the sentence says, where it is of forecasts like the one that is shown


def read_quality(connection: Connection, *, case_id: str | None = None, moment: Moment | None = None) -> Quality:
    """What the newest backtest found of forecasts like that of ``moment``; without any, that nothing was measured.

    Without a moment, or where the backtest did not forecast its target, the sentence is of the headline as a whole.
    """
    case = read_case(connection, case_id)
    for row in read_evaluations(connection, case.case_id, kind="backtest"):
        if row.settings.get("standard") and isinstance(row.result.get("quality"), str):
            return _quality(row.result, moment, row.model_version, row.id, row.as_of)
    shipped = read_shipped_facts()
    if shipped is None or shipped["case_hash"] != case.stems_from:
        return Quality(sentence=UNKNOWN, model_version=None, evaluation_id=None, as_of=None, note=None)
    return _quality(shipped, moment, shipped["model_version"], None, date.fromisoformat(shipped["as_of"]))


def _quality(
    facts: Mapping[str, Any], moment: Moment | None, version: str, evaluation_id: int | None, as_of: date
) -> Quality:
    alike = read_alike(facts, moment) if moment else None
    sentence = alike_sentence(alike) if alike else str(facts["quality"])
    return Quality(
        sentence=sentence,
        model_version=version,
        evaluation_id=evaluation_id,
        as_of=as_of,
        note=_note(version),
        alike=alike,
    )


def read_shipped_facts() -> dict[str, Any] | None:
    """What the shipped backtest is of and says: case_hash, model_version, as_of, quality; scores and bands."""
    resource = files("forecast") / SHIPPED_FACTS
    if not resource.is_file():
        return None
    facts: dict[str, Any] = json.loads(resource.read_text(encoding="utf-8"))
    return facts


def _note(version: str) -> str | None:
    if version == model_version():
        return None
    return f"That backtest was of model version {version}; this is {model_version()}: run `parley backtest`."
