"""How far the forecasts can be trusted, in English."""

from collections.abc import Mapping, Sequence

from forecast.facts.quality import (
    BLOCKS,
    LEVEL,
    TOLD_WITHIN,
    Calibration,
    Ranked,
    Source,
    Timeline,
)
from forecast.facts.track import Counts
from forecast.facts.trust import Checked, Trust
from forecast.words.english.trust_labels import PAGE as PAGE
from forecast.words.english.trust_labels import TABLES as TABLES
from forecast.words.names import SCENARIO_NAMES, target_name
from forecast.words.numbers import percent, share

KINDS = {
    "strict": "strict, only judgements published by each origin",
    "retrospective": "retrospective, today's judgements applied to the past",
}
ENGINES = {
    "laplace": "Laplace's approximation",
    "psis": "NUTS, reweighted between refits",
    "nuts": "NUTS at every origin",
}
ORIGINS = {"all": "all origins", "dry": "origins when dry", "wet": "origins when wet"}
_WHEN = {"all": "over all", "dry": "when dry", "wet": "when wet"}
_BAND = f"{100 * LEVEL:.0f} %"


def statement(measure: str, situation: str) -> str:
    """What is asked of the model by a measure over the origins of a situation."""
    what = {
        "difference": "better log score than the best naive",
        "bias": f"mean within {100 * TOLD_WITHIN:.0f} points of the frequency",
        "curve": f"curve inside the {_BAND} band",
    }[measure]
    return f"{what}, {_WHEN[situation]}"


def rule() -> str:
    """When a number is told: what is enough."""
    return (
        f"Enough to tell: the {_BAND} interval of a difference leaves out 0; that of a frequency or a bias reaches at "
        f"most {100 * TOLD_WITHIN:.0f} points to each side; a calibration curve leaves its band, or the band reaches "
        f"no further than that. And always: the origins lie in at least {BLOCKS} blocks of 18 months, and the outcome "
        "went both ways. Else a question mark follows the number: too few to tell."
    )


def track_counts(counts: Counts, pending: int, structure: int | None) -> str:
    """What was counted and what not; of one structure of the model, where there are several."""
    by = "" if structure is None else f" by model {structure}"
    return (
        f"Published runs{by}: {counts.counted} counted; {counts.after_the_fact} after the fact, {counts.repeats} "
        f"repeating an as-of date and {counts.provisional} provisional, not counted. Forecasts of targets and "
        f"scenarios that wait: {pending}."
    )


def kept_apart() -> str:
    """That the records of several structures are not joined."""
    return "Each model has a record of its own: forecasts by different ones are not joined."


def backtest(source: Source) -> str:
    """Which backtest, of which origins: no sentence."""
    name = "shipped with the program" if source.evaluation_id is None else str(source.evaluation_id)
    standard = "" if source.standard else ", not the standard plan"
    engine = f"; fitted by {ENGINES.get(source.engine, source.engine)}" if source.engine else ""
    return (
        f"{name}{standard}: {source.origins} origins from {source.first} to {source.last}; {KINDS[source.kind]}{engine}"
    )


def eras(days: int, year: int) -> str:
    """What the rows of the eras mean."""
    return (
        f"Eras are of {days} d: the model's structure was chosen on origins before {year}; those from {year} on were "
        "held out."
    )


def best_naive(rows: Mapping[str, Sequence[str]]) -> str:
    """Which naive forecast was best in which rows, by its name; everywhere, where there is one alone."""
    if len(rows) == 1:
        return f"Best naive forecast: {next(iter(rows))}, everywhere."
    return f"Best naive forecast: {'; '.join(f'{name} ({", ".join(where)})' for name, where in rows.items())}."


def best_naive_rows(rows: Mapping[str, Sequence[int]]) -> str:
    """The same, with rows by their numbers."""
    named = {name: [f"rows {where[0]}", *map(str, where[1:])] for name, where in rows.items()}
    return best_naive(named)


def came_true(scenarios: Sequence[Ranked]) -> str:
    """How often each scenario came true; "" where nothing was counted."""
    counts = "; ".join(
        f"in {one.horizon_days} d {', '.join(f'{label} {n}' for label, n in one.counts.items() if n)}"
        for one in scenarios
        if one.counts
    )
    return f"Came true: {counts}." if counts else ""


