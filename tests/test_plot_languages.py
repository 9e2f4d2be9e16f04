"""Every kind of picture in every language: nothing is missing, nothing is of another language, numbers are the same."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from functools import cache

import pytest
from drawn import beyond
from explained_worlds import made_up
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text
from overlaps import overlapping
from plan_facts import plan, tornado
from toy_backtests import make_backtest, store_backtest
from toy_case import INDICATORS as TOML
from toy_fits import AS_OF, SIZES, store_fit, toy_effects, toy_tree
from toy_runs import SCENARIOS, TARGETS, add_run, install_toy

from db.engine import Database
from db.read import read_documents
from db.when import When
from forecast.facts.evidence import DiagnosticsTold
from forecast.identity import model_version
from forecast.plots.diagnostics import read_diagnostics
from forecast.plots.kinds import KINDS, Asked, Picture
from forecast.plots.style import FAMILIES, as_png, house_style
from forecast.why.stored import store
from forecast.words.language import LANGUAGES
from forecast.words.numbers import percent
from indicators.names import read_names
from models.parameters import DIMS

FOREIGN = [code for code in LANGUAGES if code != "en"]
SCRIPTS = {"ja": "[぀-ヿ一-鿿]", "ko": "[가-힣]"}
LATIN = {"Parley", "hat", "ESS", "BFMI"} | {"parley", "next"}
"""With the command that a caption names."""
NAMES = {"press_tone": "Tone of the press", "border_posture": "Posture at the border", "harvest": "Harvest"}
"""Of indicators that are looked at, which the engine would have to be run for."""
NUMBER = re.compile(r"(?<!S)\d+(?:\.\d+)?")
"""None of the code of a scenario, which captions of some languages say."""


@dataclass(frozen=True, slots=True)
class World:
    """Every kind of picture by language, and the words of the case."""

    pictures: Mapping[tuple[str, str], Picture]
    own: frozenset[str]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Runs of two months, one with effects and a posterior, and a backtest, all of the toy case."""
    with install_toy(tmp_path_factory.mktemp("languages")) as database:
        for day in (date(2019, 6, 1), date(2019, 12, 1)):
            add_run(database, as_of=day, detail={"structure": 1})
        add_run(database, as_of=date(2019, 12, 15), kind="provisional")
        store_fit(database, toy_tree(), effects=toy_effects())
        with database.read() as connection:
            split = made_up(connection, 2, 4, headline="arms_control_talks", indicators=("harvest", "press_tone"))
        store(database, replace(split, model_version=model_version()))
        store_backtest(database, make_backtest(last=date(1900, 1, 1)))
        with database.read() as connection, pytest.MonkeyPatch.context() as patch:
            patch.setattr("forecast.plots.tornado.read_tornado", lambda *_: tornado(NAMES))
            patch.setattr("forecast.plots.worth.read_worth", lambda *_: plan(NAMES))
            pictures = {
                (kind, code): KINDS[kind].make(
                    connection, database.posteriors, Asked(today=AS_OF, language=language, database=database)
                )
                for kind in KINDS
                for code, language in LANGUAGES.items()
            }
        yield World(pictures, _own(database))


def _own(database: Database) -> frozenset[str]:
    """Words that are data: ids and names of the case, parameters of the model and their coordinates."""
    with database.read() as connection:
        authors = [row.author for row in read_documents(connection, "toy", When(as_of=AS_OF))]
    text = " ".join((TOML, *authors, *DIMS, *SIZES, *TARGETS))
    return frozenset(re.findall("[A-Za-z]+", text))


def drawn(picture: Picture) -> list[str]:
    return [text.get_text() for text in picture.figure.findobj(Text) if text.get_visible() and text.get_text()]


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_has_all_its_characters(world: World, kind: str, code: str) -> None:
    """A character without a glyph would warn, and warnings are errors; no words stand on others or are cut off."""
    figure = world.pictures[kind, code].figure
    assert as_png(figure)
    assert beyond(figure) == []
    assert overlapping(figure) == []


@pytest.mark.parametrize("code", FOREIGN)
@pytest.mark.parametrize("kind", KINDS)
def test_no_english_is_left(world: World, kind: str, code: str) -> None:
    picture = world.pictures[kind, code]
    for said in ([picture.caption], drawn(picture)):
        assert re.search(SCRIPTS[code], " ".join(said))
        left = {word for text in said for word in re.findall("[A-Za-z]{3,}", text)} - world.own - LATIN
        assert {word for word in left if not re.fullmatch("[0-9a-f]+", word)} == set()
        assert not any(re.search(r"\d %", text) for text in said)
    other = SCRIPTS["ko" if code == "ja" else "ja"]
    assert not re.search(other, " ".join((picture.caption, *drawn(picture))))


