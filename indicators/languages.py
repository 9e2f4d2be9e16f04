"""The catalogue of a shipped case in another language."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from db.rows import IndicatorRow
from indicators.names import Names, read_names
from indicators.shipped import shipped_folder

LANGUAGES = ("en", "ja", "ko")
TEXTS = ("indicator", "question", "level", "orientation", "note")
"""Kinds of names that stand for texts of the catalogue, which a desk may have changed."""


def in_language(catalogue: Sequence[IndicatorRow], case_id: str, language: str) -> tuple[IndicatorRow, ...]:
    """The same indicators with their texts in a language.

    What has none in it keeps its own words, and so does a text that is no longer the one the shipped case has: its
    translation would say what no longer holds.
    """
    names = standing_names(catalogue, case_id, language)
    return tuple(_translated(row, names) for row in catalogue)


def standing_names(catalogue: Sequence[IndicatorRow], case_id: str, language: str) -> Names:
    """The names of a shipped case in a language, without those of texts that the case at this desk has otherwise."""
    names = read_names(case_id, language)
    shipped = _read_shipped(case_id) if names else {}
    own = {key: text for row in catalogue for key, text in _own_texts(row).items()}
    return {
        key: name
        for key, name in names.items()
        if key[0] not in TEXTS or (key in shipped and own.get(key) == shipped[key])
    }


def untranslated(own: Sequence[IndicatorRow], shown: Sequence[IndicatorRow]) -> tuple[str, ...]:
    """The ids of indicators of which name, question or a criterion kept its own words."""
    pairs = zip(own, shown, strict=True)
    return tuple(before.indicator_id for before, after in pairs if {*_asked(before)} & {*_asked(after)})


def _asked(row: IndicatorRow) -> tuple[str, ...]:
    return row.name, row.question, *(level.criterion for level in row.levels)


def _own_texts(row: IndicatorRow) -> dict[tuple[str, str], str]:
    levels = {("level", _level_id(row.indicator_id, one.level)): one.criterion for one in row.levels}
    said = {"indicator": row.name, "question": row.question, "orientation": row.orientation, "note": row.note}
    return {(kind, row.indicator_id): text for kind, text in said.items()} | levels


def _translated(row: IndicatorRow, names: Names) -> IndicatorRow:
    def said(kind: str, own: str, id_: str = row.indicator_id) -> str:
        return names.get((kind, id_), own)

    return replace(
        row,
        name=said("indicator", row.name),
        question=said("question", row.question),
        orientation=said("orientation", row.orientation),
        note=said("note", row.note),
        levels=tuple(
            replace(one, criterion=said("level", one.criterion, _level_id(row.indicator_id, one.level)))
            for one in row.levels
        ),
    )


def _read_shipped(case_id: str) -> Names:
    """What the shipped case itself says, by the kinds and ids that names have."""
    folder = shipped_folder(case_id)
    if folder is None:
        return {}
    catalogue = tomllib.loads((folder / "indicators.toml").read_text(encoding="utf-8"))
    return {key: text for id_, entry in catalogue.items() for key, text in _texts(id_, entry).items()}


def _texts(id_: str, entry: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    levels = {("level", _level_id(id_, int(level))): text for level, text in entry["levels"].items()}
    said = {kind: entry[kind] for kind in ("question", "orientation", "note")} | {"indicator": entry["name"]}
    return {(kind, id_): text for kind, text in said.items()} | levels


def _level_id(indicator_id: str, level: int) -> str:
    return f"{indicator_id}:{level:+d}" if level else f"{indicator_id}:0"
