"""What observing an indicator, or attesting that nothing happened, costs, and how long it takes, from a file.

The file is TOML, with a table for an indicator, and one for attesting::

    [us_posture]
    minutes = 20
    lead_days = 2

Minutes may stand for any unit that all of them share.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from db.rows import IndicatorRow
from forecast.facts.plan import ATTESTATION
from indicators.entries import Bounds, Entry, read_entries
from indicators.tables import Problems, suggest_id

ATTESTING = ATTESTATION
"""By which attesting has its costs, beside the ids of indicators."""
MINUTES, LEAD_DAYS = "minutes", "lead_days"
_MINUTES: Bounds = (0.001, 100_000.0)
_LONGEST_LEAD = 365
_FORM = "write a table for each indicator, such as [us_posture], with minutes = 20, lead_days = 2 or both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Of what can be found out, each by the id of its indicator or as attesting."""

    minutes: Mapping[str, float] = field(default_factory=dict)
    lead_days: Mapping[str, int] = field(default_factory=dict)
    """From asking to knowing."""

    def of(self, indicator: str) -> float:
        return self.minutes.get(indicator, 1.0)

    def lead_of(self, indicator: str) -> int:
        return self.lead_days.get(indicator, 0)


def read_costs(path: Path, catalogue: Sequence[IndicatorRow]) -> Costs:
    """The costs that a file names.

    Raises
    ------
    indicators.errors.CaseError
        with one line per problem: the file cannot be read or names no costs, it names no indicator of the catalogue,
        or a value is out of bounds
    """
    problems = Problems()
    minutes: dict[str, float] = {}
    lead_days: dict[str, int] = {}
    for id_, table in _tables(path, (*(row.indicator_id for row in catalogue), ATTESTING), problems):
        table.check_keys((), (MINUTES, LEAD_DAYS))
        if MINUTES in table.values:
            minutes[id_] = table.number(MINUTES, _MINUTES)
        if LEAD_DAYS in table.values:
            lead_days[id_] = table.whole(LEAD_DAYS, 0, _LONGEST_LEAD)
    problems.raise_any()
    return Costs(minutes=minutes, lead_days=lead_days)


def _tables(path: Path, ids: tuple[str, ...], problems: Problems) -> Iterator[tuple[str, Entry]]:
    """The tables of the file that are called by one of the ids and hold something."""
    if not os.path.exists(path):
        problems.add(str(path), "there is no such file; name one that is there")
        return
    entry = read_entries(path, problems)
    if entry is None:
        return
    if not entry.values:
        problems.add(path.name, f"holds no costs; {_FORM}")
    for id_ in entry.values:
        if (table := _table(entry, id_, ids)) is not None:
            yield id_, table


def _table(entry: Entry, id_: str, ids: tuple[str, ...]) -> Entry | None:
    if id_ in (MINUTES, LEAD_DAYS):
        entry.refuse(id_, "stands in no table; write it below that of its indicator, such as [us_posture]")
    elif id_ not in ids:
        entry.refuse(id_, f"unknown indicator {id_!r}; {suggest_id(id_, ids)}")
    elif entry.values[id_] == {}:
        entry.refuse(id_, f"holds no costs; write {MINUTES} = 20, {LEAD_DAYS} = 2 or both below [{id_}]")
    else:
        return entry.table(id_)
    return None
