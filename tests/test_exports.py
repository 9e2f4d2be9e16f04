"""What exports hold: every row the store reads, as of a date and as recorded by an instant, with its meaning."""

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import NOW
from export_worlds import KNOWN_LATER, LATER, LOADED, RUNS, TEXTS, TODAY, add_later_rows, fill, make
from sqlalchemy import Connection

from db.append import append_run_status
from db.engine import Database, open_database
from db.read import read_case, read_catalogue, read_judgements, read_newest, read_versions
from db.read_exports import FactsAsked, RunsAsked, read_run_pages, read_version_pages
from db.read_runs import read_effects, read_runs, read_scenarios, read_states, read_targets
from db.rows import CompletenessRow, DocumentRow, EventRow, JudgementRow, ObservationRow
from db.run_rows import RunRow, ScenarioForecastRow, TargetForecastRow
from db.when import WHENEVER, When
from forecast.errors import NothingToExport
from forecast.exports.contents import CONTENTS, options_of
from forecast.exports.facts import TABLES
from forecast.exports.read import Wanted, read_export
from forecast.record.catalogue import read_indicator_list
from forecast.record.taught import read_taught
from forecast.run_facts import diagnostics_of, failures_of, is_stale, issued_before_the_fact
from indicators.content import TARGETS

type Records = list[dict[str, Any]]

