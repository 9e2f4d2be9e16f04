"""`parley calibrate --lang`: in every language the same facts, no English left over, and columns that stand."""

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len
from toy_backtests import NAIVE, make_backtest, store_backtest, store_checks
from toy_runs import add_run, install_toy

from db.engine import Database
from forecast.checks.found import JUDGEMENTS, PRIORS, RECORD, read_found
from forecast.cli.app import run
from forecast.evaluation.figures import PROMISES
from forecast.evaluation.scoreboard import ERAS, SITUATIONS
from forecast.evaluation.scoreboard import NAIVE as FORECASTERS
from forecast.facts.quality import MET, MISSED, UNMEASURED, WITHIN_CHANCE
from forecast.facts.trust import FAILED, LOOK, NOT_RUN, PASSED, Trust
from forecast.trust.page import render_page
from forecast.trust.payload import as_json
from forecast.trust.read import read_trust
from forecast.trust.tables import (
    Table,
    band_table,
    bounds_tables,
    calibration_table,
    check_table,
    comparison_tables,
    ranked_table,
    structure_table,
    verdict_name,
)
from forecast.words.language import ENGLISH, LANGUAGES, Language
from models import sensitivity
from models.assumptions import assumptions
from models.predictive import COUNTS, STATISTICS
from models.sbc import QUANTITIES

TODAY = date(2020, 1, 10)
OTHERS = [LANGUAGES[code] for code in LANGUAGES if code != "en"]
CHECKS: dict[str, dict[str, Any]] = {
    "as-of": {"origins": [{"as_of": "2001-02-03", "same": True, "rows_known_later": 17}]},
    "states": {"levels": 1140, "largest_difference": 5.5e-14},
    "sbc": {
        "simulations": 20,
        "refused_worlds": 3,
        "level": 0.95,
        "quantities": [{"name": "slope", "inside": True, "p": 0.31}, {"name": "deal", "inside": True, "p": 0.12}],
    },
    "prior-predictive": {
        "target": "limits_talks",
        "worlds": 200,
        "refused_worlds": 1,
        "statistics": [{"name": "meetings per decade", "inside": False}],
        "headline": [
            {"source": "prior", "horizon_days": 180, "q50": 0.057},
            {"source": "documents alone", "horizon_days": 180, "q50": 0.065},
        ],
    },
    "posterior-predictive": {
        "worlds": 200,
        "refused_worlds": 0,
        "posterior": "laplace",
        "p_joint": 0.46,
        "statistics": [{"name": "share of dry days", "p": 0.01}, {"name": "deals", "p": None}],
    },
    "power-scaling": {
        "target": "limits_talks",
        "notable": 0.05,
        "horizons": [{"horizon_days": 30, "deadline": None}, {"horizon_days": None, "deadline": "2029-01-20"}],
        "components": [
            {"name": PRIORS, "sensitivity": [0.1, 0.14], "noise": [0.01, 0.01]},
            {"name": "prior: regime", "sensitivity": [0.1, 0.12], "noise": [0.01, 0.01]},
            {"name": JUDGEMENTS, "sensitivity": [0.0, 0.0], "noise": [0.01, 0.01]},
            {"name": RECORD, "sensitivity": [0.09, 0.08], "noise": [0.01, 0.01]},
        ],
    },
    "assumptions": {
        "target": "limits_talks",
        "horizons": [{"horizon_days": 180, "deadline": None}],
        "headline": [0.04],
        "changed": [
            {"assumption": "silence matters without end", "headline": [0.028]},
            {"assumption": "silence does not matter", "headline": [0.063]},
        ],
    },
    "leave-out-indicator": {
        "target": "limits_talks",
        "horizons": [{"horizon_days": 180, "deadline": None}],
        "headline": [0.04],
        "without": [{"indicator": "alpha", "headline": [0.031]}, {"indicator": "beta", "headline": [None]}],
    },
}
"""Figures of checks as they are stored: what a sentence needs."""
OLD = "What an older program said of it."
UNTIL_2010 = "2009년까지"
"""How Korean says "before 2010"."""
TERMS = re.compile(
    r"`?parley[ a-z-]*`?|Parley|CORP|NUTS|UTC|PSIS|MCB|DSC|UNC|S[0-5]\b|\bn\b|\bp\b|[a-z]+-[a-z-]+"
    r"|sbc|states|assumptions|alpha|0\.1\.0\+\w+|(?<![0-9A-Za-z])[0-9a-f]{8,64}(?![0-9A-Za-z])|\btoy\b"
)
"""Names of commands, checks, methods and hashes, which no language translates."""
type Command = Callable[..., tuple[int, str, str]]


