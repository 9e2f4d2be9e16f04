"""An explanation with the names that a shipped case has in another language."""

from collections.abc import Sequence

from db.rows import IndicatorRow
from forecast.facts.why import Explanation, renamed
from forecast.words.language import ENGLISH, Language
from indicators.languages import in_language as catalogue_in_language
from indicators.names import read_names, source_name


def in_language(found: Explanation, catalogue: Sequence[IndicatorRow], language: Language) -> Explanation:
    """The same facts; indicators and sources by the names of the language, where they have one."""
    if language.code == ENGLISH.code:
        return found
    said = read_names(found.case_id, language.code)
    names = {row.indicator_id: row.name for row in catalogue_in_language(catalogue, found.case_id, language.code)}
    return renamed(found, names, lambda source: source_name(said, source))
