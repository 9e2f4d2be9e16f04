"""`parley show`: the headline first, every fact of the JSON in the text, nothing cut off at any width."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from brief_worlds import LOADED, install_shipped, store_run
from toy_runs import AS_OF, FAILURES, add_run, install_toy, toy_targets

from db.engine import Database
from forecast.cli.app import run
from forecast.words.names import target_name
from forecast.words.numbers import error_size, percent, percent_range

HEADLINE = "arms_control_talks"
NUMBERS = ("mean", "q50", "base_rate", "documents_only", "history_only")
type Command = Callable[..., tuple[int, str]]


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{tmp_path / 'parley.db'}")
    monkeypatch.setenv("COLUMNS", "80")
    with install_toy(tmp_path) as database:
        yield database


@pytest.fixture
def parley(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command; its exit code and what it printed."""

    def call(*arguments: str) -> tuple[int, str]:
        code = run(arguments)
        said = capsys.readouterr()
        assert said.err == ""
        return code, said.out

    return call


def _today() -> date:
    return datetime.now(UTC).date()


def test_the_first_three_lines_can_be_printed_as_they_are(toy: Database, parley: Command) -> None:
    add_run(toy, as_of=_today())
    _, text = parley("show")
    assert text.splitlines()[:3] == [
        f"Talks between Ruritania and Graustark, as of {_today()}",
        "P(arms-control talks in 365 d) = 25 % (90 % interval 20–30 %)",
        "10 % in 30 d, 15 % in 90 d, 20 % in 180 d, 30 % by 2022-01-01",
    ]


def test_a_target_is_a_block_with_its_windows_side_by_side(toy: Database, parley: Command) -> None:
    add_run(toy, as_of=_today())
    _, text = parley("show")
    assert (
        """
Arms-control talks (headline): at least one
                 in 30 d  in 90 d  in 180 d  in 365 d  by 2022-01-01
mean                10 %     15 %      20 %      25 %           30 %
± Monte Carlo        0.2      0.2       0.2       0.2            0.2
median              10 %     15 %      20 %      25 %           30 %
50 % interval   8.0–12 %  13–17 %   18–22 %   23–27 %        28–32 %
90 % interval   5.0–15 %  10–20 %   15–25 %   20–30 %        25–35 %
base rate           11 %     16 %      21 %      26 %           31 %
documents only      13 %     18 %      23 %      28 %           33 %
history only        14 %     19 %      24 %      29 %           34 %
"""
        in text
    )


