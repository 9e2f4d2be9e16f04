"""A provisional forecast against the full update it stands on, and against a full projection of all its draws."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import arviz as az
import numpy as np
import pytest
from conftest import PUBLISHED_AS_OF
from toy_runs import install_toy

from db.append import append_run, append_run_status
from db.engine import Database, open_database
from db.posteriors import path_of
from db.read_runs import read_run, read_scenarios, read_targets
from db.when import When
from forecast.desk.actions import Desk, Receipt, add_event, attest, log
from forecast.desk.receipt import receipt_json
from forecast.engine import provisional
from forecast.engine.assemble import inputs_hash, read_problem, read_rows
from forecast.engine.draws import read_draws
from forecast.engine.fit import PATHS_PER_DRAW
from forecast.engine.looking import reporting_of
from forecast.engine.provisional import (
    Anchor,
    Provisional,
    read_anchor,
    read_anchor_for,
    shift,
)
from forecast.engine.reading import Reading, take_reading
from forecast.errors import NoPosterior
from models.exposure import build_exposure
from models.parameters import Parameters
from models.projection import project
from models.sampling import parameters_of
from models.spec import TARGETS, Floats
from models.structure import SHIPPED

TODAY = date(2019, 7, 1)
CONTAINED = (
    ("arms_control_talks", "limits_talks"),
    ("denuclearisation_talks", "limits_talks"),
    ("deal", "limits_talks"),
)


@pytest.fixture
def database(published_copy: Path) -> Iterator[Database]:
    with open_database(f"sqlite:///{published_copy / 'parley.db'}") as opened:
        yield opened


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database, "kim", day=lambda: TODAY)


def code(desk: Desk, level: float = 2, **others: str) -> Receipt:
    return log(desk, "press_tone", level, on=TODAY, source="Leader", grade="A1", **others)  # type: ignore[arg-type]


def anchor_of(database: Database, today: date = TODAY) -> Anchor:
    with database.read() as connection:
        return read_anchor(connection, database.posteriors, "toy", today)


def full_projection(database: Database, as_of: date) -> tuple[Floats, Floats]:
    """Means and Monte-Carlo errors, (target, horizon), of a thousand draws of the posterior, for what is on file."""
    with database.read() as connection:
        run = read_run(connection, 1)
        _, _, problem = read_problem(connection, When(as_of=as_of))
    parameters = read_draws(path_of(database.posteriors.folder, str(run.posterior_hash)), 1000).parameters
    filtered = build_exposure(problem).filtered
    values = project(problem, filtered, parameters, SHIPPED, paths=PATHS_PER_DRAW, seed=run.seed).targets
    return values.mean(axis=0), values.std(axis=0) / np.sqrt(len(values))


def test_some_draws_are_draws_of_the_whole_posterior(database: Database) -> None:
    with database.read() as connection:
        path = path_of(database.posteriors.folder, str(read_run(connection, 1).posterior_hash))
    tree = az.from_netcdf(path)
    whole = parameters_of(tree, SHIPPED)
    tree.close()
    all_of_them, some = read_draws(path, 4000).parameters, read_draws(path, 100).parameters
    for name in Parameters.__slots__:
        np.testing.assert_array_equal(getattr(all_of_them, name), getattr(whole, name))
    assert len(some.unit) == 100
    assert set(some.unit) < set(whole.unit)


def test_for_what_the_full_update_read_it_says_what_that_said(database: Database) -> None:
    anchor = anchor_of(database)
    assert anchor.base is not None
    with database.read() as connection:
        rows = read_rows(connection, When(as_of=PUBLISHED_AS_OF))
        published = read_targets(connection, 1)
    reading = take_reading(rows)
    found = {(row.target, row.horizon_days, row.deadline): row for row in shift(anchor, reading, reading, None).targets}
    for row in published:
        mine = found[(row.target, row.horizon_days, row.deadline)]
        # The headline is met exactly, the others about as well as the update itself knows them.
        close = 1e-5 if row.target == "arms_control_talks" else 4 * row.mcse + 1e-3
        assert mine.mean == pytest.approx(row.mean, abs=close)
        assert mine.mcse == pytest.approx(row.mcse, rel=1e-6)
        assert mine.base_rate == pytest.approx(row.base_rate)


def test_where_only_states_changed_it_agrees_with_a_full_projection_of_the_same_posterior(desk: Desk) -> None:
    """Within four standard errors: of the hundred draws' way from the anchor, and of the full projection itself.

    The changes agree within far less, as both sides keep their draws and random numbers.
    """
    before, _ = full_projection(desk.database, TODAY)
    receipt = code(desk)
    after, errors = full_projection(desk.database, TODAY)
    assert receipt.forecast is not None
    found = np.array([row.mean for row in receipt.forecast.targets]).reshape(after.shape)
    stated = np.array([row.mcse for row in receipt.forecast.targets]).reshape(after.shape)
    assert (np.abs(found - after) <= 4 * np.hypot(stated, errors) + 1e-4).all()
    headline = TARGETS.index("arms_control_talks")
    for moved, full in zip(receipt.forecast.shifts, (after - before)[headline], strict=True):
        assert moved.new - moved.old == pytest.approx(full, abs=4 * moved.error + 2e-3)
        assert moved.error < 0.01


def test_what_is_stored_is_what_was_shown_and_coherent(desk: Desk) -> None:
    receipt = code(desk)
    assert receipt.forecast is not None
    assert receipt.run is not None
    with desk.database.read() as connection:
        run = read_run(connection, receipt.run)
        targets, scenarios = read_targets(connection, run.id), read_scenarios(connection, run.id)
    assert (run.kind, run.status, run.as_of) == ("provisional", "published", TODAY)
    assert run.detail["posterior_of"] == 1
    assert sorted(targets, key=str) == sorted(receipt.forecast.targets, key=str)
    by_target: dict[str, list[float]] = {}
    for row in targets:
        assert row.q05 <= row.q25 <= row.q50 <= row.q75 <= row.q95
        by_target.setdefault(row.target, []).append(row.mean)
    for means in by_target.values():
        assert means == sorted(means)
    for inner, outer in CONTAINED:
        assert all(a <= b + 1e-12 for a, b in zip(by_target[inner], by_target[outer], strict=True))
    for reach in {(row.horizon_days, row.deadline) for row in scenarios}:
        shares = [row.probability for row in scenarios if (row.horizon_days, row.deadline) == reach]
        assert sum(shares) == pytest.approx(1)


def test_replaying_what_was_recorded_gives_the_inputs_of_the_run(desk: Desk) -> None:
    receipt = code(desk)
    code(desk, -1, note="later")
    with desk.database.read() as connection:
        run = read_run(connection, receipt.run or 0)
        _, _, problem = read_problem(connection, When(as_of=run.as_of, as_recorded=run.as_recorded))
    assert inputs_hash(problem) == run.inputs_hash


def test_each_entry_begins_where_the_last_one_ended(desk: Desk) -> None:
    receipts = [code(desk, level, note=str(level)) for level in (2, 1, -2)]
    forecasts = [receipt.forecast for receipt in receipts]
    for first, second in pairwise(forecasts):
        assert first is not None
        assert second is not None
        assert [moved.new for moved in first.shifts] == [moved.old for moved in second.shifts]


def test_another_desk_says_the_same(desk: Desk) -> None:
    code(desk, note="first")
    cold = Desk(desk.database, "kim", day=lambda: TODAY)
    warm = code(desk, -2, note="second", dry_run=True)  # type: ignore[arg-type]
    again = code(cold, -2, note="second", dry_run=True)  # type: ignore[arg-type]
    assert warm.forecast is not None
    assert again.forecast is not None
    assert warm.forecast.shifts == again.forecast.shifts


def test_one_origin_twice_moves_nothing(desk: Desk) -> None:
    code(desk, origin="wire-7")
    again = code(desk, origin="wire-7", analyst="lee")
    assert again.forecast is not None
    assert all(moved.old == moved.new for moved in again.forecast.shifts)


def test_a_better_level_says_more(desk: Desk) -> None:
    """The sanity law, without a fit: press_tone favours talks, whatever the posterior makes of it."""
    low, high = (code(desk, level, dry_run=True).forecast for level in (-2, 2))  # type: ignore[arg-type]
    anchor = anchor_of(desk.database)
    effect = anchor.weights @ anchor.parameters.effect[:, 0, 0]
    assert low is not None
    assert high is not None
    assert effect > 0
    assert any(a.new < b.new for a, b in zip(low.shifts, high.shifts, strict=True))


def test_events_and_attestations_move_it_as_well(desk: Desk) -> None:
    began = add_event(desk, "talks", on=date(2019, 6, 20), source="Gazette", framing="arms_control")
    assert began.forecast is not None
    assert all(moved.new > moved.old for moved in began.forecast.shifts)
    assert not began.forecast.run.dry
    silent = attest(Desk(desk.database, "kim", day=lambda: date(2020, 6, 1)), date(2020, 5, 1))
    assert silent.forecast is not None
    assert silent.forecast.run.complete_through == date(2020, 5, 1)


LATER = date(2019, 7, 20)
REPORTED = {"reporting": {kind: {"share": 0.8, "delay_days": 5} for kind in ("talks", "contact", "crisis", "deal")}}


def readings_around(database: Database, days: range) -> tuple[Reading, Reading]:
    """What is on file before and after contacts on days of June, in a case that says how much is reported.

    It is attested as far as the run had read.
    """
    with database.read() as connection:
        rows = read_rows(connection, When(as_of=LATER))
    attested = tuple(replace(row, complete_through=PUBLISHED_AS_OF) for row in rows.completeness)
    before = replace(rows, completeness=attested, case=replace(rows.case, priors=REPORTED))
    one = next(event for event in rows.events if event.type == "contact")
    contacts = tuple(
        replace(one, event_id=f"C{day}", started_on=day, ended_on=day, known_on=day)
        for day in (date(2019, 6, each) for each in days)
    )
    return take_reading(before), take_reading(replace(before, events=(*before.events, *contacts)))


def answer_to(database: Database, before: Reading, after: Reading) -> tuple[Anchor, Provisional]:
    with database.read() as connection:
        anchor = read_anchor_for((before, after), connection, database.posteriors, "toy", LATER)
    return anchor, shift(anchor, before, after, None)


def test_an_event_is_seen_by_weights_on_more_draws_and_done_without(database: Database) -> None:
    """A contact speaks for all rates under which it was likely; had it been brought about, it would speak for none."""
    readings = readings_around(database, range(10, 11))
    anchor, found = answer_to(database, *readings)
    assert len(anchor.weights) == provisional.TAUGHT_DRAWS
    assert found.untaught == ""
    for seen, done in zip(found.by_target["contact"], found.done["contact"], strict=True):
        assert seen.old == done.old
        assert done.old < done.new < seen.new
    silent, reported = (anchor.stand(each.solvable, reporting_of(REPORTED)) for each in readings if each.solvable)
    soon = silent.projection.targets[:, TARGETS.index("contact"), 0]
    assert np.corrcoef(reported.log_likelihood - silent.log_likelihood, np.log(soon))[0, 1] > 0.9


def test_of_what_its_draws_cannot_stand_for_they_learn_a_part_and_say_so(database: Database) -> None:
    """Many contacts move a forecast further than one: never back to where it would be had they taught nothing."""
    one, many = (answer_to(database, *readings_around(database, days))[1] for days in (range(10, 11), range(2, 30, 3)))
    assert (one.untaught, one.taught, many.taught) == ("", True, True)
    for seen, done, less in zip(*(each["contact"] for each in (many.by_target, many.done, one.by_target)), strict=True):
        assert done.new < seen.new
        assert less.new < seen.new
    assert many.untaught.startswith(
        "only in part in these numbers: what events and attestations since run 1 teach of the rates, which is more "
        "than its fit can stand for ("
    )
    assert many.untaught.endswith("; run `parley update`")


def test_what_is_new_on_days_that_the_fit_read_is_not_learnt_and_said(database: Database) -> None:
    before, _ = readings_around(database, range(0))
    one = next(event for event in before.rows.events if event.type == "contact")
    missed = replace(one, event_id="C0", started_on=date(2018, 3, 3), ended_on=date(2018, 3, 3))
    after = take_reading(replace(before.rows, events=(*before.rows.events, missed)))
    _, found = answer_to(database, before, after)
    assert not found.taught
    assert found.untaught == (
        "not in these numbers: what is new on days that run 1 had read as complete, and teaches of the rates; "
        "run `parley update`"
    )


def test_where_nothing_is_said_of_reports_only_what_is_attested_teaches(desk: Desk) -> None:
    """A contact after what is attested places the chain of the toy case and no more; silence attested teaches."""
    later = Desk(desk.database, "kim", day=lambda: date(2020, 2, 1))
    told = receipt_json(add_event(later, "contact", on=date(2020, 1, 10), source="Gazette"))["forecast"]
    for target, shifts in told["targets"].items():
        for seen, done in zip(shifts, told["do"][target], strict=True):
            assert seen["new"] == pytest.approx(done["new"], rel=1e-12)
    attested = receipt_json(attest(later, date(2020, 1, 31)))["forecast"]
    seen, done = (attested[name]["contact"][-1]["new"] for name in ("targets", "do"))
    assert seen != pytest.approx(done, rel=1e-4)


def test_a_run_whose_reading_cannot_be_rebuilt_gives_changes_and_says_so(desk: Desk) -> None:
    with desk.database.write() as connection:
        earlier = replace(read_run(connection, 1), inputs_hash="0" * 64)
        run_id = append_run(connection, earlier, earlier.recorded_at)
        append_run_status(connection, run_id, "published", earlier.detail, earlier.recorded_at)
    receipt = code(desk)
    assert receipt.forecast is not None
    assert receipt.forecast.source == run_id
    assert not receipt.forecast.anchored
    assert any(moved.old != moved.new for moved in receipt.forecast.shifts)


def test_what_stands_in_its_way_is_said_and_costs_no_entry(desk: Desk) -> None:
    run_file = next((desk.database.folder / "posteriors").glob("*.nc"))
    moved = run_file.rename(run_file.with_suffix(".moved"))
    receipt = code(desk, note="without a posterior")
    assert receipt.stored
    assert receipt.forecast is None
    assert "is missing; restore it from a backup" in receipt.remark
    run_file.write_bytes(b"not a posterior")
    assert "cannot be read" in code(desk, note="a broken one").remark
    run_file.unlink()
    moved.rename(run_file)
    assert code(desk, note="back").forecast is not None


def test_without_a_published_run_it_names_the_command(tmp_path: Path) -> None:
    with (
        install_toy(tmp_path) as database,
        pytest.raises(NoPosterior, match=r"^no forecast has been published yet; `parley update` will give one$"),
    ):
        anchor_of(database)


def test_where_the_only_run_is_of_a_day_ahead_its_posterior_serves(database: Database) -> None:
    """A clock that ran ahead, once, does not take the desk's answers away."""
    anchor = anchor_of(database, today=date(2019, 5, 1))
    assert (anchor.run.id, anchor.run.as_of) == (1, PUBLISHED_AS_OF)


def test_a_changed_case_asks_for_an_update(database: Database) -> None:
    anchor = anchor_of(database)
    with database.read() as connection:
        rows = read_rows(connection, When(as_of=TODAY))
    changed = take_reading(replace(rows, case=replace(rows.case, case_hash="f" * 64)))
    with pytest.raises(NoPosterior, match="the case has changed since run 1; run `parley update`"):
        shift(anchor, changed, changed, None)
