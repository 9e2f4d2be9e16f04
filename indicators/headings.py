"""The columns of observations in other languages: they head the workbook to fill in, and an import understands them."""

import re
from collections.abc import Mapping

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
    "analyst": "担当者",
    "note": "備考",
}
KOREAN = {
    "indicator": "지표",
    "observed_on": "관측일",
    "known_on": "공개일",
    "level": "수준",
    "grade": "등급",
    "source": "출처",
    "publisher": "발행처",
    "url": "URL",
    "origin": "원출처",
    "analyst": "담당자",
    "note": "비고",
}
HEADINGS: Mapping[str, Mapping[str, str]] = {"ja": JAPANESE, "ko": KOREAN}
"""By language the headings, by column."""
SEPARATOR = "｜"
"""Between an indicator's id and its name, where both stand in one cell."""

_ALSO = {"評価者": "analyst"}  # heads workbooks that were written with an earlier version
ALIASES = {
    heading: column
    for headings in HEADINGS.values()
    for column, heading in headings.items()
    if heading.casefold() != column
} | _ALSO
"""The column that a heading names, where it is not the column's own name."""

_SEPARATORS = re.compile(r"\s*[|｜]")


def labelled(indicator_id: str, name: str) -> str:
    """An id that is followed by the name, for a list to choose from."""
    return f"{indicator_id}{SEPARATOR}{name}"


def id_in(cell: str) -> str:
    """The id of an indicator in a cell, alone or followed by the name."""
    return _SEPARATORS.split(cell, maxsplit=1)[0].strip()
