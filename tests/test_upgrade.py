"""Another version of the case: a desk is told what changes before anything does."""

import json
from pathlib import Path
from typing import Any

import pytest
from toy_case import toy_files, write_toy_case
from toy_indicator import REASON, table
from toy_programs import TODAY, Program, converse, program_on
from toy_runs import add_run, install_toy

from db import tables
from db.engine import Database, open_database
from db.migrate import rehearsed
from db.read import read_case, read_newest
from db.rows import JudgementRow
from forecast.cli.indicator import EXAMPLE
from forecast.desk.catalogue import add_indicators
from forecast.desk.documents import add_document, revise_document
from forecast.desk.judgements import revise_judgement
from forecast.desk.session import Desk


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    install_toy(tmp_path).close()
    return tmp_path


@pytest.fixture
def parley(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    return program_on(folder, monkeypatch, capsys)


def opened(folder: Path) -> Database:
    return open_database(f"sqlite:///{folder / 'parley.db'}")


def version(folder: Path) -> str:
    with opened(folder) as database, database.read() as connection:
        return read_case(connection).case_hash


def changed(place: Path) -> Path:
    """The toy case with something changed in every file."""
    files = toy_files()
    edits = {
        "indicators.toml": ("How hostile is the press?", "How mild is the press?"),
        "documents.csv": ("Play the game", "Play fair"),
        "judgements.csv": (",2.5,", ",2,"),
        "observations.csv": ("harvest,2010-12-31,2011-03-01,-1,Yearbook,Office,,,C,3,\n", ""),
        "events.csv": ("T2010-1,talks,arms_control", "T2010-1,talks,denuclearisation"),
    }
    return write_toy_case(place, {name: files[name].replace(*edit, 1) for name, edit in edits.items()})


def test_what_changes_is_told_by_name_and_a_dry_run_only_tells(folder: Path, parley: Program) -> None:
    before = version(folder)
    code, out, err = parley("init", "--case", str(changed(folder / "next")), "--dry-run")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[1:] == [
        "indicators: 1 changed: press_tone (question)",
        "documents: 1 changed: rassendyll-2015 (title)",
        "judgements: 1 changed: rassendyll-2015 on border_posture for arms_control_talks (weight)",
        "observations: 1 withdrawn: harvest -1 on 2010-12-31 (Yearbook)",
        "events: 1 changed: T2010-1 (framing)",
        "The next `parley update` uses it; the forecasts on file stay as they are.",
        "dry run: nothing was changed",
    ]
    assert version(folder) == before


def test_it_is_told_first_and_done_where_nobody_can_be_asked(folder: Path, parley: Program) -> None:
    with opened(folder) as database:
        add_run(database)
    code, out, _ = parley("init", "--case", str(changed(folder / "next")))
    assert code == 0
    assert out.index("indicators: 1 changed: press_tone (question)") < out.index("case toy, version")
    code, out, _ = parley("init", "--case", str(folder / "next"), "--dry-run")
    assert (code, out.split(",")[0], out.endswith("is already loaded; nothing would change\n")) == (
        0,
        "dry run: case toy",
        True,
    )
    with opened(folder) as database, database.read() as connection:
        assert connection.execute(tables.target_forecasts.select()).fetchall(), "the forecast on file stays"


def test_json_has_the_same_facts(folder: Path, parley: Program) -> None:
    place = str(changed(folder / "next"))
    told: dict[str, Any] = json.loads(parley("init", "--case", place, "--dry-run", "--json")[1])
    done: dict[str, Any] = json.loads(parley("init", "--case", place, "--json")[1])
    assert told["dry_run"] is True
    assert done["upgrade"] is told["upgrade"] is True
    assert done["changes"] == told["changes"]
    assert done["changes"]["indicators"] == [{"what": "changed", "name": "press_tone", "parts": ["question"]}]
    assert (done["tables"], done["case_hash"]) == (told["tables"], told["case_hash"])


def test_what_both_have_changed_is_named_and_stays_the_desks(folder: Path, parley: Program) -> None:
    with opened(folder) as database:
        desk = Desk(database, "kim", day=lambda: TODAY)
        revise_judgement(desk, "rassendyll-2015", "border_posture", "arms_control_talks", weight=1)
        revise_judgement(desk, "rassendyll-2015", "border_posture", "crisis", weight=-1)
        revise_document(desk, "rassendyll-2015", caveats="A play.")
        add_document(desk, "The king", author="S. Zapt", published_on="2019-11-05")
        add_indicators(desk, table(), REASON)
    place = changed(folder / "next")
    own = EXAMPLE.replace("new_indicator", "embassy")
    (place / "indicators.toml").write_text(f"{(place / 'indicators.toml').read_text()}\n{own}", encoding="utf-8")
    code, out, _ = parley("init", "--case", str(place))
    assert code == 0
    assert "documents: 1 changed here and by the case, kept as here: rassendyll-2015 (title)" in out
    both = "rassendyll-2015 on border_posture for arms_control_talks (weight)"
    assert f"judgements: 1 changed here and by the case, kept as here: {both}" in out
    assert "judgements: 1 kept as changed here: rassendyll-2015 on border_posture for crisis" in out
    assert "indicators: 1 changed here and by the case, kept as here: embassy (name, question," in out
    with opened(folder) as database, database.read() as connection:
        weights = {row.target: row.weight for row in read_newest(connection, JudgementRow, "toy")}
    assert (weights["crisis"], len(weights)) == (-1.0, 2)


def test_grades_deadlines_and_settings_are_told_too(folder: Path, parley: Program) -> None:
    files = toy_files()
    changes = {
        "grades.csv": files["grades.csv"].replace("A,1,0.25", "A,1,0.3"),
        "deadlines.csv": files["deadlines.csv"].replace("2022-01-01", "2023-01-01"),
        "case.toml": files["case.toml"].replace("dry_after_days = 90", "dry_after_days = 60"),
    }
    code, out, _ = parley("init", "--case", str(write_toy_case(folder / "next", changes)), "--dry-run")
    assert code == 0
    assert out.splitlines()[1] == "case: 1 changed: settings (dry_after_days, grades, deadlines)"


@pytest.mark.parametrize(("answer", "loaded"), [("n", False), ("", True)])
def test_a_terminal_is_asked(folder: Path, answer: str, loaded: bool) -> None:
    before = version(folder)
    said, code = converse(["init", "--case", str(changed(folder / "next"))], [answer], folder)
    assert code == 0
    assert "indicators: 1 changed: press_tone (question)" in said
    assert "Load it? [Y/n]" in said
    assert ("nothing was changed" in said) is not loaded
    assert (version(folder) != before) is loaded


def test_a_dry_run_of_a_first_load_makes_no_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parley = program_on(tmp_path, monkeypatch, capsys)
    code, out, err = parley("init", "--dry-run")
    assert (code, err) == (0, "")
    assert out.startswith("dry run: nothing was changed (case us-dprk, version ")
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_on_an_older_database_tells_what_would_come_after_its_migration(
    folder: Path, parley: Program
) -> None:
    _set_back(folder)
    stamp = (folder / "parley.db").read_bytes()
    code, out, err = parley("init", "--case", str(changed(folder / "next")), "--dry-run")
    assert (code, err) == (0, "")
    assert "indicators: 1 changed: press_tone (question)" in out
    assert len((folder / "parley.db").read_bytes()) == len(stamp)
    assert parley("show")[2].startswith("error: "), "it is as old as before"
    assert parley("init", "--case", str(folder / "toy"))[0] == 0
    assert parley("verify")[0] == 0


def _set_back(folder: Path) -> None:
    """The database as version 0006 of the schema left it."""
    with opened(folder) as database, database.engine.begin() as connection:
        for table_, name in (
            ("cases", "folder_hash"),
            ("cases", "analyst"),
            ("cases", "priors"),
            ("cases", "stories"),
            *(("indicators", name) for name in ("added_on", "retired_on", "analyst", "reason")),
            ("documents", "analyst"),
            ("judgements", "analyst"),
        ):
            connection.exec_driver_sql(f"ALTER TABLE {table_} DROP COLUMN {name}")
        later = "posterior_chunks", "run_names", "thinnings", "explanations", "scenario_answers", "scenarios"
        for table_ in later:
            connection.exec_driver_sql(f"DROP TABLE {table_}")
        connection.exec_driver_sql("DROP INDEX ix_observations_observed")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0006'")


def test_a_migration_that_is_rehearsed_is_taken_back(folder: Path) -> None:
    _set_back(folder)
    url = f"sqlite:///{folder / 'parley.db'}"
    with rehearsed(url) as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == tables.SCHEMA_VERSION
        assert connection.exec_driver_sql("SELECT count(folder_hash) FROM cases").scalar() == 0
    with pytest.raises(Exception, match="0006"):
        open_database(url)
