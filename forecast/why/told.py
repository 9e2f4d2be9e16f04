"""What is on file of why a forecast moved, for faces that name the causes: nothing is computed here."""

from dataclasses import asdict, replace
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection

from db.kinds import FULL_KINDS, PUBLISHED
from db.read_runs import read_runs
from db.run_rows import RunRow
from forecast.facts.causes import Explained
from forecast.facts.why import TIME, Explanation, renamed
from forecast.why.daily import add_up
from forecast.why.pairs import order_of
from forecast.why.stored import read_step
from forecast.words.language import Language
from indicators.names import Names, source_name

LINKS = 100
"""Runs between two that are compared, at most: more daily steps are not read for a sentence."""


def read_told(connection: Connection, before: RunRow, after: RunRow) -> Explanation | None:
    """What moved a forecast from one published full run to a later one: as it is stored, else the sum of the steps.

    None where a step is missing.
    """
    found = read_step(connection, before.id, after.id)
    if found is not None:
        return found
    runs = _between(connection, before, after)
    steps = [read_step(connection, one.id, later.id) for one, later in pairwise(runs)]
    known = [step for step in steps if step is not None]
    return add_up(known) if known and len(known) == len(steps) else None


def _between(connection: Connection, before: RunRow, after: RunRow) -> tuple[RunRow, ...]:
    """The published full runs from one to the other, both included; none where they are too many."""
    kinds, statuses = FULL_KINDS, (PUBLISHED,)
    found = read_runs(connection, after.case_id, kinds=kinds, statuses=statuses, until=after.as_of, limit=LINKS)
    runs = sorted((one for one in found if order_of(before) <= order_of(one) <= order_of(after)), key=order_of)
    return tuple(runs) if runs and runs[0].id == before.id else ()


def in_language(explained: Explained | None, names: Names) -> Explained | None:
    """The same with indicators and sources as a language names them, where it does."""
    if explained is None or not names:
        return explained
    indicators = {id_: name for (kind, id_), name in names.items() if kind == "indicator"}
    found = renamed(explained.explanation, indicators, lambda source: source_name(names, source))
    return replace(explained, explanation=found)


def causes_json(explained: Explained, language: Language) -> list[dict[str, Any]]:
    """The causes that a sentence names, under the names of `parley why --json`."""
    words = language.why
    return [
        {
            "class": cause.cls,
            "kind": cause.line.kind,
            "subject": asdict(cause.line.subject),
            "label": words.class_label(TIME) if cause.cls == TIME else words.cause(cause.line),
            "points": cause.points,
        }
        for cause in explained.named
    ]
