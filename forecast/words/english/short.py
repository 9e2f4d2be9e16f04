"""A brief of one page in English: what the long form does not say, in words for people who know no models."""

from forecast.facts.brief import Brief
from forecast.facts.changes import REPORT, Step
from forecast.facts.levels import Watched
from forecast.facts.news import RETRACTED, EventNews, ObservationNews
from forecast.facts.quality import Alike
from forecast.facts.track import Pending, TrackRecord, scored_line, waiting
from forecast.words.english import why
from forecast.words.english.brief import GROUNDS, compared, model_moved
from forecast.words.english.labels import LABELS
from forecast.words.english.plots import last_mark
from forecast.words.english.quality import within
from forecast.words.names import target_name
from forecast.words.numbers import counted, level_text, percent, percent_range, share
from forecast.words.parts.short import ShortHeadings
from forecast.words.selection import shown, side
from indicators.content import NO_FRAMING

COLON = ": "
HEADINGS = ShortHeadings(
    confidence="How sure?",
    moved="How has the number moved?",
    week="What happened this week?",
    watch="What to watch next",
    quality="Track record so far, and a test on the past",
)
_EVENTS, _OBSERVATIONS = 4, 3
"""Lines of each kind."""
_SIDES = {1: "favours talks", 0: "neutral", -1: "works against talks"}
"""By the sign of a level."""
_PUBLIC = {"strict": ", with only what was public by each date", "retrospective": ""}
"""By the kind of backtest."""
_TIMES = {"all": "", "dry": " without talks, as now,", "wet": " with talks under way, as now,"}
_VERDICTS = {
    "few": "too few events to tell whether that beats a simple forecast",
    "better": "better than a simple forecast, by more than chance explains",
    "worse": "worse than a simple forecast, by more than chance explains",
}


def dateline(brief: Brief, number: int | None) -> str:
    told = "Not recorded" if number is None else f"Report {number}"
    return f"{told}, written {brief.written_on}, on one page"


def number(brief: Brief) -> str:
    return percent(brief.headline.mean)


def reach(brief: Brief) -> str:
    return f"probability of {target_name(brief.headline.target)} up to {brief.ends_on}"


def interval(brief: Brief) -> str:
    return f"90 % interval {percent_range(brief.headline.q05, brief.headline.q95)}"


def base_rate(brief: Brief) -> str:
    base = brief.headline.base_rate
    return "" if base is None else f"base rate {percent(base)}"


def meaning() -> str:
    return (
        "The interval says how uncertain the probability itself is; the base rate is what counting past cases alone "
        "would give."
    )


def ground(brief: Brief) -> str:
    against, main = len(brief.grounds.against()), brief.main_ground(GROUNDS)
    if not against:
        return f"No ground speaks against it; the first in its favour: {main}."
    return f"The main one of {counted(against, 'ground')} against it: {main}."


def moved(brief: Brief) -> str:
    since, step = brief.changes.since, brief.step
    if since.run is None or step is None:
        return compared(brief)
    what = f"report {since.report_id}, as of" if since.reason == REPORT else "the forecast as of"
    return f"Since {what} {since.run.as_of}, {_moved(step)}."


def _moved(step: Step) -> str:
    if step.within_error:
        return f"it is unchanged within the error of the calculation ({percent(step.before)} → {percent(step.now)})"
    way = "risen" if step.change > 0 else "fallen"
    points = abs(100 * step.change)
    return f"it has {way} by {points:.1f} points ({percent(step.before)} → {percent(step.now)})"


def movers(brief: Brief) -> str:
    """The change of model first; then the indicators that moved most, by the way they moved."""
    changes = brief.changes
    if changes.since.run is None:
        return ""
    told = changes.why_at(brief.headline.horizon_days)
    if told is not None:
        return LABELS.sentences([model_moved(brief), f"{why.causes(*told)} (points)."])
    towards, away = (", ".join(one.name for one in moves) for moves in (changes.towards, changes.away))
    parts = [f"towards talks, {towards}" if towards else "", f"away from talks, {away}" if away else ""]
    most = "; ".join(filter(None, parts))
    alone = "" if changes.entered else ", by the passage of time alone"
    said = f"What moved most{alone}: {most}." if most else "No indicator moved."
    return " ".join(filter(None, (model_moved(brief), said)))


