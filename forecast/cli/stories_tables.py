"""The documents' stories, as an analyst reads them: what each sets, what its author claims and what the model says."""

from collections.abc import Mapping

from rich.text import Text

from forecast.cli.tables import bold, emit, grid, paragraph
from forecast.facts.stories import Stories, Told
from forecast.words.language import Language

type Names = Mapping[str, str]


def print_stories(found: Stories, names: Names, language: Language) -> None:
    """All of them."""
    words = language.stories
    lines: list[str | Text] = [*map(bold, paragraph(words.title(found))), ""]
    for sentence in filter(None, (words.heading(), words.retrospective(found))):
        lines += paragraph(sentence)
    for one in found.told:
        lines += ["", *_story(one, names, language)]
    lines += ["", *paragraph(words.counts(found)), *paragraph(words.chance(found))]
    emit(lines)


def _story(one: Told, names: Names, language: Language) -> list[str | Text]:
    words = language.stories
    lines: list[str | Text] = [*map(bold, paragraph(words.story(one), hanging="  "))]
    for statement in one.statements:
        lines += paragraph(language.whatif.statement(statement, names), indent="  ", hanging="    ")
    for statement in one.against:
        text = f"{words.label('against')}: {language.whatif.statement(statement, names)}"
        lines += paragraph(text, indent="  ", hanging="    ")
    if one.lacking:
        return [*lines, *paragraph(words.lacking(one, names), indent="  ")]
    header = ("", *(words.label(name) for name in ("claimed", "with_author", "without_author")))
    rows = [
        (
            f"  {words.claim(claim)}",
            words.direction(claim.direction),
            words.verdict(claim.direction, claim.with_author),
            words.verdict(claim.direction, claim.without_author),
        )
        for claim in one.claims
    ]
    return [*lines, *grid(header, rows, left=(0, 1, 2, 3), stacked=True)]
