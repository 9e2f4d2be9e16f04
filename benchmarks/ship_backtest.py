"""Put the newest standard backtest of the shipped case into the package, so that a new desk knows how good it is.

parley init && parley backtest && python -m benchmarks.ship_backtest
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xarray as xr

from db.engine import open_database
from db.posteriors import opened
from db.read import read_case
from db.read_evaluations import read_evaluations
from forecast.cli.console import database_url
from forecast.evaluation.forecasters import MODEL
from forecast.evaluation.quality import SHIPPED_BACKTEST, SHIPPED_FACTS
from forecast.structures import structure_in

PACKAGE = Path(__file__).parent.parent / "forecast"


def main() -> None:
    with open_database(database_url()) as database, database.read() as connection:
        case = read_case(connection, "us-dprk")
        rows = read_evaluations(connection, case.case_id, kind="backtest")
        row = next((row for row in rows if row.settings.get("standard") and row.file_hash), None)
        if row is None or row.file_hash is None:
            raise SystemExit("error: no standard backtest is stored; run `parley backtest`")
        with opened(connection, database.posteriors, row.file_hash) as path:
            _copy(path, PACKAGE / SHIPPED_BACKTEST)
    facts = {
        "case_hash": row.case_hash,
        "model_version": row.model_version,
        "structure": structure_in(row.result),
        "as_of": str(row.as_of),
        "quality": row.result["quality"],
    } | headline_facts(row.result)
    (PACKAGE / SHIPPED_FACTS).write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"backtest {row.id}, model version {row.model_version}: {row.result['quality']}")


def headline_facts(result: Mapping[str, Any]) -> dict[str, Any]:
    """What `forecast.evaluation.alike` looks up, of the headline alone: each `parley show` reads it."""
    headline = result["headline"]
    scores = [
        one | {"forecasters": [score for score in one["forecasters"] if score["name"] == MODEL]}
        for one in result["scores"]
        if one["target"] == headline and one["era"] == "all"
    ]
    bands = [one for one in result["bands"] if one["target"] == headline]
    return {"kind": result["kind"], "origins": result["origins"], "scores": scores, "bands": bands}


def _copy(stored: Path, place: Path) -> None:
    """In single precision: a page needs no more, and the package stays small."""
    with xr.open_dataset(stored) as dataset:
        single = {name: {"zlib": True, "complevel": 9} for name in dataset.data_vars}
        for name in ("forecast", "scenario_forecast", "pareto_k"):
            single[name] |= {"dtype": "float32"}
        dataset.to_netcdf(place, encoding=single)


if __name__ == "__main__":
    main()
