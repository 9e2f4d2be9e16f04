"""`parley check`: what it stores and says, and that it catches what is broken on purpose."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from conftest import DOCUMENT, EVENT, JUDGEMENT, NOW, OBSERVATION
from problems import read_as_of, stored
from sqlalchemy import Connection
from test_db_as_of import DAY, EVER, LATER, add_later_rows, everything
from toy_case import write_toy_case

from db.append import append_documents, append_events, append_judgements, append_observations
from db.engine import Database
from db.known import copy_known
from db.migrate import create_database
from db.progress import silent
from db.read_evaluations import read_evaluations
from db.when import When
from forecast.checks.machinery import check_as_of, compare_states, origins_of
from forecast.checks.run import CHECKS, run_checks
from forecast.checks.sources import check_documents, check_indicators, check_power_scaling
from forecast.checks.subject import Check, Subject, build_subject
from forecast.cli.app import run
from forecast.engine.assemble import read_problem
from forecast.errors import NotEnough
from forecast.identity import code_version, model_version
from indicators.folder import read_case_folder
from models.dense import solve_level
from models.exposure import Exposure, build_exposure
from models.laplace import fit_laplace
from models.spec import Problem
from models.states import States, filter_states
from models.structure import Structure

AS_OF = date(2020, 1, 1)
QUICK = ("as-of", "states", "leave-out-document")
type Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder = tmp_path_factory.mktemp("toy")
    with stored(read_case_folder(write_toy_case(folder / "case")), folder) as database:
        yield database


@pytest.fixture(scope="module")
def subject(toy: Database) -> Subject:
    rows, _, problem = read_as_of(toy, AS_OF)
    return build_subject(toy, rows, problem, Structure(), simulations=10, seed=1, nuts=False, progress=silent)


@pytest.fixture
def parley(toy: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command on the toy case; exit code, standard output, standard error."""
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{toy.folder / 'parley.db'}")
    monkeypatch.setenv("COLUMNS", "100")

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


# ── Storing and saying ──────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_found_is_stored_with_the_code_it_holds_for(toy: Database) -> None:
    found = run_checks(toy, AS_OF, names=QUICK, seed=1, progress=silent)
    assert [check.name for check in found] == list(QUICK)
    assert [check.passed for check in found] == [True, True, None]
    with toy.read() as connection:
        stored_ = read_evaluations(connection, "toy", kind="check", limit=1)[0]
    assert (stored_.code_version, stored_.model_version) == (code_version(), model_version())
    assert stored_.as_of == AS_OF
    assert stored_.settings == {"names": list(QUICK), "simulations": 20, "seed": 1, "posterior": "laplace"}
    checks: list[dict[str, object]] = stored_.result["checks"]  # type: ignore[assignment]
    assert [one["sentence"] for one in checks] == [check.sentence for check in found]


def test_a_day_ahead_is_refused(toy: Database) -> None:
    ahead = datetime.now(UTC).date() + timedelta(days=1)
    with pytest.raises(NotEnough, match=f"{ahead} lies ahead; the latest as-of date is today"):
        run_checks(toy, ahead, progress=silent)


def test_each_check_is_a_line_and_a_table(parley: Command) -> None:
    code, out, err = parley("check", "as-of", "states", "--as-of", str(AS_OF))
    assert code == 0
    lines = out.splitlines()
    assert lines[0].startswith("ok      as-of   What is read as of 6 past dates is the same")
    assert any(line.startswith("ok      states  ") for line in lines)
    assert "cells of onset" in out
    assert "reading as of past dates" in err


def test_json_has_the_facts_of_the_table(parley: Command) -> None:
    arguments = ("check", "states", "as-of", "--as-of", str(AS_OF))
    _, text, _ = parley(*arguments)
    code, out, _ = parley(*arguments, "--json")
    payload = json.loads(out)
    assert code == 0
    assert payload["as_of"] == str(AS_OF)
    for one in payload["checks"]:
        assert set(one) == {"name", "passed", "sentence", "table", "figures"}
        assert all(cell in text for row in one["table"] for cell in row)
        assert one["sentence"].split()[-1] in text


def test_an_unknown_check_is_a_mistake_in_usage(parley: Command) -> None:
    code, out, err = parley("check", "state")
    assert (code, out) == (2, "")
    assert "'state' is not known; did you mean 'states'?" in err


