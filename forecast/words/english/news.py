"""What came on file, in English."""

from collections.abc import Sequence

from forecast.facts.news import (
    RETRACTED,
    AttestationNews,
    DocumentNews,
    EventNews,
    IndicatorNews,
    JudgementNews,
    News,
    ObservationNews,
    Overtaken,
    Week,
    one_word,
)
from forecast.facts.untaught import Untaught, read_untaught
from forecast.run_facts import untaught_of
from forecast.words.english.labels import LABELS
from forecast.words.numbers import level_text
from forecast.words.selection import SHOWN, shown
from indicators.content import NO_FRAMING


def event_line(one: EventNews) -> str:
    """An event as one would name it: what, when, where, by which source, and what is known of its standing."""
    what = f"{one.type} {one.id}"
    framing = f" ({one.framing.replace('_', ' ')})" if one.framing not in ("", NO_FRAMING) else ""
    days = str(one.started_on) if one.started_on == one.ended_on else f"{one.started_on} to {one.ended_on}"
    where = f", {one.venue}" if one.venue else ""
    source = one.source or "no source named"
    standing = f"; in dispute: {one.reason}" if one.disputed else ""
    change = f"; {one.what} by {one.analyst}" + (f" ({one.reason})" if one.what == RETRACTED else "")
    return f"{what}{framing}, {days}{where}: {source}{standing}{change}"


def kinds_to_learn(news: News) -> str:
    """The kinds that only a full update takes in, as a list of words; "" where there are none."""
    return LABELS.listed(news.to_learn)


def attestation_line(word: Sequence[AttestationNews]) -> str:
    one, types = word[0], ", ".join(dict.fromkeys(each.type for each in word))
    withdrawn = f"; withdrawn ({one.reason})" if one.what == RETRACTED else ""
    return f"{types} attested complete through {one.complete_through} by {one.attested_by}{withdrawn}"


def observation_line(one: ObservationNews) -> str:
    change = f"; {one.what}" + (f" ({one.reason})" if one.what == RETRACTED else "")
    return f"{one.indicator} {level_text(one.level)} on {one.observed_on}: {one.source}, by {one.analyst}{change}"


def document_line(one: DocumentNews) -> str:
    return f"document {one.id} ({one.author}, {one.published_on}){_change(one)}"


def judgement_line(one: JudgementNews) -> str:
    said = f"{one.document} on {one.indicator} for {one.target}: {level_text(one.weight)}, {one.basis}"
    return f"judgement of {said}{_change(one)}"


def indicator_line(one: IndicatorNews) -> str:
    if not one.id:
        return "another version of the case was loaded"
    return f"indicator {one.id} {one.what} by {one.analyst} ({one.reason})"


def _change(one: DocumentNews | JudgementNews) -> str:
    return f"; {one.what} by {one.analyst}" + (f" ({one.reason})" if one.reason else "")


def news_lines(news: News) -> list[str]:
    """A line for each entry, events first, of each kind the latest first and at most `SHOWN`."""
    return [
        *shown(news.events, event_line, SHOWN),
        *shown(one_word(news.attestations), attestation_line, SHOWN),
        *shown(news.observations, observation_line, SHOWN),
        *shown(news.documents, document_line, SHOWN),
        *shown(news.judgements, judgement_line, SHOWN),
        *shown(news.indicators, indicator_line, SHOWN),
    ]


def week_lines(week: Week) -> list[str]:
    """A line for each event, attestation and dispute, of each kind the latest first and at most `SHOWN`."""
    return [
        *shown(week.events, event_line, SHOWN),
        *shown(one_word(week.attestations), attestation_line, SHOWN),
        *shown([one for one in week.disputes if one not in week.events], event_line, SHOWN),
    ]


def overtaken_lines(found: Overtaken) -> list[str]:
    """First what happened, by name and source, then the run whose numbers take it in, or what to run for one."""
    source = found.source
    return [f"Since run {source.id}, as of {source.as_of}, had read:", *news_lines(found.since), f"{_taken_in(found)}."]


def _taken_in(found: Overtaken) -> str:
    source, standing, left = found.source, found.standing, kinds_to_learn(found.since)
    if standing is None:
        only = f"; only a full update takes in {left}" if left else ""
        return f"No forecast on file takes it in: run {source.id} knows nothing of it{only}; run `parley update`"
    if left:
        return f"Run {standing.id}, provisional, takes it in but for {left}: only a full `parley update` takes those in"
    if untaught := read_untaught(untaught_of(standing)):
        return f"Run {standing.id}, provisional, takes it in; {untaught_words(untaught)}"
    return f"Run {standing.id}, provisional, takes it in; run {source.id} does not"


def untaught_words(found: Untaught) -> str:
    """What of all that has happened a forecast without a fit has not learnt, without a full stop."""
    return found.text