EVER = date(2099, 1, 1)
OF_RUNS = ("forecasts", "scenarios", "states", "effects", "runs")
FACTS = tuple(TABLES)
KINDS = {
    "observations": ObservationRow,
    "events": EventRow,
    "completeness": CompletenessRow,
    "documents": DocumentRow,
    "judgements": JudgementRow,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    make(folder).close()
    return folder


@pytest.fixture(scope="module")
def world(folder: Path) -> Iterator[Database]:
    """For reading."""
    with open_database(f"sqlite:///{folder / 'parley.db'}") as database:
        yield database


@pytest.fixture
def own_world(folder: Path, tmp_path: Path) -> Iterator[Database]:
    """For writing to."""
    shutil.copy(folder / "parley.db", tmp_path / "parley.db")
    with open_database(f"sqlite:///{tmp_path / 'parley.db'}") as database:
        yield database


def wanted_of(what: str, as_of: date = TODAY, as_recorded: datetime | None = None, **asked: Any) -> Wanted:
    return Wanted(what=what, when=When(as_of=as_of, as_recorded=as_recorded), **asked)


def export_of(connection: Connection, what: str, as_of: date = TODAY, **asked: Any) -> Records:
    """The rows of an export by the names of its columns; none where there are none."""
    try:
        export = read_export(connection, wanted_of(what, as_of, **asked))
    except NothingToExport:
        return []
    rows = [dict(zip((column.name for column in export.columns), row, strict=True)) for row in export.rows]
    assert len(rows) == export.count
    return rows


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_gives_the_same(database: Database, world: Database, tmp_path: Path) -> None:
    fill(database, tmp_path)
    asked: list[dict[str, Any]] = [
        {},
        {"as_recorded": LOADED},
        {"as_of": date(2019, 12, 1)},
        {"first": date(2019, 1, 1)},
    ]
    with database.read() as here, world.read() as there:
        for what in CONTENTS:
            for one in asked:
                if "first" not in one or CONTENTS[what].dated_by:
                    assert export_of(here, what, **one) == export_of(there, what, **one)
        for one in ({"target": "deal", "horizon": 30}, {"kinds": ("official", "manual"), "horizon": date(2022, 1, 1)}):
            assert export_of(here, "forecasts", **one) == export_of(there, "forecasts", **one) != []
        for what, one, _ in REFUSALS:
            with pytest.raises(NothingToExport) as here_said:
                _nothing(here, what, **one)
            with pytest.raises(NothingToExport, match=re.escape(str(here_said.value))):
                _nothing(there, what, **one)


def published(connection: Connection) -> list[RunRow]:
    return sorted(read_runs(connection, "toy", statuses=("published",)), key=lambda run: (run.as_of, run.id))


def test_forecasts_agree_with_what_runs_say(world: Database) -> None:
    with world.read() as connection:
        rows = export_of(connection, "forecasts")
        for run in published(connection):
            mine = [row for row in rows if row["run_id"] == run.id]
            found = [TargetForecastRow(**{f.name: row[f.name] for f in fields(TargetForecastRow)}) for row in mine]
            assert sorted(found, key=lambda row: row.target) == list(read_targets(connection, run.id))
            for row in mine:
                _check_run(row, run)
                assert row["headline"] == (row["target"] == "arms_control_talks")
    assert len({row["run_id"] for row in rows}) == 5


def _check_run(row: Mapping[str, Any], run: RunRow) -> None:
    """The columns about the run say what the run says."""
    same = ("case_id", "kind", "as_of", "dry", "days_since_talks", "complete_through", "p_dry_now", "seed", "case_hash")
    for name in (*same, "as_recorded", "inputs_hash", "posterior_hash", "code_version"):
        assert row[name] == getattr(run, name), name
    assert row["issued_at"] == run.recorded_at
    assert row["unattested_days"] == 30
    assert row["live"] == (run.kind != "provisional" and issued_before_the_fact(run))
    assert row["versions"] == '{"numpy": "2", "북": "\\""}'
    for name, value in diagnostics_of(run).items():
        assert row[name] == value
    assert all(isinstance(row[name], float) for name in ("rhat_max", "ess_bulk_min", "ess_tail_min"))


def test_rows_come_by_date_run_target_and_horizon(world: Database) -> None:
    with world.read() as connection:
        rows = export_of(connection, "forecasts")
    key = [
        (
            row["as_of"],
            row["run_id"],
            TARGETS.index(row["target"]),
            row["deadline"] is not None,
            row["horizon_days"] or 0,
        )
        for row in rows
    ]
    assert key == sorted(key)


def test_stale_indicators_are_those_of_the_states(world: Database) -> None:
    with world.read() as connection:
        forecasts, states = export_of(connection, "forecasts"), export_of(connection, "states")
        catalogue = read_catalogue(connection, read_case(connection))
    cadence = {row.indicator_id: row.expected_cadence_days for row in catalogue}
    for row in forecasts:
        mine = [state for state in states if state["run_id"] == row["run_id"]]
        last = [(state["last_observed_on"], cadence[state["indicator_id"]]) for state in mine]
        stale = sum(is_stale((row["as_of"] - day).days if day else None, days) for day, days in last)
        assert row["stale_indicators"] == stale == sum(state["stale"] for state in mine)
    assert len({row["stale_indicators"] for row in forecasts}) > 1


def test_states_agree_and_an_inactive_level_is_no_level(world: Database) -> None:
    with world.read() as connection:
        rows = export_of(connection, "states")
        for run in published(connection):
            mine = {row["indicator_id"]: row for row in rows if row["run_id"] == run.id}
            stored = read_states(connection, run.id)
            assert list(mine) == ["press_tone", "border_posture", "harvest"]
            for state in stored:
                row = mine[state.indicator_id]
                assert (row["mean"], row["sd"]) == ((state.mean, state.sd) if state.active else (None, None))
                assert (row["active"], row["last_observed_on"]) == (state.active, state.last_observed_on)


def test_scenarios_and_effects_agree(world: Database) -> None:
    with world.read() as connection:
        scenarios, effects = export_of(connection, "scenarios"), export_of(connection, "effects")
        for run in published(connection):
            mine = [row for row in scenarios if row["run_id"] == run.id]
            names = [f.name for f in fields(ScenarioForecastRow)]
            found = tuple(ScenarioForecastRow(**{name: row[name] for name in names}) for row in mine)
            assert found == read_scenarios(connection, run.id)
            stored = {
                (row.target, row.indicator_id, row.source): (row.mean, row.sd)
                for row in read_effects(connection, run.id)
            }
            given = [row for row in effects if row["run_id"] == run.id]
            assert {(r["target"], r["indicator_id"], r["source"]): (r["mean"], r["sd"]) for r in given} == stored
            assert [row["source"] for row in given[:4]] == ["orientation", "documents", "history", "posterior"]
            taught = {
                (one.target, one.indicator_id): one.events_taught
                for one in read_taught(read_effects(connection, run.id))
            }
            assert {
                (r["target"], r["indicator_id"]): r["events_taught"] for r in given if r["source"] == "posterior"
            } == taught
            assert all(row["events_taught"] is None for row in given if row["source"] != "posterior")


def test_runs_are_there_whatever_became_of_them(world: Database) -> None:
    with world.read() as connection:
        rows = {row["run_id"]: row for row in export_of(connection, "runs")}
        runs = read_runs(connection, "toy")
    assert len(rows) == len(RUNS)
    for run in runs:
        row = rows[run.id]
        assert (row["status"], row["status_at"]) == (run.status, run.status_at)
        assert row["failures"] == ("[]" if run.status == "published" else f'["{failures_of(run)[0]}"]')
        assert (row["stale_indicators"] is None) == (run.status == "rejected")
        _check_run(row, run)


@pytest.mark.parametrize("as_recorded", [None, LOADED, LATER])
@pytest.mark.parametrize("as_of", [date(2015, 7, 1), KNOWN_LATER - timedelta(days=1), KNOWN_LATER, TODAY])
@pytest.mark.parametrize("what", ["observations", "events"])
def test_versions_agree_with_what_lists_read(
    world: Database, what: str, as_of: date, as_recorded: datetime | None
) -> None:
    with world.read() as connection:
        rows = export_of(connection, what, as_of, as_recorded=as_recorded)
        versions: Any = read_versions(connection, KINDS[what], "toy", When(as_of=as_of, as_recorded=as_recorded))
    assert [row["id"] for row in rows] == [version.row.id for version in versions]
    for row, version in zip(rows, versions, strict=True):
        _check_version(row, version.row, version.ended_by)


def _check_version(row: Mapping[str, Any], stored: Any, ended_by: Any) -> None:
    ending = ("status", "valid_until", "ended_by", "end_reason")
    assert {name: row[name] for name in row if name not in ending} == {
        name: getattr(stored, name) for name in row if name not in ending
    }
    if ended_by is None:
        assert [row[name] for name in ending] == ["stands", None, None, ""]
    else:
        status = "retracted" if ended_by.retracted else "superseded"
        assert [row[name] for name in ending] == [status, ended_by.known_on, ended_by.id, ended_by.reason]


@pytest.mark.parametrize("what", ["observations", "completeness", "documents", "judgements", "events"])
def test_what_stands_is_the_newest_version_of_each_fact(world: Database, what: str) -> None:
    with world.read() as connection:
        rows = export_of(connection, what, EVER)
        newest: Any = read_newest(connection, KINDS[what], "toy")
    assert {row["id"] for row in rows if row["status"] == "stands"} == {row.id for row in newest if not row.retracted}


def test_every_asserted_field_is_a_column(world: Database) -> None:
    for what, kind in KINDS.items():
        asserted = {item.name for item in fields(kind)} - {"retracted", "valid_from", "valid_until"}
        assert asserted <= {column.name for column in CONTENTS[what].columns}


def test_a_judgement_comes_with_its_document(world: Database) -> None:
    with world.read() as connection:
        before = export_of(connection, "judgements", date(2015, 2, 28))
        rows = export_of(connection, "judgements", date(2016, 1, 1))
        standing = read_judgements(connection, "toy", When(as_of=date(2016, 1, 1)))
    assert before == []
    assert {row["document_id"] for row in rows} == {"rassendyll-2015"}
    assert {(row["author"], row["published_on"]) for row in rows} == {("R. Rassendyll", date(2015, 3, 1))}
    assert {row["id"] for row in rows} == {row.id for row in standing}


def test_texts_are_as_they_were_entered(world: Database) -> None:
    with world.read() as connection:
        notes = [row["note"] for row in export_of(connection, "observations") if row["origin"] == "wire"]
    assert tuple(notes[: len(TEXTS)]) == TEXTS


def test_indicators_have_their_levels_and_criteria(world: Database) -> None:
    with world.read() as connection:
        rows = {row["indicator_id"]: row for row in export_of(connection, "indicators")}
        listed = read_indicator_list(connection, When(as_of=TODAY))
    assert list(rows) == ["press_tone", "border_posture", "harvest"]
    for entry in listed.indicators:
        row = rows[entry.id]
        assert (row["mean"], row["sd"]) == ((entry.mean, entry.sd) if entry.active else (None, None))
        assert (row["stale"], row["observations"]) == (entry.stale, entry.observations)
    assert [rows["harvest"][f"level_{name}"] for name in ("minus2", "minus1", "0", "plus1", "plus2")] == [
        "Record.",
        "Good.",
        "Average.",
        "Poor.",
        "Failed.",
    ]


@pytest.mark.parametrize("what", list(CONTENTS))
def test_rows_known_later_leave_an_export_as_it_was(own_world: Database, what: str) -> None:
    day = TODAY - timedelta(days=1)
    with own_world.read() as connection:
        before = export_of(connection, what, day)
    with own_world.write() as connection:
        add_later_rows(connection, TODAY, NOW)
    with own_world.read() as connection:
        assert export_of(connection, what, day) == before
        assert before == [] or export_of(connection, what, TODAY) != before


@pytest.mark.parametrize("what", list(CONTENTS))
def test_rows_recorded_later_leave_an_export_as_recorded_as_it_was(own_world: Database, what: str) -> None:
    with own_world.read() as connection:
        before = export_of(connection, what, TODAY, as_recorded=LATER)
    with own_world.write() as connection:
        add_later_rows(connection, KNOWN_LATER, NOW)
    with own_world.read() as connection:
        assert export_of(connection, what, TODAY, as_recorded=LATER) == before
        assert export_of(connection, what, TODAY) != before


def test_a_run_has_the_status_it_had_by_the_instant(own_world: Database) -> None:
    with own_world.write() as connection:
        append_run_status(connection, 1, "rejected", {}, NOW)
    with own_world.read() as connection:
        assert 1 in {row["run_id"] for row in export_of(connection, "forecasts", as_recorded=LATER)}
        assert 1 not in {row["run_id"] for row in export_of(connection, "forecasts")}


@pytest.mark.parametrize("what", OF_RUNS)
def test_kinds_and_dates_divide_the_rows(world: Database, what: str) -> None:
    cut = date(2019, 12, 1)
    with world.read() as connection:
        rows = export_of(connection, what)
        by_kind = [
            export_of(connection, what, kinds=(kind,)) for kind in ("official", "manual", "backfill", "provisional")
        ]
        before, after = (
            export_of(connection, what, last=cut),
            export_of(connection, what, first=cut + timedelta(days=1)),
        )
    assert before
    assert after
    assert before + after == rows
    together = [row for part in by_kind for row in part]
    assert all(by_kind)
    assert sorted(together, key=str) == sorted(rows, key=str)


@pytest.mark.parametrize("what", FACTS)
def test_days_divide_the_versions(world: Database, what: str) -> None:
    dated_by = CONTENTS[what].dated_by
    with world.read() as connection:
        rows = export_of(connection, what)
        days = sorted({row[dated_by] for row in rows})
        cut = days[len(days) // 2]
        before = export_of(connection, what, last=cut - timedelta(days=1))
        after = export_of(connection, what, first=cut)
    assert sorted([*before, *after], key=lambda row: row["id"]) == rows
    assert all(row[dated_by] >= cut for row in after)


def test_targets_and_horizons_divide_the_forecasts(world: Database) -> None:
    with world.read() as connection:
        rows = export_of(connection, "forecasts")
        by_target = [row for target in TARGETS for row in export_of(connection, "forecasts", target=target)]
        horizons = (30, 90, 180, 365, date(2022, 1, 1))
        by_horizon = [row for horizon in horizons for row in export_of(connection, "forecasts", horizon=horizon)]
        one = export_of(connection, "forecasts", target="deal", horizon=date(2022, 1, 1))
    assert sorted(by_target, key=str) == sorted(by_horizon, key=str) == sorted(rows, key=str)
    assert [(row["target"], row["deadline"]) for row in one] == 5 * [("deal", date(2022, 1, 1))]


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_pages_of_any_size_hold_the_same(world: Database, size: int) -> None:
    with world.read() as connection:
        every = RunsAsked(case_id="toy", published=False)
        runs = [run for page in read_run_pages(connection, every, size) for run in page]
        assert runs == sorted(read_runs(connection, "toy"), key=lambda run: (run.as_of, run.id))
        asked = FactsAsked(table=TABLES["observations"], dated_by="observed_on", case_id="toy")
        pages = [list(page) for page in read_version_pages(connection, asked, ["note"], size)]
        versions = read_versions(connection, ObservationRow, "toy", WHENEVER)
    assert max(map(len, pages)) == min(size, len(versions))
    found = [(row.id, ending and ending.id) for page in pages for row, ending in page]
    assert found == [(version.row.id, version.ended_by and version.ended_by.id) for version in versions]


@pytest.mark.parametrize("what", list(CONTENTS))
def test_cells_are_of_their_columns_type(world: Database, what: str) -> None:
    types = {
        "text": str,
        "integer": int,
        "number": float,
        "probability": float,
        "boolean": bool,
        "date": date,
        "instant": datetime,
        "json": str,
    }
    with world.read() as connection:
        export = read_export(connection, wanted_of(what))
        for row in export.rows:
            for column, value in zip(export.columns, row, strict=True):
                assert (value is None and column.nullable) or type(value) is types[column.type], (column.name, value)
                if isinstance(value, datetime):
                    assert value.utcoffset() == timedelta(0)
                if column.type == "text" and column.nullable:
                    assert value != ""  # or an empty cell of a .csv would be one of two things


def test_every_column_has_a_meaning_and_a_name_of_its_own() -> None:
    for content in CONTENTS.values():
        names = [column.name for column in content.columns]
        assert len(set(names)) == len(names)
        for column in content.columns:
            assert column.meaning
            assert not column.meaning.endswith(".")
            assert column.name == column.name.lower()


def test_rows_that_follow_one_another_share_what_is_said_to_be_shared(world: Database) -> None:
    with world.read() as connection:
        for what in OF_RUNS:
            export = read_export(connection, wanted_of(what))
            by_run: dict[Any, set[Any]] = {}
            for row in export.rows:
                first, last = export.shared
                by_run.setdefault(row[0], set()).add((row[:first], row[len(row) - last :]))
            assert all(len(shared) == 1 for shared in by_run.values())


def _nothing(connection: Connection, what: str, **asked: Any) -> None:
    read_export(connection, wanted_of(what, **asked))


REFUSALS: list[tuple[str, dict[str, Any], str]] = [
    ("forecasts", {"horizon": 181}, "no forecasts have horizon 181; use one of 30, 90, 180, 365, 2022-01-01"),
    ("scenarios", {"horizon": date(2029, 1, 20)}, "no scenarios have horizon 2029-01-20; use one of 30, 90, 180"),
    ("effects", {"target": "crisis"}, "no effects have target 'crisis'; use one of arms_control_talks, deal"),
    ("judgements", {"target": "deal"}, "no judgements have target 'deal'; use one of arms_control_talks, crisis"),
    (
        "forecasts",
        {"first": date(2020, 5, 4)},
        "no forecasts match --as-of 2020-06-01 --from 2020-05-04; on file: 5 published runs from 2018-06-30 to "
        "2020-05-03",
    ),
    (
        "runs",
        {"kinds": ("backfill",), "first": date(2019, 1, 1)},
        "no runs match --as-of 2020-06-01 --from 2019-01-01 --kind backfill; on file: 6 runs from 2018-06-30 to "
        "2020-05-03",
    ),
    (
        "events",
        {"as_recorded": datetime(2001, 1, 1, tzinfo=LATER.tzinfo)},
        r"no events match --as-of 2020-06-01 --as-recorded 2001-01-01T00:00:00\+00:00; on file: \d+ versions",
    ),
]


@pytest.mark.parametrize(("what", "asked", "message"), REFUSALS)
def test_where_nothing_answers_it_says_what_there_is(
    world: Database, what: str, asked: dict[str, Any], message: str
) -> None:
    with world.read() as connection, pytest.raises(NothingToExport, match=message):
        _nothing(connection, what, **asked)


def test_where_nothing_is_on_file_it_says_what_to_run(small: Database) -> None:
    with small.read() as connection:
        for what in CONTENTS:
            if what != "indicators":
                with pytest.raises(NothingToExport, match=f"no {what} are on file; (run `parley|load a case)"):
                    _nothing(connection, what)


def test_options_apply_where_rows_have_what_they_ask_for() -> None:
    named = {"--target": "target", "--horizon": "horizon_days", "--kind": "kind"}
    for what, content in CONTENTS.items():
        names = {column.name for column in content.columns}
        for option in content.options:
            assert named[option] in names
        assert ("--from" in options_of(what)) == (content.dated_by in names)
