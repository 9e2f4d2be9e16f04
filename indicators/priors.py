"""What a case expects before its record speaks, from its file of priors: years, each with a normal; a Beta; and how
much of what happens is reported.

The file may be missing, and so may each of its tables; what it does not say is left to the model's defaults.
"""

import os
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from indicators.content import EVENT_TYPES, Priors, Reporting, YearPrior
from indicators.entries import Bounds, Entry, read_entries
from indicators.tables import Problems

FILE = "priors.toml"

_YEARS = (1900, 2200)
_SD: Bounds = (0.001, 10.0)
_LOG_RATE: Bounds = (-20.0, 5.0)
_POWER: Bounds = (0.0, 10.0)
_BETA: Bounds = (0.001, 100_000.0)
_SHARE: Bounds = (0.0, 1.0)
_DELAY: Bounds = (0.0, 365.0)
_HASH = re.compile(r"[0-9a-f]{64}")
_NORMAL = "[mean, sd]"


def read_priors(folder: Path, problems: Problems) -> Priors | None:
    """What the file of a case folder says, None where there is none or it says nothing."""
    path = folder / FILE
    entry = read_entries(path, problems) if os.path.lexists(path) else None
    if entry is None:
        return None
    entry.check_keys((), ("framing_change", "reporting", "reference"))
    change, reporting, reference = (entry.table(key) for key in ("framing_change", "reporting", "reference"))
    if change is None and reporting is None and reference is None:
        return None
    tables, years = ("", ()) if reference is None else _reference(reference)
    return Priors(
        change=None if change is None else _change(change),
        tables=tables,
        years=years,
        reporting=() if reporting is None else _reporting(reporting),
    )


def _change(entry: Entry) -> tuple[float, float]:
    entry.check_keys(("prior",))
    return entry.pair("prior", "[a, b] of a Beta distribution", _BETA, _BETA)


def _reporting(entry: Entry) -> tuple[Reporting, ...]:
    """By type of event; of a type left out nothing is expected to be reported."""
    entry.check_keys((), EVENT_TYPES)
    return tuple(_reported(kind, row) for kind in EVENT_TYPES if (row := entry.table(kind)) is not None)


def _reported(kind: str, entry: Entry) -> Reporting:
    entry.check_keys(("share", "delay_days"))
    return Reporting(kind, entry.number("share", _SHARE), entry.number("delay_days", _DELAY))


def _reference(entry: Entry) -> tuple[str, tuple[YearPrior, ...]]:
    """The hash of the tables that the numbers were made from, and the numbers by year."""
    entry.check_keys(("tables", "year"))
    tables = entry.text("tables")
    if tables and not _HASH.fullmatch(tables):
        entry.refuse("tables", f"{tables!r} is no sha256; write its 64 hexadecimal digits in lower case")
    rows = entry.tables("year")
    years = tuple(_year(row) for row in rows)
    _check_order([row for row, prior in zip(rows, years, strict=True) if row.values.get("year") == prior.year])
    return tables, years


def _check_order(rows: Sequence[Entry]) -> None:
    """Refuse a year that does not lie after the one before it; those already refused are left alone."""
    for before, row in pairwise(rows):
        if row.values["year"] <= before.values["year"]:
            right = "write each year once, the earliest first"
            row.refuse("year", f"{row.values['year']} follows {before.values['year']}; {right}")


def _year(entry: Entry) -> YearPrior:
    entry.check_keys(("year", "onset", "duration"))
    return YearPrior(
        year=entry.whole("year", *_YEARS),
        onset=entry.pair("onset", _NORMAL, _LOG_RATE, _SD),
        duration=entry.pair("duration", _NORMAL, _POWER, _SD),
    )
