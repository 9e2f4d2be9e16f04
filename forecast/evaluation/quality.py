"""How good the forecasts are, as every face tells it: of forecasts like the one that is shown.

It is of the newest stored backtest of the standard plan; before there is one, of the backtest shipped with the program,
where that is of the same version of the case. One by the present structure of the model goes before all others.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any

from sqlalchemy import Connection

from db.read import read_case
from db.read_evaluations import read_evaluations
from db.rows import CaseRow
from forecast.evaluation.alike import read_alike
from forecast.facts.quality import Moment, Quality
from forecast.structures import present_structure, structure_in

SHIPPED_FACTS, SHIPPED_BACKTEST = "shipped_backtest.json", "shipped_backtest.nc"


@dataclass(frozen=True, slots=True)
class _Found:
    """A backtest of the case: what it says, and what it is of."""

    facts: Mapping[str, Any]
    version: str
    evaluation_id: int | None
    as_of: date

    @property
    def structure(self) -> int:
        return structure_in(self.facts)


def read_quality(connection: Connection, *, case_id: str | None = None, moment: Moment | None = None) -> Quality:
    """What the newest backtest found of forecasts like that of ``moment``; without any, that nothing was measured.

    One of the present structure of the model goes before one of another. Without a moment, or where the backtest did
    not forecast its target, what is told is of the headline as a whole.
    """
    found = list(_backtests(connection, read_case(connection, case_id)))
    if not found:
        return Quality(stored=None, model_version=None, evaluation_id=None, as_of=None, by=_structure_of(moment))
    return _quality(min(found, key=lambda one: one.structure != present_structure()), moment)


def _backtests(connection: Connection, case: CaseRow) -> Iterator[_Found]:
    """Of the standard plan, the newest first; at last the shipped one, if it is of this version of the case."""
    for row in read_evaluations(connection, case.case_id, kind="backtest"):
        if row.settings.get("standard") and isinstance(row.result.get("quality"), str):
            yield _Found(row.result, row.model_version, row.id, row.as_of)
    shipped = read_shipped_facts()
    if shipped is not None and shipped["case_hash"] == case.stems_from:
        yield _Found(shipped, shipped["model_version"], None, date.fromisoformat(shipped["as_of"]))


def _quality(found: _Found, moment: Moment | None) -> Quality:
    alike = read_alike(found.facts, moment) if moment else None
    return Quality(
        stored=str(found.facts["quality"]),
        model_version=found.version,
        evaluation_id=found.evaluation_id,
        as_of=found.as_of,
        by=_structure_of(moment),
        alike=alike,
        structure=found.structure,
    )


def _structure_of(moment: Moment | None) -> int:
    return moment.structure if moment and moment.structure else present_structure()


def read_shipped_facts() -> dict[str, Any] | None:
    """What the shipped backtest is of and says: case_hash, model_version, as_of, quality; scores and bands."""
    resource = files("forecast") / SHIPPED_FACTS
    if not resource.is_file():
        return None
    facts: dict[str, Any] = json.loads(resource.read_text(encoding="utf-8"))
    return facts
