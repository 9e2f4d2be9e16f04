"""Which briefs were written: stored and chained like the rest, and which one a run is compared with."""

from dataclasses import asdict, replace
from datetime import date

import pytest
from conftest import NOW, REPORT, RUN
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from db.append import append_case, append_report, append_run
from db.chain import verify_chain
from db.engine import Database
from db.errors import StoreError
from db.read_reports import next_report_id, read_report_before, read_reports
from db.read_runs import read_run
from db.rows import NewCase
from db.run_rows import NewReport


def add_runs(connection: Connection, *days: int) -> list[int]:
    """Runs as of days of January 2016, in the order they are stored."""
    return [append_run(connection, replace(RUN, as_of=date(2016, 1, day)), NOW) for day in days]


def add_report(connection: Connection, run_id: int, case_id: str = "small") -> int:
    return append_report(connection, replace(REPORT, run_id=run_id, case_id=case_id), NOW)


def before(connection: Connection, run_id: int) -> int | None:
    """The run that a brief of this one is compared with."""
    found = read_report_before(connection, read_run(connection, run_id))
    return found.run_id if found else None


def test_a_report_comes_back_as_it_went_in(small: Database) -> None:
    with small.write() as connection:
        first, second = add_runs(connection, 1, 2)
        assert next_report_id(connection) == 1
        given = replace(REPORT, run_id=second, since_run_id=first, language="ja", format="md")
        id_ = append_report(connection, given, NOW)
        assert next_report_id(connection) == 2
    with small.read() as connection:
        (found,) = read_reports(connection, "small")
        assert verify_chain(connection) == ()
    assert asdict(found) == {**asdict(given), "id": id_, "recorded_at": NOW}


def test_the_latest_recorded_comes_first(small: Database, small_case: NewCase) -> None:
    with small.write() as connection:
        append_case(connection, replace(small_case, case_id="other"), NOW)
        (run,) = add_runs(connection, 1)
        for _ in range(3):
            add_report(connection, run)
        add_report(connection, run, case_id="other")
    with small.read() as connection:
        assert [row.id for row in read_reports(connection, "small")] == [3, 2, 1]
        assert [row.id for row in read_reports(connection, "small", limit=1)] == [3]
        assert [row.id for row in read_reports(connection, "other")] == [4]


def test_a_run_is_compared_with_the_newest_report_of_an_earlier_run(small: Database) -> None:
    with small.write() as connection:
        first, second, third = add_runs(connection, 1, 2, 3)
        assert before(connection, third) is None
        add_report(connection, third)
        add_report(connection, first)
        assert before(connection, first) is None
        assert before(connection, second) == first
        add_report(connection, second)
        assert before(connection, second) == first
        (fourth,) = add_runs(connection, 4)
        assert before(connection, fourth) == second  # not the third: its report is older


def test_a_later_run_of_the_same_day_is_compared_with_the_one_before(small: Database) -> None:
    with small.write() as connection:
        first, second = add_runs(connection, 1, 1)
        add_report(connection, first)
        assert before(connection, second) == first
        assert before(connection, first) is None


def test_a_later_report_of_an_earlier_run_is_what_is_compared_with(small: Database) -> None:
    with small.write() as connection:
        first, second, third = add_runs(connection, 1, 2, 3)
        add_report(connection, first)
        add_report(connection, third)
        assert before(connection, third) == first
        add_report(connection, second)
        assert before(connection, third) == second


def test_a_report_of_another_case_is_none(small: Database, small_case: NewCase) -> None:
    with small.write() as connection:
        append_case(connection, replace(small_case, case_id="other"), NOW)
        first, second = add_runs(connection, 1, 2)
        add_report(connection, first, case_id="other")
        assert before(connection, second) is None


@pytest.mark.parametrize(
    ("report", "message"),
    [
        (replace(REPORT, language="fr"), "language must be one of en, ja, ko; nothing was stored$"),
        (replace(REPORT, format="pdf"), "format must be one of html, md, html-short, md-short; nothing was stored$"),
        (replace(REPORT, case_id="x"), "no case 'x' in the database; run `parley init --case FOLDER`$"),
        (replace(REPORT, since_run_id=99), "a row refers to one that does not exist; add that one first$"),
    ],
)
def test_reports_that_are_refused(full: Database, report: NewReport, message: str) -> None:
    with pytest.raises(StoreError, match=f"^reports: {message}"), full.write() as connection:
        append_report(connection, report, NOW)
    with full.read() as connection:
        assert len(read_reports(connection, "small")) == 1


@pytest.mark.parametrize("language", ["en", "ja", "ko"])
@pytest.mark.parametrize("format_", ["html", "md", "html-short", "md-short"])
def test_every_form_of_a_brief_is_stored(full: Database, language: str, format_: str) -> None:
    with full.write() as connection:
        append_report(connection, replace(REPORT, language=language, format=format_), NOW)
    with full.read() as connection:
        newest, _ = read_reports(connection, "small")
    assert (newest.language, newest.format) == (language, format_)


@pytest.mark.parametrize("statement", ["UPDATE reports SET language = 'ja'", "DELETE FROM reports"])
def test_the_table_is_append_only(full: Database, statement: str) -> None:
    refusal = f"reports is append-only: {statement.split()[0]} refused"
    with pytest.raises(DBAPIError, match=refusal), full.write() as connection:
        connection.exec_driver_sql(statement)
