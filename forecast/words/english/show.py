"""`parley show` in English."""

from collections.abc import Mapping, Sequence
from datetime import date

from db.run_rows import RunRow, TargetForecastRow
from forecast.facts.news import Week
from forecast.facts.reasons import LEAST
from forecast.facts.summary import Lacking, Summary
from forecast.run_facts import diagnostics_of, failures_of, looked_through
from forecast.structures import ModelChange, structure_of
from forecast.words.english import why
from forecast.words.english.news import kinds_to_learn, untaught_words
from forecast.words.english.reasons import SET_BY_DOCUMENTS
from forecast.words.names import INTERVALS, target_name
from forecast.words.numbers import counted, figure, minute, percent, percent_range, reach, second
from forecast.words.selection import explaining, in_order

ROWS: Mapping[str, str] = {
    "mean": "mean",
    "error": "± Monte Carlo",
    "median": "median",
    "half": "50 % interval",
    "ninety": "90 % interval",
    "base_rate": "base rate",
    "documents_only": "documents only",
    "history_only": "history only",
}
SCENARIOS = "Scenarios: exactly one holds in each window"
INDICATORS = "Indicators: −2 hostile to talks … +2 favours them; stale after twice its cadence"
METHOD = "Method"
LEVELS: Sequence[str] = ("level", "± sd", "last observed", "days ago", "")
EFFECTS: Sequence[str] = ("effect", "taught")
CELLS: Mapping[str, str] = {"inactive": "inactive", "never": "never", "stale": "stale", "untaught": "no"}
_ATTEMPTS = {"rejected": "was rejected", "failed": "failed", "started": "has not finished", None: "has not finished"}


def title(summary: Summary) -> str:
    """The case and the day that the numbers are as of."""
    return f"{summary.case_name}, as of {summary.shown.as_of}"


def headline(row: TargetForecastRow) -> str:
    """The headline over its longest window, with its interval."""
    interval = percent_range(row.q05, row.q95)
    return f"P({target_name(row.target)} {reach(row)}) = {percent(row.mean)} (90 % interval {interval})"


def others(rows: Sequence[TargetForecastRow]) -> str:
    """The headline over other windows, in one line."""
    return ", ".join(f"{percent(row.mean)} {reach(row)}" for row in rows)


def since_heading(run: RunRow) -> str:
    """Above what came on file after a run had read."""
    return f"Since run {run.id}, as of {run.as_of}, had read what was on file"


def not_taken_in(lacking: Lacking | None) -> str:
    """That the numbers know nothing of it."""
    why = f" ({lacking_words(lacking)})" if lacking else ""
    return f"NOT TAKEN IN: the numbers below know nothing of it; run `parley update`{why}."


def lacking_words(lacking: Lacking) -> str:
    """Why no forecast takes it in, without a full stop."""
    return lacking.why or "no forecast on file takes it in"


def before(summary: Summary) -> str:
    """What the full run said before what came since, and how the number came about; "" where nothing came."""
    made, of = summary.standing, summary.forecast_of
    if made is None or of is None:
        return ""
    stored = f"run {made.run_id}, " if made.run_id is not None else ""
    left = f" but for {kinds_to_learn(summary.since)}" if summary.since.to_learn else ""
    learn = " Only a full update takes those in: run `parley update`." if left else ""
    if made.untaught:
        said = untaught_words(made.untaught)
        learn += f" {said[0].upper()}{said[1:]}."
    return (
        f"This takes in what came since{left} ({stored}provisional: without a fit).{learn} Before it, run {of.id} said "
        f"{others(in_order(summary.headline_rows()))}."
    )


def moved(summary: Summary) -> str:
    """What moved the headline since the run of a week before, or how to find out; "" where there is none."""
    if summary.why is None:
        return ""
    before, told = summary.why.before, summary.why.explained
    if told is None:
        since = f"since run {before.id}, as of {before.as_of}"
        return f"What moved it {since}: `{explaining(summary)}`."
    return why.since(told.explanation, told.target, told.reach)


def week_heading(week: Week) -> str:
    """Above events and attestations of the week, and disputes that stand."""
    return f"Events and attestations since {week.since}, and disputes"


def attempt(run: RunRow) -> str:
    """What became of a run that was not published, and why."""
    what = f"Run {run.id} as of {run.as_of} {_ATTEMPTS.get(run.status, run.status)}"
    reasons = "; ".join(failures_of(run))
    return f"{what}: {reasons}." if reasons else f"{what}."


