"""A brief in English: every sentence, made from the facts. `forecast.words.japanese.brief` says the same."""

from collections.abc import Mapping
from itertools import groupby

from db.anchors import Head
from forecast.facts.bands import BANDS, MOVED, STALE_SHARE, UNATTESTED_DAYS, WIDE, Grounds, band_of
from forecast.facts.brief import Brief, Phrase
from forecast.facts.changes import ASKED, LEAST_MOVE, OLDER, OLDER_DAYS, REPORT, Entries
from forecast.facts.levels import DIFFERING, Attested, Cited, Source, Watched
from forecast.identity import code_version, model_version
from forecast.run_facts import STALE_AFTER_CADENCES, diagnostics_of
from forecast.structures import structure_of
from forecast.words.english import why
from forecast.words.english.codings import coding_text, contradiction_text, row_place
from forecast.words.english.labels import LABELS
from forecast.words.english.leaning import judgement_sentence
from forecast.words.english.model import model_change_sentence, other_model_sentence, tested_model
from forecast.words.english.news import kinds_to_learn, news_lines, week_lines
from forecast.words.english.quality import alike_sentence, quality_sentence, track_counts, track_sentence
from forecast.words.english.quality import bounds as _bounds
from forecast.words.english.reasons import reason_sentence, taught_words
from forecast.words.names import target_name
from forecast.words.numbers import counted, level_text, minute, percent, percent_range, reach, signed
from forecast.words.parts.brief import Headings, TableWords

HEADINGS = Headings(
    happened="Recorded since this forecast was made",
    week="Events, attestations and disputes of the week",
    table="How likely is what?",
    changes="What changed",
    reasons="Why numbers are far from their base rates",
    attention="What is out of date",
    differing="Where codings differ",
    watch="What to watch",
    quality="How good have these forecasts been?",
    method="Method",
    documents="Documents",
    sources="Latest observation of each indicator",
)
WORDS = TableWords(
    target="at least one",
    base_rate="base rate",
    documents_only="documents only",
    history_only="history only",
    before="then",
    now="now",
    change="change, points ± Monte Carlo",
)
TERMS: Mapping[str, str] = {
    "almost_no_chance": "almost no chance",
    "very_unlikely": "very unlikely",
    "unlikely": "unlikely",
    "roughly_even": "roughly even chance",
    "likely": "likely",
    "very_likely": "very likely",
    "almost_certain": "almost certain",
}
CONFIDENCE: Mapping[str, str] = {"low": "low", "moderate": "moderate", "high": "high"}
SEPARATOR, STOP = "; ", "."
"""Between items, and after the last one."""
_OPENINGS = {"almost_no_chance": "There is {}", "roughly_even": "There is a {}"}
_OCCURS = {
    "arms_control_talks": "arms-control talks take place",
    "denuclearisation_talks": "denuclearisation talks take place",
    "limits_talks": "talks on limits, of any framing, take place",
    "contact": "there is contact",
    "deal": "a limited deal is concluded",
    "crisis": "a crisis occurs",
}


def title(brief: Brief) -> str:
    return f"{brief.summary.case_name}: forecast as of {brief.standing.as_of}"


def dateline(brief: Brief, number: int | None) -> str:
    run = brief.run
    issued = minute(run.issued_at)
    told = "Not recorded" if number is None else f"Report {number}"
    return f"{told}, written {brief.written_on} · run {run.id} ({LABELS.kinds[run.kind]}), issued {issued}"


def _by_model(brief: Brief) -> str:
    return other_model_sentence(structure_of(brief.run))


def model_moved(brief: Brief) -> str:
    """What the change of model alone did; "" where both forecasts are by the same."""
    change = brief.changes.model
    return model_change_sentence(change, brief.case.headline) if change else ""


def currency(brief: Brief) -> str:
    """What has come after the forecast; "" where nothing has."""
    if brief.later is not None:
        return (
            f"Not the newest forecast: run {brief.later.id} is as of {brief.later.as_of}. {_by_model(brief)}".rstrip()
        )
    summary, sentences = brief.summary, [_by_model(brief)]
    if summary.overdue:
        sentences.append(f"This forecast is out of date: one as of {summary.owed} should be there by now.")
    if summary.newer is not None:
        sentences.append(f"A later run, as of {summary.newer.as_of}, was {summary.newer.status} and says nothing.")
    return " ".join(filter(None, sentences))


