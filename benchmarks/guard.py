"""Answers to what is supposed, beside refits: when the draws of a fit can stand for another, and when they cannot.

python -m benchmarks.guard [--refits 3] [--keep FILE.json]     of the database that PARLEY_DATABASE_URL names
"""

import argparse
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from db.engine import open_database
from forecast.cli.console import database_url, today
from forecast.engine.fit import fit_problem
from forecast.facts.whatif import SEE, Statement
from forecast.facts.why import Grid
from forecast.plan.answer import find_answer
from forecast.plan.refit import problem_to_fit
from forecast.plan.standing import Stand, read_stand
from forecast.plan.statements import parse_statement
from models.settings import SamplerSettings


def hypotheticals(day: date) -> dict[str, tuple[str, ...]]:
    """By name, what is seen: those that the draws must answer, and those that they must refuse."""
    ago = [(day - timedelta(days=n)).isoformat() for n in range(40)]
    return {
        "strong observation": ("us_nuclear_recognition=2 A1",),
        "late observation": ("us_posture=-2 A1 on 2025-03-01",),
        "one contact": (f"contact on {ago[4]}",),
        "crisis": (f"crisis on {ago[4]}",),
        "arms-control talks": (f"arms_control talks on {ago[5]}",),
        "denuclearisation talks": (f"denuclearisation talks on {ago[5]}",),
        "talks and a deal": (f"arms_control talks on {ago[5]}", f"deal on {ago[5]}"),
        "attestation": (f"none through {ago[0]}",),
        "an event withdrawn": ("without T2019-10",),
        "a judgement changed": ("hiraiwa-2025 says us_nuclear_recognition=-3 for arms_control_talks",),
        "two contacts": (f"contact on {ago[21]}", f"contact on {ago[11]}"),
        "three contacts": (f"contact on {ago[25]}", f"contact on {ago[18]}", f"contact on {ago[11]}"),
        "five contacts": tuple(f"contact on {ago[n]}" for n in (28, 23, 18, 13, 8)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--refits", type=int, default=3)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    rows = []
    with open_database(database_url()) as database, database.read() as connection:
        stand = read_stand(database, connection, "us-dprk", today(connection))
        for name, said in hypotheticals(stand.as_of).items():
            statements = [parse_statement(text, SEE, stand.as_of) for text in said]
            rows.append(row_of(stand, name, statements, options.refits))
            print(line_of(rows[-1]), flush=True)
    if options.keep:
        options.keep.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print("\n".join(table(rows)))


def row_of(stand: Stand, name: str, statements: list[Statement], refits: int) -> dict[str, Any]:
    """The answer of the draws, whether it is trusted, and how far it lies from the mean of some refits."""
    answer = find_answer(stand, statements, refit=False)
    anchor, problem = stand.anchor(), problem_to_fit(stand, statements)
    fits = [
        fit_problem(problem, answer.headline, SamplerSettings(), anchor.run.seed + k, lambda *_: None).mean
        for k in range(refits)
    ]
    mean, spread = np.mean(fits, axis=0), np.std(fits, axis=0, ddof=1) if refits > 1 else np.zeros_like(fits[0])
    away = 100 * (_array(answer.after) - mean)
    year = [reach.horizon_days for reach in answer.reaches].index(365)
    others = np.delete(away, answer.place, axis=0)
    return {
        "name": name,
        "status": answer.status,
        "trusted": answer.trusted,
        "pareto_k": answer.pareto_k,
        "ess": answer.ess,
        "draws": answer.draws,
        "change": answer.change(answer.place, year),
        "after": 100 * answer.after[answer.place][year],
        "refits": 100 * float(mean[answer.place, year]),
        "spread": 100 * float(spread[answer.place, year]),
        "away": float(away[answer.place, year]),
        "furthest_headline": float(np.abs(away[answer.place]).max()),
        "furthest_other": float(np.abs(others).max()),
        "furthest_spread": 100 * float(np.delete(spread, answer.place, axis=0).ravel()[np.abs(others).argmax()]),
    }


def _array(grid: Grid) -> Any:
    return np.array(grid)


def line_of(row: dict[str, Any]) -> str:
    """One row of the table."""
    k = "–" if row["pareto_k"] is None else f"{row['pareto_k']:.2f}"
    ess = "–" if row["ess"] is None else f"{row['ess']:.0f} of {row['draws']}"
    status = row["status"] if row["trusted"] else "refused"
    return (
        f"| {row['name']} | {status} | {k} | {ess} | {row['change']:+.2f} | {row['after']:.2f} | "
        f"{row['refits']:.2f} ± {row['spread']:.2f} | {row['away']:+.2f} | {row['furthest_other']:.2f} |"
    )


def table(rows: list[dict[str, Any]]) -> list[str]:
    """As docs/what-if.md has it: the headline in 365 d, in points."""
    head = (
        "| supposed | draws | k | effective | change | answer | refits, sd | apart | others, furthest |",
        "|---|---|---|---|---|---|---|---|---|",
    )
    return [*head, *map(line_of, rows)]


if __name__ == "__main__":
    main()
