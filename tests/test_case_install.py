"""Installing a case folder: idempotent, append-only, and deaf to nothing an analyst has said."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from toy_case import toy_files, write_toy_case

from db.append import append_events, append_observations
from db.chain import verify_chain
from db.engine import Database
from db.errors import StoreError
from db.read import (
    read_case,
    read_catalogue,
    read_completeness,
    read_documents,
    read_events,
    read_grades,
    read_history,
    read_judgements,
    read_newest,
    read_observations,
)
from db.rows import CompletenessRow, DocumentRow, EventRow, JudgementRow, ObservationRow
from db.when import When
from indicators.evidence import form_evidence
from indicators.folder import read_case_folder
from indicators.install import InstallReport, TableCount, install_case
from indicators.shipped import shipped_case

FIRST = datetime(2020, 1, 1, 12, tzinfo=UTC)
SECOND = datetime(2020, 6, 1, 12, tzinfo=UTC)
THIRD = datetime(2020, 9, 1, 12, tzinfo=UTC)
EVER = When(as_of=date(2030, 1, 1))


@pytest.fixture
def install(database: Database, tmp_path: Path) -> Callable[..., InstallReport]:
    """Install the toy case at an instant, with (old, new) replacements by file."""

    def run(recorded_at: datetime, **edits: tuple[str, str]) -> InstallReport:
        changed = {}
        for stem, (old, new) in edits.items():
            text = toy_files()[f"{stem}.csv"]
            assert old in text
            changed[f"{stem}.csv"] = text.replace(old, new, 1)
        folder = write_toy_case(tmp_path / "toy", changed)
        return install_case(database, read_case_folder(folder), recorded_at)

    return run


def _counts(report: InstallReport) -> dict[str, TableCount]:
    """The tables in which something is not simply unchanged."""
    return {row.table: row for row in report.tables if row != TableCount(table=row.table, unchanged=row.unchanged)}


def _stored(database: Database) -> tuple[object, ...]:
    with database.read() as connection:
        return (
            read_case(connection, "toy"),
            read_newest(connection, DocumentRow, "toy"),
            read_newest(connection, JudgementRow, "toy"),
            read_newest(connection, ObservationRow, "toy"),
            read_newest(connection, EventRow, "toy"),
            read_newest(connection, CompletenessRow, "toy"),
        )


def test_the_shipped_case_comes_back_as_it_stands_in_the_folder(database: Database) -> None:
    folder = read_case_folder(shipped_case())
    report = install_case(database, folder, FIRST)
    assert [row.added for row in report.tables] == [5, 96, 503, 209, 4]
    with database.read() as connection:
        case = read_case(connection)
        assert (case.case_id, case.case_hash) == ("us-dprk", folder.case_hash)
        catalogue = read_catalogue(connection, case)
        assert [row.indicator_id for row in catalogue] == [row.id for row in folder.indicators]
        assert [len(row.levels) for row in catalogue] == [5] * 19
        rows = read_observations(connection, "us-dprk", EVER)
        assert {(row.analyst, row.valid_from == row.known_on, row.valid_until) for row in rows} == {
            ("case", True, None)
        }
        assert len(read_judgements(connection, "us-dprk", When(as_of=date(2024, 1, 1)))) == 9
        early = When(as_of=date(1990, 1, 1))
        assert {row.known_on for row in read_completeness(connection, "us-dprk", early)} == {None}
        evidence = form_evidence(rows, catalogue, read_grades(connection, case))
    assert (len(set(evidence.indicator.tolist())), evidence.left_out) == (19, ())


def test_the_same_folder_again_changes_nothing(database: Database, install: Callable[..., InstallReport]) -> None:
    assert install(FIRST).new_version
    before = _stored(database)
    again = install(SECOND)
    assert (again.new_version, _counts(again)) == (False, {})
    assert [row.unchanged for row in again.tables] == [2, 4, 90, 30, 4]
    assert _stored(database) == before


def test_two_cases_live_side_by_side(database: Database, install: Callable[..., InstallReport]) -> None:
    install(FIRST)
    install_case(database, read_case_folder(shipped_case()), SECOND)
    with database.read() as connection:
        assert len(read_events(connection, "toy", EVER)) == 30
        assert len(read_events(connection, "us-dprk", EVER)) == 209


def test_a_changed_event_supersedes(database: Database, install: Callable[..., InstallReport]) -> None:
    install(FIRST)
    report = install(SECOND, events=("T2010-1,talks,arms_control", "T2010-1,talks,denuclearisation"))
    assert _counts(report) == {"events": TableCount(table="events", changed=1, unchanged=29)}
    with database.read() as connection:
        (event,) = (row for row in read_events(connection, "toy", EVER) if row.event_id == "T2010-1")
        assert (event.framing, event.known_on) == ("denuclearisation", date(2010, 3, 12))
        assert [row.framing for row in read_history(connection, EventRow, event.id)] == ["arms_control", event.framing]
        assert read_events(connection, "toy", When(as_of=EVER.as_of, as_recorded=FIRST))[0].framing == "arms_control"


def test_a_changed_document_acts_from_the_day_it_is_recorded(
    database: Database, install: Callable[..., InstallReport]
) -> None:
    install(FIRST)
    report = install(SECOND, documents=("Play the game", "Play fair"), judgements=(",2.5,", ",2,"))
    assert _counts(report) == {
        "documents": TableCount(table="documents", changed=1, unchanged=1),
        "judgements": TableCount(table="judgements", changed=1, unchanged=3),
    }
    with database.read() as connection:
        titles = [
            read_documents(connection, "toy", When(as_of=day))[0].title for day in (date(2020, 5, 31), SECOND.date())
        ]
        weights = [
            read_judgements(connection, "toy", When(as_of=day))[0].weight for day in (date(2020, 5, 31), SECOND.date())
        ]
    assert (titles, weights) == (["Play the game", "Play fair"], [2.5, 2.0])
    assert _counts(install(THIRD, documents=("Play the game", "Play fair"), judgements=(",2.5,", ",2,"))) == {}


HARVEST = "harvest,2010-12-31,2011-03-01,-1,Yearbook,Office,,,C,3,\n"


def test_a_row_gone_from_the_folder_is_retracted_from_the_day_it_is_recorded(
    database: Database, install: Callable[..., InstallReport]
) -> None:
    install(FIRST)
    report = install(SECOND, observations=(HARVEST, ""), completeness=("crisis,2010-01-01,2019-12-31,\n", ""))
    assert _counts(report) == {
        "observations": TableCount(table="observations", unchanged=89, retracted=1),
        "completeness": TableCount(table="completeness", unchanged=3, retracted=1),
    }
    with database.read() as connection:
        row, *_ = read_observations(connection, "toy", EVER, indicator_id="harvest")
        assert (row.observed_on, row.valid_until) == (date(2010, 12, 31), SECOND.date())
        retraction = read_history(connection, ObservationRow, row.id)[-1]
        assert (retraction.retracted, retraction.reason) == (True, f"not in case version {report.case_hash[:8]}")
        spans = [
            len(read_completeness(connection, "toy", When(as_of=day))) for day in (date(2020, 5, 31), SECOND.date())
        ]
        assert spans == [4, 3]
        assert verify_chain(connection) == ()


def test_a_row_back_in_the_folder_is_valid_again(database: Database, install: Callable[..., InstallReport]) -> None:
    edits = {
        "observations": (HARVEST, ""),
        "completeness": ("crisis,2010-01-01,2019-12-31,\n", ""),
        "judgements": ("rassendyll-2015,border_posture,crisis,-2,explicit,p. 4,\n", ""),
    }
    install(FIRST)
    install(SECOND, **edits)
    assert {row.table: row.added for row in install(THIRD).tables} == {
        "documents": 0,
        "judgements": 1,
        "observations": 1,
        "events": 0,
        "completeness": 1,
    }
    with database.read() as connection:
        row, *_ = read_observations(connection, "toy", EVER, indicator_id="harvest")
        assert (row.observed_on, row.valid_from, row.valid_until) == (date(2010, 12, 31), date(2011, 3, 1), None)
        assert len(read_completeness(connection, "toy", EVER)) == 4
        assert len(read_judgements(connection, "toy", EVER)) == 4
    again = install(datetime(2021, 1, 1, tzinfo=UTC), events=("Strelsau", "Hentzau"))
    assert _counts(again) == {"events": TableCount(table="events", changed=1, unchanged=29)}


def test_a_document_gone_takes_its_judgements_along(
    database: Database, install: Callable[..., InstallReport], tmp_path: Path
) -> None:
    install(FIRST)
    without = {
        name: "".join(line for line in text.splitlines(keepends=True) if not line.startswith("tarlenheim"))
        for name, text in toy_files().items()
        if name in ("documents.csv", "judgements.csv")
    }
    without["indicators.toml"] = toy_files()["indicators.toml"].replace(', "tarlenheim-2017"', "")
    folder = write_toy_case(tmp_path / "second", without)
    counts = _counts(install_case(database, read_case_folder(folder), SECOND))
    assert [row.retracted for row in counts.values()] == [1, 1]
    with database.read() as connection:
        assert [row.document_id for row in read_documents(connection, "toy", EVER)] == ["rassendyll-2015"]
        assert len(read_documents(connection, "toy", When(as_of=date(2020, 5, 31)))) == 2


def test_what_analysts_log_is_never_withdrawn(database: Database, install: Callable[..., InstallReport]) -> None:
    install(FIRST)
    with database.write() as connection:
        row = read_observations(connection, "toy", EVER, indicator_id="harvest")[0]
        mine = replace(row, analyst="kim", level=2.0, supersedes=None, source_title="Letter")
        append_observations(connection, [mine], datetime(2020, 2, 1, tzinfo=UTC))
        event = replace(read_events(connection, "toy", EVER)[0], event_id="K2020-1", supersedes=None)
        append_events(connection, [event], datetime(2020, 2, 1, tzinfo=UTC))
    report = install(SECOND, events=("Strelsau", "Hentzau"))
    assert _counts(report) == {"events": TableCount(table="events", changed=1, unchanged=29)}
    with database.read() as connection:
        assert len(read_observations(connection, "toy", EVER)) == 91
        assert "K2020-1" in {row.event_id for row in read_events(connection, "toy", EVER)}


def test_an_analysts_correction_or_retraction_of_a_case_row_stands(
    database: Database, install: Callable[..., InstallReport]
) -> None:
    install(FIRST)
    asked = datetime(2020, 2, 1, tzinfo=UTC)
    with database.write() as connection:
        rows = read_observations(connection, "toy", EVER, indicator_id="harvest")
        revised = replace(rows[0], analyst="kim", level=2.0, supersedes=rows[0].id, known_on=asked.date())
        gone = replace(rows[1], supersedes=rows[1].id, retracted=True, reason="misread", known_on=asked.date())
        append_observations(connection, [revised, gone], asked)
        event = read_events(connection, "toy", EVER)[0]
        append_events(connection, [replace(event, venue="Zenda", supersedes=event.id)], asked)
    report = install(SECOND, observations=(HARVEST, ""), events=("Strelsau", "Hentzau"))
    assert _counts(report) == {
        "observations": TableCount(table="observations", unchanged=88, kept=1),
        "events": TableCount(table="events", unchanged=29, kept=1),
    }
    assert _counts(install(THIRD))["observations"] == TableCount(table="observations", unchanged=88, kept=2)
    with database.read() as connection:
        current = [row for row in read_observations(connection, "toy", EVER) if row.valid_until is None]
        assert len(current) == 89
        assert [row.level for row in current if row.analyst == "kim"] == [2.0]
        assert read_events(connection, "toy", EVER)[0].venue == "Zenda"


def test_a_failed_installation_leaves_nothing_behind(database: Database, install: Callable[..., InstallReport]) -> None:
    install(FIRST)
    before = _stored(database)
    with pytest.raises(StoreError, match=r"^recorded_at 2020-06-01 00:00:00 has no time zone; give an instant in UTC$"):
        install(datetime(2020, 6, 1), events=("Strelsau", "Hentzau"))  # noqa: DTZ001
    assert _stored(database) == before
