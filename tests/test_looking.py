"""Days that nobody has attested: who has looked at them, what would be on file, and that none else moves a number."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_case import write_toy_case
from toy_runs import LOADED, install_toy

from db.engine import Database
from db.when import When
from forecast.desk.actions import Desk, add_event, attest, log
from forecast.engine.assemble import Rows, assemble, inputs_hash, reach_of_looking, read_problem, read_rows
from forecast.engine.looking import LOOKED_DAYS, find_looked, reporting_of
from forecast.engine.standing import last_looked
from forecast.evaluation.origins import outcome_at
from indicators.content import EVENT_TYPES, Reporting
from indicators.errors import CaseError
from indicators.evidence import form_evidence
from indicators.folder import read_case_folder
from models.laplace import build_density
from models.spec import TARGETS, Horizon, Meetings, Problem, Record, Reports, Span
from models.structure import Structure

END, TODAY = date(2019, 12, 31), date(2020, 3, 1)
"""The toy case is attested through the last day of 2019."""
WITHIN = {kind: {"share": 0.8, "delay_days": 5.0} for kind in EVENT_TYPES}
AT_ONCE = {kind: {"share": 1.0, "delay_days": 0.0} for kind in EVENT_TYPES}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with install_toy(tmp_path) as opened:
        yield opened


def _desk(database: Database, today: date = TODAY) -> Desk:
    return Desk(database, "kim", day=lambda: today)


def _rows(database: Database, reporting: Mapping[str, Any], as_of: date = TODAY) -> Rows:
    with database.read() as connection:
        rows = read_rows(connection, When(as_of=as_of))
    return replace(rows, case=replace(rows.case, priors={"reporting": reporting}))


def _problem(rows: Rows) -> Problem:
    return assemble(rows, form_evidence(rows.observations, rows.catalogue, rows.grades, rows.events))


def _record(last: int, *, contacts: tuple[int, ...] = ()) -> Record:
    none, span = np.empty(0, np.int64), Span(1, last)
    return Record(
        meetings=Meetings(none, none, none, none.astype(bool)),
        contacts=np.array(contacts, dtype=np.int64),
        crises=none,
        talks_span=span,
        contact_span=span,
        crisis_span=span,
        deal_span=span,
    )


def test_what_came_with_the_case_is_no_looking_and_what_a_person_enters_is(database: Database) -> None:
    rows = _rows(database, WITHIN)
    assert {row.recorded_at for row in rows.observations} == {LOADED}
    assert reach_of_looking(rows) is None
    assert _problem(rows).looked is None
    log(_desk(database), "press_tone", 1, on=date(2020, 2, 10), source="Leader", grade="A1")
    assert reach_of_looking(_rows(database, WITHIN)) == date(2020, 2, 10)
    assert reach_of_looking(_rows(database, WITHIN, date(2020, 2, 9))) is None


def test_what_becomes_known_later_says_nothing_of_an_earlier_day(database: Database) -> None:
    add_event(_desk(database), "contact", on=date(2020, 2, 1), known_on=date(2020, 2, 20), source="Gazette")
    rows = _rows(database, WITHIN)
    assert reach_of_looking(rows) == date(2020, 2, 20)
    assert last_looked(rows.events, rows.loaded, date(2020, 2, 19)) is None


def test_a_case_that_says_nothing_of_reports_keeps_events_and_learns_nothing(database: Database) -> None:
    with database.read() as connection:
        _, _, before = read_problem(connection, When(as_of=TODAY))
    add_event(_desk(database), "contact", on=date(2020, 2, 1), source="Gazette")
    with database.read() as connection:
        rows, _, after = read_problem(connection, When(as_of=TODAY))
    assert rows.case.priors is None
    assert before.looked is after.looked is None
    assert len(after.record.contacts) == len(before.record.contacts) + 1
    assert after.record.contact_span == before.record.contact_span


def test_where_all_is_reported_at_once_looking_is_attesting(tmp_path: Path) -> None:
    """The same problem to the bit, whether somebody entered a row on a day or attested all types through it."""
    problems = []
    for name, attested in (("looked", False), ("attested", True)):
        (tmp_path / name).mkdir()
        with install_toy(tmp_path / name) as database:
            desk = _desk(database)
            log(desk, "press_tone", 1, on=date(2020, 2, 10), source="Leader", grade="A1")
            if attested:
                attest(desk, date(2020, 2, 10))
            problems.append(_problem(_rows(database, AT_ONCE if not attested else {})))
    looked, attested_problem = problems
    assert looked.looked is attested_problem.looked is None
    assert inputs_hash(looked) == inputs_hash(attested_problem)


def test_with_nothing_entered_a_later_day_holds_the_same_of_the_days_before_it(database: Database) -> None:
    log(_desk(database), "press_tone", 1, on=date(2020, 2, 10), source="Leader", grade="A1")
    problems = [_problem(_rows(database, WITHIN, day)) for day in (date(2020, 2, 20), TODAY)]
    densities = [build_density(problem, Structure()) for problem in problems]
    theta = 0.3 * np.random.default_rng(5).standard_normal((20, densities[0].layout.size))
    for row in theta:
        then, now = (density.at(row) for density in densities)
        assert then.value == now.value
        assert (then.gradient == now.gradient).all()
    early, late = (problem.looked for problem in problems)
    assert early is not None
    assert late is not None
    for kind in ("talks", "deal", "contact", "crisis"):
        before, after = getattr(early, kind).share, getattr(late, kind).share
        assert (after[: len(before)] == before).all()
        assert not after[len(before) :].any()


def test_days_that_somebody_only_looked_at_resolve_no_forecast(database: Database) -> None:
    """Of what may have gone unreported nobody can say no; nor is yes said before it, which would flatter or blame."""
    window = (Horizon(30),)
    log(_desk(database), "press_tone", 1, on=date(2020, 2, 20), source="Leader", grade="A1")
    add_event(_desk(database), "contact", on=date(2020, 1, 20), source="Gazette")
    looked = _problem(_rows(database, WITHIN))
    assert looked.looked is not None
    origin = date(2020, 1, 10).toordinal()
    assert np.isnan(outcome_at(origin, looked, window)).all()
    attest(_desk(database), date(2020, 2, 20))
    attested = _problem(_rows(database, WITHIN))
    found = dict(zip(TARGETS, outcome_at(origin, attested, window)[:, 0], strict=True))
    assert found == {target: float(target == "contact") for target in TARGETS}


@given(st.sampled_from(["contact", "crisis"]), st.integers(1, 40), st.integers(1, 40))
def test_what_is_attested_replaces_what_was_held_of_reports(kind: str, event: int, through: int) -> None:
    """Of a day attested since the fit all is known, whatever its type's share; and an event on it teaches as others."""
    first, last = 1000, 1000 + through
    contacts = (first + event,)
    fitted = replace(_record(first), contacts=np.array(contacts), crises=np.array(contacts))

    def held(attested: int) -> Reports:
        found = find_looked(
            as_of=first + 60,
            reporting=reporting_of({"reporting": WITHIN}),
            attested=_record(attested),
            fitted=fitted,
            reach=date.fromordinal(first + 50),
        )
        reports: Reports = getattr(found, kind)
        return reports

    then, now = held(first), held(last)
    assert (now.share[:through] == 1).all()
    assert now.teaches.all()
    assert (now.share[through:] == then.share[through:]).all()


