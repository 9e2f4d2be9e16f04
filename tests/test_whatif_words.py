"""The words of hypotheticals, stories and plans: the same numbers in every language, and words for all there is."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from plan_facts import FAR, NAMES, TODAY, answered, every_answer, every_statement, plan, saved, stories, tornado

from forecast.facts import whatif as facts
from forecast.facts.stories import NONE, UP, Effect
from forecast.facts.whatif import DO, EVENTS, SEE
from forecast.words import whatif_numbers as told
from forecast.words.language import LANGUAGES, Language

LANGUAGE = pytest.mark.parametrize("language", LANGUAGES.values(), ids=list(LANGUAGES))
KNOWN = r"parley [a-z-]+|none|--[a-z]+(?:-[a-z]+)?|NAME|TEXT|LEVEL|DATE|%p|\b[A-F][1-6]\b|T2026-01"
"""Commands and their options, grades and the number of an event."""
CASE = (
    *("An armistice is in force and DPRK units have left", "End of the US presidential term", "asked by the desk"),
    *("armistice", "two talks", "contact", "old", "kim", "speech"),
)
"""What the case or an analyst calls so."""


def numbers(text: str) -> list[str]:
    """Points, probabilities and sizes; days and numbers of runs are written as each language writes them."""
    return sorted(re.findall(r"[+−±]\d+(?:\.\d+)?|\d+(?:\.\d+)?%(?!p)", text.replace(" %", "%").replace("± ", "±")))


def said(language: Language) -> Iterator[str]:
    """Everything a language says of what is made up, a text each."""
    words, of_stories, of_plan = language.whatif, language.stories, language.plan
    for found in every_answer():
        for target in range(len(found.targets)):
            yield words.title(found, target, FAR)
            yield " ".join(words.sentences(found, target, FAR))
        yield " ".join(words.untouched(found))
    yield from (words.statement(one, NAMES) for one in every_statement())
    yield words.compared(*(replace(one, name=name) for one, name in zip(every_answer()[:2], "AB", strict=True)))
    yield words.tornado(tornado())
    yield " ".join(words.beside(tornado()))
    for one in saved():
        yield words.saved(one)
        yield words.answered(one, 1, FAR)
    yield from (words.kept("old"), words.withdrawn("old"), words.none_saved())
    for whole in (stories(), stories(retrospective=True)):
        yield from (of_stories.title(whole), of_stories.heading(), of_stories.retrospective(whole))
        yield from (of_stories.counts(whole), of_stories.chance(whole))
        for story in whole.told:
            yield of_stories.lacking(story, NAMES)
            for claim in story.claims:
                yield of_stories.claim(claim)
                yield of_stories.direction(claim.direction)
                yield of_stories.verdict(claim.direction, claim.with_author)
                yield of_stories.verdict(claim.direction, claim.without_author)
    for made in (plan(), plan(priced=False), plan(open_days=False)):
        yield of_plan.title(made)
        yield " ".join(of_plan.sentences(made))
        yield of_plan.signposts(made)
        yield of_plan.caption(made)
        yield from (of_plan.signpost(one, made.target) for one in made.signposts)
        for dated in made.calendar:
            yield from of_plan.entry(dated)


def test_every_language_says_the_same_numbers() -> None:
    texts = [[numbers(one) for one in said(language)] for language in LANGUAGES.values()]
    assert all(a == b for a, b in pairwise(texts))


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_no_english_is_left_in_other_languages(code: str) -> None:
    """But for names, which are made up here."""
    left = set()
    for text in said(LANGUAGES[code]):
        for name in (*sorted(NAMES.values(), key=len, reverse=True), *NAMES, *CASE):
            text = text.replace(name, "")
        left |= set(re.findall(r"[A-Za-z]{2,}", re.sub(KNOWN, "", text)))
    assert left == set()


@LANGUAGE
def test_every_statement_is_said_in_words_of_its_own(language: Language) -> None:
    texts = [language.whatif.statement(one, NAMES) for one in every_statement()]
    assert len(set(texts)) == len(texts)
    day = language.labels.date(TODAY)
    assert all(text.strip() and not text.endswith((".", "。")) for text in texts)
    assert day in texts[0]
    assert NAMES["us_posture"] in texts[0]
    assert "us_posture" in language.whatif.statement(every_statement()[0], {})


@LANGUAGE
def test_what_is_seen_and_what_is_done_are_never_mistaken(language: Language) -> None:
    """The word before the colon tells the mode: none is used of both."""
    heads = {
        mode: {
            re.split("[:：]", language.whatif.statement(one, NAMES))[0] for one in every_statement() if one.mode == mode
        }
        for mode in (SEE, DO)
    }
    assert heads[SEE]
    assert heads[DO]
    assert not heads[SEE] & heads[DO]


@LANGUAGE
def test_every_event_has_a_name_in_statements(language: Language) -> None:
    found = [one for one in every_statement() if one.kind == facts.EVENT and one.mode == DO]
    assert {one.event for one in found} == set(EVENTS)
    assert len({language.whatif.statement(one, NAMES) for one in found}) == len(EVENTS)


@LANGUAGE
def test_every_status_is_told_with_what_shows_it(language: Language) -> None:
    words = language.whatif
    trusted, exact, _, _, ahead, refitted = every_answer()
    not_trusted = replace(ahead, foreseen=None)
    texts = [words.status(one) for one in (trusted, exact, not_trusted, refitted)]
    assert len(set(texts)) == 4
    assert "2677" in texts[0]
    assert "4000" in texts[0]
    assert "0.06" in texts[0]
    assert not re.search(r"\d", texts[1])
    assert "27" in texts[2]
    assert "0.87" in texts[2]
    assert "--no-refit" in texts[2]
    assert "--no-refit" not in "".join((texts[0], texts[1], texts[3]))
    assert "--do" in words.status(ahead), "no fit can read what is ahead"


def test_only_what_is_there_is_said_to_be_left_alone() -> None:
    """By the modes and kinds of statements, and whether the parameters are untouched."""
    fresh, ahead, held = every_statement()[:3]
    exact = replace(answered(), status=facts.EXACT, foreseen=None)
    cases = {
        (fresh,): (told.FRESH,),
        (ahead,): (told.AHEAD,),
        (held,): (told.DONE,),
        (fresh, held): (told.FRESH, told.DONE),
    }
    for statements, codes in cases.items():
        assert told.left_alone(replace(exact, statements=statements)) == codes
    done = [one for one in every_statement() if one.kind == facts.EVENT and one.mode == DO]
    for one in done:
        apart = one.event in ("contact", "crisis")
        codes = (told.DONE, told.APART) if apart else (told.DONE,)
        assert told.left_alone(replace(exact, statements=(one,))) == codes
    assert told.FRESH not in told.left_alone(replace(answered(), statements=(fresh,), foreseen=None))
    assert set(told.left_alone(replace(answered(), status=facts.EXACT))) == {
        told.FRESH,
        told.AHEAD,
        told.DONE,
        told.APART,
        told.TAUGHT,
        told.FORESEEN,
        told.LEARNT,
    }


@LANGUAGE
def test_every_code_has_a_sentence(language: Language) -> None:
    whole = replace(answered(), status=facts.EXACT)
    texts = language.whatif.untouched(whole)
    assert len(texts) == len(set(texts)) == len(told.left_alone(whole))
    assert not any("{" in text for text in texts)
    assert language.labels.percent(whole.foreseen) in " ".join(texts)


def test_a_difference_is_held_against_chance() -> None:
    words = LANGUAGES["en"].whatif
    _, beyond, still, chance, *_ = every_answer()
    assert "more than chance" in words.sentences(beyond, 1, FAR)[0]
    assert "no more than chance" in words.sentences(chance, 1, FAR)[0]
    assert "to the last digit" in words.sentences(still, 1, FAR)[0]


@pytest.mark.parametrize("target", range(6))
def test_another_target_is_named_only_where_it_moves_further(target: int) -> None:
    found = replace(every_answer()[0], statements=every_statement()[:2])
    other = told.most_moved(found, target, FAR)
    sizes = [abs(found.change(t, FAR)) for t in range(len(found.targets))]
    assert (other is None) == (sizes[target] == max(sizes))
    assert other is None or sizes[other] == max(sizes)


def test_that_what_is_supposed_to_happen_happens_is_not_told() -> None:
    found = every_answer()[0]
    happening = tuple(one for one in every_statement() if one.kind == facts.EVENT)
    for one in happening:
        others = {told.most_moved(replace(found, statements=(one,)), t, FAR) for t in range(len(found.targets))}
        assert found.targets.index(one.event) not in others
    assert {told.most_moved(replace(found, statements=happening), t, FAR) for t in range(6)} == {None}


@LANGUAGE
def test_labels_are_there(language: Language) -> None:
    words: dict[Any, str] = {
        language.whatif: "now then points error interval difference scenarios indicator level low high swing present",
        language.stories: "claimed with_author without_author set against contrast ends none",
        language.plan: "candidate moves range level age stale cost per_cost never days calendar movement observe "
        "attest line",
    }
    for part, names in words.items():
        assert all(part.label(name).strip() for name in names.split())


@LANGUAGE
def test_a_scenario_that_time_has_overtaken_says_what_to_do(language: Language) -> None:
    answered_, waiting, over = (language.whatif.answered(one, 1, FAR) for one in saved())
    assert "--load" in waiting
    assert "--revise" in over
    assert numbers(answered_)


def test_stories_say_what_they_check() -> None:
    words = LANGUAGES["en"].stories
    assert words.heading() == "This checks whether the model says what it was told, not whether authors are right."
    assert words.retrospective(stories()) == ""
    assert "could have been said then" in words.retrospective(stories(retrospective=True))


@LANGUAGE
def test_verdicts_directions_and_windows_differ(language: Language) -> None:
    words = language.stories
    whole = stories().told[0].claims
    assert len({words.direction(one.direction) for one in whole}) == 4
    assert len({words.claim(one) for one in whole}) == 3
    up, flat = Effect(contrast=0.1, told=0.2, error=0.001), Effect(contrast=0.1, told=0.1, error=0.001)
    found = {words.verdict(UP, up), words.verdict(NONE, up), words.verdict(UP, flat), words.verdict(UP, None)}
    assert len(found) == 4


def test_what_is_worth_most_is_told_by_what_it_is() -> None:
    words = LANGUAGES["en"].plan
    first = words.sentences(plan(priced=False))[0]
    assert first.startswith("What is worth most is to attest 2026-10-11 to 2026-11-22")
    assert words.sentences(plan())[0].startswith("What is worth most is to look at US readiness")
    assert "No day is open" in " ".join(words.sentences(plan(open_days=False)))
    still = replace(plan(), candidates=tuple(replace(one, movement=0.0) for one in plan().candidates))
    assert words.sentences(still)[0].startswith("Nothing that can be found out")


@LANGUAGE
def test_every_entry_of_a_calendar_is_a_line_and_what_to_do(language: Language) -> None:
    for dated in plan().calendar:
        summary, description = language.plan.entry(dated)
        assert summary.strip()
        assert description.endswith("。" if language.code == "ja" else ".")
        assert "\n" not in summary
