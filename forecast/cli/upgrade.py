"""Another version of the case, at a desk that has one: what it changes is told before it is loaded."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from rich.text import Text

from forecast.cli.tables import bold, paragraph
from indicators.install import TABLES, CasePlan
from indicators.upgrade import Change

SHOWN = 5
"""Things of a kind that are named; of more only the number is told."""
_EFFECT = "The next `parley update` uses it; the forecasts on file stay as they are."
_NAMES = {"completeness": "attestations"}


def upgrade_lines(plan: CasePlan) -> list[str | Text]:
    """What the version changes, by table, and what that does to the forecast."""
    lines: list[str | Text] = [bold(f"Another version of case {plan.report.case_id}: {plan.report.case_hash[:8]}")]
    for table, changes in _by_table(plan).items():
        for line in _lines(_NAMES.get(table, table), changes):
            lines += paragraph(line)
    if len(lines) == 1:
        lines += paragraph("Nothing changes that a forecast depends on.")
    return [*lines, *paragraph(_EFFECT)]


def upgrade_json(plan: CasePlan) -> dict[str, Any]:
    """The same, with every name; empty lists where the case is loaded for the first time."""
    changes = _by_table(plan) if plan.upgrade else dict.fromkeys(("case", "indicators", *TABLES), ())
    return {
        "upgrade": plan.upgrade,
        "changes": {table: [asdict(one) for one in rows] for table, rows in changes.items()},
    }


def _by_table(plan: CasePlan) -> dict[str, Sequence[Change]]:
    facts = {table: rows.changes for table, rows in zip(TABLES, plan.facts, strict=False)}
    return {"case": plan.settings, "indicators": plan.catalogue, **facts}


def _lines(table: str, changes: Sequence[Change]) -> Iterator[str]:
    order = ("added", "changed", "withdrawn", "kept")
    for what, group in groupby(sorted(changes, key=lambda one: order.index(one.what)), lambda one: one.what):
        of_it = list(group)
        if what != "kept":
            yield f"{table}: {len(of_it)} {what}: {_named(of_it)}"
            continue
        both = [one for one in of_it if one.parts]
        alone = [one for one in of_it if not one.parts]
        if both:
            yield f"{table}: {len(both)} changed here and by the case, kept as here: {_named(both)}"
        if alone:
            yield f"{table}: {len(alone)} kept as changed here: {_named(alone)}"


def _named(changes: Sequence[Change]) -> str:
    names = [f"{one.name} ({', '.join(one.parts)})" if one.parts else one.name for one in changes[:SHOWN]]
    more = len(changes) - len(names)
    return ", ".join(names) + (f", … and {more} more" if more else "")