def _stored(name: str, *, passed: bool | None = None) -> dict[str, Any]:
    figures = CHECKS[name]
    found = read_found(name, figures)
    assert found is not None
    sentence = ENGLISH.checks.check_sentence(found)
    return {"name": name, "passed": passed, "sentence": sentence, "table": [], "figures": figures}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A biased forecaster and another structure, a live run, checks of every kind, and one stored without figures."""
    small = make_backtest(first=date(1995, 1, 1))
    biased = np.clip(small.forecasts["Parley"] + 0.3, 0, 1)
    added = {"Parley": biased, "no regime": small.forecasts["Parley"]}
    backtest = replace(
        small,
        forecasts=small.forecasts | added,
        scenarios=small.scenarios | {"no regime": small.scenarios["Parley"]},
        pareto_k=small.pareto_k | {"no regime": small.pareto_k["Parley"]},
    )
    with install_toy(tmp_path_factory.mktemp("trust")) as database:
        add_run(database)
        store_backtest(database, backtest)
        old = {"name": "leave-out-document", "passed": None, "sentence": OLD, "table": [], "figures": {"headline": []}}
        store_checks(database, [*map(_stored, CHECKS), old])
        yield database


@pytest.fixture(scope="module")
def trust(desk: Database) -> Trust:
    with desk.read() as connection:
        return read_trust(connection, desk.posteriors, TODAY)


@pytest.fixture
def parley(desk: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command; its exit code, what it printed and what it complained of."""
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{desk.folder / 'parley.db'}")
    monkeypatch.setenv("COLUMNS", "100")

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def tables_of(trust: Trust, language: Language) -> list[Table]:
    return [
        *bounds_tables(trust, language),
        *comparison_tables(trust, language),
        band_table(trust, language),
        ranked_table(trust, language),
        structure_table(trust, language),
        calibration_table(trust, language),
    ]


BEFORE_2010 = ("2009年以前", "2010年より前")
"""The usual Japanese for "before 2010" names the last year that is meant."""


def numbers(text: str) -> list[float]:
    """All numbers of a text in ascending order: languages differ in the order of words, and write 2026-01-02 apart."""
    apart = re.sub(r"(\d{4})-(\d\d)-(\d\d)", r"\1 \2 \3", text.replace(UNTIL_2010, "2010")).replace(*BEFORE_2010)
    return sorted(float(number) for number in re.findall(r"\d+(?:\.\d+)?", apart))


# The same facts


@pytest.mark.parametrize("language", OTHERS, ids=lambda one: one.code)
def test_every_cell_holds_the_same_numbers_in_every_language(trust: Trust, language: Language) -> None:
    """And the same signs and question marks, in tables of the same form."""
    english, found = tables_of(trust, ENGLISH), tables_of(trust, language)
    assert len(english) == len(found)
    for theirs, ours in zip(english, found, strict=True):
        assert (len(theirs.header), len(theirs.rows), theirs.left) == (len(ours.header), len(ours.rows), ours.left)
        for before, after in zip(theirs.rows, ours.rows, strict=True):
            assert [numbers(cell) for cell in before] == [numbers(cell) for cell in after]
            marks = [re.findall(r"[+−±?]", cell) for cell in before]
            assert marks == [re.findall(r"[+−±?]", cell) for cell in after]
        assert numbers(theirs.title + theirs.note) == numbers(ours.title + ours.note)


