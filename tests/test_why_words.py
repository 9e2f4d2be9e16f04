"""The words of explanations: the same numbers in every language, and words for all there is."""

import random
import re
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from explained import coded, every_line, happened, line, made_up

from forecast.facts import why as facts
from forecast.facts.why import CLASSES, DAILY, EVENT, NEW, OBSERVATION, Explanation, name_causes, renamed
from forecast.words.language import LANGUAGES

CODES = (
    facts.THINNED_BEFORE,
    facts.THINNED_AFTER,
    facts.NO_OVERLAP,
    facts.OTHER_MODEL,
    facts.OTHER_SHAPES,
    facts.LOST_BEFORE,
    facts.LOST_AFTER,
)
FAR = 1
"""The place of the longest rolling window of what is made up."""


def numbers(text: str) -> list[str]:
    """Points, probabilities and sizes; days and numbers of runs are written as each language writes them."""
    return sorted(re.findall(r"[+−±] ?\d+\.\d+|\d+\.\d+ ?%", text.replace(" %", "%").replace("± ", "±")))


def worlds() -> list[Explanation]:
    plain = made_up()
    return [
        plain,
        made_up(seed=2, headline="denuclearisation_talks"),
        replace(plain, path=DAILY, links=(3, 5, 8), old_entries=False),
        *(made_up(seed=k, lacking=(code,)) for k, code in enumerate(CODES, start=3)),
    ]


@pytest.mark.parametrize("found", worlds())
def test_every_language_says_the_same_numbers(found: Explanation) -> None:
    said = []
    for language in LANGUAGES.values():
        words = language.why
        text = [words.title(found, 0, FAR), *words.sentences(found, 0, FAR), words.causes(found, 0, FAR)]
        text += [words.since(found, 0, FAR)]
        said.append([numbers(one) for one in text])
    assert all(a == b for a, b in pairwise(said))


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=list(LANGUAGES))
def test_there_are_words_for_every_line_class_and_limit(language: object) -> None:
    words = LANGUAGES[language.code].why  # type: ignore[attr-defined]
    lines = every_line(random.Random(1))
    labels = [words.line_label(one) for one in (*lines, *(row for one in lines for row in one.rows))]
    assert all(label.strip() for label in labels)
    assert len({words.class_label(cls) for cls in CLASSES}) == len(CLASSES)
    assert all(words.cause(one).strip() for one in lines)
    told = [words.limits(made_up(lacking=(code,))) for code in CODES]
    assert len({limits[0] for limits in told}) == len(CODES)
    names = ("before", "after", "points", "expected", "said", "surprise", "moved", "others", "chance")
    assert all(words.label(name) for name in names)


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_no_english_is_left_in_other_languages(code: str) -> None:
    words = LANGUAGES[code].why
    for found in worlds():
        told = renamed(found, dict.fromkeys(("press_tone", "border_posture", "harvest"), "指標"), lambda source: "紙")
        text = [words.title(told, 0, FAR), *words.sentences(told, 0, FAR), *words.limits(told)]
        text += [words.line_label(one) for one in told.lines]
        known = r"parley why|Leader|wire|paper|Tarlenheim|Bread first|Strelsau|press_tone|%p|[A-F][1-6]|[FTCK]\d?\b"
        left = re.findall(r"[A-Za-z]{2,}", re.sub(known, "", " ".join(text)))
        assert left == []


def test_no_cause_is_named_that_is_smaller_than_chance() -> None:
    found = made_up()
    assert found.expected_chance is not None
    for target in range(len(found.targets)):
        for reach in range(len(found.reaches)):
            least = max(found.expected_chance[target][reach], facts.SMALLEST)
            named = name_causes(found, target, reach, 50)
            assert all(abs(one.points) >= least for one in named)
            assert [abs(one.points) for one in named] == sorted((abs(one.points) for one in named), reverse=True)
    small = replace(found, expected_chance=tuple(tuple(99.0 for _ in row) for row in found.expected_chance))
    assert name_causes(small, 0, FAR, 3) == ()
    assert "no cause larger than chance" in LANGUAGES["en"].why.causes(small, 0, FAR)


def test_the_only_event_goes_together_with_what_it_taught() -> None:
    rng = random.Random(4)
    event = line(rng, EVENT, NEW, happened=happened("C9", "contact", "none"))
    taught = line(rng, facts.LEARNING, facts.EVENTS)
    alone = made_up(lines=(event, taught))
    (cause,) = [one for one in name_causes(alone, 3, FAR, 9) if one.cls == EVENT]
    assert cause.points == pytest.approx(event.at(3, FAR) + taught.at(3, FAR))
    assert "with what it taught" in " ".join(LANGUAGES["en"].why.sentences(alone, 3, FAR))
    two = made_up(lines=(event, replace(event, happened=happened("C8", "contact", "none")), taught))
    assert all(len(one.lines) == 1 for one in name_causes(two, 3, FAR, 9))


def test_a_meeting_that_lowers_the_headline_tells_what_it_makes_of_its_own_talks() -> None:
    meeting = line(random.Random(5), EVENT, NEW, happened=happened("T9", "talks", "denuclearisation"))
    points = tuple(tuple(-12.0 if t == 0 else 23.0 for _ in row) for t, row in enumerate(meeting.points))
    found = made_up(lines=(replace(meeting, points=points),))
    said = " ".join(LANGUAGES["en"].why.sentences(found, 0, FAR))
    assert "makes −12.0 here" in said
    assert "for denuclearisation talks it makes +23.0" in said
    assert "it makes" not in " ".join(LANGUAGES["en"].why.sentences(found, 1, FAR))


def test_time_that_lets_a_subject_be_forgotten_says_so() -> None:
    passing = line(random.Random(7), facts.TIME, facts.DAYS, passed=facts.Passed(days=214))
    points = tuple(tuple((5.6, -9.0, 0.1)[min(t, 2)] for _ in row) for t, row in enumerate(passing.points))
    found = made_up(lines=(replace(passing, points=points),))
    said = " ".join(LANGUAGES["en"].why.sentences(found, 0, FAR))
    assert "Time makes +5.6 here because with silence" in said
    assert "for denuclearisation talks it makes −9.0" in said
    assert "forgotten" not in " ".join(LANGUAGES["en"].why.sentences(found, 2, FAR))


def test_a_corrected_grade_is_told_where_the_level_stays() -> None:
    words = LANGUAGES["en"].why
    graded = line(
        random.Random(6), facts.CORRECTION, facts.REVISED, coded=coded("x", 1.0, level_before=1.0, grade_before="C3")
    )
    assert words.line_label(graded) == f"Name of x of {date(2019, 12, 5)}: +1 C3 → +1 B2"
    assert words.line_label(replace(graded, cls=OBSERVATION, kind=NEW)).startswith("Name of x +1 of 2019-12-05, B2")
