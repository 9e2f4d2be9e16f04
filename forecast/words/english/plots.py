"""What is said under pictures, in English."""

import math
from collections.abc import Sequence
from datetime import date, datetime

from forecast.facts.brief import Mark
from forecast.facts.evidence import (
    TRUSTED,
    DiagnosticsTold,
    EffectsFacts,
    JudgementsFacts,
    ReliabilityFacts,
    StatesTold,
    Verdict,
)
from forecast.facts.pictures import (
    RECOMPUTED_DAYS,
    Context,
    Curve,
    HistoryFacts,
    HistoryPoint,
    Horizon,
    HorizonPoint,
    HorizonsFacts,
    Recomputed,
    ScenariosFacts,
    Turn,
)
from forecast.facts.quality import Calibration, Source
from forecast.facts.reasons import LEAST
from forecast.run_facts import STALE_AFTER_CADENCES
from forecast.structures import present_structure
from forecast.words.english.labels import LABELS
from forecast.words.english.reasons import SET_BY_DOCUMENTS, siblings_sentence
from forecast.words.names import SCENARIO_NAMES, target_name
from forecast.words.numbers import counted, minute, percent, percent_range, signed

NAMED = 3
"""Indicators a caption names."""
_SITUATIONS = {"all": "all origins", "dry": "origins when dry", "wet": "origins when wet"}


def history_caption(facts: HistoryFacts) -> str:
    if facts.windows:
        return _beside_caption(facts)
    first, last = facts.points[0].as_of, facts.points[-1].as_of
    window = LABELS.window(facts.horizon_days, facts.deadline)
    sentences = (
        f"P({target_name(facts.target)} {window}), at least one: mean with 50 % and 90 % intervals of "
        f"{run_counts([point.kind for point in facts.points])}, as of {first}{f' to {last}' if last > first else ''}.",
        "The deadline is fixed, so that the window shrinks as the as-of date nears it." if facts.deadline else "",
        f"Line and bands are {_broken(facts.gap)}." if facts.gap else "",
        _turned(facts.turns),
        _context(facts.context) if facts.context else "",
        _recomputed(facts.recomputed) if facts.recomputed else "",
        f"Below, {counted(len(facts.events), 'event')} on record." if facts.events else "",
        f"Run {facts.end.run_id}, as of {facts.end.as_of}: {_number(facts.end)}.",
    )
    return " ".join(filter(None, sentences))


def last_mark(mark: Mark | None) -> str:
    if mark is None:
        return ""
    drawn, shown = percent(mark.drawn), percent(mark.shown)
    which = f"The run that is drawn ({drawn})" if mark.windows else f"The last mark ({drawn})"
    number = "the number is the same" if drawn == shown else f"the number is the {shown} above"
    return f"{which} is before what has come since; with it {number}."


def _beside_caption(facts: HistoryFacts) -> str:
    end = facts.end
    window = LABELS.window(facts.horizon_days, facts.deadline)
    return (
        f"Too few dates for a history yet. Run {end.run_id} ({end.kind}), as of {end.as_of}: "
        f"P({target_name(facts.target)}), at least one, by window: mean with 50 % and 90 % intervals, beside its base "
        f"rate and what documents or history alone would say. {window.capitalize()}: {_number(end)}."
    )


def _number(point: HistoryPoint | HorizonPoint) -> str:
    base = "" if point.base_rate is None else f", base rate {percent(point.base_rate)}"
    return f"{percent(point.mean)} (90 % interval {percent_range(point.q05, point.q95)}){base}"


def run_counts(kinds: Sequence[str]) -> str:
    """The number of runs, and of each kind: 4 runs (3 official, 1 manual)."""
    number = {kind: list(kinds).count(kind) for kind in LABELS.kinds if kind in kinds}
    if len(number) == 1:
        return counted(len(kinds), f"{kinds[0]} run")
    return f"{counted(len(kinds), 'run')} ({', '.join(f'{count} {kind}' for kind, count in number.items())})"


def _broken(gap: int) -> str:
    return f"broken where over {gap} days lie between runs"


def _turned(turns: Sequence[Turn]) -> str:
    """That nothing is joined across a change; nothing where there is none."""
    listed = ", ".join(f"from {turn.first} on by model {turn.structure}" for turn in turns)
    return f"Not joined where the model changed: {listed}." if turns else ""


