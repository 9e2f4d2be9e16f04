"""`parley what-if`: what is stored and told of an answer, on terminals of any width, and options that go together."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from math import nan
from pathlib import Path
from typing import Any

import pytest
from overlaps import overlapping
from plan_facts import (
    FAR,
    INDICATORS,
    NAMES,
    Engine,
    answered,
    every_answer,
    every_statement,
    in_place_of_the_engine,
    saved,
    tornado,
)
from rich.cells import cell_len
from toy_runs import add_run, install_toy

from forecast.cli.app import run
from forecast.cli.tables import NARROWEST_BEFORE_PARTS, fitted, in_parts
from forecast.cli.what_if_options import OPTIONS, Asked
from forecast.cli.what_if_tables import Supposing, print_answer, print_compared, print_saved, print_tornado
from forecast.facts import whatif as facts
from forecast.facts.whatif import Answer, in_order
from forecast.facts.why import Reach
from forecast.plan.payload import (
    answer_from_stored,
    answer_json,
    answer_to_stored,
    compared_json,
    saved_json,
    statement_from_json,
    statement_json,
    tornado_json,
)
from forecast.plan.reaches import reach_asked
from forecast.plots.tornado import draw_tornado
from forecast.words.language import LANGUAGES, Language
from forecast.words.numbers import signed

LANGUAGE = pytest.mark.parametrize("language", LANGUAGES.values(), ids=list(LANGUAGES))
WIDTH = pytest.mark.parametrize("columns", [40, 80, 120])
HANGING = 4
"""Columns by which marks that close, and words that nothing breaks, may hang over."""
type Command = Callable[..., tuple[int, str, str]]


def seen(found: Answer, language: Language, **values: Any) -> Supposing:
    made = Supposing(
        found=found,
        target=found.place,
        reach=FAR,
        targets=tuple(range(len(found.targets))),
        columns=tuple(range(len(found.reaches))),
        language=language,
        names=NAMES,
    )
    return replace(made, **values)


def as_wide(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))


def too_wide(said: str, columns: int) -> list[str]:
    return [line for line in said.splitlines() if cell_len(line) > columns + HANGING]


# What is stored, and what other programs read


@pytest.mark.parametrize("one", every_statement())
def test_a_statement_comes_back_as_it_was(one: facts.Statement) -> None:
    assert statement_from_json(json.loads(json.dumps(statement_json(one), allow_nan=False))) == one


@pytest.mark.parametrize("found", every_answer())
def test_an_answer_comes_back_as_it_was(found: Answer) -> None:
    assert answer_from_stored(json.loads(json.dumps(answer_to_stored(found), allow_nan=False))) == found


@LANGUAGE
@pytest.mark.parametrize("found", every_answer())
def test_json_has_every_number_under_its_name(found: Answer, language: Language) -> None:
    told = json.loads(json.dumps(answer_json(found, language, NAMES), allow_nan=False))
    assert (told["mode"], told["status"], told["base_run_id"]) == (found.mode, found.status, 9)
    assert (told["pareto_k"], told["ess"]) == (found.pareto_k, found.ess)
    shifts = {(one["target"], one["horizon_days"], one["deadline"]): one for one in told["shifts"]}
    assert len(shifts) == len(found.targets) * len(found.reaches)
    for t, target in enumerate(found.targets):
        for h, reach in enumerate(found.reaches):
            one = shifts[target, reach.horizon_days, reach.deadline and reach.deadline.isoformat()]
            assert (one["old"], one["new"]) == (found.before[t][h], found.after[t][h])
            assert one["points"] == pytest.approx(found.change(t, h))
            assert (one["low"], one["high"]) == (found.low[t][h], found.high[t][h])
            assert one["error"] == pytest.approx(100 * found.error[t][h])
    assert [one["text"] for one in told["statements"]] == [
        language.whatif.statement(one, NAMES) for one in found.statements
    ]
    assert len(told["scenarios"]) == len(found.scenarios) * len(found.reaches)


def test_what_is_no_number_is_null() -> None:
    lost = tuple(tuple(nan for _ in row) for row in answered().error)
    told = answer_json(answered(error=lost, pareto_k=float("inf")))
    assert {one["error"] for one in told["shifts"]} == {None}
    assert told["pareto_k"] is None
    json.dumps(told, allow_nan=False)


def test_two_scenarios_and_those_on_file_as_json() -> None:
    one, other = answered(1, name="a"), answered(2, name="b")
    told = json.loads(json.dumps(compared_json(one, other, names=NAMES), allow_nan=False))
    assert [each["name"] for each in told["scenarios"]] == ["a", "b"]
    first = told["compared"][0]
    assert first["new"] == [one.after[0][0], other.after[0][0]]
    assert first["points"] == pytest.approx(100 * (other.after[0][0] - one.after[0][0]))
    listed = json.loads(json.dumps(saved_json(saved(), names=NAMES), allow_nan=False))
    assert [one["name"] for one in listed] == ["armistice", "contact", "old"]
    assert [one["answer"] is None for one in listed] == [False, True, False]
    assert [one["overtaken"] for one in listed] == [None, None, "2026-11-01"]


# Tables


@LANGUAGE
@WIDTH
@pytest.mark.parametrize("place", range(len(every_answer())))
def test_an_answer_keeps_to_the_width_and_says_what_json_says(
    language: Language, columns: int, place: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    as_wide(monkeypatch, columns)
    found = every_answer()[place]
    print_answer(seen(found, language))
    said = capsys.readouterr().out
    assert too_wide(said, columns) == []
    told = answer_json(found, language, NAMES)
    flat = re.sub(r"\s", "", said)
    for one in told["shifts"]:
        assert signed(one["points"]) in said
        assert language.labels.percent(one["new"]) in said
        assert re.sub(r"\s", "", language.labels.percent_range(one["low"], one["high"])) in flat
    texts = (*told["sentences"], *told["untouched"], told["title"], *(one["text"] for one in told["statements"]))
    for text in texts:
        assert re.sub(r"\s", "", text) in flat
    for target in found.targets:
        assert re.sub(r"\s", "", language.labels.target(target)) in flat


def test_one_target_and_window_are_shown_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    as_wide(monkeypatch, 100)
    print_answer(seen(answered(), LANGUAGES["en"], targets=(3,), target=3, columns=(1,), reach=1))
    said = capsys.readouterr().out.rpartition("numbers.\n")[2]
    assert "in 90 d" in said
    assert "in 365 d" not in said
    assert "deal" not in said
    assert "S0" not in said


@LANGUAGE
@WIDTH
def test_scenarios_side_by_side_keep_to_the_width(
    language: Language, columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    as_wide(monkeypatch, columns)
    one, other = answered(1, name="armistice"), answered(2, every_statement()[:2], name="two contacts")
    print_compared(one, other, language, NAMES)
    said = capsys.readouterr().out
    assert too_wide(said, columns) == []
    for row in compared_json(one, other)["compared"]:
        assert signed(row["points"]) in said
        assert all(language.labels.percent(p) in said for p in row["new"])


@LANGUAGE
@WIDTH
def test_scenarios_on_file_keep_to_the_width(
    language: Language, columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    as_wide(monkeypatch, columns)
    print_saved(saved(), language, NAMES)
    said = capsys.readouterr().out
    assert too_wide(said, columns) == []
    assert all(one.name in said and one.reason in said for one in saved())
    print_saved((), language, NAMES)
    assert "--save" in capsys.readouterr().out


@LANGUAGE
@WIDTH
def test_a_tornado_keeps_to_the_width_and_says_what_json_says(
    language: Language, columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    as_wide(monkeypatch, columns)
    found = tornado()
    print_tornado(found, language)
    said = capsys.readouterr().out
    assert too_wide(said, columns) == []
    told = json.loads(json.dumps(tornado_json(found, language), allow_nan=False))
    places = []
    for one in told["swings"]:
        assert f"{100 * one['low']:.1f}{language.labels.percent_sign}" in said
        assert signed(one["points"], 1) in said
        places.append(said.rindex(one["name"].split(" ")[0]))
    assert [one["indicator"] for one in told["swings"]] == [one.indicator for one in in_order(found.swings)]
    assert "parley next" in re.sub(r"\s+", " ", said)


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_a_grid_of_many_columns_is_broken_into_parts(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every cell stands once, under its head, and none is cut."""
    as_wide(monkeypatch, columns)
    header = ["", *(f"head {k}" for k in range(9))]
    rows = [["a rather long label of a row", *(f"{row}.{k} %" for k in range(9))] for row in range(2)]
    parts = in_parts(header, rows)
    said = [line.plain for part in parts for line in part]
    assert all(cell_len(line) <= columns for line in said)
    assert [len(re.findall(rf"head {k}\b", "\n".join(said))) for k in range(9)] == [1] * 9
    assert all("\n".join(said).count(cell) == 1 for row in rows for cell in row[1:])
    assert columns > NARROWEST_BEFORE_PARTS
    assert len(in_parts(header[:2], [row[:2] for row in rows])) == 1