@pytest.mark.parametrize("code", FOREIGN)
@pytest.mark.parametrize("kind", KINDS)
def test_captions_tell_the_same_numbers(world: World, kind: str, code: str) -> None:
    """But for the one of "at least one" and "per level"."""

    def numbers(code: str) -> set[float]:
        caption = re.sub(r"(?<=\d),(?=\d{3})", "", world.pictures[kind, code].caption)
        return {float(number) for number in NUMBER.findall(caption)} - {1.0}

    assert numbers(code) == numbers("en")


def test_what_other_programs_read_is_of_no_language(world: World) -> None:
    for kind in KINDS:
        assert len({repr(world.pictures[kind, code].shown) for code in LANGUAGES}) == 1


def _texts(words: object) -> Iterator[str]:
    """Every string of labels, and of what they hold."""
    if isinstance(words, str):
        yield words
    elif isinstance(words, Mapping):
        for value in words.values():
            yield from _texts(value)
    elif isinstance(words, tuple):
        for value in words:
            yield from _texts(value)
    elif is_dataclass(words):
        for field in fields(words):
            yield from _texts(getattr(words, field.name))


def _shapes(words: object) -> Iterator[object]:
    """What is filled in, name by name, and the keys; formats of dates differ."""
    assert is_dataclass(words)
    for field in fields(words):
        value = getattr(words, field.name)
        if is_dataclass(value):
            yield from _shapes(value)
        elif isinstance(value, Mapping):
            yield field.name, *value
        elif isinstance(value, str) and "{0" not in value and field.name != "path":
            yield field.name, sorted(re.findall(r"\{[a-z]*", value))


@pytest.mark.parametrize("code", FOREIGN)
def test_every_language_names_the_same_things(code: str) -> None:
    english, other = LANGUAGES["en"].labels, LANGUAGES[code].labels
    assert list(_shapes(english)) == list(_shapes(other))
    assert [*english.targets] == [*TARGETS]
    assert [*english.scenarios] == [*SCENARIOS]


def test_windows_and_shares_are_written_as_readers_write_them() -> None:
    english, japanese, korean = (LANGUAGES[code].labels for code in ("en", "ja", "ko"))
    assert (japanese.window(365, None), korean.window(365, None)) == ("365日以内", "365일 이내")
    day = date(2029, 1, 20)
    assert (japanese.window(None, day), korean.window(None, day)) == ("2029年1月20日まで", "2029년 1월 20일까지")
    assert (english.percent(0.0001), japanese.percent_range(0.03, 0.33)) == ("<0.1 %", "3.0〜33%")
    assert korean.percent(0.16) == percent(0.16).replace(" ", "")


@cache
def _glyphs(code: str) -> frozenset[int]:
    """Of the first fonts of a language: what these lack would come from another's."""
    with house_style(code):
        names = ("DejaVu Sans", FAMILIES[code][1])
        return frozenset(one for name in names for one in FT2Font(font_manager.findfont(name)).get_charmap())


@pytest.mark.parametrize("code", FOREIGN)
def test_the_fonts_of_a_language_have_what_its_names_and_labels_need(code: str) -> None:
    kinds = ("group", "indicator", "author")
    names = [name for (kind, _), name in read_names("us-dprk", code).items() if kind in kinds]
    needed = {letter for text in (*names, *_texts(LANGUAGES[code].labels)) for letter in text} - {"\n"}
    assert {letter for letter in needed if ord(letter) not in _glyphs(code)} == set()


def test_a_rejected_fit_says_why_in_every_language(tmp_path_factory: pytest.TempPathFactory) -> None:
    with install_toy(tmp_path_factory.mktemp("rejected")) as database:
        number = store_fit(database, toy_tree(mixed=False, diverged=5), status="rejected")
        with database.read() as connection:
            told = read_diagnostics(connection, database.posteriors, run_id=number).told
    assert "公表見送り：R-hat" in LANGUAGES["ja"].plots.diagnostics_caption(told)
    assert "공표 보류: R-hat" in LANGUAGES["ko"].plots.diagnostics_caption(told)
    assert "発散 5（全連鎖、基準≤ 2）" in LANGUAGES["ja"].plots.diagnostics_caption(told)
    kept: DiagnosticsTold = replace(told, verdicts=(), failures=("x",))
    assert LANGUAGES["ko"].plots.diagnostics_caption(kept).endswith("공표 보류: x.")


def test_words_on_each_other_are_found() -> None:
    """The rule that every picture above keeps."""
    figure = Figure()
    figure.text(0.5, 0.5, "one")
    figure.text(0.5, 0.9, "apart")
    assert overlapping(figure) == []
    figure.text(0.51, 0.51, "other")
    assert overlapping(figure) == [("one", "other")]