def _context(context: Context) -> str:
    return (
        f"Grey: what would have been said from {context.origins[0]} on, by a {context.kind} backtest of model version "
        f"{context.model_version}; that is no track record."
    )


def _recomputed(again: Recomputed) -> str:
    return (
        f"Dashed: what model {present_structure()} would have said from {again[0][0]} on, every {RECOMPUTED_DAYS} "
        "days, by Laplace's approximation; recomputed, no track record."
    )


def horizons_caption(facts: HorizonsFacts) -> str:
    number = len(facts.curves)
    of = f"probability of each of {number} targets" if number > 1 else "probability"
    others = ". The smaller panels share one scale" if number > 2 else ""
    main = facts.curves[0]
    return (
        f"Run {facts.run_id} ({facts.kind}), as of {facts.as_of}: {of} (at least one) by the end of each window, mean "
        f"with 50 % and 90 % intervals, joined by straight lines{others}. {target_name(main.target).capitalize()} "
        f"{_window(main)}: {_number(main.longest)}."
    )


def curve_caption(facts: HorizonsFacts) -> str:
    main = facts.curves[0]
    return (
        f"Run {facts.run_id} ({facts.kind}), as of {facts.as_of}: P({target_name(main.target)}) by the end of each "
        f"window, mean with 50 % and 90 % intervals, joined by straight lines. {_window(main).capitalize()}: "
        f"{_number(main.longest)}."
    )


def _window(curve: Curve) -> str:
    return LABELS.window(curve.longest.days, curve.longest.deadline)


def scenarios_caption(facts: ScenariosFacts) -> str:
    shares = facts.told.probabilities
    said = sorted(zip(SCENARIO_NAMES.values(), shares, strict=True), key=lambda pair: -pair[1])
    left = f"by window for run {facts.run_id} ({facts.kind}), as of {facts.as_of}"
    window = _reach(facts.horizon)
    sentences = (
        "Scenarios: exactly one holds in each window, so that the areas sum to 100 %: "
        f"{f'left, {left}; right, {window} for {_runs(facts)}' if facts.history else left}.",
        f"{window[0].upper()}{window[1:]}: {', '.join(f'{name} {percent(p)}' for name, p in said)}.",
        _turned(facts.turns),
        siblings_sentence(facts.siblings, facts.headline),
    )
    return " ".join(filter(None, sentences))


def _runs(facts: ScenariosFacts) -> str:
    days = [one.as_of for one in facts.history]
    return f"{len(days)} runs as of {days[0]} to {days[-1]}{f', {_broken(facts.gap)}' if facts.gap else ''}"


def _reach(horizon: Horizon) -> str:
    return LABELS.window(None, horizon) if isinstance(horizon, date) else LABELS.window(horizon, None)


def states_caption(facts: StatesTold) -> str:
    return (
        f"Filtered levels of {counted(facts.indicators, 'indicator')} from {facts.first} to {facts.last}, each day as "
        f"known on that day (rows known by {facts.as_of}{_recorded(facts.as_recorded)}): mean with 50 and 90 % bands "
        f"(normal), and {counted(facts.observations, 'observation')}, larger dots for better grades. {_stale(facts)}"
    )


def _recorded(instant: datetime | None) -> str:
    return "" if instant is None else f", recorded by {minute(instant)}"


def _stale(facts: StatesTold) -> str:
    rule = f"unobserved for more than {STALE_AFTER_CADENCES:g} times the cadence"
    if not facts.stale:
        return f"None is stale on {facts.last} (hatched: {rule})."
    longest = max(facts.stale, key=lambda name: facts.stale[name])
    number = len(facts.stale)
    are = f"{number} of {facts.indicators} {'is' if number == 1 else 'are'} stale on {facts.last}"
    return f"{are} (hatched: {rule}); the longest of these {longest}, {facts.stale[longest]} days."


