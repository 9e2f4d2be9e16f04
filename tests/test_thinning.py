"""`parley keep`: what is thinned says what its run said, what is protected stays whole, and nothing is lost unsaid."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import xarray as xr
from schedule_worlds import leader_of, settings_of
from sqlalchemy import select
from thinning_worlds import posterior, stored
from toy_case import write_toy_case
from toy_runs import LOADED, add_run, toy_targets

from db import keeping
from db.append import append_report, append_run_name
from db.backup import write_backup
from db.engine import Database
from db.errors import Conflict, StoreError
from db.keeping import MONTH_END, NAMED, NEWEST, RECENT, REPORTED, sweep
from db.posteriors import keep, opened, orphans, prepare
from db.read_runs import read_posterior_hashes, read_run
from db.run_rows import NewReport, NewRunName
from db.tables import run_names, thinnings
from db.verify import verify_store
from forecast.cli.app import run as parley
from forecast.engine import thinning
from forecast.engine.posterior_file import SAID, write_posterior
from forecast.engine.thinning import DRAWS, Kept, standing_for, thin_posteriors
from forecast.schedule.settings import KeepSettings
from forecast.schedule.steps import thin_old_posteriors
from forecast.words.numbers import run_numbers
from indicators.folder import read_case_folder
from indicators.install import install_case
from models.raking import effective_size

TODAY = datetime(2020, 6, 15, 12, tzinfo=UTC)


@pytest.fixture
def desk(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A toy desk on either database, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    install_case(database, read_case_folder(write_toy_case(tmp_path / "toy")), LOADED)
    return database


def thinned(database: Database, **options: bool) -> Kept:
    return thin_posteriors(database, clock=lambda: TODAY, **options)


def test_the_draws_that_stay_say_what_the_run_said() -> None:
    said = toy_targets()
    some = standing_for(posterior(), said)
    assert some is not None
    shares, targets = some[SAID]["share"].to_numpy().ravel(), some[SAID]["targets"].to_numpy()
    assert shares.size == DRAWS
    assert shares.sum() == pytest.approx(1)
    assert (shares > 0).all()
    assert effective_size(shares) > DRAWS / 2
    means = shares @ targets.reshape(DRAWS, -1)
    assert means == pytest.approx([row.mean for row in said], abs=1e-5)


def test_where_few_cannot_say_it_more_are_kept_and_where_half_cannot_all_are() -> None:
    far = [replace(row, mean=row.mean + 0.35) for row in toy_targets()]
    assert standing_for(posterior(), far) is None
    assert standing_for(posterior(draws=150), toy_targets()) is None, "400 of 600 are hardly fewer"
    assert standing_for(posterior(said=False), toy_targets()) is None, "an older file does not say what its draws say"


def test_what_is_protected_stays_whole_and_the_rest_is_thinned(desk: Database) -> None:
    days = [date(2020, 1, 10), date(2020, 1, 20), date(2020, 2, 3), date(2020, 2, 4), date(2020, 2, 5)]
    days += [date(2020, 2, 29), date(2020, 6, 1), date(2020, 6, 2)]
    runs = [stored(desk, day, number) for number, day in enumerate(days)]
    refused = stored(desk, date(2020, 3, 2), 20, status="rejected")
    older = stored(desk, date(2020, 2, 2), 21, said=False)
    with desk.write() as connection:
        append_report(connection, brief(runs[2]), TODAY)
        append_run_name(connection, NewRunName(runs[3], "before the summit", "kim"), TODAY)
    rehearsed = thinned(desk, dry_run=True)
    done = thinned(desk)
    assert rehearsed == done
    assert done.whole == {MONTH_END: 2, REPORTED: 1, NAMED: 1, RECENT: 1, NEWEST: 1}
    assert set(done.thinned) == {runs[0], runs[4], refused}
    assert done.beyond == (older,)
    assert done.freed > 0
    before = tuple(sorted(done.thinned))
    assert thinned(desk) == Kept(whole=done.whole, thinned=(), beyond=(older,), freed=0, thinned_before=before)


def brief(run_id: int) -> NewReport:
    return NewReport(
        case_id="toy", run_id=run_id, since_run_id=None, language="en", format="md", sha256="0" * 64, code_version="1"
    )


def test_a_thinning_is_recorded_and_everything_that_checks_accepts_it(desk: Database, tmp_path: Path) -> None:
    first = stored(desk, date(2020, 1, 10), 1)
    stored(desk, date(2020, 1, 20), 2)
    with desk.read() as connection:
        whole = read_run(connection, first).posterior_hash
    assert thinned(desk).thinned == (first,)
    with desk.read() as connection:
        (row,) = connection.execute(thinnings.select()).all()
        run = read_run(connection, first)
        assert (row.run_id, row.old_hash, row.new_hash) == (first, whole, run.file_hash)
        assert row.rule == "older than 30 days and not protected: 100 draws of each chain"
        assert run.posterior_hash == whole
        assert verify_store(connection, desk.posteriors).sound
        with opened(connection, desk.posteriors, str(run.file_hash)) as path, xr.open_datatree(path) as tree:
            assert tree.attrs["thinned_from"] == whole
            assert "sample_stats" not in tree
        with pytest.raises(StoreError, match=r"^posterior .*; restore it from a backup"):
            opened(connection, desk.posteriors, str(whole)).__enter__()
    assert write_backup(desk, tmp_path / "b.zip").contents.sound


def test_what_a_keep_that_was_cut_off_has_left_is_swept(desk: Database) -> None:
    first = stored(desk, date(2020, 1, 10), 1)
    stored(desk, date(2020, 1, 20), 2)
    with desk.read() as connection:
        whole = str(read_run(connection, first).posterior_hash)
    thinned(desk)
    assert sweep(desk) == 0
    file = prepare(desk.posteriors, lambda path: write_posterior(posterior(1), path))
    assert file.digest == whole, "the same posterior has the same bytes"
    with desk.write() as connection:
        keep(connection, file)
    assert sweep(desk) == 1
    assert sweep(desk) == 0


def test_two_runs_of_one_posterior_are_kept_for_either(desk: Database) -> None:
    first = stored(desk, date(2020, 1, 10), 1)
    second = stored(desk, date(2020, 1, 11), 1)
    stored(desk, date(2020, 1, 20), 2)
    with desk.write() as connection:
        append_run_name(connection, NewRunName(second, "kept", "kim"), TODAY)
    assert thinned(desk).whole == {NAMED: 1, NEWEST: 1}
    with desk.read() as connection:
        assert read_run(connection, first).thinned_hash is None


def test_a_brief_of_a_forecast_without_a_fit_protects_the_posterior_that_it_used(desk: Database) -> None:
    first = stored(desk, date(2020, 1, 10), 1)
    stored(desk, date(2020, 1, 20), 2)
    with desk.read() as connection:
        whole = str(read_run(connection, first).posterior_hash)
    provisional = add_run(desk, as_of=date(2020, 1, 11), kind="provisional", posterior_hash=whole)
    with desk.write() as connection:
        append_report(connection, brief(provisional), TODAY)
    assert thinned(desk).whole == {REPORTED: 1, NEWEST: 1}


def test_a_name_is_given_once(desk: Database) -> None:
    first, second = (stored(desk, date(2020, 1, day), day) for day in (10, 11))
    with desk.write() as connection:
        append_run_name(connection, NewRunName(first, "baseline", "kim"), TODAY)
    with pytest.raises(Conflict, match="name"), desk.write() as connection:
        append_run_name(connection, NewRunName(second, "baseline", "kim"), TODAY)


def test_the_service_thins_where_the_settings_say_so(desk: Database) -> None:
    first = stored(desk, date(2020, 1, 10), 1)
    stored(desk, date(2020, 1, 20), 2)
    leader = leader_of(desk, lambda: TODAY, settings_of())
    thin_old_posteriors(leader)
    with desk.read() as connection:
        assert read_run(connection, first).thinned_hash is None
    thin_old_posteriors(replace(leader, settings=replace(leader.settings, keep=KeepSettings(thin=True))))
    with desk.read() as connection:
        assert read_run(connection, first).thinned_hash is not None


def test_the_command_says_what_it_would_do_and_does_it(
    desk: Database, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PARLEY_DATABASE_URL", database_url)
    stored(desk, date(2020, 1, 10), 1)
    last = stored(desk, date(2020, 1, 20), 2)
    assert parley(["keep", "--dry-run"]) == 0
    assert "would be thinned    1; 0.2 MB would be freed" in capsys.readouterr().out
    assert parley(["keep", "--json"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert (done["thinned"], done["whole"], done["swept"]) == ([1], {NEWEST: 1}, 0)
    assert parley(["verify"]) == 0
    capsys.readouterr()
    assert parley(["keep", "--run", str(last), "--name", "baseline", "--analyst", "kim"]) == 0
    assert capsys.readouterr().out == f"run {last} is named baseline; its posterior is kept whole\n"
    assert parley(["keep", "--run", "1", "--name", " baseline", "--analyst", "kim"]) == 1
    assert capsys.readouterr().err == f"error: run {last} is already named baseline; give another name\n"


def test_two_that_thin_at_once_leave_what_rows_name(desk: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second has prepared the same draws when the first has stored them: they are not its own to take back."""
    stored(desk, date(2020, 1, 10), 1)
    stored(desk, date(2020, 1, 20), 2)
    replace_really = thinning.replace_posterior

    def after_another(*arguments: Any) -> bool:
        monkeypatch.setattr(thinning, "replace_posterior", replace_really)
        thinned(desk)
        return replace_really(*arguments)

    monkeypatch.setattr(thinning, "replace_posterior", after_another)
    thinned(desk)
    with desk.read() as connection:
        assert verify_store(connection, desk.posteriors).sound


