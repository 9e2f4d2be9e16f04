"""What is stored and told of an answer, as JSON, as a picture and on terminals of any width."""

import json
import re
from dataclasses import replace
from datetime import date
from math import nan
from typing import Any

import pytest
from overlaps import overlapping
from plan_facts import (
    FAR,
    INDICATORS,
    NAMES,
    answered,
    every_answer,
    every_statement,
    saved,
    tornado,
)
from rich.cells import cell_len

from forecast.cli.tables import NARROWEST_BEFORE_PARTS, fitted, in_parts
from forecast.cli.what_if_options import OPTIONS, Asked
from forecast.cli.what_if_tables import Supposing, print_answer, print_compared, print_saved, print_tornado
from forecast.facts import whatif as facts
from forecast.facts.whatif import Answer, in_order
from forecast.facts.why import Reach
from forecast.plan.payload import answer_json, compared_json, saved_json, tornado_json
from forecast.plan.reaches import reach_asked
from forecast.plan.stored import answer_from_stored, answer_to_stored, statement_from_json, statement_json
from forecast.plots.tornado import draw_tornado
from forecast.words.language import LANGUAGES, Language
from forecast.words.numbers import signed

LANGUAGE = pytest.mark.parametrize("language", LANGUAGES.values(), ids=list(LANGUAGES))
WIDTH = pytest.mark.parametrize("columns", [40, 80, 120])
HANGING = 4
"""Columns by which marks that close, and words that nothing breaks, may hang over."""


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


# Which options and windows there are


def test_every_option_is_one_that_is_asked_for() -> None:
    assert set(OPTIONS.values()) == set(Asked.__slots__)


def test_a_window_is_found_by_its_length_or_its_end() -> None:
    reaches = answered().reaches
    assert reach_asked(reaches, None) == FAR
    assert reach_asked(reaches, 30) == 0
    assert reach_asked(reaches, date(2029, 1, 20)) == 4
    assert reach_asked((Reach(None, date(2029, 1, 20)),), None) == 0
