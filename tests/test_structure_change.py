"""A change of the model's structure: every run says which made it, and numbers of different ones are never joined."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import PUBLISHED_AS_OF, SMALL_FIT
from toy_backtests import make_backtest, store_backtest
from toy_runs import add_run, install_toy

from db.append import append_forecasts, append_run, append_run_status
from db.engine import Database, open_database
from db.progress import Progress, silent
from db.read_runs import read_run, read_targets
from db.run_rows import TargetForecastRow
from db.when import When
from forecast.brief.facts import as_json as brief_json
from forecast.brief.facts import read_brief
from forecast.cli.render import print_summary
from forecast.desk.actions import Desk, add_event, log
from forecast.engine.assemble import read_problem, read_rows
from forecast.engine.fit import Fit
from forecast.engine.succession import Predecessor, measure_change, read_predecessor
from forecast.engine.update import update
from forecast.evaluation.figures import compare_all, compare_structures
from forecast.evaluation.quality import read_quality
from forecast.evaluation.report import payload
from forecast.exports.contents import CONTENTS
from forecast.record.catalogue import read_run_list
from forecast.record.summary import as_json, read_summary
from forecast.structures import FIRST, ModelChange, ModelLine, change_as_json, change_of, structure_of
from forecast.trust.payload import as_json as trust_json
from forecast.trust.read import read_trust
from forecast.words.english import brief as english
from forecast.words.english import model as english_model
from forecast.words.english.model import other_model
from forecast.words.english.quality import quality_note
from forecast.words.japanese import brief as japanese
from models import processes
from models.laplace import NoMode
from models.spec import Problem

LATER = PUBLISHED_AS_OF + timedelta(days=7)
OF_RUNS = ("forecasts", "scenarios", "states", "effects", "runs")


@pytest.fixture
def published(published_copy: Path) -> Iterator[Database]:
    """The toy case with one forecast by a real fit, of the present structure."""
    with open_database(f"sqlite:///{published_copy / 'parley.db'}") as opened:
        yield opened


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Database]:
    with install_toy(tmp_path) as opened:
        yield opened


def structure(database: Database, run_id: int) -> int:
    with database.read() as connection:
        return structure_of(read_run(connection, run_id))


def test_a_full_run_names_the_structure_that_made_it_and_what_rests_on_it_the_same(published: Database) -> None:
    assert structure(published, 1) == processes.STRUCTURE
    with published.read() as connection:
        assert read_run(connection, 1).detail["structure"] == processes.STRUCTURE
    receipt = log(
        Desk(published, "kim", day=lambda: PUBLISHED_AS_OF),
        "press_tone",
        2,
        on=PUBLISHED_AS_OF,
        source="Leader",
        grade="A1",
    )
    assert receipt.run is not None
    assert structure(published, receipt.run) == processes.STRUCTURE


def test_a_run_from_before_structures_had_numbers_is_of_the_first(toy: Database) -> None:
    run_id = add_run(toy, detail={"structure": None})
    assert structure(toy, run_id) == FIRST


def test_every_face_that_lists_runs_says_their_structure(toy: Database) -> None:
    for number in (1, 2):
        add_run(toy, detail={"structure": number})
    with toy.read() as connection:
        listed = read_run_list(connection)
        shown = as_json(read_summary(connection, PUBLISHED_AS_OF, run_id=1))
    assert [(one.id, one.structure) for one in listed.runs] == [(2, 2), (1, 1)]
    assert shown["run"]["structure"] == 1
    for what in OF_RUNS:
        (column,) = (column for column in CONTENTS[what].columns if column.name == "structure")
        assert "do not form one series" in column.meaning


def test_only_a_forecast_by_another_model_is_labelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "STRUCTURE", 2)
    assert other_model(2) == ""
    assert other_model(1) == "by model 1; run `parley update` for a forecast by model 2"


def test_a_change_is_read_back_as_it_was_stored() -> None:
    line = ModelLine(target="deal", horizon_days=None, deadline=PUBLISHED_AS_OF, old=0.3, new=0.2, mcse=0.01)
    change = ModelChange(from_run=4, from_structure=1, to_structure=2, lines=(line,))
    stored = json.loads(json.dumps(change_as_json(change)))
    assert change_of({"model_change": stored}) == change
    assert stored["lines"][0]["points"] == pytest.approx(-10)
    assert change_of({}) is None


# The line of the model


@dataclass(frozen=True)
class Changed:
    """Run 1, by a real fit, with numbers that were its half; and run 3, the first by the next structure."""

    database: Database
    truth: tuple[TargetForecastRow, ...]
    """What the fit said of the rows that run 2 had read."""
    told: tuple[tuple[str, str], ...]
    """Stages of the update and their remarks."""


@pytest.fixture(scope="module")
def changed(published_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Changed]:
    """Run 1 told again as run 2, as if another model had said half of it; then an update by the next structure."""
    folder = tmp_path_factory.mktemp("changed")
    shutil.copytree(published_folder, folder, dirs_exist_ok=True)
    stages: list[tuple[str, str]] = []
    with open_database(f"sqlite:///{folder / 'parley.db'}") as database:
        with database.write() as connection:
            run, truth = read_run(connection, 1), read_targets(connection, 1)
            run_id = append_run(connection, run, run.recorded_at)
            append_run_status(connection, run_id, "published", run.detail, run.recorded_at)
            said = [replace(row, mean=row.mean / 2) for row in truth]
            append_forecasts(connection, run_id, said, (), (), (), run.recorded_at)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(processes, "STRUCTURE", processes.STRUCTURE + 1)
            outcome = update(
                database,
                When(as_of=LATER),
                settings=SMALL_FIT,
                progress=lambda stage, done, total, remark: stages.append((stage, remark)),
            )
        assert (outcome.run_id, outcome.status) == (3, "published")
        yield Changed(database, truth, tuple(stages))


def change_in(database: Database, run_id: int) -> ModelChange | None:
    with database.read() as connection:
        return change_of(read_run(connection, run_id).detail)


def test_the_line_is_the_new_model_on_what_the_old_run_had_read(changed: Changed) -> None:
    """The same rows, settings and seed: what differs is the model, to the last bit."""
    change = change_in(changed.database, 3)
    assert change is not None
    assert (change.from_run, change.to_structure - change.from_structure, change.lacking) == (2, 1, "")
    assert len(change.lines) == len(changed.truth)
    for row in changed.truth:
        line = change.line(row.target, row.horizon_days, row.deadline)
        assert line is not None
        assert (line.old, line.new, line.mcse) == (row.mean / 2, row.mean, row.mcse)
        assert line.points == pytest.approx(100 * row.mean / 2)
    assert any("the new model on what run 2 had read" in remark for _, remark in changed.told)


def test_the_change_is_told_by_the_first_run_after_it_on_every_face(
    changed: Changed, capsys: pytest.CaptureFixture[str]
) -> None:
    with changed.database.read() as connection:
        summary = read_summary(connection, LATER, run_id=3)
        brief = read_brief(connection, changed.database.posteriors, LATER, since=1)
    shown = as_json(summary)["run"]["model_change"]
    assert shown["from_run"] == 2
    print_summary(summary)
    text = " ".join(capsys.readouterr().out.split())
    assert "because the model changed, not the world: model" in text
    assert "less model" in text
    assert english.model_moved(brief) in text
    assert "情勢ではなくモデルの改訂" in japanese.model_moved(brief)
    assert brief_json(brief)["changes"]["model"] == shown


def test_a_run_after_one_of_its_own_structure_has_no_line(changed: Changed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "STRUCTURE", processes.STRUCTURE + 1)
    with changed.database.read() as connection:
        rows = read_rows(connection, When(as_of=LATER))
        assert read_predecessor(connection, rows) is None
    assert change_in(changed.database, 1) is None


def never(problem: Problem, progress: Progress) -> Fit:
    raise NoMode("no posterior mode after 200 steps")


NO_FIT: Any = None


def test_old_rows_without_a_fit_cost_the_line_and_not_the_forecast(
    published: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "STRUCTURE", processes.STRUCTURE + 1)
    with published.read() as connection:
        rows, _, problem = read_problem(connection, When(as_of=LATER))
        before = read_predecessor(connection, rows)
    assert before is not None
    change = measure_change(before, problem, NO_FIT, never, silent)
    assert (change.from_run, change.lines) == (1, ())
    assert change.lacking == "no posterior mode after 200 steps"
    early = Predecessor(before.run, before.said, None, "the record holds less than a year")
    assert measure_change(early, problem, NO_FIT, never, silent).lacking == "the record holds less than a year"


def test_rows_that_make_no_problem_now_are_told_of(toy: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    add_run(toy, as_of=date(2010, 3, 1))
    monkeypatch.setattr(processes, "STRUCTURE", processes.STRUCTURE + 1)
    with toy.read() as connection:
        before = read_predecessor(connection, read_rows(connection, When(as_of=date(2019, 6, 1))))
    assert before is not None
    assert before.problem is None
    assert "holds less than a year" in before.lacking


# A forecast by another model


def test_a_forecast_by_another_model_is_labelled_on_every_face(
    published: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    was = processes.STRUCTURE
    store_backtest(published, make_backtest(first=date(1990, 1, 1)), changes={"structure": was + 1})
    monkeypatch.setattr(processes, "STRUCTURE", was + 1)
    label = f"This forecast is by model {was}; run `parley update` for a forecast by model {was + 1}."
    with published.read() as connection:
        summary = read_summary(connection, LATER)
        brief = read_brief(connection, published.posteriors, LATER)
        trust = read_trust(connection, published.posteriors, LATER, structures=False)
    print_summary(summary)
    assert label in " ".join(capsys.readouterr().out.split())
    assert as_json(summary)["by_other_model"] == trust_json(trust)["by_other_model"] == label
    assert label in english.currency(brief)
    assert f"この見通しはモデル{was}による。" in japanese.currency(brief)
    note = f"That backtest was of model {was + 1}, this forecast is by model {was}."
    assert quality_note(summary.quality) == quality_note(trust.quality) == note
    assert english_model.tested_model(brief.tested, was).startswith(f"That backtest was of model {was + 1};")


def test_a_provisional_answer_is_refused_with_the_same_sentence(
    published: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before its posterior is read: that of another structure may hold other parameters."""
    next((published.folder / "posteriors").glob("*.nc")).unlink()
    was = processes.STRUCTURE
    monkeypatch.setattr(processes, "STRUCTURE", was + 1)
    desk = Desk(published, "kim", day=lambda: LATER)
    receipt = log(desk, "press_tone", 2, on=LATER, source="Leader", grade="A1")
    assert receipt.stored
    assert receipt.forecast is None
    assert f"run 1 is {other_model(was)}" in receipt.remark