@pytest.mark.parametrize("language", OTHERS, ids=lambda one: one.code)
def test_every_sentence_holds_the_same_numbers_in_every_language(trust: Trust, language: Language) -> None:
    for one in trust.calibrations:
        sentences = [each.trust.calibration_sentence(one) for each in (ENGLISH, language)]
        assert numbers(sentences[0]) == numbers(sentences[1])
    for each in trust.timelines:
        sentences = [one.trust.timeline_sentence(each) for one in (ENGLISH, language)]
        assert numbers(sentences[0]) == numbers(sentences[1])
    for checked in trust.checks:
        if checked.found is not None:
            said = numbers(language.trust.check_found(checked))
            assert set(numbers(ENGLISH.trust.check_found(checked))) <= {*said, 0.0}, checked.name
    assert set(numbers(ENGLISH.trust.rule())) == set(numbers(language.trust.rule()))


@pytest.mark.parametrize("language", OTHERS, ids=lambda one: one.code)
def test_json_differs_in_sentences_alone(trust: Trust, language: Language) -> None:
    """Names, numbers, verdicts and keys are the same; of an old check the stored sentence stands, marked."""
    english, found = as_json(trust), as_json(trust, language)
    differing = set(_differing(english, found))
    assert differing == {"sentence", "statement", "note", "rule"} & differing
    assert {"sentence", "statement", "rule"} <= differing
    (old,) = [one["sentence"] for one in found["checks"] if one["name"] == "leave-out-document"]
    assert old.endswith(OLD)
    assert old != OLD


def _differing(first: Any, second: Any, name: str = "") -> Iterator[str]:
    """The names under which two payloads differ; what they hold must be of one form."""
    if isinstance(first, dict):
        assert list(first) == list(second)
        for key in first:
            yield from _differing(first[key], second[key], key)
    elif isinstance(first, list | tuple):
        assert len(first) == len(second)
        for one, other in zip(first, second, strict=True):
            yield from _differing(one, other, name)
    elif first != second:
        yield name


def test_json_keeps_the_names_other_programs_use(trust: Trust) -> None:
    found = as_json(trust)
    assert list(found) == [
        *("case_id", "case_name", "case_hash", "headline", "model_version", "quality", "by_other_model", "track"),
        *("source", "rule", "bounds", "comparisons", "structures", "times", "scenarios", "calibrations", "timelines"),
        *("bands", "checks"),
    ]
    assert set(found["quality"]) >= {"sentence", "model_version", "evaluation_id", "as_of", "note", "alike"}
    assert set(found["track"]) == {
        *("sentence", "rule", "counts", "lines", "scenarios", "pending", "structure", "others")
    }
    assert set(found["checks"][0]) == {
        *("name", "verdict", "sentence", "as_of", "recorded_at", "code_version", "model_version")
    }
    assert {"statement", "measure", "situation", "n", "figure", "verdict"} <= set(found["bounds"][0])
    assert all({"sentence", "curve"} <= set(one) for one in found["calibrations"])
    assert all({"sentence", "origin", "probability", "outcome"} <= set(one) for one in found["timelines"])


# No word left over


@pytest.mark.parametrize("language", OTHERS, ids=lambda one: one.code)
def test_no_english_is_left_on_the_page(trust: Trust, language: Language) -> None:
    page = render_page(replace(trust, case_name="1"), language)
    root = ElementTree.fromstring(page)
    assert root.get("lang") == language.code
    for style in (*root.iter("style"), *root.iter("{http://www.w3.org/2000/svg}style")):
        style.text = ""
    for metadata in list(root.iter("{http://www.w3.org/2000/svg}metadata")):
        metadata.clear()
    text = " ".join(root.itertext()).replace(OLD, "")
    assert re.findall(r"[A-Za-z]{2,}", TERMS.sub("", text)) == []


@pytest.mark.parametrize("language", OTHERS, ids=lambda one: one.code)
def test_every_verdict_situation_and_forecaster_has_words(language: Language) -> None:
    words = language.trust.TABLES
    assert set(words.verdicts) == {MET, WITHIN_CHANCE, MISSED, UNMEASURED, PASSED, FAILED, LOOK, NOT_RUN}
    assert len(set(words.verdicts.values())) == len(words.verdicts)
    assert set(words.situations) == set(SITUATIONS)
    assert set(words.eras) == set(ERAS[1:])
    assert set(words.forecasters) == set(FORECASTERS)
    assert NAIVE in words.forecasters
    assert all(language.trust.statement(promise.measure, promise.situation) for promise in PROMISES)


