"""A change of the model's structure: every run says which made it, and numbers of different ones are never joined."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PUBLISHED_AS_OF
from toy_runs import add_run, install_toy

from db.engine import Database, open_database
from db.read_runs import read_run
from forecast.desk.actions import Desk, log
from forecast.exports.contents import CONTENTS
from forecast.record.catalogue import read_run_list
from forecast.record.summary import as_json, read_summary
from forecast.structures import FIRST, ModelChange, ModelLine, change_as_json, change_of, other_model, structure_of
from models import processes

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
        assert "no one series" in column.meaning


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