def test_how_good_such_numbers_were_is_of_the_same_forecast_on_every_face(published: Database) -> None:
    """Of the headline over its longest window, dry or wet as things stand with what came since the last fit."""
    backtest = make_backtest(first=date(1960, 1, 1))
    store_backtest(published, backtest, changes=payload(backtest, "arms_control_talks"))
    desk = Desk(published, "kim", day=lambda: LATER)
    add_event(desk, "talks", on=PUBLISHED_AS_OF, source="Gazette", framing="arms_control")
    with published.read() as connection:
        shown = read_summary(connection, LATER).quality.alike
        brief = read_brief(connection, published.posteriors, LATER).alike
        trust = read_trust(connection, published.posteriors, LATER, structures=False).quality.alike
    assert shown is not None
    assert shown == brief == trust
    assert (shown.target, shown.horizon_days, shown.situation) == ("arms_control_talks", 365, "wet")


def test_a_backtest_of_the_present_model_goes_before_a_newer_one_of_another(toy: Database) -> None:
    backtest = make_backtest(first=date(1990, 1, 1))
    for number in (processes.STRUCTURE, processes.STRUCTURE + 1):
        store_backtest(toy, backtest, changes={"structure": number})
    with toy.read() as connection:
        quality = read_quality(connection)
    assert (quality.evaluation_id, quality.structure, quality_note(quality)) == (1, processes.STRUCTURE, "")


def test_comparisons_are_of_the_shipped_model_and_others_have_names_of_their_own() -> None:
    backtest = make_backtest(first=date(1960, 1, 1))
    said = backtest.forecasts["Parley"]
    others = {"no regime": np.sqrt(said), "documents only": said, "first model": said}
    wider = replace(backtest, forecasts={**backtest.forecasts, **others})
    targets = ("limits_talks",)
    assert compare_all(wider, targets) == compare_all(backtest, targets)
    found = {one.name: one.comparisons for one in compare_structures(wider, targets)}
    assert found.keys() == {"no regime", "first model"}
    assert found["first model"] == compare_all(backtest, targets)
    assert found["no regime"][0].log_score > found["first model"][0].log_score
    assert compare_structures(backtest, targets) == ()