@pytest.mark.parametrize("language", OTHERS, ids=lambda one: one.code)
def test_every_quantity_that_a_check_may_name_has_words(language: Language) -> None:
    names = {
        *QUANTITIES,
        *STATISTICS,
        *(f"{name} per decade" for name in COUNTS),
        *(PRIORS, JUDGEMENTS, RECORD, sensitivity.OTHER, *sensitivity.GROUPS),
        *("filtered states", "prior", "documents alone"),
        *(f"cells of {process}" for process in ("onset", "continuation", "contact", "crisis")),
    }
    assert [name for name in sorted(names) if language.checks.quantity_name(name) == name] == []
    assert language.checks.quantity_name("one to come") == "one to come"
    assert [name for name in assumptions() if language.leaning.assumption_name(name) == name] == []


def test_components_are_those_of_the_model() -> None:
    assert (PRIORS, JUDGEMENTS, RECORD) == (sensitivity.PRIORS, sensitivity.JUDGEMENTS, sensitivity.RECORD)


# On a terminal


@pytest.mark.parametrize("language", OTHERS, ids=lambda one: one.code)
def test_columns_stand_on_a_terminal(trust: Trust, parley: Command, language: Language) -> None:
    """Letters of double width count for two: rows flush right end in one column."""
    code, text, complaint = parley("calibrate", "--lang", language.code)
    assert (code, complaint) == (0, "")
    assert not [line for line in text.splitlines() if line != line.rstrip()]
    lines = text.splitlines()
    title = ranked_table(trust, language).title
    first = lines.index(title)
    rows = lines[first + 2 : first + 2 + len(ranked_table(trust, language).rows)]
    assert len({cell_len(row.removesuffix(" ?")) for row in rows}) == 1
    checks = [line for line in lines if any(f"  {one.name}" in line for one in trust.checks)]
    found = {cell_len(line[: line.index(one.name)]) for one in trust.checks for line in checks if one.name in line[:24]}
    assert len(found) == 1


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda one: one.code)
def test_the_table_of_checks_says_what_each_found(trust: Trust, language: Language) -> None:
    table = check_table(trust.checks, language)
    assert [row[2] for row in table.rows] == [f"`{one.name}`" for one in trust.checks]
    assert all(row[1] and row[3] for row in table.rows)
    assert len({row[1] for row in table.rows}) == len(table.rows)


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda one: one.code)
def test_what_was_not_run_is_said_once_with_its_command(trust: Trust, language: Language) -> None:
    missing = replace(trust, checks=tuple(replace(one, verdict=NOT_RUN, sentence=None) for one in trust.checks))
    page = render_page(missing, language)
    text = "".join(ElementTree.fromstring(page).itertext())
    assert "`" not in text
    assert text.count(verdict_name(NOT_RUN, language)) == len(trust.checks)
    assert all(f"<code>parley check {one.name}</code>" in page for one in trust.checks)


def test_the_page_is_written_in_the_language_asked_for(parley: Command, tmp_path: Path) -> None:
    out = tmp_path / "trust.html"
    code, _, complaint = parley("calibrate", "--lang", "ko", "--out", str(out))
    assert (code, complaint) == (0, "")
    assert '<html lang="ko">' in out.read_text(encoding="utf-8")
    code, text, _ = parley("calibrate", "--language", "ja", "--json")
    assert code == 0
    assert json.loads(text)["rule"] == LANGUAGES["ja"].trust.rule()


def test_an_unknown_language_is_a_mistake_in_usage(parley: Command) -> None:
    code, out, complaint = parley("calibrate", "--lang", "fr")
    assert (code, out) == (2, "")
    assert "Invalid value for '--language': 'fr' is not known; use one of en, ja, ko" in " ".join(complaint.split())


# What checks found


@pytest.mark.parametrize("name", CHECKS)
def test_figures_without_what_a_sentence_needs_are_not_guessed_at(name: str) -> None:
    """Each name that a sentence needs, left out."""
    assert read_found(name, CHECKS[name]) is not None
    assert read_found(name, {}) is None
    assert read_found("of another program", CHECKS[name]) is None
