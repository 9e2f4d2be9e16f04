"""A summary with the names that a shipped case has in another language; what has none there keeps its own."""

from dataclasses import replace

from forecast.facts.summary import Summary
from forecast.words.language import ENGLISH, Language
from indicators.languages import in_language as catalogue_in_language
from indicators.names import read_names


def in_language(summary: Summary, language: Language) -> Summary:
    """The same facts, of which every number and id is as it was; in English names are those that are stored."""
    if language.code == ENGLISH.code:
        return summary
    case_id = summary.run.case_id
    case = read_names(case_id, language.code).get(("case", case_id), summary.case_name)
    catalogue = catalogue_in_language(summary.catalogue, case_id, language.code)
    names = {row.indicator_id: row.name for row in catalogue}
    reasons = tuple(
        replace(
            one,
            weights=tuple(replace(each, name=names.get(each.indicator_id, each.name)) for each in one.weights),
        )
        for one in summary.reasons
    )
    return replace(summary, case_name=case, catalogue=catalogue, reasons=reasons)
