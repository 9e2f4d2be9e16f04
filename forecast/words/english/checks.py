"""What the checks of the machinery found, in English."""

from collections.abc import Sequence
from typing import assert_never

from forecast.facts.checks import (
    PUBLISHED_SIMULATIONS,
    TAIL,
    AfterRecord,
    Assumed,
    BeforeRecord,
    Found,
    Leader,
    Led,
    LeftOut,
    ReadAsOf,
    Recovered,
    Solved,
)
from forecast.words.names import target_name
from forecast.words.numbers import counted, percent, reach


def quantity_name(name: str) -> str:
    return name


def check_sentence(found: Found) -> str:
    """What a check found, in one sentence."""
    match found:
        case ReadAsOf():
            return _read_as_of(found)
        case Solved():
            return _solved(found)
        case Recovered():
            return _recovered(found)
        case BeforeRecord():
            return _before_record(found)
        case AfterRecord():
            return _after_record(found)
        case Led():
            return _led(found)
        case Assumed():
            return _assumed(found)
        case LeftOut():
            return _left_out(found)
    assert_never(found)


def _read_as_of(found: ReadAsOf) -> str:
    if found.leaked:
        return f"As of {', '.join(map(str, found.leaked))} rows known later change what is read."
    return (
        f"What is read as of {counted(found.origins, 'past date')} is the same from a database in which nothing known "
        f"later exists (up to {counted(found.behind, 'row')} fewer)."
    )


def _solved(found: Solved) -> str:
    if found.wrong:
        where = ", ".join(found.wrong)
        return f"The levels in {where} are not those of the observations: they differ by up to {found.largest:.2f}."
    levels = counted(found.levels, "level")
    return f"{levels} solved again differ from those the model is given by at most {found.largest:.1e}."


def _recovered(found: Recovered) -> str:
    scope = f"over {counted(found.worlds, 'simulated world')}{_refusals(found.refused)}"
    if found.worlds < PUBLISHED_SIMULATIONS:
        scope = f"{scope}; the published run takes {PUBLISHED_SIMULATIONS}"
    band = f"the family-wise {100 * found.level:.0f} % band"
    if found.outside:
        return f"{', '.join(found.outside)} left {band} {scope}."
    smallest = f"the smallest of their p is {found.smallest_p:.2f}"
    return f"All {found.quantities} quantities stay inside {band} ({smallest}) {scope}."


def _before_record(found: BeforeRecord) -> str:
    among = f"the central 90 % of {counted(found.worlds, 'record')} from the prior{_refusals(found.refused)}"
    verdict = (
        f"{', '.join(found.outside)} lie outside {among}"
        if found.outside
        else f"The record lies within {among} in every respect"
    )
    medians = " and ".join(f"{percent(one.probability)} by the {one.name}" for one in found.medians)
    return f"{verdict}; the median of P({target_name(found.target)} {reach(found.reach)}) is {medians}."


def _after_record(found: AfterRecord) -> str:
    by = f"({found.posterior}){_refusals(found.refused)}"
    among = f"{counted(found.worlds, 'record')} simulated from the posterior {by}"
    ends = f"({TAIL}, {1 - TAIL})"
    verdict = (
        f"Among {among}, {', '.join(found.outside)} of the real one are extreme: p outside {ends}"
        if found.outside
        else f"The real record is one of its kind among {among}: all {found.statistics} p-values lie in {ends}"
    )
    return f"{verdict}; {percent(found.joint)} of such records are as extreme in their most extreme statistics."


def _led(found: Led) -> str:
    what = f"P({target_name(found.target)})"
    rule = f"a sensitivity above {found.notable} and above chance (else in brackets)"
    if not found.leaders:
        return f"{what} is led by none of prior, judgements and record: none has {rule}."
    return f"{what} is led by {_listed(found.leaders)}; what leads has {rule}."


def _listed(leaders: Sequence[Leader]) -> str:
    return ", ".join(
        f"{one.name} (up to {one.sensitivity:.2f}, {reach(one.reach)}"
        f"{f'; above all {one.above_all}' if one.above_all else ''})"
        for one in leaders
    )


def _assumed(found: Assumed) -> str:
    least, greatest = found.least, found.greatest
    return (
        f"P({target_name(found.target)} {reach(found.reach)}) is {percent(found.whole)} (by Laplace); with one "
        f"assumption changed it lies between {percent(least.probability)} ({least.name}) and "
        f"{percent(greatest.probability)} ({greatest.name})."
    )


def _left_out(found: LeftOut) -> str:
    if not found.most:
        return f"There is no {found.kind} to leave out, or Laplace's approximation found no mode."
    most = " and ".join(f"{one.name} (without it {percent(one.probability)})" for one in found.most)
    return (
        f"P({target_name(found.target)} {reach(found.reach)}) is {percent(found.whole)} (by Laplace) and leans most on "
        f"{most}; changes of ±0.02 in log odds are noise."
    )


def _refusals(refused: int) -> str:
    return f" ({refused} refused as too crowded)" if refused else ""
