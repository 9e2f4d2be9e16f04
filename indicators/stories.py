"""What the documents of a case say would happen, from its file of stories: levels of indicators, and what is claimed of
targets once they hold.

The file may be missing. Days are counted after the as-of date, whichever that is.
"""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from indicators.content import LEVELS, TARGETS, Claim, Setting, Story
from indicators.entries import Entry, read_entries
from indicators.tables import Problems

FILE = "stories.toml"
READINGS = ("explicit", "inferred", "advice")
DIRECTIONS = ("up", "down", "none", "up_or_none")
TIMES = ("now", "later", "by_deadline")

_DAYS = (1, 3650)
_ID = re.compile(r"[a-z][a-z0-9_]*")
_SETTING = '{ indicator = "us_posture", level = 1, from = 30 }'
_CLAIM = '{ target = "contact", direction = "up", when = "later" }'


def read_stories(
    folder: Path, problems: Problems, indicators: frozenset[str] | None, documents: frozenset[str] | None
) -> tuple[Story, ...] | None:
    """What the file of a case folder says, in its order; None where there is no file.

    Parameters
    ----------
    indicators, documents : ids that stories may name; None where what defines them was refused
    """
    path = folder / FILE
    entry = read_entries(path, problems) if os.path.lexists(path) else None
    if entry is None:
        return None
    if not entry.values:
        problems.add(FILE, "holds no story; write one table per story, such as [relief_comes], or delete the file")
    _check_ids(entry)
    tables = [table for id_ in entry.values if (table := entry.table(id_)) is not None]
    return tuple(_story(table, indicators, documents) for table in tables)


def _story(entry: Entry, indicators: frozenset[str] | None, documents: frozenset[str] | None) -> Story:
    entry.check_keys(("document", "name", "place", "set", "claims"), ("reading", "against"))
    return Story(
        id=entry.path[-1],
        document_id=entry.known("document", "document", documents),
        name=entry.text("name"),
        place=entry.text("place"),
        reading=entry.choice("reading", READINGS) if "reading" in entry.values else READINGS[0],
        settings=_settings(entry, "set", indicators),
        against=_settings(entry, "against", indicators),
        claims=_claims(entry),
    )


def _check_ids(entry: Entry) -> None:
    for id_ in entry.values:
        if not _ID.fullmatch(id_):
            right = "write lower-case letters, digits and _, beginning with a letter, such as [relief_comes]"
            entry.refuse(id_, f"{id_!r} is not an identifier; {right}")


def _tables(entry: Entry, key: str, example: str) -> tuple[Entry, ...]:
    if entry.values.get(key) == []:
        entry.refuse(key, f"is empty; write at least one, such as {example}")
        return ()
    return entry.tables(key)


def _settings(entry: Entry, key: str, indicators: frozenset[str] | None) -> tuple[Setting, ...]:
    rows = _tables(entry, key, _SETTING)
    made = tuple(_setting(row, indicators) for row in rows)
    seen: set[tuple[str, int]] = set()
    for row, setting in zip(rows, made, strict=True):
        if row.values.get("from") != setting.start:
            continue  # a placeholder
        if (setting.indicator_id, setting.start) in seen:
            what = f"{setting.indicator_id} has two levels from day {setting.start} on"
            row.refuse("from", f"{what}; write one of them, or another day")
        seen.add((setting.indicator_id, setting.start))
    return made


def _setting(entry: Entry, indicators: frozenset[str] | None) -> Setting:
    entry.check_keys(("indicator", "level", "from"), ("until",))
    start = entry.whole("from", *_DAYS)
    return Setting(
        indicator_id=entry.known("indicator", "indicator", indicators),
        level=entry.whole("level", LEVELS[0], LEVELS[-1]),
        start=start,
        until=_until(entry, start) if "until" in entry.values else None,
    )


def _until(entry: Entry, start: int) -> int:
    before = len(entry.problems.lines)
    until = entry.whole("until", *_DAYS)
    if until < start and len(entry.problems.lines) == before:
        entry.refuse("until", f"{until} lies before from {start}; write {start} or a later day")
    return until


def _claims(entry: Entry) -> tuple[Claim, ...]:
    rows = _tables(entry, "claims", _CLAIM)
    made = tuple(_claim(row) for row in rows)
    seen: set[tuple[str, str]] = set()
    for row, claim in zip(rows, made, strict=True):
        subject = claim.target, claim.when
        if subject in seen and all(subject):
            row.refuse("target", f"{claim.target} is claimed twice for {claim.when}; keep one of the two")
        seen.add(subject)
    return made


def _claim(entry: Entry) -> Claim:
    entry.check_keys(("target", "direction", "when"))
    return Claim(
        target=entry.known("target", "target", frozenset(TARGETS)),
        direction=entry.choice("direction", DIRECTIONS),
        when=entry.choice("when", TIMES),
    )


def stories_as_json(stories: Sequence[Story]) -> list[dict[str, Any]]:
    """The stories in the form of the file they come from, as JSON gives them back."""
    return [
        {
            "id": story.id,
            "document": story.document_id,
            "name": story.name,
            "place": story.place,
            "reading": story.reading,
            "set": list(map(_setting_as_json, story.settings)),
            "against": list(map(_setting_as_json, story.against)),
            "claims": [{"target": row.target, "direction": row.direction, "when": row.when} for row in story.claims],
        }
        for story in stories
    ]


def _setting_as_json(setting: Setting) -> dict[str, Any]:
    said = {"indicator": setting.indicator_id, "level": setting.level, "from": setting.start}
    return said if setting.until is None else {**said, "until": setting.until}


def stories_from_json(value: Sequence[Mapping[str, Any]]) -> tuple[Story, ...]:
    """The stories that `stories_as_json` gave."""
    return tuple(
        Story(
            id=said["id"],
            document_id=said["document"],
            name=said["name"],
            place=said["place"],
            reading=said["reading"],
            settings=tuple(map(_setting_from_json, said["set"])),
            against=tuple(map(_setting_from_json, said["against"])),
            claims=tuple(Claim(**row) for row in said["claims"]),
        )
        for said in value
    )


def _setting_from_json(said: Mapping[str, Any]) -> Setting:
    return Setting(indicator_id=said["indicator"], level=said["level"], start=said["from"], until=said.get("until"))
