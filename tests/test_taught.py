"""How much of an indicator's effect events taught: one number, and the same words wherever the effect is shown."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from brief_worlds import LOADED, store_run
from hypothesis import given
from hypothesis import strategies as st
from toy_runs import AS_OF, install_toy, toy_states

from db.engine import Database
from db.read import read_case, read_catalogue
from db.read_runs import read_run, read_targets
from db.run_rows import EffectRow
from forecast.brief.facts import read_brief
from forecast.cli.app import run
from forecast.facts.reasons import LEAST, share_taught
from forecast.plots.effects import draw_effects, read_effects
from forecast.record.reasons import read_reasons
from forecast.record.summary import as_json, read_summary
from forecast.run_facts import read_when
from forecast.words.english import brief as english
from forecast.words.english import plots
from forecast.words.english.reasons import SET_BY_DOCUMENTS, reason_sentence, taught_words, with_taught
from forecast.words.japanese import brief as japanese
from forecast.words.language import LANGUAGES
from models.spec import EFFECT_TARGETS

SDS = {"press_tone": (0.10, 0.06), "border_posture": (0.10, 0.099), "harvest": (0.10, 0.11)}
"""By documents, and with events: 64 %, 2 %, and nothing of it taught."""


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{tmp_path / 'parley.db'}")
    monkeypatch.setenv("COLUMNS", "80")
    effects = [
        EffectRow(target, indicator, source, 0.3, sd)
        for target in EFFECT_TARGETS
        for indicator, both in SDS.items()
        for source, sd in zip(("documents", "posterior"), both, strict=True)
    ]
    with install_toy(tmp_path) as database:
        store_run(database, AS_OF, LOADED, states=toy_states(), effects=effects)
        yield database


@given(st.floats(0.01, 2), st.floats(0.01, 2), st.integers(2, 40))
def test_the_share_is_what_conjugate_events_remove(prior: float, noise: float, n: int) -> None:
    """Of a normal mean with known noise n observations leave 1 / (1 + n·prior²/noise²) of the variance."""
    left = 1 / (1 + n * prior**2 / noise**2)
    assert share_taught(prior, prior * np.sqrt(left)) == pytest.approx(1 - left, abs=1e-12)


@pytest.mark.parametrize(
    ("documents", "posterior", "share"), [(0.1, 0.1, 0.0), (0.1, 0.2, 0.0), (0.1, 0.0, 1.0), (0.0, 0.1, None)]
)
def test_the_share_lies_between_nought_and_one(documents: float, posterior: float, share: float | None) -> None:
    assert share_taught(documents, posterior) == share


def test_a_small_share_is_said_in_words() -> None:
    assert taught_words(LEAST - 1e-9) == SET_BY_DOCUMENTS == "set by documents, not by events"
    assert taught_words(LEAST) == "5 % taught by events"
    assert taught_words(None) == ""
    assert with_taught([("a ×2", "x"), ("b ×3", "x")]) == "a ×2, b ×3; x"
    assert with_taught([("a ×2", "x"), ("b ×3", "y")]) == "a ×2: x; b ×3: y"
    assert with_taught([("a ×2", "")]) == "a ×2"


def test_a_reason_names_the_share_of_each_weight(toy: Database) -> None:
    with toy.read() as connection:
        case, source = read_case(connection), read_run(connection, 1)
        rows = [replace(row, base_rate=row.mean / 3) for row in read_targets(connection, 1)]
        reasons = read_reasons(
            connection,
            case,
            source,
            when=read_when(source),
            targets=rows,
            states=[replace(row, mean=1 + (row.indicator_id == "press_tone"), active=True) for row in toy_states()],
            catalogue=read_catalogue(connection, case),
        )
    (reason,) = [one for one in reasons if one.target == "crisis"]
    said = reason_sentence(reason)
    assert {one.taught for one in reason.weights} <= {share_taught(*both) for both in SDS.values()}
    assert "×1.82: 64 % taught by events; " in said
    assert f"×1.35: {SET_BY_DOCUMENTS}" in said


def test_every_face_says_the_share_beside_the_effect(toy: Database, capsys: pytest.CaptureFixture[str]) -> None:
    with toy.read() as connection:
        summary = read_summary(connection, AS_OF)
        brief = read_brief(connection, toy.posteriors, AS_OF)
        picture = read_effects(connection)
    effects = {one["indicator_id"]: one for one in as_json(summary)["effects"] if one["target"] == "crisis"}
    assert effects["press_tone"]["events_taught"] == pytest.approx(0.64)
    assert effects["press_tone"]["words"] == "64 % taught by events"
    assert effects["border_posture"]["words"] == effects["harvest"]["words"] == SET_BY_DOCUMENTS
    swings = {one.indicator_id: (english.swing(one), japanese.swing(one)) for one in brief.watched}
    assert "64 % taught by events" in swings["press_tone"][0]
    assert "出来事による割合64%" in swings["press_tone"][1]
    shortly = {
        one.indicator_id: [language.short.watched(one) for language in LANGUAGES.values()] for one in brief.watched
    }
    assert all("64" in sentence for sentence in shortly["press_tone"])
    assert SET_BY_DOCUMENTS in shortly["border_posture"][0]
    assert SET_BY_DOCUMENTS in swings["border_posture"][0]
    assert f"under 5 %, {SET_BY_DOCUMENTS} (2 of 3)." in plots.effects_caption(picture)
    words = [text.get_text() for text in draw_effects(picture).axes[0].texts]
    assert sorted(word for word in words if word in ("64 %", "documents")) == ["64 %", "documents", "documents"]
    assert run(["show"]) == 0
    shown = capsys.readouterr().out
    rows = {line.split()[0]: line for line in shown.splitlines() if line.split()[:1] and line.split()[0] in SDS}
    assert rows["press_tone"].split()[-3:] == ["+0.30", "64", "%"]
    assert rows["border_posture"].split()[-2:] == rows["harvest"].split()[-2:] == ["+0.30", "no"]
    assert SET_BY_DOCUMENTS in " ".join(shown.split())
    assert run(["indicators", "press_tone", "--as-of", "2020-01-01"]) == 0
    assert "+0.30 ± 0.06 log rate per level; 64 % taught by events" in " ".join(capsys.readouterr().out.split())
    assert run(["indicators", "harvest", "--as-of", "2020-01-01", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["indicator"]["effects"]
    assert {one["words"] for one in listed} == {SET_BY_DOCUMENTS}
