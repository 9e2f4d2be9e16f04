"""`parley next` and `parley stories`: tables of any width, JSON that says the same, pictures and files."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawn import beyond
from overlaps import overlapping
from plan_facts import INDICATORS, NAMES, TODAY, Engine, in_place_of_the_engine, plan, stories, tornado
from rich.cells import cell_len
from toy_runs import add_run, install_toy

from forecast.cli.app import run
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
type Command = Callable[..., tuple[int, str, str]]


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


# The commands


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{tmp_path / 'parley.db'}")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    with install_toy(tmp_path) as database:
        add_run(database)
        with in_place_of_the_engine(monkeypatch) as standing:
            yield standing


@pytest.fixture
def parley(engine: Engine, capsys: pytest.CaptureFixture[str]) -> Command:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@LANGUAGE
def test_next_says_what_its_json_says(parley: Command, language: Language) -> None:
    code, out, _ = parley("next", "--lang", language.code)
    assert code == 0
    told = json.loads(parley("next", "--lang", language.code, "--json")[1])
    assert all(flat(text) in flat(out) for text in (told["title"], *told["sentences"]))


def test_next_writes_what_is_asked_for(parley: Command, engine: Engine, tmp_path: Path) -> None:
    asked = ("next", "--target", "contact", "--horizon", "90", "--by", "2027-02-01", "--costs", "costs.toml")
    code, out, _ = parley(*asked, "--out", "n.json", "--ics", "n.ics")
    assert code == 0
    assert out.endswith("wrote n.json\nwrote n.ics\n")
    told = json.loads((tmp_path / "n.json").read_text())
    assert (told["target"], told["horizon_days"]) == ("contact", 90)
    assert (tmp_path / "n.ics").read_bytes().startswith(b"BEGIN:VCALENDAR")
    assert str(engine.asked["plan"]["by"]) == "2027-02-01"
    assert engine.asked["plan"]["costs"] == ("costs", Path("costs.toml"))
    assert parley("next", "--out", "n.svg")[0] == 0
    assert (tmp_path / "n.svg").read_bytes().startswith(b"<?xml")
    code, out, err = parley("next", "--ics", "n.ics")
    assert (code, out) == (1, "")
    assert "n.ics exists; give --force" in err
    assert parley("next", "--ics", "n.ics", "--force")[0] == 0


@LANGUAGE
def test_stories_say_what_their_json_says(parley: Command, language: Language) -> None:
    code, out, _ = parley("stories", "--lang", language.code, "--as-of", "2020-01-01")
    assert code == 0
    told = json.loads(parley("stories", "--lang", language.code, "--as-of", "2020-01-01", "--json")[1])
    assert told["as_of"] == "2020-01-01"
    assert all(flat(text) in flat(out) for text in (told["title"], *told["sentences"]))


def test_one_story_is_told_whole(parley: Command, tmp_path: Path) -> None:
    code, out, _ = parley("stories", "--story", "ratchet", "--out", "s.json")
    assert code == 0
    assert "Relief that cannot be taken back (A. Lankov" in out
    assert "The war ends" not in out
    assert "12 % → 15 %" in out
    told = json.loads((tmp_path / "s.json").read_text())
    assert [one["id"] for one in told["stories"]] == ["ratchet"]
    code, out, err = parley("stories", "--story", "rachet")
    assert (code, out) == (1, "")
    assert err == "error: unknown story 'rachet'; use one of luck_runs_out\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("next --force", "'--force': there is no file to replace; give --out or --ics FILE too"),
        ("next --out a.pdf", "'--out': 'a.pdf' does not end in .png, .svg or .json; write a.png"),
        ("next --ics a.txt", "'--ics': 'a.txt' does not end in .ics; write a.ics"),
        ("next --by soon", "'--by': 'soon' is not a date; write YYYY-MM-DD"),
        ("next --target crises", "'--target': 'crises' is not known; did you mean 'crisis'?"),
        ("stories --force", "'--force': there is no file to replace; give --out FILE too"),
        ("stories --out a.png", "'--out': 'a.png' does not end in .json; write a.json"),
        ("stories --as-of then", "'--as-of': 'then' is not a date; write YYYY-MM-DD"),
    ],
)
def test_a_mistake_in_usage_is_one_line_and_nothing_is_written(
    parley: Command, tmp_path: Path, arguments: str, said: str
) -> None:
    code, out, err = parley(*arguments.split())
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert not [path for path in tmp_path.iterdir() if path.suffix in (".json", ".png", ".ics", ".pdf", ".txt")]


@pytest.mark.parametrize("kind", ["tornado", "next"])
def test_pictures_are_kinds_of_plot(parley: Command, tmp_path: Path, kind: str) -> None:
    code, out, _ = parley("plot", kind, "--target", "contact", "--horizon", "90", "--out", "p.png", "--lang", "ko")
    assert code == 0
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    told = json.loads(parley("plot", kind, "--out", "q.png", "--lang", "ko", "--json")[1])
    assert told["shown"]["as_of"] == str(TODAY)
    assert told["kind"] == kind
    assert re.search("[가-힣]", out)
    assert parley("plot", kind, "--out", "r.png", "--as-of", "2020-01-01")[0] == 2