@pytest.mark.slow
def test_all_checks_on_a_case(parley: Command) -> None:
    """The toy record, the same days each year, is not one the model would produce: two checks say so, and exit 1."""
    code, out, _ = parley("check", "--as-of", str(AS_OF), "--nuts", "--json")
    found = {one["name"]: one for one in json.loads(out)["checks"]}
    assert code == 1
    assert tuple(found) == tuple(CHECKS)
    assert [name for name, one in found.items() if one["passed"] is False] == [
        "prior-predictive",
        "posterior-predictive",
    ]
    assert "variance over mean of yearly meetings" in found["prior-predictive"]["sentence"]
    assert "variance over mean of yearly meetings" in found["posterior-predictive"]["sentence"]
    assert "the published run takes 200" in found["sbc"]["sentence"]


# ── Reading as of a date ────────────────────────────────────────────────────────────────────────────────────────


def test_reading_as_of_a_date_does_not_leak(subject: Subject) -> None:
    assert check_as_of(subject).passed


@pytest.mark.parametrize("ahead", [60, 400])
def test_a_reader_that_sees_ahead_is_caught(subject: Subject, ahead: int) -> None:
    def leaky(connection: Connection, day: date) -> Problem:
        later = read_problem(connection, When(as_of=day + timedelta(days=ahead)))[2]
        return replace(later, as_of=day.toordinal())

    check = check_as_of(subject, leaky)
    assert check.passed is False
    assert "rows known later change what is read" in check.sentence


def test_a_reader_that_lets_one_late_row_through_is_caught(subject: Subject) -> None:
    """Judgements of today applied to the past: what the retrospective backtest does, and says that it does."""

    def hindsight(connection: Connection, day: date) -> Problem:
        today = read_problem(connection, When(as_of=AS_OF))[2]
        return replace(read_problem(connection, When(as_of=day))[2], judgements=today.judgements)

    check = check_as_of(subject, hindsight)
    assert check.passed is False
    assert any(row[-1] == "the same" for row in check.table), "after the last document there is nothing to leak"


def test_origins_spread_over_the_record(subject: Subject) -> None:
    origins = origins_of(subject.rows)
    assert len(origins) == 6
    assert origins[0] == date(2011, 1, 1)
    assert all(earlier < later for earlier, later in pairwise(origins))
    assert origins[-1] < AS_OF


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    with create_database(f"sqlite:///{tmp_path / 'known.db'}") as database:
        yield database


def test_a_copy_of_what_was_known_ends_there(full: Database, empty: Database) -> None:
    """Whatever the date, the copy says what the database says as of the day."""
    with full.write() as connection:
        add_later_rows(connection, NOW)
    with full.read() as source, empty.write() as target:
        left = copy_known(source, target, LATER - timedelta(days=1))
        expected = everything(source, LATER - timedelta(days=1))
    with empty.read() as copy:
        assert everything(copy, EVER) == expected
    assert left == 10  # all that `add_later_rows` adds


def test_a_correction_known_before_the_row_it_corrects_stands_alone(small: Database, empty: Database) -> None:
    with small.write() as connection:
        append_documents(connection, [replace(DOCUMENT, published_on=LATER), replace(DOCUMENT, document_id="b")], NOW)
        append_judgements(connection, [JUDGEMENT, replace(JUDGEMENT, document_id="b")], NOW)
        append_observations(connection, [replace(OBSERVATION, known_on=LATER)], NOW)
        append_observations(connection, [replace(OBSERVATION, level=2.0, known_on=DAY, supersedes=1)], NOW)
        append_events(connection, [replace(EVENT, known_on=LATER)], NOW)
        gone = replace(EVENT, known_on=DAY, supersedes=1, retracted=True, reason="no")
        append_events(connection, [gone], NOW)
    with small.read() as source, empty.write() as target:
        copy_known(source, target, DAY)
        documents, judgements, events, _, observations = everything(source, DAY)
    with empty.read() as copy:
        copied = everything(copy, DAY)
    assert copied[:3] == (documents, judgements, events) == ((documents[0],), (judgements[0],), ())
    assert [row.level for row in copied[4]] == [row.level for row in observations] == [2.0]


# ── Filtered levels ─────────────────────────────────────────────────────────────────────────────────────────────


def test_levels_are_those_of_the_observations(subject: Subject) -> None:
    assert compare_states(subject.problem, subject.density.exposure, seed=3).passed


def _shuffled_indicators(problem: Problem, exposure: Exposure) -> Exposure:
    """Rows of one indicator filtered as another's."""
    rows = problem.observations
    return build_exposure(replace(problem, observations=replace(rows, indicator=(rows.indicator + 1) % 3)))