def test_numbers_too_wide_for_a_line_stand_after_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    as_wide(monkeypatch, 40)
    header = ["", *("wide column" for _ in range(4))]
    said = [line.plain for line in fitted(header, [["row", "1", "", "3", "4"]])]
    assert said == ["row", "    wide column 1  wide column 3", "    wide column 4"]


# The picture


@LANGUAGE
@pytest.mark.parametrize("seed", [1, 2])
def test_no_words_of_a_tornado_overlap(language: Language, seed: int) -> None:
    figure = draw_tornado(tornado(seed=seed), language)
    assert overlapping(figure) == []
    said = re.sub(r"\s", "", "".join(label.get_text() for label in figure.axes[0].get_yticklabels()))
    assert all(re.sub(r"\s", "", name) in said for name in INDICATORS.values())


def test_a_bar_reaches_from_the_low_to_the_high_end() -> None:
    found = tornado()
    axes = draw_tornado(found, LANGUAGES["en"]).axes[0]
    bars = [patch for patch in axes.patches if hasattr(patch, "get_width")]
    ends = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars]  # type: ignore[attr-defined]
    for one in found.swings:
        assert any(b == pytest.approx(one.low) and a == pytest.approx(found.now) for a, b in ends)
        assert any(b == pytest.approx(one.high) and a == pytest.approx(found.now) for a, b in ends)