def week(brief: Brief) -> list[str]:
    summary = brief.summary
    lines = shown(summary.week.events, _event, _EVENTS)
    if not lines:
        through = min(brief.standing.complete_through, brief.standing.as_of)
        lines.append(f"No event of this week is on file; events are attested through {through}.")
    lines += shown(summary.since.observations, _observation, _OBSERVATIONS)
    if summary.since and summary.standing is None:
        lines.append("The numbers on this page do not take in what has come since the forecast was made.")
    return lines


def _event(one: EventNews) -> str:
    framing = "" if one.framing in ("", NO_FRAMING) else f" on {one.framing.replace('_', ' ')}"
    days = str(one.started_on) if one.started_on == one.ended_on else f"{one.started_on} to {one.ended_on}"
    where = f", {one.venue}" if one.venue else ""
    dispute = f"; in dispute: {one.reason}" if one.disputed else ""
    gone = f"; withdrawn: {one.reason}" if one.what == RETRACTED else ""
    return f"{one.type.capitalize()}{framing}, {days}{where} ({one.source or 'no source named'}){dispute}{gone}"


def _observation(one: ObservationNews) -> str:
    gone = f"; withdrawn: {one.reason}" if one.what == RETRACTED else ""
    level = f"level {level_text(one.level)} ({_SIDES[side(one.level)]})"
    return f"{one.indicator}: {level}, {one.observed_on} ({one.source}){gone}"


def watched(one: Watched) -> str:
    way = "towards talks" if one.step > 0 else "away from talks"
    moves = "raise" if one.change > 0 else "lower"
    about = "at most about" if one.at_most else "about"
    unsure = "" if one.certain else "; which way is not certain"
    return f"One step {way} would {moves} the number by {about} {abs(100 * one.change):.1f} points{unsure}."


def favours(one: Watched) -> str:
    return f"Towards talks: {one.favours}"


def hinders(one: Watched) -> str:
    return f"Away from talks: {one.hinders}"


def quality(brief: Brief) -> str:
    found = brief.alike
    past = _tested(found) if found else "Such forecasts have not been tested on the past yet."
    return f"{_live(brief.track)} {past}"


def _live(record: TrackRecord | None) -> str:
    if record is None:
        return "Live forecasts cannot be scored yet."
    name, line = target_name(record.headline), scored_line(record)
    if line is None:
        return f"No live forecast of {name} has been scored yet{_due(waiting(record))}."
    have, few = "has" if line.forecasts == 1 else "have", "" if line.enough else " (too few to tell)"
    return (
        f"{counted(line.forecasts, 'live forecast')} of {name} {within(line)} {have} been scored: "
        f"{percent(line.mean_forecast)} was said on average and {share(line.frequency)} came true{few}."
    )


def _due(first: Pending | None) -> str:
    if first is None:
        return ""
    if not first.missing:
        return f"; the first can be on {first.scored_on}"
    return f"; the first waits until events are attested through {first.missing[0].needed_through}"


def _tested(found: Alike) -> str:
    return (
        f"In a test on the past ({found.first.year} to {found.last.year}{_PUBLIC[found.kind]}; no track record), at "
        f"{counted(found.n, 'date')}{_TIMES[found.situation]} it said {percent(found.mean_forecast)} on average and "
        f"{share(found.frequency)} came true ({_VERDICTS[found.verdict]})."
    )


def caption(brief: Brief) -> str:
    facts = brief.figures.history
    if facts.windows:
        said = (
            "The number over each window, with its 50 % and 90 % intervals; of a history there are too few dates yet."
        )
        return " ".join(filter(None, (said, last_mark(brief.overtaken))))
    tested = "; grey: what a test on the past would have said, no track record" if facts.context else ""
    said = f"How the number has moved, with its 50 % and 90 % intervals; dashed: the base rate{tested}."
    return " ".join(filter(None, (said, last_mark(brief.overtaken))))


def longer() -> str:
    return "All numbers, the method and the sources stand in the full brief."
