"""The documents' stories as an analyst reads them: what is claimed, and what the model makes of it."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from forecast.cli.tables import bold, emit, fitted, paragraph
from forecast.facts.stories import Claim, Effect, Stories, Told
from forecast.words.language import Language
from forecast.words.whatif_numbers import Named

type Lines = list[str | Text]
type Row = tuple[str, ...]


def print_stories(found: Stories, told: Sequence[Told], language: Language, names: Named, *, whole: bool) -> None:
    """Print some of them; `whole` with what is set, and both probabilities of each claim."""
    words = language.stories
    lines: Lines = [*map(bold, paragraph(words.title(found)))]
    for sentence in (words.heading(), words.retrospective(found)):
        lines += paragraph(sentence)
    if whole:
        for one in told:
            lines += ["", *_whole(one, language, names)]
    else:
        lines += ["", *_short(told, language, names)]
    lines.append("")
    for sentence in (words.counts(found), words.chance(found)):
        lines += paragraph(sentence)
    emit(lines)


def _header(language: Language) -> Row:
    return ("", *(language.stories.label(name) for name in ("claimed", "with_author", "without_author")))


def _short(told: Sequence[Told], language: Language, names: Named) -> list[Text]:
    """A row for every claim, below the story it is of."""
    rows: list[Row] = []
    strong: list[int] = []
    for one in told:
        strong.append(len(rows))
        rows.append((f"{one.name} [{one.id}]", "", "", ""))
        rows += [_claim(claim, language) for claim in one.claims]
        rows += [(f"  {language.stories.lacking(one, names)}", "", "", "")] if one.lacking else []
    return fitted(_header(language), rows, left=(0, 1, 2, 3), emphasised=strong)


def _claim(one: Claim, language: Language) -> Row:
    words = language.stories
    return (
        f"  {words.claim(one)}",
        words.direction(one.direction),
        words.verdict(one.direction, one.with_author),
        words.verdict(one.direction, one.without_author),
    )


def _whole(one: Told, language: Language, names: Named) -> Lines:
    """One story with what it sets and against what, and every claim with both of its probabilities."""
    words = language.stories
    lines: Lines = [*map(bold, paragraph(words.story(one)))]
    lines += _settings(one, language, names)
    lines += paragraph(words.lacking(one, names), indent="  ")
    rows: list[Row] = []
    for claim in one.claims:
        rows += [_claim(claim, language), _ends(claim, language)]
    return [*lines, *(fitted(_header(language), rows, left=(0, 1, 2, 3)) if rows else [])]


def _settings(one: Told, language: Language, names: Named) -> Iterator[str]:
    said = language.whatif.statement
    for each in one.statements:
        yield from paragraph(said(each, names), indent="  ", hanging="    ")
    contrast = [said(each, names) for each in one.against] or [language.stories.label("contrast")]
    yield from paragraph(f"{language.stories.label('against')}:", indent="  ")
    for text in contrast:
        yield from paragraph(text, indent="    ", hanging="      ")


def _ends(one: Claim, language: Language) -> Row:
    """In the contrast and in the story."""
    return ("", "", _both(one.with_author, language), _both(one.without_author, language))


def _both(effect: Effect | None, language: Language) -> str:
    if effect is None:
        return ""
    percent = language.labels.percent
    return language.stories.label("ends").format(percent(effect.contrast), percent(effect.told))
