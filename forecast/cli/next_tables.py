"""What to look at next as an analyst reads it: what is worth most, signposts, and the days to come."""

from collections.abc import Iterator
from itertools import groupby

from rich.text import Text

from forecast.cli.tables import bold, emit, facts, fitted, paragraph
from forecast.facts.plan import EXPECTED, OBSERVATION, SIGNPOST, Candidate, Plan
from forecast.words.language import Language
from forecast.words.numbers import signed
from forecast.words.whatif_numbers import ends_of, per_cost_text, priced
from forecast.words.why_numbers import size_text

type Lines = list[str | Text]
type Row = tuple[str, ...]


def print_plan(found: Plan, language: Language) -> None:
    words = language.plan
    lines: Lines = [*map(bold, paragraph(words.title(found)))]
    for sentence in words.sentences(found):
        lines += paragraph(sentence)
    lines += ["", *_ranked(found, language)]
    if found.signposts:
        lines += ["", *map(bold, paragraph(words.signposts(found)))]
        for one in found.signposts:
            lines += paragraph(words.signpost(one, found.target), indent="  ", hanging="    ")
    if found.calendar:
        lines += ["", bold(words.label("calendar")), *facts(_days(found, language))]
    emit(lines)


def _ranked(found: Plan, language: Language) -> list[Text]:
    words, costly = language.plan, priced(found)
    names = ["candidate", "moves", "range", "level", "age", *(("cost", "per_cost") if costly else ())]
    header = [*map(words.label, names), ""]
    rows = [_row(one, language, costly) for one in found.ranked]
    return fitted(header, rows, left=(0, len(header) - 1))


def _row(one: Candidate, language: Language, costly: bool) -> Row:
    words, labels = language.plan, language.labels
    observed = one.kind == OBSERVATION
    level = f"{signed(one.level, 1)} ± {one.level_sd:.1f}" if observed else ""
    cost = (f"{one.cost:g}", per_cost_text(one)) if costly else ()
    return (
        words.candidate(one),
        size_text(100 * one.movement),
        labels.percent_range(*ends_of(one)),
        level,
        _age(one, language) if observed else "",
        *cost,
        words.label("stale") if one.stale else "",
    )


def _age(one: Candidate, language: Language) -> str:
    words = language.plan
    return words.label("never") if one.age_days is None else words.label("days").format(one.age_days)


def _days(found: Plan, language: Language) -> Iterator[tuple[str, str]]:
    """By day; signposts have been told, and indicators of one day stand together."""
    words = language.plan
    shown = [one for one in found.calendar if one.kind != SIGNPOST]
    for (day, kind), group in groupby(shown, key=lambda one: (one.day, one.kind)):
        if kind == EXPECTED:
            yield str(day), words.expected([one.name for one in group])
        else:
            yield from ((str(day), words.entry(one)[0]) for one in group)
