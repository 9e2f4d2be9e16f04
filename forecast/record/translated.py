"""A summary with the names that a shipped case has in another language; what has none there keeps its own."""

from collections.abc import Mapping
from dataclasses import replace

from forecast.facts.news import EventNews, JudgementNews, News, ObservationNews, Week
from forecast.facts.summary import SinceWeek, Summary
from forecast.why.told import in_language as explained_in
from forecast.words.language import ENGLISH, Language
from indicators.languages import in_language as catalogue_in_language
from indicators.languages import standing_names
from indicators.names import Names, read_names, source_name


def in_language(summary: Summary, language: Language) -> Summary:
    """The same facts, of which every number and id is as it was; in English names are those that are stored."""
    if language.code == ENGLISH.code:
        return summary
    case_id = summary.run.case_id
    said = read_names(case_id, language.code)
    case = said.get(("case", case_id), summary.case_name)
    catalogue = catalogue_in_language(summary.catalogue, case_id, language.code)
    names = {row.indicator_id: row.name for row in catalogue}
    reasons = tuple(
        replace(
            one,
            weights=tuple(replace(each, name=names.get(each.indicator_id, each.name)) for each in one.weights),
        )
        for one in summary.reasons
    )
    own = {row.indicator_id: row.name for row in summary.catalogue}
    new = {id_: name for id_, name in names.items() if name != own[id_]}
    return replace(
        summary,
        case_name=case,
        catalogue=catalogue,
        reasons=reasons,
        since=sourced(
            replace(
                summary.since,
                observations=tuple(_named(one, new) for one in summary.since.observations),
                judgements=tuple(_named(one, new) for one in summary.since.judgements),
            ),
            said,
        ),
        week=week_sourced(summary.week, said),
        why=moved_in(summary.why, standing_names(summary.catalogue, case_id, language.code)),
    )


def moved_in(moved: SinceWeek | None, names: Names) -> SinceWeek | None:
    """The same, with indicators and sources as a language names them."""
    return None if moved is None else replace(moved, explained=explained_in(moved.explained, names))


def sourced(news: News, names: Names) -> News:
    """The same, with the sources of events and observations as a language names them."""
    return replace(
        news,
        events=tuple(_sourced(one, names) for one in news.events),
        observations=tuple(_sourced(one, names) for one in news.observations),
    )


def week_sourced(week: Week, names: Names) -> Week:
    """The same, with the sources of events as a language names them."""
    return replace(
        week,
        events=tuple(_sourced(one, names) for one in week.events),
        disputes=tuple(_sourced(one, names) for one in week.disputes),
    )


def _sourced[N: (EventNews, ObservationNews)](one: N, names: Names) -> N:
    return replace(one, source=source_name(names, one.source))


def _named[N: (ObservationNews, JudgementNews)](one: N, names: Mapping[str, str]) -> N:
    """The indicator by its name in the language, where it has one."""
    return replace(one, indicator=names.get(one.indicator, one.indicator))