def happened(brief: Brief) -> list[str]:
    """What came on file after the run, events first, by name and source; empty where nothing did."""
    summary = brief.summary
    if not summary.since:
        return []
    lines = news_lines(summary.since)
    if summary.standing is None:
        lines.append("The numbers below know nothing of this: run `parley update` before you use them.")
    else:
        also = " What events teach beyond that comes with the next full run." if summary.since.events else ""
        left = kinds_to_learn(summary.since)
        but = f" but for {left}, which only a full update takes in: run `parley update`" if left else ""
        lines.append(f"The numbers below take this in{but}; before it, {_before(brief)}.{also}")
    return lines


def _before(brief: Brief) -> str:
    rows = brief.summary.headline_rows()
    wanted = {(row.horizon_days, row.deadline) for row in (brief.headline, brief.by_deadline) if row}
    said = (f"{percent(row.mean)} {reach(row)}" for row in rows if (row.horizon_days, row.deadline) in wanted)
    return f"run {brief.run.id} said {', '.join(said)}"


def week(brief: Brief) -> list[str]:
    """Events and attestations of the week, and disputes, by name and source."""
    return week_lines(brief.week)


def likelihood(brief: Brief) -> str:
    row = brief.headline
    days = f"in the {row.horizon_days} days to {brief.ends_on}"
    first = f"{_likely(row.mean)} that {_OCCURS.get(row.target, target_name(row.target))} {days}"
    sentences = [f"{first}: {percent(row.mean)} (90 % interval {percent_range(row.q05, row.q95)})."]
    if by := brief.by_deadline:
        meaning = f", the {brief.deadline_meaning}" if brief.deadline_meaning else ""
        second = f"{_likely(by.mean)} that this happens by {by.deadline}{meaning}"
        sentences.append(f"{second}: {percent(by.mean)} (90 % interval {percent_range(by.q05, by.q95)}).")
    return " ".join(sentences)


def _likely(p: float) -> str:
    term = band_of(p)
    return _OPENINGS.get(term, "It is {}").format(TERMS[term])


def confidence(brief: Brief) -> str:
    return f"Confidence in this judgement is {CONFIDENCE[brief.grounds.confidence]}."


def grounds(brief: Brief) -> str:
    against, favour = map("; ".join, brief.weigh(GROUNDS))
    parts = [f"Against it: {against}." if against else "", f"In its favour: {favour}." if favour else ""]
    return " ".join(filter(None, parts))


def _interval(_: Brief, grounds: Grounds, against: bool) -> str:
    return f"the 90 % interval is {'' if against else 'only '}{100 * grounds.width:.0f} points wide"


def _documents(_: Brief, grounds: Grounds, against: bool) -> str:
    if grounds.moved is None:
        return "how much rests on the documents' judgements is not known"
    without = f"without the documents' judgements it would be {percent(grounds.history_only)}"
    return f"{without}, {100 * grounds.moved:.0f} % of it away" if against else f"{without}, much the same"


def _attested_through(brief: Brief, grounds: Grounds, against: bool) -> str:
    through = brief.standing.complete_through
    if against:
        return f"events are attested only through {through}, {counted(grounds.unattested_days, 'day')} before"
    return f"events are attested through {min(through, brief.standing.as_of)}"


def _stale(_: Brief, grounds: Grounds, against: bool) -> str:
    return f"{'' if against else 'only '}{grounds.stale} of {grounds.indicators} indicators are stale"


def _backtested(_: Brief, grounds: Grounds, against: bool) -> str:
    if not grounds.bounds:
        return "no backtest has measured the forecasts"
    if against:
        return f"the backtest missed {grounds.missed} of the {grounds.bounds} bounds set for it"
    return f"the backtest met all {grounds.bounds} bounds set for it"


GROUNDS: Mapping[str, Phrase] = {
    "interval": _interval,
    "documents": _documents,
    "attested": _attested_through,
    "stale": _stale,
    "backtest": _backtested,
}


def terms() -> str:
    listed = ", ".join(f"{TERMS[name]} {100 * low:.0f}–{100 * high:.0f} %" for name, low, high in BANDS)
    return (
        f"Terms of likelihood (ICD 203): {listed}; an edge belongs to the term nearer to even. Confidence is high when "
        "none of 5 grounds speaks against it, moderate with 1 or 2, low with 3 or more: a 90 % interval wider than "
        f"{100 * WIDE:.0f} points; documents that move the number by more than {100 * MOVED:.0f} % of it; events "
        f"unattested for more than {UNATTESTED_DAYS} days; more than {100 * STALE_SHARE:.0f} % of indicators stale; "
        "a bound missed in the backtest, or none measured."
    )


def judgement(brief: Brief) -> str:
    return judgement_sentence(brief.summary) or "How much of the number is judgement was not computed for this run."