def calibration_sentence(one: Calibration) -> str:
    """Whether a curve lies in its band."""
    which = f"{target_name(one.target)} in {one.horizon_days} d, {ORIGINS[one.situation]} (n = {one.n})"
    return (
        f"{which[0].upper()}{which[1:]}: the curve {'lies inside' if one.inside else 'leaves'} the "
        f"{100 * one.level:.0f} % band, which reaches {100 * one.half_width:.0f} points to each side on average"
        f"{'' if one.enough else ': too few events to tell more'}."
    )


def timeline_sentence(one: Timeline) -> str:
    """What was said on average, what came true, and which forecasts were furthest off."""
    furthest = "; ".join(
        f"{percent(miss.probability)} on {miss.origin}, which {'came true' if miss.came_true else 'did not come true'}"
        for miss in one.furthest
    )
    return (
        f"{percent(one.mean)} was said on average of {target_name(one.target)} in {one.horizon_days} d, and "
        f"{share(one.frequency)} of {one.n} windows came true. Furthest off: {furthest}."
    )


def check_found(one: Checked) -> str:
    """What a check found, as it was stored; or how to run it."""
    return f"not run; {how_to_run(one.name)}" if one.sentence is None else one.sentence


def how_to_run(name: str) -> str:
    """The command that runs a check, where it was not run."""
    return f"run `parley check {name}`"


def last_run(one: Checked) -> str:
    """As of when and by which code a check was last run, no sentence."""
    return f"as of {one.as_of} by code {one.code_version}"


def last_runs(runs: Mapping[str, Sequence[str]]) -> str:
    """The names of checks by what `last_run` says of them."""
    listed = "; ".join(f"{', '.join(names)} {when}" for when, names in runs.items())
    return f"Last run: {listed}." if listed else ""


def provenance(trust: Trust) -> tuple[tuple[str, str], ...]:
    """Name and value of what the backtest was made from, with which code; an empty value is not known."""
    source = trust.source
    outdated = "" if source.case_hash == trust.case_hash else f"; now {trust.case_hash[:12]}: run `parley backtest`"
    stored = f"; stored {source.recorded_at:%Y-%m-%d %H:%M:%S} UTC" if source.recorded_at else ""
    code = f"; code {source.code_version}" if source.code_version else ""
    return (
        ("truth", f"events and attestations known on {source.as_of}{stored}"),
        ("model", f"{source.structure}, version {source.model_version}, this program's is {trust.model_version}{code}"),
        ("case", f"{trust.case_id} {source.case_hash[:12]}{outdated}"),
        ("inputs", source.inputs_hash or ""),
        ("arrays", source.file_hash or ""),
    )


def reading() -> tuple[str, ...]:
    """How to read the page, term by term."""
    scenarios = ", ".join(f"{label} {name}" for label, name in SCENARIO_NAMES.items())
    return (
        "**Log score**: −log of the probability given to what happened, in nats, averaged. Smaller is better; who "
        "always says 50 % scores 0.693.",
        "**Naive forecasts** know only when events happened, and whether it was dry or wet: climatologies, a logistic "
        "regression, constant rates, all fitted as of each origin. For each row the best of them is chosen afterwards, "
        "which favours it.",
        "**n** is the number of origins. Windows overlap, and quiet years resemble each other: **spells**, runs of "
        "origins that ended alike, come closer to the number of independent outcomes. The intervals resample blocks "
        "of 18 months for this reason.",
        "**Dry**: no qualifying meeting ended in the 90 days before. **Wet**: one did. Dry origins ask the harder "
        "question: whether talks begin.",
        f"**Scenarios**, of which exactly one holds in each window: {scenarios}.",
        "**Bias**: mean forecast less the frequency of what came true, in percentage points. Above 0: too much was "
        "promised.",
        "**Too few to tell**: the record does not hold enough independent outcomes to say more. It does not mean that "
        "the forecasts are as good as those beside them, nor that they are worse.",
    )