def effects_caption(facts: EffectsFacts) -> str:
    top, number, clear = facts.largest, len(facts.effects), facts.clear
    best = top.estimates["posterior"]
    low, high = (signed(end) for end in best.interval(90))
    shown = [LABELS.effects.sources[source] for source in facts.sources]
    unit = LABELS.effects.units["odds" if facts.odds else "intensity"]
    run = f"run {facts.run_id} ({facts.kind}, as of {facts.as_of})"
    return (
        f"Effects of {counted(number, 'indicator')} on {target_name(facts.target)} in {run}, {unit}: "
        f"{', '.join(shown[:-1])} and {shown[-1]}; means with 50 and 90 % intervals (normal, from mean and sd). "
        f"Largest: {top.name}, {signed(best.mean)} (×{math.exp(best.mean):.2f} per level; 90 % interval {low} to "
        f"{high}). {clear} of {number} 90 % intervals of the posterior {'leaves' if clear == 1 else 'leave'} out 0."
        f"{_taught(facts.shares)}"
    )


def _taught(shares: Sequence[float]) -> str:
    if not shares:
        return ""
    by_documents = sum(share < LEAST for share in shares)
    return (
        " At the right: the share of the effect's variance that events taught; documents: under "
        f"{100 * LEAST:.0f} %, {SET_BY_DOCUMENTS} ({by_documents} of {len(shares)})."
    )


def judgements_caption(facts: JudgementsFacts) -> str:
    said, others, documents = facts.judgements, facts.others, len(facts.authors)
    explicit = sum(one.explicit for one in said)
    spoken = sum(bool(one.weights) for one in facts.indicators)
    any_framing = target_name("limits_talks")
    beside = f" With {counted(others, 'judgement')} more on {any_framing}, not drawn." if others else ""
    return (
        f"What {counted(documents, 'document')} published by {facts.as_of}{_recorded(facts.as_recorded)} "
        f"{'says' if documents == 1 else 'say'} on {target_name(facts.target)}: {counted(len(said), 'judgement')} "
        f"on {spoken} of {counted(len(facts.indicators), 'indicator')}, {explicit} explicit (filled) and "
        f"{len(said) - explicit} inferred (hatched); an empty cell is silence, not 0. Weights run from −3 to +3, + "
        f"where a higher level makes it likelier; means give each document the same weight.{beside} {_dispute(facts)}"
    )


def _dispute(facts: JudgementsFacts) -> str:
    names = [one.name for one in facts.disputed]
    if not names:
        return "No two authors differ in sign."
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"Authors differ in sign on {', '.join(names[:NAMED])}{more}."


def diagnostics_caption(facts: DiagnosticsTold) -> str:
    run = f"run {facts.run_id} ({facts.kind}, as of {facts.as_of})"
    return (
        f"Diagnostics of {run}, {facts.chains} chains × {facts.draws} draws, {facts.parameters} parameters: R-hat and "
        "effective sizes against the gate's bounds (the whole run's include the logit of the headline), ranks by chain "
        f"with bands that hold all chains of a parameter in {TRUSTED} % of fits that mixed, and energy. "
        f"{_verdict(facts)}"
    )


def _verdict(facts: DiagnosticsTold) -> str:
    measures = LABELS.diagnostics.measures
    if facts.status == "published":
        return f"The gate passed it: {', '.join(f'{measures[one.measure]} {one.value}' for one in facts.verdicts)}."
    reasons = [_broke(one) for one in facts.broken] or facts.failures
    return f"{facts.status.capitalize()}: {'; '.join(reasons)}."


def _broke(one: Verdict) -> str:
    words = LABELS.diagnostics
    return f"{words.measures[one.measure]} {one.value} ({words.whose(one)}; gate {one.bound})"


def reliability_caption(facts: ReliabilityFacts) -> str:
    source, curves = facts.source, facts.calibrations
    levels = " and ".join(f"{level:.0f}" for level in sorted({100 * one.level for one in curves}))
    return (
        f"How often what Parley said came true in {backtest_name(source)} ({source.kind}, {source.origins} origins "
        f"from {source.first} to {source.last}): isotonic curves with {levels} % bands, which hold the whole curve if "
        f"the forecasts are right, over how often each probability was said. {'; '.join(map(_curve, curves))}."
    )


def backtest_name(source: Source) -> str:
    return "the shipped backtest" if source.evaluation_id is None else f"backtest {source.evaluation_id}"


def _curve(one: Calibration) -> str:
    side = "inside" if one.inside else "outside"
    few = "" if one.enough else ", too few events to tell more"
    curve = f"{target_name(one.target)} in {one.horizon_days} d, {_SITUATIONS[one.situation]} (n = {one.n})"
    return f"{curve[0].upper()}{curve[1:]}: {side} its band{few}"
