"""How good the forecasts are, in the one sentence that every face prints.

It is of the newest stored backtest of the standard plan; before there is one, of the backtest shipped with the program,
where that is of the same version of the case.
"""

import json
from dataclasses import dataclass
from datetime import date
from importlib.resources import files

from sqlalchemy import Connection

from db.read import read_case
from db.read_evaluations import read_evaluations
from forecast.identity import model_version

SHIPPED_FACTS, SHIPPED_BACKTEST = "shipped_backtest.json", "shipped_backtest.nc"
UNKNOWN = "How good these forecasts are has not been measured for this case yet; run `parley backtest`."


@dataclass(frozen=True, slots=True)
class Quality:
    """The sentence, and what it holds for."""

    sentence: str
    model_version: str | None
    evaluation_id: int | None  # None where the sentence is the shipped one, or there is none
    as_of: date | None
    note: str | None  # what to say where the backtest was of other code


def read_quality(connection: Connection, *, case_id: str | None = None) -> Quality:
    """The newest sentence on a case; without any, that nothing has been measured."""
    case = read_case(connection, case_id)
    for row in read_evaluations(connection, case.case_id, kind="backtest"):
        sentence = row.result.get("quality")
        if row.settings.get("standard") and isinstance(sentence, str):
            return Quality(sentence, row.model_version, row.id, row.as_of, _note(row.model_version))
    shipped = read_shipped_facts()
    if shipped is None or shipped["case_hash"] != case.case_hash:
        return Quality(UNKNOWN, None, None, None, None)
    version = shipped["model_version"]
    return Quality(shipped["quality"], version, None, date.fromisoformat(shipped["as_of"]), _note(version))


def read_shipped_facts() -> dict[str, str] | None:
    """What the shipped backtest is of and says: case_hash, model_version, as_of, quality."""
    resource = files("forecast") / SHIPPED_FACTS
    if not resource.is_file():
        return None
    facts: dict[str, str] = json.loads(resource.read_text(encoding="utf-8"))
    return facts


def _note(version: str) -> str | None:
    if version == model_version():
        return None
    return f"That backtest was of model version {version}; this is {model_version()}: run `parley backtest`."