def situation(brief: Brief) -> str:
    run, window = brief.standing, brief.case.dry_after_days
    through = min(run.complete_through, run.as_of)
    last = "none is on record"
    if run.days_since_talks is not None:
        last = f"the last one ended {counted(run.days_since_talks, 'day')} before"
    state = (
        f"In the {window} days to {through} no qualifying meeting ended"
        if run.dry
        else (f"On {through} talks were under way: a qualifying meeting had ended in the last {window} days")
    )
    words = f"{state}; {last}."
    if through == run.as_of or run.p_dry_now is None or not run.dry:
        return words
    still = f"with a probability of {percent(run.p_dry_now)} there was none in the {window} days to {run.as_of} either"
    return f"{words} Later days are not attested; {still}."


def reasons(brief: Brief) -> str:
    """Why forecasts are far from their base rates; "" where none is."""
    return " ".join(map(reason_sentence, brief.reasons))


def table_note() -> str:
    return "Windows begin the day after the as-of date. In brackets: 90 % interval."


def compared(brief: Brief) -> str:
    since = brief.changes.since
    if since.run is None:
        return f"There is nothing to compare with: no earlier report, and no forecast at least {OLDER_DAYS} days older."
    run = f"run {since.run.id}, as of {since.run.as_of}"
    return {
        REPORT: f"Since report {since.report_id} ({run}):",
        OLDER: f"No earlier forecast was reported; compared with {run}:",
        ASKED: f"Compared with {run}:",
    }[since.reason]


def entered(brief: Brief) -> str:
    changes = brief.changes
    new = "attestation" if changes.attestations == 1 else "attestations"
    rows = f"observations {_entries(changes.observations)}; events {_entries(changes.events)}; "
    sentences = [
        f"In between: {rows if changes.entered else 'nothing entered; '}"
        f"{f'{changes.attestations} {new}; ' if changes.entered else ''}"
        f"fits {changes.fits_published} published, {changes.fits_rejected} rejected, this one included.",
        _shorter(brief),
        "The case was revised." if changes.case_changed else "",
        "The program changed." if changes.code_changed else "",
    ]
    return " ".join(filter(None, sentences))


def _shorter(brief: Brief) -> str:
    if not brief.shorter_days or brief.by_deadline is None:
        return ""
    return f"The window up to {brief.by_deadline.deadline} has become {counted(brief.shorter_days, 'day')} shorter."


def _entries(entries: Entries) -> str:
    return f"{entries.added} added, {entries.revised} revised, {entries.retracted} retracted"


def moved(brief: Brief) -> str:
    told = brief.changes.why_at(brief.headline.horizon_days)
    if told is not None:
        return why.paragraph(*told)
    moves = brief.changes.moves
    if not moves:
        return f"No level moved by {LEAST_MOVE} or more."
    listed = "; ".join(f"{one.name} {signed(one.before)} → {signed(one.now)}" for one in moves)
    return f"Levels that moved most{'' if brief.changes.entered else ', by the passage of time'}: {listed}."


def staleness(brief: Brief) -> str:
    stale, never = brief.stale, brief.never_observed
    if stale:
        are = "is" if len(stale) == 1 else "are"
        listed = ", ".join(f"{one.name} ({one.days} days)" for one in stale)
        words = (
            f"{len(stale)} of {len(brief.levels)} indicators {are} stale, unobserved for more than "
            f"{STALE_AFTER_CADENCES:.0f} times the expected cadence: {listed}."
        )
    else:
        words = f"None of {len(brief.levels)} indicators is stale."
    return f"{words} Never observed: {', '.join(one.name for one in never)}." if never else words


def attestation(brief: Brief) -> str:
    groups = groupby(brief.attested, key=lambda one: (one.through, one.days_ago, one.behind))
    return f"Events are attested {'; '.join(_reached(list(found)) for _, found in groups)}."


def _reached(found: list[Attested]) -> str:
    first, types = found[0], ", ".join(LABELS.events[one.type] for one in found)
    if first.through is None:
        return f"never ({types})"
    behind = f", {counted(first.days_ago or 0, 'day')} before the as-of date: behind" if first.behind else ""
    return f"through {first.through} ({types}){behind}"


def watching(brief: Brief) -> str:
    said = "Where knowing the level better would move the headline most."
    if all(one.certain for one in brief.watched):
        return said
    return f"{said} Direction uncertain: the 90 % interval of the effect includes 0."