@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_every_fact_of_the_json_stands_in_the_text(
    toy: Database, parley: Command, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    add_run(toy)
    _, text = parley("show")
    said = json.loads(parley("show", "--json")[1])
    flat = " ".join(text.split())
    for value in _leaves(said["run"]):
        assert value in flat
    for value in (said["situation"]["complete_through"], str(said["situation"]["days_since_talks"])):
        assert value in flat
    assert f"{said['judgement']} {said['quality']['sentence']} {said['track_record']}" in flat
    assert f"P(dry on {AS_OF}) = {percent(said['situation']['p_dry_now'])}" in flat
    for row in said["targets"]:
        _check_target(text, row)
    for row in said["scenarios"]:
        assert all(percent(p) in text for p in row["probabilities"].values())
    for row in said["indicators"]:
        block = text[text.index("Indicators: ") :].splitlines()
        line = next(line for line in block if line.startswith(row["id"]))
        level = f"{row['mean']:+.2f}".replace("-", "−") if row["active"] else "inactive"
        assert level in line
        assert ("stale" in line) == row["stale"]
        assert str(row["last_observed_on"] or "never") in line


def _leaves(run_facts: dict[str, Any]) -> Iterator[str]:
    d = run_facts["diagnostics"]
    yield from (f"R-hat ≤ {d['rhat_max']:.4f}", f"bulk ESS ≥ {d['ess_bulk_min']:.0f}")
    yield from (f"tail ESS ≥ {d['ess_tail_min']:.0f}", f"{d['divergences']} divergences in {d['draws']} draws")
    yield datetime.fromisoformat(run_facts["issued_at"]).strftime("%Y-%m-%d %H:%M:%S UTC")
    names = (
        "id",
        "case",
        "as_of",
        "kind",
        "status",
        "seed",
        "inputs_hash",
        "case_hash",
        "code_version",
        "posterior_hash",
    )
    yield from (str(run_facts[name]) for name in names)


def _check_target(text: str, row: dict[str, Any]) -> None:
    """Every number of a target stands in its block, in the column of its window."""
    title = target_name(row["target"])
    block = next(part for part in text.split("\n\n") if part.lower().startswith((f"{title}:", f"{title} (headline):")))
    header, *lines = block.splitlines()[1:]
    window = f"by {row['deadline']}" if "deadline" in row else f"in {row['horizon_days']} d"
    end = header.index(window) + len(window)
    cells = [line[:end].rstrip() for line in lines]
    shown = [percent(row[name]) for name in NUMBERS]
    shown += [error_size(row["mcse"]), percent_range(row["q25"], row["q75"]), percent_range(row["q05"], row["q95"])]
    assert len(cells) == len(shown)
    for number in shown:
        assert any(cell.endswith(number) for cell in cells), (row["target"], window, number)


@pytest.mark.parametrize("columns", [80, 120])
def test_nothing_is_cut_off_and_nothing_runs_over(
    toy: Database, parley: Command, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    add_run(toy, as_of=_today())
    _, text = parley("show")
    assert "…" not in text.replace("−2 hostile to talks … +2", "")
    assert max(map(len, text.splitlines())) <= columns
    assert not [line for line in text.splitlines() if line != line.rstrip()]


def test_a_forecast_that_a_rejected_run_left_standing_says_so_before_all_else(toy: Database, parley: Command) -> None:
    day = _today() - timedelta(days=3)
    add_run(toy, as_of=day)
    add_run(toy, as_of=_today(), status="rejected", failures=FAILURES)
    code, text = parley("show")
    lines = text.splitlines()
    assert code == 0
    assert " ".join(lines[:3]).startswith(f"Run 2 as of {_today()} was rejected: {'; '.join(FAILURES)}.")
    assert lines[2:4] == [
        "STALE: below stands the last good forecast.",
        f"Talks between Ruritania and Graustark, as of {day}",
    ]
    assert lines[6].startswith(f"Stale: the last full run is as of {day}, and one as of ")


def test_a_rejected_run_shows_its_diagnostics_and_the_last_good_forecast(toy: Database, parley: Command) -> None:
    add_run(toy)
    add_run(toy, as_of=date(2020, 2, 1), status="rejected", failures=FAILURES, diagnostics={"rhat_max": None})
    code, text = parley("show", "--run", "2")
    assert code == 1
    assert "STALE: below stands the last good forecast, run 1 as of 2020-01-01." in text
    assert "P(arms-control talks in 365 d) = 25 %" in text
    last = text[text.rindex("\nRun 2, as of 2020-02-01\n") :]
    assert "manual, rejected" in last
    assert "R-hat ≤ –" in last
    assert FAILURES[1] in " ".join(last.split())


def test_a_rejected_first_run_says_that_there_is_no_forecast(toy: Database, parley: Command) -> None:
    add_run(toy, status="rejected", failures=FAILURES)
    code, text = parley("show")
    assert code == 1
    said = "NO FORECAST: none was published as of 2020-01-01 or before; run `parley update --as-of 2020-01-01 --draws"
    assert said in " ".join(text.split())
    assert "Run 1, as of 2020-01-01\nkind         manual, rejected\n" in text
    code, printed = parley("show", "--json")
    assert (code, json.loads(printed)["targets"]) == (1, [])


def test_numbers_for_readers() -> None:
    assert [percent(p) for p in (None, 0.0, 0.0005, 0.016, 0.0994, 0.0996, 0.5, 0.95, 0.9996, 1.0)] == [
        "–", "<0.1 %", "<0.1 %", "1.6 %", "9.9 %", "10 %", "50 %", "95.0 %", ">99.9 %", ">99.9 %",
    ]  # fmt: skip
    assert percent_range(0.0, 0.25) == "<0.1–25 %"
    assert [error_size(e) for e in (0.00001, 0.0005, 0.002, 0.03)] == ["<0.01", "0.05", "0.2", "3.0"]


def test_a_name_that_a_target_shares_with_a_scenario_is_told_apart(toy: Database, parley: Command) -> None:
    add_run(toy)
    flat = " ".join(parley("show")[1].split())
    assert "In 365 d: arms-control talks 25 %, S2 10 %; denuclearisation talks 35 %, S4 10 %" in flat
    told = json.loads(parley("show", "--json")[1])["siblings"]
    assert told["sentence"] in flat
    assert {(one["target"], one["scenario"]) for one in told["pairs"]} >= {(HEADLINE, "S2"), ("contact", "S1")}


def test_a_forecast_far_from_its_base_rate_has_its_reason_below_it(toy: Database, parley: Command) -> None:
    rows = [replace(row, base_rate=0.99) if row.target == "contact" else row for row in toy_targets()]
    add_run(toy, targets=rows)
    flat = " ".join(parley("show")[1].split())
    # 50 % in 180 d is more than half of it
    assert "Contact in 90 d, 45 %, is far below its base rate, 99.0 %: that counts all" in flat
    assert flat.count("is far ") == 1
    (told,) = json.loads(parley("show", "--json")[1])["reasons"]
    assert (told["target"], told["base_rate"]) == ("contact", 0.99)
    assert told["sentence"] in flat


def test_what_is_near_its_base_rate_needs_no_reason(toy: Database, parley: Command) -> None:
    add_run(toy)
    assert "is far " not in parley("show")[1]
    assert json.loads(parley("show", "--json")[1])["reasons"] == []


def test_what_is_of_the_engine_stands_under_the_method(toy: Database, parley: Command) -> None:
    add_run(toy)
    before, method = parley("show")[1].split("\nMethod\n")
    for term in ("Laplace", "posterior draws", "orientation"):
        assert term in method
        assert term not in before


def test_the_shipped_backtest_is_told_of_the_number_that_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parley: Command
) -> None:
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{tmp_path / 'parley.db'}")
    with install_shipped(tmp_path) as database:
        for headline, band in ((0.3, "10–20 %"), (0.2, "5–10 %")):
            store_run(database, date(2026, 11, 1), LOADED, case_id="us-dprk", headline=headline)
            flat = " ".join(parley("show")[1].split())
            now = percent(headline * 0.365)
            assert re.search(rf"When it said {band} in dry times \(now {now}\), (none|\d+) of \d+ came true", flat)
            assert "on arms-control talks in 365 d: at the" in flat
            told = json.loads(parley("show", "--json")[1])["alike"]
            assert (told["target"], told["horizon_days"], told["situation"]) == (HEADLINE, 365, "dry")
            assert told["band"]["low"] <= headline * 0.365 < told["band"]["high"]
