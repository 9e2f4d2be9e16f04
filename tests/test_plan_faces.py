"""Plans and stories: tables of any width, JSON that says the same, and the picture of what is worth a look."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from drawn import beyond
from overlaps import overlapping
from plan_facts import INDICATORS, NAMES, plan, stories, tornado
from rich.cells import cell_len

from forecast.cli.next_tables import print_plan
from forecast.cli.stories_tables import print_stories
from forecast.facts.plan import ATTESTATION, DEADLINE, EXPECTED, OBSERVATION, SIGNPOST
from forecast.facts.stories import verdict
from forecast.plan.payload import plan_json, stories_json
from forecast.plan.translated import names_of, plan_in, stories_in, tornado_in
from forecast.plots.style import as_png
from forecast.plots.worth import draw_worth
from forecast.words.language import LANGUAGES, Language
from forecast.words.why_numbers import points_text, size_text
from indicators.case_rows import new_case
from indicators.folder import read_case_folder
from indicators.shipped import shipped_case

LANGUAGE = pytest.mark.parametrize("language", LANGUAGES.values(), ids=list(LANGUAGES))
WIDTH = pytest.mark.parametrize("columns", [40, 80, 120])
HANGING = 4
"""Columns by which marks that close, and words that nothing breaks, may hang over."""
CATALOGUE = new_case(read_case_folder(shipped_case())).indicators
SHIPPED = {row.indicator_id: row.name for row in CATALOGUE}


def too_wide(said: str, columns: int) -> list[str]:
    return [line for line in said.splitlines() if cell_len(line) > columns + HANGING and "`" not in line]


def flat(text: str) -> str:
    return re.sub(r"\s", "", text)


# What to look at next


@LANGUAGE
@WIDTH
@pytest.mark.parametrize("priced", [True, False])
def test_a_plan_keeps_to_the_width_and_says_what_json_says(
    language: Language,
    columns: int,
    priced: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    found = plan(priced=priced)
    print_plan(found, language)
    said = capsys.readouterr().out
    assert too_wide(said, columns) == []
    told = json.loads(json.dumps(plan_json(found, language), allow_nan=False))
    for text in (told["title"], *told["sentences"], *(one["text"] for one in told["signposts"])):
        assert flat(text) in flat(said)
    for one in told["candidates"]:
        if one["kind"] == ATTESTATION or one["grade"] == told["main_grade"]:
            assert size_text(one["expected_movement"]) in said
        if one["name"]:
            assert flat(one["name"]) in flat(said)
    for one in told["calendar"]:
        assert one["kind"] == SIGNPOST or one["day"] in said
        assert one["kind"] in (SIGNPOST, EXPECTED) or flat(one["summary"]) in flat(said)


def test_json_has_the_names_that_other_programs_use() -> None:
    found = plan()
    told = plan_json(found)
    by = {(one["indicator"], one["grade"]): one for one in told["candidates"]}
    for one in found.candidates:
        row = by[one.indicator or None, one.grade or None]
        assert row["kind"] == one.kind
        assert row["expected_movement"] == pytest.approx(100 * one.movement)
        assert row["per_cost"] == pytest.approx(100 * one.movement / one.cost)
        assert (row["mutual_information"], row["cost"], row["stale"]) == (one.mutual_information, one.cost, one.stale)
        assert (row["age_days"], row["low"], row["high"]) == (one.age_days, one.low, one.high)
    assert [one["probability"] for one in by[None, None]["outcomes"]] == [
        one.probability for one in found.candidates[0].outcomes
    ]
    assert told["ranked"] == [one.indicator or ATTESTATION for one in found.ranked]
    assert told["signposts"][0]["unseen"] == {"rolling": 0.131, "deadline": 0.271}
    assert len(told["calendar"]) == len(found.calendar)


def test_the_table_is_in_the_order_of_worth(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    for priced in (True, False):
        found = plan(priced=priced)
        print_plan(found, LANGUAGES["en"])
        table = capsys.readouterr().out.split("to find out")[1].split("\n\n")[0]
        names = [LANGUAGES["en"].plan.candidate(one) for one in found.ranked]
        places = [table.index(f"\n{name[:40]}") for name in names]
        assert places == sorted(places)
        assert ("per cost" in table) is priced


# Stories


@LANGUAGE
@WIDTH
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("retrospective", [True, False])
def test_stories_keep_to_the_width_and_say_what_json_says(
    language: Language,
    columns: int,
    whole: bool,
    retrospective: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    found = stories(retrospective=retrospective)
    print_stories(found, found.told, language, NAMES, whole=whole)
    said = capsys.readouterr().out
    assert too_wide(said, columns) == []
    told = json.loads(json.dumps(stories_json(found, language, NAMES), allow_nan=False))
    assert len(told["sentences"]) == (4 if retrospective else 3)
    for text in (told["title"], *told["sentences"]):
        assert flat(text) in flat(said)
    for one in told["stories"]:
        assert flat(one["name"]) in flat(said)
        assert not one["lacking"] or flat(one["lacking"]) in flat(said)
        for claim in one["claims"]:
            assert points_text(claim["with_author"]["points"]) in said
        if whole:
            assert all(flat(each["text"]) in flat(said) for each in (*one["set"], *one["against"]))
            assert one["place"] in flat(said)


def test_json_tells_every_verdict() -> None:
    found = stories()
    told = stories_json(found)
    for story, one in zip(found.told, told["stories"], strict=True):
        for claim, row in zip(story.claims, one["claims"], strict=True):
            assert row["with_author"]["verdict"] == verdict(claim.direction, claim.with_author)
            assert (row["without_author"] is None) == (claim.without_author is None)
    assert told["counts"] == {
        "all_judgements": found.count(without=False),
        "author_left_out": found.count(without=True),
    }
    alone = stories_json(found, told=found.told[1:2])
    assert [one["id"] for one in alone["stories"]] == ["ratchet"]
    assert alone["counts"] == told["counts"]


# Other languages


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_names_of_the_shipped_case_are_those_of_the_language(code: str) -> None:
    language = LANGUAGES[code]
    names = names_of(CATALOGUE, (), "us-dprk", language)
    swung = tornado_in(tornado(), names)
    assert all(one.name == names[one.indicator] != INDICATORS[one.indicator] for one in swung.swings)
    found = plan_in(plan(), CATALOGUE, language)
    observed = [one for one in found.candidates if one.kind == OBSERVATION]
    assert all(one.name == names[one.indicator] for one in observed)
    texts = [*(one.criterion for one in found.signposts), *(one.name for one in found.calendar if one.kind == DEADLINE)]
    assert not any(re.search("[A-Za-z]{4,}", text) for text in texts)
    assert all(one.signpost in found.signposts for one in found.calendar if one.kind == SIGNPOST)
    told = stories_in(stories(), language)
    assert [one.id for one in told.told] == [one.id for one in stories().told]


def test_english_names_are_those_of_the_catalogue() -> None:
    names = names_of(CATALOGUE, (), "us-dprk", LANGUAGES["en"])
    assert names == SHIPPED
    found = plan_in(plan(), (), LANGUAGES["en"])
    assert found.candidates == plan().candidates


# The picture


@LANGUAGE
@pytest.mark.parametrize("names", [None, SHIPPED], ids=["few", "all"])
@pytest.mark.parametrize("priced", [True, False])
@pytest.mark.parametrize("open_days", [True, False])
def test_no_words_of_the_picture_overlap(
    language: Language, names: dict[str, str] | None, priced: bool, open_days: bool
) -> None:
    found = plan_in(plan(names, priced=priced, open_days=open_days), CATALOGUE, language)
    figure = draw_worth(found, language)
    assert overlapping(figure) == []
    assert beyond(figure) == []
    said = flat("".join(text.get_text() for text in figure.axes[0].texts))
    shown = [one for one in found.ranked if one.movement > 0]
    assert all(flat(language.plan.candidate(one)) in said for one in shown)
    assert (language.plan.label("attest") in [text.get_text() for text in figure.legends[0].get_texts()]) is open_days


def test_a_mark_stands_at_its_cost_and_worth() -> None:
    found = plan()
    marks = {
        (float(np.ravel(line.get_xdata())[0]), round(float(np.ravel(line.get_ydata())[0]), 9), line.get_marker())
        for line in draw_worth(found, LANGUAGES["en"]).axes[0].lines
        if line.get_marker() in ("o", "D")
    }
    assert marks == {
        (one.cost, round(100 * one.movement, 9), "D" if one.kind == ATTESTATION else "o") for one in found.ranked
    }


def test_a_plan_in_which_nothing_moves_is_drawn_too() -> None:
    still = replace(plan(), candidates=tuple(replace(one, movement=0.0) for one in plan().candidates))
    assert as_png(draw_worth(still, LANGUAGES["en"]))