@given(
    st.floats(0.01, 1), st.sampled_from([0.0, 1.0, 7.0]), st.integers(0, 200), st.integers(0, 40), st.integers(0, 60)
)
def test_shares_follow_age_up_to_the_day_looked_at_and_attested_days_are_whole(
    share: float, delay: float, reach: int, since: int, open_days: int
) -> None:
    """r (1 - 2^(-age / delay)) up to the day looked at, or 90 days on; whole through what is attested; 0 beyond."""
    last, first = 1000 + since, 1000
    as_of = last + open_days
    reporting = {kind: Reporting(kind, share, delay) for kind in EVENT_TYPES}
    looked_through = last + reach - 60
    found = find_looked(
        as_of=as_of,
        reporting=reporting,
        attested=_record(last),
        fitted=_record(first),
        reach=date.fromordinal(looked_through),
    )
    days = np.arange(first + 1, as_of + 1)
    seen = (days > last) & (days <= min(looked_through, last + LOOKED_DAYS))
    told = np.ones(len(days)) if delay == 0 else 1 - 0.5 ** (np.maximum(looked_through - days, 0) / delay)
    expected = np.where(days <= last, 1.0, np.where(seen, share * told, 0.0))
    if found is None:
        assert not expected.any()
    else:
        for reports in (found.talks, found.deal, found.contact, found.crisis):
            assert reports.share == pytest.approx(expected)
            assert reports.teaches.all()


def test_an_event_on_file_teaches_where_its_type_is_reported_or_its_day_attested() -> None:
    nobody = reporting_of({"reporting": {"talks": {"share": 0.9, "delay_days": 1}}})
    bare = find_looked(
        as_of=1010, reporting=nobody, attested=_record(1000), fitted=_record(1000, contacts=(1004,)), reach=None
    )
    assert bare is None
    attested = find_looked(
        as_of=1010, reporting=nobody, attested=_record(1005), fitted=_record(1000, contacts=(1004,)), reach=None
    )
    assert attested is not None
    assert attested.contact.teaches.tolist() == [True] * 5 + [False] * 5
    assert attested.talks.teaches.all()


def test_a_share_outside_its_bounds_is_refused_with_its_place(tmp_path: Path) -> None:
    folder = write_toy_case(tmp_path / "toy")
    (folder / "priors.toml").write_text("[reporting.contact]\nshare = 1.5\ndelay_days = 3\n")
    with pytest.raises(CaseError, match=r"priors\.toml: line 2, key reporting\.contact\.share: .*a number from 0 to 1"):
        read_case_folder(folder)
    (folder / "priors.toml").write_text("[reporting.letters]\nshare = 0.5\ndelay_days = 3\n")
    with pytest.raises(CaseError, match="unknown key 'letters'"):
        read_case_folder(folder)