def test_what_is_named_meanwhile_stays_whole_and_its_draws_are_taken_back(
    desk: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = stored(desk, date(2020, 1, 10), 1)
    stored(desk, date(2020, 1, 20), 2)
    replace_really = thinning.replace_posterior

    def after_naming(*arguments: Any) -> bool:
        with desk.write() as connection:
            append_run_name(connection, NewRunName(first, "kept", "kim"), TODAY)
        return replace_really(*arguments)

    monkeypatch.setattr(thinning, "replace_posterior", after_naming)
    assert thinned(desk).beyond == (first,)
    with desk.read() as connection:
        assert verify_store(connection, desk.posteriors).sound
        assert orphans(desk.posteriors.folder, read_posterior_hashes(connection)) == ()


def test_the_runs_are_read_once_however_many_are_thinned(desk: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in (10, 11, 12, 20):
        stored(desk, date(2020, 1, day), day)
    reads: list[None] = []
    read_really = keeping.read_posteriors

    def counted(*arguments: Any) -> Any:
        reads.append(None)
        return read_really(*arguments)

    for module in (keeping, thinning):
        monkeypatch.setattr(module, "read_posteriors", counted, raising=False)
    assert len(thinned(desk).thinned) == 3
    assert len(reads) == 1


@pytest.fixture
def commanded(
    desk: Database, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """What a command prints about a desk of two runs, of which the first may be thinned."""
    monkeypatch.setenv("PARLEY_DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "200")
    stored(desk, date(2020, 1, 10), 1)
    stored(desk, date(2020, 1, 20), 2)

    def said(*arguments: str) -> str:
        assert parley(list(arguments)) == 0
        return capsys.readouterr().out

    return said


NAMING = ("keep", "--analyst", "kim", "--run", "2", "--name")


def names_of(desk: Database) -> list[tuple[int, str]]:
    with desk.read() as connection:
        rows = connection.execute(select(run_names.c.run_id, run_names.c.name).order_by(run_names.c.id)).all()
    return [(row.run_id, row.name) for row in rows]


def test_a_rehearsal_of_a_name_stores_nothing(desk: Database, commanded: Callable[..., str]) -> None:
    said = "run 2 would be named baseline; its posterior would be kept whole\n"
    assert commanded(*NAMING, "baseline", "--dry-run") == said
    found = json.loads(commanded(*NAMING, "baseline", "--dry-run", "--json"))
    assert found == {
        "dry_run": True,
        "run": 2,
        "name": "baseline",
        "stored": False,
        "already": False,
        "kept_whole": True,
        "thinned_at": None,
        "draws_left": None,
    }
    assert names_of(desk) == []


def test_a_name_is_kept_as_other_texts_are(
    desk: Database, commanded: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    commanded(*NAMING, " before\nthe\u200bsummit ")
    assert names_of(desk) == [(2, "before thesummit")]
    assert commanded(*NAMING, "before\rthesummit") == "run 2 is already named before thesummit; nothing to do\n"
    found = json.loads(commanded(*NAMING, "before thesummit", "--json"))
    assert (found["stored"], found["already"]) == (False, True)
    assert names_of(desk) == [(2, "before thesummit")]
    assert parley([*NAMING, "x" * 1001]) == 1
    assert capsys.readouterr().err == "error: name: has 1001 characters; write at most 1000\n"


def test_of_a_thinned_run_that_is_named_it_is_said_what_is_left(desk: Database, commanded: Callable[..., str]) -> None:
    commanded("keep")
    with desk.read() as connection:
        thinned_at = read_run(connection, 1).thinned_at
        assert thinned_at is not None
    left = f"its posterior was thinned on {thinned_at:%Y-%m-%d}, and 400 draws are left"
    naming = ("keep", "--analyst", "kim", "--run", "1", "--name", "late")
    assert commanded(*naming, "--dry-run") == f"run 1 would be named late; {left}\n"
    found = json.loads(commanded(*naming, "--json"))
    assert (found["stored"], found["kept_whole"], found["draws_left"]) == (True, False, 400)
    assert commanded(*naming[:-1], "later") == f"run 1 is named later; {left}\n"


def test_names_are_seen_wherever_runs_are(commanded: Callable[..., str], tmp_path: Path) -> None:
    assert "named" not in commanded("runs") + commanded("show")
    assert [one["names"] for one in json.loads(commanded("runs", "--json"))["runs"]] == [[], []]
    for name in ("baseline", "before the summit"):
        commanded(*NAMING, name)
    assert "named baseline; named before the summit" in commanded("runs")
    both = ["baseline", "before the summit"]
    assert [one["names"] for one in json.loads(commanded("runs", "--json"))["runs"]] == [both, []]
    assert "  baseline; before the summit\n" in commanded("show", "--run", "2")
    assert json.loads(commanded("show", "--run", "2", "--json"))["run"]["names"] == both
    assert "named" not in commanded("show", "--run", "1")
    commanded("history", "--what", "runs", "--out", str(tmp_path / "runs.json"))
    rows = json.loads((tmp_path / "runs.json").read_text())
    assert [row["names"] for row in rows] == [[], both]


def test_which_runs_are_thinned_is_said(desk: Database, commanded: Callable[..., str]) -> None:
    for day in (11, 12, 14):
        stored(desk, date(2020, 1, day), day)
    rehearsed = commanded("keep", "--dry-run")
    assert "would be thinned    4; 0." in rehearsed
    assert "MB would be freed (runs 1, 3–5)\n" in rehearsed
    assert "thinned before" not in commanded("keep")
    assert "thinned before      4 (runs 1, 3–5)\n" in commanded("keep")
    assert json.loads(commanded("keep", "--json"))["thinned_before"] == [1, 3, 4, 5]
    listed = json.loads(commanded("runs", "--json"))["runs"]
    assert {one["id"] for one in listed if one["thinned"]} == {1, 3, 4, 5}


def test_show_says_that_a_run_is_thinned(desk: Database, commanded: Callable[..., str]) -> None:
    assert "thinned" not in commanded("show", "--run", "1")
    assert json.loads(commanded("show", "--run", "1", "--json"))["run"]["thinned"] is None
    commanded("keep")
    with desk.read() as connection:
        run = read_run(connection, 1)
    text = commanded("show", "--run", "1")
    assert f"  {run.thinned_hash}\n" in text
    assert "UTC: older than 30 days and not protected: 100 draws of each chain\n" in text
    assert str(run.posterior_hash) not in text
    found = json.loads(commanded("show", "--run", "1", "--json"))["run"]
    assert found["thinned"]["rule"] == run.thinned_by
    assert (found["posterior_hash"], found["thinned_hash"]) == (run.posterior_hash, run.thinned_hash)


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        ([3], "run 3"),
        ([9, 2, 1, 3], "runs 1–3, 9"),
        (list(range(1, 40, 2)), "runs 1, 3, 5, 7, 9, 11, 13, 15 and 12 more"),
    ],
)
def test_numbers_of_runs_are_shortened(ids: list[int], said: str) -> None:
    assert run_numbers(ids) == said


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["--name", "x"],
            2,
            "error: Invalid value for '--name': needs --run as well; write `parley keep --run ID --name NAME`",
        ),
        (["--run", "9", "--name", "x"], 1, "error: no run 9; runs go from 1 to 1"),
        (["--run", "1", "--name", " "], 2, "error: Invalid value for '--name': is empty; give a name of"),
        (["--days", "0"], 2, "error: Invalid value for '--days': '0' is not a whole number from 1 on"),
    ],
)
def test_what_it_does_not_take(
    desk: Database,
    database_url: str,
    arguments: list[str],
    code: int,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PARLEY_DATABASE_URL", database_url)
    stored(desk, date(2020, 1, 10), 1)
    assert parley(["keep", *arguments]) == code
    assert capsys.readouterr().err.startswith(message)
