"""One update, end to end on the toy case with a real sampler: what it stores, and what it leaves when refused."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import arviz as az
import numpy as np
import pytest
import xarray as xr
from conftest import PUBLISHED_AS_OF, SMALL_FIT
from sqlalchemy import text

from db.engine import Database, open_database
from db.errors import DatabaseUnwritable
from db.migrate import create_database
from db.posteriors import path_of
from db.read_runs import read_effects, read_run, read_states, read_targets
from db.when import When
from forecast.engine.assemble import read_problem
from forecast.engine.draws import read_draws
from forecast.engine.fit import PATHS_PER_DRAW
from forecast.engine.posterior_file import in_single
from forecast.engine.rows import reach_of
from forecast.engine.update import Outcome, update
from forecast.errors import NotEnough
from forecast.record.summary import as_json, read_summary
from forecast.run_facts import read_when
from models.projection import project
from models.spec import EFFECT_TARGETS, TARGETS
from models.states import filter_states
from models.structure import SHIPPED

AS_OF, SMALL = PUBLISHED_AS_OF, SMALL_FIT
TINY = replace(SMALL, draws=30, tune=30)


@pytest.fixture(scope="module")
def published(published_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Outcome]]:
    folder = tmp_path_factory.mktemp("update")
    shutil.copytree(published_folder, folder, dirs_exist_ok=True)
    with open_database(f"sqlite:///{folder / 'parley.db'}") as database:
        yield database, Outcome(1, "published")


def payload(database: Database, outcome: Outcome) -> dict[str, object]:
    with database.read() as connection:
        return as_json(read_summary(connection, AS_OF, run_id=outcome.run_id))


def test_a_sound_fit_is_published(published: tuple[Database, Outcome]) -> None:
    database, outcome = published
    assert outcome.status == "published"
    with database.read() as connection:
        run = read_run(connection, outcome.run_id)
        targets = read_targets(connection, outcome.run_id)
        effects = read_effects(connection, outcome.run_id)
        states = read_states(connection, outcome.run_id)
    assert run.detail["diagnostics"]["draws"] == SMALL.chains * SMALL.draws  # type: ignore[index]
    assert {row.target for row in targets} == set(TARGETS)
    assert {row.source for row in effects} == {"orientation", "documents", "history", "posterior"}
    assert len(effects) == 4 * len(EFFECT_TARGETS) * len(states)
    assert all(row.q05 <= row.q25 <= row.q50 <= row.q75 <= row.q95 for row in targets)


def test_the_posterior_lies_beside_the_database_under_its_hash(published: tuple[Database, Outcome]) -> None:
    database, outcome = published
    with database.read() as connection:
        run = read_run(connection, outcome.run_id)
    assert run.posterior_hash is not None
    file = path_of(database.posteriors.folder, run.posterior_hash)
    assert hashlib.sha256(file.read_bytes()).hexdigest() == run.posterior_hash
    tree = az.from_netcdf(file)
    assert tree.attrs["inputs_hash"] == run.inputs_hash
    assert tree.attrs["seed"] == str(run.seed)
    assert tree["posterior"]["weight"].dims == ("chain", "draw", "target", "indicator")
    tree.close()


def test_the_numbers_of_a_run_come_back_from_its_file(published: tuple[Database, Outcome]) -> None:
    """Means and quantiles from what its draws say, and what they say from the draws."""
    database, outcome = published
    with database.read() as connection:
        run, rows = read_run(connection, outcome.run_id), read_targets(connection, outcome.run_id)
        _, _, problem = read_problem(connection, read_when(run), case_id=run.case_id)
    file = path_of(database.posteriors.folder, str(run.posterior_hash))
    with xr.open_dataset(file, group="forecast") as said:
        targets, share = said["targets"].values.astype(np.float64), said["share"].values.ravel()
        assert said["of"].values.tolist() == list(TARGETS)
    draws = targets.reshape(-1, *targets.shape[2:])
    reach = {reach_of(horizon): h for h, horizon in enumerate(problem.horizons)}
    for row in rows:
        values = draws[:, TARGETS.index(row.target), reach[row.horizon_days, row.deadline]]
        assert share @ values == pytest.approx(row.mean, abs=1e-12)
        assert np.quantile(values, 0.95) == pytest.approx(row.q95, abs=1e-12)
    parameters = read_draws(file, len(draws)).parameters
    assert parameters is not None
    filtered = filter_states(problem.observations, problem.catalogue)
    again = in_single(project(problem, filtered, parameters, SHIPPED, paths=PATHS_PER_DRAW, seed=run.seed))
    assert again.targets == pytest.approx(draws, abs=1e-12)


def test_the_same_inputs_give_the_same_numbers(published: tuple[Database, Outcome]) -> None:
    database, outcome = published
    again = update(database, When(as_of=AS_OF), settings=SMALL)
    first, second = payload(database, outcome), payload(database, again)
    for part in ("scenarios", "indicators", "situation"):
        assert first[part] == second[part]
    strip = [{k: v for k, v in row.items() if k != "run_id"} for row in first["targets"]]  # type: ignore[attr-defined]
    assert strip == [{k: v for k, v in row.items() if k != "run_id"} for row in second["targets"]]  # type: ignore[attr-defined]
    assert first["run"]["posterior_hash"] == second["run"]["posterior_hash"]  # type: ignore[index]


def test_json_keeps_its_names(published: tuple[Database, Outcome]) -> None:
    found = payload(*published)
    json.dumps(found, default=str, allow_nan=False)
    run: dict[str, object] = found["run"]  # type: ignore[assignment]
    assert {"id", "as_of", "kind", "status", "seed", "inputs_hash", "code_version", "diagnostics"} <= set(run)
    assert {"rhat_max", "ess_bulk_min", "ess_tail_min", "divergences", "draws"} <= set(run["diagnostics"])  # type: ignore[call-overload]
    assert {"dry", "days_since_talks", "complete_through", "p_dry_now"} <= set(found["situation"])  # type: ignore[call-overload]
    for row in found["targets"]:  # type: ignore[attr-defined]
        assert {"target", "mean", "mcse", "q05", "q25", "q50", "q75", "q95"} <= set(row)
        assert {"base_rate", "documents_only", "history_only"} <= set(row)
        assert ("horizon_days" in row) != ("deadline" in row)
    for window in found["scenarios"]:  # type: ignore[attr-defined]
        assert sum(window["probabilities"].values()) == pytest.approx(1, abs=1e-9)


def test_a_refused_fit_leaves_the_last_good_forecast(published: tuple[Database, Outcome]) -> None:
    database, _ = published
    refused = update(database, When(as_of=AS_OF), settings=TINY)
    assert refused.status == "rejected"
    found = payload(database, refused)
    assert found["run"]["status"] == "rejected"  # type: ignore[index]
    assert found["run"]["diagnostics"]["ess_bulk_min"] < 400  # type: ignore[index]
    shown = {row["run_id"] for row in found["targets"]}  # type: ignore[attr-defined]
    assert refused.run_id not in shown
    assert len(shown) == 1


def test_too_early_and_too_late_dates_store_nothing(published: tuple[Database, Outcome]) -> None:
    database, _ = published
    before = count(database)
    with pytest.raises(NotEnough, match="holds less than a year; choose a date from"):
        update(database, When(as_of=date(1990, 1, 1)), settings=TINY)
    with pytest.raises(NotEnough, match="lies ahead; what will be known by then is not known"):
        update(database, When(as_of=date(2999, 1, 1)), settings=TINY)
    assert count(database) == before


def test_a_folder_that_cannot_hold_posteriors_is_noticed_first(tmp_path: Path) -> None:
    with create_database(f"sqlite:///{tmp_path / 'parley.db'}") as database:
        (tmp_path / "posteriors").write_text("in the way")
        with pytest.raises(DatabaseUnwritable, match=r"posteriors cannot be written .*; allow writing there"):
            update(database, When(as_of=AS_OF), settings=TINY)
        assert count(database) == 0


def test_a_sampler_that_was_stopped_publishes_nothing(
    published: tuple[Database, Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    """nutpie answers Ctrl-C with the draws it has; here it is asked for fewer than the settings say."""
    import nutpie

    database, _ = published
    before, whole = count(database), nutpie.sample

    def cut_short(model: object, *, draws: int, **settings: object) -> object:
        return whole(model, draws=draws // 2, **settings)

    monkeypatch.setattr(nutpie, "sample", cut_short)
    with pytest.raises(KeyboardInterrupt):
        update(database, When(as_of=AS_OF), settings=SMALL)
    assert count(database) == before


def count(database: Database) -> int:
    with database.read() as connection:
        return int(np.asarray(connection.execute(text("SELECT count(*) FROM runs")).scalar()))
