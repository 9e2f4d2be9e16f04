"""Hypotheticals, stories and plans with the names that a shipped case has in a language; others keep their own."""

from collections.abc import Sequence
from dataclasses import replace

from db.rows import DocumentRow, IndicatorRow
from forecast.facts.plan import DEADLINE, Dated, Plan, Signpost
from forecast.facts.stories import Stories
from forecast.facts.whatif import Tornado
from forecast.words.language import Language
from forecast.words.whatif_numbers import Named
from indicators.languages import in_language
from indicators.names import Names, read_names


def names_of(
    catalogue: Sequence[IndicatorRow], documents: Sequence[DocumentRow], case_id: str, language: Language
) -> Named:
    """Names of indicators, and authors of documents, by id."""
    said = read_names(case_id, language.code)
    authors = {row.document_id: said.get(("author", row.document_id), row.author) for row in documents}
    return authors | {row.indicator_id: row.name for row in in_language(catalogue, case_id, language.code)}


def tornado_in(found: Tornado, names: Named) -> Tornado:
    swings = tuple(replace(one, name=names.get(one.indicator, one.name)) for one in found.swings)
    return replace(found, swings=swings)


def stories_in(found: Stories, language: Language) -> Stories:
    """The same; stories, authors and titles by the names of the language."""
    said = read_names(found.case_id, language.code)
    told = tuple(
        replace(
            one,
            name=said.get(("story", one.id), one.name),
            author=said.get(("author", one.document_id), one.author),
            title=said.get(("title", one.document_id), one.title),
        )
        for one in found.told
    )
    return replace(found, told=told)


def plan_in(found: Plan, catalogue: Sequence[IndicatorRow], language: Language) -> Plan:
    """The same; indicators, criteria and deadlines in the words of the language."""
    rows = {row.indicator_id: row for row in in_language(catalogue, found.case_id, language.code)}
    said = read_names(found.case_id, language.code)

    def named(id_: str, own: str) -> str:
        return rows[id_].name if id_ in rows else own

    return replace(
        found,
        candidates=tuple(replace(one, name=named(one.indicator, one.name)) for one in found.candidates),
        signposts=tuple(_signpost(one, rows) for one in found.signposts),
        calendar=tuple(_dated(one, rows, said) for one in found.calendar),
    )


def _signpost(one: Signpost, rows: dict[str, IndicatorRow]) -> Signpost:
    row = rows.get(one.indicator)
    if row is None:
        return one
    criteria = {level.level: level.criterion for level in row.levels}
    return replace(one, name=row.name, criterion=criteria.get(one.level, one.criterion))


def _dated(one: Dated, rows: dict[str, IndicatorRow], said: Names) -> Dated:
    if one.signpost is not None:
        signpost = _signpost(one.signpost, rows)
        return replace(one, name=signpost.name, signpost=signpost)
    if one.kind == DEADLINE:
        return replace(one, name=said.get(("deadline", one.subject), one.name))
    return replace(one, name=rows[one.subject].name) if one.subject in rows else one
