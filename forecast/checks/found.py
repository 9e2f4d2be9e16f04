"""What checks found, read from the figures that are stored with them: what a sentence needs and no more.

The sentence of a check is made from what is read here, so that it can be made again, in any language, from what is
stored.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from forecast.facts.checks import (
    TAIL,
    TOLERANCE,
    AfterRecord,
    Assumed,
    BeforeRecord,
    Found,
    Leader,
    Led,
    LeftOut,
    Named,
    Reach,
    ReadAsOf,
    Recovered,
    Solved,
)

ORDERED_BY_DAYS = 180
"""Horizon by which sources and assumptions are put in order; the last one where there is none of so many days."""
PRIORS, JUDGEMENTS, RECORD = "all priors", "judgements", "record of events"
"""Those of `models.sensitivity`, without its imports; a test holds them together."""

type Figures = Mapping[str, Any]


def read_found(name: str, figures: Figures) -> Found | None:
    """What the check of this name found; None where its figures were stored without what the sentence needs."""
    reader = _READERS.get(name)
    if reader is None:
        return None
    try:
        return reader(figures)
    except KeyError:  # figures gain names, and results of older programs stay as they were stored
        return None


def horizons_as_json(reaches: Sequence[Reach]) -> list[dict[str, object]]:
    """Windows as figures name them."""
    return [{"horizon_days": one.horizon_days, "deadline": str(one.deadline or "") or None} for one in reaches]


def reference_of(reaches: Sequence[Reach]) -> int:
    """The place of the window by which sources and assumptions are put in order."""
    days = [one.horizon_days for one in reaches]
    return days.index(ORDERED_BY_DAYS) if ORDERED_BY_DAYS in days else len(days) - 1


def _reaches(figures: Figures) -> tuple[Reach, ...]:
    return tuple(
        Reach(one["horizon_days"], date.fromisoformat(one["deadline"]) if one["deadline"] else None)
        for one in figures["horizons"]
    )


def _read_as_of(figures: Figures) -> ReadAsOf:
    origins = figures["origins"]
    leaked = tuple(date.fromisoformat(one["as_of"]) for one in origins if not one["same"])
    return ReadAsOf(len(origins), leaked, max(one["rows_known_later"] for one in origins))


def _solved(figures: Figures) -> Solved:
    largest = figures["largest_difference"]
    passed = largest <= TOLERANCE
    wrong = () if passed else tuple(_wrong(figures))
    return Solved(figures["levels"], largest, wrong)


def _wrong(figures: Figures) -> list[str]:
    return [one["name"] for one in figures["where"] if not one["largest_difference"] <= TOLERANCE]


def _recovered(figures: Figures) -> Recovered:
    quantities = figures["quantities"]
    return Recovered(
        worlds=figures["simulations"],
        refused=figures["refused_worlds"],
        quantities=len(quantities),
        outside=tuple(one["name"] for one in quantities if not one["inside"]),
        level=figures["level"],
        smallest_p=min(one["p"] for one in quantities),
    )


def _before_record(figures: Figures) -> BeforeRecord:
    headline = figures["headline"]
    return BeforeRecord(
        worlds=figures["worlds"],
        refused=figures["refused_worlds"],
        outside=tuple(one["name"] for one in figures["statistics"] if not one["inside"]),
        target=figures["target"],
        reach=Reach(headline[0]["horizon_days"], None),
        medians=tuple(Named(one["source"], one["q50"]) for one in headline),
    )


def _after_record(figures: Figures) -> AfterRecord:
    known = [one for one in figures["statistics"] if one["p"] is not None]
    return AfterRecord(
        worlds=figures["worlds"],
        refused=figures["refused_worlds"],
        statistics=len(figures["statistics"]),
        outside=tuple(one["name"] for one in known if one["p"] < TAIL or one["p"] > 1 - TAIL),
        posterior=figures["posterior"],
        joint=figures["p_joint"],
    )


def _led(figures: Figures) -> Led:
    reaches = _reaches(figures)
    by_name = {one["name"]: one for one in figures["components"]}
    largest = {name: max(one["sensitivity"]) for name, one in by_name.items()}
    single = [name for name in by_name if name not in (PRIORS, JUDGEMENTS, RECORD)]
    led = [name for name in (PRIORS, JUDGEMENTS, RECORD) if _leads(by_name[name], figures["notable"])]
    leaders = []
    for name in sorted(led, key=lambda one: -largest[one]):
        at = by_name[name]["sensitivity"].index(largest[name])
        above_all = max(single, key=lambda one: largest[one]) if name == PRIORS else None
        leaders.append(Leader(name, largest[name], reaches[at], above_all))
    return Led(figures["target"], figures["notable"], tuple(leaders))


def _leads(component: Figures, notable: float) -> bool:
    pairs = zip(component["sensitivity"], component["noise"], strict=True)
    return any(value > notable and value > noise for value, noise in pairs)


def _assumed(figures: Figures) -> Assumed:
    reaches, changed = _reaches(figures), figures["changed"]
    at = reference_of(reaches)
    least, greatest = (Named(one["assumption"], one["headline"][at]) for one in (changed[0], changed[-1]))
    return Assumed(
        target=figures["target"], reach=reaches[at], whole=figures["headline"][at], least=least, greatest=greatest
    )


def _left_out(kind: str, figures: Figures) -> LeftOut:
    reaches = _reaches(figures)
    at = reference_of(reaches)
    whole = figures["headline"][at]
    found = [Named(one[kind], one["headline"][at]) for one in figures["without"]]
    known = [one for one in found if one.probability is not None and whole is not None]
    return LeftOut(kind=kind, target=figures["target"], reach=reaches[at], whole=whole, most=tuple(known[:2]))


_READERS: Mapping[str, Callable[[Figures], Found]] = {
    "as-of": _read_as_of,
    "states": _solved,
    "sbc": _recovered,
    "prior-predictive": _before_record,
    "posterior-predictive": _after_record,
    "power-scaling": _led,
    "assumptions": _assumed,
    "leave-out-indicator": partial(_left_out, "indicator"),
    "leave-out-document": partial(_left_out, "document"),
}
