"""`parley backtest`: its tables, its JSON, what it keeps, and what it says of mistakes."""

import json
from pathlib import Path

import pytest
from toy_runs import install_toy

from forecast.cli.app import run

PLAN = ["backtest", "--from", "2016-01-01", "--to", "2016-09-01", "--every", "4m", "--horizons", "30,90"]


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    with install_toy(tmp_path):
        pass
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{tmp_path / 'parley.db'}")
    monkeypatch.setenv("PARLEY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


def test_a_backtest_is_scored_stored_and_taken_up_again(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = [
        *PLAN,
        "--model",
        "climatology",
        "--model",
        "dry/wet constant rates",
        "--as-of",
        "2019-06-01",
        "--workers",
        "1",
    ]
    assert run(plan) == 0
    printed = capsys.readouterr()
    assert "Backtest 1: 3 origins from 2016-01-01 to 2016-09-01" in printed.out
    assert "strict: only judgements published by each origin" in printed.out
    kept = sorted((desk / "cache" / "backtest").rglob("*.npz"))
    assert len(kept) == 6
    written = [path.stat().st_mtime_ns for path in kept]
    assert run([*plan, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["id"] == 2
    assert found["settings"]["standard"] is False
    assert {table["horizon_days"] for table in found["result"]["scores"]} == {30, 90}
    assert [path.stat().st_mtime_ns for path in kept] == written
    assert len(list((desk / "posteriors").glob("*.nc"))) == 1  # the same content under the same name


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--every", "0d"], 2, "'0d' is not a step between origins; write 30d for days or 1m for months"),
        (["--every", "monthly"], 2, "'monthly' is not a step between origins"),
        (["--horizons", "30,x"], 2, "'30,x' is not a list of days; write one such as 30,90,180,365"),
        (["--horizons", "0"], 2, "'0' is not a list of days"),
        (["--model", "parley"], 2, "did you mean 'Parley'"),
        (["--target", "talks"], 2, "'talks' is not known"),
        (["--nuts", "--psis"], 2, "give either --nuts or --psis, not both"),
        (["--from", "2019-01-01", "--to", "2018-01-01"], 2, "2018-01-01 is before --from 2019-01-01"),
        (
            ["--from", "2010-02-01", "--as-of", "2019-06-01"],
            1,
            "the record holds less than a year; choose --from 2011-01-01 or later",
        ),
        (["--from", "2023-01-01", "--as-of", "2019-06-01"], 1, "no origin lies between 2023-01-01 and"),
        (
            ["--dask", "tcp://127.0.0.1:1", "--every", "24m", "--model", "climatology", "--as-of", "2019-06-01"],
            1,
            "no Dask scheduler answers at",
        ),
    ],
)
def test_each_mistake_has_its_line(
    options: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["backtest", *options]) == code
    printed = capsys.readouterr()
    assert message in printed.err
    assert len([line for line in printed.err.splitlines() if line.startswith("error:")]) == 1
    assert printed.out == ""
