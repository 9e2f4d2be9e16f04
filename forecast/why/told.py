"""What is on file of why a forecast moved, for faces that name the causes: nothing is computed here."""

from dataclasses import asdict, replace
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection

from db.kinds import FULL_KINDS, PUBLISHED
from db.read_runs import read_runs
from db.run_rows import RunRow
from forecast.facts.causes import NAMED, Explained
from forecast.facts.why import DIRECT, Coded, Explanation, Line, causes
from forecast.why.daily import add_up
from forecast.why.pairs import order_of
from forecast.why.stored import read_stored
from forecast.words.language import Language
from indicators.names import Names, source_name

LINKS = 100
"""Runs between two that are compared, at most: more daily splits are not read for a sentence."""


def read_told(connection: Connection, before: RunRow, after: RunRow) -> Explanation | None:
    """The split of two published full runs, the earlier first: as it is stored, else the sum of those in between.

    None where one of them is missing.
    """
    found = read_stored(connection, before.id, after.id, DIRECT)
    if found is not None:
        return found
    runs = _between(connection, before, after)
    steps = [read_stored(connection, one.id, next_.id, DIRECT) for one, next_ in pairwise(runs)]
    known = [step for step in steps if step is not None]
    return add_up(known) if known and len(known) == len(steps) else None


def _between(connection: Connection, before: RunRow, after: RunRow) -> tuple[RunRow, ...]:
    """The published full runs from one to the other, both included; none where they are too many."""
    found = read_runs(
        connection, after.case_id, kinds=FULL_KINDS, statuses=(PUBLISHED,), until=after.as_of, limit=LINKS
    )
    runs = sorted((one for one in found if order_of(before) <= order_of(one) <= order_of(after)), key=order_of)
    return tuple(runs) if runs and runs[0].id == before.id else ()


def in_language(explanation: Explanation, names: Names) -> Explanation:
    """The same with indicators, publishers, authors and titles as a language names them, where it does."""
    if not names:
        return explanation
    return replace(explanation, lines=tuple(_named(line, names) for line in explanation.lines))


def explained_in(explained: Explained | None, names: Names) -> Explained | None:
    """The same of one number."""
    if explained is None:
        return None
    return replace(explained, explanation=in_language(explained.explanation, names))


def _named(line: Line, names: Names) -> Line:
    coded, published = line.coded, line.published
    return replace(
        line,
        coded=None if coded is None else _coded(coded, names),
        happened=None
        if line.happened is None
        else replace(line.happened, source=source_name(names, line.happened.source)),
        published=None
        if published is None
        else replace(
            published,
            author=names.get(("author", published.document), published.author),
            title=names.get(("title", published.document), published.title),
        ),
        rows=tuple(_named(row, names) for row in line.rows),
    )


def _coded(coded: Coded, names: Names) -> Coded:
    return replace(
        coded,
        name=names.get(("indicator", coded.indicator), coded.name),
        publisher=source_name(names, coded.publisher),
    )


def causes_json(explained: Explained, language: Language) -> list[dict[str, Any]]:
    """The causes that a sentence names, the largest first, under the names of `parley why --json`."""
    target, reach = explained.target, explained.reach
    return [
        {
            "class": line.cls,
            "kind": line.kind,
            "subject": asdict(line.subject),
            "label": language.why.cause(line),
            "points": line.at(target, reach),
        }
        for line in causes(explained.explanation, target, reach, NAMED)
    ]
