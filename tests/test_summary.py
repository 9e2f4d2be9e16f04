"""What a run says: the keys other programs rely on, the last good forecast, and its age."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import ATTESTATION, RUN
from toy_backtests import make_backtest, store_backtest
from toy_runs import AS_OF, FAILURES, SCENARIOS, TARGETS, add_run, install_toy, toy_targets

from db.append import append_completeness, append_run, append_run_status
from db.engine import Database
from db.errors import StoreError
from forecast.errors import NoForecast
from forecast.facts.summary import Summary
from forecast.facts.track import Unscored
from forecast.record.summary import as_json, read_summary, read_track
from forecast.words.english.leaning import judgement_sentence
from forecast.words.english.quality import track_sentence

TODAY = AS_OF + timedelta(days=3)
ISSUED = datetime(2016, 1, 1, 12, tzinfo=UTC)
"""On the as-of date of the run of the small case."""


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Database]:
    with install_toy(tmp_path) as database:
        yield database


def _summary(database: Database, run_id: int | None = None, as_of: date | None = None) -> Summary:
    with database.read() as connection:
        return read_summary(connection, TODAY, run_id=run_id, as_of=as_of)


def _json(database: Database, run_id: int | None = None, as_of: date | None = None) -> dict[str, Any]:
    return as_json(_summary(database, run_id, as_of))


def test_the_names_other_programs_use(toy: Database) -> None:
    add_run(toy)
    said = _json(toy)
    assert said["run"].keys() >= {"id", "as_of", "kind", "status", "seed", "inputs_hash", "code_version", "diagnostics"}
    assert said["run"]["diagnostics"].keys() == {"rhat_max", "ess_bulk_min", "ess_tail_min", "divergences", "draws"}
    assert said["situation"].keys() >= {"dry", "days_since_talks", "complete_through", "p_dry_now"}
    for row in said["targets"]:
        assert ("horizon_days" in row) != ("deadline" in row)
        assert row.keys() >= {"target", "mean", "mcse", "q05", "q25", "q50", "q75", "q95", "run_id"}
        assert row.keys() >= {"base_rate", "documents_only", "history_only"}
    for window in said["scenarios"]:
        assert ("horizon_days" in window) != ("deadline" in window)
        assert tuple(window["probabilities"]) == SCENARIOS
        assert sum(window["probabilities"].values()) == pytest.approx(1.0)
    assert {row["target"] for row in said["targets"]} == set(TARGETS)
    for state in said["indicators"]:
        assert state.keys() >= {"id", "mean", "sd", "active", "last_observed_on", "stale_days"}


def test_a_published_run_is_its_own_forecast(toy: Database) -> None:
    run_id = add_run(toy)
    said = _json(toy)
    assert (said["run"]["status"], said["forecast_run_id"]) == ("published", run_id)
    assert said["stale"] == {"age_days": 3, "newer_run": None, "overdue": False, "owed_as_of": None}
    assert {row["run_id"] for row in said["targets"]} == {run_id}


def test_an_indicator_is_stale_after_twice_its_cadence(toy: Database) -> None:
    add_run(toy)
    states = {row["id"]: (row["stale_days"], row["stale"]) for row in _json(toy)["indicators"]}
    assert states == {"press_tone": (88, True), "border_posture": (12, False), "harvest": (None, False)}


def test_a_rejected_run_carries_the_last_good_forecast(toy: Database) -> None:
    good = add_run(toy)
    bad = add_run(toy, as_of=TODAY, status="rejected", failures=FAILURES)
    said = _json(toy, run_id=bad)
    assert (said["run"]["id"], said["run"]["status"], said["forecast_run_id"]) == (bad, "rejected", good)
    assert said["run"]["failures"] == list(FAILURES)
    assert {row["run_id"] for row in said["targets"]} == {good}
    assert said["situation"]["as_of"] == AS_OF


def test_a_rejected_run_without_a_forecast_before_it_has_no_targets(toy: Database) -> None:
    add_run(toy, status="rejected", failures=FAILURES)
    said = _json(toy)
    assert (said["run"]["status"], said["forecast_run_id"], said["targets"]) == ("rejected", None, [])
    assert (said["scenarios"], said["indicators"], said["judgement"]) == ([], [], None)


def test_the_last_good_forecast_stands_and_names_the_attempt_after_it(toy: Database) -> None:
    good = add_run(toy)
    bad = add_run(toy, as_of=TODAY, status="rejected", failures=FAILURES)
    said = _json(toy)
    assert said["run"]["id"] == good
    assert said["stale"]["newer_run"] == {
        "id": bad,
        "as_of": TODAY,
        "status": "rejected",
        "failures": list(FAILURES),
    }


def test_a_failure_that_a_later_run_mended_is_not_mentioned(toy: Database) -> None:
    add_run(toy, status="rejected", failures=FAILURES)
    good = add_run(toy)
    said = _json(toy)
    assert (said["run"]["id"], said["stale"]["newer_run"]) == (good, None)


def test_a_later_forecast_for_an_earlier_day_does_not_replace_the_current_one(toy: Database) -> None:
    current = add_run(toy)
    add_run(toy, as_of=date(2015, 1, 1), kind="backfill")
    assert _json(toy)["run"]["id"] == current


def test_a_day_of_the_past_is_not_called_stale(toy: Database) -> None:
    run_id = add_run(toy)
    assert _json(toy, as_of=AS_OF)["stale"]["age_days"] is None
    assert _json(toy, run_id=run_id)["stale"]["age_days"] is None


def test_nothing_to_show_names_what_to_run(toy: Database) -> None:
    with pytest.raises(NoForecast, match=r"^nothing has been published yet; run `parley update`$"):
        _summary(toy)
    add_run(toy)
    what = (
        "no run as of 2020-01-03; the last before it is run 1, as of 2020-01-01; run `parley update --as-of 2020-01-03`"
    )
    with pytest.raises(NoForecast, match=f"^{what}$"):
        _summary(toy, as_of=date(2020, 1, 3))
    with pytest.raises(NoForecast, match=r"^2021-01-01 lies ahead; the latest date a forecast can be of is today"):
        _summary(toy, as_of=date(2021, 1, 1))
    with pytest.raises(StoreError, match=r"^no run 9; runs go from 1 to 1$"):
        _summary(toy, run_id=9)


def test_the_share_of_judgement_is_told_at_the_longest_rolling_horizon(toy: Database) -> None:
    add_run(toy)
    sentence = judgement_sentence(_summary(toy))
    assert sentence is not None
    assert sentence.startswith(
        "How much is judgement: without the documents' judgements it would be 29 % for arms-control talks in 365 d, "
        "with them it is 25 %; the documents alone, from a base rate of 26 %, say 28 %."
    )


def test_it_says_how_good_the_forecasts_are_and_what_live_ones_were_worth(toy: Database) -> None:
    add_run(toy)
    said = _json(toy)
    unknown = "How good these forecasts are has not been measured for this case yet; run `parley backtest`."
    assert said["quality"] == {
        "sentence": unknown,
        "model_version": None,
        "as_of": None,
        "note": None,
        "structure": None,
    }
    assert said["track_record"].startswith("No live forecast of arms-control talks has been resolved yet: the first ")
    store_backtest(toy, make_backtest(first=date(2000, 1, 1)), version="0" * 8, changes={"quality": "Fair."})
    said = _json(toy)["quality"]
    assert (said["sentence"], said["model_version"], said["as_of"]) == ("Fair.", "0" * 8, date(2020, 1, 1))
    assert said["note"].startswith("That backtest was of model version 00000000; this is ")


def test_live_forecasts_that_cannot_be_scored_do_not_hide_the_forecast(small: Database) -> None:
    """Of the small case's events only talks are attested."""
    with small.write() as connection:
        append_completeness(connection, [ATTESTATION], ISSUED)
        append_run_status(connection, append_run(connection, RUN, ISSUED), "published", {}, ISSUED)
    with small.read() as connection:
        found = read_track(connection, date(2020, 1, 1), "small")
    assert isinstance(found, Unscored)
    assert found.types[0] == "contact"
    assert track_sentence(found).startswith(
        "Live forecasts cannot be scored: no one has attested how far events of type contact, "
    )


def test_without_the_forecasts_beside_it_nothing_is_said_of_judgement(toy: Database) -> None:
    bare = [replace(row, base_rate=None, documents_only=None, history_only=None) for row in toy_targets()]
    add_run(toy, targets=bare)
    assert judgement_sentence(_summary(toy)) is None