def _shuffled_days(problem: Problem, exposure: Exposure) -> Exposure:
    """Levels of one day reported on another."""
    order = np.random.default_rng(1).permutation(len(problem.observations.level))
    return build_exposure(
        replace(problem, observations=replace(problem.observations, level=problem.observations.level[order]))
    )


def _shuffled_cells(problem: Problem, exposure: Exposure) -> Exposure:
    """Filtered well, and then given to the wrong cells."""
    states = exposure.onset.states
    order = np.random.default_rng(1).permutation(len(states.mean))
    shuffled = States(states.mean[order], states.variance[order], states.active[order])
    return replace(exposure, onset=replace(exposure.onset, states=shuffled))


def _known_a_day_early(problem: Problem, exposure: Exposure) -> Exposure:
    rows = problem.observations
    early = replace(rows, entered=rows.entered - 1, since=rows.since - 1)
    return replace(exposure, filtered=filter_states(early, problem.catalogue))


def _sure_of_itself(problem: Problem, exposure: Exposure) -> Exposure:
    """Variances a quarter of what they are: intervals halved."""
    states = exposure.contact.states
    halved = replace(states, variance=states.variance / 4)
    return replace(exposure, contact=replace(exposure.contact, states=halved))


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        (_shuffled_indicators, "filtered states"),
        (_shuffled_days, "filtered states"),
        (_shuffled_cells, "cells of onset"),
        (_known_a_day_early, "filtered states"),
        (_sure_of_itself, "cells of contact"),
    ],
)
def test_broken_levels_are_caught(
    subject: Subject, broken: Callable[[Problem, Exposure], Exposure], named: str
) -> None:
    check = compare_states(subject.problem, broken(subject.problem, subject.density.exposure), seed=3)
    assert check.passed is False
    assert named in check.sentence


def test_the_dense_solve_knows_revisions(subject: Subject) -> None:
    """Half the rows replaced half-way: the filter's tracks and the solve agree on every day."""
    rows, middle = subject.problem.observations, int(np.median(subject.problem.observations.entered))
    replaced = rows.entered < middle
    until = np.where(replaced & (np.arange(len(replaced)) % 2 == 0), middle, rows.until)
    revised = replace(rows, until=until)
    filtered = filter_states(revised, subject.problem.catalogue)
    for known in (middle - 400, middle - 1, middle, middle + 300):
        found = filtered.at(np.array([known]), np.array([known + 5.5]))
        for i in range(subject.problem.catalogue.size):
            solved = solve_level(revised, subject.problem.catalogue, i, known, known + 5.5)
            assert solved == pytest.approx((found.mean[0, i], found.variance[0, i]), abs=1e-9)


# ── What the headline leans on ──────────────────────────────────────────────────────────────────────────────────


def _figures(check: Check) -> dict[str, object]:
    json.dumps(check.figures, allow_nan=False)
    assert all(len(row) == len(check.table[0]) for row in check.table)
    return dict(check.figures)


def test_sources_left_out_come_in_the_order_of_their_weight(subject: Subject) -> None:
    check = check_indicators(subject)
    _figures(check)
    header, whole, *rows = check.table
    assert header[0] == "indicator"
    assert {row[0] for row in rows} == set(subject.problem.catalogue.names)
    moved = [abs(float(row[-1].replace("−", "-"))) for row in rows]
    assert moved == sorted(moved, reverse=True)
    assert rows[0][0] in check.sentence
    assert whole[3] in check.sentence


def test_a_document_that_says_nothing_moves_nothing(subject: Subject) -> None:
    rows = replace(
        subject.rows, documents=(*subject.rows.documents, replace(subject.rows.documents[0], document_id="z"))
    )
    check = check_documents(replace(subject, rows=rows))
    assert check.table[-1][0] == "z"
    assert set(check.table[-1][1:]) == {"0.0", "0.00"}


def test_power_scaling_names_what_leads(subject: Subject) -> None:
    few = fit_laplace(subject.density).draw(1000, 1)
    figures = _figures(check_power_scaling(replace(subject, posterior=lambda: few)))
    components: list[dict[str, list[float]]] = figures["components"]  # type: ignore[assignment]
    by_name = {str(one["name"]): one for one in components}
    assert {"all priors", "judgements", "record of events"} <= set(by_name)
    assert all(len(one["sensitivity"]) == len(subject.problem.horizons) for one in components)
    assert max(by_name["record of events"]["sensitivity"]) > 0.05
