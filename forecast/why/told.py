"""One number that moved, with the names of a language."""

from dataclasses import replace

from forecast.facts.causes import Explained
from forecast.facts.why import renamed
from indicators.names import Names, source_name


def in_language(explained: Explained | None, names: Names) -> Explained | None:
    """The same with indicators and sources as a language names them, where it does."""
    if explained is None or not names:
        return explained
    indicators = {id_: name for (kind, id_), name in names.items() if kind == "indicator"}
    found = renamed(explained.explanation, indicators, lambda source: source_name(names, source))
    return replace(explained, explanation=found)
