"""What is doubtful about an entry beside others, in words: whether it is a report that is there already, and who codes
the same day or report quite otherwise. Each doubt names its way out.
"""

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from db.rows import NewObservation, ObservationRow
from forecast.desk.duplicates import LEVEL, Duplicate
from forecast.words.english.codings import coding_text, contradiction_text
from forecast.words.numbers import counted, level_text
from indicators.disagreements import Disagreement

SHOWN, LISTED = 10, 100
"""Doubts of each kind that an import tells in words, and those it lists for programs."""

type Numbers = Mapping[int, int]
"""The numbers of rows just stored, by the identity of the entry in this process."""


def named(row: ObservationRow) -> str:
    """A row on file, so that it can be told from others."""
    grade = f"{row.reliability}{row.credibility}"
    return f"row {row.id} ({row.indicator_id} {row.observed_on}, {level_text(row.level)}, {grade}, by {row.analyst})"


def duplicate_warning(found: Duplicate) -> str:
    """Which row may report the same, whether both count, and what makes them one piece of evidence."""
    assert isinstance(found.other, ObservationRow)
    other = named(found.other)
    if found.counts_once:
        return (
            f"likely duplicate of {other}: they count as one piece of evidence, with the best grade and the mean "
            "level, and the less certain the further their levels lie apart"
        )
    alike = f"likely duplicate of {other}"
    if found.ground == LEVEL:
        source = ", ".join(filter(None, (found.other.source_title, found.other.source_publisher)))
        alike = f"may be the same report as {other}, from {source} (same level, {_days(found)})"
    return f"{alike}; both count, so if they are one report, {way_out(found)}"


def _days(found: Duplicate) -> str:
    return f"{counted(found.days_apart, 'day')} apart" if found.days_apart else "same day"


def way_out(found: Duplicate) -> str:
    """What makes an entry that is not stored yet one piece of evidence with the row."""
    if found.other.origin:
        return f"give --origin {shlex.quote(found.other.origin)}"
    if found.entry.origin:
        return f"run `parley revise {found.row} --origin {shlex.quote(found.entry.origin)}`"
    return f"give --origin-of {found.row}, which gives both one origin"


def remedy(found: Duplicate, stored: int | None, other: int | None) -> str | None:
    """The command that makes two stored rows one piece of evidence; None where one is not stored, or they are."""
    if found.counts_once or stored is None or other is None:
        return None
    if found.other.origin:
        return f"parley revise {stored} --origin {shlex.quote(found.other.origin)}"
    if found.entry.origin:
        return f"parley revise {other} --origin {shlex.quote(found.entry.origin)}"
    return f"parley revise {stored} --origin-of {other}"


def disagreement_warning(found: Disagreement[NewObservation], numbers: Numbers | None = None) -> str:
    """Every coding, each with its analyst, source, level and day; `numbers` of the rows of a file, None of an entry."""
    said = [coding_text(one, _place(one, numbers)) for one in found.codings]
    return contradiction_text(found, said, found.indicator_id)


def _place(one: NewObservation, numbers: Numbers | None) -> str:
    if numbers is None and not isinstance(one, ObservationRow):
        return "this entry"
    number = one.id if isinstance(one, ObservationRow) else (numbers or {}).get(id(one))
    return "in the file" if number is None else f"row {number}"


def import_notes(
    duplicates: Sequence[Duplicate], disagreements: Sequence[Disagreement[NewObservation]], numbers: Numbers
) -> list[str]:
    """The doubts of a file's rows, a line each, as many as a person can look at."""
    lines = [_imported(found, numbers) for found in duplicates[:SHOWN]]
    lines += _more(len(duplicates), "likely duplicate")
    lines += [disagreement_warning(found, numbers) for found in disagreements[:SHOWN]]
    return lines + list(_more(len(disagreements), "disagreement"))


def _imported(found: Duplicate, numbers: Numbers) -> str:
    other = (
        named(found.other)
        if isinstance(found.other, ObservationRow)
        else f"another row of the file, {_told(found.other)}"
    )
    alike = "may be the same report as" if found.ground == LEVEL else "likely duplicate of"
    stored, its = numbers.get(id(found.entry)), found.row or numbers.get(id(found.other))
    command = remedy(found, stored, its)
    if command is not None:
        out = f"run `{command}`"
    elif found.other.origin:
        out = f"write {found.other.origin!r} in the row's column origin"
    else:
        own = f" and give the same to `parley revise {found.row} --origin`" if found.row else " of both rows"
        out = f"write one origin in the column origin{own}"
    return f"{_told(found.entry)}: {alike} {other}; both count, so if they are one report, {out}"


def _told(entry: NewObservation) -> str:
    source = ", ".join(filter(None, (entry.source_title[:40], entry.source_publisher[:40])))
    return f"{entry.indicator_id} {level_text(entry.level)} on {entry.observed_on} ({source})"


def _more(number: int, noun: str) -> Iterator[str]:
    if number > SHOWN:
        yield f"{counted(number - SHOWN, f'more {noun}')} among the rows of the file"


def duplicates_json(found: Iterable[Duplicate], numbers: Numbers) -> list[dict[str, Any]]:
    """The names other programs use: add, never rename."""
    return [_duplicate_json(one, numbers) for one in list(found)[:LISTED]]


def _duplicate_json(found: Duplicate, numbers: Numbers) -> dict[str, Any]:
    stored, its = numbers.get(id(found.entry)), found.row or numbers.get(id(found.other))
    return {
        "ground": found.ground,
        "days_apart": found.days_apart,
        "counts_once": found.counts_once,
        "entry": _coding_json(found.entry, stored),
        "other": _coding_json(found.other, its),
        "remedy": remedy(found, stored, its),
    }


def disagreements_json(found: Iterable[Disagreement[NewObservation]], numbers: Numbers) -> list[dict[str, Any]]:
    """The same of disagreements, each with all of its codings."""
    return [
        {
            "indicator": one.indicator_id,
            "first_on": one.first_on,
            "last_on": one.last_on,
            "origin": one.origin,
            "levels_apart": one.levels_apart,
            "codings": [
                _coding_json(each, each.id if isinstance(each, ObservationRow) else numbers.get(id(each)))
                for each in one.codings
            ],
        }
        for one in list(found)[:LISTED]
    ]


def _coding_json(one: NewObservation, row: int | None) -> dict[str, Any]:
    return {
        "row": row,
        "indicator": one.indicator_id,
        "observed_on": one.observed_on,
        "level": one.level,
        "grade": f"{one.reliability}{one.credibility}",
        "source_title": one.source_title,
        "source_publisher": one.source_publisher,
        "source_url": one.source_url,
        "origin": one.origin,
        "analyst": one.analyst,
    }