# The command


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{tmp_path / 'parley.db'}")
    monkeypatch.setenv("PARLEY_ANALYST", "kim")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    with install_toy(tmp_path) as database:
        add_run(database)
        with in_place_of_the_engine(monkeypatch) as standing:
            yield standing


@pytest.fixture
def parley(engine: Engine, capsys: pytest.CaptureFixture[str]) -> Command:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(["what-if", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


SEE = ("--see", "press_tone=1 B2")


@LANGUAGE
def test_the_command_says_what_its_json_says(parley: Command, engine: Engine, language: Language) -> None:
    code, out, _ = parley(*SEE, "--do", "harvest=2", "--lang", language.code)
    assert code == 0
    assert [(one.mode, one.indicator) for one in engine.asked["statements"]] == [
        (facts.SEE, "press_tone"),
        (facts.DO, "harvest"),
    ]
    assert engine.asked["refit"] is True
    code, as_json, _ = parley(*SEE, "--do", "harvest=2", "--lang", language.code, "--json")
    told = json.loads(as_json)
    assert code == 0
    assert told["mode"] == "both"
    flat = re.sub(r"\s", "", out)
    assert all(re.sub(r"\s", "", text) in flat for text in (told["title"], *told["sentences"]))
    assert told["statements"][0]["text"].count("Tone of the Graustark press") == 1


def test_the_number_asked_for_is_told_alone(parley: Command, engine: Engine) -> None:
    code, out, _ = parley(*SEE, "--target", "crisis", "--horizon", "90", "--no-refit")
    assert code == 0
    assert engine.asked["refit"] is False
    assert "crisis in 90 d" in out
    assert "in 365 d" not in out
    told = json.loads(parley(*SEE, "--target", "crisis", "--horizon", "2029-01-20", "--json")[1])
    assert (told["target"], told["deadline"], told["horizon_days"]) == ("crisis", "2029-01-20", None)


def test_a_story_and_a_scenario_on_file_can_be_supposed(parley: Command, engine: Engine) -> None:
    engine.answers = lambda said: answered(7, said)
    engine.saved["quiet"] = every_statement()[:1]
    assert parley("--story", "luck_runs_out")[0] == 1  # of indicators that the toy case has not
    code, _, err = parley("--story", "luck_run_out")
    assert (code, err) == (1, "error: unknown story 'luck_run_out'; use one of luck_runs_out\n")
    told = json.loads(parley(*SEE, "--json")[1])
    assert told["name"] is None


def test_two_scenarios_stand_side_by_side(parley: Command, engine: Engine) -> None:
    for name, place in (("a", 0), ("b", 2)):
        engine.saved[name] = (replace(every_statement()[place], indicator="harvest"),)
    code, out, _ = parley("--load", "a", "--load", "b")
    assert code == 0
    assert "A: a; B: b" in out
    told = json.loads(parley("--load", "a", "--load", "b", "--json")[1])
    assert [one["name"] for one in told["scenarios"]] == ["a", "b"]
    named = json.loads(parley("--load", "a", "--json")[1])
    assert named["name"] == "a"


def test_what_is_saved_is_on_file_before_it_is_answered(parley: Command, engine: Engine) -> None:
    code, out, _ = parley(*SEE, "--save", "quiet", "--reason", "asked by the desk")
    assert code == 0
    assert engine.saved["quiet"] == engine.asked["statements"]
    name, values = engine.asked["save"]
    assert (name, values["analyst"], values["reason"], values["revise"]) == ("quiet", "kim", "asked by the desk", False)
    assert "stored" in engine.asked
    assert "saved quiet" in out
    engine.asked.clear()
    engine.answers = lambda said: answered(7, said, trusted=False)
    assert parley(*SEE, "--save", "quiet", "--reason", "x", "--revise", "--analyst", "lee", "--no-refit")[0] == 0
    assert engine.asked["save"][1]["analyst"] == "lee"
    assert engine.asked["save"][1]["revise"] is True
    assert "stored" not in engine.asked, "what is not to be trusted is not kept as the answer"


def test_scenarios_are_listed_and_withdrawn(parley: Command, engine: Engine) -> None:
    code, out, _ = parley("--list")
    assert code == 0
    assert [line for line in out.splitlines() if line in ("armistice", "contact", "old")] == [
        "armistice",
        "contact",
        "old",
    ]
    assert [one["name"] for one in json.loads(parley("--list", "--json")[1])["saved"]] == [
        "armistice",
        "contact",
        "old",
    ]
    code, out, _ = parley("--withdraw", "old", "--reason", "over")
    assert (code, out) == (0, "withdrew old; its versions and answers stay on record\n")
    values, named = engine.asked["withdrawn"]
    assert (values[2], named["analyst"], named["reason"]) == ("old", "kim", "over")


def test_a_tornado_is_printed_and_drawn(parley: Command, tmp_path: Path) -> None:
    code, out, _ = parley("--tornado", "--target", "contact", "--horizon", "90", "--out", "t.png")
    assert code == 0
    assert out.startswith("Contact in 90 d with one indicator set")
    assert out.endswith("wrote t.png\n")
    assert (tmp_path / "t.png").read_bytes().startswith(b"\x89PNG")
    code, out, err = parley("--tornado", "--out", "t.png")
    assert (code, out) == (1, "")
    assert "t.png exists; give --force" in err
    told = json.loads(parley("--tornado", "--out", "t.json", "--json")[1])
    assert json.loads((tmp_path / "t.json").read_text()) == told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("", "'--see': nothing is supposed; give --see or --do, such as --see 'us_posture=1 B2'"),
        ("--see nonsense", "'--see': 'nonsense' is neither a level nor an event; write"),
        ("--do nonsense", "'--do': 'nonsense' is neither a level nor an event; write"),
        ("--list --see press_tone=1", "'--see': does not go with --list; leave one of them out"),
        ("--tornado --do press_tone=1", "'--do': does not go with --tornado; leave one of them out"),
        ("--tornado --save a --reason b", "'--save': does not go with --tornado; leave one of them out"),
        ("--withdraw a", "'--reason': is missing; say why the scenario is withdrawn"),
        ("--withdraw a --reason b --out c.json", "'--out': does not go with --withdraw; leave one of them out"),
        ("--see press_tone=1 --save a", "'--reason': is missing; say why the scenario is kept"),
        ("--see press_tone=1 --revise", "'--save': is missing; name the scenario that is to be revised"),
        ("--see press_tone=1 --reason b", "'--reason': is for what is put on file; give it with --save or --withdraw"),
        ("--see press_tone=1 --force", "'--out': is missing; there is no file to replace"),
        ("--see press_tone=1 --out a.png", "'--out': 'a.png' is a picture, which only --tornado has; write a.json"),
        ("--see press_tone=1 --out a.pdf", "'--out': 'a.pdf' does not end in .json, .png or .svg; write a.json"),
        ("--load a --load b --see press_tone=1", "'--see': does not go with two --load; leave one of them out"),
        ("--load a --load b --load c", "'--load': 3 scenarios are given; give one, or two side by side"),
        ("--see press_tone=1 --target crises", "'--target': 'crises' is not known; did you mean 'crisis'?"),
        ("--see press_tone=1 --lang fr", "'--language': 'fr' is not known; use one of en, ja, ko"),
    ],
)
def test_a_mistake_in_usage_is_one_line_and_nothing_is_done(
    parley: Command, engine: Engine, tmp_path: Path, arguments: str, said: str
) -> None:
    code, out, err = parley(*arguments.split())
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert "see `parley what-if --help`" in err
    assert not {"save", "withdrawn", "statements"} & set(engine.asked)
    assert not [path for path in tmp_path.iterdir() if path.suffix in (".json", ".png", ".pdf")]


def test_what_cannot_be_is_told_at_once(parley: Command) -> None:
    code, out, err = parley("--see", "harvst=1", "--see", "press=1")
    assert (code, out) == (1, "")
    assert err.splitlines() == ["error: unknown indicator 'harvst'", "error: unknown indicator 'press'"]
    code, _, err = parley(*SEE, "--horizon", "100")
    assert code == 1
    assert err == "error: nothing is forecast over 100; take one of 30, 90, 180, 365, 2029-01-20\n"


def test_every_option_is_one_that_is_asked_for() -> None:
    assert set(OPTIONS.values()) == set(Asked.__slots__)


def test_a_window_is_found_by_its_length_or_its_end() -> None:
    reaches = answered().reaches
    assert reach_asked(reaches, None) == FAR
    assert reach_asked(reaches, 30) == 0
    assert reach_asked(reaches, date(2029, 1, 20)) == 4
    assert reach_asked((Reach(None, date(2029, 1, 20)),), None) == 0