def swing(one: Watched) -> str:
    points, way = 100 * one.change, "up" if one.step > 0 else "down"
    moves = "raises" if points > 0 else "lowers"
    about = "at most about" if one.at_most else "about"
    unsure, said = "" if one.certain else "; direction uncertain", taught_words(one.taught)
    return (
        f"Level {signed(one.mean, 1)} ± {one.sd:.1f}. One level {way} {moves} the headline in {one.horizon_days} d by "
        f"{about} {signed(points, 1)} points (now {percent(one.now)}){unsure}{said and f'; {said}'}."
    )


def favours(one: Watched) -> str:
    return f"+2: {one.favours}"


def hinders(one: Watched) -> str:
    return f"−2: {one.hinders}"


def deadline(brief: Brief) -> str:
    by = brief.by_deadline
    if by is None or by.deadline is None:
        return "No deadline lies ahead."
    meaning = f", {brief.deadline_meaning}" if brief.deadline_meaning else ""
    return f"Deadline: {by.deadline}{meaning}, in {(by.deadline - brief.standing.as_of).days} days."


def track(brief: Brief) -> str:
    said = track_sentence(brief.summary.track)
    if brief.track is None:
        return said
    counts = brief.track.counts
    return f"Live: {said} {track_counts(counts)}" if counts.counted else f"Live: {said}"


def backtest(brief: Brief) -> str:
    alike = brief.alike
    said = alike_sentence(alike) if alike else quality_sentence(brief.summary.quality)
    return " ".join(filter(None, (said, tested_model(brief.tested, structure_of(brief.run)))))


def bounds(brief: Brief) -> str:
    return _bounds(brief.tested, brief.case.headline)


def method(brief: Brief) -> str:
    found, run = diagnostics_of(brief.run), brief.run
    return (
        f"Graded observations are filtered into levels of {len(brief.levels)} indicators; a Bayesian model of talks, "
        "deals, contacts and crises is fitted by NUTS to the record and the documents' judgements, and simulated "
        f"forward. Fit of run {run.id}: R-hat ≤ {found['rhat_max']:.4f}, bulk ESS ≥ {found['ess_bulk_min']:.0f}, tail "
        f"ESS ≥ {found['ess_tail_min']:.0f}, {found['divergences']} divergences in {found['draws']} draws: it passed "
        "the gate. Intervals are equal-tailed, over posterior draws of parameters, present levels and present regime, "
        "not a range for the outcome. Documents only starts from the base rate and the catalogue's orientation; it and "
        "history only are by Laplace's approximation. An effect in points is about what the posterior mean of the "
        "effect does to the headline while the level stands."
    )


def provenance(brief: Brief) -> str:
    run = brief.run
    libraries = ", ".join(f"{name} {version}" for name, version in sorted(run.versions.items()))
    return (
        f"Seed {run.seed}; inputs {run.inputs_hash[:12]}; case {run.case_hash[:12]}; posterior "
        f"{(run.posterior_hash or '–')[:12]}; code {run.code_version} ({libraries}). Brief by {code_version()}, model "
        f"{model_version()}."
    )


def reproduce(brief: Brief) -> str:
    run = brief.run
    return (
        f"`parley show --run {run.id}` prints every number with its full hashes; `parley update --as-of {run.as_of}` "
        "fits anew: the same rows, seed and platform give the same numbers."
    )


def anchor(head: Head) -> str:
    return (
        f"Head of the record as this was written: {head.short}, {minute(head.recorded_at)}; `parley verify --head "
        f"{head.short}` shows whether what was on file then is still there as it was."
    )


def document(one: Cited) -> str:
    return f"{one.author}: {one.title}, {one.published_on.year} ({one.directness} directness)"


def source(one: Source) -> str:
    others = f", by {one.analyst}, one of {one.of_day} of that day" if one.of_day > 1 else ""
    return f"{one.name} {level_text(one.level)}: {one.publisher or one.title}, {one.observed_on}, {one.grade}{others}"


def differing(brief: Brief) -> list[str]:
    """Codings that contradict each other, a sentence each, and how many more there are."""
    told = [
        contradiction_text(one, [coding_text(each, row_place(each.row)) for each in one.codings], one.name) + "."
        for one in brief.differing[:DIFFERING]
    ]
    more = len(brief.differing) - DIFFERING
    return told + ([f"{more} more: `parley disagreements`."] if more > 0 else [])


def grades() -> str:
    return "Grade: reliability of the source A–F, credibility of the report 1–6. Full titles: `parley observations`."


def definitions(brief: Brief) -> str:
    said = ((target_name(target), text) for target, text in brief.definitions.items())
    return " ".join(f"{name[0].upper()}{name[1:]}: {text}." for name, text in said)


def left_out() -> str:
    return "Lists at the end are left out, for a mail must be short: `parley report --out brief.html` writes all of it."
