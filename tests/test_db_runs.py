"""Cases and runs come back as they went in."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from conftest import EFFECT, NOW, RUN, SCENARIO, STATE, TARGET

from db.append import append_case, append_forecasts, append_run, append_run_status
from db.engine import Database
from db.errors import StoreError
from db.read import read_case, read_catalogue, read_deadlines, read_grades
from db.read_runs import (
    last_published,
    read_effects,
    read_posterior_hashes,
    read_run,
    read_runs,
    read_scenarios,
    read_states,
    read_targets,
)
from db.rows import NewCase
from db.when import When


def test_a_case_comes_back_as_it_went_in(small: Database, small_case: NewCase) -> None:
    with small.read() as connection:
        case = read_case(connection)
        assert (case.case_id, case.case_hash, case.knots_until) == ("small", "c" * 64, small_case.knots_until)
        assert read_catalogue(connection, case) == small_case.indicators
        assert read_grades(connection, case) == small_case.grades
        assert read_deadlines(connection, case) == (date(2017, 1, 20), date(2021, 1, 20))


def test_the_newest_version_of_a_case_is_current_and_the_old_one_stays(small: Database, small_case: NewCase) -> None:
    changed = replace(small_case, case_hash="d" * 64, indicators=small_case.indicators[:1])
    with small.write() as connection:
        append_case(connection, changed, NOW + timedelta(days=1))
    with small.read() as connection:
        new, old = read_case(connection, "small"), read_case(connection, when=When(as_of=date.max, as_recorded=NOW))
        assert (new.case_hash, old.case_hash) == ("d" * 64, "c" * 64)
        assert len(read_catalogue(connection, new)) == 1
        assert len(read_catalogue(connection, old)) == 2


def test_which_case_must_be_clear(database: Database, small_case: NewCase) -> None:
    with pytest.raises(StoreError, match=r"^the database holds no case; run `parley init`$"), database.read() as c:
        read_case(c)
    with database.write() as connection:
        append_case(connection, small_case, NOW)
        append_case(connection, replace(small_case, case_id="other"), NOW)
    with (
        pytest.raises(StoreError, match=r"^the database holds 2 cases; set PARLEY_CASE to one of other, small$"),
        database.read() as c,
    ):
        read_case(c)
    with (
        pytest.raises(StoreError, match=r"^no case 'x' in the database; known are other, small$"),
        database.read() as c,
    ):
        read_case(c, "x")


def test_a_run_comes_back_as_it_went_in(full: Database) -> None:
    with full.read() as connection:
        found = read_run(connection, 1)
        assert (found.seed, found.versions, found.detail) == (RUN.seed, RUN.versions, {"divergences": 0})
        assert (found.status, found.status_at, found.p_dry_now) == ("published", NOW, RUN.p_dry_now)
        assert read_targets(connection, 1) == (TARGET,)
        assert read_scenarios(connection, 1) == (SCENARIO,)
        assert read_states(connection, 1) == (STATE,)
        assert read_effects(connection, 1) == (EFFECT,)


def test_forecasts_come_from_short_to_long_then_deadlines(small: Database) -> None:
    reaches = [(365, None), (None, date(2021, 1, 20)), (30, None), (None, date(2020, 1, 20)), (90, None)]
    with small.write() as connection:
        run_id = append_run(connection, RUN, NOW)
        rows = [replace(TARGET, horizon_days=days, deadline=day) for days, day in reaches]
        append_forecasts(connection, run_id, rows, [], [], [], NOW)
    with small.read() as connection:
        found = [(row.horizon_days, row.deadline) for row in read_targets(connection, run_id)]
    assert found == [(30, None), (90, None), (365, None), (None, date(2020, 1, 20)), (None, date(2021, 1, 20))]


def test_the_newest_status_counts(full: Database) -> None:
    with full.write() as connection:
        append_run_status(connection, 1, "rejected", {"why": "withdrawn"}, NOW + timedelta(days=1))
    with full.read() as connection:
        assert read_run(connection, 1).status == "rejected"
        assert last_published(connection, "small") is None


def test_a_run_without_status_has_none(small: Database) -> None:
    with small.write() as connection:
        run_id = append_run(connection, RUN, NOW)
    with small.read() as connection:
        found = read_run(connection, run_id)
    assert (found.status, found.status_at, found.detail) == (None, None, {})


def test_last_published_skips_failures_later_dates_and_other_kinds(small: Database) -> None:
    days = [RUN.as_of + timedelta(days=number) for number in range(4)]
    stages = [("official", "published"), ("manual", "published"), ("official", "rejected"), ("official", "published")]
    with small.write() as connection:
        for day, (kind, status) in zip(days, stages, strict=True):
            run_id = append_run(connection, replace(RUN, as_of=day, kind=kind, posterior_hash=f"{day}"), NOW)
            append_run_status(connection, run_id, "started", {}, NOW)
            append_run_status(connection, run_id, status, {}, NOW)
    with small.read() as connection:
        picks = [
            last_published(connection, "small"),
            last_published(connection, "small", days[2]),
            last_published(connection, "small", days[2], kinds=("official",)),
            last_published(connection, "small", days[0] - timedelta(days=1)),
        ]
        assert [pick and pick.as_of for pick in picks] == [days[3], days[1], days[0], None]
        assert [row.as_of for row in read_runs(connection, "small")] == days[::-1]
        assert [row.as_of for row in read_runs(connection, "small", statuses=("rejected",))] == [days[2]]
        assert len(read_runs(connection, "small", limit=2)) == 2
        assert read_posterior_hashes(connection) == {str(day) for day in days}


def test_an_unknown_run_is_named(full: Database) -> None:
    with pytest.raises(StoreError, match=r"^no run 7; runs go from 1 to 1$"), full.read() as connection:
        read_run(connection, 7)
