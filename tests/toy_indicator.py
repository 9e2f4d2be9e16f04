"""An indicator that the toy case lacks, as the tables of a file or of a person at the desk."""

from collections.abc import Mapping
from typing import Any

REASON = "the embassies are in the papers again"
EMBASSY: dict[str, Any] = {
    "id": "embassy",
    "name": "Staff of the embassies",
    "question": "How many attachés are at their posts?",
    "orientation": "+ = more",
    "kind": "state",
    "group": "signals",
    "half_life_days": 90,
    "expected_cadence_days": 30,
    "lag_days": 0,
    "contested": False,
    "typical_sources": ["Gazette"],
    "documents": ["rassendyll-2015"],
    "document_refs": [],
    "note": "",
    "levels": {str(level): f"criterion {level}" for level in range(-2, 3)},
}


def table(**parts: Any) -> Mapping[str, Any]:
    values = {**EMBASSY, **parts}
    return {values["id"]: {name: value for name, value in values.items() if value is not None}}