def last_good(good: RunRow | None) -> str:
    """That an earlier forecast stands, and by which run where that is to be said."""
    which = f", run {good.id} as of {good.as_of}" if good else ""
    return f"STALE: below stands the last good forecast{which}."


def no_forecast(run: RunRow) -> str:
    """That none was published up to the day of a run."""
    return (
        f"NO FORECAST: none was published as of {run.as_of} or before; run "
        f"`parley update --as-of {run.as_of} --draws 4000`"
    )


def overdue(run: RunRow, owed: date | None) -> str:
    """That a newer forecast should be there by now."""
    due = f"one as of {owed} should be there by now"
    return f"Stale: the last full run is as of {run.as_of}, and {due}; run `parley update`."


def situation(summary: Summary) -> str:
    """Dry or wet, since when, and what silence on unattested days says."""
    run = summary.shown.run
    days = run.days_since_talks
    since = "no meeting on record" if days is None else f"{counted(days, 'day')} since the last meeting"
    now = f"{'Dry' if run.dry else 'Wet'} on {run.complete_through}, {since}"
    if run.complete_through < run.as_of and run.p_dry_now is not None:
        now += f"; later days are unattested: P(dry on {run.as_of}) = {percent(run.p_dry_now)}"
    return f"{now}. {_looking(summary)}".rstrip()


def _looking(summary: Summary) -> str:
    """What silence on unattested days says; "" where there are none, or the run does not say who looked."""
    source = summary.forecast_of
    if source is None or "unattested" not in source.detail or summary.shown.run.complete_through >= source.as_of:
        return ""
    day = looked_through(source)
    if summary.since and (day is None or day <= source.complete_through):
        return f"When run {source.id} was made nobody had entered anything since: silence counts from the next one on."
    if day is None or day <= source.complete_through:
        return "Nobody has entered anything since: the silence of those days says nothing."
    return f"What people entered reaches to {day}: up to then silence counts as far as reports would have come in."


def target_heading(target: str, *, headline: bool) -> str:
    """Above the windows of a target."""
    name = target_name(target)
    return f"{name[0].upper()}{name[1:]}{' (headline)' if headline else ''}: at least one"


def method() -> str:
    """How intervals and what stands beside a forecast come about."""
    return INTERVALS


def taught_note() -> str:
    """What the columns of effects mean."""
    return (
        "Effect: log rate of the headline per level. Taught: the share of its variance that events taught; no: under "
        f"{100 * LEAST:.0f} %, {SET_BY_DOCUMENTS}."
    )


def run_heading(run: RunRow) -> str:
    """Above the facts of a run."""
    return f"Run {run.id}, as of {run.as_of}"


def run_facts(run: RunRow, zone: str, names: Sequence[str]) -> list[tuple[str, str]]:
    """Name and value of what a run is; a value is "" where there is nothing to say."""
    d = diagnostics_of(run)
    sampled = (
        f"R-hat ≤ {figure(d['rhat_max'], '.4f')}, bulk ESS ≥ {figure(d['ess_bulk_min'], '.0f')}, "
        f"tail ESS ≥ {figure(d['ess_tail_min'], '.0f')}, {figure(d['divergences'], 'd')} divergences "
        f"in {figure(d['draws'], 'd')} draws"
    )
    borrowed = run.detail.get("posterior_of")
    return [
        ("named", "; ".join(names)),
        ("kind", f"{run.kind}, {run.status or 'started'}"),
        ("issued", second(run.issued_at)),
        ("days of", zone),
        ("diagnostics", "" if borrowed else sampled),
        ("without a fit", f"levels and projection, with the posterior of run {borrowed}" if borrowed else ""),
        ("failures", "; ".join(failures_of(run))),
        ("model", str(structure_of(run))),
        ("code", f"{run.code_version}, seed {run.seed}"),
        ("case", f"{run.case_id} {run.case_hash}"),
        ("inputs", run.inputs_hash),
        ("posterior", run.file_hash or ""),
        ("thinned", f"{minute(run.thinned_at)}: {run.thinned_by}" if run.thinned_at else ""),
    ]


def model_heading(change: ModelChange) -> str:
    """Above what a change of the model alone did, target by target."""
    models = f"Model {change.to_structure} less model {change.from_structure}"
    return f"{models} on what run {change.from_run} had read, in points"
