"""The report on a new model's strict backtest: bounds, naive rows, other targets, changes of framing. Markdown."""

from collections.abc import Iterator
from math import isfinite

from benchmarks.choice.bounds import BIAS, Reached, reach
from benchmarks.choice.compared import STORED, Compared, compare
from benchmarks.choice.strict import FIRST
from benchmarks.choice.tables import TARGETS, UNKNOWN, interval, plus_minus, table
from forecast.evaluation.forecasters import MODEL
from forecast.evaluation.origins import Backtest
from forecast.evaluation.scoreboard import Difference, Selection, log_scores
from forecast.facts.quality import MET, MISSED, UNMEASURED

OTHERS = ("denuclearisation_talks", "contact", "crisis", "deal")
GROUPS = {
    "all": ("all", "all"),
    "dry": ("dry", "all"),
    "dry, from 2010": ("dry", "from 2010"),
    "wet": ("wet", "all"),
}
"""Situations and eras in which the model is compared with the naive rows."""
NO_CHANGE = "q = 0"
"""The new model with framings that never change within a spell, where a file holds it."""
BETTER, WORSE, NOT_WORSE = "better", "worse", "not worse"


def bounds_report(new: Backtest, first: Backtest) -> Iterator[str]:
    """The whole report, line by line.

    Raises
    ------
    NoBacktest
        if the two backtests have no origin or no window in common
    """
    compared = compare(new, first)
    origins = compared.backtest.origins
    yield f"Strict, {len(origins)} origins {origins[0]} … {origins[-1]}. Both models are scored on outcomes of the new"
    yield f"backtest, of which {compared.changed} are other than when the first model was shipped. Log scores in nats,"
    yield "smaller is better. Differences are of the new model less another forecaster, paired, by circular blocks"
    yield f"of 18 months ({compared.block} origins): negative is better."
    yield from bounds_section(compared)
    yield from rivals_section(compared)
    yield from others_section(compared)
    yield from change_section(compared)


def bounds_section(compared: Compared) -> Iterator[str]:
    """Every bound, met or missed."""
    found = reach(compared)
    yield "\n## Bounds: a check of the build, not evidence\n"
    head = ("", "days", "measure", "origins", FIRST, "at most", "prototype", "reached", "")
    yield from table(head, (_bound_row(one) for one in found))
    verdicts = [one.verdict for one in found]
    missed = "; ".join(_named(one) for one in found if one.verdict == MISSED)
    yield f"\n{verdicts.count(MET)} bounds are met, {verdicts.count(MISSED)} missed{f': {missed}' if missed else ''}."


def _bound_row(one: Reached) -> tuple[str, ...]:
    bound, signed = one.bound, one.bound.measure == BIAS
    origins = bound.situation if bound.era == "all" else f"{bound.situation}, {bound.era}"
    numbers = [_number(value, signed) for value in (one.first, bound.at_most, bound.prototype, one.new)]
    return TARGETS[bound.target], str(bound.days), bound.measure, origins, *numbers, one.verdict


def _number(value: float | None, signed: bool) -> str:
    if value is None:
        return ""
    return (f"{value:+.3f}" if signed else f"{value:.3f}") if isfinite(value) else UNKNOWN


def _named(one: Reached) -> str:
    bound, by = one.bound, abs(one.new) - (one.bound.at_most or 0.0)
    return f"{TARGETS[bound.target].lower()}, {bound.days} days, {bound.measure}, {bound.situation}, by {by:.3f}"


def rivals_section(compared: Compared) -> Iterator[str]:
    """The model less every naive row and documents only, in every group of origins."""
    yield "\n## Against naive rows and documents only\n"
    yield f"With 90 % intervals; *{BETTER}* or *{WORSE}* is said only where the interval excludes 0. Rows are those"
    yield "shipped with the first model; the new backtest's own, named *new*, stand beside them where they differ."
    for target, title in TARGETS.items():
        for group, (situation, era) in GROUPS.items():
            yield f"\n**{title}: {group}**\n"
            yield from _rivals_table(compared, target, situation, era)
        yield f"\n{title}, all origins: {rivals_summary(compared, target)}"


