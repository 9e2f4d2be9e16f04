"""What to look at next, as an analyst reads it: what each thing is worth, signposts, and days to come."""

from collections.abc import Sequence

from rich.text import Text

from forecast.cli.tables import bold, emit, grid, paragraph
from forecast.facts.plan import EXPECTED, SIGNPOST, Candidate, Plan
from forecast.words.language import Language
from forecast.words.numbers import percent, signed

MOST_SIGNPOSTS = 6


def print_plan(found: Plan, language: Language) -> None:
    """All of it."""
    words = language.plan
    lines: list[str | Text] = [*map(bold, paragraph(words.title(found))), ""]
    for sentence in words.sentences(found):
        lines += paragraph(sentence)
    header = ("", *(words.label(name) for name in ("moves", "low", "high", "level", "age", "cost", "per_cost")))
    rows = [_row(one, language) for one in found.ranked]
    lines += ["", *grid(header, rows, stacked=True)]
    lines += ["", bold(words.signposts(found))]
    best = sorted(found.signposts, key=lambda one: -abs(one.seen.rolling - one.unseen.rolling))
    for each in best[:MOST_SIGNPOSTS]:
        lines += paragraph(words.signpost(each, found.target), indent="  ", hanging="    ")
    lines += ["", bold(words.label("calendar")), *_calendar(found, language)]
    emit(lines)


def _row(one: Candidate, language: Language) -> Sequence[str]:
    words = language.plan
    age = "" if not one.indicator else words.label("never")
    if one.age_days is not None:
        age = words.label("days").format(one.age_days)
    return (
        words.candidate(one),
        f"{100 * one.movement:.2f}",
        percent(one.low),
        percent(one.high),
        f"{signed(one.level, 1)} ± {one.level_sd:.1f}" if one.indicator else "",
        f"{age}, {words.label('stale')}" if one.stale and age else age,
        f"{one.cost:g}",
        f"{100 * one.per_cost:.2f}",
    )


def _calendar(found: Plan, language: Language) -> list[str]:
    """By day; indicators that are expected on one day stand together."""
    lines: list[str] = []
    for day in dict.fromkeys(one.day for one in found.calendar):
        mine = [one for one in found.calendar if one.day == day and one.kind != SIGNPOST]
        names = [one.name for one in mine if one.kind == EXPECTED]
        texts = [language.plan.expected(names)] if names else []
        texts += [language.plan.entry(one)[0] for one in mine if one.kind != EXPECTED]
        for text in texts:
            lines += paragraph(text, indent=f"  {day}  ", hanging=" " * 14)
    return lines
