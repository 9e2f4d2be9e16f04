"""The documents' causal chains, from the case's file of stories: what each sets, against what, and what it claims.

The file may be missing. A story is a table by its id:

    [luck_runs_out]
    document = "lankov-2025"
    name = "The war ends and the arms trade with it"
    place = "lankov-2025:L18,L54"
    reading = "inferred"          # explicit where it is left out, or advice
    set = [{ indicator = "ukraine_war_state", level = 2, from = 60 }]
    against = [{ indicator = "ukraine_war_state", level = -1, from = 1, until = 150 }]
    claims = [{ target = "arms_control_talks", direction = "up", when = "later" }]
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from indicators.content import TARGETS, Claim, Setting, Story
from indicators.entries import Entry, read_entries
from indicators.tables import Problems, suggest, suggest_id

FILE = "stories.toml"
READINGS = ("explicit", "inferred", "advice")
DIRECTIONS = ("up", "down", "none", "up_or_none")
WINDOWS = ("now", "later", "by_deadline")

_KEYS = ("document", "name", "place", "set", "claims")
_ID = re.compile(r"[a-z][a-z0-9_]*")
_LONGEST_DAYS = 3650


def read_stories(
    folder: Path, problems: Problems, indicators: frozenset[str] | None, documents: frozenset[str] | None
) -> tuple[Story, ...]:
    """What the file of a case folder says; nothing where there is none.

    `indicators` and `documents` are the ids that may be named; None where what defines them was refused.
    """
    path = folder / FILE
    entry = read_entries(path, problems) if os.path.lexists(path) else None
    if entry is None:
        return ()
    if not entry.values:
        entry.problems.add(entry.file, "holds no story; write one table per story, such as [luck_runs_out]")
    tables = [table for id_ in entry.values if (table := entry.table(id_)) is not None]
    return tuple(_story(table, indicators, documents) for table in tables)


def _story(entry: Entry, indicators: frozenset[str] | None, documents: frozenset[str] | None) -> Story:
    entry.check_keys(_KEYS, ("reading", "against"))
    if not _ID.fullmatch(entry.path[-1]):
        right = "write lower-case letters, digits and _, beginning with a letter, such as luck_runs_out"
        entry.refuse("name", f"{entry.path[-1]!r} is not an identifier; {right}")
    document = entry.text("document")
    if document and documents is not None and document not in documents:
        entry.refuse("document", f"unknown document {document!r}; {suggest_id(document, tuple(sorted(documents)))}")
    return Story(
        id=entry.path[-1],
        document_id=document,
        name=entry.text("name"),
        place=entry.text("place"),
        reading=entry.choice("reading", READINGS) if "reading" in entry.values else READINGS[0],
        settings=_settings(entry, "set", indicators),
        against=_settings(entry, "against", indicators),
        claims=tuple(_claim(row) for row in entry.tables("claims")),
    )


def _settings(entry: Entry, key: str, indicators: frozenset[str] | None) -> tuple[Setting, ...]:
    rows = entry.tables(key)
    found = tuple(_setting(row, indicators) for row in rows)
    seen: set[tuple[str, int]] = set()
    for row, one in zip(rows, found, strict=True):
        if (one.indicator_id, one.start) in seen:
            row.refuse("from", f"{one.indicator_id} is set twice from day {one.start} on; write one level for that day")
        seen.add((one.indicator_id, one.start))
    return found


def _setting(entry: Entry, indicators: frozenset[str] | None) -> Setting:
    entry.check_keys(("indicator", "level", "from"), ("until",))
    name = entry.text("indicator")
    if name and indicators is not None and name not in indicators:
        entry.refuse("indicator", f"unknown indicator {name!r}; {suggest_id(name, tuple(sorted(indicators)))}")
    start = entry.whole("from", 1, _LONGEST_DAYS)
    until = entry.whole("until", 1, _LONGEST_DAYS) if "until" in entry.values else None
    if until is not None and until < start:
        entry.refuse("until", f"{until} lies before day {start}, from which on it is set; write a later day")
    return Setting(indicator_id=name, level=entry.whole("level", -2, 2), start=start, until=until)


def _claim(entry: Entry) -> Claim:
    entry.check_keys(("target", "direction", "when"))
    target = entry.text("target")
    if target and target not in TARGETS:
        entry.refuse("target", f"unknown target {target!r}; {suggest(target, TARGETS)}")
    return Claim(target=target, direction=entry.choice("direction", DIRECTIONS), when=entry.choice("when", WINDOWS))


def stories_as_json(stories: Sequence[Story]) -> tuple[dict[str, Any], ...]:
    """The stories as they are stored with a version of the case."""
    return tuple(
        asdict(story)
        | {name: [asdict(one) for one in getattr(story, name)] for name in ("settings", "against", "claims")}
        for story in stories
    )


def stories_from_json(said: Sequence[Mapping[str, Any]] | None) -> tuple[Story, ...]:
    """What `stories_as_json` gave; nothing where a case has none."""
    return tuple(
        Story(
            **{**story, "settings": _read(Setting, story["settings"])}
            | {"against": _read(Setting, story["against"]), "claims": _read(Claim, story["claims"])}
        )
        for story in said or ()
    )


def _read(kind: type[Any], rows: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
    return tuple(kind(**row) for row in rows)