def _rivals_table(compared: Compared, target: str, situation: str, era: str) -> Iterator[str]:
    days = compared.backtest.days()
    at = [Selection(target, window, situation, era) for window in days]
    mine = [log_scores(compared.backtest, MODEL, selection) for selection in at]
    counts = [int((one == one).sum()) for one in mine]
    yield from table(
        (f"{MODEL} less", *(f"{window} days (n = {n})" for window, n in zip(days, counts, strict=True))),
        ((_label(name), *(decided_cell(compared.less(name, one)) for one in at)) for name in compared.rivals()),
    )


def _label(rival: str) -> str:
    return rival.removesuffix(STORED) if rival.endswith(STORED) else f"{rival}, new"


def decided_cell(difference: Difference) -> str:
    """A difference with its interval, and a word for it."""
    return f"{interval(difference)} {decision(difference)}".strip()


def decision(difference: Difference) -> str:
    """Better or worse where the interval excludes 0, else empty."""
    if not difference.decided:
        return ""
    return BETTER if difference.mean < 0 else WORSE


def rivals_summary(compared: Compared, target: str) -> str:
    """Of the rows as first shipped: where the mean is better, where decidedly, and where it is not better."""
    days = compared.backtest.days()
    stored = [name for name in compared.rivals() if name.endswith(STORED)]
    cells = {
        f"{_label(name)} at {one} days": compared.less(name, Selection(target, one)) for name in stored for one in days
    }
    behind = [name for name, one in cells.items() if not one.mean < 0]
    decided = sum(decision(one) == BETTER for one in cells.values())
    end = f"; not better than {'; '.join(behind)}" if behind else ""
    return f"better in mean at {len(cells) - len(behind)} of {len(cells)}, decidedly at {decided}{end}."


def others_section(compared: Compared) -> Iterator[str]:
    """The other targets and the scenarios: not worse than the first model by more than a standard error."""
    days = compared.backtest.days()
    yield f"\n## {MODEL} less the {FIRST}: other targets and scenarios, all origins\n"
    yield f"± one paired standard error; *{NOT_WORSE}*: by no more than that.\n"
    targets = (
        (target.replace("_", " "), *(worse_cell(compared.less(FIRST, Selection(target, one))) for one in days))
        for target in OTHERS
    )
    scenarios = ("scenarios", *(worse_cell(compared.scenarios_less(FIRST, one)) for one in days))
    yield from table(("", *(f"{window} days" for window in days)), (*targets, scenarios))


def worse_cell(difference: Difference) -> str:
    """A difference with its standard error, and whether it is worse by more than that."""
    return f"{plus_minus(difference)} {worse_than_error(difference)}"


def worse_than_error(difference: Difference) -> str:
    """Whether a mean difference is worse by more than one paired standard error."""
    if not isfinite(difference.mean) or not isfinite(difference.error):
        return UNMEASURED
    return NOT_WORSE if difference.mean <= difference.error else WORSE


def change_section(compared: Compared) -> Iterator[str]:
    """What it costs that a framing may change within a spell, where the file holds the model without it."""
    yield "\n## Changes of framing within a spell\n"
    if NO_CHANGE not in compared.backtest.forecasts:
        yield f"The file holds no forecasts named {NO_CHANGE!r}: not measured."
        return
    days = compared.backtest.days()
    yield f"{MODEL} less itself with {NO_CHANGE}; ± one paired standard error.\n"
    rows = (
        (f"{title}: {situation}", *(_change_cell(compared, Selection(target, one, situation)) for one in days))
        for target, title in TARGETS.items()
        for situation in ("wet", "all")
    )
    yield from table(("", *(f"{window} days: learnt, {NO_CHANGE}, difference" for window in days)), rows)


def _change_cell(compared: Compared, selection: Selection) -> str:
    difference = compared.less(NO_CHANGE, selection)
    if not isfinite(difference.mean):
        return UNKNOWN
    learnt, held = (log_scores(compared.backtest, name, selection) for name in (MODEL, NO_CHANGE))
    kept = learnt == learnt
    return f"{learnt[kept].mean():.3f}, {held[kept].mean():.3f}, {plus_minus(difference)}"
