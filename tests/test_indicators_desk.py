"""Indicators at the desk: an added one has a place and no past, a retired one a past and no say."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_case import toy_files, write_toy_case
from toy_indicator import EMBASSY, REASON, table
from toy_runs import add_run, install_toy

from db.chain import verify_chain
from db.engine import Database
from db.read import read_case, read_catalogue, read_observations, read_positions
from db.read_runs import read_run
from db.rows import IndicatorRow
from db.when import WHENEVER, When
from forecast.cli.indicator import EXAMPLE
from forecast.desk.actions import log
from forecast.desk.catalogue import add_indicators, retire_indicator
from forecast.desk.judgements import add_judgement
from forecast.desk.session import Desk
from forecast.engine.assemble import Rows, inputs_hash, read_problem, read_rows
from forecast.engine.standing import needs_fit
from forecast.errors import NotOnFile
from forecast.record.catalogue import read_indicator, read_indicator_list
from forecast.record.overtaken import read_overtaken
from forecast.words.english.news import overtaken_lines
from indicators.amendments import amended_hash, carried_over
from indicators.errors import CaseError
from indicators.folder import read_case_folder
from indicators.install import install_case
from models.density import Density
from models.laplace import build_density, start_at
from models.parameters import Parameters, pack, unpack
from models.projection import project
from models.spec import TARGETS, Problem
from models.structure import ORIENTATION, SHIPPED

TODAY = date(2020, 3, 1)
YESTERDAY = TODAY - timedelta(1)
LOADED = datetime(2020, 1, 2, 12, tzinfo=UTC)


@pytest.fixture
def toy(database: Database, tmp_path: Path) -> Database:
    """A database with the toy case, of either kind."""
    install_case(database, read_case_folder(write_toy_case(tmp_path / "toy")), LOADED)
    return database


@pytest.fixture
def desk(toy: Database) -> Desk:
    return Desk(toy, "kim", day=lambda: TODAY)


@pytest.fixture
def light(tmp_path: Path) -> Iterator[Desk]:
    """A desk at an SQLite database."""
    with install_toy(tmp_path) as database:
        yield Desk(database, "kim", day=lambda: TODAY)


def rows_at(database: Database, day: date, instant: datetime | None = None) -> tuple[Rows, Problem]:
    with database.read() as connection:
        rows, _, problem = read_problem(connection, When(as_of=day, as_recorded=instant), case_id="toy")
    return rows, problem


def code(desk: Desk, indicator: str, day: date = date(2020, 2, 20)) -> None:
    log(desk, indicator, 2, on=day, source="Leader", grade="B2")


def but_for_the_shape(problem: Problem) -> str:
    return inputs_hash(replace(problem, catalogue=None))  # type: ignore[arg-type]  # a hash asks for no type


def test_an_added_indicator_has_a_place_and_no_past(desk: Desk) -> None:
    database, instant = desk.database, datetime.now(UTC)
    days = (date(2015, 6, 1), YESTERDAY)
    before = [rows_at(database, day)[1] for day in (*days, TODAY)]
    receipt = add_indicators(desk, table(), REASON)
    assert (receipt.action, receipt.table, receipt.counts_from) == ("added", "indicators", TODAY)
    code(desk, "embassy", date(2014, 5, 1))
    add_judgement(desk, "rassendyll-2015", indicator="embassy", target="deal", weight=1, basis="explicit")
    for day, old in zip(days, before, strict=False):
        new = rows_at(database, day)[1]
        assert new.catalogue.names == (*old.catalogue.names, "embassy")
        assert but_for_the_shape(new) == but_for_the_shape(old), "its data are masked, and nothing else moved"
    rows, problem = rows_at(database, TODAY)
    assert len(problem.observations.level) == len(before[2].observations.level) + 1
    assert len(problem.judgements.weight) == len(before[2].judgements.weight) + 1
    assert inputs_hash(rows_at(database, TODAY, instant)[1]) == inputs_hash(before[2]), "nothing of it as recorded then"
    assert rows.case.stems_from != rows.case.case_hash
    with database.read() as connection:
        assert verify_chain(connection) == ()


def test_a_strict_forecast_of_the_past_stays_the_same_within_monte_carlo(light: Desk) -> None:
    """Of an indicator without data the likelihood knows nothing: what is learnt of all else is the same to the bit."""
    day, rng = date(2016, 1, 1), np.random.default_rng(3)
    without = rows_at(light.database, day)[1]
    add_indicators(light, table(), REASON)
    code(light, "embassy", date(2012, 5, 1))
    beside = rows_at(light.database, day)[1]
    before, after = build_density(without, SHIPPED), build_density(beside, SHIPPED)
    theta = start_at(before) + 0.2 * rng.standard_normal((400, before.layout.size))
    old = unpack(theta, before.layout, SHIPPED)
    more = np.broadcast_to(ORIENTATION[:, None], (400, len(ORIENTATION), 1))
    new = replace(
        old,
        weight=np.concatenate([old.weight, more], axis=2),
        deviation=np.concatenate([old.deviation, np.zeros((400, 2, 1))], axis=2),
    )
    steps = [
        density.at(pack(draws, SHIPPED)[0]).value - density.at(pack(draws, SHIPPED)[1]).value
        for density, draws in ((before, old), (after, new))
    ]
    assert steps[0] == pytest.approx(steps[1], rel=1e-12)
    assert headline(beside, after, new) == pytest.approx(headline(without, before, old), abs=0.02)


def headline(problem: Problem, density: Density, draws: Parameters) -> np.ndarray[Any, Any]:
    found = project(problem, density.exposure.filtered, draws, SHIPPED, paths=2, seed=7)
    return np.asarray(found.targets[:, TARGETS.index("arms_control_talks")].mean(axis=0))


def test_a_retired_indicator_has_a_past_and_no_say(desk: Desk) -> None:
    database, instant = desk.database, datetime.now(UTC)
    before, present = rows_at(database, YESTERDAY)[1], rows_at(database, TODAY)[1]
    receipt = retire_indicator(desk, "Harvest", "no longer counted")
    assert receipt.notes == ("its 10 observations and 1 judgement stay on file; from today they no longer count",)
    assert inputs_hash(rows_at(database, YESTERDAY)[1]) == inputs_hash(before)
    assert inputs_hash(rows_at(database, TODAY, instant)[1]) == inputs_hash(present)
    rows, problem = rows_at(database, TODAY)
    assert problem.catalogue.names == present.catalogue.names, "the shape stays"
    assert "harvest" not in {row.indicator_id for row in (*rows.observations, *rows.judgements)}
    with database.read() as connection:
        assert len(read_observations(connection, "toy", When(as_of=TODAY), indicator_id="harvest")) == 10
        listed = {one.id: one for one in read_indicator_list(connection, When(as_of=TODAY)).indicators}
        detail = read_indicator(connection, When(as_of=TODAY), "harvest", last=3)
        assert verify_chain(connection) == ()
    one = listed["harvest"]
    assert (one.retired_on, one.analyst, one.reason, one.active, one.observations) == (
        TODAY,
        "kim",
        "no longer counted",
        False,
        10,
    )
    assert len(detail.last_observations) == 3


def test_nothing_is_entered_of_a_retired_indicator(light: Desk) -> None:
    retire_indicator(light, "harvest", "no longer counted")
    sentence = r"harvest was retired on 2020-03-01 by kim \(no longer counted\); choose another, or add one under a new"
    with pytest.raises(CaseError, match=f"^indicator: {sentence}"):
        code(light, "harvest")
    with pytest.raises(CaseError, match=f"^indicator_id: {sentence}"):
        add_judgement(light, "rassendyll-2015", indicator="harvest", target="deal", weight=1, basis="explicit")
    with pytest.raises(
        NotOnFile,
        match=r"^harvest was already retired on 2020-03-01 by kim \(no longer counted\);",
    ):
        retire_indicator(light, "harvest", "again")
    with pytest.raises(CaseError, match=f"^id: {sentence}"):
        add_indicators(light, table(id="harvest"), REASON)


def test_an_added_indicator_can_be_retired_the_same_day(light: Desk) -> None:
    add_indicators(light, table(), REASON)
    code(light, "embassy")
    retire_indicator(light, "embassy", "a mistake")
    rows, _ = rows_at(light.database, TODAY)
    assert [row.in_use(TODAY) for row in rows.catalogue] == [True, True, True, False]
    assert "embassy" not in {row.indicator_id for row in rows.observations}


WRONG = [
    ({"id": "harvest"}, "id: 'harvest' is already an indicator (Harvest in Graustark); choose another id"),
    ({"id": "Embassy"}, "id: 'Embassy' is not an identifier; write lower-case letters, digits and _"),
    ({"name": "\u200b"}, "name: is empty; write a value"),
    ({"name": None}, "name: is missing; write name = …"),
    ({"levels": None}, "levels: is missing; write levels = …"),
    ({"levels": {}}, "levels.-2: is missing; write the criterion of at least one of"),
    (
        {"levels": {"-2": "Few.", "2": "Many."}},
        "levels: no criterion for -1, 0, 1; write one for each",
    ),
    ({"levels": {**EMBASSY["levels"], "3": "More."}}, "levels.3: '3' is not a level; write one of -2, -1, 0, 1, 2"),
    ({"kind": "stat"}, "kind: 'stat' is not allowed; did you mean 'state'?"),
    ({"half_life_days": 0}, "half_life_days: 0 is of the wrong kind or size; write a number above 0"),
    ({"lag_days": "x"}, "lag_days: 'x' is of the wrong kind or size; write a whole number from 0"),
    ({"documents": ["nobody"]}, "documents: unknown document 'nobody'; "),
    ({"bears_on": ["harvst"]}, "bears_on: 'harvst' is neither an indicator nor a type of event"),
    ({"colour": "red"}, "colour: unknown key 'colour'; "),
]


@pytest.mark.parametrize(("parts", "sentence"), WRONG)
def test_what_is_wrong_with_an_indicator_is_said(light: Desk, parts: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CaseError) as caught:
        add_indicators(light, table(**parts), REASON)
    assert caught.value.problems[0].startswith(sentence), caught.value.problems
    assert rows_at(light.database, TODAY)[0].catalogue[-1].indicator_id == "harvest"


def test_a_reason_is_asked_for(light: Desk) -> None:
    with pytest.raises(CaseError, match=r"^reason: is empty; say why the indicator is added$"):
        add_indicators(light, table(), "\u200b")
    with pytest.raises(CaseError, match=r"^reason: is empty; say why the indicator is retired$"):
        retire_indicator(light, "harvest", " ")
    with pytest.raises(NotOnFile, match=r"^unknown indicator 'harvst'; did you mean 'harvest'\?$"):
        retire_indicator(light, "harvst", "x")


def test_an_invisible_character_in_a_name_is_taken_out_and_said(light: Desk) -> None:
    receipt = add_indicators(light, table(name="Staff\u202e of the\u200b embassies"), REASON)
    (entry,) = receipt.entries
    assert isinstance(entry, IndicatorRow)
    assert entry.name == EMBASSY["name"]
    assert "2 invisible characters (U+202E, U+200B) removed from name" in receipt.notes


def test_the_example_is_a_file_that_can_be_added(light: Desk, tmp_path: Path) -> None:
    file = tmp_path / "new.toml"
    file.write_text(EXAMPLE, encoding="utf-8")
    (entry,) = add_indicators(light, file, REASON).entries
    assert isinstance(entry, IndicatorRow)
    assert (entry.indicator_id, entry.position, entry.added_on, entry.analyst) == ("new_indicator", 3, TODAY, "kim")
    with pytest.raises(
        CaseError, match=r"^new.toml: line 4, key new_indicator.id: 'new_indicator' is already an indicator"
    ):
        add_indicators(light, file, REASON)
    (tmp_path / "broken.toml").write_text("[x\n", encoding="utf-8")
    with pytest.raises(CaseError, match=r"^broken.toml: line 1, column 3: malformed TOML"):
        add_indicators(light, tmp_path / "broken.toml", REASON)


def test_a_dry_run_adds_nothing(light: Desk) -> None:
    assert not add_indicators(light, table(), REASON, dry_run=True).stored
    assert not retire_indicator(light, "harvest", "x", dry_run=True).stored
    rows, _ = rows_at(light.database, TODAY)
    assert [row.indicator_id for row in rows.catalogue if row.in_use(TODAY)] == [
        "press_tone",
        "border_posture",
        "harvest",
    ]
    assert rows.case.folder_hash is None


def test_the_hash_of_a_version_is_a_function_of_what_it_holds(tmp_path: Path) -> None:
    found = []
    for place, analyst in (("one", "kim"), ("two", "lee")):
        (tmp_path / place).mkdir()
        with install_toy(tmp_path / place) as database:
            desk = Desk(database, analyst, day=lambda: TODAY)
            add_indicators(desk, table(), f"{analyst} says so")
            with database.read() as connection:
                found.append(read_case(connection).case_hash)
    assert found[0] == found[1]


def test_what_changed_since_a_run_is_named_and_asks_for_a_fit(light: Desk) -> None:
    number = add_run(light.database, as_of=YESTERDAY)
    add_indicators(light, table(), REASON)
    retire_indicator(light, "harvest", "no longer counted")
    with light.database.read() as connection:
        found = read_overtaken(connection, "toy", TODAY)
    assert found is not None
    assert overtaken_lines(found)[2:] == [
        "indicator harvest retired by kim (no longer counted)",
        f"indicator embassy added by kim ({REASON})",
        f"No forecast on file takes it in: run {number} knows nothing of it; only a full update takes in indicators; "
        "run `parley update`.",
    ]


def test_a_run_of_yesterday_does_not_take_in_what_counts_from_today_though_it_read_the_version(light: Desk) -> None:
    number = add_run(light.database, as_of=YESTERDAY)
    retire_indicator(light, "harvest", "no longer counted")
    with light.database.read() as connection:
        run = replace(read_run(connection, number), positions=read_positions(connection, WHENEVER))
        assert needs_fit(connection, run, TODAY)
        assert not needs_fit(connection, run, YESTERDAY)
        assert not needs_fit(connection, replace(run, as_of=TODAY), TODAY)


def test_the_same_folder_again_undoes_nothing_and_a_changed_one_keeps_the_desks_indicators(
    desk: Desk, tmp_path: Path
) -> None:
    add_indicators(desk, table(), REASON)
    retire_indicator(desk, "harvest", "no longer counted")
    same = install_case(desk.database, read_case_folder(write_toy_case(tmp_path / "toy")), datetime.now(UTC))
    assert (same.new_version, {count.retracted for count in same.tables}) == (False, {0})
    changed = {"indicators.toml": toy_files()["indicators.toml"].replace("How hostile is", "How mild is")}
    folder = read_case_folder(write_toy_case(tmp_path / "changed", changed))
    report = install_case(desk.database, folder, datetime.now(UTC))
    with desk.database.read() as connection:
        case = read_case(connection, "toy")
        catalogue = {row.indicator_id: row for row in read_catalogue(connection, case)}
        assert verify_chain(connection) == ()
    assert (report.new_version, case.stems_from) == (True, folder.case_hash)
    assert case.case_hash == report.case_hash == amended_hash(folder.case_hash, catalogue.values())
    assert catalogue["press_tone"].question == "How mild is the press?"
    assert (catalogue["harvest"].retired_on, catalogue["harvest"].analyst) == (TODAY, "kim")
    assert (catalogue["embassy"].added_on, catalogue["embassy"].position) == (TODAY, 3)


def test_an_id_that_both_define_stays_the_desks(light: Desk, tmp_path: Path) -> None:
    add_indicators(light, table(), REASON)
    with light.database.read() as connection:
        current = read_catalogue(connection, read_case(connection))
    shipped = [replace(row, added_on=None, name="Of the case") for row in current]
    names = {row.indicator_id: row.name for row in carried_over(shipped, current)}
    assert names["embassy"] == EMBASSY["name"]
    assert names["harvest"] == "Of the case"
    assert [item.name for item in fields(IndicatorRow)][-4:] == ["added_on", "retired_on", "analyst", "reason"]


def test_an_observation_added_beside_a_warm_reading_is_masked_alike(light: Desk) -> None:
    """What a desk has read is grown by what is logged; what is masked stays masked in it."""
    retire_indicator(light, "harvest", "no longer counted")
    code(light, "press_tone")
    with light.database.read() as connection:
        warm = light.reading(connection).rows
        cold = read_rows(connection, When(as_of=TODAY), case_id="toy")
    assert warm.observations == cold.observations
