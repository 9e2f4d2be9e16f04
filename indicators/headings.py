"""The columns of observations in Japanese: what the workbook to fill in is headed by, and an import understands."""

import re

JAPANESE = {
    "indicator": "指標",
    "observed_on": "観測日",
    "known_on": "判明日",
    "level": "水準",
    "grade": "等級",
    "source": "出典",
    "publisher": "発行元",
    "url": "URL",
    "origin": "出所",
    "analyst": "評価者",
    "note": "備考",
}
SEPARATOR = "｜"
"""Between an indicator's id and its name, where both stand in one cell."""

ALIASES = {heading: column for column, heading in JAPANESE.items() if heading.casefold() != column}
"""The column that a heading names, where it is not the column's own name."""

_SEPARATORS = re.compile(r"\s*[|｜]")


def labelled(indicator_id: str, name: str) -> str:
    """An id that is followed by the name, for a list to choose from."""
    return f"{indicator_id}{SEPARATOR}{name}"


def id_in(cell: str) -> str:
    """The id of an indicator in a cell, alone or followed by the name."""
    return _SEPARATORS.split(cell, maxsplit=1)[0].strip()
