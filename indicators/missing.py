"""Markers that programs and people leave in a table where nothing is known: NA, null, -, unknown, 不明 and such."""

import unicodedata
from functools import lru_cache

MARKERS = frozenset(
    (
        *("na", "n/a", "n.a.", "#n/a", "#na", "<na>", "nan", "nat", "null", "(null)", "none", "nil", "missing"),
        *("unknown", "unk", "not available", "not applicable", "not known", "tbd", "tba", "\\n"),
        *(
            "-",
            "--",
            "---",
            "\u2010",
            "\u2011",
            "\u2012",
            "\u2013",
            "\u2014",
            "\u2212",
            "\u30fc",
            ".",
            "..",
            "...",
            "…",
        ),
        *("?", "??", "???"),
        *("不明", "なし", "無し", "無", "未詳", "未定", "該当なし", "空欄"),
        *("없음", "미상", "불명", "모름", "해당없음", "해당 없음"),
        *("无", "未知", "不详", "暂无", "неизвестно", "нет данных", "н/д", "нет"),
    )
)
"""Folded as `is_missing` folds a cell."""
_LONGEST = max(map(len, MARKERS)) + 4


def is_missing(text: str) -> bool:
    """Whether a cell holds nothing but a marker; an empty one holds none. None ends in a digit, as most cells do."""
    return 0 < len(text) <= _LONGEST and not text[-1].isdigit() and _is_marker(text)


@lru_cache(maxsize=4096)
def _is_marker(text: str) -> bool:
    return unicodedata.normalize("NFKC", text).strip().casefold() in MARKERS or text.strip().casefold() in MARKERS
